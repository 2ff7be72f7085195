"""The middle: approved content is found, messages are written, screened and decided on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from personalization import approval, content, delivery, generation, safety
from personalization.campaign.brand import take_shipped_profile
from personalization.campaign.brief import refuse_open_gaps
from personalization.campaign.emails import check_emails
from personalization.campaign.inputs import check_inputs, check_sources, in_words, with_engine
from personalization.campaign.journal import campaign_of_message, journal, refuse_if_launched
from personalization.campaign.lessons import weigh_messages
from personalization.campaign.products import refuse_unsplit
from personalization.errors import StateError
from personalization.providers import registry
from personalization.settings import corpus_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from personalization.domain import Message
    from personalization.jobs import JobRunner, Progress
    from personalization.providers.protocols import HarmClassifier
    from personalization.settings import Settings
    from personalization.store import Store


def import_content(store: Store, settings: Settings, *, actor: str) -> content.ContentImport:
    """Bring the corpus folder's documents into the store; unchanged ones are left alone.

    The brand profile beside them is the first version, where none was ever saved.
    """
    imported = content.import_content(store, corpus_folder(settings.content), actor=actor)
    take_shipped_profile(store, settings, actor=actor)
    check_sources(store, settings, actor=actor)
    return imported


def find_content(store: Store, settings: Settings, campaign_id: str, *, actor: str) -> int:
    """Find the approved passages for each segment of the campaign; held ones are not among them."""
    refuse_if_launched(store, campaign_id, "its sources")
    check_inputs(store, settings, campaign_id, actor=actor)
    return _find(store, settings, campaign_id, actor)


def _find(store: Store, settings: Settings, campaign_id: str, actor: str) -> int:
    found = content.find_for_campaign(store, settings, campaign_id, encoder=registry.encoder())
    return journal(store, campaign_id, "find", found, actor)


def choose_passage(
    store: Store,
    campaign_id: str,
    segment: str,
    document_id: str,
    choice: str | None,
    *,
    actor: str,
) -> None:
    """Pin a source to a segment, leave it out, or take either back."""
    refuse_if_launched(store, campaign_id, "its sources")
    content.choose_passage(store, campaign_id, segment, document_id, choice, actor=actor)


content_gaps = generation.content_gaps
ContentGap = generation.ContentGap
gap_lines = generation.gap_lines


def write_messages(
    store: Store,
    settings: Settings,
    campaign_id: str,
    *,
    actor: str,
    progress: Progress | None = None,
    only: frozenset[tuple[str, str]] | None = None,
) -> str:
    """Check what goes in, find sources, write what is missing, and screen all of it.

    Returns:
        What came of it, in a sentence or two.
    """
    refuse_if_launched(store, campaign_id, "its messages")
    refuse_open_gaps(store, settings, campaign_id)
    refuse_unsplit(store, campaign_id)
    report = progress.report if progress else None
    is_cancelled = progress.is_cancelled if progress else None
    if report:
        report(0, 1, "Looking for approved content")
    checks = check_inputs(store, settings, campaign_id, actor=actor)
    _find(store, settings, campaign_id, actor)
    written = generation.write_variants(
        store, settings, campaign_id, actor=actor, only=only, progress=report,
        cancelled=is_cancelled, writer=registry.writer(settings.generation),
    )  # fmt: skip
    journal(store, campaign_id, "write", written, actor)
    screened = _screen(store, settings, campaign_id, actor=actor, progress=progress)
    weigh_messages(store, settings, campaign_id, actor=actor)
    return f"{written} messages written, {screened} screened.{in_words(checks)}"


def put_policy_in_force(store: Store, settings: Settings, *, actor: str) -> Settings:
    """Put the policy of these settings in force, with the engine that serves here and now.

    Whatever was screened under another policy or by another engine may not go out from then on.

    Returns:
        The settings with ``auto`` resolved, as screening has to be given them.
    """
    settings = with_engine(settings)
    safety.activate_policy(store, settings, actor=actor)
    return settings


def screen_messages(
    store: Store,
    settings: Settings,
    campaign_id: str,
    *,
    actor: str,
    progress: Progress | None = None,
) -> int:
    """Screen every message that the policy in force has not judged in its present wording.

    What customers and sources put into messages is checked first.
    """
    check_inputs(store, settings, campaign_id, actor=actor)
    return _screen(store, settings, campaign_id, actor=actor, progress=progress)


def _screen(
    store: Store, settings: Settings, campaign_id: str, *, actor: str, progress: Progress | None
) -> int:
    screened = screen_words(store, settings, campaign_id, actor=actor, progress=progress)
    check_emails(store, settings, campaign_id, actor=actor)
    return screened


def screen_words(
    store: Store, settings: Settings, campaign_id: str, *, actor: str, progress: Progress | None
) -> int:
    """Screen what the policy in force has not judged yet, and draw no e-mail of it."""
    settings = put_policy_in_force(store, settings, actor=actor)
    screened = safety.screen_campaign(
        store, settings, campaign_id, actor=actor, classifier=_classifier(store, settings),
        progress=progress.report if progress else None,
        cancelled=progress.is_cancelled if progress else None,
    )  # fmt: skip
    return journal(store, campaign_id, "screen", screened, actor)


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
    refuse_if_launched(store, campaign_id, "its messages")
    refuse_open_gaps(store, settings, campaign_id)
    refuse_unsplit(store, campaign_id)
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
    refuse_if_launched(store, campaign_id, "its sources")

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
    cancelled: Callable[[], bool] | None = None,
) -> int:
    """Store an edit as a new version and screen it; the approval of the old one is void."""
    campaign_id = campaign_of_message(store, variant_id)
    refuse_if_launched(store, campaign_id, "its messages")
    version = generation.edit_variant(
        store, variant_id, message, seen_version=seen_version, actor=actor,
        checker=generation.on_account(
            registry.second_opinion(settings.generation), store, settings.generation, cancelled,
            campaign_id=campaign_id,
        ),
    )  # fmt: skip
    _screen_one(store, settings, variant_id, actor)
    return version


def regenerate_message(
    store: Store,
    settings: Settings,
    variant_id: str,
    *,
    actor: str,
    cancelled: Callable[[], bool] | None = None,
) -> int:
    """Have a message written anew, as a new version, and screen it."""
    refuse_if_launched(store, campaign_of_message(store, variant_id), "its messages")
    writer = registry.writer(settings.generation)
    version = generation.regenerate(
        store, settings, variant_id, writer=writer, actor=actor, cancelled=cancelled
    )
    _screen_one(store, settings, variant_id, actor)
    return version


PARTS = generation.PARTS


def regenerate_part(
    store: Store,
    settings: Settings,
    variant_id: str,
    part: str,
    *,
    seen_version: int,
    actor: str,
    cancelled: Callable[[], bool] | None = None,
) -> int:
    """Have the subject, the preview line or the call to action written anew, and screen it all."""
    campaign_id = campaign_of_message(store, variant_id)
    refuse_if_launched(store, campaign_id, "its messages")
    version = generation.regenerate_part(
        store, settings, variant_id, part, seen_version=seen_version, actor=actor,
        writer=registry.writer(settings.generation), cancelled=cancelled,
    )  # fmt: skip
    _screen_one(store, settings, variant_id, actor)
    return version


def _screen_one(store: Store, settings: Settings, variant_id: str, actor: str) -> None:
    """Screen a message that was changed, look at its e-mail, and weigh its campaign's arms."""
    settings = put_policy_in_force(store, settings, actor=actor)
    classifier = _classifier(store, settings)
    safety.screen_variant(store, settings, variant_id, actor=actor, classifier=classifier)
    campaign_id = campaign_of_message(store, variant_id)
    check_emails(store, settings, campaign_id, actor=actor)
    weigh_messages(store, settings, campaign_id, actor=actor)


