"""Utterances as SSML: for the embedded engine, and for Azure Speech.

Whatever a text holds is escaped, so that no value can bring markup along.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape, quoteattr

from personalization.errors import ProviderError
from personalization.providers.speech import words_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from personalization.providers.speech import Slot, Utterance

_CHUNK: Final = 4  # words that share a level of pitch
_CLAUSE_END: Final = re.compile(r"[.,;:!?…。、！？]+(?=\s|$)")
_PHONEMES: Final = re.compile(r"(?=.*[A-Za-z@])[A-Za-z0-9@:;,'%=_*!?/~^{}|#+ -]{1,200}")
_HIGHEST_PITCH: Final = 99

# Where a phrase begins inside a clause, and a speaker may breathe: conjunctions, relative pronouns
# and prepositions of more than a letter or two.
_PHRASES: Final = {
    "en": "and but or because that which who when while where with for from before after if so",
    "de": "und aber oder weil dass die der das wenn während wo mit für von vor nach ob damit",
    "fr": "et mais ou parce que qui quand où avec pour depuis avant après si afin dont sans",
    "es": "y pero o porque que quien cuando donde con para desde antes después si sin hasta",
    "it": "e ma o perché che chi quando dove con per da prima dopo se senza",
    "nl": "en maar of omdat dat die wanneer terwijl waar met voor van na als zodat",
}
_PHRASE_WORDS: Final = {code: frozenset(words.split()) for code, words in _PHRASES.items()}


@dataclass(frozen=True, slots=True)
class Marked:
    """A text with its markup.

    Attributes:
        ssml: The markup.
        places: For each character of it, which one of the text it is or stands before.
    """

    ssml: str
    places: tuple[int, ...]

    def place_of(self, position: int) -> int:
        """Return which character of the text stands at a position of the markup."""
        return self.places[min(max(position, 0), len(self.places) - 1)]


@dataclass(frozen=True, slots=True)
class _Run:
    """A part of a text through which nothing changes."""

    start: int
    end: int
    pitch: int | None
    slot: Slot | None
    pause: float


def phrase_starts(text: str, language: str, *, every: int) -> tuple[int, ...]:
    """Return where phrases begin inside clauses, at least ``every`` words from any other rest.

    Example:
        >>> text = "We wrap each of your presents by hand and send it to all of your clients."
        >>> [text[start:start + 3] for start in phrase_starts(text, "en-GB", every=6)]
        ['and']
    """
    known = _PHRASE_WORDS.get(language.split("-", maxsplit=1)[0], frozenset())
    found: list[int] = []
    for clause in _clauses(text):
        since = 0
        for place, (start, end) in enumerate(clause):
            is_long = since >= every and len(clause) - place > 1
            if is_long and text[start:end].casefold() in known:
                found.append(start)
                since = 0
            since += 1
    return tuple(found)


def for_espeak(utterance: Utterance, voice_of: Callable[[str], str]) -> Marked:
    """Return what the embedded engine is given.

    Args:
        utterance: What is to be said.
        voice_of: Gives the engine's name of a language.  Once another language was spoken, the
            rest has to be put into its own again: the engine goes on in British English.
    """
    base = voice_of(utterance.language)
    parts: list[tuple[str, int]] = [("<speak>", 0)]
    has_switched = False
    for language, runs in groupby(_runs(utterance), key=lambda run: _language_of(run, base)):
        voice = voice_of(language) if language != base else base
        has_switched = has_switched or voice != base
        grouped = list(runs)
        start = grouped[0].start
        if has_switched:
            parts.append((f"<voice xml:lang={quoteattr(voice)}>", start))
        for run in grouped:
            parts.extend(_run_for_espeak(utterance.text, run))
        if has_switched:
            parts.append(("</voice>", grouped[-1].end))
    parts.append(("</speak>", len(utterance.text)))
    return _marked(parts)


def are_phonemes(said: str) -> bool:
    """Tell whether these are mnemonics of espeak-ng, and nothing that could end them.

    Example:
        >>> are_phonemes("v'OItSEx"), are_phonemes("]] <break/>")
        (True, False)
    """
    return _PHONEMES.fullmatch(said) is not None


def for_azure(utterance: Utterance, voice: str) -> str:
    """Return what Azure Speech is given: the dials of hosted engines, breaks and languages."""
    dials = utterance.dials
    said: list[str] = []
    for run in _runs(utterance):
        slot = run.slot
        words = escape(utterance.text[run.start : run.end])
        if slot and slot.language:
            words = f"<lang xml:lang={quoteattr(slot.language)}>{words}</lang>"
        said.append(_break(run.pause) + words)
    language = quoteattr(utterance.language)
    return (
        '<speak version="1.0" xmlns="http://www.w3.org/2001/10/synthesis" '
        f"xml:lang={language}><voice name={quoteattr(voice)}>"
        f'<prosody rate="{(dials.speed - 1) * 100:+.0f}%" pitch="{dials.pitch_shift:+.2f}st" '
        f'range="{(dials.range_factor - 1) * 100:+.0f}%">{"".join(said)}</prosody>'
        "</voice></speak>"
    )


def _language_of(run: _Run, base: str) -> str:
    return (run.slot.language or base) if run.slot else base


def _run_for_espeak(text: str, run: _Run) -> Iterator[tuple[str, int]]:
    if run.pause:
        yield _break(run.pause), run.start
    if run.pitch is not None:
        yield f'<prosody pitch="{run.pitch}">', run.start
    if run.slot and run.slot.phonemes:
        if not are_phonemes(run.slot.phonemes):
            raise ProviderError(
                f"{run.slot.phonemes!r} are no phonemes of espeak-ng. Take one of its mnemonics, "
                "such as n'eIm, or write a respelling."
            )
        yield f"[[{escape(run.slot.phonemes)}]] ", run.start  # a tag right after would be read out
    else:
        for place in range(run.start, run.end):
            yield _plain(text[place]), place
    if run.pitch is not None:
        yield "</prosody>", run.end


def _plain(sign: str) -> str:
    """Return a sign as it may stand in the markup; brackets would be read as phonemes."""
    return " " if sign in "[]" else escape(sign)


def _break(seconds: float) -> str:
    return f'<break time="{round(seconds * 1000)}ms"/>' if seconds else ""


def _marked(parts: list[tuple[str, int]]) -> Marked:
    places = tuple(place for part, place in parts for _ in part)
    return Marked("".join(part for part, _ in parts), places)


def _runs(utterance: Utterance) -> Iterator[_Run]:
    """Cut the text where pitch, slot or pause change."""
    text, dials = utterance.text, utterance.dials
    pitches = dict(_pitches(utterance)) if dials.declination else {}
    starts = (
        phrase_starts(text, utterance.language, every=dials.phrase_every)
        if dials.phrase_pause
        else ()
    )
    spoken = [slot for slot in utterance.slots if slot.language or slot.phonemes]
    edges = {0, len(text), *pitches, *starts}
    edges |= {place for slot in spoken for place in (slot.start, slot.end)}
    inside = {place for slot in spoken for place in range(slot.start + 1, slot.end)}
    pitch: int | None = None
    ordered = sorted(edges - inside)
    for start, end in pairwise(ordered):
        pitch = next((pitches[at] for at in range(end - 1, start - 1, -1) if at in pitches), pitch)
        slot = next((slot for slot in spoken if slot.start <= start < slot.end), None)
        yield _Run(start, end, pitch, slot, dials.phrase_pause if start in starts else 0.0)


def _pitches(utterance: Utterance) -> Iterator[tuple[int, int]]:
    """Yield where each four words of a clause begin, with a pitch that falls from one to the next.

    A clause of fewer words is cut in two, so that it falls as well.
    """
    dials = utterance.dials
    for clause in _clauses(utterance.text):
        size = _CHUNK if len(clause) > _CHUNK else max(1, (len(clause) + 1) // 2)
        firsts = clause[::size]
        steps = max(1, len(firsts) - 1)
        for number, (start, _) in enumerate(firsts):
            offset = dials.declination * (1 - 2 * number / steps) if len(firsts) > 1 else 0.0
            yield start, min(max(round(dials.pitch + offset), 0), _HIGHEST_PITCH)


def _clauses(text: str) -> Iterator[list[tuple[int, int]]]:
    """Yield the words of each clause."""
    words = words_of(text)
    ends = [match.end() for match in _CLAUSE_END.finditer(text)] + [len(text)]
    done = 0
    for end in ends:
        clause = [word for word in words[done:] if word[0] < end]
        done += len(clause)
        if clause:
            yield clause
