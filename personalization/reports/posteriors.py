"""The Bayesian view beside the test: which arm is best, how surely, and what a mistake costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from personalization.domain import CONTROL
from personalization.reports.results import refuse_if_locked
from personalization.statistics.samples import Counts, Moments

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from personalization.statistics.samples import Sample
    from personalization.store import Store

_POINTS: Final = 160  # of a curve on the screen


@dataclass(frozen=True, slots=True)
class Chance:
    """How likely an arm is the best of all, the control too.

    Attributes:
        probability: In [0, 1]; over all arms they add up to 1.
        loss: Expected loss in the metric's unit if this arm is taken; None for the control.
    """

    arm: str
    probability: float
    loss: float | None


@dataclass(frozen=True, slots=True)
class Curve:
    """The posterior density of an arm's mean, at some points."""

    arm: str
    xs: tuple[float, ...]
    density: tuple[float, ...]


def chances(rows: Sequence[Mapping[str, Any]]) -> list[Chance]:
    """Read who is best from a metric's results for the whole audience; the control has the rest.

    Args:
        rows: Rows of ``results`` of one metric with segment ''; none where one was not worked out.
    """
    known = [row for row in rows if row["probability_best"] is not None]
    if not known:
        return []
    rest = max(0.0, 1.0 - sum(row["probability_best"] for row in known))
    return [
        Chance(CONTROL, rest, None),
        *(Chance(row["arm"], row["probability_best"], row["expected_loss"]) for row in known),
    ]


_SAMPLES = """
    SELECT arm, n, click, conversion, unsubscribe, complaint, open, buyers, revenue,
           revenue_variance, revenue_capped, capped_variance
    FROM arm_statistics WHERE experiment_id = $experiment_id AND attribute = '' AND n > 0
    ORDER BY arm <> 'control', arm
"""
_VARIANCE: Final = {"revenue": "revenue_variance", "revenue_capped": "capped_variance"}
_DRAWN: Final = ("click", "conversion", "unsubscribe", "complaint", "open", *_VARIANCE)


def curves(store: Store, experiment_id: str, metric: str, arms: Sequence[str]) -> list[Curve]:
    """Work out the posterior of each arm's mean over the whole audience, the control first.

    Args:
        store: Reads ``arm_statistics``.
        experiment_id: Of an experiment that may be read.
        metric: A ratio has no curve of its own.
        arms: Which arms beside the control.

    Raises:
        StateError: The results may not be read yet.
    """
    from personalization.statistics.bayesian import posterior_grid  # noqa: PLC0415

    refuse_if_locked(store, experiment_id)
    if metric not in _DRAWN:
        return []
    drawn = []
    for row in store.records(_SAMPLES, experiment_id=experiment_id):
        if row["arm"] in (CONTROL, *arms):
            xs, density = posterior_grid(_sample(row, metric), _POINTS)
            drawn.append(Curve(row["arm"], tuple(map(float, xs)), tuple(map(float, density))))
    return drawn


def _sample(row: Mapping[str, Any], metric: str) -> Sample:
    if metric in _VARIANCE:
        variance = float(row[_VARIANCE[metric]] or 0.0)
        return Moments(int(row["n"]), float(row[metric]), variance, int(row["buyers"]))
    return Counts(int(row["n"]), int(row[metric]))
