"""The arms' shares of a plan, and what they become when one of them changes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from personalization.domain import CONTROL, HOLDOUT, Arm

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from personalization.experiments.plan import Plan
    from personalization.settings import Experiments


def shares_of(plan: Plan, chosen: Experiments) -> dict[str, float]:
    """Return each arm's share of a segment that has all of them, before anything was learned."""
    asked = plan.choices
    if asked.weights is not None:
        return dict(asked.weights)
    control = chosen.control_weight if asked.control_weight is None else asked.control_weight
    holdout = chosen.holdout_weight if asked.holdout_weight is None else asked.holdout_weight
    each = (1 - control - holdout) / len(plan.variants)
    shares = {CONTROL: control, **dict.fromkeys(plan.variants, each)}
    return shares | ({HOLDOUT: holdout} if holdout else {})


def reshared(
    shares: Mapping[str, float],
    *,
    kept: Collection[str] | None = None,
    control: float | None = None,
    holdout: float | None = None,
) -> dict[str, float]:
    """Change a share or leave variants out; the variants get what is left, in proportion.

    Example:
        >>> reshared({"control": 0.4, "A": 0.3, "B": 0.3}, kept=["B"], control=0.5)
        {'control': 0.5, 'B': 0.5}
    """
    fixed = {CONTROL: shares[CONTROL] if control is None else control}
    last = shares.get(HOLDOUT, 0.0) if holdout is None else holdout
    variants = {
        name: share
        for name, share in shares.items()
        if name not in (CONTROL, HOLDOUT) and (kept is None or name in kept)
    }
    rest = 1 - fixed[CONTROL] - last
    whole = sum(variants.values())
    divided = {name: rest * share / whole for name, share in variants.items()}
    return fixed | divided | ({HOLDOUT: last} if last else {})


def arms_with(arms: Sequence[Arm], shares: Mapping[str, float]) -> tuple[Arm, ...]:
    """Give every segment's arms new shares; among themselves its variants keep their ratios.

    Returns:
        The arms that have a share; nothing where a segment would be left without any variant.
    """
    changed: list[Arm] = []
    for segment in dict.fromkeys(arm.segment for arm in arms):
        own = [arm for arm in arms if arm.segment == segment and arm.name in shares]
        variants = {arm.name: arm.weight for arm in own if arm.name not in (CONTROL, HOLDOUT)}
        if not variants:
            return ()
        pool = sum(shares[name] for name in variants)
        whole = sum(variants.values())
        weights = {arm.name: shares[arm.name] for arm in own} | {
            name: pool * weight / whole for name, weight in variants.items()
        }
        total = sum(weights.values())
        changed += [replace(arm, weight=weights[arm.name] / total) for arm in own]
    return tuple(changed)
