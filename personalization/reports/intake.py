"""What a checked file would bring in, and what a customer base is made of."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from personalization import customers

if TYPE_CHECKING:
    from datetime import date, datetime

    import pandas as pd

    from personalization.store import Store

Intake = customers.Intake
preview = customers.preview
problems_of = customers.problems_of

EXTRA = customers.ATTRIBUTE
"""A column mapped to this is kept as an extra detail of the customer."""

IGNORE = customers.IGNORE
"""A column mapped to this is not stored."""


def fields_of(target: str) -> dict[str, str]:
    """Return the fields that a column may fill, with their labels; the required ones are marked."""
    return {
        field.name: f"{field.label} (needed)" if field.required else field.label
        for field in customers.TARGET_FIELDS[target]
    }


def currencies_of(intake: Intake) -> list[str]:
    """List the currencies that were found in a checked file, as ISO codes."""
    found = intake.detected.get("currency") or []
    return [found] if isinstance(found, str) else list(found)


_REASONS = """
    SELECT outcome, reason, count(*) AS n FROM read_parquet($path)
    WHERE outcome <> 'skipped'
    GROUP BY outcome, reason ORDER BY outcome = 'warning', n DESC, outcome, reason
"""


def reasons_of(store: Store, intake: Intake) -> list[dict[str, Any]]:
    """Count a checked file's problems by reason, what was rejected or merged before warnings."""
    if intake.problems is None:
        return []
    return store.records(_REASONS, path=str(intake.problems))


def problems_csv(intake: Intake) -> bytes:
    """Return every problem of a checked file as CSV, as spreadsheets read it."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "problems.csv"
        customers.write_problems(intake, path)
        return path.read_bytes()


_CUSTOMER_TOTALS = """
    SELECT count(*) AS n_customers,
           count(email) FILTER (WHERE consent_email) AS n_reachable,
           sum(orders)::BIGINT AS n_orders, sum(total_spent) AS total_spent,
           mode(currency) AS currency
    FROM read_parquet($path)
"""
# Purchases only, as in the history that segments are made of; refunds are told apart.
_ORDER_TOTALS = """
    SELECT count(*) AS n_lines,
           count(DISTINCT order_id) FILTER (WHERE quantity > 0 AND unit_price > 0) AS n_orders,
           count(DISTINCT customer_id) AS n_customers,
           coalesce(sum(amount) FILTER (WHERE quantity > 0 AND unit_price > 0), 0) AS amount,
           coalesce(-sum(amount) FILTER (WHERE amount < 0), 0) AS refunds,
           min(ordered_at)::DATE AS first_on, max(ordered_at)::DATE AS last_on,
           mode(currency) AS currency
    FROM read_parquet($path)
"""
_PRODUCT_TOTALS = """
    SELECT count(*) AS n_products, count(DISTINCT category) AS n_categories,
           count(*) FILTER (WHERE price IS NULL OR price = 0) AS n_without_price,
           count(*) FILTER (WHERE NOT active) AS n_not_sold,
           count(*) FILTER (WHERE stock <= 0) AS n_out_of_stock
    FROM read_parquet($path)
"""
_INTERACTION_TOTALS = """
    SELECT count(*) AS n_events, count(DISTINCT customer_id) AS n_customers,
           count(DISTINCT product_id) AS n_products,
           count(*) FILTER (WHERE event = 'purchase') AS n_purchases,
           min(happened_at)::DATE AS first_on, max(happened_at)::DATE AS last_on
    FROM read_parquet($path)
"""
_TOTALS = {
    "customers": _CUSTOMER_TOTALS,
    "transactions": _ORDER_TOTALS,
    "products": _PRODUCT_TOTALS,
    "interactions": _INTERACTION_TOTALS,
}


def totals_of(store: Store, intake: Intake) -> dict[str, Any]:
    """Add up the rows that would come in, to be held against the shop's own books."""
    return store.records(_TOTALS[intake.target], path=str(intake.staged))[0]


@dataclass(frozen=True, slots=True)
class Base:
    """A customer base and what it adds up to, for a marketer to hold against the shop's books.

    Attributes:
        n_customers: Everybody in it.
        n_with_address: Those with a valid e-mail address.
        n_with_consent: Those who said yes to e-mail.
        n_reachable: Those with both.
        n_orders: Orders of all customers together.
        total_spent: Money spent by all, in ``currency``.
        currency: ISO code that most of its money is in, or None where the files say none.
        first_order_on: Day of the first order of anybody, or None.
        last_order_on: Day of the last order of anybody, or None.
    """

    dataset_id: str
    name: str
    is_sample: bool
    created_at: datetime
    n_customers: int
    n_with_address: int
    n_with_consent: int
    n_reachable: int
    n_orders: int
    total_spent: float
    currency: str | None
    first_order_on: date | None
    last_order_on: date | None


