"""Which text each prospect gets: all that may be said to whom, scored, and the best one drawn.

Prospects who may be told the same things for the same reasons make one set, and what would win
under each guess is worked out once for the set.  So the chance of every choice is known exactly,
and a hundred thousand prospects take hardly longer than their sets do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from personalization.outreach import scoring
from personalization.providers.outreach_texts import NOTES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from personalization.outreach.scoring import Belief, Skeleton
    from personalization.outreach.strategy import PersonalizationStrategy
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

# Each text for each set of fields filled: its slots are the signs chr(1) to chr(7).
_FORMS: Final = """
    CREATE OR REPLACE TEMP TABLE filled_forms AS
    WITH told AS (
        SELECT offered.skeleton, offered.channel, offered.needs_fact, forms.fact_kinds,
               CAST(concat('0b', forms.filled) AS INTEGER) AS filled,
               CAST(concat('0b', forms.addressed) AS INTEGER) AS addressed,
               forms.subject, forms.body, forms.call_to_action, forms.link, forms.footer,
               CASE WHEN list_contains($notes::VARCHAR[], offered.channel) THEN ' '
                    ELSE repeat(chr(10), 2) END AS gap,
               concat_ws(gap, nullif(forms.body, ''), nullif(forms.call_to_action, ''),
                         nullif(forms.link, ''), nullif(forms.footer, '')) AS counted
        FROM offered_texts AS offered
        JOIN skeleton_forms AS forms ON forms.variant_id = offered.variant_id
                                    AND forms.version = offered.version
        WHERE forms.campaign_id = $campaign_id
    )
    SELECT told.*, limits.measure, limits.most, limits.subject_most,
           outreach_units(limits.measure, translate(counted, $slots, '')) AS base,
           outreach_units('signs', translate(subject, $slots, '')) AS subject_base,
           length(counted) - length(replace(counted, chr(1), '')) AS slots_1,
           length(counted) - length(replace(counted, chr(2), '')) AS slots_2,
           length(counted) - length(replace(counted, chr(3), '')) AS slots_3,
           length(counted) - length(replace(counted, chr(4), '')) AS slots_4,
           length(counted) - length(replace(counted, chr(5), '')) AS slots_5,
           length(counted) - length(replace(counted, chr(6), '')) AS slots_6,
           length(counted) - length(replace(counted, chr(7), '')) AS slots_7,
           length(subject) - length(translate(subject, $slots, '')) AS subject_slots
    FROM told
    JOIN (SELECT unnest($channels::VARCHAR[]) AS channel, unnest($measures::VARCHAR[]) AS measure,
                 unnest($mosts::INTEGER[]) AS most, unnest($subject_mosts::INTEGER[]) AS
                     subject_most)
         AS limits ON limits.channel = told.channel
"""
_SLOTS: Final = "".join(map(chr, range(1, 8)))

_OFFER: Final = """
    CREATE OR REPLACE TEMP TABLE offered_texts AS
    SELECT unnest($numbers::INTEGER[]) AS skeleton, unnest($variant_ids::VARCHAR[]) AS variant_id,
           unnest($versions::INTEGER[]) AS version, unnest($shas::VARCHAR[]) AS content_sha256,
           unnest($channels::VARCHAR[]) AS channel, unnest($tones::VARCHAR[]) AS tone,
           unnest($angles::VARCHAR[]) AS angle, unnest($lengths::VARCHAR[]) AS length,
           unnest($languages::VARCHAR[]) AS language, unnest($needs_facts::BOOLEAN[]) AS needs_fact,
           unnest($priors::DOUBLE[]) AS prior, unnest($places::INTEGER[]) AS place,
           unnest($readabilities::DOUBLE[]) AS readability, unnest($fits::DOUBLE[]) AS length_fit,
           unnest($citations::DOUBLE[]) AS citation, unnest($own_words::BIGINT[]) AS own_words
"""
_AUDIENCES: Final = """
    SELECT DISTINCT role, locale FROM addressees WHERE role IS NOT NULL ORDER BY role, locale
"""
_TEXTS: Final = """
    CREATE OR REPLACE TEMP TABLE audience_texts AS
    SELECT unnest($roles::VARCHAR[]) AS role, unnest($locales::VARCHAR[]) AS locale,
           unnest($numbers::INTEGER[]) AS skeleton, unnest($are_own::BOOLEAN[]) AS is_own,
           unnest($codes::VARCHAR[]) AS code
"""
_GUESSES: Final = """
    CREATE OR REPLACE TEMP TABLE reply_guesses AS
    SELECT role, skeleton, generate_subscripts(guessed, 1) - 1 AS bucket,
           CAST(unnest(guessed) AS BIGINT) AS reply
    FROM (SELECT unnest($roles::VARCHAR[]) AS role, unnest($numbers::INTEGER[]) AS skeleton,
                 unnest($guesses::BIGINT[][]) AS guessed) AS told
