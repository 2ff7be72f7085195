"""The files that a compliance officer takes away: one row a screening, one a delivery, a manifest.

Whatever leaves is put on record; see ``handing_out``.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from personalization.errors import StateError
from personalization.reports.cells import cell
from personalization.reports.coverage import coverage, delivered_coverage, strings
from personalization.reports.handing_out import handed_out
from personalization.store import campaign_key, hmac_pads, verify_chain

if TYPE_CHECKING:
    from personalization.store import Store

BOM: Final = b"\xef\xbb\xbf"
_UNIT: Final = (
    "audit.csv has one row for each screening of a message. A message is one version of a text "
    "for one segment and arm; message_id names it, content_fp is SHA-256 of its exact bytes, and "
    "subject_ref is empty because nobody's data is in it. What each person was sent, with the "
    "merge fields filled, is in the delivery file: one row a person, known by subject_ref (HMAC "
    "under the key named there) and bound to the screened text by content_fp."
)

# One row for each screening, with the decision of the reviewer that followed.
_OFFICER = """
    WITH trail AS (
        SELECT CAST(json_extract_string(payload, '$.screening_id') AS BIGINT) AS screening_id,
               min(seq) AS seq, min_by(prev_hash, seq) AS prev_hash, min_by(hash, seq) AS hash
        FROM audit_log WHERE kind = 'variant.screened' AND campaign_id = $campaign_id
        GROUP BY ALL
    ), limits AS (
        SELECT policy_version, category,
               json_extract_string(policy, '$.policy.thresholds.' || category || '.block_above')
                   AS block_above,
               json_extract_string(policy, '$.policy.thresholds.' || category || '.review_from')
                   AS review_from
        FROM policies, (SELECT unnest(['hate', 'self_harm', 'sexual', 'violence']) AS category)
    ), thresholds AS (
        SELECT policy_version,
               CASE WHEN count(DISTINCT block_above) = 1 THEN min(block_above)
                    ELSE string_agg(DISTINCT category || ' ' || block_above, '; ') END
                   AS threshold_block,
               CASE WHEN count(DISTINCT review_from) = 1 THEN min(review_from)
                    ELSE string_agg(DISTINCT category || ' ' || review_from, '; ') END
                   AS threshold_review
        FROM limits WHERE block_above IS NOT NULL GROUP BY policy_version
    ), reasons AS (
        SELECT screening_id, string_agg(DISTINCT rule, '; ' ORDER BY rule) AS rules,
               string_agg(concat(action, ' ', rule, ' in ', field, ': ', message), ' | '
                          ORDER BY position) AS reasons
        FROM findings GROUP BY screening_id
    ), sent AS (
        SELECT variant_id, version, content_sha256, count(*) AS recipients,
               bool_or(deliveries.is_simulated) AS is_simulated
        FROM deliveries GROUP BY variant_id, version, content_sha256
    )
    SELECT trail.seq,
           strftime(screened.screened_at, '%Y-%m-%dT%H:%M:%S.%fZ') AS screened_at,
           screened.campaign_id, variants.segment, screened.variant_id,
           concat(screened.variant_id, '@', screened.version) AS message_id, '' AS subject_ref,
           screened.content_sha256 AS content_fp, screened.engine, screened.engine_version,
           screened.engine_version AS model_or_api_version, screened.policy_version,
           thresholds.threshold_block, thresholds.threshold_review,
           CASE screened.engine WHEN 'azure' THEN 'azure' ELSE 'band' END AS severity_kind,
           json_extract_string(screened.categories, '$.hate') AS sev_hate,
           json_extract_string(screened.categories, '$.self_harm') AS sev_self_harm,
           json_extract_string(screened.categories, '$.sexual') AS sev_sexual,
           json_extract_string(screened.categories, '$.violence') AS sev_violence,
           greatest(TRY_CAST(json_extract_string(screened.categories, '$.hate') AS INTEGER),
                    TRY_CAST(json_extract_string(screened.categories, '$.self_harm') AS INTEGER),
                    TRY_CAST(json_extract_string(screened.categories, '$.sexual') AS INTEGER),
                    TRY_CAST(json_extract_string(screened.categories, '$.violence') AS INTEGER))
               AS max_severity,
           coalesce(reasons.rules, '') AS rule_findings, screened.blocklist_hits, screened.decision,
           coalesce(reasons.reasons, '') AS decision_reason,
           coalesce(approved.actor, '') AS reviewer_ref,
           coalesce(approved.note, '') AS review_reason,
           coalesce(strftime(approved.decided_at, '%Y-%m-%dT%H:%M:%S.%fZ'), '') AS reviewed_at,
           (latest.screening_id IS NOT NULL AND current.variant_id IS NOT NULL
            AND screened.screening_id IN (SELECT screening_id FROM screenings_in_force))
               AS is_current,
           screened.request_ids AS request_id, screened.chunks, screened.duration_ms,
           trail.prev_hash, trail.hash,
           screened.screening_id, screened.version, variants.arm, screened.n_strings,
           coalesce(approved.decision, '') AS review_decision,
           coalesce(approved.is_self_approved::VARCHAR, '') AS is_self_approved,
           coalesce(sent.recipients, 0) AS recipients,
           coalesce(sent.is_simulated::VARCHAR, '') AS is_simulated
    FROM screenings AS screened
    JOIN variants ON variants.variant_id = screened.variant_id
                 AND variants.version = screened.version
    LEFT JOIN trail ON trail.screening_id = screened.screening_id
    LEFT JOIN thresholds ON thresholds.policy_version = screened.policy_version
    LEFT JOIN reasons ON reasons.screening_id = screened.screening_id
    LEFT JOIN latest_approvals AS approved
        ON approved.variant_id = screened.variant_id AND approved.version = screened.version
       AND approved.content_sha256 = screened.content_sha256
    LEFT JOIN latest_screenings AS latest ON latest.screening_id = screened.screening_id
    LEFT JOIN current_variants AS current
        ON current.variant_id = screened.variant_id AND current.version = screened.version
    LEFT JOIN sent
        ON sent.variant_id = screened.variant_id AND sent.version = screened.version
       AND sent.content_sha256 = screened.content_sha256
    WHERE screened.campaign_id = $campaign_id
    ORDER BY screened.screening_id
