"""From a checked file to the product's tables: all of it in one transaction, or nothing."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Final

from personalization.customers.consents import write_consents
from personalization.customers.customer_writing import write_customers
from personalization.customers.forgotten import forget_again
from personalization.customers.history import derive_history
from personalization.customers.intake import Arrival, Intake
from personalization.customers.objections import write_objections
from personalization.customers.product_writing import write_interactions, write_products
from personalization.customers.prospect_writing import write_prospects
from personalization.errors import InputError, StateError
from personalization.store import Store, record

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_DATASET_OF_REQUEST: Final = "SELECT dataset_id FROM datasets WHERE request_id = $request_id"
_CREATE: Final = """
    INSERT INTO datasets (dataset_id, name, is_sample, created_at, created_by, request_id)
    VALUES ($dataset_id, $name, $is_sample, $created_at, $created_by, $request_id)
"""
_HAS_DATASET: Final = "SELECT name FROM datasets WHERE dataset_id = $dataset_id"
_IMPORT_OF_REQUEST: Final = "SELECT import_id FROM imports WHERE request_id = $request_id"
_IMPORTED_BEFORE: Final = """
    SELECT file_name, imported_at FROM imports
    WHERE dataset_id = $dataset_id AND target = $target AND file_sha256 = $file_sha256
"""
_KEEP_IMPORT: Final = """
    INSERT INTO imports (import_id, dataset_id, target, file_name, file_sha256, detected, mapping,
        rows_total, accepted, rejected, merged, imported_at, imported_by, request_id)
    VALUES ($import_id, $dataset_id, $target, $file_name, $file_sha256, $detected, $mapping,
        $rows_total, $accepted, $rejected, $merged, $imported_at, $imported_by, $request_id)
"""
_KEEP_PROBLEMS: Final = """
    INSERT INTO intake_problems (import_id, outcome, line, column_name, value, reason)
    SELECT $import_id, outcome, line, column_name, value, reason FROM read_parquet($problems)
    ORDER BY line, column_name, reason
"""

# A line whose file names customers by address belongs to the customer with that address.
_ADD_TRANSACTIONS: Final = """
    INSERT INTO transactions (dataset_id, order_id, customer_id, product_id, product_name, category,
        quantity, unit_price, amount, currency, ordered_at)
    WITH addresses AS (
        SELECT email, min(customer_id) AS customer_id FROM customers
        WHERE dataset_id = $dataset_id AND email IS NOT NULL AND $is_by_email GROUP BY email
    )
    SELECT $dataset_id, order_id, coalesce(addresses.customer_id, fresh.customer_id), product_id,
           product_name, category, quantity, unit_price, amount, currency, ordered_at
    FROM read_parquet($staged) AS fresh LEFT JOIN addresses ON addresses.email = fresh.customer_id
    ORDER BY fresh.line
"""
_UNKNOWN: Final = """
    SELECT count(*), count(DISTINCT customer_id) FROM transactions
    WHERE dataset_id = $dataset_id
      AND NOT EXISTS (FROM customers WHERE customers.dataset_id = $dataset_id
                                       AND customers.customer_id = transactions.customer_id)
