"""The embedded screener: sentence vectors and one logistic head for each category of harm.

A first-line screener that needs no key.  It reads a text as a whole and sentence by sentence,
because one bad sentence drowns in a long message, and in every reading that undoes a disguise.
Its levels are confidence bands (0, 2, 4, 6), not severities: they say how far a text lies from
ordinary company texts.  The weights come from ``tests/benchmarks/train_screener.py``.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from personalization.errors import ProviderError
from personalization.providers.obfuscation import decoded, readings, sentence_spans
from personalization.providers.protocols import HarmAnalysis

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import numpy.typing as npt

    from personalization.providers.protocols import Encoder

CATEGORIES: Final = ("hate", "self_harm", "sexual", "violence")
BANDS: Final = (2, 4, 6)

HONEST_SENTENCE: Final = (
    "Built-in screener (no key needed): of a public moderation test set that it was not trained "
    "on, it stops about 96 in 100 texts on self-harm, 83 hateful, 84 sexual and 83 violent ones, "
    "while it stops about 1 in 170 ordinary company texts; more where health, charity or the law "
    "is the subject. It often reacts to neutral mentions of groups, it reads English only, and "
    "its levels are bands of confidence, not severities. For production use Azure AI Content "
    "Safety; every record shows which engine decided."
)
"""What the screens and the README say of it; the figures are those of the weights' file."""

Window = tuple[tuple[int, int], str]


@dataclass(frozen=True, slots=True)
class Heads:
    """The weights as they ship.

    Attributes:
        version: Of the training.
        weights: Shape (4, 384), in the order of CATEGORIES.
        biases: Shape (4,).
        bands: Score above which a text is in band 2, 4 and 6; shape (4, 3).
        figures: What the training measured.
    """

    version: str
    weights: npt.NDArray[np.float64]
    biases: npt.NDArray[np.float64]
    bands: npt.NDArray[np.float64]
    figures: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LocalScreener:
    """Rates texts on this machine; the same text gets the same answer.

    Attributes:
        encoder: Loads its model with the first text; keeps the vectors of sentences seen.
    """

    encoder: Encoder
    name: str = "embedded"

    @property
    def version(self) -> str:
        """Return the version of weights and encoder, as it stands in every record."""
        return f"heads-{heads().version}/{self.encoder.model_id}"

    def analyze(self, text: str) -> HarmAnalysis:
        """Rate one text: for each category the worst of its windows and of the word list.

        Raises:
            ProviderError: The encoder fails, or what it gave is no number.
        """
        import numpy as np  # noqa: PLC0415

        windows = windows_of(text)
        if not windows:
            return HarmAnalysis(tuple((category, 0) for category in CATEGORIES))
        model = heads()
        vectors = self.encoder.encode([reading for _, reading in windows])
        scores = vectors @ model.weights.T + model.biases
        if scores.shape != (len(windows), len(CATEGORIES)) or not np.isfinite(scores).all():
            raise ProviderError("The embedded screener got no usable vectors from its encoder.")
        levels = 2 * (scores[:, :, None] > model.bands[None, :, :]).sum(axis=2)
        for row, (_, reading) in enumerate(windows):
            for category in words_in(reading):
                levels[row, CATEGORIES.index(category)] = BANDS[-1]
        return _analysis(windows, levels)


def _analysis(windows: list[Window], levels: Any) -> HarmAnalysis:  # noqa: ANN401
    """Take the worst of each category, and the narrowest window that is as bad."""
    severities, spans = [], []
    for i, category in enumerate(CATEGORIES):
        worst = int(levels[:, i].max())
        severities.append((category, worst))
        if worst:
            as_bad = [
                span
                for (span, _), level in zip(windows, levels[:, i], strict=True)
                if level == worst
            ]
            spans.append((category, *min(as_bad, key=_width)))
    return HarmAnalysis(tuple(severities), spans=tuple(spans))


def _width(span: tuple[int, int]) -> int:
    return span[1] - span[0]


def windows_of(text: str) -> list[Window]:
    """Return the whole text and each sentence with its span, in every reading, each once."""
    spans = sentence_spans(text)
    if len(spans) > 1:
        spans.append((spans[0][0], spans[-1][1]))
    return [(span, reading) for span in spans for reading in readings(text[slice(*span)])]


def words_in(text: str) -> set[str]:
    """Return the categories of which a word of the word list stands in ``text``."""
    return {category for category, pattern in word_list().items() if pattern.search(decoded(text))}


@cache
def word_list() -> Mapping[str, re.Pattern[str]]:
    """Return the words that need no context, by category."""
    found = json.loads(_package_file("harm_words.json"))
    return {category: _any_of(words) for category, words in found["words"].items()}


def _any_of(words: list[str]) -> re.Pattern[str]:
    alternatives = "|".join(re.escape(word).replace(r"\*", r"\w*") for word in words)
    return re.compile(rf"(?<!\w)(?:{alternatives})(?!\w)", re.IGNORECASE)


@cache
def heads() -> Heads:
    """Return the weights that ship with the package."""
    import numpy as np  # noqa: PLC0415

    found = json.loads(_package_file("local_screener.json"))
    return Heads(
        version=found["version"],
        weights=np.array([found["weights"][category] for category in CATEGORIES]),
        biases=np.array([found["biases"][category] for category in CATEGORIES]),
        bands=np.array([found["bands"][category] for category in CATEGORIES]),
        figures=found["figures"],
    )


def _package_file(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text("utf-8")