"""
COLUMNS: Final = (
    "seq", "screened_at", "campaign_id", "segment", "variant_id", "message_id", "subject_ref",
    "content_fp", "engine", "engine_version", "model_or_api_version", "policy_version",
    "threshold_block", "threshold_review", "severity_kind", "sev_hate", "sev_self_harm",
    "sev_sexual", "sev_violence", "max_severity", "rule_findings", "blocklist_hits", "decision",
    "decision_reason", "reviewer_ref", "review_reason", "reviewed_at", "is_current", "request_id",
    "chunks", "duration_ms", "prev_hash", "hash", "screening_id", "version", "arm", "n_strings",
    "review_decision", "is_self_approved", "recipients", "is_simulated",
)  # fmt: skip
"""Of the officer's file; the first 33 are those that officers know from the guide."""


@dataclass(frozen=True, slots=True)
class OfficerFiles:
    """The officer's file and the manifest beside it, as bytes."""

    csv: bytes
    manifest: bytes


def officer_rows(store: Store, campaign_id: str) -> list[dict[str, Any]]:
    """Read one row for each screening of the campaign, with all of COLUMNS."""
    return store.records(_OFFICER, campaign_id=campaign_id)


def officer_files(store: Store, campaign_id: str, *, actor: str = "officer") -> OfficerFiles:
    """Write the officer's file and its manifest: blocked and failed screenings are in it too.

    The file is UTF-8 with BOM and RFC 4180; cells that a spreadsheet would take for a formula get
    an apostrophe.  Reviewers are named; customers are not in it at all.  That the files were taken
    away is recorded in ``audit_log``, with their fingerprints.
    """
    rows = officer_rows(store, campaign_id)
    files = OfficerFiles(table(rows, COLUMNS), b"")
    manifest = as_json(manifest_of(store, campaign_id, rows, files.csv))
    handed_out(store, campaign_id, {"audit.csv": files.csv, "manifest.json": manifest},
               actor=actor, rows=len(rows))  # fmt: skip
    return OfficerFiles(files.csv, manifest)


def audit_csv(store: Store, campaign_id: str, *, actor: str = "officer") -> bytes:
    """Write the officer's file alone; see ``officer_files``."""
    return officer_files(store, campaign_id, actor=actor).csv


