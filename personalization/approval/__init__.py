"""A person decides, on exact bytes, having seen their screening."""

from personalization.approval.decisions import approve_all, decide, undo

__all__ = ["approve_all", "decide", "undo"]
