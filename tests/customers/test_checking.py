from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from personalization.customers import preview, problems_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from personalization.customers import Intake
    from personalization.store import Store

    Check = Callable[..., Intake]


def told(intake: Intake, *outcomes: str) -> list[tuple[Any, ...]]:
    """Return line, column, value and reason of what was found, file-wide remarks left out."""
    return [
        (p["line"], p["column"], p["value"], p["reason"])
        for p in problems_of(intake)
        if p["line"] is not None and (not outcomes or p["outcome"] in outcomes)
    ]


def values(store: Store, intake: Intake, field: str) -> list[Any]:
    rows = store.records("FROM read_parquet($at) ORDER BY line", at=str(intake.staged))
    return [row[field] for row in rows]


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        pytest.param(
            "id,email,age,orders\n1,a@b.de,150,-3\n2,b@b.de,34,2.5\n3,c@b.de,old,1\n",
            [
                (2, "age", "150", "impossible_age"),
                (2, "orders", "-3", "impossible_orders"),
                (3, "orders", "2.5", "bad_orders"),
                (4, "age", "old", "bad_age"),
            ],
            id="impossible numbers",
        ),
        pytest.param(
            "id,signup date\n1,2099-01-01\n2,2025-06-30\n",
            [(2, "signup date", "2099-01-01", "future_signup_date")],
            id="a day that has not come",
        ),
        pytest.param(
            "id,email\n1,A@b.de\n2,a@b.de \n3,c@b.de\n",
            [(3, "email", "a@b.de", "email_shared_by_ids")],
            id="one address under two numbers",
        ),
        pytest.param(
            "id,email\n1,Ann <ann@b.de>\n2,mailto:bob@b.de\n3,cy @b.de\n4,d@b.de;e@b.de\n",
            [
                (4, "email", "cy @b.de", "invalid_email"),
                (5, "email", "d@b.de;e@b.de", "invalid_email"),
            ],
            id="addresses with decoration",
        ),
        pytest.param(
            "id,email,consent\n1,a@b.de,Opted In\n2,b@b.de,pending\n3,c@b.de,banana\n4,d@b.de,\n",
            [(4, "consent", "banana", "bad_consent_email")],
            id="consent in words",
        ),
        pytest.param(
            "id,last order\n1,13/01/2024\n2,2024-01-14\n3,14 Jan 2024\n4,15/01/2024 25:00\n",
            [
                (3, "last order", "2024-01-14", "bad_last_order_date"),
                (5, "last order", "15/01/2024 25:00", "bad_last_order_date"),
            ],
            id="another order, and no time of day",
        ),
        pytest.param(
            "id,email\n1.5E+05,a@b.de\nE5,b@b.de\n1E5,c@b.de\n",
            [(2, "id", "1.5E+05", "id_scientific_notation")],
            id="numbers that a spreadsheet cut",
        ),
        pytest.param(
            "id,email,note\n1,a@b.de,ok\n1,a@b.de,ok\n1,a@b.de,new\n",
            [
                (2, "id", "1", "duplicate_superseded"),
                (3, "id", "1", "duplicate_superseded"),
            ],
            id="the last row wins",
        ),
        pytest.param(
            "id,email\n 7 ,a@b.de\n7,a@b.de\n",
            [(2, "id", "7", "duplicate_exact")],
            id="equal but for spaces",
        ),
        pytest.param(
            "id,name,email\n1,Ann,a@b.de\nSumme,,\n,Totaal,\n2,Total,b@b.de\n",
            [(3, None, "Summe", "total_line"), (4, None, "Totaal", "total_line")],
            id="totals are no people, people may be called Total",
        ),
        pytest.param(
            "id,city,orders\n1,Bath,2\nID,CITY,ORDERS\nTotal customers,,1\n,Grand Total,1\n",
            [
                (3, None, "ID CITY ORDERS", "repeated_header"),
                (4, None, "Total customers 1", "total_line"),
                (5, None, "Grand Total 1", "total_line"),
            ],
            id="the header again in capitals, and totals in other words",
        ),
        pytest.param(
            "id,name,email\n1,A\x07nn,a@b.de\n2,OrlÃ©ans,Ã©@b.de\n",
            [
                (2, "name", "A\x07nn", "control_character_removed"),
                (3, "name", "OrlÃ©ans", "mojibake_repaired"),
            ],
            id="broken text is told once a row",
        ),
    ],
)
def test_every_fault_is_told_with_line_column_value_and_reason(
    check: Check, text: str, problems: list[tuple[Any, ...]]
) -> None:
    intake = check(text)

    assert sorted(told(intake), key=str) == sorted(problems, key=str)
    assert intake.rows_total == intake.accepted + intake.rejected + intake.merged


