"""Carrying a campaign's messages over to the follow-up that scales its winner."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from personalization.domain import CONTROL, Message, Variant
from personalization.generation.quoting import sources_of_version
from personalization.generation.recording import (
    claims_of_version,
    current_variants,
    keep_version,
    new_id,
    pairs_of,
)
from personalization.generation.sources import segments_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personalization.domain import Claim
    from personalization.store import Store

# What ran is what is scaled: the versions that the parent's experiment froze.
_RAN = """
    SELECT variants.variant_id, variants.version, variants.segment, variants.arm,
           variants.subject, variants.preheader, variants.body, variants.call_to_action,
           variants.link, variants.footer, variants.locale, variants.attributes, variants.origin
    FROM experiments
    JOIN arms ON arms.experiment_id = experiments.experiment_id
    JOIN variants ON variants.variant_id = arms.variant_id AND variants.version = arms.version
    WHERE experiments.campaign_id = $parent_id
    ORDER BY variants.segment, variants.arm, experiments.designed_at DESC
"""


def carry_over(
    store: Store,
    campaign_id: str,
    *,
    parent_id: str,
    winners: Mapping[str, str] | str,
    actor: str,
) -> int:
    """Give the follow-up the winning message and the control of each segment that it has.

    They are the very texts that the parent's experiment ran, with their claims, as new variants:
    they are screened and approved anew.  Running it again adds nothing.

    Args:
        store: Reads ``segments``, ``experiments``, ``arms``, ``variants`` and ``claims``.
        campaign_id: The follow-up.
        parent_id: The campaign whose winner is scaled.
        winners: The winning arm of each segment, or one arm that won in all of them.
        actor: Who asked for it.

    Returns:
        How many variants were carried over.
    """
    names = {segment.name for segment in segments_of(store, campaign_id)}
    wanted = {name: winners if isinstance(winners, str) else winners.get(name) for name in names}
    ran = {(row[2], row[3]): row for row in reversed(store.read(_RAN, parent_id=parent_id))}
    chosen = [
        row
        for (segment, arm), row in sorted(ran.items())
        if segment in names and arm in {CONTROL, wanted[segment]}
    ]
    carried = 0
    with store.transaction():
        there = {(v.segment, v.arm) for v in current_variants(store, campaign_id)}
        for row in chosen:
            if (row[2], row[3]) in there:
                continue
            variant, claims = _carried(store, campaign_id, row)
            quoted = sources_of_version(store, str(row[0]), int(str(row[1])))
            keep_version(
                store, variant, claims, "variant.carried_over", actor=actor, offered=quoted
            )
            carried += 1
    return carried


def _carried(
    store: Store, campaign_id: str, row: tuple[object, ...]
) -> tuple[Variant, list[Claim]]:
    variant_id, version, segment, arm = str(row[0]), row[1], str(row[2]), str(row[3])
    claims = claims_of_version(store, variant_id, int(str(version)))
    source = Variant(
        new_id(store, campaign_id, segment, arm), 1, campaign_id, segment, arm,
        Message(*(str(text) for text in row[4:10])), str(row[10]),
    )  # fmt: skip
    provenance = (("carried_from", f"{variant_id}@{version}"),)
    return replace(
        source, attributes=pairs_of(row[11]), origin=str(row[12]), provenance=provenance
    ), claims
