"""Findings of the corpus linter: what is wrong, where, how badly, and the way out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

from personalization.domain import BrandProfile

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from datetime import date

    from personalization.content.documents import Document, Sentence

_NO_PROFILE: Final = BrandProfile()

SEVERITIES: Final = ("error", "warning", "info")
"""An error must not be sent, a warning wants a decision, an info is good to know."""


class Figure(Protocol):
    """A figure or date of a sentence, as the grounding of messages reads it."""

    @property
    def kind(self) -> str:
        """Sort of figure: money, percent, count, date or moment."""

    @property
    def value(self) -> str:
        """In a form that can be compared: ``15``, ``GBP 4.5``, ``11-15``."""

    @property
    def year(self) -> str:
        """Of a date, where it is given."""

    @property
    def bound(self) -> str:
        """Bound: at most, at least, about, start, end, or empty."""

    @property
    def text(self) -> str:
        """As it stands."""

    @property
    def start(self) -> int:
        """Characters into the text that it was read from."""


if TYPE_CHECKING:
    ReadFigures = Callable[[str, str], Sequence[Figure]]
    """Reads the figures of a text in a language of two letters."""


@dataclass(frozen=True, slots=True)
class Place:
    """Words of a document.

    Attributes:
        source: The file that says it, or ``app/`` where it was written in the app.
        line: Physical line of that file, the first is 1; None where it is about the whole.
        field: Of the front matter: ``statements[2].text``; empty for the whole document.
        start: Characters into the text of the field.
        end: Behind the last one.
        text: The words meant.
    """

    document_id: str
    source: str
    line: int | None
    field: str
    start: int = 0
    end: int = 0
    text: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that somebody has to look at.

    Attributes:
        rule: Its name, such as ``contradiction``.
        severity: One of SEVERITIES.
        place: Where it stands.
        message: What is wrong, in a sentence.
        way_out: What to do about it, in a sentence.
        other: The other end of it, where two places do not agree.
    """

    rule: str
    severity: str
    place: Place
    message: str
    way_out: str
    other: Place | None = None

    @property
    def document_ids(self) -> tuple[str, ...]:
        """Return the documents that it is about."""
        ends = (self.place, self.other) if self.other else (self.place,)
        return tuple(dict.fromkeys(end.document_id for end in ends if end.document_id))


@dataclass(frozen=True, slots=True)
class Text:
    """A text of a document, with the field that holds it.

    Attributes:
        is_said: Whether a message may say it; the body is only searched.
        of: The statement that it is, or is another wording of.
    """

    field: str
    text: str
    is_said: bool
    of: Sentence | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A document as the linter looks at it.

    Attributes:
        lines: Physical line of each field in its file, by its path.
    """

    document: Document
    lines: Mapping[str, int] = field(default_factory=dict)

    def texts(self) -> Iterator[Text]:
        """Yield the title, every statement with its wordings, the subject lines and the body."""
        yield Text("title", self.document.title, is_said=False)
        for number, sentence in enumerate(self.document.sentences, 1):
            yield Text(f"statements[{number}].text", sentence.text, is_said=True, of=sentence)
            for other, text in enumerate(sentence.alternates, 1):
                path = f"statements[{number}].alts[{other}]"
                yield Text(path, text, is_said=True, of=sentence)
        for number, line in enumerate(self.document.subject_lines, 1):
            yield Text(f"subject_lines[{number}]", line, is_said=True)
        yield Text("body", self.document.body, is_said=False)

    def place(self, path: str = "", start: int = 0, text: str = "") -> Place:
        """Return where ``text`` stands in a field, with the line of what the field is in."""
        known = path
        while known and known not in self.lines:
            known = known.rpartition(".")[0] or known.partition("[")[0] * ("[" in known)
        line = self.lines.get(known) if known else (1 if self.lines else None)
        return Place(
            self.document.document_id, self.document.source, line, path, start,
            start + len(text), text,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Known:
    """What is known beside the documents; None where nobody can tell.

    Attributes:
        profile: How the brand speaks: the words that it never says, and those it has others for.
        segments: Every segment that there is, by name.
        products: Every product that is sold, by number and name.
        found: Documents that some campaign's search has found.
        quoted: Statements that some message quotes, as ``document_id@version#s1``.
    """

    profile: BrandProfile = _NO_PROFILE
    segments: Collection[str] | None = None
    products: Collection[str] | None = None
    found: Collection[str] | None = None
    quoted: Collection[str] | None = None

    @property
    def is_used(self) -> bool:
        """Tell whether any message has been written yet, so that "never used" says something."""
        return bool(self.quoted)


def as_row(finding: Finding) -> dict[str, Any]:
    """Return a finding as JSON says it."""
    place, other = finding.place, finding.other
    return {
        "severity": finding.severity, "rule": finding.rule, "document_id": place.document_id,
        "source": place.source, "line": place.line, "field": place.field,
        "span": [place.start, place.end], "text": place.text, "message": finding.message,
        "way_out": finding.way_out,
        "other": other and {
            "document_id": other.document_id, "source": other.source, "line": other.line,
            "field": other.field, "span": [other.start, other.end], "text": other.text,
        },
    }  # fmt: skip


def overlaps(one: Document, other: Document) -> bool:
    """Tell whether there is a day on which both are valid."""
    return _starts_by_end(one, other) and _starts_by_end(other, one)


def _starts_by_end(one: Document, other: Document) -> bool:
    return not (one.valid_from and other.valid_until and one.valid_from > other.valid_until)


def is_over(document: Document, day: date) -> bool:
    """Tell whether a document's last day lies before ``day``."""
    return document.valid_until is not None and document.valid_until < day
