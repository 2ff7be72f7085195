"""What mailing itself brings: the people of a holdout against everybody else who could be mailed.

Both sides were eligible for the same campaigns and drawn by a salt of its own, so whatever
differs between them is the work of all the campaigns of the period together.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, Final

from personalization.errors import InputError
from personalization.experiments.holdouts import current_holdout, holdout_history
from personalization.experiments.metrics import people, percent
from personalization.statistics.comparison import Comparison, compare
from personalization.statistics.samples import ENOUGH, Moments
from personalization.statistics.sequential import always_valid

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from personalization.experiments.holdouts import HoldoutPeriod
    from personalization.settings import Settings
    from personalization.statistics.intervals import Interval
    from personalization.store import Store

# One person is one id with one address, in however many customer bases; of several uploads the
# fullest counts, so that no order counts twice.
_OUTCOMES = """
    WITH period AS (
        SELECT CAST(since AS TIMESTAMP) AS begun_at,
               coalesce(CAST(until AS TIMESTAMP), TIMESTAMP '9999-01-01 00:00:00') AS ended_at
        FROM global_holdouts WHERE holdout_id = $holdout_id
    ), launches AS (
        SELECT experiments.experiment_id, campaigns.dataset_id
        FROM experiments JOIN campaigns ON campaigns.campaign_id = experiments.campaign_id
        WHERE experiments.holdout_id = $holdout_id AND experiments.mode = 'export'
    ), reached AS (
        SELECT launches.dataset_id, held_out.customer_id, 'held out' AS side
        FROM launches JOIN held_out ON held_out.experiment_id = launches.experiment_id
        UNION
        SELECT launches.dataset_id, assignments.customer_id, 'mailed' AS side
        FROM launches JOIN assignments ON assignments.experiment_id = launches.experiment_id
    ), people AS (
        SELECT customers.customer_id, customers.email, min(reached.side) AS side
        FROM reached JOIN customers ON customers.dataset_id = reached.dataset_id
                                   AND customers.customer_id = reached.customer_id
        WHERE customers.email IS NOT NULL
        GROUP BY customers.customer_id, customers.email
    ), orders AS (
        SELECT transactions.dataset_id, transactions.customer_id,
               count(DISTINCT coalesce(order_id, concat('at ', ordered_at))) AS purchases,
               sum(amount) AS revenue
        FROM transactions CROSS JOIN period
        WHERE quantity > 0 AND unit_price > 0 AND amount > 0
          AND ordered_at >= begun_at AND ordered_at < ended_at
        GROUP BY transactions.dataset_id, transactions.customer_id
    ), bought AS (
        SELECT people.customer_id, people.email, max(orders.purchases) AS purchases,
               max(orders.revenue) AS revenue
        FROM people
        JOIN customers ON customers.customer_id = people.customer_id
                      AND customers.email = people.email
        JOIN orders ON orders.dataset_id = customers.dataset_id
                   AND orders.customer_id = customers.customer_id
        GROUP BY people.customer_id, people.email
    ), reported AS (
        SELECT customers.customer_id, customers.email, count(*) AS purchases,
               sum(value) AS revenue
        FROM engagements
        JOIN launches ON launches.experiment_id = engagements.experiment_id
        JOIN customers ON customers.dataset_id = launches.dataset_id
                      AND customers.customer_id = engagements.customer_id
        CROSS JOIN period
        WHERE event = 'conversion' AND NOT is_simulated
          AND happened_at >= begun_at AND happened_at < ended_at
        GROUP BY customers.customer_id, customers.email
    ), outcomes AS (
        SELECT people.side,
               CAST(coalesce(bought.purchases, 0) AS DOUBLE) AS purchases,
               coalesce(bought.revenue, 0e0) AS revenue,
               CAST(coalesce(reported.purchases, 0) AS DOUBLE) AS reported,
               coalesce(reported.revenue, 0e0) AS reported_revenue
        FROM people
        LEFT JOIN bought ON bought.customer_id = people.customer_id
                        AND bought.email = people.email
        LEFT JOIN reported ON reported.customer_id = people.customer_id
                          AND reported.email = people.email
    )
    SELECT side, count(*) AS n,
           avg(purchases) AS purchases, var_samp(purchases) AS purchases_variance,
           sum(CASE WHEN purchases <> 0 THEN 1 ELSE 0 END) AS purchases_people,
           avg(revenue) AS revenue, var_samp(revenue) AS revenue_variance,
           sum(CASE WHEN revenue <> 0 THEN 1 ELSE 0 END) AS revenue_people,
           avg(reported) AS reported, var_samp(reported) AS reported_variance,
           sum(CASE WHEN reported <> 0 THEN 1 ELSE 0 END) AS reported_people,
           avg(reported_revenue) AS reported_revenue,
           var_samp(reported_revenue) AS reported_revenue_variance,
           sum(CASE WHEN reported_revenue <> 0 THEN 1 ELSE 0 END) AS reported_revenue_people
    FROM outcomes GROUP BY side ORDER BY side
