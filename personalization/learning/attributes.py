"""Learning from a campaign which attributes of its customers moved the lift.

The screen reads the counts by level that the measurement has left; one more statement counts by
all attributes at once, for the joint model.  What they come to is decided in ``statistics``.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

from personalization.domain import CONTROL, HOLDOUT
from personalization.errors import StateError
from personalization.statistics.levels import cells_of, shown_levels
from personalization.statistics.moderation import (
    MODERATES,
    NOT_ENOUGH_DATA,
    Effect,
    judge_effects,
)
from personalization.statistics.samples import Counts, Moments, Ratio
from personalization.store import record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from personalization.statistics.samples import Sample
    from personalization.store import Store

_EXPERIMENT = """
    SELECT experiments.campaign_id, campaigns.dataset_id, experiments.confidence,
           experiments.launched_at, json_extract_string(hypothesis, '$.metric') AS metric,
           experiments.revenue_cap
    FROM experiments JOIN campaigns ON campaigns.campaign_id = experiments.campaign_id
    WHERE experiment_id = $experiment_id
"""
# An arm that some segment lacks has a control of another mix of people: it is left out.
_ARMS = """
    SELECT arm FROM arms WHERE experiment_id = $experiment_id AND weight > 0
    GROUP BY arm
    HAVING count(*) = (SELECT count(DISTINCT segment) FROM arms
                       WHERE experiment_id = $experiment_id)
    ORDER BY arm
"""
_STATISTICS = """
    SELECT attribute, level, arm, n, click, conversion, revenue, revenue_variance, buyers,
           revenue_capped, capped_variance, click_revenue
    FROM arm_statistics
    WHERE experiment_id = $experiment_id AND attribute <> ''
    ORDER BY attribute, level, arm
"""
_KINDS: Final = {"click": "binary", "conversion": "binary", "revenue": "mean",
                 "revenue_capped": "mean", "revenue_per_click": "ratio"}  # fmt: skip


def attribute_effects(store: Store, experiment_id: str, *, actor: str) -> int:
    """Find which attributes move the lift of clicks and of purchases, and write that down.

    The primary metric is looked at likewise if it is another one.

    Args:
        store: Reads ``arm_statistics``; replaces the experiment's ``attribute_effects``.
        experiment_id: It has to be launched and measured.
        actor: Who asked for it.

    Returns:
        How many rows were written: one for each metric, arm, attribute and level.

    Raises:
        StateError: There is no such experiment, or it was not launched.
    """
    row = store.read_one(_EXPERIMENT, experiment_id=experiment_id)
    if row is None or row[3] is None:
        raise StateError("There is nothing to learn from yet: the campaign was not launched.")
    campaign_id, _, confidence, _, primary, cap = row
    counts = store.records(_STATISTICS, experiment_id=experiment_id)
    arms = [arm for (arm,) in store.read(_ARMS, experiment_id=experiment_id)]
    effects = [
        effect
        for metric in _metrics(primary, cap)
        for effect in judge_effects(_screen(counts, metric, arms), float(confidence))
    ]
    with store.transaction():
        written = _write(store, experiment_id, effects, float(confidence))
        record(
            store, "experiment.learned", experiment_id, actor=actor, campaign_id=campaign_id,
            attributes=len({effect.attribute for effect in effects}),
            moderating=sum(effect.verdict == MODERATES for effect in effects),
        )  # fmt: skip
    return written


def _metrics(primary: str | None, cap: float | None) -> list[str]:
    """Return what is looked at; with a cap the capped revenue stands for the revenue."""
    if primary == "revenue" and cap is not None:
        primary = "revenue_capped"
    names = dict.fromkeys(("click", "conversion", primary or "click"))
    return [name for name in names if name in _KINDS]


def _screen(counts: Sequence[Mapping[str, Any]], metric: str, arms: Sequence[str]) -> list[Effect]:
    """Put the rows together: an effect for each arm and attribute, a cell for each level."""
    samples: dict[str, dict[str, dict[str, Sample]]] = defaultdict(lambda: defaultdict(dict))
    sizes: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in counts:
        samples[row["attribute"]][row["arm"]][row["level"]] = sample_of(row, metric)
        sizes[row["attribute"]][row["level"]] += row["n"]
    shown = {attribute: shown_levels(levels) for attribute, levels in sizes.items()}
    return [
        Effect(metric, arm, attribute, cells_of(by_arm[arm], by_arm[CONTROL], shown[attribute]))
        for arm in arms
        if arm not in (CONTROL, HOLDOUT)
        for attribute, by_arm in samples.items()
        if len(shown[attribute]) > 1
    ]


def sample_of(row: Mapping[str, Any], metric: str) -> Sample:
    """Return what one row of counts says of a metric."""
    n = int(row["n"])
    if _KINDS[metric] == "binary":
        return Counts(n, int(row[metric]))
    if metric == "revenue_capped":
        return Moments(n, row["revenue_capped"], row["capped_variance"] or 0.0, row["buyers"])
    if metric == "revenue":
        return Moments(n, row["revenue"], row["revenue_variance"] or 0.0, row["buyers"])
    rate = row["click"] / n
    spread = rate * (1 - rate) * n / max(n - 1, 1)
    return Ratio(n, row["revenue"], rate, row["revenue_variance"] or 0.0, spread,
                 row["click_revenue"] or 0.0, row["buyers"])  # fmt: skip


_CLEAR = "DELETE FROM attribute_effects WHERE experiment_id = $experiment_id"
_WRITE = """
    INSERT INTO attribute_effects (experiment_id, metric, kind, arm, attribute, level, n_treatment,
        n_control, difference, difference_low, difference_high, q, df, p, p_holm, joint_p, verdict)
    SELECT $experiment_id, unnest($metric), unnest($kind), unnest($arm), unnest($attribute),
           unnest($level), unnest($n_treatment), unnest($n_control), unnest($difference),
           unnest($difference_low), unnest($difference_high), unnest($q), unnest($df), unnest($p),
           unnest($p_holm), unnest($joint_p), unnest($verdict)
"""


def _write(store: Store, experiment_id: str, effects: Sequence[Effect], confidence: float) -> int:
    store.run(_CLEAR, experiment_id=experiment_id)
    rows = [row for effect in effects for row in _rows(effect, confidence)]
    if rows:
        columns = {name: [row[name] for row in rows] for name in rows[0]}
        store.run(_WRITE, experiment_id=experiment_id, **columns)
    return len(rows)


def _rows(effect: Effect, confidence: float) -> list[dict[str, object]]:
    found = []
    for cell in effect.cells:
        low, high = cell.difference_ci(confidence) or (None, None)
        found.append({
            "metric": effect.metric, "kind": _KINDS[effect.metric], "arm": effect.arm,
            "attribute": effect.attribute, "level": cell.level, "n_treatment": cell.treatment.n,
            "n_control": cell.control.n, "difference": cell.difference, "difference_low": low,
            "difference_high": high, "q": effect.q, "df": effect.df, "p": effect.p,
            "p_holm": effect.p_holm, "joint_p": effect.joint_p,
            "verdict": effect.verdict if cell.is_enough else NOT_ENOUGH_DATA,
        })  # fmt: skip
    return found
