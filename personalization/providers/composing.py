"""One composed message: the fields, and for each claim the words of its approved statement."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from personalization.domain import Claim, Decision, merge_tags
from personalization.providers.house_words import says
from personalization.providers.plans import (
    PRONOUN,
    Draw,
    Paragraph,
    Wording,
    head_of,
    is_near,
    overlap,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from personalization.domain import Passage
    from personalization.providers.frames import Frame, Voice
    from personalization.providers.heeding import Asked
    from personalization.providers.protocols import WritingRequest

SUBJECT_CHARACTERS: Final = (15, 70)
PREHEADER_CHARACTERS: Final = (20, 110)
BODY_WORDS: Final = (25, 200)
BUTTON_CHARACTERS: Final = 40
_ECHO: Final = 0.5  # share of words from which a preheader only repeats the subject
_GENERAL: Final = "general"  # tag of calls to action that fit any message
_PERSONAL: Final = 0.35  # of the candidates close with the reader's favourite category
_DIRECT: Final = 0.35  # of the candidates come to the point without an opener
_BRIDGED: Final = 0.5  # of the places between two matters have words to lead over
_GOES_ON: Final = frozenset({"de"})
"""Languages in which a letter goes on in lower case after the comma of its greeting."""
_TELLING: Final = frozenset({"lead", "detail", "proof", "answer"})
_USUAL: Final = {
    "name": "Set of 3 cake tins pantry", "price": "£4.95", "category": "kitchen & dining",
    "reason": "Because you bought a tea pot", "link": "https://www.shop.example/p/22720",
}  # fmt: skip
_WORD: Final = re.compile(r"[^\W_]+")
_NUMBER: Final = re.compile(r"\d+")


@dataclass(slots=True)
class Page:
    """A message in the making."""

    texts: dict[str, str] = field(default_factory=dict)
    claims: list[Claim] = field(default_factory=list)

    def say(self, name: str, text: str) -> None:
        """Add words that assert nothing to a field."""
        self.texts[name] = self.texts.get(name, "") + unicodedata.normalize("NFC", text)

    def cite(self, name: str, wording: Wording, shown: str | None = None) -> None:
        """Add approved words to a field, and note which words of which statement they are."""
        source = unicodedata.normalize("NFC", wording.text.strip())
        text = source if shown is None else shown
        start = len(self.texts.get(name, ""))
        self.texts[name] = self.texts.get(name, "") + text
        self.claims.append(
            Claim(
                name, start, start + len(text), text, wording.statement.statement_id,
                0, len(text), source[: len(text)], Decision.PASS, "Word for word as approved.",
            )
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Frames:
    """The frames that one candidate uses; a bridge for each paragraph after the first."""

    greeting: Frame
    opener: Frame | None
    bridges: tuple[Frame | None, ...]
    close: Frame
    sign_off: Frame

    @classmethod
    def drawn(
        cls,
        voice: Voice,
        paragraphs: Sequence[Paragraph],
        personal: Sequence[Frame],
        draw: Draw,
        asked: Asked,
    ) -> Frames:
        """Draw one frame for each role; no bridge comes twice.

        A story opens the message by itself, an answer wants its question, and a paragraph on the
        same product as the one before needs no bridge.
        """
        first = paragraphs[0].passage.kind
        openers = asked.of_frames(voice.leading_to("opener", first))
        is_plain = first != "faq" and draw.chance(_DIRECT) and not _is_asked(openers, asked)
        is_personal = draw.chance(_PERSONAL) and bool(personal)
        opener = None if first == "story" or is_plain else draw.one(openers)
        bridges = _bridges(voice, paragraphs, draw)
        own = personal if is_personal else ()
        close = last_courtesy(voice, own, [opener, *bridges], draw, asked)
        return cls(
            draw.one(asked.of_frames(voice.of("greeting"))),
            opener,
            bridges,
            close,
            draw.one(farewells(asked.of_frames(voice.of("sign_off")), close)),
        )

    def greeting_in(self, locale: str) -> str:
        """Return the greeting as the sentence after it wants it.

        In German a comma makes the letter go on in lower case, and an approved sentence begins
        with a capital: then the greeting ends with an exclamation mark.
        """
        text = self.greeting.text
        goes_on = self.opener is not None and self.opener.text[:1].islower()
        if locale[:2] in _GOES_ON and text.endswith(",") and not goes_on:
            return f"{text[:-1]}!"
        return text


def last_courtesy(
    voice: Voice,
    personal: Sequence[Frame],
    before: Sequence[Frame | None],
    draw: Draw,
    asked: Asked,
) -> Frame:
    """Draw the last courtesy: none that only repeats one before it."""
    closes = asked.of_frames(voice.leading_to("close"))
    pool = personal if personal and not _is_asked(closes, asked) else closes
    fresh = [f for f in pool if not any(b and is_echo(f.text, b.text) for b in before)]
    return draw.one(fresh or closes)


def farewells(frames: Sequence[Frame], close: Frame) -> Sequence[Frame]:
    """Return the sign-offs that share no word with the close: no "See you soon" twice."""
    return [f for f in frames if not _words(f.text) & _words(close.text)] or frames


def _is_asked(frames: Sequence[Frame], asked: Asked) -> bool:
    return any(says(term, frame.text) for frame in frames for term in asked.terms)


def _bridges(voice: Voice, paragraphs: Sequence[Paragraph], draw: Draw) -> tuple[Frame | None, ...]:
    bridges: list[Frame | None] = []
    for before, after in pairwise(paragraphs):
        fitting = voice.leading_to("bridge", after.passage.kind)
        has_colon = ":" in after.lines[0].text
        left = [b for b in fitting if b not in bridges and not (has_colon and b.text.endswith(":"))]
        is_same = bool(set(before.passage.products) & set(after.passage.products))
        is_bridged = draw.chance(_BRIDGED) and left and not is_same
        bridges.append(draw.one(left) if is_bridged else None)
    return tuple(bridges)


def write_page(
    request: WritingRequest,
    subject: Wording,
    paragraphs: Sequence[Paragraph],
    *,
    frames: Frames,
    voice: Voice,
    draw: Draw,
) -> Page | None:
    """Fill all fields; None where no preheader fits the subject and the body."""
    preheaders = preheaders_of(paragraphs, subject)
    if not preheaders:
        return None
    page = Page()
    page.cite("subject", subject, bare(subject.text))
    page.cite("preheader", draw.one_of_best(preheaders))
    _write_body(page, paragraphs, frames, request.locale)
    _write_button(page, request, [p.passage for p in paragraphs], voice, draw)
    return page


def _write_body(page: Page, paragraphs: Sequence[Paragraph], frames: Frames, locale: str) -> None:
    opener = f"\n\n{frames.opener.text}" if frames.opener else ""
    page.say("body", f"{frames.greeting_in(locale)}{opener}")
    for place, paragraph in enumerate(paragraphs):
        page.say("body", "\n\n")
        if place and (bridge := frames.bridges[place - 1]):
            page.say("body", f"{bridge.text} ")
        say_paragraph(page, paragraph)
    page.say("body", f"\n\n{frames.close.text}\n\n{signed(frames.sign_off.text)}")


def say_paragraph(page: Page, paragraph: Paragraph) -> None:
    """Add the lines of a paragraph to the body, each cited, and each ended."""
    for number, line in enumerate(paragraph.lines):
        page.say("body", " " if number else "")
        page.cite("body", line)
        page.say("body", "" if line.text.rstrip()[-1:] in ".!?…”’" else ".")


def signed(sign_off: str) -> str:
    """Return a sign-off with its name on a line of its own."""
    return sign_off if "\n" in sign_off else sign_off.replace(", ", ",\n", 1)


def _write_button(
    page: Page, request: WritingRequest, said: Sequence[Passage], voice: Voice, draw: Draw
) -> None:
    """Choose a call to action: what the brief asks for, else the matter's, else a general one."""
    options = buttons_asked_for(request) or next(buttons_for(request.passages, said), [])
    if options:
        chosen = draw.one(options)
        page.cite("call_to_action", chosen, bare(chosen.text))
        return
    page.say("call_to_action", bare(draw.one(voice.of("cta")).text))


