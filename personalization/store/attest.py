"""Fingerprints of what is on record, for the trail to hold: an edit behind its back then shows.

Texts have a fingerprint of their own, so that they can be taken away when their time is over and
the rest still be held against the trail.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from personalization.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from personalization.store.database import Store

# NULL in $ids asks for all.  Fields are joined by chr(31) and rows by chr(30), neither of
# which a text has any use for; '-' stands for NULL, which concat_ws would leave out;
# readers and house_sha256, later columns, are left out where they are not known.
SCREENINGS: Final = """
    WITH reasons AS (
        SELECT screening_id,
               string_agg(concat_ws(chr(31), position, rule, action, severity, field, span_start,
                                    span_end), chr(30) ORDER BY position) AS form,
               string_agg(concat_ws(chr(31), position, text, message, advice), chr(30)
                          ORDER BY position) AS words,
               bool_or(text <> '' OR message <> '' OR advice <> '') AS has_words
        FROM findings
        WHERE $ids::BIGINT[] IS NULL OR list_contains($ids::BIGINT[], screening_id)
        GROUP BY screening_id
    ), facts AS (
        SELECT screening_id,
               string_agg(concat_ws(chr(31), position, kind, field, span_start, span_end,
                          coalesce(statement_id, '-'), coalesce(source_field, '-'),
                          coalesce(source_start::VARCHAR, '-'), coalesce(source_end::VARCHAR, '-'),
                          decision), chr(30) ORDER BY position) AS form,
               string_agg(concat_ws(chr(31), position, text, coalesce(source_text, '-'), reason),
                          chr(30) ORDER BY position) AS words,
               bool_or(text <> '' OR coalesce(source_text, '') <> '' OR reason <> '') AS has_words
        FROM ledger_entries
        WHERE $ids::BIGINT[] IS NULL OR list_contains($ids::BIGINT[], screening_id)
        GROUP BY screening_id
    )
    SELECT screened.screening_id,
           sha256(concat_ws(chr(31), 'v1', screened.screening_id, variant_id, version, campaign_id,
                  content_sha256, decision, engine, engine_version, policy_version, categories,
                  n_strings, epoch_us(screened_at), coalesce(chunks::VARCHAR, '-'),
                  coalesce(request_ids, '-'), coalesce(blocklist_hits, '-'),
                  coalesce(duration_ms::VARCHAR, '-'), 'readers ' || readers,
                  'house ' || house_sha256,
                  coalesce(reasons.form, ''),
                  coalesce(facts.form, ''))) AS row_sha256,
           sha256(concat_ws(chr(29), 'v1', coalesce(reasons.words, ''),
                  coalesce(facts.words, ''))) AS words_sha256,
           coalesce(reasons.has_words, false) OR coalesce(facts.has_words, false) AS has_words,
           screened.campaign_id, content_sha256, decision
    FROM screenings AS screened
    LEFT JOIN reasons ON reasons.screening_id = screened.screening_id
    LEFT JOIN facts ON facts.screening_id = screened.screening_id
    WHERE $ids::BIGINT[] IS NULL OR list_contains($ids::BIGINT[], screened.screening_id)
"""
APPROVALS: Final = """
    SELECT approval_id,
           sha256(concat_ws(chr(31), 'v1', approval_id, variant_id, version, campaign_id,
                  content_sha256, decision, note, actor, is_self_approved,
                  coalesce(screening_id::VARCHAR, '-'), epoch_us(decided_at))) AS row_sha256,
           '' AS words_sha256, false AS has_words, campaign_id, content_sha256, decision
    FROM approvals
    WHERE $ids::BIGINT[] IS NULL OR list_contains($ids::BIGINT[], approval_id)
