"""Approved words as they are said: known readings, and what holds for any text."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalization.errors import InputError
from personalization.providers.speech import Slot
from personalization.voice.lexicon import Lexicon, Pronunciation
from personalization.voice.scripting import indivisible, write_script

READINGS = [
    # dates and times
    (
        "en-GB",
        "on 21/11/2026 at 9:30",
        "on the twenty-first of November, twenty twenty-six at nine thirty",
    ),
    (
        "en-US",
        "on 11/21/2026 at 2:05 pm",
        "on November twenty-first, twenty twenty-six at two oh five P M",
    ),
    ("en-GB", "by 1 May", "by the first of May"),
    ("en-GB", "the 3rd of June", "the third of June"),
    ("en-US", "November 21, 2026", "November twenty-first, twenty twenty-six"),
    ("en-GB", "2026-12-24", "the twenty-fourth of December, twenty twenty-six"),
    ("en-GB", "open 14:00 to 9 a.m.", "open two P M to nine A M"),
    ("en-GB", "99/99/2026", "ninety-nine or ninety-nine or two thousand and twenty-six"),
    (
        "de",
        "am 21.11.2026 um 14:30 Uhr",
        "am einundzwanzigsten November zweitausendsechsundzwanzig um vierzehn Uhr dreißig",
    ),
    ("de", "der 3. Oktober", "der dritte Oktober"),
    ("de", "bis 24.12. bestellen", "bis vierundzwanzigsten Dezember bestellen"),
    ("fr", "le 1er mai à 14h30", "le premier mai à quatorze heures trente"),
    ("es", "el 2 de mayo de 2026", "el dos de mayo de dos mil veintiséis"),
    # prices, percentages, units
    ("en-GB", "£12.50, £1, £0.99", "twelve pounds fifty, one pound, ninety-nine pence"),
    (
        "en-US",
        "$2.5m and $1,250",
        "two point five million dollars and one thousand two hundred fifty dollars",
    ),
    ("en-GB", "from €20 to €30", "from twenty euros to thirty euros"),
    ("en-GB", "10% off, 2-3 days", "ten percent off, two to three days"),
    ("de", "12,50 € und 1 €", "zwölf Euro fünfzig und ein Euro"),
    ("de", "2,5 Mio. Euro, 1 Mio. €", "zwei Komma fünf Millionen Euro, eine Million Euro"),
    ("fr", "12,50 € ou 1 000 000 €", "douze euros cinquante ou un million d'euros"),
    ("es", "12,50 €, 21 cajas", "doce euros con cincuenta, veintiuna cajas"),
    ("en-GB", "10 x 15 cm, 2 kg", "ten by fifteen centimetres, two kilograms"),
    ("de", "1 kg und 20 °C", "ein Kilogramm und zwanzig Grad Celsius"),
    # years and counts
    (
        "en-GB",
        "since 1987 for 2500 clients",
        "since nineteen eighty-seven for two thousand five hundred clients",
    ),
    ("en-GB", "in 2000 clients' homes", "in two thousand clients' homes"),
    ("en-GB", "the 1990s", "the nineteen nineties"),
    # addresses
    ("en-GB", "Mail hello@hearthandribbon.example.", "Mail hello at hearthandribbon dot example."),
    (
        "en-GB",
        "https://www.hearthandribbon.example/gifts-4-you",
        "hearthandribbon dot example slash gifts dash four dash you",
    ),
    ("de", "www.hearthandribbon.example", "hearthandribbon Punkt example"),
    (
        "en-GB",
        "+44 20 7946 0123",
        "plus four four, two zero, seven nine four six, zero one two three",
    ),
    # abbreviations and signs
    (
        "en-GB",
        "Mr. Ash & Dr. Bell, e.g. No. 5",
        "Mister Ash and Doctor Bell, for example number five",
    ),
    ("en-GB", "Is it? No. It is not.", "Is it? No. It is not."),
    ("en-GB", "gifts, cards, etc. We wrap.", "gifts, cards, and so on. We wrap."),
    (
        "de",
        "z.B. inkl. MwSt., d. h. ca. 5",
        "zum Beispiel inklusive Mehrwertsteuer, das heißt circa fünf",
    ),
    ("fr", "M. Dupont, n° 5", "Monsieur Dupont, numéro cinq"),
    ("es", "El Sr. Pérez y la Sra. Gil", "El Señor Pérez y la Señora Gil"),
    ("en-GB", "B2B and/or 24/7 - a 5-star", "B two B and or twenty-four seven, a five-star"),
    ("en-GB", "#1 – really…", "number one, really."),
    ("en-GB", "One\nTwo\n- three", "One. Two. three"),
    ("en-GB", "Gifts 🎁 for *you*™", "Gifts for you"),
    ("en-GB", "20 m² and x²", "twenty square metres and x two"),
]


@pytest.mark.parametrize(("language", "written", "spoken"), READINGS)
def test_what_is_written_in_signs_is_said_in_words(
    language: str, written: str, spoken: str
) -> None:
    assert write_script(written, language).spoken == spoken


def has_digits(text: str) -> bool:
    return any(sign.isdigit() or sign.isdecimal() for sign in text)


LANGUAGES = st.sampled_from(["en-GB", "en-US", "de", "fr", "es"])
PIECES = st.one_of(
    st.sampled_from(
        [written for _, written, _ in READINGS]
        + ["Hello", " ", ", ", ". ", "gift", "1", "-", "/", "&", "5 m", "12.", "3,4", "½", "²", "٣"]
    ),
    st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=6),
    st.integers(0, 10**16).map(str),
)


@given(LANGUAGES, st.lists(PIECES, max_size=6))
def test_no_digit_is_left_in_any_text(language: str, pieces: list[str]) -> None:
    assert not has_digits(write_script(" ".join(pieces), language).spoken)


@given(LANGUAGES, st.lists(PIECES, max_size=6))
def test_a_script_that_is_written_again_stays_the_same(language: str, pieces: list[str]) -> None:
    once = write_script(" ".join(pieces), language).spoken

    assert write_script(once, language).spoken == once


PLAIN = st.lists(
    st.sampled_from(["wrap", "presents", "Zürich", "façade", "mañana", "Geschenk", "we", "Q"]),
    min_size=1, max_size=10,
)  # fmt: skip


@given(LANGUAGES, PLAIN, st.sampled_from([" ", ", ", ". ", " – ", "\n", " 5 "]))
def test_nothing_is_lost_and_every_word_leads_back_to_where_it_stands(
    language: str, words: list[str], between: str
) -> None:
    written = between.join(words)

    script = write_script(written, language)

    said = re.findall(r"[^\W\d_]+", script.spoken)
    assert [word for word in said if word in words] == words
    assert len(script.places) == len(script.spoken)
    assert list(script.places) == sorted(script.places)
    place = 0
    for word in words:
        place = script.spoken.index(word, place)
        start, end = script.written_at(place, place + len(word))
        assert written[start:end].strip(" ,.–\n") == word


def test_a_price_leads_back_to_its_figures() -> None:
    script = write_script("It costs £12.50 now.", "en-GB")
    start = script.spoken.index("twelve")

    assert script.written_at(start, start + len("twelve pounds fifty")) == (9, 15)


def test_values_become_slots_and_names_keep_their_language() -> None:
    written = "Hi Wojciech, your 3 shops in Leeds."
    slots = (Slot(3, 11, "prospect.first_name"), Slot(13, 34, "fact.text"))

    script = write_script(written, "en-GB", slots=slots, country="PL")

    assert script.spoken == "Hi Wojciech, your three shops in Leeds."
    assert [
        (script.spoken[slot.start : slot.end], slot.field, slot.language) for slot in script.slots
    ] == [
        ("Wojciech", "prospect.first_name", "pl"),
        ("your", "fact.text", ""),
        ("three", "fact.text", ""),
        ("shops in Leeds", "fact.text", ""),
    ]
    assert script.utterance("klatt4").slots == script.slots


def test_a_name_that_nobody_can_be_sure_of_holds_the_script() -> None:
    script = write_script("Hi Wojciech!", "en-GB", slots=(Slot(3, 11, "prospect.first_name"),))

    assert script.held == ("'Wojciech' needs a pronunciation: its spelling is not English.",)


def test_the_team_s_own_words_come_before_every_rule() -> None:
    lexicon = Lexicon.of(
        Pronunciation("Hearth & Ribbon", "", "respelling", "Harth and Ribbon"),
        Pronunciation("5-star", "en", "respelling", "top"),
        Pronunciation("Wojciech", "en-GB", "phonemes", "v'OItSEx"),
    )

    script = write_script(
        "Wojciech, HEARTH & RIBBON is 5-star.", "en-GB", lexicon=lexicon,
        slots=(Slot(0, 8, "prospect.first_name"),),
    )  # fmt: skip

    assert script.spoken == "Wojciech, Harth and Ribbon is top."
    assert [slot.phonemes for slot in script.slots] == ["v'OItSEx"]
    assert not script.held


def test_what_is_said_as_one_is_not_parted_at_its_signs() -> None:
    text = "Mr. Ash comes on 21. November at 9 a.m. Call us."

    whole = [text[start:end] for start, end in indivisible(text, "en-GB")]

    assert whole == ["Mr.", "21. November", "9 a.m."]


def test_a_language_without_rules_is_refused_with_those_that_have_some() -> None:
    with pytest.raises(InputError, match="en, de, fr, es"):
        write_script("Dag 5", "nl-NL")
