"""RFM: how recently, how often and for how much people bought, by saved cut points.

A score is 1 plus the number of cut points strictly below the value, reversed for recency, so
equal values get equal scores whatever the order of the rows, and a customer who comes later
is scored by the same rule.  Recency and frequency choose the segment; money is shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from personalization.segmentation.history import HISTORY, sample_history, statement
from personalization.segmentation.rfm_words import box_words, collapse_notes
from personalization.segmentation.stability import agreement
from personalization.segmentation.values import NO_PURCHASE, Fitted, Group, no_purchase

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from personalization.segmentation.values import Base
    from personalization.store import Store

SCORES: Final = 5


@dataclass(frozen=True, slots=True)
class Box:
    """A named rectangle of the grid; scores run from 1 to 5 and 5 is best.

    Attributes:
        key: The parameter that ``MEMBERS`` binds its name to.
        recency: Lowest and highest recency score.
        frequency: Lowest and highest frequency score.
    """

    key: str
    name: str
    recency: tuple[int, int]
    frequency: tuple[int, int]
    description: str
    neighbours: tuple[str, ...]


# The ten names and their cells are those of the widely used recency-frequency grid; together
# they cover each of the 25 cells once.
GRID: Final = (
    Box("champions", "Champions", (5, 5), (4, 5),
        "Bought a moment ago and buy often, your best customers: thank them and show what is new.",
        ("Loyal", "Potential loyalists")),
    Box("loyal", "Loyal", (3, 4), (4, 5),
        "Order again and again: keep them with early access and things that go with what they own.",
        ("Champions", "Potential loyalists")),
    Box("potential_loyalists", "Potential loyalists", (4, 5), (2, 3),
        "Came back lately for a second or third order: help them find their next favourite.",
        ("Loyal", "Promising", "New")),
    Box("new", "New", (5, 5), (1, 1),
        "Placed a first order a moment ago: welcome them and make the second order easy.",
        ("Promising", "Potential loyalists")),
    Box("promising", "Promising", (4, 4), (1, 1),
        "Placed a first order not long ago: remind them while they still remember you.",
        ("New", "Potential loyalists", "About to sleep")),
    Box("need_attention", "Need attention", (3, 3), (3, 3),
        "Have bought a few times and are slowing down: a timely reason brings them back.",
        ("About to sleep", "Loyal", "Potential loyalists")),
    Box("about_to_sleep", "About to sleep", (3, 3), (1, 2),
        "Bought once or twice and are drifting away: show them something simple and useful.",
        ("Need attention", "Hibernating", "Promising")),
    Box("at_risk", "At risk", (1, 2), (3, 4),
        "Used to order several times and have not for long: tell them what they are missing.",
        ("Cannot lose", "Hibernating", "Need attention")),
    Box("cannot_lose", "Cannot lose", (1, 2), (5, 5),
        "Were among your most frequent customers and went quiet: win them back in person.",
        ("At risk", "Loyal", "Hibernating")),
    Box("hibernating", "Hibernating", (1, 2), (1, 2),
        "Bought little and long ago: write seldom, and with one clear reason.",
        ("About to sleep", "At risk")),
)  # fmt: skip

CUT_POINTS: Final = statement(
    HISTORY,
    """
    SELECT percentile_disc(0.2) WITHIN GROUP (ORDER BY recency_days) AS r_1,
           percentile_disc(0.4) WITHIN GROUP (ORDER BY recency_days) AS r_2,
           percentile_disc(0.6) WITHIN GROUP (ORDER BY recency_days) AS r_3,
           percentile_disc(0.8) WITHIN GROUP (ORDER BY recency_days) AS r_4,
           percentile_disc(0.2) WITHIN GROUP (ORDER BY n_orders) AS f_1,
           percentile_disc(0.4) WITHIN GROUP (ORDER BY n_orders) AS f_2,
           percentile_disc(0.6) WITHIN GROUP (ORDER BY n_orders) AS f_3,
           percentile_disc(0.8) WITHIN GROUP (ORDER BY n_orders) AS f_4,
           percentile_disc(0.2) WITHIN GROUP (ORDER BY spent) AS m_1,
           percentile_disc(0.4) WITHIN GROUP (ORDER BY spent) AS m_2,
           percentile_disc(0.6) WITHIN GROUP (ORDER BY spent) AS m_3,
           percentile_disc(0.8) WITHIN GROUP (ORDER BY spent) AS m_4
    FROM history
    WHERE recency_days IS NOT NULL
