"""What a verification finds wrong."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is not as it was recorded.

    Attributes:
        where: chain, heads, guards, tables, screenings, approvals, messages, seals, exports or
            policies.
        ref: Which one: a row's number, a line, a key.
        text: What is wrong, in a sentence.
    """

    where: str
    ref: str
    text: str
