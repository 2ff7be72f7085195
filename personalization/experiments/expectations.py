"""What the control is expected to do: from earlier campaigns, from orders, or from the settings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from math import exp, sqrt
from typing import TYPE_CHECKING, Final

from personalization.experiments.metrics import METRICS
from personalization.statistics.sample_size import Amount, Rate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from personalization.settings import Settings
    from personalization.store import Store

_ENOUGH_ORDERS: Final = 20  # fewer say little about how widely orders spread
_UNCAPPED: Final = 1e300
_NEARLY_ALL: Final = 0.999  # a rate of everybody leaves nothing to plan for
_UNSUBSCRIBES: Final = 0.004  # share of recipients; what a simulation assumes, too
_SIGNS: Final = {"GBP": "£", "EUR": "€", "USD": "$"}
_COMPLAINTS: Final = 0.0005  # Gmail asks bulk senders to stay below 0.1 %

# A result before its day is nobody's to know, not even as the base rate of the next campaign; and
# what was measured in the middle of a test is less than what came of it.
_LEARNED = """
    SELECT metric, avg(mean_control) AS mean_control
    FROM results
    JOIN experiments ON experiments.experiment_id = results.experiment_id
    JOIN campaigns ON campaigns.campaign_id = experiments.campaign_id
    WHERE campaigns.dataset_id = $dataset_id AND results.segment = '' AND results.arm <> 'holdout'
      AND NOT results.is_simulated AND results.verdict <> 'invalid' AND results.mean_control > 0
      AND experiments.analysis_on < CAST($today AS DATE)
      AND CAST(CAST(results.computed_at AS TIMESTAMP) AS DATE) > experiments.analysis_on
    GROUP BY metric ORDER BY metric
"""
_ORDERS = """
    WITH orders AS (
        SELECT customer_id, coalesce(order_id, concat('at ', ordered_at)) AS number,
               sum(amount) AS amount
        FROM transactions
        WHERE dataset_id = $dataset_id AND quantity > 0 AND unit_price > 0 AND amount > 0
        GROUP BY customer_id, coalesce(order_id, concat('at ', ordered_at))
    )
    SELECT count(*) AS n, avg(amount) AS mean, var_samp(amount) AS variance,
           avg(least(amount, $cap)) AS capped, var_samp(least(amount, $cap)) AS capped_variance,
           percentile_cont(0.99) WITHIN GROUP (ORDER BY amount) AS high
    FROM orders
"""

_CURRENCY = """
    SELECT coalesce((SELECT mode(currency) FROM transactions WHERE dataset_id = $dataset_id),
                    (SELECT mode(currency) FROM customers WHERE dataset_id = $dataset_id),
                    (SELECT mode(currency) FROM products WHERE dataset_id = $dataset_id))
