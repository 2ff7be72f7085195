"""Choosing: ten or so documents for a segment that together can carry different messages.

A list by relevance alone may hold ten benefits and no call to action.  So every kind that a
message is made of gets its first places, and relevance fills the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from personalization.content.finding import Found

COVERAGE: Final = (
    "cta", "benefit", "proof", "offer", "story", "benefit", "faq", "cta", "benefit", "proof",
)  # fmt: skip
"""What three different messages need at least, the most needed first."""


def choose_documents(
    found: Sequence[Found],
    limit: int,
    *,
    pinned: Collection[str] = (),
    excluded: Collection[str] = (),
    promoted: str = "",
) -> list[Found]:
    """Choose what a segment's writer is given, in the order of relevance.

    Args:
        found: All that may be said, best first, one for each document.
        limit: How many at most; only pinned ones may go beyond.
        pinned: Documents that are always in.
        excluded: Documents that are never in.
        promoted: The offer that the campaign is about; in, unless it is excluded.
    """
    usable = [one for one in found if one.passage.document_id not in excluded]
    wanted = {*pinned, promoted}
    chosen = [one for one in usable if one.passage.document_id in wanted]
    for one in _by_need(usable, chosen):
        if len(chosen) >= limit:
            break
        chosen.append(one)
    return sorted(chosen, key=usable.index)


def _by_need(usable: Sequence[Found], chosen: Sequence[Found]) -> Iterator[Found]:
    """Yield the best document of each kind that is still needed, then the best of all the rest."""
    left = [one for one in usable if one not in chosen]
    had = [one.passage.kind for one in chosen]
    for kind in COVERAGE:
        if kind in had:
            had.remove(kind)
            continue
        best = next((one for one in left if one.passage.kind == kind), None)
        if best is not None:
            left.remove(best)
            yield best
    yield from left
