from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalization.content.words import (
    index_words,
    inverse_document_frequency,
    rank_words,
    spans_of,
    with_title,
)

TEXTS = ("cake cake tea", "tea", "bread and butter in the house")


def test_the_score_is_the_one_worked_out_by_hand() -> None:
    # "cake" is in 1 of 3 texts: idf = ln(1 + 2.5 / 1.5) = 0.980829.  The texts have 3, 1 and 3
    # words without stop words, 7/3 on average.  In the first, cake stands twice:
    # 2 * 2.5 / (2 + 1.5 * (0.25 + 0.75 * 3 / (7 / 3))) = 5 / 3.821429 = 1.308411.
    hits = rank_words(index_words(TEXTS), "cake")

    assert [hit.number for hit in hits] == [0]
    assert hits[0].score == pytest.approx(0.980829 * 1.308411, abs=1e-6)


def test_rare_words_tell_more_and_none_tells_less_than_nothing() -> None:
    assert inverse_document_frequency(3, 1) == pytest.approx(math.log(8 / 3))
    assert inverse_document_frequency(10, 1) > inverse_document_frequency(10, 5)
    assert inverse_document_frequency(10, 10) > 0


def test_the_shorter_of_two_texts_with_the_word_comes_first() -> None:
    hits = rank_words(index_words(TEXTS), "tea")

    assert [hit.number for hit in hits] == [1, 0]


def test_words_meet_by_their_stems_and_are_shown_as_they_were_asked() -> None:
    hits = rank_words(index_words(["Our cakes and candles"]), "the candle caked")

    assert set(hits[0].words) == {"candle", "caked"}


def test_a_word_that_stands_twice_in_the_query_counts_twice() -> None:
    once = rank_words(index_words(TEXTS), "cake")[0].score
    twice = rank_words(index_words(TEXTS), "cake cake")[0].score

    assert twice == pytest.approx(2 * once)


def test_the_most_telling_word_is_named_first() -> None:
    texts = ["tea cake", "tea", "tea bread", "tea butter"]

    assert rank_words(index_words(texts), "tea cake")[0].words == ("cake", "tea")


@pytest.mark.parametrize("query", ["", "the and of", "zebra", "!?"])
def test_what_says_nothing_finds_nothing(query: str) -> None:
    assert rank_words(index_words(TEXTS), query) == []


def test_an_empty_corpus_finds_nothing() -> None:
    assert rank_words(index_words([]), "cake") == []


@pytest.mark.parametrize(
    ("language", "text", "query"),
    [
        pytest.param("en", "Our cakes", "cake", id="English"),
        pytest.param("de", "Geschenke für die Küche", "Geschenk", id="German"),
        pytest.param("de", "Geschenke für die Küche", "kuchen", id="an umlaut left out"),
        pytest.param("fr", "des fenêtres éclairées", "fenetre éclairée", id="French, no accents"),
        pytest.param("es", "los regalos de Navidad", "un regalo navidad", id="Spanish"),
        pytest.param("pl", "świeczniki i świeczki", "świecznik", id="Polish"),
        pytest.param("uk", "подарунки для кухні", "подарунок", id="no stemmer: first letters"),
        pytest.param("ja", "紅茶のための茶器", "紅茶", id="no blanks: pairs of signs"),
        pytest.param("xx", "plain words", "words", id="an unknown language"),
    ],
)
def test_words_meet_by_their_stems_in_every_language(language: str, text: str, query: str) -> None:
    hits = rank_words(index_words([text, "§"], language), query)

    assert [hit.number for hit in hits] == [0]


def test_a_title_weighs_more_than_a_text() -> None:
    texts = [with_title("Tea", "for the cake table"), with_title("Cake", "for the tea table")]

    assert rank_words(index_words(texts), "cake")[0].number == 1


@given(
    st.lists(st.text("abc ", max_size=20), min_size=1, max_size=6),
    st.text("abc ", max_size=10),
    st.sets(st.integers(0, 5)),
)
def test_what_is_not_allowed_is_never_found_and_changes_no_score(
    texts: list[str], query: str, allowed: set[int]
) -> None:
    index = index_words(texts, "xx")
    everything = rank_words(index, query)

    found = rank_words(index, query, allowed=sorted(allowed))

    assert found == [hit for hit in everything if hit.number in allowed]


def test_the_words_that_were_found_are_shown_where_they_stand() -> None:
    text = "Three tiers of cake turn a table into an occasion."

    spans = spans_of(text, "cakes and tables")

    assert [text[start:end] for start, end in spans] == ["cake", "table"]
