"""Arrivals: what becomes of a document that comes in from a file.

The folder and the app may both change a document.  What was written in the app stands until its
file says more: a higher version, or a later approval than the day of the edit.  A file never
brings back by itself what somebody withdrew or retired.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from personalization.content.front_matter import Problem
from personalization.content.incidents import withdrawal_of
from personalization.content.stored import stored_document, stored_versions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from personalization.content.documents import Document
    from personalization.store import Store

APP: Final = "app/"
"""How the source of a version begins that was written in the app."""

_EAST: Final = timedelta(days=1)
"""The clock is that of Greenwich; east of it the day has begun before."""

UPLOAD: Final = "upload/"
"""How the source of a version begins that somebody uploaded."""

_VERSIONS = """
    SELECT document_id, version, content_sha256, status, approved_by, approved_at, source,
           CAST(imported_at AS DATE) AS came_on
    FROM documents ORDER BY document_id, version
"""


@dataclass(frozen=True, slots=True)
class Stored:
    """One version of a document, as the store has it."""

    version: int
    content_sha256: str
    status: str
    approval: tuple[str | None, str | None]
    source: str
    came_on: date

    @property
    def is_from_app(self) -> bool:
        """Tell whether it was written in the app or uploaded, and not read from the folder."""
        return self.source.startswith((APP, UPLOAD))


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a document that comes in comes to.

    Attributes:
        document: As it would be stored, with its number and status there.
        sha256: Of the file, as it says the document; by it a second import knows it again.
        outcome: new, changed, unchanged, or kept: the store's own version stands.
        problem: What a person has to look at, or None.
    """

    document: Document
    sha256: str
    outcome: str
    problem: Problem | None = None

    @property
    def is_news(self) -> bool:
        """Tell whether it is to be stored."""
        return self.outcome in ("new", "changed")


def versions_in_store(store: Store) -> dict[str, tuple[Stored, ...]]:
    """List the versions of every document, the first one first."""
    found: dict[str, tuple[Stored, ...]] = {}
    for document_id, version, sha256, status, by, approved_at, source, day in store.read(_VERSIONS):
        stored = Stored(version, sha256, status, (by, approved_at), source, day)
        found[document_id] = (*found.get(document_id, ()), stored)
    return found


def arrivals(
    store: Store, documents: Sequence[Document], versions: Mapping[str, tuple[Stored, ...]]
) -> list[Arrival]:
    """Say of each document from the folder what becomes of it, and change nothing."""
    return [_arrival(store, each, versions.get(each.document_id, ())) for each in documents]


def is_unchanged(store: Store, document: Document, newest: Stored) -> bool:
    """Tell whether the store has the document just so: as it came, or as it stands now.

    It stands otherwise than it came once somebody approved or retired it, or brought its end
    forward, in the app; a file that the library was exported to says it as it stands.
    """
    if document.content_sha256 == newest.content_sha256:
        return True
    now = stored_document(store, document.document_id)
    before = stored_versions(store, document.document_id)[-1]
    return document.content_sha256 in {now and now.content_sha256, before.content_sha256}


def same_words(document: Document, other: Document) -> bool:
    """Tell whether two documents differ in nothing but their approval."""
    return _unsigned(document).content_sha256 == _unsigned(other).content_sha256


def _unsigned(document: Document) -> Document:
    return replace(document, status="draft", approved_by=None, approved_at=None)


def _arrival(store: Store, document: Document, earlier: tuple[Stored, ...]) -> Arrival:
    numbered, sha256 = _numbered(document, earlier), document.content_sha256
    if earlier and is_unchanged(store, document, earlier[-1]):
        return Arrival(document, sha256, "unchanged")
    if not earlier:
        return Arrival(numbered, sha256, "new")
    if _is_ahead(document, store.now().date()):
        return Arrival(document, sha256, "kept", _ahead(document))
    newest = earlier[-1]
    if newest.is_from_app and not _says_more(document, newest, earlier):
        return Arrival(document, sha256, "kept", _conflict(document, newest))
    if _is_taken_back(store, document.document_id, earlier):
        return _held(store, numbered, document, earlier)
    return _settled(numbered, document, earlier)


