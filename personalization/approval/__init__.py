"""A person decides on exact bytes, and signs off the campaign that is made of them."""

from personalization.approval.decisions import approve_all, approve_each, decide, undo
from personalization.approval.people import PROGRAMS, is_alone, others
from personalization.approval.seals import (
    Change,
    SealState,
    own_work,
    refuse_own_work,
    seal,
    seal_state,
    send_back,
)

__all__ = [
    "PROGRAMS",
    "Change",
    "SealState",
    "approve_all",
    "approve_each",
    "decide",
    "is_alone",
    "others",
    "own_work",
    "refuse_own_work",
    "seal",
    "seal_state",
    "send_back",
    "undo",
]
