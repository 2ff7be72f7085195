"""Product texts handed over: what may be used today, as files with a stable form."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from personalization.errors import InputError, StateError
from personalization.generation.text_filling import fill_into
from personalization.store import record

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from personalization.generation.text_readers import LeftOut
    from personalization.store import Store

FORMS: Final = ("csv", "jsonl", "parquet")

COLUMNS: Final = (
    "text_id", "version", "kind", "channel", "tone", "segment", "strategy", "family", "product_id",
    "product", "customer_id", "locale", "subject", "preheader", "intro", "body", "closing",
    "call_to_action", "link", "footer", "content_sha256", "origin", "approved_by", "approved_at",
)  # fmt: skip
"""The columns of a file of texts, in this order; a new one comes at the end."""

FILLED_COLUMNS: Final = (
    "customer_id", "segment", "strategy", "kind", "channel", "subject", "preheader", "body",
    "call_to_action", "link", "footer", "text_id", "version", "content_sha256",
)  # fmt: skip
"""The columns of a file of filled texts: one row a text and reader."""


@dataclass(frozen=True, slots=True)
class FilledFile:
    """What came of filling the texts for every customer.

    Attributes:
        rows: In the file, one a text and reader.
        left_out: Who has none, and why.
    """

    rows: int
    left_out: LeftOut


# A letter's body is greeting, intro, what it says, closing and sign-off, with empty lines between:
# they are told apart where all of them are there.
_USABLE: Final = """
    CREATE OR REPLACE TEMP TABLE handed_texts AS
    WITH told AS (
        SELECT usable.*, string_split(usable.body, chr(10) || chr(10)) AS pieces,
               coalesce(products.name, '') AS product,
               coalesce(json_extract_string(usable.attributes, '$.tone'), '') AS tone,
               coalesce(json_extract_string(usable.attributes, '$.strategy'), '') AS strategy,
               coalesce(json_extract_string(usable.attributes, '$.family'), '') AS family
        FROM usable_texts(CAST($today AS DATE)) AS usable
        JOIN text_sets ON text_sets.campaign_id = usable.campaign_id
        LEFT JOIN products ON products.dataset_id = text_sets.dataset_id
                          AND products.product_id = usable.product_id
        WHERE text_sets.dataset_id = $dataset_id
          AND (len($ids::VARCHAR[]) = 0 OR list_contains($ids::VARCHAR[], usable.variant_id))
    ), parted AS (
        SELECT *, kind = 'email' AND len(pieces) >= 5 AS is_letter FROM told
    )
    SELECT parted.variant_id AS text_id, parted.version, kind, channel, tone, segment, strategy,
           family, coalesce(parted.product_id, '') AS product_id, product,
           coalesce(parted.customer_id, '') AS customer_id, locale, subject, preheader,
           CASE WHEN is_letter THEN array_to_string(pieces[1:2], chr(10) || chr(10)) ELSE '' END
               AS intro,
           CASE WHEN is_letter THEN array_to_string(pieces[3:-3], chr(10) || chr(10)) ELSE body END
               AS body,
           CASE WHEN is_letter THEN array_to_string(pieces[-2:], chr(10) || chr(10)) ELSE '' END
               AS closing,
           call_to_action, link, footer, parted.content_sha256, origin,
           approvals.actor AS approved_by,
           strftime(approvals.decided_at, '%Y-%m-%dT%H:%M:%SZ') AS approved_at
    FROM parted
    JOIN approvals ON approvals.approval_id = parted.approval_id
    ORDER BY kind, channel, product_id, segment, text_id
"""
_COUNT: Final = "SELECT count(*) FROM handed_texts"
_JSON: Final = "COPY (FROM handed_texts) TO $path (FORMAT json)"
_CSV: Final = """
    SELECT csv_cell(CAST(COLUMNS('(.*)') AS VARCHAR)) AS '\\1' FROM handed_texts
"""
_PARQUET: Final = "FROM handed_texts"


def write_texts_file(
    store: Store,
    dataset_id: str,
    path: Path,
    *,
    form: str,
    ids: Iterable[str] = (),
    actor: str,
) -> int:
    """Write the texts of a base that may be used today, and return how many; see ``COLUMNS``.

    Blanks such as ``{{first_name|there}}`` and ``{{product_1.name}}`` stand as they are, for the
    tool that fills them.

    Args:
        store: Reads ``usable_texts`` and ``approvals``; writes the audit row.
        dataset_id: Whose texts.
        path: The file.
        form: One of FORMS; csv has no cell that a spreadsheet takes for a formula.
        ids: Only these texts; all where it is empty.
        actor: Who takes them.

    Raises:
        InputError: The form is unknown.
        StateError: There is nothing that may be used.
    """
    with store.transaction():
        store.run(_USABLE, dataset_id=dataset_id, ids=list(ids), today=store.now().date())
        return _written(store, "texts.handed_over", dataset_id, path, form=form, actor=actor)


def write_filled_file(
    store: Store, text_set: str, path: Path, *, form: str, everybody: str, actor: str
) -> FilledFile:
    """Write what every customer would read of the texts on their own products; one row each.

    Args:
        store: As for ``judge_readers``; writes the audit row.
        text_set: Whose texts.
        path: The file.
        form: One of FORMS.
        everybody: What the segment of a text for all is called.
        actor: Who takes them.

    Returns:
        How many rows, see ``FILLED_COLUMNS``, and who has none.

    Raises:
        InputError: The form is unknown.
        StateError: No text on readers' own products may be used, or nobody may read one.
    """
    with store.transaction():
        left_out = fill_into(store, text_set, everybody=everybody)
        rows = _written(
            store, "texts.filled", text_set, path, form=form, actor=actor, left_out=left_out
        )
    return FilledFile(rows, left_out)


def _written(
    store: Store,
    kind: str,
    ref: str,
    path: Path,
    *,
    form: str,
    actor: str,
    left_out: LeftOut | None = None,
) -> int:
    """Write the temporary table to a file, and put its fingerprint on record."""
    if form not in FORMS:
        raise InputError(f"There is no form {form!r}. Use one of: {', '.join(FORMS)}.")
    [(n_rows,)] = store.read(_COUNT)
    if not n_rows:
        raise StateError(
            "No such text may be used today. Approve one on the Product texts page; what the "
            "catalogue says something else of by now has to be written again first. "
            + (left_out.sentence if left_out else "")
        )
    if form == "jsonl":
        store.run(_JSON, path=str(path))
    elif form == "csv":
        store.write_csv(path, _CSV)
    else:
        store.write_parquet(path, _PARQUET)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    told: dict[str, Any] = {"left_out": dict(left_out.customers)} if left_out else {}
    record(store, kind, ref, actor=actor, form=form, rows=n_rows, sha256=digest, **told)
    return int(n_rows)
