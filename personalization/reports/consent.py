"""Consent as the officer sees it: who may be written to, on what basis, until when; objections."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from personalization import customers

if TYPE_CHECKING:
    from datetime import date

    import pandas as pd

    from personalization.store import Store

OBJECTION_REASONS = customers.REASONS

_TOTALS = """
    SELECT count(*) AS customers,
           count(*) FILTER (is_mailable) AS mailable,
           count(*) FILTER (is_mailable AND recorded_on IS NOT NULL) AS recorded,
           count(*) FILTER (is_mailable AND recorded_on IS NULL) AS undated,
           count(*) FILTER (NOT is_mailable AND reason LIKE '%demands a record%') AS lacking,
           count(*) FILTER (NOT is_mailable AND expires_on >= $today
                            AND expires_on < campaigns.send_on
                            AND reason LIKE '% ended on %') AS lost_before
    FROM mailability JOIN campaigns ON campaigns.campaign_id = mailability.campaign_id
    WHERE mailability.campaign_id = $campaign_id
"""


def totals(store: Store, campaign_id: str) -> dict[str, int]:
    """Count a campaign's customers by what their consent rests on, as of the send date.

    Returns:
        ``customers``; ``mailable``, of whom ``recorded`` have a dated record and ``undated`` a
        yes in a file; ``lacking`` said yes where the law demands a record that is not there;
        ``lost_before`` may be written to today and no more on the send date.
    """
    [found] = store.records(_TOTALS, campaign_id=campaign_id, today=store.now().date())
    return {name: int(n) for name, n in found.items()}


_BY_COUNTRY = """
    SELECT coalesce(law.name, 'Everywhere else') AS country, mailability.basis,
           count(*) AS customers,
           count(*) FILTER (is_mailable) AS mailable,
           count(*) FILTER (is_mailable AND recorded_on IS NULL) AS undated,
           count(*) FILTER (is_mailable AND expires_on IS NOT NULL) AS ending,
           count(*) FILTER (NOT is_mailable) AS not_mailable
    FROM mailability
    LEFT JOIN jurisdictions AS law ON law.jurisdiction = mailability.jurisdiction
    WHERE campaign_id = $campaign_id
    GROUP BY law.name, mailability.basis
    ORDER BY sum(customers) OVER (PARTITION BY law.name) DESC, country, customers DESC, basis
"""


def by_country(store: Store, campaign_id: str) -> pd.DataFrame:
    """Count a campaign's customers by country and basis, the largest country first."""
    return store.frame(_BY_COUNTRY, campaign_id=campaign_id)


# Dates are taken out of the reasons, so that equal ones meet.
_WHY_NOT = """
    SELECT regexp_replace(reason, ' (of|on) [0-9]{4}-[0-9]{2}-[0-9]{2}', '', 'g') AS why,
           coalesce(law.name, 'Everywhere else') AS country, count(*) AS customers
    FROM mailability
    LEFT JOIN jurisdictions AS law ON law.jurisdiction = mailability.jurisdiction
    WHERE campaign_id = $campaign_id AND NOT is_mailable
    GROUP BY why, law.name
    ORDER BY customers DESC, why, country
    LIMIT 100
"""


def why_not(store: Store, campaign_id: str) -> pd.DataFrame:
    """Count those who may not be written to by reason and country, the most frequent first."""
    return store.frame(_WHY_NOT, campaign_id=campaign_id)


_CALENDAR = """
    SELECT CAST(date_trunc('month', expires_on) AS DATE) AS month,
           coalesce(law.name, 'Everywhere else') AS country,
           replace(mailability.basis, '_', ' ') AS basis, count(*) AS customers,
           min(expires_on) AS first_on, max(expires_on) AS last_on,
           expires_on < campaigns.send_on AS is_before
    FROM mailability
    JOIN campaigns ON campaigns.campaign_id = mailability.campaign_id
    LEFT JOIN jurisdictions AS law ON law.jurisdiction = mailability.jurisdiction
    WHERE mailability.campaign_id = $campaign_id AND expires_on >= $today
      AND (is_mailable OR (expires_on < campaigns.send_on AND reason LIKE '% ended on %'))
    GROUP BY month, law.name, mailability.basis, is_before
    ORDER BY month, country, basis, is_before DESC
    LIMIT 500
"""


