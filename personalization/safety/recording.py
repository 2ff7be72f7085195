"""Screening on record: what was looked at, by which engine, under which policy, with what outcome.

Engines are asked first; then the audit row, the screening and its findings are written in one
transaction, so that no screening exists without its row in the trail.
"""

from __future__ import annotations

import json
import time
from contextlib import suppress
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from personalization.domain import Decision, Finding, LedgerEntry, Message, Screening
from personalization.errors import StateError
from personalization.safety.evidence import evidence_of, evidence_of_many, expiries_of, readers_of
from personalization.safety.policies import activate_policy, policy_of
from personalization.safety.policy import CATEGORIES
from personalization.safety.screening import screen
from personalization.store import record, screening_digests

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from personalization.providers.protocols import HarmClassifier
    from personalization.safety.policy import Policy
    from personalization.safety.reading import Context
    from personalization.settings import Settings
    from personalization.store import Store

# An error is no judgement: it is tried again.  Another engine judges anew.
_PENDING = """
    SELECT variants.variant_id, variants.version, variants.segment, variants.arm
    FROM current_variants AS variants
    WHERE variants.campaign_id = $campaign_id
      AND NOT EXISTS (
          SELECT 1 FROM latest_screenings AS screened
          WHERE screened.variant_id = variants.variant_id AND screened.version = variants.version
            AND screened.content_sha256 = variants.content_sha256
            AND screened.policy_version = $policy_version AND screened.decision <> 'error'
            AND screened.engine = $engine AND screened.engine_version = $engine_version
            AND list_has_all(string_split(screened.readers, ','), CAST($readers AS VARCHAR[]))
            AND screened.screening_id NOT IN (SELECT screening_id FROM outdated_screenings))
    ORDER BY variants.segment, variants.arm, variants.variant_id
"""


