"""A campaign: the stages in their order, and what a user can ask of each.

Every function is one thing that somebody does, on a page or on the command line: it asks one
stage to move the campaign's rows on, and journals that.  Who may go when is decided here; how
it is done, only in the stage.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from personalization import (
    approval,
    content,
    customers,
    delivery,
    experiments,
    generation,
    learning,
    safety,
    segmentation,
)
from personalization.domain import Brief, Campaign
from personalization.errors import InputError, StateError
from personalization.providers import registry
from personalization.store import record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from personalization.domain import Message
    from personalization.jobs import JobRunner, Progress
    from personalization.settings import Settings
    from personalization.store import Store

STEPS: Final = (
    "segment",
    "find",
    "write",
    "screen",
    "approve",
    "design",
    "assign",
    "launch",
    "measure",
)
"""The journal's words, in the order in which a campaign goes through them."""

_JOURNAL = "INSERT INTO campaign_steps VALUES ($campaign_id, $step, $rows, $actor, $now)"


def _journal(store: Store, campaign_id: str, step: str, rows: int, actor: str) -> int:
    store.run(_JOURNAL, campaign_id=campaign_id, step=step, rows=rows, actor=actor, now=store.now())
    return rows


# Customers -----------------------------------------------------------------------------

check_file = customers.check_file
load_sample = customers.load_sample


def import_files(
    store: Store,
    *,
    name: str,
    intakes: Sequence[customers.Intake],
    actor: str,
    request_id: str,
) -> str:
    """Import checked files as one new customer base, all of them or none.

    Returns:
        The id of the dataset; that of the first call when ``request_id`` was seen before.
    """
    with store.transaction():
        dataset_id = customers.create_dataset(store, name, actor=actor, request_id=request_id)
        for position, intake in enumerate(intakes):
            customers.import_intake(
                store, intake, dataset_id, actor=actor, request_id=f"{request_id}:{position}"
            )
        customers.derive_history(store, dataset_id)
    return dataset_id


_BY_REQUEST = "SELECT campaign_id FROM campaigns WHERE request_id = $request_id"
_DATASET = "SELECT count(*) FROM datasets WHERE dataset_id = $dataset_id"
_CREATE = """
    INSERT INTO campaigns VALUES ($campaign_id, $name, $dataset_id, $parent_id, $brief, $send_on,
                                  $locale, $seed, $now, $actor, $request_id)
"""


def create_campaign(
    store: Store,
    *,
    name: str,
    dataset_id: str,
    brief: Brief,
    send_on: date,
    actor: str,
    request_id: str,
    locale: str = "en-GB",
    parent_id: str | None = None,
    seed: str | None = None,
) -> str:
    """Create a campaign on a customer base, once for each ``request_id``.

    The same ``seed`` on the same customers and content gives the same texts, arms and simulated
    responses; without one each campaign draws its own.

    Raises:
        InputError: The name is empty, or the dataset does not exist.
    """
    if not name.strip():
        raise InputError("The campaign has no name. Give it one that the team will recognise.")
    with store.transaction():
        if seen := store.read_one(_BY_REQUEST, request_id=request_id):
            return str(seen[0])
        if store.read(_DATASET, dataset_id=dataset_id) == [(0,)]:
            raise InputError(f"There is no customer base {dataset_id!r}. Upload one first.")
        campaign_id = f"c{uuid4().hex[:8]}"
        record(
            store, "campaign.created", campaign_id, actor=actor, campaign_id=campaign_id,
            dataset_id=dataset_id, send_on=send_on, parent_id=parent_id,
        )  # fmt: skip
        store.run(
            _CREATE,
            campaign_id=campaign_id,
            name=name.strip(),
            dataset_id=dataset_id,
            parent_id=parent_id,
            brief=json.dumps(asdict(brief)),
            send_on=send_on,
            locale=locale,
            seed=seed or campaign_id,
            now=store.now(),
            actor=actor,
            request_id=request_id,
        )
    return campaign_id