"""


def create_dataset(
    store: Store, name: str, *, actor: str, request_id: str, is_sample: bool = False
) -> str:
    """Make a customer base that files can be imported into, and return its id.

    The same ``request_id`` twice makes one.

    Raises:
        InputError: The name is empty.
    """
    if not name.strip():
        raise InputError("The customer base needs a name. Type one that your team will recognise.")
    if known := store.read_one(_DATASET_OF_REQUEST, request_id=request_id):
        return str(known[0])
    dataset_id = "dataset-" + hashlib.sha256(request_id.encode()).hexdigest()[:12]
    with store.transaction():
        store.run(
            _CREATE,
            dataset_id=dataset_id,
            name=name.strip(),
            is_sample=is_sample,
            created_at=store.now(),
            created_by=actor,
            request_id=request_id,
        )
        record(store, "dataset.created", dataset_id, actor=actor, is_sample=is_sample)
    return dataset_id


def import_intake(
    store: Store, intake: Intake, dataset_id: str, *, actor: str, request_id: str
) -> str:
    """Import the accepted rows of a checked file with all its problems; return the import's id.

    Writes ``imports``, ``intake_problems`` and the target's table.  Customers and products that
    are known already take the values of the file, field by field; order lines and interactions
    are added.  The purchase history is derived again.  The same ``request_id`` twice imports once.

    Raises:
        InputError: The file was refused, a question is open, or the target has no table.
        StateError: There is no such dataset, or this very file's lines are in it already.
    """
    if known := store.read_one(_IMPORT_OF_REQUEST, request_id=request_id):
        return str(known[0])
    staged, problems = _importable(intake)
    import_id = "import-" + hashlib.sha256(request_id.encode()).hexdigest()[:12]
    with store.transaction():
        _refuse_if_not_fresh(store, intake, dataset_id)
        store.run(
            _KEEP_IMPORT,
            import_id=import_id,
            dataset_id=dataset_id,
            target=intake.target,
            file_name=intake.file_name,
            file_sha256=intake.file_sha256,
            detected=json.dumps(dict(intake.detected), ensure_ascii=False),
            mapping=json.dumps(dict(intake.mapping), ensure_ascii=False),
            rows_total=intake.rows_total,
            accepted=intake.accepted,
            rejected=intake.rejected,
            merged=intake.merged,
            imported_at=store.now(),
            imported_by=actor,
            request_id=request_id,
        )
        store.run(_KEEP_PROBLEMS, import_id=import_id, problems=str(problems))
        _WRITERS[intake.target](store, intake, Arrival(import_id, dataset_id, staged, actor))
        forget_again(store, import_id)
        if intake.target not in _WITHOUT_HISTORY:
            derive_history(store, dataset_id)
        _record(store, intake, import_id, dataset_id, actor)
    return import_id


def count_unknown(store: Store, dataset_id: str) -> tuple[int, int]:
    """Count the order lines whose customer is not in the customer base, and those customers.

    They stay in ``transactions`` and count as soon as their customers are imported.
    """
    lines, customers = store.read_one(_UNKNOWN, dataset_id=dataset_id) or (0, 0)
    return int(lines), int(customers)


def _importable(intake: Intake) -> tuple[Path, Path]:
    if intake.refuse:
        raise InputError(intake.refuse)
    if intake.ask:
        questions = ", ".join(_QUESTIONS[question] for question in intake.ask)
        raise InputError(f"{intake.file_name} cannot be imported yet. Please state {questions}.")
    if intake.target not in _WRITERS:
        raise InputError(
            f"{intake.file_name} holds {intake.target}. Add them to a campaign on its Results page."
        )
    if intake.staged is None or intake.problems is None or not intake.staged.exists():
        raise InputError(f"The check of {intake.file_name} is gone. Upload the file again.")
    return intake.staged, intake.problems


_WITHOUT_HISTORY: Final = ("consents", "suppressions", "interactions", "prospects")
_COUNTED_TWICE: Final = {"transactions": "order", "interactions": "event"}
_QUESTIONS: Final = {
    "column_mapping": "what each column holds",
    "date_order": "whether dates are day first or month first",
    "decimal_mark": "whether 1.234 is a thousand or a fraction",
    "currency": "which one currency to keep",
    "event": "what customers did in these rows: purchase, view, click, cart, wishlist or return",
}


def _refuse_if_not_fresh(store: Store, intake: Intake, dataset_id: str) -> None:
    if store.read_one(_HAS_DATASET, dataset_id=dataset_id) is None:
        raise StateError(f"There is no customer base {dataset_id!r}. Create one first.")
    if intake.target not in _COUNTED_TWICE:
        return
    before = store.read_one(
        _IMPORTED_BEFORE, dataset_id=dataset_id, target=intake.target,
        file_sha256=intake.file_sha256,
    )  # fmt: skip
    if before is not None:
        raise StateError(
            f"{intake.file_name} was imported here on {before[1]:%d %B %Y} as {before[0]}. "
            f"Importing it again would count every {_COUNTED_TWICE[intake.target]} twice."
        )


def _record(store: Store, intake: Intake, import_id: str, dataset_id: str, actor: str) -> None:
    lines, customers = count_unknown(store, dataset_id)
    record(
        store,
        "file.imported",
        import_id,
        actor=actor,
        dataset_id=dataset_id,
        target=intake.target,
        file_sha256=intake.file_sha256,
        rows_total=intake.rows_total,
        accepted=intake.accepted,
        rejected=intake.rejected,
        merged=intake.merged,
        lines_of_unknown_customers=lines,
        unknown_customers=customers,
    )


def _write_transactions(store: Store, intake: Intake, arrival: Arrival) -> None:
    place = {"dataset_id": arrival.dataset_id, "staged": str(arrival.staged)}
    store.run(_ADD_TRANSACTIONS, **place, is_by_email=intake.key == "email")


_WRITERS: Final[dict[str, Callable[[Store, Intake, Arrival], None]]] = {
    "customers": write_customers,
    "transactions": _write_transactions,
    "products": write_products,
    "interactions": write_interactions,
    "consents": write_consents,
    "suppressions": write_objections,
    "prospects": write_prospects,
}
