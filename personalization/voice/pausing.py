"""Choosing where and how long a voice pauses, so that it pauses as a speaker does.

Two dials do it: how often a phrase inside a sentence gets a pause, which the engine has to
render, and what is done to all silences, whose effect is worked out from their lengths.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from personalization.voice.pauses import SHORTEST_PAUSE, find_pauses
from personalization.voice.shaping import LONGEST_REST, ORDINARY_REST, find_rests
from personalization.voice.style_error import TOLERANCES
from personalization.voice.syllables import loudness

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from personalization.providers.speech import Dials, Speech
    from personalization.voice.profiles import Measures

# Each factor with each contrast, as two columns.
_FACTORS: Final = np.geomspace(0.2, 6.0, 60)
_CONTRASTS: Final = (1.0, 0.6, 1.5, 2.0, 3.0)
_PAIRS: Final = np.array([(factor, power) for power in _CONTRASTS for factor in _FACTORS])
_OTHERS: Final = (0.85, 1.0, 1.15)
_EVERY: Final = (10, 7, 5, 4, 3, 2)  # words between pauses that are put into a sentence
_GOOD: Final = 1.0  # of both errors together, in tolerances
_SHORTEST_PUT, _LONGEST_PUT = 0.2, 1.0  # seconds


@dataclass(frozen=True, slots=True)
class _Choice:
    """Dials, and how far the pauses would then lie from the speaker's, in tolerances."""

    dials: Dials
    error: float
    native: float


def choose_pauses(render: Callable[[Dials], Speech], dials: Dials, wanted: Measures) -> Dials:
    """Return the dials with pauses as near to the speaker's as the text allows.

    Args:
        render: Renders the text with dials; is called up to seven times.
        dials: The others stay as they are.
        wanted: The speaker's figures.
    """
    plain = replace(dials, phrase_pause=0.0)
    best = _best_factor(render(plain), plain, wanted)
    put = min(max(best.native, _SHORTEST_PUT), _LONGEST_PUT)
    for every in _EVERY:
        if best.error <= _GOOD or not wanted.pauses:
            break
        tried = replace(dials, phrase_pause=round(put, 3), phrase_every=every)
        best = min(best, _best_factor(render(tried), tried, wanted), key=lambda one: one.error)
    return best.dials


def _best_factor(speech: Speech, dials: Dials, wanted: Measures) -> _Choice:
    """Return the factor and contrast with which this rendering pauses most like the speaker."""
    found = loudness(speech.samples(), speech.rate)
    whole, _ = find_pauses(found)
    lengths = np.array([rest.seconds for rest in find_rests(found, speech.words)])
    seconds = whole.seconds if whole else speech.seconds
    spoken = seconds - float(lengths.sum())
    # Another text has other rests: what suits only exactly these lengths is no good choice.
    errors = np.mean([_errors(lengths * other, spoken, wanted) for other in _OTHERS], axis=0)
    best = int(errors.argmin())
    heard = lengths[lengths >= SHORTEST_PAUSE]
    return _Choice(
        replace(
            dials,
            pauses=round(float(_PAIRS[best, 0]), 3),
            pause_contrast=round(float(_PAIRS[best, 1]), 3),
        ),
        float(errors[best]),
        float(heard.mean()) if heard.size else _SHORTEST_PUT,
    )


def _errors(
    lengths: npt.NDArray[np.float64], spoken: float, wanted: Measures
) -> npt.NDArray[np.float64]:
    """Return the error of the pauses for each pair, in tolerances."""
    factor, contrast = _PAIRS[:, :1], _PAIRS[:, 1:]
    scaled = np.minimum(
        factor * ORDINARY_REST * (lengths / ORDINARY_REST) ** contrast, LONGEST_REST
    )
    heard = np.where(scaled >= SHORTEST_PAUSE, scaled, 0.0)
    counts = np.maximum((heard > 0).sum(axis=1), 1)
    ratio = heard.sum(axis=1) / np.maximum(spoken + scaled.sum(axis=1), 1e-9)
    mean = heard.sum(axis=1) / counts
    error = np.abs(ratio - wanted.pause_ratio) / TOLERANCES["pause_ratio"]
    error = error + np.abs(mean - wanted.pause_mean) / TOLERANCES["pause_mean"]
    # Of two ways that do as well, the one that changes less.
    changes = np.abs(np.log(_PAIRS)).sum(axis=1)
    return np.asarray(error + 0.05 * changes)
