"""Gates: what a composed or a written message must pass, whoever wrote it.

Each is a function from a message to what is wrong with it, empty where nothing is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from personalization.providers.composing import BODY_WORDS, SUBJECT_CHARACTERS, as_read

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from personalization.domain import Claim, Message, Statement

_WORD: Final = re.compile(r"[^\W_]+")


def body_length(message: Message, _: Sequence[Claim], __: Mapping[str, Statement]) -> str:
    """Refuse a body below 25 or above 200 words."""
    n_words = len(as_read(message.body).split())
    return "" if BODY_WORDS[0] <= n_words <= BODY_WORDS[1] else f"The body has {n_words} words."


def subject_length(message: Message, _: Sequence[Claim], __: Mapping[str, Statement]) -> str:
    """Refuse a subject below 15 or above 70 characters."""
    n_characters = len(as_read(message.subject))
    is_fine = SUBJECT_CHARACTERS[0] <= n_characters <= SUBJECT_CHARACTERS[1]
    return "" if is_fine else f"The subject has {n_characters} characters."


def no_repetition(message: Message, _: Sequence[Claim], __: Mapping[str, Statement]) -> str:
    """Refuse a sentence that comes twice, in the body or in subject and preheader."""
    pieces = [*re.split(r"(?<=[.!?])\s+|\n+", message.body), message.subject, message.preheader]
    seen = [" ".join(_WORD.findall(piece.casefold())) for piece in pieces if piece.strip()]
    twice = [piece for number, piece in enumerate(seen) if piece in seen[:number]]
    return f"It says twice: {twice[0]}." if twice else ""


def conditions_present(_: Message, claims: Sequence[Claim], known: Mapping[str, Statement]) -> str:
    """Refuse an offer without the conditions that have to stand with it in the body."""
    said = {claim.statement_id for claim in claims if claim.field == "body"}
    for claim in claims:
        for name in known[claim.statement_id or ""].requires:
            if name not in said:
                return f"{claim.statement_id} stands without {name}."
    return ""


GATES: Final[Mapping[str, Callable[[Message, Sequence[Claim], Mapping[str, Statement]], str]]] = {
    gate.__name__: gate for gate in (body_length, subject_length, no_repetition, conditions_present)
}


def flaws_of(
    message: Message, claims: Sequence[Claim], known: Mapping[str, Statement]
) -> list[str]:
    """List what is wrong with a message; empty where it may be shown."""
    found = (gate(message, claims, known) for gate in GATES.values())
    return [flaw for flaw in found if flaw]
