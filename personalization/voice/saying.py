"""From what a person would read to what is said: pieces with their words, or why it is held."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from personalization.voice.scripting import SpokenScript, write_script

if TYPE_CHECKING:
    from collections.abc import Sequence

    from personalization.providers.speech import Word
    from personalization.voice.filling import Filled, Listener
    from personalization.voice.lexicon import Lexicon


@dataclass(frozen=True, slots=True)
class Piece:
    """What is rendered at a time.

    Attributes:
        script: As it is written and as it is said.
        is_personal: Whether it holds something of one person.
    """

    script: SpokenScript
    is_personal: bool

    def as_read(self, words: Sequence[Word]) -> tuple[Word, ...]:
        """Return the times of the words as they are written, for captions.

        "20 %" is said in two words and is one to read, from the first one's beginning to the last
        one's end.
        """
        found: list[Word] = []
        for word in words:
            start, end = self._written(word.start, word.end)
            if found and start < found[-1].end:
                last = found.pop()
                start, begins = last.start, last.begins
                end = max(end, last.end)
            else:
                begins = word.begins
            text = self.script.written[start:end]
            found.append(replace(word, text=text, start=start, end=end, begins=begins))
        return tuple(found)

    def _written(self, start: int, end: int) -> tuple[int, int]:
        """Return the whole written words that a span of the spoken text comes from."""
        written = self.script.written
        first, last = self.script.written_at(start, end)
        while first > 0 and not written[first - 1].isspace():
            first -= 1
        trimmed = written[first:last].rstrip()
        last = first + len(trimmed)
        while last < len(written) and not written[last].isspace():
            last += 1
        return first, last


@dataclass(slots=True)
class Sayer:
    """Writes scripts as they are said; what is the same for everybody is written once.

    Attributes:
        language: Of the script, such as ``en-GB``.
        lexicon: The team's pronunciations.
        line: The sentence that tells of the voice; empty leaves it out.
        is_line_first: Whether it is said before the rest, as in calls.
        is_spliced: Whether pieces are said apart.
    """

    language: str
    lexicon: Lexicon
    line: str
    is_line_first: bool
    is_spliced: bool
    _known: dict[str, Piece] = field(default_factory=dict, repr=False)

    def pieces(self, listener: Listener) -> tuple[tuple[Piece, ...], str]:
        """Return what is said to a person, and why it is held; empty where nothing is."""
        clauses = listener.clauses if self.is_spliced else (_joined(listener.clauses),)
        pieces = [self._piece(clause, listener.country or "") for clause in clauses]
        if self.line:
            place = 0 if self.is_line_first else len(pieces)
            pieces.insert(place, self._fixed(self.line))
        reasons = dict.fromkeys(why for piece in pieces for why in piece.script.held)
        return tuple(pieces), " ".join(reasons)

    def _piece(self, clause: Filled, country: str) -> Piece:
        if not clause.is_personal:
            return self._fixed(clause.text)
        script = write_script(
            clause.text, self.language, slots=clause.slots, country=country, lexicon=self.lexicon
        )
        return Piece(script, is_personal=True)

    def _fixed(self, text: str) -> Piece:
        if text not in self._known:
            script = write_script(text, self.language, lexicon=self.lexicon)
            self._known[text] = Piece(script, is_personal=False)
        return self._known[text]


def _joined(clauses: Sequence[Filled]) -> Filled:
    """Put clauses together into one, with their slots."""
    text, slots = "", []
    for clause in clauses:
        start = len(text) + 1 if text else 0
        text = f"{text} {clause.text}" if text else clause.text
        slots += [
            replace(slot, start=slot.start + start, end=slot.end + start) for slot in clause.slots
        ]
    whole = replace(clauses[0], text=text, slots=tuple(slots))
    return replace(whole, is_personal=any(clause.is_personal for clause in clauses))
