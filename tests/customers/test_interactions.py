"""What customers did with products, as shops and tools export it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from personalization.customers import erase_person, problems_of
from personalization.errors import InputError, StateError

if TYPE_CHECKING:
    from collections.abc import Callable

    from personalization.customers import Intake
    from personalization.store import Store

    Check = Callable[..., Intake]

NASTY = (
    "customer_id,product_id,event,quantity,price,date\n"
    "17850.0,85123a,Added to cart,2,2.55,2024-01-13 10:00\n"
    "17851.0,85123A,purchase,-2,-3,2024-01-13\n"
    "17851.0,85123A,view,,,2024-01-13\n17851.0,85123A,view,,,2024-01-13\n"
    "2.0,1.2E+05,view,,,2024-01-13\n2.0,,view,,,2024-01-13\n,A,view,,,2024-01-13\n"
    "2.0,A,session_start,,,2024-01-13\n2.0,A,view,,,soon\n2.0,A,view,,,2094-01-13\n"
)


def rows(store: Store, intake: Intake) -> list[dict[str, Any]]:
    return store.records("FROM read_parquet($at) ORDER BY line", at=str(intake.staged))


def test_every_row_ends_in_one_place_with_its_reason(check: Check, store: Store) -> None:
    intake = check(NASTY, target="interactions")

    assert (intake.rows_total, intake.accepted, intake.rejected, intake.merged) == (10, 4, 6, 0)
    assert [(r["customer_id"], r["product_id"], r["event"], r["quantity"], r["price"])
            for r in rows(store, intake)] == [
        ("17850", "85123a", "cart", 2, 2.55), ("17851", "85123A", "return", 2, None),
        ("17851", "85123A", "view", None, None), ("17851", "85123A", "view", None, None),
    ]  # fmt: skip
    assert [(p["line"], p["reason"]) for p in problems_of(intake)] == [
        (6, "id_scientific_notation"), (7, "missing_product_id"), (8, "missing_customer_id"),
        (9, "bad_event"), (10, "bad_happened_at"), (11, "future_happened_at"),
        (3, "impossible_price"), (3, "counts_as_return"), (5, "possible_duplicate_line"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "timestamp,visitorid,event,itemid,transactionid\n"
            "1433221332117,257597,view,355908,\n1433224214164,992329,transaction,248676,4000\n",
            [("257597", "355908", "view", None, "2015-06-02 05:02:12.117"),
             ("992329", "248676", "purchase", "4000", "2015-06-02 05:50:14.164")],
            id="milliseconds, in the shape of RetailRocket",
        ),
        pytest.param(
            "event_name,user_pseudo_id,item_id,event_timestamp\nadd_to_wishlist,7,A1,1700000000\n",
            [("7", "A1", "wishlist", None, "2023-11-14 22:13:20")],
            id="seconds, in the words of GA4",
        ),
        pytest.param(
            "Kunde;Artikel;Ereignis;Zeitpunkt\n1;A;In den Warenkorb;13.01.2024 10:00\n",
            [("1", "A", "cart", None, "2024-01-13 10:00:00")],
            id="German",
        ),
        pytest.param(
            "1001,A1,view,2024-01-05 10:00\n1002,A2,cart,2024-01-15 10:00\n",
            [("1001", "A1", "view", None, "2024-01-05 10:00:00"),
             ("1002", "A2", "cart", None, "2024-01-15 10:00:00")],
            id="no header",
        ),
    ],
)  # fmt: skip
def test_other_tools_exports_are_understood(
    check: Check, store: Store, text: str, expected: list[tuple[Any, ...]]
) -> None:
    found = rows(store, check(text, target="interactions"))

    names = ("customer_id", "product_id", "event", "order_id")
    assert [(*(row[name] for name in names), str(row["happened_at"])[:23]) for row in found] == (
        expected
    )


def test_a_file_that_does_not_say_what_was_done_asks(check: Check, store: Store) -> None:
    ratings = "user_id,movie_id,rating,timestamp\n1,10,5,881250949\n2,11,3,891717742\n"

    asked = check(ratings, target="interactions")
    answered = check(ratings, target="interactions", answers={"event": "view"})

    assert asked.ask == ("event",)
    assert (answered.ask, [row["event"] for row in rows(store, answered)]) == ((), ["view"] * 2)
    with pytest.raises(InputError, match="event cannot be 'seen'"):
        check(ratings, target="interactions", answers={"event": "seen"})


def test_events_join_the_orders_under_the_catalogues_spelling(
    store: Store, load: Callable[..., str]
) -> None:
    load("customer_id,email\n1,a@b.de\n")
    load("sku,name,price\n85123A,Heart,2.55\n", target="products")
    load("order,customer id,sku,qty,price,date\n1,1,85123a,2,2.55,2024-01-13\n",
         target="transactions")  # fmt: skip

    load("email,product_id,event,time\nA@b.de,85123a,view,2024-01-12\nA@b.de,zzz,view,2024-01-12\n",
         target="interactions")  # fmt: skip

    assert store.read(
        "SELECT customer_id, product_id, event, is_in_catalogue FROM product_events ORDER BY ALL"
    ) == [
        ("1", "85123A", "purchase", True),
        ("1", "85123A", "view", True),
        ("1", "zzz", "view", False),
    ]
    assert store.read("SELECT orders FROM customers") == [(1,)]


def test_the_same_events_do_not_come_in_twice(load: Callable[..., str]) -> None:
    text = "customer_id,product_id,event,time\n1,A,view,2024-01-12\n"
    load(text, target="interactions")

    with pytest.raises(StateError, match="would count every event twice"):
        load(text, target="interactions")


def test_events_of_who_was_erased_do_not_come_back(store: Store, load: Callable[..., str]) -> None:
    text = "customer_id,product_id,event,time\n{},A,view,2024-01-12\n2,A,view,2024-01-12\n"
    load("customer_id,email\n1,a@b.de\n2,b@b.de\n")
    load(text.format(1), target="interactions")
    erase_person(store, "1", confirmed="1", actor="ann")

    load(text.format(1).replace("2024-01-12", "2024-01-13"), target="interactions")

    assert store.read("SELECT DISTINCT customer_id FROM interactions") == [("2",)]


@pytest.mark.parametrize(
    ("target", "lines"),
    [
        ("interactions", "email,product_id,event,time\nLate@b.de,A1,purchase,2024-01-12\n"),
        ("transactions", "email,product_id,order_date,amount\nLate@b.de,A1,2024-01-12,5\n"),
    ],
)
def test_what_an_address_did_before_it_was_a_customers_is_that_customers(
    store: Store, load: Callable[..., str], target: str, lines: str
) -> None:
    load("customer_id,email\n1,a@b.de\n")
    load(lines + lines.splitlines()[1].replace("Late@", "other@") + "\n", target=target)

    load("customer_id,email\n2,late@b.de\n")

    assert store.read("SELECT customer_id FROM product_events ORDER BY ALL") == [
        ("2",), ("other@b.de",)
    ]  # fmt: skip
