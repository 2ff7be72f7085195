"""What may be said to and of each prospect: their own words and facts, cleaned and measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from personalization.settings import Outreach
    from personalization.store import Store

# Values are cleaned once for each different one: the macro is long.
_WORDS: Final = """
    CREATE OR REPLACE TEMP TABLE addressee_words AS
    WITH owned AS (
        SELECT number, unnest([1, 2, 3, 4, 5, 6]) AS field,
               unnest([first_name, full_name, company, city, industry, title]) AS own
        FROM addressees
    ), cleaned AS (
        SELECT own, prospect_value(own) AS said
        FROM (SELECT DISTINCT own FROM owned WHERE own IS NOT NULL) AS told
    ), counted AS (
        SELECT own, said, outreach_units('weighted', said) AS units, is_gsm(said) AS is_gsm
        FROM cleaned WHERE said <> ''
    )
    SELECT number,
           coalesce(max(said) FILTER (field = 1), '') AS first_name,
           coalesce(max(said) FILTER (field = 2), '') AS full_name,
           coalesce(max(said) FILTER (field = 3), '') AS company,
           coalesce(max(said) FILTER (field = 4), '') AS city,
           coalesce(max(said) FILTER (field = 5), '') AS industry,
           coalesce(max(said) FILTER (field = 6), '') AS title,
           coalesce(max(units) FILTER (field = 1), 0) AS units_1,
           coalesce(max(units) FILTER (field = 2), 0) AS units_2,
           coalesce(max(units) FILTER (field = 3), 0) AS units_3,
           coalesce(max(units) FILTER (field = 4), 0) AS units_4,
           coalesce(max(units) FILTER (field = 5), 0) AS units_5,
           coalesce(max(units) FILTER (field = 6), 0) AS units_6,
           coalesce(bool_and(is_gsm), true) AS is_gsm,
           CAST(coalesce(sum(1 << (6 - field)) FILTER (said IS NOT NULL), 0) AS INTEGER) AS filled
    FROM owned LEFT JOIN counted ON counted.own = owned.own
    GROUP BY number
"""
# What may be cited: clean, with a source, and not too old for news.  Its language is told
# by whom it speaks to; where it does not tell, it is taken to be in the prospect's own.
_FACTS: Final = """
    CREATE OR REPLACE TEMP TABLE addressee_facts AS
    WITH told AS (
        SELECT people.number, lower(left(people.locale, 2)) AS spoken, facts.kind, facts.fact_id,
               facts.text, facts.observed_on
        FROM prospect_facts AS facts
        JOIN addressees AS people ON people.prospect_id = facts.prospect_id
        WHERE facts.dataset_id = $dataset_id AND trim(facts.source) <> ''
          AND coalesce(facts.observed_on BETWEEN $today::DATE - $fact_days::INTEGER
                                             AND $today::DATE, true)
    ), cleaned AS (
        SELECT text, fact_value(text) AS said FROM (SELECT DISTINCT text FROM told) AS texts
    )
    SELECT number, kind, fact_id, said, observed_on, outreach_units('weighted', said) AS units,
           is_gsm(said) AS is_gsm,
           CASE WHEN regexp_matches(lower(said), '^your\\b') THEN 'en'
                WHEN regexp_matches(lower(said),
                    '^(ihre?[mnrs]?|euer|eure[mnrs]?|deine?[mnrs]?)\\b')
                THEN 'de'
                WHEN regexp_matches(lower(said), '^(votre|vos)\\b') THEN 'fr'
                WHEN regexp_matches(lower(said), '^(sus?|vuestr[oa]s?)\\b') THEN 'es'
                WHEN regexp_matches(lower(said), '^(il |la |i |le )?(vostr[oaie]|suo|sua)\\b')
                    THEN 'it'
                WHEN regexp_matches(lower(said), '^(uw|jullie|je)\\b') THEN 'nl'
                ELSE spoken END AS language
    FROM told JOIN cleaned USING (text)
    WHERE said <> ''
"""
_NO_FACTS: Final = """
    CREATE OR REPLACE TEMP TABLE addressee_facts AS
    SELECT number, '' AS kind, '' AS fact_id, '' AS said, NULL::DATE AS observed_on, 0 AS units,
           true AS is_gsm, '' AS language
    FROM addressees WHERE false
"""


def read_people(
    store: Store, options: Outreach, values: dict[str, Any], *, needs_facts: bool
) -> None:
    """Put what may be said to and of each prospect into temporary tables.

    Args:
        store: Has to be in the transaction of the choice.
        options: How old a fact may be.
        values: What the choice is made for.
        needs_facts: Whether any text cites one; otherwise none is cleaned.
    """
    store.run(_WORDS)
    if not needs_facts:
        store.run(_NO_FACTS)
        return
    store.run(
        _FACTS, dataset_id=values["dataset_id"], today=values["moment"].date(),
        fact_days=options.fact_days,
    )  # fmt: skip
