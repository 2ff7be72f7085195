"""What is said of a prospect: only what a cited fact holds, in the place that it fills."""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalization.safety.reading import is_quoted, pattern_hits

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from personalization.safety.policy import Rule
    from personalization.safety.reading import Context, Hit


def uncited(
    texts: Mapping[str, str], rule: Rule, context: Context, *, field: str
) -> Iterator[Hit]:  # fmt: skip
    """Find news, habits and meetings that a text for prospects makes up, one text for all of them.

    What stands word for word in an approved statement that the text cites is none of it.
    """
    if not context.is_outreach:
        return
    for hit in pattern_hits(texts[field], rule):
        if not is_quoted(texts[field], hit, context.sources):
            yield hit
