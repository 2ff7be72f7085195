"""When a prospect is written to: in the hours of work there, on a working day.

A prospect's own time zone counts; else the clocks of the country, all of them; else clocks that
lie far apart, so that it is a decent hour wherever the person is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from personalization.clocks import Place, countries, lay_out_clocks, work_out_due

if TYPE_CHECKING:
    from datetime import datetime

    from personalization.outreach.sequences import SequenceRules
    from personalization.store import Store

# By a zone that the engine knows, with the days off of the country; else by the country.
_OWN_ZONES: Final = """
    CREATE OR REPLACE TEMP TABLE prospect_places AS
    SELECT prospects.prospect_id,
           CASE WHEN zones.name IS NOT NULL
                THEN concat(zones.name, '|', lower(coalesce(prospects.country, '')))
                WHEN known.code IS NOT NULL THEN known.code ELSE '' END AS code
    FROM prospects
    LEFT JOIN (SELECT DISTINCT name FROM pg_timezone_names()) AS zones
        ON zones.name = prospects.time_zone
    LEFT JOIN (SELECT DISTINCT code FROM clock_places) AS known
        ON known.code = lower(prospects.country)
    WHERE prospects.dataset_id = $dataset_id
"""
_ADD_ZONES: Final = """
    INSERT INTO clock_places
    SELECT placed.code, split_part(placed.code, '|', 1), 0,
           coalesce(there.off_1, 6), coalesce(there.off_2, 7)
    FROM (SELECT DISTINCT code FROM prospect_places WHERE contains(code, '|')) AS placed
    LEFT JOIN clock_places AS there
        ON there.code = split_part(placed.code, '|', 2) AND there.code <> '' AND there.position = 0
"""
_EVERY_DAY: Final = "UPDATE clock_places SET off_1 = 0, off_2 = 0"
_CLOCKS: Final = """
    CREATE OR REPLACE TEMP TABLE prospect_clocks AS
    SELECT placed.prospect_id, due.due_at
    FROM prospect_places AS placed JOIN clock_due AS due ON due.code = placed.code
"""


def prepare_prospect_clocks(
    store: Store, dataset_id: str, rules: SequenceRules, now: datetime
) -> None:
    """Fill the TEMP table ``prospect_clocks``: from when on each prospect may be written to.

    Args:
        store: In a transaction; reads ``prospects``.
        dataset_id: Whose prospects.
        rules: Hours, days off, and clocks of whose country is not known.
        now: With its time zone; who may be written to at once has ``due_at`` = ``now``.
    """
    known = countries()
    weekend = (6, 7)
    lay_out_clocks(
        store,
        [
            *(Place(code, one.zones, one.days_off) for code, one in known.items()),
            Place("", rules.unknown_zones, weekend),
        ],
    )
    store.run(_OWN_ZONES, dataset_id=dataset_id)
    store.run(_ADD_ZONES)
    if not rules.has_days_off:
        store.run(_EVERY_DAY)
    work_out_due(
        store, now, quiet_from=rules.send_until, quiet_until=rules.send_from,
        has_days_off=rules.has_days_off,
    )  # fmt: skip
    store.run(_CLOCKS)