def _held(
    store: Store, numbered: Document, document: Document, earlier: tuple[Stored, ...]
) -> Arrival:
    """Let nothing that was withdrawn or retired be said again because of its file."""
    sha256 = document.content_sha256
    now = stored_document(store, document.document_id)
    if now is not None and same_words(document, now):
        return Arrival(document, sha256, "kept", _barred(document))
    status = "retired" if document.status == "retired" else "draft"
    status = _status_of_twin(document, earlier) or status
    held = replace(numbered, status="draft" if status == "approved" else status)
    is_barred = document.status == "approved"
    return Arrival(held, sha256, "changed", _barred(document) if is_barred else None)


def _numbered(document: Document, earlier: tuple[Stored, ...]) -> Document:
    last = earlier[-1].version if earlier else 0
    return replace(document, version=max(document.version or 1, last + 1))


def _settled(numbered: Document, document: Document, earlier: tuple[Stored, ...]) -> Arrival:
    """Take back an approval that is not the document's own; a text that comes back has its own."""
    sha256 = document.content_sha256
    if (status := _status_of_twin(document, earlier)) is not None:
        return Arrival(replace(numbered, status=status), sha256, "changed")
    approval = (document.approved_by, document.approved_at)
    is_stale = document.status == "approved" and any(old.approval == approval for old in earlier)
    if not is_stale:
        return Arrival(numbered, sha256, "changed")
    return Arrival(replace(numbered, status="draft"), sha256, "changed", _lapsed(document))


def _status_of_twin(document: Document, earlier: tuple[Stored, ...]) -> str | None:
    twins = [old for old in earlier if old.content_sha256 == document.content_sha256]
    return twins[-1].status if twins else None


def _is_taken_back(store: Store, document_id: str, earlier: tuple[Stored, ...]) -> bool:
    """Tell whether it was withdrawn or retired, and nobody has approved it in the app since."""
    if withdrawal_of(store, document_id):
        return True
    decided = [old.status for old in earlier if old.status != "draft"]
    return bool(decided) and decided[-1] == "retired"


def _says_more(document: Document, newest: Stored, earlier: tuple[Stored, ...]) -> bool:
    """Tell whether a file goes before what was written in the app."""
    if (document.version or 0) > newest.version:
        return True
    is_known = any(old.content_sha256 == document.content_sha256 for old in earlier)
    approved_on = _day(document.approved_at)
    return not is_known and approved_on is not None and approved_on > newest.came_on


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat((text or "")[:10])
    except ValueError:
        return None


def _is_ahead(document: Document, today: date) -> bool:
    """Tell whether an approval is of a day to come, wherever its author may live."""
    day = _day(document.approved_at) if document.status == "approved" else None
    return day is not None and day > today + _EAST


def _ahead(document: Document) -> Problem:
    message = (
        f"The approval of {document.approved_at} lies ahead, so it is none yet and the file is not "
        "read in. Write the day on which it was given, or status: draft."
    )
    return Problem(document.source, 1, "approved_at", message)


def _conflict(document: Document, newest: Stored) -> Problem:
    message = (
        f"Version {newest.version} was written in the app on {newest.came_on:%-d %B %Y} and "
        "stands; the file says something else. Download the library to bring the folder up to "
        f"date, or write version: {newest.version + 1} in the file to let it go before the app."
    )
    return Problem(document.source, 1, "version", message)


def _barred(document: Document) -> Problem:
    message = (
        "The file says that it is approved, and the document was retired or withdrawn since. It "
        "may not be said: a file brings nothing back. Put it back on the Content page, with the "
        "reason, if it is to be said again."
    )
    return Problem(document.source, 1, "status", message)


def _lapsed(document: Document) -> Problem:
    message = (
        f"The document changed, and its approval of {document.approved_at} was for another text. "
        "It waits as a draft: approve it on the Content page, or renew approved_at in the file."
    )
    return Problem(document.source, 1, "approved_at", message)
