"""Learning from a campaign which attributes of its customers moved the lift.

The screen reads the counts by level that the measurement has left; one more statement counts by
all attributes at once, for the joint model.  What they come to is decided in ``statistics``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from personalization.domain import CONTROL, HOLDOUT
from personalization.errors import StateError
from personalization.learning.joint_counts import MOST_LEVELS, NOT_KNOWN, OWN, count_jointly
from personalization.learning.screening import Screen, kind_of
from personalization.learning.thirds import third_names
from personalization.statistics.levels import OTHERS, Cell, shown_levels
from personalization.statistics.moderation import MODERATES, Effect, judge_effects
from personalization.statistics.moderation_words import sentence_of
from personalization.store import record

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from personalization.store import Store

_EXPERIMENT = """
    SELECT experiments.campaign_id, campaigns.dataset_id, experiments.confidence,
           experiments.launched_at, json_extract_string(hypothesis, '$.metric') AS metric,
           experiments.revenue_cap,
           experiments.mode = 'simulation'
               OR coalesce(experiments.analysis_on < CAST($today AS DATE), true) AS may_be_told
    FROM experiments JOIN campaigns ON campaigns.campaign_id = experiments.campaign_id
    WHERE experiment_id = $experiment_id
"""
_PLANNED = """
    SELECT segment, arm, weight FROM arms
    WHERE experiment_id = $experiment_id AND weight > 0
    ORDER BY segment, arm
"""
_STATISTICS = """
    SELECT attribute, level, arm, n, click, conversion, revenue, revenue_variance, buyers,
           revenue_capped, capped_variance, click_revenue
    FROM arm_statistics
    WHERE experiment_id = $experiment_id AND attribute <> ''
    ORDER BY attribute, level, arm
"""
_METRICS: Final = ("click", "conversion")
_KNOWN: Final = ("country", "tier", "favourite category", "last order", "number of orders", "spend")
_EQUAL: Final = 1e-6  # planned shares that differ by less are the same
_RANKS: Final = {"lowest": 1, "fewest": 1, "longest ago": 1, "middle": 2,
                 "highest": 3, "most": 3, "most recent": 3}  # fmt: skip


def attribute_effects(store: Store, experiment_id: str, *, actor: str) -> int:
    """Find which attributes move the lift of clicks and of purchases, and write that down.

    The primary metric is looked at likewise if it is another one.  Segments are screened, but
    take no part in the joint model: they are made of the other attributes, so beside them they
    would take away what is theirs.

    Args:
        store: Reads ``arm_statistics``, ``outcomes``, ``customers`` and ``customer_attributes``;
            replaces the experiment's ``attribute_effects``.
        experiment_id: It has to be launched and measured.
        actor: Who asked for it.

    Returns:
        How many rows were written: one for each metric, arm, attribute and level.

    Raises:
        StateError: There is no such experiment, or it was not launched.
    """
    row = store.read_one(_EXPERIMENT, experiment_id=experiment_id, today=store.now().date())
    if row is None or row[3] is None:
        raise StateError("There is nothing to learn from yet: the campaign was not launched.")
    campaign_id, dataset_id, confidence, _, primary, cap, may_be_told = row
    planned = store.read(_PLANNED, experiment_id=experiment_id)
    counts = store.records(_STATISTICS, experiment_id=experiment_id)
    shown = _shown(counts)
    uneven = _uneven(planned)
    joint = count_jointly(
        store, experiment_id, dataset_id, _places(counts, shown, is_uneven=any(uneven.values())),
        n_arms=1 + len(uneven),
        n_customers=sum(row["n"] for row in counts if row["attribute"] == "segment"),
    )  # fmt: skip
    screen = Screen(counts, joint, shown, uneven)
    effects = [
        effect
        for metric in _metrics(primary, cap)
        for effect in judge_effects(
            screen.effects(metric), float(confidence), joint=screen.joint(metric)
        )
    ]
    names = third_names(store, experiment_id, dataset_id, most_levels=MOST_LEVELS)
    effects = [_named(effect, names) for effect in effects]
    with store.transaction():
        written = _write(store, experiment_id, effects, float(confidence))
        record(
            store, "experiment.learned", experiment_id, actor=actor, campaign_id=campaign_id,
            attributes=len({effect.attribute for effect in effects}),
            **_told(effects if may_be_told else None),
        )  # fmt: skip
    return written


def _told(effects: Sequence[Effect] | None) -> dict[str, int]:
    """Return what was found for the audit trail; before its day nobody reads it there either."""
    if effects is None:
        return {}
    return {"moderating": sum(effect.verdict == MODERATES for effect in effects)}


def _metrics(primary: str | None, cap: float | None) -> list[str]:
    """Return what is looked at; with a cap the capped revenue stands for the revenue."""
    if primary == "revenue" and cap is not None:
        primary = "revenue_capped"
    names = dict.fromkeys((*_METRICS, primary or _METRICS[0]))
    return [name for name in names if kind_of(name)]


def _shown(counts: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, str]]:
    """Return by attribute what each level is shown as; one of a single level says nothing."""
    sizes: dict[str, dict[str, int]] = {}
    for row in counts:
        levels = sizes.setdefault(row["attribute"], {})
        levels[row["level"]] = levels.get(row["level"], 0) + row["n"]
    return {name: shown_levels(levels) for name, levels in sizes.items() if len(levels) > 1}


def _uneven(planned: Sequence[tuple[str, str, float]]) -> dict[str, bool]:
    """Tell of each arm whether its share beside the control's differs from segment to segment."""
    weights = {(segment, arm): float(weight) for segment, arm, weight in planned}
    controlled = sorted(segment for segment, arm in weights if arm == CONTROL)
    found = {}
    for name in sorted({arm for _, arm in weights} - {CONTROL, HOLDOUT}):
        ratios = [weights.get((s, name), 0.0) / weights[s, CONTROL] for s in controlled]
        found[name] = max(ratios, default=0.0) - min(ratios, default=0.0) > _EQUAL
    return found


