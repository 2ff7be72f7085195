"""The chance that each arm is the best, and what taking it would cost on average if it is not.

A second view beside the test, for people who decide between arms: no prior opinion on a rate (the
uniform), the sample's own normal error for an amount.  Exact integrals, no draws: the same
numbers give the same answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, Any, Final

from personalization.statistics.samples import ENOUGH, Counts, Ratio

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy import ndarray

    from personalization.statistics.samples import Sample

    Numbers = ndarray[Any, Any]

_REACH: Final = 9.0  # standard deviations that are integrated over; beyond is below 1e-18
_PANELS: Final = 18  # per posterior; with these nodes a chance is right to 1e-12
_NODES: Final = 6  # of Gauss and Legendre in each panel
_MANY: Final = 1_000  # yeses and noes from which a rate's posterior is as good as normal
_FINEST: Final = 1e-12  # of a mean: a posterior narrower than that lies between two doubles
_FARTHEST: Final = 1e3  # standard deviations; from 40 on there is no density in a double
_SHOWN: Final = 4.0  # standard deviations that a chart shows


@dataclass(frozen=True, slots=True)
class Best:
    """What speaks for an arm.

    Attributes:
        probability: Chance that its true mean is the best of all, in [0, 1].
        expected_loss: What is lost on average by taking it, in the metric's unit; not below 0.
    """

    probability: float
    expected_loss: float


@dataclass(frozen=True, slots=True)
class Beta:
    """The posterior of a rate; ``a`` and ``b`` are one more than the yeses and the noes."""

    a: float
    b: float

    def cdf(self, x: Numbers) -> Numbers:
        """Return the chance of being at most ``x``."""
        import numpy as np  # noqa: PLC0415
        from scipy.special import betainc  # noqa: PLC0415

        return np.asarray(betainc(self.a, self.b, np.clip(x, 0, 1)))

    def density(self, x: Numbers) -> Numbers:
        """Return the density at ``x``; 0 outside [0, 1]."""
        import numpy as np  # noqa: PLC0415
        from scipy.special import betaln, xlog1py, xlogy  # noqa: PLC0415

        rate = np.clip(x, 0, 1)
        power = xlogy(self.a - 1, rate) + xlog1py(self.b - 1, -rate)
        return np.where(rate == x, np.exp(power - betaln(self.a, self.b)), 0.0)

    def value(self, deviates: Numbers) -> Numbers:
        """Return the values that lie where these deviates lie in the standard normal."""
        import numpy as np  # noqa: PLC0415
        from scipy.special import betainccinv, betaincinv, ndtr  # noqa: PLC0415

        low, high = deviates[deviates < 0], deviates[deviates >= 0]
        found = np.empty_like(deviates, dtype=float)
        found[deviates < 0] = betaincinv(self.a, self.b, ndtr(low))
        found[deviates >= 0] = betainccinv(self.a, self.b, ndtr(-high))
        return found

    def edges(self, deviates: Numbers) -> Numbers:
        """Return where the panels of an integral begin and end: near the values of these deviates.

        With many yeses and noes it is close to a normal, and its own quantiles are slow to find.
        """
        import numpy as np  # noqa: PLC0415

        if min(self.a, self.b) < _MANY:
            return self.value(deviates)
        n = self.a + self.b
        mean, error = self.a / n, sqrt(self.a * self.b / (n + 1)) / n
        return np.clip(mean + error * deviates, 0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Normal:
    """The posterior of a mean amount; ``error`` is its standard error, above 0."""

    mean: float
    error: float

    def cdf(self, x: Numbers) -> Numbers:
        """Return the chance of being at most ``x``."""
        from scipy.special import ndtr  # noqa: PLC0415

        return ndtr((x - self.mean) / self.error)

    def density(self, x: Numbers) -> Numbers:
        """Return the density at ``x``."""
        import numpy as np  # noqa: PLC0415

        deviates = np.clip((x - self.mean) / self.error, -_FARTHEST, _FARTHEST)
        return np.exp(-(deviates**2) / 2) / (self.error * sqrt(2 * np.pi))

    def value(self, deviates: Numbers) -> Numbers:
        """Return the values that lie where these deviates lie in the standard normal."""
        return self.mean + self.error * deviates

    def edges(self, deviates: Numbers) -> Numbers:
        """Return where the panels of an integral begin and end."""
        return self.value(deviates)


def posterior_of_best(samples: Mapping[str, Sample], *, is_wanted: bool = True) -> dict[str, Best]:
    """Return how likely every arm, the control among them, is the best, and the loss if not.

    Args:
        samples: By arm, all of one metric; a rate may stand beside a standardised one, which is a
            mean.
        is_wanted: More is better; where not, as for unsubscribing, the lowest is best.

    Returns:
        Probabilities that add up to 1.  Nothing at all where there are fewer than two arms, or
        where one of them has no posterior: the others' chances would leave it out.

    References:
        Stucchio (2015), Bayesian A/B Testing at VWO: the expected loss.
    """
    posteriors = [posterior for s in samples.values() if (posterior := posterior_of(s))]
    if len(posteriors) < max(len(samples), 2):
        return {}
    return dict(zip(samples, _best_of(posteriors, is_wanted=is_wanted), strict=True))


def chances_of_best(posteriors: Sequence[Beta | Normal]) -> list[float]:
    """Return each posterior's chance of being the highest; they add up to 1.

    One alone is the best.
    """
    if len(posteriors) == 1:
        return [1.0]
    return [best.probability for best in _best_of(posteriors, is_wanted=True)]


def posterior_of(sample: Sample) -> Beta | Normal | None:
    """Return what is to be believed of an arm's true mean.

    None for an amount that fewer than five customers have, or that never varied: its error is not
    known.  A rate has a posterior from nobody on: then every rate is as likely.
    """
    if isinstance(sample, Counts):
        return Beta(sample.successes + 1.0, sample.n - sample.successes + 1.0)
    plain = sample.linearised if isinstance(sample, Ratio) else sample
    error = sqrt(plain.variance_of_mean)
    if min(plain.n, plain.n_nonzero) < ENOUGH or not error > _FINEST * abs(plain.mean):
        return None
    return Normal(plain.mean, error)


def posterior_grid(sample: Sample, points: int = 200) -> tuple[list[float], list[float]]:
    """Return the posterior's density for a chart: values in the metric's unit, and how dense.

    Both lists are empty where there is no posterior.
    """
    import numpy as np  # noqa: PLC0415

    posterior = posterior_of(sample)
    if posterior is None:
        return [], []
    low, high = posterior.value(np.array([-_SHOWN, _SHOWN]))
    xs = np.linspace(low, high, points)
    return xs.tolist(), posterior.density(xs).tolist()


def _best_of(posteriors: Sequence[Beta | Normal], *, is_wanted: bool) -> list[Best]:
    """Integrate over the true value: an arm is there, or on its far side, and no other beyond it.

    With F the chance of being below x, P(best) is the integral of f times the others' F, and the
    expected loss that of F times the chance that some other arm is above.
    """
    import numpy as np  # noqa: PLC0415

    xs, weights = _nodes(posteriors)
    below = np.array([posterior.cdf(xs) for posterior in posteriors])
    if not is_wanted:
        below = 1 - below  # seen from the other end of the axis
    found = []
    for i, posterior in enumerate(posteriors):
        others = np.delete(below, i, axis=0).prod(axis=0)
        probability = float((weights * posterior.density(xs) * others).sum())
        found.append((probability, float((weights * below[i] * (1 - others)).sum())))
    total = sum(probability for probability, _ in found)
    return [Best(probability / total, max(loss, 0.0)) for probability, loss in found]


def _nodes(posteriors: Sequence[Beta | Normal]) -> tuple[Numbers, Numbers]:
    """Return nodes and weights of an integral that is fine wherever some posterior has its mass."""
    import numpy as np  # noqa: PLC0415

    deviates = np.linspace(-_REACH, _REACH, _PANELS + 1)
    edges = np.unique(np.concatenate([posterior.edges(deviates) for posterior in posteriors]))
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    middle, half = (edges[1:] + edges[:-1]) / 2, np.diff(edges) / 2
    xs = middle[:, None] + half[:, None] * nodes
    return xs.ravel(), (half[:, None] * weights).ravel()
