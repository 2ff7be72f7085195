"""A prospect file's rows into ``prospects``, with their signals and the facts that may be cited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from personalization.customers.fields import ATTRIBUTE, IGNORE
from personalization.customers.forgotten import suppress_forgotten_prospects
from personalization.customers.intake import Arrival, Intake, extra_names

if TYPE_CHECKING:
    from personalization.store import Store

# The last row wins, field by field: what the newer file does not have at all stays as it was.
_UPDATE: Final = """
    UPDATE prospects AS old SET
        email = if(list_contains($fields, 'email'), new.email, old.email),
        first_name = if(list_contains($fields, 'first_name'), new.first_name, old.first_name),
        last_name = if(list_contains($fields, 'last_name'), new.last_name, old.last_name),
        full_name = if(list_contains($fields, 'full_name'), new.full_name, old.full_name),
        phone = if(list_contains($fields, 'phone'), new.phone, old.phone),
        linkedin_url =
            if(list_contains($fields, 'linkedin_url'), new.linkedin_url, old.linkedin_url),
        x_handle = if(list_contains($fields, 'x_handle'), new.x_handle, old.x_handle),
        title = if(list_contains($fields, 'title'), new.title, old.title),
        company = if(list_contains($fields, 'company'), new.company, old.company),
        website = if(list_contains($fields, 'website'), new.website, old.website),
        account = if(len(list_intersect($fields, ['email', 'company', 'website'])) > 0,
                     new.account, old.account),
        company_type =
            if(list_contains($fields, 'company_type'), new.company_type, old.company_type),
        industry = if(list_contains($fields, 'industry'), new.industry, old.industry),
        employees = if(list_contains($fields, 'employees'), new.employees, old.employees),
        country = if(list_contains($fields, 'country'), new.country, old.country),
        city = if(list_contains($fields, 'city'), new.city, old.city),
        locale = if(len(list_intersect($fields, ['locale', 'country'])) > 0,
                    new.locale, old.locale),
        time_zone = if(list_contains($fields, 'time_zone'), new.time_zone, old.time_zone),
        owner = if(list_contains($fields, 'owner'), new.owner, old.owner)
    FROM read_parquet($staged) AS new
    WHERE old.dataset_id = $dataset_id AND old.prospect_id = new.prospect_id
"""
_ADD: Final = """
    INSERT INTO prospects (dataset_id, prospect_id, email, first_name, last_name, full_name, phone,
        linkedin_url, x_handle, title, company, website, account, company_type, industry, employees,
        country, city, locale, time_zone, owner)
    SELECT $dataset_id, prospect_id, email, first_name, last_name, full_name, phone, linkedin_url,
           x_handle, title, company, website, account, company_type, industry, employees, country,
           city, locale, time_zone, owner
    FROM read_parquet($staged) AS fresh
    WHERE NOT EXISTS (FROM prospects AS known WHERE known.dataset_id = $dataset_id
                                                AND known.prospect_id = fresh.prospect_id)
    ORDER BY fresh.line
"""

# A signal that the file has a column for is what the file says, also where it says nothing now.  A
# stop is never taken back by an empty cell, and an objection not by a no either.
_FORGET_SIGNALS: Final = """
    DELETE FROM prospect_signals
    WHERE dataset_id = $dataset_id AND list_contains($names, signal)
      AND NOT (is_objection(signal) AND is_signalled(value))
      AND (prospect_id, signal) IN (
          SELECT (prospect_id, signal) FROM arriving_signals WHERE value IS NOT NULL
          UNION ALL
          SELECT (prospect_id, signal) FROM arriving_signals
          WHERE NOT list_contains($stops, signal))
"""
_ARRIVING: Final = """
    CREATE OR REPLACE TEMP TABLE arriving_signals AS
    WITH names AS (
        SELECT unnest($generic::VARCHAR[]) AS generic, unnest($signals::VARCHAR[]) AS signal
    )
    SELECT prospect_id, names.signal, nullif(text, '') AS value
    FROM (UNPIVOT (SELECT prospect_id, coalesce(COLUMNS('^(signal_.*|x[0-9]+)$'), '')
                   FROM read_parquet($staged))
          ON COLUMNS('^(signal_.*|x[0-9]+)$') INTO NAME generic VALUE text)
    JOIN names USING (generic)
