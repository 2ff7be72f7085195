"""The evidence of one campaign in one ZIP, with a script that checks it anywhere.

Everything but the trail itself is fingerprinted in a row of the trail, the trail ends in a head,
and the head is anchored outside the database.  So whoever trusts the head trusts the pack.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from personalization.reports.audit_files import COLUMNS as OFFICER_COLUMNS
from personalization.reports.audit_files import (
    as_json,
    deliveries_csv,
    manifest_of,
    officer_rows,
    table,
)
from personalization.reports.handing_out import handed_out

if TYPE_CHECKING:
    from personalization.store import Store

SCRIPT: Final = "verify_evidence.py"

_POLICIES = """
    SELECT policy_version, policy, overlay, note, activated_at, activated_by
    FROM policies
    WHERE policy_version IN (SELECT policy_version FROM screenings WHERE campaign_id = $campaign_id)
    QUALIFY row_number() OVER (PARTITION BY policy_version ORDER BY number) = 1
    ORDER BY number
"""
_TEXTS = """
    SELECT variants.* FROM variants WHERE campaign_id = $campaign_id
    ORDER BY segment, arm, variant_id, version
"""
_FINDINGS = """
    SELECT findings.* FROM findings JOIN screenings USING (screening_id)
    WHERE campaign_id = $campaign_id ORDER BY screening_id, position
"""
_LEDGER = """
    SELECT ledger_entries.* FROM ledger_entries JOIN screenings USING (screening_id)
    WHERE campaign_id = $campaign_id ORDER BY screening_id, position
"""
_SOURCES = """
    WITH used AS (
        SELECT quoted.variant_id, quoted.version AS text_version, statements.statement_id,
               statements.document_id, statements.version
        FROM quoted_statements AS quoted
        JOIN variants ON variants.variant_id = quoted.variant_id
                     AND variants.version = quoted.version
        JOIN statements ON statements.statement_id = quoted.statement_id
        WHERE variants.campaign_id = $campaign_id
    ), uses AS (
        SELECT document_id, version,
               list(DISTINCT concat(variant_id, '@', text_version)
                    ORDER BY concat(variant_id, '@', text_version)) AS cited_by,
               list(DISTINCT statement_id ORDER BY statement_id) AS statements
        FROM used GROUP BY document_id, version
    )
    SELECT documents.* EXCLUDE (document_id, version), uses.*
    FROM uses JOIN documents ON documents.document_id = uses.document_id
                            AND documents.version = uses.version
    ORDER BY uses.document_id, uses.version
"""
_APPROVALS = """
    SELECT * EXCLUDE (request_id) FROM approvals WHERE campaign_id = $campaign_id
    ORDER BY approval_id
"""
_SEALS = """
    SELECT * EXCLUDE (request_id) FROM seals WHERE campaign_id = $campaign_id ORDER BY seal_id
"""
_EXPORTS = """
    SELECT exports.export_id, exports.folder, exports.manifest
    FROM exports JOIN experiments USING (experiment_id)
    WHERE campaign_id = $campaign_id ORDER BY exported_at, export_id
"""
_TRAIL = """
    SELECT seq, happened_at, kind, ref, campaign_id, actor, payload, prev_hash, hash
    FROM audit_log ORDER BY seq
