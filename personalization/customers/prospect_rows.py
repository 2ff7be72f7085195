"""Prospect files: from cells of text to typed rows, and all that is to be told about them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from personalization.clocks import countries

if TYPE_CHECKING:
    from collections.abc import Mapping

LANGUAGES: Final[Mapping[str, str]] = {
    name: code
    for code, names in {
        "en": ("en", "eng", "english", "englisch", "anglais", "ingles", "inglese", "engels"),
        "de": ("de", "ger", "deu", "german", "deutsch", "allemand", "aleman", "tedesco", "duits"),
        "fr": ("fr", "fra", "fre", "french", "franzosisch", "francais", "frances", "francese"),
        "es": ("es", "spa", "spanish", "spanisch", "espagnol", "espanol", "spagnolo", "spaans"),
        "it": ("it", "ita", "italian", "italienisch", "italien", "italiano", "italiaans"),
        "nl": ("nl", "nld", "dut", "dutch", "niederlandisch", "neerlandais", "nederlands"),
        "pt": ("pt", "por", "portuguese", "portugiesisch", "portugais", "portugues"),
        "pl": ("pl", "pol", "polish", "polnisch", "polonais", "polski"),
        "ja": ("ja", "jp", "jpn", "japanese", "japanisch", "japonais"),
        "sv": ("sv", "swe", "swedish", "schwedisch", "svenska"),
        "da": ("da", "dan", "danish", "danisch", "dansk"),
        "no": ("no", "nb", "nor", "norwegian", "norwegisch", "norsk"),
        "fi": ("fi", "fin", "finnish", "finnisch", "suomi"),
        "cs": ("cs", "cze", "czech", "tschechisch", "cestina"),
    }.items()
    for name in names
}
"""What files call a language, and its code of ISO 639-1."""

USUAL_LANGUAGES: Final[Mapping[str, str]] = {
    "GB": "en", "IE": "en", "US": "en", "AU": "en", "NZ": "en", "DE": "de", "AT": "de", "LI": "de",
    "FR": "fr", "MC": "fr", "ES": "es", "MX": "es", "AR": "es", "CO": "es", "CL": "es", "PE": "es",
    "IT": "it", "NL": "nl", "PL": "pl", "PT": "pt", "BR": "pt", "JP": "ja", "SE": "sv", "DK": "da",
    "NO": "no", "FI": "fi", "CZ": "cs",
}  # fmt: skip
"""Countries whose people mostly read one language; of Belgium or Switzerland nothing follows."""


@cache
def country_words() -> Mapping[str, str]:
    """Return the ISO code of each spelling of a country, which is in small letters."""
    return {name: code.upper() for code, found in countries().items() for name in found.names}


# The number tells prospects apart; where a file has none, the address or the profile does, and the
# number is made of it, so that a file that comes again finds the same people.
READ_PROSPECTS: Final = """
    CREATE TABLE judged AS
    WITH spelt AS (
        SELECT unnest($country_words::VARCHAR[]) AS word, unnest($country_codes::VARCHAR[]) AS code
    ), spoken AS (
        SELECT unnest($language_words::VARCHAR[]) AS word,
               unnest($language_codes::VARCHAR[]) AS code
    ), read AS (
        SELECT cells.line, fingerprint,
               bare_id(prospect_id, ($floats).prospect_id) AS given_id,
               coalesce(is_scientific(prospect_id), false) AS is_scientific,
               CASE WHEN is_email(bare_email(email)) THEN bare_email(email) END AS address,
               linkedin_profile(linkedin_url) AS profile, x_name(x_handle) AS handle,
               host_of(website) AS host, headcount(employees) AS people,
               coalesce(spelt.code,
                        CASE WHEN regexp_full_match(country, '[A-Za-z]{2}') THEN upper(country) END)
                   AS country_code,
               coalesce(spoken.code,
                        CASE WHEN regexp_full_match(locale, '[A-Za-z]{2}[-_][A-Za-z]{2}')
                             THEN lower(locale[1:2]) END) AS language,
               CASE WHEN regexp_full_match(time_zone, 'UTC|[A-Z][A-Za-z]+(/[A-Za-z0-9_+-]+)+')
                    THEN time_zone END AS zone,
               NULL::BOOLEAN AS says_yes, NULL::BOOLEAN AS says_no,  -- consents to nothing
               COLUMNS($texts)
        FROM cells
        LEFT JOIN spelt ON spelt.word = lower(country)
        LEFT JOIN spoken ON spoken.word = strip_accents(lower(locale))
        WHERE NOT EXISTS (FROM no_rows WHERE no_rows.line = cells.line)
    )
    SELECT *, CASE WHEN $key = 'prospect_id' THEN given_id
                   WHEN coalesce(address, profile) IS NOT NULL
                   THEN 'p-' || md5(coalesce(address, lower(profile)))[1:12] END AS key,
           CASE WHEN is_scientific THEN ['prospect_id', 'id_scientific_notation']
                WHEN $key = 'prospect_id' AND given_id IS NULL
                    THEN ['prospect_id', 'missing_prospect_id']
                WHEN $key <> 'prospect_id' AND coalesce(address, profile) IS NULL
                    THEN [$key, 'missing_prospect_key'] END AS rejection
    FROM read
