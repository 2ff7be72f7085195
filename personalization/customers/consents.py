"""The register of consents: what files bring into it, and what takes a consent back.

Rows are added and never changed; which of them counts on a send date is the view ``mailability``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from personalization.customers.objections import write_told_objections

if TYPE_CHECKING:
    from personalization.customers.intake import Arrival, Intake
    from personalization.store import Store

# A record of an address belongs to every customer who has it; what takes a consent back counts by
# the number and by the address, and from the import on where its day is not known.
# The same record again, in a later export of the same register, adds nothing.
_ADD: Final = """
    INSERT INTO consents (dataset_id, customer_id, channel, basis, wording, wording_sha256,
        mechanism, recorded_at, confirmed_at, expires_on, evidence, import_id, imported_by,
        imported_at)
    WITH staged AS (
        SELECT * REPLACE (CASE WHEN basis <> 'withdrawn' THEN recorded_at::TIMESTAMPTZ
                               ELSE least(coalesce(recorded_at::TIMESTAMPTZ, $now::TIMESTAMPTZ),
                                          $now::TIMESTAMPTZ) END AS recorded_at)
        FROM read_parquet($staged)
    ), fresh AS (
        SELECT * FROM staged WHERE email IS NULL OR customer_id <> email
        UNION
        SELECT staged.* REPLACE (coalesce(customers.customer_id, staged.email) AS customer_id)
        FROM staged
        LEFT JOIN customers ON customers.dataset_id = $dataset_id
                           AND customers.email = staged.email
        WHERE staged.email IS NOT NULL
          AND (staged.customer_id = staged.email OR staged.basis = 'withdrawn')
    )
    SELECT $dataset_id, customer_id, channel, basis, wording, sha256(wording), mechanism,
           recorded_at, confirmed_at::TIMESTAMPTZ, expires_on, evidence, $import_id,
           $actor, $now::TIMESTAMPTZ
    FROM fresh
    WHERE NOT EXISTS (
        FROM consents AS known
        WHERE known.dataset_id = $dataset_id AND known.customer_id = fresh.customer_id
          AND known.channel = fresh.channel AND known.basis = fresh.basis
          AND known.recorded_at = fresh.recorded_at
          AND known.confirmed_at IS NOT DISTINCT FROM fresh.confirmed_at::TIMESTAMPTZ
          AND known.expires_on IS NOT DISTINCT FROM fresh.expires_on
          AND known.wording IS NOT DISTINCT FROM fresh.wording)
    ORDER BY line, customer_id
"""

# Whoever takes a consent back is one person under every number: the withdrawal is put down by the
# address, for those who come later, and for everybody who has it now, in any base.
_SPREAD: Final = """
    INSERT INTO consents (dataset_id, customer_id, channel, basis, wording, wording_sha256,
        mechanism, recorded_at, evidence, import_id, imported_by, imported_at)
    WITH told AS (
        SELECT consents.*, CASE WHEN customers.customer_id IS NOT NULL THEN customers.email
                                WHEN contains(consents.customer_id, '@')
                                THEN consents.customer_id END AS email
        FROM consents
        LEFT JOIN customers ON customers.dataset_id = consents.dataset_id
                           AND customers.customer_id = consents.customer_id
        WHERE consents.import_id = $import_id AND basis = 'withdrawn'
    ), meant AS (
        SELECT told.* REPLACE (told.email AS customer_id) FROM told WHERE told.email IS NOT NULL
        UNION ALL
        SELECT told.* REPLACE (customers.dataset_id AS dataset_id,
                               customers.customer_id AS customer_id)
        FROM told JOIN customers ON customers.email = told.email
    )
    SELECT dataset_id, customer_id, channel, 'withdrawn', any_value(wording),
           any_value(wording_sha256), any_value(mechanism), recorded_at, any_value(evidence),
           $import_id, $actor, $now::TIMESTAMPTZ
    FROM meant
    WHERE NOT EXISTS (FROM consents AS known
                      WHERE known.dataset_id = meant.dataset_id
                        AND known.customer_id = meant.customer_id
                        AND known.channel = meant.channel AND known.basis = 'withdrawn'
                        AND known.recorded_at = meant.recorded_at)
    GROUP BY dataset_id, customer_id, channel, recorded_at
    ORDER BY dataset_id, customer_id, recorded_at, channel
