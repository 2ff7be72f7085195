"""Whom recommendations are made for, and what the base knows of products and of these people.

All of it are temporary tables of one unit of work, which every strategy reads:
``catalogue_products`` (what there is), ``asked_customers`` (for whom) and ``asked_events`` (what
they did with products up to a moment).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from personalization.errors import InputError

if TYPE_CHECKING:
    from datetime import datetime

    from personalization.store import Store


@dataclass(frozen=True, slots=True)
class Asked:
    """Whom to recommend for: everybody who meets all of what is said.

    Attributes:
        campaign_id: Who is in a segment of this campaign; empty: the whole base.
        segment: Of them, those in this segment of the campaign, or of the newest campaign of the
            base that has segments.
        customer_ids: Of them, these; empty: all.
        trigger_run: Of them, those for whom a trigger fired in this run; empty: all.
    """

    campaign_id: str = ""
    segment: str = ""
    customer_ids: tuple[str, ...] = ()
    trigger_run: str = ""


EVERYBODY: Final = Asked()
"""The whole base; in a campaign, all of its segments."""
