"""Triggers: set, rehearsed, fired, and handed over to the tool that sends them."""

from __future__ import annotations

from datetime import UTC, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from personalization import delivery
from personalization.addresses import is_allowed
from personalization.campaign.consent import keep_consent_law
from personalization.campaign.inputs import check_inputs
from personalization.campaign.journal import campaign_of
from personalization.campaign.messages import put_policy_in_force
from personalization.campaign.products import refresh_products
from personalization.errors import StateError
from personalization.recommendation import (
    asking,
    running,
    trigger_handover,
    trigger_keeping,
    trigger_standing,
    trigger_values,
)
from personalization.recommendation import triggers as firing

if TYPE_CHECKING:
    from datetime import datetime

    from personalization.jobs import JobRunner, Progress
    from personalization.settings import Settings
    from personalization.store import Store

ContactRules = trigger_values.ContactRules
Evaluation = trigger_values.Evaluation
FiringHandover = trigger_handover.Handover
FiringStanding = trigger_standing.Standing
Trigger = trigger_values.Trigger
TriggerPlan = trigger_values.TriggerPlan

FIRING_OUTCOMES: Final = trigger_values.OUTCOMES
FIRING_STATES: Final = trigger_standing.STATES
TRIGGER_EVENTS: Final = trigger_values.EVENTS
USUAL_PLANS: Final = trigger_values.USUAL

contact_rules = trigger_keeping.contact_rules
save_contact_rules = trigger_keeping.save_contact_rules
save_trigger = trigger_keeping.save_trigger
trigger_of = trigger_keeping.trigger_of
trigger_fault = firing.fault_of
triggers_of = trigger_keeping.triggers_of
triggers_as_of = firing.as_of


def rehearse_triggers(
    store: Store, settings: Settings, dataset_id: str, *, now: datetime | None = None
) -> trigger_values.Evaluation:
    """Tell what the triggers of a base would fire now, and what they would hold back and why.

    Nothing is kept; see ``recommendation.triggers.rehearse``.
    """
    keep_consent_law(store, settings)
    return firing.rehearse(store, dataset_id, now=now)


def fire_triggers(
    store: Store, settings: Settings, dataset_id: str, *, actor: str, now: datetime | None = None
) -> trigger_values.Evaluation:
    """Answer what has happened since the last time, each event once.

    Nothing goes out by that: what fired waits for ``hand_over_firings``.
    """
    keep_consent_law(store, settings)
    return firing.fire(store, dataset_id, actor=actor, now=now)


def firing_standing(
    store: Store, settings: Settings, dataset_id: str, *, now: datetime | None = None
) -> trigger_standing.Standing:
    """Tell which firings could be handed over now, and what the others wait for."""
    keep_consent_law(store, settings)
    trigger_handover.put_in_place(store, dataset_id)
    return trigger_standing.standing(
        store, dataset_id, now=now or triggers_as_of(store, dataset_id)
    )


_PLANNED: Final = """
    SELECT plans.campaign_id, max(steps.ran_at)
    FROM product_plans AS plans
    LEFT JOIN campaign_steps AS steps
        ON steps.campaign_id = plans.campaign_id AND steps.step = 'products'
    WHERE plans.campaign_id NOT IN (SELECT campaign_id FROM experiments
                                    WHERE approved_at IS NOT NULL)
    GROUP BY plans.campaign_id ORDER BY plans.campaign_id
"""
_FRESH: Final = timedelta(hours=20)  # what is refreshed once a day is refreshed at the same hour


