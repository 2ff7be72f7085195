"""The first steps: files become customers, customers become segments of a campaign."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING
from uuid import uuid4

from personalization import customers, segmentation
from personalization.campaign.consent import under_the_law
from personalization.campaign.inputs import check_dataset
from personalization.campaign.journal import journal, refuse_if_launched
from personalization.errors import InputError
from personalization.settings import Settings
from personalization.store import record

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from personalization.domain import Brief
    from personalization.store import Store

check_file = customers.check_file


def load_sample(store: Store, *, actor: str, settings: Settings | None = None) -> str:
    """Load the sample customers, once, and return the id of their dataset."""
    dataset_id = customers.load_sample(store, actor=actor)
    check_dataset(store, settings or Settings(), dataset_id, actor=actor)
    return dataset_id


def import_files(
    store: Store,
    *,
    name: str,
    intakes: Sequence[customers.Intake],
    actor: str,
    request_id: str,
    settings: Settings | None = None,
) -> str:
    """Import checked files as one new customer base, all of them or none.

    Values that may not stand in a message are found at once; see ``campaign.check_inputs``.

    Returns:
        The id of the dataset; that of the first call when ``request_id`` was seen before.
    """
    with store.transaction():
        dataset_id = customers.create_dataset(store, name, actor=actor, request_id=request_id)
        customers_first = sorted(intakes, key=lambda intake: intake.target != "customers")
        for position, intake in enumerate(customers_first):
            customers.import_intake(
                store, intake, dataset_id, actor=actor, request_id=f"{request_id}:{position}"
            )
        customers.derive_history(store, dataset_id)
    check_dataset(store, settings or Settings(), dataset_id, actor=actor)
    return dataset_id


_BY_REQUEST = "SELECT campaign_id FROM campaigns WHERE request_id = $request_id"


_DATASET = "SELECT count(*) FROM datasets WHERE dataset_id = $dataset_id"


_CREATE = """
    INSERT INTO campaigns VALUES ($campaign_id, $name, $dataset_id, $parent_id, $brief, $send_on,
                                  $locale, $seed, $now, $actor, $request_id)
"""


def create_campaign(
    store: Store,
    *,
    name: str,
    dataset_id: str,
    brief: Brief,
    send_on: date,
    actor: str,
    request_id: str,
    locale: str = "en-GB",
    parent_id: str | None = None,
    seed: str | None = None,
) -> str:
    """Create a campaign on a customer base, once for each ``request_id``.

    The same ``seed`` on the same customers and content gives the same texts, arms and simulated
    responses; without one each campaign draws its own.

    Raises:
        InputError: The name is empty, or the dataset does not exist.
    """
    if not name.strip():
        raise InputError("The campaign has no name. Give it one that the team will recognise.")
    with store.transaction():
        if seen := store.read_one(_BY_REQUEST, request_id=request_id):
            return str(seen[0])
        if store.read(_DATASET, dataset_id=dataset_id) == [(0,)]:
            raise InputError(f"There is no customer base {dataset_id!r}. Upload one first.")
        campaign_id = f"c{uuid4().hex[:8]}"
        record(
            store, "campaign.created", campaign_id, actor=actor, campaign_id=campaign_id,
            dataset_id=dataset_id, send_on=send_on, parent_id=parent_id,
        )  # fmt: skip
        store.run(
            _CREATE,
            campaign_id=campaign_id,
            name=name.strip(),
            dataset_id=dataset_id,
            parent_id=parent_id,
            brief=json.dumps(asdict(brief), ensure_ascii=False),
            send_on=send_on,
            locale=locale,
            seed=seed or campaign_id,
            now=store.now(),
            actor=actor,
            request_id=request_id,
        )
    return campaign_id


fit_segments = under_the_law(segmentation.fit_segments)


def keep_segments(
    store: Store, campaign_id: str, proposal: segmentation.Segmentation, *, actor: str
) -> int:
    """Put every customer of the campaign into one segment; what was kept before is replaced."""
    refuse_if_launched(store, campaign_id, "its segments")
    with store.transaction():
        members = segmentation.keep_segments(store, campaign_id, proposal, actor=actor)
        return journal(store, campaign_id, "segment", members, actor)
