"""Erasure: one person leaves every table, and only keyed hashes stay, so as never to be written to.

What people did in an experiment stays counted: their rows go on under a name drawn by lot that
leads nowhere.  So results do not move, and say that they count somebody who was erased.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from personalization.customers.forgotten import remember_forgotten, suppress_remaining
from personalization.customers.people import people_named
from personalization.customers.personal import PERSONAL
from personalization.errors import InputError
from personalization.store import pseudonym_of, record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personalization.customers.people import Person
    from personalization.store import Store

_NAME: Final = """
    CREATE OR REPLACE TEMP TABLE erased_people AS
    SELECT named.*, coalesce(customers.first_name, prospects.first_name) AS first_name,
           coalesce(customers.last_name, prospects.last_name) AS last_name,
           coalesce(customers.full_name, prospects.full_name) AS full_name,
           coalesce(customers.phone, prospects.phone) AS phone,
           coalesce(customers.city, prospects.city) AS city,
           coalesce(customers.country, prospects.country) AS country, favourite_category, tier
    FROM (SELECT unnest($dataset_ids::VARCHAR[]) AS dataset_id,
                 unnest($ids::VARCHAR[]) AS customer_id, unnest($emails::VARCHAR[]) AS email,
                 unnest($tokens::VARCHAR[]) AS token) AS named
    LEFT JOIN customers ON customers.dataset_id = named.dataset_id
                       AND customers.customer_id = named.customer_id
    LEFT JOIN prospects ON prospects.dataset_id = named.dataset_id
                       AND prospects.prospect_id = named.customer_id
"""

# Another customer's objection stands, without the address of whoever is erased.
_KEEP_OBJECTIONS: Final = """
    UPDATE suppressions SET email = NULL
    WHERE email IN (SELECT email FROM erased_people)
      AND customer_id NOT IN (SELECT email FROM erased_people WHERE email IS NOT NULL)
      AND (dataset_id, customer_id) NOT IN (SELECT (dataset_id, customer_id) FROM erased_people)
"""

_EXPERIMENTS: Final = """
    SELECT DISTINCT assignments.experiment_id
    FROM assignments
    JOIN experiments ON experiments.experiment_id = assignments.experiment_id
    JOIN campaigns ON campaigns.campaign_id = experiments.campaign_id
    JOIN erased_people AS people ON people.dataset_id = campaigns.dataset_id
                                AND people.customer_id = assignments.customer_id
    ORDER BY assignments.experiment_id
"""
_FOLDERS: Final = """
    SELECT DISTINCT exports.folder
    FROM exports
    JOIN deliveries ON deliveries.experiment_id = exports.experiment_id
    JOIN experiments ON experiments.experiment_id = exports.experiment_id
    JOIN campaigns ON campaigns.campaign_id = experiments.campaign_id
    JOIN erased_people AS people ON people.dataset_id = campaigns.dataset_id
                                AND people.customer_id = deliveries.customer_id
    UNION
    SELECT made.file_name
    FROM voice_publications AS made
    JOIN voice_runs AS runs ON runs.run_id = made.run_id
    JOIN campaigns ON campaigns.campaign_id = runs.campaign_id
    JOIN voice_assets AS assets ON assets.run_id = runs.run_id
    JOIN erased_people AS people ON people.dataset_id = campaigns.dataset_id
                                AND people.customer_id = assets.person_id
    UNION
    SELECT made.file_name
    FROM trigger_handovers AS made
    JOIN handed_firings AS handed ON handed.handover_id = made.handover_id
    JOIN erased_people AS people ON people.dataset_id = handed.dataset_id
                                AND people.customer_id = handed.customer_id
    UNION
    SELECT made.folder
    FROM recommendation_handovers AS made
    JOIN recommendation_runs AS runs ON runs.run_id = made.run_id
    JOIN recommendations AS given ON given.run_id = runs.run_id
    JOIN erased_people AS people ON people.dataset_id = runs.dataset_id
                                AND people.customer_id = given.customer_id
    UNION
    SELECT made.file_name
    FROM outreach_handovers AS made
    JOIN outreach_sends AS sends ON sends.handover_id = made.handover_id
    JOIN erased_people AS people ON people.dataset_id = sends.dataset_id
                                AND people.customer_id = sends.prospect_id
    ORDER BY folder
"""
_KEEP: Final = """
    INSERT INTO erasures VALUES ($erasure_id, $subject_ref, $now, $actor, $rows, $experiments)
"""


@dataclass(frozen=True, slots=True)
class Erasure:
    """What an erasure came to.

    Attributes:
        erasure_id: Its row in ``erasures``.
        subject_ref: The person's pseudonym.
        rows: Table -> rows that were deleted or blanked; tables without any are left out.
        experiments: Whose stored results counted the person, and still do.
        folders: Files of earlier exports that name the person, on disk and out of our reach.
    """

    erasure_id: str
    subject_ref: str
    rows: Mapping[str, int]
    experiments: tuple[str, ...]
    folders: tuple[str, ...]


def erase_person(
    store: Store, who: str, *, confirmed: str, actor: str, dataset_id: str = ""
) -> Erasure:
    """Erase a person from every table, and keep only what stops us from writing to them again.

    Args:
        store: Every table of PERSONAL; writes ``suppressed_hashes``, ``erasures`` and one audit
            row with the pseudonym.
        who: A customer number or an address; an address means every row that has it.
        confirmed: The same, typed once more.
        actor: Who erases.
        dataset_id: The customer base, where several people have the number.

    Raises:
        InputError: Nobody is meant, or what was typed to confirm is something else.
    """
    people = people_named(store, who, dataset_id=dataset_id)
    if confirmed.strip().lower() != who.strip().lower():
        raise InputError(
            f"Erasing cannot be undone. Type {who.strip()!r} once more to confirm that you mean it."
        )
    with store.transaction():
        store.run(_NAME, **_columns(people))
        experiments = tuple(str(found) for (found,) in store.read(_EXPERIMENTS))
        folders = tuple(str(folder) for (folder,) in store.read(_FOLDERS))
        remember_forgotten(store)
        store.run(_KEEP_OBJECTIONS)
        rows = {table: store.run(statement) for table, statement in PERSONAL.items()}
        suppress_remaining(store)
        erasure = Erasure(
            erasure_id=f"e{uuid4().hex[:10]}",
            subject_ref=pseudonym_of(store, people[0][1]),
            rows={table: n for table, n in rows.items() if n},
            experiments=experiments,
            folders=folders,
        )
        _keep(store, erasure, actor)
    return erasure


def _columns(people: list[Person]) -> dict[str, list[str | None]]:
    return {
        "dataset_ids": [dataset_id for dataset_id, _, _ in people],
        "ids": [customer_id for _, customer_id, _ in people],
        "emails": [email for _, _, email in people],
        "tokens": [f"erased-{secrets.token_hex(8)}" for _ in people],
    }


def _keep(store: Store, erasure: Erasure, actor: str) -> None:
    record(
        store, "person.erased", erasure.erasure_id, actor=actor, subject_ref=erasure.subject_ref,
        rows=dict(erasure.rows), experiments=erasure.experiments,
    )  # fmt: skip
    store.run(
        _KEEP,
        erasure_id=erasure.erasure_id,
        subject_ref=erasure.subject_ref,
        now=store.now(),
        actor=actor,
        rows=json.dumps(dict(erasure.rows)),
        experiments=json.dumps(erasure.experiments),
    )
    store.run("DROP TABLE erased_people")