def hand_over_firings(
    store: Store,
    settings: Settings,
    dataset_id: str,
    *,
    actor: str,
    ending: str = ".csv",
    now: datetime | None = None,
) -> trigger_handover.Handover:
    """Write the due firings of a base to a file, each once, with the products that go with them.

    The policy is put in force and what customers are called is checked first, as for an export;
    products that messages name are worked out anew once a day.

    Args:
        store: Holds the firings.
        settings: Of which ``[delivery] folder`` says where the file goes.
        dataset_id: Whose firings.
        actor: Who takes them.
        ending: ``.csv`` or ``.parquet``.
        now: The moment to look from; by default the base's own.

    Raises:
        InputError: There is no such base or format.
        StateError: The launch gate has something against the messages of a campaign that is due.
    """
    now = now or triggers_as_of(store, dataset_id)
    keep_consent_law(store, settings)
    settings = put_policy_in_force(store, settings, actor=actor)
    waiting = trigger_standing.standing(store, dataset_id, now=now)
    if not waiting.counts:
        return trigger_handover.Handover("", None, 0, "")
    campaigns = {one.plan.campaign_id for one in triggers_of(store, dataset_id) if one.is_on}
    for campaign_id in sorted(campaigns):
        check_inputs(store, settings, campaign_id, actor=actor)
    _refresh(store, settings, campaigns, is_stale=waiting.is_stale, actor=actor)
    found = trigger_standing.standing(store, dataset_id, now=now)
    for campaign_id in found.campaigns:
        _refuse_unfit(store, settings, campaign_id)
    _refuse_foreign(settings, found)
    runs = {
        (strategy, items, run_id): running.recommend(
            store, settings, dataset_id, strategy=strategy, wanted=items,
            customers=asking.Asked(trigger_run=run_id),
            as_of=now.astimezone(UTC).replace(tzinfo=None), actor=actor,
        )
        for strategy, items, run_id in found.asked
    }  # fmt: skip
    return trigger_handover.hand_over(
        store, dataset_id, Path(settings.delivery.folder) / "triggers", runs=runs, now=now,
        actor=actor, ending=ending,
    )  # fmt: skip


def _refresh(
    store: Store, settings: Settings, campaigns: set[str], *, is_stale: bool, actor: str
) -> None:
    """Work out anew the products that the triggers' campaigns name: once a day, or as they change.

    A campaign whose design is approved keeps its products as they were signed off.
    """
    for campaign_id, refreshed_at in store.read(_PLANNED):
        is_old = refreshed_at is None or refreshed_at < store.now() - _FRESH
        if campaign_id in campaigns and (is_old or is_stale):
            refresh_products(store, settings, campaign_id, actor=actor)


# What the launch gate asks of messages whoever gets them; the rest is about a test and its people.
_NEEDED: Final = ("Incident hold", "Origin", "Personal fields", "Products", "Footer", "Sender")


def _refuse_unfit(store: Store, settings: Settings, campaign_id: str) -> None:
    """Raise StateError where a campaign's messages could not be launched either."""
    red = [
        f"{check.name}: {check.message} {check.way_out}"
        for check in delivery.launch_gate(store, settings, campaign_id)
        if check.name in _NEEDED and not check.is_green
    ]
    if red:
        name = campaign_of(store, campaign_id).name
        raise StateError(f"The messages of ‘{name}’ cannot be handed over. {' '.join(red)}")


def _refuse_foreign(settings: Settings, found: trigger_standing.Standing) -> None:
    """Raise StateError where a link of a product that is due leads to pages of others."""
    foreign = [
        origin for origin in found.origins
        if not is_allowed(f"{origin}/", settings.brand.allowed_domains)
    ]  # fmt: skip
    if foreign:
        raise StateError(
            f"Links of products lead to {foreign[0]!r}, which is not your own site. Correct the "
            "catalogue and refresh the products, or add the site to the brand's domains."
        )


def start_handing_over(
    jobs: JobRunner,
    store: Store,
    settings: Settings,
    dataset_id: str,
    *,
    actor: str,
    ending: str = ".csv",
) -> str:
    """Start ``hand_over_firings`` as a job of the base, and return the job's id."""

    def work(progress: Progress) -> str:
        progress.report(0, 1, "Looking at customers, texts and products once more")
        made = hand_over_firings(store, settings, dataset_id, actor=actor, ending=ending)
        if made.path is None:
            return "Nothing could be handed over any more."
        told = "1 message is" if made.firings == 1 else f"{made.firings:,} messages are"
        return f"{told} in {made.path.name}."

    return jobs.submit(dataset_id, "hand_over", work)