"""
_ADD_SIGNALS: Final = """
    INSERT INTO prospect_signals (dataset_id, prospect_id, signal, value)
    SELECT $dataset_id, prospect_id, signal, arg_max(value, (is_signalled(value), value))
    FROM arriving_signals AS fresh
    WHERE value IS NOT NULL
      AND (prospect_id, signal) NOT IN
          (SELECT (prospect_id, signal) FROM prospect_signals WHERE dataset_id = $dataset_id)
    GROUP BY prospect_id, signal
    ORDER BY prospect_id, signal
"""

# A fact without a source cannot be cited, and nobody is written to about their bad luck.
_ADD_FACTS: Final = """
    INSERT INTO prospect_facts (dataset_id, prospect_id, fact_id, kind, text, source, observed_on,
        import_id)
    WITH listed AS (
        SELECT prospect_id, unnest([
            {'kind': 'news', 'text': fact_news, 'source': fact_news_source, 'day': news_day},
            {'kind': 'hiring', 'text': fact_hiring, 'source': fact_hiring_source,
             'day': hiring_day},
            {'kind': 'event', 'text': fact_event, 'source': fact_event_source, 'day': event_day},
            {'kind': 'product', 'text': fact_product, 'source': fact_product_source,
             'day': product_day},
            {'kind': 'technology', 'text': fact_technology, 'source': fact_technology_source,
             'day': technology_day},
            {'kind': 'location', 'text': fact_location, 'source': fact_location_source,
             'day': location_day},
            {'kind': 'post', 'text': fact_post, 'source': fact_post_source, 'day': post_day},
            {'kind': 'mutual', 'text': fact_mutual, 'source': fact_mutual_source,
             'day': mutual_day}]) AS fact
        FROM read_parquet($staged)
    ), named AS (
        SELECT prospect_id, fact.*,
               'fact-' || md5(concat_ws('|', $dataset_id, prospect_id, fact.kind, fact.text))[1:12]
                   AS fact_id
        FROM listed
        WHERE fact.text IS NOT NULL AND fact.source IS NOT NULL AND NOT is_bad_luck(fact.text)
    )
    SELECT $dataset_id, prospect_id, fact_id, kind, text, source, day::DATE, $import_id
    FROM named
    WHERE NOT EXISTS (FROM prospect_facts AS known WHERE known.dataset_id = $dataset_id
                                                     AND known.fact_id = named.fact_id)
    ORDER BY prospect_id, kind
"""
_STOPS: Final = ("opted_out", "do_not_contact", "hard_bounced")


def write_prospects(store: Store, intake: Intake, arrival: Arrival) -> None:
    """Add the file's prospects, or bring those who are known up to date, field by field.

    Columns called ``signals.…`` become signals; facts need a source.  Whoever was erased before is
    suppressed at once.
    """
    place = {"dataset_id": arrival.dataset_id, "staged": str(arrival.staged)}
    fields = sorted({f for f in intake.mapping.values() if f not in {ATTRIBUTE, IGNORE}})
    store.run(_UPDATE, fields=fields, **place)
    store.run(_ADD, **place)
    _write_signals(store, intake, arrival, fields)
    store.run(_ADD_FACTS, import_id=arrival.import_id, **place)
    suppress_forgotten_prospects(store, arrival)


def _write_signals(store: Store, intake: Intake, arrival: Arrival, fields: list[str]) -> None:
    names = {f: f.removeprefix("signal_") for f in fields if f.startswith("signal_")}
    names |= {generic: _signal(column) for generic, column in extra_names(intake).items()}
    if not names:
        return
    store.run(
        _ARRIVING, staged=str(arrival.staged), generic=list(names), signals=list(names.values())
    )
    place = {"dataset_id": arrival.dataset_id}
    store.run(_FORGET_SIGNALS, names=list(names.values()), stops=list(_STOPS), **place)
    store.run(_ADD_SIGNALS, **place)


def _signal(column: str) -> str:
    """Name the signal of a column: what stands behind "signals.", as one word.

    Example:
        >>> _signal("Signals: Pricing page visited")
        'pricing_page_visited'
    """
    bare = column.lower().removeprefix("signals").removeprefix("signal")
    return "_".join("".join(c if c.isalnum() else " " for c in bare).split())
