from __future__ import annotations

from itertools import product

import pytest

from personalization.domain import STRATEGIES, Message
from personalization.errors import ProviderError
from personalization.generation import ground, lines_with_claims
from personalization.providers.composing import (
    BUTTON_CHARACTERS,
    PREHEADER_CHARACTERS,
    SUBJECT_CHARACTERS,
)
from personalization.providers.product_frames import (
    money_of,
    product_lines,
    product_words,
    reasons_of,
)

LANGUAGES = ("en-GB", "de-DE", "fr-FR", "es-ES")
NAME = "{{product_1.name}}"
SOURCED = ("for_you", "bought_together", "similar", "upsell")


@pytest.mark.parametrize("locale", LANGUAGES)
def test_lines_around_products_assert_nothing(locale: str) -> None:
    assert lines_with_claims(product_lines(locale), locale=locale) == []


@pytest.mark.parametrize("locale", LANGUAGES)
def test_the_grounding_knows_every_line_around_products(locale: str) -> None:
    body = "\n\n{{product_1.price}}\n\n".join(product_lines(locale))

    assert ground(Message("", "", body, "", "", ""), (), locale=locale) == []


@pytest.mark.parametrize("locale", LANGUAGES)
def test_every_strategy_has_words_that_fit_their_fields(locale: str) -> None:
    for strategy, tone, items in product(("", *STRATEGIES), ("friendly", "formal"), (1, 3)):
        words = product_words(locale, strategy, tone, items)

        assert all(intro.endswith(":") for intro in words.intros)
        for pair in words.subjects:
            subject, preheader = (line.replace(NAME, "Tea pot") for line in pair)
            assert SUBJECT_CHARACTERS[0] <= len(subject) <= SUBJECT_CHARACTERS[1]
            assert PREHEADER_CHARACTERS[0] <= len(preheader) <= PREHEADER_CHARACTERS[1]
        assert all(len(button) <= BUTTON_CHARACTERS for button in words.buttons)
        assert words.intros
        assert words.subjects
        assert words.buttons


@pytest.mark.parametrize("locale", LANGUAGES)
def test_every_strategy_has_a_reason_for_whatever_is_known_of_the_reader(locale: str) -> None:
    reasons = reasons_of(locale)

    assert set(STRATEGIES) <= set(reasons)
    assert {f"{s}{end}" for s in SOURCED for end in (".seen", ".plain")} <= set(reasons)
    assert "abandoned.cart" in reasons
    assert all("{source}" in reasons[s] for s in SOURCED)
    assert not any("{source}" in text for key, text in reasons.items() if ".plain" in key)


def test_another_language_is_refused_and_not_guessed() -> None:
    with pytest.raises(ProviderError, match="the languages are: de, en, es, fr"):
        money_of("it-IT")