"""

_MEASURES: Final = (
    ("purchases", "purchases", "transactions"),
    ("revenue", "revenue", "transactions"),
    ("reported", "purchases", "conversions"),
    ("reported_revenue", "revenue", "conversions"),
)
_SOURCES: Final = {
    "transactions": "by the orders on record",
    "conversions": "by the conversions reported back",
}
_ONE_SIDED: Final = (
    "conversions are reported of people who got an e-mail only, so the two sides cannot be "
    "compared: upload fresh order lines, which hold the purchases of everybody"
)
_NOTHING_REPORTED: Final = (
    "no conversions have been reported back; fresh order lines hold the purchases of everybody"
)
_NONE: Final = "–"


@dataclass(frozen=True, slots=True)
class HoldoutGain:
    """What mailing brought in one metric, per person and over the whole period.

    Attributes:
        metric: purchases or revenue, per person; revenue in the currency of the data.
        source: transactions (orders of an uploaded file) or conversions (reported back).
        comparison: Everybody else against the people held out; Welch, and Fieller for the lift.
            Its p and intervals are of one measure on one day, and decide nothing.
        sequence: Interval of the difference that holds on every day and for all the measures at
            once (Bonferroni over always-valid intervals); None where there is no test.
        verdict: better or worse where that leaves out 0; else not_enough_data.
        sentence: All of this for a reader.
    """

    metric: str
    source: str
    comparison: Comparison
    sequence: Interval | None
    verdict: str
    sentence: str


@dataclass(frozen=True, slots=True)
class HoldoutEffect:
    """What all the real campaigns of a period brought together.

    Attributes:
        held_out: Different people who would have been written to.
        others: Different people who were eligible for the same campaigns and not held out.
        gains: Purchases and revenue, by orders on record and by conversions reported.
        sentence: The clearest thing there is to say.
    """

    period: HoldoutPeriod
    held_out: int
    others: int
    gains: tuple[HoldoutGain, ...]
    sentence: str


def holdout_effect(
    store: Store, settings: Settings, holdout_id: str | None = None
) -> HoldoutEffect | None:
    """Say what mailing brought per person since a holdout began; simulations do not count.

    Args:
        store: Reads ``global_holdouts``, ``held_out``, ``assignments``, ``transactions`` and
            ``engagements`` in one statement.
        settings: Of which ``[experiments] confidence``.
        holdout_id: The one that lasts where it is not given, or else the last one.

    Returns:
        None where there never was a holdout.

    Raises:
        InputError: There is no such period.
    """
    periods = holdout_history(store)
    if not periods:
        return None
    known = {period.holdout_id: period for period in periods}
    if holdout_id is not None and holdout_id not in known:
        raise InputError(f"There is no holdout {holdout_id!r}. There are: {', '.join(known)}.")
    period = known[holdout_id] if holdout_id else current_holdout(store) or periods[0]
    rows = store.records(_OUTCOMES, holdout_id=period.holdout_id)
    sides = {row["side"]: row for row in rows}
    confidence = settings.experiments.confidence
    gains = tuple(
        _gain(sides, column, metric, source, confidence) for column, metric, source in _MEASURES
    )
    held_out, others = (int(sides.get(s, {"n": 0})["n"]) for s in ("held out", "mailed"))
    clear = next((gain for gain in gains if gain.verdict != "not_enough_data"), gains[1])
    return HoldoutEffect(period, held_out, others, gains, clear.sentence)


def _gain(
    sides: Mapping[str, Mapping[str, Any]],
    column: str,
    metric: str,
    source: str,
    confidence: float,
) -> HoldoutGain:
    mailed, held = (_moments(sides.get(side), column) for side in ("mailed", "held out"))
    found = compare(mailed, held, confidence)
    if source == "conversions" and not held.n_nonzero and held.n:
        found = _not_compared(found)
    sequence = _sequence(found, mailed, held, 1 - (1 - confidence) / len(_MEASURES))
    verdict = "not_enough_data"
    if sequence is not None and (sequence[0] > 0 or sequence[1] < 0):
        verdict = "better" if sequence[0] > 0 else "worse"
    sentence = _sentence(found, sequence, metric, source, verdict)
    return HoldoutGain(metric, source, found, sequence, verdict, sentence)


def _sequence(
    found: Comparison, mailed: Moments, held: Moments, confidence: float
) -> Interval | None:
    """Return the always-valid interval of the difference; None where there is no test.

    The people are the same on every day and what grows is what they have bought, so the buyers
    are the clock of the sequence and not the people.
    """
    if found.p is None or found.difference is None:
        return None
    error = sqrt(mailed.variance_of_mean + held.variance_of_mean)
    buyers = mailed.n_nonzero + held.n_nonzero
    return always_valid(found.difference, error, buyers, confidence=confidence)


def _not_compared(found: Comparison) -> Comparison:
    """Return the sides without a comparison: an e-mail tool reports of people it wrote to."""
    return Comparison(
        found.n_treatment,
        found.n_control,
        found.mean_treatment,
        None,
        reason=_ONE_SIDED if found.mean_treatment else _NOTHING_REPORTED,
        method=found.method,
    )


def _moments(row: Mapping[str, Any] | None, column: str) -> Moments:
    if row is None:
        return Moments(0, 0.0, 0.0, 0)
    return Moments(
        int(row["n"]),
        float(row[column]),
        float(row[f"{column}_variance"] or 0.0),
        int(row[f"{column}_people"]),
    )


def _sentence(
    found: Comparison, sequence: Interval | None, metric: str, source: str, verdict: str
) -> str:
    is_count = metric == "purchases"
    unit = "per 100 people" if is_count else "per person"
    what = f"{metric.capitalize()} {unit}, {_SOURCES[source]}"
    if not found.n_control or not found.n_treatment:
        return f"{what}: not enough data. No real campaign has been launched under this holdout."
    sides = f"{people(found.n_treatment)} who could be mailed, {found.n_control:,} held out"
    if sequence is None or verdict == "not_enough_data":
        return f"{what}: not enough data ({sides}); {_why(found)}."
    means = " against ".join(
        _NONE if mean is None else f"{mean * 100:,.1f}" if is_count else f"{mean:,.2f}"
        for mean in (found.mean_treatment, found.mean_control)
    )
    lift = "" if found.lift is None else f", {percent(found.lift, signed=True)}"
    low, high = (f"{end * 100:+,.1f}" if is_count else f"{end:+,.2f}" for end in sequence)
    verb = "brings" if verdict == "better" else "costs"
    span = f"{low} to {high}".replace("-", "−")
    return (
        f"{what}: mailing {verb} something, {means}{lift} (a difference of {span}, on any day "
        f"that it is read); {sides}."
    )


def _why(found: Comparison) -> str:
    """Say why nothing can be told: of amounts that do not differ, what that means."""
    if found.p is not None:
        return "it could be chance so far"
    if found.reason in (_ONE_SIDED, _NOTHING_REPORTED):
        return found.reason
    if min(found.n_treatment, found.n_control) < ENOUGH:
        return f"fewer than {ENOUGH} people are on one side"
    if not found.mean_treatment and not found.mean_control:
        return "nobody on either side has bought anything since it began"
    return "all have bought alike, so a difference cannot be told from luck"
