"""Recording: a version of a variant with its claims, and what could not be written."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from personalization.domain import Claim, Decision, Message, Variant
from personalization.generation.judging import worst_of
from personalization.generation.quoting import Quoting, keep_sources
from personalization.store import record, record_each

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from personalization.store import Store

_ADD_VARIANT = """
    INSERT INTO variants
        (variant_id, version, campaign_id, segment, arm, subject, preheader, body, call_to_action,
         link, footer, locale, attributes, origin, provenance, content_sha256, written_at,
         written_by)
    SELECT unnest($variant_id::VARCHAR[]), unnest($version::INTEGER[]),
           unnest($campaign_id::VARCHAR[]), unnest($segment::VARCHAR[]), unnest($arm::VARCHAR[]),
           unnest($subject::VARCHAR[]), unnest($preheader::VARCHAR[]), unnest($body::VARCHAR[]),
           unnest($call_to_action::VARCHAR[]), unnest($link::VARCHAR[]),
           unnest($footer::VARCHAR[]), unnest($locale::VARCHAR[]),
           unnest($attributes::VARCHAR[]), unnest($origin::VARCHAR[]),
           unnest($provenance::VARCHAR[]), unnest($content_sha256::VARCHAR[]),
           unnest($written_at::TIMESTAMPTZ[]), $written_by
"""
_ADD_CLAIM = """
    INSERT INTO claims
        (variant_id, version, position, field, span_start, span_end, text, statement_id,
         source_start, source_end, source_text, decision, reason)
    SELECT unnest($variant_id::VARCHAR[]), unnest($version::INTEGER[]),
           unnest($position::INTEGER[]), unnest($field::VARCHAR[]),
           unnest($span_start::INTEGER[]), unnest($span_end::INTEGER[]), unnest($text::VARCHAR[]),
           unnest($statement_id::VARCHAR[]), unnest($source_start::INTEGER[]),
           unnest($source_end::INTEGER[]), unnest($source_text::VARCHAR[]),
           unnest($decision::VARCHAR[]), unnest($reason::VARCHAR[])
"""
_CURRENT = """
    SELECT variant_id, version, campaign_id, segment, arm, subject, preheader, body,
           call_to_action, link, footer, locale, attributes, origin, provenance
    FROM current_variants
    WHERE variant_id = $variant_id
"""
_CURRENT_OF = """
    SELECT variant_id, version, campaign_id, segment, arm, subject, preheader, body,
           call_to_action, link, footer, locale, attributes, origin, provenance
    FROM current_variants
    WHERE variant_id IN (SELECT unnest($variant_ids::VARCHAR[]))
    ORDER BY variant_id
"""
_OF_CAMPAIGN = """
    SELECT variant_id, version, campaign_id, segment, arm, subject, preheader, body,
           call_to_action, link, footer, locale, attributes, origin, provenance
    FROM current_variants
    WHERE campaign_id = $campaign_id
    ORDER BY segment, arm, variant_id
"""
_CLAIMS = """
    SELECT field, span_start, span_end, text, statement_id, source_start, source_end, source_text,
           decision, reason
    FROM claims WHERE variant_id = $variant_id AND version = $version ORDER BY position
"""
_USED_IDS = "SELECT DISTINCT variant_id FROM variants WHERE campaign_id = $campaign_id"
_FAIL = """
    INSERT OR REPLACE INTO writing_failures
    VALUES ($campaign_id, $segment, $arm, $reason, $failed_at)
"""
_NO_FAILURE = """
    DELETE FROM writing_failures
    WHERE campaign_id = $campaign_id AND (segment, arm) IN
        (SELECT unnest($segments::VARCHAR[]), unnest($arms::VARCHAR[]))
"""
_GONE = """
    INSERT INTO retired_variants
    SELECT variant_id, 'Its segment is gone.', $retired_at
    FROM current_variants
    WHERE campaign_id = $campaign_id
      AND segment NOT IN (SELECT segment FROM segments WHERE campaign_id = $campaign_id)
"""
_GONE_FAILURES = """
    DELETE FROM writing_failures
    WHERE campaign_id = $campaign_id
      AND segment NOT IN (SELECT segment FROM segments WHERE campaign_id = $campaign_id)
