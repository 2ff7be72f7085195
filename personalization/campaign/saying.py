"""From what a person would read to what is said: each clause as an utterance, or why it is held."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from personalization.providers.speech import Utterance

if TYPE_CHECKING:
    from personalization.store import Store
    from personalization.voice import Listener, Script, Studio


@dataclass(frozen=True, slots=True)
class Sayer:
    store: Store
    script: Script
    studio: Studio
    line: str

    def said(self, listener: Listener) -> tuple[tuple[tuple[Utterance, bool], ...], str]:
        found = [
            (
                Utterance(c.text, self.script.locale, self.studio.voice, self.studio.dials, c.slots),
                c.is_personal,
            )
            for c in listener.clauses
        ]
        if self.line:
            found.append(
                (
                    Utterance(self.line, self.script.locale, self.studio.voice, self.studio.dials),
                    False,
                )
            )
        return tuple(found), ""
