"""A person decides on exact bytes, and signs off the campaign that is made of them."""

from personalization.approval.decisions import approve_all, decide, undo
from personalization.approval.people import is_alone
from personalization.approval.seals import (
    Change,
    SealState,
    own_work,
    refuse_own_work,
    seal,
    seal_state,
)

__all__ = [
    "Change",
    "SealState",
    "approve_all",
    "decide",
    "is_alone",
    "own_work",
    "refuse_own_work",
    "seal",
    "seal_state",
    "undo",
]
