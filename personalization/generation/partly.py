"""Writing one part of a message anew: the subject, the preview line or the call to action.

All other words stay as they are, to the byte.  A hosted writer is shown the message and asked for
the one part; what it cannot write, and whatever the composer wrote, is taken from the approved
wordings of the documents that the message speaks of.  The result is a version like any other.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from personalization.domain import CONTROL, Message, clean_message
from personalization.errors import InputError, ProviderError, StateError
from personalization.generation.drafting import turn_down
from personalization.generation.parts import (
    PARTS,
    Part,
    Task,
    approved_part,
    is_usable,
    judged,
)
from personalization.generation.quoting import offered_by, sources_of_version
from personalization.generation.recording import (
    claims_of_version,
    current_variant,
    current_variants,
    keep_version,
)
from personalization.generation.sources import campaign_of, request_for, segments_of
from personalization.generation.spending import on_account
from personalization.generation.writing import refuse_if_changed
from personalization.providers.composer import Composer
from personalization.providers.heeding import narrowed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from personalization.domain import Variant
    from personalization.providers.protocols import Writer
    from personalization.settings import Settings
    from personalization.store import Store

_EARLIER = """
    SELECT subject, preheader, body, call_to_action, link, footer FROM variants
    WHERE variant_id = $variant_id ORDER BY version
"""


def regenerate_part(
    store: Store,
    settings: Settings,
    variant_id: str,
    part: str,
    *,
    seen_version: int,
    writer: Writer,
    actor: str,
    cancelled: Callable[[], bool] | None = None,
) -> int:
    """Write one part of a message anew, as a new version, and return its number.

    The part differs from the present one and from those of the segment's other arms; wordings
    that the message had before come last.  Reads what ``regenerate`` reads; writes ``variants``,
    ``claims`` and ``audit_log``.

    Args:
        store: No transaction may be open.
        settings: ``brand`` says who is speaking.
        variant_id: Which message; not the control text.
        part: One of PARTS.
        seen_version: The version that was looked at.
        writer: Writes it; the composer and what stands in for it choose an approved wording.
        actor: Who asked for it.
        cancelled: Asked by a hosted writer while it waits.

    Raises:
        InputError: There is no such message or part, or it is the control, which people write.
        StateError: Its segment is gone, or somebody changed it in the meantime.
        ProviderError: The approved content bears no other; its text says what to add.
    """
    if part not in PARTS:
        raise InputError(f"{part!r} cannot be written by itself. Use one of: {', '.join(PARTS)}.")
    before = current_variant(store, variant_id)
    if before is None:
        raise InputError(f"There is no message {variant_id!r}. The Review page lists them.")
    if before.arm == CONTROL:
        raise InputError("The control text is written by people. Edit it instead.")
    refuse_if_changed(store, variant_id, seen_version)
    task = _task(store, settings, before, part, cancelled)
    written = _written(task, on_account(writer, store, settings.generation, cancelled))
    after = _version(task, written)
    claims = [
        *(claim for claim in task.claims if claim.field != part),
        *(claim for claim in judged(task, written) if claim.field == part),
    ]
    with store.transaction():
        refuse_if_changed(store, variant_id, seen_version)
        offered = {*offered_by(task.request), *sources_of_version(store, variant_id, seen_version)}
        keep_version(store, after, claims, "variant.part_regenerated", actor=actor, offered=offered)
    return after.version


def _task(
    store: Store,
    settings: Settings,
    before: Variant,
    part: str,
    cancelled: Callable[[], bool] | None,
) -> Task:
    campaign = campaign_of(store, before.campaign_id)
    segments = [s for s in segments_of(store, campaign.campaign_id) if s.name == before.segment]
    if not segments:
        raise StateError(f"Segment '{before.segment}' is gone, and its messages with it.")
    request = request_for(
        store, settings, campaign, segments[0], (before.arm,), cancelled=cancelled
    )
    others = [
        v.message
        for v in current_variants(store, campaign.campaign_id)
        if v.segment == before.segment and v.variant_id != before.variant_id
    ]
    versions = store.read(_EARLIER, variant_id=before.variant_id)
    return Task(
        part, before, tuple(claims_of_version(store, before.variant_id, before.version)),
        narrowed(request), _wordings(others, part),
        _wordings([Message(*row) for row in versions], part),
    )  # fmt: skip


def _wordings(messages: Sequence[Message], part: str) -> frozenset[str]:
    return frozenset(dict(message.fields())[part].casefold() for message in messages)


def _written(task: Task, writer: Writer) -> Part:
    """Have the part written, and chosen from the approved wordings where that comes to nothing."""
    if writer.name == Composer.name:
        return approved_part(task)
    by_writer = _by_writer(task, writer)
    if isinstance(by_writer, Part):
        return by_writer
    approved = approved_part(task)
    return replace(approved, facts=(*approved.facts, ("first_fault", by_writer)))


# By a hosted writer ------------------------------------------------------------------------


def _by_writer(task: Task, writer: Writer) -> Part | str:
    """Have a hosted model write the part; in words, why what came back cannot be used."""
    known = sorted(task.taken | task.earlier)
    asked = (
        f"{task.part}: write another {PARTS[task.part]} for this very message, unlike each of "
        f"{', '.join(f'“{text}”' for text in known)}. Give back every other text word for word."
    )
    request = replace(
        task.request, feedback=(asked,), rejected=task.before.message, avoid=(), learnt=()
    )
    try:
        draft = writer.write(request)[0]
    except ProviderError as error:
        return str(error)
    if draft.origin != writer.name:
        return dict(draft.provenance).get("first_fault", "The model's answer could not be used.")
    text = dict(clean_message(draft.message).fields())[task.part]
    cited = tuple(c for c in draft.claims if c.field == task.part)
    written = Part(text, cited, (*draft.provenance, ("by", draft.origin)))
    if text.casefold() in task.earlier or not is_usable(task, written):
        turn_down(writer, draft)
        return f"The model's {PARTS[task.part]} was not new, or not borne out: “{text}”."
    return written


def _version(task: Task, written: Part) -> Variant:
    """Return the new version; who wrote the rest of it still counts as its writer."""
    before = task.before
    facts = {
        **dict(before.provenance),
        "part": task.part,
        "part_from": f"{before.variant_id}@{before.version}",
        **{f"part_{name}": value for name, value in written.facts},
    }
    return replace(
        before,
        version=before.version + 1,
        message=task.with_part(written.text),
        provenance=tuple(facts.items()),
    )
