"""The global holdout: a share of all customers whom no campaign reaches.

So mailing itself can be measured.  Who is in it follows from its own salt and the customer's id
alone, whatever the campaigns do.  A period that has ended never changes, and every campaign keeps
to the period of its launch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from personalization.errors import InputError, StateError
from personalization.experiments.assignment import assign_arms
from personalization.experiments.metrics import percent
from personalization.store import record

if TYPE_CHECKING:
    from datetime import datetime

    from personalization.store import Store

MOST: Final = 0.5
"""The largest share that may be kept out of every campaign."""

_DIGITS: Final = 2**32  # the first eight hex digits of an md5 count so far


@dataclass(frozen=True, slots=True)
class HoldoutPeriod:
    """A time during which a share of all customers was kept out of every campaign.

    Attributes:
        share: Of all customers, in (0, 0.5].
        salt: Of the draw; the same as in the period before where that one grew into this one.
        until: When it ended, or None while it lasts.
        campaigns: Campaigns launched for real under it.
        held_out: Different people who would have got an arm of those.
    """

    holdout_id: str
    share: float
    salt: str
    since: datetime
    started_by: str
    reason: str
    until: datetime | None
    ended_by: str | None
    end_reason: str | None
    campaigns: int
    held_out: int


_HISTORY = """
    SELECT periods.holdout_id, periods.share, periods.salt, periods.since, periods.started_by,
           periods.reason, periods.until, periods.ended_by, periods.end_reason,
           count(DISTINCT launched.experiment_id) AS campaigns,
           count(DISTINCT held_out.customer_id) AS held_out
    FROM global_holdouts AS periods
    LEFT JOIN experiments AS launched
        ON launched.holdout_id = periods.holdout_id AND launched.mode = 'export'
    LEFT JOIN held_out ON held_out.experiment_id = launched.experiment_id
    GROUP BY ALL
    ORDER BY periods.since DESC, periods.holdout_id DESC
"""


def holdout_history(store: Store) -> tuple[HoldoutPeriod, ...]:
    """List every period there was, from ``global_holdouts`` and ``held_out``, newest first."""
    return tuple(HoldoutPeriod(**row) for row in store.records(_HISTORY))


def current_holdout(store: Store) -> HoldoutPeriod | None:
    """Return the period that lasts, or None while everybody may be written to."""
    return next((period for period in holdout_history(store) if period.until is None), None)


_COUNT = "SELECT count(*) FROM global_holdouts"
_START = """
    INSERT INTO global_holdouts (holdout_id, salt, share, below, since, started_by, reason)
    VALUES ($holdout_id, $salt, $share, $below, $now, $actor, $reason)
"""
_END = """
    UPDATE global_holdouts SET until = $now, ended_by = $actor, end_reason = $reason
    WHERE until IS NULL
"""


def start_holdout(
    store: Store, *, share: float, actor: str, reason: str, salt: str | None = None
) -> str:
    """Keep a share of all customers out of every campaign that is not launched yet.

    Whoever is in it loses the arm of a campaign that was assigned and not launched; campaigns
    that were launched stay as they are.

    Args:
        store: Receives ``global_holdouts``; ``assignments`` and ``held_out`` follow.
        share: Of all customers, in (0, 0.5].
        actor: Who asks for it.
        reason: Why; the audit trail keeps it.
        salt: Of the draw; a new one where it is not given.

    Returns:
        The period's id.

    Raises:
        InputError: The share is none that can be kept out, or no reason is given.
        StateError: A holdout lasts already.
    """
    _refuse_bad(share, reason)
    with store.transaction():
        if (lasting := current_holdout(store)) is not None:
            raise StateError(
                f"{percent(lasting.share)} of all customers are kept out already, since "
                f"{lasting.since:%d %B %Y}. Change that holdout, or end it first."
            )
        holdout_id = _start(store, share, actor, reason, salt or uuid4().hex)
        _renew(store, actor)
    return holdout_id


def end_holdout(store: Store, *, actor: str, reason: str) -> str:
    """Let everybody be written to again, from the next launch on, and return the period's id.

    Who was kept out gets an arm of the campaigns that are assigned and not launched.  What is on
    record of the period stays.

    Raises:
        InputError: No reason is given.
        StateError: No holdout lasts.
    """
    _refuse_silence(reason)
    with store.transaction():
        ended = _end(store, actor, reason)
        _renew(store, actor)
    return ended.holdout_id


def change_holdout(store: Store, *, share: float, actor: str, reason: str) -> str:
    """End the period that lasts and begin one with another share, and return the new one's id.

    A larger share keeps everybody in who was in before.  A smaller one is drawn anew: whoever was
    held out so far is then spread evenly over both sides, which keeps them alike.

    Raises:
        InputError: The share is none that can be kept out, is the same, or no reason is given.
        StateError: No holdout lasts.
    """
    _refuse_bad(share, reason)
    with store.transaction():
        ended = _end(store, actor, reason)
        if share == ended.share:
            raise InputError(f"The holdout keeps {percent(share)} out already.")
        salt = ended.salt if share > ended.share else uuid4().hex
        holdout_id = _start(store, share, actor, reason, salt)
        _renew(store, actor)
    return holdout_id


def _start(store: Store, share: float, actor: str, reason: str, salt: str) -> str:
    holdout_id = f"holdout-{store.read(_COUNT)[0][0] + 1}"
    store.run(
        _START, holdout_id=holdout_id, salt=salt, share=share, below=f"{int(share * _DIGITS):08x}",
        now=store.now(), actor=actor, reason=reason.strip(),
    )  # fmt: skip
    record(
        store, "holdout.started", holdout_id, actor=actor, share=share, reason=reason.strip(),
    )  # fmt: skip
    return holdout_id


def _end(store: Store, actor: str, reason: str) -> HoldoutPeriod:
    lasting = current_holdout(store)
    if lasting is None:
        raise StateError("Nobody is kept out of the campaigns now. Start a holdout first.")
    store.run(_END, now=store.now(), actor=actor, reason=reason.strip())
    record(store, "holdout.ended", lasting.holdout_id, actor=actor, reason=reason.strip())
    return lasting


_WAITING = """
    SELECT experiment_id FROM experiments
    WHERE approved_at IS NOT NULL AND launched_at IS NULL ORDER BY experiment_id
"""
_FORGET = """
    DELETE FROM held_out WHERE experiment_id IN
        (SELECT experiment_id FROM experiments WHERE launched_at IS NULL)
"""
_TAKE_OUT = """
    DELETE FROM assignments
    WHERE experiment_id IN (SELECT experiment_id FROM experiments WHERE launched_at IS NULL)
      AND EXISTS (SELECT 1 FROM global_holdouts
                  WHERE global_holdouts.until IS NULL
                    AND substr(md5(concat(global_holdouts.salt, ':', assignments.customer_id)),
                               1, 8) < global_holdouts.below)
"""


def _renew(store: Store, actor: str) -> None:
    """Let the campaigns that are assigned and not launched follow the holdout as it is now."""
    store.run(_FORGET)
    store.run(_TAKE_OUT)
    for (experiment_id,) in store.read(_WAITING):
        assign_arms(store, experiment_id, actor=actor)


def _refuse_bad(share: float, reason: str) -> None:
    if not 1 / _DIGITS <= share <= MOST:
        raise InputError(
            f"A holdout of {share:.0%} cannot be: keep out more than nobody and at most "
            f"{MOST:.0%} of all customers. 5 % is usual."
        )
    _refuse_silence(reason)


def _refuse_silence(reason: str) -> None:
    if not reason.strip():
        raise InputError("Say why the holdout changes; the audit trail keeps the reason.")
