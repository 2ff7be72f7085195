"""Handing over what fired: the due messages of a base, in one file for the tool that sends them.

Each firing is handed over once; what cannot be yet waits, until it is too old.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from personalization.errors import InputError
from personalization.recommendation.trigger_standing import fill_standing
from personalization.store import record

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from personalization.store import Store

FORMATS: Final = (".csv", ".parquet")

_CHOSEN: Final = """
    CREATE OR REPLACE TEMP TABLE chosen_runs AS
    SELECT unnest($strategies::VARCHAR[]) AS strategy, unnest($items::INTEGER[]) AS items,
           unnest($fired::VARCHAR[]) AS run_id, unnest($runs::VARCHAR[]) AS products_run_id
"""

# The recommended products beside each text, and the text with the customer's own values.
_LETTERS: Final = """
    CREATE OR REPLACE TEMP TABLE trigger_letters AS
    WITH shelves AS (
        SELECT chosen.products_run_id, given.customer_id,
               max(CASE WHEN given.rank = 1 THEN given.product_id END) AS product_1,
               max(CASE WHEN given.rank = 2 THEN given.product_id END) AS product_2,
               max(CASE WHEN given.rank = 3 THEN given.product_id END) AS product_3,
               max(CASE WHEN given.rank = 4 THEN given.product_id END) AS product_4
        FROM (SELECT DISTINCT products_run_id FROM chosen_runs) AS chosen
        JOIN recommendations AS given ON given.run_id = chosen.products_run_id
        GROUP BY chosen.products_run_id, given.customer_id
    ), named AS (
        SELECT campaign_id, arm, customer_id, words FROM product_words('', [])
        WHERE campaign_id IN (SELECT campaign_id FROM standing_firings
                              WHERE state = 'due' AND has_products)
    ), people AS (
        SELECT due.*, chosen.products_run_id, product_1, product_2, product_3, product_4,
               CASE WHEN due.has_products THEN named.words END AS words,
               CASE WHEN has_first_name THEN merge_value(customers.first_name) ELSE '' END
                   AS first_name,
               CASE WHEN has_city THEN merge_value(customers.city) ELSE '' END AS city,
               CASE WHEN has_country THEN merge_value(customers.country) ELSE '' END AS country,
               CASE WHEN has_favourite_category THEN merge_value(customers.favourite_category)
                   ELSE '' END AS favourite_category,
               CASE WHEN has_tier THEN merge_value(customers.tier) ELSE '' END AS tier
        FROM standing_firings AS due
        JOIN customers ON customers.dataset_id = $dataset_id
                      AND customers.customer_id = due.customer_id
        JOIN message_fields AS fields ON fields.variant_id = due.variant_id
                                     AND fields.version = due.version
        LEFT JOIN named ON named.campaign_id = due.campaign_id AND named.arm = due.arm
                       AND named.customer_id = due.customer_id
        LEFT JOIN chosen_runs AS chosen ON chosen.strategy = due.strategy
                                       AND chosen.items = due.items AND chosen.run_id = due.run_id
        LEFT JOIN shelves ON shelves.products_run_id = chosen.products_run_id
                         AND shelves.customer_id = due.customer_id
        WHERE due.state = 'due' AND (NOT due.has_products OR named.words IS NOT NULL)
    ), filled AS (
        SELECT people.*,
               fields_filled(first_name, city, country, favourite_category, tier) AS filled
        FROM people
    )
    SELECT filled.*, forms.link, forms.footer,
           fill_products(fill_form(subject, first_name, city, country, favourite_category, tier),
                         words) AS subject,
           fill_products(fill_form(preheader, first_name, city, country, favourite_category, tier),
                         words) AS preheader,
           fill_products(fill_form(body, first_name, city, country, favourite_category, tier),
                         words) AS body,
           fill_products(fill_form(call_to_action, first_name, city, country, favourite_category,
                                   tier), words) AS call_to_action,
           sha256(fill_products(fill_form(whole, first_name, city, country, favourite_category,
                                          tier), words)) AS rendered_sha256
    FROM filled
    JOIN message_forms AS forms ON forms.variant_id = filled.variant_id
                               AND forms.version = filled.version
                               AND forms.filled = filled.filled
"""
_KEEP: Final = """
    INSERT INTO handed_firings
    SELECT $handover_id, trigger_id, $dataset_id, customer_id, event_key, variant_id, version,
           content_sha256, rendered_sha256, products_run_id
    FROM trigger_letters
"""
_MADE: Final = """
    INSERT INTO trigger_handovers
    VALUES ($handover_id, $dataset_id, $file_name, $sha256, $firings, $now, $made_at, $actor)
