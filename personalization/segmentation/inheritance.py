"""The segments of a follow-up: the parent's members who did not get the winning message."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from personalization.domain import HOLDOUT
from personalization.errors import InputError, StateError
from personalization.segmentation.history import HISTORY, statement
from personalization.segmentation.values import Fitted, Group

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personalization.segmentation.values import Base
    from personalization.store import Store

# Whoever has been erased from the customers since is in no follow-up either.
MEMBERS: Final = statement(
    HISTORY,
    """
    , winners AS (
        SELECT unnest($segments::VARCHAR[]) AS segment,
               unnest($arms::VARCHAR[]) AS arm,
               unnest($names::VARCHAR[]) AS name
    ), served AS (
        SELECT DISTINCT assignments.customer_id
        FROM assignments
        JOIN experiments ON experiments.experiment_id = assignments.experiment_id
        JOIN winners ON winners.segment = assignments.segment AND winners.arm = assignments.arm
        WHERE experiments.campaign_id = $parent_id
    ), members AS (
        SELECT history.*, winners.name AS segment
        FROM segment_members AS parents
        JOIN winners ON winners.segment = parents.segment
        JOIN history ON history.customer_id = parents.customer_id
        LEFT JOIN served ON served.customer_id = parents.customer_id
        WHERE parents.campaign_id = $parent_id AND served.customer_id IS NULL
    )
""",
)

_PARENT = """
    SELECT campaigns.name, campaigns.dataset_id, segmentations.as_of
    FROM campaigns JOIN segmentations ON segmentations.campaign_id = campaigns.campaign_id
    WHERE campaigns.campaign_id = $parent_id
"""

_SEGMENTS = """
    SELECT segment, rule, description FROM segments
    WHERE campaign_id = $parent_id ORDER BY position
"""

_ARMS = """
    SELECT DISTINCT arms.segment, arms.arm
    FROM arms JOIN experiments ON experiments.experiment_id = arms.experiment_id
    WHERE experiments.campaign_id = $parent_id
    ORDER BY arms.segment, arms.arm
"""


def fit_inherited(
    store: Store, base: Base, parent_id: str, winners: Mapping[str, str] | str
) -> tuple[Fitted, Base]:
    """Take over the parent's segments that have a winner, without whoever has had it.

    Args:
        store: Reads ``segments``, ``segment_members``, ``arms`` and ``assignments``.
        base: The follow-up's customers.
        parent_id: The campaign whose winner is scaled.
        winners: The winning arm of each segment, or one arm that won in all of them.

    Returns:
        The segments, and the base with the parent's day for recency.

    Raises:
        StateError: The parent has no segments, or is about other customers.
        InputError: A segment or an arm is not one of the parent's.
    """
    parent = store.read_one(_PARENT, parent_id=parent_id)
    if parent is None:
        raise StateError(f"Campaign {parent_id!r} has no segments that a follow-up could inherit.")
    name, dataset_id, as_of = parent
    if dataset_id != base.dataset_id:
        raise StateError(f"The follow-up has to be about the same customers as {name!r}.")
    segments = store.read(_SEGMENTS, parent_id=parent_id)
    arms = {(segment, arm) for segment, arm in store.read(_ARMS, parent_id=parent_id)}
    chosen = _winners(winners, tuple(row[0] for row in segments), arms)
    groups = tuple(
        Group(segment, f"{rule}; has not had arm {chosen[segment]} of {name!r}", description)
        for segment, rule, description in segments
        if segment in chosen
    )
    parameters: dict[str, Any] = {"parent_id": parent_id, "winners": chosen}
    return Fitted("inherited", parameters, groups), replace(base, as_of=as_of)


def bind(parameters: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, object]:
    """Return what ``MEMBERS`` is bound to; ``names`` says what each group is called by now."""
    winners = parameters["winners"]
    return {
        "parent_id": parameters["parent_id"],
        "segments": list(winners),
        "arms": list(winners.values()),
        "names": [names.get(segment, segment) for segment in winners],
    }


def _winners(
    winners: Mapping[str, str] | str, segments: tuple[str, ...], arms: set[tuple[str, str]]
) -> dict[str, str]:
    if isinstance(winners, str):
        winners = {segment: winners for segment in segments if (segment, winners) in arms}
    for segment, arm in winners.items():
        known = sorted(name for of, name in arms if of == segment and name != HOLDOUT)
        if arm not in known:
            raise InputError(
                f"Segment {segment!r} of the campaign has no arm {arm!r} that could have won. "
                f"It has: {', '.join(known) or 'none'}."
            )
    if not winners:
        raise InputError("There is no winning arm to scale. Name one of the campaign's arms.")
    return {segment: winners[segment] for segment in segments if segment in winners}
