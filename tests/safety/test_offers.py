"""The offer clock: nothing ends before its offer does, and nothing ends twice."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalization.domain import Decision, LedgerEntry
from personalization.safety.screening import screen
from tests.safety.cited_context import POLICY, SEND_ON, citing, document, ledger
from tests.safety.scripted import Scripted, message

WRAP = "We gift-wrap orders at no charge until 18 December 2026."
OFFER = document(ends=date(2026, 12, 18))


def urgency(text: str, *documents: object, statement: str = WRAP) -> LedgerEntry:
    context = citing(statement, documents=documents or (OFFER,))  # type: ignore[arg-type]
    return next(entry for entry in ledger(text, context) if entry.kind == "urgency")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Free wrapping ends on 18 December.", id="the date"),
        pytest.param("Free wrapping until 18 December 2026.", id="with the year"),
        pytest.param("Free wrapping ends Friday 18 December.", id="with its weekday"),
    ],
)
def test_the_day_on_which_the_offer_ends_is_borne_out(text: str) -> None:
    entry = urgency(text)

    assert entry.decision is Decision.PASS
    assert (entry.source_text, entry.statement_id) == ("18 December 2026", "offer@1#s1")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Free wrapping ends on 17 December.", id="another day"),
        pytest.param("Free wrapping ends on 18 December 2027.", id="another year"),
        pytest.param("Free wrapping ends Monday 18 December.", id="another weekday"),
        pytest.param("Free wrapping ends tonight.", id="tonight"),
        pytest.param("Last day for free wrapping.", id="last day"),
        pytest.param("Only 2 days left.", id="days"),
        pytest.param("This week only.", id="this week"),
    ],
)
def test_another_end_than_the_offers_blocks(text: str) -> None:
    entry = urgency(text)

    assert entry.decision is Decision.BLOCK
    assert "ends on 18 December 2026" in entry.reason


@pytest.mark.parametrize(
    ("text", "days_left"),
    [
        pytest.param("Ends tonight!", 0, id="tonight"),
        pytest.param("Last day for free wrapping.", 0, id="last day"),
        pytest.param("Today only.", 0, id="today only"),
        pytest.param("Ends tomorrow.", 1, id="tomorrow"),
        pytest.param("Only 48 hours left.", 2, id="48 hours"),
        pytest.param("Ends on Friday.", 3, id="a weekday"),
        pytest.param("This week only.", 5, id="this week"),
        pytest.param("Hurry, it ends soon.", 6, id="soon"),
        pytest.param("Last chance to have it wrapped.", 7, id="last chance"),
        pytest.param("Act now or miss it.", 3, id="act now"),
    ],
)
def test_the_clock_is_read_on_the_day_of_sending(text: str, days_left: int) -> None:
    ends = document(ends=SEND_ON + timedelta(days_left))
    far = document(ends=SEND_ON + timedelta(days_left + 40))

    assert urgency(text, ends).decision is Decision.PASS
    assert urgency(text, far).decision is not Decision.PASS


@given(st.integers(0, 400))
def test_tonight_is_the_day_of_sending_and_no_other(days: int) -> None:
    entry = urgency("It ends tonight.", document(ends=SEND_ON + timedelta(days)))

    assert (entry.decision is Decision.PASS) == (days == 0)


def test_urgency_without_an_offer_blocks() -> None:
    entry = urgency("Hurry, our doors are open.", document(kind="benefit", ends=None))

    assert entry.decision is Decision.BLOCK
    assert "no offer" in entry.reason


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Last week we opened a second shop.", id="last week is past"),
        pytest.param("Over the last few days many of you wrote.", id="the last few days are past"),
        pytest.param("Have a good weekend, and see you on Friday.", id="a day that ends nothing"),
        pytest.param("A throw that lasts until you are old.", id="until something else"),
        pytest.param("Today we light the first candle.", id="today begins something"),
    ],
)
def test_days_that_end_nothing_are_not_urgent(text: str) -> None:
    assert [e for e in ledger(text, citing(WRAP, documents=(OFFER,))) if e.kind == "urgency"] == []


def test_an_offer_that_has_run_out_blocks() -> None:
    gone = document(ends=SEND_ON - timedelta(1), fault="it ended on 30 November 2026")

    entry = urgency("Ends on 30 November.", gone, statement="It ends on 30 November 2026.")

    assert entry.decision is Decision.BLOCK
    assert "it ended on 30 November 2026" in entry.reason


def test_an_offer_that_was_extended_may_not_be_called_urgent() -> None:
    extended = document(ends=SEND_ON, earlier=date(2026, 11, 24))

    entry = urgency("It ends tonight.", extended)

    assert entry.decision is Decision.BLOCK
    assert entry.reason == (
        "This offer has been extended before: it was to end on 24 November 2026 (version 1)."
    )


def test_the_terms_of_an_extended_offer_are_for_a_reviewer() -> None:
    extended = document(ends=date(2027, 12, 31), earlier=date(2026, 12, 31))

    assert urgency("It runs until 31 December 2027.", extended).decision is Decision.REVIEW


def test_how_much_is_left_is_no_matter_of_the_clock() -> None:
    today = document(ends=SEND_ON)

    assert urgency("Only 3 left in stock.", today).decision is Decision.BLOCK
    assert urgency("Almost gone.", today, statement="Almost gone.").decision is Decision.PASS


def test_a_date_of_a_service_may_rest_on_its_own_terms() -> None:
    faq = document(kind="faq", ends=None, title="Christmas post")
    words = "Order by 18 December and it arrives before Christmas."

    assert urgency(words, faq, statement=words).decision is Decision.PASS
    assert urgency("Order by tonight.", faq, statement="Order by tonight.").decision is (
        Decision.BLOCK
    )


def test_no_day_of_sending_no_urgency() -> None:
    context = citing(WRAP, documents=(OFFER,), send_on=None)

    [entry] = [e for e in ledger("Ends on 18 December.", context) if e.kind == "urgency"]
    assert entry.decision is Decision.BLOCK


def test_an_offer_that_fits_turns_pressure_into_a_fact() -> None:
    text = message(body="Last chance: free wrapping ends tonight.")
    today, later = document(ends=SEND_ON), document(ends=SEND_ON + timedelta(60))
    said = "We gift-wrap orders free of charge."

    fits = screen(text, citing(said, documents=(today,)), Scripted(), POLICY)
    does_not = screen(text, citing(said, documents=(later,)), Scripted(), POLICY)

    rules = {"urgency.pressure", "offer.clock"}
    assert not rules & {finding.rule for finding in fits.findings}
    assert rules == rules & {finding.rule for finding in does_not.findings}
    assert does_not.decision is Decision.BLOCK
