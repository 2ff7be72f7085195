"""Routing: every prospect's role, motion, campaign and queue, each with its reason.

A title is read once however many people have it; all the rest is one statement over the base.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from personalization.outreach.companies import know_companies
from personalization.outreach.titles import TitleReading, read_title

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from personalization.outreach.routing_policy import RoutingPolicy
    from personalization.store import Store

_CHOOSE: Final = """
    CREATE OR REPLACE TEMP TABLE prospects_to_route AS
    SELECT prospects.*, known.kind, known.kind_reason, coalesce(title, '') AS title_text,
           coalesce(country, '') AS country_text,
           coalesce(employees < $tiny, false) AS is_tiny,
           CASE WHEN known.kind = 'unknown' THEN '' ELSE known.kind END AS kind_text
    FROM prospects
    JOIN known_companies AS known
        ON known.company_type IS NOT DISTINCT FROM prospects.company_type
       AND known.industry IS NOT DISTINCT FROM prospects.industry
       AND known.company IS NOT DISTINCT FROM prospects.company
    WHERE dataset_id = $dataset_id
      AND ($is_all OR list_contains($ids::VARCHAR[], prospect_id))
"""
_UNREAD: Final = """
    SELECT DISTINCT title_text, kind_text, country_text, is_tiny FROM prospects_to_route AS wanted
    WHERE NOT EXISTS (FROM title_readings AS known
                      WHERE known.title = wanted.title_text
                        AND known.company_type = wanted.kind_text
                        AND known.country = wanted.country_text
                        AND known.is_tiny = wanted.is_tiny
                        AND known.rules_sha256 = $sha256)
    ORDER BY title_text, kind_text, country_text, is_tiny
"""
_KEEP_READINGS: Final = """
    INSERT INTO title_readings (title, company_type, country, is_tiny, role, function, seniority,
        confidence, rule, standing, rules_sha256, read_at)
    SELECT unnest($titles::VARCHAR[]), unnest($kinds::VARCHAR[]), unnest($countries::VARCHAR[]),
           unnest($tiny::BOOLEAN[]), unnest($roles::VARCHAR[]), unnest($functions::VARCHAR[]),
           unnest($seniorities::VARCHAR[]), unnest($confidences::DOUBLE[]),
           unnest($rules::VARCHAR[]), unnest($standings::VARCHAR[]), $sha256, $now
"""

# A reading that somebody corrected wins: of one person before that of everybody with the title.
_READ: Final = """
    CREATE OR REPLACE TEMP TABLE prospects_read AS
    WITH last_corrections AS (
        SELECT * FROM reading_corrections WHERE dataset_id = $dataset_id
        QUALIFY row_number() OVER (PARTITION BY prospect_id, title
                                   ORDER BY saved_at DESC, correction_id DESC) = 1
    ), corrections AS (SELECT * FROM last_corrections WHERE NOT is_withdrawn)
    SELECT wanted.*,
           coalesce(mine.role, ours.role, readings.role) AS role,
           coalesce(mine.function, ours.function, readings.function) AS function,
           coalesce(mine.seniority, ours.seniority, readings.seniority) AS seniority,
           CASE WHEN mine.role IS NOT NULL OR ours.role IS NOT NULL THEN 1.0
                ELSE readings.confidence END AS confidence,
           CASE WHEN mine.role IS NOT NULL THEN 'corrected by hand'
                WHEN ours.role IS NOT NULL THEN 'corrected by hand for everybody with this title'
                ELSE readings.rule END AS rule,
           CASE WHEN mine.role IS NOT NULL OR ours.role IS NOT NULL THEN 'current'
                ELSE readings.standing END AS standing
    FROM prospects_to_route AS wanted
    JOIN title_readings AS readings
        ON readings.title = wanted.title_text AND readings.company_type = wanted.kind_text
       AND readings.country = wanted.country_text AND readings.is_tiny = wanted.is_tiny
       AND readings.rules_sha256 = $sha256
    LEFT JOIN corrections AS mine ON mine.prospect_id = wanted.prospect_id
    LEFT JOIN corrections AS ours ON ours.prospect_id = '' AND ours.title = wanted.title_text
