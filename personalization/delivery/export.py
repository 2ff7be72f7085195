"""The export: one file of recipients for each arm of each segment, and a manifest that proves it.

The engine writes the files from what was delivered.  Before anything counts, they are read back
and every fingerprint is worked out again from the bytes on disk.
"""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from personalization.delivery.certificate import (
    copy_scripts,
    statement_of,
    statement_sha256,
    write_certificate,
)
from personalization.delivery.email_files import write_emails
from personalization.delivery.files import write_files
from personalization.delivery.gate import refuse_unless_green
from personalization.delivery.launch import (
    find_launch,
    mark_launched,
    own_request,
    refuse_other_mode,
)
from personalization.delivery.package import (
    MANIFEST,
    Export,
    export_by_request,
    format_of,
    partial_of,
    put_in_place,
    write_manifest,
)
from personalization.delivery.recipients import deliver
from personalization.errors import StateError
from personalization.store import record, verify_chain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from personalization.delivery.readiness import Readiness
    from personalization.settings import Settings
    from personalization.store import Store


def export_campaign(
    store: Store, settings: Settings, campaign_id: str, *, actor: str, request_id: str
) -> Export:
    """Write the files that the e-mail tool sends, if the launch gate is green.

    All of it happens in one transaction: ``deliveries``, ``exports``, the launch of the
    experiment and the audit row are there together, or not at all.  The files are written beside,
    into a hidden folder that proves nothing, and come into their place once the rows are there;
    what a killed export left of them is put away by the next one.  The same
    ``request_id`` again returns the first export; another one exports only those whom an earlier
    one had to leave out, so that nobody is ever written to twice.

    Raises:
        StateError: The gate is red, the campaign was simulated, everybody was exported before,
            the record was changed, or what was written is not what was screened.
    """
    key = sha256(f"{campaign_id}:{request_id}".encode()).hexdigest()[:10]
    export_id = f"x{key}"
    folder = Path(settings.delivery.folder) / campaign_id / export_id
    with _left_clean(store, folder.parent), store.transaction():
        launch = find_launch(store, campaign_id)
        request_id = own_request(launch, request_id)
        if seen := export_by_request(store, launch.experiment_id, request_id):
            return seen
        refuse_other_mode(launch, "export")
        readiness = refuse_unless_green(store, settings, campaign_id, mode="export")
        exported_at = store.now()
        recipients = deliver(store, launch, is_simulated=False, delivered_at=exported_at)
        if not recipients:
            raise StateError(
                f"Everybody in campaign {launch.name!r} who may be written to was exported before. "
                "Use the files of that export."
            )
        mark_launched(store, launch, mode="export", actor=actor)
        shutil.rmtree(folder, ignore_errors=True)  # of a killed export that left no row behind
        with _new_folder(partial_of(folder)) as partial:
            files = write_files(store, launch, partial, exported_at)
            emails, parts = write_emails(
                store, readiness.look, partial, [file for file in files if "variant_id" in file],
                merge_syntax=settings.delivery.merge_syntax,
            )  # fmt: skip
            files += [*parts, *copy_scripts(partial)]
            manifest = _manifest(store, readiness, files, exported_at) | {"emails": emails}
            manifest["export_id"] = export_id
            digest = write_manifest(partial, manifest)
            export = Export(export_id, launch.experiment_id, partial, manifest, digest, recipients)
            statement = statement_of(
                store, launch, export_id=export_id, exported_at=exported_at,
                policy_version=readiness.policy_version, emails=emails,
                files=[*files, {"name": MANIFEST, "sha256": digest}],
            )  # fmt: skip
            _keep(
                store, export, folder, actor=actor, request_id=request_id, campaign_id=campaign_id,
                statement=statement_sha256(statement), merge_syntax=settings.delivery.merge_syntax,
            )  # fmt: skip
            export = replace(write_certificate(store, export, statement), folder=folder)
    return export


@contextmanager
def _new_folder(folder: Path) -> Iterator[Path]:
    folder.mkdir(parents=True)
    try:
        yield folder
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


_EXPORTED = "SELECT export_id FROM exports WHERE export_id = $export_id"


@contextmanager
def _left_clean(store: Store, folder: Path) -> Iterator[None]:
    """Settle the unfinished exports in ``folder`` before an export and after it, however it ends.

    Those whose row is there are put in their place; the others never counted, and are removed.
    """
    with store.lock:
        _settle(store, folder)
        try:
            yield
        finally:
            _settle(store, folder)


