"""The noise mirror: the planned test played through on paper, with and without an effect.

It answers before the launch what everybody asks after it: how good would the best variant look if
nothing worked, and how sure would we be to find one that does?
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import reduce
from operator import and_
from typing import TYPE_CHECKING, Any, Final

from personalization.domain import CONTROL
from personalization.errors import StateError
from personalization.experiments.metrics import HOPED_FOR, METRICS, arm_name, percent
from personalization.experiments.plan_words import signed_lift
from personalization.statistics.noise import World, draw_holds, draw_tables, play, sharpened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from personalization.experiments.plan import Plan
    from personalization.settings import Settings
    from personalization.statistics.sample_size import Amount, Rate
    from personalization.store import Store

_BINS: Final = 32
_OUTER: Final = 0.01  # share of tests on either side that the end bins take up
_BLOCKED: Final = 0.8  # a guardrail that lets less than this of the found through is in the way


@dataclass(frozen=True, slots=True)
class NoiseMirror:
    """What the planned analysis would say in many tests on this very audience.

    Attributes:
        runs: Tests that were played through in each world.
        seed: Of the draws; the same plan and campaign give the same mirror.
        luck_share: How often some variant shows more than ``hoped_for`` where none does anything;
            the plan's own, exact figure where it has one, else as played.
        hoped_for: The relative lift that counts as a success when it is seen.
        lift: True lift of ``planted`` in the world with an effect; the other variants do nothing.
        planted: The variant that has it.
        no_effect: Where no message does anything.
        with_effect: Where that one does.
        edges: Of the bins of the best variant's observed lift; the end bins hold all beyond.
        no_effect_shares: Share of the first world's tests in each bin.
        with_effect_shares: Likewise of the other's.
        sentences: All of this for a reader.
    """

    runs: int
    seed: int
    luck_share: float
    hoped_for: float
    lift: float
    planted: str
    no_effect: World
    with_effect: World
    edges: tuple[float, ...]
    no_effect_shares: tuple[float, ...]
    with_effect_shares: tuple[float, ...]
    sentences: tuple[str, ...]


_SEED = "SELECT seed FROM campaigns WHERE campaign_id = $campaign_id"


def noise_mirror(store: Store, settings: Settings, campaign_id: str, plan: Plan) -> NoiseMirror:
    """Play the planned test through; takes well under a second, and reads only.

    Args:
        store: Reads the campaign's seed from ``campaigns``.
        settings: How many tests to play, ``[experiments] noise_runs``.
        campaign_id: Which campaign.
        plan: From ``plan_experiment``, with somebody in every planned arm.

    Raises:
        StateError: There is no such campaign, or nobody to play with.
    """
    row = store.read_one(_SEED, campaign_id=campaign_id)
    if row is None:
        raise StateError(f"There is no campaign {campaign_id!r}.")
    names = (CONTROL, *plan.variants)
    sizes = [[cells.get(name, 0) for name in names] for cells in plan.cells.by_segment.values()]
    if not sizes or not all(any(column) for column in zip(*sizes, strict=True)):
        raise StateError("There are too few people to play the test through: an arm has nobody.")
    digest = hashlib.sha256(f"{row[0]}:noise".encode()).digest()
    return _mirrored(plan, sizes, settings.experiments.noise_runs, int.from_bytes(digest[:4]))


def _mirrored(plan: Plan, sizes: list[list[int]], runs: int, seed: int) -> NoiseMirror:
    expected = plan.expectations.of(plan.metric)
    if expected is None:
        raise StateError(f"{METRICS[plan.metric].noun.capitalize()} cannot be played through.")
    lift = min(plan.relevant_lift, 1 / expected.rate - 1)
    holds = _holds(plan, sizes, runs, seed)
    effect = [0.0, lift, *[0.0] * (len(sizes[0]) - 2)]
    without = _world(plan, sizes, expected, [0.0] * len(effect), runs, seed + 1, holds)
    with_effect = _world(plan, sizes, expected, effect, runs, seed + 2, holds)
    edges, (no_effect, effect_shares) = _histograms([without.best_lifts, with_effect.best_lifts])
    luck = without.over_share if plan.noise_share is None else plan.noise_share
    return NoiseMirror(
        runs, seed, luck, HOPED_FOR, lift, plan.variants[0], without, with_effect, edges,
        no_effect, effect_shares, _sentences(plan, luck, lift, without, with_effect),
    )  # fmt: skip


def _world(  # noqa: PLR0917  one truth and the draws of it
    plan: Plan,
    sizes: list[list[int]],
    expected: Rate | Amount,
    lifts: list[float],
    runs: int,
    seed: int,
    holds: NDArray[Any] | None,
) -> World:
    weights = [
        [{arm.name: arm.weight for arm in plan.arms if arm.segment == s.segment}.get(name, 0.0)
         for name in (CONTROL, *plan.variants)]
        for s in plan.segments
    ]  # fmt: skip
    table = draw_tables(sizes, expected, lifts, runs=runs, seed=seed, weights=weights)
    if plan.kept < 1:
        table = sharpened(table, expected, lifts, plan.kept)
    return play(
        table,
        confidence=plan.confidence,
        hoped_for=HOPED_FOR,
        holds=holds,
        best=0 if any(lifts) else None,
    )


def _holds(plan: Plan, sizes: list[list[int]], runs: int, seed: int) -> NDArray[Any] | None:
    """Draw whether all the guardrails are shown to hold, if no message does any harm."""
    held = [
        draw_holds(
            sizes, guardrail.expected,
            margin=guardrail.margin, confidence=plan.confidence, runs=runs, seed=seed + 3 + number,
        )
        for number, guardrail in enumerate(plan.guardrail_plans)
    ]  # fmt: skip
    return reduce(and_, held) if held else None


def _histograms(
    worlds: Sequence[NDArray[Any]],
) -> tuple[tuple[float, ...], list[tuple[float, ...]]]:
    """Return the edges of the bins, and the share of each world's tests in each of them."""
    import numpy as np  # noqa: PLC0415

    together = np.concatenate(worlds)
    if not len(together):
        return (0.0, 1.0), [(0.0,) for _ in worlds]
    low, high = np.quantile(together, [_OUTER, 1 - _OUTER])
    edges = np.linspace(low, max(high, low + 1e-6), _BINS + 1)
    shares = [
        np.histogram(np.clip(world, edges[0], edges[-1]), edges)[0] / max(len(world), 1)
        for world in worlds
    ]
    return tuple(map(float, edges)), [tuple(map(float, share)) for share in shares]


