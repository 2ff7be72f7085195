"""The test: what it could show, what would help it, its design, and who is kept out of all."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from personalization import approval, experiments, segmentation
from personalization.campaign.audience import keep_segments
from personalization.campaign.consent import under_the_law
from personalization.campaign.journal import experiment_of, journal, refuse_if_launched
from personalization.campaign.messages import put_policy_in_force
from personalization.domain import is_program
from personalization.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from personalization.settings import Settings
    from personalization.store import Store

plan_experiment = under_the_law(experiments.plan_experiment)


noise_mirror = experiments.noise_mirror


repairs_of = experiments.repairs_of


_METHOD = "SELECT method, parameters FROM segmentations WHERE campaign_id = $campaign_id"


def merge_segments(
    store: Store, settings: Settings, campaign_id: str, merges: Mapping[str, str], *, actor: str
) -> int:
    """Let segments join others; everything else about the segmentation stays as it was kept.

    The people of a segment that joins another get the messages of that one; the messages that
    were written for it are retired and stay on record.  Segments that were split by products stay
    split but for what is merged, until the products are refreshed.

    Args:
        store: Rewrites the campaign's ``segments`` and ``segment_members``.
        settings: Of which ``segmentation`` says sizes, sample and seed.
        campaign_id: Whose segments.
        merges: Name of each segment that joins, and of the one that it joins.
        actor: Who merges them.

    Returns:
        How many customers are in a segment.

    Raises:
        InputError: A name is none of the segments, or the merges go in a circle.
        StateError: The campaign has no segments of its own, or they are frozen.
    """
    refuse_if_launched(store, campaign_id, "its segments")
    with store.transaction():
        if members := segmentation.merge_parts(store, campaign_id, merges, actor=actor):
            return journal(store, campaign_id, "segment", members, actor)
    row = store.read_one(_METHOD, campaign_id=campaign_id)
    if row is None or row[0] == "inherited":
        raise StateError(
            "This campaign has no segments of its own that could be merged. A follow-up keeps "
            "those of the campaign before."
        )
    method, parameters = row[0], json.loads(row[1])
    proposal = segmentation.fit_segments(
        store, settings, campaign_id, method=method, n_clusters=parameters.get("n_clusters"),
        merges={**parameters.get("merges", {}), **merges},
    )  # fmt: skip
    return keep_segments(store, campaign_id, proposal, actor=actor)


def design_experiment(
    store: Store,
    settings: Settings,
    campaign_id: str,
    plan: experiments.Plan,
    *,
    analysis_on: date | None = None,
    actor: str,
) -> str:
    """Write the plan down as the campaign's experiment; free to change until it is approved."""
    refuse_if_launched(store, campaign_id, "its design")
    with store.transaction():
        experiment_id = experiments.design_experiment(
            store, settings, campaign_id, plan, analysis_on=analysis_on, actor=actor
        )
        journal(store, campaign_id, "design", len(plan.arms), actor)
    return experiment_id


def approve_design(
    store: Store, campaign_id: str, *, actor: str, note: str = "", request_id: str | None = None
) -> int:
    """Freeze the hypothesis, give every eligible customer one arm, and sign all of it off.

    Args:
        store: Holds the campaign.
        campaign_id: Which campaign.
        actor: Who signs; not who designed or worded it, where somebody else is on record.
        note: What the one who signs wants to have on record.
        request_id: Of the click.

    Returns:
        How many customers were newly given an arm.

    Raises:
        StateError: The design cannot be approved, or it is the actor's own work.
    """
    refuse_if_launched(store, campaign_id, "its design")
    experiment_id = experiment_of(store, campaign_id)
    with store.transaction():
        approval.refuse_own_work(store, campaign_id, actor)
        experiments.approve_design(store, experiment_id, actor=actor)
        assigned = experiments.assign_arms(store, experiment_id, actor=actor)
        approval.seal(store, campaign_id, actor=actor, note=note, request_id=request_id)
        return journal(store, campaign_id, "assign", assigned, actor)


def sign_off(
    store: Store,
    settings: Settings,
    campaign_id: str,
    *,
    actor: str,
    note: str = "",
    request_id: str | None = None,
) -> int:
    """Sign the campaign off as it stands now, after something changed since the last sign-off.

    Args:
        store: Receives the seal.
        settings: Put their policy in force first, because the sign-off covers it.
        campaign_id: Its design has to be approved.
        actor: Who signs; not who designed or worded it, where somebody else is on record.
        note: What the one who signs wants to have on record.
        request_id: Of the click.

    Returns:
        The seal's id.

    Raises:
        StateError: Something is not ready to be signed, or it is the actor's own work.
    """
    put_policy_in_force(store, settings, actor=actor)
    return approval.seal(store, campaign_id, actor=actor, note=note, request_id=request_id)


def send_back(
    store: Store,
    campaign_id: str,
    *,
    decision: str,
    note: str,
    actor: str,
    request_id: str | None = None,
) -> None:
    """Ask for changes to a campaign, or reject it, instead of signing it off.

    Raises:
        InputError: The decision is unknown, or nothing is said.
        StateError: It was launched, or nobody designed it yet.
    """
    refuse_if_launched(store, campaign_id, "its sign-off")
    experiment_of(store, campaign_id)
    approval.send_back(
        store, campaign_id, decision=decision, note=note, actor=actor, request_id=request_id
    )


def has_to_ask(store: Store, actor: str) -> bool:
    """Tell whether somebody else is on record, who has to sign what the actor designs."""
    return not is_program(actor) and not approval.is_alone(store, actor)


seal_state = approval.seal_state


own_work = approval.own_work


def withdraw_design(store: Store, campaign_id: str, *, reason: str, actor: str) -> int:
    """Take the approval of the design back, so that messages or weights can still change."""
    refuse_if_launched(store, campaign_id, "its design")
    experiment_id = experiment_of(store, campaign_id)
    return experiments.withdraw_design(store, experiment_id, reason=reason, actor=actor)


start_holdout = experiments.start_holdout


change_holdout = experiments.change_holdout


end_holdout = experiments.end_holdout