_BASES = """
    WITH totals AS (
        SELECT dataset_id, count(*) AS n_customers, count(email) AS n_with_address,
               count(*) FILTER (WHERE consent_email) AS n_with_consent,
               count(email) FILTER (WHERE consent_email) AS n_reachable,
               coalesce(sum(orders), 0)::BIGINT AS n_orders,
               coalesce(sum(total_spent), 0) AS total_spent,
               mode(currency) AS currency,
               min(first_order_at)::DATE AS first_order_on,
               max(last_order_at)::DATE AS last_order_on
        FROM customers GROUP BY dataset_id
    ),
    lines AS (
        SELECT dataset_id, mode(currency) AS currency FROM transactions GROUP BY dataset_id
    ),
    prices AS (
        SELECT dataset_id, mode(currency) AS currency FROM products GROUP BY dataset_id
    )
    SELECT datasets.dataset_id, datasets.name, datasets.is_sample, datasets.created_at,
           coalesce(n_customers, 0) AS n_customers, coalesce(n_with_address, 0) AS n_with_address,
           coalesce(n_with_consent, 0) AS n_with_consent, coalesce(n_reachable, 0) AS n_reachable,
           coalesce(n_orders, 0) AS n_orders, coalesce(total_spent, 0) AS total_spent,
           coalesce(lines.currency, totals.currency, prices.currency) AS currency,
           first_order_on, last_order_on
    FROM datasets
    LEFT JOIN totals ON totals.dataset_id = datasets.dataset_id
    LEFT JOIN lines ON lines.dataset_id = datasets.dataset_id
    LEFT JOIN prices ON prices.dataset_id = datasets.dataset_id
    WHERE datasets.dataset_id = $dataset_id
       OR ($dataset_id = ''
           AND (n_customers > 0 OR NOT EXISTS (
                   FROM prospects WHERE prospects.dataset_id = datasets.dataset_id)))
    ORDER BY datasets.created_at DESC, datasets.dataset_id
"""


def bases(store: Store) -> list[Base]:
    """List every customer base with its totals, the newest first; bases of prospects are none."""
    return [Base(**row) for row in store.records(_BASES, dataset_id="")]


def base_of(store: Store, dataset_id: str) -> Base:
    """Return one customer base with its totals."""
    (row,) = store.records(_BASES, dataset_id=dataset_id)
    return Base(**row)


_CURRENCY = """
    SELECT coalesce((SELECT mode(currency) FROM transactions WHERE dataset_id = $dataset_id),
                    (SELECT mode(currency) FROM customers WHERE dataset_id = $dataset_id),
                    (SELECT mode(currency) FROM products WHERE dataset_id = $dataset_id))
"""


def currency_of(store: Store, dataset_id: str) -> str | None:
    """Return the currency that most of a base's money is in, or None where the files say none."""
    ((currency,),) = store.read(_CURRENCY, dataset_id=dataset_id)
    return str(currency) if currency else None


_IMPORTS = """
    SELECT target, file_name, rows_total, accepted, rejected, merged, imported_at, imported_by
    FROM imports WHERE dataset_id = $dataset_id
    ORDER BY imported_at, import_id
"""
_PROBLEMS = """
    SELECT imports.file_name, outcome, line, column_name, value, reason
    FROM imports JOIN intake_problems ON intake_problems.import_id = imports.import_id
    WHERE dataset_id = $dataset_id AND outcome <> 'skipped'
    ORDER BY outcome = 'warning', imports.imported_at, imports.import_id, line, column_name, reason
    LIMIT $limit
"""


_N_PROBLEMS = """
    SELECT count(*) FROM imports
    JOIN intake_problems ON intake_problems.import_id = imports.import_id
    WHERE dataset_id = $dataset_id AND outcome <> 'skipped'
"""


def count_problems(store: Store, dataset_id: str) -> int:
    """Count what was rejected, merged or warned of when the files of a base came in."""
    ((n,),) = store.read(_N_PROBLEMS, dataset_id=dataset_id)
    return int(n)


def imports_of(store: Store, dataset_id: str) -> list[dict[str, Any]]:
    """List the files of a base, each with its rows: total = accepted + rejected + merged."""
    return store.records(_IMPORTS, dataset_id=dataset_id)


def problems_of_base(store: Store, dataset_id: str, *, limit: int = 500) -> pd.DataFrame:
    """List what was rejected, merged or warned of, the rows that are not there first."""
    return store.frame(_PROBLEMS, dataset_id=dataset_id, limit=limit)
