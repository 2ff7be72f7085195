"""What is decided on a whole column: dates, decimal marks, currencies."""

from __future__ import annotations

import re
from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personalization.customers.dates import decide_order, read_day
from personalization.customers.money import (
    currency_of_mark,
    currency_of_name,
    decide_decimal,
    marks_of_shapes,
)
from personalization.customers.scratch import scratch_store

FORMATS = {"DMY": "%d/%m/%Y", "MDY": "%m/%d/%Y", "YMD": "%Y-%m-%d"}
days = st.dates(date(1970, 1, 1), date(2069, 12, 31))


@given(days, st.sampled_from(sorted(FORMATS)))
def test_a_day_is_read_as_it_was_written(day: date, order: str) -> None:
    assert read_day(day.strftime(FORMATS[order]), order) == datetime(day.year, day.month, day.day)  # noqa: DTZ001


@given(st.lists(days, min_size=1, max_size=8), st.sampled_from(sorted(FORMATS)))
def test_an_order_is_proven_or_asked_for_and_never_wrong(column: list[date], order: str) -> None:
    texts = dict.fromkeys((day.strftime(FORMATS[order]) for day in column), 1)

    found = decide_order(texts)

    same = all(day.day == day.month for day in column)
    proven = any(day.day > 12 for day in column) or order == "YMD"
    assert found == (order if proven else "DMY" if same else "ambiguous")


@pytest.mark.parametrize(
    ("texts", "order"),
    [
        pytest.param({"13/01/2024": 1, "05/02/2024": 5}, "DMY", id="one value proves it"),
        pytest.param({"02/25/2024": 1, "05/02/2024": 5}, "MDY", id="month first"),
        pytest.param({"13/01/2024": 2, "02/25/2024": 1}, "DMY", id="the majority"),
        pytest.param({"13/01/2024": 1, "02/25/2024": 1}, "ambiguous", id="a tie"),
        pytest.param({"03/04/2024": 9}, "ambiguous", id="nothing proves it"),
        pytest.param({"10/10/2024": 3}, "DMY", id="either order is the same day"),
        pytest.param({"2024-01-02": 5, "13/01/2024": 1}, "YMD", id="mostly ISO"),
        pytest.param({"45292": 3, "45300": 1}, "excel serial", id="serials throughout"),
        pytest.param({"2024-01-02": 3, "45300": 1}, "YMD", id="a lone serial changes nothing"),
        pytest.param({"1704067200": 3}, "epoch", id="seconds since 1970"),
        pytest.param({"5 March 2024": 2}, "month name", id="written out"),
    ],
)
def test_the_order_of_a_column(texts: dict[str, int], order: str) -> None:
    assert decide_order(texts) == order


@pytest.mark.parametrize(
    ("text", "order", "day"),
    [
        ("29.02.2024", "DMY", date(2024, 2, 29)),
        ("29.02.2023", "DMY", None),
        ("31/02/2024", "DMY", None),
        ("02/25/2024", "DMY", None),
        ("1/2/24", "MDY", date(2024, 1, 2)),
        ("03.01.69", "DMY", date(2069, 1, 3)),
        ("03.01.70", "DMY", date(1970, 1, 3)),
        ("20240102", "YMD", date(2024, 1, 2)),
        ("2024年1月5日", "YMD", date(2024, 1, 5)),
        ("45292", "excel serial", date(2024, 1, 1)),
        ("45292", "YMD", None),
        ("13. März 2024", "DMY", date(2024, 3, 13)),
        ("12-Mar-24", "YMD", date(2024, 3, 12)),
        ("Mar 5, 2024", "DMY", date(2024, 3, 5)),
        ("15 août 2023", "DMY", date(2023, 8, 15)),
        ("5 de enero de 2024", "DMY", date(2024, 1, 5)),
        ("7 czerwca 2024", "DMY", date(2024, 6, 7)),
        ("3 июня 2023", "DMY", date(2023, 6, 3)),
        ("not known", "YMD", None),
        ("0000-00-00", "YMD", None),
    ],
)
def test_days_in_the_spellings_of_exports(text: str, order: str, day: date | None) -> None:
    found = read_day(text, order)

    assert (found.date() if found else None) == day


@pytest.mark.parametrize(
    ("shapes", "mark", "group"),
    [
        pytest.param({"9.999,99": 1, "99,99": 3}, ",", ".", id="German"),
        pytest.param({"9,999.99": 1, "99.99": 3}, ".", ",", id="English"),
        pytest.param({"9 999,99": 1}, ",", " ", id="French"),
        pytest.param({"9'999.99": 1}, ".", "'", id="Swiss"),
        pytest.param({"99,9": 1}, ",", None, id="comma before one digit"),
        pytest.param({"9,9999": 1}, ",", None, id="comma before four digits"),
        pytest.param({"9,999": 2}, ".", ",", id="comma always before three"),
        pytest.param({"9.999": 2}, "ambiguous", None, id="point always before three"),
        pytest.param({"0.999": 2}, ".", None, id="a zero in front is no thousand"),
        pytest.param({"9.999.999": 2}, ",", ".", id="two points can only be groups"),
        pytest.param({"9.999": 2, "9.99": 1}, ".", None, id="another value proves it"),
        pytest.param({"999": 2}, ".", None, id="whole numbers"),
    ],
)
def test_the_decimal_mark_of_a_column(shapes: dict[str, int], mark: str, group: str | None) -> None:
    found = decide_decimal(shapes)

    assert (found.mark, found.group) == (mark, group)


