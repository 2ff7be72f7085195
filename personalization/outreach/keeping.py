"""What was chosen: filled, looked at once more as it would be read, and kept with its reasons.

A message is ready or held; either way it is written down with all that spoke for it.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from personalization.outreach import scoring
from personalization.outreach.gates import GATES
from personalization.outreach.lawful_basis import lawful_bases
from personalization.store import record

if TYPE_CHECKING:
    from personalization.outreach.strategy import PersonalizationStrategy
    from personalization.settings import Settings
    from personalization.store import Store

# What each one would read, looked at once more: no tag, no slot, not empty, not too long.
_FILL: Final = """
    CREATE OR REPLACE TEMP TABLE filled_messages AS
    WITH chosen AS (
        SELECT people.number, best.skeleton, best.reply, best.score, second.skeleton AS runner_up,
               best.score - second.score AS margin, chances.propensity
        FROM people_sets AS people
        JOIN ranked_options AS best
            ON best.leader = people.leader AND best.bucket = people.bucket AND best.rank = 1
        JOIN set_chances AS chances
            ON chances.leader = people.leader AND chances.skeleton = best.skeleton
        LEFT JOIN ranked_options AS second
            ON second.leader = people.leader AND second.bucket = people.bucket AND second.rank = 2
    ), filled AS (
        SELECT chosen.*, options.fact_id, options.role_fit, options.evidence, options.preference,
               options.freshness, forms.measure, forms.most, forms.subject_most, forms.gap,
                   forms.link,
               forms.footer,
               fill_prospect(forms.subject, words.first_name, words.full_name, words.company,
                             words.city, words.industry, words.title, options.fact) AS subject,
               fill_prospect(forms.body, words.first_name, words.full_name, words.company,
                             words.city, words.industry, words.title, options.fact) AS body,
               fill_prospect(forms.call_to_action, words.first_name, words.full_name,
                             words.company, words.city, words.industry, words.title, options.fact)
                   AS call_to_action
        FROM chosen
        JOIN options ON options.number = chosen.number AND options.skeleton = chosen.skeleton
        JOIN filled_forms AS forms ON forms.skeleton = options.skeleton
                                  AND forms.filled = options.filled
        JOIN addressee_words AS words ON words.number = chosen.number
    )
    SELECT filled.*,
           CASE WHEN trim(body) = ''
                  OR regexp_matches(concat(subject, body, call_to_action, link, footer),
                                    '\\{\\{|\\}\\}|[\\x01-\\x07]') THEN 'unfilled'
                WHEN (most > 0 AND outreach_units(measure, concat_ws(gap, nullif(body, ''),
                          nullif(call_to_action, ''), nullif(link, ''), nullif(footer, ''))) > most)
                  OR outreach_units('signs', subject) > greatest(subject_most, 0)
                THEN 'too_long' ELSE '' END AS code
    FROM filled
"""
# Of all gates that held somebody back the one that was reached last says most.
_HELD: Final = """
    CREATE OR REPLACE TEMP TABLE held_people AS
    WITH words AS (
        SELECT unnest($codes::VARCHAR[]) AS code, unnest($words::VARCHAR[]) AS words
    ), closed AS (
        SELECT number, code, reason, 1000 AS place FROM person_gates
        UNION ALL
        SELECT number, code, reason, list_position($codes::VARCHAR[], code) FROM channel_gates
        WHERE code <> ''
        UNION ALL
        SELECT number, options.code, coalesce(options.reason, concat(words.words, '.')),
               list_position($codes::VARCHAR[], options.code)
        FROM options JOIN words ON words.code = options.code
        UNION ALL
        SELECT number, 'too_long', concat(words.words, '.'), list_position($codes::VARCHAR[],
            'too_long')
        FROM long_options JOIN words ON words.code = 'too_long'
        UNION ALL
        SELECT number, filled.code, concat(words.words, '.'),
               list_position($codes::VARCHAR[], filled.code)
        FROM filled_messages AS filled JOIN words ON words.code = filled.code
        UNION ALL
        SELECT number, 'no_text', concat(words.words, '.'), 0
        FROM addressees JOIN words ON words.code = 'no_text'
    ), reached AS (
        SELECT number, arg_max(code, (place, reason)) AS code,
               arg_max(reason, (place, reason)) AS reason
        FROM closed GROUP BY number
    )
    SELECT reached.* FROM reached
    WHERE number NOT IN (SELECT number FROM filled_messages WHERE code = '')
