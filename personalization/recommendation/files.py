"""Recommendations for files of a few columns: whom they name, by which rules, and as which rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from personalization.errors import InputError, StateError
from personalization.recommendation.policies import policy_of, save_policy
from personalization.recommendation.policy import read_policy
from personalization.recommendation.policy_text import policy_text, policy_values
from personalization.recommendation.similarity import best_kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from personalization.store import Store

# Everybody who did anything; whom the file names is all that is known of them.
_ADD_PEOPLE: Final = """
    INSERT INTO customers (dataset_id, customer_id, consent_email)
    SELECT DISTINCT dataset_id, customer_id, false FROM interactions AS found
    WHERE dataset_id = $dataset_id
      AND NOT EXISTS (FROM customers AS known WHERE known.dataset_id = found.dataset_id
                                                AND known.customer_id = found.customer_id)
"""

# In a file that knows no purchase, whatever was done counts as having the product.
_NO_PURCHASES: Final = """
    UPDATE interactions SET event = 'purchase'
    WHERE dataset_id = $dataset_id AND event <> 'return'
      AND NOT EXISTS (FROM interactions AS other
                      WHERE other.dataset_id = $dataset_id AND other.event = 'purchase')
"""

_FIRST: Final = "SELECT min(happened_at) FROM product_events WHERE dataset_id = $dataset_id"
_UNKNOWN: Final = """
    SELECT one FROM (SELECT DISTINCT unnest($users::VARCHAR[]) AS one) AS asked
    WHERE one NOT IN (SELECT customer_id FROM customers WHERE dataset_id = $dataset_id)
    ORDER BY one
"""
_HAS_PRICES: Final = """
    SELECT count(*) > 0, count(*) FILTER (WHERE price > 0) > 0 FROM products
    WHERE dataset_id = $dataset_id
"""

_ROWS: Final = """
    SELECT customer_id AS user_id, rank, product_id AS item_id, score, strategy,
           source_id AS source_item,
           json_merge_patch(json_object('together', together, 'base', base),
                            coalesce(CAST(detail AS JSON), '{}')) AS evidence
    FROM recommendations WHERE run_id = $run_id
"""
_IN_ORDER: Final = " ORDER BY customer_id, rank"
_SOME: Final = (
    _ROWS + " AND (customer_id, rank) > ($customer_id, $rank)" + _IN_ORDER + " LIMIT $limit"
)
# What others called their users and items is no formula to a spreadsheet.
_CELLS: Final = (
    "FROM (" + _ROWS + ") AS given SELECT * REPLACE (csv_cell(user_id) AS user_id,"
    " csv_cell(item_id) AS item_id, csv_cell(source_item) AS source_item)"
    " ORDER BY given.user_id, given.rank"
)
_WRITE: Final = {
    ".csv": "COPY (" + _CELLS + ") TO $path (FORMAT csv, HEADER)",
    ".jsonl": "COPY (" + _ROWS + _IN_ORDER + ") TO $path (FORMAT json)",
    ".parquet": "COPY (" + _ROWS + _IN_ORDER + ") TO $path (FORMAT parquet)",
}
FORMATS: Final = tuple(_WRITE)
"""What a file of recommendations may end in."""

_PAGE: Final = 20_000

_SHORT: Final = """
    SELECT reason, count(*) AS users, sum($wanted - given) AS missing
    FROM recommendation_shortfalls WHERE run_id = $run_id
    GROUP BY reason ORDER BY users DESC, reason
"""
_RUN: Final = """
    SELECT strategy, wanted, as_of, customers AS users, filled, fallbacks,
           (SELECT count(*) FROM recommendations WHERE run_id = $run_id) AS rows
    FROM recommendation_runs WHERE run_id = $run_id