@pytest.mark.parametrize(
    ("text", "mark", "number"),
    [
        ("1234.5", ".", 1234.5),
        ("£1,004.25", ".", 1004.25),
        ("(2)", ".", -2),
        ("3-", ".", -3),
        ("-£5", ".", -5),
        ("−5", ".", -5),
        ("12,34,567.00", ".", 1234567),
        ("1'234.50", ".", 1234.5),
        ("5.00 EUR", ".", 5),
        ("US$ 5", ".", 5),
        ("1e3", ".", 1000),
        ("three", ".", None),
        ("2 pcs", ".", None),
        ("1,2", ".", None),
        ("1.234,50", ",", 1234.5),
        ("1 234,50 €", ",", 1234.5),
        ("-3,5", ",", -3.5),
        ("150", ",", 150),
        ("1.234", ",", 1234),
        ("12.50", ",", None),
        ("1.234", "ambiguous", None),
    ],
)
def test_numbers_in_the_spellings_of_exports(text: str, mark: str, number: float | None) -> None:
    with scratch_store() as store:
        row = store.read_one("SELECT number_of($text, $mark)", text=text, mark=mark)

    assert row == (number,)


def test_currencies_are_told_by_sign_code_and_column_name() -> None:
    assert [currency_of_mark(mark) for mark in ("£", " usd ", "R$", "zł", "three")] == [
        "GBP",
        "USD",
        "BRL",
        "PLN",
        None,
    ]
    assert marks_of_shapes(["£9.99", "9.99", "9 EUR", "free"]) == {"£": "GBP", "EUR": "EUR"}
    assert [currency_of_name(n) for n in ("Sales (GBP)", "spent_usd", "Umsatz €", "Revenue")] == [
        "GBP",
        "USD",
        "EUR",
        None,
    ]


STYLES = {
    "English": (",", ".", "£{}"),
    "German": (".", ",", "{} €"),
    "French": (" ", ",", "{} €"),
    "Swiss": ("'", ".", "CHF {}"),
    "in brackets": (",", ".", "({})"),
    "minus behind": (".", ",", "{}-"),
}
amounts = st.lists(st.integers(0, 10**9), min_size=1, max_size=20)


def spelled(cents: int, style: str) -> str:
    group, mark, frame = STYLES[style]
    whole, fraction = divmod(cents, 100)
    return frame.format(f"{whole:,}".replace(",", group) + f"{mark}{fraction:02d}")


@settings(max_examples=40, deadline=None)
@given(amounts, st.sampled_from(sorted(STYLES)))
def test_an_amount_is_read_as_it_was_written(cents: list[int], style: str) -> None:
    texts = [spelled(value, style) for value in cents]
    shapes = [re.sub("[1-8]", "9", text) for text in texts]
    sign = -1 if style in {"in brackets", "minus behind"} else 1

    found = decide_decimal(dict.fromkeys(shapes, 1))
    with scratch_store() as store:
        read = store.read(
            "SELECT number_of(text, $mark) FROM (SELECT unnest($texts) AS text)",
            mark=found.mark,
            texts=texts,
        )

    assert found.mark == STYLES[style][1]
    assert [row[0] for row in read] == [pytest.approx(sign * value / 100) for value in cents]


@pytest.mark.parametrize(
    ("text", "formula"),
    [
        ("=1+1", True),
        ("@SUM(A1)", True),
        ("+cmd", True),
        ("-2+3+cmd", True),
        ("-5", False),
        ("-1,200.50", False),
        ("+49 (0)30 123-456", False),
        ("-1e-05", False),
        ("a=b", False),
    ],
)
def test_formulas_are_told_from_numbers(text: str, formula: bool) -> None:  # noqa: FBT001
    with scratch_store() as store:
        assert store.read_one("SELECT is_formula($text)", text=text) == (formula,)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("Bob@Example.com", "bob@example.com"),
        ("Ann Lee <ann@example.com>", "ann@example.com"),
        ("mailto:ann@example.com", "ann@example.com"),
        ("o'neil+news@mail.example.co.uk", "o'neil+news@mail.example.co.uk"),
        ("müller@köln.example", "müller@köln.example"),
        ("oemer@example", None),
        ("eve@@example.com", None),
        ("a..b@example.com", None),
        (".a@example.com", None),
        ("a b@example.com", None),
        ("a@-example.com", None),
        ("a@example.com;b@example.com", None),
        (f"{'a' * 250}@example.com", None),
    ],
)
def test_addresses_that_can_be_mailed(text: str, address: str | None) -> None:
    with scratch_store() as store:
        [row] = store.records(
            "SELECT bare_email($text) AS bare, is_email(bare) AS is_one", text=text
        )

    assert (row["bare"] if row["is_one"] else None) == address
