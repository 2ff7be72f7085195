"""When somebody may be written to: not at night, by the clock of the customer's country."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from personalization.clocks import (
    Place,
    countries,
    lay_out_clocks,
    refuse_unknown_zone,
    work_out_due,
)

if TYPE_CHECKING:
    from datetime import datetime

    from personalization.recommendation.trigger_values import ContactRules
    from personalization.store import Store

_SPELLINGS: Final = """
    CREATE OR REPLACE TEMP TABLE clock_spellings AS
    SELECT unnest($spellings::VARCHAR[]) AS spelling, unnest($codes::VARCHAR[]) AS code
"""


def prepare_clocks(store: Store, rules: ContactRules, now: datetime) -> None:
    """Work out for each country from when on its customers may be written to.

    The code '' is that of the base's own time zone, for everybody whose country is not known.

    Args:
        store: In a transaction; writes the TEMP tables ``clock_spellings`` and ``clock_due``.
        rules: Their quiet hours, and the time zone of whose country is not known.
        now: With its time zone.

    Raises:
        InputError: There is no such time zone.
    """
    refuse_unknown_zone(store, rules.time_zone)
    spelled = {name: code for code, country in countries().items() for name in country.names}
    store.run(_SPELLINGS, spellings=list(spelled), codes=list(spelled.values()))
    lay_out_clocks(
        store,
        [
            *(Place(code, country.zones) for code, country in countries().items()),
            Place("", (rules.time_zone,)),
        ],
    )
    work_out_due(store, now, quiet_from=rules.quiet_from, quiet_until=rules.quiet_until)
