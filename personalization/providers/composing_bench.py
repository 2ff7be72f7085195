"""What the composer has before it when it writes to one segment."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from personalization.providers.frames import Frame, Voice, personal_closes, voices
from personalization.providers.heeding import Asked, asked_of, is_fit
from personalization.providers.leaning import leaning, nearest
from personalization.providers.plans import offered, relevant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from personalization.domain import Passage, Statement
    from personalization.providers.protocols import WritingRequest


@dataclass(frozen=True, slots=True)
class Bench:
    """What the candidates of one request are made of.

    Attributes:
        usable: The content that bears on the segment, what the brief speaks of first.
        key: Id of the document nearest to the key message; empty where none comes near it.
        spoken: A voice for each tone, the brief's own first.
        personal: Closes that hold a field of the reader.
        known: Every statement that may be used, by id.
    """

    request: WritingRequest
    usable: tuple[Passage, ...]
    key: str
    spoken: tuple[Voice, ...]
    personal: tuple[Frame, ...]
    asked: Asked
    known: dict[str, Statement]

    @classmethod
    def of(cls, request: WritingRequest) -> Bench:
        """Lay out a narrowed request."""
        fits = partial(is_fit, request=request)
        spoken = tuple(
            voices(
                request.passages, locale=request.locale, brand=request.brand_name,
                tone=request.brief.tone, learnt=request.preferred.get("tone", ""), is_fit=fits,
            )
        )  # fmt: skip
        frames = _frames_of(spoken)
        found = relevant(request.passages, least=0.0)
        asked = asked_of(request, found, frames)
        every = offered(found, asked.documents)
        key = nearest(request.brief.key_message, every, request.locale)
        wanted = asked.documents | ({key.document_id} if key else set())
        usable = offered(relevant(request.passages, wanted), asked.documents)
        return cls(
            request,
            tuple(leaning(usable, request.brief, request.locale)),
            key.document_id if key else "",
            spoken,
            tuple(f for f in personal_closes(request.locale) if fits(f.text)),
            asked,
            {s.statement_id: s for p in request.passages for s in p.statements},
        )

    @property
    def frames(self) -> list[Frame]:
        """Return every courtesy that may be drawn."""
        return [*_frames_of(self.spoken), *self.personal]


def _frames_of(spoken: Sequence[Voice]) -> list[Frame]:
    return [frame for voice in spoken for _, of_role in voice.frames for frame in of_role]
