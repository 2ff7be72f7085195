"""What customers have bought, as one common table expression and as a sample for fitting.

The SQL is the part that DuckDB and Spark share.  Recency is counted in days with their
fraction, whole seconds before ``as_of``; it is NULL for everybody without a dated order.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from personalization.errors import InputError
from personalization.segmentation.values import Base

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from personalization.store import Store


def statement(*parts: str) -> str:
    """Put a statement together from constants of this stage; values are bound, never put in."""
    return "\n".join(parts)


# A file may know the last order and not their number: then it is at least one.  An order
# later than as_of has come in since; it counts as bought that very day.
HISTORY: Final = """
    WITH spans AS (
        SELECT customers.*,
               CASE WHEN last_order_at IS NOT NULL AND coalesce(orders, 1) > 0
                    THEN CAST($as_of AS TIMESTAMP)
                         - least(last_order_at, CAST($as_of AS TIMESTAMP)) END AS span
        FROM customers
        WHERE dataset_id = $dataset_id
    ), history AS (
        SELECT spans.*,
               (CAST(extract(DAY FROM span) AS DOUBLE) * 86400
                + extract(HOUR FROM span) * 3600
                + extract(MINUTE FROM span) * 60
                + CAST(floor(extract(SECOND FROM span)) AS DOUBLE)) / 86400 AS recency_days,
               CASE WHEN span IS NULL THEN coalesce(orders, 0)
                    ELSE coalesce(orders, 1) END AS n_orders,
               greatest(coalesce(total_spent, 0), 0) AS spent
        FROM spans
    )
"""
"""Opens a statement: the dataset's customers as ``history``, with recency, orders and spend."""

_BASE = """
    SELECT campaigns.dataset_id, campaigns.send_on,
           (SELECT max(last_order_at) FROM customers
            WHERE customers.dataset_id = campaigns.dataset_id AND coalesce(orders, 1) > 0)
    FROM campaigns WHERE campaign_id = $campaign_id
"""

# The place in the order of ids and not the id itself is drawn by, so that neither the order
# of the rows nor another spelling of the ids changes who is in the sample.
SAMPLE: Final = statement(
    HISTORY,
    """
    , places AS (
        SELECT recency_days, n_orders, spent, row_number() OVER (ORDER BY customer_id) AS place
        FROM history
        WHERE recency_days IS NOT NULL
    )
    SELECT recency_days, CAST(n_orders AS DOUBLE) AS n_orders, spent
    FROM places
    ORDER BY md5(concat_ws(':', $seed, CAST(place AS VARCHAR(20)))), place
    LIMIT $sample
""",
)


def base_of(store: Store, campaign_id: str) -> Base:
    """Find the customers of a campaign and the day from which their recency is counted.

    Raises:
        InputError: There is no such campaign.
    """
    row = store.read_one(_BASE, campaign_id=campaign_id)
    if row is None:
        raise InputError(f"There is no campaign {campaign_id!r}. Choose one on the first page.")
    dataset_id, send_on, last_order_at = row
    as_of = send_on if last_order_at is None else last_order_at.date() + timedelta(days=1)
    return Base(campaign_id, dataset_id, as_of)


def sample_history(store: Store, base: Base, *, sample: int, seed: int) -> npt.NDArray[np.float64]:
    """Draw customers with a dated order, the same ones each time.

    Returns:
        Recency in days, orders and spend; shape (at most ``sample``, 3).

    Raises:
        InputError: Nobody has a dated order, so history tells nobody apart.
    """
    drawn = store.frame(
        SAMPLE, dataset_id=base.dataset_id, as_of=base.as_of, sample=sample, seed=str(seed)
    ).to_numpy("float64")
    if len(drawn) == 0:
        raise InputError(
            "None of these customers has an order with a date, so there is no history to group "
            "them by. Import their transactions, or group them by rules."
        )
    return drawn
