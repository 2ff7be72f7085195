"""Claim-free lines: a brand's own examples and frames, which a writer may repeat to anybody.

They have no source beside them, so they may hold nothing that would need one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalization.generation.judging import Judge

if TYPE_CHECKING:
    from collections.abc import Iterable


def lines_with_claims(
    lines: Iterable[str], *, brand: str = "", locale: str = "en-GB"
) -> list[str]:  # fmt: skip
    """Return the lines that hold a figure, a date, a price, a superlative or a guarantee.

    Example:
        >>> lines_with_claims(["Have a look when it suits you.", "Delivery is free over £40."])
        ['Delivery is free over £40.']
    """
    judge = Judge((), brand, locale[:2].lower())
    return [line for line in lines if judge.has_marker(line)]
