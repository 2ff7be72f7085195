"""Choosing messages: for one prospect or for a whole base, the same statements in one transaction.

The order is that of the gates: who, on which channel, with which text; then what is left is scored
and drawn, filled, looked at once more as it would be read, and written down with its reasons.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from personalization.domain import FACT_KINDS
from personalization.outreach import channel_gates, gates
from personalization.outreach.choosable import choosable_texts, gather_values
from personalization.outreach.keeping import keep_run
from personalization.outreach.lawful_basis import lawful_bases
from personalization.outreach.limits import channel_limits, closed_channels
from personalization.outreach.offers import offer_texts, offer_to_audiences
from personalization.outreach.options import weigh_options
from personalization.outreach.prospect_words import read_people
from personalization.outreach.scoring import Belief
from personalization.outreach.screened_places import find_unscreened
from personalization.outreach.selection import draw_messages
from personalization.outreach.strategy import PersonalizationStrategy, keep_strategy
from personalization.store import erased_pads

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from personalization.outreach.scoring import Skeleton
    from personalization.settings import Settings
    from personalization.store import Store

MOST_EXPLAINED: Final = 1_000
"""Prospects up to which every variation of each is kept; of more only the best two."""
_BEST: Final = 2
_BELIEFS: Final = """
    SELECT role, channel, tone, angle, alpha, beta, is_vetoed FROM outreach_beliefs($version)
    ORDER BY role, channel, tone, angle
"""


def choose(
    store: Store,
    settings: Settings,
    campaign_id: str,
    *,
    prospects: Sequence[str] | None,
    step: int,
    strategy: PersonalizationStrategy | None,
    posterior: str | None,
    approved_only: bool,
    as_of: datetime | None,
    actor: str,
) -> str:
    """Choose messages and keep them; see ``campaign.choose_messages``."""
    began = time.perf_counter()
    asked = strategy or PersonalizationStrategy()
    with store.transaction():
        values = gather_values(
            store, settings, campaign_id, prospects=prospects, step=step, posterior=posterior,
            as_of=as_of, actor=actor,
        )  # fmt: skip
        values["strategy_id"] = keep_strategy(store, asked, actor=actor)
        texts = choosable_texts(store, values, approved_only=approved_only)
        _prepare(store, settings, values, texts, asked, is_draft=not approved_only)
        n_people = len(values["ids"])
        few = not values["everybody"] and n_people <= MOST_EXPLAINED
        draw_messages(
            store, asked, channels=values["channels"], draws=values["draws"],
            kept=len(texts) if few else _BEST,
        )  # fmt: skip
        return keep_run(store, settings, values, asked, actor=actor, began=began)


def _prepare(
    store: Store,
    settings: Settings,
    values: dict[str, Any],
    texts: Sequence[Skeleton],
    strategy: PersonalizationStrategy,
    *,
    is_draft: bool,
) -> None:
    """Ask every gate, and work out what may be said to whom."""
    options = settings.outreach
    gates.gather_people(store, values)
    gates.close_people(store, options, values, erased_pads(store))
    channel_gates.close_channels(
        store, lawful_bases(options.lawful_basis), dataset_id=values["dataset_id"],
        channels=sorted({text.channel for text in texts}), closed=closed_channels(),
        moment=values["moment"],
    )  # fmt: skip
    gates.open_channels(store, is_draft=is_draft)
    find_unscreened(store, values["campaign_id"])
    read_people(
        store, options, values, needs_facts=any(text.needs_fact for text in texts)
    )  # fmt: skip
    limits = channel_limits(values["channels"], is_premium=options.is_linkedin_premium)
    offer_texts(
        store, texts, limits, campaign_id=values["campaign_id"], strategy=strategy
    )  # fmt: skip
    beliefs = {
        (role, channel, tone, angle): Belief(alpha, beta, vetoed)
        for role, channel, tone, angle, alpha, beta, vetoed in store.read(
            _BELIEFS, version=values["posterior"]
        )
    }
    offer_to_audiences(
        store, texts, beliefs, options=options, strategy=strategy, locale=values["locale"],
        seed=f"{values['seed']}\x1f{values['posterior']}",
    )  # fmt: skip
    weigh_options(store, options, strategy, values, FACT_KINDS)
