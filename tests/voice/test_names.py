"""Names: said in their own language, or held; never guessed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalization.errors import InputError
from personalization.voice.budget import Pace, over_budget, seconds_of, syllables
from personalization.voice.lexicon import (
    Lexicon,
    Pronunciation,
    keep_pronunciation,
    lexicon_of,
    pronunciations,
    refuse_unsayable,
)
from personalization.voice.names import read_name, without_suffix

if TYPE_CHECKING:
    from personalization.store import Store


@pytest.mark.parametrize(
    ("written", "country", "language"),
    [
        pytest.param("Ana", "", "", id="plain letters are said as the script's"),
        pytest.param("James", "GB", "", id="a country that speaks it"),
        pytest.param("Wojciech", "PL", "pl", id="the country says it"),
        pytest.param("Łukasz", "", "pl", id="a letter that Polish alone has"),
        pytest.param("Nguyễn", "", "vi", id="Vietnamese by its tones"),
        pytest.param("Jiří", "GB", "cs", id="Czech, whatever the country"),
        pytest.param("Šimon", "CZ", "cs", id="Czech by the country"),
        pytest.param("Müller", "DE", "de", id="German by the country"),
        pytest.param("José", "", "", id="accents that English readers know"),
        pytest.param("Siobhán", "IE", "", id="Irish, which the engine knows"),
        pytest.param("李明", "CN", "zh", id="Han in China"),
        pytest.param("李明", "HK", "zh-HK", id="Han in Hong Kong"),
        pytest.param("さくら", "", "ja", id="Hiragana is Japanese"),
        pytest.param("Иван", "RU", "ru", id="Cyrillic in Russia"),
        pytest.param("Зоїя", "", "uk", id="a letter that Ukrainian has"),
        pytest.param("محمد", "", "ar", id="Arabic script"),
        pytest.param("Γιώργος", "", "el", id="Greek script"),
        pytest.param("김민준", "", "ko", id="Hangul"),
        pytest.param("ANNA MARIA", "", "", id="large letters are not spelled"),
        pytest.param("Joe 🚀", "", "", id="an emoji is not said"),
    ],
)
def test_a_name_is_said_in_its_own_language(written: str, country: str, language: str) -> None:
    reading = read_name(written, "en-GB", country=country)

    assert (reading.language, reading.held) == (language, "")
    assert reading.said
    assert "🚀" not in reading.said
    assert not reading.said.isupper() or not reading.said.isascii()


@pytest.mark.parametrize(
    ("written", "country", "reason"),
    [
        pytest.param("Wojciech", "", "not English", id="Polish letters and no country"),
        pytest.param("Nguyen", "GB", "not English", id="Vietnamese without its tones"),
        pytest.param("Ayşe", "", "not English", id="a letter that English does not have"),
        pytest.param("Xiao", "GB", "not English", id="Pinyin"),
        pytest.param("李明", "", "country does not say", id="Han without a country"),
        pytest.param("李明", "JP", "country does not say", id="Han in Japan, which has its own"),
        pytest.param("Мария", "DE", "country does not say", id="Cyrillic of no sure language"),
        pytest.param("Ann 李", "CN", "mixes scripts", id="two scripts"),
        pytest.param("J0hn", "GB", "digits", id="a digit in a name"),
        pytest.param("...", "GB", "no letter", id="no letter"),
        pytest.param("ᚠᚢᚦ", "", "script is not known", id="an unknown script"),
    ],
)
def test_a_name_that_nobody_can_be_sure_of_is_held(written: str, country: str, reason: str) -> None:
    reading = read_name(written, "en-GB", country=country)

    assert reason in reading.held
    assert "needs a pronunciation" in reading.held


def test_a_german_script_says_german_names_itself_and_english_ones_as_english() -> None:
    assert read_name("Jürgen", "de-DE", country="DE").language == ""
    assert read_name("James", "de-DE", country="GB").language == "en"
    assert read_name("Beyoncé", "de-DE").held


@pytest.mark.parametrize(
    ("company", "spoken"),
    [
        ("Nowak GmbH & Co. KG", "Nowak"), ("Acme, Inc.", "Acme"), ("Siemens SE", "Siemens"),
        ("Blumen & Mehr e.K.", "Blumen & Mehr"), ("Fleurs S.A.R.L.", "Fleurs"),
        ("Grupo Sol, S.L.", "Grupo Sol"), ("Kowalski Sp. z o.o.", "Kowalski"),
        ("Bloom Ltd.", "Bloom"), ("Bloom Co., Ltd.", "Bloom"), ("Van Dijk B.V.", "Van Dijk"),
        ("Nordisk A/S", "Nordisk"), ("Casa", "Casa"), ("株式会社さくら", "さくら"),
        ("Company", "Company"), ("Sea", "Sea"), ("Agency Ltd", "Agency"), ("Bank AG", "Bank"),
    ],
)  # fmt: skip
def test_legal_forms_are_not_said(company: str, spoken: str) -> None:
    assert without_suffix(company) == spoken


@given(st.text(max_size=30))
def test_any_name_is_either_said_or_held_and_never_empty(written: str) -> None:
    reading = read_name(written, "en-GB", is_company=True)

    assert bool(reading.said) is not bool(reading.held)


def test_the_lexicon_decides_before_any_rule() -> None:
    lexicon = Lexicon.of(
        Pronunciation("Nguyen", "", "respelling", "Nwin"),
        Pronunciation("Nguyen", "de", "language", "vi"),
        Pronunciation("Nowak", "", "phonemes", "n'OvAk"),
    )

    assert read_name("nguyen", "en-GB", lexicon=lexicon).said == "Nwin"
    assert read_name("Nguyen", "de-DE", lexicon=lexicon).language == "vi"
    company = read_name("Nowak GmbH", "en", is_company=True, lexicon=lexicon)
    assert (company.said, company.phonemes) == ("Nowak", "n'OvAk")


def test_the_last_word_on_a_pronunciation_counts_and_withdrawing_it_leaves_the_rules(
    store: Store,
) -> None:
    first = Pronunciation("Wojciech", "", "respelling", "Voy-check")

    keep_pronunciation(store, first, actor="mia")
    keep_pronunciation(store, Pronunciation("WOJCIECH", "", "language", "pl"), actor="mia")

    found = lexicon_of(store).find("Wojciech", "en-GB")
    assert found is not None
    assert (found.kind, found.said) == ("language", "pl")

    keep_pronunciation(store, Pronunciation("wojciech", "", "withdrawn", ""), actor="mia")

    assert pronunciations(store) == ()
    assert read_name("Wojciech", "en-GB", lexicon=lexicon_of(store)).held
    assert store.read_one("SELECT count(*) FROM pronunciations") == (3,)
    told = store.read("SELECT payload FROM audit_log WHERE kind = 'pronunciation.save'")
    assert len(told) == 3
    assert "ojciech" not in str(told).casefold()


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param(Pronunciation("", "", "respelling", "x"), id="no word"),
        pytest.param(Pronunciation("Ana", "", "respelling", " "), id="nothing said"),
        pytest.param(Pronunciation("Ana", "", "respelling", "An4"), id="digits"),
        pytest.param(Pronunciation("Ana", "", "phonemes", "]] <x>"), id="markup"),
        pytest.param(Pronunciation("Ana", "", "language", "Polish"), id="a language's name"),
        pytest.param(Pronunciation("Ana", "", "language", "xx"), id="a language nobody speaks"),
        pytest.param(Pronunciation("Ana", "", "sung", "la"), id="an unknown kind"),
        pytest.param(Pronunciation("A" * 201, "", "respelling", "x"), id="too long"),
    ],
)
def test_what_no_engine_could_say_is_refused(entry: Pronunciation) -> None:
    with pytest.raises(InputError):
        refuse_unsayable(entry)


def test_what_is_refused_is_not_kept(store: Store) -> None:
    with pytest.raises(InputError):
        keep_pronunciation(store, Pronunciation("Ana", "", "language", "xx"), actor="mia")

    assert store.read_one("SELECT count(*) FROM pronunciations") == (0,)


@pytest.mark.parametrize(
    ("language", "text", "count"),
    [
        ("en", "We deliver on Monday", 7), ("en", "one hundred and five", 5), ("en", "make", 1),
        ("de", "einundzwanzig Geschenke", 7), ("fr", "une heure", 2), ("es", "buenos días", 4),
        ("en", "B B C", 3), ("en", "wrapped boxes", 3), ("en", "needed names", 3),
    ],
)  # fmt: skip
def test_syllables_are_counted_as_they_are_heard(language: str, text: str, count: int) -> None:
    assert syllables(text, language) == count


def test_a_slower_speaker_takes_longer_and_too_long_a_script_says_by_how_much() -> None:
    text = "We wrap every present by hand, and send it. " * 10
    slow = Pace(3.0, 0.5, 0.8)

    assert seconds_of(text, "en", slow) > seconds_of(text, "en")
    assert not over_budget(text, "en", 60)
    assert "take out about" in over_budget(text, "en", 20, slow)
    shorter = text[: int(len(text) * 20 / seconds_of(text, "en", slow))]
    assert not over_budget(shorter, "en", 20.5, slow)


def test_nobody_speaks_at_no_pace() -> None:
    with pytest.raises(InputError, match="Measure the speaker again"):
        Pace(0.0)
