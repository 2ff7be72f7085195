"""Incidents as an officer reads them: the list, the timeline, what was hit, and what to do."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from personalization.errors import InputError, StateError
from personalization.reports.audit_files import BOM
from personalization.reports.handing_out import handed_out
from personalization.store import campaign_key, hmac_pads

if TYPE_CHECKING:
    from datetime import datetime

    from personalization.store import Store


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """One incident of the list.

    Attributes:
        kind: withdrawn, expired or reported.
        campaign: Name of the campaign that it was reported of, or empty.
        figures: The counts of its blast radius, as they were when it was opened.
        n_open_tasks: Tasks that nobody has finished.
        n_held: Campaigns that it holds now.
    """

    incident_id: str
    kind: str
    title: str
    document_id: str | None
    campaign_id: str | None
    campaign: str
    opened_at: datetime
    opened_by: str
    is_closed: bool
    figures: dict[str, int]
    n_open_tasks: int
    n_held: int


_LIST = """
    WITH states AS (
        SELECT incident_id, arg_max(kind, number) = 'closed' AS is_closed
        FROM incident_events WHERE kind IN ('opened', 'closed', 'reopened')
        GROUP BY incident_id
    ), tasks AS (
        SELECT incident_id, count(*) AS n FROM (
            SELECT incident_id, ref FROM incident_events GROUP BY incident_id, ref
            HAVING bool_or(kind = 'task') AND NOT bool_or(kind = 'done'))
        GROUP BY incident_id
    ), held AS (
        SELECT incident_id, count(*) AS n FROM campaign_holds GROUP BY incident_id
    )
    SELECT incidents.incident_id, incidents.kind, incidents.title, incidents.document_id,
           incidents.campaign_id, coalesce(campaigns.name, '') AS campaign, incidents.opened_at,
           incidents.opened_by, coalesce(states.is_closed, false) AS is_closed,
           json_extract(incidents.blast, '$.figures') AS figures,
           coalesce(tasks.n, 0) AS n_open_tasks, coalesce(held.n, 0) AS n_held
    FROM incidents
    LEFT JOIN campaigns ON campaigns.campaign_id = incidents.campaign_id
    LEFT JOIN states ON states.incident_id = incidents.incident_id
    LEFT JOIN tasks ON tasks.incident_id = incidents.incident_id
    LEFT JOIN held ON held.incident_id = incidents.incident_id
    ORDER BY is_closed, incidents.opened_at DESC, incidents.incident_id
"""


def incidents(store: Store) -> list[IncidentRow]:
    """List all incidents, open ones first, then the newest first."""
    rows = store.records(_LIST)
    return [IncidentRow(**{**row, "figures": json.loads(row["figures"])}) for row in rows]


_TIMELINE = """
    SELECT events.happened_at, events.actor, events.kind, events.text,
           coalesce(campaigns.name, '') AS campaign
    FROM incident_events AS events
    LEFT JOIN campaigns ON campaigns.campaign_id = events.ref
    WHERE events.incident_id = $incident_id
    ORDER BY events.number
"""


def timeline(store: Store, incident_id: str) -> list[dict[str, Any]]:
    """List what happened in an incident, in its order: when, who, what, and in which words."""
    return store.records(_TIMELINE, incident_id=incident_id)


_TASKS = """
    SELECT task.ref AS task, task.text, done.actor AS done_by, done.happened_at AS done_at,
           done.text AS note
    FROM incident_events AS task
    LEFT JOIN incident_events AS done ON done.incident_id = task.incident_id
        AND done.ref = task.ref AND done.kind = 'done'
    WHERE task.incident_id = $incident_id AND task.kind = 'task'
    ORDER BY task.number
