"""Writing screenings down: outcomes with their findings, their claim ledgers and their trail.

An outcome, its findings, its ledger and its audit row are written in one transaction, so that no
screening exists without its row in the trail; those of many messages a table at a time.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from personalization.errors import StateError
from personalization.safety.evidence import expiries_of
from personalization.safety.on_record import current_messages
from personalization.store import record_each, screenings_digests

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from personalization.domain import Screening
    from personalization.safety.reading import Context
    from personalization.store import Store


class EditedMeanwhileError(StateError):
    """A variant was edited while it was screened, so the outcome is of no use."""


class EndedMeanwhileError(EditedMeanwhileError):
    """What a variant was judged by changed meanwhile: a source's end, policy, profile or brief."""


@dataclass(frozen=True, slots=True)
class Judged:
    """An outcome that is to be put on record, and what it was reached by."""

    outcome: Screening
    context: Context


_NEXT = "SELECT nextval('screening_ids') AS id FROM range($n::BIGINT) ORDER BY id"
_RECORD = """
    INSERT INTO screenings (screening_id, variant_id, version, campaign_id, content_sha256,
        decision, engine, engine_version, policy_version, categories, n_strings, screened_at,
        chunks, request_ids, blocklist_hits, duration_ms, readers, house_sha256)
    SELECT unnest($screening_id::BIGINT[]), unnest($variant_id::VARCHAR[]),
           unnest($version::INTEGER[]), $campaign_id, unnest($content_sha256::VARCHAR[]),
           unnest($decision::VARCHAR[]), unnest($engine::VARCHAR[]),
           unnest($engine_version::VARCHAR[]), unnest($policy_version::VARCHAR[]),
           unnest($categories::VARCHAR[]), unnest($n_strings::INTEGER[]),
           unnest($screened_at::TIMESTAMPTZ[]), unnest($chunks::INTEGER[]),
           unnest($request_ids::VARCHAR[]), unnest($blocklist_hits::VARCHAR[]),
           unnest($duration_ms::INTEGER[]), $readers, unnest($house_sha256::VARCHAR[])
"""
_RECORD_FINDINGS = """
    INSERT INTO findings (screening_id, position, rule, action, severity, field, span_start,
        span_end, text, message, advice)
    SELECT unnest($screening_id::BIGINT[]), unnest($position::INTEGER[]),
           unnest($rule::VARCHAR[]), unnest($action::VARCHAR[]), unnest($severity::INTEGER[]),
           unnest($field::VARCHAR[]), unnest($span_start::INTEGER[]),
           unnest($span_end::INTEGER[]), unnest($text::VARCHAR[]), unnest($message::VARCHAR[]),
           unnest($advice::VARCHAR[])
"""
_RECORD_LEDGERS = """
    INSERT INTO ledger_entries BY NAME
    SELECT unnest(from_json($entries,
        '[{"screening_id": "BIGINT", "position": "INTEGER", "kind": "VARCHAR", "field": "VARCHAR",
           "span_start": "INTEGER", "span_end": "INTEGER", "text": "VARCHAR",
           "statement_id": "VARCHAR", "source_field": "VARCHAR", "source_start": "INTEGER",
           "source_end": "INTEGER", "source_text": "VARCHAR", "decision": "VARCHAR",
           "reason": "VARCHAR"}]'),
        recursive := true)
"""


def keep_screenings(
    store: Store,
    campaign_id: str,
    judged: Sequence[Judged],
    *,
    readers: tuple[str, ...],
    actor: str,
) -> dict[str, EditedMeanwhileError]:
    """Put outcomes of one campaign on record, but for those that were overtaken meanwhile.

    Args:
        store: Writes ``screenings``, ``findings``, ``ledger_entries`` and one audit row for each.
        campaign_id: Whose variants.
        judged: The outcomes, in the order in which they are recorded.
        readers: Codes of the countries that they were judged for.
        actor: Who asked for it.

    Returns:
        By variant, why nothing was recorded of it.
    """
    if not judged:
        return {}
    with store.transaction():
        overtaken = _overtaken(store, campaign_id, judged)
        kept = [each for each in judged if each.outcome.variant_id not in overtaken]
        if kept:
            _write(store, campaign_id, kept, readers=readers, actor=actor)
    return overtaken