"""


def open_people(store: Store, dataset_id: str, *, strategy: str) -> int:
    """Make everybody whom a base's interactions name a customer of it, and return how many.

    Where the interactions know no purchase, all that was done counts as one, but for the
    strategy ``abandoned``, which is about what was not bought.  Running it again adds nobody.
    """
    if strategy != "abandoned":
        store.run(_NO_PURCHASES, dataset_id=dataset_id)
    return store.run(_ADD_PEOPLE, dataset_id=dataset_id)


def refuse_if_nothing_yet(store: Store, dataset_id: str, as_of: datetime) -> None:
    """Raise StateError where the first event of a base is later than ``as_of``."""
    first = store.read(_FIRST, dataset_id=dataset_id)[0][0]
    if first is not None and first > as_of:
        raise StateError(
            f"There is nothing up to {as_of:%d %B %Y} to go by: the first event is of "
            f"{first:%d %B %Y}. Name a later day."
        )


def refuse_unknown_users(store: Store, dataset_id: str, users: Sequence[str]) -> None:
    """Raise InputError, naming them, where a base does not know all of these users."""
    unknown = [one for (one,) in store.read(_UNKNOWN, dataset_id=dataset_id, users=list(users))]
    if unknown:
        names = ", ".join(repr(one) for one in unknown[:_NAMED])
        more = f" and {len(unknown) - _NAMED:,} more" if len(unknown) > _NAMED else ""
        raise InputError(
            f"Nothing is known of {names}{more}. Name users as the interactions or customers do."
        )


_NAMED: Final = 5


def set_rules(
    store: Store, dataset_id: str, *, strategy: str, exclude_seen: bool, overlay: str, actor: str
) -> None:
    """Put the rules for a file in force: the team's own, and what the file makes of them.

    What is seen is left out or not as asked, also where it is used up; a base without prices is
    not held to them, and ``for_you`` goes by the similarity that suits the size of the catalogue.

    Args:
        store: Reads ``products`` and ``product_events``; writes ``recommendation_policies``.
        dataset_id: The base.
        strategy: Products that a customer has are what ``buy_again`` is about.
        exclude_seen: Leave out what a customer has.
        overlay: TOML of the team's own rules, or nothing.
        actor: Who asks.
    """
    values = policy_values(read_policy(overlay))
    asked = policy_values(read_policy())
    has_products, has_prices = store.read(_HAS_PRICES, dataset_id=dataset_id)[0]
    if strategy != "buy_again":
        values["customers", "owned"] = "never" if exclude_seen else "allowed"
    if not exclude_seen:
        values["customers", "lately_bought_days"] = 0
        values["customers", "skip_siblings"] = False
    if not (has_products and has_prices):
        values["products", "priced_only"] = False
    if values["for_you", "table"] == asked["for_you", "table"]:
        values["for_you", "table"] = best_kind(store, dataset_id)
    known = policy_of(store, dataset_id).overlay
    wanted = policy_text(values)
    if wanted != known:
        save_policy(store, dataset_id, wanted, actor=actor, note="for a file", based_on=known)


def summary_of(store: Store, run_id: str) -> dict[str, Any]:
    """Return what a run gave: users, rows, fallbacks, and who got fewer for which reason."""
    (run,) = store.records(_RUN, run_id=run_id)
    return {**run, "short": store.records(_SHORT, run_id=run_id, wanted=run["wanted"])}


def rows_of(store: Store, run_id: str) -> Iterator[dict[str, Any]]:
    """Yield the recommendations of a run, a page of them at a time, by user and rank."""
    import json  # noqa: PLC0415

    last: dict[str, Any] = {"customer_id": "", "rank": 0}
    while found := store.records(_SOME, run_id=run_id, limit=_PAGE, **last):
        yield from ({**row, "evidence": json.loads(row["evidence"])} for row in found)
        last = {"customer_id": found[-1]["user_id"], "rank": found[-1]["rank"]}


def write_rows(store: Store, run_id: str, path: Path) -> None:
    """Write the recommendations of a run to a file, by user and rank, without leaving the engine.

    Raises:
        InputError: The name does not end in one of ``FORMATS``.
    """
    store.run(_WRITE[format_of(path)], run_id=run_id, path=str(path))


def format_of(path: Path) -> str:
    """Return which of ``FORMATS`` a name asks for; ``.json`` and ``.ndjson`` are JSON lines.

    Raises:
        InputError: None of them.
    """
    ending = path.suffix.lower()
    ending = ".jsonl" if ending in {".json", ".ndjson"} else ending
    if ending not in _WRITE:
        raise InputError(
            f"{path.name} is none of the files that can be written. End it in {', '.join(FORMATS)}."
        )
    return ending
