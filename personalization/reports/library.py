"""One document of the library: what may be cited, where it is used, and all that became of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personalization.store import Store

_STATEMENTS = """
    SELECT statement_id, role, text, alternates, requires FROM statements
    WHERE document_id = $document_id AND version = $version
    ORDER BY position, statement_id
"""
_USED_IN = """
    WITH citing AS (
        SELECT DISTINCT quoted.variant_id, quoted.version, statements.version AS of_version
        FROM quoted_statements AS quoted
        JOIN statements ON statements.statement_id = quoted.statement_id
        WHERE statements.document_id = $document_id
    ), sent AS (
        SELECT variant_id, version, count(*) AS recipients,
               bool_and(is_simulated) AS is_simulated
        FROM deliveries WHERE variant_id IN (SELECT variant_id FROM citing)
        GROUP BY variant_id, version
    )
    SELECT campaigns.campaign_id, campaigns.name, campaigns.send_on, variants.segment, variants.arm,
           variants.subject, variants.version, citing.of_version,
           newest.variant_id IS NOT NULL AS is_current,
           coalesce(sent.recipients, 0) AS recipients,
           coalesce(sent.is_simulated, false) AS is_simulated
    FROM citing
    JOIN variants ON variants.variant_id = citing.variant_id AND variants.version = citing.version
    JOIN campaigns ON campaigns.campaign_id = variants.campaign_id
    LEFT JOIN current_variants AS newest ON newest.variant_id = citing.variant_id
                                        AND newest.version = citing.version
    LEFT JOIN sent ON sent.variant_id = citing.variant_id AND sent.version = citing.version
    WHERE newest.variant_id IS NOT NULL OR sent.variant_id IS NOT NULL
    ORDER BY campaigns.name, campaigns.campaign_id, variants.segment, variants.arm,
             variants.variant_id, variants.version
"""


def statements_of(store: Store, document_id: str, version: int) -> list[dict[str, Any]]:
    """List what messages may cite of a document.

    Returns:
        ``statement_id``, ``role``, ``text``, and as lists ``alternates`` and ``requires``, the
        latter by their ids inside the document.
    """
    rows = store.records(_STATEMENTS, document_id=document_id, version=version)
    for row in rows:
        row["alternates"] = json.loads(row["alternates"])
        row["requires"] = [name.partition("#")[2] for name in json.loads(row["requires"])]
    return rows


_SUBJECTS = "SELECT subject_lines FROM current_documents WHERE document_id = $document_id"


def subject_lines_of(store: Store, document_id: str) -> list[str]:
    """List the subject lines of a document's newest version, which are used as they are."""
    row = store.read_one(_SUBJECTS, document_id=document_id)
    return list(json.loads(row[0])) if row else []


def uses_of(store: Store, document_id: str) -> list[dict[str, Any]]:
    """List the messages that quote a document, current ones and those that were sent.

    Returns:
        ``campaign_id``, its ``name`` and ``send_on``, ``segment``, ``arm``, ``subject``,
        ``version``, ``of_version`` (the document's), ``is_current``, ``recipients``,
        ``is_simulated``.
    """
    return store.records(_USED_IN, document_id=document_id)


_HISTORY = """
    WITH told AS (
        SELECT number, version, kind, reason, actor, happened_at FROM document_events
        WHERE document_id = $document_id
        UNION ALL
        SELECT 0, version, 'imported', '', '', imported_at FROM documents
        WHERE document_id = $document_id AND version NOT IN
            (SELECT version FROM document_events WHERE document_id = $document_id)
        UNION ALL
        SELECT 0, version, 'ended', reason, set_by, set_at FROM document_expiries
        WHERE document_id = $document_id
    )
    SELECT version, kind, reason, actor, happened_at FROM told
    ORDER BY happened_at DESC, number DESC, version DESC, kind
"""


def history_of(store: Store, document_id: str) -> list[dict[str, Any]]:
    """List what was done to a document, the last first.

    Returns:
        ``version``, ``kind`` (imported, uploaded, written, approved, retired, reopened or ended),
        ``reason``, ``actor``, ``happened_at``.
    """
    return store.records(_HISTORY, document_id=document_id)


_VERSIONS = """
    SELECT version, status, title, kind, body, evidence, valid_from, valid_until, locale,
           jurisdiction, products, audience, tags, subject_lines, approved_by, approved_at, source,
           imported_at
    FROM documents WHERE document_id = $document_id ORDER BY version DESC
"""
_TOLD: Final = {
    "title": "Title", "kind": "Kind", "valid_from": "Valid from", "valid_until": "Valid until",
    "evidence": "Evidence", "locale": "Language", "jurisdiction": "Jurisdiction",
}  # fmt: skip


def versions_of(store: Store, document_id: str) -> list[dict[str, Any]]:
    """List every version of a document, the newest first, with its columns as they stand."""
    return store.records(_VERSIONS, document_id=document_id)


def texts_of(store: Store, document_id: str, row: Mapping[str, Any]) -> dict[str, str]:
    """Return the words of one version by the name of their field, to be compared with another.

    Args:
        store: Reads ``statements``.
        document_id: Of the document.
        row: A row of ``versions_of``.
    """
    told = {label: str(row[name] or "") for name, label in _TOLD.items()}
    audience = json.loads(row["audience"])
    told |= {
        "Products": ", ".join(json.loads(row["products"])),
        "Only for": ", ".join(audience.get("segments", ())),
        "Never for": ", ".join(audience.get("exclude", ())),
        "Tags": ", ".join(json.loads(row["tags"])),
        "Subject lines": "\n".join(json.loads(row["subject_lines"])),
    }
    for statement in statements_of(store, document_id, row["version"]):
        name = statement["statement_id"].partition("#")[2]
        lines = [f"{statement['text']} ({statement['role']})", *statement["alternates"]]
        told[f"Statement {name}"] = "\n".join(lines)
    return told | {"Text": row["body"]}


_MARK = """
    SELECT (SELECT count(*) FROM documents), (SELECT count(*) FROM document_events),
           (SELECT count(*) FROM document_expiries), (SELECT count(*) FROM claims),
           (SELECT count(*) FROM segment_passages), (SELECT count(*) FROM segments),
           (SELECT count(*) FROM products), (SELECT max(version) FROM brand_profiles),
           (SELECT count(*) FROM incident_events)
"""


def mark_of(store: Store) -> str:
    """Return a mark that changes whenever what the linter goes by may have changed."""
    return repr(store.read_one(_MARK))


_SEGMENTS = "SELECT DISTINCT segment FROM segments ORDER BY segment"


def segments_known(store: Store) -> list[str]:
    """List the names of the segments of all campaigns, for those who write for some only."""
    return [str(name) for (name,) in store.read(_SEGMENTS)]
