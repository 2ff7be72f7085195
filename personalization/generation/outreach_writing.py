"""Skeletons: texts for prospects by role, channel, step and variation, written and grounded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from personalization.domain import clean_message
from personalization.generation.grounding import ground
from personalization.generation.mending import mended
from personalization.generation.product_texts import Place
from personalization.generation.sources import citable
from personalization.generation.text_editing import courtesies
from personalization.generation.text_sources import approved_passages
from personalization.providers.outreach_composing import SkeletonComposer
from personalization.providers.outreach_frames import outreach_lines

if TYPE_CHECKING:
    from datetime import date

    from personalization.domain import Claim, Message, Passage, Statement
    from personalization.providers.outreach_texts import SkeletonRequest, SkeletonWriter
    from personalization.providers.protocols import Draft, GroundednessChecker
    from personalization.store import Store

KINDS: Final = ("benefit", "proof", "offer", "story", "faq", "cta")
"""Kinds of documents that a message to a prospect may cite."""


def place_of(request: SkeletonRequest) -> Place:
    """Return what tells a skeleton from the others of its campaign."""
    return Place(
        request.role, request.arm, request.kind, request.channel, family=request.locale
    )  # fmt: skip


def outreach_passages(
    store: Store, *, locale: str, channel: str, role: str, day: date
) -> tuple[Passage, ...]:
    """Return what may be said to a role on a channel on a day, what was written for it first."""
    found = approved_passages(
        store, locale=locale, channel=channel, segment=role, day=day, kinds=KINDS, is_named=True
    )
    return tuple(sorted(found, key=lambda p: (not p.is_targeted, p.rank)))


def skeleton_statements(request: SkeletonRequest) -> tuple[Statement, ...]:
    """Return all that a skeleton may cite, and the lines that need no source."""
    sources = citable(request.passages, locale=request.locale, brand=request.brand_name)
    lines = outreach_lines(request.locale, request.role, request.brand_name, request.sender)
    return (*sources, *courtesies(lines))


def drafted_skeleton(
    writer: SkeletonWriter, request: SkeletonRequest, *, checker: GroundednessChecker | None = None
) -> tuple[Draft, list[Claim]]:
    """Have one skeleton written and hold it to its sources; see ``mended``."""
    return mended(
        writer, SkeletonComposer(), request, lambda d: grounded(request, d.message, d, checker)
    )


def grounded(
    request: SkeletonRequest,
    message: Message,
    draft: Draft | None = None,
    checker: GroundednessChecker | None = None,
) -> list[Claim]:
    """List what a skeleton asserts, with what bears it out; a draft says what it cites."""
    return ground(
        clean_message(message), skeleton_statements(request), cited=draft.claims if draft else (),
        brand=request.brand_name, locale=request.locale, checker=checker,
    )  # fmt: skip