def _settle(store: Store, folder: Path) -> None:
    for partial in folder.glob(partial_of(folder / "*").name):
        final = folder / partial.stem.removeprefix(".")
        if store.read(_EXPORTED, export_id=final.name):
            put_in_place(final)
        else:
            shutil.rmtree(partial, ignore_errors=True)


def _manifest(
    store: Store, readiness: Readiness, files: list[dict[str, Any]], exported_at: datetime
) -> dict[str, Any]:
    launch, brand = readiness.launch, readiness.brand
    chain = verify_chain(store)
    if changed := chain.tampering:
        raise StateError(
            f"The record was changed by another program, so nothing was exported: {changed[0].text}"
            f" That is one of {len(changed):,} findings; see them with `personalize audit "
            "--verify`, and go back to a copy of the database that is whole."
        )
    texts = [file for file in files if "variant_id" in file]
    exported = sorted({file["content_sha256"] for file in texts})
    uncovered = uncovered_texts(store, exported)
    if uncovered:
        raise StateError(
            f"{len(uncovered):,} texts that were written never passed a screening under policy "
            f"{readiness.policy_version}, so nothing was exported. Screen them on the Review page."
        )
    return {
        "format": format_of(store, launch.campaign_id),
        "campaign": {"id": launch.campaign_id, "name": launch.name, "send_on": str(launch.send_on)},
        "experiment": {"id": launch.experiment_id, "hypothesis_sha256": launch.hypothesis_sha256},
        "exported_at": exported_at.isoformat(),
        "is_simulated": False,
        "recipients": sum(file["recipients"] for file in texts),
        "held_back": dict(readiness.audience.held_back),
        "files": files,
        "coverage": {
            "policy_version": readiness.policy_version,
            "exported": exported,
            "uncovered": uncovered,
            "rule": "Every exported text was screened under this policy, passed, and was approved "
            "in exactly these bytes; screening_id and approval_id name the records.",
        },
        "audit_head": {"seq": chain.seq, "hash": chain.head},
        "sender": {"name": brand.sender_name, "address": brand.sender_address},
        "headers": readiness.look.headers,
    }


_UNCOVERED = """
    SELECT exported.content_sha256
    FROM (SELECT unnest($exported::VARCHAR[]) AS content_sha256) AS exported
    WHERE NOT EXISTS (
        SELECT 1 FROM screenings_in_force AS screened
        LEFT JOIN latest_approvals AS approved
            ON approved.screening_id = screened.screening_id
           AND approved.content_sha256 = screened.content_sha256
           AND approved.decision = 'approved' AND approved.note <> ''
        WHERE screened.content_sha256 = exported.content_sha256
          AND (screened.decision IN ('pass', 'warn')
               OR (screened.decision = 'review' AND approved.approval_id IS NOT NULL)))
    ORDER BY exported.content_sha256
"""


def uncovered_texts(store: Store, exported: list[str]) -> list[str]:
    """Return the fingerprints of ``exported`` that no passed screening in force stands for."""
    return [sha256 for (sha256,) in store.read(_UNCOVERED, exported=exported)]


_KEEP = """
    INSERT INTO exports VALUES ($export_id, $experiment_id, $folder, $manifest, $manifest_sha256,
                                $recipients, $now, $actor, $request_id)
"""


def _keep(
    store: Store,
    export: Export,
    folder: Path,
    *,
    actor: str,
    request_id: str,
    campaign_id: str,
    statement: str,
    merge_syntax: str,
) -> None:
    manifest = (export.folder / "manifest.json").read_text("utf-8")
    store.run(
        _KEEP,
        export_id=export.export_id,
        experiment_id=export.experiment_id,
        folder=str(folder),
        manifest=manifest,
        manifest_sha256=export.manifest_sha256,
        recipients=export.recipients,
        now=store.now(),
        actor=actor,
        request_id=request_id,
    )
    coverage = export.manifest["coverage"]
    record(
        store, "campaign.exported", export.export_id, actor=actor, campaign_id=campaign_id,
        recipients=export.recipients, held_back=export.manifest["held_back"],
        manifest_sha256=export.manifest_sha256, policy_version=coverage["policy_version"],
        content_sha256=coverage["exported"], statement_sha256=statement,
        merge_syntax=merge_syntax,
    )  # fmt: skip