"""
# A seal's five digests have to be those of what it lists, as ``approval.seals`` works them out.
SEALS: Final = """
    WITH asked AS (
        SELECT * FROM seals WHERE $seal_id::BIGINT IS NULL OR seal_id = $seal_id::BIGINT
    ), listed AS (
        SELECT seal_id, unnest(from_json(parts, '[{"part": "VARCHAR", "item": "VARCHAR",
                               "said": "VARCHAR", "value": "VARCHAR"}]')) AS line
        FROM asked
    ), digests AS (
        SELECT seal_id, line.part AS part,
               sha256(string_agg(concat_ws(chr(31), line.item, line.said, line.value), chr(30)
                                 ORDER BY line.item)) AS digest
        FROM listed
        GROUP BY seal_id, line.part
    ), worked AS (
        SELECT asked.seal_id,
               string_agg(coalesce(digests.digest, sha256('')), ' ' ORDER BY names.position)
                   AS listed
        FROM asked
        CROSS JOIN (SELECT unnest(['content', 'audience', 'arms', 'policy', 'sources']) AS part,
                           unnest([1, 2, 3, 4, 5]) AS position) AS names
        LEFT JOIN digests ON digests.seal_id = asked.seal_id AND digests.part = names.part
        GROUP BY asked.seal_id
    )
    SELECT CAST(asked.seal_id AS VARCHAR),
           sha256(concat_ws(chr(31), 'v1', asked.seal_id, campaign_id, content, audience, arms,
                  policy, sources, CAST(parts AS VARCHAR), epoch_us(sealed_at), sealed_by, note,
                  is_self_approved)) AS row_sha256,
           concat_ws(' ', content, audience, arms, policy, sources) AS seal,
           worked.listed = concat_ws(' ', content, audience, arms, policy, sources)
    FROM asked JOIN worked ON worked.seal_id = asked.seal_id
    ORDER BY asked.seal_id
"""


def screening_digests(store: Store, screening_id: int) -> dict[str, str]:
    """Return the fingerprints of one screening, for its row in the trail.

    Args:
        store: Reads ``screenings``, ``findings`` and ``ledger_entries``, in the transaction that
            wrote them, once all of them are written.
        screening_id: The screening.

    Returns:
        ``row_sha256`` of what was found, ``words_sha256`` of the words that gave cause.

    Raises:
        StateError: It is not there yet.
    """
    return screenings_digests(store, [screening_id])[screening_id]


def screenings_digests(store: Store, ids: Sequence[int]) -> dict[int, dict[str, str]]:
    """Return the fingerprints of many screenings, by their ids; see ``screening_digests``."""
    found = {
        int(screening_id): {"row_sha256": str(row_sha256), "words_sha256": str(words_sha256)}
        for screening_id, row_sha256, words_sha256, *_ in store.read(SCREENINGS, ids=list(ids))
    }
    if missing := [each for each in ids if each not in found]:
        raise StateError(f"Screening {missing[0]} is not on record, so it cannot be attested.")
    return found


def approval_digests(store: Store, approval_id: int) -> dict[str, str]:
    """Return the fingerprint of one decision, its note included, for its row in the trail.

    Raises:
        StateError: It is not there yet.
    """
    return approvals_digests(store, [approval_id])[approval_id]


def approvals_digests(store: Store, ids: Sequence[int]) -> dict[int, dict[str, str]]:
    """Return the fingerprints of many decisions, by their ids; see ``approval_digests``."""
    found = {
        int(approval_id): {"row_sha256": str(row_sha256)}
        for approval_id, row_sha256, *_ in store.read(APPROVALS, ids=list(ids))
    }
    if missing := [each for each in ids if each not in found]:
        raise StateError(f"Decision {missing[0]} is not on record, so it cannot be attested.")
    return found


def seal_digests(store: Store, seal_id: int) -> dict[str, str]:
    """Return the fingerprint of one sign-off, its note and its list included, for the trail.

    Raises:
        StateError: It is not there yet.
    """
    row = store.read_one(SEALS, seal_id=seal_id)
    if row is None:
        raise StateError(f"Sign-off {seal_id} is not on record, so it cannot be attested.")
    return {"row_sha256": str(row[1])}
