"""Hand-over: a run of recommendations as files that CRM and e-mail tools read.

The columns are stable: a column may be added at the end under a higher schema number, none is
renamed or taken away.  Products are held to the catalogue and all rules once more on the way out,
those for each customer too, with what has happened since; what may no longer be shown is left out
and told, and whoever objected to mailing is not in it.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from personalization.errors import InputError, StateError
from personalization.recommendation import asking
from personalization.recommendation.habits import lifted_rules
from personalization.recommendation.policies import policy_of
from personalization.recommendation.rules import exclude_products
from personalization.recommendation.running import batches
from personalization.recommendation.search import Search
from personalization.recommendation.similarity import newest_event
from personalization.store import record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from personalization.store import Store

SCHEMA: Final = "recommendations/1"
"""What a reader of the files can rely on; it stands in the manifest."""

FORMATS: Final = ("csv", "jsonl", "parquet")
MANIFEST: Final = "manifest.json"
COLUMNS: Final[Mapping[str, str]] = MappingProxyType({
    "customer_id": "The customer's number, as in the customer file.",
    "rank": "1 is the first product to show; without gaps.",
    "product_id": "The product's number, as in the catalogue.",
    "product_name": "Its name, in plain text.",
    "category": "Its family; empty where the catalogue has none.",
    "price": "Its price in the catalogue at the time of the hand-over.",
    "currency": "ISO 4217 code of the price.",
    "url": "Its page in the shop; empty where the catalogue has none.",
    "score": "How strongly it is recommended; comparable within one customer and strategy only.",
    "strategy": "The strategy that gave it; popular where it fills a gap.",
    "is_fallback": "True where it fills a gap with what is popular.",
    "source_id": "The customer's own product that it follows from; empty where there is none.",
    "source_name": "That product's name.",
    "together": "How many customers (or baskets) have both, or how many the popular count is.",
    "base": "Of how many.",
    "detail": "What else the strategy goes by, as JSON.",
    "as_of": "Events up to here counted, UTC.",
    "run_id": "The run, as in the audit trail.",
})  # fmt: skip
"""The columns of the CSV and Parquet files, in their order, and what each says."""

_RUN: Final = """
    SELECT run_id, dataset_id, campaign_id, arm, strategy, wanted, as_of,
           sha256(policy) AS policy_sha256, model_ids, customers, filled, fallbacks, made_at,
           made_by
    FROM recommendation_runs WHERE run_id = $run_id
"""

_ONLY_THE_RUN: Final = """
    DELETE FROM asked_people
    WHERE customer_id NOT IN (SELECT customer_id FROM recommendations WHERE run_id = $run_id)
"""
_OPEN_BLOCKS: Final = """
    CREATE OR REPLACE TEMP TABLE handed_blocks (
        customer_id VARCHAR, product_id VARCHAR, rule VARCHAR
    )
"""

# What buy_again recommends is what they have: its rows are free of the rules that it lifts.
_BLOCK: Final = """
    INSERT INTO handed_blocks
    SELECT rows.customer_id, rows.product_id, coalesce(min(blocked.rule), 'gate')
    FROM recommendations AS rows
    JOIN asked_customers AS asked ON asked.customer_id = rows.customer_id
    LEFT JOIN allowed_products AS allowed ON allowed.product_id = rows.product_id
    LEFT JOIN blocked_products AS blocked
        ON blocked.customer_id = rows.customer_id AND blocked.product_id = rows.product_id
       AND NOT (rows.strategy = 'buy_again' AND list_contains($lifted::VARCHAR[], blocked.rule))
    WHERE rows.run_id = $run_id AND (allowed.product_id IS NULL OR blocked.rule IS NOT NULL)
    GROUP BY rows.customer_id, rows.product_id