def _sentences(
    plan: Plan, luck: float, lift: float, without: World, with_effect: World
) -> tuple[str, ...]:
    noun = METRICS[plan.metric].noun
    name = arm_name(plan.variants[0])
    hope = percent(HOPED_FOR, signed=True)
    others = " and the others nothing" if len(plan.variants) > 1 else ""
    by_segment = (
        f", and {percent(without.cell_over_share)} in some variant of some segment"
        if len(plan.segments) > 1
        else ""
    )
    seen = (
        f"If no message did anything, {percent(luck)} of such tests would still "
        f"show more than {hope} in some variant{by_segment}."
    )
    found = (
        f"If {_inside(name)} really brought {percent(lift)} more {noun}{others}, it would be shown "
        f"to be better in {percent(with_effect.power or 0.0)} of tests, and would look worse than "
        f"the control in {percent(with_effect.wrong_sign or 0.0)}."
    )
    wrong = f"The decision rule would ship something in {percent(without.ship_share)} of them."
    return (seen, wrong, found, *_exaggeration(with_effect, lift), *_blocked(with_effect))


def _inside(name: str) -> str:
    """Write a name as it stands inside a sentence."""
    return f"variant {name.removeprefix('Variant ')}" if name.startswith("Variant ") else name


def _exaggeration(world: World, lift: float) -> tuple[str, ...]:
    """Say how much better than the truth a winner looks."""
    if world.best_lift is None:
        return ()
    said = (
        f"The variant that looks best would then show {signed_lift(world.best_lift)} on "
        f"average, where the truth is {percent(lift, signed=True)} at most"
    )
    if world.shipped_lift is None:
        return (f"{said}.",)
    shown = signed_lift(world.shipped_lift)
    return (f"{said}; what the rule ships would show {shown}.",)


def _blocked(world: World) -> tuple[str, ...]:
    """Say so where a guardrail stops what was shown to be better."""
    if not world.shown_share or world.ship_share >= _BLOCKED * world.shown_share:
        return ()
    stopped = 1 - world.ship_share / world.shown_share
    said = (
        f"A guardrail would stop {percent(stopped)} of what is shown to be better, because so few "
        "people cannot show that it holds. Test with more people, fewer variants or a wider margin."
    )
    return (said,)
