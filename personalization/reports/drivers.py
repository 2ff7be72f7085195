"""What drives performance: which attributes move the lift, and whether a personal choice pays."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from personalization.reports.results import refuse_if_locked

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from personalization.store import Store

_CLEAREST: Final = 3
_DRAWN: Final = 2  # levels that a comparison needs

# An attribute is as clear as its clearest arm; its levels stay together.
_ATTRIBUTES = """
    SELECT attribute, arm, kind, level, n_treatment, n_control, difference, difference_low,
           difference_high, q, df, p, p_holm, joint_p, joint_reason, verdict, sentence,
           level_reason, level_reason = '' AS is_large
    FROM attribute_effects
    WHERE experiment_id = $experiment_id AND metric = $metric
    ORDER BY p_holm NULLS LAST, p NULLS LAST, attribute, arm, position, level
"""


def attributes(store: Store, experiment_id: str, metric: str) -> list[dict[str, Any]]:
    """List how the difference varies with each customer attribute, the clearest first.

    ``is_large`` tells whether a level has people and responses enough on both sides to be read.

    Raises:
        StateError: The results may not be read yet.
    """
    refuse_if_locked(store, experiment_id)
    return store.records(_ATTRIBUTES, experiment_id=experiment_id, metric=metric)


def tested(rows: Iterable[Mapping[str, Any]]) -> list[list[Mapping[str, Any]]]:
    """Put the levels of each attribute and arm together, in the order of the rows."""
    return [list(levels) for _, levels in groupby(rows, lambda r: (r["attribute"], r["arm"]))]


def moving(groups: Iterable[Sequence[Mapping[str, Any]]]) -> list[Sequence[Mapping[str, Any]]]:
    """Keep the attributes that moderate the lift of an arm."""
    return [levels for levels in groups if levels[0]["verdict"] == "moderates"]


def clearest(groups: Sequence[Sequence[Mapping[str, Any]]]) -> list[list[Mapping[str, Any]]]:
    """Choose what to draw: up to three that moderate, else the one nearest to it; large levels."""
    found = moving(groups)[:_CLEAREST] or groups[:1]
    large = [[level for level in levels if level["is_large"]] for levels in found]
    return [levels for levels in large if len(levels) >= _DRAWN]


_POLICIES = """
    SELECT metric, attribute, n, single_arm, sent, ips, snips, dr, single_dr, difference,
           difference_low, difference_high, effective_sample, least_propensity, state, sentence,
           is_simulated
    FROM policy_values WHERE experiment_id = $experiment_id AND metric = $metric
    ORDER BY CASE state WHEN 'offered' THEN 0 WHEN 'best_single' THEN 1 ELSE 2 END,
             attribute <> 'segment', attribute
"""


def policies(store: Store, experiment_id: str, metric: str) -> list[dict[str, Any]]:
    """List what choosing the arm by an attribute would have been worth, offered ones first.

    Raises:
        StateError: The results may not be read yet.
    """
    refuse_if_locked(store, experiment_id)
    return store.records(_POLICIES, experiment_id=experiment_id, metric=metric)


def telling(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Keep the policies worth a sentence: those on offer, or else the first one."""
    return [row for row in rows if row["state"] == "offered"] or list(rows[:1])
