from __future__ import annotations

import pytest

from personalization.domain import Statement
from personalization.generation.evidence import source_of

SOURCE = source_of(
    Statement(
        "d@1#s1", "d", "lead", "Tea stays warm. The mug holds 350 ml.", ("Warm tea, always",)
    ),
    "en",
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("Tea stays warm.", "Tea stays warm.", id="first sentence"),
        pytest.param("The mug holds 350 ml", "The mug holds 350 ml", id="without its full stop"),
        pytest.param("Tea stays warm. The mug holds 350 ml.", SOURCE.wordings[0], id="both"),
        pytest.param("Warm tea, always.", "Warm tea, always", id="an alternate and a full stop"),
        pytest.param("stays warm", None, id="a part of a sentence"),
        pytest.param("The mug holds 35", None, id="a part of a number"),
        pytest.param("  . ", None, id="nothing but signs"),
    ],
)
def test_whole_sentences_are_found_word_for_word(text: str, found: str | None) -> None:
    held = SOURCE.holds(text)

    assert (held[0].wording[slice(*held[1])] if held else None) == found


@pytest.mark.parametrize(
    ("source", "text", "is_found"),
    [
        ("Members get free post\nonly over £50.", "Members get free post", False),
        ("Members get free post\nonly over £50.", "Members get free post only over £50.", True),
        ("Members get free post only over £50.", "Members get free post\nonly over £50.", True),
        ("Free for members\nOnly over £50", "Free for members", False),
        ("Post is free.\n\nOver £50.", "Post is free.", True),
        ("Paid within 14 days: only for faulty goods.", "Paid within 14 days.", False),
        ("Is it true that: Post is free. No.", "Post is free.", False),
        ("Children travel free… with two adults.", "Children travel free.", False),
        ("Children travel free... Two adults pay.", "Children travel free.", False),
        ("Is post free? No.", "Is post free.", False),
        ("Is post free? No.", "Is post free?", True),
    ],
)
def test_a_sentence_is_whole_only_where_it_really_ends(
    source: str, text: str, *, is_found: bool
) -> None:
    held = source_of(Statement("d@1#s1", "d", "lead", source), "en").holds(text)

    assert (held is not None) is is_found


def test_the_nearest_sentence_is_the_one_with_most_words_in_common() -> None:
    source, span = SOURCE.nearest("How much the mug holds", "en")

    assert source.wording[slice(*span)] == "The mug holds 350 ml."


def test_facts_and_words_of_all_wordings_count() -> None:
    assert [fact.value for fact in SOURCE.facts] == ["350"]
    assert "warm" in SOURCE.stems
