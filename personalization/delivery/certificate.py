"""The coverage certificate: exported is a part of screened, passed and approved; anybody can check.

The statement says which texts went out, on whose screening and approval, and what each file must
be.  Its fingerprint is in the audit row of the export, and ``chain.jsonl`` holds the trail from the
first screening to that row; so ``verify_export.py`` needs the files and an anchored head alone.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import replace
from itertools import chain as chain_of
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from personalization.delivery import verify_emails, verify_export
from personalization.delivery.package import file_sha256, format_of
from personalization.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from personalization.delivery.launch import Launch
    from personalization.delivery.package import Export
    from personalization.store import Store

CERTIFICATE: Final = "certificate.json"
CHAIN: Final = "chain.jsonl"
_SCRIPTS: Final = (verify_export, verify_emails)

_TEXTS: Final = """
    WITH sent AS (
        SELECT DISTINCT variant_id, version, content_sha256 FROM deliveries
        WHERE experiment_id = $experiment_id AND delivered_at = $exported_at
    ), trail AS (
        SELECT kind, ref, seq, hash, json_extract_string(payload, '$.screening_id') AS screening_id,
               json_extract_string(payload, '$.approval_id') AS approval_id
        FROM audit_log
        WHERE campaign_id = $campaign_id AND kind IN ('variant.screened', 'variant.approved')
    )
    SELECT gate.variant_id, gate.version, gate.segment, gate.arm, gate.content_sha256, gate.subject,
           gate.preheader, gate.body, gate.call_to_action, gate.link, gate.footer,
           screened.screening_id, screened.decision, screened.engine, screened.engine_version,
           screened.policy_version, in_trail.seq AS screened_seq, in_trail.hash AS screened_hash,
           approved.approval_id, approved.actor, approved.is_self_approved,
           approved_in_trail.seq AS approved_seq, approved_in_trail.hash AS approved_hash
    FROM sent
    JOIN sendable_variants AS gate
        ON gate.variant_id = sent.variant_id AND gate.version = sent.version
       AND gate.content_sha256 = sent.content_sha256
    JOIN screenings AS screened ON screened.screening_id = gate.screening_id
    JOIN approvals AS approved ON approved.approval_id = gate.approval_id
    LEFT JOIN trail AS in_trail
        ON in_trail.kind = 'variant.screened' AND in_trail.ref = gate.variant_id
       AND in_trail.screening_id = CAST(gate.screening_id AS VARCHAR)
    LEFT JOIN trail AS approved_in_trail
        ON approved_in_trail.kind = 'variant.approved' AND approved_in_trail.ref = gate.variant_id
       AND approved_in_trail.approval_id = CAST(gate.approval_id AS VARCHAR)
    ORDER BY gate.variant_id, gate.version
"""
_SEAL: Final = """
    SELECT seal_id, sealed_by, is_self_approved, content, audience, arms, policy, sources,
           trail.seq, trail.hash
    FROM current_seals
    LEFT JOIN audit_log AS trail
        ON trail.kind = 'campaign.signed_off' AND trail.campaign_id = current_seals.campaign_id
       AND json_extract_string(trail.payload, '$.seal_id') = CAST(current_seals.seal_id AS VARCHAR)
    WHERE current_seals.campaign_id = $campaign_id
