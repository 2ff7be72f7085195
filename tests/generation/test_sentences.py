from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalization.generation.sentences import sentences, without_tags


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        pytest.param("One. Two! Three?", ["One.", "Two!", "Three?"], id="three"),
        pytest.param("It costs £4.50. Yes.", ["It costs £4.50.", "Yes."], id="a price"),
        pytest.param("Mr. Fig met Ms. Fern.", ["Mr. Fig met Ms. Fern."], id="titles"),
        pytest.param("Hello,\n\nCome in.", ["Hello,", "Come in."], id="a line break ends one"),
        pytest.param("Ends at 5 p.m. today.", ["Ends at 5 p.m. today."], id="small letters go on"),
        pytest.param("She said “Come.” We came.", ["She said “Come.”", "We came."], id="quoted"),
        pytest.param("Out now. £5 each.", ["Out now.", "£5 each."], id="a price opens one"),
        pytest.param("“Come?”\n1 more", ["“Come?”", "1 more"], id="quoted before a line break"),
        pytest.param("For members\nonly.", ["For members\nonly."], id="wrapped"),
        pytest.param("In the\nUK only.", ["In the\nUK only."], id="wrapped before a capital"),
        pytest.param("Two:\n- red\n- blue", ["Two:", "- red", "- blue"], id="points of a list"),
        pytest.param("   ", [], id="nothing"),
    ],
)
def test_a_text_is_split_where_a_reader_would_stop(text: str, pieces: list[str]) -> None:
    assert [s.text for s in sentences(text)] == pieces


@given(st.text(alphabet="aB .!?\n“”£1{}|", max_size=80))
def test_every_sentence_stands_where_it_says_and_nothing_is_lost(text: str) -> None:
    found = sentences(text)

    assert all(text[s.start : s.end] == s.text for s in found)
    assert "".join("".join(s.text for s in found).split()) == "".join(text.split())


@given(st.text(max_size=60))
def test_blanking_tags_moves_nothing(text: str) -> None:
    assert len(without_tags(text)) == len(text)
