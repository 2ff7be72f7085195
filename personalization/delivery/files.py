"""The files of an export: written by the engine, read back, and held to what was screened."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from personalization.delivery.package import file_sha256
from personalization.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from personalization.delivery.launch import Launch
    from personalization.store import Store

SUPPRESSED_FILE: Final = "suppressed.csv"

_SENT = """
    SELECT deliveries.segment, deliveries.arm, deliveries.variant_id, deliveries.version,
           deliveries.content_sha256, sendable.screening_id, sendable.approval_id,
           count(*) AS recipients
    FROM deliveries
    LEFT JOIN segments
        ON segments.campaign_id = $campaign_id AND segments.segment = deliveries.segment
    LEFT JOIN sendable_variants AS sendable
        ON sendable.variant_id = deliveries.variant_id AND sendable.version = deliveries.version
       AND sendable.content_sha256 = deliveries.content_sha256
    WHERE deliveries.experiment_id = $experiment_id AND deliveries.delivered_at = $exported_at
    GROUP BY ALL
    ORDER BY min(segments.position) NULLS LAST, deliveries.segment, deliveries.arm
"""
_RECIPIENTS = """
    WITH people AS (
        SELECT deliveries.customer_id, deliveries.segment, deliveries.arm, deliveries.variant_id,
               deliveries.version, deliveries.content_sha256, deliveries.rendered_sha256,
               customers.email, merge_value(customers.first_name) AS first_name,
               CASE WHEN has_city THEN merge_value(customers.city) ELSE '' END AS city,
               CASE WHEN has_country THEN merge_value(customers.country) ELSE '' END AS country,
               CASE WHEN has_favourite_category THEN merge_value(customers.favourite_category)
                   ELSE '' END AS favourite_category,
               CASE WHEN has_tier THEN merge_value(customers.tier) ELSE '' END AS tier,
               has_first_name
        FROM deliveries
        JOIN message_fields
            ON message_fields.variant_id = deliveries.variant_id
           AND message_fields.version = deliveries.version
           AND message_fields.campaign_id = $campaign_id
        JOIN customers
            ON customers.dataset_id = $dataset_id
           AND customers.customer_id = deliveries.customer_id
        WHERE deliveries.experiment_id = $experiment_id
          AND deliveries.delivered_at = $exported_at
          AND deliveries.segment = $segment AND deliveries.arm = $arm
    )
    SELECT csv_cell(customer_id) AS customer_id, email, first_name,
           csv_cell(segment) AS segment, csv_cell(arm) AS arm,
           fill_form(forms.subject, first_name, city, country, favourite_category, tier)
               AS subject,
           fill_form(forms.preheader, first_name, city, country, favourite_category, tier)
               AS preheader,
           fill_form(forms.body, first_name, city, country, favourite_category, tier) AS body,
           fill_form(forms.call_to_action, first_name, city, country, favourite_category, tier)
               AS call_to_action,
           link, footer, content_sha256, rendered_sha256
    FROM people
    JOIN message_forms AS forms
        ON forms.variant_id = people.variant_id AND forms.version = people.version
       AND forms.campaign_id = $campaign_id
       AND forms.filled = fields_filled(CASE WHEN has_first_name THEN first_name ELSE '' END,
                                        city, country, favourite_category, tier)
    ORDER BY people.customer_id
"""
_SUPPRESSED = """
    SELECT csv_cell(customer_id) AS customer_id, csv_cell(email) AS email,
           csv_cell(reason) AS reason, strftime(min(suppressed_at), '%Y-%m-%dT%H:%M:%SZ')
               AS suppressed_at
    FROM suppressions WHERE dataset_id = $dataset_id
    GROUP BY customer_id, email, reason
    ORDER BY customer_id, email, reason
