from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from personalization.customers import (
    count_unknown,
    create_dataset,
    derive_history,
    import_intake,
)
from personalization.errors import InputError, StateError
from personalization.store import verify_chain

if TYPE_CHECKING:
    from collections.abc import Callable

    from personalization.customers import Intake
    from personalization.store import Store

    Check = Callable[..., Intake]

PEOPLE = "customer_id,email,first_name,consent,Shoe size\n1,a@b.de,Ann,yes,42\n2,b@b.de,Bob,no,\n"
LINES = (
    "order_id,customer_id,product_id,quantity,unit price,order date\n"
    "A,1,mug,2,5.00,2024-01-13 09:00\nB,1,bag,1,30.00,2024-02-13 10:00\n"
    "B,1,bag,-1,30.00,2024-02-14 10:00\nC,9,mug,1,5.00,2024-03-13\n"
)


def customers(store: Store, *fields: str) -> list[tuple[Any, ...]]:
    rows = store.records("SELECT * FROM customers ORDER BY customer_id")
    return [tuple(row[field] for field in ("customer_id", *fields)) for row in rows]


def test_a_dataset_is_made_once_however_often_it_is_asked_for(store: Store, dataset: str) -> None:
    again = create_dataset(store, "Spring", actor="ann", request_id="r0")

    assert again == dataset
    assert store.read("SELECT name, created_by FROM datasets") == [("Spring", "ann")]
    with pytest.raises(InputError, match="needs a name"):
        create_dataset(store, "  ", actor="ann", request_id="r1")


def test_accepted_rows_arrive_with_their_extra_columns(
    store: Store, load: Callable[..., str]
) -> None:
    import_id = load(PEOPLE)

    assert customers(store, "email", "consent_email") == [
        ("1", "a@b.de", True),
        ("2", "b@b.de", False),
    ]
    assert store.read("SELECT customer_id, attribute, value FROM customer_attributes") == [
        ("1", "Shoe size", "42")
    ]
    assert store.read("SELECT import_id, rows_total, accepted FROM imports") == [(import_id, 2, 2)]
    assert verify_chain(store).is_whole


def test_every_problem_is_kept_with_the_import(store: Store, load: Callable[..., str]) -> None:
    import_id = load("customer_id,email\n1,broken\n,b@b.de\n3,c@b.de,x\n")

    found = store.read("SELECT * FROM intake_problems WHERE line IS NOT NULL ORDER BY line")
    assert found == [
        (import_id, "warning", 2, "email", "broken", "invalid_email"),
        (import_id, "rejected", 3, "customer_id", None, "missing_customer_id"),
        (import_id, "rejected", 4, None, "3,c@b.de,x", "too_many_fields"),
    ]


def test_the_same_request_twice_imports_once(store: Store, load: Callable[..., str]) -> None:
    first = load(LINES, target="transactions", request_id="click")

    assert load(LINES, target="transactions", request_id="click") == first
    assert store.read("SELECT count(*) FROM transactions") == [(4,)]


def test_a_second_file_updates_what_it_has_and_loses_nothing(
    store: Store, load: Callable[..., str]
) -> None:
    load(PEOPLE)

    load("customer_id,first_name,Shoe size,Hat\n2,Bobby,44,L\n3,Cy,40,M\n")

    assert customers(store, "first_name", "email", "consent_email") == [
        ("1", "Ann", "a@b.de", True),
        ("2", "Bobby", "b@b.de", False),
        ("3", "Cy", None, False),
    ]
    kept = store.read("SELECT customer_id, attribute, value FROM customer_attributes ORDER BY ALL")
    assert kept == [
        ("1", "Shoe size", "42"),
        ("2", "Hat", "L"),
        ("2", "Shoe size", "44"),
        ("3", "Hat", "M"),
        ("3", "Shoe size", "40"),
    ]


def test_what_a_newer_file_does_not_have_stays_as_it_was(
    store: Store, load: Callable[..., str]
) -> None:
    load(
        "customer id,email,first name,surname,name,phone,city,country,language,age,tier,tags,"
        "customer since,first order,last order,orders,spend,currency,consent,favourite category\n"
        "1,a@b.de,Ann,Lee,Ann Lee,0113,Bath,UK,en-GB,40,Gold,vip,"
        "2020-01-13,2020-02-13,2024-03-13,3,9.50,GBP,yes,mugs\n"
    )
    before = store.records("FROM customers")

    load("customer id,Hat\n1,L\n")

    assert store.records("FROM customers") == before
    assert None not in before[0].values()


def test_a_newer_no_takes_consent_back(store: Store, load: Callable[..., str]) -> None:
    load(PEOPLE)

    load("customer_id,unsubscribed\n1,yes\n2,no\n")

    assert customers(store, "consent_email") == [("1", False), ("2", True)]