"""
_SIGNALS: Final = """
    CREATE OR REPLACE TEMP TABLE signals_read AS
    WITH read AS (
        SELECT prospect_id, signal, is_signalled(value) AS holds,
               try_cast(value AS DOUBLE) AS number, false AS has_objected
        FROM prospect_signals SEMI JOIN prospects_to_route USING (prospect_id)
        WHERE dataset_id = $dataset_id
    ), stops AS (
        SELECT customer_id AS prospect_id FROM suppressions WHERE dataset_id = $dataset_id
        UNION ALL
        SELECT subject FROM outreach_stops
        WHERE dataset_id = $dataset_id AND scope = 'person' AND channel IS NULL
    )
    SELECT prospect_id,
           min(CASE WHEN has_objected THEN 'asked not to be written to'
                    WHEN holds AND list_contains($suppress_signals, signal)
                    THEN 'the signal ' || signal || ' is set' END) AS stopped,
           coalesce(bool_or(holds AND signal = $own_use), false) AS has_own_use,
           min(signal) FILTER (WHERE holds AND list_contains($excluded_signals, signal))
               AS excluded,
           min(signal) FILTER (WHERE holds AND list_contains($opportunity_signals, signal))
               AS opportunity,
           coalesce(bool_or(holds AND signal = $trial_signal), false) AS has_trial,
           max(number) FILTER (WHERE signal = 'product_users') AS product_users,
           count(*) FILTER (WHERE NOT list_contains($suppress_signals, signal)) AS known
    FROM (FROM read UNION ALL SELECT prospect_id, $suppress_signals[1], true, NULL, true
          FROM stops SEMI JOIN prospects_to_route USING (prospect_id))
    GROUP BY prospect_id
"""

# The motions whose condition holds, in the order of the policy; the last one always does.
_MOVE: Final = """
    CREATE OR REPLACE TEMP TABLE prospects_moved AS
    WITH known AS (
        SELECT read.*, stopped, excluded, opportunity, coalesce(has_own_use, false) AS has_own_use,
               coalesce(has_trial, false) AS has_trial, coalesce(signals.known, 0) AS n_signals,
               coalesce(product_users, 0) AS users, coalesce(employees, 0) AS people,
               list_contains($leading, seniority) AS leads
        FROM prospects_read AS read LEFT JOIN signals_read AS signals USING (prospect_id)
    ), asked AS (
        SELECT *,
            stopped AS suppress,
            CASE WHEN list_contains($partner_kinds, kind) AND NOT has_own_use
                 THEN 'the company is a kind of partner: ' || kind
                 WHEN list_contains($partner_functions, function)
                      AND list_contains($vendor_kinds, kind)
                 THEN 'looks after ' || function || ' at a ' || kind END AS partner,
            CASE WHEN list_contains($low_seniorities, seniority) THEN 'the job is an assistant''s'
                 WHEN list_contains($standings, standing) THEN 'has no such job now: ' || standing
                 WHEN excluded IS NOT NULL THEN 'the signal ' || excluded || ' is set'
                 WHEN employees IS NULL AND n_signals = 0
                 THEN 'neither the size of the company nor any signal is known' END AS nurture,
            CASE WHEN people >= $enterprise_employees AND leads
                 THEN people || ' employees, and a ' || replace(seniority, '_', '-')
                 WHEN people >= $enterprise_employees AND users >= $enterprise_users
                 THEN people || ' employees, and ' || users::BIGINT || ' use the product'
                 WHEN people >= $enterprise_employees AND opportunity IS NOT NULL
                 THEN people || ' employees, and the signal ' || opportunity || ' is set' END
                AS enterprise,
            CASE WHEN people >= $enterprise_employees THEN NULL
                 WHEN users >= $assist_users THEN users::BIGINT || ' use the product'
                 WHEN has_trial AND leads
                 THEN 'tries the product, and is a ' || replace(seniority, '_', '-')
                 WHEN people >= $assist_employees AND leads
                 THEN people || ' employees, and a ' || replace(seniority, '_', '-') END
                AS sales_assist,
            CASE WHEN employees < $assist_employees
                 THEN 'fewer than ' || $assist_employees || ' employees, and no other rule applies'
                 WHEN seniority = 'unknown'
                 THEN 'the level of the job is unknown, and no other rule applies'
                 WHEN NOT leads THEN 'leads nobody, and no other rule applies'
                 ELSE 'no other rule applies' END AS plg
        FROM known
    ), listed AS (
        SELECT *, list_filter([
                {'motion': 'suppress', 'reason': suppress},
                {'motion': 'partner', 'reason': partner},
                {'motion': 'nurture', 'reason': nurture},
                {'motion': 'enterprise', 'reason': enterprise},
                {'motion': 'sales_assist', 'reason': sales_assist},
                {'motion': 'plg', 'reason': plg}], lambda row: row.reason IS NOT NULL) AS holding
        FROM asked
    )
    SELECT * EXCLUDE (holding),
           list_sort(list_transform(holding, lambda row: {
               'place': list_position($motions, row.motion), 'motion': row.motion,
               'reason': row.reason}))[1] AS taken
    FROM listed
