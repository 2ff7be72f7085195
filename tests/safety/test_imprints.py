from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from personalization.generation.sources import footer_of
from personalization.safety.imprints import imprint, no_reply, opt_out_barrier, recognisable
from personalization.safety.jurisdictions import codes_of
from personalization.safety.reading import Context
from personalization.settings import Brand
from tests.safety.scripted import POLICY

BRAND = Brand()
RULE = POLICY.rules["footer.imprint"]
CUSTOMERS = Path(__file__).parents[2] / "sample_data" / "customers.csv"
HOST = "https://www.hearthandribbon.example"


def context(*codes: str, brand: Brand = BRAND) -> Context:
    return Context(
        sender_name=brand.sender_name,
        sender_address=brand.sender_address,
        allowed_domains=brand.allowed_domains,
        own_emails=brand.own_emails,
        own_phones=brand.own_phones,
        representatives=brand.representatives,
        register_number=brand.register_number,
        vat_id=brand.vat_id,
        on_behalf_of=brand.on_behalf_of,
        jurisdictions=codes,
    )


def missing(text: str, where: Context) -> list[str]:
    return [hit.detail for hit in imprint(text, RULE, where)]


@pytest.mark.parametrize("locale", ["en-GB", "de-DE", "fr-FR", "es-ES", "it-IT"])
def test_the_sample_footer_holds_what_every_country_of_the_policy_asks_for(locale: str) -> None:
    everywhere = context(*POLICY.jurisdictions)

    assert missing(footer_of(BRAND, locale), everywhere) == []


def test_germany_wants_more_than_the_united_states() -> None:
    bare = f"{BRAND.sender_address}\nUnsubscribe: {BRAND.unsubscribe_url}"

    assert missing(bare, context("US")) == []
    assert missing(bare, context("DE")) == [
        "Germany: an e-mail address or telephone number of your own.",
        "Germany: who represents the company.",
        "Germany: register and number.",
        "Germany: VAT identification number.",
    ]


def test_what_several_countries_ask_for_is_named_once_with_all_of_them() -> None:
    text = f"{BRAND.sender_address}\n{BRAND.contact}\nRepresented by Claire Whitmore."

    assert missing(text, context("DE", "FR", "US")) == [
        "Germany, France: register and number.",
        "Germany, France: VAT identification number.",
    ]


@pytest.mark.parametrize(
    ("link", "is_enough"),
    [
        pytest.param(f"Impressum: {HOST}/impressum", True, id="a page of the sender's own"),
        pytest.param("Impressum: https://elsewhere.test/impressum", False, id="a foreign page"),
        pytest.param(f"{HOST}/impressum", True, id="the word in the link"),
        pytest.param(f"Impressum{' ' * 200}{HOST}/lamps", False, id="a link far off"),
    ],
)
def test_a_linked_imprint_stands_for_what_it_says(link: str, is_enough: bool) -> None:  # noqa: FBT001
    text = f"{BRAND.sender_address}\n{BRAND.contact}\n{link}"

    assert (missing(text, context("DE")) == []) is is_enough


def test_a_box_is_no_street() -> None:
    boxed = replace(BRAND, sender_address="Hearth & Ribbon Ltd, PO Box 40, York YO1 7AB")
    text = f"{boxed.sender_address}\n{BRAND.contact}\nImpressum: {HOST}/impressum"

    assert missing(text, context("DE", brand=boxed)) == ["Germany: a street address, no P.O. box."]
    assert missing(text, context("US", brand=boxed)) == []


def test_canada_wants_to_know_on_whose_behalf() -> None:
    for_another = replace(BRAND, on_behalf_of="Northfield Mill Ltd")
    text = footer_of(BRAND, "en-GB")

    assert missing(text, context("CA", brand=for_another)) == [
        "Canada: on whose behalf it is sent."
    ]
    assert missing(footer_of(for_another, "fr-CA"), context("CA", brand=for_another)) == []


def test_a_country_without_a_table_goes_by_the_others() -> None:
    assert missing(BRAND.sender_address, context("ZZ")) == [
        "Everywhere else: an e-mail address or telephone number of your own."
    ]


def test_a_telephone_number_is_a_contact_as_well() -> None:
    phone = replace(BRAND, own_phones=("+44 1904 496 012",), own_emails=())
    where = context("AU", brand=phone)

    assert missing("Ring 01904 496012.", where) == []
    assert missing("Ring us.", where)


def test_the_imprint_of_the_sample_does_not_stand_under_another_address() -> None:
    own = Brand(sender_address="Fern & Fig GmbH, Lindenweg 4, 10115 Berlin")

    assert (own.representatives, own.register_number, own.vat_id, own.contact) == ((), "", "", "")
    assert "Whitmore" not in footer_of(own, "de-DE")
    assert Brand(sender_address=own.sender_address, vat_id="DE123456789").vat_id == "DE123456789"


