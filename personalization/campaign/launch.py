"""The end: the messages go out, and what came of it counts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from personalization import customers, delivery, experiments, generation, learning, segmentation
from personalization.campaign.audience import create_campaign
from personalization.campaign.emails import check_emails
from personalization.campaign.inputs import check_inputs
from personalization.campaign.journal import (
    campaign_of,
    experiment_of,
    journal,
)
from personalization.campaign.lessons import learn
from personalization.campaign.messages import put_policy_in_force, screen_messages
from personalization.campaign.products import inherit_products, refresh_products
from personalization.errors import InputError, StateError

if TYPE_CHECKING:
    from datetime import date

    from personalization.settings import Settings
    from personalization.store import Store

Assumptions = delivery.Assumptions


def launch_gate(
    store: Store, settings: Settings, campaign_id: str, *, actor: str = "system"
) -> tuple[delivery.GateCheck, ...]:
    """Check everything that a launch needs, under the policy of these very settings."""
    settings = put_policy_in_force(store, settings, actor=actor)
    check_emails(store, settings, campaign_id, actor=actor)
    return delivery.launch_gate(store, settings, campaign_id)


def export_campaign(
    store: Store,
    settings: Settings,
    campaign_id: str,
    *,
    actor: str,
    request_id: str,
    merge_syntax: str = "",
) -> delivery.Export:
    """Launch for real: write the files that the e-mail tool sends, if the gate is green.

    Customers' values and passages are checked once more: what came in since the messages were
    screened goes out no more unread than what was there before.

    Args:
        store: Holds the campaign.
        settings: Their ``[delivery]`` says where the files go, and how merge fields are written.
        campaign_id: Which campaign.
        actor: Who asks for it.
        request_id: Of the click.
        merge_syntax: How the sending tool reads merge fields, where it differs from the settings.

    Raises:
        InputError: There is no such syntax.
    """
    if merge_syntax:
        settings = replace(settings, delivery=replace(settings.delivery, merge_syntax=merge_syntax))
    settings = put_policy_in_force(store, settings, actor=actor)
    check_inputs(store, settings, campaign_id, actor=actor)
    check_emails(store, settings, campaign_id, actor=actor)
    export = delivery.export_campaign(
        store, settings, campaign_id, actor=actor, request_id=request_id
    )
    journal(store, campaign_id, "launch", export.recipients, actor)
    return export


def simulate_campaign(
    store: Store,
    settings: Settings,
    campaign_id: str,
    *,
    actor: str,
    request_id: str,
    assumptions: delivery.Assumptions | None = None,
) -> int:
    """Launch as a marked simulation, and measure what came of it.

    Args:
        store: Holds the campaign.
        settings: Their ``[delivery]`` says what is assumed, unless ``assumptions`` does.
        campaign_id: Which campaign.
        actor: Who asks for it.
        request_id: Of the click.
        assumptions: What is taken for granted instead.
    """
    settings = put_policy_in_force(store, settings, actor=actor)
    check_inputs(store, settings, campaign_id, actor=actor)
    check_emails(store, settings, campaign_id, actor=actor)
    simulated = delivery.simulate_campaign(
        store, settings, campaign_id, actor=actor, request_id=request_id, assumptions=assumptions
    )
    journal(store, campaign_id, "launch", simulated, actor)
    measure(store, settings, campaign_id, actor=actor)
    return simulated


def record_engagements(
    store: Store,
    settings: Settings,
    campaign_id: str,
    intake: customers.Intake,
    *,
    actor: str,
    request_id: str,
) -> delivery.EngagementImport:
    """Take in what recipients really did, and measure anew.

    Raises:
        InputError: The file was refused, or a question about it is open.
    """
    if intake.staged is None or intake.ask:
        raise InputError(intake.refuse or f"Answer this first: {', '.join(intake.ask)}.")
    with store.transaction():
        outcome = delivery.record_engagements(
            store, campaign_id, intake.staged, actor=actor, request_id=request_id,
            file_name=intake.file_name, file_sha256=intake.file_sha256,
            unreadable=intake.rejected, merged=intake.merged, problems=intake.problems,
        )  # fmt: skip
        customers.forget_again(store, outcome.import_id)
    measure(store, settings, campaign_id, actor=actor)
    return outcome


def measure(store: Store, settings: Settings, campaign_id: str, *, actor: str) -> int:
    """Work out health, lift and attribute effects from what was delivered and done."""
    experiment_id = experiment_of(store, campaign_id)
    with store.transaction(), experiments.outcomes_at_hand(store, experiment_id):
        rows = experiments.measure(store, settings, experiment_id, actor=actor)
        rows += learning.attribute_effects(store, experiment_id, actor=actor)
        rows += learn(store, settings, campaign_id, actor=actor)
    return journal(store, campaign_id, "measure", rows, actor)


def open_early(store: Store, campaign_id: str, *, actor: str, reason: str) -> int:
    """Open the results before their day; the reason is kept and it cannot be closed again."""
    experiment_id = experiment_of(store, campaign_id)
    with store.transaction():
        experiments.open_early(store, experiment_id, actor=actor, reason=reason)
        return journal(store, campaign_id, "measure", 0, actor)


def recompute(store: Store, settings: Settings, campaign_id: str) -> experiments.Recomputed:
    """Work every stored number out anew, without writing, and say what differs."""
    return experiments.recompute(store, settings, experiment_of(store, campaign_id))


_STEPS_DONE = "SELECT count(*) FROM campaign_steps WHERE campaign_id = $campaign_id"
_FOLLOW_UP = """
    SELECT name FROM campaigns
    WHERE parent_id = $campaign_id AND request_id IS DISTINCT FROM $request_id
    ORDER BY created_at, campaign_id LIMIT 1
