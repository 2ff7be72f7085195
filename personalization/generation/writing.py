"""Writing the variants of a campaign, segment by segment.

A writer is asked outside of any transaction; what it returns is held to the approved statements,
and a segment's variants are then written down all at once.  Running it again writes what is
missing and leaves the rest alone.
"""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import islice
from string import ascii_uppercase
from threading import Event
from typing import TYPE_CHECKING

from personalization.domain import CONTROL, Variant
from personalization.errors import InputError, ProviderError, StateError
from personalization.generation.control import control_variant
from personalization.generation.drafting import Drafted, checked, drafted, side_by_side
from personalization.generation.quoting import offered_by
from personalization.generation.recording import (
    Version,
    current_variant,
    current_variants,
    keep_failure,
    keep_version,
    keep_versions,
    new_id,
    retire_orphans,
)
from personalization.generation.sources import campaign_of, request_for, segments_of
from personalization.generation.spending import on_account
from personalization.providers.metering import StoppedError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from personalization.domain import Campaign, Claim, Segment
    from personalization.providers.protocols import Writer, WritingRequest
    from personalization.settings import Settings
    from personalization.store import Store

_FOUND = "SELECT count(*) FROM segment_passages WHERE campaign_id = $campaign_id"


@dataclass(frozen=True, slots=True)
class Work:
    """What is left to write for one segment."""

    segment: Segment
    arms: tuple[str, ...]
    others: tuple[Variant, ...]


