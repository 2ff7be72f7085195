"""Sources of a brief: what it wants said, and whom the approved content lets it be said to.

Judged as the finding judges, passage by passage on the day of sending: see ``eligibility``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any, Final

from personalization.content.eligibility import BARS, Audience, judge_passages
from personalization.providers.house_words import says
from personalization.providers.plans import overlap

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from personalization.store import Store

LONGEST_BUTTON: Final = 40
_NEAREST: Final = 3  # buttons that a question names
_OF_READERS: Final = frozenset({"segment", "excluded"})

_WORDINGS = """
    SELECT statements.passage_id, statements.role, statements.text, statements.alternates,
           statements.requires, documents.document_id, documents.kind, documents.title,
           documents.valid_from, documents.valid_until, documents.locale, documents.jurisdiction,
           CAST(documents.audience->'$.segments' AS VARCHAR) AS segments,
           CAST(documents.audience->'$.exclude' AS VARCHAR) AS left_out
    FROM statements
    JOIN library_documents AS documents ON documents.document_id = statements.document_id
                                       AND documents.version = statements.version
    ORDER BY statements.statement_id
"""


@dataclass(frozen=True, slots=True)
class Wording:
    """A statement as it may be worded, with what is known of its document.

    Attributes:
        texts: The statement and its other wordings.
        is_alone: Whether nothing has to stand with it.
        document: Title, days, locale, jurisdiction, ``segments`` and ``left_out`` of it.
    """

    passage_id: str
    document_id: str
    kind: str
    role: str
    texts: tuple[str, ...]
    is_alone: bool
    document: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Standing:
    """Whom something may be said to.

    Attributes:
        is_open: Whether it may be said to somebody.
        lacking: Segments of the campaign that it may not be said to, though to others.
        only_for: Where the campaign has no segments yet: those that it was written for, if it was
            for some only.
        bar: Why it may not be said, in words that follow its title; empty where it may.
        title: Of the document that comes nearest to saying it; empty where none says it.
    """

    is_open: bool
    lacking: tuple[str, ...] = ()
    only_for: tuple[str, ...] = ()
    bar: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class Sources:
    """All wordings in their newest versions, and what stands against saying each.

    Attributes:
        wordings: Approved or not.
        bars: Of each passage, but those that come of who reads it.
        segments: Each segment of the campaign with those that were merged into it.
    """

    store: Store
    audience: Audience
    wordings: tuple[Wording, ...]
    bars: dict[str, tuple[str, ...]]
    segments: tuple[tuple[str, ...], ...]

    def saying(self, term: str) -> list[Wording]:
        """List the wordings that say a term word for word, whether they may be said or not."""
        return [w for w in self.wordings if any(says(term, text) for text in w.texts)]

    def of_document(self, document_id: str) -> list[Wording]:
        """List the wordings of a document."""
        return [w for w in self.wordings if w.document_id == document_id]

    def buttons(self) -> list[Wording]:
        """List the approved buttons that may be shown to somebody."""
        return [
            w
            for w in self.wordings
            if w.role == "cta" and w.is_alone and not self.bars[w.passage_id]
        ]

    def nearest_buttons(self, wish: str) -> tuple[list[str], bool]:
        """Return the approved buttons nearest to a wish, and whether they share a word with it."""
        texts = {_bare(t) for w in self.buttons() for t in w.texts if len(t) <= LONGEST_BUTTON}
        near = sorted(texts, key=lambda t: (-overlap(wish, t), -_likeness(wish, t), t))
        sharing = [text for text in near if overlap(wish, text)]
        return (sharing or near)[:_NEAREST], bool(sharing)

    def standing(self, wordings: Sequence[Wording]) -> Standing:
        """Say whom one or another of some wordings may be said to."""
        if not wordings:
            return Standing(is_open=False)
        sound = [w for w in wordings if not self.bars[w.passage_id]]
        if not sound:
            best = min(wordings, key=lambda w: _weight(self.bars[w.passage_id]))
            bar = self.bars[best.passage_id][0]
            return Standing(
                is_open=False, bar=_told(bar, best.document), title=best.document["title"]
            )
        if not self.segments:
            everybody = any(not w.document["segments"] for w in sound)
            only_for = () if everybody else tuple(sound[0].document["segments"])
            return Standing(is_open=True, only_for=only_for, title=sound[0].document["title"])
        return self._of_segments(sound)

    def _of_segments(self, sound: Sequence[Wording]) -> Standing:
        ids = {w.passage_id for w in sound}
        documents = sorted({w.document_id for w in sound})
        lacking = [
            names[0]
            for names in self.segments
            if not any(
                judged.passage_id in ids and not judged.bars
                for judged in judge_passages(
                    self.store, Audience(self.audience.send_on, self.audience.locale, names),
                    documents,
                )
            )
        ]  # fmt: skip
        title = sound[0].document["title"]
        if len(lacking) < len(self.segments):
            return Standing(is_open=True, lacking=tuple(lacking), title=title)
        return Standing(is_open=False, bar=_told("segment", sound[0].document), title=title)


def sources_for(
    store: Store, audience: Audience, segments: Sequence[tuple[str, ...]] = ()
) -> Sources:
    """Read all wordings and judge them for a day and a locale.

    Args:
        store: Holds documents and statements.
        audience: The day and the locale; its segments do not matter.
        segments: Each segment of the campaign with those that were merged into it.
    """
    anybody = Audience(audience.send_on, audience.locale)
    judged = judge_passages(store, anybody)
    bars = {each.passage_id: tuple(b for b in each.bars if b not in _OF_READERS) for each in judged}
    rows = store.records(_WORDINGS)
    wordings = tuple(_wording(row) for row in rows if row["passage_id"] in bars)
    return Sources(store, anybody, wordings, bars, tuple(segments))


def _wording(row: dict[str, Any]) -> Wording:
    document = row | {name: json.loads(row[name] or "[]") for name in ("segments", "left_out")}
    return Wording(
        row["passage_id"],
        row["document_id"],
        row["kind"],
        row["role"],
        (row["text"], *json.loads(row["alternates"])),
        not json.loads(row["requires"]),
        document,
    )


def _weight(bars: tuple[str, ...]) -> tuple[int, int]:
    """Order by how far a passage is from being said: how many bars, and which one comes first."""
    return len(bars), BARS.index(bars[0])


def _told(bar: str, document: dict[str, Any]) -> str:
    locale, country = document["locale"], document["jurisdiction"]
    readers = document["segments"]
    return {
        "voice": "is the voice of the brand, which claims nothing",
        "control": "is of the control text only",
        "draft": "is not approved",
        "retired": "was withdrawn or retired",
        "expired": f"ends on {day_in_words(document['valid_until'])}",
        "upcoming": f"begins on {day_in_words(document['valid_from'])}",
        "held": "is held back by the screening",
        "language": f"is in another language ({locale})",
        "country": f"was approved for {country or locale}",
        "channel": "is not for e-mails",
        "segment": f"is only for {listed(readers)}" if readers else
                   f"is not for {listed(document['left_out'])}",
    }[bar]  # fmt: skip


def _bare(text: str) -> str:
    return text.strip().removesuffix(".")


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, one.casefold(), other.casefold()).ratio()


def listed(names: Sequence[str]) -> str:
    """Write names as a list in a sentence.

    Example:
        >>> listed(["Loyal", "New", "Lost"])
        'Loyal, New and Lost'
    """
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def day_in_words(day: date | None) -> str:
    """Write a day in full; empty for none.

    Example:
        >>> from datetime import date
        >>> day_in_words(date(2026, 12, 1))
        '1 December 2026'
    """
    return f"{day.day} {day:%B %Y}" if day else ""
