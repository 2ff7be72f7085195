"""Retention, in its place: what is old is taken away by the settings of the team."""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalization import voice
from personalization.store import retain

if TYPE_CHECKING:
    from personalization.settings import Settings
    from personalization.store import Retention, Store


def apply_retention(store: Store, settings: Settings, *, actor: str) -> Retention:
    """Blank the words of finished campaigns and put old entries of the trail away; see ``retain``.

    Spoken files whose time is over are deleted as well.  Writes one audit row for each campaign,
    one for the part of the trail that was closed, and one for the files.
    """
    voice.remove_due(store, days=settings.voice.asset_days, actor=actor)
    return retain(
        store,
        body_days=settings.audit.body_days,
        trail_months=settings.audit.trail_months,
        actor=actor,
    )
