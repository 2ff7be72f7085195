"""The seal of a frozen design: whether what is on file is still what was approved."""

from __future__ import annotations

import hashlib
import json
from math import isclose
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personalization.store import Store

_FROZEN = """
    SELECT hypothesis, hypothesis_sha256, analysis_on, revenue_cap, pre_days, confidence,
           machine_click_seconds
    FROM experiments WHERE experiment_id = $experiment_id
"""
# The fingerprint stands beside the text, where whoever changes the one can change the other; the
# audit trail has it, too, and cannot be changed without a trace.
_APPROVED = """
    SELECT json_extract_string(payload, '$.hypothesis_sha256') FROM audit_log
    WHERE kind = 'experiment.approved' AND ref = $experiment_id
    ORDER BY seq DESC LIMIT 1
"""
_ARMS = """
    SELECT segment, arm, weight FROM arms WHERE experiment_id = $experiment_id
    ORDER BY position
"""


def is_text_sealed(text: str, sha256: str) -> bool:
    """Tell whether a hypothesis is the very text that was hashed."""
    return hashlib.sha256(text.encode()).hexdigest() == sha256


def broken_seal(store: Store, experiment_id: str) -> str:
    """Say what of a design is no longer as it was approved, in words; '' where all of it is.

    The text has to have its fingerprint, which is the one that the audit trail has of the approval,
    and the columns and shares that the measurement goes by have to be those of the text.  What
    designs of earlier versions did not say is not looked at.

    Args:
        store: Reads ``experiments``, ``arms`` and ``audit_log``.
        experiment_id: Of a design that exists.
    """
    [row] = store.records(_FROZEN, experiment_id=experiment_id)
    approved = store.read_one(_APPROVED, experiment_id=experiment_id)
    sha256 = row["hypothesis_sha256"]
    is_approved = approved is None or approved[0] in (None, sha256)
    if not is_approved or not is_text_sealed(row["hypothesis"], sha256):
        return "The hypothesis on file is not the one that was approved."
    hypothesis = json.loads(row["hypothesis"])
    changed = [what for what, is_same in _kept(hypothesis, row).items() if not is_same]
    shares = {(arm["segment"], arm["arm"]): arm["weight"] for arm in hypothesis.get("arms", ())}
    found = {(s, a): weight for s, a, weight in store.read(_ARMS, experiment_id=experiment_id)}
    if shares and not _are_same(shares, found):
        changed.append("the arms' division")
    if not changed:
        return ""
    verb = "is" if len(changed) == 1 else "are"
    return f"Not as approved: {' and '.join(changed)} {verb} other than in the hypothesis."


def _kept(hypothesis: Mapping[str, Any], row: Mapping[str, Any]) -> dict[str, bool]:
    """Tell of each thing that stands in a column, too, whether it is as the text says."""
    day = row["analysis_on"].isoformat() if row["analysis_on"] else None
    adjustment = hypothesis.get("adjustment") or {}
    return {
        "the day of analysis": hypothesis.get("analysis_on", day) == day,
        "the cap": hypothesis.get("cap") == row["revenue_cap"],
        "the adjustment": adjustment.get("pre_days", 0) == row["pre_days"],
        "the confidence": hypothesis.get("confidence", row["confidence"]) == row["confidence"],
        "the time from which a click counts": hypothesis.get(
            "machine_click_seconds", row["machine_click_seconds"]
        ) == row["machine_click_seconds"],
    }  # fmt: skip


def _are_same(
    shares: Mapping[tuple[str, str], float], found: Mapping[tuple[str, str], float]
) -> bool:
    return shares.keys() == found.keys() and all(
        isclose(share, found[key], rel_tol=1e-9) for key, share in shares.items()
    )
