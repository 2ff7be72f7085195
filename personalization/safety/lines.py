"""Screening of lines from a file: what ``personalize screen`` does, with no store at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from personalization.domain import Decision, Finding, Message
from personalization.errors import InputError
from personalization.providers import registry
from personalization.safety.policies import own_policy
from personalization.safety.policy import CATEGORIES, read_policy
from personalization.safety.reading import Context
from personalization.safety.rules import CELL_RULES, VALUE_RULES, findings_of
from personalization.safety.screening import screen
from personalization.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from personalization.providers.protocols import HarmClassifier
    from personalization.safety.policy import Policy

KINDS: Final = ("message", "customer_field", "csv_cell")
_TEXTS: Final = ("subject", "preheader", "body", "call_to_action", "link", "footer")


def screen_lines(
    lines: Iterable[Mapping[str, Any]],
    *,
    settings: Settings | None = None,
    classifier: HarmClassifier | None = None,
) -> Iterator[dict[str, Any]]:
    """Screen each line, and yield its outcome in the same order.

    Args:
        lines: ``id``, ``kind`` (one of KINDS, message where it is left out), the texts
            ``subject, preheader, body, call_to_action, link, footer`` (those there are),
            ``sources`` and ``context`` (``sender_name, sender_address, allowed_domains,
            own_emails, own_phones, require_footer``).  A value or cell stands in ``body``.
        settings: Name the policy's file and the engine; the defaults where they are left out.
        classifier: Engine for messages; the one of the settings where it is left out.

    Returns:
        For each line ``id, decision, engine, policy_version, categories, findings``; values and
        cells are judged by rules alone, so their engine is ``rules`` and their categories null.

    Raises:
        InputError: A line is not as described, with its number.
    """
    settings = settings or Settings()
    overlay = own_policy(settings.safety)
    azure = read_policy(overlay).azure
    engine = classifier or registry.classifier(settings.safety, azure=azure)
    policy = read_policy(overlay, engine=engine.name)
    for number, line in enumerate(lines, start=1):
        yield _screened(number, line, engine, policy)


def _screened(
    number: int, line: Mapping[str, Any], engine: HarmClassifier, policy: Policy
) -> dict[str, Any]:
    if not isinstance(line, dict):
        raise InputError(f"Line {number} is no JSON object.")
    kind = line.get("kind", "message")
    if kind not in KINDS:
        raise InputError(
            f"Line {number}: kind {kind!r} is unknown. Use one of: {', '.join(KINDS)}."
        )
    context = _context_of(number, line)
    texts = {name: _text(number, line, name) for name in _TEXTS}
    if kind == "message":
        return _message(line, texts, context, engine, policy)
    rules = CELL_RULES if kind == "csv_cell" else VALUE_RULES
    findings = tuple(
        finding
        for name, check in rules.items()
        for finding in findings_of(
            name, check, "body", texts["body"], policy=policy, context=context
        )
    )
    worst = max((f.action for f in findings), key=lambda action: action.rank, default=Decision.PASS)
    return _document(
        line, worst, engine="rules", policy=policy,
        categories=dict.fromkeys(CATEGORIES), findings=findings,
    )  # fmt: skip


def _message(
    line: Mapping[str, Any],
    texts: dict[str, str],
    context: Context,
    engine: HarmClassifier,
    policy: Policy,
) -> dict[str, Any]:
    outcome = screen(Message(**texts), context, engine, policy)
    return _document(
        line, outcome.decision, engine=outcome.engine, policy=policy,
        categories=dict(outcome.categories), findings=outcome.findings,
    )  # fmt: skip


def _document(
    line: Mapping[str, Any],
    decision: Decision,
    *,
    engine: str,
    policy: Policy,
    categories: Mapping[str, int | None],
    findings: tuple[Finding, ...],
) -> dict[str, Any]:
    return {
        "id": line.get("id"),
        "decision": decision.value,
        "engine": engine,
        "policy_version": policy.version,
        "categories": categories,
        "findings": [
            {
                "rule": finding.rule,
                "action": finding.action.value,
                "severity": finding.severity,
                "field": finding.field,
                "span": [finding.span_start, finding.span_end],
                "text": finding.text,
                "message": finding.message,
                "advice": finding.advice,
            }
            for finding in findings
        ],
    }


def _text(number: int, line: Mapping[str, Any], name: str) -> str:
    value = line.get(name) or ""
    if not isinstance(value, str):
        raise InputError(f"Line {number}: {name} is no text.")
    return value


def _context_of(number: int, line: Mapping[str, Any]) -> Context:
    found = line.get("context") or {}
    sources = line.get("sources") or ()
    if not isinstance(found, dict) or not isinstance(sources, (list, tuple)):
        raise InputError(f"Line {number}: context has to be an object, and sources a list.")
    return Context(
        sender_name=str(found.get("sender_name") or ""),
        sender_address=str(found.get("sender_address") or ""),
        allowed_domains=tuple(map(str, found.get("allowed_domains") or ())),
        own_emails=tuple(map(str, found.get("own_emails") or ())),
        own_phones=tuple(map(str, found.get("own_phones") or ())),
        require_footer=bool(found.get("require_footer", False)),
        sources=tuple(map(str, sources)),
    )