@pytest.mark.parametrize(
    ("text", "field", "expected"),
    [
        pytest.param("id,email\n1.0,a@b.de\n2.0,b@b.de\n", "customer_id", ["1", "2"], id="floats"),
        pytest.param("id,tier\n1.0,x\nB2,y\n", "customer_id", ["1.0", "B2"], id="not all"),
        pytest.param("id,email\n007,a@b.de\n", "customer_id", ["007"], id="leading zeros"),
        pytest.param("id,email\n'007,a@b.de\n", "customer_id", ["007"], id="apostrophe of Excel"),
        pytest.param('id,email\n="007",a@b.de\n', "customer_id", ["007"], id="formula of Excel"),
        pytest.param("id,name\n1,'t Hart\n", "full_name", ["'t Hart"], id="apostrophe of a name"),
        pytest.param("id,surname\n1,Null\n2,NULL\n", "last_name", ["Null", None], id="Null"),
        pytest.param("id,city\n1,\\N\n2,#N/A\n3,Na\n", "city", [None, None, None], id="no values"),
        pytest.param("id,opt out\n1,no\n2,\n", "consent_email", [True, False], id="opted out"),
        pytest.param(
            "id,newsletter,unsubscribed\n1,yes,no\n2,yes,yes\n3,yes,\n4,no,no\n5,yes,x\n",
            "consent_email",
            [True, False, True, False, False],
            id="both columns",
        ),
        pytest.param("id,consent\n1,ja\n2,X\n", "consent_email", [True, False], id="yes"),
        pytest.param("id,Umsatz CHF\n1,1'234.50\n", "total_spent", [1234.5], id="Swiss"),
        pytest.param("id,Umsatz CHF\n1,1'234.50\n", "currency", ["CHF"], id="currency of the name"),
        pytest.param(
            "id,last order\n1,12/31/2024 5:30 PM\n2,01/02/2025 12:05 AM\n",
            "last_order_date",
            ["2024-12-31 17:30:00", "2025-01-02 00:05:00"],
            id="half days",
        ),
        pytest.param(
            "id,last order\n1,45292\n2,45293.5\n",
            "last_order_date",
            ["2024-01-01 00:00:00", "2024-01-02 12:00:00"],
            id="serials",
        ),
        pytest.param("id;email;orders;\r1;a@b.de;3;\r", "orders", [3], id="old Mac line ends"),
        pytest.param("id,email\n1, ANN@B.DE \n", "email", ["ann@b.de"], id="address in capitals"),
    ],
)  # fmt: skip
def test_values_are_read_as_they_were_meant(
    check: Check, store: Store, text: str, field: str, expected: list[Any]
) -> None:
    found = values(store, check(text), field)

    assert [str(v) if hasattr(v, "year") else v for v in found] == expected


