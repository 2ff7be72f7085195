from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pages.ui import engagement, words

MISSING = float("nan")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        pytest.param(words.percent(0.125), "12.5%", id="a share as a percentage"),
        pytest.param(words.percent(0.5, 0), "50%", id="a share without decimals"),
        pytest.param(words.percent(None), "–", id="no share"),
        pytest.param(words.percent(MISSING), "–", id="a share that is not a number"),
        pytest.param(words.change(0.125), "+12.5%", id="a gain has a plus"),
        pytest.param(words.change(-0.03), "−3.0%", id="a loss has a true minus"),
        pytest.param(words.points(0.0132), "+1.32 points", id="a difference in points"),
        pytest.param(
            words.interval(-0.021, 0.098), "between −2.1% and +9.8%", id="an interval in words"
        ),
        pytest.param(words.interval(None, 0.1), "–", id="an interval with an open end"),
        pytest.param(words.chance(0.83), "83%", id="a chance"),
        pytest.param(words.chance(0.9999), ">99%", id="nothing is certain"),
        pytest.param(words.chance(0.0001), "<1%", id="nothing is impossible"),
        pytest.param(words.p_value(0.0321), "0.032", id="a p value"),
        pytest.param(words.p_value(0.00002), "<0.001", id="a tiny p value"),
        pytest.param(words.money(1234.5, "GBP"), "£1,234.50", id="pounds"),
        pytest.param(words.money(-3, "EUR"), "−€3.00", id="euros owed"),
        pytest.param(words.money(10, "CHF"), "CHF 10.00", id="a currency without a sign"),
        pytest.param(words.money(10, None), "10.00", id="no currency known"),
        pytest.param(words.count(4338), "4,338", id="a count with thousands"),
        pytest.param(words.plural(1, "customer"), "1 customer", id="one"),
        pytest.param(words.plural(4338, "customer"), "4,338 customers", id="many"),
        pytest.param(words.plural(2, "country", "countries"), "2 countries", id="odd plural"),
        pytest.param(words.day(date(2026, 12, 1)), "1 December 2026", id="a day"),
        pytest.param(
            words.moment(datetime(2026, 12, 1, 9, 5, tzinfo=UTC)), "1 Dec 2026, 09:05", id="a time"
        ),
        pytest.param(words.arm("control"), "Control", id="the control arm"),
        pytest.param(words.arm("B"), "Variant B", id="another arm"),
        pytest.param(words.listed(["a", "b", "c"]), "a, b and c", id="a list in a sentence"),
        pytest.param(words.listed(["a"]), "a", id="a list of one"),
    ],
)
def test_it_is_said_as_a_marketer_reads_it(said: str, expected: str) -> None:
    assert said == expected


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        pytest.param("missing_customer_id", "There is no customer number.", id="known"),
        pytest.param("bad_ordered_at", "Not a valid order date.", id="bad"),
        pytest.param("future_signup_date", "This sign-up date lies in the future.", id="future"),
        pytest.param("impossible_age", "This age is not possible.", id="impossible"),
        pytest.param("some_new_word", "Some new word.", id="unknown"),
    ],
)
def test_a_problem_is_said_in_a_sentence(reason: str, expected: str) -> None:
    assert words.problem(reason) == expected


@given(st.floats(0, 1))
def test_a_chance_is_never_said_to_be_none_or_all(probability: float) -> None:
    assert words.chance(probability) not in {"0%", "100%"}


@given(st.floats(-5, 5, allow_nan=False))
def test_a_change_keeps_its_sign(share: float) -> None:
    said = words.change(share, digits=3)

    assert said.startswith("−" if share < 0 or str(share) == "-0.0" else "+")


def test_percentages_in_a_sentence_are_written_as_on_the_rest_of_the_screen() -> None:
    assert (
        words.said("It lifts clicks by 12 % (3 % to 22 %).")
        == "It lifts clicks by 12% (3% to 22%)."
    )


def test_a_metric_of_money_names_its_currency_where_it_is_known() -> None:
    assert words.measured("revenue", "GBP") == "Revenue per person (£)"
    assert words.measured("revenue", "CHF") == "Revenue per person (CHF)"
    assert words.measured("revenue", None) == "Revenue per person"
    assert words.measured("click", "GBP") == "Clicks"


def test_a_file_of_problems_says_in_a_sentence_what_each_code_means() -> None:
    told = engagement.explained(
        'outcome,line,column,value,reason\nwarning,3,value,"a, b",bad_value\n'
        "rejected,4,event,x,This happened before the launch.\n"
    ).splitlines()

    assert told == [
        "outcome,line,column,value,reason,what it means",
        'warning,3,value,"a, b",bad_value,'  # noqa: ISC004  one line of the file
        '"Not a valid amount. A purchase still counts, as one worth 0."',
        "rejected,4,event,x,This happened before the launch.,This happened before the launch.",
    ]
