"""Balance of a foreign file: whether its groups are alike in the attributes that were asked about.

An attribute is something of a customer that was there before the test.  After a fair draw the
groups differ in it by luck alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from personalization.experiments.file_counting import Question
    from personalization.experiments.file_statistics import Statistics

_SMALLEST_CELL: Final = 5  # expected count from which chi-squared holds; the usual rule
_TWO: Final = 2


@dataclass(frozen=True, slots=True)
class Balance:
    """How alike the groups are in one attribute.

    Attributes:
        p: Chance of groups as unlike by luck, for this attribute alone; None where too few
            customers are in its levels.
        largest: The standardised difference of a level's share, an arm against the control, that is
            farthest from 0; None where there is none.
        level: Of which level it is.
        arm: And of which arm.
    """

    attribute: str
    chi2: float | None
    df: int
    p: float | None
    largest: float | None
    level: str | None
    arm: str | None


def balance_of(question: Question, found: Statistics, control: str) -> list[Balance]:
    """Hold the arms' shares of every level against each other.

    References:
        Yang and Dalton (2012), SAS Global Forum 335: standardised differences of categories.
    """
    samples = next(iter(found.samples.values()))
    balances = []
    for slot, attribute in enumerate(question.attributes, start=1):
        table: dict[str, dict[str, int]] = {}
        for (at, level, arm), sample in samples.items():
            if at == slot:
                table.setdefault(level, {})[arm] = sample.n
        chi2, df, p = _homogeneity(table, found.sizes)
        farthest = max(_differences(table, found.sizes, control), key=_size, default=_NOTHING)
        balances.append(Balance(attribute.column, chi2, df, p, *farthest))
    return balances


_NOTHING: Final = (None, None, None)


def _size(difference: tuple[float | None, str | None, str | None]) -> float:
    return abs(difference[0] or 0.0)


def _differences(
    table: Mapping[str, Mapping[str, int]], sizes: Mapping[str, int], control: str
) -> list[tuple[float | None, str | None, str | None]]:
    """Return the standardised difference of every level's share in every arm."""
    found: list[tuple[float | None, str | None, str | None]] = []
    for level, by_arm in table.items():
        base = by_arm.get(control, 0) / sizes[control]
        for arm in sizes:
            share = by_arm.get(arm, 0) / sizes[arm]
            spread = sqrt((share * (1 - share) + base * (1 - base)) / 2)
            if arm != control and spread:
                found.append(((share - base) / spread, level, arm))
    return found


def _homogeneity(
    table: Mapping[str, Mapping[str, int]], sizes: Mapping[str, int]
) -> tuple[float | None, int, float | None]:
    """Test by chi-squared whether all arms have the same shares; small levels take no part."""
    from scipy.stats import chi2 as chi_squared  # noqa: PLC0415

    total = sum(sizes.values())
    large = [
        by_arm
        for by_arm in table.values()
        if sum(by_arm.values()) * min(sizes.values()) / total >= _SMALLEST_CELL
    ]
    df = (len(large) - 1) * (len(sizes) - 1)
    if len(large) < _TWO or len(sizes) < _TWO:
        return None, 0, None
    shown = {arm: sum(by_arm.get(arm, 0) for by_arm in large) for arm in sizes}
    everybody = sum(shown.values())
    statistic = sum(
        (by_arm.get(arm, 0) - expected) ** 2 / expected
        for by_arm in large
        for arm in sizes
        if (expected := sum(by_arm.values()) * shown[arm] / everybody)
    )
    return statistic, df, float(chi_squared.sf(statistic, df))


def red_balance(balances: Sequence[Balance], *, alert: float) -> list[str]:
    """Say of which attributes the groups are not alike; the attributes share ``alert``."""
    return [
        f"The groups are not alike in {one.attribute}, beyond what luck explains. If it was known "
        "before the test, somebody is missing from a group. If the test itself can change it, that "
        f"is no reason to distrust the test: leave {one.attribute} out of the attributes."
        for one in balances
        if one.p is not None and one.p < alert / len(balances)
    ]


def balance_document(balance: Balance) -> dict[str, Any]:
    """Return one row of ``health.balance``."""
    return {
        "attribute": balance.attribute,
        "chi2": balance.chi2,
        "df": balance.df,
        "p": balance.p,
        "largest_difference": balance.largest,
        "level": balance.level,
        "arm": balance.arm,
        "reason": "" if balance.p is not None else "too few customers in its levels, or one level",
    }
