"""The policy in force: where it comes from, and how another one is put in its place.

Policies are append-only rows; the last one is in force.  A team's own policy is kept in the
database, where an officer edits it, or in a file that the settings name, and then in that file
alone.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from personalization.errors import InputError, StateError
from personalization.providers.registry import engine_version
from personalization.safety.consent_law import keep_consent_law
from personalization.safety.policy import read_policy
from personalization.store import record

if TYPE_CHECKING:
    from personalization.safety.policy import Policy
    from personalization.settings import Safety, Settings
    from personalization.store import Store

_IN_FORCE = "SELECT policy_version FROM policy_in_force"
_OVERLAY = """
    SELECT overlay FROM policies WHERE NOT is_from_file ORDER BY number DESC LIMIT 1
"""
_DROP_DRAFT = "DELETE FROM policy_drafts WHERE actor = $actor"
_ACTIVATE = """
    INSERT INTO policies (policy_version, policy, activated_at, activated_by, overlay, note,
        is_from_file)
    VALUES ($policy_version, $policy, $activated_at, $activated_by, $overlay, $note, $is_from_file)
"""


def own_policy(settings: Safety) -> str:
    """Return the TOML of the file that the settings name, empty where they name none.

    Raises:
        InputError: The file cannot be read.
    """
    if not settings.policy:
        return ""
    try:
        return Path(settings.policy).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"[safety] policy = {settings.policy!r} cannot be read: {error}"
        ) from error


def policy_of(store: Store, settings: Settings) -> Policy:
    """Return the policy that holds under these settings: the file's, or the database's own."""
    return policy_with(settings, overlay_in_force(store, settings.safety))


def activate_policy(store: Store, settings: Settings, *, actor: str) -> str:
    """Put the policy of these settings in force, and return its version.

    Writes a row of ``policies`` only where the policy differs from the one in force.  From then
    on screenings under an older one let nothing out.
    """
    with store.transaction():
        policy = policy_of(store, settings)
        is_from_file = bool(settings.safety.policy)
        _put_in_force(store, policy, actor=actor, note="", is_from_file=is_from_file)
    return policy.version


def publish_policy(
    store: Store,
    settings: Settings,
    overlay: str,
    *,
    actor: str,
    note: str,
    based_on: str | None = None,
) -> str:
    """Put an officer's own policy in force, and return its version.

    Args:
        store: Writes one row of ``policies`` and one audit row; takes the actor's draft away.
        settings: Name the engine and the sender that the policy is for.
        overlay: TOML of what differs from the default.
        actor: Who publishes.
        note: What was changed, and why.
        based_on: Fingerprint of the team's policy that the change was made on; None: any.

    Raises:
        InputError: The TOML cannot be read as a policy, or the note is missing.
        StateError: The settings name a file, which is then the policy; nothing differs; or
            somebody else was faster.
    """
    if settings.safety.policy:
        raise StateError(
            f"The policy is kept in the file {settings.safety.policy}, which the settings name. "
            "Edit that file, or take [safety] policy out of the settings to edit it here."
        )
    if not note.strip():
        raise InputError("Say what you changed and why: whoever reads the record needs it.")
    policy = policy_with(settings, overlay)
    with store.transaction():
        known = overlay_in_force(store, settings.safety)
        if based_on not in (None, fingerprint(known)):
            raise StateError(
                "Somebody put another policy in force since you began. Look at what it changed in "
                "the history, then start again from there."
            )
        if store.read_one(_IN_FORCE) == (policy.version,):
            raise StateError("Nothing differs from the policy in force, so there is nothing to do.")
        _put_in_force(store, policy, actor=actor, note=note.strip())
        store.run(_DROP_DRAFT, actor=actor)
    return policy.version


def fingerprint(overlay: str) -> str:
    """Return SHA-256 of a team's own policy, as hex."""
    return hashlib.sha256(overlay.encode()).hexdigest()


def policy_with(settings: Settings, overlay: str) -> Policy:
    """Return the policy that a team's own TOML makes for the engine and sender of these settings.

    It holds the version of the engine: what an earlier one let through is judged anew.
    """
    engine = settings.safety.engine
    return read_policy(
        overlay, engine=engine, engine_version=engine_version(engine), sender=settings.brand
    )


def overlay_in_force(store: Store, settings: Safety) -> str:
    """Return the team's own TOML that holds now: the file's, or the last one put in force here."""
    if settings.policy:
        return own_policy(settings)
    row = store.read_one(_OVERLAY)
    return str(row[0]) if row else ""


def _put_in_force(
    store: Store, policy: Policy, *, actor: str, note: str, is_from_file: bool = False
) -> None:
    keep_consent_law(store, policy)
    if store.read_one(_IN_FORCE) == (policy.version,):
        return
    record(
        store, "policy.activated", policy.version, actor=actor,
        document_sha256=hashlib.sha256(policy.document.encode()).hexdigest(),
        overlay_sha256=fingerprint(policy.overlay), has_note=bool(note),
    )  # fmt: skip
    store.run(
        _ACTIVATE,
        policy_version=policy.version,
        policy=policy.document,
        activated_at=store.now(),
        activated_by=actor,
        overlay=policy.overlay,
        note=note,
        is_from_file=is_from_file,
    )
