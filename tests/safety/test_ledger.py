"""The claim ledger: what is said has to be what was approved, to the figure and to the word."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalization.domain import Decision, Message
from personalization.safety.ledger import entries_of
from personalization.safety.screening import screen
from tests.safety.cited_context import POLICY, citing, document, ledger, unsupported
from tests.safety.scripted import MESSAGE, Scripted, message

# Approved sentences, in the words of content_corpus/, and what each of them states.
APPROVED = (
    "Standard delivery is free on orders over £40.",
    "We take £5 off your second order with the code RIBBON5.",
    "Garden lines are 15% off until 31 August 2026.",
    "Orders placed before 2 pm leave on the same day, and arrive within 3 working days.",
    "You may send anything back within 30 days.",
    "The jug holds 1.2 litres and stands 24 cm high.",
    "More than 2,300 customers ordered the cake stand in 2025.",
    "Choose three lunch bags and pay for two.",
    "It burns for forty hours.",
    "Every parcel comes with a two-year guarantee.",
    "It is the softest throw we have ever sold.",
)
CONTEXT = citing(*APPROVED)
OTHER_UNIT = {"litres": "pints", "cm": "mm", "days": "weeks", "hours": "days", "%": " points",
              "£": "€", "year": "month"}  # fmt: skip
OTHER_WORD = {"two": "three", "three": "four", "forty": "fifty"}
OTHER_DATE = {"31 August": "30 August", "August": "September", "2026.": "2027."}


def mutations(sentence: str) -> list[str]:
    """Return the sentence with one figure, unit or date of it changed, each way in turn."""
    found: list[str] = []
    for m in re.finditer(r"\d[\d,.]*\d|\d", sentence):
        others = (f"{m[0]}0", f"1{m[0]}", str(int(re.sub(r"\D", "", m[0])) + 1))
        found += [sentence[: m.start()] + other + sentence[m.end() :] for other in others]
    for table in (OTHER_UNIT, OTHER_WORD, OTHER_DATE):
        for old, new in table.items():
            if re.search(rf"(?<!\w){re.escape(old)}(?!\w)", sentence) or old in "%£":
                found.append(sentence.replace(old, new, 1))
    return [text for text in found if text != sentence and "1.20 litres" not in text]


@pytest.mark.parametrize("sentence", APPROVED)
def test_an_approved_sentence_is_borne_out_word_for_word(sentence: str) -> None:
    assert unsupported(sentence, CONTEXT) == []
    assert ledger(sentence, CONTEXT)


def test_no_changed_figure_unit_or_date_slips_through() -> None:
    changed = [text for sentence in APPROVED for text in mutations(sentence)]
    slipped = [text for text in changed if not unsupported(text, CONTEXT)]

    assert len(changed) > 50
    assert slipped == []


def test_figures_that_trade_places_are_noticed() -> None:
    assert unsupported("You may send anything back within 3 days.", CONTEXT)
    assert unsupported("Orders arrive within 30 working days.", CONTEXT)
    assert unsupported("We take £40 off your second order.", CONTEXT)


@given(st.integers(1, 10**6).filter(lambda n: n != 40))
def test_no_other_price_is_borne_out(price: int) -> None:
    found = unsupported(f"Delivery is free on orders over £{price}.", citing(APPROVED[0]))

    assert found == [("price", f"£{price}")]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Delivery is free over 40 pounds.", id="the currency in words"),
        pytest.param("The jug holds 1,200 ml.", id="another unit of the same amount"),
        pytest.param("It burns for 40 hours.", id="a number in figures"),
        pytest.param("Send it back within thirty days.", id="a number in words"),
        pytest.param("15 per cent off, up to and including 31/08/2026.", id="a date in figures"),
        pytest.param("Hello {{first_name|there}}, welcome back.", id="nothing is claimed"),
        pytest.param("Write to 12 Mill Lane, York YO1 7AB.", id="the sender's own address"),
        pytest.param("Ring us on 01904 555 010.", id="the sender's own telephone"),
        pytest.param("Happy 2026 to you all.", id="the year of sending"),
        pytest.param("Best wishes from all of us.", id="a courtesy"),
        pytest.param("At least have a look, and feel free to ask.", id="plain words"),
        pytest.param("A gluten free cake frees up your Sunday.", id="free of something"),
    ],
)
def test_the_same_in_other_words_is_borne_out(text: str) -> None:
    assert unsupported(text, CONTEXT) == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        pytest.param("Gift wrapping is free.", "price", id="free, and nothing says so"),
        pytest.param("The softest socks in our shop.", "superlative", id="of something else"),
        pytest.param("Our lamps come with a guarantee.", "guarantee", id="of something else"),
        pytest.param("Rated 5 stars.", "number", id="stars"),
        pytest.param("Open at 9 am.", "time", id="a time of day"),
        pytest.param("Use the code RIBBON50.", "code", id="a code"),
        pytest.param("It weighs 300 g.", "quantity", id="a weight"),
        pytest.param("Yours in four days.", "duration", id="a duration in words"),
        pytest.param("Half price lamps.", "percent", id="half price"),
    ],
)
def test_what_nothing_says_blocks(text: str, kind: str) -> None:
    assert kind in {found for found, _ in unsupported(text, CONTEXT)}
    entry = next(e for e in ledger(text, CONTEXT) if e.kind == kind)
    assert (entry.decision, entry.statement_id is None or bool(entry.source_text)) == (
        Decision.BLOCK, True,
    )  # fmt: skip


def test_a_fact_points_at_its_words_and_at_those_of_its_source() -> None:
    text = "Now: delivery is free over £40!"

    entry = next(e for e in ledger(text, citing(APPROVED[0])) if e.text == "£40")

    assert text[entry.span_start : entry.span_end] == "£40"
    assert (entry.statement_id, entry.source_field) == ("offer@1#s1", "text")
    assert entry.source_text == "£40"
    assert APPROVED[0][entry.source_start : entry.source_end] == "£40"


def test_the_span_behind_a_merge_tag_is_that_of_the_stored_text() -> None:
    text = "Dear {{first_name|friend}}, it burns for 90 hours."

    [entry] = ledger(text, CONTEXT)

    assert text[entry.span_start : entry.span_end] == "90 hours"


def test_a_claim_in_a_fallback_is_found() -> None:
    assert unsupported("You have {{tier|60% off}} today.", CONTEXT)


@pytest.mark.parametrize("field", ["subject", "preheader", "body", "call_to_action"])
def test_every_field_is_read(field: str) -> None:
    assert unsupported("Save 80%", CONTEXT, field) == [("percent", "80%")]


def test_a_withdrawn_source_bears_nothing_out_and_is_named() -> None:
    gone = document(kind="benefit", title="Delivery", ends=None, fault="it was withdrawn")
    context = citing(APPROVED[0], documents=(gone,))

    entry = next(e for e in ledger("Free over £40.", context) if e.text == "£40")

    assert entry.decision is Decision.BLOCK
    assert entry.reason == "Only ‘Delivery’ says so, and it was withdrawn."


def test_a_date_may_rest_on_the_last_day_of_its_source() -> None:
    context = citing("We wrap at no charge.", documents=(document(ends=date(2026, 12, 18)),))

    assert unsupported("We wrap at no charge until 18 December.", context) == []
    assert ("date", "17 December") in unsupported("We wrap until 17 December.", context)
    assert unsupported("It arrives on 18 December.", context) == [("date", "18 December")]


# Products -------------------------------------------------------------------------------


def test_a_product_has_to_be_one_that_a_source_speaks_of() -> None:
    context = citing(
        "The jumbo bags are back.", names=("jumbo bag", "lunch bag red retrospot"),
    )  # fmt: skip

    assert unsupported("Our Jumbo Bag is back.", context) == []
    assert unsupported("The Lunch Bag Red Retrospot is back.", context) == [
        ("product", "Lunch Bag Red Retrospot")
    ]


def test_a_product_may_rest_on_what_its_source_is_about() -> None:
    about = document(kind="benefit", ends=None, products=("lunch-bag",))

    assert unsupported(
        "Lunch bags.", citing("Back.", documents=(about,), names=("lunch bag",))
    ) == ([])


def test_a_name_of_one_plain_word_is_a_name_only_with_a_capital() -> None:
    context = citing("News.", names=("doormat",))

    assert unsupported("A doormat by the door. Doormat or not.", context) == []
    assert unsupported("Our Doormat is here.", context) == [("product", "Doormat")]


# In a screening -------------------------------------------------------------------------


def screened(text: Message, *statements: str) -> list[tuple[str, Decision]]:
    context = citing(*statements)
    found = screen(text, context, Scripted(), POLICY).findings
    ours = ("claims.", "offer.")
    return [(f.rule, f.action) for f in found if f.rule.startswith(ours)]


def test_an_unsupported_figure_blocks_a_campaign_and_is_named_once() -> None:
    found = screened(message(body="It burns for 90 hours."), "It burns for 40 hours.")

    assert found == [("claims.unsupported_number", Decision.BLOCK)]


@pytest.mark.parametrize(
    ("words", "rule", "told"),
    [
        ("free", "claims.unsupported_number", "This is in none of the approved statements"),
        ("guaranteed", "claims.unsupported_guarantee", "No approved statement that the message"),
    ],
)
def test_the_same_cause_of_the_same_words_is_told_once(words: str, rule: str, told: str) -> None:
    text = message(body=f"The candle is {words} this week.")
    found = screen(text, citing("It burns for 40 hours."), Scripted(), POLICY).findings

    [finding] = [f for f in found if f.rule == rule]
    assert (finding.text, finding.action) == (words, Decision.BLOCK)
    assert finding.message.startswith(told)
    assert finding.message.count("approved statement") == 1


def test_without_sources_on_record_there_is_no_ledger() -> None:
    context = citing("x")
    texts = screen(MESSAGE, context, Scripted(), POLICY).ledger

    assert texts == ()
    assert entries_of({}, POLICY, context) == ()


def test_a_ledger_that_cannot_be_kept_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("personalization.safety.screening.entries_of", fails)

    found = screen(MESSAGE, citing("x"), Scripted(), POLICY)

    assert found.decision is Decision.ERROR
    assert "claims.ledger" in {finding.rule for finding in found.findings}