"""


def evidence_zip(store: Store, campaign_id: str, *, actor: str) -> bytes:
    """Pack all that the record knows of a campaign, and put on record that it was taken away.

    Raises:
        StateError: There is no such campaign, or the key of its pseudonyms was destroyed.
    """
    files = _files(store, campaign_id)
    handed_out(store, campaign_id, files, actor=actor, is_evidence=True)
    trail = store.records(_TRAIL)
    chain = "".join(json.dumps(row, ensure_ascii=False, default=str) + "\n" for row in trail)
    files["chain.jsonl"] = chain.encode()
    files["heads.jsonl"] = b"".join(line + b"\n" for line in _heads(store, trail[-1]["seq"]))
    files["manifest.json"] = as_json(_manifest(store, campaign_id, files, trail[-1]))
    packed = _zipped(campaign_id, files)
    handed_out(store, campaign_id, {"evidence.zip": packed}, actor=actor)
    return packed


def _heads(store: Store, seq: int) -> list[bytes]:
    lines = [line.strip() for line in store.anchor.stored()]
    return [line for line in lines if json.loads(line)["seq"] <= seq]


def _files(store: Store, campaign_id: str) -> dict[str, bytes]:
    """Gather everything that is fingerprinted in the trail."""
    rows = officer_rows(store, campaign_id)
    files = {
        "README.txt": _README.encode(),
        SCRIPT: resources.files(__package__).joinpath(SCRIPT).read_bytes(),
        "audit.csv": table(rows, OFFICER_COLUMNS),
        "deliveries.csv": deliveries_csv(store, campaign_id),
    }
    tables = {"messages": _TEXTS, "findings": _FINDINGS, "claims": _LEDGER, "sources": _SOURCES,
              "approvals": _APPROVALS, "sign-offs": _SEALS}  # fmt: skip
    for name, statement in tables.items():
        files[f"{name}.json"] = as_json(store.records(statement, campaign_id=campaign_id))
    for policy in store.records(_POLICIES, campaign_id=campaign_id):
        files |= _policy_files(policy)
    for export in store.records(_EXPORTS, campaign_id=campaign_id):
        files |= _export_files(export)
    return files


def _policy_files(policy: dict[str, Any]) -> dict[str, bytes]:
    """Return a policy as it was: the whole text, the team's own part, who put it in force.

    The shipped default of a past version is in the whole text, thresholds, rules and lists alike.
    """
    name = re.sub(r"[^\w.-]", "_", policy["policy_version"])
    about = {key: policy[key] for key in ("policy_version", "note", "activated_at", "activated_by")}
    return {
        f"policies/{name}.json": str(policy["policy"]).encode(),
        f"policies/{name}.overlay.toml": (policy["overlay"] or "").encode(),
        f"policies/{name}.about.json": as_json(about),
    }


def _export_files(export: dict[str, Any]) -> dict[str, bytes]:
    """Return the manifest of an export, and its certificate where the folder is still there."""
    place, folder = f"exports/{export['export_id']}", Path(export["folder"])
    files = {f"{place}/manifest.json": str(export["manifest"]).encode()}
    for name in ("certificate.json", "verify_export.py"):
        if (folder / name).is_file():
            files[f"{place}/{name}"] = (folder / name).read_bytes()
    return files


def _manifest(
    store: Store, campaign_id: str, files: dict[str, bytes], last: dict[str, Any]
) -> dict[str, Any]:
    rows = officer_rows(store, campaign_id)
    first = json.loads(files["chain.jsonl"].split(b"\n", 1)[0])
    return {
        **manifest_of(store, campaign_id, rows, files["audit.csv"]),
        "evidence": {"genesis": first["prev_hash"], "first_seq": first["seq"],
                     "seq": last["seq"], "head": last["hash"]},
        "files": {
            name: hashlib.sha256(content).hexdigest() for name, content in sorted(files.items())
        },
    }  # fmt: skip


def _zipped(campaign_id: str, files: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, written in sorted(files.items()):
            packed.writestr(f"evidence-{campaign_id}/{name}", written)
    return content.getvalue()


_README: Final = """\
Evidence of one campaign
========================

To check it, unpack it and run:   python3 verify_evidence.py
It needs Python 3.9 or newer and nothing else. It prints the head of the trail. Compare that with
a head that was kept elsewhere (the file of heads of the installation, an earlier pack, a note):

    python3 verify_evidence.py --head FINGERPRINT
    python3 verify_evidence.py --key KEYFILE      (checks the signatures of heads.jsonl too)

The head has to be one noted when the pack was made, or before. Taking a pack away is itself put on
record, so the trail has newer heads right afterwards, which the pack cannot know. "Check the
record" on the Audit page names the head of the last pack.

Five questions, and where the answers are
-----------------------------------------

1. Was every text that was sent screened, and by which version of the rules?
   audit.csv has one row for each screening, blocked and failed ones too: engine, its version,
   policy_version, levels, decision. deliveries.csv has one row for each person and text. The
   script holds the one against the other: texts sent without a screening that let them pass: none.
   policies/ has the whole policy of each version (JSON) and the team's own part (TOML).

2. Who approved exactly this text, for exactly these people?
   approvals.json: who, when, why, on which screening, of which bytes (content_sha256).
   sign-offs.json: the fingerprints of content, audience, arms, policy and sources that somebody
   signed off before the launch. messages.json has the texts.

3. On what evidence does each claim rest?
   claims.json: each number, price, date and promise of a text, where it stands, and the approved
   words that bear it out. sources.json: those documents, with version, owner, approval, validity.

4. On what basis was each person contacted?
   deliveries.csv: jurisdiction, consent_basis and consent_record of each row. People are known by
   subject_ref, an HMAC; who holds the key named in key_id can find the person, and nobody else.

5. What happened when something was blocked or overridden?
   audit.csv: decision, rule_findings, decision_reason, and then reviewer_ref, review_reason and
   reviewed_at. findings.json: the words, the reason and the advice. What was blocked cannot be
   approved by anybody; what asked for a review needs a person with a reason.

What the levels mean: severity_kind "azure" are severities of Azure AI Content Safety; "band" are
confidence bands of the built-in screener, which are not severities.

What this pack cannot prove: who trusts only the pack trusts whoever packed it. The head of the
trail, kept elsewhere, is what cannot be made up later.
"""
