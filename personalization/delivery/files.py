"""The files of an export: written by the engine, read back, and held to what was screened."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from personalization.delivery.package import (
    FORMAT_WITH_PRODUCTS,
    columns_of,
    file_sha256,
    format_of,
)
from personalization.delivery.product_words import gather_words
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
# One pass over the customers and one over the texts; each file is then a simple join of the two.
_LETTERS = """
    CREATE OR REPLACE TEMP TABLE letters AS
    WITH people AS (
        SELECT deliveries.*, CASE WHEN has_products THEN named.words END AS words,
               customers.email, merge_value(customers.first_name) AS first_name,
               CASE WHEN has_first_name THEN merge_value(customers.first_name) ELSE '' END
                   AS own_first_name,
               CASE WHEN has_city THEN merge_value(customers.city) ELSE '' END AS own_city,
               CASE WHEN has_country THEN merge_value(customers.country) ELSE '' END
                   AS own_country,
               CASE WHEN has_favourite_category THEN merge_value(customers.favourite_category)
                   ELSE '' END AS own_favourite_category,
               CASE WHEN has_tier THEN merge_value(customers.tier) ELSE '' END AS own_tier
        FROM deliveries
        JOIN message_fields
            ON message_fields.variant_id = deliveries.variant_id
           AND message_fields.version = deliveries.version
           AND message_fields.campaign_id = $campaign_id
        JOIN customers
            ON customers.dataset_id = $dataset_id
           AND customers.customer_id = deliveries.customer_id
        LEFT JOIN letter_products AS named
            ON named.customer_id = deliveries.customer_id AND named.arm = deliveries.arm
        WHERE deliveries.experiment_id = $experiment_id
          AND deliveries.delivered_at = $exported_at
    )
    SELECT people.*, fields_filled(own_first_name, own_city, own_country, own_favourite_category,
                                   own_tier) AS filled
    FROM people
"""
_FORMS = """
    CREATE OR REPLACE TEMP TABLE letter_forms AS
    SELECT * FROM message_forms WHERE campaign_id = $campaign_id
"""
_ROWS = """
    CREATE OR REPLACE TEMP VIEW letter_rows AS
    SELECT letters.customer_id AS own_id, letters.segment AS own_segment, letters.arm AS own_arm,
           variant_id, version, words,
           csv_cell(customer_id) AS customer_id, email, first_name,
           csv_cell(segment) AS segment, csv_cell(arm) AS arm,
           fill_products(fill_form(subject, own_first_name, own_city, own_country,
               own_favourite_category, own_tier), words) AS subject,
           fill_products(fill_form(preheader, own_first_name, own_city, own_country,
               own_favourite_category, own_tier), words) AS preheader,
           fill_products(fill_form(body, own_first_name, own_city, own_country,
               own_favourite_category, own_tier), words) AS body,
           fill_products(fill_form(call_to_action, own_first_name, own_city, own_country,
               own_favourite_category, own_tier), words) AS call_to_action,
           link, footer, content_sha256, rendered_sha256, own_city AS city,
           own_country AS country, own_favourite_category AS favourite_category, own_tier AS tier
    FROM letters JOIN letter_forms USING (variant_id, version, filled)
"""
_RECIPIENTS = """
    SELECT * EXCLUDE (own_id, own_segment, own_arm, variant_id, version, words)
    FROM letter_rows
    WHERE own_segment = $segment AND own_arm = $arm AND variant_id = $variant_id
      AND version = $version
    ORDER BY own_id
"""
_RECIPIENTS_AND_PRODUCTS = """
    SELECT * EXCLUDE (own_id, own_segment, own_arm, variant_id, version, words),
           words[1] AS product_1_name, words[2] AS product_1_price, words[3] AS product_1_reason,
           words[4] AS product_1_category, words[5] AS product_1_link,
           words[6] AS product_2_name, words[7] AS product_2_price, words[8] AS product_2_reason,
           words[9] AS product_2_category, words[10] AS product_2_link,
           words[11] AS product_3_name, words[12] AS product_3_price,
           words[13] AS product_3_reason, words[14] AS product_3_category,
           words[15] AS product_3_link,
           words[16] AS product_4_name, words[17] AS product_4_price,
           words[18] AS product_4_reason, words[19] AS product_4_category,
           words[20] AS product_4_link
    FROM letter_rows
    WHERE own_segment = $segment AND own_arm = $arm AND variant_id = $variant_id
      AND version = $version
    ORDER BY own_id
"""
_SUPPRESSED = """
    SELECT csv_cell(customer_id) AS customer_id, csv_cell(email) AS email,
           csv_cell(reason) AS reason, strftime(min(suppressed_at), '%Y-%m-%dT%H:%M:%SZ')
               AS suppressed_at
    FROM suppression_list WHERE dataset_id = $dataset_id
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
    campaign = {"campaign_id": launch.campaign_id}
    delivered = {"experiment_id": launch.experiment_id, "exported_at": exported_at}
    number = format_of(store, launch.campaign_id)
    files = store.records(_SENT, **campaign, **delivered)
    with store.transaction():
        gather_words(store, launch.campaign_id)
        store.run(_LETTERS, **campaign, **delivered, dataset_id=launch.dataset_id)
        store.run(_FORMS, **campaign)
        store.run(_ROWS)
    rows = _RECIPIENTS_AND_PRODUCTS if number == FORMAT_WITH_PRODUCTS else _RECIPIENTS
    for place, file in enumerate(files, start=1):
        _refuse_unscreened(file)
        file["name"] = f"{place:02}-{_slug(file['segment'])}-{_slug(file['arm'])}.csv"
        text = {name: file[name] for name in ("segment", "arm", "variant_id", "version")}
        store.write_csv(folder / file["name"], rows, **text)
    store.write_csv(folder / SUPPRESSED_FILE, _SUPPRESSED, dataset_id=launch.dataset_id)
    paths = [folder / file["name"] for file in files]
    files.append({"name": SUPPRESSED_FILE})
    for file in files:
        path = folder / file["name"]
        file |= {"sha256": file_sha256(path), "bytes": path.stat().st_size}
    # Read after its fingerprint was taken: a byte that turns before is seen here, a later one when
    # the certificate is held against the files.
    _refuse_other_bytes(store, paths, launch, exported_at, number)
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
            escape = '"', columns = $columns)
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
    store: Store, paths: Sequence[Path], launch: Launch, exported_at: datetime, number: int
) -> None:
    """Read the files back, and hold the fingerprint of each row's bytes to that of its delivery."""
    [(wrong,)] = store.read(
        _OTHER_BYTES,
        paths=[str(path) for path in paths],
        columns=columns_of(number),
        experiment_id=launch.experiment_id,
        exported_at=exported_at,
    )
    if wrong:
        raise StateError(
            f"{wrong:,} rows of the written files do not say what was screened and approved, so "
            "the files were removed and nothing was exported. Export again; if it happens twice, "
            "the disk or another program is changing the files."
        )
