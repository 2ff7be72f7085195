"""One metric's samples by segment and arm, from the rows of ``arm_statistics``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from personalization.domain import HOLDOUT
from personalization.statistics import cuped
from personalization.statistics.samples import Counts, Moments, Paired, Ratio

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from personalization.experiments.analysis import Samples
    from personalization.experiments.metrics import Metric
    from personalization.statistics.samples import Sample

Cell = tuple[str, str]
"""Segment and arm; the segment '' is the whole audience."""

_PRE: Final = {
    "conversion": ("pre_conversion", "conversion_pre"),
    "revenue": ("pre_revenue", "revenue_pre"),
    "revenue_capped": ("pre_revenue", "capped_pre"),
}
"""The columns of the same metric before the launch, and of its covariance with it."""


def rows_by_cell(rows: Iterable[Mapping[str, Any]]) -> dict[Cell, Mapping[str, Any]]:
    """Pick the rows of the whole audience and of the segments, by segment and arm."""
    return {(row["level"], row["arm"]): row for row in rows if row["attribute"] in ("", "segment")}


def weights_of(planned: Sequence[tuple[str, str, float]]) -> dict[Cell, float]:
    """Return the planned shares by segment and arm."""
    return {(segment, arm): float(weight) for segment, arm, weight in planned}


def samples_of(
    metric: Metric, cells: Mapping[Cell, Mapping[str, Any]], planned: Iterable[Cell]
) -> Samples:
    """Return one metric's samples; a planned arm without anybody is empty."""
    empty = _empty(metric)
    samples: Samples = {
        cell: empty for segment, arm in planned for cell in ((segment, arm), ("", arm))
    }
    samples |= {cell: sample_of(metric, row) for cell, row in cells.items()}
    return {
        cell: sample for cell, sample in samples.items() if metric.is_of_all or cell[1] != HOLDOUT
    }


def sample_of(metric: Metric, row: Mapping[str, Any]) -> Sample:
    """Read one metric's sample from a row of ``arm_statistics``."""
    n = int(row["n"])
    if metric.kind == "binary":
        return Counts(n, int(row[metric.name]))
    if metric.kind == "ratio":
        clicks = Counts(n, int(row["click"]))
        return Ratio(
            n, float(row["revenue"]), clicks.mean or 0.0, float(row["revenue_variance"] or 0.0),
            _variance(clicks), float(row["click_revenue"] or 0.0), int(row["buyers"]),
        )  # fmt: skip
    variance = "capped_variance" if metric.name == "revenue_capped" else "revenue_variance"
    return Moments(n, float(row[metric.name]), float(row[variance] or 0.0), int(row["buyers"]))


def adjusted_samples(
    metric: Metric, samples: Samples, cells: Mapping[Cell, Mapping[str, Any]]
) -> tuple[Samples, dict[str, float]]:
    """Take the pre-period out of every sample, segment by segment and over the whole audience.

    Args:
        metric: Conversion or an amount; of others there is nothing before the launch.
        samples: As they were counted.
        cells: The rows that they came from.

    Returns:
        The adjusted samples and the share of variance taken away by segment, or the samples as
        they are and nothing where no pre-period is known.
    """
    if metric.name not in _PRE or any(row["pre_revenue"] is None for row in cells.values()):
        return samples, {}
    found, rho_squared = dict(samples), {}
    for segment in sorted({segment for segment, _ in samples}):
        taken = cuped.adjusted(
            {
                arm: _paired(metric, sample, cells.get((segment, arm)))
                for (at, arm), sample in samples.items()
                if at == segment
            }
        )
        rho_squared[segment] = taken.rho_squared
        found |= {(segment, arm): sample for arm, sample in taken.samples.items()}
    return found, rho_squared


def _paired(metric: Metric, sample: Sample, row: Mapping[str, Any] | None) -> Paired:
    if row is None:
        return Paired(0, 0.0, 0.0, 0, 0.0, 0.0, 0.0)
    before, together = _PRE[metric.name]
    if isinstance(sample, Counts):
        after = Moments(sample.n, sample.mean or 0.0, _variance(sample), sample.successes)
    else:
        after = sample if isinstance(sample, Moments) else sample.linearised
    return Paired(
        after.n, after.mean, after.variance, after.n_nonzero, float(row[before]),
        float(row[f"{before}_variance"] or 0.0), float(row[together] or 0.0),
    )  # fmt: skip


def _variance(counts: Counts) -> float:
    """Return the sample variance of 0 and 1."""
    if counts.n < 2:  # noqa: PLR2004  one customer varies from nobody
        return 0.0
    return counts.variance_of_mean * counts.n**2 / (counts.n - 1)


def _empty(metric: Metric) -> Sample:
    if metric.kind == "binary":
        return Counts(0, 0)
    if metric.kind == "ratio":
        return Ratio(0, 0.0, 0.0, 0.0, 0.0, 0.0, 0)
    return Moments(0, 0.0, 0.0, 0)
