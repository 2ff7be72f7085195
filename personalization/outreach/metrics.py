"""The engine's metrics: what was made, what works, what choosing brings, and what it harms.

Definitions, so that a figure means the same to everybody who reads it:

- ``success_rate``: prospects and steps that have a message, of those that one was looked for; by
  code how many were held and why.  ``held_share`` is the rest; ``latency_ms`` the time for each.
- ``variation_performance``: a cell's expected rate of positive answers with its 90 % interval;
  ``best_chance`` how surely it is the best of its role and channel.
- ``strategy_effectiveness``: positive answers of chosen messages minus those of the holdout; where
  there is no holdout, minus what choosing by lot would have brought, from logged propensities.
- ``context_relevance``: facts used of those available; ``context_gain`` how much better answers are
  foretold with what is known of the prospect than by role and channel.
- ``feedback_impact``: log-loss of what was learnt minus that of the first guess, always on messages
  sent afterwards; ``harm_rate``: refusals, unsubscribes and complaints.
"""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from personalization.outreach.outcomes import observe
from personalization.outreach.prequential import (
    Batch,
    Change,
    context_change,
    learning_change,
)
from personalization.statistics.bayesian import Beta, chances_of_best
from personalization.statistics.intervals import critical_value, newcombe_difference, wilson_rate
from personalization.statistics.samples import Counts
from personalization.store import record

if TYPE_CHECKING:
    from datetime import datetime

    from personalization.settings import Outreach
    from personalization.store import Store

CONFIDENCE: Final = 0.9
_BATCHES: Final = 10
_TAIL: Final = (1 - CONFIDENCE) / 2


class Measure(NamedTuple):
    """One figure: what it measures, of which cell, its interval if it has one, and of how many."""

    measure: str
    cell: str
    value: float | None
    low: float | None
    high: float | None
    n: int


_MADE: Final = """
    SELECT code, count(*) FROM latest_outreach_messages WHERE campaign_id = $campaign_id
    GROUP BY code ORDER BY code
"""
_LATENCY: Final = """
    SELECT quantile_cont(1000 * seconds / prospects, 0.5),
           quantile_cont(1000 * seconds / prospects, 0.95), count(*)
    FROM outreach_runs WHERE campaign_id = $campaign_id AND prospects > 0
"""
_CELLS: Final = """
    SELECT role, channel, tone, angle, trials, alpha, beta
    FROM outreach_beliefs($version)
    WHERE role <> '' AND trials > 0
      AND (role, channel, tone, angle) IN (
          SELECT (role, channel, tone, angle) FROM outreach_sends
          WHERE campaign_id = $campaign_id AND is_simulated = $is_simulated)
    ORDER BY role, channel, tone, angle
"""
_STRATEGY: Final = """
    SELECT is_default, count(*), count(*) FILTER (is_positive)
    FROM outreach_observed WHERE campaign_id = $campaign_id AND is_closed AND trial > 0
    GROUP BY is_default ORDER BY is_default
"""
# What each answer counts for, had the arm been drawn by lot among those that were in use.
_BY_LOT: Final = """
    WITH arms AS (
        SELECT role, channel, count(DISTINCT (tone, angle)) AS arms FROM outreach_observed
        WHERE campaign_id = $campaign_id GROUP BY role, channel
    ), weighed AS (
        SELECT 1.0 / (arms.arms * propensity) AS weight, is_positive
        FROM outreach_observed AS observed JOIN arms USING (role, channel)
        WHERE observed.campaign_id = $campaign_id AND is_closed AND trial > 0
          AND propensity > 0 AND NOT is_default
    )
    SELECT count(*), coalesce(sum(weight), 0), coalesce(sum(weight) FILTER (is_positive), 0),
           coalesce(sum(weight * weight), 0),
           coalesce(sum(weight * weight) FILTER (is_positive), 0), count(*) FILTER (is_positive)
    FROM weighed
"""
_FACTS: Final = """
    WITH ready AS (
        SELECT dataset_id, prospect_id, fact_ids FROM latest_outreach_messages
        WHERE campaign_id = $campaign_id AND status = 'ready'
    ), used AS (
        SELECT DISTINCT prospect_id, unnest(string_split(fact_ids, ',')) AS fact_id FROM ready
        WHERE coalesce(fact_ids, '') <> ''
    )
    SELECT (SELECT count(*) FROM used WHERE fact_id <> ''),
           (SELECT count(*) FROM prospect_facts AS facts
            WHERE (facts.dataset_id, facts.prospect_id) IN (
                SELECT (dataset_id, prospect_id) FROM ready))
"""
_PARTS: Final = """
    WITH good AS (
        SELECT prospect_id, min(happened_at) AS first_at FROM outreach_events
        WHERE dataset_id = $dataset_id AND is_simulated = $is_simulated
          AND outreach_event_weight(kind, reply_class) > 0
        GROUP BY prospect_id
    ), cited AS (
        SELECT DISTINCT message_id FROM outreach_messages
        WHERE campaign_id = $campaign_id AND coalesce(fact_ids, '') <> ''
    ), closed AS (
        SELECT ntile($batches) OVER (ORDER BY sent_at, observed.message_id) AS batch, role, channel,
               concat_ws('/', tone, angle) AS arm,
               concat_ws(' ', CASE WHEN good.first_at < sent_at THEN 'warm' ELSE 'cold' END,
                         CASE WHEN cited.message_id IS NULL THEN 'plain' ELSE 'cited' END) AS band,
               is_positive
        FROM outreach_observed AS observed
        LEFT JOIN good ON good.prospect_id = observed.prospect_id
        LEFT JOIN cited ON cited.message_id = observed.message_id
        WHERE campaign_id = $campaign_id AND is_closed AND trial > 0
    )
    SELECT batch, role, channel, arm, band, count(*), count(*) FILTER (is_positive)
    FROM closed GROUP BY ALL ORDER BY ALL
"""
_HARM: Final = """
    SELECT coalesce(channel, ''), count(*), count(*) FILTER (is_harmful)
    FROM outreach_observed
    WHERE campaign_id = $campaign_id AND trial > 0 AND (is_closed OR is_harmful OR is_positive)
    GROUP BY GROUPING SETS ((), (channel)) HAVING count(*) > 0 ORDER BY ALL
"""
_KEEP: Final = """
    INSERT INTO outreach_measures
    SELECT unnest($measures::VARCHAR[]), $campaign_id, unnest($cells::VARCHAR[]),
           unnest($values::DOUBLE[]), unnest($lows::DOUBLE[]), unnest($highs::DOUBLE[]),
           unnest($ns::BIGINT[]), $is_simulated, $now
"""
_BASE: Final = "SELECT dataset_id FROM outreach_plans WHERE campaign_id = $campaign_id"