"""

# What the rules of today keep out goes by its first rule, one for everybody before one of the
# customer's own; an objection takes the whole customer.
_MARK: Final = """
    CREATE OR REPLACE TEMP TABLE handed_rows AS
    WITH barred AS (
        SELECT product_id, min(rule) AS rule FROM excluded_products GROUP BY product_id
    ), objectors AS (
        SELECT DISTINCT customer_id FROM suppression_list WHERE dataset_id = $dataset_id
    )
    SELECT rows.*, CASE WHEN objectors.customer_id IS NOT NULL THEN 'objected'
                        WHEN people.customer_id IS NULL THEN 'not in the customer base'
                        WHEN known.product_id IS NULL THEN 'not in the catalogue'
                        ELSE coalesce(barred.rule, blocked.rule) END AS kept_back
    FROM recommendations AS rows
    LEFT JOIN catalogue_products AS known ON known.product_id = rows.product_id
    LEFT JOIN barred ON barred.product_id = rows.product_id
    LEFT JOIN handed_blocks AS blocked
        ON blocked.customer_id = rows.customer_id AND blocked.product_id = rows.product_id
    LEFT JOIN asked_people AS people ON people.customer_id = rows.customer_id
    LEFT JOIN objectors ON objectors.customer_id = rows.customer_id
    WHERE rows.run_id = $run_id
"""
_ROWS: Final = """
    CREATE OR REPLACE TEMP TABLE handed_products AS
    SELECT rows.customer_id,
           row_number() OVER (PARTITION BY rows.customer_id ORDER BY rows.rank)::INTEGER AS rank,
           rows.product_id, known.name AS product_name, known.category, known.price,
           known.currency, known.url, rows.score, rows.strategy, rows.is_fallback,
           rows.source_id, sources.name AS source_name, rows.together, rows.base, rows.detail,
           runs.as_of, runs.run_id
    FROM handed_rows AS rows
    JOIN recommendation_runs AS runs ON runs.run_id = rows.run_id
    JOIN catalogue_products AS known ON known.product_id = rows.product_id
    LEFT JOIN catalogue_products AS sources ON sources.product_id = rows.source_id
    WHERE rows.kept_back IS NULL
    ORDER BY rows.customer_id, rank
"""
_LEFT_OUT: Final = """
    SELECT kept_back, count(*), count(DISTINCT customer_id) FROM handed_rows
    WHERE kept_back IS NOT NULL GROUP BY kept_back ORDER BY kept_back
"""
_SHORT: Final = """
    SELECT count(*) FROM (SELECT customer_id FROM handed_products GROUP BY customer_id
                          HAVING count(*) < $wanted)
"""
_COUNTS: Final = "SELECT count(*), count(DISTINCT customer_id) FROM handed_products"

_PARQUET: Final = "FROM handed_products ORDER BY customer_id, rank"
_CSV: Final = """
    SELECT csv_cell(customer_id) AS customer_id, rank, csv_cell(product_id) AS product_id,
           csv_cell(product_name) AS product_name, csv_cell(category) AS category, price, currency,
           csv_cell(url) AS url, score, strategy, is_fallback, csv_cell(source_id) AS source_id,
           csv_cell(source_name) AS source_name, together, base, detail,
           strftime(as_of, '%Y-%m-%dT%H:%M:%SZ') AS as_of, run_id
    FROM handed_products AS rows ORDER BY rows.customer_id, rows.rank
"""
# One line is one customer, as tools take a profile.
_JSON: Final = """
    COPY (
        SELECT customer_id, any_value(run_id) AS run_id,
               strftime(any_value(as_of), '%Y-%m-%dT%H:%M:%SZ') AS as_of,
               list({'rank': rank, 'product_id': product_id, 'product_name': product_name,
                     'category': category, 'price': price, 'currency': currency, 'url': url,
                     'score': score, 'strategy': strategy, 'is_fallback': is_fallback,
                     'source_id': source_id, 'source_name': source_name, 'together': together,
                     'base': base, 'detail': detail::JSON} ORDER BY rank) AS products
        FROM handed_products GROUP BY customer_id ORDER BY customer_id
    ) TO $path (FORMAT json)
