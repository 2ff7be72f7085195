"""Outreach: a plan becomes a campaign, its skeletons are written, screened and decided on.

An outreach campaign is one that is mailed to no customer.  What it sends is made of skeletons,
one for each role, channel, step and variation; a prospect's message is one of them whose fields SQL
fills.  So dozens of texts are written, read and approved, however many prospects there are.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from personalization import generation, outreach
from personalization.campaign.audience import create_campaign
from personalization.campaign.inputs import check_inputs
from personalization.campaign.journal import campaign_of_message, journal
from personalization.campaign.messages import screen_words
from personalization.campaign.outreach_desk import OutreachTemplate, SkeletonDesk, checker_of
from personalization.campaign.outreach_progress import WritingProgress
from personalization.domain import Brief, OutreachPlan
from personalization.errors import InputError
from personalization.store import record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personalization.jobs import JobRunner, Progress
    from personalization.settings import Settings
    from personalization.store import Store


@dataclass(frozen=True, slots=True)
class WrittenSkeletons:
    """What came of writing an outreach campaign.

    Attributes:
        campaign_id: Whose skeletons.
        variant_ids: They, in the order in which they were written.
        failed: (role, channel, kind and arm; why not).
        screened: How many were screened.
    """

    campaign_id: str
    variant_ids: tuple[str, ...]
    failed: tuple[tuple[str, str], ...] = ()
    screened: int = 0

    @property
    def sentence(self) -> str:
        """Say it in a sentence or two."""
        told = f"{len(self.variant_ids)} texts written, {self.screened} screened."
        if self.failed:
            told += f" {len(self.failed)} could not be written: {self.failed[0][1]}"
        return told


_ADD_PLAN: Final = """
    INSERT INTO outreach_plans (campaign_id, dataset_id, plan, made_at, made_by)
    VALUES ($campaign_id, $dataset_id, $plan, $made_at, $made_by)
    ON CONFLICT DO NOTHING
"""
_PLAN: Final = "SELECT dataset_id, plan FROM outreach_plans WHERE campaign_id = $campaign_id"
_TODAY: Final = """
    UPDATE campaigns SET send_on = $day WHERE campaign_id = $campaign_id AND send_on < $day
"""
# One segment for each role, with how many prospects of the base read its texts.
_FORGET_ROLES: Final = "DELETE FROM segments WHERE campaign_id = $campaign_id"
_ADD_ROLE: Final = """
    INSERT INTO segments (campaign_id, segment, position, rule, description, customers, profile)
    SELECT $campaign_id, $role, $position, $rule, $description,
           (SELECT count(*) FROM routings
            WHERE routings.dataset_id = $dataset_id AND routings.role = $role), '{}'
