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

    from personalization.settings import Settings
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


def offers_of(
    store: Store,
    campaign_id: str,
    eligible: Mapping[str, int],
    variants: Sequence[str] | None = None,
) -> tuple[Offer, ...]:
    """List every segment's messages, and mark those that a plan counts on.

    Args:
        store: Reads ``segments``, ``current_variants`` and ``sendable_variants``.
        campaign_id: Which campaign.
        eligible: Customers by segment; a segment without any is planned only if it is ready.
        variants: The ones that are to be tested; all of them where it is not given.

    Raises:
        InputError: One of ``variants`` was not written, or there is none in it.
    """
    offers = [Offer(*row) for row in store.read(_OFFERS, campaign_id=campaign_id)]
    if variants is not None:
        offers = _only(offers, variants)
    ready = {o.segment for o in offers} - {segment for segment, _ in lacking(offers)}
    return tuple(
        replace(o, is_planned=o.is_sendable if o.segment in ready else o.segment in eligible)
        for o in offers
    )


def _only(offers: list[Offer], variants: Sequence[str]) -> list[Offer]:
    """Take the other variants away; a segment that had only those stands without any message."""
    written = sorted({o.arm for o in offers if o.arm not in (None, CONTROL)} - {None})
    if unknown := sorted(set(variants) - set(written)):
        there_are = ", ".join(str(name) for name in written) or "none yet"
        raise InputError(f"There is no variant {unknown[0]!r} to test. There are: {there_are}.")
    if not variants:
        raise InputError("A test needs a variant beside the control text. Choose one or more.")
    kept = [o for o in offers if o.arm in (None, CONTROL, *variants)]
    alone = {o.segment for o in offers} - {o.segment for o in kept}
    bare = Offer("", None, None, None, None, is_sendable=False)
    return [*kept, *(replace(bare, segment=segment) for segment in sorted(alone))]


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
        _leave_some(control_weight, holdout_weight)
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


def _leave_some(control: float, holdout: float) -> None:
    if control > 0 and holdout >= 0 and control + holdout >= 1:
        raise InputError(
            f"With {control:.0%} for the control text and {holdout:.0%} without a message nobody "
            "is left for the variants. Together they have to stay below 100%.".replace("%", " %")
        )


# Lessons are on as they were switched last for the campaign, else as the settings say.
_LEARNED = """
    SELECT arm_weights.segment, arm_weights.arm, arm_weights.weight
    FROM arm_weights
    JOIN current_variants AS variants ON variants.variant_id = arm_weights.variant_id
                                     AND variants.version = arm_weights.version
    WHERE arm_weights.campaign_id = $campaign_id AND arm_weights.weight > 0
      AND coalesce((SELECT max_by(is_on, number) FROM lesson_switches
                    WHERE campaign_id = $campaign_id), $is_on)
    ORDER BY arm_weights.segment, arm_weights.arm
"""


def learned_weights(
    store: Store, settings: Settings, campaign_id: str
) -> dict[tuple[str, str], float]:
    """Read what earlier campaigns teach about the messages as they stand, by segment and arm.

    There is nothing where lessons are off, or nothing was learned.

    Args:
        store: Reads ``arm_weights`` and ``lesson_switches``.
        settings: Whether lessons are used where nobody switched them for this campaign.
        campaign_id: Which campaign.
    """
    rows = store.read(_LEARNED, campaign_id=campaign_id, is_on=settings.learning.is_on)
    return {(segment, arm): float(weight) for segment, arm, weight in rows}


def planned_arms(
    offers: Sequence[Offer],
    shares: Mapping[str, float],
    learned: Mapping[tuple[str, str], float] | None = None,
) -> tuple[Arm, ...]:
    """Give each planned segment its arms, with weights that sum to 1.

    A segment without one of the variants spreads that share over its other arms in proportion.
    So every arm keeps its ratio to the control, and segments can be pooled without bias.

    Args:
        offers: What each segment's arms can send.
        shares: Of each arm.
        learned: How a segment's variants divide what they have together, where that was learned;
            control and holdout keep their shares, and a variant nothing is known of gets as much
            as the known ones have on average.
    """
    arms: list[Arm] = []
    for segment in dict.fromkeys(o.segment for o in offers if o.is_planned):
        messages = {o.arm: o for o in offers if o.segment == segment and o.is_planned and o.arm}
        # Where nothing is written yet all arms stand in; a holdout needs no message.
        names = [n for n in shares if n in messages or n == HOLDOUT or not messages]
        own = _divided(segment, {name: shares[name] for name in names}, learned or {})
        total = sum(own.values())
        arms += [_arm(segment, name, own[name] / total, messages.get(name)) for name in names]
    return tuple(arms)


def _divided(
    segment: str, shares: dict[str, float], learned: Mapping[tuple[str, str], float]
) -> dict[str, float]:
    """Divide the variants' part of a segment as was learned, if anything was."""
    variants = [name for name in shares if name not in (CONTROL, HOLDOUT)]
    known = {name: learned[segment, name] for name in variants if (segment, name) in learned}
    if not known:
        return shares
    usual = sum(known.values()) / len(known)
    parts = {name: known.get(name, usual) for name in variants}
    pool, whole = sum(shares[name] for name in variants), sum(parts.values())
    return shares | {name: pool * part / whole for name, part in parts.items()}


def _arm(segment: str, name: str, weight: float, offer: Offer | None) -> Arm:
    if offer is None:
        return Arm(segment, name, weight)
    return Arm(segment, name, weight, offer.variant_id, offer.version, offer.content_sha256)
