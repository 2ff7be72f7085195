"""The embedded screener: sentence vectors and one logistic head for each category of harm.

A first-line screener that needs no key.  It reads a text sentence by sentence and as a whole,
because one bad sentence drowns in a long message, and in every reading that undoes a disguise.
Its levels are confidence bands (0, 2, 4, 6), not severities: they say how far a text lies from
ordinary company texts.  The weights come from ``tests/benchmarks/train_screener.py``.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from personalization.errors import ProviderError
from personalization.providers.obfuscation import KEPT_SENTENCES, bare
from personalization.providers.protocols import HarmAnalysis
from personalization.providers.windows import windows_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import numpy as np
    import numpy.typing as npt

    from personalization.providers.protocols import Encoder
    from personalization.providers.windows import Window

CATEGORIES: Final = ("hate", "self_harm", "sexual", "violence")
BANDS: Final = (2, 4, 6)

HONEST_SENTENCE: Final = (
    "Built-in screener (no key needed): of a public moderation test set that it was not trained "
    "on, it stops about 98 in 100 texts on self-harm, 94 hateful, 94 sexual and 91 violent ones, "
    "while it stops about 1 in 130 ordinary company texts; more where health or charity "
    "is the subject. It often reacts to neutral mentions of groups, it reads English only, and "
    "its levels are bands of confidence, not severities. For production use Azure AI Content "
    "Safety; every record shows which engine decided."
)
"""What the screens and the README say of it; the figures are those of the weights' file."""

_DRAWN_OUT: Final = re.compile(r"([a-z])\1{2,}")


@dataclass(frozen=True, slots=True)
class Heads:
    """The weights as they ship.

    Attributes:
        version: Of the training.
        weights: Shape (4, 384), in the order of CATEGORIES.
        biases: Shape (4,).
        bands: Score above which a text is in band 2, 4 and 6; shape (4, 3).
        figures: What the training measured.
        words: Digest of the word list.
    """

    version: str
    weights: npt.NDArray[np.float64]
    biases: npt.NDArray[np.float64]
    bands: npt.NDArray[np.float64]
    figures: Mapping[str, Any]
    words: str

    def levels(self, vectors: npt.NDArray[np.float32]) -> npt.NDArray[np.int64]:
        """Return the band of each piece of a text, and last of all its pieces together.

        Raises:
            ProviderError: The vectors are not numbers, or not as long as the weights.
        """
        import numpy as np  # noqa: PLC0415

        above = self.scores(vectors)[:, :, None] > self.bands[None, :, :]
        n_bands: npt.NDArray[np.int64] = above.sum(axis=2, dtype=np.int64)
        return 2 * n_bands

    def scores(self, vectors: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """Return the score of each piece by category, and last of all its pieces together.

        The text as a whole is read as the mean of its pieces' vectors, so that a message made of
        sentences seen before costs nothing.

        Raises:
            ProviderError: The vectors are not numbers, or not as long as the weights.
        """
        import numpy as np  # noqa: PLC0415

        is_usable = vectors.ndim == 2 and vectors.shape[1] == self.weights.shape[1]  # noqa: PLR2004
        if not is_usable or not np.isfinite(vectors).all():
            raise ProviderError("The embedded screener got no usable vectors from its encoder.")
        mean = vectors.mean(axis=0)
        whole = mean / max(float(np.linalg.norm(mean)), 1e-9)
        scores: npt.NDArray[np.float64] = np.vstack((vectors, whole)) @ self.weights.T + self.biases
        return scores


@dataclass(frozen=True, slots=True)
class LocalScreener:
    """Rates texts on this machine; the same text gets the same answer.

    Attributes:
        encoder: Loads its model with the first text; keeps the vectors of sentences seen.
        model: Other weights than those that ship, to be measured.
    """

    encoder: Encoder
    model: Heads | None = None
    name: str = "embedded"

    @property
    def version(self) -> str:
        """Return the version of weights, word list and encoder, as it stands in every record."""
        model = self.model or heads()
        return f"heads-{model.version}/words-{model.words}/{self.encoder.model_id}"

    def prefetch(self, texts: Iterable[str]) -> None:
        """Have the encoder read the pieces of many texts at once, which is quicker than singly.

        It keeps their vectors, so that ``analyze`` finds them; it answers the same without.

        Raises:
            ProviderError: The encoder fails; nothing of it is kept.
        """
        pieces = dict.fromkeys(reading for text in texts for _, reading in windows_of(text))
        if pieces:
            self.encoder.encode(list(pieces))

    def analyze(self, text: str) -> HarmAnalysis:
        """Rate one text: for each category the worst of its windows and of the word list.

        Raises:
            ProviderError: The encoder fails, or what it gave is no number.
        """
        windows = windows_of(text)
        if not windows:
            return HarmAnalysis(tuple((category, 0) for category in CATEGORIES))
        model = self.model or heads()
        vectors = self.encoder.encode([reading for _, reading in windows])
        if len(vectors) != len(windows):
            raise ProviderError("The encoder gave another number of vectors than of texts.")
        levels = model.levels(vectors)
        windows.append(((windows[0][0][0], max(span[1] for span, _ in windows)), text))
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


@lru_cache(maxsize=KEPT_SENTENCES)
def words_in(text: str) -> frozenset[str]:
    """Return the categories of which a word of the word list stands in ``text``, disguised or not.

    Drawn-out letters count once or twice: "fuuuck" is read as "fuck" and as "fuuck".
    """
    read = _harmless_phrases().sub(" ", bare(text))
    spellings = {read, _DRAWN_OUT.sub(r"\1", read), _DRAWN_OUT.sub(r"\1\1", read)}
    return frozenset(
        category
        for category, pattern in word_list().items()
        if any(pattern.search(spelling) for spelling in spellings)
    )


@cache
def word_list() -> Mapping[str, re.Pattern[str]]:
    """Return the words that need no context, by category; they match in small letters."""
    return {category: _any_of(words) for category, words in _words().items()}


@cache
def _harmless_phrases() -> re.Pattern[str]:
    phrases: list[str] = json.loads(_package_file("harm_words.json"))["harmless"]
    return _any_of(phrases)


def _words() -> Mapping[str, list[str]]:
    found: Mapping[str, list[str]] = json.loads(_package_file("harm_words.json"))["words"]
    return found


def _any_of(words: list[str]) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(_pattern_of, words))})(?!\w)")


