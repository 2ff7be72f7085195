from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalization.content.splitting import MAX_WORDS, n_words, split_passages, split_sentences


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        pytest.param("One. Two! Three?", ["One.", "Two!", "Three?"], id="three marks"),
        pytest.param("It costs £4.50. Pay later.", ["It costs £4.50.", "Pay later."], id="a price"),
        pytest.param("Ask Dr. Reed or Mr. J. Hill.", ["Ask Dr. Reed or Mr. J. Hill."], id="titles"),
        pytest.param("Mugs, e.g. Regency ones.", ["Mugs, e.g. Regency ones."], id="e.g."),
        pytest.param('She said "Yes." Then tea.', ['She said "Yes."', "Then tea."], id="quotes"),
        pytest.param(
            "A line\nthat goes on. End.", ["A line that goes on.", "End."], id="a wrapped line"
        ),
        pytest.param("- Cake\n- Tea\n\nBoth.", ["Cake", "Tea", "Both."], id="a list"),
        pytest.param("# Heading\n\nText.", ["Text."], id="a heading is no sentence"),
        pytest.param("See [our **mugs**](https://x.example).", ["See our mugs."], id="a link"),
        pytest.param("", [], id="nothing"),
    ],
)
def test_a_text_is_cut_into_its_sentences(text: str, sentences: list[str]) -> None:
    assert split_sentences(text) == sentences


def test_a_document_of_some_length_is_one_passage_with_its_title() -> None:
    body = "word " * (MAX_WORDS - 2)

    assert split_passages("Cake stands", body) == [f"Cake stands\n\n{body}".strip()]


def test_a_long_document_is_cut_at_its_headings() -> None:
    one, two = "alpha " * 120, "beta " * 120

    passages = split_passages("Title", f"# First\n\n{one}\n\n# Second\n\n{two}")

    assert len(passages) == 2
    assert passages[0].startswith("Title\n\n# First\n\nalpha")
    assert passages[1].startswith("Title\n\n# Second\n\nbeta")


def test_short_sections_share_a_passage() -> None:
    sections = "\n\n".join(f"# Part {n}\n\n" + "word " * 50 for n in range(6))

    assert len(split_passages("Title", sections)) == 2


@given(
    st.lists(st.lists(st.sampled_from(["cake.", "Tea", "is", "good!"]), max_size=300), max_size=5),
    st.integers(min_value=5, max_value=60),
)
def test_no_word_is_lost_and_no_passage_is_too_long(
    paragraphs: list[list[str]], max_words: int
) -> None:
    body = "\n\n".join(" ".join(words) for words in paragraphs)

    passages = split_passages("Title", body, max_words)

    assert all(n_words(passage) <= max_words for passage in passages)
    kept = [word for passage in passages for word in passage.split()[1:]]
    assert kept == body.split()
