"""Balance: whether the groups were alike before the launch, by what was known of them then.

After a fair draw they differ by luck alone.  A difference that luck does not explain means that
people went missing from one group and not from another, or were not drawn as planned.  Counts and
amounts are compared as log(1 + x): a few large customers would make luck look like a fault.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, Any, Final

from personalization.domain import CONTROL, HOLDOUT
from personalization.experiments.analysis import whole_pair
from personalization.experiments.metrics import arm_name
from personalization.experiments.sample_ratio import HealthFinding
from personalization.statistics.intervals import welch_freedom
from personalization.statistics.samples import Moments

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from personalization.experiments.arm_samples import Cell

# The last order as a number of days, to the day: what the difference is taken of does not matter.
COVARIATES: Final = """
    WITH people AS (
        SELECT outcomes.segment, outcomes.arm, outcomes.clicked, outcomes.clicked_by_any,
               CASE WHEN customers.orders > 0 THEN ln(1e0 + customers.orders)
                    WHEN customers.orders <= 0 THEN 0e0 END AS orders,
               CASE WHEN customers.total_spent > 0 THEN ln(1e0 + customers.total_spent)
                    WHEN customers.total_spent <= 0 THEN 0e0 END AS spent,
               EXTRACT(YEAR FROM customers.last_order_at) * 365.2425e0
                   + EXTRACT(DOY FROM customers.last_order_at) AS last_order
        FROM outcomes
        LEFT JOIN customers ON customers.customer_id = outcomes.customer_id
                           AND customers.dataset_id = $dataset_id
        WHERE outcomes.experiment_id = $experiment_id
    )
    SELECT CASE WHEN grouping(segment) = 1 THEN '' ELSE segment END AS segment, arm,
           sum(clicked) AS clicked, sum(clicked_by_any) AS clicked_by_any,
           count(orders) AS n_orders, avg(orders) AS orders, var_samp(orders) AS orders_variance,
           count(spent) AS n_spent, avg(spent) AS spent, var_samp(spent) AS spent_variance,
           count(last_order) AS n_last_order, avg(last_order) AS last_order,
           var_samp(last_order) AS last_order_variance
    FROM people
    GROUP BY GROUPING SETS ((arm), (segment, arm))
    ORDER BY 1, 2
