"""A policy that somebody is changing: kept until it is put in force, and checked as it grows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from personalization.safety.policies import fingerprint, overlay_in_force

if TYPE_CHECKING:
    from datetime import datetime

    from personalization.settings import Settings
    from personalization.store import Store

_DRAFT = "SELECT overlay, based_on, changed_at FROM policy_drafts WHERE actor = $actor"
_DROP = "DELETE FROM policy_drafts WHERE actor = $actor"
_KEEP = """
    INSERT INTO policy_drafts VALUES ($actor, $overlay, $based_on, $now)
    ON CONFLICT (actor) DO UPDATE SET overlay = excluded.overlay, changed_at = excluded.changed_at
"""


@dataclass(frozen=True, slots=True)
class Draft:
    """One person's changes to the policy.

    Attributes:
        overlay: TOML as it would be put in force.
        based_on: Fingerprint of the team's policy that was in force when it was begun.
        changed_at: When it was last changed; None where there is no draft and ``overlay`` is the
            team's policy as it is in force.
    """

    overlay: str
    based_on: str
    changed_at: datetime | None


def draft_of(store: Store, settings: Settings, *, actor: str) -> Draft:
    """Return the person's draft; where there is none, the policy in force to begin with."""
    row = store.read_one(_DRAFT, actor=actor)
    if row:
        return Draft(*row)
    overlay = overlay_in_force(store, settings.safety)
    return Draft(overlay, fingerprint(overlay), None)


def save_draft(store: Store, settings: Settings, overlay: str, *, actor: str) -> Draft:
    """Keep a draft as it is, right or wrong; one that equals what is in force is dropped.

    It goes on being based on the policy that was in force when it was begun.
    """
    with store.transaction():
        known = overlay_in_force(store, settings.safety)
        if overlay == known:
            drop_draft(store, actor=actor)
        else:
            store.run(
                _KEEP, actor=actor, overlay=overlay, based_on=fingerprint(known), now=store.now()
            )
    return draft_of(store, settings, actor=actor)


def drop_draft(store: Store, *, actor: str) -> None:
    """Forget the person's draft."""
    store.run(_DROP, actor=actor)
