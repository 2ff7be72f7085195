"""The base that a program's prospects are kept in.

Whoever is in the base already keeps what the program does not mention.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from personalization.campaign.inputs import check_dataset
from personalization.outreach.routing import route
from personalization.outreach.routing_policy import read_routing_policy
from personalization.store import record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from personalization.campaign.engine_prospects import ToldProspect
    from personalization.settings import Settings
    from personalization.store import Store

_ADD_BASE: Final = """
    INSERT INTO datasets (dataset_id, name, created_at, created_by)
    VALUES ($dataset_id, $name, $now, $actor) ON CONFLICT DO NOTHING
"""
_STAGE: Final = """
    CREATE OR REPLACE TEMP TABLE told_prospects AS
    SELECT told.*
    FROM (SELECT unnest($rows::STRUCT(prospect_id VARCHAR, email VARCHAR, first_name VARCHAR,
              last_name VARCHAR, full_name VARCHAR, phone VARCHAR, linkedin_url VARCHAR,
              x_handle VARCHAR, title VARCHAR, company VARCHAR, website VARCHAR,
              company_type VARCHAR, industry VARCHAR, employees BIGINT, country VARCHAR,
              city VARCHAR, locale VARCHAR, time_zone VARCHAR, owner VARCHAR)[], recursive := true))
         AS told
"""
# A country that was told and cannot be read is '': it is unknown then, and not what it was.  Who is
# at another company is not any more of the one whose website is on file.
_CHANGE: Final = """
    UPDATE prospects SET
        email = coalesce(told.email, prospects.email),
        first_name = coalesce(told.first_name, prospects.first_name),
        last_name = coalesce(told.last_name, prospects.last_name),
        full_name = coalesce(told.full_name, prospects.full_name),
        phone = coalesce(told.phone, prospects.phone),
        linkedin_url = coalesce(told.linkedin_url, prospects.linkedin_url),
        x_handle = coalesce(told.x_handle, prospects.x_handle),
        title = coalesce(told.title, prospects.title),
        company = coalesce(told.company, prospects.company),
        website = coalesce(told.website, prospects.website),
        company_type = coalesce(told.company_type, prospects.company_type),
        industry = coalesce(told.industry, prospects.industry),
        employees = coalesce(told.employees, prospects.employees),
        country = nullif(coalesce(told.country, prospects.country), ''),
        city = coalesce(told.city, prospects.city),
        locale = coalesce(told.locale, prospects.locale),
        time_zone = coalesce(told.time_zone, prospects.time_zone),
        owner = coalesce(told.owner, prospects.owner),
        account = CASE
            WHEN (coalesce(told.website, prospects.website), coalesce(told.email, prospects.email),
                  coalesce(told.company, prospects.company))
                 IS NOT DISTINCT FROM (prospects.website, prospects.email, prospects.company)
            THEN prospects.account
            ELSE account_of(
                CASE WHEN coalesce(told.company <> prospects.company, false) THEN told.website
                     ELSE coalesce(told.website, prospects.website) END,
                coalesce(told.email, prospects.email), coalesce(told.company, prospects.company),
                prospects.prospect_id) END
    FROM told_prospects AS told
    WHERE prospects.dataset_id = $dataset_id AND prospects.prospect_id = told.prospect_id
"""
_ADD: Final = """
    INSERT INTO prospects BY NAME
    SELECT $dataset_id AS dataset_id, told.* REPLACE (nullif(country, '') AS country),
           account_of(website, email, company, prospect_id) AS account
    FROM told_prospects AS told
    WHERE prospect_id NOT IN (SELECT prospect_id FROM prospects WHERE dataset_id = $dataset_id)
"""
_MISSING: Final = """
    SELECT prospect_id FROM told_prospects
    WHERE email IS NULL AND full_name IS NULL AND title IS NULL AND company IS NULL
      AND first_name IS NULL AND linkedin_url IS NULL
      AND prospect_id NOT IN (SELECT prospect_id FROM prospects WHERE dataset_id = $dataset_id)
    ORDER BY prospect_id
"""
# Programs send a no for want of knowing better: it never takes back an objection that is on file.
_ADD_SIGNALS: Final = (
    """
    DELETE FROM prospect_signals
    WHERE dataset_id = $dataset_id AND (prospect_id, signal) IN
          (SELECT (unnest($ids::VARCHAR[]), unnest($signals::VARCHAR[])))
      AND NOT (is_objection(signal) AND is_signalled(value))
    """,
    """
    INSERT INTO prospect_signals
    SELECT $dataset_id, prospect_id, signal, arg_max(value, (is_signalled(value), value))
    FROM (SELECT unnest($ids::VARCHAR[]) AS prospect_id, unnest($signals::VARCHAR[]) AS signal,
                 unnest($values::VARCHAR[]) AS value) AS told
    WHERE (prospect_id, signal) NOT IN
          (SELECT (prospect_id, signal) FROM prospect_signals WHERE dataset_id = $dataset_id)
    GROUP BY prospect_id, signal
    """,
)
_ADD_FACTS: Final = """
    INSERT INTO prospect_facts
    SELECT * FROM (
        SELECT $dataset_id AS dataset_id, prospect_id,
               concat('f', substr(sha256(concat_ws(chr(31), $dataset_id, prospect_id, kind, text)),
                                  1, 16)) AS fact_id, kind, text, source, observed_on, 'engine'
        FROM (SELECT unnest($ids::VARCHAR[]) AS prospect_id, unnest($kinds::VARCHAR[]) AS kind,
                     unnest($texts::VARCHAR[]) AS text, unnest($sources::VARCHAR[]) AS source,
                     unnest($days::DATE[]) AS observed_on)) AS told
    WHERE (dataset_id, prospect_id, fact_id) NOT IN
          (SELECT (dataset_id, prospect_id, fact_id) FROM prospect_facts)
