from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
import pytest

from personalization.errors import ProviderError
from personalization.providers.encoders import (
    DIMENSIONS,
    MODEL_ID,
    CachedEncoder,
    minilm,
    model_folder,
)


class Model:
    """Counts what it is asked; a text's vector says how long it is."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.n_loads = 0

    def load(self) -> Model:
        self.n_loads += 1
        return self

    def __call__(self, texts: list[str]) -> npt.NDArray[np.float32]:
        self.asked += texts
        return np.array([[len(text), 1.0] for text in texts], dtype=np.float32)


def test_the_model_is_loaded_with_the_first_text_and_once() -> None:
    model = Model()
    encoder = CachedEncoder("model-1", model.load)
    assert not encoder.is_loaded

    encoder.encode(["a"])
    encoder.encode(["bb"])

    assert encoder.is_loaded
    assert model.n_loads == 1


def test_a_text_is_encoded_once_and_rows_keep_the_order_of_the_texts() -> None:
    model = Model()
    encoder = CachedEncoder("model-1", model.load)
    encoder.encode(["bb"])

    rows = encoder.encode(["a", "bb", "a", "ccc"])

    assert model.asked == ["bb", "a", "ccc"]
    assert rows[:, 0].tolist() == [1, 2, 1, 3]


def test_the_vectors_unused_for_longest_are_forgotten_first() -> None:
    model = Model()
    encoder = CachedEncoder("model-1", model.load, capacity=2)
    for text in ("a", "bb", "a", "ccc"):
        encoder.encode([text])
    model.asked.clear()

    encoder.encode(["a", "bb"])

    assert model.asked == ["bb"]


def test_a_call_beyond_the_capacity_is_answered_in_full() -> None:
    encoder = CachedEncoder("model-1", Model().load, capacity=2)

    assert encoder.encode(["a", "bb", "ccc"])[:, 0].tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param([[np.nan, 1.0], [0.0, 1.0]], id="no numbers"),
        pytest.param([[0.0, 1.0]], id="one too few"),
    ],
)
def test_an_answer_that_is_of_no_use_is_an_error_and_is_not_kept(
    answer: list[list[float]],
) -> None:
    model = Model()
    answers = [np.array(answer, dtype=np.float32)]
    encoder = CachedEncoder("m", lambda: lambda texts: answers.pop() if answers else model(texts))

    with pytest.raises(ProviderError, match="no usable vectors"):
        encoder.encode(["a", "bb"])

    assert encoder.encode(["a", "bb"])[:, 0].tolist() == [1, 2]


def test_no_text_needs_no_model() -> None:
    model = Model()

    assert CachedEncoder("model-1", model.load).encode([]).shape == (0, DIMENSIONS)
    assert model.n_loads == 0


def test_what_a_caller_does_to_its_rows_changes_nothing_kept() -> None:
    encoder = CachedEncoder("model-1", Model().load)
    encoder.encode(["a"])[:] = 7

    assert encoder.encode(["a"])[0].tolist() == [1, 1]


def test_threads_take_turns() -> None:
    model = Model()
    encoder = CachedEncoder("model-1", model.load)

    with ThreadPoolExecutor(8) as pool:
        rows = list(pool.map(lambda n: encoder.encode(["x" * (n % 4)])[0, 0], range(64)))

    assert rows == [n % 4 for n in range(64)]
    assert sorted(model.asked) == ["", "x", "xx", "xxx"]


@pytest.mark.parametrize("error", [ImportError("no torch"), OSError("no file"), RuntimeError("no")])
def test_a_model_that_does_not_load_is_an_error_in_words(error: Exception) -> None:
    def load() -> Model:
        raise error

    with pytest.raises(ProviderError, match="model-1 does not work: no"):
        CachedEncoder("model-1", load).encode(["a"])


# From here on with the real weights: one load for the module.


@pytest.fixture(scope="module")
def encoder() -> CachedEncoder:
    return minilm()


def test_the_weights_are_in_the_package() -> None:
    assert (model_folder() / "model.safetensors").stat().st_size > 80_000_000


def test_the_process_has_one_encoder(encoder: CachedEncoder) -> None:
    assert minilm() is encoder
    assert encoder.model_id == MODEL_ID


def test_rows_have_length_one(encoder: CachedEncoder) -> None:
    rows = encoder.encode(["A cake stand with three tiers.", ""])

    assert rows.shape == (2, DIMENSIONS)
    assert rows.dtype == np.float32
    assert np.linalg.norm(rows, axis=1) == pytest.approx([1, 1], abs=1e-5)


def test_near_in_meaning_is_near_without_a_common_word(encoder: CachedEncoder) -> None:
    rows = encoder.encode(
        [
            "Something warm against a freezing night",
            "A hot water bottle in a soft cover",
            "Gift wrap in English rose",
        ]
    )

    assert rows[0] @ rows[1] > rows[0] @ rows[2] + 0.1


def test_the_vectors_are_those_of_the_published_model(encoder: CachedEncoder) -> None:
    # The model card's own example: "That is a happy person" against these three sentences gives
    # 0.695, 0.943 and 0.257 (sentence-transformers/all-MiniLM-L6-v2, widget of its page).
    rows = encoder.encode(
        [
            "That is a happy person",
            "That is a happy dog",
            "That is a very happy person",
            "Today is a sunny day",
        ]
    )

    assert (rows[1:] @ rows[0]).tolist() == pytest.approx([0.695, 0.943, 0.257], abs=0.002)


def test_warming_up_loads_the_model_once_while_the_caller_goes_on() -> None:
    may_load, model = threading.Event(), Model()

    def load() -> Model:
        may_load.wait(10)
        return model.load()

    encoder = CachedEncoder("slow", load)
    encoder.warm_up()
    encoder.warm_up()
    was_loaded = encoder.is_loaded
    may_load.set()
    encoder.encode(["a text"])

    assert not was_loaded
    assert encoder.is_loaded
    assert model.n_loads == 1


def test_a_model_that_cannot_be_warmed_up_is_not_tried_for_ever() -> None:
    loads = []

    def load() -> Model:
        loads.append(1)
        raise OSError("no weights")

    encoder = CachedEncoder("gone", load)
    encoder.warm_up()
    for thread in threading.enumerate():
        if thread.name == "encoder":
            thread.join(10)
    encoder.warm_up()

    assert encoder.has_failed
    assert loads == [1]
    with pytest.raises(ProviderError, match="no weights"):
        encoder.encode(["a text"])