"""
_FORGET: Final = """
    DELETE FROM routings
    WHERE dataset_id = $dataset_id AND ($is_all OR list_contains($ids::VARCHAR[], prospect_id))
"""

# Campaign and queue are looked up once for each combination that occurs.  European Commission
# (2003), Recommendation 2003/361/EC: fewer than 10 people are micro, 50 small, 250 medium.
_ROUTE: Final = """
    INSERT INTO routings (dataset_id, prospect_id, role, function, seniority, confidence, rule,
        size_band, company_kind, motion, motion_reason, campaign, campaign_reason, queue,
        queue_reason, rules_sha256, routed_at)
    WITH campaign_rows AS (
        SELECT unnest($campaigns) AS row, generate_subscripts($campaigns, 1) AS place
    ), queue_rows AS (
        SELECT unnest($queues) AS row, generate_subscripts($queues, 1) AS place
    ), plays AS (
        SELECT motion, role, kind, min_by(row, place) AS play
        FROM (SELECT DISTINCT taken.motion AS motion, role, kind FROM prospects_moved)
        JOIN campaign_rows ON list_contains(row.motions, motion)
            AND (len(row.roles) = 0 OR list_contains(row.roles, role))
            AND (len(row.kinds) = 0 OR list_contains(row.kinds, kind))
        GROUP BY motion, role, kind
    ), desks AS (
        SELECT motion, country_text, min_by(row, place) AS desk
        FROM (SELECT DISTINCT taken.motion AS motion, country_text FROM prospects_moved)
        JOIN queue_rows ON list_contains(row.motions, motion)
            AND (len(row.countries) = 0 OR list_contains(row.countries, country_text))
        GROUP BY motion, country_text
    )
    SELECT $dataset_id, prospect_id, moved.role, function, seniority, confidence, rule,
           CASE WHEN employees IS NULL THEN 'unknown' WHEN employees < 10 THEN 'micro'
                WHEN employees < 50 THEN 'small' WHEN employees < 250 THEN 'medium'
                WHEN employees < 1000 THEN 'large' ELSE 'enterprise' END,
           moved.kind, taken.motion, taken.reason, play.name, play.reason,
           CASE WHEN taken.motion <> 'suppress' AND owner IS NOT NULL THEN owner
                ELSE desk.name END,
           CASE WHEN taken.motion <> 'suppress' AND owner IS NOT NULL
                THEN 'looks after the account already' ELSE desk.reason END,
           $sha256, $now
    FROM prospects_moved AS moved
    JOIN plays ON plays.motion = taken.motion AND plays.role = moved.role
              AND plays.kind = moved.kind
    JOIN desks ON desks.motion = taken.motion AND desks.country_text = moved.country_text
    ORDER BY prospect_id
