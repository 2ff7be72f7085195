"""Who is there to ask: four eyes are wanted as soon as the records know a second person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from personalization.store import Store

PROGRAMS: Final = ("system", "command line", "pipeline")
"""Names under which the product itself works; nobody can be asked under them."""

_OTHERS = """
    SELECT DISTINCT actor FROM (SELECT actor FROM audit_log UNION SELECT written_by FROM variants)
    WHERE actor <> $actor AND actor NOT IN (SELECT unnest($programs::VARCHAR[]))
    ORDER BY actor
"""


def others(store: Store, actor: str) -> list[str]:
    """List everybody but ``actor`` who ever did something here, programs left out."""
    return [name for (name,) in store.read(_OTHERS, actor=actor, programs=list(PROGRAMS))]


def is_alone(store: Store, actor: str) -> bool:
    """Tell whether there is nobody else on record who could be asked."""
    return not others(store, actor)
