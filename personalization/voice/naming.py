"""The names that a script would say: each one once, with what is wrong with it, if anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from personalization.domain import merge_tags
from personalization.voice.lexicon import lexicon_of
from personalization.voice.names import COMPANY_FIELDS, NAME_FIELDS, NameReading, read_name

if TYPE_CHECKING:
    from personalization.store import Store
    from personalization.voice.filling import Script

_PROSPECTS: Final = """
    WITH people AS (
        SELECT prospects.country, prospect_value(first_name) AS first_name,
               prospect_value(full_name) AS full_name, prospect_value(company) AS company,
               prospect_value(city) AS city
        FROM latest_outreach_messages AS chosen
        JOIN prospects ON prospects.dataset_id = chosen.dataset_id
                      AND prospects.prospect_id = chosen.prospect_id
        WHERE chosen.campaign_id = $campaign_id AND chosen.variant_id = $variant_id
          AND chosen.status = 'ready'
    ), named AS (
        UNPIVOT people ON first_name, full_name, company, city INTO NAME field VALUE written
    )
    SELECT concat('prospect.', field) AS field, written, coalesce(country, '') AS country,
           count(*) AS people
    FROM named
    WHERE written <> '' AND list_contains($fields::VARCHAR[], concat('prospect.', field))
    GROUP BY ALL ORDER BY people DESC, written, field, country
"""
_CUSTOMERS: Final = """
    WITH people AS (
        SELECT own.country, coalesce(merge_value(own.first_name), '') AS first_name,
               coalesce(merge_value(own.city), '') AS city
        FROM audience
        JOIN campaigns ON campaigns.campaign_id = audience.campaign_id
        JOIN customers AS own ON own.dataset_id = campaigns.dataset_id
                             AND own.customer_id = audience.customer_id
        WHERE audience.campaign_id = $campaign_id AND audience.segment = $segment
          AND audience.bucket = 'eligible'
    ), named AS (
        UNPIVOT people ON first_name, city INTO NAME field VALUE written
    )
    SELECT field, written, coalesce(country, '') AS country, count(*) AS people
    FROM named
    WHERE written <> '' AND list_contains($fields::VARCHAR[], field)
    GROUP BY ALL ORDER BY people DESC, written, field, country
"""


@dataclass(frozen=True, slots=True)
class SpokenName:
    """A name, whose it is, and how it would be said.

    Attributes:
        written: As the base has it.
        field: Which value it is.
        country: Of those who bear it; empty where it is not known.
        people: How many of them the script is for.
        reading: How it is said, or why it is held.
    """

    written: str
    field: str
    country: str
    people: int
    reading: NameReading


def spoken_names(store: Store, script: Script) -> tuple[SpokenName, ...]:
    """Return the names that a script says, those of most people first.

    Each name is read once for each country, however many people bear it.

    Args:
        store: Reads the people of the script and ``pronunciations``.
        script: Tells which values it addresses.
    """
    fields = [tag.field for tag in merge_tags(script.text) if tag.field in NAME_FIELDS]
    if script.is_for_prospects:
        rows = store.read(
            _PROSPECTS, campaign_id=script.campaign_id, variant_id=script.variant_id, fields=fields
        )
    else:
        rows = store.read(
            _CUSTOMERS, campaign_id=script.campaign_id, segment=script.segment, fields=fields
        )
    lexicon = lexicon_of(store)
    return tuple(
        SpokenName(
            written, field, country, int(people),
            read_name(written, script.locale, country=country, lexicon=lexicon,
                      is_company=field in COMPANY_FIELDS),
        )
        for field, written, country, people in rows
    )  # fmt: skip
