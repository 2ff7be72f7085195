"""Who is there to ask: four eyes are wanted as soon as the records know a second person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalization.domain import PROGRAMS, other_people

if TYPE_CHECKING:
    from personalization.store import Store

__all__ = ["PROGRAMS", "is_alone", "others"]

_PEOPLE = "SELECT name FROM people_on_record ORDER BY name"


def others(store: Store, actor: str) -> list[str]:
    """List everybody but ``actor`` who ever did something here, programs left out."""
    return other_people((name for (name,) in store.read(_PEOPLE)), actor)


def is_alone(store: Store, actor: str) -> bool:
    """Tell whether there is nobody else on record who could be asked."""
    return not others(store, actor)