def _places(
    counts: Sequence[Mapping[str, Any]], shown: Mapping[str, Mapping[str, str]], *, is_uneven: bool
) -> dict[str, Mapping[str, str]]:
    """Return what the joint counts are by: with uneven shares also the segments, every one."""
    segments = sorted({row["level"] for row in counts if row["attribute"] == "segment"})
    first = {"segment": {name: name for name in segments}} if is_uneven else {}
    own = [name for name in shown if name.endswith(OWN)]
    return first | {name: shown[name] for name in (*_KNOWN, *own) if name in shown}


def _named(effect: Effect, names: Mapping[tuple[str, str], str]) -> Effect:
    """Put the levels in the order in which they are read, thirds with their bounds."""
    cells = (
        replace(cell, level=names.get((effect.attribute, cell.level), cell.level))
        for cell in sorted(effect.cells, key=_rank)
    )
    return replace(effect, cells=tuple(cells))


def _rank(cell: Cell) -> tuple[bool, int, int, str]:
    """Put thirds in their order and other levels by size; what is no level of its own is last."""
    return cell.level in (NOT_KNOWN, OTHERS), _RANKS.get(cell.level, 0), -cell.n, cell.level


_CLEAR = "DELETE FROM attribute_effects WHERE experiment_id = $experiment_id"
_WRITE = """
    INSERT INTO attribute_effects (experiment_id, metric, kind, arm, attribute, level, n_treatment,
        n_control, difference, difference_low, difference_high, q, df, p, p_holm, joint_p,
        joint_p_holm, joint_reason, verdict, sentence, position, level_reason)
    SELECT $experiment_id, unnest($metric), unnest($kind), unnest($arm), unnest($attribute),
           unnest($level), unnest($n_treatment), unnest($n_control), unnest($difference),
           unnest($difference_low), unnest($difference_high), unnest($q), unnest($df), unnest($p),
           unnest($p_holm), unnest($joint_p), unnest($joint_p_holm), unnest($joint_reason),
           unnest($verdict), unnest($sentence), unnest($position), unnest($level_reason)
"""


def _write(store: Store, experiment_id: str, effects: Sequence[Effect], confidence: float) -> int:
    store.run(_CLEAR, experiment_id=experiment_id)
    rows = [row for effect in effects for row in _rows(effect, confidence)]
    if rows:
        columns = {name: [row[name] for row in rows] for name in rows[0]}
        store.run(_WRITE, experiment_id=experiment_id, **columns)
    return len(rows)


def _rows(effect: Effect, confidence: float) -> list[dict[str, object]]:
    """Return one row for each level."""
    kind = kind_of(effect.metric)
    sentence = sentence_of(
        effect, confidence, arm=f"variant {effect.arm}", is_rate=kind == "binary"
    )
    found = []
    for position, cell in enumerate(effect.cells):
        low, high = cell.difference_ci(confidence) or (None, None)
        found.append({
            "metric": effect.metric, "kind": kind, "arm": effect.arm,
            "attribute": effect.attribute, "level": cell.level, "n_treatment": cell.treatment.n,
            "n_control": cell.control.n, "difference": cell.difference, "difference_low": low,
            "difference_high": high, "q": effect.q, "df": effect.df, "p": effect.p,
            "p_holm": effect.p_holm, "joint_p": effect.joint_p,
            "joint_p_holm": effect.joint_p_holm, "joint_reason": effect.joint_reason,
            "verdict": effect.verdict, "sentence": sentence, "position": position,
            "level_reason": cell.reason,
        })  # fmt: skip
    return found
