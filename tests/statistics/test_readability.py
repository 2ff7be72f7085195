from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalization.statistics.readability import (
    EASE,
    Prose,
    prose_of,
    reading_ease,
    school_grade,
    syllables,
)

# 100 words, 5 sentences, 150 syllables: 20 words a sentence, 1.5 syllables a word.
HUNDRED = Prose(n_words=100, n_sentences=5, n_syllables=150, longest=30)


@pytest.mark.parametrize(
    ("locale", "expected"),
    [
        # Each by hand from the published formula.
        pytest.param("en-GB", 206.835 - 1.015 * 20 - 84.6 * 1.5, id="Flesch 1948: 59.6"),
        pytest.param("de-DE", 180 - 20 - 58.5 * 1.5, id="Amstad 1978: 72.25"),
        pytest.param("fr-FR", 207 - 1.015 * 20 - 73.6 * 1.5, id="Kandel and Moles 1958: 76.3"),
        pytest.param("es-ES", 206.835 - 62.3 * 1.5 - 20, id="Szigriszt-Pazos 1993: 93.385"),
    ],
)
def test_the_reading_ease_is_that_of_the_language(locale: str, expected: float) -> None:
    assert reading_ease(HUNDRED, locale) == pytest.approx(expected)


@pytest.mark.parametrize("locale", ["it-IT", "pl-PL", ""])
def test_a_language_without_a_formula_has_no_figure(locale: str) -> None:
    assert reading_ease(HUNDRED, locale) is None


def test_the_grade_is_english_only() -> None:
    """Kincaid (1975): 0.39 * 20 + 11.8 * 1.5 - 15.59 = 9.91."""
    assert school_grade(HUNDRED, "en-US") == pytest.approx(9.91)
    assert school_grade(HUNDRED, "de-DE") is None


def test_no_words_have_no_figure() -> None:
    empty = prose_of(["", "... 40 %"], "en-GB")

    assert empty == Prose(0, 0, 0, 0)
    assert reading_ease(empty, "en-GB") is None
    assert school_grade(empty, "en-GB") is None


def test_a_simple_sentence_has_flesch_s_highest_figures() -> None:
    """Six words of one syllable each: 206.835 - 1.015 * 6 - 84.6 = 116.145 ("The cat sat…")."""
    prose = prose_of(["The cat sat on the mat."], "en-GB")

    assert reading_ease(prose, "en-GB") == pytest.approx(116.145)
    assert (prose.n_words, prose.longest, prose.words_per_sentence) == (6, 6, 6.0)


@pytest.mark.parametrize(
    ("locale", "counted"),
    [
        # Counted aloud.
        pytest.param(
            "en-GB",
            "cat 1 table 2 please 1 shopping 2 wished 1 wanted 2 houses 2 boxes 2 cakes 1 lives 1 "
            "delivery 4 people 2 you're 1 queue 1 candles 2 changes 2 handled 2 variation 4 "
            "various 3 special 2 million 2 added 2 t-light 2",
            id="English",
        ),
        pytest.param(
            "en-GB",
            "every 2 everything 3 everyone 3 anyone 3 business 2 businesses 3 evening 2 "
            "chocolate 2 science 2 create 2 created 3 creature 2 cream 1 lion 2 giant 2 via 2 "
            "being 2 seeing 2 buying 2 ageing 2 bring 1 poem 2 poetry 3 does 1 area 3 areas 3 "
            "idea 3 ideal 3 tea 1 please 1 quiet 2 society 4 variety 4 client 2 friend 1 field 1 "
            "pie 1 audience 3 patient 2 loyal 2 royal 2 beyond 2 players 2 enjoyed 2 you 1",
            id="English, of vowels that are parted and vowels that are not spoken",
        ),
        pytest.param(
            "de-AT",
            "neue 2 Theater 3 Häuser 2 Versand 2 schönes 2 Quelle 2 Bestellung 3 Geschenke 3",
            id="German",
        ),
        pytest.param(
            "fr-FR",
            "boutique 2 maison 2 cadeaux 2 livraison 3 petites 2 belle 1 année 2 idée 2",
            id="French",
        ),
        pytest.param(
            "es-ES",
            "ciudad 2 poeta 3 aunque 2 huevo 2 leía 3 playa 2 yo 1 cayó 2 construir 2 guía 2 "
            "envío 3 causa 2 pues 1",
            id="Spanish",
        ),
    ],
)
def test_syllables_are_those_that_are_spoken(locale: str, counted: str) -> None:
    pieces = counted.split()

    for word, number in zip(pieces[::2], pieces[1::2], strict=True):
        assert syllables(word, locale) == int(number), word


@given(st.text(max_size=30), st.sampled_from([*EASE, "xx"]))
def test_every_word_has_a_syllable(text: str, locale: str) -> None:
    prose = prose_of([text], locale)

    assert prose.n_syllables >= prose.n_words == prose.longest
