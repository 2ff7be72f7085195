"""Whatever is in a file, every row of it ends in exactly one place."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from personalization.customers import Intake, check_file
from personalization.store import open_store

if TYPE_CHECKING:
    import random

HEADER = ["customer_id", "email", "first_name", "signup date", "orders", "total spent", "consent"]
ids = st.sampled_from(["1", "2", "3", "007", "", "NULL", "1.2E+05", "Total", "A-1"])
emails = st.sampled_from(["a@example.com", "B@example.com", "", "broken", "n/a"])
names = st.sampled_from(["Ann", "Null", "=1+1", "Smith, John", 'say "hi"', "two\nlines", "Zoë"])
dates = st.sampled_from(["2024-02-29", "2023-02-29", "", "soon", "2024-01-02 10:00"])
numbers = st.sampled_from(["1", "2.5", "-3", "", "many", "£7.50", "(4)"])
consents = st.sampled_from(["yes", "no", "", "perhaps"])
rows = st.tuples(ids, emails, names, dates, numbers, numbers, consents).map(list)
lines = st.one_of(rows, rows, rows, st.just([]), st.just(HEADER), st.just(["5", "short"]))
few = settings(max_examples=20, deadline=None)


def written(table: list[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(table)
    return text.getvalue().encode()


def checked(data: bytes, folder: Path) -> Intake:
    path = folder / "file.csv"
    path.write_bytes(data)
    return check_file(path, folder=folder)


@few
@given(st.lists(lines, min_size=1, max_size=12))
def test_every_row_is_accepted_rejected_or_merged(table: list[list[str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        intake = checked(written([HEADER, *table]), Path(folder))

        document = intake.as_json()

    if intake.refuse:
        assert not any(any(row) for row in table if row != HEADER)
        return
    total = intake.accepted + intake.rejected + intake.merged
    assert intake.rows_total == total == len(table) - intake.skipped
    assert intake.rejected == len(document["rejected"])
    assert intake.merged == len(document["merged"])
    places = [e["line"] for kind in ("rejected", "merged", "skipped") for e in document[kind]]
    assert len(places) == len(set(places))


def outcome(data: bytes) -> tuple[Any, ...]:
    """Return the accepted rows and all that was told, whatever the order of the columns."""
    with tempfile.TemporaryDirectory() as folder:
        intake = checked(data, Path(folder))
        store = open_store()
        accepted = store.records("FROM read_parquet($at) ORDER BY line", at=str(intake.staged))
        store.close()
        found = intake.as_json()
    kinds = ("rejected", "merged", "warnings", "detect", "ask")
    return accepted, [sorted(map(str, found[kind])) for kind in kinds]


@settings(max_examples=8, deadline=None)
@given(st.lists(rows, min_size=1, max_size=8), st.randoms())
def test_the_order_of_the_columns_changes_nothing(
    table: list[list[str]], shuffle: random.Random
) -> None:
    order = list(range(len(HEADER)))
    shuffle.shuffle(order)
    plain = [row for row in table if row[0] != "Total"] or [["9", *table[0][1:]]]

    moved = [[row[i] for i in order] for row in [HEADER, *plain]]

    assert outcome(written(moved)) == outcome(written([HEADER, *plain]))


event_ids = st.sampled_from(["1", "2.0", "", "1.2E+05", "Total", "A-1"])
goods = st.sampled_from(["85123A", "85123a", "", "9.9E+12", "POST"])
events = st.sampled_from(["view", "purchase", "Product Added", "retour", "", "scroll"])
event_rows = st.tuples(event_ids, goods, events, numbers, dates).map(list)


@settings(max_examples=8, deadline=None)
@given(st.lists(event_rows, min_size=1, max_size=12))
def test_every_event_is_accepted_or_rejected_and_kept_in_order(table: list[list[str]]) -> None:
    head = ["customer_id", "product_id", "event", "quantity", "time"]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "events.csv"
        path.write_bytes(written([head, *table]))
        intake = check_file(path, target="interactions", folder=Path(folder))
        document = intake.as_json()

    if intake.refuse:
        assert not any(any(row) for row in table)
        return
    assert intake.rows_total == intake.accepted + intake.rejected == len(table) - intake.skipped
    assert intake.rejected == len(document["rejected"])
    assert intake.merged == 0
