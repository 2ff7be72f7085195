"""What was learnt of each way to write: a fold over what was sent and what came back.

Nothing is added up along the way: each version is worked out from the messages and their events
alone, in whole thousandths, so that it can be made anew and is the same to the last bit.

What a message counts for is in ``outcomes``, how cells are drawn to the ones above in ``pooling``.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from personalization.domain import OUTREACH_ANGLES, OUTREACH_CHANNELS, OUTREACH_TONES, ROLES
from personalization.outreach.harm import chances_above
from personalization.outreach.outcomes import CLICK, HALF_DAYS, WINDOW_DAYS, observe
from personalization.outreach.pooling import HARM_STRENGTHS, STRENGTHS
from personalization.store import record

if TYPE_CHECKING:
    from datetime import datetime

    from personalization.settings import Outreach
    from personalization.store import Store

# By cell.  What a person wrote themselves has neither tone nor angle.
_COUNT: Final = """
    CREATE OR REPLACE TEMP TABLE outreach_counts AS
    SELECT role, channel, tone, angle, CAST(sum(trial) AS BIGINT) AS trials,
           CAST(sum(reward) AS BIGINT) AS rewards, CAST(sum(harm) AS BIGINT) AS harms
    FROM outreach_observed GROUP BY role, channel, tone, angle
"""
_COUNTS: Final = "SELECT * FROM outreach_counts ORDER BY role, channel, tone, angle"
_EVENTS: Final = """
    SELECT count(*) FROM outreach_events
    WHERE dataset_id = $dataset_id AND is_simulated = $is_simulated
      AND happened_at <= $moment::TIMESTAMPTZ
"""

# Each level is the prior of the next one, with so many imagined messages; see ``pooling``.
_POOL: Final = """
    CREATE OR REPLACE TEMP TABLE outreach_fold AS
    WITH counts AS (
        SELECT role, channel, tone, angle, trials / 1000.0::DOUBLE AS trials,
               rewards / 1000.0::DOUBLE AS rewards, harms / 1000.0::DOUBLE AS harms
        FROM (SELECT role, channel, tone, angle, sum(trials) AS trials, sum(rewards) AS rewards,
                     sum(harms) AS harms
              FROM outreach_counts
              GROUP BY GROUPING SETS ((), (tone, angle), (role, tone, angle),
                                      (role, channel, tone, angle)))
    ), roles AS (SELECT unnest($roles::VARCHAR[]) AS role
    ), channels AS (SELECT unnest($channels::VARCHAR[]) AS channel
    ), arms AS (
        SELECT tone, angle FROM (SELECT unnest($tones::VARCHAR[]) AS tone)
        CROSS JOIN (SELECT unnest($angles::VARCHAR[]) AS angle)
    ), whole AS (
        SELECT coalesce(max(trials), 0) AS trials, coalesce(max(rewards), 0) AS rewards,
               coalesce(max(harms), 0) AS harms,
               $strengths[1] * $base_rate AS alpha0, $strengths[1] * (1 - $base_rate) AS beta0,
               $harm_strengths[1] * $harm_rate AS harm_alpha0,
               $harm_strengths[1] * (1 - $harm_rate) AS harm_beta0
        FROM counts WHERE role IS NULL AND tone IS NULL
    ), whole_means AS (
        SELECT (alpha0 + rewards) / (alpha0 + beta0 + trials) AS mean,
               (harm_alpha0 + harms) / (harm_alpha0 + harm_beta0 + trials) AS harm_mean
        FROM whole
    ), arm_rows AS (
        SELECT arms.tone, arms.angle, coalesce(counts.trials, 0) AS trials,
               coalesce(counts.rewards, 0) AS rewards, coalesce(counts.harms, 0) AS harms,
               $strengths[2] * mean AS alpha0, $strengths[2] * (1 - mean) AS beta0,
               $harm_strengths[2] * harm_mean AS harm_alpha0,
               $harm_strengths[2] * (1 - harm_mean) AS harm_beta0
        FROM arms CROSS JOIN whole_means
        LEFT JOIN counts ON counts.role IS NULL AND counts.tone = arms.tone
                        AND counts.angle = arms.angle
    ), arm_means AS (
        SELECT tone, angle, (alpha0 + rewards) / (alpha0 + beta0 + trials) AS mean,
               (harm_alpha0 + harms) / (harm_alpha0 + harm_beta0 + trials) AS harm_mean
        FROM arm_rows
    ), role_rows AS (
        SELECT roles.role, above.tone, above.angle, coalesce(counts.trials, 0) AS trials,
               coalesce(counts.rewards, 0) AS rewards, coalesce(counts.harms, 0) AS harms,
               $strengths[3] * mean AS alpha0, $strengths[3] * (1 - mean) AS beta0,
               $harm_strengths[3] * harm_mean AS harm_alpha0,
               $harm_strengths[3] * (1 - harm_mean) AS harm_beta0
        FROM arm_means AS above CROSS JOIN roles
        LEFT JOIN counts ON counts.role = roles.role AND counts.channel IS NULL
                        AND counts.tone = above.tone AND counts.angle = above.angle
    ), role_means AS (
        SELECT role, tone, angle, (alpha0 + rewards) / (alpha0 + beta0 + trials) AS mean,
               (harm_alpha0 + harms) / (harm_alpha0 + harm_beta0 + trials) AS harm_mean
        FROM role_rows
    ), cell_rows AS (
        SELECT above.role, channels.channel, above.tone, above.angle,
               coalesce(counts.trials, 0) AS trials, coalesce(counts.rewards, 0) AS rewards,
               coalesce(counts.harms, 0) AS harms,
               $strengths[4] * mean AS alpha0, $strengths[4] * (1 - mean) AS beta0,
               $harm_strengths[4] * harm_mean AS harm_alpha0,
               $harm_strengths[4] * (1 - harm_mean) AS harm_beta0
        FROM role_means AS above CROSS JOIN channels
        LEFT JOIN counts ON counts.role = above.role AND counts.channel = channels.channel
                        AND counts.tone = above.tone AND counts.angle = above.angle
    ), levels AS (
        SELECT '' AS role, '' AS channel, '' AS tone, '' AS angle, * FROM whole
        UNION ALL BY NAME SELECT '' AS role, '' AS channel, * FROM arm_rows
        UNION ALL BY NAME SELECT '' AS channel, * FROM role_rows
        UNION ALL BY NAME SELECT * FROM cell_rows
    )
    SELECT role, channel, tone, angle, trials, rewards, harms, alpha0 + rewards AS alpha,
           beta0 + trials - rewards AS beta, harm_alpha0 + harms AS harm_alpha,
           harm_beta0 + trials - harms AS harm_beta
    FROM levels