""",
)

# Each name is bound, so that a merge is nothing but another name for a cell.
MEMBERS: Final = statement(
    HISTORY,
    """
    , scores AS (
        SELECT history.*,
               CASE WHEN recency_days IS NULL THEN NULL
                    WHEN recency_days > $r_4 THEN 1
                    WHEN recency_days > $r_3 THEN 2
                    WHEN recency_days > $r_2 THEN 3
                    WHEN recency_days > $r_1 THEN 4
                    ELSE 5 END AS r,
               CASE WHEN n_orders > $f_4 THEN 5
                    WHEN n_orders > $f_3 THEN 4
                    WHEN n_orders > $f_2 THEN 3
                    WHEN n_orders > $f_1 THEN 2
                    ELSE 1 END AS f
        FROM history
    ), members AS (
        SELECT scores.*,
               CASE WHEN r IS NULL THEN $no_purchase
                    WHEN r <= 2 AND f <= 2 THEN $hibernating
                    WHEN r <= 2 AND f <= 4 THEN $at_risk
                    WHEN r <= 2 THEN $cannot_lose
                    WHEN r = 3 AND f <= 2 THEN $about_to_sleep
                    WHEN r = 3 AND f = 3 THEN $need_attention
                    WHEN r <= 4 AND f >= 4 THEN $loyal
                    WHEN r = 4 AND f = 1 THEN $promising
                    WHEN r = 5 AND f = 1 THEN $new
                    WHEN f <= 3 THEN $potential_loyalists
                    ELSE $champions END AS segment
        FROM scores
    )
""",
)


def fit_rfm(store: Store, base: Base, *, sample: int, seed: int) -> Fitted:
    """Take the 20, 40, 60 and 80 % points of recency, orders and spend, and name the grid.

    Args:
        store: Reads ``customers``.
        base: Whose customers, and the day from which recency is counted.
        sample: Customers that the bootstrap draws from, at most; the cut points see everybody.
        seed: Of the sample and the bootstrap.

    Raises:
        InputError: Nobody has a dated order.
    """
    drawn = sample_history(store, base, sample=sample, seed=seed)
    found = store.records(CUT_POINTS, dataset_id=base.dataset_id, as_of=base.as_of)[0]
    cuts = {
        measure: [float(found[f"{letter}_{n}"]) for n in range(1, SCORES)]
        for letter, measure in (("r", "recency_days"), ("f", "orders"), ("m", "spent"))
    }
    return Fitted(
        "rfm",
        {"cut_points": cuts, "seed": seed},
        groups_of(cuts),
        bootstrap_agreement=agreement(drawn, label_by_grid, seed=seed),
        notes=collapse_notes(cuts),
    )


def groups_of(cuts: Mapping[str, Sequence[float]]) -> tuple[Group, ...]:
    """Put every box of the grid into words, and add the segment of those without an order."""
    boxes = (
        Group(
            box.name, box_words(box.recency, box.frequency, cuts), box.description, box.neighbours
        )
        for box in GRID
    )
    return (*boxes, no_purchase("New", "Promising", "Hibernating"))


def bind(parameters: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, object]:
    """Return what ``MEMBERS`` is bound to; ``names`` says what each group is called by now."""
    cuts = parameters["cut_points"]
    return {
        **{f"r_{n}": cut for n, cut in enumerate(cuts["recency_days"], 1)},
        **{f"f_{n}": cut for n, cut in enumerate(cuts["orders"], 1)},
        **{box.key: names.get(box.name, box.name) for box in GRID},
        "no_purchase": names.get(NO_PURCHASE, NO_PURCHASE),
    }


def scores_of(
    recency_days: float, n_orders: float, spent: float, cuts: Mapping[str, Sequence[float]]
) -> tuple[int, int, int]:
    """Return one customer's recency, frequency and monetary score, each from 1 to 5.

    Example:
        >>> cuts = {"recency_days": [12.6, 32.5, 71.5, 179.4], "orders": [1, 2, 3, 6],
        ...         "spent": [250.2, 490.2, 942.3, 2059.5]}
        >>> scores_of(1.4, 7, 4310.0, cuts), scores_of(12.6, 1, 100, cuts)
        ((5, 5, 5), (5, 1, 1))
    """
    below = (
        sum(cut < value for cut in cuts[measure])
        for measure, value in (
            ("recency_days", recency_days),
            ("orders", n_orders),
            ("spent", spent),
        )
    )
    recency, frequency, money = below
    return SCORES - recency, 1 + frequency, 1 + money


def box_of(recency: int, frequency: int) -> Box:
    """Find the one box of the grid that two scores fall into."""
    return next(
        box for box in GRID
        if box.recency[0] <= recency <= box.recency[1]
        and box.frequency[0] <= frequency <= box.frequency[1]
    )  # fmt: skip


def label_by_grid(
    fitted_on: npt.NDArray[np.float64], points: npt.NDArray[np.float64]
) -> npt.NDArray[np.int64]:
    """Take cut points from ``fitted_on``, and number the boxes that ``points`` fall into.

    Both have recency in days, orders and spend as columns, as ``SAMPLE`` draws them.
    """
    shares = [n / SCORES for n in range(1, SCORES)]
    cuts = np.quantile(fitted_on[:, :2], shares, axis=0, method="inverted_cdf")
    recency = SCORES - np.searchsorted(cuts[:, 0], points[:, 0], side="left")
    frequency = 1 + np.searchsorted(cuts[:, 1], points[:, 1], side="left")
    scores = range(1, SCORES + 1)
    numbers = np.array([[GRID.index(box_of(r, f)) for f in scores] for r in scores])
    labels: npt.NDArray[np.int64] = numbers[recency - 1, frequency - 1]
    return labels
