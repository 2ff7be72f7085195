"""The names that a campaign's scripts say: each once, with what is wrong with it, if anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from personalization.voice.lexicon import lexicon_of
from personalization.voice.names import COMPANY_FIELDS, NameReading, read_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from personalization.store import Store

_PROSPECTS: Final = """
    WITH words AS (
        SELECT variant_id, version, locale, concat_ws(' ', body, call_to_action) AS text
        FROM speakable_variants
        WHERE campaign_id = $campaign_id AND is_for_prospects
          AND channel IN ('video_script', 'call_snippet')
    ), people AS (
        SELECT words.locale, prospects.country, prospects.prospect_id,
               CASE WHEN contains(text, 'prospect.first_name')
                    THEN prospect_value(greeted_as(first_name, full_name, country)) END
                   AS first_name,
               CASE WHEN contains(text, 'prospect.full_name')
                    THEN prospect_value(called(first_name, last_name, full_name)) END AS full_name,
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
_CUSTOMERS: Final = """
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


def campaign_names(store: Store, campaign_id: str) -> tuple[SpokenName, ...]:
    """Return the names that all approved scripts of a campaign say, those of most people first.

    Each name is read once for each country and language, however many people bear it.

    Args:
        store: Reads ``speakable_variants``, for whom they were chosen, and ``pronunciations``.
        campaign_id: Whose scripts.
    """
    of_prospects = store.read(_PROSPECTS, campaign_id=campaign_id)
    return _read(store, of_prospects or store.read(_CUSTOMERS, campaign_id=campaign_id))


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