"""
_NOUNS: Final = {
    "orders": "number of orders",
    "spent": "money spent",
    "last_order": "date of the last order",
    "pre_conversion": "share who bought just before the launch",
}
_NOTICEABLE: Final = 0.1  # a standardised difference from which groups count as unlike
_LEAST: Final = 30  # people (buyers, of a share) in a group, below which nothing is tested
_EVIDENCE: Final = 0.05  # of all comparisons together, before a warning is more than luck


@dataclass(frozen=True, slots=True)
class Imbalance:
    """How far an arm is from the control in one thing known before the launch.

    Attributes:
        standardised: Difference of the means over the standard deviation of both.
        p: Chance of one as large by luck, for this comparison alone.
    """

    covariate: str
    arm: str
    standardised: float
    p: float


def imbalances(
    rows: Iterable[Mapping[str, Any]],
    statistics: Iterable[Mapping[str, Any]],
    weights: Mapping[Cell, float],
) -> list[Imbalance]:
    """Compare every arm with the control in all that is known, the largest difference first.

    Args:
        rows: Of ``COVARIATES``.
        statistics: Of ``arm_statistics``, for who bought before the launch where it was counted.
        weights: Planned share of every segment's arm: where they differ by segment, both sides
            are put to one mix.

    References:
        Austin (2009), Statistics in Medicine 28, 3083-3107: standardised differences.
    """
    found = []
    by_cell = {(row["segment"], row["arm"]): row for row in rows}
    before = {
        (row["level"], row["arm"]): row
        for row in statistics
        if row["attribute"] in ("", "segment") and row["pre_conversion"] is not None
    }
    for covariate in _NOUNS:
        held = before if covariate == "pre_conversion" else by_cell
        cells = {cell: _moments(covariate, row) for cell, row in held.items()}
        arms = sorted({arm for segment, arm in cells if not segment} - {CONTROL, HOLDOUT})
        if ("", CONTROL) in cells:
            found += [one for arm in arms if (one := _imbalance(covariate, arm, cells, weights))]
    return sorted(found, key=lambda one: (-abs(one.standardised), one.covariate, one.arm))


def balance_finding(found: list[Imbalance], *, alert: float) -> HealthFinding:
    """Say whether the groups were alike; ``found`` has the largest difference first.

    Args:
        found: Of every arm in everything known.
        alert: A p below this, shared among all comparisons, is red.
    """
    if not found:
        message = (
            "Too little is known from before the launch to compare the groups by: it takes "
            f"{_LEAST} people in each."
        )
        return HealthFinding("balance", "unknown", message, {})
    detail = {
        "largest": found[0].standardised,
        "compared": [
            {"covariate": _NOUNS[one.covariate], "arm": one.arm, "difference": one.standardised,
             "p": one.p}
            for one in found
        ],
    }  # fmt: skip
    return HealthFinding("balance", *_judged(found, alert), detail)


def _judged(found: list[Imbalance], alert: float) -> tuple[str, str]:
    """Return the state and the message."""
    least_likely = min(found, key=lambda one: one.p)
    if least_likely.p < alert / len(found):
        return "bad", (
            f"{_in_words(least_likely)}, beyond what luck explains. The groups were not alike "
            "before the launch; find out who is missing before reading a lift."
        )
    evidence = _EVIDENCE / len(found)
    shown = [one for one in found if abs(one.standardised) > _NOTICEABLE and one.p < evidence]
    if shown:
        return "warning", (
            f"{_in_words(shown[0])}. That is more than luck usually does; read with care."
        )
    return "good", (
        f"The groups were alike before the launch: the largest difference is "
        f"{abs(found[0].standardised):.2f} standard deviations, in the "
        f"{_NOUNS[found[0].covariate]} of {arm_name(found[0].arm)}, which luck explains."
    )


def _in_words(one: Imbalance) -> str:
    return (
        f"{arm_name(one.arm)} and the control differ by {abs(one.standardised):.2f} standard "
        f"deviations in the {_NOUNS[one.covariate]}"
    )


def _moments(covariate: str, row: Mapping[str, Any]) -> Moments:
    n = int(row["n"] if covariate == "pre_conversion" else row[f"n_{covariate}"])
    return Moments(n, float(row[covariate] or 0.0), float(row[f"{covariate}_variance"] or 0.0), n)


def _weight(covariate: str, treatment: Moments, control: Moments) -> float:
    """Return how much a test rests on: people, or of a share the rarer kind of them."""
    smaller = min(treatment.n, control.n)
    if covariate != "pre_conversion":
        return smaller
    share = (treatment + control).mean
    return smaller * min(share, 1 - share)


def _imbalance(
    covariate: str, arm: str, cells: Mapping[Cell, Moments], weights: Mapping[Cell, float]
) -> Imbalance | None:
    from scipy.special import stdtr  # noqa: PLC0415

    known = {cell: cells.get(cell, Moments(0, 0.0, 0.0, 0)) for cell in weights}
    treatment, control = whole_pair({**known, **cells}, arm, CONTROL, weights)
    if not isinstance(treatment, Moments) or not isinstance(control, Moments):
        return None
    spread = sqrt((treatment.variance + control.variance) / 2)
    error = sqrt(treatment.variance_of_mean + control.variance_of_mean)
    if _weight(covariate, treatment, control) < _LEAST or not spread or not error:
        return None
    gap = treatment.mean - control.mean
    p = 2 * float(stdtr(welch_freedom(treatment, control), -abs(gap) / error))
    return Imbalance(covariate, arm, gap / spread, p)