"""


def tasks(store: Store, incident_id: str) -> list[dict[str, Any]]:
    """List what has to be done, and by whom and how it was; None where nobody has done it."""
    return store.records(_TASKS, incident_id=incident_id)


_HOLDS = """
    SELECT holds.campaign_id, campaigns.name, holds.reason, holds.held_by, holds.held_at
    FROM campaign_holds AS holds
    JOIN campaigns ON campaigns.campaign_id = holds.campaign_id
    WHERE holds.incident_id = $incident_id
    ORDER BY campaigns.name, holds.campaign_id
"""


def holds(store: Store, incident_id: str) -> list[dict[str, Any]]:
    """List the campaigns that an incident holds now."""
    return store.records(_HOLDS, incident_id=incident_id)


_BLAST = "SELECT blast FROM incidents WHERE incident_id = $incident_id"


def blast_of(store: Store, incident_id: str) -> dict[str, Any]:
    """Return the blast radius as it was when the incident was opened.

    Raises:
        InputError: There is no such incident.
    """
    row = store.read_one(_BLAST, incident_id=incident_id)
    if row is None:
        raise InputError(f"Incident {incident_id!r} is unknown. Reload the page.")
    blast = dict(json.loads(row[0]))
    for message in blast["messages"]:
        message["send_on"] = date.fromisoformat(message["send_on"])
    return blast


_CAMPAIGNS = "SELECT campaign_id, name FROM mailings ORDER BY created_at DESC, campaign_id"


def campaign_names(store: Store) -> dict[str, str]:
    """Return the name of every campaign by its id, the newest first."""
    return dict(store.read(_CAMPAIGNS))


@dataclass(frozen=True, slots=True)
class Rewrite:
    """A field of a message that still cites the source, and what is left without it.

    Attributes:
        sentences: What has to go.
        after: The field without them; empty where nothing is left, and something has to be written.
    """

    campaign_id: str
    campaign: str
    segment: str
    arm: str
    variant_id: str
    field: str
    sentences: tuple[str, ...]
    after: str


_CITING = """
    SELECT variants.campaign_id, campaigns.name AS campaign, variants.segment, variants.arm,
           variants.variant_id, claims.field, claims.span_start, claims.span_end,
           CASE claims.field WHEN 'subject' THEN variants.subject
                WHEN 'preheader' THEN variants.preheader
                WHEN 'call_to_action' THEN variants.call_to_action
                ELSE variants.body END AS whole
    FROM incidents
    JOIN statements ON statements.document_id = incidents.document_id
    JOIN claims ON claims.statement_id = statements.statement_id
    JOIN current_variants AS variants ON variants.variant_id = claims.variant_id
                                     AND variants.version = claims.version
    JOIN campaigns ON campaigns.campaign_id = variants.campaign_id
    WHERE incidents.incident_id = $incident_id
      AND NOT EXISTS (SELECT 1 FROM experiments
                      WHERE experiments.campaign_id = variants.campaign_id
                        AND experiments.launched_at IS NOT NULL)
    ORDER BY campaigns.name, variants.campaign_id, variants.segment, variants.arm,
             variants.variant_id, claims.field DESC, claims.span_start
