"""Spoken files given away: held by what their own gate says, and by the law of where a person is.

A film behind a link is a message like any other, so that the gates of prospects are asked at the
hand-over once more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from personalization import voice
from personalization.errors import StateError
from personalization.outreach.closed import closed_people
from personalization.outreach.states import is_simulated
from personalization.settings import settings_in_force

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from personalization.store import Store


def publish_voice_assets(
    store: Store, run_id: str, path: Path, *, purpose: str, actor: str, others: Sequence[str] = ()
) -> voice.Publication:
    """Write a ZIP with all files of runs that may be used now; see ``voice.publish``.

    Raises:
        StateError: Nothing may be used, a file is missing or not as it was made, something was
            revoked while the files were copied, or the campaign was played through.
    """
    return voice.publish(
        store, run_id, path, purpose=purpose, actor=actor, others=others, law=_law_in_earnest
    )


def voice_manifest(store: Store, run_id: str, *, others: Sequence[str] = ()) -> dict[str, Any]:
    """Return the manifest of runs as it stands at this moment; see ``voice.current_manifest``."""
    return voice.current_manifest(store, run_id, others=others, law=_law)


def _law_in_earnest(store: Store, run: Mapping[str, Any]) -> dict[str, str]:
    if is_simulated(store, run["campaign_id"]):
        raise StateError(
            "This campaign was played through with made-up answers, so nothing of it is handed "
            "over. Plan it anew to give its films away."
        )
    return _law(store, run)


def _law(store: Store, run: Mapping[str, Any]) -> dict[str, str]:
    return closed_people(
        store, settings_in_force().outreach, run["campaign_id"], run["variant_id"],
        now=store.now(),
    )  # fmt: skip
