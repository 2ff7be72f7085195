"""Recommendations for files: read, checked and recommended from, in a database of their own."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any, Final

from personalization import customers
from personalization.errors import InputError
from personalization.recommendation import asking, files, running
from personalization.settings import Settings
from personalization.store import open_store

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from personalization.store import Store

recommendation_format = files.format_of
recommendation_rows = files.rows_of
refuse_unknown_users = files.refuse_unknown_users
recommendation_summary = files.summary_of
write_recommendations = files.write_rows

_ACTOR: Final = "command line"
_MAP: Final = "Say which column is which with --map '#1=customer_id' (or product_id, happened_at)."
_REJECTIONS: Final = """
    SELECT reason, count(DISTINCT line) FROM intake_problems
    WHERE outcome = 'rejected' GROUP BY reason ORDER BY 2 DESC, 1
"""


@dataclass(frozen=True, slots=True)
class FileRun:
    """Recommendations that were made for a file.

    Attributes:
        store: The database in memory that holds them; close it when they are read.
        run_id: Their run.
        read: Of each file the rows, how many were accepted, and how each column was understood.
    """

    store: Store
    run_id: str
    read: dict[str, dict[str, Any]]

    def left_out(self) -> str:
        """Return in a sentence how many rows were not read, and why; empty where all were."""
        reasons = dict(self.store.read(_REJECTIONS))
        if not reasons:
            return ""
        told = ", ".join(f"{reason} {rows:,}" for reason, rows in reasons.items())
        total = sum(file["rows"] for file in self.read.values())
        return (
            f"Of {total:,} rows {sum(reasons.values()):,} were not read: {told}. "
            "`personalize check --as interactions` names each of them."
        )

    def summary(self) -> dict[str, Any]:
        """Return what was read and what came of it."""
        found = files.summary_of(self.store, self.run_id)
        return {**found, "read": self.read, "not_read": dict(self.store.read(_REJECTIONS))}


def recommend_from_files(
    interactions: Path,
    *,
    products: Path | None = None,
    wanted: int = 10,
    strategy: str = "for_you",
    exclude_seen: bool = True,
    policy: str = "",
    as_of: datetime | None = None,
    users: tuple[str, ...] = (),
    mapping: Mapping[str, str] | None = None,
    answers: Mapping[str, str] | None = None,
) -> FileRun:
    """Recommend products to everybody whom a file of interactions names.

    Args:
        interactions: A table with a user, an item and a time; event, quantity, price and order
            are used where there are any.  Rows without an event are purchases, and a rating is
            none of what counts.
        products: The catalogue: what is not in it is not recommended, and its rules hold.
        wanted: Items for each user.
        strategy: One of ``domain.STRATEGIES``.
        exclude_seen: Leave out what a user has already.
        policy: TOML of a team's own rules.
        as_of: Events up to here count; the newest one where it is not said.  Without a zone it is
            UTC, as events are.
        users: Only for these.
        mapping: Column -> field of the interactions, where it is not found by itself.
        answers: As ``check_file`` asks for them.

    Raises:
        InputError: A file cannot be read or leaves a question open, or a user is in none of its
            rows; the message says which.
        StateError: There are no events to go by, or none up to ``as_of``.
    """
    if as_of and as_of.tzinfo:
        as_of = as_of.astimezone(UTC).replace(tzinfo=None)
    intakes = [_interactions(interactions, mapping, dict(answers or {}))]
    if products:
        intakes.append(_checked(products, "products", None, dict(answers or {})))
    store = open_store()
    try:
        with store.transaction():
            dataset_id = customers.create_dataset(
                store, interactions.name, actor=_ACTOR, request_id="file"
            )
            for intake in intakes:
                customers.import_intake(
                    store, intake, dataset_id, actor=_ACTOR, request_id=intake.target
                )
            files.open_people(store, dataset_id, strategy=strategy)
            files.refuse_unknown_users(store, dataset_id, users)
            if as_of:
                files.refuse_if_nothing_yet(store, dataset_id, as_of)
        files.set_rules(
            store, dataset_id, strategy=strategy, exclude_seen=exclude_seen, overlay=policy,
            actor=_ACTOR,
        )  # fmt: skip
        run_id = running.recommend(
            store, Settings(), dataset_id, strategy=strategy, wanted=wanted, as_of=as_of,
            customers=asking.Asked(customer_ids=users), actor=_ACTOR,
        )  # fmt: skip
    except BaseException:
        store.close()
        raise
    return FileRun(store, run_id, {intake.target: _told(intake) for intake in intakes})


def _told(intake: customers.Intake) -> dict[str, Any]:
    columns = {c: f for c, f in intake.mapping.items() if f not in {"attribute", "ignore"}}
    return {
        "file": intake.file_name,
        "rows": intake.rows_total,
        "accepted": intake.accepted,
        "columns": columns,
    }


def _interactions(
    path: Path, mapping: Mapping[str, str] | None, answers: dict[str, str]
) -> customers.Intake:
    """Check the interactions; columns without names are user, item, what is between, and time."""
    answers.setdefault("event", "purchase")
    first = customers.check_file(path, target="interactions", mapping=mapping, answers=answers)
    is_named = first.refuse or first.detected.get("header_line") is not None or mapping
    if is_named or "column_mapping" not in first.ask:
        return _usable(first)
    answers["column_mapping"] = "yes"
    names = first.columns
    if len(names) < len(_UNNAMED):
        raise InputError(f"{path.name} has no line that names its columns. {_MAP}")
    guess = dict.fromkeys(names, "ignore") | dict(
        zip((names[0], names[1], names[-1]), _UNNAMED, strict=True)
    )
    found = customers.check_file(path, target="interactions", mapping=guess, answers=answers)
    if found.refuse or found.accepted < found.rows_total * _MOSTLY:
        raise InputError(
            f"{path.name} has no line that names its columns, and read as user, item and, in the "
            f"last one, time it makes no sense. {_MAP}"
        )
    return _usable(found)


_UNNAMED: Final = ("customer_id", "product_id", "happened_at")
_MOSTLY: Final = 0.95


def _checked(
    path: Path, target: str, mapping: Mapping[str, str] | None, answers: dict[str, str]
) -> customers.Intake:
    return _usable(customers.check_file(path, target=target, mapping=mapping, answers=answers))


def _usable(intake: customers.Intake) -> customers.Intake:
    """Return the intake if it can be imported as it is.

    Raises:
        InputError: It was refused, asks something, or has no row that can be read.
    """
    if intake.refuse:
        raise InputError(intake.refuse)
    if "column_mapping" in intake.ask:
        raise InputError(_unmapped(intake))
    if intake.ask:
        raise InputError(
            f"{intake.file_name} leaves a question open: {', '.join(intake.ask)}. Answer with "
            "--date-order or --decimal-mark."
        )
    if not intake.accepted:
        reasons = Counter(problem["reason"] for problem in customers.problems_of(intake))
        raise InputError(f"{intake.file_name} has no row that can be read: {dict(reasons)}. {_MAP}")
    return intake


_NEEDED: Final = {
    "interactions": {
        "customer_id": "the user", "product_id": "the item", "happened_at": "the time",
    },
    "products": {"product_id": "the item", "name": "its name"},
}  # fmt: skip


def _unmapped(intake: customers.Intake) -> str:
    """Say which columns were not understood, and how to name them."""
    found = set(intake.mapping.values())
    missing = {name: words for name, words in _NEEDED[intake.target].items() if name not in found}
    *most, last = missing.values() or ["what each column holds"]
    lacking = f"{', '.join(most)} or {last}" if most else last
    example = next(iter(missing), "customer_id")
    return (
        f"{intake.file_name}: no column could be taken for {lacking}. Its columns are "
        f"{', '.join(repr(name) for name in intake.columns)}. Say it with --map COLUMN={example}."
    )
