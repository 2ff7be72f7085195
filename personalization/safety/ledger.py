"""The claim ledger: every typed fact of a message, and the approved words that bear it out.

What the writer says of its own claims is judged elsewhere and counts as well.  Here code reads
each field anew for figures, dates, names, superlatives, guarantees and urgency, and holds what it
finds to the statements that the message cites, as they stand on the day of sending.  What nothing
bears out blocks.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from personalization.domain import Decision, Finding, LedgerEntry
from personalization.safety.bearing import (
    UNSAID,
    Verdict,
    day,
    figure,
    free_spans,
    missing,
    nothing_to_pay,
    verbatim,
)
from personalization.safety.dates import dates_in
from personalization.safety.figures import claimed_figures
from personalization.safety.naming import name_pattern, product
from personalization.safety.offers import rule_of, urgencies
from personalization.safety.reading import (
    blanked,
    folded,
    overlaps,
    pattern_hits,
    sentence_at,
    words_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from personalization.safety.figures import Figure
    from personalization.safety.filling import FilledText
    from personalization.safety.policy import Policy
    from personalization.safety.reading import Context

    Fact = tuple[str, int, int, Verdict]

FIELDS: Final = ("subject", "preheader", "body", "call_to_action")
"""What is read; the footer is the sender's own, and the link has rules of its own."""

NUMBER_RULE: Final = "claims.unsupported_number"
RULE_OF: Final[Mapping[str, str]] = MappingProxyType(
    {
        "product": "claims.unsupported_product",
        "superlative": "claims.unsupported_superlative",
        "guarantee": "claims.unsupported_guarantee",
        "urgency": "offer.clock",
    }
)
"""Kind of a fact -> the rule that speaks where it is not borne out; figures share NUMBER_RULE."""

_KIND_OF: Final = {
    "percent": "percent", "time": "time", "date": "date", "code": "code",
    "minute": "duration", "day": "duration", "month": "duration",
    "count": "number", "times": "number", "point": "number", "star": "number",
}  # fmt: skip
# Kind of a fact -> the rules whose patterns find it.
_WORDED: Final = {
    "superlative": ("overpromise.superlative", "claims.unsupported_superlative"),
    "guarantee": ("overpromise.guarantee", "claims.unsupported_guarantee"),
}
_YEAR: Final = re.compile(r"(?:19|20)\d\d")


def entries_of(
    texts: Mapping[str, FilledText], policy: Policy, context: Context
) -> tuple[LedgerEntry, ...]:
    """List the typed facts of a message in the order of its fields, each with its verdict.

    Args:
        texts: Field -> its text with the merge tags filled by their fallbacks.
        policy: Its patterns say what is a superlative, a guarantee and urgent.
        context: What the message cites; without it there is no ledger, and nothing comes back.
    """
    if context.cited is None:
        return ()
    return tuple(
        _entry(field, texts[field], fact)
        for field in FIELDS
        if field in texts
        for fact in sorted(_facts(folded(texts[field].text), policy, context), key=_place)
    )


def findings_of_ledger(entries: tuple[LedgerEntry, ...], policy: Policy) -> Iterator[Finding]:
    """Turn each fact that is not borne out into a finding."""
    for entry in entries:
        if entry.decision is Decision.PASS:
            continue
        rule = rule_of(policy, RULE_OF.get(entry.kind, NUMBER_RULE))
        yield Finding(
            rule.name, entry.decision, rule.severity, entry.field, entry.span_start,
            entry.span_end, entry.text, _message(entry, rule.name, rule.message), rule.advice,
        )  # fmt: skip


def _message(entry: LedgerEntry, rule: str, message: str) -> str:
    """Say what is wrong: the rule's words, and the entry's where they say more."""
    if rule == NUMBER_RULE and not any(sign.isdigit() for sign in entry.text):
        message = "This is in none of the approved statements that the message cites."
    return message if entry.reason == UNSAID else f"{message} {entry.reason}"


