from __future__ import annotations

import json
from typing import Any, Literal

import pytest
from pydantic import BaseModel

from personalization.errors import InputError
from personalization.providers.openai_schema import (
    MOST_STATEMENTS,
    read_answer,
    response_format,
    schema,
)

PLAIN = {"text": "Hello there", "cites": []}
WHOLE: dict[str, Any] = {
    "subject": {"text": "Tea\nthat  waits", "cites": ["S2", "S1", "S2"]},
    "preheader": PLAIN,
    "paragraphs": [{"sentences": [PLAIN, PLAIN]}, {"sentences": []}],
    "call_to_action": PLAIN,
}


def test_the_schema_is_what_the_client_library_makes_of_such_a_model() -> None:
    from openai.lib._pydantic import to_strict_json_schema

    class Sentence(BaseModel):
        text: str
        cites: list[Literal["S1", "S2"]]

    theirs = to_strict_json_schema(Sentence)

    own = schema()["properties"]["subject"]
    assert own["required"] == theirs["required"]
    assert own["additionalProperties"] is theirs["additionalProperties"] is False
    assert own["properties"]["text"]["type"] == theirs["properties"]["text"]["type"]
    items = own["properties"]["cites"]["items"]
    assert items["enum"][:2] == theirs["properties"]["cites"]["items"]["enum"]
    assert items["type"] == theirs["properties"]["cites"]["items"]["type"]


def test_the_schema_keeps_to_what_strict_mode_takes() -> None:
    def objects(node: object) -> list[dict[str, Any]]:
        if isinstance(node, list):
            return [o for n in node for o in objects(n)]
        if not isinstance(node, dict):
            return []
        own = [node] if node.get("type") == "object" else []
        return own + [o for n in node.values() for o in objects(n)]

    found = objects(schema())

    assert len(found) == 6
    assert all(set(o["properties"]) == set(o["required"]) for o in found)
    assert not {"minLength", "maxLength", "pattern", "default"} & set(
        json.dumps(schema()).split('"')
    )
    assert response_format()["json_schema"]["schema"] == schema()
    assert MOST_STATEMENTS <= 500  # the limit on values of an enum


def test_an_answer_is_read_with_its_numbers_once_each() -> None:
    answer = read_answer(json.dumps(WHOLE), 3)

    assert answer.subject.text == "Tea\nthat waits"
    assert answer.subject.cites == (2, 1)
    assert [len(p) for p in answer.paragraphs] == [2, 0]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"subject": None}, "Where subject should be", id="no subject"),
        pytest.param({"subject": {"text": " ", "cites": []}}, "without a text", id="blank"),
        pytest.param({"subject": {"text": "x"}}, "cites of subject", id="no cites"),
        pytest.param({"subject": {"text": "x", "cites": ["S4"]}}, "'S4' is cited", id="made up"),
        pytest.param({"subject": {"text": "x", "cites": [1]}}, "1 is cited", id="a number"),
        pytest.param({"subject": {"text": "x", "cites": [["S1"]]}}, "is cited", id="a list"),
        pytest.param({"subject": {"text": "x\u200by", "cites": []}}, "ZERO WIDTH", id="hidden"),
        pytest.param({"subject": {"text": "x\u202ey", "cites": []}}, "OVERRIDE", id="reversed"),
        pytest.param({"subject": {"text": "x\U000e0041", "cites": []}}, "TAG", id="a tag sign"),
        pytest.param({"subject": {"text": "x\ud83d", "cites": []}}, "U\\+D83D", id="half a sign"),
        pytest.param({"subject": {"text": "x\x1b[2J", "cites": []}}, "U\\+001B", id="a command"),
        pytest.param({"paragraphs": "text"}, "there is no list", id="no paragraphs"),
        pytest.param({"paragraphs": ["text"]}, "there is no object", id="a bare paragraph"),
    ],
)
def test_an_answer_of_another_form_is_refused_by_its_place(
    changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        read_answer(json.dumps(WHOLE | changes), 3)


def test_a_list_at_the_top_is_no_answer() -> None:
    with pytest.raises(InputError, match="the answer should be"):
        read_answer("[]", 3)


@pytest.mark.parametrize("content", ["[" * 100_000, "1" * 9_000, '{"subject": NaN}'])
def test_json_that_would_break_the_reader_is_refused_in_words(content: str) -> None:
    with pytest.raises(InputError):
        read_answer(content, 3)


def test_a_block_of_code_around_the_json_is_taken_off() -> None:
    assert read_answer(f"```json\n{json.dumps(WHOLE)}\n```", 3) == read_answer(json.dumps(WHOLE), 3)
