"""An export as it lies on disk: its files, its manifest, and the archive for the download."""

from __future__ import annotations

import hashlib
import json
import zipfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from personalization.delivery import verify_export
from personalization.delivery.product_words import PRODUCT_COLUMNS
from personalization.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personalization.store import Store

MANIFEST: Final = "manifest.json"
PROOF: Final = ("certificate.json", "chain.jsonl")
FORMAT: Final = 2
"""Of the files of an export; since 2 they hold the e-mails, and a column for each merge field."""
FORMAT_WITH_PRODUCTS: Final = 3
"""Of a campaign that names products: the same, and a column for each field of four products."""

_COLUMNS: Final = (
    "customer_id", "email", "first_name", "segment", "arm", "subject", "preheader", "body",
    "call_to_action", "link", "footer", "content_sha256", "rendered_sha256",
)  # fmt: skip
_SINCE_2: Final = ("city", "country", "favourite_category", "tier")


def columns_of(number: int) -> dict[str, str]:
    """Return the columns of the recipient files in a format, each with its type."""
    since_2 = _SINCE_2 if number >= FORMAT else ()
    products = PRODUCT_COLUMNS if number >= FORMAT_WITH_PRODUCTS else ()
    return dict.fromkeys((*_COLUMNS, *since_2, *products), "VARCHAR")


_PLAN = "SELECT 1 FROM product_plans WHERE campaign_id = $campaign_id"


def format_of(store: Store, campaign_id: str) -> int:
    """Return the format of a campaign's exports."""
    has_products = store.read_one(_PLAN, campaign_id=campaign_id) is not None
    return FORMAT_WITH_PRODUCTS if has_products else FORMAT


@dataclass(frozen=True, slots=True)
class Export:
    """One export that was made.

    Attributes:
        folder: Holds the files and the manifest.
        manifest: What ``manifest.json`` says: counts, hashes, certificate.
        manifest_sha256: Of the bytes of ``manifest.json``; the audit trail holds it too.
        recipients: Customers in the recipient files, each once.
        certificate_sha256: Of ``certificate.json``; empty for exports of before there was one.
        chain_sha256: Of ``chain.jsonl``; likewise.
        head: Hash of the row of the audit trail that the certificate ends at.
    """

    export_id: str
    experiment_id: str
    folder: Path
    manifest: Mapping[str, Any]
    manifest_sha256: str
    recipients: int
    certificate_sha256: str = ""
    chain_sha256: str = ""
    head: str = ""

    @property
    def files(self) -> tuple[Path, ...]:
        """Return the paths of all files: those of the manifest, the proof, the manifest last."""
        listed = (file["name"] for file in self.manifest["files"])
        names = (*listed, *(PROOF if self.certificate_sha256 else ()), MANIFEST)
        return tuple(self.folder / name for name in names)


_EXPORTS = """
    SELECT export_id, experiment_id, folder, manifest, manifest_sha256, recipients,
           coalesce(certificates.sha256, ''),
           coalesce(json_extract_string(certificate, '$.chain.sha256'), ''), coalesce(head, '')
    FROM exports LEFT JOIN certificates USING (export_id)
    WHERE experiment_id = $experiment_id AND request_id = $request_id
"""
_NEWEST = """
    SELECT export_id, exports.experiment_id, folder, manifest, manifest_sha256, recipients,
           coalesce(certificates.sha256, ''),
           coalesce(json_extract_string(certificate, '$.chain.sha256'), ''), coalesce(head, '')
    FROM exports JOIN experiments ON experiments.experiment_id = exports.experiment_id
    LEFT JOIN certificates USING (export_id)
    WHERE campaign_id = $campaign_id
    ORDER BY exported_at DESC, export_id LIMIT 1
"""


def partial_of(folder: Path) -> Path:
    """Return where the files of an export are written before it counts."""
    return folder.with_name(f".{folder.name}{verify_export.PARTIAL}")


def put_in_place(folder: Path) -> None:
    """Give the files of an export that counts their place, where a crash kept them from it."""
    partial = partial_of(folder)
    if partial.is_dir() and not folder.exists():
        with suppress(FileNotFoundError):  # another one did so just now
            partial.rename(folder)


def export_by_request(store: Store, experiment_id: str, request_id: str) -> Export | None:
    """Return the experiment's export that was made for ``request_id``, or None."""
    return _export(store.read_one(_EXPORTS, experiment_id=experiment_id, request_id=request_id))


def export_of(store: Store, campaign_id: str) -> Export | None:
    """Return the campaign's newest export, or None where nothing was exported."""
    return _export(store.read_one(_NEWEST, campaign_id=campaign_id))


def _export(row: tuple[Any, ...] | None) -> Export | None:
    if row is None:
        return None
    put_in_place(Path(row[2]))
    return Export(row[0], row[1], Path(row[2]), json.loads(row[3]), *row[4:])


def file_sha256(path: Path) -> str:
    """Return SHA-256 of the file's bytes, as hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_manifest(folder: Path, manifest: Mapping[str, Any]) -> str:
    """Write ``manifest.json`` into the folder, and return SHA-256 of its bytes."""
    path = folder / MANIFEST
    path.write_text(json.dumps(manifest, indent=2, ensure_ascii=False, sort_keys=True), "utf-8")
    return file_sha256(path)


def changed_files(export: Export) -> tuple[str, ...]:
    """Name the files of the export that are gone or whose bytes are not those of the manifest."""
    expected = {file["name"]: file["sha256"] for file in export.manifest["files"]}
    expected[MANIFEST] = export.manifest_sha256
    if export.certificate_sha256:
        expected |= dict(zip(PROOF, (export.certificate_sha256, export.chain_sha256), strict=True))
    return tuple(
        name
        for name, sha256 in expected.items()
        if not (export.folder / name).is_file() or file_sha256(export.folder / name) != sha256
    )


def write_archive(export: Export) -> Path:
    """Pack the export into one zip file beside its folder, and return its path.

    Raises:
        StateError: A file is gone, or is not as it was written.
    """
    if changed := changed_files(export):
        raise StateError(
            f"{changed[0]} of export {export.export_id} is gone or was changed since it was "
            f"written to {export.folder}. Do not send it: what it says was not screened."
        )
    archive = export.folder.with_suffix(".zip")
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
        for path in export.files:
            packed.write(path, f"{export.export_id}/{path.relative_to(export.folder)}")
    return archive
