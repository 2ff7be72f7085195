"""Segments too small for a test: which neighbour each could join, and what that is called."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

from personalization.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personalization.segmentation.values import Group


def smallest_size(n_customers: int, *, minimum_customers: int, minimum_share: float) -> int:
    """Return the least number of customers that a segment needs to be tested.

    Example:
        >>> smallest_size(4338, minimum_customers=30, minimum_share=0.01)
        44
    """
    return max(minimum_customers, ceil(minimum_share * n_customers))


def propose_merges(
    sizes: Mapping[str, int], groups: tuple[Group, ...], needed: int
) -> dict[str, str]:
    """Propose a neighbour for every segment below ``needed``, the smallest segment first.

    A segment that has taken in another one counts with it, so two small neighbours may be
    enough together, and nothing is ever merged in a circle.

    Args:
        sizes: Customers of each segment that has any.
        groups: The segments in their order, with their neighbours.
        needed: Customers that a segment needs.
    """
    left = {group.name: sizes[group.name] for group in groups if group.name in sizes}
    neighbours = {group.name: group.neighbours for group in groups}
    merges: dict[str, str] = {}
    while len(left) > 1:
        small = min(left, key=lambda name: (left[name], name))
        if left[small] >= needed:
            break
        n_small = left.pop(small)
        near = [name for name in neighbours[small] if name in left]
        into = near[0] if near else max(left, key=lambda name: (left[name], name))
        left[into] += n_small
        merges[small] = into
    return merges


def resolve(merges: Mapping[str, str], groups: tuple[Group, ...]) -> dict[str, str]:
    """Follow merges of merges to the segment in which everybody ends.

    Raises:
        InputError: A name is not one of the segments, or the merges go in a circle.
    """
    known = [group.name for group in groups]
    for name in (*merges, *merges.values()):
        if name not in known:
            raise InputError(
                f"There is no segment {name!r} to merge. There is: {', '.join(known)}."
            )
    return {small: _end_of(small, merges) for small in merges}


def _end_of(small: str, merges: Mapping[str, str]) -> str:
    seen, name = {small}, merges[small]
    while name in merges and name not in seen:
        seen.add(name)
        name = merges[name]
    if name in seen:
        raise InputError(
            f"The merge of {small!r} leads back to itself. Leave one segment standing."
        )
    return name


def merged_rule(group: Group, taken_in: tuple[Group, ...]) -> str:
    """Say who is in a segment after others were merged into it.

    Example:
        >>> from personalization.segmentation.values import Group
        >>> merged_rule(Group("At risk", "3 to 6 orders", ""), (Group("Cannot lose", "more", ""),))
        "3 to 6 orders; or, merged in from 'Cannot lose': more"
    """
    added = (f"merged in from {other.name!r}: {other.rule}" for other in taken_in)
    return "; or, ".join((group.rule, *added))
