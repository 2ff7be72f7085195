"""Quoting: whose approved words a message carries, also where they claim nothing.

A greeting asserts nothing and is cited by no claim; but once its document is withdrawn, it may
not be sent any more.
"""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from personalization.domain import Message, Variant
    from personalization.providers.protocols import WritingRequest
    from personalization.store import Store

# An authored subject line counts as a wording of each statement of its document.
_KNOWN = """
    WITH known AS (
        SELECT statements.statement_id, statements.text, statements.alternates,
               documents.subject_lines, documents.kind, documents.locale,
               documents.status = 'approved'
                   AND documents.version = (SELECT max(newest.version) FROM documents AS newest
                                            WHERE newest.document_id = documents.document_id)
                   AND campaigns.send_on >= coalesce(documents.valid_from, campaigns.send_on)
                   AND campaigns.send_on <= coalesce(documents.valid_until, campaigns.send_on)
                   AS is_in_force
        FROM statements
        JOIN documents ON documents.document_id = statements.document_id
                      AND documents.version = statements.version
        JOIN campaigns ON campaigns.campaign_id = $campaign_id
    )
    SELECT statement_id, text, alternates, subject_lines, is_in_force,
           is_in_force AND kind <> 'catalogue'
               AND substr(locale, 1, 2) = substr($locale, 1, 2) AS is_for_all
    FROM known
    WHERE is_for_all OR list_contains($named::VARCHAR[], statement_id)
    ORDER BY statement_id
"""
# Not INSERT OR IGNORE: the engine has none for a table with triggers.
_ADD = """
    INSERT INTO variant_sources (variant_id, version, statement_id)
    SELECT given.variant_id, given.version, given.statement_id
    FROM (SELECT unnest(range(len($variant_ids::VARCHAR[]))) AS number,
                 unnest($variant_ids::VARCHAR[]) AS variant_id,
                 unnest($versions::INTEGER[]) AS version,
                 unnest($statement_ids::VARCHAR[]) AS statement_id) AS given
    WHERE NOT EXISTS (SELECT 1 FROM variant_sources AS known
                      WHERE known.variant_id = given.variant_id
                        AND known.version = given.version
                        AND known.statement_id = given.statement_id)
    ORDER BY given.number
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


@dataclass(frozen=True, slots=True)
class Quoting:
    """A version, and which statements it may carry the words of.

    Attributes:
        variant: The version.
        cited: Statements that its claims cite.
        offered: Statements that it was written from; they are looked for even where they were
            withdrawn meanwhile.  What is in force in its language is looked for in any case.
    """

    variant: Variant
    cited: frozenset[str]
    offered: frozenset[str]


def keep_sources(store: Store, versions: Sequence[Quoting]) -> None:
    """Write to ``variant_sources`` what versions cite, and whose words stand in them.

    Inside the transaction that writes the versions; ``statements`` and ``documents`` are read once
    for all of them that are of one campaign and locale.
    """
    alike: dict[tuple[str, str], list[Quoting]] = {}
    for each in versions:
        alike.setdefault((each.variant.campaign_id, each.variant.locale), []).append(each)
    rows = [row for members in alike.values() for row in _sources_of(store, members)]
    if rows:
        variant_ids, numbers, statement_ids = map(list, zip(*rows, strict=True))
        store.run(
            _ADD, variant_ids=variant_ids, versions=numbers, statement_ids=statement_ids
        )  # fmt: skip


def _sources_of(store: Store, versions: Sequence[Quoting]) -> Iterator[tuple[str, int, str]]:
    """Yield id, version and statement for versions of one campaign in one locale."""
    first = versions[0].variant
    named = sorted(frozenset[str]().union(*(each.offered for each in versions)))
    known = store.read(
        _KNOWN, campaign_id=first.campaign_id, locale=first.locale, named=named
    )  # fmt: skip
    everybodys = frozenset(row[0] for row in known if row[-1])
    prepared: dict[frozenset[str], dict[str, set[str]]] = {}
    for each in versions:
        own = each.offered - everybodys  # of most versions nothing
        if own not in prepared:
            prepared[own] = _wordings_by_statement(known, own)
        found = quoted(each.variant.message, prepared[own])
        for statement_id in sorted(found | each.cited):
            yield each.variant.variant_id, each.variant.version, statement_id


def _wordings_by_statement(
    known: Iterable[tuple[Any, ...]], own: frozenset[str]
) -> dict[str, set[str]]:
    """Return plain wording -> statements, of those for everybody and of a version's own ones."""
    valid: dict[str, set[str]] = {}
    withdrawn: dict[str, set[str]] = {}
    for statement_id, text, alternates, lines, is_in_force, is_for_all in known:
        if is_for_all or statement_id in own:
            wordings = valid if is_in_force else withdrawn
            for wording in _plain_wordings(text, alternates, lines):
                wordings.setdefault(wording, set()).add(statement_id)
    # Words that are approved elsewhere as well are not withdrawn.
    return withdrawn | valid


@lru_cache(maxsize=8_192)
def _plain_wordings(text: str, alternates: str, lines: str) -> tuple[str, ...]:
    """Return the wordings of a statement and the subject lines of its document, made plain."""
    return tuple(plain(each) for each in (text, *json.loads(alternates), *json.loads(lines)))


def quoted(message: Message, wordings: dict[str, set[str]]) -> set[str]:
    """Return the statements of which a wording stands word for word in the message.

    Args:
        message: Any field counts.
        wordings: Plain wording -> its statements.  Of two that overlap the longer one counts:
            the greeting inside an authored control text is the control text's.
    """
    rest = "\n".join(f" {plain(text)} " for _, text in message.fields())
    found: set[str] = set()
    there = (wording for wording in wordings if wording and wording in rest)
    for wording in sorted(there, key=lambda w: (-len(w), w)):
        if wording not in rest:
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
