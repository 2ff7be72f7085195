"""Markdown: a document as the file that says it, so that the library can go back into a folder.

What is written here reads back as the same document, word for word: ``reading`` is its inverse.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import yaml

from personalization.content.documents import FIELDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personalization.content.documents import Document, Sentence

_LINE_WIDTH: Final = 10_000
"""Characters; so wide that no value is broken over lines, which would hide its line number."""


class _Dumper(yaml.SafeDumper):
    """YAML as the folder writes it: list items indented, so that a value is found by its line."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002
        """Indent the items of a list below its name."""
        super().increase_indent(flow, False)  # noqa: FBT003


def document_fields(document: Document) -> dict[str, Any]:
    """Return the front matter of a document by name, and its ``body``; empty fields are left out.

    A form is filled with it, and ``markdown_of`` writes it.
    """
    audience = {"segments": list(document.segments), "exclude": list(document.excluded_segments)}
    told: dict[str, Any] = {
        "id": document.document_id,
        "kind": document.kind,
        "title": document.title,
        "product": list(document.products),
        "audience": {name: listed for name, listed in audience.items() if listed},
        "locale": document.locale,
        "channel": list(document.channels),
        "jurisdiction": document.jurisdiction,
        "valid_from": document.valid_from and document.valid_from.isoformat(),
        "valid_until": document.valid_until and document.valid_until.isoformat(),
        "status": document.status,
        "approved_by": document.approved_by,
        "approved_at": document.approved_at,
        "version": document.version,
        "evidence": document.evidence,
        "statements": [_statement(sentence) for sentence in document.sentences],
        "subject_lines": list(document.subject_lines),
        "tags": list(document.tags),
        "body": document.body,
    }
    return {name: value for name, value in told.items() if value not in (None, [], {}, "")}


def _statement(sentence: Sentence) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": sentence.local_id, "role": sentence.role, "text": sentence.text,
        "alts": list(sentence.alternates), "requires": list(sentence.requires),
        "subject_ok": sentence.subject_ok,
    }  # fmt: skip
    return {name: value for name, value in told.items() if value not in ([], False)}


def markdown_of(fields: Mapping[str, Any]) -> str:
    """Write front matter in the order of the documentation, and the ``body`` below it.

    Args:
        fields: By the names of the front matter; empty ones are left out.

    Example:
        >>> print(markdown_of({"id": "tea-offer", "title": "Tea", "body": "Tea is free."}))
        ---
        id: tea-offer
        title: Tea
        ---
        Tea is free.
        <BLANKLINE>
    """
    named = {name: fields[name] for name in FIELDS if name != "body" and _is_told(fields, name)}
    head = yaml.dump(
        named, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_LINE_WIDTH,
        default_flow_style=False,
    ) if named else ""  # fmt: skip
    return f"---\n{head}---\n{str(fields.get('body') or '').strip()}\n"


def _is_told(fields: Mapping[str, Any], name: str) -> bool:
    return fields.get(name) not in (None, "", [], {}, ())


def as_markdown(document: Document) -> str:
    """Write a document as the file that would be read as it."""
    return markdown_of(document_fields(document))