_CAMPAIGN = """
    SELECT campaign_id, name, dataset_id, brief, send_on, locale, seed, parent_id
    FROM campaigns WHERE campaign_id = $campaign_id
"""


def campaign_of(store: Store, campaign_id: str) -> Campaign:
    """Return the campaign as its row says it.

    Raises:
        InputError: There is none of that id.
    """
    row = store.read_one(_CAMPAIGN, campaign_id=campaign_id)
    if row is None:
        raise InputError(f"There is no campaign {campaign_id!r}. The Campaigns page lists them.")
    name, dataset_id, brief, send_on, locale, seed, parent_id = row[1:]
    return Campaign(
        campaign_id, name, dataset_id, Brief(**json.loads(brief)), send_on, locale, seed, parent_id
    )


_LAUNCHED = """
    SELECT count(*) FROM experiments
    WHERE campaign_id = $campaign_id AND launched_at IS NOT NULL
"""


def _refuse_if_launched(store: Store, campaign_id: str, what: str) -> None:
    campaign_of(store, campaign_id)
    if store.read(_LAUNCHED, campaign_id=campaign_id) != [(0,)]:
        raise StateError(
            f"The campaign has been launched, so {what} cannot change any more. "
            "Start a follow-up campaign instead."
        )


# Segments and content ------------------------------------------------------------------

fit_segments = segmentation.fit_segments


def keep_segments(
    store: Store, campaign_id: str, proposal: segmentation.Segmentation, *, actor: str
) -> int:
    """Put every customer of the campaign into one segment; what was kept before is replaced."""
    _refuse_if_launched(store, campaign_id, "its segments")
    with store.transaction():
        members = segmentation.keep_segments(store, campaign_id, proposal, actor=actor)
        return _journal(store, campaign_id, "segment", members, actor)


def import_content(store: Store, settings: Settings, *, actor: str) -> content.ContentImport:
    """Bring the corpus folder's documents into the store; unchanged ones are left alone."""
    return content.import_content(store, Path(settings.content.corpus), actor=actor)


def find_content(store: Store, settings: Settings, campaign_id: str, *, actor: str) -> int:
    """Find the approved passages for each segment of the campaign."""
    _refuse_if_launched(store, campaign_id, "its sources")
    found = content.find_for_campaign(store, settings, campaign_id, encoder=registry.encoder())
    return _journal(store, campaign_id, "find", found, actor)


choose_passage = content.choose_passage
set_document_status = content.set_status


# Messages ------------------------------------------------------------------------------


def write_messages(
    store: Store,
    settings: Settings,
    campaign_id: str,
    *,
    actor: str,
    progress: Progress | None = None,
    only: frozenset[tuple[str, str]] | None = None,
) -> str:
    """Find sources, write what is not written yet, and screen all of it; say what came of it."""
    _refuse_if_launched(store, campaign_id, "its messages")
    report = progress.report if progress else None
    is_cancelled = progress.is_cancelled if progress else None
    if report:
        report(0, 1, "Looking for approved content")
    find_content(store, settings, campaign_id, actor=actor)
    written = generation.write_variants(
        store, settings, campaign_id, actor=actor, only=only, progress=report,
        cancelled=is_cancelled, writer=registry.writer(settings.generation),
    )  # fmt: skip
    _journal(store, campaign_id, "write", written, actor)
    screened = screen_messages(store, settings, campaign_id, actor=actor, progress=progress)
    return f"{written} messages written, {screened} screened."


def screen_messages(
    store: Store,
    settings: Settings,
    campaign_id: str,
    *,
    actor: str,
    progress: Progress | None = None,
) -> int:
    """Screen every message that the policy in force has not judged in its present wording."""
    safety.activate_policy(store, settings, actor=actor)
    screened = safety.screen_campaign(
        store, settings, campaign_id, actor=actor, classifier=registry.classifier(settings.safety),
        progress=progress.report if progress else None,
        cancelled=progress.is_cancelled if progress else None,
    )  # fmt: skip
    return _journal(store, campaign_id, "screen", screened, actor)


