"""What a policy would have brought, from the log of an experiment: IPS, SNIPS and DR.

A policy says which arm the customers of each level get.  It is learnt on four fifths of the
customers and valued on the fifth, five times over, so that no customer vouches for a choice that
was made on them.  As a policy depends on the level alone, counts and moments of fold x level x
arm are all that it takes.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING, Final

from personalization.statistics.samples import Moments

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

OFFERED: Final = "offered"
BEST_SINGLE: Final = "best_single"
REFUSED: Final = "refused"


@dataclass(frozen=True, slots=True)
class LoggedCell:
    """Customers of one fold and level that got one arm with one propensity.

    Attributes:
        fold: Which fifth of the customers, from 0 on.
        level: Of the attribute that the policy looks at, such as a segment's name.
        arm: What they got.
        propensity: The chance with which they got it, in (0, 1].
        n: Customers.
        mean: Of the metric per customer.
        variance: Sample variance; 0 for a single customer.
    """

    fold: int
    level: str
    arm: str
    propensity: float
    n: int
    mean: float
    variance: float


Policy = dict[str, dict[str, float]]
"""For each level the share of each arm; what is missing is 0."""


@dataclass(frozen=True, slots=True)
class Value:
    """What a policy is worth per customer.

    Attributes:
        ips: Inverse propensity score (Horvitz and Thompson): unbiased.
        snips: The same, divided by the sum of weights: less noise.
        dr: Doubly robust: a model of the cells, corrected by the weighted rest.
        effective_sample: Customers that the weights are worth.
    """

    ips: float
    snips: float | None
    dr: float
    effective_sample: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """A policy by level beside the best single arm, over the same customers.

    Attributes:
        state: offered, best_single or refused.
        n: Customers.
        policy: Level and arm, as all customers together teach it.
        single_arm: The best one for everybody.
        sent: Mean of the metric as the arms were drawn.
        value: Of the policy, each customer under what the others taught.
        single: Of the single arm, likewise.
        difference: Of the two by DR.
        low: Of the difference's interval.
        high: Likewise.
        effective_sample: Of the one of the two that rests on fewer customers.
        least_propensity: Smallest chance with which any customer got an arm.
    """

    state: str
    n: int
    policy: tuple[tuple[str, str], ...]
    single_arm: str
    sent: float
    value: Value
    single: Value
    difference: float
    low: float
    high: float
    effective_sample: float
    least_propensity: float


def compare_policies(
    cells: Sequence[LoggedCell],
    choices: Sequence[str],
    *,
    confidence: float,
    least_effective_sample: float,
    least_propensity: float,
) -> Comparison | None:
    """Judge whether choosing the arm by level beats the best single arm, by cross-fitting.

    Args:
        cells: Of all folds and arms, those that no policy may choose too.
        choices: Arms that a policy may choose; of fewer than two there is no choice (None).
        confidence: Of the two-sided interval of the difference.
        least_effective_sample: Below it either value rests on too few customers: refused.
        least_propensity: Where an arm was drawn with less: refused.

    References:
        Dudik, Langford and Li (2011), Doubly robust policy evaluation and learning;
        Swaminathan and Joachims (2015), The self-normalized estimator; guards as in the
        product's own measurements on the Hillstrom test.  Nadeau and Bengio (2003), Inference for
        the generalization error, Machine Learning 52, 239-281: folds that learn from each other's
        customers do not err independently, so the variance of their mean is larger.
    """
    if len({cell.arm for cell in cells if cell.arm in choices}) < 2:  # noqa: PLR2004
        return None
    open_to = [cell for cell in cells if cell.arm in choices]
    parts, alone = _crossed(cells, choices, best_by_level), _crossed(cells, choices, best_single)
    value, single = _value(parts), _value(alone)
    spread = _variances(cells)
    difference, error = _mean(
        [
            (
                a.cell.n,
                a.score - b.score,
                (a.weight - b.weight) ** 2 * spread[a.cell.level, a.cell.arm],
            )
            for a, b in zip(parts, alone, strict=True)
        ]
    )
    reach = NormalDist().inv_cdf((1 + confidence) / 2) * error * _widening(cells)
    least = min(cell.propensity for cell in cells)
    worth = min(value.effective_sample, single.effective_sample)
    is_fit = worth >= least_effective_sample and least >= least_propensity
    low, high = difference - reach, difference + reach
    policy = tuple((level, _arm_of(shares)) for level, shares in best_by_level(open_to).items())
    n = sum(cell.n for cell in cells)
    return Comparison(
        (OFFERED if low > 0 else BEST_SINGLE) if is_fit else REFUSED, n, policy,
        _arm_of(next(iter(best_single(open_to).values()))),
        _mean_of(cells), value, single, difference, low, high, worth, least,
    )  # fmt: skip


def best_by_level(cells: Iterable[LoggedCell]) -> Policy:
    """Learn which arm did best in each level."""
    by_level: dict[str, list[LoggedCell]] = defaultdict(list)
    for cell in cells:
        by_level[cell.level].append(cell)
    return {level: {_best(found): 1.0} for level, found in sorted(by_level.items())}


def best_single(cells: Iterable[LoggedCell]) -> Policy:
    """Learn which one arm is best for everybody, level by level the same.

    Each level counts with its own share of the customers, so that arms with other shares in
    other levels stay comparable; an arm that some level never got is no arm for everybody.
    """
    found = list(cells)
    means = cell_means(found)
    size: dict[str, int] = defaultdict(int)
    for cell in found:
        size[cell.level] += cell.n
    arms = sorted({cell.arm for cell in found})
    complete = [arm for arm in arms if all((level, arm) in means for level in size)] or arms
    overall = {
        arm: sum(size[level] * means.get((level, arm), 0.0) for level in size) for arm in complete
    }
    best = max(complete, key=lambda arm: overall[arm])
    return {level: {best: 1.0} for level in sorted(size)}


def cell_means(cells: Iterable[LoggedCell]) -> dict[tuple[str, str], float]:
    """Return the mean of the metric by level and arm: the model that DR starts from."""
    sums: dict[tuple[str, str], list[float]] = defaultdict(lambda: [0.0, 0.0])
    for cell in cells:
        sums[cell.level, cell.arm][0] += cell.n
        sums[cell.level, cell.arm][1] += cell.n * cell.mean
    return {key: total / n for key, (n, total) in sums.items() if n}


def value_of_policy(cells: Sequence[LoggedCell], policy: Policy) -> Value:
    """Value a policy that was given, and not learnt on these customers.

    Its DR model is learnt on them all, which is fair for a policy that owes them nothing.
    """
    model, mean = cell_means(cells), _mean_of(cells)
    return _value([_Part(cell, policy.get(cell.level, {}), model, mean) for cell in cells])


@dataclass(frozen=True, slots=True)
class _Part:
    """A cell, with what the policy and the model say of it that its own fold had no part in."""

    cell: LoggedCell
    shares: Mapping[str, float]  # of each arm, in the cell's level
    model: Mapping[tuple[str, str], float]
    mean: float  # of everybody, for a cell that the model has not seen

    def expects(self, arm: str) -> float:
        """Return what the model expects of an arm in the cell's level."""
        return self.model.get((self.cell.level, arm), self.mean)

    @property
    def weight(self) -> float:
        """Return the importance weight of the cell's customers."""
        return self.shares.get(self.cell.arm, 0.0) / self.cell.propensity

    @property
    def score(self) -> float:
        """Return the mean doubly robust score of the cell's customers."""
        expected = sum(share * self.expects(arm) for arm, share in self.shares.items())
        return expected + self.weight * (self.cell.mean - self.expects(self.cell.arm))