"""


def rewrites(store: Store, incident_id: str) -> list[Rewrite]:
    """List the smallest changes that free each message of the source that may still be changed.

    A message that was rewritten since does not cite the source any more and is not listed, nor is
    one that was sent.
    """
    found: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in store.records(_CITING, incident_id=incident_id):
        found.setdefault((row["variant_id"], row["field"]), []).append(row)
    return [_rewrite(rows) for rows in found.values()]


def _rewrite(rows: list[dict[str, Any]]) -> Rewrite:
    first = rows[0]
    spans = sorted({(row["span_start"], row["span_end"]) for row in rows})
    return Rewrite(
        **{name: first[name] for name in (
            "campaign_id", "campaign", "segment", "arm", "variant_id", "field",
        )},
        sentences=tuple(first["whole"][start:end] for start, end in spans),
        after=without(first["whole"], spans),
    )  # fmt: skip


_BLANKS: Final = re.compile(r"[ \t]{2,}")
_EMPTY_LINES: Final = re.compile(r"\n[ \t]*\n(?:[ \t]*\n)+")


def without(text: str, spans: list[tuple[int, int]]) -> str:
    """Return the text without these spans, and without the gaps that they would leave.

    Example:
        >>> without("Hello. Free gifts. Bye.", [(7, 18)])
        'Hello. Bye.'
    """
    for start, end in sorted(spans, reverse=True):
        text = text[:start] + text[end:]
    lines = (_BLANKS.sub(" ", line).strip() for line in text.split("\n"))
    return _EMPTY_LINES.sub("\n\n", "\n".join(lines)).strip()


# Who got it -------------------------------------------------------------------------------

# HMAC-SHA-256 as in the file of deliveries: the same person has the same pseudonym in both.
_RECIPIENTS = """
    SELECT left(sha256($outer::BLOB || unhex(sha256($inner::BLOB || encode(
               concat('subject', chr(31), deliveries.customer_id))))), 32) AS subject_ref,
           csv_cell(deliveries.segment) AS segment, deliveries.arm, deliveries.variant_id,
           deliveries.version, deliveries.content_sha256 AS content_fp,
           strftime(deliveries.delivered_at, '%Y-%m-%dT%H:%M:%S.%fZ') AS delivered_at,
           $key_id AS key_id
    FROM incidents
    JOIN experiments ON experiments.campaign_id = $campaign_id
    JOIN deliveries ON deliveries.experiment_id = experiments.experiment_id
    WHERE incidents.incident_id = $incident_id AND NOT deliveries.is_simulated
      AND (incidents.campaign_id = $campaign_id OR EXISTS (
          SELECT 1 FROM quoted_statements AS quoted
          JOIN statements ON statements.statement_id = quoted.statement_id
          WHERE quoted.variant_id = deliveries.variant_id AND quoted.version = deliveries.version
            AND statements.document_id = incidents.document_id))
    ORDER BY subject_ref, delivered_at, deliveries.variant_id
"""
_REACHED = """
    SELECT experiments.campaign_id, campaigns.name, count(*) AS recipients
    FROM incidents
    JOIN experiments ON true
    JOIN campaigns ON campaigns.campaign_id = experiments.campaign_id
    JOIN deliveries ON deliveries.experiment_id = experiments.experiment_id
    WHERE incidents.incident_id = $incident_id AND NOT deliveries.is_simulated
      AND (incidents.campaign_id = experiments.campaign_id OR EXISTS (
          SELECT 1 FROM quoted_statements AS quoted
          JOIN statements ON statements.statement_id = quoted.statement_id
          WHERE quoted.variant_id = deliveries.variant_id AND quoted.version = deliveries.version
            AND statements.document_id = incidents.document_id))
    GROUP BY experiments.campaign_id, campaigns.name
    ORDER BY campaigns.name, experiments.campaign_id
"""


def reached(store: Store, incident_id: str) -> list[dict[str, Any]]:
    """List the campaigns whose recipients got the wrong text, with how many they are."""
    return store.records(_REACHED, incident_id=incident_id)


def recipients_file(store: Store, incident_id: str, campaign_id: str, *, actor: str) -> bytes:
    """Return who of a campaign got the wrong text, by pseudonym, and put the download on record.

    Raises:
        StateError: The campaign's key was destroyed.
    """
    key = campaign_key(store, campaign_id)
    if key.key is None:
        raise StateError(
            f"The key {key.key_id} of this campaign's pseudonyms was destroyed, so its recipients "
            "cannot be listed any more."
        )
    inner, outer = hmac_pads(key.key)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "recipients.csv"
        store.write_csv(
            path, _RECIPIENTS, incident_id=incident_id, campaign_id=campaign_id, inner=inner,
            outer=outer, key_id=key.key_id,
        )  # fmt: skip
        content = BOM + path.read_bytes()
    handed_out(store, campaign_id, {f"recipients-{incident_id}.csv": content}, actor=actor)
    return content
