"""Objections: whoever objects is suppressed at once, in every customer base with the address.

From that moment nothing of ours is sent to them, because every audience is worked out when it is
used.  What is left is a deadline: files that went out before may still lie in a sending tool, so
each objection stays open until the tools have the suppression list.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from personalization.customers.forgotten import forget_again
from personalization.customers.people import named_people
from personalization.errors import InputError
from personalization.store import record

if TYPE_CHECKING:
    from datetime import date, datetime

    from personalization.customers.intake import Arrival, Intake
    from personalization.store import Store

REASONS: Final = (
    "objected",
    "withdrew consent",
    "unsubscribed by reply",
    "complained",
    "asked on the phone",
)
"""What an officer can give as the reason of an objection."""

_ONE: Final = """
    CREATE OR REPLACE TEMP TABLE objectors AS
    SELECT unnest($dataset_ids::VARCHAR[]) AS dataset_id, unnest($ids::VARCHAR[]) AS customer_id,
           unnest($emails::VARCHAR[]) AS email, $reason AS reason,
           $received_at::TIMESTAMPTZ AS received_at
"""
_FILE: Final = """
    CREATE OR REPLACE TEMP TABLE objectors AS
    SELECT $dataset_id AS dataset_id, customer_id, email, objection_reason AS reason,
           coalesce(objected_at::TIMESTAMPTZ, $now::TIMESTAMPTZ) AS received_at
    FROM read_parquet($staged)
"""

_TOLD: Final = """
    CREATE OR REPLACE TEMP TABLE objectors AS
    SELECT $dataset_id AS dataset_id, customer_id, email, 'objected' AS reason,
           least(coalesce(recorded_at::TIMESTAMPTZ, $now::TIMESTAMPTZ), $now::TIMESTAMPTZ)
               AS received_at
    FROM read_parquet($staged) WHERE objects
"""
_HAS_OBJECTORS: Final = "SELECT count(*) FROM objectors"

# Everybody who is meant: by the number, and by every address that goes with it, in any base.  A
# number or an address that is in none is put down by itself, so that a later import finds it.
_IDENTIFY: Final = """
    CREATE OR REPLACE TEMP TABLE objecting AS
    WITH named AS (
        SELECT objectors.*, customers.customer_id IS NOT NULL AS is_known,
               customers.email AS known_email
        FROM objectors
        LEFT JOIN customers ON customers.dataset_id = objectors.dataset_id
                           AND customers.customer_id = objectors.customer_id
    ), addresses AS (
        SELECT email, reason, received_at FROM named WHERE email IS NOT NULL
        UNION ALL
        SELECT known_email, reason, received_at FROM named WHERE known_email IS NOT NULL
    ), found AS (
        SELECT customers.dataset_id, customers.customer_id, customers.email, reason, received_at
        FROM addresses JOIN customers ON customers.email = addresses.email
        UNION ALL
        SELECT dataset_id, customer_id, known_email, reason, received_at FROM named WHERE is_known
        UNION ALL
        SELECT dataset_id, customer_id, email, reason, received_at FROM named
        WHERE NOT is_known AND customer_id IS DISTINCT FROM email
        UNION ALL
        SELECT dataset_id, email, email, reason, received_at FROM named
        WHERE email IS NOT NULL AND (is_known OR customer_id = email)
          AND email NOT IN (SELECT email FROM customers WHERE email IS NOT NULL)
    )
    SELECT dataset_id, customer_id, any_value(email) AS email,
           min_by(reason, received_at) AS reason, min(received_at) AS received_at
    FROM found GROUP BY dataset_id, customer_id
"""
_SUPPRESS: Final = """
    INSERT INTO suppressions (dataset_id, customer_id, email, reason, suppressed_at)
    SELECT dataset_id, customer_id, email, reason, $now::TIMESTAMPTZ FROM objecting
    WHERE NOT EXISTS (FROM suppressions
                      WHERE suppressions.dataset_id = objecting.dataset_id
                        AND suppressions.customer_id = objecting.customer_id
                        AND (objecting.email IS NULL OR suppressions.email = objecting.email))
    ORDER BY dataset_id, customer_id
"""
_KEEP: Final = """
    INSERT INTO objections
    WITH lawful AS (
        SELECT objecting.*, received_at::DATE AS received_on,
               coalesce(spellings.jurisdiction, 'other') AS jurisdiction
        FROM objecting
        LEFT JOIN customers ON customers.dataset_id = objecting.dataset_id
                           AND customers.customer_id = objecting.customer_id
        LEFT JOIN jurisdiction_names AS spellings
            ON spellings.spelling
             = lower(trim(coalesce(customers.country, substr(customers.locale, 4))))
    )
    SELECT $objection_id, dataset_id, customer_id, lawful.jurisdiction, reason, received_at,
           $now::TIMESTAMPTZ,
           honour_by(received_on, coalesce(law.honour_days, 0),
                     coalesce(law.is_in_working_days, false)), $source, $actor
    FROM lawful LEFT JOIN jurisdictions AS law ON law.jurisdiction = lawful.jurisdiction
    WHERE NOT EXISTS (FROM objections AS known
                      WHERE known.dataset_id = lawful.dataset_id
                        AND known.customer_id = lawful.customer_id
                        AND known.received_at = lawful.received_at)
    ORDER BY dataset_id, customer_id
