"""The decision on one message: every rule and the classifier, on every string that is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from personalization.domain import Decision, Finding, LedgerEntry, Screening
from personalization.safety import harm
from personalization.safety.filling import FilledText, filled
from personalization.safety.ledger import entries_of, findings_of_ledger, settled
from personalization.safety.product_facts import product_entries
from personalization.safety.rules import (
    FIELD_RULES,
    MESSAGE_RULES,
    crashed,
    findings_of,
    mail_findings,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from personalization.domain import Claim, Message
    from personalization.providers.protocols import HarmClassifier
    from personalization.safety.policy import Policy
    from personalization.safety.reading import Context

    Texts = Mapping[str, FilledText]

# Fields that delivery fills for each customer; in the others a tag stays as it is.
_FILLED: Final = frozenset(("subject", "preheader", "body", "call_to_action"))


def screen(
    message: Message,
    context: Context,
    classifier: HarmClassifier,
    policy: Policy,
    *,
    variant_id: str = "",
    version: int = 0,
) -> Screening:
    """Decide on one message: the worst of all rules, of its claims and of the classifier.

    Nothing passes by accident: a rule that crashes, or an engine that cannot be reached or
    answers with anything but four levels, makes the decision ``error``, which cannot be
    approved.  The engine is asked once for each string that is not empty.

    Args:
        message: The variant, with its merge tags.
        context: Who sends it, and what it cites.
        classifier: Rates each string by category of harm.
        policy: Rules and thresholds in force.
        variant_id: Stands in the result.
        version: Likewise.
    """
    texts = _texts_of(message, context)
    found = harm.harm_in(texts, classifier, policy)
    ledger, broken = _ledger(message, texts, policy, context)
    findings = (
        *settled(_rule_findings(texts, policy, context), ledger),
        *_claim_findings(context.claims),
        *findings_of_ledger(ledger, policy),
        *broken,
        *found.findings,
    )
    return Screening(
        variant_id=variant_id,
        version=version,
        content_sha256=message.content_sha256,
        decision=max((f.action for f in findings), key=_rank, default=Decision.PASS),
        engine=classifier.name,
        engine_version=_version_of(classifier),
        policy_version=policy.version,
        categories=found.categories,
        findings=_told_once(findings),
        n_strings=sum(1 for text in texts.values() if text.text.strip()),
        request_ids=found.request_ids,
        chunks=found.chunks,
        blocklist_hits=found.blocklist_hits,
        ledger=ledger,
    )


def read_ahead(asked: Iterable[tuple[Message, Context]], classifier: HarmClassifier) -> None:
    """Let an engine that can take all strings of many messages in one go do so; see ``harm``."""
    harm.read_ahead(
        (text.text for message, context in asked for text in _texts_of(message, context).values()),
        classifier,
    )


def _texts_of(message: Message, context: Context) -> Texts:
    """Return each field as a reader sees it."""
    return {
        field: filled(text, is_for_prospects=context.is_outreach)
        if field in _FILLED
        else _as_it_is(text)
        for field, text in message.fields()
    }


def _told_once(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Return the worst first, and what one rule says of the same place once, in its fullest words.

    Where two of a rule say different things of one place, both stay.
    """
    kept: list[Finding] = []
    for finding in sorted(findings, key=lambda f: (-f.action.rank, -len(f.message))):
        place = (finding.rule, finding.field, finding.span_start, finding.span_end)
        if not any(
            (each.rule, each.field, each.span_start, each.span_end) == place
            and each.message.startswith(finding.message)
            for each in kept
        ):
            kept.append(finding)
    order = {id(finding): number for number, finding in enumerate(findings)}
    return tuple(sorted(kept, key=lambda f: (-f.action.rank, order[id(f)])))


def _rank(decision: Decision) -> int:
    return decision.rank


def _as_it_is(text: str) -> FilledText:
    return FilledText(text, tuple(range(len(text))), tuple(range(1, len(text) + 1)))


def _version_of(classifier: HarmClassifier) -> str:
    try:
        return classifier.version
    except Exception as error:  # noqa: BLE001
        return f"unknown ({type(error).__name__})"


def _rule_findings(texts: Texts, policy: Policy, context: Context) -> Iterator[Finding]:
    for name, (check, fields) in FIELD_RULES.items():
        for field, text in texts.items():
            if field in fields:
                found = findings_of(name, check, field, text.text, policy=policy, context=context)
                yield from (_in_stored(finding, text) for finding in found)
    shown = {field: text.text for field, text in texts.items()}
    own = {field: text.own for field, text in texts.items()}
    for finding in mail_findings(shown, own, policy=policy, context=context):
        yield _in_stored(finding, texts[finding.field])
    whole = f"{texts['body'].text}\n{texts['footer'].text}"
    for name, check in MESSAGE_RULES.items():
        found = findings_of(name, check, "footer", whole, policy=policy, context=context)
        end = len(texts["footer"].starts)
        yield from (_moved(finding, end, end) for finding in found)


def _ledger(
    message: Message, texts: Texts, policy: Policy, context: Context
) -> tuple[tuple[LedgerEntry, ...], tuple[Finding, ...]]:
    """Return the claim ledger; where it cannot be kept, a finding that blocks."""
    try:
        return (*entries_of(texts, policy, context), *product_entries(message, context)), ()
    except Exception as error:  # noqa: BLE001
        return (), (crashed("claims.ledger", "body", error),)


def _in_stored(finding: Finding, text: FilledText) -> Finding:
    return _moved(finding, *text.span(finding.span_start, finding.span_end))


def _moved(finding: Finding, start: int, end: int) -> Finding:
    return Finding(
        finding.rule, finding.action, finding.severity, finding.field, start, end,
        finding.text, finding.message, finding.advice,
    )  # fmt: skip


def _claim_findings(claims: tuple[Claim, ...]) -> Iterator[Finding]:
    """Turn what the claim check said when the message was written into findings."""
    for claim in claims:
        if claim.decision in (Decision.REVIEW, Decision.BLOCK, Decision.ERROR):
            severity = 6 if claim.decision is not Decision.REVIEW else 4
            yield Finding(
                "claims.unsupported", claim.decision, severity, claim.field,
                claim.span_start, claim.span_end, claim.text, claim.reason,
                "Say it as an approved statement says it, or take it out.",
            )  # fmt: skip
