"""What recipients really did: a file of events from the e-mail tool, taken in once.

The file was read and typed by the intake, which knows the words that senders use for an event;
here its rows are held against who was assigned and who was delivered to.  Nothing vanishes: each
row of the file is accepted, a duplicate, or told as a problem, whoever of the two found it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from personalization.delivery.launch import (
    Launch,
    find_launch,
    own_request,
    refuse_other_mode,
)
from personalization.errors import InputError, StateError
from personalization.store import record

if TYPE_CHECKING:
    from pathlib import Path

    from personalization.store import Store

REASONS: Final = {
    "unknown_customers": "This customer is not in the test. Check the id in the e-mail tool.",
    "unknown_events": "This event is not one of delivered, open, click, conversion, unsubscribe "
    "and complaint.",
    "not_delivered": "Nothing was sent to this customer, so there was nothing to react to.",
    "before_delivery": "This happened before the launch.",
    "duplicates": "The same customer, event, time and value were there already.",
}
"""Why a row does not count, by the name of its count in EngagementImport."""


@dataclass(frozen=True, slots=True)
class EngagementImport:
    """What came of one file of events; the counts of rows add up to the rows of the file.

    Attributes:
        import_id: Row of ``imports``; ``intake_problems`` has the rows that do not count.
        accepted: Rows that count now.
        duplicates: Rows that were there already, in the file or from an earlier one.
        unreadable: Rows that the intake rejected, such as those without a customer or a time.
        unknown_customers: Rows of people who are not in the test.
        unknown_events: Rows of an event that means nothing here.
        before_delivery: Rows from before the launch; a date alone counts on the day itself.
        not_delivered: Reactions of people to whom nothing was sent.
        suppressed: Customers who left or complained; on the suppression list from now on.
    """

    import_id: str
    accepted: int = 0
    duplicates: int = 0
    unreadable: int = 0
    unknown_customers: int = 0
    unknown_events: int = 0
    before_delivery: int = 0
    not_delivered: int = 0
    suppressed: int = 0


# Who is held out of all campaigns can buy, too: what mailing brings is seen against that.
# What counts here is what the view ``outcomes`` counts.  A file may know people by their address
# only.  Recipient files guard ids that look like formulas with an apostrophe: it is taken off.
# Who left at a time that nobody knows has left by now; where the days that count are over it stands
# on the last of them, for to leave it out would make a harmful message look harmless.
_JUDGE = """
    CREATE OR REPLACE TEMP TABLE judged_engagements AS
    WITH latest AS (
        SELECT greatest(
                   least($now::TIMESTAMPTZ::TIMESTAMP, CAST(analysis_on AS TIMESTAMP)
                         + INTERVAL '1' DAY - INTERVAL '1' SECOND),
                   $launched_at::TIMESTAMPTZ::TIMESTAMP) AS moment
        FROM experiments WHERE experiment_id = $experiment_id
    ), given AS (
        SELECT customer_id, arm FROM assignments WHERE experiment_id = $experiment_id
        UNION ALL
        SELECT customer_id, 'holdout' AS arm FROM held_out WHERE experiment_id = $experiment_id
    ), named AS (
        SELECT CASE WHEN customer_id LIKE '''%' AND csv_cell(substr(customer_id, 2)) = customer_id
                    THEN substr(customer_id, 2) ELSE customer_id END AS known_as,
               coalesce(email, CASE WHEN customer_id LIKE '_%@_%' THEN lower(customer_id) END)
                   AS address,
               line, event AS told, happened_at IS NULL AS is_timeless,
               coalesce(happened_at, (SELECT moment FROM latest)) AS happened_at,
               CASE WHEN event = 'conversion' THEN coalesce(value, 0) ELSE 0 END AS value,
               CASE WHEN event IN ('delivered', 'open', 'click', 'conversion', 'unsubscribe',
                                   'complaint') THEN event END AS event
        FROM read_parquet($staged)
    ), people AS (
        SELECT customers.customer_id, customers.email, given.arm, given.customer_id IS NOT NULL
                   AS is_assigned
        FROM customers
        LEFT JOIN given ON given.customer_id = customers.customer_id
        WHERE customers.dataset_id = $dataset_id
    ), addresses AS (
        SELECT email, coalesce(min(CASE WHEN is_assigned THEN customer_id END), min(customer_id))
                   AS customer_id
        FROM people WHERE email IS NOT NULL GROUP BY email
    ), identified AS (
        SELECT named.* EXCLUDE known_as,
               coalesce(people.customer_id, addresses.customer_id, leaving.customer_id, known_as)
                   AS customer_id
        FROM named
        LEFT JOIN people ON people.customer_id = named.known_as
        LEFT JOIN addresses ON addresses.email = lower(named.known_as)
        LEFT JOIN addresses AS leaving
            ON leaving.email = named.address AND named.event IN ('unsubscribe', 'complaint')
    ), placed AS (
        SELECT named.*, given.customer_id IS NOT NULL AS is_assigned,
               coalesce(given.arm = 'holdout' AND named.event = 'conversion', false) AS is_held_out,
               sent.customer_id IS NOT NULL AS is_delivered,
               CASE WHEN named.is_timeless THEN gone.customer_id IS NOT NULL
                    WHEN named.value <> 0 THEN coalesce(list_contains(known.amounts, named.value),
                                                        false)
                    ELSE known.customer_id IS NOT NULL END AS is_known,
               named.event = 'conversion' AND named.value = 0
                   AND max(abs(named.value)) OVER (PARTITION BY named.customer_id, named.event,
                                                   named.happened_at) > 0 AS is_told_with_value,
               row_number() OVER (PARTITION BY named.customer_id, named.event, named.happened_at,
                                               named.value ORDER BY named.line) AS copy
        FROM identified AS named
        LEFT JOIN given ON given.customer_id = named.customer_id
        LEFT JOIN (SELECT customer_id FROM deliveries
                   WHERE experiment_id = $experiment_id) AS sent
            ON sent.customer_id = named.customer_id
        LEFT JOIN (SELECT customer_id, event, happened_at, list(value) AS amounts
                   FROM engagements WHERE experiment_id = $experiment_id
                   GROUP BY customer_id, event, happened_at) AS known
            ON known.customer_id = named.customer_id AND known.event = named.event
           AND known.happened_at = named.happened_at
        LEFT JOIN (SELECT DISTINCT customer_id, event FROM engagements
                   WHERE experiment_id = $experiment_id
                     AND event IN ('unsubscribe', 'complaint')) AS gone
            ON gone.customer_id = named.customer_id AND gone.event = named.event
    )
    SELECT line, customer_id, address, told, event, happened_at, value,
           CASE WHEN event IS NULL THEN 'unknown_events'
                WHEN NOT is_assigned THEN 'unknown_customers'
                WHEN NOT is_delivered AND NOT is_held_out THEN 'not_delivered'
                WHEN happened_at < $launched_at::TIMESTAMPTZ::TIMESTAMP
                 AND happened_at <> date_trunc('day', $launched_at::TIMESTAMPTZ::TIMESTAMP)
                    THEN 'before_delivery'
                WHEN is_known OR is_told_with_value OR copy > 1 THEN 'duplicates'
                ELSE 'accepted' END AS outcome
    FROM placed
"""
_COUNTS = "SELECT outcome, count(*) FROM judged_engagements GROUP BY outcome ORDER BY outcome"
_ADD = """
    INSERT INTO engagements
    SELECT $experiment_id, customer_id, event, value, happened_at, false
    FROM judged_engagements WHERE outcome = 'accepted'
"""
# A conversion may come without its revenue first, and with it in a later row; two purchases of
# one moment with two values are two purchases.
_FORGET_VALUELESS = """
    DELETE FROM engagements
    WHERE experiment_id = $experiment_id AND event = 'conversion' AND value = 0
      AND EXISTS (SELECT 1 FROM engagements AS valued
                  WHERE valued.experiment_id = $experiment_id AND valued.event = 'conversion'
                    AND valued.value <> 0 AND valued.customer_id = engagements.customer_id
                    AND valued.happened_at = engagements.happened_at)
"""
# Whoever wants to leave has left, whether or not the event counts for this test.  Somebody who is
# not in the base is put down too, by id and address, in case of a later import.
_SUPPRESS = """
    INSERT INTO suppressions
    SELECT $dataset_id, leaving.customer_id, coalesce(customers.email, leaving.address),
           leaving.reason, $now::TIMESTAMPTZ
    FROM (SELECT customer_id, min(address) AS address,
                 CASE WHEN min(event) = 'complaint' THEN 'complained' ELSE 'unsubscribed' END
                     AS reason
          FROM judged_engagements WHERE event IN ('unsubscribe', 'complaint')
          GROUP BY customer_id) AS leaving
    LEFT JOIN customers ON customers.dataset_id = $dataset_id
                       AND customers.customer_id = leaving.customer_id
    WHERE NOT EXISTS (SELECT 1 FROM suppressions
                      WHERE suppressions.dataset_id = $dataset_id
                        AND suppressions.customer_id = leaving.customer_id)
"""


def record_engagements(
    store: Store,
    campaign_id: str,
    staged: Path | None,
    *,
    actor: str,
    request_id: str,
    file_name: str = "",
    file_sha256: str = "",
    unreadable: int = 0,
    merged: int = 0,
    problems: Path | None = None,
) -> EngagementImport:
    """Take in what recipients did, and suppress whoever unsubscribed or complained at once.

    The same file a second time adds nothing; the same ``request_id`` returns the first outcome.

    Args:
        store: Writes ``engagements``, ``suppressions``, ``imports`` and ``intake_problems``.
        campaign_id: A campaign that was exported.
        staged: Parquet of the rows that the intake accepted: line, customer_id (an address where
            the file has no ids), email, event, happened_at (UTC; missing where somebody
            left at a time that cannot be read), value.
        actor: Who uploads.
        request_id: Of the click.
        file_name: What the user uploaded.
        file_sha256: Likewise.
        unreadable: Rows of the file that the intake rejected.
        merged: Rows of the file that the intake found to be copies of others.
        problems: Parquet of what the intake found: outcome, line, column_name, value, reason.

    Raises:
        InputError: The intake refused the file.
        StateError: The campaign was not launched, or was simulated.
    """
    launch = find_launch(store, campaign_id)
    if launch.launched_at is None:
        raise StateError(
            f"Campaign {launch.name!r} was not sent yet. Export it on the Experiment page first."
        )
    refuse_other_mode(launch, "export")
    if staged is None:
        raise InputError("The file has no row that can be used. Correct it and upload it again.")
    request_id = own_request(launch, request_id)
    with store.transaction():
        if seen := store.read_one(_SEEN, request_id=request_id):
            return EngagementImport(seen[0], **json.loads(seen[1]))
        counts = _take_in(store, launch, staged)
        counts["unreadable"] = unreadable
        counts["duplicates"] = counts.get("duplicates", 0) + merged
        outcome = EngagementImport(f"i{uuid4().hex[:10]}", **counts)
        file = (file_name, file_sha256)
        _keep(store, launch, outcome, file=file, actor=actor, request_id=request_id)
        if problems is not None:
            store.run(_INTAKE_PROBLEMS, import_id=outcome.import_id, problems=str(problems))
        record(
            store, "engagement.imported", outcome.import_id, actor=actor,
            campaign_id=campaign_id, file_sha256=file_sha256, **counts,
        )  # fmt: skip
    return outcome


def _take_in(store: Store, launch: Launch, staged: Path) -> dict[str, int]:
    experiment = {"experiment_id": launch.experiment_id}
    store.run(
        _JUDGE,
        staged=str(staged),
        launched_at=launch.launched_at,
        dataset_id=launch.dataset_id,
        now=store.now(),
        **experiment,
    )
    counts = dict(store.read(_COUNTS))
    store.run(_ADD, **experiment)
    store.run(_FORGET_VALUELESS, **experiment)
    suppressed = store.run(_SUPPRESS, dataset_id=launch.dataset_id, now=store.now())
    return {**counts, "suppressed": suppressed}


_SEEN = "SELECT import_id, detected FROM imports WHERE request_id = $request_id"
_IMPORT = """
    INSERT INTO imports VALUES ($import_id, $dataset_id, 'engagements', $file_name, $file_sha256,
        $counts, '{}', $rows_total, $accepted, $rejected, $merged, $now, $actor, $request_id)
"""
_PROBLEM = """
    INSERT INTO intake_problems
    SELECT $import_id, $outcome, line, $column_name,
           CASE WHEN $column_name = 'event' THEN told ELSE customer_id END, $reason
    FROM judged_engagements WHERE outcome = $kind
"""

_INTAKE_PROBLEMS = """
    INSERT INTO intake_problems
    SELECT $import_id, outcome, line, column_name, value, reason FROM read_parquet($problems)
"""


def _keep(
    store: Store,
    launch: Launch,
    outcome: EngagementImport,
    *,
    file: tuple[str, str],
    actor: str,
    request_id: str,
) -> None:
    counts = {name: n for name, n in asdict(outcome).items() if name != "import_id"}
    n_rows = sum(n for name, n in counts.items() if name != "suppressed")
    store.run(
        _IMPORT,
        import_id=outcome.import_id,
        dataset_id=launch.dataset_id,
        file_name=file[0],
        file_sha256=file[1],
        counts=json.dumps(counts),
        rows_total=n_rows,
        accepted=outcome.accepted,
        rejected=n_rows - outcome.accepted - outcome.duplicates,
        merged=outcome.duplicates,
        now=store.now(),
        actor=actor,
        request_id=request_id,
    )
    for kind, reason in REASONS.items():
        store.run(
            _PROBLEM,
            import_id=outcome.import_id,
            outcome="merged" if kind == "duplicates" else "rejected",
            column_name="event" if kind == "unknown_events" else "customer_id",
            reason=reason,
            kind=kind,
        )


_PROBLEMS = """
    SELECT outcome, min(line) AS line, column_name, value, reason, count(*) AS rows
    FROM intake_problems
    WHERE import_id = $import_id
    GROUP BY outcome, column_name, value, reason
    ORDER BY line, reason, value LIMIT $limit
"""
_ALL_PROBLEMS = """
    SELECT outcome, line, csv_cell(column_name) AS "column", csv_cell(value) AS value,
           csv_cell(reason) AS reason
    FROM intake_problems
    WHERE import_id = $import_id
    ORDER BY line NULLS FIRST, outcome, column_name, reason, value
"""


def engagement_problems(store: Store, import_id: str, limit: int = 200) -> list[dict[str, Any]]:
    """List what did not count of a file: outcome, first line, column_name, value, reason, rows.

    The reason is a sentence, or the intake's word where the row could not be read.
    """
    return store.records(_PROBLEMS, import_id=import_id, limit=limit)


def write_engagement_problems(store: Store, import_id: str, path: Path) -> None:
    """Write all of it as CSV, line by line; no cell is a formula in a spreadsheet."""
    store.write_csv(path, _ALL_PROBLEMS, import_id=import_id)
