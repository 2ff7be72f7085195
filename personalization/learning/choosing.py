"""Whether it pays to choose the arm by segment, or by another attribute of the customers.

One statement counts each experiment's customers by fold, level, arm and propensity; what a choice
would have been worth is decided in ``policy_value``, on those cells alone.
"""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

from personalization.domain import CONTROL, HOLDOUT
from personalization.errors import StateError
from personalization.learning.evidence import METRICS
from personalization.learning.policy_value import (
    BEST_SINGLE,
    OFFERED,
    REFUSED,
    Comparison,
    LoggedCell,
    compare_policies,
)
from personalization.learning.wording import between, gained
from personalization.store import record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from personalization.settings import Settings
    from personalization.store import Store

SEGMENT: Final = "segment"
"""The attribute that messages are written by; the others are looked at beside it."""

# Segments stand for what people bought and when; country, tier and category for what they do not
# see.  A fold is a fifth of the hashes, drawn apart from the arms by a salt of its own.
FOLDS: Final = """
    WITH people AS (
        SELECT outcomes.segment, outcomes.arm, outcomes.clicked, outcomes.converted,
               outcomes.revenue_capped, assignments.propensity,
               substr(md5(concat('fold:', $salt, ':', outcomes.customer_id)), 1, 8) AS draw,
               customers.country, customers.tier, customers.favourite_category
        FROM outcomes
        JOIN assignments ON assignments.experiment_id = outcomes.experiment_id
                        AND assignments.customer_id = outcomes.customer_id
        LEFT JOIN customers ON customers.customer_id = outcomes.customer_id
                           AND customers.dataset_id = $dataset_id
        WHERE outcomes.experiment_id = $experiment_id
    ), levels AS (
        SELECT arm, propensity, clicked, converted, revenue_capped, segment,
               CASE WHEN draw < '33333333' THEN 0 WHEN draw < '66666666' THEN 1
                    WHEN draw < '99999999' THEN 2 WHEN draw < 'cccccccc' THEN 3
                    ELSE 4 END AS fold,
               coalesce(country, 'not known') AS country,
               coalesce(tier, 'not known') AS tier,
               coalesce(favourite_category, 'not known') AS favourite_category
        FROM people
    )
    SELECT CASE WHEN grouping(segment) = 0 THEN 'segment'
                WHEN grouping(country) = 0 THEN 'country'
                WHEN grouping(tier) = 0 THEN 'tier'
                ELSE 'favourite category' END AS attribute,
           fold,
           coalesce(segment, country, tier, favourite_category) AS level,
           arm, propensity, count(*) AS n, avg(clicked) AS click,
           var_samp(clicked) AS click_variance, avg(converted) AS conversion,
           var_samp(converted) AS conversion_variance, avg(revenue_capped) AS revenue,
           var_samp(revenue_capped) AS revenue_variance
    FROM levels
    GROUP BY GROUPING SETS (
        (fold, arm, propensity, segment), (fold, arm, propensity, country),
        (fold, arm, propensity, tier), (fold, arm, propensity, favourite_category))
    ORDER BY 1, 2, 3, 4, 5
"""
_EXPERIMENT = """
    SELECT experiments.campaign_id, campaigns.dataset_id, experiments.salt, experiments.confidence,
           experiments.mode = 'simulation',
           (SELECT coalesce(max(currency), '') FROM customers
            WHERE customers.dataset_id = campaigns.dataset_id)
    FROM experiments JOIN campaigns ON campaigns.campaign_id = experiments.campaign_id
    WHERE experiment_id = $experiment_id AND experiments.launched_at IS NOT NULL
"""
_CLEAR = "DELETE FROM policy_values WHERE experiment_id = $experiment_id"
_KEEP = """
    INSERT INTO policy_values
    VALUES ($experiment_id, $metric, $attribute, $n, $policy, $single_arm, $sent, $ips, $snips, $dr,
            $single_dr, $difference, $difference_low, $difference_high, $effective_sample,
            $least_propensity, $state, $sentence, $is_simulated, $now)
"""


