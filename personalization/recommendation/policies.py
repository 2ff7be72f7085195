"""The policy in force for a base, how another one is put in its place, and those before it.

Policies are rows of ``recommendation_policies``, append-only; the last one of a base is in force.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from personalization.errors import InputError, StateError
from personalization.recommendation.policy import read_policy
from personalization.store import record

if TYPE_CHECKING:
    from personalization.recommendation.policy import Policy
    from personalization.store import Store

_IN_FORCE = """
    SELECT policy FROM recommendation_policies
    WHERE dataset_id = $dataset_id ORDER BY number DESC LIMIT 1
"""
_SAVE = """
    INSERT INTO recommendation_policies (dataset_id, policy, note, saved_at, saved_by)
    VALUES ($dataset_id, $policy, $note, $now, $actor)
"""
_HISTORY = """
    SELECT number, policy, note, saved_at, saved_by FROM recommendation_policies
    WHERE dataset_id = $dataset_id ORDER BY number DESC
"""


def policy_of(store: Store, dataset_id: str) -> Policy:
    """Return the policy in force for a base: the last one that was saved, or the default."""
    row = store.read_one(_IN_FORCE, dataset_id=dataset_id)
    return read_policy(str(row[0]) if row else "")


def save_policy(
    store: Store, dataset_id: str, overlay: str, *, actor: str, note: str, based_on: str
) -> Policy:
    """Put a team's policy in force for a base, and return it.

    Args:
        store: Writes one row of ``recommendation_policies`` and one of the trail.
        dataset_id: Whose products and customers it is for.
        overlay: TOML of what differs from the default.
        actor: Who saves it.
        note: What was changed, and why.
        based_on: The overlay that the change was made on.

    Raises:
        InputError: The TOML cannot be read as a policy, or the note is missing.
        StateError: Nothing differs, or somebody else was faster.
    """
    if not note.strip():
        raise InputError("Say what you changed and why: whoever reads the record needs it.")
    policy = read_policy(overlay)
    with store.transaction():
        known = policy_of(store, dataset_id).overlay
        if known != based_on:
            raise StateError(
                "Somebody saved another policy since you began. Look at what it changed in the "
                "history, then start again from there."
            )
        if known == overlay:
            raise StateError("Nothing differs from the policy in force, so there is nothing to do.")
        store.run(
            _SAVE, dataset_id=dataset_id, policy=overlay, note=note.strip(), now=store.now(),
            actor=actor,
        )  # fmt: skip
        record(
            store, "recommendation_policy.saved", dataset_id, actor=actor,
            policy_sha256=hashlib.sha256(overlay.encode()).hexdigest(),
        )  # fmt: skip
    return policy


def policy_history(store: Store, dataset_id: str) -> list[dict[str, Any]]:
    """List the policies of a base, newest first: number, policy, note, saved_at, saved_by."""
    return store.records(_HISTORY, dataset_id=dataset_id)