"""
_MADE: Final = """
    CREATE OR REPLACE TEMP TABLE made_messages AS
    WITH ready AS (
        SELECT people.prospect_id,
               CASE WHEN open.code = '' THEN 'ready' ELSE 'held' END AS status, open.code,
               open.reason, offered.channel,
               people.role, offered.tone, offered.angle, offered.length, offered.variant_id,
               offered.version, offered.content_sha256 AS skeleton_sha256,
               filled.fact_id AS fact_ids, filled.subject, filled.body, filled.call_to_action,
               filled.link, filled.footer,
               content_fingerprint(filled.subject, '', filled.body, filled.call_to_action,
                                   filled.link, filled.footer) AS content_sha256,
               filled.score / 1e6 AS score,
               to_json([{'feature': 'reply', 'value': round(filled.reply / greatest($reply, 1), 6),
                         'weight': $reply / 1e6, 'contribution': filled.reply / 1e6},
                        {'feature': 'role_fit', 'value': filled.role_fit,
                         'weight': $role_fit / 1e6,
                         'contribution': round($role_fit * filled.role_fit) / 1e6},
                        {'feature': 'evidence', 'value': filled.evidence,
                         'weight': $evidence / 1e6,
                         'contribution': round($evidence * filled.evidence) / 1e6},
                        {'feature': 'preference', 'value': filled.preference,
                         'weight': $preference / 1e6,
                         'contribution': round($preference * filled.preference) / 1e6},
                        {'feature': 'readability', 'value': offered.readability,
                         'weight': $readability / 1e6,
                         'contribution': round($readability * offered.readability) / 1e6},
                        {'feature': 'length', 'value': offered.length_fit,
                         'weight': $length / 1e6,
                         'contribution': round($length * offered.length_fit) / 1e6},
                        {'feature': 'freshness', 'value': filled.freshness,
                         'weight': $freshness / 1e6,
                         'contribution': round($freshness * filled.freshness) / 1e6},
                        {'feature': 'own_words', 'value': offered.own_words / 1e6, 'weight': 1.0,
                         'contribution': offered.own_words / 1e6}]) AS parts,
               seconds.variant_id AS runner_up, filled.margin / 1e6 AS margin, filled.propensity,
               people.is_default
        FROM filled_messages AS filled
        JOIN addressees AS people ON people.number = filled.number
        JOIN offered_texts AS offered ON offered.skeleton = filled.skeleton
        JOIN open_channels AS open ON open.number = filled.number
                                  AND open.channel = offered.channel
        LEFT JOIN offered_texts AS seconds ON seconds.skeleton = filled.runner_up
        WHERE filled.code = ''
    ), held AS (
        SELECT people.prospect_id, 'held' AS status, held.code, held.reason, people.role,
               people.is_default
        FROM held_people AS held JOIN addressees AS people ON people.number = held.number
    )
    SELECT concat('m', substr(sha256(concat_ws(chr(31), $campaign_id, prospect_id, $step,
                      $strategy_id, $posterior, status, code, reason, variant_id, version,
                      content_sha256)), 1, 24)) AS message_id, told.*
    FROM (SELECT * FROM ready UNION ALL BY NAME SELECT * FROM held) AS told
"""
_REPLACE: Final = """
    DELETE FROM outreach_messages
    WHERE campaign_id = $campaign_id AND step = $step
      AND message_id IN (SELECT message_id FROM made_messages)
"""
_KEEP: Final = """
    INSERT INTO outreach_messages BY NAME
    SELECT message_id, $run_id AS run_id, $campaign_id AS campaign_id, $dataset_id AS dataset_id,
           prospect_id, $step AS step, status, code, reason, channel, role, tone, angle, length,
           variant_id, version, skeleton_sha256, fact_ids, subject, body, call_to_action, link,
           footer, content_sha256, score, CAST(parts AS JSON) AS parts, runner_up, margin,
           propensity, is_default, $now::TIMESTAMPTZ AS made_at
    FROM made_messages
    ORDER BY prospect_id
