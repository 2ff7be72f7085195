"""Exporting: the library as a folder of Markdown files, packed, to bring the corpus up to date."""

from __future__ import annotations

import io
import re
import zipfile
from typing import TYPE_CHECKING, Final

from personalization.content.markdown import as_markdown
from personalization.content.stored import stored_documents
from personalization.store import record

if TYPE_CHECKING:
    from collections.abc import Collection

    from personalization.content.documents import Document
    from personalization.store import Store

_FILES = """
    SELECT document_id, arg_max(source, version) FROM documents
    WHERE NOT starts_with(source, 'app/') AND NOT starts_with(source, 'upload/')
    GROUP BY document_id ORDER BY document_id
"""
_SAFE_PATH: Final = re.compile(r"(?:[\w-][\w. -]*/)*[\w-][\w. -]*\.(?:md|markdown)")
_FOLDERS: Final = {
    "benefit": "benefits", "proof": "proofs", "offer": "offers", "faq": "faqs", "legal": "legal",
    "cta": "ctas", "story": "stories", "voice": "voice",
}  # fmt: skip
_WRITTEN_AT: Final = (1980, 1, 1, 0, 0, 0)
"""The same for every file, so that the same library gives the same bytes."""


def export_library(
    store: Store, *, actor: str, document_ids: Collection[str] | None = None
) -> bytes:
    """Pack the newest version of every document as the Markdown file that says it as it stands.

    Unpacked over the corpus folder and read again, nothing changes: approvals, retirements and
    ends that were brought forward in the app are in the files.

    Args:
        store: Reads ``current_documents`` and ``statements``; writes a row of the audit trail.
        actor: Who takes it.
        document_ids: Only these; None for all.

    Returns:
        The bytes of a zip file, the same for the same library.
    """
    packed = io.BytesIO()
    chosen = [
        document for document in stored_documents(store)
        if document_ids is None or document.document_id in document_ids
    ]  # fmt: skip
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, document in sorted(_paths(store, chosen).items()):
            archive.writestr(zipfile.ZipInfo(path, _WRITTEN_AT), as_markdown(document))
    with store.transaction():
        record(store, "content.exported", "library", actor=actor, documents=len(chosen))
    return packed.getvalue()


def _paths(store: Store, documents: list[Document]) -> dict[str, Document]:
    sources: dict[str, str] = dict(store.read(_FILES))
    found: dict[str, Document] = {}
    for document in documents:
        path = path_of(document, sources.get(document.document_id, ""))
        if path in found:
            path = _own_path(document)
        found[path] = document
    return found


def path_of(document: Document, source: str) -> str:
    """Return where a document's file lies in the folder: where it was last read, or by kind and id.

    A name with anything unusual in it is not used: no file is ever written outside the folder.

    Args:
        document: Of the library.
        source: The file that it was last read from, with the name of the folder; empty for none.
    """
    _, _, inside = source.partition("/")
    return inside if _SAFE_PATH.fullmatch(inside) else _own_path(document)


def _own_path(document: Document) -> str:
    return f"{_FOLDERS.get(document.kind, 'others')}/{document.document_id}.md"
