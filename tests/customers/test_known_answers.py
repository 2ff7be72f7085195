"""Known answers of UCI Online Retail that recommendations rest on, on the shipped order lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalization.customers.sample import SAMPLE_FOLDER

if TYPE_CHECKING:
    from personalization.store import Store

LINES = str(SAMPLE_FOLDER / "transactions.parquet")

# A basket is an invoice; what counts was sold for money and is a product by its code.
BASKETS = """
    CREATE TABLE baskets AS
    SELECT DISTINCT InvoiceNo AS basket, StockCode AS product FROM read_parquet($lines)
    WHERE Quantity > 0 AND UnitPrice > 0 AND regexp_matches(StockCode, '^[0-9]{5}')
"""


def test_cleaned_and_deduplicated_lines_have_their_known_sum(store: Store) -> None:
    """Customer known, quantity and price above zero: 392,692 distinct lines, 8,887,208.89."""
    deduplicated = """
        SELECT count(*), round(sum(Quantity * UnitPrice), 2), count(DISTINCT StockCode)
        FROM (SELECT DISTINCT * FROM read_parquet($lines)
              WHERE CustomerID IS NOT NULL AND Quantity > 0 AND UnitPrice > 0)
    """

    assert store.read(deduplicated, lines=LINES) == [(392_692, 8_887_208.89, 3_665)]


def test_lines_of_the_original_have_their_known_traps(store: Store) -> None:
    """1,454 lines without a description, 10,624 with no positive quantity, 9,288 of cancelled
    invoices, two negative prices, 5,268 exact duplicates.
    """
    traps = """
        SELECT count(*) FILTER (Description IS NULL), count(*) FILTER (Quantity <= 0),
               count(*) FILTER (InvoiceNo LIKE 'C%'), count(*) FILTER (UnitPrice < 0),
               count(*) - (SELECT count(*) FROM (SELECT DISTINCT * FROM read_parquet($lines)))
        FROM read_parquet($lines)
    """

    assert store.read(traps, lines=LINES) == [(1_454, 10_624, 9_288, 2, 5_268)]


def test_the_strongest_pairs_of_all_baskets_are_the_known_ones(store: Store) -> None:
    """19,773 baskets, 517,256 lines, 3,900 products.  Most often together: 22386 and 85099B, 825
    times, lift 6.41; then 22697 and 22699, 767 times, lift 14.06.  22916 and 22917: 221 times, lift
    76.83, Jaccard .863.  A pair is never together more often than either is alone.
    """
    pairs = """
        WITH totals AS (SELECT product, count(*) AS n FROM baskets GROUP BY product), frequent AS (
            FROM baskets JOIN totals USING (product)
            WHERE n >= 767 OR product IN ('22916', '22917')
        ), counted AS (
            SELECT a.product AS one, b.product AS other, count(*) AS together,
                   any_value(a.n) AS n_one, any_value(b.n) AS n_other
            FROM frequent AS a JOIN frequent AS b ON a.basket = b.basket AND a.product < b.product
            GROUP BY ALL
        )
        SELECT one, other, together, round(together * 19773 / (n_one * n_other), 2) AS lift,
               round(together / (n_one + n_other - together), 3) AS jaccard
        FROM counted WHERE together >= 767 OR one = '22916' AND other = '22917'
        ORDER BY together DESC, one, other
    """
    store.run(BASKETS, lines=LINES)

    counts = store.read(
        "SELECT count(DISTINCT basket), count(*), count(DISTINCT product) FROM baskets"
    )

    assert counts == [(19_773, 517_256, 3_900)]
    assert store.read(pairs) == [
        ("22386", "85099B", 825, 6.41, 0.332),
        ("22697", "22699", 767, 14.06, 0.585),
        ("22916", "22917", 221, 76.83, 0.863),
    ]


def test_customers_in_common_are_the_known_ones(store: Store) -> None:
    """22086 and 22910: 327 customers bought both; 22423 and 22699: 321; 22697 and 22699: 321."""
    common = """
        WITH buyers AS (
            SELECT DISTINCT CustomerID AS customer, StockCode AS product FROM read_parquet($lines)
            WHERE CustomerID IS NOT NULL AND Quantity > 0 AND UnitPrice > 0
              AND StockCode IN ('22086', '22910', '22423', '22699', '22697')
        )
        SELECT a.product, b.product, count(*)
        FROM buyers AS a JOIN buyers AS b ON a.customer = b.customer AND a.product < b.product
        GROUP BY ALL HAVING count(*) >= 321 ORDER BY ALL
    """

    assert store.read(common, lines=LINES) == [
        ("22086", "22910", 327),
        ("22423", "22699", 321),
        ("22697", "22699", 321),
    ]


def test_french_baskets_have_the_published_rules(store: Store) -> None:
    """Chris Moffitt, "Introduction to Market Basket Analysis in Python" (2017), with mlxtend: 392
    baskets; pink to green alarm clock support .073980, confidence .725, lift 7.478947; green with
    red .079082, 8.642959; paper cups to plates .122449, .888889, 6.968889.
    """
    rules = """
        WITH french AS (
            SELECT DISTINCT InvoiceNo AS basket, trim(Description) AS name
            FROM read_parquet($lines)
            WHERE Country = 'France' AND NOT contains(InvoiceNo, 'C') AND Quantity > 0
              AND trim(Description) <> 'POSTAGE'
        ), totals AS (SELECT name, count(*) AS n FROM french GROUP BY name), counted AS (
            SELECT a.name AS one, b.name AS other, count(*) AS together
            FROM french AS a JOIN french AS b ON a.basket = b.basket AND a.name <> b.name
            GROUP BY ALL
        )
        SELECT one, other, round(together / 392, 6) AS support,
               round(together / own.n, 6) AS confidence,
               round(together * 392 / (own.n * others.n), 6) AS lift
        FROM counted
        JOIN totals AS own ON own.name = one JOIN totals AS others ON others.name = other
        WHERE together / 392 >= 0.07
    """

    found = {(one, other): figures for one, other, *figures in store.read(rules, lines=LINES)}

    clock = "ALARM CLOCK BAKELIKE "
    assert found[clock + "PINK", clock + "GREEN"] == [0.07398, 0.725, 7.478947]
    assert found[clock + "GREEN", clock + "RED"][::2] == [0.079082, 8.642959]
    cups, plates = "SET/6 RED SPOTTY PAPER CUPS", "SET/6 RED SPOTTY PAPER PLATES"
    assert found[cups, plates] == [0.122449, 0.888889, 6.968889]
    assert len(found) == 20
