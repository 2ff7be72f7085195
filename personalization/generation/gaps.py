"""Gaps: for each segment of a campaign, what its approved content cannot carry yet."""

from __future__ import annotations

from dataclasses import replace
from string import ascii_uppercase
from typing import TYPE_CHECKING

from personalization.errors import ProviderError, StateError
from personalization.generation.sources import campaign_of, request_for, segments_of
from personalization.providers.composer import Composer
from personalization.providers.gaps import ContentGap, gap_of

if TYPE_CHECKING:
    from personalization.domain import Campaign, Segment
    from personalization.settings import Settings
    from personalization.store import Store


_FOUND = "SELECT count(*) FROM segment_passages WHERE campaign_id = $campaign_id"


def content_gaps(
    store: Store, settings: Settings, campaign_id: str, *, only: str = ""
) -> list[ContentGap]:
    """Say for each segment how many distinct messages its content bears, and what is missing.

    Reads what the writers are told and writes nothing; messages are composed and thrown away
    (about 50 ms a segment).  A segment whose messages are all written is judged by its content
    all the same.

    Args:
        store: Sources have to be found; until then nothing is known, and the list is empty.
        settings: ``generation.variants`` says how many messages are wanted.
        campaign_id: Its segments have to be there.
        only: A segment; empty for all.

    Raises:
        InputError: There is no such campaign.
        StateError: It has no segments yet.
    """
    if store.read(_FOUND, campaign_id=campaign_id) == [(0,)]:
        return []
    campaign = campaign_of(store, campaign_id)
    arms = tuple(ascii_uppercase[: settings.generation.variants])
    return [
        _gap(store, settings, campaign, segment, arms)
        for segment in segments_of(store, campaign_id)
        if only in {"", segment.name}
    ]


def _gap(
    store: Store, settings: Settings, campaign: Campaign, segment: Segment, arms: tuple[str, ...]
) -> ContentGap:
    composer = Composer()
    try:
        request = replace(request_for(store, settings, campaign, segment, arms), elsewhere=())
        return gap_of(request, composer.drafts(request), composer.frames(request))
    except (ProviderError, StateError) as error:
        return ContentGap(segment.name, len(arms), 0, (), told=str(error))


def gap_lines(gaps: list[ContentGap]) -> list[str]:
    """Return the report as lines of text: a segment each, then what to do, indented.

    Segments that lack nothing are left out; an empty list says that nothing is missing.
    """
    lines = []
    for gap in gaps:
        if advice := gap.advice:
            lines.append(f"{gap.segment}: content for {gap.n_written} of {gap.n_wanted} messages.")
            lines += [f"  {sentence}" for sentence in advice]
    return lines
