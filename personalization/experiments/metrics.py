"""What is measured of a customer, and the words for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from personalization.domain import CONTROL, HOLDOUT
from personalization.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Metric:
    """One outcome of a customer.

    Attributes:
        kind: binary (did it or not), mean (an amount, 0 for those who spent nothing) or ratio (an
            amount for each of something else: both sums are over all customers).
        noun: What a sentence calls it.
        is_wanted: Whether more of it is better.
        may_decide: Whether an experiment may be decided by it.
        is_of_all: Whether it can be told of somebody who got no e-mail.
    """

    name: str
    kind: str
    noun: str
    is_wanted: bool = True
    may_decide: bool = True
    is_of_all: bool = False

    def count(self, n: int) -> str:
        """Write how many there are: 1 click, 2 clicks."""
        return f"{n:,} {self.noun.removesuffix('s') if n == 1 else self.noun}"


METRICS: Final[Mapping[str, Metric]] = {
    metric.name: metric
    for metric in (
        Metric("open", "binary", "opens", may_decide=False),
        Metric("click", "binary", "clicks"),
        Metric("conversion", "binary", "purchases", is_of_all=True),
        Metric("revenue", "mean", "revenue per person", is_of_all=True),
        Metric("revenue_capped", "mean", "capped revenue per person", is_of_all=True),
        Metric("revenue_per_click", "ratio", "revenue per click", may_decide=False),
        Metric("unsubscribe", "binary", "unsubscribes", is_wanted=False, may_decide=False),
        Metric("complaint", "binary", "complaints", is_wanted=False, may_decide=False),
    )
}

HOPED_FOR: Final = 0.10
"""The relative lift that a marketer hopes for; plans are held against it."""

DIAGNOSTIC: Final = "open"
"""Mail programs load images by themselves, so opens are shown and never decide."""


def deciding_metric(name: str) -> Metric:
    """Return the metric of that name, if an experiment may be decided by it.

    Raises:
        InputError: It is unknown, or it is a diagnostic or a guardrail.
    """
    metric = METRICS.get(name)
    if metric is None or not metric.may_decide:
        able = ", ".join(m.name for m in METRICS.values() if m.may_decide)
        raise InputError(f"An experiment cannot be decided by {name!r}. Choose one of: {able}.")
    return metric


def percent(fraction: float, *, signed: bool = False, digits: int | None = None) -> str:
    """Write a fraction as a reader wants it: whole percent, one decimal below ten.

    What would read as 0 gets a digit or two more; what still does has no sign.

    Example:
        >>> percent(0.1234), percent(0.0123), percent(0.05, signed=True), percent(0.0003)
        ('12 %', '1.2 %', '+5.0 %', '0.03 %')
    """
    if digits is None:
        digits = 0 if abs(fraction) >= 0.0995 else 1  # noqa: PLR2004  9.95 % reads as 10 %
        more = next((n for n in (1, 2, 3) if round(100 * fraction, n)), 1)
        digits = max(digits, more) if digits else 0
    is_zero = not round(100 * fraction, digits)
    sign = "" if is_zero else "−" if fraction < 0 else "+" if signed else ""
    return f"{sign}{abs(fraction):,.{digits}%}".replace("%", " %")


def points(share: float, digits: int | None = None) -> str:
    """Write a difference of two shares, in points of a hundred.

    Example:
        >>> points(0.009), points(0.01)
        ('0.9 points', '1.0 points')
    """
    return percent(share, digits=digits).replace(" %", " points")


def points_apart(one: float, other: float) -> tuple[str, str]:
    """Write two shares that are held against each other, with digits enough to tell them apart.

    Example:
        >>> points_apart(0.0052, 0.005), points_apart(0.009, 0.005), points_apart(0.005, 0.005)
        (('0.52 points', '0.50 points'), ('0.9 points', '0.5 points'), ('0.5 points', '0.5 points'))
    """
    if one == other or points(one) != points(other):
        return points(one), points(other)
    digits = next((n for n in (1, 2, 3) if points(one, n) != points(other, n)), 4)
    return points(one, digits), points(other, digits)


def people(n: int) -> str:
    """Write how many people there are."""
    return f"{n:,} {'person' if n == 1 else 'people'}"


def arm_name(arm: str) -> str:
    """Name an arm as the subject of a sentence; a name that is more than a letter stands as it is.

    Example:
        >>> arm_name("B"), arm_name("control")
        ('Variant B', 'The control text')
    """
    names = {CONTROL: "The control text", HOLDOUT: "No e-mail at all"}
    return names.get(arm, f"Variant {arm}" if len(arm) == 1 else arm)
