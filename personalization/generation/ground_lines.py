"""Grounding of lines from a file: ``personalize ground``."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from personalization.domain import Decision, Statement
from personalization.errors import InputError
from personalization.generation.evidence import source_of
from personalization.generation.judging import VERBATIM, Judge, Verdict
from personalization.generation.second_opinion import opinion_on
from personalization.generation.sentences import Span, answered, sentences

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from personalization.providers.protocols import GroundednessChecker


def ground_lines(
    lines: Iterable[dict[str, Any]],
    *,
    locale: str = "en-GB",
    checker: GroundednessChecker | None = None,
) -> Iterator[dict[str, Any]]:
    """Judge each line's message, or its one claim, by the sources that stand beside it.

    Args:
        lines: ``{id, message | claim, sources: [{id, text}], locale}``. Of a message,
            courtesies are left out; a claim is judged as it stands.
        locale: Language of the texts, where a line has none of its own.
        checker: Asked about what the rules let pass in other words; it can only demote.

    Yields:
        ``{id, decision, claims: [{text, span, supported, decision, source_id, source_span,
        reason}]}``; spans are ``[start, end]`` in characters.

    Raises:
        InputError: A line has neither message nor claim, or a source has no text.
    """
    for number, line in enumerate(lines, start=1):
        statements = _statements(line, number)
        language = str(line.get("locale") or locale)[:2]
        judge = Judge([source_of(s, language) for s in statements], "", language)
        claims = [
            _as_json(unit, _with_opinion(unit, verdict, statements, checker))
            for unit, verdict in _verdicts(line, number, judge)
        ]
        worst = max((Decision(c["decision"]) for c in claims), key=lambda d: d.rank, default=None)
        yield {
            "id": line.get("id", str(number)),
            "decision": worst.value if worst else "pass",
            "claims": claims,
        }


def _verdicts(line: dict[str, Any], number: int, judge: Judge) -> Iterator[tuple[Span, Verdict]]:
    if isinstance(claim := line.get("claim"), str):
        yield Span(0, len(claim), claim), judge.one(claim)
        return
    if not isinstance(message := line.get("message"), str):
        raise InputError(f"Line {number} has neither a 'message' nor a 'claim'.")
    for unit in answered(message, sentences(message)):
        for verdict in judge.verdicts(unit.text):
            yield unit, judge.held(unit.text) if verdict.decision is not Decision.PASS else verdict


def _with_opinion(
    unit: Span,
    verdict: Verdict,
    statements: list[Statement],
    checker: GroundednessChecker | None,
) -> Verdict:
    if checker is None or verdict.decision is not Decision.PASS or verdict.reason == VERBATIM:
        return verdict
    found = opinion_on(unit.text, [s.text for s in statements], checker)
    return replace(verdict, decision=found[0], reason=found[1]) if found else verdict


def _statements(line: dict[str, Any], number: int) -> list[Statement]:
    statements = []
    for position, source in enumerate(line.get("sources") or [], start=1):
        if not isinstance(source, dict) or not isinstance(source.get("text"), str):
            raise InputError(f"Line {number}, source {position}, has no 'text'.")
        name = str(source.get("id", position))
        statements.append(Statement(name, name, "detail", source["text"]))
    return statements


def _as_json(unit: Span, verdict: Verdict) -> dict[str, Any]:
    source = verdict.source
    return {
        "text": unit.text,
        "span": [unit.start, unit.end],
        "supported": verdict.decision is Decision.PASS,
        "decision": verdict.decision.value,
        "source_id": source.statement.statement_id if source else None,
        "source_span": list(verdict.span) if verdict.span else None,
        "reason": verdict.reason,
    }
