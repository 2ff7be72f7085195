from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest

from personalization.customers import check_file
from personalization.reports import intake

if TYPE_CHECKING:
    from pathlib import Path

    from personalization.store import Store

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
CUSTOMERS = (
    "customer_id,email,consent,orders,total_spent\n"
    "A1,ann@example.com,yes,3,£120.50\n"
    "A2,ben@example.com,no,1,£20.00\n"
    ",cara@example.com,yes,2,£44.00\n"
    "A2,ben@example.com,yes,2,£35.00\n"
    "A4,=SUM(A1),yes,1,£15.00\n"
    "A5,dan@example.com,no,1,£9.50\n"
)
ORDERS = (
    "order_id,customer_id,quantity,unit_price,ordered_at\n"
    "1,A1,2,10.00,2026-10-01\n"
    "1,A1,1,5.50,2026-10-01\n"
    "2,A2,-1,5.50,2026-10-25\n"
)


@pytest.fixture
def checked(tmp_path: Path) -> intake.Intake:
    path = tmp_path / "mine.csv"
    path.write_text(CUSTOMERS, "utf-8")
    return check_file(path, folder=tmp_path / "staged")


def add_base(store: Store, dataset_id: str, name: str, created_at: datetime = NOW) -> None:
    store.run(
        "INSERT INTO datasets VALUES ($id, $name, false, $t, 'Ann', NULL)",
        id=dataset_id, name=name, t=created_at,
    )  # fmt: skip


def test_what_would_come_in_is_added_up(store: Store, checked: intake.Intake) -> None:
    totals = intake.totals_of(store, checked)

    assert totals == {
        "n_customers": 4,
        "n_reachable": 1,  # one row of the customer who comes twice refuses
        "n_orders": 7,
        "total_spent": pytest.approx(180.0),
        "currency": "GBP",
    }


def test_purchases_are_added_up_and_refunds_told_apart(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(ORDERS, "utf-8")

    totals = intake.totals_of(store, check_file(path, target="transactions", folder=tmp_path / "s"))

    assert (totals["n_lines"], totals["n_orders"], totals["n_customers"]) == (3, 1, 2)
    assert (totals["amount"], totals["refunds"]) == (pytest.approx(25.5), pytest.approx(5.5))
    assert (totals["first_on"], totals["last_on"]) == (date(2026, 10, 1), date(2026, 10, 25))


def test_problems_are_counted_by_reason_the_lost_rows_first(
    store: Store, checked: intake.Intake
) -> None:
    rows = intake.reasons_of(store, checked)

    said = [(row["outcome"], row["reason"], row["n"]) for row in rows]
    assert set(said[:2]) == {
        ("rejected", "missing_customer_id", 1),
        ("merged", "duplicate_superseded", 1),
    }
    assert ("warning", "invalid_email", 1) in said[2:]


def test_the_problems_can_be_taken_away_without_a_formula_in_them(checked: intake.Intake) -> None:
    text = intake.problems_csv(checked).decode("utf-8-sig")

    rows = list(csv.DictReader(io.StringIO(text)))
    assert "missing_customer_id" in {row["reason"] for row in rows}
    assert not [cell for row in rows for cell in row.values() if cell.startswith("=")]


def test_the_fields_say_which_of_them_are_needed() -> None:
    fields = intake.fields_of("customers")

    assert fields["customer_id"] == "Customer number (needed)"
    assert fields["first_name"] == "First name"


def test_a_base_adds_up_who_can_be_written_to(store: Store) -> None:
    add_base(store, "base", "Mine")
    store.run(
        "INSERT INTO customers (dataset_id, customer_id, email, consent_email, orders, "
        "total_spent, currency, first_order_at, last_order_at) VALUES "
        "('base', 'A', 'a@example.com', true, 2, 30.0, 'GBP', '2026-01-02', '2026-05-01'), "
        "('base', 'B', NULL, true, 1, 12.5, 'GBP', '2026-02-02', '2026-02-02'), "
        "('base', 'C', 'c@example.com', false, NULL, NULL, NULL, NULL, NULL), "
        "('other', 'D', 'd@example.com', true, 9, 99.0, 'EUR', NULL, NULL)"
    )

    base = intake.base_of(store, "base")

    assert (base.n_customers, base.n_with_address, base.n_with_consent, base.n_reachable) == (
        3,
        2,
        2,
        1,
    )
    assert (base.n_orders, base.total_spent, base.currency) == (3, 42.5, "GBP")
    assert (base.first_order_on, base.last_order_on) == (date(2026, 1, 2), date(2026, 5, 1))


def test_a_base_without_customers_adds_up_to_nothing(store: Store) -> None:
    add_base(store, "base", "Mine")

    base = intake.base_of(store, "base")

    assert (base.n_customers, base.n_reachable, base.total_spent, base.currency) == (0, 0, 0, None)


def test_the_newest_base_stands_first(store: Store) -> None:
    add_base(store, "old", "Old", datetime(2026, 1, 1, tzinfo=UTC))
    add_base(store, "new", "New")

    assert [base.name for base in intake.bases(store)] == ["New", "Old"]


def test_the_currency_of_the_orders_goes_before_that_of_customers_and_prices(store: Store) -> None:
    store.run(
        "INSERT INTO products (dataset_id, product_id, name, currency) "
        "VALUES ('base', 'P', 'Tin', 'CHF')"
    )
    assert intake.currency_of(store, "base") == "CHF"

    store.run(
        "INSERT INTO customers (dataset_id, customer_id, consent_email, currency) "
        "VALUES ('base', 'A', true, 'EUR')"
    )
    assert intake.currency_of(store, "base") == "EUR"

    store.run(
        "INSERT INTO transactions (dataset_id, customer_id, quantity, amount, currency, "
        "ordered_at) VALUES ('base', 'A', 1, 2.0, 'GBP', '2026-01-01')"
    )

    assert intake.currency_of(store, "base") == "GBP"
    assert intake.currency_of(store, "another") is None


def test_the_files_of_a_base_come_with_what_was_noted(store: Store) -> None:
    store.run(
        "INSERT INTO imports VALUES ('i', 'base', 'customers', 'mine.csv', 'hash', '{}', '{}', "
        "5, 3, 1, 1, $t, 'Ann', NULL)",
        t=NOW,
    )
    store.run(
        "INSERT INTO intake_problems VALUES ('i', 'rejected', 4, 'customer_id', NULL, "
        "'missing_customer_id'), ('i', 'warning', 2, 'email', 'x', 'invalid_email')"
    )

    (file,) = intake.imports_of(store, "base")
    (noted,) = intake.problems_of_base(store, "base", limit=1).to_dict("records")

    assert (file["rows_total"], file["accepted"] + file["rejected"] + file["merged"]) == (5, 5)
    assert (noted["line"], noted["outcome"]) == (4, "rejected")
    assert intake.count_problems(store, "base") == 2
