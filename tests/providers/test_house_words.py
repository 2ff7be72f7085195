from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalization.domain import BrandProfile, Brief
from personalization.providers.house_words import lacking, places, says, unsuitable

WORD = st.text("abcdefghijklmnopqrstuvwxyzäéñß", min_size=2, max_size=9)
OTHER = st.text("QXZ ,.-!\n", max_size=12)  # words without a vowel: no form of anything


def said(term: str, text: str, locale: str = "en-GB") -> list[str]:
    return [text[start:end] for start, end in places(term, text, locale)]


@pytest.mark.parametrize(
    ("term", "text", "expected"),
    [
        pytest.param("cheap", "Cheaper, the cheapest, cheaply", ["Cheaper", "cheapest", "cheaply"],
                     id="degrees of an adjective"),
        pytest.param("easy", "An easier day", ["easier"], id="y becomes i"),
        pytest.param("bargains", "One bargain", ["bargain"], id="the singular of a plural"),
        pytest.param("party", "Parties and PARTY's", ["Parties", "PARTY's"], id="plural, genitive"),
        pytest.param("stop", "He stopped stopping, she stops", ["stopped", "stopping", "stops"],
                     id="a doubled letter"),
        pytest.param("save", "saving and saved", ["saving", "saved"], id="a silent e"),
        pytest.param("buy", "She bought it", ["bought"], id="an irregular verb"),
        pytest.param("box", "Two boxes", ["boxes"], id="plural in es"),
        pytest.param("must-have", "a must have, must-haves", ["must have", "must-haves"],
                     id="a hyphen counts as a space"),
        pytest.param("last chance", "LAST CHANCES", ["LAST CHANCES"], id="the last word inflected"),
        pytest.param("100%", "a 100 % deal", ["100 %"], id="a figure with its sign"),
        pytest.param("!!", "Wow!!", ["!!"], id="signs as they stand"),
        pytest.param("cheap", "ch\u00adeap", ["ch\u00adeap"], id="a soft hyphen inside"),
        pytest.param("café", "cafe\u0301", ["cafe\u0301"], id="an accent as a sign of its own"),
        pytest.param("cheap", "ｃｈｅａｐ", ["ｃｈｅａｐ"], id="wide letters"),
        pytest.param("don't wait", "Don’t wait", ["Don’t wait"], id="typographic quotes"),
    ],
)  # fmt: skip
def test_a_word_is_found_in_any_inflection(term: str, text: str, expected: list[str]) -> None:
    assert said(term, text) == expected


@pytest.mark.parametrize(
    ("term", "text"),
    [
        pytest.param("car", "Caring for carpets", id="another word that begins so"),
        pytest.param("off", "Our offer", id="a word that holds it"),
        pytest.param("show", "A shower", id="what builds a new word"),
        pytest.param("new", "News of the day", id="a plural that is none"),
        pytest.param("free", "Freedom", id="a suffix that is no inflection"),
        pytest.param("even", "Good evening", id="a noun in ing"),
        pytest.param("last chance", "At last. Chance had it", id="a sentence ends in between"),
        pytest.param("bet", "The better shop", id="no comparative of a noun"),
        pytest.param("15 %", "15 days", id="another unit"),
        pytest.param("", "Anything", id="nothing"),
    ],
)
def test_other_words_are_left_alone(term: str, text: str) -> None:
    assert said(term, text) == []


@pytest.mark.parametrize(
    ("locale", "term", "text", "expected"),
    [
        ("de-DE", "billig", "Billige und billigste, Billigflug", ["Billige", "billigste"]),
        ("de-DE", "Haus", "viele Häuser", ["Häuser"]),
        ("fr-FR", "gratuit", "Gratuite et gratuits", ["Gratuite", "gratuits"]),
        ("fr-FR", "cadeau", "des cadeaux", ["cadeaux"]),
        ("es-ES", "barato", "las más baratas", ["baratas"]),
        ("it-IT", "sconto", "sconto, sconti", ["sconto"]),
    ],
)
def test_each_language_has_its_own_endings(
    locale: str, term: str, text: str, expected: list[str]
) -> None:
    assert said(term, text, locale) == expected


@given(WORD, OTHER, OTHER, st.sampled_from(["en-GB", "de-DE", "fr-FR", "es-ES", "it-IT"]))
def test_a_word_is_found_wherever_it_stands_and_the_span_is_the_word(
    word: str, before: str, after: str, locale: str
) -> None:
    text = f"{before} {word.upper()} {after}"

    spans = places(word, text, locale)

    assert (len(before) + 1, len(before) + 1 + len(word.upper())) in spans
    assert all(text[start:end].strip() for start, end in spans)


@given(st.lists(WORD, min_size=1, max_size=5), OTHER, OTHER)
def test_what_has_to_be_said_is_said_by_a_text_that_holds_it(
    words: list[str], before: str, after: str
) -> None:
    term = " ".join(words)

    assert says(term, f"{before} {', '.join(words)} {after}")
    assert lacking([term], [("subject", before), ("body", after)]) == [term]


def test_what_has_to_be_said_counts_word_for_word_only() -> None:
    assert says("Offer ends on 18 December.", "Hurry: OFFER ends on\n18 December!")
    assert not says("gift wrap", "Free gift wrapping")
    assert not says("15 % off", "15 off")
    assert not says("over £40", "over $40")
    said_in_body = [("body", "Made in York."), ("footer", "Free returns")]
    assert lacking(["Free returns", "York"], said_in_body) == ["Free returns"]


