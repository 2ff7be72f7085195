"""The hypothesis: written down with the design, and frozen when the design is approved.

Metric, direction, correction, date, decision rule, weights and the fingerprint of every
message are one canonical JSON text; its SHA-256 stands in the audit trail, so that nobody can
choose afterwards what was to be shown.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from personalization.domain import HOLDOUT, Arm, is_same_person
from personalization.errors import InputError, StateError
from personalization.experiments.hypothesis import canonical, hypothesis_of
from personalization.experiments.seal import is_text_sealed
from personalization.store import record

if TYPE_CHECKING:
    from datetime import date

    from personalization.experiments.plan import Plan
    from personalization.settings import Settings
    from personalization.store import Store

_FOUND = """
    SELECT experiment_id FROM experiments WHERE campaign_id = $campaign_id
    ORDER BY designed_at DESC, experiment_id LIMIT 1
"""


def experiment_of(store: Store, campaign_id: str) -> str | None:
    """Return the campaign's experiment, or None where none was designed."""
    row = store.read_one(_FOUND, campaign_id=campaign_id)
    return str(row[0]) if row else None


_CAMPAIGN = "SELECT send_on, seed FROM campaigns WHERE campaign_id = $campaign_id"
_STATE = """
    SELECT campaign_id, hypothesis, hypothesis_sha256, designed_by, approved_by, launched_at
    FROM experiments WHERE experiment_id = $experiment_id
"""
_CLEAR = "DELETE FROM arms WHERE experiment_id = $experiment_id"
_FORGET = "DELETE FROM experiments WHERE experiment_id = $experiment_id"
_DESIGN = """
    INSERT INTO experiments (experiment_id, campaign_id, hypothesis, hypothesis_sha256, salt,
                             confidence, analysis_on, revenue_cap, pre_days, machine_click_seconds,
                             designed_at, designed_by)
    VALUES ($experiment_id, $campaign_id, $hypothesis, $sha256, $salt, $confidence, $analysis_on,
            $cap, $pre_days, $machine_click_seconds, $now, $actor)
"""
_ARM = """
    INSERT INTO arms (experiment_id, segment, arm, position, weight, variant_id, version,
                      content_sha256)
    VALUES ($experiment_id, $segment, $arm, $position, $weight, $variant_id, $version,
            $content_sha256)
"""


def design_experiment(
    store: Store,
    settings: Settings,
    campaign_id: str,
    plan: Plan,
    *,
    analysis_on: date | None = None,
    actor: str,
) -> str:
    """Write the plan down as the campaign's experiment; done again, it replaces the design.

    Args:
        store: Receives ``experiments`` and ``arms``.
        settings: The confidence that holds for the analysis, and how soon a click is a scanner's.
        campaign_id: Which campaign.
        plan: From ``plan_experiment``; its messages have to be sendable now.
        analysis_on: The last day whose responses count; the plan's where it is not given, and not
            before the campaign is sent.
        actor: Who designed it.

    Returns:
        The experiment's id; a campaign keeps its one experiment through every new design.

    Raises:
        InputError: There is no day, it is before the day of sending, or nobody bought in the days
            that the analysis should be adjusted by.
        StateError: Something is missing, has changed since, or the design is frozen.
    """
    row = store.read_one(_CAMPAIGN, campaign_id=campaign_id)
    if row is None:
        raise StateError(f"There is no campaign {campaign_id!r}.")
    send_on, seed = row
    day = _day_of_analysis(analysis_on or plan.analysis_on, send_on)
    _refuse_empty_adjustment(plan)
    if plan.missing:
        raise StateError(" ".join(plan.missing))
    experiment_id = experiment_of(store, campaign_id) or f"{campaign_id}-experiment"
    chosen = settings.experiments
    text = canonical(hypothesis_of(plan, chosen, day))
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    with store.transaction():
        _refuse_if_frozen(store, experiment_id)
        _refuse_if_changed(store, campaign_id, plan.arms)
        store.run(_CLEAR, experiment_id=experiment_id)
        store.run(_FORGET, experiment_id=experiment_id)
        store.run(
            _DESIGN, experiment_id=experiment_id, campaign_id=campaign_id, hypothesis=text,
            sha256=sha256, salt=f"{seed}:arms", confidence=chosen.confidence, analysis_on=day,
            cap=plan.cap, pre_days=plan.pre_days,
            machine_click_seconds=chosen.machine_click_seconds, now=store.now(), actor=actor,
        )  # fmt: skip
        _write_arms(store, experiment_id, plan.arms)
        record(
            store, "experiment.designed", experiment_id, actor=actor, campaign_id=campaign_id,
            hypothesis_sha256=sha256, arms=len(plan.arms), eligible=plan.eligible,
        )  # fmt: skip
    return experiment_id


def _day_of_analysis(day: date | None, send_on: date) -> date:
    if day is None:
        raise InputError("Choose the day on which the result is read; it is fixed beforehand.")
    if day < send_on:
        raise InputError(
            f"The result cannot be read on {day}: the campaign is sent on {send_on}. "
            "Choose that day or a later one."
        )
    return day


def _refuse_empty_adjustment(plan: Plan) -> None:
    if plan.pre_days and plan.foresight is not None and not plan.foresight.buyers_before:
        raise InputError(
            f"Nobody in the audience bought anything in the last {plan.pre_days:,} days on record, "
            "so the result cannot be adjusted by that. Leave the adjustment out, or upload "
            "transactions."
        )


def _write_arms(store: Store, experiment_id: str, arms: tuple[Arm, ...]) -> None:
    for position, arm in enumerate(arms):
        store.run(
            _ARM, experiment_id=experiment_id, segment=arm.segment, arm=arm.name,
            position=position, weight=arm.weight, variant_id=arm.variant_id,
            version=arm.version, content_sha256=arm.content_sha256,
        )  # fmt: skip


