"""How often chance looks like success: the planned analysis, played through thousands of times.

The tests are worked out side by side in arrays, by the formulas of ``comparison`` and
``multiplicity``; a seed makes every answer repeatable.  Arrays are shaped (runs, segments, arms),
and arm 0 is the control.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import ceil, sqrt
from typing import TYPE_CHECKING, Any, Final

from personalization.errors import InputError
from personalization.statistics.replay import are_shown, cell_pairs, hold, whole_pairs
from personalization.statistics.sample_size import Amount, Rate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.random import Generator
    from numpy.typing import NDArray

    from personalization.statistics.replay import Pairs
    from personalization.statistics.sample_size import Expected

_SPREAD: Final = 9  # standard deviations of a count that are looked at; beyond is below 1e-18


@dataclass(frozen=True, slots=True)
class Table:
    """What many tests of one design came to.

    Attributes:
        n: Customers, shaped (segments, arms); 0 where a segment does not have an arm.
        mean: Rate in [0, 1] or amount per customer, shaped (runs, segments, arms).
        variance: Of one customer's outcome: p (1 - p) of a rate, else the sample variance.
        answers: Customers that a test can lean on: who did it, or who have an amount.
        is_binary: Whether the metric is one of yes or no.
        weights: Planned shares, shaped like ``n``; they say whether segments may be added up.
    """

    n: NDArray[Any]
    mean: NDArray[Any]
    variance: NDArray[Any]
    answers: NDArray[Any]
    is_binary: bool
    weights: NDArray[Any]


def draw_tables(
    sizes: Sequence[Sequence[int]],
    expected: Expected,
    lifts: Sequence[float],
    *,
    runs: int,
    seed: int,
    weights: Sequence[Sequence[float]] | None = None,
) -> Table:
    """Draw what ``runs`` tests of one design come to.

    Who does it or buys is binomial.  What buyers spend is gamma with the mean and spread that
    are expected: its sum is drawn as such, its spread by the first two moments of what it is.

    Args:
        sizes: Customers of each segment's arms, the control first; 0 for an arm it lacks.
        expected: Of the control; a lift is more people who do it, as in ``Amount.variance``.
        lifts: True relative lift of each arm, that of the control being 0.
        runs: How many tests, above 0.
        seed: The same seed gives the same tests.
        weights: Planned shares, shaped like ``sizes``; the sizes themselves where not given.

    Raises:
        InputError: The metric is known by its mean only, or the shapes do not fit.
    """
    import numpy as np  # noqa: PLC0415

    n = np.asarray(sizes, dtype=np.int64).reshape(len(sizes), -1)
    if not isinstance(expected, Rate | Amount) or n.shape[1:] != (len(lifts),) or runs < 1:
        raise InputError("Tests are drawn of a rate or of buyers, with a lift for each arm.")
    rates = np.minimum(expected.rate * (1 + np.asarray(lifts)), 1.0)
    draws = np.random.default_rng(seed)
    count = draws.binomial(n, rates, (runs, *n.shape))
    people = np.maximum(n, 1)
    planned = n.astype(float) if weights is None else np.asarray(weights, dtype=float)
    if isinstance(expected, Rate):
        mean = count / people
        return Table(n, mean, mean * (1 - mean), count, is_binary=True, weights=planned)
    total, squares = _spent(draws, count, expected)
    mean = total / people
    variance = np.maximum(squares - people * mean**2, 0.0) / np.maximum(people - 1, 1)
    return Table(n, mean, variance, count, is_binary=False, weights=planned)


def _spent(
    draws: Generator,
    buyers: NDArray[Any],
    expected: Amount,
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Draw the sum of what so many buyers spend, and the sum of its squares.

    Shares of a gamma sum are Dirichlet and independent of it; the sum of their squares is drawn
    as a lognormal with its own first two moments.
    """
    import numpy as np  # noqa: PLC0415

    if not expected.deviation:
        total = buyers * expected.order_value
        return total, total * expected.order_value
    shape = (expected.order_value / expected.deviation) ** 2
    k = np.maximum(buyers, 1)
    total = np.where(buyers > 0, draws.gamma(k * shape, expected.order_value / shape), 0.0)
    whole = k * shape
    first = (shape + 1) / (whole + 1)
    fourth = shape * (shape + 1) * (shape + 2) * (shape + 3)
    second = k * fourth + k * (k - 1) * (shape * (shape + 1)) ** 2
    second = second / (whole * (whole + 1) * (whole + 2) * (whole + 3))
    log_variance = np.log(np.maximum(second / first**2, 1.0))
    pieces = np.exp(
        np.log(first) - log_variance / 2 + np.sqrt(log_variance) * draws.normal(size=k.shape)
    )
    return total, total**2 * np.clip(pieces, 1 / k, 1.0)


