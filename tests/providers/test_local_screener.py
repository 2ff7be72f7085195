"""The embedded screener: its arithmetic with scripted vectors, its judgement with real ones.

The sentences are our own; they name what a screener has to know, and no more.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalization.errors import ProviderError
from personalization.providers import local_screener
from personalization.providers.encoders import minilm
from personalization.providers.local_screener import (
    BANDS,
    CATEGORIES,
    HONEST_SENTENCE,
    LocalScreener,
    digest_of,
    heads,
    packed,
    unpacked,
    words_in,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

ROOT = Path(__file__).parents[2]
OWN: dict[str, Any] = json.loads(
    (ROOT / "tests/data/safety/screener_texts.json").read_text("utf-8")
)
CALM = {"hate": 0, "self_harm": 0, "sexual": 0, "violence": 0}
RELEASED = {
    "2": "e65ff9ff0f72d60f72c6c15bee5e28371eae306322c471e2c0f012832ea17217",
}
"""Digest of the weights by version: weights that change get a new version and a new line."""


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


class Forgetful(Pointing):
    """Gives one vector too few."""

    def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        return super().encode(texts)[:-1]


def levels(screener: LocalScreener, text: str) -> dict[str, int]:
    return dict(screener.analyze(text).severities)


def test_the_weights_that_ship_have_one_head_for_each_category() -> None:
    model = heads()

    assert model.weights.shape == (4, 384)
    assert (np.diff(model.bands, axis=1) > 0).all()


def test_the_weights_are_those_that_were_released_under_their_version() -> None:
    found = json.loads(local_screener._package_file("local_screener.json"))

    assert RELEASED[found["version"]] == found["digest"] == digest_of(found)


def test_weights_that_were_changed_under_the_same_version_rate_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = json.loads(local_screener._package_file("local_screener.json"))
    found["bands"]["hate"][2] += 1.0
    monkeypatch.setattr(local_screener, "_package_file", lambda _: json.dumps(found))
    heads.cache_clear()
    try:
        with pytest.raises(ProviderError, match="were changed"):
            LocalScreener(Pointing()).analyze("Hello.")
    finally:
        monkeypatch.undo()
        heads.cache_clear()


def test_weights_are_packed_in_half_the_bytes_and_come_back_close() -> None:
    weights = np.linspace(-3, 3, 4 * 384).reshape(4, 384)

    back = unpacked(packed(weights))

    assert np.abs(back - weights).max() < 0.001
    assert packed(back) == packed(weights)


def test_where_the_weights_are_from_stands_beside_them() -> None:
    found = json.loads(local_screener._package_file("local_screener.json"))

    assert {row["licence"] for row in found["provenance"]} == {
        "CC-BY-4.0", "CDLA-Permissive-2.0", "MIT", "GPL-3.0", "as the code",
    }  # fmt: skip
    assert not any(
        "training" in row["use"] for row in found["provenance"] if row["licence"] == "GPL-3.0"
    )
    assert not any(
        "training" in row["use"] for row in found["provenance"] if "OpenAI" in row["set"]
    )


def test_a_text_is_read_sentence_by_sentence() -> None:
    encoder = Pointing()

    LocalScreener(encoder).analyze("One is fine. Two is fine.")

    assert encoder.seen == ["One is fine.", "Two is fine."]


def test_a_text_as_a_whole_is_the_mean_of_its_sentences() -> None:
    # Each sentence lies just below the band, both lean the same way: together they are above it.
    weights = np.zeros((4, 384))
    weights[0, 0] = 1.0
    bands = np.tile([0.75, 0.8, 0.85], (4, 1))
    model = replace(heads(), weights=weights, biases=np.zeros(4), bands=bands)
    vectors = np.zeros((2, 384), dtype=np.float32)
    vectors[:, 0], vectors[0, 1], vectors[1, 1] = 0.7, 0.714, -0.714

    found = model.levels(vectors)

    assert found[:, 0].tolist() == [0, 0, 6]


def test_the_pieces_of_many_texts_are_read_ahead_in_one_go_each_once() -> None:
    class Counting(Pointing):
        calls = 0

        def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
            Counting.calls += 1
            return super().encode(texts)

    encoder = Counting()

    LocalScreener(encoder).prefetch(["One. Two.", "Two. Three.", "--"])

    assert (Counting.calls, encoder.seen) == (1, ["One.", "Two.", "Three."])


@pytest.mark.parametrize("category", range(4))
def test_one_bad_sentence_counts_and_is_pointed_at(category: int) -> None:
    text = "All is calm. Here is zzz. All is bright."

    analysis = LocalScreener(Pointing(category=category)).analyze(text)

    assert dict(analysis.severities)[CATEGORIES[category]] == 6
    spans = {name: text[start:end] for name, start, end in analysis.spans}
    assert spans[CATEGORIES[category]] == "Here is zzz."


def test_a_text_without_words_is_harmless_and_costs_nothing() -> None:
    encoder = Pointing()

    assert levels(LocalScreener(encoder), "-- !\n") == CALM
    assert encoder.seen == []


@pytest.mark.parametrize("encoder", [Broken(), Forgetful()])
def test_vectors_that_are_no_numbers_or_too_few_are_an_error(encoder: Pointing) -> None:
    with pytest.raises(ProviderError, match="encoder"):
        LocalScreener(encoder).analyze("Hello.")


@given(st.text(max_size=120))
def test_any_text_gets_four_levels(text: str) -> None:
    found = levels(LocalScreener(Pointing(word="a")), text)

    assert list(found) == list(CATEGORIES)
    assert set(found.values()) <= {0, *BANDS}


@given(
    st.lists(st.sampled_from(["All is calm.", "zzz.", "Kill yourself!"]), max_size=4),
    st.lists(st.sampled_from(["Tea is ready.", "The lamps are lit.", "Come in!"]), max_size=12),
    st.sampled_from([" ", "\n", "\n\n"]),
)
def test_no_harmless_sentence_makes_a_bad_one_better(
    found: list[str], harmless: list[str], between: str
) -> None:
    screener = LocalScreener(Pointing())
    worst = {c: max([levels(screener, text)[c] for text in found], default=0) for c in CATEGORIES}

    mixed = levels(screener, between.join([*harmless[::2], *found, *harmless[1::2]]))

    assert all(mixed[category] >= worst[category] for category in CATEGORIES)


LISTED = [
    ("kill yourself", "self_harm"), ("drink bleach", "self_harm"), ("lynch them", "violence"),
    ("porch monkey", "hate"), ("cocksucker", "sexual"), ("towelhead", "hate"),
]  # fmt: skip


@given(st.sampled_from(LISTED), st.data())
def test_a_listed_word_is_found_in_every_disguise(
    listed: tuple[str, str], data: st.DataObject
) -> None:
    word, category = listed
    changes = {"e": "3\u0435\u00e9", "i": "1\u0456\u00ef", "o": "0\u043e\u00f6", "a": "4@\u0430"}
    signs = [
        data.draw(st.sampled_from((sign, sign.upper(), *changes.get(sign, ""))))
        + data.draw(st.sampled_from(("", "", "\u200b", "\u00ad")))
        for sign in word
    ]

    found = words_in(f"Well, {''.join(signs)}!")

    assert category in found


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("k i l l  y o u r s e l f", id="letter by letter"),
        pytest.param("killyourself", id="run together"),
        pytest.param("k*ll yourself", id="a masked vowel"),
        pytest.param("kiiiill yourself", id="drawn out"),
    ],
)
def test_a_listed_word_is_found_spaced_masked_or_drawn_out(text: str) -> None:
    assert words_in(text) == {"self_harm"}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("A niggling draught in Scunthorpe", id="letters inside harmless words"),
        pytest.param("Spooky cocktail jiggers for Halloween", id="words with another sense"),
        pytest.param("A chink of light, and faggots with peas", id="harmless phrases"),
        pytest.param("Fire retardant curtains", id="a longer word"),
    ],
)
def test_the_word_list_knows_whole_words(text: str) -> None:
    assert not words_in(text)


def test_a_word_of_the_list_needs_no_vector() -> None:
    assert levels(LocalScreener(Pointing()), "drink bl3ach")["self_harm"] == 6


def test_engine_weights_words_and_encoder_stand_in_every_record() -> None:
    screener = LocalScreener(Pointing())

    assert screener.name == "embedded"
    assert screener.version == f"heads-{heads().version}/words-{heads().words}/scripted"


def test_the_honest_sentence_has_the_figures_that_were_measured() -> None:
    stopped = heads().figures["openai_moderation"]["stopped_by_any_head"]["all"]
    one_in = round(1 / heads().figures["company_texts"]["stopped"], -1)

    numbers = [int(number) for number in re.findall(r"\b\d+\b", HONEST_SENTENCE)]

    shares = [round(100 * stopped[c]) for c in ("self_harm", "hate", "sexual", "violence")]
    assert numbers == [shares[0], 100, *shares[1:], 1, one_in]


def test_the_readme_says_the_same_sentence() -> None:
    readme = " ".join((ROOT / "README.md").read_text("utf-8").split())

    assert HONEST_SENTENCE in readme


def test_the_figures_meet_what_was_set() -> None:
    figures = heads().figures

    for part in ("all", "reported_on"):
        stopped = figures["openai_moderation"]["stopped_by_any_head"][part]
        assert stopped["self_harm"] >= 0.95
        assert min(stopped["hate"], stopped["violence"]) >= 0.75
        assert stopped["sexual"] >= 0.70
    assert figures["company_texts"]["stopped"] <= 0.008
    hidden = figures["own_words"]["hidden_stopped"]
    assert min(hidden[c]["within the body"] for c in ("hate", "self_harm")) >= 0.95


@pytest.fixture(scope="module")
def screener() -> LocalScreener:
    """The screener as it ships; its model takes seconds to load."""
    return LocalScreener(minilm())


def stopped(screener: LocalScreener, texts: Sequence[str]) -> float:
    screener.prefetch(texts)
    found = [max(levels(screener, text).values()) == BANDS[-1] for text in texts]
    return round(float(np.mean(found)), 5)


def test_our_own_texts_are_stopped_as_often_as_the_figures_say(screener: LocalScreener) -> None:
    figures = heads().figures["own_words"]

    found = {c: stopped(screener, OWN["unsafe"][c]) for c in CATEGORIES}

    assert found == figures["unsafe_stopped"]
    assert stopped(screener, OWN["harmless"]) == figures["harmless_stopped"]


@pytest.mark.parametrize("category", ["hate", "self_harm"])
def test_one_bad_sentence_in_a_normal_mail_is_stopped(
    screener: LocalScreener, category: str
) -> None:
    mails, unsafe = OWN["mails"], OWN["unsafe"][category]

    found = stopped(screener, [mails[i % 8].format(text) for i, text in enumerate(unsafe)])

    assert found >= 0.95
    assert stopped(screener, [mail.format("") for mail in mails]) == 0.0


@pytest.mark.parametrize(
    "sentence",
    [
        pytest.param("Killer deals on candles this weekend.", id="an idiom"),
        pytest.param("Our sharpest kitchen knives are back.", id="knives"),
        pytest.param("Lace lingerie in every size.", id="lingerie"),
        pytest.param("A gift for your gay best friend's wedding.", id="a mention of a group"),
        pytest.param("Cards for Eid, Diwali, Hanukkah and Christmas.", id="faiths"),
        pytest.param("Two per cent of sales go to a mental health charity.", id="a charity"),
        pytest.param("Do not want these e-mails?", id="an unsubscribe line"),
    ],
)
def test_a_harmless_look_alike_is_let_through(screener: LocalScreener, sentence: str) -> None:
    assert max(levels(screener, OWN["mails"][0].format(sentence)).values()) < 4


def test_the_same_text_gets_the_same_answer(screener: LocalScreener) -> None:
    assert screener.analyze(OWN["mails"][0]) == screener.analyze(OWN["mails"][0])