def table(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> bytes:
    """Write rows as a CSV file: BOM, a line of names, RFC 4180, no formulas."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([cell(row[name]) for name in columns] for row in rows)
    return BOM + text.getvalue().encode()


def as_json(document: object) -> bytes:
    """Write a document as JSON that people can read."""
    return json.dumps(document, indent=2, ensure_ascii=False, default=str).encode() + b"\n"


def _app_version() -> str:
    try:
        return metadata.version("personalization")
    except metadata.PackageNotFoundError:
        return "run from its source"


_THRESHOLDS = """
    SELECT DISTINCT screened.policy_version,
           json_extract(policies.policy, '$.policy.thresholds') AS thresholds
    FROM screenings AS screened
    LEFT JOIN policies ON policies.policy_version = screened.policy_version
    WHERE screened.campaign_id = $campaign_id ORDER BY screened.policy_version
"""
_CAMPAIGN = "SELECT name, send_on FROM campaigns WHERE campaign_id = $campaign_id"
_IN_FORCE = "SELECT policy_version FROM policy_in_force"


def manifest_of(
    store: Store, campaign_id: str, rows: list[dict[str, Any]], content: bytes
) -> dict[str, Any]:
    """Say what the officer's file holds, what is covered, and where the trail stood.

    Raises:
        StateError: There is no such campaign.
    """
    campaign = store.records(_CAMPAIGN, campaign_id=campaign_id)
    if not campaign:
        raise StateError(f"There is no campaign {campaign_id!r}. The Campaigns page lists them.")
    now, sent = coverage(store, campaign_id), delivered_coverage(store, campaign_id)
    chain, last = verify_chain(store), store.anchor.last
    in_force = store.read_one(_IN_FORCE)
    decisions = [row["decision"] for row in rows]
    return {
        "format": 1,
        "campaign": {"id": campaign_id, **campaign[0]},
        "written_at": store.now().isoformat(),
        "app_version": _app_version(),
        "unit": _UNIT,
        "audit_csv": {"sha256": hashlib.sha256(content).hexdigest(), "rows": len(rows)},
        "decisions": {each: decisions.count(each) for each in sorted(set(decisions))},
        "coverage": {
            "sendable": now["sendable"],
            "covered": sent["covered"],
            "uncovered": sent["messages"] - sent["covered"],
            "texts_sent": sent["messages"],
            "recipients": sent["recipients"],
            "is_simulated": bool(sent["is_simulated"]),
            "strings": strings(store, campaign_id),
        },
        "thresholds": {
            row["policy_version"]: json.loads(row["thresholds"] or "null")
            for row in store.records(_THRESHOLDS, campaign_id=campaign_id)
        },
        "policy_in_force": in_force[0] if in_force else None,
        "chain": {"rows": chain.n_rows, "seq": chain.seq, "head": chain.head,
                  "is_whole": chain.is_whole, "problems": [each.text for each in chain.problems]},
        "anchor": {"line": last.line, "seq": last.seq, "hash": last.hash, "ts": last.ts}
        if last else None,
    }  # fmt: skip


# HMAC-SHA-256 (RFC 2104) in the engine: the key's two pads are bound.  The fingerprint of the text
# that somebody got is keyed too: a template and a first name are soon found by trying.
_DELIVERIES = """
    SELECT left(sha256($outer::BLOB || unhex(sha256($inner::BLOB || encode(
               concat('subject', chr(31), deliveries.customer_id))))), 32) AS subject_ref,
           csv_cell(deliveries.segment) AS segment, deliveries.arm, variant_id, version,
           content_sha256 AS content_fp,
           sha256($outer::BLOB || unhex(sha256($inner::BLOB || encode(
               concat('rendered', chr(31), rendered_sha256))))) AS rendered_fp,
           deliveries.is_simulated, strftime(delivered_at, '%Y-%m-%dT%H:%M:%S.%fZ') AS delivered_at,
           coalesce(mailability.jurisdiction, '') AS jurisdiction,
           coalesce(mailability.basis, '') AS consent_basis,
           csv_cell(coalesce(mailability.reason, '')) AS consent_record, $key_id AS key_id
    FROM deliveries
    JOIN experiments ON experiments.experiment_id = deliveries.experiment_id
    LEFT JOIN mailability ON mailability.campaign_id = experiments.campaign_id
                         AND mailability.customer_id = deliveries.customer_id
    WHERE experiments.campaign_id = $campaign_id
    ORDER BY subject_ref, delivered_at
"""


def write_deliveries_csv(store: Store, campaign_id: str, path: Path) -> None:
    """Write one row per text that went out: who by pseudonym, what by fingerprint, on which basis.

    The pseudonym is keyed, so that nobody without the key beside the database can find out by
    trying whose row it is; the same customer has the same one in every file under one key.

    Raises:
        StateError: The campaign's key was destroyed.
    """
    key = campaign_key(store, campaign_id)
    if key.key is None:
        raise StateError(
            f"The key {key.key_id} of this campaign's pseudonyms was destroyed, so its deliveries "
            "cannot be listed by person any more. Earlier files stand as they are."
        )
    inner, outer = hmac_pads(key.key)
    store.write_csv(path, _DELIVERIES, campaign_id=campaign_id, inner=inner, outer=outer,
                    key_id=key.key_id)  # fmt: skip


def deliveries_csv(store: Store, campaign_id: str) -> bytes:
    """Return the delivery file as bytes, with BOM."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "deliveries.csv"
        write_deliveries_csv(store, campaign_id, path)
        return BOM + path.read_bytes()


def delivery_file(store: Store, campaign_id: str, *, actor: str) -> bytes:
    """Return the delivery file, and put on record that it was taken away."""
    content = deliveries_csv(store, campaign_id)
    handed_out(store, campaign_id, {"deliveries.csv": content}, actor=actor)
    return content
