"""The sample shop, loaded with one click."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from personalization.customers.history import derive_history
from personalization.store import record

if TYPE_CHECKING:
    from personalization.store import Store

SAMPLE_FOLDER: Final = Path(__file__).parents[2] / "sample_data"
SAMPLE_DATASET: Final = "sample"

_EXISTS = "SELECT 1 FROM datasets WHERE dataset_id = $dataset_id"
_CREATE = """
    INSERT INTO datasets VALUES ($dataset_id, $name, true, $created_at, $created_by, $dataset_id)
"""
_CUSTOMERS = """
    INSERT INTO customers BY NAME
    SELECT $dataset_id AS dataset_id, customer_id::VARCHAR AS customer_id, email, first_name,
           country, locale, tier, signup_date AS signup_on, consent_email
    FROM read_csv($path)
"""
_PRODUCTS = """
    INSERT INTO products BY NAME
    SELECT $dataset_id AS dataset_id, product_id, name, category, price, currency
    FROM read_csv($path, all_varchar = true)
"""
_LINES = """
    INSERT INTO transactions BY NAME
    SELECT $dataset_id AS dataset_id, InvoiceNo AS order_id, CustomerID::VARCHAR AS customer_id,
           StockCode AS product_id, trim(Description) AS product_name, Quantity AS quantity,
           UnitPrice AS unit_price, Quantity * UnitPrice AS amount, 'GBP' AS currency,
           InvoiceDate AS ordered_at
    FROM read_parquet($path) WHERE CustomerID IS NOT NULL
"""


def load_sample(store: Store, *, actor: str) -> str:
    """Load the sample customers, products and order lines once, and return the dataset's id."""
    if store.read_one(_EXISTS, dataset_id=SAMPLE_DATASET):
        return SAMPLE_DATASET
    with store.transaction():
        store.run(
            _CREATE,
            dataset_id=SAMPLE_DATASET,
            name="Hearth & Ribbon (sample)",
            created_at=store.now(),
            created_by=actor,
        )
        place = {"dataset_id": SAMPLE_DATASET}
        store.run(_CUSTOMERS, path=str(SAMPLE_FOLDER / "customers.csv"), **place)
        store.run(_PRODUCTS, path=str(SAMPLE_FOLDER / "products.csv"), **place)
        store.run(_LINES, path=str(SAMPLE_FOLDER / "transactions.parquet"), **place)
        derive_history(store, SAMPLE_DATASET)
        record(store, "dataset.created", SAMPLE_DATASET, actor=actor, is_sample=True)
    return SAMPLE_DATASET
