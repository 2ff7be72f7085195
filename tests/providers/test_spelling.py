from __future__ import annotations

import pytest

from personalization.providers import spelling
from personalization.providers.spelling import split, unswapped


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        pytest.param("I will klil you", "I will kill you", id="two letters swapped"),
        pytest.param("all wmoen", "all women", id="near the start"),
        pytest.param("The candles are back.", "The candles are back.", id="known words"),
        pytest.param("Siobhan of Skintific", "Siobhan of Skintific", id="names"),
    ],
)
def test_a_swap_is_undone_where_that_makes_a_known_word(written: str, meant: str) -> None:
    assert unswapped(written) == meant


@pytest.mark.parametrize(
    ("letters", "words"),
    [
        pytest.param("hangyourself", "hang yourself", id="two words"),
        pytest.param("KillThemAll", "kill them all", id="three, in small letters"),
        pytest.param("kite", "kite", id="a short one"),
        pytest.param("customers", "customers", id="one known word"),
        pytest.param("ßßßßßßßßßß", "ßßßßßßßßßß", id="no words at all"),
    ],
)
def test_letters_one_by_one_are_split_into_the_likeliest_words(letters: str, words: str) -> None:
    assert split(letters) == words


def test_without_the_encoder_texts_stay_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spelling, "vocabulary", dict)

    assert unswapped("klil") == "klil"
    assert split("hangyourself") == "hangyourself"