def calendar(store: Store, campaign_id: str) -> pd.DataFrame:
    """Count whose consent ends when, by month, country and basis, from today on.

    ``is_before`` marks those who will not be reached any more on the campaign's send date.
    """
    return store.frame(_CALENDAR, campaign_id=campaign_id, today=store.now().date())


_UNKNOWN = """
    SELECT customers.country, count(*) AS customers
    FROM customers
    LEFT JOIN jurisdiction_names AS spellings
        ON spellings.spelling = lower(trim(customers.country))
    WHERE customers.dataset_id = $dataset_id AND customers.country IS NOT NULL
      AND coalesce(spellings.jurisdiction, 'other') = 'other'
    GROUP BY customers.country ORDER BY customers DESC, customers.country LIMIT 50
"""


def other_countries(store: Store, dataset_id: str) -> list[tuple[str, int]]:
    """List how files spell countries that go by the law for everywhere else, with customers."""
    return [(str(name), int(n)) for name, n in store.read(_UNKNOWN, dataset_id=dataset_id)]


_LAWS = """
    WITH bases AS (
        SELECT jurisdiction,
               string_agg(concat(replace(basis, '_', ' '),
                                 CASE WHEN months IS NOT NULL
                                      THEN concat(' (', months, ' months)') END),
                          ', ' ORDER BY basis) AS accepts
        FROM jurisdiction_rules GROUP BY jurisdiction
    )
    SELECT law.name, bases.accepts, law.needs_record, law.min_age,
           CASE WHEN law.honour_days = 0 THEN 'at once'
                WHEN law.is_in_working_days THEN concat(law.honour_days, ' working days')
                ELSE concat(law.honour_days, ' days') END AS honour,
           law.law, law.source, law.reviewed_on, law.owner, law.note
    FROM jurisdictions AS law
    LEFT JOIN bases ON bases.jurisdiction = law.jurisdiction
    ORDER BY law.jurisdiction = 'other', law.name
"""


def laws(store: Store) -> pd.DataFrame:
    """List the law on consent that is in force, one row a country, with its source and owner."""
    return store.frame(_LAWS)


# A record of an address stands under each customer who has it, so it counts there only.
_REGISTER = """
    SELECT consents.customer_id, customers.country, replace(basis, '_', ' ') AS basis, recorded_at,
           confirmed_at, consents.expires_on, wording, mechanism, evidence, imports.file_name
    FROM consents
    LEFT JOIN customers ON customers.dataset_id = consents.dataset_id
                       AND customers.customer_id = consents.customer_id
    LEFT JOIN imports ON imports.import_id = consents.import_id
    WHERE consents.dataset_id = $dataset_id
      AND ($basis = '' OR basis = $basis)
      AND NOT EXISTS (FROM customers AS adopted WHERE adopted.dataset_id = $dataset_id
                                                  AND adopted.email = consents.customer_id)
      AND (NOT $is_incomplete OR wording IS NULL OR mechanism IS NULL
           OR (basis = 'double_opt_in' AND confirmed_at IS NULL))
    ORDER BY recorded_at DESC, consents.consent_id DESC
    LIMIT $limit
"""
_REGISTER_COUNTS = """
    SELECT basis, count(*) AS records,
           count(*) FILTER (wording IS NULL OR mechanism IS NULL
                            OR (basis = 'double_opt_in' AND confirmed_at IS NULL)) AS incomplete
    FROM consents
    WHERE dataset_id = $dataset_id
      AND NOT EXISTS (FROM customers AS adopted WHERE adopted.dataset_id = $dataset_id
                                                  AND adopted.email = consents.customer_id)
    GROUP BY basis ORDER BY records DESC, basis
"""


def register(
    store: Store, dataset_id: str, *, basis: str = "", is_incomplete: bool = False, limit: int = 200
) -> pd.DataFrame:
    """List records of consent, newest first.

    Args:
        store: Reads ``consents``.
        dataset_id: The customer base.
        basis: Of this basis only; all if empty.
        is_incomplete: Only those without wording, mechanism or confirmation.
        limit: How many at most.
    """
    return store.frame(
        _REGISTER, dataset_id=dataset_id, basis=basis, is_incomplete=is_incomplete, limit=limit
    )


