"""What a k-means centre is called: a readable name for each, no two of them alike.

A name says where the centre lies on recency, orders and spend.  Where two centres get the
same words, the measure that sets them apart most is added, by rank.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from math import dist
from typing import Final

from personalization.segmentation.values import Group
from personalization.segmentation.wording import counted, number

_FAR: Final = 0.5
"""Standard deviations from the mean from which a centre counts as high or low."""

# Low, middle and high of each measure; a low recency is a recent order.
_RECENCY: Final = ("Recent", "Cooling", "Lapsed")
_ORDERS: Final = ("occasional", "regular", "frequent")
_SPENT: Final = ("small spenders", "mid spenders", "big spenders")

_ADVICE: Final = (
    "they bought lately, so build on it with what goes with their last order",
    "they are slowing down, so give them a timely reason to come back",
    "they have not bought for long, so write seldom and with one clear reason",
)
_MEASURES: Final = ("recency", "orders", "spend")
_OF_TWO: Final = (
    ("more recent", "less recent"),
    ("fewer orders", "more orders"),
    ("lower spend", "higher spend"),
)


@dataclass(frozen=True, slots=True)
class Centre:
    """One centroid.

    Attributes:
        scaled: Logged recency, orders and spend in standard deviations from their means.
        plain: The same in days, orders and money.
    """

    scaled: tuple[float, ...]
    plain: tuple[float, ...]


def describe_centres(centres: tuple[Centre, ...]) -> tuple[Group, ...]:
    """Name and describe every centre; neighbours are the other centres, nearest first."""
    names = names_of(centres)
    return tuple(
        Group(name, _rule(centre), _description(centre), _neighbours(centre, centres, names))
        for name, centre in zip(names, centres, strict=True)
    )


def names_of(centres: tuple[Centre, ...]) -> tuple[str, ...]:
    """Name the centres, each one differently.

    Example:
        >>> near, far = Centre((-1, 1, 1), (5, 9, 900)), Centre((1, -1, -1), (200, 1, 90))
        >>> names_of((near, far))
        ('Recent frequent big spenders', 'Lapsed occasional small spenders')
    """
    alike = defaultdict(list)
    for position, centre in enumerate(centres):
        alike[_plain_name(centre)].append(position)
    names: dict[int, str] = {}
    for name, positions in alike.items():
        endings = _endings([centres[position] for position in positions])
        names |= {p: name + ending for p, ending in zip(positions, endings, strict=True)}
    return tuple(names[position] for position in range(len(centres)))


def _plain_name(centre: Centre) -> str:
    recency, orders, spent = (_level(value) for value in centre.scaled)
    return f"{_RECENCY[recency]} {_ORDERS[orders]} {_SPENT[spent]}"


def _level(value: float) -> int:
    return 0 if value < -_FAR else 2 if value > _FAR else 1


def _endings(alike: list[Centre]) -> list[str]:
    """Tell centres of one name apart by their rank on the measure in which they differ most."""
    if len(alike) == 1:
        return [""]
    columns = list(zip(*(centre.scaled for centre in alike), strict=True))
    widest = max(
        range(len(columns)), key=lambda column: max(columns[column]) - min(columns[column])
    )
    ascending = sorted(range(len(alike)), key=lambda i: alike[i].scaled[widest])
    ranks = {position: rank for rank, position in enumerate(ascending)}
    if len(alike) == len(_OF_TWO[widest]):
        return [f" ({_OF_TWO[widest][ranks[i]]})" for i in range(len(alike))]
    return [f" ({_MEASURES[widest]} {ranks[i] + 1} of {len(alike)})" for i in range(len(alike))]


def _values(centre: Centre) -> str:
    recency_days, orders, spent = centre.plain
    return (
        f"{counted(round(recency_days), 'day')} since the last order, "
        f"{counted(round(orders, 1), 'order')} and {number(spent)} spent in all"
    )


def _rule(centre: Centre) -> str:
    return f"more like the typical customer with {_values(centre)} than like any other"


def _description(centre: Centre) -> str:
    recency, orders, spent = (_level(value) for value in centre.scaled)
    return f"{_ORDERS[orders].capitalize()} buyers and {_SPENT[spent]}: {_ADVICE[recency]}."


def _neighbours(
    centre: Centre, centres: tuple[Centre, ...], names: tuple[str, ...]
) -> tuple[str, ...]:
    apart = sorted(
        (dist(centre.scaled, other.scaled), name)
        for name, other in zip(names, centres, strict=True)
        if other is not centre
    )
    return tuple(name for _, name in apart)
