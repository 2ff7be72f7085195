"""What a company is: the kind that its file, industry or name says, and how large it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from personalization.outreach.routing_policy import RoutingPolicy
    from personalization.store import Store

UNKNOWN: Final = "unknown"

# A word that no list has is its own kind, so that a policy can name it.
_COMPANIES: Final = """
    CREATE OR REPLACE TEMP TABLE known_companies AS
    WITH words AS (
        SELECT unnest($words::VARCHAR[]) AS word, unnest($kinds::VARCHAR[]) AS kind
    ), name_words AS (
        SELECT unnest($name_words::VARCHAR[]) AS word, unnest($name_kinds::VARCHAR[]) AS kind
    ), companies AS (
        SELECT DISTINCT company_type, industry, company FROM prospects
        WHERE dataset_id = $dataset_id
          AND ($is_all OR list_contains($ids::VARCHAR[], prospect_id))
    ), folded AS (
        SELECT *, regexp_replace(strip_accents(lower(trim(company_type))), '[_ -]+', ' ', 'g')
                   AS type_text,
               strip_accents(lower(trim(industry))) AS industry_text,
               regexp_extract_all(strip_accents(lower(company)), '[a-z]+') AS name_parts
        FROM companies
    ), named AS (
        SELECT company_type, industry, company, max_by(kind, word) AS kind
        FROM folded JOIN name_words ON list_contains(name_parts, word)
        GROUP BY ALL
    )
    SELECT folded.company_type, folded.industry, folded.company,
           coalesce(by_type.kind, replace(nullif(type_text, ''), ' ', '_'), by_industry.kind,
                    named.kind, $unknown) AS kind,
           CASE WHEN by_type.kind IS NOT NULL OR type_text <> '' THEN 'the file says so'
                WHEN by_industry.kind IS NOT NULL THEN 'from the industry'
                WHEN named.kind IS NOT NULL THEN 'from the company''s name'
                ELSE 'nothing says it' END AS kind_reason
    FROM folded
    LEFT JOIN words AS by_type ON by_type.word = type_text
    LEFT JOIN words AS by_industry ON by_industry.word = industry_text
    LEFT JOIN named ON named.company_type IS NOT DISTINCT FROM folded.company_type
                   AND named.industry IS NOT DISTINCT FROM folded.industry
                   AND named.company IS NOT DISTINCT FROM folded.company
"""


def know_companies(
    store: Store, policy: RoutingPolicy, dataset_id: str, prospects: Sequence[str] | None = None
) -> None:
    """Put the companies of a base's prospects into the temporary table ``known_companies``.

    Each comes with its kind, and why it is that.  ``prospects`` are ids; None is all.
    """
    store.run(
        _COMPANIES,
        dataset_id=dataset_id,
        is_all=prospects is None,
        ids=list(prospects or ()),
        unknown=UNKNOWN,
        **_columns("words", "kinds", policy.company_kinds),
        **_columns("name_words", "name_kinds", policy.company_name_words),
    )


def _columns(words: str, kinds: str, pairs: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    return {words: [word for word, _ in pairs], kinds: [kind for _, kind in pairs]}