def measure(
    store: Store,
    options: Outreach,
    campaign_id: str,
    version: str,
    *,
    actor: str,
    is_simulated: bool = False,
    as_of: datetime | None = None,
) -> int:
    """Work out every metric of an outreach campaign and keep it; return how many rows that is.

    Args:
        store: Reads messages, sends, events and the posterior; writes ``outreach_measures``.
        options: Of which the base rate is taken.
        campaign_id: An outreach campaign.
        version: The posterior that cells are read from.
        actor: Who asks for it.
        is_simulated: Measure what was simulated, or what was real; never both.
        as_of: What happened later does not count; None is now.
    """
    moment = as_of or store.now()
    scope = {"campaign_id": campaign_id, "is_simulated": is_simulated}
    with store.transaction():
        dataset_id = str((store.read_one(_BASE, campaign_id=campaign_id) or ("",))[0])
        observe(store, dataset_id, moment=moment, is_simulated=is_simulated)
        batches = [
            Batch(*row)
            for row in store.read(_PARTS, dataset_id=dataset_id, batches=_BATCHES, **scope)
        ]
        found = [
            *_made(store, campaign_id), *_variations(store, version, scope),
            *_effectiveness(store, campaign_id), *_relevance(store, campaign_id),
            *_told("context_gain", context_change(batches, options.base_rate), sign=-1),
            *_told("feedback_impact", learning_change(batches, options.base_rate), sign=1),
            *_harm(store, campaign_id),
        ]  # fmt: skip
        columns = dict(zip(("measures", "cells", "values", "lows", "highs", "ns"),
                           map(list, zip(*found, strict=True)), strict=True))  # fmt: skip
        store.run(_KEEP, now=store.now(), **scope, **columns)
        record(
            store, "outreach.measured", version, actor=actor, campaign_id=campaign_id,
            measures=len(found), is_simulated=is_simulated,
        )  # fmt: skip
    return len(found)


