"""From a proposal to the campaign's segments: members, words and what the change undoes."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from personalization.errors import StateError
from personalization.segmentation.fitting import propose
from personalization.segmentation.history import base_of
from personalization.segmentation.inheritance import fit_inherited
from personalization.segmentation.membership import insert_members
from personalization.settings import Segmentation as Options
from personalization.store import record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personalization.domain import Segment
    from personalization.segmentation.values import Segmentation
    from personalization.store import Store

_FROZEN: Final = """
    SELECT count(*) FROM experiments
    WHERE campaign_id = $campaign_id AND (approved_at IS NOT NULL OR launched_at IS NOT NULL)
"""

_METHOD: Final = "SELECT method FROM segmentations WHERE campaign_id = $campaign_id"

_DROP_MEMBERS: Final = "DELETE FROM segment_members WHERE campaign_id = $campaign_id"

_SIZES: Final = """
    SELECT segment, count(*) FROM segment_members
    WHERE campaign_id = $campaign_id GROUP BY segment ORDER BY segment
"""

_FORGET_PARTS: Final = "DELETE FROM segment_parts WHERE campaign_id = $campaign_id"
_FORGET_WHOLES: Final = "DELETE FROM split_segments WHERE campaign_id = $campaign_id"

_KEEP_METHOD: Final = """
    INSERT OR REPLACE INTO segmentations
        (campaign_id, method, parameters, quality, as_of, made_at)
    VALUES ($campaign_id, $method, $parameters, $quality, $as_of, $made_at)
"""

_KEEP_SEGMENT: Final = """
    INSERT OR REPLACE INTO segments
        (campaign_id, segment, position, rule, description, customers, profile)
    VALUES ($campaign_id, $segment, $position, $rule, $description, $customers, $profile)
"""

_DROP_OTHERS: Final = """
    DELETE FROM segments
    WHERE campaign_id = $campaign_id AND NOT list_contains($kept::VARCHAR[], segment)
"""

_RETIRE: Final = """
    INSERT INTO retired_variants (variant_id, reason, retired_at)
    SELECT variant_id,
           CASE WHEN segments.segment IS NULL
                THEN 'Segment ''' || variants.segment || ''' is no longer part of the campaign.'
                ELSE 'Segment ''' || variants.segment || ''' is made by ' || $method
                     || ' now, and was made by ' || $method_before || ' before.' END,
           $retired_at
    FROM current_variants AS variants
    LEFT JOIN segments ON segments.campaign_id = variants.campaign_id
                      AND segments.segment = variants.segment
    WHERE variants.campaign_id = $campaign_id
      AND (segments.segment IS NULL OR $method <> $method_before)
"""


def keep_segments(store: Store, campaign_id: str, segmentation: Segmentation, *, actor: str) -> int:
    """Make a proposal the campaign's segmentation, in place of the one before.

    Variants of segments that are gone, or that another method makes now, are retired with a
    reason.  Keeping the same proposal again changes nothing but the time, and joins what was
    split by products.

    Args:
        store: Writes ``segmentations``, ``segments``, ``segment_members``, ``segment_parts``,
            ``split_segments``, ``retired_variants`` and the audit row, or none of them.
        campaign_id: Which campaign.
        segmentation: What ``fit_segments`` returned for it.
        actor: Who keeps it.

    Returns:
        How many customers are in a segment.

    Raises:
        InputError: There is no such campaign.
        StateError: The experiment is approved, which freezes its segments; or the customers
            have changed since the proposal.
    """
    base = replace(base_of(store, campaign_id), as_of=segmentation.as_of)
    with store.transaction():
        refuse_frozen(store, campaign_id)
        before = store.read_one(_METHOD, campaign_id=campaign_id)
        store.run(_DROP_MEMBERS, campaign_id=campaign_id)
        store.run(_FORGET_PARTS, campaign_id=campaign_id)
        store.run(_FORGET_WHOLES, campaign_id=campaign_id)
        members = insert_members(store, base, segmentation.method, segmentation.parameters)
        _refuse_other_customers(store, campaign_id, segmentation.segments)
        _keep_words(store, campaign_id, segmentation)
        retired = store.run(
            _RETIRE, campaign_id=campaign_id, method=segmentation.method,
            method_before=before[0] if before else segmentation.method, retired_at=store.now(),
        )  # fmt: skip
        record(
            store, "segments.kept", campaign_id, actor=actor, campaign_id=campaign_id,
            method=segmentation.method, segments=len(segmentation.segments), customers=members,
            variants_retired=retired,
            parameters_sha256=hashlib.sha256(_json(segmentation.parameters).encode()).hexdigest(),
        )  # fmt: skip
    return members


def refuse_frozen(store: Store, campaign_id: str) -> None:
    """Raise StateError once the design of the campaign is approved."""
    if store.read(_FROZEN, campaign_id=campaign_id) != [(0,)]:
        raise StateError(
            "The experiment of this campaign is approved, and its segments are frozen with it. "
            "Withdraw the approval of the design first, on the Experiment page."
        )


def _refuse_other_customers(store: Store, campaign_id: str, segments: tuple[Segment, ...]) -> None:
    """Hold what was written against what was shown."""
    written = dict(store.read(_SIZES, campaign_id=campaign_id))
    if written != {segment.name: segment.customers for segment in segments}:
        raise StateError(
            "The customers have changed since these segments were proposed. Look at the new "
            "proposal, and keep that one."
        )


def _keep_words(store: Store, campaign_id: str, segmentation: Segmentation) -> None:
    store.run(
        _KEEP_METHOD, campaign_id=campaign_id, method=segmentation.method,
        parameters=_json(segmentation.parameters), quality=_json(segmentation.quality),
        as_of=segmentation.as_of, made_at=store.now(),
    )  # fmt: skip
    kept = [segment.name for segment in segmentation.segments]
    store.run(_DROP_OTHERS, campaign_id=campaign_id, kept=kept)
    for position, segment in enumerate(segmentation.segments, 1):
        store.run(
            _KEEP_SEGMENT, campaign_id=campaign_id, segment=segment.name, position=position,
            rule=segment.rule, description=segment.description, customers=segment.customers,
            profile=_json(dict(segment.profile)),
        )  # fmt: skip


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def inherit_segments(
    store: Store,
    campaign_id: str,
    *,
    parent_id: str,
    winners: Mapping[str, str] | str,
    actor: str,
) -> int:
    """Give a follow-up campaign the parent's segments, without whoever had the winning message.

    Its members are those of the control, the holdout and the other arms, and all who were
    never assigned. A segment of the parent without a winner is left out.

    Args:
        store: As for ``keep_segments``; also reads the parent's experiment.
        campaign_id: The follow-up.
        parent_id: The campaign whose winner is scaled.
        winners: The winning arm of each segment, or one arm that won in all that have it.
        actor: Who scales it.

    Returns:
        How many customers are in a segment of the follow-up.

    Raises:
        InputError: A campaign, a segment or an arm does not exist.
        StateError: Nobody is left, or the parent has no segments or other customers.
    """
    fitted, base = fit_inherited(store, base_of(store, campaign_id), parent_id, winners)
    segmentation = propose(store, base, fitted, Options(), {})
    if not segmentation.segments:
        raise StateError("Everybody in these segments has already had the winning message.")
    return keep_segments(store, campaign_id, segmentation, actor=actor)