"""
_HARMS: Final = """
    SELECT row_number() OVER (ORDER BY role, channel, tone, angle), harm_alpha, harm_beta
    FROM outreach_fold ORDER BY role, channel, tone, angle
"""
_KEEP: Final = """
    INSERT INTO outreach_cells
    WITH judged AS (
        SELECT unnest($places::BIGINT[]) AS place, unnest($chances::DOUBLE[]) AS chance
    ), placed AS (
        SELECT *, row_number() OVER (ORDER BY role, channel, tone, angle) AS place
        FROM outreach_fold
    )
    SELECT $version, role, channel, tone, angle, trials, rewards, harms, alpha, beta, harm_alpha,
           harm_beta, chance, chance > $certainty
    FROM placed JOIN judged USING (place)
    ORDER BY role, channel, tone, angle
    ON CONFLICT DO NOTHING
"""
# The last one that was made counts, also where the clock has not moved on.  One of the past stands
# where it belongs, so that looking back puts nothing old in force.
_NAME: Final = """
    INSERT INTO outreach_posteriors
    SELECT $version, $dataset_id, $events, $settings, $is_simulated,
           CASE WHEN $is_past THEN $moment::TIMESTAMPTZ
                ELSE greatest($moment::TIMESTAMPTZ, max(made_at) + INTERVAL '1' MICROSECOND) END
    FROM outreach_posteriors
    WHERE dataset_id = $dataset_id AND is_simulated = $is_simulated AND version <> $version
    ON CONFLICT (version) DO UPDATE SET made_at = greatest(made_at, excluded.made_at)
"""
_IS_KNOWN: Final = "SELECT count(*) FROM outreach_cells WHERE version = $version AND role = ''"
_NEWEST: Final = """
    SELECT version, settings, made_at FROM outreach_posteriors
    WHERE dataset_id = $dataset_id AND is_simulated = $is_simulated
    ORDER BY made_at DESC, version LIMIT 1
