"""Who may go when: the journal of a campaign's steps, and the questions that guard them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from personalization import experiments
from personalization.domain import Brief, Campaign
from personalization.errors import InputError, StateError

if TYPE_CHECKING:
    from personalization.store import Store

STEPS: Final = (
    "segment",
    "check",
    "find",
    "write",
    "screen",
    "approve",
    "design",
    "assign",
    "launch",
    "measure",
)
"""The journal's words, in the order in which a campaign goes through them."""


_JOURNAL = "INSERT INTO campaign_steps VALUES ($campaign_id, $step, $rows, $actor, $now)"


def journal(store: Store, campaign_id: str, step: str, rows: int, actor: str) -> int:
    """Write one row of ``campaign_steps``, and return ``rows``."""
    store.run(_JOURNAL, campaign_id=campaign_id, step=step, rows=rows, actor=actor, now=store.now())
    return rows


_CAMPAIGN = """
    SELECT campaign_id, name, dataset_id, brief, send_on, locale, seed, parent_id
    FROM campaigns WHERE campaign_id = $campaign_id
"""


def campaign_of(store: Store, campaign_id: str) -> Campaign:
    """Return the campaign as its row says it.

    Raises:
        InputError: There is none of that id.
    """
    row = store.read_one(_CAMPAIGN, campaign_id=campaign_id)
    if row is None:
        raise InputError(f"There is no campaign {campaign_id!r}. The Campaigns page lists them.")
    name, dataset_id, brief, send_on, locale, seed, parent_id = row[1:]
    return Campaign(
        campaign_id, name, dataset_id, Brief(**json.loads(brief)), send_on, locale, seed, parent_id
    )


_VARIANT = "SELECT campaign_id FROM variants WHERE variant_id = $variant_id LIMIT 1"


def campaign_of_message(store: Store, variant_id: str) -> str:
    """Return the campaign that a message belongs to.

    Raises:
        InputError: There is no such message.
    """
    row = store.read_one(_VARIANT, variant_id=variant_id)
    if row is None:
        raise InputError(f"There is no message {variant_id!r}. The Review page lists them.")
    return str(row[0])


def experiment_of(store: Store, campaign_id: str) -> str:
    """Return the id of the campaign's experiment.

    Raises:
        StateError: None was designed yet.
    """
    experiment_id = experiments.experiment_of(store, campaign_id)
    if experiment_id is None:
        raise StateError("The campaign has no experiment yet. Design it on the Experiment page.")
    return experiment_id


_LAUNCHED = """
    SELECT count(*) FROM experiments
    WHERE campaign_id = $campaign_id AND launched_at IS NOT NULL
"""


def refuse_if_launched(store: Store, campaign_id: str, what: str) -> None:
    """Raise StateError once the campaign went out; ``what`` says what can no longer change."""
    campaign_of(store, campaign_id)
    if store.read(_LAUNCHED, campaign_id=campaign_id) != [(0,)]:
        raise StateError(
            f"The campaign has been launched, so {what} cannot change any more. "
            "Start a follow-up campaign instead."
        )
