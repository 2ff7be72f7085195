"""How far the writing of an outreach campaign is: so many of all, and about how long is left.

Writing and screening are one way for who waits: the bar fills once, and goes back never.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from personalization.jobs import Progress

if TYPE_CHECKING:
    from collections.abc import Callable

# Parts of the whole, as measured over 323 texts: screening takes twice as long as writing.
_WRITING: Final = (0.0, 1 / 3)
_SCREENING: Final = (1 / 3, 1.0)
_STEPS: Final = 1_000
_SURE: Final = 0.04  # before that, a guess from the first few texts would be far off
_A_MINUTE: Final = 60.0


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
        """Return what the writer tells how far it is."""
        return self._part("written", _WRITING)

    @property
    def screening(self) -> Progress:
        """Return what the screening tells how far it is."""
        return self._part("screened", _SCREENING)

    def _part(self, doing: str, part: tuple[float, float]) -> Progress:
        start, end = part

        def report(done: int, total: int, _: str) -> None:
            share = start + (end - start) * min(1.0, done / max(total, 1))
            said = f"{done:,} of {total:,} texts {doing}"
            self.progress.report(
                round(share * _STEPS), _STEPS, ", ".join((said, *self._time_left(share)))
            )

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
