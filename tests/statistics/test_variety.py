from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalization.statistics.variety import (
    bleu,
    compression_ratio,
    distinct_pairs,
    longest_repeat,
    overlaps,
    own_share,
    self_bleu,
    trigram_overlap,
    words_of,
)

TEXTS = st.lists(st.sampled_from("abcdefg"), max_size=30).map(" ".join)
SETS = st.lists(TEXTS, min_size=2, max_size=5)

GUIDE = (
    "It is a guide to action which ensures that the military always obeys the commands of the party"
)
REFERENCES = (
    "It is a guide to action that ensures that the military will forever heed Party commands",
    (
        "It is the guiding principle which guarantees the military forces always being under the "
        "command of the Party"
    ),
    "It is the practical guide for the army always to heed the directions of the party",
)


def test_bleu_gives_the_figure_of_its_paper_s_example() -> None:
    """Candidate 1 of Papineni et al. (2002); NLTK 3.10 computes 0.5045666840058485."""
    score = bleu(words_of(GUIDE), [words_of(text) for text in REFERENCES])

    assert score == pytest.approx(0.5045666840058485, abs=1e-15)


@pytest.mark.parametrize("text", ["Tea", "Come in", "Browse the gifts", "Come and have tea"])
def test_copies_score_one_however_short_they_are(text: str) -> None:
    assert self_bleu([text, text, text]) == pytest.approx(1.0)
    assert bleu(words_of(text), [words_of("quite other words here")]) < 0.2


def test_a_short_candidate_is_penalised() -> None:
    """By hand: every run matches, 4 words against 8, so exp(1 - 8 / 4)."""
    assert bleu(words_of("a b c d"), [words_of("a b c d e f g h")]) == pytest.approx(0.36787944)


def test_an_order_without_a_match_counts_a_tenth() -> None:
    """By hand: 2 of 4 words, then 0.1 of 3, of 2 and of 1 (method 1 of Chen and Cherry)."""
    expected = (2 / 4 * 0.1 / 3 * 0.1 / 2 * 0.1 / 1) ** 0.25

    assert bleu(words_of("a x b y"), [words_of("b z a w")]) == pytest.approx(expected)


def test_a_word_counts_as_often_as_one_reference_has_it() -> None:
    """By hand: of "a a a b", one "a" stands in a reference, however many references have it."""
    expected = (1 / 4 * 0.1 / 3 * 0.1 / 2 * 0.1 / 1) ** 0.25

    found = bleu(words_of("a a a b"), [words_of("a c d e"), words_of("f a g h")])

    assert found == pytest.approx(expected)


def test_self_bleu_is_the_mean_against_all_others() -> None:
    texts = ["a b c d e", "a b c d f", "v w x y z"]
    split = [words_of(text) for text in texts]
    by_hand = [bleu(split[i], [split[j] for j in range(3) if j != i]) for i in range(3)]

    assert self_bleu(texts) == pytest.approx(sum(by_hand) / 3)
    assert self_bleu(texts[:1]) is None


@given(SETS)
def test_self_bleu_is_a_share_and_copies_score_one(texts: list[str]) -> None:
    score = self_bleu(texts)

    assert score is not None
    assert 0 <= score <= 1 + 1e-12
    whole = "one two three four five"
    assert self_bleu([whole, whole]) == pytest.approx(1.0)


def test_trigram_overlap_is_the_share_of_common_trigrams() -> None:
    # trigrams: {abc bcd cde} and {abc bcd cdf}: two of four in common
    assert trigram_overlap("a b c d e", "a b c d f") == 0.5
    assert trigram_overlap("", "") == 0.0


@given(TEXTS, TEXTS)
def test_trigram_overlap_is_symmetric_and_knows_itself(left: str, right: str) -> None:
    assert trigram_overlap(left, right) == trigram_overlap(right, left)
    assert 0 <= trigram_overlap(left, right) <= 1
    assert trigram_overlap(left, left) == (len(words_of(left)) >= 3)


@given(SETS)
def test_the_overlaps_of_a_set_are_those_of_its_pairs(texts: list[str]) -> None:
    for one, other, share in overlaps(texts):
        assert share == trigram_overlap(texts[one], texts[other])


@given(SETS)
def test_the_longest_repeat_stands_in_two_texts_and_no_longer_one_does(texts: list[str]) -> None:
    run = longest_repeat(texts)
    padded = [f" {' '.join(words_of(text))} " for text in texts]

    def in_two(words: tuple[str, ...]) -> bool:
        return sum(f" {' '.join(words)} " in text for text in padded) > 1

    assert not run or in_two(run)
    longer = {
        words[start : start + len(run) + 1]
        for words in map(words_of, texts)
        for start in range(len(words) - len(run))
    }
    assert not any(in_two(words) for words in longer)


def test_a_compressor_finds_what_is_said_twice() -> None:
    once = "Fold the wings over and hang them by the window before the children come home."
    other = "A tin of buttons, nine spools and one lost thimble lay under our kitchen bench."

    twice, both = compression_ratio([once, once]), compression_ratio([once, other])

    assert twice is not None
    assert both is not None
    assert twice > 1.4 * both
    assert compression_ratio([]) is None


def test_distinct_pairs_are_counted_in_a_moving_window() -> None:
    """By hand, windows of 4: abab has 2 of 3, baba 2, abac 3, and so on."""
    assert distinct_pairs("a b a b a c", window=4) == pytest.approx((2 + 2 + 3) / 9)
    assert distinct_pairs("a b", window=4) is None


def test_the_length_of_a_text_does_not_lower_its_distinct_pairs() -> None:
    period = " ".join(f"w{n}" for n in range(60))

    assert distinct_pairs(period) == distinct_pairs(f"{period} {period} {period}") == 1.0


def test_the_share_of_own_words_counts_every_occurrence() -> None:
    assert own_share("tea tea for two", "coffee for us") == 0.75
    assert own_share("", "coffee") is None