def test_history_counts_purchases_and_nothing_else(store: Store, load: Callable[..., str]) -> None:
    load(PEOPLE)
    load("sku,name,category\nmug,Mug,kitchen\nbag,Bag,bags\n", target="products")

    load(LINES, target="transactions")

    one, two = customers(store, "orders", "total_spent", "favourite_category")
    assert one == ("1", 2, 40.0, "bags")
    assert two == ("2", None, None, None)
    moments = [str(moment) for moment in customers(store, "first_order_at", "last_order_at")[0][1:]]
    assert moments == ["2024-01-13 09:00:00", "2024-02-13 10:00:00"]


def test_a_credit_is_no_purchase_whatever_its_quantity_says(
    store: Store, dataset: str, load: Callable[..., str]
) -> None:
    load(PEOPLE)
    load(
        "order,customer id,qty,price,amount,date\n1,1,1,10,10,2024-01-13\n"
        "2,1,1,10,-10,2024-02-13\n3,1,1,10,0,2024-03-13\n",
        target="transactions",
    )

    derive_history(store, dataset)

    assert customers(store, "orders", "total_spent")[0] == ("1", 1, 10.0)


def test_history_is_the_same_when_it_is_derived_again(
    store: Store, dataset: str, load: Callable[..., str]
) -> None:
    load(LINES, target="transactions")
    load(PEOPLE)
    before = customers(store, "orders", "total_spent", "last_order_at")

    assert derive_history(store, dataset) == 1
    assert customers(store, "orders", "total_spent", "last_order_at") == before
    assert before[0][1] == 2


def test_lines_of_unknown_customers_are_kept_counted_and_count_later(
    store: Store, dataset: str, load: Callable[..., str]
) -> None:
    load(PEOPLE)
    load(LINES, target="transactions")

    assert count_unknown(store, dataset) == (1, 1)

    load("customer_id,email\n9,i@b.de\n")

    assert count_unknown(store, dataset) == (0, 0)
    assert customers(store, "orders")[-1] == ("9", 1)


def test_lines_by_address_find_the_customer_with_that_address(
    store: Store, load: Callable[..., str]
) -> None:
    load(PEOPLE)

    load("order,email,total,date\nA,A@B.de,9.50,2024-01-13\n", target="transactions")

    assert store.read("SELECT customer_id, amount FROM transactions") == [("1", 9.5)]
    assert customers(store, "orders", "total_spent")[0] == ("1", 1, 9.5)


def test_the_order_lines_of_one_file_are_not_counted_twice(load: Callable[..., str]) -> None:
    load(LINES, target="transactions")

    with pytest.raises(StateError, match="would count every order twice"):
        load(LINES, target="transactions")


def test_products_take_the_newer_row(store: Store, load: Callable[..., str]) -> None:
    load("sku,name,price\nmug,Mug,4\nbag,Bag,9\n", target="products")

    load("sku,name,price\nmug,Big mug,6\n", target="products")

    assert store.read("SELECT product_id, name, price FROM products ORDER BY product_id") == [
        ("bag", "Bag", 9.0),
        ("mug", "Big mug", 6.0),
    ]


@pytest.mark.parametrize(
    ("text", "target", "told"),
    [
        pytest.param("", "customers", "is empty", id="refused"),
        pytest.param(
            "id,last order\n1,03/04/2024\n",
            "customers",
            "cannot be imported yet. Please state whether dates are day first",
            id="open question",
        ),
        pytest.param(
            "customer_id,event,time\n1,open,2024-01-13\n",
            "engagements",
            "Add them to a campaign on its Results page",
            id="engagement belongs to a campaign",
        ),
    ],
)
def test_what_cannot_be_imported_is_refused_with_the_way_out(
    store: Store, load: Callable[..., str], text: str, target: str, told: str
) -> None:
    with pytest.raises(InputError, match=told):
        load(text, target=target)

    assert store.read("SELECT * FROM imports") == []


def test_an_import_needs_a_customer_base(store: Store, check: Check) -> None:
    with pytest.raises(StateError, match="no customer base 'nowhere'"):
        import_intake(store, check(PEOPLE), "nowhere", actor="ann", request_id="r1")


def test_an_import_that_fails_leaves_nothing_behind(
    store: Store, dataset: str, check: Check
) -> None:
    intake = check(PEOPLE)
    assert intake.staged is not None
    intake.staged.write_bytes(b"no parquet")

    with pytest.raises(Exception, match=r"(?i)parquet"):
        import_intake(store, intake, dataset, actor="ann", request_id="r1")

    assert store.read("SELECT * FROM imports") == []
    assert store.read("SELECT * FROM intake_problems") == []


def test_the_trail_tells_counts_and_no_names(store: Store, load: Callable[..., str]) -> None:
    load(PEOPLE)

    [(payload,)] = store.read("SELECT payload FROM audit_log WHERE kind = 'file.imported'")
    assert '"accepted":2' in payload
    assert "a@b.de" not in payload
