"""The names that a script would say: each one once, with what is wrong with it, if anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from personalization.domain import merge_tags
from personalization.voice.lexicon import lexicon_of
from personalization.voice.names import COMPANY_FIELDS, NAME_FIELDS, NameReading, read_name

if TYPE_CHECKING:
    from collections.abc import Iterable

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


_OF_PROSPECTS: Final = """
    WITH words AS (
        SELECT variant_id, version, locale, concat_ws(' ', body, call_to_action) AS text
        FROM speakable_variants
        WHERE campaign_id = $campaign_id AND is_for_prospects
          AND channel IN ('video_script', 'call_snippet')
    ), people AS (
        SELECT words.locale, prospects.country, prospects.prospect_id,
               CASE WHEN contains(text, 'prospect.first_name') THEN prospect_value(first_name) END
                   AS first_name,
               CASE WHEN contains(text, 'prospect.full_name') THEN prospect_value(full_name) END
                   AS full_name,
               CASE WHEN contains(text, 'prospect.company') THEN prospect_value(company) END
                   AS company,
               CASE WHEN contains(text, 'prospect.city') THEN prospect_value(city) END AS city
        FROM latest_outreach_messages AS chosen
        JOIN words ON words.variant_id = chosen.variant_id AND words.version = chosen.version
        JOIN prospects ON prospects.dataset_id = chosen.dataset_id
                      AND prospects.prospect_id = chosen.prospect_id
        WHERE chosen.campaign_id = $campaign_id AND chosen.status = 'ready'
    ), named AS (
        UNPIVOT people ON first_name, full_name, company, city INTO NAME field VALUE written
    )
    SELECT concat('prospect.', field) AS field, written, coalesce(country, '') AS country,
           locale, count(DISTINCT prospect_id) AS people
    FROM named WHERE written <> ''
    GROUP BY ALL ORDER BY people DESC, written, field, country, locale
"""
_OF_CUSTOMERS: Final = """
    WITH words AS (
        SELECT segment, locale, string_agg(body, ' ' ORDER BY variant_id) AS text
        FROM speakable_variants
        WHERE campaign_id = $campaign_id AND NOT is_for_prospects GROUP BY segment, locale
    ), people AS (
        SELECT words.locale, own.country, own.customer_id,
               CASE WHEN contains(text, 'first_name') THEN merge_value(own.first_name) END
                   AS first_name,
               CASE WHEN contains(text, 'city') THEN merge_value(own.city) END AS city
        FROM audience
        JOIN words ON words.segment = audience.segment
        JOIN campaigns ON campaigns.campaign_id = audience.campaign_id
        JOIN customers AS own ON own.dataset_id = campaigns.dataset_id
                             AND own.customer_id = audience.customer_id
        WHERE audience.campaign_id = $campaign_id AND audience.bucket = 'eligible'
    ), named AS (
        UNPIVOT people ON first_name, city INTO NAME field VALUE written
    )
    SELECT field, written, coalesce(country, '') AS country, locale,
           count(DISTINCT customer_id) AS people
    FROM named WHERE written <> ''
    GROUP BY ALL ORDER BY people DESC, written, field, country, locale
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
        locale: Of the script that says it.
    """

    written: str
    field: str
    country: str
    people: int
    reading: NameReading
    locale: str


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
    return _read(store, [(*row[:3], script.locale, row[3]) for row in rows])


def campaign_names(store: Store, campaign_id: str) -> tuple[SpokenName, ...]:
    """Return the names that all approved scripts of a campaign say, those of most people first.

    Args:
        store: Reads ``speakable_variants``, for whom they were chosen, and ``pronunciations``.
        campaign_id: Whose scripts.
    """
    of_prospects = store.read(_OF_PROSPECTS, campaign_id=campaign_id)
    return _read(store, of_prospects or store.read(_OF_CUSTOMERS, campaign_id=campaign_id))


def _read(store: Store, rows: Iterable[tuple[Any, ...]]) -> tuple[SpokenName, ...]:
    """Read names, given as (field, written, country, locale, people)."""
    lexicon = lexicon_of(store)
    return tuple(
        SpokenName(
            written, field, country, int(people),
            read_name(written, locale, country=country, lexicon=lexicon,
                      is_company=field in COMPANY_FIELDS),
            locale,
        )
        for field, written, country, locale, people in rows
    )  # fmt: skip