def _pattern_of(word: str) -> str:
    """Return the pattern of one word: * is more letters; a vowel may be masked, a space missing."""
    inner = {vowel: rf"[{vowel}*#]" for vowel in "aeiou"} | {" ": r"\s*", "*": r"\w*"}
    first, rest = word[:1], word[1:]
    return (r"\w*" if first == "*" else re.escape(first)) + "".join(
        inner.get(sign, re.escape(sign)) for sign in rest
    )


@cache
def heads() -> Heads:
    """Return the weights that ship with the package.

    Raises:
        ProviderError: They are not those that were measured under their version.
    """
    found = json.loads(_package_file("local_screener.json"))
    if found["digest"] != digest_of(found):
        raise ProviderError(
            f"The weights of the embedded screener, version {found['version']}, were changed. "
            "Install the package again, or train them under a new version."
        )
    return Heads(
        version=found["version"],
        weights=unpacked(found["weights"]),
        biases=_by_category(found["biases"]),
        bands=_by_category(found["bands"]),
        figures=found["figures"],
        words=words_digest(),
    )


def words_digest() -> str:
    """Return the start of the word list's SHA-256."""
    return hashlib.sha256(_package_file("harm_words.json").encode()).hexdigest()[:8]


def digest_of(found: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a version's weights, biases and bands."""
    parts = {name: found[name] for name in ("version", "weights", "biases", "bands")}
    return hashlib.sha256(_canonical(parts)).hexdigest()


def packed(weights: npt.NDArray[np.float64]) -> dict[str, str]:
    """Return each category's weights as base64 of little-endian 16-bit floats."""
    return {
        category: base64.b64encode(row.astype("<f2").tobytes()).decode("ascii")
        for category, row in zip(CATEGORIES, weights, strict=True)
    }


def unpacked(found: Mapping[str, str]) -> npt.NDArray[np.float64]:
    """Return the weights that ``packed`` wrote; shape (4, 384)."""
    import numpy as np  # noqa: PLC0415

    rows = [np.frombuffer(base64.b64decode(found[category]), "<f2") for category in CATEGORIES]
    return np.array(rows, dtype=np.float64)


def _by_category(found: Mapping[str, Any]) -> npt.NDArray[np.float64]:
    import numpy as np  # noqa: PLC0415

    return np.array([found[category] for category in CATEGORIES], dtype=np.float64)


def _canonical(found: Mapping[str, Any]) -> bytes:
    return json.dumps(found, sort_keys=True, separators=(",", ":")).encode()


def _package_file(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text("utf-8")
