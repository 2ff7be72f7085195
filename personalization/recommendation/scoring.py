"""For each customer the products that go with what they have, and what most others buy.

Both write the temporary table ``candidates``: some three times as many rows for each customer as
are wanted, in which the caps of the ranking then choose.  A unit of work reads the temporary
tables ``asked_customers(customer_id, segment, country)``, ``allowed_products(product_id)`` and
``blocked_products(customer_id, product_id, rule)``: what they leave out is never a candidate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

    from personalization.store import Store

HALF_LIFE_DAYS: Final = 180.0
"""After how many days something that a customer did counts half."""

_OPEN: Final = """
    CREATE OR REPLACE TEMP TABLE candidates (
        customer_id VARCHAR, product_id VARCHAR, score DOUBLE, source_id VARCHAR,
        together BIGINT, base BIGINT, detail VARCHAR, strategy VARCHAR, is_fallback BOOLEAN
    )
"""


def open_candidates(store: Store) -> None:
    """Make the empty temporary table ``candidates``."""
    store.run(_OPEN)


def gather_histories(
    store: Store, dataset_id: str, *, as_of: datetime, half_life_days: float = HALF_LIFE_DAYS
) -> int:
    """Fill the temporary table ``histories`` with what the asked customers have.

    A row a customer and product: ``customer_id``, ``product_id``, ``weight`` (1 for a purchase
    of today, halved every ``half_life_days``; views and baskets count less), ``last_at``.  What
    was sent back whole is not in it.

    Args:
        store: Reads ``product_events``, ``asked_customers``; inside a transaction of the caller.
        dataset_id: The customer base.
        as_of: Events up to here count.
        half_life_days: After how many days something counts half.

    Returns:
        How many rows there are.
    """
    raise NotImplementedError


def for_you(store: Store, model_id: str, *, wanted: int) -> int:
    """Add the products that go best with each asked customer's history to ``candidates``.

    Args:
        store: Reads ``histories``, ``item_similarities``, ``asked_customers``,
            ``allowed_products``, ``blocked_products``.
        model_id: Of the kind ``cosine`` or ``ease``.
        wanted: Products for each customer; three times as many become candidates.

    Returns:
        How many candidates were added.  ``together`` of ``base`` customers with the source had
        the product too.
    """
    raise NotImplementedError


def popular(
    store: Store, dataset_id: str, *, wanted: int, as_of: datetime, is_fallback: bool
) -> int:
    """Add what most others buy to ``candidates``: of the segment, else the country, else all.

    Args:
        store: Reads ``product_events``, ``allowed_products``, ``blocked_products`` and the
            temporary table ``wanting_customers(customer_id, segment, country)``: those who are
            to be filled.
        dataset_id: The customer base.
        wanted: Products for each customer.
        as_of: The last 90 days up to here count.
        is_fallback: It fills what another strategy has left; a product that is a candidate of
            the customer already may come again.

    Returns:
        How many candidates were added.  ``together`` of ``base`` buyers bought the product, and
        ``detail`` is {"level": "segment" | "country" | "all", "days": 90}.
    """
    raise NotImplementedError
