"""Running templates: the campaign of each period is made once, and its messages wait for review.

A run takes a campaign as far as written and screened messages, on the customers as they are now.
Nothing is approved or sent by it: that stays with people.  What was cut off is taken up by the next
run; what a brief or the content stands in the way of is said, and the campaign waits in its place.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from personalization import segmentation
from personalization.campaign.audience import create_campaign, fit_segments, keep_segments
from personalization.campaign.brief import brief_from
from personalization.campaign.messages import import_content, write_messages
from personalization.campaign.products import plan_products, product_plan, refresh_products
from personalization.campaign.templates import templates_of
from personalization.errors import PersonalizationError
from personalization.store import record

if TYPE_CHECKING:
    from datetime import date

    from personalization.campaign.templates import Template
    from personalization.jobs import JobRunner, Progress
    from personalization.settings import Settings
    from personalization.store import Store


@dataclass(frozen=True, slots=True)
class TemplateRun:
    """One period of a template.

    Attributes:
        state: ``would run`` in a rehearsal, ``in review`` or ``stopped``.
        told: What came of it, or what stood in the way.
    """

    template_id: str
    name: str
    period: str
    campaign_id: str
    state: str
    told: str


def period_of(every: str, today: date) -> str:
    """Return the period that a day lies in: ``2026-12-01``, ``2026-W49`` or ``2026-12``."""
    if every == "day":
        return today.isoformat()
    if every == "week":
        year, week, _ = today.isocalendar()
        return f"{year}-W{week:02}"
    return f"{today:%Y-%m}"


def _in_words(every: str, today: date) -> str:
    if every == "day":
        return f"{today.day} {today:%B %Y}"
    if every == "week":
        return f"week {today.isocalendar().week} of {today.isocalendar().year}"
    return f"{today:%B %Y}"


_RUN: Final = """
    SELECT runs.campaign_id, campaigns.send_on,
           EXISTS (SELECT 1 FROM campaign_steps
                   WHERE campaign_steps.campaign_id = runs.campaign_id AND step = 'screen')
    FROM template_runs AS runs
    JOIN campaigns ON campaigns.campaign_id = runs.campaign_id
    WHERE runs.template_id = $template_id AND runs.period = $period
"""
_RAN: Final = """
    INSERT INTO template_runs VALUES ($template_id, $period, $campaign_id, $now, $actor)
"""
_HAS_SEGMENTS: Final = "SELECT count(*) FROM segments WHERE campaign_id = $campaign_id"


def due_templates(store: Store, dataset_id: str = "") -> list[TemplateRun]:
    """Tell which templates a run would take up now; nothing is done."""
    return [
        TemplateRun(
            each.template_id, each.name, period, campaign_id, "would run",
            "Its campaign would be taken up again." if campaign_id else
            "Its campaign would be made, and its messages written for review.",
        )
        for each, period, campaign_id in _due(store, dataset_id)
    ]  # fmt: skip


def _due(store: Store, dataset_id: str) -> list[tuple[Template, str, str]]:
    """List what is switched on and not done for its period, with the campaign there may be."""
    found = []
    for template in templates_of(store, dataset_id):
        period = period_of(template.every, store.now().date())
        run = store.read_one(_RUN, template_id=template.template_id, period=period)
        if template.is_on and (run is None or not run[2]):
            found.append((template, period, str(run[0]) if run else ""))
    return found


def run_templates(
    store: Store,
    settings: Settings,
    *,
    dataset_id: str = "",
    actor: str,
    progress: Progress | None = None,
) -> list[TemplateRun]:
    """Make the campaigns that are due, and take each as far as messages that wait for review.

    Run again it makes none twice.  What stands in the way of one holds up no other.

    Args:
        store: Its clock says which period it is.
        settings: As for a campaign that somebody makes by hand.
        dataset_id: Whose templates; empty is those of all bases.
        actor: Who runs them.
        progress: Is told how far the writing of each campaign is.
    """
    due = _due(store, dataset_id)
    if due:
        import_content(store, settings, actor=actor)
    return [
        _run(store, settings, template, period, actor=actor, progress=progress)
        for template, period, _ in due
        if progress is None or not progress.is_cancelled()
    ]


def _run(
    store: Store,
    settings: Settings,
    template: Template,
    period: str,
    *,
    actor: str,
    progress: Progress | None,
) -> TemplateRun:
    campaign_id = ""
    try:
        campaign_id = _campaign(store, template, period, actor)
        _prepare(store, settings, template, campaign_id, actor)
        told = write_messages(store, settings, campaign_id, actor=actor, progress=progress)
        state = "in review"
    except PersonalizationError as error:
        told, state = str(error), "stopped"
    return TemplateRun(template.template_id, template.name, period, campaign_id, state, told)


def _campaign(store: Store, template: Template, period: str, actor: str) -> str:
    """Make the campaign of a period, once, and return its id."""
    today = store.now().date()
    with store.transaction():
        run = store.read_one(_RUN, template_id=template.template_id, period=period)
        if run is not None:
            return str(run[0])
        campaign_id = create_campaign(
            store, name=f"{template.name}, {_in_words(template.every, today)}",
            dataset_id=template.dataset_id, brief=brief_from(template.made_of["brief"]),
            send_on=today + timedelta(days=template.lead_days), actor=actor,
            locale=template.made_of["locale"], request_id=f"{template.template_id}:{period}",
        )  # fmt: skip
        store.run(
            _RAN, template_id=template.template_id, period=period, campaign_id=campaign_id,
            now=store.now(), actor=actor,
        )  # fmt: skip
        record(
            store, "template.ran", template.template_id, actor=actor, campaign_id=campaign_id,
            period=period, version=template.version,
        )  # fmt: skip
    return campaign_id


def _prepare(
    store: Store, settings: Settings, template: Template, campaign_id: str, actor: str
) -> None:
    """Give a campaign its segments and products; what is done already stays."""
    if store.read(_HAS_SEGMENTS, campaign_id=campaign_id) == [(0,)]:
        _keep_segments(store, settings, template.made_of["segments"], campaign_id, actor)
    if products := template.made_of["products"]:
        if product_plan(store, campaign_id) is None:
            plan_products(store, campaign_id, actor=actor, **products)
        refresh_products(store, settings, campaign_id, actor=actor)


def _keep_segments(
    store: Store, settings: Settings, asked: dict[str, Any], campaign_id: str, actor: str
) -> None:
    given = dict(asked)
    if rules := given.get("rules"):
        given["rules"] = segmentation.read_rules(rules)
    proposal = fit_segments(store, settings, campaign_id, **given)
    if proposal.small:
        proposal = fit_segments(store, settings, campaign_id, merges=dict(proposal.small), **given)
    keep_segments(store, campaign_id, proposal, actor=actor)


def start_templates(
    jobs: JobRunner, store: Store, settings: Settings, dataset_id: str, *, actor: str
) -> str:
    """Start ``run_templates`` for one base as a job, and return the job's id."""

    def run(progress: Progress) -> str:
        progress.report(0, 1, "Making the campaigns that are due, and writing their messages")
        done = run_templates(store, settings, dataset_id=dataset_id, actor=actor, progress=progress)
        stopped = [f"{one.name}: {one.told}" for one in done if one.state == "stopped"]
        made = len(done) - len(stopped)
        waits = "1 campaign waits" if made == 1 else f"{made} campaigns wait"
        return " ".join((f"{waits} for review.", *stopped))

    return jobs.submit(dataset_id, "templates", run)
