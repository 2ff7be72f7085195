"""What each of a prospect's variations would read, as drawn up by the choice that was just made.

The choice's own temporary tables are read, so that a variation is filled by the very words that the
chosen message is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from personalization.store import Store

_VARIATIONS: Final = """
    SELECT people.prospect_id, ranked.rank, ranked.score / 1e6 AS score, offered.variant_id,
           offered.version, offered.channel, offered.tone, offered.angle, offered.length,
           texts.origin, options.fact_id, options.fact,
           fill_prospect(forms.subject, words.first_name, words.full_name, words.company,
                         words.city, words.industry, words.title, options.fact) AS subject,
           fill_prospect(forms.body, words.first_name, words.full_name, words.company,
                         words.city, words.industry, words.title, options.fact) AS body,
           fill_prospect(forms.call_to_action, words.first_name, words.full_name, words.company,
                         words.city, words.industry, words.title, options.fact) AS call_to_action,
           forms.link, forms.footer,
           (forms.filled & 32) > 0 AS has_first_name, (forms.filled & 16) > 0 AS has_full_name,
           (forms.filled & 8) > 0 AS has_company, (forms.filled & 4) > 0 AS has_city,
           (forms.filled & 2) > 0 AS has_industry, (forms.filled & 1) > 0 AS has_title,
           words.first_name, words.full_name, words.company, words.city, words.industry, words.title
    FROM people_sets AS people_of_set
    JOIN addressees AS people ON people.number = people_of_set.number
    JOIN ranked_options AS ranked ON ranked.leader = people_of_set.leader
                                 AND ranked.bucket = people_of_set.bucket
    JOIN offered_texts AS offered ON offered.skeleton = ranked.skeleton
    JOIN current_variants AS texts ON texts.variant_id = offered.variant_id
                                  AND texts.version = offered.version
    JOIN options ON options.number = people.number AND options.skeleton = ranked.skeleton
    JOIN filled_forms AS forms ON forms.skeleton = options.skeleton
                              AND forms.filled = options.filled
    JOIN addressee_words AS words ON words.number = people.number
    ORDER BY people.prospect_id, ranked.rank
"""
_MESSAGES: Final = """
    SELECT messages.*, sendable.variant_id IS NOT NULL AS is_approved
    FROM outreach_messages AS messages
    LEFT JOIN sendable_skeletons AS sendable ON sendable.variant_id = messages.variant_id
                                            AND sendable.version = messages.version
                                            AND sendable.campaign_id = messages.campaign_id
    WHERE messages.run_id = $run_id ORDER BY messages.prospect_id
"""
_PROFILES: Final = """
    SELECT people.* EXCLUDE (dataset_id), routed.role, routed.function, routed.seniority,
           routed.confidence, routed.rule, routed.size_band, routed.company_kind, routed.motion,
           routed.motion_reason, routed.campaign AS play, routed.queue, routed.queue_reason
    FROM prospects AS people
    LEFT JOIN routings AS routed ON routed.dataset_id = people.dataset_id
                                AND routed.prospect_id = people.prospect_id
    WHERE people.dataset_id = $dataset_id
      AND people.prospect_id IN (SELECT unnest($ids::VARCHAR[]))
    ORDER BY people.prospect_id
"""
_FIELDS: Final = ("first_name", "full_name", "company", "city", "industry", "title")


def variations_of(store: Store) -> dict[str, list[dict[str, Any]]]:
    """Return by prospect the variations of the choice that was made last in this transaction.

    Those are few: a choice for up to ``running.MOST_EXPLAINED`` prospects by name.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    for row in store.records(_VARIATIONS):
        used = {name: row[name] for name in _FIELDS if row[f"has_{name}"]}
        if row["fact_id"]:
            used["fact"] = row["fact"]
        kept = {name: value for name, value in row.items() if name not in _FIELDS}
        kept = {name: value for name, value in kept.items() if not name.startswith("has_")}
        found.setdefault(row["prospect_id"], []).append(kept | {"variables": used})
    return found


def messages_of(store: Store, run_id: str) -> dict[str, dict[str, Any]]:
    """Return by prospect the messages of a run, and whether their text is approved for sending."""
    return {row["prospect_id"]: row for row in store.records(_MESSAGES, run_id=run_id)}


def profiles_of(store: Store, dataset_id: str, ids: list[str]) -> dict[str, dict[str, Any]]:
    """Return by prospect what is on record of a person, how the title was read included."""
    rows = store.records(_PROFILES, dataset_id=dataset_id, ids=ids)
    return {row["prospect_id"]: row for row in rows}
