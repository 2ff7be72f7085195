from __future__ import annotations

from dataclasses import replace

import pytest

from personalization.safety.plainness import language, readability
from tests.safety.scripted import CONTEXT, POLICY

ENGLISH = (
    "The evenings are long, and the window looks better with a light in it. We have put the lamps "
    "on the table by the door for you to see, and the tea is on the stove."
)
GERMAN = (
    "Die Abende sind lang, und das Fenster sieht mit einem Licht darin schöner aus. Wir haben die "
    "Lampen für Sie auf den Tisch an der Tür gestellt, und der Tee steht auf dem Herd."
)
NAMES = "Regency, Retrospot, Ludwig, Emma, Jam, Etagere, Kuchen, Bunting, Lampe, Herz, Tee, " * 3


@pytest.mark.parametrize(
    ("text", "locale", "is_right"),
    [
        pytest.param(ENGLISH, "en-GB", True, id="English for Britain"),
        pytest.param(GERMAN, "de-AT", True, id="German for Austria"),
        pytest.param(GERMAN, "en-GB", False, id="German for Britain"),
        pytest.param(ENGLISH, "de-DE", False, id="English for Germany"),
        pytest.param(ENGLISH, "", True, id="a language that is not known"),
        pytest.param(ENGLISH, "ja-JP", True, id="a language that it has no words of"),
        pytest.param("Guten Tag, die Lampen sind da.", "en-GB", True, id="too short to tell"),
        pytest.param(NAMES, "en-GB", True, id="names"),
        pytest.param(f"{ENGLISH} {GERMAN}", "en-GB", True, id="both"),
    ],
)
def test_the_language_of_a_text_is_that_of_its_readers(
    text: str,
    locale: str,
    is_right: bool,  # noqa: FBT001
) -> None:
    context = replace(CONTEXT, locale=locale)

    hits = list(language(text, POLICY.rules["language.mismatch"], context))

    assert (not hits) is is_right


def ease(text: str, locale: str = "en-GB") -> list[str]:
    context = replace(CONTEXT, locale=locale)
    return [h.detail for h in readability(text, POLICY.rules["language.readability"], context)]


def test_plain_words_in_short_sentences_are_readable() -> None:
    assert ease(f"{ENGLISH} " * 3) == []
    assert ease(f"{GERMAN} " * 3, "de-DE") == []


def test_long_words_in_one_long_sentence_are_not() -> None:
    heavy = "notwithstanding organisational considerations concerning interoperability " * 15

    [detail] = ease(heavy)

    assert detail.startswith("Its reading ease is -")


def test_reading_ease_follows_flesch() -> None:
    """Ten one-syllable words a sentence: 206.835 - 1.015 * 10 - 84.6 * 1 = 112.085."""
    rule = replace(POLICY.rules["language.readability"], limits={"ease": 200.0, "words": 20})
    text = "The cat sat on the mat and had a nap. " * 3

    [hit] = readability(text, rule, CONTEXT)

    assert hit.detail.startswith("Its reading ease is 112;")


def test_a_short_text_has_no_reading_ease() -> None:
    assert ease("Notwithstanding organisational considerations.") == []