"""
_OUTCOME: Final = """
    SELECT count(DISTINCT (objecting.dataset_id, objecting.customer_id)),
           count(DISTINCT nullif(objecting.dataset_id, '')), min(due_on)
    FROM objecting
    LEFT JOIN objections ON objections.dataset_id = objecting.dataset_id
                        AND objections.customer_id = objecting.customer_id
                        AND objections.received_at = objecting.received_at
"""


@dataclass(frozen=True, slots=True)
class Objection:
    """What came of an objection.

    Attributes:
        objection_id: Its id in ``objections``.
        customers: Rows that it stands for; an address that nobody has yet counts as one.
        bases: Customer bases that they are in.
        suppressed: How many of them were not suppressed before.
        due_on: The day by which every sending tool has to know.
    """

    objection_id: str
    customers: int
    bases: int
    suppressed: int
    due_on: date


def object_to_mailing(
    store: Store,
    *,
    reason: str,
    actor: str,
    received_at: datetime,
    email: str = "",
    customer_id: str = "",
    dataset_id: str = "",
) -> Objection:
    """Suppress a person at once, in every customer base with the address, and start the clock.

    Args:
        store: Writes ``suppressions`` and ``objections``.
        reason: Why, in a few words; see REASONS.
        actor: Who records it.
        received_at: When the person said so; the deadline counts from there.
        email: The address; one that nobody has yet is put down for later imports.
        customer_id: Or the customer's number.
        dataset_id: The customer base, where several have the number.

    Raises:
        InputError: Nobody is meant, the number is unknown or not of one person, the reason is
            missing, or the day lies in the future.
    """
    if not reason.strip():
        raise InputError("Say why: whoever reads the record later needs a reason.")
    if received_at > store.now():
        raise InputError("The objection cannot have come in after now. Give the day it came in.")
    people = named_people(store, email=email, customer_id=customer_id, dataset_id=dataset_id)
    with store.transaction():
        store.run(
            _ONE,
            dataset_ids=[dataset_id for dataset_id, _, _ in people],
            ids=[customer_id for _, customer_id, _ in people],
            emails=[email for _, _, email in people],
            reason=reason.strip(),
            received_at=received_at,
        )
        return _suppress(store, source="person", actor=actor)


def write_objections(store: Store, intake: Intake, arrival: Arrival) -> None:
    """Take in a tool's list of objections; the tool knows of them, so none stays open."""
    store.run(_FILE, dataset_id=arrival.dataset_id, staged=str(arrival.staged), now=store.now())
    _suppress(store, source=intake.file_name, actor=arrival.actor)


def write_told_objections(store: Store, intake: Intake, arrival: Arrival) -> None:
    """Take in the objections that stand in a file of consents, as those of a tool's list."""
    store.run(_TOLD, dataset_id=arrival.dataset_id, staged=str(arrival.staged), now=store.now())
    if store.read(_HAS_OBJECTORS)[0][0]:
        _suppress(store, source=intake.file_name, actor=arrival.actor)


def _suppress(store: Store, *, source: str, actor: str) -> Objection:
    objection_id = f"o{uuid4().hex[:10]}"
    now = store.now()
    store.run(_IDENTIFY)
    suppressed = store.run(_SUPPRESS, now=now)
    store.run(_KEEP, objection_id=objection_id, now=now, source=source, actor=actor)
    customers, bases, due_on = store.read(_OUTCOME)[0]
    forget_again(store)
    record(
        store, "objection.received", objection_id, actor=actor, customers=customers, bases=bases,
        suppressed=suppressed, due_on=due_on, is_from_file=source != "person",
    )  # fmt: skip
    return Objection(objection_id, customers, bases, suppressed, due_on or now.date())


_DOWNLOADS: Final = "SELECT count(*) FROM list_downloads"
_NOTE_DOWNLOAD: Final = "INSERT INTO list_downloads VALUES ($download_id, $now, $actor, $sha256)"
_HAND_OVER: Final = "INSERT INTO handovers VALUES ($handover_id, $now, $actor, $note)"


def note_download(store: Store, content: bytes, *, actor: str) -> None:
    """Record that somebody took the suppression list: it holds the objections until now."""
    download_id, digest = f"l{uuid4().hex[:10]}", hashlib.sha256(content).hexdigest()
    with store.transaction():
        store.run(_NOTE_DOWNLOAD, download_id=download_id, now=store.now(), actor=actor,
                  sha256=digest)  # fmt: skip
        record(store, "suppressions.downloaded", download_id, actor=actor, file_sha256=digest)


def hand_over(store: Store, *, actor: str, note: str) -> None:
    """Note that every sending tool has the list last downloaded: what it holds is done with.

    Args:
        store: Writes one row of ``handovers`` and one audit row.
        actor: Who saw to it.
        note: To which tools, in a few words.

    Raises:
        InputError: The note is missing, or nobody downloaded the list yet.
    """
    if not store.read(_DOWNLOADS)[0][0]:
        raise InputError(
            "Nobody downloaded the suppression list yet. Download it and upload it "
            "in each sending tool, then say so here."
        )
    if not note.strip():
        raise InputError("Say which tools have the list now: that is what the record is for.")
    handover_id = f"h{uuid4().hex[:10]}"
    with store.transaction():
        store.run(_HAND_OVER, handover_id=handover_id, now=store.now(), actor=actor,
                  note=note.strip())  # fmt: skip
        record(store, "suppressions.handed_over", handover_id, actor=actor)