@pytest.mark.parametrize(
    ("text", "ask", "answer"),
    [
        pytest.param(
            "id,last order\n1,03/04/2024\n", "date_order", {"date_order": "DMY"}, id="date"
        ),
        pytest.param("id;spend\n1;1.234\n", "decimal_mark", {"decimal_mark": ","}, id="decimal"),
        pytest.param("id,spend\n1,£1\n2,€1\n", "currency", {"currency": "GBP"}, id="signs"),
        pytest.param(
            "id,spend,currency\n1,1,GBP\n2,1,EUR\n", "currency", {"currency": "EUR"}, id="codes"
        ),
        pytest.param(
            "Ann,a@b.de\nBob,b@b.de\n",
            "column_mapping",
            {"column_mapping": "as proposed"},
            id="names",
        ),
    ],
)
def test_what_could_be_two_things_is_asked_and_never_guessed(
    check: Check, text: str, ask: str, answer: dict[str, str]
) -> None:
    assert check(text).ask == (ask,)
    assert check(text, answers=answer).ask == ()


def test_amounts_of_another_currency_are_left_out_and_told(check: Check, store: Store) -> None:
    intake = check("id,spend\n1,£10.00\n2,€20.00\n", answers={"currency": "GBP"})

    assert values(store, intake, "total_spent") == [10.0, None]
    assert told(intake, "warning") == [(3, "spend", "€20.00", "other_currency")]


def test_one_column_may_be_answered_for_by_itself(check: Check, store: Store) -> None:
    text = "id,signup date,last order\n1,03/04/2024,03/04/2024\n"

    intake = check(text, answers={"date_order": "DMY", "date_order.last_order_date": "MDY"})

    assert str(values(store, intake, "signup_date")) == "[datetime.date(2024, 4, 3)]"
    assert values(store, intake, "last_order_date")[0].month == 3


def test_sensitive_values_are_nowhere_in_what_is_kept(check: Check) -> None:
    intake = check(
        "id,email,password,card\n1,a@b.de,hunter2,4111111111111111\n2,b,c@b.de,hunter3,x,y\n"
    )

    kept = b"".join(path.read_bytes() for path in (intake.staged, intake.problems) if path)
    assert intake.rejected == 1
    assert b"hunter" not in kept
    assert b"4111111111111111" not in kept


def test_order_lines_are_typed_and_the_rest_is_told(check: Check, store: Store) -> None:
    intake = check(
        "Bestellnummer;Kundennummer;Artikelnummer;Menge;Einzelpreis;Bestelldatum\n"
        "1;007;A-1;2;3,50 €;13.12.2024 08:26\n"
        "2;007;VERSAND;1;4,90 €;13.12.2024\n"
        "3;008;A-2;-1;7,00 €;14.12.2024\n"
        "4;008;A-2;eins;7,00 €;14.12.2024\n"
        "5;;A-2;1;7,00 €;14.12.2024\n"
        "6;008;A-2;1;gratis;14.12.2024\n"
        "7;008;A-2;1;7,00 €;14.12.2099\n"
        "Summe;;;5;;\n",
        target="transactions",
    )

    assert values(store, intake, "amount") == [7.0, 4.9, -7.0]
    assert told(intake) == [
        (5, "Menge", "eins", "bad_quantity"),
        (6, "Kundennummer", None, "missing_customer_id"),
        (7, "Einzelpreis", "gratis", "bad_unit_price"),
        (8, "Bestelldatum", "14.12.2099", "future_ordered_at"),
        (3, "Artikelnummer", "VERSAND", "non_product_line"),
        (4, "Menge", "-1", "refund"),
        (9, None, "Summe 5", "total_line"),
    ]


def test_times_with_a_zone_are_kept_in_utc(check: Check, store: Store) -> None:
    intake = check(
        "order,customer id,amount,date\n1,7,5,2025-01-15T23:30:00-05:00\n"
        "2,7,5,2025-01-15T10:30:00.123Z\n3,7,5,2025-01-15 10:30\n",
        target="transactions",
    )

    assert [str(moment) for moment in values(store, intake, "ordered_at")] == [
        "2025-01-16 04:30:00",
        "2025-01-15 10:30:00",
        "2025-01-15 10:30:00",
    ]


def test_a_line_without_quantity_is_one_piece(check: Check, store: Store) -> None:
    intake = check("order,email,total,date\n1,A@b.de,9.50,2024-01-13\n", target="transactions")

    assert (intake.key, values(store, intake, "customer_id")) == ("email", ["a@b.de"])
    assert values(store, intake, "quantity") == [1]
    assert values(store, intake, "unit_price") == [9.5]


