"""Screening of an HTML part: its words as any text is screened, and then what it is made of."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from personalization.domain import Decision, Message
from personalization.safety.evidence import evidence_of
from personalization.safety.html_reading import read_html
from personalization.safety.policies import policy_of
from personalization.safety.rules import FIELD_RULES, findings_of, html_findings
from personalization.safety.screening import screen

if TYPE_CHECKING:
    from personalization.domain import Finding, Screening
    from personalization.providers.protocols import HarmClassifier
    from personalization.safety.policy import Policy
    from personalization.safety.reading import Context
    from personalization.settings import Settings
    from personalization.store import Store


def screen_html_part(
    store: Store, settings: Settings, html: str, *, plain: str, beside: str, locale: str
) -> tuple[Finding, ...]:
    """List what the rules find in an HTML part whose message was screened already.

    Args:
        store: Holds the policy in force.
        settings: Their brand is the sender, whose pages links may lead to.
        html: The part.
        plain: The plain-text part that goes with it.
        beside: Words that stand in it and not in the message, as a logo's; read as a text is.
        locale: Language of the message.
    """
    policy = policy_of(store, settings)
    context = replace(evidence_of(store, settings.brand, "", 0), locale=locale)  # cites nothing
    found = [*html_findings(read_html(html), plain, policy=policy, context=context)]
    for name, (check, fields) in FIELD_RULES.items():
        if "preheader" in fields:
            found += findings_of(name, check, "html", beside, policy=policy, context=context)
    return tuple(found)


def screen_with_html(
    message: Message, html: str, context: Context, classifier: HarmClassifier, policy: Policy
) -> Screening:
    """Decide on a message with an HTML part: the worst of both parts.

    What a reader of the HTML sees (its words, texts of pictures, targets of links) is screened
    as a body of its own, footer included; findings point into the HTML.

    Args:
        message: The fields, with the plain-text part as its body.
        html: The HTML part.
        context: What both are judged against.
        classifier: Rates each string by category of harm.
        policy: Rules and thresholds in force.
    """
    plain = screen(message, context, classifier, policy)
    part = read_html(html)
    shown = Message("", "", part.visible.text, "", "", "")
    seen = screen(shown, context, classifier, policy)
    spans = ((f, part.visible.span(f.span_start, f.span_end)) for f in seen.findings)
    read = [replace(f, field="html", span_start=a, span_end=b) for f, (a, b) in spans]
    whole = f"{message.body}\n{message.footer}"
    made_of = html_findings(part, whole, policy=policy, context=context)
    found = [*plain.findings, *read, *(f for f in made_of if not _stands_in(f, read))]
    return replace(
        plain,
        decision=max((f.action for f in found), key=lambda a: a.rank, default=Decision.PASS),
        categories=tuple(
            (name, None if one is None or other is None else max(one, other))
            for (name, one), (_, other) in zip(plain.categories, seen.categories, strict=True)
        ),
        findings=tuple(sorted(found, key=lambda f: -f.action.rank)),
        n_strings=plain.n_strings + seen.n_strings,
        request_ids=(*plain.request_ids, *seen.request_ids),
        chunks=plain.chunks + seen.chunks,
        blocklist_hits=tuple(dict.fromkeys((*plain.blocklist_hits, *seen.blocklist_hits))),
    )


def _stands_in(finding: Finding, others: list[Finding]) -> bool:
    """Tell whether the words of the part led to the same finding at the same place."""
    return any(
        other.rule == finding.rule
        and other.action.rank >= finding.action.rank
        and other.span_start < finding.span_end
        and finding.span_start < other.span_end
        for other in others
    )