"""
_DIGESTS: Final = ("content", "audience", "arms", "policy", "sources")


def copy_scripts(folder: Path) -> list[dict[str, Any]]:
    """Put the stand-alone checks beside the files, and return their entries for the manifest."""
    paths = [Path(shutil.copy(str(script.__file__), folder)) for script in _SCRIPTS]
    return [
        {"name": path.name, "sha256": file_sha256(path), "bytes": path.stat().st_size}
        for path in paths
    ]


def statement_of(
    store: Store,
    launch: Launch,
    *,
    export_id: str,
    exported_at: datetime,
    policy_version: str | None,
    emails: Sequence[Mapping[str, Any]],
    files: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """Say what was exported and on what it stands: each text, file, the seal and the policy.

    Args:
        store: Has to be in the transaction that wrote the ``deliveries``.
        launch: The experiment that goes out.
        export_id: Of the export.
        exported_at: Tells this launch's deliveries from those of an earlier one.
        policy_version: The policy in force.
        emails: For each text the two parts that the sending tool fills.
        files: Every file of the export with its fingerprint, the manifest among them.

    Raises:
        StateError: A text, or the sign-off, has no row in the audit trail.
    """
    rows = store.records(
        _TEXTS, campaign_id=launch.campaign_id, experiment_id=launch.experiment_id,
        exported_at=exported_at,
    )  # fmt: skip
    return {
        "format": format_of(store, launch.campaign_id),
        "export_id": export_id,
        "campaign_id": launch.campaign_id,
        "experiment_id": launch.experiment_id,
        "exported_at": exported_at.isoformat(),
        "policy_version": policy_version,
        "recipients": sum(file.get("recipients", 0) for file in files),
        "uncovered": 0,
        "seal": _seal(store, launch.campaign_id),
        "texts": [_text(row) for row in rows],
        "emails": [dict(email) for email in emails],
        "files": [dict(file) for file in files],
    }


def _text(row: Mapping[str, Any]) -> dict[str, Any]:
    if row["screened_seq"] is None or row["approved_seq"] is None:
        missing = "screening" if row["screened_seq"] is None else "approval"
        raise StateError(
            f"The {missing} of {row['segment']}, arm {row['arm']} has no row in the audit trail, "
            "so it cannot be proven and nothing was exported. Screen the message again on the "
            "Review page and approve it."
        )
    words = ("variant_id", "version", "segment", "arm", "content_sha256", *verify_export.FIELDS)
    return {name: row[name] for name in words} | {
        "screening": {
            "screening_id": row["screening_id"], "decision": row["decision"],
            "engine": row["engine"], "engine_version": row["engine_version"],
            "policy_version": row["policy_version"],
            "seq": row["screened_seq"], "hash": row["screened_hash"],
        },
        "approval": {
            "approval_id": row["approval_id"], "actor": row["actor"],
            "is_self_approved": row["is_self_approved"],
            "seq": row["approved_seq"], "hash": row["approved_hash"],
        },
    }  # fmt: skip


def _seal(store: Store, campaign_id: str) -> dict[str, Any]:
    rows = store.records(_SEAL, campaign_id=campaign_id)
    if not rows or rows[0]["seq"] is None:
        raise StateError(
            "The sign-off of this campaign has no row in the audit trail, so nothing was exported. "
            "Sign off again on the Queue page."
        )
    row = rows[0]
    return {
        "seal_id": row["seal_id"],
        "sealed_by": row["sealed_by"],
        "is_self_approved": row["is_self_approved"],
        "digests": {part: row[part] for part in _DIGESTS},
        "seq": row["seq"],
        "hash": row["hash"],
    }


def statement_sha256(statement: Mapping[str, Any]) -> str:
    """Return the fingerprint by which the audit trail knows the statement."""
    return verify_export.digest(
        json.dumps(statement, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    )


_CHAIN: Final = """
    SELECT seq, happened_at, kind, ref, campaign_id, actor, payload, prev_hash, hash
    FROM audit_log WHERE seq >= $first ORDER BY seq
"""
_KEEP: Final = """
    INSERT INTO certificates VALUES ($export_id, $certificate, $sha256, $head_seq, $head)
"""


def write_certificate(store: Store, export: Export, statement: Mapping[str, Any]) -> Export:
    """Write ``chain.jsonl`` and ``certificate.json``, read them back, and keep the certificate.

    Args:
        store: Has to be in the transaction that recorded the export, whose row is the head.
        export: All its other files are in its folder.
        statement: As ``statement_of`` gave it.

    Returns:
        The export with its proof.

    Raises:
        StateError: The files as they lie there do not prove the export.
    """
    folder = export.folder
    entries = [entry[kind] for entry in statement["texts"] for kind in ("screening", "approval")]
    first = min(entry["seq"] for entry in (statement["seal"], *entries))
    rows = store.records(_CHAIN, first=first)
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (folder / CHAIN).write_bytes(lines.encode())
    chain = {
        "sha256": hashlib.sha256(lines.encode()).hexdigest(),
        "first": first,
        "before": rows[0]["prev_hash"],
        "rows": len(rows),
        "head": rows[-1]["hash"],
    }
    certificate = {"statement": statement, "chain": chain}
    text = json.dumps(certificate, indent=2, sort_keys=True, ensure_ascii=False)
    (folder / CERTIFICATE).write_bytes(text.encode())
    proof = verify_export.proof_problems(folder, rows[-1]["hash"])
    found = next(chain_of(proof, verify_emails.email_problems(folder)), None)
    if found:
        raise StateError(
            f"The written files do not prove the export ({found}), so they were removed and "
            "nothing was exported. Export again; if it happens twice, the disk or another program "
            "is changing the files."
        )
    proven = replace(
        export,
        certificate_sha256=file_sha256(folder / CERTIFICATE),
        chain_sha256=chain["sha256"],
        head=rows[-1]["hash"],
    )
    store.run(
        _KEEP, export_id=export.export_id, certificate=text, sha256=proven.certificate_sha256,
        head_seq=rows[-1]["seq"], head=proven.head,
    )  # fmt: skip
    return proven
