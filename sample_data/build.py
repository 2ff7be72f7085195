"""Build the sample data from UCI Online Retail; run again, it gives the same bytes.

    python sample_data/build.py online_retail.parquet

Order lines, prices and countries are real.  First names, addresses, consent, its records
and sign-up days are made up from a hash of the customer's number, so that nobody real is described.
The catalogue and the events of the shop's pages are made by catalogue.py beside this file.
"""  # noqa: INP001

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import duckdb

HERE: Final = Path(__file__).parent

# Fictional; the lists are common given names of the countries, none of them of a customer.
NAMES: Final = {
    "": (
        "Alice Amelia Amy Anna Anthony Arthur Ben Beth Callum Charlotte Chloe Claire Daniel "
        "David Edward Eleanor Ella Emily Emma Ethan Eva Finlay Florence Freya George Grace "
        "Hannah Harriet Harry Heather Henry Holly Ian Imogen Isla Jack Jacob James Jane "
        "Jasmine Joe Joanna Joseph Julia Karen Kate Katie Laura Leo Lewis Lily Liam Lucy "
        "Luke Maisie Maria Mark Martha Martin Matilda Megan Michael Millie Molly Natalie "
        "Nathan Niamh Nicola Oliver Olivia Oscar Patrick Paul Peter Phoebe Poppy Priya "
        "Rachel Rebecca Robert Rosie Rory Ruby Ruth Ryan Sam Sara Scarlett Sean Sophie "
        "Stephen Susan Theo Thomas Tom Victoria Violet William Yasmin Zara Zoe"
    ),
    "Germany": (
        "Anja Birgit Claudia Dieter Felix Frank Greta Hannah Heike Ingrid Jan Jonas Jürgen "
        "Karin Katrin Klaus Lena Lukas Maike Matthias Monika Nina Paul Petra Sabine Stefan "
        "Tobias Ute"
    ),
    "France": (
        "Amélie Antoine Camille Céline Chloé Claire Élodie Émile François Hélène Hugo Inès "
        "Isabelle Jacques Julien Louis Lucie Manon Mathieu Nathalie Nicolas Pierre Sophie "
        "Sylvie Théo Thomas"
    ),
    "Spain": (
        "Alba Alejandro Ana Andrés Carlos Carmen Diego Elena Inés Javier José Lucía María "
        "Marta Pablo"
    ),
    "Netherlands": "Anouk Bram Daan Esther Femke Jeroen Lotte Maarten Sanne Sven Thijs Willem",
    "Italy": "Alessandro Chiara Elena Francesca Giulia Lorenzo Luca Marco Paola Sara Silvia",
}

LOCALES: Final = {
    "United Kingdom": "en-GB",
    "Channel Islands": "en-GB",
    "EIRE": "en-IE",
    "Australia": "en-AU",
    "USA": "en-US",
    "Canada": "en-CA",
    "Germany": "de-DE",
    "Austria": "de-AT",
    "Switzerland": "de-CH",
    "France": "fr-FR",
    "Belgium": "fr-BE",
    "Spain": "es-ES",
    "Italy": "it-IT",
    "Netherlands": "nl-NL",
    "Portugal": "pt-PT",
    "Poland": "pl-PL",
    "Sweden": "sv-SE",
    "Norway": "nb-NO",
    "Denmark": "da-DK",
    "Finland": "fi-FI",
    "Japan": "ja-JP",
    "Greece": "el-GR",
}

_LINES = """
    SELECT InvoiceNo, StockCode, Description, Quantity, InvoiceDate, UnitPrice, CustomerID, Country
    FROM read_parquet($source)
"""

# Draws are hashes of the customer's number, so a customer keeps name and consent in every build.
_CUSTOMERS = """
    WITH known AS (
        SELECT CustomerID::VARCHAR AS customer_id, min(InvoiceDate)::DATE AS first_on,
               max_by(Country, (InvoiceDate, InvoiceNo)) AS country,
               sum(CASE WHEN Quantity > 0 THEN Quantity * UnitPrice ELSE 0 END) AS spent
        FROM read_parquet($source) WHERE CustomerID IS NOT NULL GROUP BY CustomerID
    ), names AS (
        SELECT unnest($name_countries::VARCHAR[]) AS names_of, unnest($names::VARCHAR[]) AS names
    ), drawn AS (
        SELECT known.*, string_split(coalesce(own.names, others.names), ' ') AS names,
               ('0x' || md5('name:' || customer_id)[1:8])::BIGINT AS name_draw,
               ('0x' || md5('consent:' || customer_id)[1:8])::BIGINT / 4294967296.0 AS consent_draw,
               ('0x' || md5('unnamed:' || customer_id)[1:8])::BIGINT / 4294967296.0 AS unnamed_draw,
               ('0x' || md5('address:' || customer_id)[1:8])::BIGINT / 4294967296.0 AS address_draw,
               ('0x' || md5('signup:' || customer_id)[1:8])::BIGINT % 240 AS days_before,
               percent_rank() OVER (ORDER BY spent, customer_id) AS rank
        FROM known LEFT JOIN names AS own ON own.names_of = country
        JOIN names AS others ON others.names_of = ''
    ), named AS (
        SELECT *, names[1 + name_draw % len(names)] AS name FROM drawn
    ), locales AS (
        SELECT unnest($locale_countries::VARCHAR[]) AS country,
               unnest($locales::VARCHAR[]) AS locale
    )
    SELECT customer_id,
           CASE WHEN address_draw >= 0.01
                THEN regexp_replace(lower(strip_accents(name)), '[^a-z]', '', 'g')
                     || '.' || customer_id || '@example.com' END AS email,
           CASE WHEN unnamed_draw >= 0.04 THEN name END AS first_name,
           country, coalesce(locale, 'en-GB') AS locale,
           CASE WHEN rank >= 0.9 THEN 'Gold' WHEN rank >= 0.6 THEN 'Silver'
                ELSE 'Bronze' END AS tier,
           (first_on - days_before::INTEGER)::DATE AS signup_date,
           CASE WHEN consent_draw < 0.9 THEN 'yes' ELSE 'no' END AS consent_email
    FROM named LEFT JOIN locales USING (country)
    ORDER BY customer_id
"""

