"""Which messages the arms of an experiment can send, and what share each arm gets.

An arm sends what ``sendable_variants`` holds.  As long as a segment lacks that, the messages
that were written stand in, so that the experiment can be planned while they are reviewed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from personalization.domain import CONTROL, HOLDOUT, Arm
from personalization.errors import InputError
from personalization.experiments.assignment import cell_sizes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from personalization.store import Store

_USUAL: Final = ("A", "B", "C")  # what a plan shows before anything was written


@dataclass(frozen=True, slots=True)
class Offer:
    """A message that an arm could send; one without an arm stands for a segment without any.

    Attributes:
        is_sendable: Screened, passed and approved, as it stands.
        is_planned: Whether the plan counts on it.
    """

    segment: str
    arm: str | None
    variant_id: str | None
    version: int | None
    content_sha256: str | None
    is_sendable: bool
    is_planned: bool = False


_OFFERS = """
    SELECT segments.segment, variants.arm, variants.variant_id, variants.version,
           variants.content_sha256, sendable.variant_id IS NOT NULL AS is_sendable
    FROM segments
    LEFT JOIN current_variants AS variants
        ON variants.campaign_id = segments.campaign_id AND variants.segment = segments.segment
    LEFT JOIN sendable_variants AS sendable
        ON sendable.variant_id = variants.variant_id AND sendable.version = variants.version
    WHERE segments.campaign_id = $campaign_id
    ORDER BY segments.position, segments.segment, variants.arm, variants.variant_id
"""


def offers_of(store: Store, campaign_id: str, eligible: Mapping[str, int]) -> tuple[Offer, ...]:
    """List every segment's messages, and mark those that a plan counts on.

    Args:
        store: Reads ``segments``, ``current_variants`` and ``sendable_variants``.
        campaign_id: Which campaign.
        eligible: Customers by segment; a segment without any is planned only if it is ready.
    """
    offers = [Offer(*row) for row in store.read(_OFFERS, campaign_id=campaign_id)]
    ready = {o.segment for o in offers} - {segment for segment, _ in lacking(offers)}
    return tuple(
        replace(o, is_planned=o.is_sendable if o.segment in ready else o.segment in eligible)
        for o in offers
    )


def lacking(offers: Iterable[Offer]) -> list[tuple[str, str]]:
    """Name each segment that cannot be tested, and what it lacks: control text or variant."""
    sendable: dict[str, set[str | None]] = {}
    for offer in offers:
        sendable.setdefault(offer.segment, set()).update({offer.arm} if offer.is_sendable else ())
    lacks = []
    for segment, arms in sendable.items():
        missing = [] if CONTROL in arms else ["control text"]
        missing += [] if arms - {CONTROL} else ["variant"]
        if missing:
            lacks.append((segment, " and no ".join(missing)))
    return lacks


def arm_shares(
    offers: Iterable[Offer],
    *,
    control_weight: float,
    holdout_weight: float,
    weights: Mapping[str, float] | None = None,
) -> dict[str, float]:
    """Return each arm's share of a segment that has all of them, in the order of assignment.

    Args:
        offers: Their planned arms are the variants.
        control_weight: The control's share, unless ``weights`` says it.
        holdout_weight: The share that gets nothing; with 0 there is no such arm.
        weights: Share of each arm; the variants share the rest equally where it is not given.

    Raises:
        InputError: A weight is missing, names no arm, or they are no shares that sum to 1.
    """
    found = {o.arm for o in offers if o.is_planned and o.arm is not None}
    variants = sorted(found - {CONTROL}) or list(_USUAL)
    known = [CONTROL, *variants, HOLDOUT]
    if weights is None:
        share = (1 - control_weight - holdout_weight) / len(variants)
        weights = {CONTROL: control_weight, **dict.fromkeys(variants, share)}
        weights |= {HOLDOUT: holdout_weight} if holdout_weight else {}
    if unknown := sorted(weights.keys() - set(known)):
        raise InputError(f"There is no arm {unknown[0]!r}. There are: {', '.join(known)}.")
    if missing := [name for name in known[:-1] if name not in weights]:
        raise InputError(f"Arm {missing[0]!r} has no weight. Give each arm one.")
    shares = {name: weights[name] for name in known if name in weights}
    cell_sizes(1, list(shares.values()))  # refuses what are no shares
    return shares


def planned_arms(offers: Sequence[Offer], shares: Mapping[str, float]) -> tuple[Arm, ...]:
    """Give each planned segment its arms, with weights that sum to 1.

    A segment without one of the variants spreads that share over its other arms in proportion.
    So every arm keeps its ratio to the control, and segments can be pooled without bias.
    """
    arms: list[Arm] = []
    for segment in dict.fromkeys(o.segment for o in offers if o.is_planned):
        messages = {o.arm: o for o in offers if o.segment == segment and o.is_planned and o.arm}
        # Where nothing is written yet all arms stand in; a holdout needs no message.
        names = [n for n in shares if n in messages or n == HOLDOUT or not messages]
        total = sum(shares[name] for name in names)
        arms += [_arm(segment, name, shares[name] / total, messages.get(name)) for name in names]
    return tuple(arms)


def _arm(segment: str, name: str, weight: float, offer: Offer | None) -> Arm:
    if offer is None:
        return Arm(segment, name, weight)
    return Arm(segment, name, weight, offer.variant_id, offer.version, offer.content_sha256)
