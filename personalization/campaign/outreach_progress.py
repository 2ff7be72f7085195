"""How far the writing of an outreach campaign is: so many of all, and about how long is left.

Writing and screening are one way for who waits: the bar fills once, and goes back never.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from personalization.jobs import Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# Parts of the whole, as measured over 324 texts: screening takes twice as long as writing.
_WRITING: Final = (0.0, 1 / 3)
_SCREENING: Final = (1 / 3, 1.0)
_STEPS: Final = 1_000
_SURE: Final = 0.04  # before that, a guess from the first few texts would be far off
_A_MINUTE: Final = 60.0
_CHANNELS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "cold_email": "e-mail",
        "linkedin_note": "LinkedIn invitation",
        "linkedin_inmail": "LinkedIn InMail",
        "x_message": "X message",
        "sms": "SMS",
    }
)
_ROLES: Final[Mapping[str, str]] = MappingProxyType(
    {"c_suite": "top management", "technical": "technology", "other": "all other roles"}
)


def in_words(channel: str, role: str) -> str:
    """Say what kind of text it is, and for whom.

    Example:
        >>> in_words("cold_email", "c_suite"), in_words("call_snippet", "sales")
        ('e-mail for top management', 'call snippet for sales')
    """
    return f"{_plain(_CHANNELS, channel)} {for_whom(role)}"


def for_whom(role: str) -> str:
    """Say for whom a text is."""
    return f"for {_plain(_ROLES, role)}"


def _plain(names: Mapping[str, str], name: str) -> str:
    return names.get(name, name.replace("_", " "))


@dataclass(slots=True)
class WritingProgress:
    """Tells a job's progress over both halves of the work.

    Attributes:
        progress: Of the job.
        clock: Seconds, from anywhere.
    """

    progress: Progress
    clock: Callable[[], float] = time.monotonic
    began: float = field(init=False)

    def __post_init__(self) -> None:
        self.began = self.clock()

    @property
    def writing(self) -> Progress:
        """Return what the writer tells how far it is, and what it writes."""
        return self._part("written", _WRITING)

    @property
    def screening(self) -> Progress:
        """Return what the screening tells how far it is: of each text its role and arm."""
        told = self._part("screened", _SCREENING)

        def report(done: int, total: int, what: str) -> None:
            role = what.partition(", ")[0]
            told.report(done, total, f"now those {for_whom(role)}" if role else "")

        return Progress(report, told.is_cancelled)

    def _part(self, doing: str, part: tuple[float, float]) -> Progress:
        start, end = part

        def report(done: int, total: int, what: str) -> None:
            share = start + (end - start) * min(1.0, done / max(total, 1))
            said = f"{done:,} of {total:,} texts {doing}"
            told = (said, *([what] if what else []), *self._time_left(share))
            self.progress.report(round(share * _STEPS), _STEPS, ", ".join(told))

        return Progress(report, self.progress.is_cancelled)

    def _time_left(self, share: float) -> tuple[str, ...]:
        """Say how long it still takes at the pace so far; nothing where that is a mere guess."""
        if share < _SURE:
            return ()
        left = (self.clock() - self.began) / share * (1 - share)
        if left <= _A_MINUTE:
            return ("less than a minute left",)
        minutes = math.ceil(left / _A_MINUTE)
        return (f"about {minutes} minutes left",)