def start_writing(
    jobs: JobRunner,
    store: Store,
    settings: Settings,
    campaign_id: str,
    *,
    actor: str,
    only: frozenset[tuple[str, str]] | None = None,
) -> str:
    """Start ``write_messages`` as a job, and return the job's id."""
    _refuse_if_launched(store, campaign_id, "its messages")
    return jobs.submit(
        campaign_id,
        "write",
        lambda progress: write_messages(
            store, settings, campaign_id, actor=actor, progress=progress, only=only
        ),
    )


def start_finding(
    jobs: JobRunner, store: Store, settings: Settings, campaign_id: str, *, actor: str
) -> str:
    """Start ``find_content`` as a job, so that the sources can be looked at before the writing."""
    _refuse_if_launched(store, campaign_id, "its sources")

    def find(progress: Progress) -> str:
        progress.report(0, 1, "Looking for approved content")
        found = find_content(store, settings, campaign_id, actor=actor)
        return f"{found} passages found."

    return jobs.submit(campaign_id, "find", find)


def edit_message(
    store: Store,
    settings: Settings,
    variant_id: str,
    message: Message,
    *,
    seen_version: int,
    actor: str,
) -> int:
    """Store an edit as a new version and screen it; the approval of the old one is void."""
    _refuse_if_launched(store, _campaign_of(store, variant_id), "its messages")
    version = generation.edit_variant(
        store, variant_id, message, seen_version=seen_version, actor=actor
    )
    _screen_one(store, settings, variant_id, actor)
    return version


def regenerate_message(store: Store, settings: Settings, variant_id: str, *, actor: str) -> int:
    """Have a message written anew, as a new version, and screen it."""
    _refuse_if_launched(store, _campaign_of(store, variant_id), "its messages")
    writer = registry.writer(settings.generation)
    version = generation.regenerate(store, settings, variant_id, writer=writer, actor=actor)
    _screen_one(store, settings, variant_id, actor)
    return version


def _screen_one(store: Store, settings: Settings, variant_id: str, actor: str) -> None:
    safety.activate_policy(store, settings, actor=actor)
    classifier = registry.classifier(settings.safety)
    safety.screen_variant(store, settings, variant_id, actor=actor, classifier=classifier)


_VARIANT = "SELECT campaign_id FROM variants WHERE variant_id = $variant_id LIMIT 1"


def _campaign_of(store: Store, variant_id: str) -> str:
    row = store.read_one(_VARIANT, variant_id=variant_id)
    if row is None:
        raise InputError(f"There is no message {variant_id!r}. The Review page lists them.")
    return str(row[0])


def decide(
    store: Store,
    variant_id: str,
    *,
    version: int,
    decision: str,
    note: str,
    actor: str,
    request_id: str | None = None,
) -> int:
    """Approve a message, ask for changes, or reject it."""
    _refuse_if_launched(store, _campaign_of(store, variant_id), "its approvals")
    return approval.decide(
        store, variant_id, version=version, decision=decision, note=note, actor=actor,
        request_id=request_id,
    )  # fmt: skip


render_for = delivery.render_for
preview_customers = delivery.preview_customers
field_coverage = delivery.field_coverage


def approve_all(store: Store, campaign_id: str, *, actor: str) -> int:
    """Approve every message that passed its screening and waits for a decision."""
    _refuse_if_launched(store, campaign_id, "its approvals")
    approved = approval.approve_all(store, campaign_id, actor=actor)
    return _journal(store, campaign_id, "approve", approved, actor)


def undo_decision(store: Store, variant_id: str, *, actor: str) -> int:
    """Take the last decision on a message back."""
    _refuse_if_launched(store, _campaign_of(store, variant_id), "its approvals")
    return approval.undo(store, variant_id, actor=actor)


# Experiment and launch -----------------------------------------------------------------

Assumptions = delivery.Assumptions
plan_experiment = experiments.plan_experiment
launch_gate = delivery.launch_gate


