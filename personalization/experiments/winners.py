"""Which arm to scale: per segment, or nothing, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from personalization.errors import StateError
from personalization.experiments.metrics import arm_name
from personalization.experiments.verdicts import BETTER, WORSE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from personalization.store import Store


@dataclass(frozen=True, slots=True)
class Winners:
    """What came out best.

    Attributes:
        arms: Segment and winning arm, for each segment that has one; empty where none has.
        overall: The best arm over the whole audience, or None.
        reason: One or two sentences: what won, or why nothing did.
    """

    arms: tuple[tuple[str, str], ...]
    overall: str | None
    reason: str


_RED = """
    SELECT message FROM health_findings
    WHERE experiment_id = $experiment_id AND state = 'bad' ORDER BY name
"""
_VERDICTS = """
    SELECT results.segment, results.arm, results.metric, results.verdict, results.difference,
           results.sentence
    FROM results JOIN experiments ON experiments.experiment_id = results.experiment_id
    WHERE results.experiment_id = $experiment_id AND results.arm <> 'holdout'
      AND results.metric IN ('unsubscribe', json_extract_string(experiments.hypothesis, '$.metric'))
    ORDER BY results.segment, results.difference DESC NULLS LAST, results.arm
"""
_SEGMENTS = """
    SELECT segment, arm FROM arms WHERE experiment_id = $experiment_id AND variant_id IS NOT NULL
    ORDER BY segment, position
"""


def winner(store: Store, experiment_id: str) -> Winners:
    """Say which arm each segment should get now, by the last measurement; reads only.

    A segment gets the arm that is better for it by its own verdict; a segment without one gets
    the arm that is better over the whole audience, unless that arm is worse there or it has no
    such arm.  An arm that drives people to unsubscribe does not win.

    Raises:
        StateError: Nothing was measured yet.
    """
    rows = store.records(_VERDICTS, experiment_id=experiment_id)
    if not rows:
        raise StateError("Nothing was measured yet. Launch the campaign and measure it first.")
    if red := store.read(_RED, experiment_id=experiment_id):
        return Winners((), None, " ".join(message for (message,) in red))
    driven_out = {
        (row["segment"], row["arm"])
        for row in rows
        if row["metric"] == "unsubscribe" and row["verdict"] == WORSE
    }
    decisive = [row for row in rows if row["metric"] != "unsubscribe"]
    best = _best(decisive, driven_out)
    arms: list[tuple[str, str]] = []
    planned = store.read(_SEGMENTS, experiment_id=experiment_id)
    worse = {(row["segment"], row["arm"]) for row in decisive if row["verdict"] == WORSE}
    for segment in dict.fromkeys(segment for segment, _ in planned):
        arm = best.get(segment, best.get(""))
        if arm and (segment, arm) in set(planned) - worse - driven_out:
            arms.append((segment, arm))
    return Winners(tuple(arms), best.get(""), _reason(best, decisive, driven_out))


def _best(rows: Iterable[Mapping[str, Any]], driven_out: set[tuple[str, str]]) -> dict[str, str]:
    """Return the arm with the largest difference among those that are better, by segment."""
    best: dict[str, str] = {}
    for row in rows:
        is_out = {(row["segment"], row["arm"]), ("", row["arm"])} & driven_out
        if row["verdict"] == BETTER and not is_out:
            best.setdefault(row["segment"], row["arm"])
    return best


def _reason(
    best: Mapping[str, str],
    rows: Iterable[Mapping[str, Any]],
    driven_out: set[tuple[str, str]],
) -> str:
    said = [
        row["sentence"]
        for row in rows
        if best.get(row["segment"]) == row["arm"] and row["verdict"] == BETTER
    ]
    if said:
        return " ".join(said)
    if out := sorted({arm for segment, arm in driven_out if not segment}):
        return f"{arm_name(out[0])} drives people to unsubscribe, so it does not win."
    return "No variant was shown to be better than the control text."
