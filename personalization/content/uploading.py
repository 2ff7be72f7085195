"""Uploading: Markdown files that somebody brings to the app, looked at before they come in.

Nothing is dropped: every file is new, changed, unchanged or refused, with the line and the reason.
Whatever a file says of its approval, it comes in as a draft: a name in a file is not a signature.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from personalization.content.arrivals import UPLOAD, same_words, versions_in_store
from personalization.content.documents import Document
from personalization.content.front_matter import Problem
from personalization.content.reading import read_bytes
from personalization.content.recording import add_version
from personalization.content.stored import stored_document
from personalization.store import record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from personalization.store import Store

_UNSAFE: Final = re.compile(r"[^\w .()+-]")
_LONGEST_NAME: Final = 120
_ENDINGS: Final = (".md", ".markdown")


@dataclass(frozen=True, slots=True)
class Examined:
    """What an uploaded file would come to, or came to.

    Attributes:
        name: Of the file, without folders and without signs that no file name needs.
        outcome: new, changed, unchanged or refused.
        document: As it would be stored; None where it was refused.
        problems: Why it was refused, by line and field.
        before: The version that it would follow; None where there is none.
        status: Of that version.
    """

    name: str
    outcome: str
    document: Document | None = None
    problems: tuple[Problem, ...] = ()
    before: int | None = None
    status: str = ""


def examine_files(store: Store, files: Sequence[tuple[str, bytes]]) -> list[Examined]:
    """Say of each file what would become of it, in their order, and change nothing.

    Args:
        store: Reads ``documents`` and ``statements``.
        files: Name and bytes of each.
    """
    versions = versions_in_store(store)
    taken: dict[str, str] = {}
    return [_examine(store, name, raw, set(versions), taken) for name, raw in files]


def take_in_files(
    store: Store, files: Sequence[tuple[str, bytes]], *, actor: str
) -> list[Examined]:
    """Store what is new or changed among the files as drafts, and say what came of each.

    Running it twice changes nothing.  Writes ``documents``, ``passages``, ``statements``,
    ``document_events`` and the audit trail, all in one transaction.
    """
    with store.transaction():
        found = examine_files(store, files)
        for each in found:
            if each.document is not None and each.outcome in ("new", "changed"):
                sha256 = each.document.content_sha256
                add_version(store, each.document, sha256, actor=actor, kind="uploaded")
        n_stored = sum(each.outcome in ("new", "changed") for each in found)
        record(
            store, "content.uploaded", UPLOAD, actor=actor, files=len(found), stored=n_stored,
            refused=sum(each.outcome == "refused" for each in found),
        )  # fmt: skip
    return found


def safe_name(name: str) -> str:
    r"""Return the last part of a file's name, with every unusual sign as an underscore.

    Example:
        >>> safe_name("../../etc/cron.d\\evil<b>.md")
        'evil_b_.md'
    """
    last = re.split(r"[/\\]", name)[-1]
    return _UNSAFE.sub("_", last).lstrip(".")[-_LONGEST_NAME:] or "file"


def _examine(
    store: Store, name: str, raw: bytes, known: set[str], taken: dict[str, str]
) -> Examined:
    shown = safe_name(name)
    source = f"{UPLOAD}{shown}"
    read = _read(source, shown, raw)
    if not isinstance(read, Document):
        return Examined(shown, "refused", problems=read)
    document_id = read.document_id
    if document_id in taken:
        message = f"The id {document_id!r} stands in {taken[document_id]} too. Give one another id."
        return Examined(shown, "refused", problems=(Problem(source, 1, "id", message),))
    taken[document_id] = shown
    now = stored_document(store, document_id) if document_id in known else None
    if now is None:
        return Examined(shown, "new", replace(as_draft(read), version=1))
    return _against(now, read, shown, has_front_matter=b"---" in raw[:8])


def _against(now: Document, read: Document, shown: str, *, has_front_matter: bool) -> Examined:
    if same_words(read, now):
        return Examined(shown, "unchanged", read, before=now.version, status=now.status)
    if not has_front_matter:
        message = (
            f"The library has a document {read.document_id!r} already, and this file has no front "
            "matter that says it is the same. Give it one, or another name."
        )
        problem = Problem(read.source, 1, "id", message)
        return Examined(
            shown, "refused", problems=(problem,), before=now.version, status=now.status
        )  # fmt: skip
    version = (now.version or 0) + 1
    draft = replace(as_draft(read), version=version)
    return Examined(shown, "changed", draft, before=now.version, status=now.status)


def _read(source: str, shown: str, raw: bytes) -> Document | tuple[Problem, ...]:
    if not shown.lower().endswith(_ENDINGS):
        return (Problem(source, None, None, "This is no Markdown file: its name ends in .md."),)
    return read_bytes(source, raw)


def as_draft(document: Document) -> Document:
    """Return a document without its approval: whoever approves it signs in the app."""
    return replace(document, status="draft", approved_by=None, approved_at=None)
