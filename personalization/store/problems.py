"""What a verification finds wrong."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is not as it was recorded.

    Attributes:
        where: chain, heads, guards, tables, screenings, approvals, messages, seals, exports,
            policies, brand profiles, holds or expiries.
        ref: Which one: a row's number, a line, a key.
        text: What is wrong, in a sentence.
        is_unvouched: Whether nothing was found changed, and only nothing outside vouches for it
            yet, as in a database that was made before there were heads.
    """

    where: str
    ref: str
    text: str
    is_unvouched: bool = False
