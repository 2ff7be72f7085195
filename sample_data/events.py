"""Make up what customers looked at and put aside on the shop's pages; run again, the same bytes.

    python sample_data/events.py sample_data/transactions.parquet

Fictional: whoever is drawn, by a hash of the number, goes once or twice to the pages between
12 November and 9 December 2011 and looks at products that others bought together with one of
theirs.  Some go into the basket or on the wish list.  products.csv has to be there already.
"""  # noqa: INP001

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import duckdb

HERE: Final = Path(__file__).parent

# The anchor is a product of the customer's; the basket, somebody else's invoice that has it.
_EVENTS = """
    WITH products AS (
        SELECT product_id, price FROM read_csv($products, all_varchar = true)
        WHERE active = 'yes' AND gate IS NULL
    ), lines AS (
        SELECT DISTINCT CustomerID::VARCHAR AS customer_id, InvoiceNo AS invoice,
               upper(StockCode) AS product_id
        FROM read_parquet($source) WHERE Quantity > 0 AND UnitPrice > 0 AND CustomerID IS NOT NULL
    ), owned AS (
        SELECT DISTINCT customer_id, product_id FROM lines JOIN products USING (product_id)
    ), drawn AS (
        SELECT customer_id, session FROM (SELECT DISTINCT customer_id FROM owned)
        CROSS JOIN (SELECT unnest([1, 2]) AS session)
        WHERE ('0x' || md5('visit:' || session || ':' || customer_id)[1:8])::BIGINT % 100
              < CASE session WHEN 1 THEN 25 ELSE 10 END
    ), anchored AS (
        SELECT customer_id, session, product_id AS anchor FROM drawn JOIN owned USING (customer_id)
        QUALIFY row_number() OVER (PARTITION BY customer_id, session
                    ORDER BY md5(session || customer_id || product_id), product_id) = 1
    ), baskets AS (
        SELECT anchored.*, lines.invoice FROM anchored JOIN lines
            ON lines.product_id = anchor AND lines.customer_id <> anchored.customer_id
        QUALIFY row_number() OVER (PARTITION BY anchored.customer_id, session
                    ORDER BY md5(anchored.customer_id || lines.invoice), lines.invoice) = 1
    ), seen AS (
        SELECT baskets.customer_id, session, lines.product_id, price, row_number() OVER (
                   PARTITION BY baskets.customer_id, session
                   ORDER BY md5(baskets.customer_id || lines.product_id), lines.product_id) AS place
        FROM baskets JOIN lines USING (invoice)
        JOIN products ON products.product_id = lines.product_id
        ANTI JOIN owned ON owned.customer_id = baskets.customer_id
                       AND owned.product_id = lines.product_id
    ), viewed AS (
        SELECT customer_id, product_id, price, 's-' || customer_id || '-' || session AS session,
               ('0x' || md5('event:' || customer_id || product_id)[1:8])::BIGINT AS draw,
               TIMESTAMP '2011-11-12 07:00:00' + place * INTERVAL '4' MINUTE
                   + ('0x' || md5('day:' || session || customer_id)[1:8])::BIGINT % 28
                     * INTERVAL '1' DAY
                   + ('0x' || md5('hour:' || session || customer_id)[1:8])::BIGINT % 840
                     * INTERVAL '1' MINUTE AS happened_at
        FROM seen
        WHERE place <= 1 + ('0x' || md5('views:' || session || customer_id)[1:8])::BIGINT % 5
    ), events AS (
        SELECT customer_id, CASE WHEN draw % 10 = 0 THEN 'click' ELSE 'view' END AS event,
               product_id, NULL AS quantity, price, session, happened_at
        FROM viewed
        UNION ALL
        SELECT customer_id, 'cart', product_id, 1 + draw % 6, price, session,
               happened_at + INTERVAL '90' SECOND
        FROM viewed WHERE draw % 100 < 28
        UNION ALL
        SELECT customer_id, 'wishlist', product_id, NULL, price, session,
               happened_at + INTERVAL '60' SECOND
        FROM viewed WHERE draw % 100 BETWEEN 28 AND 39
    )
    FROM events ORDER BY happened_at, customer_id, product_id, event
"""


def build(source: Path, folder: Path = HERE) -> None:
    """Write interactions.csv into ``folder``, where products.csv lies."""
    place = {"source": str(source), "products": str(folder / "products.csv")}
    events = duckdb.connect().sql(_EVENTS, params=place)
    events.write_csv(str(folder / "interactions.csv"), header=True)


if __name__ == "__main__":
    build(Path(sys.argv[1]))
