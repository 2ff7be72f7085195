"""Grounding: every assertion of a message, and the words of an approved statement that bear it out.

Rules, not a score: similarity of sentences cannot tell "15 %" from "50 %".  What a rule is sure
to be wrong blocks, what it cannot decide asks for a person, and what stands word for word in an
approved statement passes.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

from personalization.domain import Claim, Decision, Statement
from personalization.errors import ProviderError
from personalization.generation.evidence import source_of
from personalization.generation.judging import COURTESY, Judge
from personalization.generation.product_claims import price_claims
from personalization.generation.second_opinion import with_opinion
from personalization.generation.sentences import Span, answered, sentences, span_of
from personalization.providers.frames import built_in_control
from personalization.providers.product_frames import product_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from personalization.domain import Message
    from personalization.providers.protocols import GroundednessChecker

FIELDS: Final = ("subject", "preheader", "body", "call_to_action")
"""The fields that may assert something."""


def ground(
    message: Message,
    statements: Sequence[Statement],
    *,
    cited: Iterable[Claim] = (),
    brand: str = "",
    locale: str = "en-GB",
    checker: GroundednessChecker | None = None,
) -> list[Claim]:
    """List what ``message`` asserts, each with the approved words that bear it out, or none.

    What is a claim is decided here and by no writer: a figure, a date, a superlative, a
    guarantee or an assertion about what is sold is one; a courtesy is none.

    Args:
        message: As it would be stored; spans are characters into its fields.
        statements: All that may be cited: approved, in force, of the message's locale.
        cited: What the writer says bears it out; it is held to that, and not believed.
        brand: The sender's name, which needs no source.
        locale: Language of the text; the word lists are English, the figures universal.
        checker: Asked about what the rules let pass in other words; it can only demote.

    Returns:
        Claims in the order of the fields and their text. A sentence with two citations gives
        two claims. The worst decision is the message's.
    """
    known = (*statements, *_built_in(locale, brand), *_around_products(message, locale))
    judge = Judge([source_of(s, locale[:2]) for s in known], brand, locale[:2])
    own = list(cited)
    found = [
        claim
        for name, text in message.fields()
        if name in FIELDS
        for claim in _claims_of(name, text, [c for c in own if c.field == name], judge)
    ]
    found += [
        claim
        for name, text in message.fields()
        if name in FIELDS
        for claim in price_claims(name, text)
    ]
    return with_opinion(_with_conditions(found, message, statements), statements, checker)


def _built_in(locale: str, brand: str) -> list[Statement]:
    """Return the product's own control text, which asserts nothing, to be known word for word."""
    try:
        control = built_in_control(locale=locale, brand=brand, link="", footer="")
    except ProviderError:
        return []
    texts = [text for name, text in control.fields() if name in FIELDS]
    return [Statement("built-in control", "built-in", COURTESY, text) for text in texts]


def _around_products(message: Message, locale: str) -> list[Statement]:
    """Return the product's own lines around products, to be known word for word.

    They assert nothing, and only a message that names products has them.
    """
    if not any("{{product_" in text for _, text in message.fields()):
        return []
    return [
        Statement(f"product line {number}", "built-in", COURTESY, line)
        for number, line in enumerate(product_lines(locale), start=1)
    ]


def _claims_of(name: str, text: str, cited: list[Claim], judge: Judge) -> list[Claim]:
    claims: list[Claim] = []
    for unit in _units(text, cited):
        ids = [
            c.statement_id
            for c in cited
            if c.statement_id and (c.span_start, c.span_end) == (unit.start, unit.end)
        ]
        claims += [v.claim(name, unit) for v in judge.verdicts(unit.text, ids)]
    return claims


def _units(text: str, cited: list[Claim]) -> list[Span]:
    """Return what is judged as one: what the writer cited a statement for, else a sentence."""
    marks = sorted(
        {(c.span_start, c.span_end) for c in cited if text[c.span_start : c.span_end] == c.text}
    )
    marks = [m for i, m in enumerate(marks) if i == 0 or m[0] >= marks[i - 1][1]]
    edges = [(0, 0), *marks, (len(text), len(text))]
    units: list[Span] = []
    for (_, left), (right, end) in pairwise(edges):
        for piece in span_of(text, left, right):
            units += [
                Span(piece.start + s.start, piece.start + s.end, s.text)
                for s in answered(piece.text, sentences(piece.text))
            ]
        units += span_of(text, right, end)
    return units


def _with_conditions(
    claims: list[Claim], message: Message, statements: Sequence[Statement]
) -> list[Claim]:
    """Block the claims whose statement has to stand with another that the message leaves out."""
    texts = [text for name, text in message.fields() if name in FIELDS]
    by_id = {s.statement_id: s for s in statements}

    def is_there(statement_id: str) -> bool:
        wanted = by_id.get(statement_id)
        return wanted is not None and any(
            w in text for w in (wanted.text, *wanted.alternates) for text in texts
        )

    checked: list[Claim] = []
    for claim in claims:
        statement = by_id.get(claim.statement_id or "")
        missing = [r for r in (statement.requires if statement else ()) if not is_there(r)]
        checked.append(_blocked(claim, by_id.get(missing[0]), missing[0]) if missing else claim)
    return checked


def _blocked(claim: Claim, condition: Statement | None, statement_id: str) -> Claim:
    words = f"‘{condition.text}’" if condition else f"{statement_id}, which may not be used here"
    return Claim(
        claim.field, claim.span_start, claim.span_end, claim.text, claim.statement_id,
        claim.source_start, claim.source_end, claim.source_text, Decision.BLOCK,
        f"It may only be said together with {words}.",
    )  # fmt: skip