def sharpened(table: Table, expected: Expected, lifts: Sequence[float], kept: float) -> Table:
    """Return the tables as an adjustment leaves them that takes away 1 - ``kept`` of the variance.

    What chance adds to each mean shrinks by the root of ``kept``, and the truth stays.
    """
    import numpy as np  # noqa: PLC0415

    truth = expected.mean * (1 + np.asarray(lifts))
    n = np.maximum(table.n, 2)
    return replace(
        table,
        mean=truth + sqrt(kept) * (table.mean - truth),
        variance=kept * table.variance * (n / (n - 1) if table.is_binary else 1.0),
        is_binary=False,
    )


def draw_holds(
    sizes: Sequence[Sequence[int]],
    rate: float,
    *,
    margin: float,
    confidence: float,
    runs: int,
    seed: int,
) -> NDArray[Any]:
    """Draw whether a guardrail is shown to hold, if no message does any harm.

    Args:
        sizes: As for ``draw_tables``.
        rate: Of the harm in every arm, in (0, 1).
        margin: Bearable increase, as an absolute share.
        confidence: One-sided, in (0, 1).
        runs: How many tests.
        seed: The same seed gives the same tests.

    Returns:
        Shaped (runs, variants).
    """
    import numpy as np  # noqa: PLC0415

    n_arms = len(sizes[0])
    table = draw_tables(sizes, Rate(rate), [0.0] * n_arms, runs=runs, seed=seed)
    held = []
    for arm in range(1, n_arms):
        has = table.n[:, arm] > 0
        harmed = table.answers[:, has, :].sum(axis=1)
        n = int(table.n[has, arm].sum()), int(table.n[has, 0].sum())
        held.append(hold(harmed[:, arm], harmed[:, 0], n, margin=margin, confidence=confidence))
    return np.stack(held, axis=-1)


@dataclass(frozen=True, slots=True)
class World:
    """What the planned analysis says in many tests of one truth.

    Attributes:
        over_share: Share of tests in which some variant is seen above the lift hoped for.
        cell_over_share: The same of some variant in some segment by itself.
        shown_share: Share in which some variant is shown to be better than the control.
        ship_share: Share in which the rule says ship of some variant: better, guardrails hold.
        best_lift: Mean observed lift of the variant that looks best; None where none has one.
        shipped_lift: Mean observed lift of the variants that the rule ships; None where none is.
        power: Share in which the truly best variant is shown to be better; None without one.
        ships_best: Share in which the rule ships it; None likewise.
        ships_other: Share in which the rule ships one that does nothing; None likewise.
        looks_wrong: Share in which another variant looks best; None likewise.
        wrong_sign: Share in which the truly best one looks worse than the control; None likewise.
        best_lifts: Observed lift of the best variant in each test that has one.
    """

    over_share: float
    cell_over_share: float
    shown_share: float
    ship_share: float
    best_lift: float | None
    shipped_lift: float | None
    power: float | None
    ships_best: float | None
    ships_other: float | None
    looks_wrong: float | None
    wrong_sign: float | None
    best_lifts: NDArray[Any] = field(repr=False, compare=False)


