"""Who is in which segment: one statement a method, and everything that is counted over it.

Each method's text ends in the common table expression ``members``: the history of every
customer with the one segment that it belongs to.  The same text is counted when a
segmentation is proposed and inserted when it is kept, so what was shown is what is written.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from personalization.segmentation import inheritance, kmeans, rfm, rules_membership
from personalization.segmentation.history import HISTORY, statement

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from personalization.segmentation.values import Base
    from personalization.store import Store

KEPT: Final = "kept"
"""Not a method: counts the members that a campaign has, however they came about."""

_KEPT: Final = statement(
    HISTORY,
    """
    , members AS (
        SELECT history.*, kept.segment
        FROM segment_members AS kept JOIN history ON history.customer_id = kept.customer_id
        WHERE kept.campaign_id = $campaign_id
    )
""",
)

MEMBERS: Final[Mapping[str, str]] = {
    KEPT: _KEPT,
    "rfm": rfm.MEMBERS,
    "kmeans": kmeans.MEMBERS,
    "rules": rules_membership.MEMBERS,
    "inherited": inheritance.MEMBERS,
}

_BIND: Final[Mapping[str, Callable[[Mapping[str, Any], Mapping[str, str]], dict[str, object]]]] = {
    KEPT: lambda parameters, _: {"campaign_id": parameters["campaign_id"]},
    "rfm": rfm.bind,
    "kmeans": kmeans.bind,
    "rules": rules_membership.bind,
    "inherited": inheritance.bind,
}

# The row without a segment is the whole dataset's, for coverage and overlap.
_PROFILE: Final = """
    SELECT segment,
           count(*) AS customers,
           count(DISTINCT customer_id) AS people,
           median(recency_days) AS median_recency_days,
           median(n_orders) AS median_orders,
           median(spent) AS median_spent,
           sum(spent) AS spent,
           avg(CASE WHEN consent_email THEN 1.0 ELSE 0.0 END) AS consent_share,
           avg(CASE WHEN email IS NOT NULL THEN 1.0 ELSE 0.0 END) AS email_share,
           avg(CASE WHEN consent_email AND email IS NOT NULL THEN 1.0 ELSE 0.0 END)
               AS reachable_share,
           avg(CASE WHEN first_name IS NOT NULL THEN 1.0 ELSE 0.0 END) AS first_name_share
    FROM members
    GROUP BY GROUPING SETS ((segment), ())
    ORDER BY segment
"""

_COMMONEST: Final = """
    , valued AS (
        SELECT segment, 'top_countries' AS measure, country AS value, count(*) AS customers
        FROM members WHERE country <> '' GROUP BY segment, country
        UNION ALL
        SELECT segment, 'top_categories' AS measure, favourite_category AS value,
               count(*) AS customers
        FROM members WHERE favourite_category <> '' GROUP BY segment, favourite_category
    ), ranked AS (
        SELECT segment, measure, value,
               row_number() OVER (PARTITION BY segment, measure
                                  ORDER BY customers DESC, value) AS place
        FROM valued
    )
    SELECT segment, measure, value FROM ranked
    WHERE place <= 3
    ORDER BY segment, measure, place
"""

_SELECT: Final = "SELECT customer_id, segment FROM members"
_ONE: Final = "SELECT segment FROM members WHERE customer_id = $customer_id"
_INSERT: Final = "INSERT INTO segment_members (campaign_id, customer_id, segment)"
_KEEP: Final = "SELECT $campaign_id, customer_id, segment FROM members"

_SHARES: Final = ("consent_share", "email_share", "reachable_share", "first_name_share")
_MEDIANS: Final = ("median_recency_days", "median_orders", "median_spent")

PROFILE: Final = {method: statement(text, _PROFILE) for method, text in MEMBERS.items()}
COMMONEST: Final = {method: statement(text, _COMMONEST) for method, text in MEMBERS.items()}
SELECT: Final = {method: statement(text, _SELECT) for method, text in MEMBERS.items()}
ONE: Final = {method: statement(text, _ONE) for method, text in MEMBERS.items()}
INSERT: Final = {method: statement(_INSERT, text, _KEEP) for method, text in MEMBERS.items()}


@dataclass(frozen=True, slots=True)
class Count:
    """What was counted in one segment, or in the whole dataset.

    Attributes:
        customers: Rows of the membership.
        people: Different customers among them; fewer than ``customers`` if any is in twice.
        profile: Medians, shares and commonest values by name.
    """

    customers: int
    people: int
    profile: tuple[tuple[str, float | str | None], ...]


def bound(base: Base, method: str, parameters: Mapping[str, Any]) -> dict[str, object]:
    """Return what the method's text is bound to, merges included."""
    own = _BIND[method](parameters, parameters.get("merges", {}))
    return {**own, "dataset_id": base.dataset_id, "as_of": base.as_of}


def count_members(
    store: Store, base: Base, method: str, parameters: Mapping[str, Any]
) -> tuple[dict[str, Count], Count]:
    """Count and profile every segment that anybody is in, and the whole."""
    values = bound(base, method, parameters)
    rows = store.records(PROFILE[method], **values)
    commonest: dict[str, dict[str, list[str]]] = {}
    for segment, measure, value in store.read(COMMONEST[method], **values):
        commonest.setdefault(segment, {}).setdefault(measure, []).append(value)
    total = next(row for row in rows if row["segment"] is None)
    counts = {
        row["segment"]: _count(row, total, commonest.get(row["segment"], {}))
        for row in rows
        if row["segment"] is not None
    }
    return counts, _count(total, total, {})


def _count(
    row: Mapping[str, Any], total: Mapping[str, Any], commonest: Mapping[str, list[str]]
) -> Count:
    profile: list[tuple[str, float | str | None]] = [
        ("share", _share(row["customers"], total["customers"])),
        ("spent_share", _share(row["spent"], total["spent"])),
    ]
    profile += [(name, row[name]) for name in (*_MEDIANS, *_SHARES)]
    profile += [(name, ", ".join(values) or None) for name, values in sorted(commonest.items())]
    return Count(row["customers"], row["people"], tuple(profile))


def _share(part: float, whole: float) -> float | None:
    """Return a share without the digits that depend on the order in which threads add up."""
    return round(part / whole, 9) if whole else None


def insert_members(store: Store, base: Base, method: str, parameters: Mapping[str, Any]) -> int:
    """Write every customer's segment to ``segment_members``, in one statement.

    Returns:
        How many rows were written.
    """
    values = bound(base, method, parameters)
    return store.run(INSERT[method], campaign_id=base.campaign_id, **values)


def segment_now(
    store: Store, base: Base, method: str, parameters: Mapping[str, Any], customer_id: str
) -> str | None:
    """Return the segment that today's numbers put a customer into; None where it is in none."""
    values = bound(base, method, parameters)
    row = store.read_one(ONE[method], customer_id=customer_id, **values)
    return str(row[0]) if row else None