"""


def scale_winner(
    store: Store,
    settings: Settings,
    campaign_id: str,
    *,
    send_on: date,
    actor: str,
    request_id: str,
) -> str:
    """Create the follow-up campaign: the winning message, for everybody who has not had it.

    The follow-up keeps the segments and the control text, so that it is measured too; its
    messages start at screening and need an approval of their own.  Products that they name are
    worked out anew.

    Returns:
        The follow-up's id.

    Raises:
        StateError: No arm has been shown to be better than the control, or it is scaled already.
    """
    other = store.read_one(_FOLLOW_UP, campaign_id=campaign_id, request_id=request_id)
    if other:
        raise StateError(f"The winner is scaled already, by the campaign {other[0]!r}. Open that.")
    parent = campaign_of(store, campaign_id)
    winners = experiments.winner(store, experiment_of(store, campaign_id))
    if not winners.arms:
        raise StateError(f"There is no winner to scale: {winners.reason}")
    with store.transaction():
        follow_up = create_campaign(
            store, name=f"{parent.name}: winner for the rest", dataset_id=parent.dataset_id,
            brief=parent.brief, send_on=send_on, locale=parent.locale, actor=actor,
            request_id=request_id, parent_id=campaign_id,
        )  # fmt: skip
        if store.read(_STEPS_DONE, campaign_id=follow_up) != [(0,)]:
            return follow_up
        members = segmentation.inherit_segments(
            store, follow_up, parent_id=campaign_id, winners=dict(winners.arms), actor=actor
        )
        journal(store, follow_up, "segment", members, actor)
        won = {arm for _, arm in winners.arms}
        names_products = inherit_products(
            store, follow_up, parent_id=campaign_id, arms=won, actor=actor
        )
        written = generation.carry_over(
            store, follow_up, parent_id=campaign_id, winners=dict(winners.arms), actor=actor
        )
        journal(store, follow_up, "write", written, actor)
    if names_products:
        refresh_products(store, settings, follow_up, actor=actor)
    screen_messages(store, settings, follow_up, actor=actor)
    return follow_up
