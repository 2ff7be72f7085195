"""The register of consents: what files bring into it, and what takes a consent back.

Rows are added and never changed; which of them counts on a send date is the view ``mailability``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from personalization.customers.intake import Arrival, Intake
    from personalization.store import Store

# A record of an address belongs to every customer who has it.  The same record again, in a later
# export of the same register, adds nothing.
_ADD: Final = """
    INSERT INTO consents (dataset_id, customer_id, channel, basis, wording, wording_sha256,
        mechanism, recorded_at, confirmed_at, expires_on, evidence, import_id, imported_by,
        imported_at)
    WITH fresh AS (
        SELECT staged.* EXCLUDE customer_id,
               coalesce(customers.customer_id, staged.customer_id) AS customer_id
        FROM read_parquet($staged) AS staged
        LEFT JOIN customers ON $is_by_email AND customers.dataset_id = $dataset_id
                           AND customers.email = staged.customer_id
    )
    SELECT $dataset_id, customer_id, channel, basis, wording, sha256(wording), mechanism,
           recorded_at::TIMESTAMPTZ, confirmed_at::TIMESTAMPTZ, expires_on, evidence, $import_id,
           $actor, $now::TIMESTAMPTZ
    FROM fresh
    WHERE NOT EXISTS (
        FROM consents AS known
        WHERE known.dataset_id = $dataset_id AND known.customer_id = fresh.customer_id
          AND known.channel = fresh.channel AND known.basis = fresh.basis
          AND known.recorded_at = fresh.recorded_at::TIMESTAMPTZ
          AND known.confirmed_at IS NOT DISTINCT FROM fresh.confirmed_at::TIMESTAMPTZ
          AND known.expires_on IS NOT DISTINCT FROM fresh.expires_on
          AND known.wording IS NOT DISTINCT FROM fresh.wording)
    ORDER BY line, customer_id
"""

# Records that came with an address before its customer did.
_ADOPT: Final = """
    INSERT INTO consents (dataset_id, customer_id, channel, basis, wording, wording_sha256,
        mechanism, recorded_at, confirmed_at, expires_on, evidence, import_id, imported_by,
        imported_at)
    SELECT customers.dataset_id, customers.customer_id, channel, basis, wording, wording_sha256,
           mechanism, recorded_at, confirmed_at, expires_on, evidence, import_id, imported_by,
           imported_at
    FROM consents
    JOIN customers ON customers.dataset_id = consents.dataset_id
                  AND customers.email = consents.customer_id
                  AND customers.customer_id <> consents.customer_id
    WHERE consents.dataset_id = $dataset_id
      AND customers.customer_id IN (SELECT customer_id FROM read_parquet($staged))
      AND NOT EXISTS (FROM consents AS known
                      WHERE known.dataset_id = customers.dataset_id
                        AND known.customer_id = customers.customer_id
                        AND known.basis = consents.basis
                        AND known.recorded_at = consents.recorded_at
                        AND known.import_id = consents.import_id)
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
    """Add a consent file's records to ``consents``; what is there already is not added again."""
    store.run(_ADD, **_values(store, arrival), is_by_email=intake.key == "email")


def adopt_consents(store: Store, arrival: Arrival) -> None:
    """Give the customers of a file the records that are on file for their addresses."""
    store.run(_ADOPT, dataset_id=arrival.dataset_id, staged=str(arrival.staged))


def withdraw_refused(store: Store, arrival: Arrival, file_name: str) -> None:
    """Note as withdrawn what customers agreed to before, where their file now says no."""
    store.run(_WITHDRAW, **_values(store, arrival), mechanism=f"says no in {file_name}")


def _values(store: Store, arrival: Arrival) -> dict[str, object]:
    return {
        "dataset_id": arrival.dataset_id,
        "staged": str(arrival.staged),
        "import_id": arrival.import_id,
        "actor": arrival.actor,
        "now": store.now(),
    }
