"""The form of a subject line: what inboxes show of it, and what makes filters and readers wary.

None of it is a promise of more opens: published figures on length contradict each other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

SHOWN_ON_A_PHONE: Final = 40
"""Characters of a subject that narrow screens show: 33 to 43, by client and font."""

_WORD: Final = re.compile(r"[^\W\d_]+")
_TOKEN: Final = re.compile(r"[^\W_]+")
_MARKS: Final = re.compile(r"[!?]{2,}")
_EMOJI: Final = re.compile(
    "[\U0001f1e6-\U0001f1ff]{2}|[\U0001f1e6-\U0001faff\u2600-\u27bf\u2b50\u2b55\u231a-\u23ff]"
)  # a flag is two letters of the region's code
_JOINED: Final = re.compile("\u200d.|[\ufe0f\U0001f3fb-\U0001f3ff]")
_SHORT: Final = 3  # letters up to which capitals are usually an abbreviation


@dataclass(frozen=True, slots=True)
class SubjectForm:
    """What a subject line looks like.

    Attributes:
        n_characters: As it is sent, merge tags read as given.
        n_words: Words.
        shown: What a phone shows of it.
        capitals: Words of four letters and more that are all capitals; codes with digits are none.
        marks: Runs of two and more of ``!`` and ``?``.
        n_emojis: Emojis; one that is joined of several counts once, and so does a flag.
        wary: Words of ``wary`` that stand in it.
        matter_at: Where the first word stands that the text below is about, in characters;
            None where none does.
    """

    n_characters: int
    n_words: int
    shown: str
    capitals: tuple[str, ...]
    marks: tuple[str, ...]
    n_emojis: int
    wary: tuple[str, ...]
    matter_at: int | None

    @property
    def is_matter_shown(self) -> bool:
        """Tell whether a phone shows a whole word of what the message is about."""
        return self.matter_at is not None


def subject_form(subject: str, matter: Iterable[str] = (), wary: Iterable[str] = ()) -> SubjectForm:
    """Describe a subject line.

    Args:
        subject: As a customer reads it.
        matter: Words of the subject that the text below speaks of; one of them has to stand
            within the first SHOWN_ON_A_PHONE characters.
        wary: Words and phrases that filters and readers stop at.
    """
    folded = subject.casefold()
    return SubjectForm(
        n_characters=len(subject),
        n_words=len(_WORD.findall(subject)),
        shown=subject[:SHOWN_ON_A_PHONE],
        capitals=tuple(
            w for w in _TOKEN.findall(subject) if w.isupper() and w.isalpha() and len(w) > _SHORT
        ),
        marks=tuple(_MARKS.findall(subject)),
        n_emojis=len(emoji_spans(subject)),
        wary=tuple(
            w for w in wary if re.search(rf"(?<!\w){re.escape(w.casefold())}(?!\w)", folded)
        ),
        matter_at=_first(folded, matter),
    )


def _first(folded: str, matter: Iterable[str]) -> int | None:
    ends = [
        match.start()
        for word in matter
        if (match := re.search(rf"(?<!\w){re.escape(word.casefold())}(?!\w)", folded))
        and match.end() <= SHOWN_ON_A_PHONE
    ]
    return min(ends, default=None)


def emoji_spans(text: str) -> list[tuple[int, int]]:
    """Return where emojis stand; signs that join or colour another are no emoji of their own.

    Example:
        >>> emoji_spans("Tea \N{HOT BEVERAGE}\N{VARIATION SELECTOR-16} for two")
        [(4, 5)]
        >>> emoji_spans("To \U0001f1eb\U0001f1f7 too")
        [(3, 5)]
    """
    return [match.span() for match in _EMOJI.finditer(_JOINED.sub(_blank, text))]


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])