"""

# Whoever is erased later is told where files still name them.
_KEEP: Final = "INSERT INTO recommendation_handovers VALUES ($run_id, $folder, $now, $actor)"


@dataclass(frozen=True, slots=True)
class HandOver:
    """A run's files, written and whole.

    Attributes:
        folder: Holds the files and ``manifest.json``.
        files: Name -> SHA-256 of the bytes.
        customers: With at least one product.
        rows: Products of all customers together.
        short: Customers with fewer products than were wanted; who got none is not counted.
        left_out: Reason -> rows that were kept back since the run.
    """

    folder: Path
    files: Mapping[str, str]
    customers: int
    rows: int
    short: int
    left_out: Mapping[str, int]


def hand_over_run(
    store: Store, run_id: str, folder: Path, *, formats: Sequence[str] = FORMATS, actor: str
) -> HandOver:
    """Write a run's recommendations into a new folder, with a manifest of hashes.

    Args:
        store: Reads the run, the catalogue, the policy in force, the customers, what they did and
            who objected; writes one audit row.
        run_id: The run.
        folder: Must not be there yet; it appears with all its files or not at all.
        formats: Of csv and parquet (one row a product) and jsonl (one line a customer).
        actor: Who hands over.

    Raises:
        InputError: There is no such run or format.
        StateError: The folder is there already.
    """
    if unknown := [name for name in formats if name not in FORMATS]:
        raise InputError(f"There is no format {unknown[0]!r}. There is: {', '.join(FORMATS)}.")
    found = store.records(_RUN, run_id=run_id)
    if not found:
        raise InputError(f"There is no run {run_id!r} of recommendations.")
    if folder.exists():
        raise StateError(f"{folder} is there already. Name a folder that is not.")
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    with store.transaction():
        handed = _write(store, found[0], partial, formats)
        record(
            store, "recommendations.handed_over", run_id, actor=actor,
            campaign_id=found[0]["campaign_id"] or "", schema=SCHEMA, files=dict(handed.files),
            customers=handed.customers, rows=handed.rows, left_out=dict(handed.left_out),
        )  # fmt: skip
        store.run(_KEEP, run_id=run_id, folder=str(folder), now=store.now(), actor=actor)
    partial.rename(folder)
    return HandOver(
        folder, handed.files, handed.customers, handed.rows, handed.short, handed.left_out
    )


def _write(store: Store, run: Mapping[str, Any], folder: Path, formats: Sequence[str]) -> HandOver:
    _hold_to_rules(store, run)
    store.run(_ROWS)
    if "csv" in formats:
        store.write_csv(folder / "recommendations.csv", _CSV)
    if "parquet" in formats:
        store.write_parquet(folder / "recommendations.parquet", _PARQUET)
    if "jsonl" in formats:
        store.run(_JSON, path=str(folder / "recommendations.jsonl"))
    files = {path.name: _sha256(path) for path in sorted(folder.iterdir())}
    ((rows, customers),) = store.read(_COUNTS)
    ((short,),) = store.read(_SHORT, wanted=run["wanted"])
    left_out = {str(reason): int(n) for reason, n, _ in store.read(_LEFT_OUT)}
    handed = HandOver(folder, MappingProxyType(files), customers, rows, short, left_out)
    _write_manifest(store, run, handed)
    return handed


def _hold_to_rules(store: Store, run: Mapping[str, Any]) -> None:
    """Fill ``handed_rows``: the run's rows, each with what keeps it back today."""
    run_id, dataset_id = run["run_id"], run["dataset_id"]
    policy = policy_of(store, dataset_id)
    asking.open_catalogue(store, dataset_id)
    exclude_products(store, policy)
    asking.ask(store, dataset_id, asking.EVERYBODY)
    store.run(_ONLY_THE_RUN, run_id=run_id)
    store.run(_OPEN_BLOCKS)
    lifted = list(lifted_rules(store, policy))
    moment = max(run["as_of"], _newest_event(store, dataset_id) or run["as_of"])
    search = Search(dataset_id, policy, moment, {}, "", 0)
    for _ in batches(store, search, campaign_id=run["campaign_id"] or ""):
        store.run(_BLOCK, run_id=run_id, lifted=lifted)
    store.run(_MARK, run_id=run_id, dataset_id=dataset_id)


def _newest_event(store: Store, dataset_id: str) -> datetime | None:
    try:
        return newest_event(store, dataset_id)
    except StateError:  # the events have been erased since
        return None


def _write_manifest(store: Store, run: Mapping[str, Any], handed: HandOver) -> None:
    manifest = {
        "schema": SCHEMA,
        "columns": dict(COLUMNS),
        "run": {name: run[name] for name in run if name != "made_by"},
        "handed_over_at": store.now(),
        "customers": handed.customers,
        "rows": handed.rows,
        "customers_with_fewer_than_wanted": handed.short,
        "left_out_since_the_run": dict(handed.left_out),
        "files": dict(handed.files),
    }
    text = json.dumps(manifest, indent=2, ensure_ascii=False, sort_keys=True, default=str)
    (handed.folder / MANIFEST).write_text(text + "\n", "utf-8")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