def write_variants(
    store: Store,
    settings: Settings,
    campaign_id: str,
    *,
    actor: str,
    writer: Writer,
    progress: Callable[[int, int, str], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    only: frozenset[tuple[str, str]] | None = None,
) -> int:
    """Write the arms A, B, C … and the control of each segment; return how many were written.

    Reads ``segments``, ``segment_passages``, ``passage_choices``, ``documents`` and
    ``statements``; writes ``variants``, ``claims``, ``writing_failures`` and ``audit_log``.
    What is written already is left; variants of segments that are gone are retired.  A hosted
    writer writes several segments side by side, and its calls go on account.

    Args:
        store: No transaction may be open.
        settings: ``generation.variants`` says how many arms; ``brand`` who is speaking.
        campaign_id: Its segments and sources have to be there.
        actor: Who asked for it.
        writer: Writes the arms; the control is an authored text.
        progress: Called with how many of how many are done, and a short sentence.
        cancelled: Asked between segments, and by a hosted writer while it waits; what is written
            by then stays.
        only: Pairs of segment and arm to write, such as those that failed; None means all.

    Raises:
        InputError: There is no such campaign.
        StateError: It has no segments or no sources yet.
    """
    campaign = campaign_of(store, campaign_id)
    segments = segments_of(store, campaign_id)
    if store.read(_FOUND, campaign_id=campaign_id) == [(0,)]:
        raise StateError("No sources were found for the campaign yet. Search on the Content page.")
    retire_orphans(store, campaign_id, actor=actor)
    work = _work(store, settings, campaign, segments, only)
    total, done, written = sum(len(w.arms) for w in work), 0, 0
    desk = Desk(store, settings, campaign, writer, actor)

    def begun_with(item: Work) -> bool:
        """Tell whether a segment is to be begun, and say so."""
        if cancelled and cancelled():
            return False
        if progress:
            progress(done, total, f"Writing for {item.segment.name}")
        return True

    with closing(desk.drafted(work, begun_with, cancelled or (lambda: False))) as segments_done:
        for begun, ended in segments_done:
            written += desk.keep(begun, ended)
            done += len(begun.work.arms)
    if progress:
        progress(done, total, f"{written} of {total} messages written")
    return written


def _work(
    store: Store,
    settings: Settings,
    campaign: Campaign,
    segments: list[Segment],
    only: frozenset[tuple[str, str]] | None,
) -> list[Work]:
    arms = (*ascii_uppercase[: settings.generation.variants], CONTROL)
    current = current_variants(store, campaign.campaign_id)
    work = []
    for segment in segments:
        others = tuple(v for v in current if v.segment == segment.name)
        there = {v.arm for v in others}
        missing = tuple(
            arm
            for arm in arms
            if arm not in there and (only is None or (segment.name, arm) in only)
        )
        if missing:
            work.append(Work(segment, missing, others))
    return work


@dataclass(frozen=True, slots=True)
class Begun:
    """A segment that is being written.

    Attributes:
        work: What is missing of it.
        request: What its writer is told; None where no arm is missing but the control.
        failed: Why an arm cannot be written, before anybody was asked.
    """

    work: Work
    request: WritingRequest | None
    failed: dict[str, str]


@dataclass(frozen=True, slots=True)
class Desk:
    """Where segments are begun and put down; all that touches the store is done by one thread."""

    store: Store
    settings: Settings
    campaign: Campaign
    writer: Writer
    actor: str

    def begin(self, work: Work, cancelled: Callable[[], bool]) -> Begun:
        """Put together what the writer is told of a segment."""
        arms = tuple(arm for arm in work.arms if arm != CONTROL)
        if not arms:
            return Begun(work, None, {})
        avoid = tuple(v.message for v in work.others)
        try:
            request = request_for(
                self.store, self.settings, self.campaign, work.segment, arms, avoid=avoid,
                cancelled=cancelled,
            )  # fmt: skip
        except StateError as error:
            return Begun(work, None, dict.fromkeys(arms, str(error)))
        return Begun(work, request, {})

    def drafted(
        self, work: list[Work], is_begun: Callable[[Work], bool], cancelled: Callable[[], bool]
    ) -> Generator[tuple[Begun, Future[Drafted]], None, None]:
        """Have segments drafted, several at a time if the writer can, and yield each as it ends.

        Whatever is still under way when nobody listens any more is called off.
        """
        over, n_places = Event(), side_by_side(self.writer)

        def stops() -> bool:
            return over.is_set() or cancelled()

        writer = on_account(self.writer, self.store, self.settings.generation, stops)
        waiting, running = iter(work), dict[Future[Drafted], Begun]()
        with ThreadPoolExecutor(n_places, thread_name_prefix="drafting") as pool:
            try:
                while True:
                    for item in islice(waiting, n_places - len(running)):
                        if not is_begun(item):
                            waiting = iter(())
                            break
                        begun = self.begin(item, stops)
                        running[pool.submit(drafted, writer, begun.request)] = begun
                    if not running:
                        return
                    for ended in wait(running, return_when=FIRST_COMPLETED).done:
                        yield running.pop(ended), ended
            finally:
                over.set()

    def keep(self, begun: Begun, ended: Future[Drafted]) -> int:
        """Write down a segment's arms and its control, and note those that could not be written.

        Returns:
            How many were written; none where the user asked to stop in the middle of it.
        """
        try:
            found = ended.result()
        except StoppedError:
            return 0
        name, campaign_id = begun.work.segment.name, self.campaign.campaign_id
        written, failed = list(found.written), {**begun.failed, **found.failed}
        if CONTROL in begun.work.arms:
            try:
                written.append(control_variant(self.store, self.settings, self.campaign, name))
            except ProviderError as error:
                failed[CONTROL] = str(error)
        offered = offered_by(begun.request) if begun.request else []
        with self.store.transaction():
            for arm, reason in failed.items():
                keep_failure(self.store, campaign_id, name, arm, reason, actor=self.actor)
            return _keep_fresh(
                self.store, campaign_id, name, written, actor=self.actor, offered=offered
            )


def _keep_fresh(
    store: Store,
    campaign_id: str,
    segment: str,
    written: list[tuple[Variant, list[Claim]]],
    *,
    actor: str,
    offered: list[str],
) -> int:
    """Write down what nobody else has written in the meantime, and return how many that were."""
    there = {(v.segment, v.arm) for v in current_variants(store, campaign_id)}
    fresh = [(v, claims) for v, claims in written if (segment, v.arm) not in there]
    versions = [
        Version(
            replace(variant, variant_id=new_id(store, campaign_id, segment, variant.arm)),
            tuple(claims), frozenset(offered),
        )
        for variant, claims in fresh
    ]  # fmt: skip
    keep_versions(store, versions, "variant.written", actor=actor)
    return len(versions)


def regenerate(
    store: Store,
    settings: Settings,
    variant_id: str,
    *,
    writer: Writer,
    actor: str,
    cancelled: Callable[[], bool] | None = None,
) -> int:
    """Have one variant written anew, unlike itself and the other arms; return the new version.

    Raises:
        InputError: There is no such variant, or it is the control, which people write.
        StateError: Its segment is gone, or somebody changed it in the meantime.
        ProviderError: The writer cannot write another one, or ``cancelled`` said yes while it was
            waited for; its text says why.
    """
    before = current_variant(store, variant_id)
    if before is None:
        raise InputError(f"There is no message {variant_id!r}. The Review page lists them.")
    if before.arm == CONTROL:
        raise InputError("The control text is written by people. Edit it instead.")
    campaign = campaign_of(store, before.campaign_id)
    segments = [s for s in segments_of(store, campaign.campaign_id) if s.name == before.segment]
    if not segments:
        raise StateError(f"Segment '{before.segment}' is gone, and its messages with it.")
    others = tuple(
        v.message
        for v in current_variants(store, campaign.campaign_id)
        if v.segment == before.segment
    )
    anew = replace(campaign, seed=f"{campaign.seed}:{before.version + 1}")
    request = request_for(
        store, settings, anew, segments[0], (before.arm,), avoid=others, cancelled=cancelled
    )
    writer = on_account(writer, store, settings.generation, cancelled)
    [(variant, claims)] = checked(writer, request, writer.write(request))
    with store.transaction():
        refuse_if_changed(store, variant_id, before.version)
        following = replace(variant, variant_id=variant_id, version=before.version + 1)
        keep_version(
            store, following, claims, "variant.regenerated", actor=actor,
            offered=offered_by(request),
        )  # fmt: skip
    return following.version


def refuse_if_changed(store: Store, variant_id: str, seen_version: int) -> None:
    """Raise StateError where the newest version is another than the one that was seen."""
    now = current_variant(store, variant_id)
    if now is None or now.version != seen_version:
        newest = f"version {now.version}" if now else "gone"
        raise StateError(
            f"Somebody else changed this message: you saw version {seen_version}, and it is now "
            f"{newest}. Reload the page and make your change again."
        )
