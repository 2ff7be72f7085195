"""The form of a hosted model's answer: a strict JSON schema, and our own reading of the answer.

The schema never changes: statements are S1 to S60 in every request, so that a service can keep
both schema and prompt in its cache, and an id that was made up breaks the schema.
"""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from personalization.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Collection

MOST_STATEMENTS: Final = 60
_HIDDEN: Final = frozenset({"Cc", "Cf", "Co", "Cs", "Cn"})
# Models that are held to no form put their JSON into a block of code.
_FENCE: Final = re.compile(r"\A```(?:json)?\s*(.*?)\s*```\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of an answer, and the numbers of the statements that it cites, from 1 on."""

    text: str
    cites: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """A draft as the model gave it: each text with its citations."""

    subject: Sentence
    preheader: Sentence
    paragraphs: tuple[tuple[Sentence, ...], ...]
    call_to_action: Sentence


def schema() -> dict[str, Any]:
    """Return the schema in the subset that strict mode takes: no defaults, all keys required."""
    ids = {"type": "string", "enum": [f"S{n}" for n in range(1, MOST_STATEMENTS + 1)]}
    sentence = _object(text={"type": "string"}, cites={"type": "array", "items": ids})
    paragraph = _object(sentences={"type": "array", "items": sentence})
    return _object(
        subject=sentence,
        preheader=sentence,
        paragraphs={"type": "array", "items": paragraph},
        call_to_action=sentence,
    )


def response_format() -> dict[str, Any]:
    """Return the request's ``response_format``."""
    named = {"name": "marketing_email", "strict": True, "schema": schema()}
    return {"type": "json_schema", "json_schema": named}


def _object(**properties: Any) -> dict[str, Any]:  # noqa: ANN401
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def read_answer(content: str, n_statements: int, *, optional: Collection[str] = ()) -> Answer:
    """Read the text of an answer.

    Args:
        content: What the model wrote.
        n_statements: How many statements it was given; a higher id is made up.
        optional: Fields that may be empty.

    Raises:
        InputError: It is no JSON, or not of the form; the text says where.
    """
    try:
        found = json.loads(_FENCE.sub(r"\1", content.strip()))
    except json.JSONDecodeError as error:
        raise InputError(f"The answer is no JSON: {error.msg} at character {error.pos}.") from error
    except (ValueError, RecursionError) as error:
        raise InputError("The answer is no JSON that can be read.") from error
    whole = _mapping(found, "the answer")
    return Answer(
        _sentence(whole.get("subject"), "subject", n_statements, optional),
        _sentence(whole.get("preheader"), "preheader", n_statements, optional),
        tuple(
            tuple(
                _sentence(sentence, f"paragraph {number}", n_statements)
                for sentence in _list(
                    _mapping(paragraph, "paragraphs").get("sentences"), "sentences"
                )
            )
            for number, paragraph in enumerate(_list(whole.get("paragraphs"), "paragraphs"), 1)
        ),
        _sentence(whole.get("call_to_action"), "call_to_action", n_statements, optional),
    )


def _sentence(
    found: object, place: str, n_statements: int, optional: Collection[str] = ()
) -> Sentence:
    fields = _mapping(found, place)
    text = fields.get("text")
    if text == "" and place in optional:
        return Sentence("", ())
    if not isinstance(text, str) or not text.strip():
        raise InputError(f"In {place} there is a sentence without a text.")
    if hidden := [s for s in text if s not in "\n\r\t" and unicodedata.category(s) in _HIDDEN]:
        name = unicodedata.name(hidden[0], f"U+{ord(hidden[0]):04X}")
        raise InputError(f"In {place} there is a sign that nobody sees: {name}.")
    known = {f"S{n}": n for n in range(1, n_statements + 1)}
    cites = _list(fields.get("cites"), f"the cites of {place}")
    if unknown := [c for c in cites if not isinstance(c, str) or c not in known]:
        raise InputError(f"In {place}, {unknown[0]!r} is cited, and there is no such statement.")
    lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    return Sentence("\n".join(lines), tuple(dict.fromkeys(known[str(c)] for c in cites)))


def _mapping(found: object, place: str) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise InputError(f"Where {place} should be, there is no object.")
    return found


def _list(found: object, place: str) -> list[Any]:
    if not isinstance(found, list):
        raise InputError(f"Where {place} should be, there is no list.")
    return found