"""


@dataclass(frozen=True, slots=True)
class OrderValue:
    """What a buyer spends at once, in the currency of the data.

    Attributes:
        mean: Of an order.
        spread: Its standard deviation over orders.
        capped_mean: The same with each order counted up to the cap; without a cap as above.
        capped_spread: Likewise.
        high: What 99 of 100 orders stay below, a sensible cap; None where no orders are known.
        source: Where that comes from, in words.
        currency: ISO code that most of the money on record is in, or None.
    """

    mean: float
    spread: float
    capped_mean: float
    capped_spread: float
    high: float | None
    source: str
    currency: str | None = None

    def money(self, amount: float, digits: int = 2) -> str:
        """Write an amount with its currency; without one where none is known.

        Example:
            >>> OrderValue(40, 40, 40, 40, None, "assumed", "GBP").money(1_234.5)
            '£1,234.50'
        """
        sign = _SIGNS.get(self.currency, f"{self.currency} ") if self.currency else ""
        return f"{sign}{amount:,.{digits}f}"


@dataclass(frozen=True, slots=True)
class Expectations:
    """What the control is expected to do, whatever the metric.

    Attributes:
        rates: Share of people for each metric of yes or no, in (0, 1).
        sources: Where each of them comes from, in words.
        order: What a buyer spends.
    """

    rates: dict[str, float]
    sources: dict[str, str]
    order: OrderValue

    def of(self, metric: str) -> Rate | Amount | None:
        """Return what is expected of one metric; None for a ratio, which is not planned for."""
        if METRICS[metric].kind == "binary":
            return Rate(self.rates[metric])
        if metric == "revenue":
            return Amount(self.rates["conversion"], self.order.mean, self.order.spread)
        if metric == "revenue_capped":
            order = self.order
            return Amount(self.rates["conversion"], order.capped_mean, order.capped_spread)
        return None

    def rate_of(self, metric: str) -> float:
        """Return the share of people who do it; who buy, for an amount."""
        return self.rates.get(metric, self.rates["conversion"])

    def source_of(self, metric: str) -> str:
        """Say where the share of people of a metric comes from."""
        return self.sources.get(metric, self.sources["conversion"])


def expectations_of(
    store: Store,
    settings: Settings,
    dataset_id: str,
    *,
    metrics: Sequence[str],
    base_rate: float | None = None,
    cap: float | None = None,
) -> Expectations:
    """Say what to expect: as entered, else as in earlier campaigns, else as the settings assume.

    Args:
        store: Reads ``results`` of real campaigns to these customers that were read on their day,
            and ``transactions``.
        settings: What is assumed where nothing is known.
        dataset_id: Whose customers.
        metrics: What is to be planned for, the one that ``base_rate`` is of first (of buyers, for
            revenue).  Orders are read only where there is revenue among them.
        base_rate: As entered, in (0, 1).
        cap: What each customer's revenue counts with at most.
    """
    learned = dict(store.read(_LEARNED, dataset_id=dataset_id, today=store.now().date()))
    entered_for = metrics[0] if METRICS[metrics[0]].kind == "binary" else "conversion"
    assumed = {
        "click": settings.delivery.click_rate,
        "conversion": settings.delivery.click_rate * settings.delivery.conversion_rate,
        "unsubscribe": _UNSUBSCRIBES,
        "complaint": _COMPLAINTS,
    }
    rates, sources = {}, {}
    for name, fallback in assumed.items():
        if name == entered_for and base_rate is not None:
            rates[name], sources[name] = base_rate, "as entered"
        elif name in learned:
            rates[name] = min(learned[name], _NEARLY_ALL)
            sources[name] = "as in earlier campaigns to these customers"
        else:
            rates[name], sources[name] = fallback, "assumed in the settings"
    buyers, revenue = learned.get("conversion"), learned.get("revenue")
    usual = revenue / buyers if buyers and revenue else settings.delivery.order_value
    if any(name.startswith("revenue") for name in metrics):
        order = _order_value(store, dataset_id, usual, cap)
        [(currency,)] = store.read(_CURRENCY, dataset_id=dataset_id)
        return Expectations(rates, sources, replace(order, currency=currency or None))
    return Expectations(rates, sources, _assumed_order(usual, cap))


def _order_value(store: Store, dataset_id: str, usual: float, cap: float | None) -> OrderValue:
    [row] = store.read(_ORDERS, dataset_id=dataset_id, cap=_UNCAPPED if cap is None else cap)
    n, mean, variance, capped, capped_variance, high = row
    if n >= _ENOUGH_ORDERS:
        said = f"as in the {n:,} orders on record"
        return OrderValue(mean, sqrt(variance), capped, sqrt(capped_variance), high, said)
    return _assumed_order(usual, cap)


def _assumed_order(usual: float, cap: float | None) -> OrderValue:
    capped, capped_spread = _capped_exponential(usual, cap)
    return OrderValue(usual, usual, capped, capped_spread, None, "assumed, as few orders are known")


def _capped_exponential(mean: float, cap: float | None) -> tuple[float, float]:
    """Return mean and standard deviation of an exponential amount that counts up to ``cap``."""
    if cap is None:
        return mean, mean
    beyond = exp(-cap / mean)
    capped = mean * (1 - beyond)
    square = 2 * mean * (capped - cap * beyond)
    return capped, sqrt(max(square - capped**2, 0.0))


# The last days on record stand for the days of the test, and days as long before them for the
# pre-period: so much of the spread would have been known beforehand.
_FORESIGHT = """
    WITH spent AS (
        SELECT customer_id,
               sum(CASE WHEN ordered_at >= $later_from THEN amount ELSE 0e0 END) AS later,
               sum(CASE WHEN ordered_at >= $earlier_from AND ordered_at < $earlier_until
                        THEN amount ELSE 0e0 END) AS earlier,
               max(CASE WHEN ordered_at >= $pre_from AND ordered_at < $pre_until
                        THEN 1 ELSE 0 END) AS bought_before
        FROM transactions
        WHERE dataset_id = $dataset_id AND quantity > 0 AND unit_price > 0 AND amount > 0
        GROUP BY customer_id
    ), pairs AS (
        SELECT CASE WHEN later > 0 THEN 1e0 ELSE 0e0 END AS bought,
               CASE WHEN earlier > 0 THEN 1e0 ELSE 0e0 END AS bought_earlier,
               least(coalesce(later, 0e0), $cap) AS spent,
               coalesce(earlier, 0e0) AS spent_earlier,
               coalesce(bought_before, 0) AS bought_before
        FROM audience LEFT JOIN spent ON spent.customer_id = audience.customer_id
        WHERE audience.campaign_id = $campaign_id AND audience.bucket = 'eligible'
    )
    SELECT sum(bought_before) AS buyers_before,
           covar_samp(bought, bought_earlier) AS bought_covariance, var_samp(bought) AS bought,
           var_samp(bought_earlier) AS bought_earlier,
           covar_samp(spent, spent_earlier) AS spent_covariance, var_samp(spent) AS spent,
           var_samp(spent_earlier) AS spent_earlier
    FROM pairs