def test_products_need_a_number_and_a_name(check: Check, store: Store) -> None:
    intake = check(
        "SKU,Title,Price\nA1,Mug,£4.50\nA1,Mug big,£5.50\nA2,,1\n,Cup,2\nA3,Bowl,cheap\n",
        target="products",
    )

    assert values(store, intake, "name") == ["Mug big", "Bowl"]
    assert [reason for *_, reason in told(intake)] == [
        "missing_name",
        "missing_product_id",
        "duplicate_superseded",
        "bad_price",
    ]


def test_engagement_is_read_in_the_words_of_senders(check: Check, store: Store) -> None:
    intake = check(
        "customer_id,event,happened_at,value\n1,Opened,2026-12-01 10:00,\n"
        "1,Opened,2026-12-01 10:00,\n2,clicked,2026-12-01T10:00:00Z,\n3,purchase,2026-12-02,12.50\n"
        "4,spam complaint,2026-12-02,\n5,banana,2026-12-02,\n6,open,soon,\n",
        target="engagements",
        today=date(2026, 12, 3),
    )

    events = ["open", "click", "conversion", "complaint"]
    assert values(store, intake, "event") == events
    assert values(store, intake, "value") == [0, 0, 12.5, 0]
    assert [reason for *_, reason in told(intake)] == [
        "bad_event",
        "bad_happened_at",
        "duplicate_exact",
    ]


def test_revenue_is_a_conversion_with_its_value(check: Check, store: Store) -> None:
    intake = check(
        "customer_id,event,happened_at,value\n1,revenue,2026-12-01 10:00,48.50\n",
        target="engagements",
        today=date(2026, 12, 3),
    )

    assert values(store, intake, "event") == ["conversion"]
    assert values(store, intake, "value") == [48.5]


def test_an_unsubscribe_is_never_turned_away_for_its_time_or_number(
    check: Check, store: Store
) -> None:
    intake = check(
        "customer_id,email,event,happened_at\n1,,unsubscribe,\n2,,unsubscribe,soon\n"
        "3,,unsubscribe,2031-01-01\n,Ann@Example.com,unsubscribe,2026-12-01\n"
        "4,,click,2026-12-01\n5,,click,soon\n,,unsubscribe,2026-12-01\n",
        target="engagements",
        today=date(2026, 12, 3),
    )

    assert values(store, intake, "customer_id") == ["1", "2", "3", "ann@example.com", "4"]
    assert [moment is None for moment in values(store, intake, "happened_at")] == [
        True, True, True, False, False,
    ]  # fmt: skip
    assert [row[3] for row in told(intake, "rejected")] == [
        "bad_happened_at", "missing_customer_id",
    ]  # fmt: skip
    assert [row[3] for row in told(intake, "warning")] == [
        "bad_happened_at", "bad_happened_at", "future_happened_at",
    ]  # fmt: skip


def test_parquet_is_read_like_text_and_a_line_is_a_row(store: Store, tmp_path: Any) -> None:  # noqa: ANN401
    from personalization.customers import check_file

    path = tmp_path / "customers.parquet"
    store.write_parquet(
        path,
        "SELECT * FROM (VALUES (17850.0, 'a@b.de', DATE '2024-03-04', 1.234, 'two\nlines'), "
        "(13047.0, 'broken', NULL, 2.5, NULL)) AS t(id, email, signup_date, spend, note)",
    )

    intake = check_file(path, folder=tmp_path / "staged")

    assert (intake.ask, intake.detected["encoding"]) == ((), "parquet")
    assert values(store, intake, "customer_id") == ["17850", "13047"]
    assert values(store, intake, "total_spent") == [1.234, 2.5]
    assert told(intake, "warning") == [(2, "email", "broken", "invalid_email")]


