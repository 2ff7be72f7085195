"""Screening of lines from a file: what ``personalize screen`` does.  Nothing is written."""

from __future__ import annotations

import re
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from personalization.domain import Decision, Finding, Message
from personalization.errors import InputError
from personalization.providers import registry
from personalization.safety.html_screening import screen_with_html
from personalization.safety.policies import own_policy, policy_of
from personalization.safety.policy import CATEGORIES, read_policy
from personalization.safety.reading import Context
from personalization.safety.rules import CELL_RULES, PASSAGE_RULES, VALUE_RULES, findings_of
from personalization.safety.screening import screen
from personalization.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from personalization.providers.protocols import HarmClassifier
    from personalization.safety.policy import Policy
    from personalization.safety.reading import Check
    from personalization.store import Store

# What is judged by rules alone.
_VALUES: Final[Mapping[str, Mapping[str, Check]]] = MappingProxyType(
    {"customer_field": VALUE_RULES, "passage": PASSAGE_RULES, "csv_cell": CELL_RULES}
)
KINDS: Final = ("message", *_VALUES)
_TEXTS: Final = ("subject", "preheader", "body", "call_to_action", "link", "footer")
_BESIDE: Final = ("locale", "jurisdictions", "send_on")
_CONTEXT_TEXTS: Final = (
    "sender_name", "sender_address", "locale", "register_number", "vat_id", "on_behalf_of",
)  # fmt: skip
_CONTEXT_LISTS: Final = (
    "allowed_domains", "own_emails", "own_phones", "jurisdictions", "representatives",
)  # fmt: skip
_KNOWN: Final = ("id", "kind", *_TEXTS, "html", "sources", "context", *_BESIDE)
_IN_CONTEXT: Final = (*_CONTEXT_TEXTS, *_CONTEXT_LISTS, "require_footer", "send_on")
# What a collection of cases says about a line; it is no part of the message.
_ABOUT: Final = frozenset(("rule", "expect", "min_action", "note"))
_NO_SIGN: Final = re.compile("[\\0\ud800-\udfff]")


def screen_lines(
    lines: Iterable[Mapping[str, Any] | None],
    *,
    settings: Settings | None = None,
    classifier: HarmClassifier | None = None,
    store: Store | None = None,
) -> Iterator[dict[str, Any]]:
    """Screen each line, and yield its outcome in the same order.

    Args:
        lines: ``id``, ``kind`` (one of KINDS, message where it is left out), the texts
            ``subject, preheader, body, call_to_action, link, footer, html`` (those there are),
            ``sources``, and ``context`` (``sender_name, sender_address, allowed_domains,
            own_emails, own_phones, require_footer``, and where they matter ``locale,
            jurisdictions, send_on, representatives, register_number, vat_id, on_behalf_of``;
            the first three may stand beside ``context`` as well).  A value, passage or cell
            stands in ``body``.  None is an empty line, which is counted and skipped.  What a
            collection of cases says of a line (``rule, expect, min_action, note``) is left.
        settings: Name the policy's file and the engine; the defaults where they are left out.
        classifier: Engine for messages; the one of the settings where it is left out.
        store: Its policy in force is used; the shipped one, or the file's that the settings
            name, where it is left out.

    Returns:
        For each line ``id, decision, engine, policy_version, categories, findings``; values and
        cells are judged by rules alone, so their engine is ``rules`` and their categories null.

    Raises:
        InputError: A line is not as described, has nothing to screen, or a key that is not
            read, with its number.
    """
    settings = settings or Settings()
    policy = policy_of(store, settings) if store else read_policy(own_policy(settings.safety))
    engine = classifier or registry.classifier(settings.safety, azure=policy.azure)
    if store is None:
        policy = read_policy(policy.overlay, engine=engine.name)
    for number, line in enumerate(lines, start=1):
        if line is not None:
            yield _screened(number, line, engine, policy)


