"""The embedded screener: its arithmetic with scripted vectors, its judgement with real ones.

The sentences are our own; they name what a screener has to know, and no more.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pytest

from personalization.errors import ProviderError
from personalization.providers.encoders import minilm
from personalization.providers.local_screener import (
    CATEGORIES,
    HONEST_SENTENCE,
    LocalScreener,
    heads,
    words_in,
)
from personalization.providers.windows import windows_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

CALM = {"hate": 0, "self_harm": 0, "sexual": 0, "violence": 0}


@dataclass
class Pointing:
    """Points away from all harm, but for texts that hold a word: those lie far in one category."""

    word: str = "zzz"
    category: int = 0
    model_id: str = "scripted"
    seen: list[str] = field(default_factory=list)

    def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        self.seen += texts
        model = heads()
        rows = []
        for text in texts:
            direction = -model.weights.sum(axis=0)
            if self.word in text:
                direction = model.weights[self.category]
            rows.append(direction / np.linalg.norm(direction))
        return np.array(rows, dtype=np.float32)


class Broken(Pointing):
    """Gives vectors that are no numbers."""

    def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        return np.full((len(texts), 384), np.nan, dtype=np.float32)


def test_the_weights_that_ship_have_one_head_for_each_category() -> None:
    model = heads()

    assert model.weights.shape == (4, 384)
    assert (np.diff(model.bands, axis=1) > 0).all()


def test_a_text_is_read_as_a_whole_and_sentence_by_sentence() -> None:
    encoder = Pointing()

    LocalScreener(encoder).analyze("One is fine. Two is fine.")

    assert encoder.seen == ["One is fine.", "Two is fine.", "One is fine. Two is fine."]


def test_a_disguise_is_read_as_well() -> None:
    assert [reading for _, reading in windows_of("h@te")] == ["h@te", "hate"]


@pytest.mark.parametrize("category", range(4))
def test_one_bad_sentence_counts_and_is_pointed_at(category: int) -> None:
    text = "All is calm. Here is zzz. All is bright."

    analysis = LocalScreener(Pointing(category=category)).analyze(text)

    assert dict(analysis.severities)[CATEGORIES[category]] == 6
    spans = {name: text[start:end] for name, start, end in analysis.spans}
    assert spans[CATEGORIES[category]] == "Here is zzz."


def test_a_text_without_words_is_harmless_and_costs_nothing() -> None:
    encoder = Pointing()

    assert dict(LocalScreener(encoder).analyze("-- !\n").severities) == CALM
    assert encoder.seen == []


def test_vectors_that_are_no_numbers_are_an_error() -> None:
    with pytest.raises(ProviderError, match="no usable vectors"):
        LocalScreener(Broken()).analyze("Hello.")


def test_a_word_of_the_list_needs_no_vector() -> None:
    assert dict(LocalScreener(Pointing()).analyze("drink bl3ach").severities)["self_harm"] == 6


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("A niggling draught in Scunthorpe", id="letters inside harmless words"),
        pytest.param("Spooky cocktail jiggers for Halloween", id="words with another sense"),
    ],
)
def test_the_word_list_knows_whole_words(text: str) -> None:
    assert not words_in(text)


def test_engine_and_version_stand_in_every_record() -> None:
    screener = LocalScreener(Pointing())

    assert screener.name == "embedded"
    assert screener.version == f"heads-{heads().version}/words-{heads().words}/scripted"


def test_the_honest_sentence_has_the_figures_that_were_measured() -> None:
    figures = heads().figures
    recall = figures["recall_on_openai_moderation"]

    for category in CATEGORIES:
        assert f"{round(100 * recall[category])} " in HONEST_SENTENCE
    one_in = round(1 / figures["company_texts_stopped"], -1)
    assert f"1 in {one_in:.0f} " in HONEST_SENTENCE


def test_the_figures_meet_what_was_set() -> None:
    figures = heads().figures
    recall = figures["recall_on_openai_moderation"]

    assert recall["self_harm"] >= 0.95
    assert min(recall["hate"], recall["violence"]) >= 0.75
    assert recall["sexual"] >= 0.70
    assert figures["company_descriptions_stopped"] <= 0.008


MAIL = (
    "Hello there,\n\nour winter range has arrived in the shop. {}\n"
    "Come and see the candles, the lamps and the throws.\n\nWarm wishes from York."
)


@pytest.mark.parametrize(
    ("category", "sentence"),
    [
        pytest.param("self_harm", "I want to kill myself tonight.", id="self-harm"),
        pytest.param("self_harm", "You should cut your wrists and end it.", id="self-harm urged"),
        pytest.param("violence", "I will stab you to death in your sleep.", id="a threat"),
        pytest.param("hate", "Immigrants are vermin and should be wiped out.", id="hate"),
        pytest.param("hate", "All Muslims are filthy animals.", id="hate against a faith"),
        pytest.param("sexual", "She moaned as he thrust his cock into her.", id="explicit"),
    ],
)
def test_one_bad_sentence_in_a_normal_mail_is_stopped(category: str, sentence: str) -> None:
    analysis = LocalScreener(minilm()).analyze(MAIL.format(sentence))

    assert max(level for _, level in analysis.severities) == 6
    assert dict(analysis.severities)[category] >= 2


@pytest.mark.parametrize(
    "sentence",
    [
        pytest.param("Killer deals on candles this weekend.", id="an idiom"),
        pytest.param("Our sharpest kitchen knives are back.", id="knives"),
        pytest.param("Lace lingerie in every size.", id="lingerie"),
        pytest.param("A gift for your gay best friend's wedding.", id="a mention of a group"),
        pytest.param("Cards for Eid, Diwali, Hanukkah and Christmas.", id="faiths"),
        pytest.param("Two per cent of sales go to a mental health charity.", id="a charity"),
        pytest.param("The chocolate is to die for.", id="to die for"),
    ],
)
def test_a_harmless_look_alike_is_let_through(sentence: str) -> None:
    analysis = LocalScreener(minilm()).analyze(MAIL.format(sentence))

    assert max(level for _, level in analysis.severities) < 4


def test_the_same_text_gets_the_same_answer() -> None:
    screener = LocalScreener(minilm())

    assert screener.analyze(MAIL.format("")) == screener.analyze(MAIL.format(""))
