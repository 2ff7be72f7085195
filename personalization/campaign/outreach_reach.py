"""Whom a plan cannot reach: countries whose law asks for a consent before the first message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from personalization.outreach.lawful_basis import OPT_OUT, lawful_bases

if TYPE_CHECKING:
    from collections.abc import Sequence

    from personalization.settings import Settings
    from personalization.store import Store

_COUNTRIES: Final = """
    SELECT coalesce(upper(trim(country)), '') AS country, count(*) AS people
    FROM prospects WHERE dataset_id = $dataset_id
    GROUP BY country ORDER BY people DESC, country
"""


def consent_countries(
    store: Store, settings: Settings, dataset_id: str, channels: Sequence[str]
) -> dict[str, tuple[tuple[str, int], ...]]:
    """Return for each channel where nobody at a company may be written to without a consent.

    Returns:
        (country, people of the base), the most people first; an empty country is unknown, and what
        is unknown is held.
    """
    table = lawful_bases(settings.outreach.lawful_basis)
    people = [(str(code), int(n)) for code, n in store.read(_COUNTRIES, dataset_id=dataset_id)]
    return {
        channel: tuple(
            (code, n)
            for code, n in people
            if table.basis_of(channel, code or None, "corporate") != OPT_OUT
        )
        for channel in channels
    }
