"""How somebody speaks, in figures: what a recording measures, and the dials that come near it.

The figures are pitch level, pitch movement, pace, pausing and dynamics.  They say nothing of the
sound of a voice, so a profile cannot be used to make a voice that sounds like a person.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, Final, Self

from personalization.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personalization.providers.speech import Dials

WHAT_IS_MATCHED: Final = (
    "Matches pitch level, movement, pace, pausing and dynamics; it does not copy timbre."
)
"""What a page says wherever a profile is used."""


@dataclass(frozen=True, slots=True)
class Measures:
    """What a recording measures, whoever or whatever speaks in it.

    Attributes:
        f0_median: Hertz, of the voiced parts.
        f0_range: Semitones between the 5th and the 95th percentile of the voiced parts.
        f0_sd: Standard deviation in semitones.
        articulation_rate: Syllables a second of sounding speech, pauses left out.
        speech_rate: Syllables a second from the first sound to the last, pauses counted.
        pause_ratio: Share of that time which is pauses of 200 ms or more, in [0, 1].
        pause_mean: Their mean length in seconds; 0 where there are none.
        intensity_range: Decibels between the 5th and the 95th percentile of what sounds.
        seconds: From the first sound to the last.
        syllables: Counted.
        pauses: Counted.
        voiced_share: Of what sounds, in [0, 1].
    """

    f0_median: float
    f0_range: float
    f0_sd: float
    articulation_rate: float
    speech_rate: float
    pause_ratio: float
    pause_mean: float
    intensity_range: float
    seconds: float
    syllables: int
    pauses: int
    voiced_share: float

    def as_json(self) -> dict[str, float]:
        """Return the figures by name, as ``of_json`` reads them."""
        return {name: round(value, 4) for name, value in asdict(self).items()}

    @classmethod
    def of_json(cls, found: Mapping[str, Any]) -> Self:
        """Read figures that were kept.

        Raises:
            InputError: A figure is missing or unknown.
        """
        known = {field.name for field in fields(cls)}
        if odd := sorted(known ^ found.keys()):
            raise InputError(f"A profile's figures are {', '.join(sorted(known))}; not {odd[0]!r}.")
        return cls(**found)


@dataclass(frozen=True, slots=True)
class MeasureError:
    """How far one figure of a rendering lies from the speaker's.

    Attributes:
        measure: Of ``style_error.TOLERANCES``.
        wanted: The speaker's figure, in the unit of the measure.
        reached: That of what was rendered.
        difference: Signed, in the measure's unit; pitch levels are compared in semitones.
        tolerances: How many tolerances away it is, without sign; 1 is just noticeable at most.
        out_of_reach: Why no dial can bring it nearer; empty where nothing stands in the way.
    """

    measure: str
    wanted: float
    reached: float
    difference: float
    tolerances: float
    out_of_reach: str = ""


@dataclass(frozen=True, slots=True)
class SpeakerProfile:
    """A speaker's figures and the dials with which an engine comes near them.

    Attributes:
        measures: What the reference measures.
        engine: Name and version of what was fitted.
        voice: Of that engine, such as ``klatt4``.
        dials: What it is told.
        errors: By measure, on the text that was fitted on.
        error: Their mean, in tolerances.
        before: The same mean with the dials as they come from the factory.
        iterations: Renderings that the fit took.
    """

    measures: Measures
    engine: str
    voice: str
    dials: Dials
    errors: tuple[MeasureError, ...]
    error: float
    before: float
    iterations: int
