"""What the traits of a message add to a metric, from randomised comparisons alone.

A cell is one message in one segment of one campaign.  Each campaign and segment has a level of
its own, so only differences between messages that were drawn for the same people at the same
time count: neither a season nor a weight that was learnt before can pass for a preference.

    y = a[campaign, segment] + u[tone] + u[plan] + ... + u[segment, tone] + u[segment, plan] + e

The noise e has the variance of the cell.  Each group of effects u is normal about 0 with a spread
tau of its own, found from the data; where tau falls to 0 the whole group falls away.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

FACTORS: Final = ("tone", "plan", "opener", "length", "topic")
"""Traits that a message is told apart by; see the attributes of a variant."""

PERSONAL: Final = ("tone", "plan")
"""Traits whose effect may differ from segment to segment."""

Key = tuple[str, str, str]
"""Factor, level, segment; the segment is '' for what holds on average."""

_ROUNDS: Final = 500
_SETTLED: Final = 1e-3  # relative change of every tau below which the fit is done
_NEGLIGIBLE: Final = 1e-3  # share of its noise below which the variance of a group counts as 0


@dataclass(frozen=True, slots=True)
class Cell:
    """What one message came to in one segment of one campaign.

    Attributes:
        campaign: Its id.
        segment: Its name, which is what campaigns have in common.
        traits: Factor and level, such as ("tone", "friendly").
        mean: Of the metric per customer.
        precision: 1 / squared standard error of the mean, less for its age; 0 counts nothing.
    """

    campaign: str
    segment: str
    traits: tuple[tuple[str, str], ...]
    mean: float
    precision: float


@dataclass(frozen=True, slots=True, eq=False)
class Effects:
    """The joint posterior of all effects.

    Attributes:
        keys: Which effect each place of the arrays is.
        means: In the metric's unit, against the average message.
        covariance: Of the effects, given the taus.
        taus: Spread of each group: by factor, and by (factor, 'segment') as "tone by segment".
        campaigns: In how many campaigns each effect's level stood against another one.
        n_cells: That were compared.
    """

    keys: tuple[Key, ...]
    means: Array
    covariance: Array
    taus: Mapping[str, float]
    campaigns: tuple[int, ...]
    n_cells: int

    def joint(self, messages: Sequence[tuple[str, Mapping[str, str]]]) -> tuple[Array, Array]:
        """Return mean and covariance of what messages add, each a segment and its traits.

        A level or a segment that no campaign has tried yet may add anything that the spread of
        its group allows; messages that share it share that too.
        """
        import numpy as np  # noqa: PLC0415

        wanted = [set(_keys(segment, tuple(traits.items()))) for segment, traits in messages]
        known = np.array([[key in keys for key in self.keys] for keys in wanted], dtype=float)
        known = known.reshape(len(wanted), len(self.keys))
        new = sorted(set().union(*wanted) - set(self.keys))
        untried = np.array([[key in keys for key in new] for keys in wanted], dtype=float)
        untried = untried.reshape(len(wanted), len(new))
        spread = np.array([self.taus.get(group_of(key), 0.0) ** 2 for key in new])
        covariance = known @ self.covariance @ known.T + (untried * spread) @ untried.T
        return known @ self.means, covariance


def group_of(key: Key) -> str:
    """Return which tau an effect has: that of its factor, on average or by segment."""
    return f"{key[0]} by segment" if key[2] else key[0]


def _keys(segment: str, traits: Iterable[tuple[str, str]]) -> list[Key]:
    known = [(factor, level) for factor, level in traits if factor in FACTORS]
    own = [(factor, level, segment) for factor, level in known if factor in PERSONAL]
    return [(factor, level, "") for factor, level in known] + own


def fit_effects(cells: Iterable[Cell]) -> Effects:
    """Fit the random-effects model to what past campaigns came to.

    Args:
        cells: Of any number of campaigns; one that stands alone in its campaign and segment is
            compared with nothing and teaches nothing.

    Returns:
        No effects at all where nothing was compared.

    References:
        Harville (1977), JASA 72, 320-338, restricted maximum likelihood; its fixed point
        tau² = u'u / (number of effects less the share that the prior explains) is that of
        Schall (1991), Biometrika 78, 719-727, and MacKay (1992), Neural Computation 4, 415-447.
    """
    import numpy as np  # noqa: PLC0415

    compared = _compared(cells)
    keys = tuple(sorted({key for cell in compared for key in _keys(cell.segment, cell.traits)}))
    groups = sorted({group_of(key) for key in keys})
    if not keys:
        return Effects((), np.zeros(0), np.zeros((0, 0)), {}, (), 0)
    information, pull, start = _within(compared, keys)
    place = np.array([groups.index(group_of(key)) for key in keys])
    tau = _spreads(information, pull, place, start)
    covariance, means, _ = _posterior(information, pull, tau[place])
    seen = _campaigns(compared)
    return Effects(
        keys, means, covariance,
        {group: float(spread) for group, spread in zip(groups, tau, strict=True)},
        tuple(seen.get(key, 0) for key in keys), len(compared),
    )  # fmt: skip


def _compared(cells: Iterable[Cell]) -> list[Cell]:
    """Leave out cells that weigh nothing, and those without another one to be compared with."""
    heavy = [cell for cell in cells if cell.precision > 0]
    beside = Counter((cell.campaign, cell.segment) for cell in heavy)
    return sorted(
        (cell for cell in heavy if beside[cell.campaign, cell.segment] > 1),
        key=lambda cell: (cell.campaign, cell.segment, cell.traits, cell.mean, cell.precision),
    )


def _within(cells: Sequence[Cell], keys: Sequence[Key]) -> tuple[Array, Array, float]:
    """Return Z'WZ and Z'Wy within campaign and segment, and the variance of y there."""
    import numpy as np  # noqa: PLC0415

    column = {key: place for place, key in enumerate(keys)}
    design = np.zeros((len(cells), len(keys)))
    for row, cell in enumerate(cells):
        for key in _keys(cell.segment, cell.traits):
            design[row, column[key]] = 1.0
    y = np.array([cell.mean for cell in cells])
    weight = np.array([cell.precision for cell in cells])
    strata = defaultdict(list)
    for row, cell in enumerate(cells):
        strata[cell.campaign, cell.segment].append(row)
    for rows in strata.values():
        share = weight[rows] / weight[rows].sum()
        design[rows] -= share @ design[rows]
        y[rows] -= share @ y[rows]
    weighted = design * weight[:, None]
    return design.T @ weighted, weighted.T @ y, float(np.mean(y**2))


def _spreads(information: Array, pull: Array, place: Array, start: float) -> Array:
    """Find the spread of each group by restricted maximum likelihood."""
    import numpy as np  # noqa: PLC0415

    sizes = np.bincount(place)
    carried = np.bincount(place, np.diag(information)) / sizes  # what the data say of an effect
    tau2 = np.full(len(sizes), start)
    for _ in range(_ROUNDS):
        _, means, free = _posterior(information, pull, np.sqrt(tau2)[place])
        explained = np.maximum(sizes - np.bincount(place, free), 1e-12)
        found = np.where(tau2 > 0, np.bincount(place, means**2) / explained, 0.0)
        found[found * carried < _NEGLIGIBLE] = 0.0
        is_settled = np.all(np.abs(found - tau2) <= _SETTLED * tau2)
        tau2 = found
        if is_settled:
            break
    spreads: Array = np.sqrt(tau2)
    return spreads


def _posterior(information: Array, pull: Array, tau: Array) -> tuple[Array, Array, Array]:
    """Return covariance and mean of the effects, and the share of each that the prior explains.

    Written with tau on both sides, so that a spread of 0 needs no division.
    """
    import numpy as np  # noqa: PLC0415

    inverse = np.linalg.inv(np.eye(len(tau)) + tau[:, None] * information * tau)
    covariance = tau[:, None] * inverse * tau
    return covariance, covariance @ pull, np.diag(inverse)


def _campaigns(cells: Sequence[Cell]) -> dict[Key, int]:
    """Count for each effect the campaigns in which its level stood against another one."""
    levels: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for cell in cells:
        for factor, level in cell.traits:
            levels[cell.campaign, cell.segment, factor].add(level)
    seen: dict[Key, set[str]] = defaultdict(set)
    for (campaign, segment, factor), found in levels.items():
        if len(found) > 1:
            for key in chain.from_iterable(_keys(segment, [(factor, level)]) for level in found):
                seen[key].add(campaign)
    return {key: len(campaigns) for key, campaigns in seen.items()}
