"""Which texts were screened for the countries that they would be read in.

Some rules of the screening depend on the country, so that a text has no judgement for readers in
one that was not among those looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from personalization.store import Store

# Countries are looked up as the screening does.  A text without a screening knows of none.
_UNSCREENED: Final = """
    CREATE OR REPLACE TEMP TABLE unscreened_texts AS
    WITH places AS (
        SELECT found.place, coalesce(spellings.own_code, 'other') AS code
        FROM (SELECT DISTINCT place FROM addressees) AS found
        LEFT JOIN jurisdiction_names AS spellings ON spellings.spelling = found.place
    ), screened AS (
        SELECT variant_id, version, content_sha256,
               string_split(coalesce(readers, ''), ',') AS codes
        FROM screenings WHERE campaign_id = $campaign_id
        QUALIFY row_number() OVER (PARTITION BY variant_id, version, content_sha256
                                   ORDER BY screening_id DESC) = 1
    )
    SELECT texts.variant_id, texts.version, texts.content_sha256, places.place,
           screened.codes IS NOT NULL AS is_screened,
           concat('The text was not screened for readers in ',
                  coalesce(nullif(upper(places.place), ''), 'an unknown country'),
                  '. Write the texts again, which screens them anew.') AS reason
    FROM variants AS texts
    LEFT JOIN screened ON screened.variant_id = texts.variant_id
                      AND screened.version = texts.version
                      AND screened.content_sha256 = texts.content_sha256
    CROSS JOIN places
    WHERE texts.campaign_id = $campaign_id
      AND NOT coalesce(list_contains(screened.codes, places.code), false)
"""
_NEW: Final = """
    WITH codes AS (
        SELECT DISTINCT coalesce(spellings.own_code, 'other') AS code
        FROM prospects
        LEFT JOIN jurisdiction_names AS spellings
            ON spellings.spelling = lower(trim(coalesce(country, substr(locale, 4))))
        WHERE dataset_id = $dataset_id
          AND ($everybody OR prospect_id IN (SELECT unnest($ids::VARCHAR[])))
    )
    SELECT code FROM codes
    WHERE EXISTS (
        SELECT 1 FROM current_variants AS texts
        LEFT JOIN latest_screenings AS screened
            ON screened.variant_id = texts.variant_id AND screened.version = texts.version
           AND screened.content_sha256 = texts.content_sha256
        WHERE texts.campaign_id = $campaign_id
          AND NOT list_contains(string_split(coalesce(screened.readers, ''), ','), codes.code))
    ORDER BY code
"""


def find_unscreened(store: Store, campaign_id: str) -> None:
    """Put into the temporary table ``unscreened_texts`` what was not screened for whose country.

    Args:
        store: Has ``addressees``, in the transaction of the choice or of the hand-over.
        campaign_id: Whose texts.
    """
    store.run(_UNSCREENED, campaign_id=campaign_id)


def new_places(
    store: Store, campaign_id: str, dataset_id: str, ids: Sequence[str] | None
) -> list[str]:
    """List the codes of countries of these prospects that some text was not screened for.

    Args:
        store: Reads ``prospects``, the texts and their screenings.
        campaign_id: Whose texts.
        dataset_id: The base.
        ids: Of the prospects; None is the whole base.
    """
    found = store.read(
        _NEW, campaign_id=campaign_id, dataset_id=dataset_id, everybody=ids is None,
        ids=list(ids or ()),
    )  # fmt: skip
    return [str(code) for (code,) in found]