def _screened(
    number: int, line: Mapping[str, Any], engine: HarmClassifier, policy: Policy
) -> dict[str, Any]:
    if not isinstance(line, dict):
        raise InputError(f"Line {number} is no JSON object.")
    if not isinstance(line.get("id"), str | int | float | None):
        raise InputError(f"Line {number}: id has to be a text or a number.")
    _refuse_unreadable(number, "id", str(line.get("id")))
    kind = line.get("kind", "message")
    if kind not in KINDS:
        raise InputError(
            f"Line {number}: kind {kind!r} is unknown. Use one of: {', '.join(KINDS)}."
        )
    _refuse_unread(number, line, kind)
    context = _context_of(number, line)
    texts = {name: _text(number, line, name) for name in _TEXTS}
    if kind == "message":
        html = _text(number, line, "html")
        return _message(line, Message(**texts), html, context, engine=engine, policy=policy)
    findings = tuple(
        finding
        for name, check in _VALUES[kind].items()
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
    message: Message,
    html: str,
    context: Context,
    *,
    engine: HarmClassifier,
    policy: Policy,
) -> dict[str, Any]:
    if html:
        outcome = screen_with_html(message, html, context, engine, policy)
    else:
        outcome = screen(message, context, engine, policy)
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
    value = line.get(name)
    if value is not None and not isinstance(value, str):
        raise InputError(f"Line {number}: {name} is no text.")
    _refuse_unreadable(number, name, value or "")
    return value or ""


def _refuse_unread(number: int, line: Mapping[str, Any], kind: str) -> None:
    """Raise InputError where a line holds what nobody reads, or nothing to be read."""
    read = ("body",) if kind in _VALUES else (*_TEXTS, "html")
    unknown = sorted(repr(key) for key in line.keys() - {*_KNOWN, *_ABOUT})
    problems = [f"unknown key{'s' if unknown[1:] else ''} {', '.join(unknown)}"] if unknown else []
    if all(line.get(name) is None for name in read):
        problems.insert(0, "no text to screen")
    problems += [
        f"{name} of a {kind} is not read; put its text into body"
        for name in (*_TEXTS, "html") if name not in read and line.get(name)
    ]  # fmt: skip
    if problems:
        raise InputError(f"Line {number}: {'; '.join(problems)}. It knows: {', '.join(_KNOWN)}.")


def _refuse_unreadable(number: int, name: str, text: str) -> None:
    """Raise InputError for a sign that no message can hold, and no file of results either."""
    if found := _NO_SIGN.search(text):
        what = "a zero byte" if found[0] == "\0" else "half of a surrogate pair"
        raise InputError(
            f"Line {number}: {name} holds {what} (U+{ord(found[0]):04X}) at character "
            f"{found.start() + 1}, which is no sign of any text. Take it out."
        )


def _texts(number: int, line: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = line.get(name)
    if value is None:
        return ()
    if not isinstance(value, (list, tuple)) or not all(isinstance(v, str) for v in value):
        raise InputError(f"Line {number}: {name} has to be a list of texts.")
    for text in value:
        _refuse_unreadable(number, name, text)
    return tuple(value)


def _context_of(number: int, line: Mapping[str, Any]) -> Context:
    found = line.get("context")
    if found is not None and not isinstance(found, dict):
        raise InputError(f"Line {number}: context has to be an object.")
    if unknown := sorted(map(repr, (found or {}).keys() - {*_IN_CONTEXT})):
        raise InputError(
            f"Line {number}: context has the unknown {', '.join(unknown)}. "
            f"It knows: {', '.join(_IN_CONTEXT)}."
        )
    found = {name: line[name] for name in _BESIDE if name in line} | (found or {})
    require_footer = found.get("require_footer", False)
    if require_footer not in (None, True, False):
        raise InputError(f"Line {number}: require_footer has to be true or false.")
    texts = {name: _text(number, found, name) for name in _CONTEXT_TEXTS}
    lists = {name: _texts(number, found, name) for name in _CONTEXT_LISTS}
    return Context(
        sender_name=texts["sender_name"],
        sender_address=texts["sender_address"],
        allowed_domains=lists["allowed_domains"],
        own_emails=lists["own_emails"],
        own_phones=lists["own_phones"],
        representatives=lists["representatives"],
        register_number=texts["register_number"],
        vat_id=texts["vat_id"],
        on_behalf_of=texts["on_behalf_of"],
        jurisdictions=lists["jurisdictions"],
        locale=texts["locale"],
        require_footer=bool(require_footer),
        sources=_texts(number, line, "sources"),
        send_on=_day(number, found),
    )


def _day(number: int, found: Mapping[str, Any]) -> date | None:
    text = _text(number, found, "send_on")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise InputError(f"Line {number}: send_on {text!r} is no day. Write 2026-12-01.") from error
