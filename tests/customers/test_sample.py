"""Known answers on the shipped data; the figures are those of UCI Online Retail."""

from __future__ import annotations

import runpy
from typing import TYPE_CHECKING

import pytest

from personalization.customers import check_file, load_sample
from personalization.customers.sample import SAMPLE_FOLDER
from personalization.domain import MERGE_FIELDS
from personalization.store import Store, open_store, verify_chain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LINES = str(SAMPLE_FOLDER / "transactions.parquet")


@pytest.fixture(scope="module")
def sample() -> Iterator[Store]:
    opened = open_store()
    load_sample(opened, actor="ann")
    yield opened
    opened.close()


def test_the_shipped_order_lines_are_the_whole_set(store: Store) -> None:
    """UCI Online Retail: 541,909 lines, 25,900 invoices, 4,070 codes, 38 countries."""
    [counts] = store.read(
        """
        SELECT count(*), count(DISTINCT InvoiceNo), count(DISTINCT StockCode),
               count(DISTINCT CustomerID), count(DISTINCT Country),
               count(*) FILTER (CustomerID IS NULL), round(sum(Quantity * UnitPrice), 2)
        FROM read_parquet($lines)
        """,
        lines=LINES,
    )

    assert counts == (541_909, 25_900, 4_070, 4_372, 38, 135_080, 9_747_747.93)


def test_lines_without_a_customer_are_rejected_and_told(sample: Store) -> None:
    [counts] = sample.read(
        "SELECT rows_total, accepted, rejected, merged FROM imports WHERE target = 'transactions'"
    )
    reasons = dict(
        sample.read(
            "SELECT reason, count(*) FROM intake_problems WHERE outcome = 'rejected' GROUP BY ALL"
        )
    )

    assert counts == (541_909, 406_829, 135_080, 0)
    assert reasons == {"missing_customer_id": 135_080}


def test_known_lines_and_cleaned_lines_have_their_known_sums(sample: Store) -> None:
    """Known: 406,829 lines, 22,190 invoices, 8,300,065.81; cleaned (above zero): 397,884 lines,
    4,338 customers, 18,532 invoices, 8,911,407.90.
    """
    known = sample.read(
        "SELECT count(*), count(DISTINCT order_id), round(sum(amount), 2) FROM transactions"
    )
    cleaned = sample.read(
        """
        SELECT count(*), count(DISTINCT customer_id), count(DISTINCT order_id),
               round(sum(amount), 2)
        FROM transactions WHERE quantity > 0 AND unit_price > 0
        """
    )

    assert known == [(406_829, 22_190, 8_300_065.81)]
    assert cleaned == [(397_884, 4_338, 18_532, 8_911_407.90)]


def test_history_adds_up_to_the_cleaned_lines(sample: Store) -> None:
    [totals] = sample.read(
        """
        SELECT count(*), count(orders), sum(orders), round(sum(total_spent), 2),
               max(last_order_at)::VARCHAR
        FROM customers
        """
    )

    assert totals == (4_372, 4_338, 18_532, 8_911_407.90, "2011-12-09 12:50:00")


def test_every_customer_can_be_addressed_or_has_the_reason_for_not(sample: Store) -> None:
    [counts] = sample.read(
        """
        SELECT count(DISTINCT email), count(*) FILTER (email IS NULL),
               count(*) FILTER (email NOT LIKE '%@example.com'),
               avg(consent_email::INTEGER), count(*) FILTER (signup_on > first_order_at)
        FROM customers
        """
    )

    addresses, missing, elsewhere, consent, late = counts
    assert addresses + missing == 4_372
    assert (elsewhere, late) == (0, 0)
    assert consent == pytest.approx(0.9, abs=0.02)


def test_the_fields_of_messages_are_mostly_filled(sample: Store) -> None:
    [row] = sample.records("SELECT count(COLUMNS(*)) FROM customers")
    share = {field: row[field] / 4_372 for field in MERGE_FIELDS if field != "city"}

    assert min(share.values()) > 0.9


def test_products_have_a_category_that_reads_well_in_a_sentence(sample: Store) -> None:
    categories = dict(
        sample.read("SELECT category, count(*) FROM products GROUP BY category ORDER BY category")
    )

    assert sum(categories.values()) == 3_788
    assert {"candles & lights", "kitchen & dining", "bags & storage"} <= categories.keys()
    assert categories["gifts & treats"] / 3_788 < 0.05
    lit = sample.read("SELECT category FROM products WHERE product_id IN ('85123A', '22423')")
    assert sorted(lit) == [("baking & cakes",), ("candles & lights",)]


def test_the_sample_is_loaded_once(sample: Store) -> None:
    before = sample.read("SELECT dataset_id, is_sample FROM datasets")

    assert load_sample(sample, actor="bob") == before[0][0]
    assert sample.read("SELECT dataset_id, is_sample FROM datasets") == before
    assert sample.read("SELECT count(*) FROM customers") == [(4_372,)]
    assert verify_chain(sample).is_whole


def test_the_faulty_file_shows_what_the_intake_finds(tmp_path: Path) -> None:
    """By hand: 54 rows; 47 good, 5 without number or out of shape, 2 that come again."""
    intake = check_file(SAMPLE_FOLDER / "faulty_customers.csv", folder=tmp_path)

    assert (intake.rows_total, intake.accepted, intake.rejected, intake.merged) == (54, 47, 5, 2)
    assert (intake.ask, intake.skipped) == ((), 7)
    assert intake.mapping["Card number"] == "ignore"


def test_the_files_are_those_that_the_scripts_build(tmp_path: Path) -> None:
    for script in ("build.py", "catalogue.py", "events.py"):
        scope = runpy.run_path(str(SAMPLE_FOLDER / script))
        scope["build"](SAMPLE_FOLDER / "transactions.parquet", tmp_path)

    for name in ("customers.csv", "products.csv", "consents.csv", "interactions.csv"):
        assert (tmp_path / name).read_bytes() == (SAMPLE_FOLDER / name).read_bytes()


def test_the_sample_data_stay_small() -> None:
    assert sum(p.stat().st_size for p in SAMPLE_FOLDER.rglob("*") if p.is_file()) < 8_000_000