"""

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
    ), joined AS (
        SELECT gates.number, offered.skeleton, offered.channel, texts.is_own,
               words.filled & shapes.addressed AS filled, texts.code AS closed,
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
                ELSE '' END AS code,
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

# The variations of each prospect and channel: the likeliest by the user's weights, up to a number;
# what does not differ between them is as in the first one.  The holdout has the default alone.
_FIT: Final = """
    CREATE OR REPLACE TEMP TABLE fit_options AS
    WITH fit AS (
        SELECT options.number, options.skeleton, options.static, people.role, people.is_default,
               offered.channel, offered.tone, offered.angle, offered.length, offered.prior,
               offered.place
        FROM options
        JOIN addressees AS people ON people.number = options.number
        JOIN offered_texts AS offered ON offered.skeleton = options.skeleton
        LEFT JOIN long_options AS long ON long.number = options.number
                                      AND long.skeleton = options.skeleton
        WHERE options.code = '' AND long.number IS NULL
    ), alike AS (
        SELECT fit.*, first_value(tone) OVER likeliest AS first_tone,
               first_value(angle) OVER likeliest AS first_angle,
               first_value(length) OVER likeliest AS first_length
        FROM fit
        WINDOW likeliest AS (PARTITION BY number, channel ORDER BY prior DESC, place)
    )
    SELECT number, skeleton, static, role, is_default
    FROM alike
    WHERE is_default
       OR ((list_contains($types::VARCHAR[], 'tone') OR tone = first_tone)
           AND (list_contains($types::VARCHAR[], 'angle') OR angle = first_angle)
           AND (list_contains($types::VARCHAR[], 'length') OR length = first_length))
    QUALIFY CASE WHEN is_default
                 THEN row_number() OVER (PARTITION BY number
                                         ORDER BY list_position($channels::VARCHAR[], channel),
                                             place) = 1
                 ELSE row_number() OVER (PARTITION BY number, channel ORDER BY prior DESC, place)
                          <= $variation_count END
"""
_SETS: Final = """
    CREATE OR REPLACE TEMP TABLE people_sets AS
    WITH signed AS (
        SELECT number, role, count(*) AS n_options, bit_xor(hash(skeleton, static)) AS one,
               sum(hash(static, skeleton)::HUGEINT) AS other
        FROM fit_options GROUP BY number, role
    )
    SELECT signed.number, signed.role, people.bucket,
           min(signed.number) OVER (PARTITION BY signed.role, n_options, one, other) AS leader
    FROM signed JOIN addressees AS people ON people.number = signed.number
"""
_CHANCES: Final = """
    CREATE OR REPLACE TEMP TABLE set_chances AS
    WITH winners AS (
        SELECT fit.number AS leader, guesses.bucket,
               arg_max(fit.skeleton, (fit.static + guesses.reply, -fit.skeleton)) AS skeleton
        FROM fit_options AS fit
        JOIN reply_guesses AS guesses ON guesses.role = fit.role AND guesses.skeleton = fit.skeleton
        WHERE fit.number IN (SELECT DISTINCT leader FROM people_sets)
        GROUP BY fit.number, guesses.bucket
    )
    SELECT leader, skeleton, count(*) / $draws::DOUBLE AS propensity
    FROM winners GROUP BY leader, skeleton
"""
_RANKED: Final = """
    CREATE OR REPLACE TEMP TABLE ranked_options AS
    WITH used AS (SELECT DISTINCT leader, bucket FROM people_sets)
    SELECT used.leader, used.bucket, fit.skeleton, guesses.reply, fit.static + guesses.reply AS
        score,
           row_number() OVER (PARTITION BY used.leader, used.bucket
                              ORDER BY fit.static + guesses.reply DESC, fit.skeleton) AS rank
    FROM used
    JOIN fit_options AS fit ON fit.number = used.leader
    JOIN reply_guesses AS guesses ON guesses.role = fit.role AND guesses.skeleton = fit.skeleton
                                 AND guesses.bucket = used.bucket
    QUALIFY rank <= $kept
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


