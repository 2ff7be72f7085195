"""From a checked file to the product's tables: all of it in one transaction, or nothing."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Final

from personalization.customers.fields import ATTRIBUTE, IGNORE
from personalization.customers.history import derive_history
from personalization.customers.intake import Intake, extra_names
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
    WHERE dataset_id = $dataset_id AND target = 'transactions' AND file_sha256 = $file_sha256
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

# The last row wins, field by field: what the newer file does not have at all stays as it was.
_UPDATE_CUSTOMERS: Final = """
    UPDATE customers AS old SET
        email = if(list_contains($fields, 'email'), new.email, old.email),
        first_name = if(list_contains($fields, 'first_name'), new.first_name, old.first_name),
        last_name = if(list_contains($fields, 'last_name'), new.last_name, old.last_name),
        full_name = if(list_contains($fields, 'full_name'), new.full_name, old.full_name),
        phone = if(list_contains($fields, 'phone'), new.phone, old.phone),
        city = if(list_contains($fields, 'city'), new.city, old.city),
        country = if(list_contains($fields, 'country'), new.country, old.country),
        locale = if(list_contains($fields, 'locale'), new.locale, old.locale),
        age = if(list_contains($fields, 'age'), new.age, old.age),
        tier = if(list_contains($fields, 'tier'), new.tier, old.tier),
        tags = if(list_contains($fields, 'tags'), new.tags, old.tags),
        consent_email =
            if(list_contains($fields, 'consent_email'), new.consent_email, old.consent_email),
        signup_on = if(list_contains($fields, 'signup_date'), new.signup_date, old.signup_on),
        first_order_at = if(list_contains($fields, 'first_order_date'),
                            new.first_order_date, old.first_order_at),
        last_order_at =
            if(list_contains($fields, 'last_order_date'), new.last_order_date, old.last_order_at),
        orders = if(list_contains($fields, 'orders'), new.orders, old.orders),
        total_spent = if(list_contains($fields, 'total_spent'), new.total_spent, old.total_spent),
        favourite_category = if(list_contains($fields, 'favourite_category'),
                                new.favourite_category, old.favourite_category),
        currency = coalesce(new.currency, old.currency)
    FROM read_parquet($staged) AS new
    WHERE old.dataset_id = $dataset_id AND old.customer_id = new.customer_id
"""
_ADD_CUSTOMERS: Final = """
    INSERT INTO customers (dataset_id, customer_id, email, first_name, last_name, full_name, phone,
        city, country, locale, age, tier, tags, currency, consent_email, signup_on, first_order_at,
        last_order_at, orders, total_spent, favourite_category)
    SELECT $dataset_id, fresh.customer_id, fresh.email, fresh.first_name, fresh.last_name,
           fresh.full_name, fresh.phone, fresh.city, fresh.country, fresh.locale, fresh.age,
           fresh.tier, fresh.tags, fresh.currency, fresh.consent_email, fresh.signup_date,
           fresh.first_order_date, fresh.last_order_date, fresh.orders, fresh.total_spent,
           fresh.favourite_category
    FROM read_parquet($staged) AS fresh
    WHERE NOT EXISTS (FROM customers AS known WHERE known.dataset_id = $dataset_id
                                                AND known.customer_id = fresh.customer_id)
    ORDER BY fresh.line
"""
_FORGET_ATTRIBUTES: Final = """
    DELETE FROM customer_attributes
    WHERE dataset_id = $dataset_id AND list_contains($names, attribute)
      AND customer_id IN (SELECT customer_id FROM read_parquet($staged))
"""
_ADD_ATTRIBUTES: Final = """
    INSERT INTO customer_attributes (dataset_id, customer_id, attribute, value)
    WITH names AS (
        SELECT unnest($generic::VARCHAR[]) AS generic, unnest($names::VARCHAR[]) AS attribute
    )
    SELECT $dataset_id, customer_id, names.attribute, text
    FROM (UNPIVOT (SELECT customer_id, COLUMNS('^x[0-9]+$') FROM read_parquet($staged))
          ON COLUMNS('^x[0-9]+$') INTO NAME generic VALUE text)
    JOIN names USING (generic)
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
_FORGET_PRODUCTS: Final = """
    DELETE FROM products WHERE dataset_id = $dataset_id
      AND product_id IN (SELECT product_id FROM read_parquet($staged))
"""
_ADD_PRODUCTS: Final = """
    INSERT INTO products (dataset_id, product_id, name, description, category, price, currency)
    SELECT $dataset_id, product_id, name, description, category, price, currency
    FROM read_parquet($staged) ORDER BY line
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
    are known already take the values of the file, field by field; order lines are added.  The
    purchase history is derived again.  The same ``request_id`` twice imports once.

    Raises:
        InputError: The file was refused, a question is open, or the target has no table.
        StateError: There is no such dataset, or this very file's order lines are in it already.
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
        _WRITERS[intake.target](store, intake, dataset_id, staged)
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


_QUESTIONS: Final = {
    "column_mapping": "what each column holds",
    "date_order": "whether dates are day first or month first",
    "decimal_mark": "whether 1.234 is a thousand or a fraction",
    "currency": "which one currency to keep",
}


def _refuse_if_not_fresh(store: Store, intake: Intake, dataset_id: str) -> None:
    if store.read_one(_HAS_DATASET, dataset_id=dataset_id) is None:
        raise StateError(f"There is no customer base {dataset_id!r}. Create one first.")
    if intake.target != "transactions":
        return
    before = store.read_one(_IMPORTED_BEFORE, dataset_id=dataset_id, file_sha256=intake.file_sha256)
    if before is not None:
        raise StateError(
            f"{intake.file_name} was imported here on {before[1]:%d %B %Y} as {before[0]}. "
            "Importing it again would count every order twice."
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


def _write_customers(store: Store, intake: Intake, dataset_id: str, staged: Path) -> None:
    place = {"dataset_id": dataset_id, "staged": str(staged)}
    filled = {field for field in intake.mapping.values() if field not in {ATTRIBUTE, IGNORE}}
    fields = sorted(filled | ({"consent_email"} if "opt_out" in filled else set()))
    store.run(_UPDATE_CUSTOMERS, fields=fields, **place)
    store.run(_ADD_CUSTOMERS, **place)
    if extras := extra_names(intake):
        store.run(_FORGET_ATTRIBUTES, names=list(extras.values()), **place)
        store.run(_ADD_ATTRIBUTES, generic=list(extras), names=list(extras.values()), **place)


def _write_transactions(store: Store, intake: Intake, dataset_id: str, staged: Path) -> None:
    is_by_email = intake.key == "email"
    store.run(_ADD_TRANSACTIONS, dataset_id=dataset_id, staged=str(staged), is_by_email=is_by_email)


def _write_products(store: Store, _: Intake, dataset_id: str, staged: Path) -> None:
    store.run(_FORGET_PRODUCTS, dataset_id=dataset_id, staged=str(staged))
    store.run(_ADD_PRODUCTS, dataset_id=dataset_id, staged=str(staged))


_WRITERS: Final[dict[str, Callable[[Store, Intake, str, Path], None]]] = {
    "customers": _write_customers,
    "transactions": _write_transactions,
    "products": _write_products,
}