"""

# Records that came with an address before its customer did; a withdrawal counts in every base.
_ADOPT: Final = """
    INSERT INTO consents (dataset_id, customer_id, channel, basis, wording, wording_sha256,
        mechanism, recorded_at, confirmed_at, expires_on, evidence, import_id, imported_by,
        imported_at)
    SELECT customers.dataset_id, customers.customer_id, channel, basis, wording, wording_sha256,
           mechanism, recorded_at, confirmed_at, expires_on, evidence, import_id, imported_by,
           imported_at
    FROM consents
    JOIN customers ON customers.email = consents.customer_id
                  AND customers.customer_id <> consents.customer_id
    WHERE customers.dataset_id = $dataset_id
      AND (consents.dataset_id = $dataset_id OR consents.basis = 'withdrawn')
      AND customers.customer_id IN (SELECT customer_id FROM read_parquet($staged))
      AND NOT EXISTS (FROM consents AS known
                      WHERE known.dataset_id = customers.dataset_id
                        AND known.customer_id = customers.customer_id
                        AND known.basis = consents.basis
                        AND known.recorded_at = consents.recorded_at
                        AND known.import_id IS NOT DISTINCT FROM consents.import_id)
    ORDER BY customers.customer_id, consents.consent_id
"""

# An explicit no in a newer customer file takes back what the register holds.
_WITHDRAW: Final = """
    INSERT INTO consents (dataset_id, customer_id, basis, mechanism, recorded_at, import_id,
        imported_by, imported_at)
    SELECT $dataset_id, customer_id, 'withdrawn', $mechanism, $now::TIMESTAMPTZ, $import_id, $actor,
           $now::TIMESTAMPTZ
    FROM (SELECT customer_id, max(recorded_at) FILTER (basis = 'withdrawn') AS withdrawn_at,
                 max(recorded_at) FILTER (basis <> 'withdrawn') AS agreed_at
          FROM consents WHERE dataset_id = $dataset_id AND channel = 'email'
          GROUP BY customer_id) AS standing
    WHERE agreed_at > coalesce(withdrawn_at, TIMESTAMPTZ '-infinity')
      AND customer_id IN (SELECT customer_id FROM read_parquet($staged) WHERE refuses_email)
    ORDER BY customer_id
"""


def write_consents(store: Store, intake: Intake, arrival: Arrival) -> None:
    """Add a consent file's records to ``consents``; what is there already is not added again.

    A row that says unsubscribed, opted out or objected is an objection too.
    """
    store.run(_ADD, **_values(store, arrival))
    _spread(store, arrival)
    write_told_objections(store, intake, arrival)


def adopt_consents(store: Store, arrival: Arrival) -> None:
    """Give the customers of a file the records that are on file for their addresses."""
    store.run(_ADOPT, dataset_id=arrival.dataset_id, staged=str(arrival.staged))


def withdraw_refused(store: Store, arrival: Arrival, file_name: str) -> None:
    """Note as withdrawn what customers agreed to before, where their file now says no."""
    store.run(_WITHDRAW, **_values(store, arrival), mechanism=f"says no in {file_name}")
    _spread(store, arrival)


def _spread(store: Store, arrival: Arrival) -> None:
    store.run(_SPREAD, import_id=arrival.import_id, actor=arrival.actor, now=store.now())


def _values(store: Store, arrival: Arrival) -> dict[str, object]:
    return {
        "dataset_id": arrival.dataset_id,
        "staged": str(arrival.staged),
        "import_id": arrival.import_id,
        "actor": arrival.actor,
        "now": store.now(),
    }
