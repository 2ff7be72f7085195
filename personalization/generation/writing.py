"""Writing the variants of a campaign, segment by segment.

A writer is asked outside of any transaction; what it returns is held to the approved statements,
and a segment's variants are then written down all at once.  Running it again writes what is
missing and leaves the rest alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from string import ascii_uppercase
from typing import TYPE_CHECKING

from personalization.domain import CONTROL, Decision, Variant, clean_message
from personalization.errors import InputError, ProviderError, StateError
from personalization.generation.control import control_variant
from personalization.generation.grounding import ground
from personalization.generation.judging import worst_of
from personalization.generation.learnt import lessons_used
from personalization.generation.quoting import offered_by
from personalization.generation.recording import (
    current_variant,
    current_variants,
    keep_failure,
    keep_version,
    new_id,
    retire_orphans,
)
from personalization.generation.sources import campaign_of, citable, request_for, segments_of
from personalization.providers.composer import Composer
from personalization.providers.protocols import ShortfallError

if TYPE_CHECKING:
    from collections.abc import Callable

    from personalization.domain import Campaign, Claim, Segment
    from personalization.providers.protocols import Draft, Writer, WritingRequest
    from personalization.settings import Settings
    from personalization.store import Store

_FOUND = "SELECT count(*) FROM segment_passages WHERE campaign_id = $campaign_id"
_MAX_ROUNDS = 2  # with a hosted model for one variant, repairs included


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
    What is written already is left; variants of segments that are gone are retired.

    Args:
        store: No transaction may be open.
        settings: ``generation.variants`` says how many arms; ``brand`` who is speaking.
        campaign_id: Its segments and sources have to be there.
        actor: Who asked for it.
        writer: Writes the arms; the control is an authored text.
        progress: Called with how many of how many are done, and a short sentence.
        cancelled: Asked between segments; what is written by then stays.
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
    for item in work:
        if cancelled and cancelled():
            break
        if progress:
            progress(done, total, f"Writing for {item.segment.name}")
        written += _write_segment(store, settings, campaign, item, writer=writer, actor=actor)
        done += len(item.arms)
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


def _write_segment(
    store: Store,
    settings: Settings,
    campaign: Campaign,
    work: Work,
    *,
    writer: Writer,
    actor: str,
) -> int:
    """Write one segment's missing arms, and note those that could not be written."""
    name, arms = work.segment.name, tuple(arm for arm in work.arms if arm != CONTROL)
    written: list[tuple[Variant, list[Claim]]] = []
    failed: dict[str, str] = {}
    offered: list[str] = []
    if arms:
        avoid = tuple(v.message for v in work.others)
        try:
            request = request_for(store, settings, campaign, work.segment, arms, avoid=avoid)
            offered = offered_by(request)
            drafts, failed = _drafts(writer, request)
            written = _checked(writer, request, drafts)
        except StateError as error:
            failed = dict.fromkeys(arms, str(error))
    if CONTROL in work.arms:
        try:
            written.append(control_variant(store, settings, campaign, name))
        except ProviderError as error:
            failed[CONTROL] = str(error)
    with store.transaction():
        for arm, reason in failed.items():
            keep_failure(store, campaign.campaign_id, name, arm, reason, actor=actor)
        return _keep_fresh(store, campaign.campaign_id, name, written, actor=actor, offered=offered)


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
    for variant, claims in fresh:
        variant_id = new_id(store, campaign_id, segment, variant.arm)
        named = replace(variant, variant_id=variant_id)
        keep_version(store, named, claims, "variant.written", actor=actor, offered=offered)
    return len(fresh)


def _drafts(writer: Writer, request: WritingRequest) -> tuple[list[Draft], dict[str, str]]:
    """Ask the writer; return its drafts, and for each arm without one the reason."""
    try:
        drafts, reason = writer.write(request), "The writer returned nothing for it. Try again."
    except ShortfallError as error:
        drafts, reason = list(error.drafts), str(error)
    except ProviderError as error:
        drafts, reason = [], str(error)
    there = {draft.arm for draft in drafts}
    return drafts, {arm: reason for arm in request.arms if arm not in there}


def _checked(
    writer: Writer, request: WritingRequest, drafts: list[Draft]
) -> list[tuple[Variant, list[Claim]]]:
    """Hold each draft to the approved statements, and have it repaired where it fails."""
    checked: list[tuple[Draft, list[Claim]]] = []
    for draft in drafts:
        others = (*request.avoid, *(d.message for d in drafts if d is not draft))
        alone = replace(request, arms=(draft.arm,), avoid=others)
        checked.append(_repaired(writer, alone, draft, claims_of(request, draft)))
    return [(_as_variant(request, draft), claims) for draft, claims in checked]


def claims_of(request: WritingRequest, draft: Draft) -> list[Claim]:
    """Return what a draft asserts, held to what its request allowed it to say."""
    return ground(
        clean_message(draft.message),
        citable(request.passages, locale=request.locale, brand=request.brand_name),
        cited=draft.claims,
        brand=request.brand_name,
        locale=request.locale,
    )


def _repaired(
    writer: Writer, request: WritingRequest, draft: Draft, claims: list[Claim]
) -> tuple[Draft, list[Claim]]:
    """Return the draft if nothing in it is unsupported, else its repair, else a composed one.

    Where even that is not to be had, the draft comes back with its unsupported claims, which
    keep it from being sent until somebody edits it.
    """
    faults = tuple(f"{c.field}: “{c.text}” – {c.reason}" for c in claims if _is_bad(c))
    if not faults or draft.origin == Composer.name:
        return draft, claims
    attempts: list[tuple[Writer, WritingRequest]] = []
    if int(dict(draft.provenance).get("rounds", "1")) < _MAX_ROUNDS:
        attempts.append((writer, replace(request, feedback=faults)))
    attempts.append((Composer(), request))
    for attempt, asked in attempts:
        try:
            second = attempt.write(asked)[0]
        except ProviderError:
            continue
        found = claims_of(request, second)
        if worst_of(found) is not Decision.BLOCK:
            notes = (("first_origin", draft.origin), ("first_fault", faults[0]))
            return replace(second, provenance=(*second.provenance, *notes)), found
    return draft, claims


def _is_bad(claim: Claim) -> bool:
    return claim.decision is Decision.BLOCK


def _as_variant(request: WritingRequest, draft: Draft) -> Variant:
    return Variant(
        variant_id="",
        version=1,
        campaign_id=request.campaign_id,
        segment=request.segment.name,
        arm=draft.arm,
        message=clean_message(draft.message),
        locale=request.locale,
        attributes=draft.attributes,
        origin=draft.origin,
        provenance=(*draft.provenance, *lessons_used(request, draft)),
    )


def regenerate(
    store: Store, settings: Settings, variant_id: str, *, writer: Writer, actor: str
) -> int:
    """Have one variant written anew, unlike itself and the other arms; return the new version.

    Raises:
        InputError: There is no such variant, or it is the control, which people write.
        StateError: Its segment is gone, or somebody changed it in the meantime.
        ProviderError: The writer cannot write another one; its text says why.
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
    request = request_for(store, settings, anew, segments[0], (before.arm,), avoid=others)
    [(variant, claims)] = _checked(writer, request, writer.write(request))
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