@pytest.mark.parametrize(
    ("term", "text"),
    [
        pytest.param("Terms apply", "No terms apply.", id="denied"),
        pytest.param("Terms apply", "We write without any terms apply", id="denied before any"),
        pytest.param("Terms apply", "They don’t\nterms apply", id="a verb denied"),
        pytest.param("Versand frei", "Kein Versand frei", id="denied in German"),
        pytest.param("not for children", "It is not. For children", id="over a sentence's end"),
        pytest.param("Terms apply", "Terms\n\napply", id="over two paragraphs"),
        pytest.param("Terms apply", "Hello {{first_name|Terms apply}}.", id="a fallback"),
        pytest.param("Terms apply", "Terms {{city|here}} apply", id="parted by a tag"),
        pytest.param("terms apply", "https://a.example/terms-apply", id="an address"),
        pytest.param("terms apply", "shop.example/terms/apply", id="an address without a scheme"),
    ],
)  # fmt: skip
def test_what_does_not_tell_every_reader_is_not_said(term: str, text: str) -> None:
    assert not says(term, text)


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("Terms apply", "No, terms apply."),
        ("Terms apply", "No catch? Terms apply."),
        ("Ends on Sunday. Terms apply.", "It ends on Sunday. Terms apply"),
        ("shop.example/terms", "See shop.example/terms for more"),
        ("Hello {{first_name|there}}", "Hello {{first_name|there}}, come in"),
        ("No strings attached", "There are no strings attached."),
        ("Terms apply", "Ter\u00adms apply"),
    ],
)
def test_what_every_reader_is_told_is_said(term: str, text: str) -> None:
    assert says(term, text)


@pytest.mark.parametrize(
    ("term", "text", "expected"),
    [
        ("cheap", "c-h-e-a-p", ["c-h-e-a-p"]),
        ("cheap", "so c h e a p !", ["c h e a p"]),
        ("cheap", "C.H.E.A.P.", ["C.H.E.A.P"]),
        ("last chance", "l-a-s-t c-h-a-n-c-e", ["l-a-s-t c-h-a-n-c-e"]),
        ("cheap", "ch.eap, ch_eap", ["ch.eap", "ch_eap"]),
        ("cheap", "che\ufe0fap", ["che\ufe0fap"]),
        ("cheap", "che\u034fap", ["che\u034fap"]),
        ("cheap", "che\U000e0061ap", ["che\U000e0061ap"]),
        ("cheap", "chéap", ["chéap"]),
        ("cheap", "c\u20ddhe\u0331ap", ["c\u20ddhe\u0331ap"]),
        ("cheap", "CheapDeals and #cheap", ["Cheap", "cheap"]),
        ("cheap", "cheap4you", ["cheap"]),
        ("last chance", "lastchance LastChances", ["lastchance", "LastChances"]),
        ("last chance", "last\n\nchance", ["last\n\nchance"]),
        ("last chance", "last. chance", ["last. chance"]),
        ("50% off", "50 per cent off, 50 percent off, 50 % off",
         ["50 per cent off", "50 percent off", "50 % off"]),
        ("50 per cent off", "50% off", ["50% off"]),
    ],
)  # fmt: skip
def test_a_disguise_hides_no_word(term: str, text: str, expected: list[str]) -> None:
    assert said(term, text) == expected


@pytest.mark.parametrize(
    ("locale", "term", "text"),
    [
        ("en-GB", "cheap", "A chapter for a cheapskate in Cheapside"),
        ("en-GB", "app", "Write on WhatsApp"),
        ("en-GB", "e-mail", "an email"),
        ("en-GB", "email", "an e-mail"),
        ("en-GB", "per cent", "50%"),
        ("en-GB", "café", "a cafe"),
        ("en-GB", "50% off", "50 cents off, 15% off"),
        ("en-GB", "last chance", "At last. Chance had it"),
        ("fr-FR", "sur", "bien sûr"),
        ("es-ES", "ano", "Un año"),
    ],
)
def test_what_only_looks_like_a_word_is_left_alone(locale: str, term: str, text: str) -> None:
    assert said(term, text, locale) == []


def test_the_letters_of_a_hashtag_are_taken_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {"cheap": 1.0, "deals": 1.0, "chapters": 1.0, "cheapskate": 1.0}
    monkeypatch.setattr("personalization.providers.spelling.vocabulary", lambda: known)

    assert said("cheap", "#cheapdeals #cheapskate #chapters") == ["cheap"]


def test_the_word_of_the_house_may_hold_the_word_that_it_replaces() -> None:
    brand = BrandProfile(vocabulary=(("gift card", "card"),))

    found = unsuitable("A gift card, not a card", profile=brand, brief=Brief())

    assert [(each.start, each.instead) for each in found] == [(19, "gift card")]


def test_what_is_ruled_out_is_told_by_whom_in_the_order_of_the_text() -> None:
    brand = BrandProfile(forbidden=("crazy",), vocabulary=(("basket", "cart"),))
    brief = Brief(must_not_say=("Black Friday",))

    found = unsuitable("Carts for Black Fridays are crazy", profile=brand, brief=brief)

    assert [each.rule for each in found] == [
        "brand.vocabulary", "brief.must_not_say", "brand.forbidden",
    ]  # fmt: skip
