from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalization.safety.dates import Day, dates_in, deadlines_in

TUESDAY = date(2026, 12, 1)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        pytest.param("until 18 December 2026", {Day(12, 18, 2026)}, id="British"),
        pytest.param("until December 18th, 2026", {Day(12, 18, 2026)}, id="American"),
        pytest.param("until the 18th of December", {Day(12, 18)}, id="ordinal, no year"),
        pytest.param("until Fri 18 Dec", {Day(12, 18)}, id="short"),
        pytest.param("until 18/12/2026", {Day(12, 18, 2026)}, id="in figures"),
        pytest.param("until 2026-12-18", {Day(12, 18, 2026)}, id="ISO 8601"),
        pytest.param("bis 18. Dezember 2026", {Day(12, 18, 2026)}, id="German"),
        pytest.param("jusqu'au 1er août", {Day(8, 1)}, id="French"),
        pytest.param("03/04/26", {Day(4, 3, 2026), Day(3, 4, 2026)}, id="read both ways"),
    ],
)
def test_a_date_is_read_as_it_is_written(text: str, days: set[Day]) -> None:
    [found] = dates_in(text)

    assert found.days == days


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("10 decorations for the tree", id="begins like December"),
        pytest.param("6 marbles and 5 mayonnaise jars", id="begins like March and May"),
        pytest.param("version 1.2.3", id="a version"),
        pytest.param("45/13/2026", id="no day of the calendar"),
        pytest.param("ring 0800 123 456", id="a telephone number"),
    ],
)  # fmt: skip
def test_what_is_no_date_is_left_alone(text: str) -> None:
    assert dates_in(text) == []


def test_a_weekday_has_to_be_that_of_the_date() -> None:
    [friday], [monday] = dates_in("Friday 18 December"), dates_in("Monday 18 December")

    assert friday.is_on(date(2026, 12, 18))
    assert not monday.is_on(date(2026, 12, 18))


@pytest.mark.parametrize(
    ("text", "days_ahead"),
    [
        pytest.param("ends tonight", {0}, id="tonight"),
        pytest.param("last day", {0}, id="last day"),
        pytest.param("ends tomorrow", {1}, id="tomorrow"),
        pytest.param("ends on Friday", {3, 10}, id="a weekday is the next one, or the one after"),
        pytest.param("this week", {0, 1, 2, 3, 4, 5}, id="until Sunday"),
        pytest.param("this weekend", {4, 5}, id="Saturday or Sunday"),
        pytest.param("end of the month", {30}, id="its last day"),
        pytest.param("3 days left", {2, 3}, id="today counted or not"),
        pytest.param("48 hours left", {1, 2}, id="hours"),
        pytest.param("two weeks to go", {13, 14}, id="weeks in words"),
    ],
)
def test_a_deadline_is_seen_from_the_day_of_sending(text: str, days_ahead: set[int]) -> None:
    [found] = deadlines_in(text, TUESDAY)

    assert {(day - TUESDAY).days for day in found} == days_ahead


def test_a_date_goes_before_the_time_of_day_beside_it() -> None:
    assert deadlines_in("ends at midnight on 4 December 2026", TUESDAY) == [
        frozenset((date(2026, 12, 4),))
    ]


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)))
def test_every_day_is_read_back(day: date) -> None:
    for text in (f"{day:%-d %B %Y}", f"{day:%B %-d, %Y}", f"{day.isoformat()}", f"{day:%A %-d %B}"):
        [found] = dates_in(f"until {text}.")
        assert found.is_on(day), text


@given(st.integers(0, 10**12))
def test_no_number_of_days_is_too_many(n: int) -> None:
    [found] = deadlines_in(f"{n} days left", TUESDAY)

    assert all(day >= TUESDAY - timedelta(1) for day in found)