def buttons_asked_for(request: WritingRequest) -> list[Wording]:
    """Return the approved buttons that say what the brief wants of them, or come nearest.

    Empty where the brief wants nothing in particular, or no approved button shares most of its
    longer words: "Shop now and save" is no wish for "Shop the kitchen".
    """
    wish = request.brief.call_to_action
    buttons = [
        Wording(s, text)
        for p in request.passages
        for s in p.statements
        if s.role == "cta" and p.kind != "voice" and not s.requires
        for text in (s.text, *s.alternates)
        if len(bare(text)) <= BUTTON_CHARACTERS
    ]
    exact = [b for b in buttons if wish and says(wish, b.text)]
    most = max((overlap(wish, b.text) for b in buttons), default=0)
    is_near = most * 2 > overlap(wish, wish)
    return exact or [b for b in buttons if is_near and overlap(wish, b.text) == most]


def buttons_for(passages: Sequence[Passage], said: Sequence[Passage]) -> Iterator[list[Wording]]:
    """Yield the approved calls to action that suit a message, in groups, the nearest first.

    Args:
        passages: All that may be used.
        said: What the message is about, in its order.
    """
    main = next((p for p in said if p.kind != "story"), said[0])
    buttons = [p for p in passages if p.kind == "cta"]
    own = [p for p in passages if p.document_id == main.document_id]
    about = [p for p in buttons if set(p.products) & set(main.products)]
    near = [p for p in buttons if not p.products and is_near(p, main)]
    general = [p for p in buttons if not p.products and (not p.tags or _GENERAL in p.tags)]
    for group in (own, about, near, general):
        if options := _buttons_of(group, " ".join(s.text for s in main.statements)):
            yield options