"""
_ADD_CONSENTS: Final = """
    INSERT INTO consents (dataset_id, customer_id, channel, basis, wording, wording_sha256,
        mechanism, recorded_at, confirmed_at, evidence, imported_by, imported_at)
    SELECT $dataset_id, customer_id, channel, basis, wording, sha256(wording), 'engine',
           recorded_at, CASE WHEN basis = 'double_opt_in' THEN recorded_at END, evidence, $actor,
           $now::TIMESTAMPTZ
    FROM (SELECT unnest($ids::VARCHAR[]) AS customer_id, unnest($channels::VARCHAR[]) AS channel,
                 unnest($bases::VARCHAR[]) AS basis, unnest($moments::TIMESTAMPTZ[]) AS recorded_at,
                 unnest($wordings::VARCHAR[]) AS wording,
                 unnest($evidence::VARCHAR[]) AS evidence) AS told
    WHERE NOT EXISTS (FROM consents AS known
                      WHERE known.dataset_id = $dataset_id
                        AND known.customer_id = told.customer_id
                        AND known.channel = told.channel AND known.basis = told.basis
                        AND known.recorded_at = told.recorded_at)
"""


def open_base(store: Store, dataset_id: str, *, name: str, actor: str) -> None:
    """Have a base of prospects of that id; nothing changes where there is one."""
    store.run(_ADD_BASE, dataset_id=dataset_id, name=name, now=store.now(), actor=actor)


def keep_prospects(
    store: Store, settings: Settings, dataset_id: str, told: Sequence[ToldProspect], *, actor: str
) -> list[str]:
    """Keep prospects in a base and route them; return the ids of those of whom nothing is known.

    Writes ``prospects``, ``prospect_signals``, ``prospect_facts``, ``consents``, ``routings``,
    ``input_findings`` and one audit row, and runs again without harm.
    """
    people = {one.prospect_id: one for one in told}
    with store.transaction():
        store.run(_STAGE, rows=[one.values for one in people.values()])
        missing = [str(row[0]) for row in store.read(_MISSING, dataset_id=dataset_id)]
        store.run(_CHANGE, dataset_id=dataset_id)
        store.run(_ADD, dataset_id=dataset_id)
        _keep_signals(store, dataset_id, told)
        _keep_more(store, dataset_id, list(people.values()), actor)
        ids = sorted(people)
        route(store, read_routing_policy(), dataset_id, prospects=ids)
        record(
            store, "prospects.told", dataset_id, actor=actor, dataset_id=dataset_id,
            prospects=len(ids),
        )  # fmt: skip
    check_dataset(store, settings, dataset_id, actor=actor)
    return missing


def _keep_signals(store: Store, dataset_id: str, told: Sequence[ToldProspect]) -> None:
    """Keep the signals of all that was told at once, of the same person more than once too."""
    signals = [(one.prospect_id, *row) for one in told for row in one.signals]
    if not signals:
        return
    ids, names, values = map(list, zip(*signals, strict=True))
    store.run(_ADD_SIGNALS[0], dataset_id=dataset_id, ids=ids, signals=names)
    store.run(_ADD_SIGNALS[1], dataset_id=dataset_id, ids=ids, signals=names, values=values)


def _keep_more(store: Store, dataset_id: str, people: Sequence[ToldProspect], actor: str) -> None:
    facts = [(one.prospect_id, *row) for one in people for row in one.facts]
    consents = [(one.prospect_id, *row) for one in people for row in one.consents]
    if facts:
        ids, kinds, texts, sources, days = map(list, zip(*facts, strict=True))
        store.run(
            _ADD_FACTS, dataset_id=dataset_id, ids=ids, kinds=kinds, texts=texts, sources=sources,
            days=days,
        )  # fmt: skip
    if consents:
        ids, channels, bases, moments, wordings, evidence = map(list, zip(*consents, strict=True))
        store.run(
            _ADD_CONSENTS, dataset_id=dataset_id, ids=ids, channels=channels, bases=bases,
            moments=moments, wordings=wordings, evidence=evidence, actor=actor, now=store.now(),
        )  # fmt: skip