"""


def create_outreach(
    store: Store,
    settings: Settings,
    dataset_id: str,
    *,
    name: str,
    plan: OutreachPlan,
    actor: str,
    request_id: str | None = None,
) -> str:
    """Create an outreach campaign on a base of prospects, once for each ``request_id``.

    Writes ``campaigns``, ``outreach_plans``, a row of ``segments`` for each role of the plan, and
    audit rows.

    Raises:
        InputError: The name is empty, there is no such base, or nobody can write the plan.
    """
    for channel in plan.channels:
        outreach.channel_rule(channel)
    if not settings.brand.sender_address and "cold_email" in plan.channels:
        raise InputError("A cold e-mail needs a postal address. Set [brand] sender_address.")
    with store.transaction():
        campaign_id = create_campaign(
            store, name=name, dataset_id=dataset_id, brief=_BRIEF, send_on=store.now().date(),
            actor=actor, request_id=request_id or f"outreach:{uuid4().hex}",
            locale=plan.locales[0],
        )  # fmt: skip
        added = store.run(
            _ADD_PLAN, campaign_id=campaign_id, dataset_id=dataset_id,
            plan=json.dumps(asdict(plan)), made_at=store.now(), made_by=actor,
        )  # fmt: skip
        if added:
            record(
                store, "outreach.planned", campaign_id, actor=actor, campaign_id=campaign_id,
                dataset_id=dataset_id, **asdict(replace(plan, sign_off="")),
            )  # fmt: skip
            _keep_roles(store, campaign_id, dataset_id, plan)
    return campaign_id


_BRIEF: Final = Brief(goal="Begin a conversation with a business.", tone="professional")


def _keep_roles(store: Store, campaign_id: str, dataset_id: str, plan: OutreachPlan) -> None:
    store.run(_FORGET_ROLES, campaign_id=campaign_id)
    for position, role in enumerate(plan.roles):
        words = role.replace("_", " ")
        store.run(
            _ADD_ROLE, campaign_id=campaign_id, role=role, position=position,
            rule=f"The title reads as {words}.", description=f"Prospects in {words}.",
            dataset_id=dataset_id,
        )  # fmt: skip


def outreach_plan(store: Store, campaign_id: str) -> OutreachPlan:
    """Return what an outreach campaign writes.

    Raises:
        InputError: There is no outreach campaign of that id.
    """
    return OutreachPlan(**json.loads(_planned(store, campaign_id)[1]))


def _planned(store: Store, campaign_id: str) -> tuple[str, str]:
    row = store.read_one(_PLAN, campaign_id=campaign_id)
    if row is None:
        raise InputError(
            f"There is no outreach campaign {campaign_id!r}. The Outreach page lists them."
        )
    return str(row[0]), str(row[1])


def write_skeletons(
    store: Store,
    settings: Settings,
    campaign_id: str,
    *,
    actor: str,
    progress: Progress | None = None,
) -> WrittenSkeletons:
    """Write what an outreach campaign's plan asks for, and screen it; nothing is approved by it.

    A text that is there already and would read the same is left alone, with its approval, and so is
    one that somebody worded by hand.  What reads like another text of its role, channel and step
    is left out.

    Args:
        store: Reads ``documents`` and what belongs to them; writes ``variants``, ``claims``,
            ``variant_sources``, ``variant_channels``, ``screenings`` and audit rows.
        settings: Say who writes, and who the sender is.
        campaign_id: Which campaign.
        actor: Who wants it.
        progress: Is told how far it is, and asked whether to stop.

    Raises:
        InputError: There is no such campaign.
    """
    dataset_id, _ = _planned(store, campaign_id)
    plan = outreach_plan(store, campaign_id)
    with store.transaction():
        store.run(_TODAY, campaign_id=campaign_id, day=store.now().date())
        _keep_roles(store, campaign_id, dataset_id, plan)
    check_inputs(store, settings, campaign_id, actor=actor)
    desk = SkeletonDesk(store, settings, campaign_id, plan, actor)
    told = WritingProgress(progress) if progress else None
    ids, failed = desk.write_all(told.writing if told else None)
    journal(store, campaign_id, "write", len(ids), actor)
    if told and ids:
        told.screening.report(0, len(ids), "")  # the engine may take a while to load
    screened = screen_words(
        store, settings, campaign_id, actor=actor, progress=told.screening if told else None
    )
    return WrittenSkeletons(campaign_id, ids, failed, screened)


def start_writing_skeletons(
    jobs: JobRunner, store: Store, settings: Settings, campaign_id: str, *, actor: str
) -> str:
    """Start ``write_skeletons`` as a job of the campaign, and return the job's id."""
    outreach_plan(store, campaign_id)

    def work(progress: Progress) -> str:
        found = write_skeletons(store, settings, campaign_id, actor=actor, progress=progress)
        return found.sentence

    return jobs.submit(campaign_id, "outreach", work)


def edit_skeleton(
    store: Store,
    settings: Settings,
    variant_id: str,
    texts: Mapping[str, str],
    *,
    seen_version: int,
    actor: str,
) -> int:
    """Keep an edited text as a new version and screen it; the approval of the old one is void.

    Raises:
        InputError: There is no such text, nothing was changed, or a field cannot be filled.
        StateError: Somebody else changed it in the meantime.
    """
    campaign_id = campaign_of_message(store, variant_id)
    plan = outreach_plan(store, campaign_id)
    found = store.read_one(_SKELETON, variant_id=variant_id)
    if found is None:
        raise InputError(f"There is no text {variant_id!r}. The Outreach page lists them.")
    role, locale = found
    brand = settings.brand.name
    version = generation.edit_text(
        store, variant_id, dict(texts), seen_version=seen_version, brand=brand, actor=actor,
        checker=checker_of(store, settings, campaign_id), is_for_prospects=True,
        lines=generation.outreach_lines(locale, role, brand, plan.sign_off),
    )  # fmt: skip
    screen_words(store, settings, campaign_id, actor=actor, progress=None)
    return version


_SKELETON: Final = """
    SELECT variants.segment, variants.locale FROM current_variants AS variants
    JOIN variant_channels AS told ON told.variant_id = variants.variant_id
    WHERE variants.variant_id = $variant_id
"""


def keep_template(
    store: Store,
    settings: Settings,
    campaign_id: str,
    template: OutreachTemplate,
    *,
    actor: str,
) -> str:
    """Keep a text that somebody worded by hand as a skeleton, grounded and screened like any other.

    Kept twice it stays one; other words for the same place are its next version.

    Returns:
        The id of the variant.

    Raises:
        InputError: A field of it cannot be filled, or its channel does not take it.
    """
    plan = outreach_plan(store, campaign_id)
    desk = SkeletonDesk(store, settings, campaign_id, plan, actor)
    variant_id = desk.keep_template(template)
    screen_words(store, settings, campaign_id, actor=actor, progress=None)
    return variant_id