def _made(store: Store, campaign_id: str) -> list[Measure]:
    by_code = dict(store.read(_MADE, campaign_id=campaign_id))
    tried = sum(by_code.values())
    found = [_share("success_rate", "", by_code.get("", 0), tried)]
    found += [_share("success_rate", code, n, tried) for code, n in by_code.items() if code]
    found.append(_share("held_share", "", tried - by_code.get("", 0), tried))
    middle, slow, runs = store.read(_LATENCY, campaign_id=campaign_id)[0]
    return [
        *found,
        Measure("latency_ms", "p50", middle, None, None, runs),
        Measure("latency_ms", "p95", slow, None, None, runs),
    ]


def _variations(store: Store, version: str, scope: dict[str, Any]) -> list[Measure]:
    from scipy.special import betaincinv  # noqa: PLC0415

    found: list[Measure] = []
    groups: dict[tuple[str, str], list[tuple[str, float, Beta]]] = {}
    for role, channel, tone, angle, trials, alpha, beta in store.read(
        _CELLS, version=version, **scope
    ):
        cell = f"{role}|{channel}|{tone}|{angle}"
        low, high = (float(betaincinv(alpha, beta, tail)) for tail in (_TAIL, 1 - _TAIL))
        mean = alpha / (alpha + beta)
        found.append(Measure("variation_performance", cell, mean, low, high, round(trials)))
        groups.setdefault((role, channel), []).append((cell, trials, Beta(alpha, beta)))
    for rivals in groups.values():
        chances = chances_of_best([posterior for _, _, posterior in rivals])
        found += [
            Measure("best_chance", cell, chance, None, None, round(trials))
            for (cell, trials, _), chance in zip(rivals, chances, strict=True)
        ]
    return found


def _effectiveness(store: Store, campaign_id: str) -> list[Measure]:
    counts = {
        is_default: Counts(n, positives)
        for is_default, n, positives in store.read(_STRATEGY, campaign_id=campaign_id)
    }
    chosen, holdout = counts.get(False, Counts(0, 0)), counts.get(True, Counts(0, 0))
    if chosen.n and holdout.n:
        low, high = newcombe_difference(chosen, holdout, CONFIDENCE)
        value = chosen.successes / chosen.n - holdout.successes / holdout.n
        n = chosen.n + holdout.n
        return [Measure("strategy_effectiveness", "holdout", value, low, high, n)]
    return [_over_lot(store.read(_BY_LOT, campaign_id=campaign_id)[0])]


def _over_lot(sums: tuple[Any, ...]) -> Measure:
    """Return what choosing brought over a choice by lot: self-normalised inverse propensities.

    References:
        Swaminathan and Joachims (2015), The Self-Normalized Estimator for Counterfactual Learning;
        the error is that of the linearised difference.
    """
    n, weights, good_weights, squares, good_squares, positives = sums
    if not n or not weights:
        return Measure("strategy_effectiveness", "by_lot", None, None, None, int(n))
    rate, lot = positives / n, good_weights / weights
    scale = n / weights
    # Mean square of (y - rate) - scale w (y - lot), in sums over messages.
    own = positives * (1 - rate) ** 2 + (n - positives) * rate**2
    other = scale**2 * (good_squares * (1 - 2 * lot) + lot**2 * squares)
    mixed = scale * (good_weights * (1 - rate - lot) + rate * lot * weights)
    error = sqrt(max(own + other - 2 * mixed, 0.0)) / n
    half = critical_value(CONFIDENCE) * error
    gain = rate - lot
    return Measure("strategy_effectiveness", "by_lot", gain, gain - half, gain + half, int(n))


def _relevance(store: Store, campaign_id: str) -> list[Measure]:
    used, available = store.read(_FACTS, campaign_id=campaign_id)[0]
    return [_share("context_relevance", "", min(used, available), available)]


def _told(name: str, change: Change | None, *, sign: int) -> list[Measure]:
    if change is None:
        return [Measure(name, "", None, None, None, 0)]
    value, half = sign * change.difference, critical_value(CONFIDENCE) * change.error
    return [Measure(name, "", value, value - half, value + half, change.n)]


def _harm(store: Store, campaign_id: str) -> list[Measure]:
    rows = store.read(_HARM, campaign_id=campaign_id)
    return [_share("harm_rate", channel, harms, n) for channel, n, harms in rows] or [
        _share("harm_rate", "", 0, 0)
    ]


def _share(name: str, cell: str, count: int, n: int) -> Measure:
    if not n:
        return Measure(name, cell, None, None, None, 0)
    low, high = wilson_rate(Counts(n, count), critical_value(CONFIDENCE))
    return Measure(name, cell, count / n, low, high, n)
