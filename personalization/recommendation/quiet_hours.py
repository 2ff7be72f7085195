"""When somebody may be written to: not at night, by the clock of the customer's country."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from personalization.errors import InputError

if TYPE_CHECKING:
    from datetime import datetime

    from personalization.recommendation.trigger_values import ContactRules
    from personalization.store import Store

_ZONES: Final = Path(__file__).with_name("time_zones.toml")

_KNOWN: Final = "SELECT count(*) FROM pg_timezone_names() WHERE name = $zone"

_SPELLINGS: Final = """
    CREATE OR REPLACE TEMP TABLE clock_spellings AS
    SELECT unnest($spellings::VARCHAR[]) AS spelling, unnest($codes::VARCHAR[]) AS code
"""

# The first moment from now on at which no clock of the country shows a quiet hour: now, or a
# quarter of an hour later and so on.  Where the clocks of a country leave no common hour, the first
# one named decides; the code '' is that of the base's own time zone, for everybody else.
_DUE: Final = """
    CREATE OR REPLACE TEMP TABLE clock_due AS
    WITH clocks AS (
        SELECT unnest($codes::VARCHAR[]) AS code, unnest($zones::VARCHAR[]) AS zone,
               unnest($positions::INTEGER[]) AS position
    ), moments AS (
        SELECT CASE WHEN range = 0 THEN $now
                    ELSE date_trunc('hour', $now) + range * INTERVAL '15' MINUTE END AS moment
        FROM range(200)
    ), hours AS (
        SELECT code, position, moment, hour(timezone(zone, moment)) AS o_clock
        FROM clocks CROSS JOIN moments WHERE moment >= $now
    ), told AS (
        SELECT code, moment, position,
               CASE WHEN $quiet_from < $quiet_until
                    THEN o_clock >= $quiet_from AND o_clock < $quiet_until
                    WHEN $quiet_from > $quiet_until
                    THEN o_clock >= $quiet_from OR o_clock < $quiet_until
                    ELSE false END AS is_quiet
        FROM hours
    ), together AS (
        SELECT code, moment, max(is_quiet) AS is_any,
               max(CASE WHEN position = 0 THEN is_quiet END) AS is_first
        FROM told GROUP BY code, moment
    )
    SELECT code, coalesce(min(CASE WHEN NOT is_any THEN moment END),
                          min(CASE WHEN NOT is_first THEN moment END)) AS due_at
    FROM together GROUP BY code
"""


@cache
def _countries() -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """Return by country code its time zones and its spellings."""
    told = tomllib.loads(_ZONES.read_text("utf-8"))["countries"]
    return {code: (tuple(row["zones"]), (code, *row["names"])) for code, row in told.items()}


def prepare_clocks(store: Store, rules: ContactRules, now: datetime) -> None:
    """Work out for each country from when on its customers may be written to.

    Args:
        store: In a transaction; writes the TEMP tables ``clock_spellings`` and ``clock_due``.
        rules: Their quiet hours, and the time zone of whose country is not known.
        now: With its time zone.

    Raises:
        InputError: There is no such time zone.
    """
    refuse_unknown_zone(store, rules.time_zone)
    countries = _countries()
    spelled = {name: code for code, (_, names) in countries.items() for name in names}
    store.run(_SPELLINGS, spellings=list(spelled), codes=list(spelled.values()))
    clocks = [
        (code, zone, position)
        for code, (zones, _) in countries.items()
        for position, zone in enumerate(zones)
    ]
    codes, zones, positions = zip(*clocks, ("", rules.time_zone, 0), strict=True)
    store.run(
        _DUE, codes=list(codes), zones=list(zones), positions=list(positions), now=now,
        quiet_from=rules.quiet_from, quiet_until=rules.quiet_until,
    )  # fmt: skip


def refuse_unknown_zone(store: Store, zone: str) -> None:
    """Raise InputError where the engine knows no time zone of that name."""
    if store.read(_KNOWN, zone=zone) == [(0,)]:
        raise InputError(
            f"There is no time zone {zone!r}. Write it as the IANA database does: Europe/London."
        )
