"""The gates of the choice, asked once more at the moment of sending: objections, law, addresses.

And whether the text was screened for the country that the prospect lives in by now.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from personalization.outreach.channel_gates import close_channels
from personalization.outreach.gates import close_people, gather_people
from personalization.outreach.lawful_basis import lawful_bases
from personalization.outreach.limits import closed_channels
from personalization.outreach.prospect_words import read_people
from personalization.outreach.screened_places import find_unscreened
from personalization.store import erased_pads

if TYPE_CHECKING:
    from datetime import datetime

    from personalization.settings import Settings
    from personalization.store import Store

# Caps and the sequence's own end are judged where the order of people is known.
_CLOSED: Final = """
    CREATE OR REPLACE TEMP TABLE send_gates AS
    WITH closed AS (
        SELECT people.prospect_id, gates.code, gates.reason, 1 AS place
        FROM person_gates AS gates JOIN addressees AS people ON people.number = gates.number
        WHERE gates.code NOT IN ('already_sent', 'sequence_over', 'account_throttled')
        UNION ALL
        SELECT people.prospect_id, gates.code, gates.reason, 2
        FROM channel_gates AS gates
        JOIN addressees AS people ON people.number = gates.number
        JOIN sequence_people AS chosen ON chosen.prospect_id = people.prospect_id
                                      AND chosen.channel = gates.channel
        WHERE gates.code <> ''
        UNION ALL
        SELECT chosen.prospect_id, 'not_screened', missed.reason, 3
        FROM sequence_people AS chosen
        JOIN addressees AS people ON people.prospect_id = chosen.prospect_id
        JOIN unscreened_texts AS missed ON missed.variant_id = chosen.variant_id
                                       AND missed.version = chosen.version
                                       AND missed.content_sha256 = chosen.skeleton_sha256
                                       AND missed.place = people.place
        WHERE missed.is_screened
    )
    SELECT prospect_id, arg_min(code, (place, code)) AS code,
           arg_min(reason, (place, code)) AS reason
    FROM closed GROUP BY prospect_id
"""
_CHANNELS: Final = """
    SELECT DISTINCT channel FROM sequence_people WHERE channel IS NOT NULL ORDER BY channel
"""

_CITING: Final = """
    SELECT count(*) > 0 FROM sequence_people WHERE coalesce(fact_ids, '') <> ''
"""


def prepare_send_gates(
    store: Store,
    settings: Settings,
    campaign_id: str,
    dataset_id: str,
    *,
    now: datetime,
    is_simulated: bool,
) -> None:
    """Fill the TEMP table ``send_gates``: who may not be written to now, by which gate and why.

    What may be said of each prospect is read anew as well: ``addressee_words`` and
    ``addressee_facts``.

    Args:
        store: In a transaction, with ``sequence_people``; reads what the choice's gates read.
        settings: Its caps and the team's table of lawful bases.
        campaign_id: Of which people are in a sequence.
        dataset_id: Their base.
        now: By which objections, stops and consents are judged.
        is_simulated: Whether the campaign is played through.
    """
    values: dict[str, Any] = {
        "dataset_id": dataset_id, "campaign_id": campaign_id, "everybody": True, "ids": [],
        "seed": "", "posterior": "", "step": 0, "draws": 1, "holdout": 0.0,
        "is_simulated": is_simulated, "moment": now,
    }  # fmt: skip
    gather_people(store, values)
    close_people(store, settings.outreach, values, erased_pads(store))
    close_channels(
        store, lawful_bases(settings.outreach.lawful_basis), dataset_id=dataset_id, moment=now,
        closed=closed_channels(),
        channels=[str(channel) for (channel,) in store.read(_CHANNELS)],
    )  # fmt: skip
    find_unscreened(store, campaign_id)
    store.run(_CLOSED)
    [(needs_facts,)] = store.read(_CITING)
    read_people(store, settings.outreach, values, needs_facts=bool(needs_facts))