"""
# Channels that were closed as a whole stand in the place of their texts.
_CANDIDATES: Final = """
    INSERT INTO outreach_candidates BY NAME
    WITH words AS (
        SELECT unnest($codes::VARCHAR[]) AS code, unnest($words::VARCHAR[]) AS words
    ), told AS (
        SELECT people.number, offered.variant_id, ranked.rank, ranked.score / 1e6 AS score,
               options.fact_id, '' AS code, '' AS reason
        FROM people_sets AS people
        JOIN ranked_options AS ranked ON ranked.leader = people.leader
                                     AND ranked.bucket = people.bucket
        JOIN offered_texts AS offered ON offered.skeleton = ranked.skeleton
        JOIN options ON options.number = people.number AND options.skeleton = ranked.skeleton
        UNION ALL
        SELECT options.number, offered.variant_id, NULL, NULL, NULL, words.code,
               coalesce(options.reason, concat(words.words, '.'))
        FROM options
        LEFT JOIN long_options AS long ON long.number = options.number
                                      AND long.skeleton = options.skeleton
        JOIN words ON words.code = CASE WHEN long.number IS NULL THEN options.code
                                        ELSE 'too_long' END
        JOIN offered_texts AS offered ON offered.skeleton = options.skeleton
        UNION ALL
        SELECT number, channel, NULL, NULL, NULL, code, reason FROM channel_gates
        WHERE code <> '' AND number NOT IN (SELECT number FROM person_gates)
    )
    SELECT $run_id AS run_id, people.prospect_id, told.variant_id, told.rank, told.score,
           told.fact_id, told.code, told.reason
    FROM told JOIN addressees AS people ON people.number = told.number
    ORDER BY people.prospect_id, told.rank NULLS LAST, told.variant_id
"""
_COUNTS: Final = """
    SELECT count(*), count(*) FILTER (WHERE status = 'ready'), count(*) FILTER (WHERE status =
        'held')
    FROM made_messages
"""
_RUN: Final = """
    INSERT INTO outreach_runs
    VALUES ($run_id, $campaign_id, $dataset_id, $step, $strategy_id, $posterior, $rules, $moment,
            $prospects, $ready, $held, $seconds, $now, $actor)
"""


def keep_run(
    store: Store,
    settings: Settings,
    values: dict[str, Any],
    strategy: PersonalizationStrategy,
    *,
    actor: str,
    began: float,
) -> str:
    """Fill what was chosen, and write the run down with its reasons."""
    run_id = f"r{uuid4().hex[:12]}"
    told = {"codes": list(GATES), "words": list(GATES.values())}
    weights = scoring.weights_of(settings.outreach, strategy)
    store.run(_FILL)
    store.run(_HELD, **told)
    asked = ("campaign_id", "step", "strategy_id", "posterior")
    store.run(
        _MADE, **{name: values[name] for name in asked},
        **{name: scoring.micro(weight) for name, weight in weights.items()},
    )  # fmt: skip
    kept = {"campaign_id": values["campaign_id"], "step": values["step"]}
    store.run(_REPLACE, **kept)
    now = store.now()
    store.run(_KEEP, run_id=run_id, dataset_id=values["dataset_id"], now=now, **kept)
    store.run(_CANDIDATES, run_id=run_id, **told)
    prospects, ready, held = (store.read_one(_COUNTS) or (0, 0, 0))[:3]
    counts = {"prospects": prospects, "ready": ready, "held": held}
    store.run(
        _RUN, run_id=run_id, dataset_id=values["dataset_id"], rules=_rules(settings, values),
        strategy_id=values["strategy_id"], posterior=values["posterior"],
        moment=values["moment"], seconds=time.perf_counter() - began, now=now, actor=actor,
        **counts, **kept,
    )  # fmt: skip
    record(
        store, "outreach.chosen", run_id, actor=actor, campaign_id=values["campaign_id"],
        step=values["step"], strategy=values["strategy_id"], posterior=values["posterior"],
        is_simulated=values["is_simulated"], **counts,
    )  # fmt: skip
    return run_id


def _rules(settings: Settings, values: dict[str, Any]) -> str:
    """Return what the choice went by, so that it can be told later why it differed."""
    return json.dumps(
        {
            "lawful_basis": lawful_bases(settings.outreach.lawful_basis).digest,
            "options": asdict(settings.outreach),
            "kind": values["kind"],
            "channels": values["channels"],
            "is_simulated": values["is_simulated"],
        },
        sort_keys=True,
    )
