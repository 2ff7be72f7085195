from __future__ import annotations

import json
from pathlib import Path

import pytest

from personalization.cli import main

PUBLIC = Path(__file__).parent / "data" / "routing_public.json"


def lines(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, object]]:
    assert main(["route", *arguments, "--json"]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_public_cases_come_out_in_their_order_with_a_rule_and_reasons(
    capsys: pytest.CaptureFixture[str],
) -> None:
    cases = json.loads(PUBLIC.read_text("utf-8"))["cases"]

    found = lines(capsys, str(PUBLIC))

    assert [line["id"] for line in found] == [case["id"] for case in cases]
    assert [line["motion"] for line in found] == [c["expected"]["motion"] for c in cases]
    needed = {"id", "role", "function", "seniority", "motion", "confidence", "rule", "reasons"}
    assert all(needed <= line.keys() for line in found)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param("a.csv", "id,title,employees,country,signals.opted_out\n7,CFO,80,GB,yes\n",
                     id="CSV"),
        pytest.param("a.json", '[{"id": 7, "title": "CFO", "signals": {"opted_out": true}}]',
                     id="a list"),
        pytest.param("a.jsonl", '{"id": "7", "prospect": {"title": "CFO", "employees": "80",'
                     ' "country": "germany", "signals": {"do_not_contact": 1}}}\n', id="lines"),
    ],
)  # fmt: skip
def test_each_form_of_input_is_read(
    name: str, text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).write_text(text, "utf-8")

    [line] = lines(capsys, str(tmp_path / name))

    assert (line["id"], line["function"], line["motion"]) == ("7", "finance", "suppress")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("{", "no JSON", id="broken"),
        pytest.param('{"cases": 3}', "no list of cases", id="no list"),
        pytest.param("[3]", "case 1 is no prospect", id="no prospect"),
        pytest.param('[{"id": 1}, {"id": 1}]', "'1' twice", id="an id twice"),
        pytest.param('[{"employees": "many"}]', "whole number", id="no number"),
    ],
)
def test_what_cannot_be_read_is_said_in_a_sentence(
    text: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.json").write_text(text, "utf-8")

    assert main(["route", str(tmp_path / "a.json"), "--json"]) == 2
    assert told in capsys.readouterr().err
