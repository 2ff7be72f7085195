"""Recording: a version of a variant with its claims, and what could not be written."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from personalization.domain import Claim, Decision, Message, Variant
from personalization.generation.judging import worst_of
from personalization.generation.quoting import keep_sources
from personalization.store import record

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from personalization.store import Store

_ADD_VARIANT = """
    INSERT INTO variants
        (variant_id, version, campaign_id, segment, arm, subject, preheader, body, call_to_action,
         link, footer, locale, attributes, origin, provenance, content_sha256, written_at,
         written_by)
    VALUES ($variant_id, $version, $campaign_id, $segment, $arm, $subject, $preheader, $body,
            $call_to_action, $link, $footer, $locale, $attributes, $origin, $provenance,
            $content_sha256, $written_at, $written_by)
"""
_ADD_CLAIM = """
    INSERT INTO claims
        (variant_id, version, position, field, span_start, span_end, text, statement_id,
         source_start, source_end, source_text, decision, reason)
    VALUES ($variant_id, $version, $position, $field, $span_start, $span_end, $text,
            $statement_id, $source_start, $source_end, $source_text, $decision, $reason)
"""
_CURRENT = """
    SELECT variant_id, version, campaign_id, segment, arm, subject, preheader, body,
           call_to_action, link, footer, locale, attributes, origin, provenance
    FROM current_variants
    WHERE variant_id = $variant_id
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
    WHERE campaign_id = $campaign_id AND segment = $segment AND arm = $arm
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
    _keep_variant(store, variant, actor)
    for position, claim in enumerate(claims, start=1):
        _keep_claim(store, variant, position, claim)
    keep_sources(store, variant, cited=_cited(claims), offered=offered)
    store.run(
        _NO_FAILURE, campaign_id=variant.campaign_id, segment=variant.segment, arm=variant.arm
    )
    n_unsupported = sum(claim.decision is not Decision.PASS for claim in claims)
    record(
        store, kind, f"{variant.variant_id}@{variant.version}", actor=actor,
        campaign_id=variant.campaign_id, content_sha256=variant.message.content_sha256,
        origin=variant.origin, claims=len(claims), unsupported=n_unsupported,
        decision=worst_of(claims).value,
    )  # fmt: skip


def _cited(claims: Sequence[Claim]) -> set[str]:
    return {claim.statement_id for claim in claims if claim.statement_id}


def _keep_variant(store: Store, variant: Variant, actor: str) -> None:
    store.run(
        _ADD_VARIANT,
        variant_id=variant.variant_id,
        version=variant.version,
        campaign_id=variant.campaign_id,
        segment=variant.segment,
        arm=variant.arm,
        **dict(variant.message.fields()),
        locale=variant.locale,
        attributes=json.dumps(dict(variant.attributes), ensure_ascii=False),
        origin=variant.origin,
        provenance=json.dumps(dict(variant.provenance), ensure_ascii=False),
        content_sha256=variant.message.content_sha256,
        written_at=store.now(),
        written_by=actor,
    )


def _keep_claim(store: Store, variant: Variant, position: int, claim: Claim) -> None:
    store.run(
        _ADD_CLAIM,
        variant_id=variant.variant_id,
        version=variant.version,
        position=position,
        field=claim.field,
        span_start=claim.span_start,
        span_end=claim.span_end,
        text=claim.text,
        statement_id=claim.statement_id,
        source_start=claim.source_start,
        source_end=claim.source_end,
        source_text=claim.source_text,
        decision=claim.decision.value,
        reason=claim.reason,
    )


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