def _buttons_of(passages: Sequence[Passage], matter: str) -> list[Wording]:
    """Return the buttons that name the matter, else the first one of each document."""
    fitting = [
        (place, Wording(s, text))
        for p in passages
        for place, s in enumerate(s for s in p.statements if s.role == "cta" and not s.requires)
        for text in (s.text, *s.alternates)
        if len(bare(text)) <= BUTTON_CHARACTERS
    ]
    naming = [wording for _, wording in fitting if overlap(wording.text, matter)]
    return naming or [wording for place, wording in fitting if place == 0]


def subjects_of(passage: Passage) -> list[Wording]:
    """Return what may be the subject: authored lines, else statements that were approved for it."""
    options = _subject_lines(passage) or [
        Wording(s, text)
        for s in passage.statements
        if s.subject_ok
        for text in (s.text, *s.alternates)
    ]
    return [o for o in options if _fits(bare(o.text), SUBJECT_CHARACTERS)]


def preheaders_of(paragraphs: Sequence[Paragraph], subject: Wording) -> list[Wording]:
    """Return what may stand beside the subject: other lines, else what the body leaves unsaid.

    It goes on with the matter of the subject, or with the first paragraph, and with a later one
    only where these have nothing left.  Another wording of what the body says, and a figure of the
    subject's, come last.
    """
    return next((group for group in _preheaders(paragraphs, subject) if group), [])


def every_preheader(paragraphs: Sequence[Paragraph], subject: Wording) -> list[Wording]:
    """Return all that may stand beside the subject, what suits best first."""
    return list(dict.fromkeys(w for group in _preheaders(paragraphs, subject) for w in group))


def _preheaders(paragraphs: Sequence[Paragraph], subject: Wording) -> list[list[Wording]]:
    own = [p for p in paragraphs if subject.statement in p.passage.statements]
    near = list(dict.fromkeys((*own[:1], paragraphs[0])))
    known = {line.statement.statement_id for p in paragraphs for line in p.lines}
    return [*_grouped(near, subject, known), *_grouped(paragraphs, subject, known)]


def _grouped(
    paragraphs: Sequence[Paragraph], subject: Wording, known: Collection[str]
) -> list[list[Wording]]:
    said = [line for paragraph in paragraphs for line in paragraph.lines]
    lines = [w for p in paragraphs for w in _subject_lines(p.passage)]
    unsaid = [
        Wording(s, text)
        for p in paragraphs
        for s in p.passage.statements
        if s.statement_id not in known and s.role in _TELLING
        for text in (s.text, *s.alternates)
    ]
    other = [
        Wording(line.statement, text)
        for line in said
        if line.statement.role != "condition"
        for text in (line.statement.text, *line.statement.alternates)
        if text != line.text
    ]
    groups = [_beside(group, subject.text) for group in (lines, unsaid, other)]
    figures = set(_NUMBER.findall(subject.text))
    fresh = [[w for w in g if not figures & set(_NUMBER.findall(w.text))] for g in groups]
    return [*fresh, *groups]


def _beside(wordings: Sequence[Wording], subject: str) -> list[Wording]:
    """Return the wordings that can stand alone beside the subject and do not repeat it."""
    return [
        w
        for w in wordings
        if _fits(w.text.strip(), PREHEADER_CHARACTERS)
        and not is_echo(w.text, subject)
        and not PRONOUN.match(w.text)
    ]


def _subject_lines(passage: Passage) -> list[Wording]:
    head = head_of(passage)
    return [Wording(head, text) for text in passage.subject_lines] if head else []


def bare(text: str) -> str:
    """Return a line as a subject or a button has it: without a full stop at its end."""
    plain = unicodedata.normalize("NFC", text.strip())
    return plain[:-1] if plain.endswith(".") and plain.count(". ") == 0 else plain


def is_echo(text: str, other: str) -> bool:
    """Tell whether one line says what the other has said."""
    left, right = _words(text), _words(other)
    return len(left & right) / max(1, min(len(left), len(right))) >= _ECHO


def _words(text: str) -> set[str]:
    return {w.casefold() for w in _WORD.findall(text) if len(w) > 3}  # noqa: PLR2004


def _fits(text: str, limits: tuple[int, int]) -> bool:
    return limits[0] <= len(as_read(text)) <= limits[1]


def as_read(text: str) -> str:
    """Return the text as somebody without any field of their own reads it.

    A product reads like a usual one, so that lengths come out about right.
    """
    for tag in merge_tags(text):
        usual = _USUAL[tag.field.partition(".")[2]] if tag.rank else tag.fallback
        text = text.replace(tag.token, usual)
    return text
