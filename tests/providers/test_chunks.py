"""Pieces of a long text: properties that have to hold for any text and any size."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personalization.providers.chunks import chunk_spans
from personalization.providers.obfuscation import sentence_spans

TEXTS = st.text("ab. !\n", max_size=200)
SIZES = st.integers(4, 40)


def edges_of(text: str) -> list[int]:
    """Return where sentences begin and end, with the blanks after each."""
    return [0, *(start for start, _ in sentence_spans(text)[1:]), len(text)]


def is_seen(spans: list[tuple[int, int]], start: int, end: int) -> bool:
    return any(first <= start and end <= last for first, last in spans)


@settings(max_examples=200)
@given(TEXTS, SIZES)
def test_pieces_leave_nothing_out_and_none_is_too_long(text: str, size: int) -> None:
    spans = chunk_spans(text, size, 3)

    assert spans[0][0] == 0
    assert spans[-1][1] == len(text)
    assert all(end - start <= size for start, end in spans)
    assert all(one[1] >= other[0] for one, other in pairwise(spans))
    assert all(one[1] < other[1] for one, other in pairwise(spans))


@settings(max_examples=200)
@given(TEXTS, SIZES)
def test_a_sentence_that_fits_is_seen_whole(text: str, size: int) -> None:
    spans = chunk_spans(text, size, 3)

    sentences = pairwise(edges_of(text))
    fitting = [(start, end) for start, end in sentences if end - start <= size]
    assert all(is_seen(spans, start, end) for start, end in fitting)


@settings(max_examples=300)
@given(TEXTS, SIZES)
def test_two_neighbouring_sentences_that_fit_are_seen_together(text: str, size: int) -> None:
    spans = chunk_spans(text, size, 3)

    pairs = zip(edges_of(text), edges_of(text)[2:], strict=False)
    fitting = [(start, end) for start, end in pairs if end - start <= size]
    assert all(is_seen(spans, start, end) for start, end in fitting)


@settings(max_examples=100)
@given(st.integers(10, 200), SIZES)
def test_what_stands_where_a_long_sentence_is_cut_is_seen_whole(length: int, size: int) -> None:
    text = "a" * length

    spans = chunk_spans(text, size, 3)

    assert all(is_seen(spans, at, at + 3) for at in range(length - 3))


@pytest.mark.parametrize(("length", "pieces"), [(9_500, 1), (9_501, 2), (20_000, 3)])
def test_texts_beyond_the_limit_are_cut(length: int, pieces: int) -> None:
    assert len(chunk_spans("A word. " * (length // 8) + "a" * (length % 8))) == pieces