def screen_campaign(
    store: Store,
    settings: Settings,
    campaign_id: str,
    *,
    actor: str,
    classifier: HarmClassifier,
    progress: Callable[[int, int, str], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> int:
    """Screen each current variant that has no judgement of its exact bytes yet.

    A judgement counts when it was made under the policy in force by this very engine; one that
    ended in ``error`` is made again.  Running it twice writes nothing the second time.

    Args:
        store: Reads ``current_variants``, ``claims``, ``statements``; writes ``screenings``,
            ``findings`` and one audit row for each variant.
        settings: Thresholds, and the brand that has to be named in the footer.
        campaign_id: Whose variants.
        actor: Who asked for it.
        classifier: Rates each string by category of harm.
        progress: Told done, total and what was looked at, after each one.
        cancelled: Asked before each one; what is done stays done.

    Returns:
        How many variants were screened.
    """
    policy_version = activate_policy(store, settings, actor=actor)
    readers = readers_of(store, campaign_id)  # first: whoever joins from here on was not seen
    pending = store.read(
        _PENDING,
        campaign_id=campaign_id,
        policy_version=policy_version,
        engine=classifier.name,
        engine_version=classifier.version,
        readers=readers,
    )
    keys = [(variant_id, version) for variant_id, version, _, _ in pending]
    evidence = evidence_of_many(store, settings.brand, keys, policy=policy_of(store, settings))
    done = 0
    for variant_id, _, segment, arm in pending:
        if cancelled and cancelled():
            break
        with suppress(EditedMeanwhileError):  # whoever edited it has it screened
            _screen_with(
                store, settings, variant_id, actor=actor, classifier=classifier,
                evidence=evidence, readers=readers,
            )  # fmt: skip
            done += 1
        if progress:
            progress(done, len(pending), f"{segment}, {arm}")
    return done


class EditedMeanwhileError(StateError):
    """A variant was edited while it was screened, so the outcome is of no use."""


class EndedMeanwhileError(EditedMeanwhileError):
    """A source's end, the brand profile or the brief changed while a variant was screened."""


def _screen_with(
    store: Store,
    settings: Settings,
    variant_id: str,
    *,
    actor: str,
    classifier: HarmClassifier,
    evidence: Mapping[tuple[str, int], Context],
    readers: tuple[str, ...],
) -> None:
    """Screen by the evidence that was gathered, and anew where it was overtaken meanwhile."""
    try:
        screen_variant(
            store, settings, variant_id, actor=actor, classifier=classifier, evidence=evidence,
            readers=readers,
        )  # fmt: skip
    except EndedMeanwhileError:
        screen_variant(store, settings, variant_id, actor=actor, classifier=classifier)


def screen_variant(
    store: Store,
    settings: Settings,
    variant_id: str,
    *,
    actor: str,
    classifier: HarmClassifier,
    evidence: Mapping[tuple[str, int], Context] | None = None,
    readers: tuple[str, ...] | None = None,
) -> Screening:
    """Screen the current version of one variant, and put the outcome on record.

    Where its exact bytes were judged before, by this engine and under the policy in force, that
    judgement is returned and nothing is written.

    Args:
        store: Reads the variant and its evidence; writes its screening.
        settings: Thresholds, and the brand that has to be named in the footer.
        variant_id: Which one.
        actor: Who asked for it.
        classifier: Rates each string by category of harm.
        evidence: By id and version, where somebody has gathered it for the whole campaign.
        readers: Codes of the countries it goes to, where somebody looked them up before that.

    Raises:
        StateError: There is no such variant.
        EditedMeanwhileError: It was edited while the engine was looking, or a source of it was
            brought to an earlier end.
    """
    activate_policy(store, settings, actor=actor)
    policy = policy_of(store, settings)
    campaign_id, version, message = _current(store, variant_id)
    if readers is None:
        readers = readers_of(store, campaign_id)
    known = _judgement(
        store, variant_id, version, readers=readers,
        content_sha256=message.content_sha256, policy=policy, classifier=classifier,
    )  # fmt: skip
    if known:
        return known
    context = (evidence or {}).get((variant_id, version)) or evidence_of(
        store, settings.brand, variant_id, version, policy=policy
    )
    started = time.monotonic()
    outcome = screen(message, context, classifier, policy, variant_id=variant_id, version=version)
    outcome = replace(outcome, duration_ms=round(1000 * (time.monotonic() - started)))
    _write(store, campaign_id, outcome, context, readers=readers, actor=actor)
    return outcome


_CURRENT = """
    SELECT campaign_id, version, subject, preheader, body, call_to_action, link, footer
    FROM current_variants WHERE variant_id = $variant_id
"""


def _current(store: Store, variant_id: str) -> tuple[str, int, Message]:
    row = store.read_one(_CURRENT, variant_id=variant_id)
    if row is None:
        raise StateError(f"Variant {variant_id!r} does not exist any more. Reload the Review page.")
    campaign_id, version, *texts = row
    return str(campaign_id), int(version), Message(*texts)


_KNOWN = """
    SELECT screening_id, decision, engine, engine_version, policy_version, categories, n_strings,
           request_ids, chunks, blocklist_hits, duration_ms
    FROM latest_screenings
    WHERE variant_id = $variant_id AND version = $version AND content_sha256 = $content_sha256
      AND policy_version = $policy_version AND decision <> 'error'
      AND engine = $engine AND engine_version = $engine_version
      AND list_has_all(string_split(readers, ','), CAST($readers AS VARCHAR[]))
      AND screening_id NOT IN (SELECT screening_id FROM outdated_screenings)
"""
_FINDINGS = """
    SELECT rule, action, severity, field, span_start, span_end, text, message, advice
    FROM findings WHERE screening_id = $screening_id ORDER BY position
"""


def _judgement(
    store: Store,
    variant_id: str,
    version: int,
    *,
    readers: tuple[str, ...],
    content_sha256: str,
    policy: Policy,
    classifier: HarmClassifier,
) -> Screening | None:
    row = store.read_one(
        _KNOWN,
        variant_id=variant_id,
        version=version,
        content_sha256=content_sha256,
        policy_version=policy.version,
        engine=classifier.name,
        engine_version=classifier.version,
        readers=readers,
    )
    if row is None:
        return None
    screening_id, decision, engine, engine_version, policy_version, categories, *rest = row
    n_strings, request_ids, chunks, blocklist_hits, duration_ms = rest
    levels = json.loads(categories)
    return Screening(
        variant_id, version, content_sha256, Decision(decision), engine, engine_version,
        policy_version, tuple((category, levels[category]) for category in CATEGORIES),
        tuple(
            Finding(rule, Decision(action), *words)
            for rule, action, *words in store.read(_FINDINGS, screening_id=screening_id)
        ),
        n_strings, _words(request_ids), chunks, _words(blocklist_hits), duration_ms or 0,
    )  # fmt: skip


def _words(joined: str | None) -> tuple[str, ...]:
    return tuple(joined.split(",")) if joined else ()


_NEXT = "SELECT nextval('screening_ids')"
_RECORD = """
    INSERT INTO screenings (screening_id, variant_id, version, campaign_id, content_sha256,
        decision, engine, engine_version, policy_version, categories, n_strings, screened_at,
        chunks, request_ids, blocklist_hits, duration_ms, readers, house_sha256)
    VALUES ($screening_id, $variant_id, $version, $campaign_id, $content_sha256, $decision,
        $engine, $engine_version, $policy_version, $categories, $n_strings, $screened_at,
        $chunks, $request_ids, $blocklist_hits, $duration_ms, $readers, $house_sha256)
"""
_RECORD_FINDING = """
    INSERT INTO findings VALUES ($screening_id, $position, $rule, $action, $severity, $field,
        $span_start, $span_end, $text, $message, $advice)
"""


_RECORD_LEDGER = """
    INSERT INTO ledger_entries BY NAME
    SELECT $screening_id AS screening_id, unnest(from_json($entries,
        '[{"position": "INTEGER", "kind": "VARCHAR", "field": "VARCHAR", "span_start": "INTEGER",
           "span_end": "INTEGER", "text": "VARCHAR", "statement_id": "VARCHAR",
           "source_field": "VARCHAR", "source_start": "INTEGER", "source_end": "INTEGER",
           "source_text": "VARCHAR", "decision": "VARCHAR", "reason": "VARCHAR"}]'),
        recursive := true)
"""


def _entries(ledger: tuple[LedgerEntry, ...]) -> str:
    """Return the claim ledger as JSON, to be written in one statement."""
    rows = [{"position": position, **asdict(entry)} for position, entry in enumerate(ledger)]
    return json.dumps(rows, ensure_ascii=False)


def _write(
    store: Store,
    campaign_id: str,
    outcome: Screening,
    context: Context,
    *,
    readers: tuple[str, ...],
    actor: str,
) -> None:
    with store.transaction():
        _refuse_if_edited(store, outcome)
        _refuse_if_ended(store, outcome, context)
        _refuse_if_house_changed(store, campaign_id, outcome, context)
        row = store.read_one(_NEXT)
        screening_id = int(row[0]) if row else 0
        store.run(
            _RECORD,
            screening_id=screening_id,
            variant_id=outcome.variant_id,
            version=outcome.version,
            campaign_id=campaign_id,
            content_sha256=outcome.content_sha256,
            decision=outcome.decision.value,
            engine=outcome.engine,
            engine_version=outcome.engine_version,
            policy_version=outcome.policy_version,
            categories=json.dumps(dict(outcome.categories)),
            n_strings=outcome.n_strings,
            screened_at=store.now(),
            chunks=outcome.chunks,
            request_ids=",".join(outcome.request_ids),
            blocklist_hits=",".join(outcome.blocklist_hits),
            duration_ms=outcome.duration_ms,
            readers=",".join(readers),
            house_sha256=context.house_sha256,
        )
        for position, finding in enumerate(outcome.findings):
            store.run(
                _RECORD_FINDING, screening_id=screening_id, position=position, **_row(finding)
            )
        store.run(_RECORD_LEDGER, screening_id=screening_id, entries=_entries(outcome.ledger))
        # Last: the row in the trail attests all that is on record of this screening by now.
        _audit(store, campaign_id, outcome, screening_id, actor)


def _refuse_if_edited(store: Store, outcome: Screening) -> None:
    _, version, message = _current(store, outcome.variant_id)
    if (version, message.content_sha256) != (outcome.version, outcome.content_sha256):
        raise EditedMeanwhileError(
            f"Variant {outcome.variant_id} was edited while it was screened. Screen it again."
        )


def _refuse_if_ended(store: Store, outcome: Screening, context: Context) -> None:
    """A screening counts as knowing every end that was set before it; see outdated_screenings."""
    key = (outcome.variant_id, outcome.version)
    known = context.cited.n_expiries if context.cited else 0
    if expiries_of(store, [key]).get(key, 0) != known:
        raise EndedMeanwhileError(
            f"A source of variant {outcome.variant_id} was brought to an earlier end while it was "
            "screened. Screen it again."
        )


_HOUSE = "SELECT house_sha256 FROM house_rules WHERE campaign_id = $campaign_id"


def _refuse_if_house_changed(
    store: Store, campaign_id: str, outcome: Screening, context: Context
) -> None:
    """A screening counts for the brand profile and the brief that it was made by."""
    if store.read(_HOUSE, campaign_id=campaign_id) != [(context.house_sha256,)]:
        raise EndedMeanwhileError(
            f"The brand profile or the brief was changed while variant {outcome.variant_id} was "
            "screened. Screen it again."
        )


def _audit(
    store: Store, campaign_id: str, outcome: Screening, screening_id: int, actor: str
) -> None:
    """Record the outcome; rules and levels, never the words of the message."""
    record(
        store, "variant.screened", outcome.variant_id, actor=actor, campaign_id=campaign_id,
        screening_id=screening_id, version=outcome.version,
        content_sha256=outcome.content_sha256, decision=outcome.decision.value,
        engine=outcome.engine, engine_version=outcome.engine_version,
        policy_version=outcome.policy_version, categories=dict(outcome.categories),
        rules=sorted({finding.rule for finding in outcome.findings}), n_strings=outcome.n_strings,
        request_ids=outcome.request_ids, chunks=outcome.chunks,
        blocklists=outcome.blocklist_hits, **screening_digests(store, screening_id),
    )  # fmt: skip


def _row(finding: Finding) -> dict[str, object]:
    return {
        "rule": finding.rule,
        "action": finding.action.value,
        "severity": finding.severity,
        "field": finding.field,
        "span_start": finding.span_start,
        "span_end": finding.span_end,
        "text": finding.text,
        "message": finding.message,
        "advice": finding.advice,
    }
