"""Which arm to scale: per segment, or nothing, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from personalization.errors import StateError
from personalization.experiments.decisions import SHIP, STOP
from personalization.experiments.early import locked_until

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


_VERDICTS = """
    SELECT verdicts.segment, verdicts.arm, verdicts.state, verdicts.sentence, results.difference
    FROM verdicts
    LEFT JOIN results ON results.experiment_id = verdicts.experiment_id
                     AND results.segment = verdicts.segment AND results.arm = verdicts.arm
                     AND results.role = 'primary'
    WHERE verdicts.experiment_id = $experiment_id
    ORDER BY verdicts.segment, results.difference DESC NULLS LAST, verdicts.arm
"""
_SEGMENTS = """
    SELECT segment, arm FROM arms WHERE experiment_id = $experiment_id AND variant_id IS NOT NULL
    ORDER BY segment, position
"""


def winner(store: Store, experiment_id: str) -> Winners:
    """Say which arm each segment should get now, by the last measurement; reads only.

    A segment gets the arm that ships by its own verdict; a segment without one gets the arm that
    ships over the whole audience, unless that arm is to be stopped there or it has no such arm.
    Before its day a real result is locked, unless it was opened early.

    Raises:
        StateError: Nothing was measured yet.
    """
    rows = store.records(_VERDICTS, experiment_id=experiment_id)
    if not rows:
        raise StateError("Nothing was measured yet. Launch the campaign and measure it first.")
    if day := locked_until(store, experiment_id):
        reason = f"The result is read after {day}, as it was declared."
        return Winners((), None, reason)
    best = _best(rows)
    planned = store.read(_SEGMENTS, experiment_id=experiment_id)
    stopped = {(row["segment"], row["arm"]) for row in rows if row["state"] == STOP}
    arms = [
        (segment, arm)
        for segment in dict.fromkeys(segment for segment, _ in planned)
        if (arm := best.get(segment, best.get(""))) and (segment, arm) in set(planned) - stopped
    ]
    return Winners(tuple(arms), best.get(""), _reason(best, rows))


def _best(rows: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return the arm with the largest difference among those that ship, by segment."""
    best: dict[str, str] = {}
    for row in rows:
        if row["state"] == SHIP and row["arm"]:
            best.setdefault(row["segment"], row["arm"])
    return best


def _reason(best: Mapping[str, str], rows: Iterable[Mapping[str, Any]]) -> str:
    """Return the sentences of what ships, or the experiment's own verdict where nothing does."""
    said = [
        row["sentence"]
        for row in rows
        if best.get(row["segment"]) == row["arm"] and row["state"] == SHIP
    ]
    return " ".join(said) or next(row["sentence"] for row in rows if not row["arm"])
