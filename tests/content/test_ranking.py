from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalization.content.ranking import ByMeaning, fuse, rank

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


def test_every_hit_says_why_it_is_there() -> None:
    found = rank("cakes for the kitchen", TEXTS, ByMeaning(("c", "b", "a")))

    why = {hit.key: hit.why for hit in found}
    assert why["b"] == "matches 'kitchen', 'cakes' · 2nd by meaning"
    assert why["c"] == "1st by meaning"
    assert (found[0].key, found[0].bm25_rank, found[0].dense_rank) == ("b", 1, 2)


def test_nothing_comes_back_that_was_not_given() -> None:
    found = rank("cake", TEXTS, ByMeaning(("expired", "a")))

    assert {hit.key for hit in found} == {"a", "b"}
    assert next(hit for hit in found if hit.key == "a").dense_rank == 1


def test_without_vectors_words_decide_and_every_hit_says_so() -> None:
    found = rank("cake", TEXTS, ByMeaning(trouble="the model is gone"))

    assert [hit.key for hit in found] == ["a", "b"]
    assert all("found by words only: the model is gone" in hit.why for hit in found)
    assert all(hit.dense_rank is None for hit in found)


def test_what_was_written_for_the_segment_gets_a_place_of_its_own() -> None:
    found = rank("cake", TEXTS, ByMeaning(), preferred=["b", "d"])

    assert [hit.key for hit in found] == ["b", "a"]