"""
_FRESH: Final = timedelta(days=1)
HARM_RATE: Final = 0.02
"""Share of refusals, unsubscribes and complaints that is expected before anything was sent."""


def update_posterior(
    store: Store,
    options: Outreach,
    dataset_id: str,
    *,
    actor: str,
    as_of: datetime | None = None,
    is_simulated: bool = False,
) -> str:
    """Work out what is believed of each way to write from all that came back so far.

    The same messages, events, moment and settings give the same version, whose cells are the same
    to the last bit.

    Args:
        store: Reads ``outreach_sends`` and ``outreach_events``; writes ``outreach_posteriors`` and
            ``outreach_cells``, and one audit row for a version that is new.
        options: Of which the base rate and the bounds of harm are taken.
        dataset_id: Whose messages.
        actor: Who asks for it.
        as_of: What happened later does not count; None is now.
        is_simulated: Learn from simulated answers, or from real ones; never from both.

    Returns:
        The version, which ``outreach_beliefs`` reads.
    """
    moment = as_of or store.now()
    scope: dict[str, Any] = {"dataset_id": dataset_id, "is_simulated": is_simulated}
    told = _settings(options)
    with store.transaction():
        observe(store, dataset_id, moment=moment, is_simulated=is_simulated)
        store.run(_COUNT)
        version = _fingerprint(store.read(_COUNTS), told, scope)
        is_new = store.read(_IS_KNOWN, version=version) == [(0,)]
        if is_new:
            _fold(store, options, version)
        events = (store.read_one(_EVENTS, moment=moment, **scope) or (0,))[0]
        is_past = moment < store.now()
        store.run(
            _NAME, version=version, events=events, settings=told, is_past=is_past,
            moment=moment if is_past else store.now(), **scope,
        )  # fmt: skip
        if is_new:
            record(
                store, "posterior.made", version, actor=actor, events=events,
                dataset_id=dataset_id, is_simulated=is_simulated,
            )  # fmt: skip
    return version


def posterior_in_force(
    store: Store, options: Outreach, dataset_id: str, *, actor: str, is_simulated: bool = False
) -> str:
    """Return the newest posterior of a base; made anew where there is none under these settings.

    One that is a day old is made anew as well: a message that nobody answers tells something too
    once its time is over, and no event says so.
    """
    newest = store.read_one(_NEWEST, dataset_id=dataset_id, is_simulated=is_simulated)
    is_fresh = newest is not None and store.now() - newest[2] < _FRESH
    if newest and is_fresh and json.loads(newest[1]) == json.loads(_settings(options)):
        return str(newest[0])
    return update_posterior(store, options, dataset_id, actor=actor, is_simulated=is_simulated)


def _fold(store: Store, options: Outreach, version: str) -> None:
    store.run(
        _POOL, roles=list(ROLES), channels=list(OUTREACH_CHANNELS), tones=list(OUTREACH_TONES),
        angles=list(OUTREACH_ANGLES), base_rate=options.base_rate, harm_rate=HARM_RATE,
        strengths=list(asdict(STRENGTHS).values()),
        harm_strengths=list(asdict(HARM_STRENGTHS).values()),
    )  # fmt: skip
    places, alphas, betas = zip(*store.read(_HARMS), strict=True)
    store.run(
        _KEEP, version=version, places=list(places), certainty=options.harm_certainty,
        chances=chances_above(alphas, betas, options.harm_cap),
    )  # fmt: skip


def _settings(options: Outreach) -> str:
    return json.dumps(
        {
            "base_rate": options.base_rate,
            "harm_rate": HARM_RATE,
            "harm_cap": options.harm_cap,
            "harm_certainty": options.harm_certainty,
            "click": CLICK,
            "strengths": asdict(STRENGTHS),
            "harm_strengths": asdict(HARM_STRENGTHS),
            "window_days": WINDOW_DAYS,
            "half_days": HALF_DAYS,
        }
    )


def _fingerprint(counts: list[tuple[Any, ...]], told: str, scope: dict[str, Any]) -> str:
    whole = json.dumps([counts, told, scope["dataset_id"], scope["is_simulated"]])
    return hashlib.sha256(whole.encode()).hexdigest()[:16]