def _write(
    store: Store,
    campaign_id: str,
    judged: Sequence[Judged],
    *,
    readers: tuple[str, ...],
    actor: str,
) -> None:
    ids = [int(row[0]) for row in store.read(_NEXT, n=len(judged))]
    rows = [_row(store, key, each) for key, each in zip(ids, judged, strict=True)]
    store.run(
        _RECORD, campaign_id=campaign_id, readers=",".join(readers), **_columns(rows)
    )  # fmt: skip
    outcomes = [(key, each.outcome) for key, each in zip(ids, judged, strict=True)]
    if findings := [row for key, outcome in outcomes for row in _finding_rows(key, outcome)]:
        store.run(_RECORD_FINDINGS, **_columns(findings))
    entries = [
        {"screening_id": key, "position": position, **asdict(entry)}
        for key, outcome in outcomes
        for position, entry in enumerate(outcome.ledger)
    ]
    store.run(_RECORD_LEDGERS, entries=json.dumps(entries, ensure_ascii=False))
    # Last: the rows in the trail attest all that is on record of these screenings by now.
    digests = screenings_digests(store, ids)
    told = [(outcome.variant_id, _told_of(key, outcome, digests[key])) for key, outcome in outcomes]
    record_each(store, "variant.screened", told, actor=actor, campaign_id=campaign_id)


def _row(store: Store, screening_id: int, judged: Judged) -> dict[str, Any]:
    outcome = judged.outcome
    return {
        "screening_id": screening_id,
        "variant_id": outcome.variant_id,
        "version": outcome.version,
        "content_sha256": outcome.content_sha256,
        "decision": outcome.decision.value,
        "engine": outcome.engine,
        "engine_version": outcome.engine_version,
        "policy_version": outcome.policy_version,
        "categories": json.dumps(dict(outcome.categories)),
        "n_strings": outcome.n_strings,
        "screened_at": store.now(),
        "chunks": outcome.chunks,
        "request_ids": ",".join(outcome.request_ids),
        "blocklist_hits": ",".join(outcome.blocklist_hits),
        "duration_ms": outcome.duration_ms,
        "house_sha256": judged.context.house_sha256,
    }


def _finding_rows(screening_id: int, outcome: Screening) -> Iterator[dict[str, Any]]:
    for position, finding in enumerate(outcome.findings):
        yield {
            "screening_id": screening_id,
            "position": position,
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


def _columns(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Return rows as one list for each column, as a statement unnests them."""
    return {name: [row[name] for row in rows] for name in rows[0]}


def _told_of(screening_id: int, outcome: Screening, digests: Mapping[str, str]) -> dict[str, Any]:
    """Return what the trail is told: rules and levels, never the words of the message."""
    return {
        "screening_id": screening_id,
        "version": outcome.version,
        "content_sha256": outcome.content_sha256,
        "decision": outcome.decision.value,
        "engine": outcome.engine,
        "engine_version": outcome.engine_version,
        "policy_version": outcome.policy_version,
        "categories": dict(outcome.categories),
        "rules": sorted({finding.rule for finding in outcome.findings}),
        "n_strings": outcome.n_strings,
        "request_ids": outcome.request_ids,
        "chunks": outcome.chunks,
        "blocklists": outcome.blocklist_hits,
        **digests,
    }


_HOUSE = "SELECT house_sha256 FROM house_rules WHERE campaign_id = $campaign_id"
_IN_FORCE = "SELECT policy_version FROM policy_in_force"


def _overtaken(
    store: Store, campaign_id: str, judged: Sequence[Judged]
) -> dict[str, EditedMeanwhileError]:
    """Return why an outcome does not count any more, by variant.

    A screening counts for the words, the ends of sources, the brand profile and the brief that it
    was made by, and as knowing every end that was set before it; see ``outdated_screenings``.
    """
    current = current_messages(store, [each.outcome.variant_id for each in judged])
    known = expiries_of(store, [(e.outcome.variant_id, e.outcome.version) for e in judged])
    house, in_force = store.read(_HOUSE, campaign_id=campaign_id), store.read_one(_IN_FORCE)
    found: dict[str, EditedMeanwhileError] = {}
    for outcome, context in ((each.outcome, each.context) for each in judged):
        now, key = current.get(outcome.variant_id), (outcome.variant_id, outcome.version)
        if now is None or (now.version, now.message.content_sha256) != (
            outcome.version, outcome.content_sha256,
        ):  # fmt: skip
            found[outcome.variant_id] = _edited(outcome)
        elif known.get(key, 0) != (context.cited.n_expiries if context.cited else 0):
            found[outcome.variant_id] = _ended(outcome, "A source was brought to an earlier end")
        elif house != [(context.house_sha256,)]:
            found[outcome.variant_id] = _ended(
                outcome, "The brand profile or the brief was changed"
            )
        elif in_force != (outcome.policy_version,):
            found[outcome.variant_id] = _ended(outcome, "Another policy was put in force")
    return found


def _edited(outcome: Screening) -> EditedMeanwhileError:
    return EditedMeanwhileError(
        f"Variant {outcome.variant_id} was edited while it was screened. Screen it again."
    )


def _ended(outcome: Screening, what: str) -> EndedMeanwhileError:
    return EndedMeanwhileError(
        f"{what} while it was screened: variant {outcome.variant_id}. Screen it again."
    )
