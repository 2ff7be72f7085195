"""Why a prospect gets this message, or none: the parts of the score, the runner-up, the gates."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from personalization.errors import InputError
from personalization.outreach.gates import GATES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personalization.store import Store

FEATURE_WORDS: Final[dict[str, str]] = {
    "reply": "chance of an answer from this role, drawn by lot while little is known",
    "role_fit": "speaks to the role",
    "evidence": "cites what is known and approved",
    "preference": "the channel that the person answers on",
    "readability": "easy to read",
    "length": "length that readers of the channel take in",
    "freshness": "how new the fact is",
    "own_words": "your own words come first",
}
"""The parts of a score, in words."""

_RUN: Final = """
    SELECT run_id, campaign_id, dataset_id, step, strategy_id, posterior, as_of, prospects, ready,
           held, seconds, made_at, made_by
    FROM outreach_runs WHERE run_id = $run_id
"""
_CODES: Final = """
    SELECT code, count(*) AS prospects, min(reason) AS reason FROM outreach_messages
    WHERE run_id = $run_id AND status = 'held' GROUP BY code ORDER BY prospects DESC, code
"""
_CHOSEN: Final = """
    SELECT channel, tone, angle, length, count(*) AS prospects FROM outreach_messages
    WHERE run_id = $run_id AND status = 'ready'
    GROUP BY ALL ORDER BY prospects DESC, channel, tone, angle, length
"""
_MESSAGE: Final = """
    SELECT * FROM latest_outreach_messages
    WHERE campaign_id = $campaign_id AND prospect_id = $prospect_id AND step = $step
"""
_CANDIDATES: Final = """
    SELECT candidates.variant_id, candidates.rank, candidates.score, candidates.code,
           candidates.reason, texts.arm
    FROM outreach_candidates AS candidates
    LEFT JOIN current_variants AS texts ON texts.variant_id = candidates.variant_id
    WHERE run_id = $run_id AND prospect_id = $prospect_id
    ORDER BY rank NULLS LAST, candidates.variant_id
"""


def run_summary(store: Store, run_id: str) -> dict[str, Any]:
    """Count what came of a run: ready and held, by gate and by what was chosen.

    Raises:
        InputError: There is no such run.
    """
    rows = store.records(_RUN, run_id=run_id)
    if not rows:
        raise InputError(f"There is no run {run_id!r} of an outreach campaign.")
    held = [
        {**row, "words": GATES.get(row["code"], row["code"])}
        for row in store.records(_CODES, run_id=run_id)
    ]
    return {**rows[0], "held_by": held, "chosen": store.records(_CHOSEN, run_id=run_id)}


def explain(store: Store, campaign_id: str, prospect_id: str, *, step: int = 1) -> dict[str, Any]:
    """Tell why a prospect gets the newest message that was chosen, or why there is none.

    Returns:
        The message's row, with ``parts`` read, ``why`` in sentences and ``candidates``.

    Raises:
        InputError: Nothing was worked out for the prospect yet.
    """
    rows = store.records(
        _MESSAGE, campaign_id=campaign_id, prospect_id=prospect_id, step=step
    )  # fmt: skip
    if not rows:
        raise InputError(
            f"Nothing was chosen for prospect {prospect_id!r} yet. Choose messages first."
        )
    message = rows[0]
    parts = json.loads(message["parts"]) if message["parts"] else []
    candidates = store.records(_CANDIDATES, run_id=message["run_id"], prospect_id=prospect_id)
    return {**message, "parts": parts, "why": why(message, parts), "candidates": candidates}


def why(message: Mapping[str, Any], parts: list[dict[str, Any]]) -> list[str]:
    """Say in sentences what spoke for a message, or what held it.

    Example:
        >>> why({"status": "held", "code": "no_text", "reason": "No text."}, [])
        ['Held: No text.']
    """
    if message["status"] == "held":
        return [f"Held: {message['reason']}"]
    told = [
        f"{FEATURE_WORDS[part['feature']].capitalize()}: {part['value']:.2f} of 1, which counts "
        f"{part['contribution']:.3f}."
        for part in sorted(parts, key=lambda part: (-part["contribution"], part["feature"]))
        if part["feature"] != "own_words" or part["value"]
    ]
    if message["is_default"]:
        told.insert(0, "Part of the holdout, which gets the default text.")
    if message["margin"] is None:
        told.append("No other text passed every gate.")
    else:
        told.append(f"Ahead of the runner-up by {message['margin']:.3f}.")
    return told