"""


def write_files(
    store: Store, launch: Launch, folder: Path, exported_at: datetime
) -> list[dict[str, Any]]:
    """Write one file for each arm of each segment, and the suppression list beside them.

    Args:
        store: Has to be in the transaction that wrote the ``deliveries``.
        launch: The experiment.
        folder: Empty; receives the files.
        exported_at: Tells this launch's deliveries from those of an earlier one.

    Returns:
        What the manifest says of each file: name, bytes, sha256, and for recipient files the
        segment, arm, text and the records of its screening and approval.

    Raises:
        StateError: A text was not screened and approved in these bytes, or the bytes on disk are
            not those that were delivered.
    """
    files = store.records(
        _SENT,
        experiment_id=launch.experiment_id,
        exported_at=exported_at,
        campaign_id=launch.campaign_id,
    )
    for number, file in enumerate(files, start=1):
        _refuse_unscreened(file)
        file["name"] = f"{number:02}-{_slug(file['segment'])}-{_slug(file['arm'])}.csv"
        store.write_csv(
            folder / file["name"],
            _RECIPIENTS,
            experiment_id=launch.experiment_id,
            exported_at=exported_at,
            campaign_id=launch.campaign_id,
            dataset_id=launch.dataset_id,
            segment=file["segment"],
            arm=file["arm"],
        )
    _refuse_other_bytes(store, [folder / file["name"] for file in files], launch, exported_at)
    store.write_csv(folder / SUPPRESSED_FILE, _SUPPRESSED, dataset_id=launch.dataset_id)
    files.append({"name": SUPPRESSED_FILE})
    for file in files:
        path = folder / file["name"]
        file |= {"sha256": file_sha256(path), "bytes": path.stat().st_size}
    return files


def _slug(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-") or "segment"


def _refuse_unscreened(file: Mapping[str, Any]) -> None:
    if file["screening_id"] is None or file["approval_id"] is None:
        raise StateError(
            f"{file['segment']}, arm {file['arm']}: the text is no longer one that was screened, "
            "passed and approved. Look at it on the Review page; nothing was exported."
        )


_OTHER_BYTES = """
    WITH written AS (
        SELECT customer_id, content_sha256, rendered_sha256,
               content_fingerprint(coalesce(subject, ''), coalesce(preheader, ''),
                   coalesce(body, ''), coalesce(call_to_action, ''), coalesce(link, ''),
                   coalesce(footer, '')) AS found_sha256
        FROM read_csv($paths, header = true, auto_detect = false, delim = ',', quote = '"',
            escape = '"', columns = {
                'customer_id': 'VARCHAR', 'email': 'VARCHAR', 'first_name': 'VARCHAR',
                'segment': 'VARCHAR', 'arm': 'VARCHAR', 'subject': 'VARCHAR',
                'preheader': 'VARCHAR', 'body': 'VARCHAR', 'call_to_action': 'VARCHAR',
                'link': 'VARCHAR', 'footer': 'VARCHAR', 'content_sha256': 'VARCHAR',
                'rendered_sha256': 'VARCHAR'})
    ), sent AS (
        SELECT csv_cell(customer_id) AS customer_id, content_sha256, rendered_sha256
        FROM deliveries
        WHERE experiment_id = $experiment_id AND delivered_at = $exported_at
    )
    SELECT count(*)
    FROM written FULL JOIN sent ON sent.customer_id = written.customer_id
    WHERE written.found_sha256 IS DISTINCT FROM sent.rendered_sha256
       OR written.rendered_sha256 IS DISTINCT FROM sent.rendered_sha256
       OR written.content_sha256 IS DISTINCT FROM sent.content_sha256
"""


def _refuse_other_bytes(
    store: Store, paths: Sequence[Path], launch: Launch, exported_at: datetime
) -> None:
    """Read the files back, and hold the fingerprint of each row's bytes to that of its delivery."""
    [(wrong,)] = store.read(
        _OTHER_BYTES,
        paths=[str(path) for path in paths],
        experiment_id=launch.experiment_id,
        exported_at=exported_at,
    )
    if wrong:
        raise StateError(
            f"{wrong:,} rows of the written files do not say what was screened and approved, so "
            "the files were removed and nothing was exported. Export again; if it happens twice, "
            "the disk or another program is changing the files."
        )