def value_choices(store: Store, settings: Settings, experiment_id: str, *, actor: str) -> int:
    """Work out for each attribute and metric whether choosing the arm by it would pay.

    The choice by segment is judged at the experiment's confidence.  The others were not what the
    experiment was made for: they share one family, and their intervals are as much wider.

    Args:
        store: Reads ``outcomes``, ``assignments`` and ``customers``; replaces the experiment's
            ``policy_values``.
        settings: ``learning.least_effective_sample`` and ``learning.least_propensity``.
        experiment_id: It has to be launched.
        actor: Who asked for it.

    Returns:
        How many rows were written; 0 where there is one arm only, or nobody responded.

    Raises:
        StateError: There is no such experiment, or it was not launched.
    """
    row = store.read_one(_EXPERIMENT, experiment_id=experiment_id)
    if row is None:
        raise StateError("There is no choice to judge yet: the campaign was not launched.")
    campaign_id, dataset_id, salt, confidence, is_simulated, currency = row
    rows = store.records(FOLDS, experiment_id=experiment_id, dataset_id=dataset_id, salt=salt)
    attributes = _several_levels(rows)
    kept = [
        _row(metric, attribute, str(currency), judged)
        for metric in METRICS
        for attribute, found in attributes.items()
        if (judged := _judged(found, metric, attribute, settings, float(confidence),
                              n_beside=len(attributes.keys() - {SEGMENT})))
    ]  # fmt: skip
    with store.transaction():
        store.run(_CLEAR, experiment_id=experiment_id)
        for values in kept:
            store.run(
                _KEEP, experiment_id=experiment_id, is_simulated=is_simulated, now=store.now(),
                **values,
            )  # fmt: skip
        record(
            store, "policy.valued", experiment_id, actor=actor, campaign_id=campaign_id,
            choices=len(kept), offered=sum(row["state"] == OFFERED for row in kept),
        )  # fmt: skip
    return len(kept)


def _several_levels(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    """Group the rows by attribute; one with a single level leaves nothing to choose by."""
    found: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        found[row["attribute"]].append(row)
    return {name: each for name, each in found.items() if len({row["level"] for row in each}) > 1}


def _judged(
    rows: Sequence[Mapping[str, Any]],
    metric: str,
    attribute: str,
    settings: Settings,
    confidence: float,
    *,
    n_beside: int,
) -> Comparison | None:
    cells = [
        LoggedCell(
            row["fold"], row["level"], row["arm"], row["propensity"], row["n"], row[metric],
            row[f"{metric}_variance"] or 0.0,
        )
        for row in rows
    ]  # fmt: skip
    if not any(cell.mean for cell in cells):
        return None
    shared = confidence if attribute == SEGMENT else 1 - (1 - confidence) / n_beside
    return compare_policies(
        cells, [arm for arm in sorted({cell.arm for cell in cells}) if arm != HOLDOUT],
        confidence=shared, least_effective_sample=settings.learning.least_effective_sample,
        least_propensity=settings.learning.least_propensity,
    )  # fmt: skip


def _row(metric: str, attribute: str, currency: str, found: Comparison) -> dict[str, Any]:
    return {
        "metric": metric, "attribute": attribute, "n": found.n,
        "policy": json.dumps(dict(found.policy), ensure_ascii=False),
        "single_arm": found.single_arm, "sent": found.sent, "ips": found.value.ips,
        "snips": found.value.snips, "dr": found.value.dr, "single_dr": found.single.dr,
        "difference": found.difference, "difference_low": found.low,
        "difference_high": found.high, "effective_sample": found.effective_sample,
        "least_propensity": found.least_propensity, "state": found.state,
        "sentence": sentence_of(found, metric, attribute, currency),
    }  # fmt: skip


def sentence_of(found: Comparison, metric: str, attribute: str, currency: str) -> str:
    """Say what the comparison came to, with its figures; it is no advice on what to send."""
    if found.state == REFUSED:
        return (
            f"Whether it pays to choose the arm by {attribute} cannot be judged: the comparison is "
            f"worth {found.effective_sample:,.0f} customers, and the rarest arm was drawn with a "
            f"chance of {_share(found.least_propensity)}."
        )
    arm = "the control text" if found.single_arm == CONTROL else f"variant {found.single_arm}"
    gain = gained(metric, currency, found.difference)
    interval = between(metric, currency, found.low, found.high)
    if found.state == BEST_SINGLE:
        return (
            f"Choosing the arm by {attribute} is not shown to pay: by this comparison it brings "
            f"{gain} than {arm} for everybody ({interval}), counted on customers on whom the "
            "choice was not made."
        )
    return (
        f"Choosing the arm by {attribute} would have paid: by this comparison it brings {gain} "
        f"than {arm} for everybody ({interval}), counted on customers on whom the choice was not "
        "made."
    )


def _share(share: float) -> str:
    return f"{share:.1%}".replace("%", " %")