def _crossed(
    cells: Sequence[LoggedCell],
    choices: Sequence[str],
    learn: Callable[[Iterable[LoggedCell]], Policy],
) -> list[_Part]:
    """Give each cell the policy and the model that the other folds teach.

    A level that no other fold knows gets the best single arm.
    """
    parts = []
    for fold in sorted({cell.fold for cell in cells}):
        others = [cell for cell in cells if cell.fold != fold and cell.arm in choices]
        policy, model, mean = learn(others), cell_means(others), _mean_of(others)
        usual = next(iter(best_single(others).values()), {})
        parts += [
            _Part(cell, policy.get(cell.level, usual), model, mean)
            for cell in cells
            if cell.fold == fold
        ]
    return parts


def _mean_of(cells: Sequence[LoggedCell]) -> float:
    n = sum(cell.n for cell in cells)
    return sum(cell.n * cell.mean for cell in cells) / n if n else 0.0


def _value(parts: Sequence[_Part]) -> Value:
    n = sum(part.cell.n for part in parts)
    weights = sum(part.cell.n * part.weight for part in parts)
    squares = sum(part.cell.n * part.weight**2 for part in parts)
    weighted = sum(part.cell.n * part.weight * part.cell.mean for part in parts)
    return Value(
        ips=weighted / n,
        snips=weighted / weights if weights else None,
        dr=sum(part.cell.n * part.score for part in parts) / n,
        effective_sample=weights**2 / squares if squares else 0.0,
    )


def _variances(cells: Sequence[LoggedCell]) -> dict[tuple[str, str], float]:
    """Return each level's and arm's variance of the metric, and at least that of its level.

    In a rarely drawn arm hardly anybody responds in any one fold: its own cell would say that there
    is no variance at all, while its customers weigh the most.
    """
    nobody = Moments(0, 0.0, 0.0, 0)
    by_level: dict[str, Moments] = {}
    by_arm: dict[tuple[str, str], Moments] = {}
    for cell in cells:
        part, key = Moments(cell.n, cell.mean, cell.variance, 0), (cell.level, cell.arm)
        by_level[cell.level] = by_level.get(cell.level, nobody) + part
        by_arm[key] = by_arm.get(key, nobody) + part
    return {key: max(one.variance, by_level[key[0]].variance) for key, one in by_arm.items()}


def _widening(cells: Sequence[LoggedCell]) -> float:
    """Return by how much cross-fitting widens the standard error; 1.5 for five folds.

    Nadeau and Bengio's corrected resampling: of J folds each is valued on 1 / (J - 1) as many
    customers as it learns from, so the variance is 1 / J + 1 / (J - 1) times that of one fold, and
    not 1 / J.
    """
    folds = len({cell.fold for cell in cells})
    return sqrt(1 + folds / (folds - 1)) if folds > 1 else 1.0


def _mean(groups: Sequence[tuple[int, float, float]]) -> tuple[float, float]:
    """Return mean and standard error over customers, from n, mean and variance of groups."""
    n = sum(size for size, _, _ in groups)
    mean = sum(size * each for size, each, _ in groups) / n
    squares = sum(
        (size - 1) * variance + size * (each - mean) ** 2 for size, each, variance in groups
    )
    return mean, sqrt(squares / (n - 1) / n) if n > 1 else 0.0


def _best(cells: Iterable[LoggedCell]) -> str:
    means = {arm: mean for (_, arm), mean in sorted(cell_means(cells).items())}
    return max(means, key=lambda arm: means[arm])


def _arm_of(shares: Mapping[str, float]) -> str:
    return max(shares, key=lambda arm: shares[arm])