"""


def current_variant(store: Store, variant_id: str) -> Variant | None:
    """Return the newest version of a variant, or None where there is none of that id."""
    row = store.read_one(_CURRENT, variant_id=variant_id)
    return _variant(row) if row else None


def variants_by_id(store: Store, variant_ids: Iterable[str]) -> dict[str, Variant]:
    """Return the newest versions of variants by their ids; those that there are."""
    rows = store.read(_CURRENT_OF, variant_ids=sorted(variant_ids))
    return {str(row[0]): _variant(row) for row in rows}


def current_variants(store: Store, campaign_id: str) -> list[Variant]:
    """Return the newest version of each variant of a campaign."""
    return [_variant(row) for row in store.read(_OF_CAMPAIGN, campaign_id=campaign_id)]


def claims_of_version(store: Store, variant_id: str, version: int) -> list[Claim]:
    """Return the claims of one version in their order."""
    rows = store.records(_CLAIMS, variant_id=variant_id, version=version)
    return [Claim(**{**row, "decision": Decision(row["decision"])}) for row in rows]


def keep_version(
    store: Store,
    variant: Variant,
    claims: Sequence[Claim],
    kind: str,
    *,
    actor: str,
    offered: Iterable[str] = (),
) -> None:
    """Write one version with its claims and sources, and put it on record.

    Has to be called inside a transaction; ``kind`` names what happened: variant.written.
    Writes ``variants``, ``claims`` and ``variant_sources``; ``offered`` are the statements that
    it was written from.
    """
    version = Version(variant, tuple(claims), frozenset(offered))
    keep_versions(store, [version], kind, actor=actor)


@dataclass(frozen=True, slots=True)
class Version:
    """A version that is to be kept: its words, what they claim, and what it was written from."""

    variant: Variant
    claims: tuple[Claim, ...]
    offered: frozenset[str]


def keep_versions(store: Store, versions: Sequence[Version], kind: str, *, actor: str) -> None:
    """Write versions of one campaign, each as ``keep_version`` does, a table at a time."""
    if not versions:
        return
    campaign_id = versions[0].variant.campaign_id
    store.run(
        _ADD_VARIANT, written_by=actor,
        **_columns([_variant_row(store, version.variant) for version in versions]),
    )  # fmt: skip
    claims = [row for version in versions for row in _claim_rows(version)]
    if claims:
        store.run(_ADD_CLAIM, **_columns(claims))
    keep_sources(
        store,
        [Quoting(each.variant, _cited(each.claims), each.offered) for each in versions],
    )
    store.run(
        _NO_FAILURE, campaign_id=campaign_id, segments=[v.variant.segment for v in versions],
        arms=[v.variant.arm for v in versions],
    )  # fmt: skip
    told = [_told_of(version) for version in versions]
    record_each(store, kind, told, actor=actor, campaign_id=campaign_id)


def _told_of(version: Version) -> tuple[str, dict[str, Any]]:
    """Return what the trail is told of a version."""
    variant, claims = version.variant, version.claims
    n_unsupported = sum(claim.decision is not Decision.PASS for claim in claims)
    return f"{variant.variant_id}@{variant.version}", {
        "content_sha256": variant.message.content_sha256,
        "origin": variant.origin,
        "claims": len(claims),
        "unsupported": n_unsupported,
        "decision": worst_of(claims).value,
    }


def _cited(claims: Iterable[Claim]) -> frozenset[str]:
    return frozenset(claim.statement_id for claim in claims if claim.statement_id)


def _columns(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Return rows as one list for each column, as a statement unnests them."""
    return {name: [row[name] for row in rows] for name in rows[0]}


def _variant_row(store: Store, variant: Variant) -> dict[str, Any]:
    return {
        "variant_id": variant.variant_id,
        "version": variant.version,
        "campaign_id": variant.campaign_id,
        "segment": variant.segment,
        "arm": variant.arm,
        **dict(variant.message.fields()),
        "locale": variant.locale,
        "attributes": json.dumps(dict(variant.attributes), ensure_ascii=False),
        "origin": variant.origin,
        "provenance": json.dumps(dict(variant.provenance), ensure_ascii=False),
        "content_sha256": variant.message.content_sha256,
        "written_at": store.now(),
    }


def _claim_rows(version: Version) -> Iterator[dict[str, Any]]:
    for position, claim in enumerate(version.claims, start=1):
        yield {
            "variant_id": version.variant.variant_id,
            "version": version.variant.version,
            "position": position,
            "field": claim.field,
            "span_start": claim.span_start,
            "span_end": claim.span_end,
            "text": claim.text,
            "statement_id": claim.statement_id,
            "source_start": claim.source_start,
            "source_end": claim.source_end,
            "source_text": claim.source_text,
            "decision": claim.decision.value,
            "reason": claim.reason,
        }


def keep_failure(
    store: Store, campaign_id: str, segment: str, arm: str, reason: str, *, actor: str
) -> None:
    """Note in ``writing_failures`` what could not be written; inside a transaction."""
    store.run(
        _FAIL, campaign_id=campaign_id, segment=segment, arm=arm, reason=reason,
        failed_at=store.now(),
    )  # fmt: skip
    record(
        store, "variant.not_written", f"{segment}/{arm}", actor=actor, campaign_id=campaign_id,
        reason=reason,
    )  # fmt: skip


def retire_orphans(store: Store, campaign_id: str, *, actor: str) -> int:
    """Take the variants of segments that are gone out of the campaign; return how many."""
    with store.transaction():
        retired = store.run(_GONE, campaign_id=campaign_id, retired_at=store.now())
        store.run(_GONE_FAILURES, campaign_id=campaign_id)
        if retired:
            record(
                store, "variant.retired", campaign_id, actor=actor, campaign_id=campaign_id,
                variants=retired, reason="segment gone",
            )  # fmt: skip
    return retired


def new_id(store: Store, campaign_id: str, segment: str, arm: str) -> str:
    """Return an id that no variant of the campaign has had: ``c1-at-risk-A``.

    A retired variant keeps its id, so the next one for a segment of that name gets a number.
    """
    slug = re.sub(r"[^a-z0-9]+", "-", segment.casefold()).strip("-") or "segment"
    used = {row[0] for row in store.read(_USED_IDS, campaign_id=campaign_id)}
    wanted = f"{campaign_id}-{slug}-{arm}"
    number = 2
    while wanted in used:
        wanted = f"{campaign_id}-{slug}-{number}-{arm}"
        number += 1
    return wanted


def _variant(row: tuple[object, ...]) -> Variant:
    variant_id, version, campaign_id, segment, arm = row[:5]
    locale, attributes, origin, provenance = row[11:]
    return Variant(
        variant_id=str(variant_id),
        version=int(str(version)),
        campaign_id=str(campaign_id),
        segment=str(segment),
        arm=str(arm),
        message=Message(*(str(text) for text in row[5:11])),
        locale=str(locale),
        attributes=pairs_of(attributes),
        origin=str(origin),
        provenance=pairs_of(provenance),
    )


def pairs_of(document: object) -> tuple[tuple[str, str], ...]:
    """Return the pairs of a JSON object, as a variant's value holds them."""
    return tuple((key, str(value)) for key, value in json.loads(str(document)).items())