def test_every_country_of_the_sample_data_is_known_to_the_policy() -> None:
    with CUSTOMERS.open(encoding="utf-8") as file:
        countries = {row["country"] for row in csv.DictReader(file)}

    codes = {country: codes_of([country], POLICY.jurisdictions)[0] for country in countries}

    assert (codes["EIRE"], codes["USA"], codes["Germany"]) == ("IE", "US", "DE")
    assert {country for country, code in codes.items() if code == "other"} == {
        "Bahrain", "Brazil", "Channel Islands", "Israel", "Japan", "Lebanon", "RSA",
        "Saudi Arabia", "Singapore", "United Arab Emirates", "Unspecified",
    }  # fmt: skip


def test_no_spelling_stands_for_two_countries() -> None:
    spellings = [
        spelling.casefold()
        for code, table in POLICY.jurisdictions.items()
        for spelling in {code, table["name"], *table["names"]}
    ]

    assert len(spellings) == len(set(spellings))


def test_every_country_says_on_which_law_its_footer_rests() -> None:
    for table in POLICY.jurisdictions.values():
        footer = table["footer"]
        assert footer.keys() == {
            "parts", "label", "opt_out", "law", "source", "reviewed", "owner",
        }  # fmt: skip
        assert footer["law"]
        assert footer["source"].startswith("https://")


@pytest.mark.parametrize(
    ("text", "is_barred"),
    [
        pytest.param("Log in to unsubscribe.", True, id="a log-in"),
        pytest.param("A fee of two pounds applies to every opt-out.", True, id="a fee"),
        pytest.param("Unsubscribe by post only.", True, id="a letter"),
        pytest.param("Please allow 30 weeks for removal.", True, id="a long wait"),
        pytest.param("You cannot unsubscribe. https://x.example/unsubscribe", True, id="no way"),
        pytest.param("You can't easily opt out.", True, id="no easy way"),
        pytest.param("It is not possible to unsubscribe.", True, id="not possible"),
        pytest.param("Unsubscribing is not possible.", True, id="not possible, the other way"),
        pytest.param("This newsletter has no opt-out.", True, id="none at all"),
        pytest.param("If you cannot unsubscribe, write to us.", False, id="help"),
        pytest.param("Can't unsubscribe? Write to us.", False, id="a question"),
        pytest.param("You cannot unsubscribe from order updates.", False, id="no advertising"),
        pytest.param("No log-in needed to unsubscribe.", False, id="no log-in"),
        pytest.param("Unsubscribe with one click, at no cost.", False, id="no cost"),
        pytest.param("Log in to see your basket. Unsubscribe: x", False, id="another log-in"),
    ],
)
def test_what_stands_between_the_reader_and_the_way_out(text: str, is_barred: bool) -> None:  # noqa: FBT001
    hits = list(opt_out_barrier(text, POLICY.rules["footer.opt_out_barrier"], context()))

    assert bool(hits) is is_barred


def test_a_message_that_cannot_be_answered_is_noted() -> None:
    rule = POLICY.rules["footer.no_reply"]

    assert list(no_reply("Please do not reply to this e-mail.", rule, context()))
    assert not list(no_reply("Just reply to this e-mail.", rule, context()))


@pytest.mark.parametrize(
    ("texts", "is_plain"),
    [
        pytest.param({"subject": "Hello", "body": "Long time no see."}, False, id="like a friend"),
        pytest.param({"body": "Have a look.", "call_to_action": "See"}, True, id="a button"),
        pytest.param({"body": "Yours, Hearth and Ribbon"}, True, id="the sender's name"),
        pytest.param({"body": "The order is on its way."}, True, id="a word of trade"),
    ],
)
def test_advertising_shows_itself(texts: dict[str, str], is_plain: bool) -> None:  # noqa: FBT001
    fields = {"subject": "", "preheader": "", "body": "", "call_to_action": "", **texts}

    hits = list(recognisable(fields, POLICY.rules["ad.recognisable"], context("US")))

    assert (not hits) is is_plain


def test_a_label_that_a_country_asks_for_stands_in_the_subject() -> None:
    from personalization.safety.policy import read_policy

    overlay = '[jurisdictions.US.footer]\nlabel = ["ADV:"]'
    rule = read_policy(overlay).rules["ad.recognisable"]
    fields = {"subject": "Lamps", "preheader": "", "body": "Our shop", "call_to_action": "See"}

    [hit] = recognisable(fields, rule, context("US"))

    assert hit.detail == "United States: ADV:."
    assert not list(recognisable({**fields, "subject": "ADV: Lamps"}, rule, context("US")))
