from __future__ import annotations

from dataclasses import replace

import pytest

from personalization.errors import ProviderError
from personalization.providers.product_facts import TONES, facts_of, shown_price, wordings_in
from personalization.providers.product_texts import STANDINGS
from tests.providers.product_facts import BARE, DOILIES, GATED, STAND, told


def said(entry_name: str, fact: str) -> str:
    entry = {"doilies": DOILIES, "stand": STAND, "gin": GATED}[entry_name]
    found = told(entry).find(fact)
    return found[0].wordings["text"] if found else ""


def test_one_sentence_tells_what_a_product_looks_like() -> None:
    assert said("doilies", "look") == ("It comes in pink, is made of paper and has a heart motif.")


def test_a_number_that_the_name_has_is_not_said_again() -> None:
    unnamed = replace(DOILIES, name="Pink heart paper doilies")

    assert "set of 72" not in said("doilies", "look")
    assert "is a set of 72" in facts_of(unnamed, "en-GB")[2].wordings["text"]


@pytest.mark.parametrize(
    ("motif", "words"),
    [
        pytest.param("owl", "an owl motif", id="before a vowel"),
        pytest.param("heart", "a heart motif", id="before a consonant"),
        pytest.param("union jack", "a union jack motif", id="a u that sounds like you"),
    ],
)
def test_a_motif_has_its_article(motif: str, words: str) -> None:
    entry = replace(STAND, attributes=(("motif", motif),))

    found = next(fact for fact in facts_of(entry, "en-GB") if fact.name == "look")
    assert words in found.wordings["text"]


def test_what_is_not_known_is_not_said() -> None:
    assert [fact.name for fact in facts_of(BARE, "en-GB")] == ["name"]
    assert "shelves" not in " ".join(facts_of(BARE, "en-GB")[0].wordings.values())


def test_a_gate_is_a_condition_of_every_text() -> None:
    assert said("gin", "gate") == "For adults of 18 and over only."


def test_a_name_is_never_read_as_a_blank() -> None:
    entry = replace(BARE, name="The {price} mug")

    assert facts_of(entry, "en-GB")[0].wordings["title"] == "The {price} mug"


@pytest.mark.parametrize(
    ("price", "currency", "shown"),
    [
        pytest.param(1250.5, "GBP", "£1,250.50", id="pounds"),
        pytest.param(9.0, "CHF", "CHF 9.00", id="a currency without a sign"),
        pytest.param(0.0, "GBP", "", id="nothing"),
        pytest.param(None, "GBP", "", id="not known"),
        pytest.param(4.0, "", "", id="no currency"),
    ],
)
def test_a_price_is_written_as_the_language_does(
    price: float | None, currency: str, shown: str
) -> None:
    assert shown_price(price, currency, "en-GB") == shown


def test_each_tone_and_standing_has_a_first_sentence_of_its_own() -> None:
    name = wordings_in("en-GB")["name"]
    usages = list(TONES) + [f"{t}_{s}" for t in TONES for s in STANDINGS]

    assert len({name[usage] for usage in usages}) == len(usages)


def test_a_language_without_wordings_is_named() -> None:
    with pytest.raises(ProviderError, match="pl-PL yet; the languages are: en"):
        facts_of(BARE, "pl-PL")