"""

TELL_PROSPECTS: Final = """
    INSERT INTO problems
    WITH accepted AS (FROM typed WHERE outcome = 'accepted'), found AS (
        SELECT outcome, line, coalesce(rejection[1], $key) AS field,
               coalesce(prospect_id, email, linkedin_url) AS value, reason
        FROM typed WHERE outcome <> 'accepted'
        UNION ALL
        SELECT 'warning', line, 'email', email, 'invalid_prospect_email' FROM accepted
        WHERE email IS NOT NULL AND address IS NULL
        UNION ALL
        SELECT 'warning', line, 'title', title, 'missing_title' FROM accepted
        WHERE title IS NULL
        UNION ALL
        SELECT 'warning', line, 'country', country,
               CASE WHEN country IS NULL THEN 'missing_country' ELSE 'bad_country' END
        FROM accepted WHERE country_code IS NULL
        UNION ALL
        SELECT 'warning', line, 'employees', employees, 'bad_employees' FROM accepted
        WHERE employees IS NOT NULL AND people IS NULL
        UNION ALL
        SELECT 'warning', line, 'locale', locale, 'bad_language' FROM accepted
        WHERE locale IS NOT NULL AND language IS NULL
        UNION ALL
        SELECT 'warning', line, 'time_zone', time_zone, 'bad_time_zone' FROM accepted
        WHERE time_zone IS NOT NULL AND zone IS NULL
        UNION ALL
        SELECT 'warning', line, 'linkedin_url', linkedin_url, 'bad_profile' FROM accepted
        WHERE linkedin_url IS NOT NULL AND profile IS NULL
        UNION ALL
        SELECT 'warning', line, 'x_handle', x_handle, 'bad_handle' FROM accepted
        WHERE x_handle IS NOT NULL AND handle IS NULL
        UNION ALL
        SELECT 'warning', line, regexp_replace(name, '_source$', ''), NULL, 'fact_without_source'
        FROM (UNPIVOT (SELECT line,
                  CASE WHEN fact_news IS NOT NULL AND fact_news_source IS NULL
                       THEN 'x' END AS fact_news,
                  CASE WHEN fact_hiring IS NOT NULL AND fact_hiring_source IS NULL
                       THEN 'x' END AS fact_hiring,
                  CASE WHEN fact_event IS NOT NULL AND fact_event_source IS NULL
                       THEN 'x' END AS fact_event,
                  CASE WHEN fact_product IS NOT NULL AND fact_product_source IS NULL
                       THEN 'x' END AS fact_product,
                  CASE WHEN fact_technology IS NOT NULL AND fact_technology_source IS NULL
                       THEN 'x' END AS fact_technology,
                  CASE WHEN fact_location IS NOT NULL AND fact_location_source IS NULL
                       THEN 'x' END AS fact_location,
                  CASE WHEN fact_post IS NOT NULL AND fact_post_source IS NULL
                       THEN 'x' END AS fact_post,
                  CASE WHEN fact_mutual IS NOT NULL AND fact_mutual_source IS NULL
                       THEN 'x' END AS fact_mutual
              FROM accepted) ON COLUMNS('^fact_') INTO NAME name VALUE mark)
        UNION ALL
        SELECT 'warning', line, name, told, 'unhappy_fact'
        FROM (UNPIVOT (SELECT line, fact_news, fact_hiring, fact_event, fact_product,
                              fact_technology, fact_location, fact_post, fact_mutual FROM accepted)
              ON COLUMNS('^fact_') INTO NAME name VALUE told)
        WHERE is_bad_luck(told)
    )
    SELECT found.outcome, line, column_name, left(value, 300), reason, NULL
    FROM found LEFT JOIN file_columns USING (field)
"""

# Days are kept as they were read; facts are told apart from columns of other targets by their name.
ACCEPTED_PROSPECTS: Final = """
    WITH spoken AS (
        SELECT unnest($usual_countries::VARCHAR[]) AS code,
               unnest($usual_languages::VARCHAR[]) AS usual
    )
    SELECT typed.key AS prospect_id, address AS email, first_name, last_name, full_name, title,
           company, website, company_type, industry,
           CASE WHEN people > 0 THEN people END AS employees, country_code AS country, city,
           coalesce(language, usual) || coalesce('-' || country_code, '') AS locale,
           zone AS time_zone, phone, profile AS linkedin_url, handle AS x_handle, owner,
           coalesce(host, CASE WHEN NOT is_private_host(split_part(address, '@', 2))
                               THEN split_part(address, '@', 2) END,
                    folded_company(company), typed.key) AS account,
           COLUMNS('^fact_[a-z]+(_source)?$'), COLUMNS('^signal_'),
           day_of.news AS news_day, day_of.hiring AS hiring_day, day_of.event AS event_day,
           day_of.product AS product_day, day_of.technology AS technology_day,
           day_of.location AS location_day, day_of.post AS post_day, day_of.mutual AS mutual_day,
           COLUMNS($extras)
    FROM typed
    LEFT JOIN spoken ON spoken.code = country_code
    LEFT JOIN (
        SELECT dated.line,
               {'news': max(day_at) FILTER (WHERE field = 'fact_news_date'),
                'hiring': max(day_at) FILTER (WHERE field = 'fact_hiring_date'),
                'event': max(day_at) FILTER (WHERE field = 'fact_event_date'),
                'product': max(day_at) FILTER (WHERE field = 'fact_product_date'),
                'technology': max(day_at) FILTER (WHERE field = 'fact_technology_date'),
                'location': max(day_at) FILTER (WHERE field = 'fact_location_date'),
                'post': max(day_at) FILTER (WHERE field = 'fact_post_date'),
                'mutual': max(day_at) FILTER (WHERE field = 'fact_mutual_date')} AS day_of
        FROM (UNPIVOT (SELECT line, COLUMNS('^fact_[a-z]+_date$') FROM typed)
              ON COLUMNS('^fact_') INTO NAME name VALUE text) AS dated
        JOIN days ON days.field = dated.name AND days.text = day_text(dated.text)
        WHERE days.day_at <= $latest
        GROUP BY dated.line
    ) AS dates ON dates.line = typed.line
    WHERE outcome = 'accepted' ORDER BY typed.line
"""
