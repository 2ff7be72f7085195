"""What may be said to whom: each text and prospect, what speaks for it, what rules it out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from personalization.outreach import scoring

if TYPE_CHECKING:
    from collections.abc import Sequence

    from personalization.outreach.strategy import PersonalizationStrategy
    from personalization.settings import Outreach
    from personalization.store import Store

_OPTIONS: Final = """
    CREATE OR REPLACE TEMP TABLE options AS
    WITH affinities AS (
        SELECT people.number, told.channel, round(told.affinity, 1) AS affinity
        FROM outreach_affinities($dataset_id, $moment::TIMESTAMPTZ, $is_simulated) AS told
        JOIN addressees AS people ON people.prospect_id = told.prospect_id
    ), wanted AS (
        SELECT DISTINCT fact_kinds, language, kind
        FROM (SELECT fact_kinds, skeleton, unnest(CASE WHEN fact_kinds = '' THEN
            $fact_kinds::VARCHAR[]
                             ELSE string_split(fact_kinds, ',') END) AS kind
              FROM filled_forms WHERE needs_fact) AS kinds
        JOIN offered_texts USING (skeleton)
    ), facts AS (
        SELECT facts.*, wanted.fact_kinds
        FROM addressee_facts AS facts
        JOIN wanted ON wanted.kind = trim(facts.kind) AND wanted.language = facts.language
        QUALIFY row_number() OVER (PARTITION BY facts.number, wanted.fact_kinds, wanted.language
                                   ORDER BY facts.observed_on DESC NULLS LAST, facts.fact_id) = 1
    ), shapes AS (
        SELECT skeleton, any_value(addressed) AS addressed, any_value(fact_kinds) AS fact_kinds
        FROM filled_forms GROUP BY skeleton
    ), unread AS (
        SELECT offered.skeleton, missed.place, missed.reason
        FROM offered_texts AS offered
        JOIN unscreened_texts AS missed ON missed.variant_id = offered.variant_id
                                       AND missed.version = offered.version
                                       AND missed.content_sha256 = offered.content_sha256
    ), joined AS (
        SELECT gates.number, offered.skeleton, offered.channel, texts.is_own,
               words.filled & shapes.addressed AS filled, texts.code AS closed, unread.reason,
               offered.needs_fact, facts.fact_id, facts.said AS fact,
               CASE WHEN texts.is_own THEN round(people.confidence, 1) ELSE 0.5 END AS role_fit,
               offered.citation + CASE WHEN facts.fact_id IS NULL THEN 0.0 ELSE 0.4 END AS evidence,
               coalesce(affinities.affinity, 0.5) AS preference,
               CASE WHEN facts.observed_on IS NULL THEN 0.5
                    ELSE round(4 * (1 - ($today::DATE - facts.observed_on) / $fact_days::DOUBLE))
                        / 4
               END AS freshness,
               offered.readability, offered.length_fit, offered.own_words,
               words.units_1, words.units_2, words.units_3, words.units_4, words.units_5,
               words.units_6, words.is_gsm AND coalesce(facts.is_gsm, true) AS is_gsm,
               coalesce(facts.units, 0) AS units_7
        FROM open_channels AS gates
        JOIN addressees AS people ON people.number = gates.number
        JOIN audience_texts AS texts ON texts.role = people.role AND texts.locale = people.locale
        JOIN offered_texts AS offered ON offered.skeleton = texts.skeleton
                                     AND offered.channel = gates.channel
        JOIN shapes ON shapes.skeleton = offered.skeleton
        JOIN addressee_words AS words ON words.number = gates.number
        LEFT JOIN unread ON unread.skeleton = offered.skeleton AND unread.place = people.place
        LEFT JOIN facts ON offered.needs_fact AND facts.number = gates.number
                       AND facts.fact_kinds = shapes.fact_kinds
                       AND facts.language = offered.language
        LEFT JOIN affinities ON affinities.number = gates.number
                            AND affinities.channel = gates.channel
    )
    SELECT joined.number, joined.skeleton, joined.channel, joined.filled, joined.fact_id,
           coalesce(joined.fact, '') AS fact, role_fit, evidence, preference, freshness,
           CAST(round($role_fit * role_fit) + round($evidence * evidence)
                + round($preference * preference) + round($freshness * freshness)
                + round($readability * readability) + round($length * length_fit) + own_words
                AS BIGINT)
               AS static,
           CASE WHEN closed <> '' THEN closed
                WHEN joined.needs_fact AND fact_id IS NULL THEN 'no_fact'
                WHEN joined.reason IS NOT NULL THEN 'not_screened'
                ELSE '' END AS code,
           CASE WHEN code = 'not_screened' THEN joined.reason END AS reason,
           (forms.most > 0 AND (NOT is_gsm AND forms.measure = 'sms'
               OR base + slots_1 * units_1 + slots_2 * units_2 + slots_3 * units_3
                  + slots_4 * units_4 + slots_5 * units_5 + slots_6 * units_6
                  + slots_7 * units_7 > forms.most))
           OR subject_base + subject_slots
                  * greatest(units_1, units_2, units_3, units_4, units_5, units_6, units_7)
              > greatest(forms.subject_most, 0) AS is_suspect
    FROM joined
    JOIN filled_forms AS forms ON forms.skeleton = joined.skeleton AND forms.filled = joined.filled
"""
# Whatever might be too long is filled, and counted as it would be read.
_TOO_LONG: Final = """
    CREATE OR REPLACE TEMP TABLE long_options AS
    WITH told AS (
        SELECT options.number, options.skeleton, forms.measure, forms.most, forms.subject_most,
               fill_prospect(forms.subject, words.first_name, words.full_name, words.company,
                             words.city, words.industry, words.title, options.fact) AS subject,
               fill_prospect(forms.counted, words.first_name, words.full_name, words.company,
                             words.city, words.industry, words.title, options.fact) AS counted
        FROM options
        JOIN filled_forms AS forms ON forms.skeleton = options.skeleton
                                  AND forms.filled = options.filled
        JOIN addressee_words AS words ON words.number = options.number
        WHERE options.is_suspect AND options.code = ''
    )
    SELECT number, skeleton FROM told
    WHERE (most > 0 AND outreach_units(measure, counted) > most)
       OR outreach_units('signs', subject) > greatest(subject_most, 0)
"""


def weigh_options(
    store: Store,
    options: Outreach,
    strategy: PersonalizationStrategy,
    values: dict[str, Any],
    fact_kinds: Sequence[str],
) -> None:
    """Work out what may be said to whom, what speaks for it, and what is too long."""
    weights = scoring.weights_of(options, strategy)
    parts = ("role_fit", "evidence", "preference", "freshness", "readability", "length")
    store.run(
        _OPTIONS, dataset_id=values["dataset_id"], moment=values["moment"],
        today=values["moment"].date(), is_simulated=values["is_simulated"],
        fact_days=options.fact_days, fact_kinds=list(fact_kinds),
        **{name: scoring.micro(weights[name]) for name in parts},
    )  # fmt: skip
    store.run(_TOO_LONG)