def _classifier(store: Store, settings: Settings) -> HarmClassifier:
    """Return the engine, asked for what the policy in force wants of it."""
    return registry.classifier(settings.safety, azure=safety.policy_of(store, settings).azure)


_BARRING: Final = (
    "held", "withdrawn", "replaced", "not_valid", "source_held", "facts_changed", "not_for_sale",
)  # fmt: skip


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
    """Approve a message, ask for changes, or reject it; nothing that is stopped is approved."""
    campaign_id = campaign_of_message(store, variant_id)
    refuse_if_launched(store, campaign_id, "its approvals")
    stops = delivery.stops_of(store, campaign_id).get((variant_id, version), [])
    if decision == "approved":
        _refuse_barred(stops)
    return approval.decide(
        store, variant_id, version=version, decision=decision, note=note, actor=actor,
        request_id=request_id,
    )  # fmt: skip


def approve_all(store: Store, campaign_id: str, *, actor: str) -> int:
    """Approve every message that passed, waits for a decision, and cites nothing withdrawn."""
    refuse_if_launched(store, campaign_id, "its approvals")
    if held := delivery.holds_of(store, campaign_id):
        raise StateError(
            f"The campaign is on hold for the incident ‘{held[0]['title']}’, so nothing of it can "
            "be approved. Have it released on the Incidents page first."
        )
    stopped = {
        variant_id for (variant_id, _), stops in delivery.stops_of(store, campaign_id).items()
        if any(stop.kind in _BARRING for stop in stops)
    }  # fmt: skip
    approved = approval.approve_all(store, campaign_id, actor=actor, leave=stopped)
    return journal(store, campaign_id, "approve", approved, actor)


def approve_texts(store: Store, versions: Mapping[str, int], *, actor: str) -> int:
    """Approve messages in the very versions in which somebody read them, all or none of them.

    What holds of ``decide`` holds of each of them; what the actor worded is left to somebody else.

    Args:
        store: Writes ``approvals``, a step of the journal and the audit rows.
        versions: Id -> the version that was read; all of one campaign.
        actor: Who decides.

    Returns:
        How many were approved by it.

    Raises:
        StateError: One of them was changed, or may not be approved as it stands.
    """
    if not versions:
        return 0
    campaign_id = campaign_of_message(store, next(iter(versions)))
    refuse_if_launched(store, campaign_id, "its approvals")
    for (variant_id, version), stops in delivery.stops_of(store, campaign_id).items():
        if versions.get(variant_id) == version:
            _refuse_barred(stops)
    approved = approval.approve_each(store, campaign_id, versions, actor=actor)
    return journal(store, campaign_id, "approve", approved, actor)


def _refuse_barred(stops: Iterable[delivery.Stop]) -> None:
    if barring := [stop.reason for stop in stops if stop.kind in _BARRING]:
        raise StateError(
            f"This message cannot be approved now: {'; '.join(barring)}. Release the campaign on "
            "the Incidents page, or edit the message so that it does without the source."
        )


def undo_decision(
    store: Store,
    variant_id: str,
    *,
    actor: str,
    version: int | None = None,
    approval_id: int | None = None,
) -> int:
    """Take the last decision on a message back; somebody else's only if it is the one seen."""
    refuse_if_launched(store, campaign_of_message(store, variant_id), "its approvals")
    return approval.undo(store, variant_id, actor=actor, version=version, approval_id=approval_id)
