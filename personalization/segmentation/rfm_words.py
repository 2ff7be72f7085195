"""RFM in words: what a box of the grid asks for, and why one customer is in it."""

from __future__ import annotations

from math import floor
from typing import TYPE_CHECKING, Final

from personalization.segmentation.wording import (
    counted,
    day,
    days_long,
    listed,
    number,
    number_apart,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    Cuts = Mapping[str, Sequence[float]]
    Range = tuple[int, int]

BEST: Final = 5
_DAY_DIGITS: Final = 1


def box_words(recency: Range, frequency: Range, cuts: Cuts) -> str:
    """Say what the scores of a box ask of a customer's last order and number of orders.

    Example:
        >>> cuts = {"recency_days": [12.556, 32.5, 71.5, 179.4], "orders": [1, 2, 3, 6]}
        >>> box_words((5, 5), (4, 5), cuts)
        'bought within 12.6 days and at least 4 orders'
    """
    days = _days_words(recency, cuts["recency_days"])
    return f"{days} and {_orders_words(frequency, cuts['orders'])}"


def _days_words(scores: Range, cuts: Sequence[float]) -> str:
    lowest, highest = scores
    most = number(cuts[BEST - lowest], _DAY_DIGITS) if lowest > 1 else ""
    above = number(cuts[BEST - 1 - highest], _DAY_DIGITS) if highest < BEST else ""
    if not above:
        return f"bought within {most} days"
    if not most:
        return f"last bought more than {above} days ago"
    return f"last bought more than {above} and at most {most} days ago"


def _orders_words(scores: Range, cuts: Sequence[float]) -> str:
    lowest, highest = scores
    least = floor(cuts[lowest - 2]) + 1 if lowest > 1 else 1
    if highest == BEST:
        return f"at least {counted(least, 'order')}"
    most = floor(cuts[highest - 1])
    if most < least:
        return "no number of orders, because its cut points are the same"
    if most == least:
        return counted(least, "order")
    return f"{least} {'or' if most == least + 1 else 'to'} {counted(most, 'order')}"


def collapse_notes(cuts: Cuts) -> tuple[str, ...]:
    """Say which cut points fell together, and what follows for the scores."""
    labels = {"recency_days": "days since the last order", "orders": "orders", "spent": "spend"}
    return tuple(
        f"The cut points for {labels[measure]} are {listed([number(c, 1) for c in points])}. Some "
        "of them are the same, because many customers have the same value, so not every score "
        "from 1 to 5 is given."
        for measure, points in cuts.items()
        if len(set(points)) < len(points)
    )


def method_sentence(cuts: Cuts, as_of: date) -> str:
    """Say in two sentences how the customers were grouped."""
    days = listed([number(c, _DAY_DIGITS) for c in cuts["recency_days"]])
    orders = listed([number(c) for c in cuts["orders"]])
    return (
        f"RFM scores everybody from 1 to 5 by how recently they bought (cut at {days} days before "
        f"{day(as_of)}) and how often (cut at {orders} orders); equal values always get equal "
        "scores. The two scores together choose one of ten named segments."
    )


def why_words(
    values: tuple[float, float, float], scores: tuple[int, int, int], cuts: Cuts, as_of: date
) -> str:
    """Hold one customer's recency in days, orders and spend against the cut points."""
    recency_days, n_orders, spent = values
    recency, frequency, money = scores
    days = number_apart(recency_days, cuts["recency_days"], _DAY_DIGITS)
    return (
        f"The last order was {days_long(days)} before {day(as_of)}, "
        f"{_against(recency_days, cuts['recency_days'], ' days', 1)}: recency score "
        f"{recency} of 5. {counted(n_orders, 'order').capitalize()}, "
        f"{_against(n_orders, cuts['orders'], '', 0)}: frequency score {frequency} of 5. "
        f"{number_apart(spent, cuts['spent'])} spent in all, "
        f"{_against(spent, cuts['spent'], '', 0)}: monetary score {money} of 5, which is shown "
        "and does not decide."
    )


def _against(value: float, cuts: Sequence[float], unit: str, digits: int) -> str:
    """Name the cut points on either side of a value."""
    above = [cut for cut in cuts if cut < value]
    most = [cut for cut in cuts if cut >= value]
    if not above:
        return f"at most {number_apart(most[0], [value], digits)}{unit}"
    if not most:
        return f"more than {number_apart(above[-1], [value], digits)}{unit}"
    return (
        f"more than {number_apart(above[-1], [value], digits)} and at most "
        f"{number_apart(most[0], [value], digits)}{unit}"
    )
