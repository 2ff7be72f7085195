"""Listening to some files of a run: whether they say the script, and how near they are in style.

Both take longer than making a file, so a stated number of files is listened to, from the run's
beginning; a body that is spliced is the same samples in all others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from personalization.errors import InputError
from personalization.providers.speech import Speech
from personalization.voice.checking import Check
from personalization.voice.loudness import RATE

if TYPE_CHECKING:
    from personalization.voice.profiles import Measures
    from personalization.voice.splicing import Sound

MOST_STYLE: Final = 3.0
"""Tolerances: further from the speaker than a voice that was never fitted (2.0, of the guide)."""

_HEARD: Final = "en"  # the only language that the recogniser knows


@dataclass(frozen=True, slots=True)
class Listening:
    """Which files of a run are listened to, and for what.

    Attributes:
        files: So many, from the run's beginning.
        language: Of the script.
        wanted: What the speaker's recording measures; None for the house voice.
    """

    files: int
    language: str
    wanted: Measures | None

    @property
    def alignment(self) -> str:
        """Say whether the words are looked for."""
        from personalization.voice import listening  # noqa: PLC0415

        if not self.files:
            return "no file: [voice] listened_files is 0"
        if not self.language.lower().startswith(_HEARD):
            return f"no file: the recogniser knows English, and the script is in {self.language}"
        if not listening.is_installed():
            return "no file: the recogniser is not installed"
        return f"the first {self.files} files"

    @property
    def style(self) -> str:
        """Say whether the delivery is compared."""
        if not self.files:
            return "no file: [voice] listened_files is 0"
        if self.wanted is None:
            return "no file: the house voice has no recording to compare with"
        return f"the first {self.files} files"

    def as_json(self) -> dict[str, Any]:
        """Return it as the run's settings have it."""
        return {"style_error": self.style, "alignment": self.alignment}

    def checks(self, sound: Sound, text: str) -> tuple[Check, ...]:
        """Listen to a sound that is to say ``text``; what cannot be heard is left out."""
        found = []
        if not self.style.startswith("no "):
            found += self._style(sound)
        if not self.alignment.startswith("no "):
            found.append(_aligned(sound, text))
        return tuple(found)

    def _style(self, sound: Sound) -> list[Check]:
        from personalization.voice.prosody import measure  # noqa: PLC0415
        from personalization.voice.style_error import style_error  # noqa: PLC0415

        assert self.wanted is not None  # noqa: S101 - asked before
        try:
            reached = measure(sound.integers / 32_767.0, RATE)
        except InputError:  # too little is voiced to be measured
            return []
        off = style_error(self.wanted, reached)
        return [Check("style_error", off, None, MOST_STYLE, "It is not in the speaker's manner.")]


def _aligned(sound: Sound, text: str) -> Check:
    from personalization.voice.listening import align  # noqa: PLC0415

    # Words are timed as they are written, and listened to as they are said: no times to compare.
    heard = align(Speech(sound.integers.tobytes(), RATE, (), ""), text)
    share = 1.0 if heard.is_found else 0.0
    return Check("alignment", share, 1.0, None, "The words of the script are not heard in it.")