def test_every_row_of_a_large_file_keeps_its_line(check: Check, store: Store) -> None:
    """More bytes than one thread of the engine reads: the order has to be that of the file."""
    n_rows, note = 150_000, "x" * 400
    text = "id,email,note\n" + "".join(f"{i},u{i}@example.com,{note}\n" for i in range(n_rows))

    intake = check(text)

    moved = "SELECT count(*) FROM read_parquet($at) WHERE line <> customer_id::INTEGER + 2"
    assert intake.accepted == n_rows
    assert store.read(moved, at=str(intake.staged)) == [(0,)]


def test_a_very_long_cell_and_very_many_columns_are_read(check: Check) -> None:
    names = ",".join(f"c{i}" for i in range(200))
    row = ",".join(["v"] * 199 + ["y" * 3_000_000])

    intake = check(f"id,email,{names}\n1,a@b.de,{row}\n")

    assert (intake.accepted, len(intake.unmapped)) == (1, 200)


def test_equal_order_lines_are_both_kept_and_the_later_one_is_told(check: Check) -> None:
    line = "A,7,mug,2,5.00,2024-01-13\n"
    intake = check("order,customer id,sku,qty,price,date\n" + line * 3, target="transactions")

    assert (intake.accepted, intake.merged) == (3, 0)
    assert [(place, reason) for place, *_, reason in told(intake)] == [
        (3, "possible_duplicate_line"),
        (4, "possible_duplicate_line"),
    ]


def test_a_bad_amount_is_made_up_for_by_price_and_quantity(check: Check, store: Store) -> None:
    intake = check(
        "customer id,qty,price,amount,date\n7,2,5.00,?!,2024-01-13\n7,2,?!,9.00,2024-01-13\n",
        target="transactions",
    )

    assert values(store, intake, "amount") == [10.0, 9.0]
    assert values(store, intake, "unit_price") == [5.0, 4.5]
    assert [reason for *_, reason in told(intake)] == ["bad_amount", "bad_unit_price"]


def test_order_lines_of_two_currencies_are_never_added_up(check: Check) -> None:
    text = "customer id,amount,date,currency\n7,5,2024-01-13,GBP\n7,5,2024-01-13,EUR\n"

    asked = check(text, target="transactions")
    answered = check(text, target="transactions", answers={"currency": "GBP"})

    assert (asked.ask, asked.detected["currency"]) == (("currency",), ["EUR", "GBP"])
    assert (answered.accepted, answered.rejected) == (1, 1)
    assert told(answered) == [(3, "currency", "EUR", "other_currency")]


def test_what_was_found_is_listed_most_serious_first_up_to_a_limit(check: Check) -> None:
    intake = check("Title\n\nid,email\n1,broken\n,b@b.de\n3,c@b.de\n3,c@b.de\n")

    outcomes = [problem["outcome"] for problem in problems_of(intake)]
    order = ["rejected", "merged", "warning", "skipped"]
    assert outcomes == sorted(outcomes, key=order.index)
    assert set(outcomes) == set(order)
    assert [problem["outcome"] for problem in problems_of(intake, limit=1)] == ["rejected"]


def test_the_users_name_of_a_file_stands_in_its_messages(check: Check) -> None:
    intake = check(b"%PDF", name="my list.pdf")

    assert intake.file_name == "my list.pdf"
    assert str(intake.refuse).startswith("my list.pdf is a PDF")


def test_a_check_leaves_nothing_but_the_two_staged_files(check: Check) -> None:
    intake = check("id,email\n1,a@b.de\n")

    assert intake.staged is not None
    names = sorted(path.name for path in intake.staged.parent.iterdir())
    assert names == ["accepted.parquet", "problems.parquet"]


def test_the_preview_shows_what_would_be_stored(check: Check) -> None:
    frame = preview(check("id,email,Shoe size\n1,A@b.de,42\n2,b@b.de,\n"))

    assert list(frame.columns) == ["customer_id", "email", "consent_email", "Shoe size"]
    assert frame["email"].tolist() == ["a@b.de", "b@b.de"]
