from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalization.statistics.subject_lines import SHOWN_ON_A_PHONE, subject_form


@pytest.mark.parametrize(
    ("subject", "capitals", "marks", "emojis"),
    [
        pytest.param("A calm line about tea", (), (), 0, id="calm"),
        pytest.param("LAST CHANCE for tea!!", ("LAST", "CHANCE"), ("!!",), 0, id="shouting"),
        pytest.param("The UK and VAT, explained", (), (), 0, id="abbreviations"),
        pytest.param("HEARTH10 takes a tenth off", (), (), 0, id="a code"),
        pytest.param("Tea?! Cake?!", (), ("?!", "?!"), 0, id="marks in a row"),
        pytest.param("Tea \u2615\ufe0f and \U0001f382", (), (), 2, id="two emojis"),
        pytest.param(
            "To \U0001f1ec\U0001f1e7, \U0001f1eb\U0001f1f7\U0001f1e9\U0001f1ea",
            (),
            (),
            3,
            id="three flags",
        ),
        pytest.param(
            "\U0001f469\U0001f3fd\u200d\U0001f373 cooks", (), (), 1, id="one emoji joined of two"
        ),
    ],
)
def test_the_form_of_a_subject_is_what_a_reader_sees(
    subject: str, capitals: tuple[str, ...], marks: tuple[str, ...], emojis: int
) -> None:
    form = subject_form(subject)

    assert (form.capitals, form.marks, form.n_emojis) == (capitals, marks, emojis)


def test_the_matter_has_to_stand_whole_within_what_a_phone_shows() -> None:
    late = "After so many weeks without a word from us: lanterns"

    assert subject_form("Lanterns for the garden", ["lanterns"]).matter_at == 0
    assert not subject_form(late, ["lanterns"]).is_matter_shown
    assert subject_form(late, ["weeks", "lanterns"]).matter_at == late.index("weeks")
    assert not subject_form(f"{'a ' * 18}lanterns", ["lanterns"]).is_matter_shown


def test_wary_words_count_as_whole_words() -> None:
    assert subject_form("Act now, freely", wary=["act now", "free"]).wary == ("act now",)


@given(st.text(max_size=90))
def test_any_line_has_a_form(subject: str) -> None:
    form = subject_form(subject)

    assert form.n_characters == len(subject)
    assert subject.startswith(form.shown)
    assert len(form.shown) <= SHOWN_ON_A_PHONE
