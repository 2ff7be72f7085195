"""Clocks of the countries: from when on somebody may be written to, by the time of day there."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from personalization.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from personalization.store import Store

_ZONES: Final = Path(__file__).with_name("time_zones.toml")
_WEEKEND: Final = (6, 7)  # Saturday and Sunday, as ISO 8601 numbers the days of a week

_KNOWN: Final = "SELECT count(*) FROM pg_timezone_names() WHERE name = $zone"

_LAY_OUT: Final = """
    CREATE OR REPLACE TEMP TABLE clock_places AS
    SELECT unnest($codes::VARCHAR[]) AS code, unnest($zones::VARCHAR[]) AS zone,
           unnest($positions::INTEGER[]) AS position, unnest($off_1::INTEGER[]) AS off_1,
           unnest($off_2::INTEGER[]) AS off_2
"""

# The first moment from now on at which no clock of the place shows a quiet hour or a day off: now,
# or a quarter of an hour later and so on.  Where the clocks of a place leave no common hour, the
# first one named decides.
_DUE: Final = """
    CREATE OR REPLACE TEMP TABLE clock_due AS
    WITH moments AS (
        SELECT CASE WHEN range = 0 THEN $now
                    ELSE date_trunc('hour', $now) + range * INTERVAL '15' MINUTE END AS moment
        FROM range($quarters)
    ), hours AS (
        SELECT code, position, moment, off_1, off_2, timezone(zone, moment) AS there
        FROM clock_places CROSS JOIN moments WHERE moment >= $now
    ), told AS (
        SELECT code, moment, position,
               isodow(there) IN (off_1, off_2)
               OR CASE WHEN $quiet_from < $quiet_until
                       THEN hour(there) >= $quiet_from AND hour(there) < $quiet_until
                       WHEN $quiet_from > $quiet_until
                       THEN hour(there) >= $quiet_from OR hour(there) < $quiet_until
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
_A_DAY_OR_TWO: Final = 200  # quarters of an hour: enough where there are nights only
_A_WEEK: Final = 700  # and where there are days off too


@dataclass(frozen=True, slots=True)
class Country:
    """The clocks of a country.

    Attributes:
        zones: IANA names, the one that most people go by first.
        names: How files spell the country, in small letters; the first is its code.
        days_off: Days of the week on which offices are closed, from 1 for Monday; two of them.
    """

    zones: tuple[str, ...]
    names: tuple[str, ...]
    days_off: tuple[int, int] = _WEEKEND


@cache
def countries() -> Mapping[str, Country]:
    """Return the countries of ``time_zones.toml`` by their ISO code in small letters."""
    told = tomllib.loads(_ZONES.read_text("utf-8"))["countries"]
    return {
        code: Country(
            tuple(row["zones"]), (code, *row["names"]), tuple(row.get("days_off", _WEEKEND))
        )
        for code, row in told.items()
    }


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody is: all of its clocks have to agree that it is no quiet hour.

    Attributes:
        code: By which ``clock_due`` is asked for it.
        zones: IANA names; the first one decides where they never agree.
        days_off: Two days of the week, from 1 for Monday; zeros are none.
    """

    code: str
    zones: tuple[str, ...]
    days_off: tuple[int, int] = (0, 0)


def lay_out_clocks(store: Store, places: Sequence[Place]) -> None:
    """Fill the TEMP table ``clock_places`` (code, zone, position, off_1, off_2)."""
    clocks = [
        (place.code, zone, position, *place.days_off)
        for place in places
        for position, zone in enumerate(place.zones)
    ]
    codes, zones, positions, off_1, off_2 = zip(*clocks, strict=True)
    store.run(
        _LAY_OUT, codes=list(codes), zones=list(zones), positions=list(positions),
        off_1=list(off_1), off_2=list(off_2),
    )  # fmt: skip


def work_out_due(
    store: Store, now: datetime, *, quiet_from: int, quiet_until: int, has_days_off: bool = False
) -> None:
    """Work out for each place from when on its people may be written to.

    Args:
        store: In a transaction; reads ``clock_places`` and writes the TEMP table ``clock_due``
            (code, due_at).  Whoever may be written to at once has ``due_at`` = ``now``.
        now: With its time zone.
        quiet_from: Hour, 0 to 23, from which nobody is written to.
        quiet_until: Hour at which that ends; the same hour is no quiet time.
        has_days_off: Whether days off count, for which it looks farther ahead.
    """
    store.run(
        _DUE, now=now, quarters=_A_WEEK if has_days_off else _A_DAY_OR_TWO, quiet_from=quiet_from,
        quiet_until=quiet_until,
    )  # fmt: skip


def refuse_unknown_zone(store: Store, zone: str) -> None:
    """Raise InputError where the engine knows no time zone of that name."""
    if store.read(_KNOWN, zone=zone) == [(0,)]:
        raise InputError(
            f"There is no time zone {zone!r}. Write it as the IANA database does: Europe/London."
        )
