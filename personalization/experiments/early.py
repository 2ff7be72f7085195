"""Looking before the day: a decision of its own, with a reason, that cannot be taken back."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from personalization.errors import StateError
from personalization.store import record

if TYPE_CHECKING:
    from datetime import date

    from personalization.store import Store

_STATE = """
    SELECT campaign_id, analysis_on, launched_at, mode, opened_early_at FROM experiments
    WHERE experiment_id = $experiment_id
"""
_OPEN = """
    UPDATE experiments SET opened_early_at = $now, opened_early_by = $actor
    WHERE experiment_id = $experiment_id
"""


def locked_until(store: Store, experiment_id: str) -> date | None:
    """Return the day until whose end (UTC) a result is not to be read, or None where it is open.

    Only a real launch is locked, and not once somebody opened it early.
    """
    row = store.read_one(_STATE, experiment_id=experiment_id)
    if row is None:
        return None
    _, analysis_on, launched_at, mode, opened_at = row
    if None in (analysis_on, launched_at) or mode == "simulation" or opened_at is not None:
        return None
    day: date = analysis_on
    return day if store.now().astimezone(UTC).date() <= day else None


def open_early(store: Store, experiment_id: str, *, actor: str, reason: str) -> None:
    """Open the results of a real launch before their day; opening twice changes nothing.

    From here on they are read by the always-valid interval, which holds on whichever day one
    looks and is wider for it.

    Args:
        store: Writes ``experiments`` and the audit trail.
        experiment_id: Of an experiment that was launched for real, before the end of its day.
        actor: Who wants to look.
        reason: Why it cannot wait; the audit trail keeps it.

    Raises:
        StateError: There is nothing to open, it is open anyway, or no reason was given.
    """
    with store.transaction():
        row = store.read_one(_STATE, experiment_id=experiment_id)
        if row is None or row[2] is None:
            raise StateError("There is nothing to open yet: the campaign was not launched.")
        campaign_id, analysis_on, _, mode, opened_at = row
        if mode == "simulation":
            raise StateError("A simulation has no day to wait for; its results are open.")
        today = store.now().astimezone(UTC).date()
        if analysis_on is None or today > analysis_on:
            raise StateError("The day of analysis has passed; the results are open.")
        if not reason.strip():
            raise StateError("Say why the results cannot wait; the audit trail keeps the reason.")
        if opened_at is not None:
            return
        store.run(_OPEN, experiment_id=experiment_id, now=store.now(), actor=actor)
        record(
            store, "experiment.opened_early", experiment_id, actor=actor, campaign_id=campaign_id,
            reason=reason.strip(), days_before=(analysis_on - today).days,
        )  # fmt: skip