# Fictional records of consent.  In Germany everybody who said yes has a confirmed double opt-in,
# and some who did not began one and never confirmed it; in Canada and Australia customers who did
# not say yes have an implied consent that ended long ago.  Elsewhere a part has records.
_CONSENTS = """
    WITH drawn AS (
        SELECT *, ('0x' || md5('record:' || customer_id)[1:8])::BIGINT / 4294967296.0 AS draw,
               ('0x' || md5('minute:' || customer_id)[1:8])::BIGINT % 600 AS minute
        FROM read_csv($customers, all_varchar = true)
    ), chosen AS (
        SELECT *, CASE
                WHEN country = 'Germany' AND (consent_email = 'yes' OR draw < 0.5)
                    THEN 'double opt-in'
                WHEN country IN ('Canada', 'Australia') THEN 'implied by purchase'
                WHEN consent_email = 'no' AND draw < 0.2 THEN 'withdrawn'
                WHEN consent_email = 'no' THEN NULL
                WHEN country = 'United Kingdom' AND draw < 0.12 THEN 'soft opt-in'
                WHEN country = 'United Kingdom' AND draw < 0.35 THEN 'express'
                WHEN country <> 'United Kingdom' AND draw < 0.5 THEN 'express' END AS basis,
               signup_date::DATE + INTERVAL '8' HOUR + minute * INTERVAL '1' MINUTE AS given
        FROM drawn
    )
    SELECT customer_id, basis, strftime(given, '%Y-%m-%dT%H:%M:%SZ') AS recorded_at,
           CASE WHEN basis = 'double opt-in' AND consent_email = 'yes'
                THEN strftime(given + (1 + minute % 45) * INTERVAL '1' MINUTE, '%Y-%m-%dT%H:%M:%SZ')
           END AS confirmed_at,
           CASE basis
               WHEN 'double opt-in' THEN 'Ja, ich möchte den Newsletter von Hearth & Ribbon per '
                    || 'E-Mail erhalten. Ich kann mich jederzeit abmelden.'
               WHEN 'soft opt-in' THEN 'We will e-mail you about products like the ones you buy. '
                    || 'Tick here if you would rather not hear from us.'
               WHEN 'express' THEN 'Yes, please e-mail me news and offers from Hearth & Ribbon. '
                    || 'I can unsubscribe at any time.'
               WHEN 'implied by purchase' THEN 'No question was asked: the customer bought.'
           END AS wording,
           CASE basis WHEN 'double opt-in' THEN 'Newsletter form, confirmed by e-mail'
                WHEN 'soft opt-in' THEN 'Checkout' WHEN 'express' THEN 'Account page'
                WHEN 'withdrawn' THEN 'Preference page' ELSE 'First order' END AS mechanism,
           'R-' || customer_id AS evidence
    FROM chosen WHERE basis IS NOT NULL
    ORDER BY customer_id
"""


def build(source: Path, folder: Path = HERE) -> None:
    """Write transactions.parquet, customers.csv and consents.csv into ``folder``."""
    engine = duckdb.connect()
    place = {"source": str(source)}
    engine.sql(_LINES, params=place).write_parquet(
        str(folder / "transactions.parquet"), compression="zstd", row_group_size=1_000_000
    )
    customers = {
        **place,
        "name_countries": list(NAMES),
        "names": list(NAMES.values()),
        "locale_countries": list(LOCALES),
        "locales": list(LOCALES.values()),
    }
    engine.sql(_CUSTOMERS, params=customers).write_csv(str(folder / "customers.csv"), header=True)
    written = {"customers": str(folder / "customers.csv")}
    engine.sql(_CONSENTS, params=written).write_csv(str(folder / "consents.csv"), header=True)


if __name__ == "__main__":
    build(Path(sys.argv[1]))