"""
COLUMNS: Final = (
    "trigger_id", "trigger", "event", "customer_id", "email", "send_from", "evidence",
    "product_id", "segment", "arm", "subject", "preheader", "body", "call_to_action", "link",
    "footer", "strategy", "product_1", "product_2", "product_3", "product_4", "content_sha256",
    "rendered_sha256",
)  # fmt: skip
"""Of a hand-over file, all text; what a spreadsheet would take for a formula begins with '."""

_ROWS: Final = """
    SELECT csv_cell(trigger_id) AS trigger_id, csv_cell(name) AS trigger, event,
           csv_cell(customer_id) AS customer_id, email,
           strftime(CAST(due_at AS TIMESTAMP), '%Y-%m-%dT%H:%M:%SZ') AS send_from,
           CAST(evidence AS VARCHAR) AS evidence, csv_cell(product_id) AS product_id,
           csv_cell(segment) AS segment, csv_cell(arm) AS arm, subject, preheader, body,
           call_to_action, link, footer, strategy, csv_cell(product_1) AS product_1,
           csv_cell(product_2) AS product_2, csv_cell(product_3) AS product_3,
           csv_cell(product_4) AS product_4, content_sha256, rendered_sha256
    FROM trigger_letters ORDER BY trigger_id, customer_id, event_key
"""


@dataclass(frozen=True, slots=True)
class Handover:
    """One file of due firings.

    Attributes:
        path: Where it lies; None where nothing was due and no file was made.
        firings: Messages in it.
    """

    handover_id: str
    path: Path | None
    firings: int
    sha256: str


def hand_over(
    store: Store,
    dataset_id: str,
    folder: Path,
    *,
    runs: Mapping[tuple[str, int, str], str],
    now: datetime,
    actor: str,
    ending: str = ".csv",
) -> Handover:
    """Write the due firings of a base to one file, each once for ever.

    The file is written under another name and gets its own when the record of it is kept, at once
    or, after a crash, by ``put_in_place``.

    Args:
        store: As for ``standing``; writes ``handed_firings``, ``trigger_handovers`` and the trail.
        dataset_id: Whose firings.
        folder: Receives the file; it is made where it is not there.
        runs: For each of ``Standing.asked`` the recommendation run with the products.
        now: With its time zone.
        actor: Who takes it.
        ending: One of FORMATS.

    Raises:
        InputError: There is no such format.
    """
    if ending not in FORMATS:
        raise InputError(f"A file that ends in {ending!r} cannot be written. Use .csv or .parquet.")
    handover_id = f"h{uuid4().hex[:8]}"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder.resolve() / f"triggers-{handover_id}{ending}"
    try:
        with store.transaction():
            fill_standing(store, dataset_id, now)
            _letters(store, dataset_id, runs)
            firings = store.run(_KEEP, handover_id=handover_id, dataset_id=dataset_id)
            if not firings:
                return Handover("", None, 0, "")
            sha256 = _write(store, _partial_of(path))
            store.run(
                _MADE, handover_id=handover_id, dataset_id=dataset_id, file_name=str(path),
                sha256=sha256, firings=firings, now=now, made_at=store.now(), actor=actor,
            )  # fmt: skip
            record(
                store, "triggers.handed_over", handover_id, actor=actor, dataset_id=dataset_id,
                as_of=now, firings=firings, file_sha256=sha256, runs=sorted(set(runs.values())),
            )  # fmt: skip
    except BaseException:
        _partial_of(path).unlink(missing_ok=True)
        raise
    put_in_place(store, dataset_id)
    return Handover(handover_id, path, firings, sha256)


def _partial_of(path: Path) -> Path:
    """Return where a file is written before it counts."""
    return path.with_name(f".{path.name}.partial")


def _write(store: Store, path: Path) -> str:
    """Write the letters to a file, and return SHA-256 of its bytes."""
    write = store.write_csv if ".csv" in path.suffixes else store.write_parquet
    write(path, _ROWS)
    return hashlib.sha256(path.read_bytes()).hexdigest()


_FILES: Final = """
    SELECT file_name FROM trigger_handovers WHERE dataset_id = $dataset_id ORDER BY file_name
"""


def put_in_place(store: Store, dataset_id: str) -> None:
    """Give the files that are on record their name, where a crash kept them from it."""
    for (name,) in store.read(_FILES, dataset_id=dataset_id):
        path = Path(name)
        if not path.exists() and _partial_of(path).exists():
            _partial_of(path).rename(path)


def _letters(store: Store, dataset_id: str, runs: Mapping[tuple[str, int, str], str]) -> None:
    store.run(
        _CHOSEN, strategies=[strategy for strategy, _, _ in runs],
        items=[items for _, items, _ in runs], fired=[run for _, _, run in runs],
        runs=list(runs.values()),
    )  # fmt: skip
    store.run(_LETTERS, dataset_id=dataset_id)
