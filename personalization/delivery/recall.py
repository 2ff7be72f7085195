"""What stands against texts and people since they were decided on, and the download after that.

The files of an export are signed and never change.  What became known since is kept beside them:
a stop refuses the download, and the list of those who may not be mailed any more goes along.
"""

from __future__ import annotations

import zipfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from personalization.delivery.files import SUPPRESSED_FILE
from personalization.delivery.package import columns_of, write_archive
from personalization.errors import StateError

if TYPE_CHECKING:
    from personalization.delivery.package import Export
    from personalization.store import Store

DO_NOT_SEND: Final = "do_not_send.csv"
READ_FIRST: Final = "READ-FIRST.txt"


@dataclass(frozen=True, slots=True)
class Stop:
    """One reason why a text may not go out, whoever approved it.

    Attributes:
        kind: held, withdrawn, replaced, not_valid, source_held, facts_changed, not_for_sale,
            ends_earlier, blocked or unsure.
        title: Of the incident or the source; empty for what screening says.
        reason: In one clause, with the title.
    """

    variant_id: str
    version: int
    segment: str
    arm: str
    kind: str
    title: str

    @property
    def reason(self) -> str:
        """Say it in one clause."""
        return _REASON[self.kind].format(title=self.title)


_REASON: Final = {
    "held": "the campaign is on hold for the incident ‘{title}’",
    "withdrawn": "the source ‘{title}’ that it cites is withdrawn",
    "replaced": "the source ‘{title}’ that it cites reads differently now",
    "not_valid": "the source ‘{title}’ that it cites is not valid on the send date",
    "source_held": "a passage of ‘{title}’ that it cites is held back",
    "facts_changed": "the catalogue says something else of ‘{title}’ now",
    "not_for_sale": "‘{title}’ is not for sale at the moment",
    "ends_earlier": "the source ‘{title}’ ends earlier than it did when the text was screened",
    "blocked": "the screening blocks it now",
    "unsure": "its newest screening could not be completed",
}
# What the gate looks at, one row for each reason; a change of the policy alone is none: what was
# decided under the old one was decided.
_STOPS: Final = """
    WITH texts AS (
        SELECT campaign_id, variant_id, version, segment, arm, content_sha256
        FROM variants WHERE campaign_id = $campaign_id
    ), screened AS (
        SELECT texts.*, latest.decision, latest.screening_id
        FROM texts
        JOIN latest_screenings AS latest ON latest.variant_id = texts.variant_id
                                        AND latest.version = texts.version
                                        AND latest.content_sha256 = texts.content_sha256
    ), found AS (
        SELECT variant_id, version, segment, arm, 'held' AS kind, holds.title
        FROM texts JOIN campaign_holds AS holds ON holds.campaign_id = texts.campaign_id
        UNION
        SELECT texts.variant_id, texts.version, segment, arm, faults.kind, title
        FROM texts JOIN source_faults AS faults ON faults.variant_id = texts.variant_id
                                               AND faults.version = texts.version
        UNION
        SELECT screened.variant_id, screened.version, segment, arm, 'ends_earlier',
               documents.title
        FROM screened
        JOIN quoted_statements AS quoted ON quoted.variant_id = screened.variant_id
                                        AND quoted.version = screened.version
        JOIN statements ON statements.statement_id = quoted.statement_id
        JOIN document_expiries AS expiries ON expiries.document_id = statements.document_id
        JOIN current_documents AS documents ON documents.document_id = expiries.document_id
        WHERE screened.screening_id <= expiries.last_screening_id
          AND screened.screening_id IN (SELECT screening_id FROM outdated_screenings)
        UNION
        SELECT variant_id, version, segment, arm,
               CASE decision WHEN 'block' THEN 'blocked' ELSE 'unsure' END, ''
        FROM screened WHERE decision IN ('block', 'error')
    )
    SELECT variant_id, version, segment, arm, kind, coalesce(title, '') AS title FROM found
    ORDER BY segment, arm <> 'control', arm, variant_id, version, kind, title
"""


def stops_of(store: Store, campaign_id: str) -> dict[tuple[str, int], list[Stop]]:
    """List by text and version what stands against it; a text with nothing is left out."""
    found = defaultdict[tuple[str, int], list[Stop]](list)
    for row in store.records(_STOPS, campaign_id=campaign_id):
        stop = Stop(**row)
        found[stop.variant_id, stop.version].append(stop)
    return dict(found)


_HOLDS: Final = """
    SELECT incident_id, coalesce(title, '') AS title, reason, held_by, held_at
    FROM campaign_holds WHERE campaign_id = $campaign_id ORDER BY held_at, incident_id
"""


def holds_of(store: Store, campaign_id: str) -> list[dict[str, Any]]:
    """List the incidents that hold the campaign: which, why, by whom and since when."""
    return store.records(_HOLDS, campaign_id=campaign_id)


@dataclass(frozen=True, slots=True)
class Recall:
    """What became known of an export since it was written.

    Attributes:
        reasons: Why nothing of it may be sent, each in one clause; empty while it may.
        n_texts: Exported texts that something stands against.
        n_people: People of the export who may not be mailed any more.
    """

    reasons: tuple[str, ...]
    n_texts: int
    n_people: int


