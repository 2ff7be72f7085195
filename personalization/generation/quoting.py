"""Quoting: whose approved words a message carries, also where they claim nothing.

A greeting asserts nothing and is cited by no claim; but once its document is withdrawn, it may
not be sent any more.
"""

from __future__ import annotations

import json
import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from personalization.domain import Message, Variant
    from personalization.providers.protocols import WritingRequest
    from personalization.store import Store

# An authored subject line counts as a wording of each statement of its document.
_KNOWN = """
    SELECT statements.statement_id, statements.text, statements.alternates,
           documents.subject_lines,
           documents.status = 'approved'
               AND documents.version = (SELECT max(newest.version) FROM documents AS newest
                                        WHERE newest.document_id = documents.document_id)
               AND campaigns.send_on >= coalesce(documents.valid_from, campaigns.send_on)
               AND campaigns.send_on <= coalesce(documents.valid_until, campaigns.send_on)
               AS is_in_force,
           list_contains($named::VARCHAR[], statements.statement_id) AS is_named
    FROM statements
    JOIN documents ON documents.document_id = statements.document_id
                  AND documents.version = statements.version
    JOIN campaigns ON campaigns.campaign_id = $campaign_id
    WHERE is_named OR (is_in_force AND documents.kind <> 'catalogue'
                       AND substr(documents.locale, 1, 2) = substr($locale, 1, 2))
    ORDER BY statements.statement_id
"""
# Not INSERT OR IGNORE: the engine has none for a table with triggers.
_ADD = """
    INSERT INTO variant_sources (variant_id, version, statement_id)
    SELECT $variant_id, $version, $statement_id
    WHERE NOT EXISTS (SELECT 1 FROM variant_sources AS known
                      WHERE known.variant_id = $variant_id AND known.version = $version
                        AND known.statement_id = $statement_id)
"""
_OF_VERSION = """
    SELECT statement_id FROM quoted_statements
    WHERE variant_id = $variant_id AND version = $version ORDER BY statement_id
"""


def offered_by(request: WritingRequest) -> list[str]:
    """Return the ids of the statements that a request offers."""
    return [s.statement_id for passage in request.passages for s in passage.statements]


def sources_of_version(store: Store, variant_id: str, version: int) -> list[str]:
    """Return the ids of the statements that one version cites or quotes."""
    rows = store.read(_OF_VERSION, variant_id=variant_id, version=version)
    return [str(row[0]) for row in rows]


def keep_sources(
    store: Store, variant: Variant, *, cited: Iterable[str], offered: Iterable[str]
) -> None:
    """Write to ``variant_sources`` what a version cites, and whose words stand in it.

    Inside the transaction that writes the version.

    Args:
        store: Reads ``statements`` and ``documents``.
        variant: The version.
        cited: Statements that its claims cite.
        offered: Statements that it was written from; they are looked for even where they were
            withdrawn meanwhile.  What is in force in its language is looked for in any case.
    """
    rows = store.read(
        _KNOWN, campaign_id=variant.campaign_id, locale=variant.locale, named=sorted(set(offered))
    )
    valid: dict[str, set[str]] = {}
    withdrawn: dict[str, set[str]] = {}
    for statement_id, text, alternates, lines, is_in_force, _ in rows:
        wordings = valid if is_in_force else withdrawn
        for wording in (text, *json.loads(alternates), *json.loads(lines)):
            wordings.setdefault(plain(wording), set()).add(statement_id)
    # Words that are approved elsewhere as well are not withdrawn.
    found = quoted(variant.message, withdrawn | valid)
    for statement_id in sorted(found | set(cited)):
        store.run(
            _ADD, variant_id=variant.variant_id, version=variant.version,
            statement_id=statement_id,
        )  # fmt: skip


def quoted(message: Message, wordings: dict[str, set[str]]) -> set[str]:
    """Return the statements of which a wording stands word for word in the message.

    Args:
        message: Any field counts.
        wordings: Plain wording -> its statements.  Of two that overlap the longer one counts:
            the greeting inside an authored control text is the control text's.
    """
    rest = "\n".join(f" {plain(text)} " for _, text in message.fields())
    found: set[str] = set()
    for wording in sorted(wordings, key=lambda w: (-len(w), w)):
        if not wording or wording not in rest:
            continue
        rest, n = re.subn(rf"(?<!\w){re.escape(wording)}(?!\w)", "\0", rest)
        if n:
            found |= wordings[wording]
    return found


def plain(text: str) -> str:
    r"""Return a wording without what a message may change of it: line breaks, a last full stop.

    Example:
        >>> plain("Warmly,\nall of us.")
        'warmly, all of us'
    """
    line = " ".join(unicodedata.normalize("NFC", text).casefold().split())
    return line.removesuffix(".")