"""
_COUNTS: Final = """
    SELECT motion, count(*) FROM routings
    WHERE dataset_id = $dataset_id GROUP BY motion ORDER BY motion
"""


@dataclass(frozen=True, slots=True)
class Routed:
    """What a routing came to.

    Attributes:
        prospects: How many were routed now.
        titles: How many titles were read for it; the others were known already.
        motions: Prospects of the whole base by motion.
        rules_sha256: Fingerprint of policy and words.
    """

    prospects: int
    titles: int
    motions: tuple[tuple[str, int], ...]
    rules_sha256: str


def route(
    store: Store, policy: RoutingPolicy, dataset_id: str, *, prospects: Sequence[str] | None = None
) -> Routed:
    """Route the prospects of a base, all or some; run again, it says the same.

    Args:
        store: Reads ``prospects``, ``prospect_signals`` and who is stopped; adds to
            ``title_readings``, writes the ``routings`` of these prospects anew.  Call it inside a
            transaction.
        policy: Of ``read_routing_policy``.
        dataset_id: Which base.
        prospects: Ids; None for all.
    """
    place: dict[str, Any] = {"dataset_id": dataset_id}
    chosen = {"is_all": prospects is None, "ids": list(prospects or ())}
    know_companies(store, policy, dataset_id, prospects)
    store.run(_CHOOSE, tiny=policy.tiny_employees, **place, **chosen)
    n_titles = _read_titles(store, policy)
    store.run(_READ, sha256=policy.sha256, **place)
    conditions = policy.conditions
    store.run(_SIGNALS, **place, **_of(conditions, _SIGNALS))
    store.run(_MOVE, **_of(conditions, _MOVE))
    store.run(_FORGET, **place, **chosen)
    n_routed = store.run(
        _ROUTE,
        campaigns=[
            {"name": name, "motions": list(motions), "roles": list(roles), "kinds": list(kinds),
             "reason": reason}
            for name, motions, roles, kinds, reason in policy.campaigns
        ],
        queues=[
            {"name": name, "motions": list(motions), "countries": list(countries), "reason": reason}
            for name, motions, countries, reason in policy.queues
        ],
        sha256=policy.sha256, now=store.now(), **place,
    )  # fmt: skip
    motions = tuple((str(m), int(n)) for m, n in store.read(_COUNTS, **place))
    return Routed(n_routed, n_titles, motions, policy.sha256)


def _of(conditions: Mapping[str, Any], statement: str) -> dict[str, Any]:
    return {name: value for name, value in conditions.items() if f"${name}" in statement}


def _read_titles(store: Store, policy: RoutingPolicy) -> int:
    """Read the titles that no reading of today's rules is there for; they are far fewer."""
    rows = store.read(_UNREAD, sha256=policy.sha256)
    readings: list[TitleReading] = [
        read_title(title, company_kind=kind, country=country, is_tiny=is_tiny)
        for title, kind, country, is_tiny in rows
    ]
    if rows:
        titles, kinds, countries, tiny = (list(column) for column in zip(*rows, strict=True))
        store.run(
            _KEEP_READINGS, titles=titles, kinds=kinds, countries=countries, tiny=tiny,
            roles=[found.role for found in readings],
            functions=[found.function for found in readings],
            seniorities=[found.seniority for found in readings],
            confidences=[found.confidence for found in readings],
            rules=[found.rule for found in readings],
            standings=[found.standing for found in readings],
            sha256=policy.sha256, now=store.now(),
        )  # fmt: skip
    return len(rows)