# Whoever was erased has a drawn name in the deliveries that no customer has.
_BARRED: Final = """
    SELECT count(*)
    FROM deliveries
    JOIN experiments ON experiments.experiment_id = deliveries.experiment_id
    LEFT JOIN audience ON audience.campaign_id = experiments.campaign_id
                      AND audience.customer_id = deliveries.customer_id
    WHERE deliveries.experiment_id = $experiment_id AND NOT deliveries.is_simulated
      AND (audience.customer_id IS NULL OR audience.bucket IN ('no consent', 'suppressed')
           OR contains(audience.also, 'suppressed') OR contains(audience.also, 'no consent'))
"""
_EXPORTED: Final = """
    SELECT DISTINCT experiments.campaign_id, variant_id, version
    FROM deliveries JOIN experiments ON experiments.experiment_id = deliveries.experiment_id
    WHERE deliveries.experiment_id = $experiment_id AND NOT deliveries.is_simulated
    ORDER BY campaign_id, variant_id, version
"""


def recall_of(store: Store, export: Export) -> Recall:
    """Say whether an export may still be sent, and how many of its people have to be left out."""
    texts = store.read(_EXPORTED, experiment_id=export.experiment_id)
    reasons, n_texts = dict[str, int](), 0
    for campaign_id in sorted({str(row[0]) for row in texts}):
        stops = stops_of(store, campaign_id)
        sent = [stops.get((str(variant_id), int(version)), []) for _, variant_id, version in texts]
        n_texts += sum(1 for found in sent if found)
        for stop in (stop for found in sent for stop in found):
            reasons[stop.reason] = reasons.get(stop.reason, 0) + 1
    [(n_people,)] = store.read(_BARRED, experiment_id=export.experiment_id)
    return Recall(tuple(_told(reason, n) for reason, n in reasons.items()), n_texts, int(n_people))


def _told(reason: str, n: int) -> str:
    if reason.startswith("the campaign"):
        return reason[0].upper() + reason[1:]
    return f"{n} {'text' if n == 1 else 'texts'}: {reason}"


_DO_NOT_SEND: Final = """
    WITH written AS (
        SELECT customer_id, email
        FROM read_csv($paths, header = true, auto_detect = false, delim = ',', quote = '"',
            escape = '"', columns = $columns)
    ), known AS (
        SELECT csv_cell(deliveries.customer_id) AS customer_id, audience.bucket, audience.also
        FROM deliveries
        JOIN experiments ON experiments.experiment_id = deliveries.experiment_id
        JOIN audience ON audience.campaign_id = experiments.campaign_id
                     AND audience.customer_id = deliveries.customer_id
        WHERE deliveries.experiment_id = $experiment_id
    )
    SELECT written.customer_id, written.email,
           CASE WHEN known.customer_id IS NULL THEN 'erased'
                WHEN known.bucket = 'suppressed' OR contains(known.also, 'suppressed')
                THEN 'objected' ELSE 'no consent' END AS reason
    FROM written LEFT JOIN known ON known.customer_id = written.customer_id
    WHERE known.customer_id IS NULL OR known.bucket IN ('no consent', 'suppressed')
       OR contains(known.also, 'suppressed') OR contains(known.also, 'no consent')
    ORDER BY written.customer_id, written.email
"""
_READ_FIRST: Final = """\
Apply {list} before you send anything.

It was made on {now} (UTC) and names {people} of this export who may not be mailed any more: they
objected, took their consent back or were erased since the files were written.  Load it into your
e-mail tool as a suppression list, or take these people out of the files there.

The files in the folder {export} are as they were signed on the day of the export and never change,
so that verify_export.py still proves them.  They and their suppressed.csv do not know of anybody
in {list}.  Download again on the day you send: the list is made anew each time.

Which files to upload: for each message its .csv as the list of recipients, its .html as the e-mail
and its .txt as the plain-text part.  Merge fields in them are written in this syntax: {syntax}.
"""


def syntax_of(export: Export) -> str:
    """Return how the e-mails of an export write merge fields."""
    return next((email["merge_syntax"] for email in export.manifest.get("emails", ())), "own")


def archive_for_sending(store: Store, export: Export) -> bytes:
    """Pack the signed files as they are, with the list of those who may not be mailed any more.

    Raises:
        StateError: The campaign is on hold, something stands against an exported text, or a file
            is gone or is not as it was written.
    """
    recall = recall_of(store, export)
    if recall.reasons:
        raise StateError(
            f"Export {export.export_id} may not be sent now. {'; '.join(recall.reasons)}. Stop "
            "these files in your e-mail tool; they can be downloaded again once that is settled "
            "on the Incidents page."
        )
    archive = write_archive(export)
    paths = [p for p in export.files if p.suffix == ".csv" and p.name != SUPPRESSED_FILE]
    with TemporaryDirectory() as folder:
        listed = Path(folder) / DO_NOT_SEND
        store.write_csv(
            listed, _DO_NOT_SEND, paths=[str(p) for p in paths],
            columns=columns_of(export.manifest["format"]),
            experiment_id=export.experiment_id,
        )  # fmt: skip
        told = _READ_FIRST.format(
            list=DO_NOT_SEND, now=f"{store.now():%Y-%m-%d %H:%M}", export=export.export_id,
            syntax=syntax_of(export),
            people="nobody" if not recall.n_people else f"{recall.n_people:,} of the people",
        )  # fmt: skip
        with zipfile.ZipFile(archive, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
            packed.write(listed, DO_NOT_SEND)
            packed.writestr(READ_FIRST, told)
    content = archive.read_bytes()
    archive.unlink()  # holds whom it was made for; the next download makes it anew
    return content