def design_experiment(
    store: Store,
    settings: Settings,
    campaign_id: str,
    plan: experiments.Plan,
    *,
    analysis_on: date,
    actor: str,
) -> str:
    """Write the plan down as the campaign's experiment; free to change until it is approved."""
    _refuse_if_launched(store, campaign_id, "its design")
    with store.transaction():
        experiment_id = experiments.design_experiment(
            store, settings, campaign_id, plan, analysis_on=analysis_on, actor=actor
        )
        _journal(store, campaign_id, "design", len(plan.arms), actor)
    return experiment_id


def approve_design(store: Store, campaign_id: str, *, actor: str) -> int:
    """Freeze the hypothesis and give every eligible customer one arm."""
    _refuse_if_launched(store, campaign_id, "its design")
    experiment_id = _experiment_of(store, campaign_id)
    with store.transaction():
        experiments.approve_design(store, experiment_id, actor=actor)
        assigned = experiments.assign_arms(store, experiment_id, actor=actor)
        return _journal(store, campaign_id, "assign", assigned, actor)


def withdraw_design(store: Store, campaign_id: str, *, reason: str, actor: str) -> int:
    """Take the approval of the design back, so that messages or weights can still change."""
    _refuse_if_launched(store, campaign_id, "its design")
    experiment_id = _experiment_of(store, campaign_id)
    return experiments.withdraw_design(store, experiment_id, reason=reason, actor=actor)


def _experiment_of(store: Store, campaign_id: str) -> str:
    experiment_id = experiments.experiment_of(store, campaign_id)
    if experiment_id is None:
        raise StateError("The campaign has no experiment yet. Design it on the Experiment page.")
    return experiment_id


def export_campaign(
    store: Store, settings: Settings, campaign_id: str, *, actor: str, request_id: str
) -> delivery.Export:
    """Launch for real: write the files that the e-mail tool sends, if the gate is green."""
    export = delivery.export_campaign(
        store, settings, campaign_id, actor=actor, request_id=request_id
    )
    _journal(store, campaign_id, "launch", export.recipients, actor)
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
    simulated = delivery.simulate_campaign(
        store, settings, campaign_id, actor=actor, request_id=request_id, assumptions=assumptions
    )
    _journal(store, campaign_id, "launch", simulated, actor)
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
    outcome = delivery.record_engagements(
        store, campaign_id, intake.staged, actor=actor, request_id=request_id,
        file_name=intake.file_name, file_sha256=intake.file_sha256,
    )  # fmt: skip
    measure(store, settings, campaign_id, actor=actor)
    return outcome


def measure(store: Store, settings: Settings, campaign_id: str, *, actor: str) -> int:
    """Work out health, lift and attribute effects from what was delivered and done."""
    experiment_id = _experiment_of(store, campaign_id)
    with store.transaction():
        rows = experiments.measure(store, settings, experiment_id, actor=actor)
        rows += learning.attribute_effects(store, experiment_id, actor=actor)
    return _journal(store, campaign_id, "measure", rows, actor)


# What comes of it ----------------------------------------------------------------------


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
    messages start at screening and need an approval of their own.

    Returns:
        The follow-up's id.

    Raises:
        StateError: No arm has been shown to be better than the control.
    """
    parent = campaign_of(store, campaign_id)
    winners = experiments.winner(store, _experiment_of(store, campaign_id))
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
        _journal(store, follow_up, "segment", members, actor)
        written = generation.carry_over(
            store, follow_up, parent_id=campaign_id, winners=dict(winners.arms), actor=actor
        )
        _journal(store, follow_up, "write", written, actor)
    screen_messages(store, settings, follow_up, actor=actor)
    return follow_up


_STEPS_DONE = "SELECT count(*) FROM campaign_steps WHERE campaign_id = $campaign_id"


def brief_from(values: Mapping[str, Any]) -> Brief:
    """Read a brief from a mapping, such as a section of a TOML file.

    Raises:
        InputError: A key is unknown.
    """
    known = set(asdict(Brief()))
    if unknown := sorted(values.keys() - known):
        raise InputError(f"A brief has no {unknown[0]!r}. It knows: {', '.join(sorted(known))}.")
    return Brief(**values)
