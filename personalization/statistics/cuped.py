"""CUPED: what the customers did before the launch explains a part of what they do after it.

That part is noise to the comparison and is taken out; the expected difference stays what it is,
its interval becomes narrower by as much as before and after go together.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import TYPE_CHECKING

from personalization.statistics.samples import Moments

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personalization.statistics.samples import Paired


@dataclass(frozen=True, slots=True)
class Cuped:
    """The arms after the adjustment.

    Attributes:
        samples: By arm, to be compared like any other amounts.
        theta: What one unit more before the launch goes with after it.
        rho_squared: Share of the variance that the adjustment takes away, in [0, 1].
    """

    samples: dict[str, Moments]
    theta: float
    rho_squared: float


def adjusted(samples: Mapping[str, Paired]) -> Cuped:
    """Take out of every arm what its customers' past explains.

    One theta for all arms, from the covariance of all customers together (differences between
    the arms included) and towards their common mean: the convention of tea-tasting, whose figures
    these are.  Where nothing differed before the launch, nothing is changed.

    Args:
        samples: All arms that are to be compared, the control among them.

    References:
        Deng, Xu, Kohavi and Walker (2013), Improving the Sensitivity of Online Controlled
        Experiments by Utilizing Pre-Experiment Data, WSDM.
    """
    if not samples:
        return Cuped({}, 0.0, 0.0)
    everybody = reduce(add, samples.values())
    theta, rho_squared = 0.0, 0.0
    if everybody.before.varies:
        theta = everybody.covariance / everybody.variance_before
    if everybody.variance > 0:
        rho_squared = min(max(theta * everybody.covariance / everybody.variance, 0.0), 1.0)
    return Cuped(
        {arm: _adjust(sample, theta, everybody.mean_before) for arm, sample in samples.items()},
        theta,
        rho_squared,
    )


def _adjust(sample: Paired, theta: float, centre: float) -> Moments:
    variance = sample.variance + theta**2 * sample.variance_before - 2 * theta * sample.covariance
    return Moments(
        sample.n,
        sample.mean - theta * (sample.mean_before - centre) if sample.n else 0.0,
        max(variance, 0.0),
        sample.n_nonzero,
    )