def register_counts(store: Store, dataset_id: str) -> dict[str, tuple[int, int]]:
    """Count the records of each basis, and those of them that lack something."""
    rows = store.read(_REGISTER_COUNTS, dataset_id=dataset_id)
    return {str(basis): (int(n), int(incomplete)) for basis, n, incomplete in rows}


# An objection is done with when the sending tool has a list that holds it: one downloaded since was
# handed over, an export wrote it, or the tool's own file said so.
_OBJECTIONS = """
    WITH told_lists AS (
        SELECT handed_at, max(made_at) AS holds_until
        FROM handovers JOIN list_downloads ON made_at <= handed_at GROUP BY handed_at
    ), told AS (
        SELECT objections.*,
               CASE WHEN source <> 'person' THEN recorded_at
                    ELSE least((SELECT min(handed_at) FROM told_lists
                                WHERE holds_until >= objections.recorded_at),
                               (SELECT min(exported_at) FROM exports
                                JOIN experiments
                                    ON experiments.experiment_id = exports.experiment_id
                                JOIN campaigns ON campaigns.campaign_id = experiments.campaign_id
                                WHERE campaigns.dataset_id = objections.dataset_id
                                  AND exported_at >= objections.recorded_at)) END AS told_at
        FROM objections
    )
    SELECT objection_id, customer_id, coalesce(datasets.name, 'no customer base') AS customer_base,
           coalesce(law.name, 'Everywhere else') AS country, reason, received_at, recorded_at,
           due_on, told_at, recorded_by,
           CASE WHEN told_at IS NULL AND due_on < $today THEN 'overdue'
                WHEN told_at IS NULL THEN 'open'
                WHEN CAST(told_at AS DATE) > due_on THEN 'late'
                ELSE 'in time' END AS state
    FROM told
    LEFT JOIN datasets ON datasets.dataset_id = told.dataset_id
    LEFT JOIN jurisdictions AS law ON law.jurisdiction = told.jurisdiction
    WHERE told.source = 'person' OR NOT $only_people
    ORDER BY told_at IS NOT NULL, due_on, received_at, objection_id, customer_id
    LIMIT $limit
"""


def objections(store: Store, *, only_people: bool = True, limit: int = 200) -> pd.DataFrame:
    """List objections, those that sending tools do not know of first, with the day they are due.

    ``state`` is overdue, open, late or in time.  Those of a tool's own file are left out unless
    ``only_people`` is false.
    """
    return store.frame(_OBJECTIONS, today=store.now().date(), only_people=only_people, limit=limit)


_SUPPRESSED = """
    SELECT csv_cell(customer_id) AS customer_id, csv_cell(email) AS email,
           csv_cell(reason) AS reason,
           strftime(min(suppressed_at), '%Y-%m-%dT%H:%M:%SZ') AS suppressed_at
    FROM suppression_list
    GROUP BY customer_id, email, reason
    ORDER BY customer_id, email, reason
"""
_SUPPRESSED_COUNT = "SELECT count(DISTINCT coalesce(email, customer_id)) FROM suppressions"


def suppressed(store: Store) -> int:
    """Count the people on the suppression list."""
    return int(store.read(_SUPPRESSED_COUNT)[0][0])


def suppression_csv(store: Store, *, actor: str) -> bytes:
    """Return the whole suppression list as CSV, for the sending tools, and record who took it."""
    with store.transaction(), TemporaryDirectory() as folder:
        path = Path(folder) / "suppressed.csv"
        store.write_csv(path, _SUPPRESSED)
        content = path.read_bytes()
        customers.note_download(store, content, actor=actor)
    return content


_ERASURES = """
    SELECT subject_ref, erased_at, erased_by, CAST(rows AS VARCHAR) AS rows,
           json_array_length(experiments) AS experiments
    FROM erasures ORDER BY erased_at DESC, erasure_id LIMIT 200
"""
_ERASED_IN = """
    SELECT count(*), max(CAST(erased_at AS DATE)) FROM erasures
    WHERE json_contains(experiments, to_json($experiment_id))
"""


def erasures(store: Store) -> pd.DataFrame:
    """List who was erased, by pseudonym, with what was taken out."""
    return store.frame(_ERASURES)


def erased_in(store: Store, experiment_id: str) -> tuple[int, date | None]:
    """Count the people of an experiment who were erased since, and say when the last one was."""
    [(n, last)] = store.read(_ERASED_IN, experiment_id=experiment_id)
    return int(n), last
