from __future__ import annotations

import math

import pytest

from personalization.content.words import index_words, inverse_document_frequency, rank_words

TEXTS = ("cake cake tea", "tea", "bread and butter in the house")


def test_the_score_is_the_one_worked_out_by_hand() -> None:
    # "cake" is in 1 of 3 texts: idf = ln(1 + 2.5 / 1.5) = 0.980829.  The texts have 3, 1 and 3
    # words without stop words, 7/3 on average.  In the first, cake stands twice:
    # 2 * 2.2 / (2 + 1.2 * (0.25 + 0.75 * 3 / (7 / 3))) = 4.4 / 3.457143 = 1.272727.
    hits = rank_words(index_words(TEXTS), "cake")

    assert [hit.number for hit in hits] == [0]
    assert hits[0].score == pytest.approx(0.980829 * 1.272727, abs=1e-6)


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


def test_each_language_has_its_own_stems() -> None:
    texts = ["Geschenke für die Küche", "Garten"]

    assert rank_words(index_words(texts, "de"), "Geschenk")[0].number == 0
    assert rank_words(index_words(["plain words"], "xx"), "words")[0].number == 0
