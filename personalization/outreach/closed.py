"""Who may not be sent a text now, whatever form it goes in: objections, the law, screened places.

Addresses, roles and caps are not asked: they are matters of the choice and of a sequence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from personalization.outreach.channel_gates import close_channels
from personalization.outreach.gates import close_people, gather_people
from personalization.outreach.lawful_basis import lawful_bases
from personalization.outreach.limits import closed_channels
from personalization.outreach.screened_places import find_unscreened
from personalization.store import erased_pads

if TYPE_CHECKING:
    from datetime import datetime

    from personalization.settings import Outreach
    from personalization.store import Store

_TEXT: Final = """
    SELECT plans.dataset_id, told.channel
    FROM outreach_plans AS plans, variant_channels AS told
    WHERE plans.campaign_id = $campaign_id AND told.variant_id = $variant_id
"""
_CLOSED: Final = """
    SELECT people.prospect_id, gates.reason
    FROM person_gates AS gates JOIN addressees AS people ON people.number = gates.number
    WHERE gates.code = 'suppressed'
    UNION ALL
    SELECT people.prospect_id, gates.reason
    FROM channel_gates AS gates JOIN addressees AS people ON people.number = gates.number
    WHERE gates.code NOT IN ('', 'no_address')
    UNION ALL
    SELECT people.prospect_id, missed.reason
    FROM unscreened_texts AS missed JOIN addressees AS people ON people.place = missed.place
    WHERE missed.variant_id = $variant_id AND missed.is_screened
    ORDER BY prospect_id, reason DESC
"""


def closed_people(
    store: Store, options: Outreach, campaign_id: str, variant_id: str, *, now: datetime
) -> dict[str, str]:
    """Return who may not be sent a text now, and why; nobody where it is for no prospects.

    Args:
        store: Reads what the gates of the choice read, and writes temporary tables only.
        options: Where the team's own table of lawful bases is.
        campaign_id: Whose text.
        variant_id: Which.
        now: By which consents are judged.
    """
    if (text := store.read_one(_TEXT, campaign_id=campaign_id, variant_id=variant_id)) is None:
        return {}
    values: dict[str, Any] = {
        "dataset_id": text[0], "campaign_id": campaign_id, "everybody": True, "ids": [],
        "seed": "", "posterior": "", "step": 0, "draws": 1, "holdout": 0.0,
        "is_simulated": False, "moment": now,
    }  # fmt: skip
    with store.transaction():
        gather_people(store, values)
        close_people(store, options, values, erased_pads(store))
        close_channels(
            store, lawful_bases(options.lawful_basis), dataset_id=values["dataset_id"],
            channels=[str(text[1])], closed=closed_channels(), moment=now,
        )  # fmt: skip
        find_unscreened(store, campaign_id)
        return {str(who): str(why) for who, why in store.read(_CLOSED, variant_id=variant_id)}
