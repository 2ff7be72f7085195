"""Bases of prospects as a plan of outreach asks for them: who is there, and what they read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personalization.store import Store

_A_TWENTIETH: Final = 20
_BASES: Final = """
    SELECT people.dataset_id, datasets.name, datasets.is_sample, count(*) AS prospects,
           count(routed.prospect_id) AS routed
    FROM prospects AS people
    JOIN datasets ON datasets.dataset_id = people.dataset_id
    LEFT JOIN routings AS routed ON routed.dataset_id = people.dataset_id
                                AND routed.prospect_id = people.prospect_id
    GROUP BY people.dataset_id, datasets.name, datasets.is_sample, datasets.created_at
    ORDER BY datasets.created_at DESC, people.dataset_id
"""
_LANGUAGES: Final = """
    SELECT left(locale, 2) AS language, count(*) AS people FROM prospects
    WHERE dataset_id = $dataset_id AND coalesce(locale, '') <> ''
    GROUP BY language ORDER BY people DESC, language
"""
_ROLES: Final = """
    SELECT role, count(*) AS people FROM routings
    WHERE dataset_id = $dataset_id AND motion <> 'suppress'
    GROUP BY role ORDER BY people DESC, role
"""


def prospect_bases(store: Store) -> list[dict[str, Any]]:
    """List the bases of prospects: ``dataset_id, name, is_sample, prospects, routed``."""
    return store.records(_BASES)


def languages_of(store: Store, dataset_id: str) -> dict[str, int]:
    """Count the prospects of a base by the language that they read, where it is known."""
    found = store.read(_LANGUAGES, dataset_id=dataset_id)
    return {str(language): int(people) for language, people in found}


def roles_of(store: Store, dataset_id: str) -> dict[str, int]:
    """Count the prospects of a base who may be written to by their role, the most first."""
    return {str(role): int(people) for role, people in store.read(_ROLES, dataset_id=dataset_id)}


def worth_writing_for(people: Mapping[str, int]) -> tuple[str, ...]:
    """Return the roles that a plan begins with: those of a twentieth of the people, and the rest.

    Texts are read one by one before they are approved, so that a role of few people gets the texts
    for ``other``, as everybody does whose role the plan leaves out.

    Example:
        >>> worth_writing_for({"sales": 60, "marketing": 30, "people": 2})
        ('sales', 'marketing', 'other')
    """
    least = sum(people.values()) / _A_TWENTIETH
    return (*(role for role, n in people.items() if n >= least and role != "other"), "other")