_REGROUPED = """
    SELECT
        EXISTS (SELECT 1 FROM segmentations WHERE campaign_id = $campaign_id
                AND made_at > (SELECT designed_at FROM experiments
                               WHERE experiment_id = $experiment_id))
        OR EXISTS (SELECT 1 FROM audience WHERE campaign_id = $campaign_id AND bucket = 'eligible'
                   AND segment NOT IN (SELECT segment FROM arms
                                       WHERE experiment_id = $experiment_id))
        OR EXISTS (SELECT 1 FROM arms WHERE experiment_id = $experiment_id
                   AND segment NOT IN (SELECT segment FROM segments
                                       WHERE campaign_id = $campaign_id))
"""


def _refuse_if_regrouped(store: Store, campaign_id: str, experiment_id: str) -> None:
    """Raise StateError unless every eligible customer is in a segment of the design."""
    found = store.read_one(_REGROUPED, campaign_id=campaign_id, experiment_id=experiment_id)
    if found and found[0]:
        raise StateError("The segments changed since this design; design it again.")


_SENDABLE = (
    "SELECT variant_id, content_sha256 FROM sendable_variants WHERE campaign_id = $campaign_id"
)


def _refuse_if_changed(store: Store, campaign_id: str, arms: tuple[Arm, ...]) -> None:
    """Raise StateError unless every arm's message may be sent in the very bytes of the plan."""
    sendable = set(store.read(_SENDABLE, campaign_id=campaign_id))
    changed = [
        f"{arm.name} of {arm.segment!r}"
        for arm in arms
        if arm.name != HOLDOUT and (arm.variant_id, arm.content_sha256) not in sendable
    ]
    if changed:
        raise StateError(
            f"Not approved as it stood in the plan: {', '.join(changed)}. Approve what is to be "
            "sent on the Review page, and design the experiment again."
        )


def _refuse_if_frozen(store: Store, experiment_id: str) -> None:
    row = store.read_one(_STATE, experiment_id=experiment_id)
    if row is not None and row[4] is not None:
        raise StateError(
            f"The design was approved by {row[4]} and is frozen. To test something else, withdraw "
            "it before the launch, or create a follow-up campaign."
        )


_PLANNED = """
    SELECT segment, arm, weight, variant_id, version, content_sha256 FROM arms
    WHERE experiment_id = $experiment_id ORDER BY position
"""
_APPROVE = """
    UPDATE experiments SET approved_at = $now, approved_by = $actor
    WHERE experiment_id = $experiment_id
"""


def approve_design(store: Store, experiment_id: str, *, actor: str) -> str:
    """Freeze the hypothesis, and return its SHA-256; approving twice changes nothing.

    Raises:
        StateError: There is no such experiment, a message or the segments have changed since the
            design, or the hypothesis on file is not the one that was hashed.
    """
    with store.transaction():
        campaign_id, text, sha256, designed_by, approved_by, _ = _state_of(store, experiment_id)
        if approved_by is not None:
            return str(sha256)
        if not is_text_sealed(text, sha256):
            raise StateError("The hypothesis on file was changed. Design the experiment again.")
        arms = tuple(Arm(*row) for row in store.read(_PLANNED, experiment_id=experiment_id))
        _refuse_if_regrouped(store, campaign_id, experiment_id)
        _refuse_if_changed(store, campaign_id, arms)
        store.run(_APPROVE, experiment_id=experiment_id, now=store.now(), actor=actor)
        record(
            store, "experiment.approved", experiment_id, actor=actor, campaign_id=campaign_id,
            hypothesis_sha256=sha256, is_self_approved=is_same_person(designed_by, actor),
        )  # fmt: skip
    return str(sha256)


_WITHDRAW = """
    UPDATE experiments SET approved_at = NULL, approved_by = NULL, holdout_id = NULL
    WHERE experiment_id = $experiment_id
"""
_UNASSIGN = "DELETE FROM assignments WHERE experiment_id = $experiment_id"
_UNHOLD = "DELETE FROM held_out WHERE experiment_id = $experiment_id"


def withdraw_design(store: Store, experiment_id: str, *, reason: str, actor: str) -> int:
    """Take the approval of a design back, as long as nobody was written to.

    The way out when a message had to change after the design was frozen.  The assignments go
    with it; a new approval assigns anew, and anybody in an unchanged segment gets the same arm.

    Returns:
        How many customers lost their assignment.

    Raises:
        StateError: It was launched, or no reason was given.
    """
    with store.transaction():
        campaign_id, _, sha256, _, _, launched_at = _state_of(store, experiment_id)
        if launched_at is not None:
            raise StateError("The campaign was launched; its design stays. Create a follow-up.")
        if not reason.strip():
            raise StateError("Say why the design is withdrawn; the audit trail keeps the reason.")
        unassigned = store.run(_UNASSIGN, experiment_id=experiment_id)
        store.run(_UNHOLD, experiment_id=experiment_id)
        store.run(_WITHDRAW, experiment_id=experiment_id)
        record(
            store, "experiment.withdrawn", experiment_id, actor=actor, campaign_id=campaign_id,
            hypothesis_sha256=sha256, reason=reason.strip(), unassigned=unassigned,
        )  # fmt: skip
    return unassigned


def _state_of(store: Store, experiment_id: str) -> tuple[Any, ...]:
    row = store.read_one(_STATE, experiment_id=experiment_id)
    if row is None:
        raise StateError(f"There is no experiment {experiment_id!r}. Design one first.")
    return row
