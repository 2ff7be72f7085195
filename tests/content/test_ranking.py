from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalization.content.ranking import ByMeaning, closeness, fuse, rank
from personalization.content.words import KeyedWords

TEXTS = {"a": "cake stand", "b": "cake tin in a kitchen", "c": "alarm clock", "d": "paper chain"}


def test_the_fused_score_is_the_one_worked_out_by_hand() -> None:
    # a: 1/61 + 1/62 = 0.0325225; b: 1/62 + 1/61, the same; c: 1/63 = 0.0158730.
    fused = fuse([["a", "b"], ["b", "a", "c"]])

    assert [key for key, _ in fused] == ["a", "b", "c"]
    assert fused[0][1] == pytest.approx(0.0325225, abs=1e-7)
    assert fused[2][1] == pytest.approx(0.0158730, abs=1e-7)


@given(st.lists(st.permutations(["a", "b", "c", "d"]), min_size=1, max_size=4))
def test_every_key_comes_back_once_and_the_best_everywhere_is_the_best(
    rankings: list[list[str]],
) -> None:
    fused = fuse(rankings)

    assert sorted(key for key, _ in fused) == ["a", "b", "c", "d"]
    assert fuse([["z", *ranking] for ranking in rankings])[0][0] == "z"
    assert [score for _, score in fused] == sorted((s for _, s in fused), reverse=True)


def find(query: str) -> dict[str, tuple[str, ...]]:
    return KeyedWords.of(TEXTS).find(query)


def test_every_hit_says_in_words_why_it_is_there() -> None:
    nearness = {"c": 0.6, "b": 0.41, "a": 0.3, "d": -0.1}
    found = rank(find("cakes for the kitchen"), ByMeaning(("c", "b", "a"), nearness=nearness))

    why = {hit.key: hit.why for hit in found}
    assert why == {
        "b": "shares ‘kitchen’, ‘cakes’ · close in meaning (0.41)",
        "c": "very close in meaning (0.60)",
        "a": "shares ‘cakes’ · loosely related in meaning (0.30)",
    }
    assert (found[0].key, found[0].bm25_rank, found[0].dense_rank) == ("b", 1, 2)


def test_nothing_comes_back_that_was_not_allowed() -> None:
    found = KeyedWords.of(TEXTS).find("cake clock", allowed=["a", "c", "expired"])

    assert sorted(found) == ["a", "c"]


def test_without_vectors_words_decide_and_every_hit_says_so() -> None:
    found = rank(find("cake"), ByMeaning(trouble="the model is gone"))

    assert [hit.key for hit in found] == ["a", "b"]
    assert all(hit.why.endswith("found by words only: the model is gone") for hit in found)
    assert all(hit.dense_rank is None for hit in found)


def test_what_was_written_for_the_segment_gets_a_place_of_its_own() -> None:
    found = rank(find("cake"), ByMeaning(), preferred=["b", "d"])

    assert [hit.key for hit in found] == ["b", "a"]


@given(st.floats(-1, 1))
def test_every_nearness_has_its_words(nearness: float) -> None:
    assert closeness(nearness).endswith("in meaning")