def settled(findings: Iterable[Finding], entries: tuple[LedgerEntry, ...]) -> Iterator[Finding]:
    """Leave out what the ledger has looked into more closely.

    A figure that the ledger blocks is not named twice, and words of urgency that an offer bears
    out press nobody.
    """
    figures = [e for e in entries if e.kind not in RULE_OF and e.decision is not Decision.PASS]
    in_time = [e for e in entries if e.kind == "urgency" and e.decision is Decision.PASS]
    known = {NUMBER_RULE: figures, "urgency.pressure": in_time}
    for finding in findings:
        spans = [
            (e.span_start, e.span_end)
            for e in known.get(finding.rule, ())
            if e.field == finding.field
        ]
        if not overlaps(spans, finding.span_start, finding.span_end):
            yield finding


def _place(fact: Fact) -> tuple[int, int]:
    return fact[1], fact[2]


def _entry(field: str, text: FilledText, fact: Fact) -> LedgerEntry:
    kind, start, end, verdict = fact
    wording, span = verdict.wording, verdict.span
    return LedgerEntry(
        kind, field, *text.span(start, end), text.text[start:end], verdict.decision, verdict.reason,
        wording.statement_id if wording else None,
        wording.field if wording else None,
        span[0] if span else None,
        span[1] if span else None,
        wording.text[slice(*span)] if wording and span else wording.text if wording else None,
    )  # fmt: skip


def _facts(text: str, policy: Policy, context: Context) -> Iterator[Fact]:
    yield from _dates(text, context)
    yield from _figures(text, policy, context)
    yield from _free(text, context)
    yield from _products(text, context)
    yield from _words(text, policy, context)
    for start, end, verdict in urgencies(text, policy, context):
        yield "urgency", start, end, verdict


def _dates(text: str, context: Context) -> Iterator[Fact]:
    cited = context.cited
    if cited:
        for found in dates_in(text):
            sentence = sentence_at(text, found.start)
            yield "date", found.start, found.end, day(sentence, found, cited)


def _figures(text: str, policy: Policy, context: Context) -> Iterator[Fact]:
    cited = context.cited
    rest = blanked(text, [(found.start, found.end) for found in dates_in(text)])
    rule = rule_of(policy, NUMBER_RULE)
    for found in claimed_figures(rest, rule, context):
        if cited:
            verdict = figure(text, found, cited)
            if verdict.wording or not _is_year_of_sending(text, found, context):
                yield _kind_of(found), found.start, found.end, verdict


def _kind_of(found: Figure) -> str:
    if found.kind.startswith("money:"):
        return "price"
    if found.kind.startswith("day:"):
        return "date"
    return _KIND_OF.get(found.kind, "quantity")


def _is_year_of_sending(text: str, found: Figure, context: Context) -> bool:
    words = text[found.start : found.end]
    return bool(context.send_on and _YEAR.fullmatch(words) and int(words) == context.send_on.year)


def _free(text: str, context: Context) -> Iterator[Fact]:
    for start, end in free_spans(text):
        if context.cited:
            yield "price", start, end, nothing_to_pay(sentence_at(text, start), context.cited)


def _products(text: str, context: Context) -> Iterator[Fact]:
    cited, taken = context.cited, list[tuple[int, int]]()
    own = words_of(context.sender_name)
    for name in sorted(cited.product_names if cited else (), key=lambda name: (-len(name), name)):
        if not cited or f" {name} " in own:
            continue
        for found in name_pattern(name).finditer(text):
            if overlaps(taken, *found.span()) or not _is_name(name, text, found.start()):
                continue
            taken.append(found.span())
            yield "product", *found.span(), product(name, cited)


def _is_name(name: str, text: str, start: int) -> bool:
    """Tell a name from a plain word: of one word, it is one where it has a capital for no cause."""
    if " " in name:
        return True
    before = text[:start].rstrip(" \"'(")
    return text[start].isupper() and bool(before) and before[-1] not in ".!?:\n"


def _words(text: str, policy: Policy, context: Context) -> Iterator[Fact]:
    cited = context.cited
    for kind, rules in _WORDED.items():
        taken: list[tuple[int, int]] = []
        for name in rules:
            for hit in pattern_hits(text, rule_of(policy, name)):
                if cited and not overlaps(taken, hit.start, hit.end):
                    taken.append((hit.start, hit.end))
                    verdict = verbatim(text, hit, cited.in_force)
                    faulty = tuple(w for w in cited.wordings if cited.fault_of(w))
                    said = verbatim(text, hit, faulty)
                    verdict = verdict or missing(cited, said.wording if said else None)
                    yield kind, hit.start, hit.end, verdict
