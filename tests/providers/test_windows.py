from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from personalization.providers.windows import LONG_SENTENCE, window_spans, windows_of


def pieces(text: str) -> list[str]:
    return [text[start:end] for start, end in window_spans(text)]


def test_each_sentence_is_a_piece() -> None:
    assert pieces("One is fine. Two is not!\nThree") == ["One is fine.", "Two is not!", "Three"]


def test_a_sentence_that_goes_on_over_a_line_break_is_read_as_one_too() -> None:
    found = pieces("Everybody knows that\nthe sea is salt. So it is.")

    assert found == [
        "Everybody knows that",
        "the sea is salt.",
        "So it is.",
        "Everybody knows that\nthe sea is salt.",
    ]


def test_a_list_of_lines_is_not_run_together() -> None:
    assert pieces("Candles\nLamps\nThrows") == ["Candles", "Lamps", "Throws"]


def test_a_text_without_full_stops_is_read_in_stretches_that_overlap() -> None:
    words = [f"w{n}" for n in range(LONG_SENTENCE + 10)]

    found = pieces(" ".join(words))

    assert found[0] == " ".join(words)
    assert {len(piece.split()) for piece in found[1:]} == {16}
    assert {word for piece in found[1:] for word in piece.split()} == set(words)
    for pair in pairwise(words):
        assert any(" ".join(pair) in piece for piece in found[1:])


def test_a_disguise_is_read_as_well() -> None:
    assert [reading for _, reading in windows_of("h@te")] == ["h@te", "hate"]


def test_a_text_without_words_has_no_piece() -> None:
    assert windows_of("-- !\n") == []


@given(st.text(max_size=200))
def test_every_piece_lies_within_the_text_and_every_letter_in_a_piece(text: str) -> None:
    spans = window_spans(text)

    assert all(0 <= start < end <= len(text) for start, end in spans)
    covered = {i for start, end in spans for i in range(start, end)}
    assert all(i in covered for i, sign in enumerate(text) if sign.isalnum())


@given(st.text(max_size=80), st.text("abc. \n", max_size=40))
def test_a_sentence_keeps_its_pieces_whatever_follows(text: str, more: str) -> None:
    longer = f"{text}.\n\n{more}"

    assert set(pieces(f"{text}.")) <= set(pieces(longer))