"""
_NEWEST = "SELECT max(ordered_at) FROM transactions WHERE dataset_id = $dataset_id"

_DAYS: Final = 14  # of a test whose last day is not chosen yet


@dataclass(frozen=True, slots=True)
class Foresight:
    """What people bought before would say about what they buy in the test.

    Attributes:
        pre_days: Days that are looked at: up to the launch, or to the last order on record.
        buyers_before: Eligible people who bought in those days; 0 leaves nothing to adjust by.
        rho_squared: Share of the variance that the adjustment takes away, in [0, 1], as on
            record between days as far apart; None where the record says nothing of that.
    """

    pre_days: int
    buyers_before: int
    rho_squared: float | None


def foresight_of(
    store: Store,
    campaign_id: str,
    dataset_id: str,
    *,
    metric: str,
    pre_days: int,
    send_on: date,
    analysis_on: date | None,
    cap: float | None = None,
) -> Foresight:
    """Work out from the orders on record what an adjustment by earlier purchases would bring.

    Args:
        store: Reads ``transactions`` and ``audience``.
        campaign_id: Whose eligible customers are looked at.
        dataset_id: Whose orders.
        metric: conversion, revenue or revenue_capped.
        pre_days: Days before the launch, or up to the last order where that is earlier; above 0.
        send_on: The day of sending.
        analysis_on: The last day of the test; two weeks after sending where it is not known.
        cap: What each customer's revenue counts with at most, for revenue_capped.
    """
    [(newest,)] = store.read(_NEWEST, dataset_id=dataset_id)
    if newest is None:
        return Foresight(pre_days, 0, None)
    days = (analysis_on - send_on).days + 1 if analysis_on is not None else _DAYS
    is_capped = metric == "revenue_capped" and cap is not None
    [row] = store.records(
        _FORESIGHT, campaign_id=campaign_id, dataset_id=dataset_id,
        cap=cap if is_capped else _UNCAPPED,
        **_windows(newest, send_on, timedelta(days=max(days, 1)), timedelta(days=pre_days)),
    )  # fmt: skip
    what = "bought" if metric == "conversion" else "spent"
    spread, earlier = row[what], row[f"{what}_earlier"]
    squared = row[f"{what}_covariance"] ** 2 / (spread * earlier) if spread and earlier else None
    rho_squared = None if squared is None else min(squared, 1.0)  # rounding may pass 1
    return Foresight(pre_days, int(row["buyers_before"] or 0), rho_squared)


def _windows(
    newest: datetime, send_on: date, test: timedelta, before: timedelta
) -> dict[str, datetime]:
    """Return the pre-period, and days on record that lie to each other as it does to the test."""
    launch = datetime.combine(send_on, time())
    end = datetime.combine(newest.date(), time()) + timedelta(days=1)
    pre_until = min(launch, end)
    later_from = end - test
    earlier_until = later_from - (launch - pre_until)
    return {
        "later_from": later_from,
        "earlier_from": earlier_until - before,
        "earlier_until": earlier_until,
        "pre_from": pre_until - before,
        "pre_until": pre_until,
    }


def kept_by(foresight: Foresight | None) -> float:
    """Return the share of the variance that an adjustment leaves, in (0, 1]."""
    rho_squared = foresight.rho_squared if foresight is not None else None
    return max(1 - (rho_squared or 0.0), 1e-3)  # a little is always left