def offer_texts(
    store: Store,
    skeletons: Sequence[Skeleton],
    limits: Mapping[str, tuple[str, int, int]],
    *,
    campaign_id: str,
    strategy: PersonalizationStrategy,
) -> None:
    """Put the texts, their own parts of the score and their forms into temporary tables.

    Args:
        store: Has to be in the transaction of the choice.
        skeletons: Numbered from 1.
        limits: By channel: the measure, how much of it a text may have, signs of a subject; 0: any.
        campaign_id: Whose they are.
        strategy: The user's weights.
    """
    wanted = str(strategy.formatting_rules.get("length", ""))
    ranks = {
        text.number: place
        for place, text in enumerate(sorted(skeletons, key=scoring.default_rank), start=1)
    }
    store.run(
        _OFFER,
        numbers=[text.number for text in skeletons],
        variant_ids=[text.variant_id for text in skeletons],
        versions=[text.version for text in skeletons],
        shas=[text.content_sha256 for text in skeletons],
        channels=[text.channel for text in skeletons],
        tones=[text.tone for text in skeletons],
        angles=[text.angle for text in skeletons],
        lengths=[text.length for text in skeletons],
        languages=[text.language for text in skeletons],
        needs_facts=[text.needs_fact for text in skeletons],
        priors=[
            scoring.prior_of(text, strategy) + scoring.own_words(text, strategy)
            for text in skeletons
        ],
        own_words=[scoring.own_words(text, strategy) for text in skeletons],
        places=[ranks[text.number] for text in skeletons],
        readabilities=[round(scoring.readability_of(text), 2) for text in skeletons],
        fits=[round(scoring.length_of(text, wanted), 2) for text in skeletons],
        citations=[0.6 if text.has_citation else 0.3 for text in skeletons],
    )
    store.run(
        _FORMS,
        campaign_id=campaign_id,
        slots=_SLOTS,
        notes=list(NOTES),
        channels=list(limits),
        measures=[measure for measure, _, _ in limits.values()],
        mosts=[most for _, most, _ in limits.values()],
        subject_mosts=[most for _, _, most in limits.values()],
    )


def offer_to_audiences(
    store: Store,
    skeletons: Sequence[Skeleton],
    beliefs: Mapping[tuple[str, str, str, str], Belief],
    *,
    options: Outreach,
    strategy: PersonalizationStrategy,
    locale: str,
    seed: str,
) -> None:
    """Say which texts each role and language is offered, and what is guessed of the answers.

    Args:
        store: Has to be in the transaction of the choice.
        skeletons: Numbered from 1.
        beliefs: By role, channel, tone and angle.
        options: Weights and draws.
        strategy: The user's weights.
        locale: The campaign's, for readers in whose language there is no text.
        seed: Salt of the draws.
    """
    audiences = [(str(role), str(spoken)) for role, spoken in store.read(_AUDIENCES)]
    pairs = [
        (role, spoken, text)
        for role, spoken in audiences
        for text in _texts_for(skeletons, role, spoken, locale)
    ]
    store.run(
        _TEXTS,
        roles=[role for role, _, _ in pairs],
        locales=[spoken for _, spoken, _ in pairs],
        numbers=[text.number for _, _, text in pairs],
        are_own=[text.role == role for role, _, text in pairs],
        codes=[_closed(beliefs, role, text, options, strategy) for role, _, text in pairs],
    )
    drawn = sorted({(role, text.number): text for role, _, text in pairs}.items())
    texts = [(role, text) for (role, _), text in drawn]
    found = scoring.guesses(beliefs, texts, options=options, strategy=strategy, seed=seed)
    weight = scoring.weights_of(options, strategy)["reply"]
    store.run(
        _GUESSES,
        roles=[role for role, _ in texts],
        numbers=[text.number for _, text in texts],
        guesses=[[scoring.micro(weight * guess) for guess in row] for row in found],
    )


def _texts_for(
    skeletons: Sequence[Skeleton], role: str, spoken: str, locale: str
) -> list[Skeleton]:
    """Return the texts for a role in the reader's language, or else in the campaign's."""
    found: list[Skeleton] = []
    for channel in sorted({text.channel for text in skeletons}):
        known = [
            text for text in skeletons if text.channel == channel and text.role in (role, "other")
        ]
        exact = [text for text in known if text.locale == spoken]
        near = [text for text in known if spoken and text.language == spoken[:2].casefold()]
        rest = [text for text in known if text.locale == locale]
        found += exact or near or rest
    return found


def _closed(
    beliefs: Mapping[tuple[str, str, str, str], Belief],
    role: str,
    text: Skeleton,
    options: Outreach,
    strategy: PersonalizationStrategy,
) -> str:
    """Return the gate that keeps a text from a role; empty where none does."""
    if not scoring.prior_of(text, strategy):
        return "not_wanted"
    return "vetoed" if scoring.belief_of(beliefs, role, text, options).is_vetoed else ""


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


def draw_messages(
    store: Store,
    strategy: PersonalizationStrategy,
    *,
    channels: Sequence[str],
    draws: int,
    kept: int,
) -> None:
    """Choose for everybody: ``ranked_options`` has the best of each set and guess.

    Args:
        store: Has to be in the transaction of the choice.
        strategy: How many variations, and in what they differ.
        channels: In the order of the plan: the holdout is written to on the first one that is open.
        draws: How many guesses there are.
        kept: How many of the best are kept.
    """
    types = ["angle" if name == "content" else name for name in strategy.variation_types]
    store.run(
        _FIT, types=types, channels=list(channels), variation_count=strategy.variation_count
    )  # fmt: skip
    store.run(_SETS)
    store.run(_CHANCES, draws=draws)
    store.run(_RANKED, kept=kept)