def play(
    table: Table,
    *,
    confidence: float,
    hoped_for: float,
    holds: NDArray[Any] | None = None,
    best: int | None = None,
) -> World:
    """Analyse every test as planned, and say how often chance looks like success.

    Args:
        table: From ``draw_tables``.
        confidence: Of the intervals and of the family, in (0, 1).
        hoped_for: The relative lift that would be a success, such as 0.10.
        holds: Whether every guardrail is shown to hold, shaped (runs, variants); None without any.
        best: Place among the variants of the one that truly has an effect; None where none has.
    """
    import numpy as np  # noqa: PLC0415

    pairs = whole_pairs(table)
    lifts = pairs.lift
    shown = are_shown(pairs, confidence) & (pairs.difference > 0)
    shipped = shown if holds is None else shown & holds
    seen = lifts[~np.isnan(lifts).all(axis=1)]
    best_lifts = np.nanmax(seen, axis=1) if len(seen) else np.empty(0)
    observed = lifts[shipped & ~np.isnan(lifts)]
    return World(
        over_share=_share(pairs.exceeds(hoped_for).any(axis=1)),
        cell_over_share=_share(cell_pairs(table).exceeds(hoped_for).any(axis=1)),
        shown_share=_share(shown.any(axis=1)),
        ship_share=_share(shipped.any(axis=1)),
        best_lift=float(best_lifts.mean()) if len(best_lifts) else None,
        shipped_lift=float(observed.mean()) if len(observed) else None,
        best_lifts=best_lifts,
        **_of_the_best(pairs, shown, shipped, best),
    )


def _of_the_best(
    pairs: Pairs, shown: NDArray[Any], shipped: NDArray[Any], best: int | None
) -> dict[str, float | None]:
    """Return what becomes of the variant that truly has an effect."""
    import numpy as np  # noqa: PLC0415

    names = ("power", "ships_best", "ships_other", "looks_wrong", "wrong_sign")
    if best is None:
        return dict.fromkeys(names)
    difference = pairs.difference
    found = (
        shown[:, best],
        shipped[:, best],
        np.delete(shipped, best, axis=1).any(axis=1),
        difference.argmax(axis=1) != best,
        difference[:, best] < 0,
    )
    return {name: _share(share) for name, share in zip(names, found, strict=True)}


def _share(is_so: Any) -> float:  # noqa: ANN401  numpy calls one truth by another type
    return float(is_so.mean())


def noise_share(rate: float, n_control: int, n_arms: Sequence[int], *, lift: float) -> float:
    """Return how often some arm shows more than ``lift`` although no message does anything.

    Exact: over every count that the control may have, the chance that all arms stay below.

    Args:
        rate: Of everybody, in (0, 1).
        n_control: Customers in the control.
        n_arms: Customers in each arm.
        lift: What is looked for, such as 0.10.

    Example:
        >>> round(noise_share(0.10, 125, [125, 125, 125], lift=0.10), 2)
        0.63
    """
    import numpy as np  # noqa: PLC0415
    from scipy.stats import binom  # noqa: PLC0415

    middle, spread = n_control * rate, _SPREAD * sqrt(n_control * rate * (1 - rate)) + _SPREAD
    lowest, highest = max(0, int(middle - spread)), min(n_control, ceil(middle + spread))
    if n_control <= 0 or not n_arms:
        return 0.0
    counts = np.arange(lowest, highest + 1)
    below = np.ones(len(counts))
    for n in n_arms:
        # A hair above, so that 11 of 100 is not more than 10 % above 10 of 100 by rounding.
        below *= binom.cdf(np.floor((1 + lift) * counts * n / n_control + 1e-9), n, rate)
    return float(1 - (binom.pmf(counts, n_control, rate) * below).sum())
