"""The fifteen nasty files come out as their notes say; see tests/data/intake/POLICY.md."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from personalization.customers import Intake, check_file

if TYPE_CHECKING:
    from personalization.store import Store

FOLDER = Path(__file__).parents[1] / "data" / "intake"
NOTES = sorted(FOLDER.glob("*.json"))
# Told of every mailing list without such a column; most notes leave it out.
ALWAYS = {(None, None, "no_consent_column")}


def note_of(path: Path) -> dict[str, Any]:
    note: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return note


@pytest.fixture(scope="module", params=NOTES, ids=lambda p: p.stem)
def case(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, Any], Intake]:
    """A note with the intake of its file, checked once for all tests."""
    note = note_of(request.param)
    folder = tmp_path_factory.mktemp("intake")
    return note, check_file(FOLDER / note["file"], target=note["target"], folder=folder)


def rows_of(store: Store, intake: Intake) -> list[dict[str, Any]]:
    return store.records("SELECT * FROM read_parquet($at) ORDER BY line", at=str(intake.staged))


def places(found: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Return line (or lines), column and reason of each entry, in order."""
    rows = [
        (tuple(e["lines"]) if "lines" in e else e.get("line"), e["column"], e["reason"])
        for e in found
    ]
    return sorted(rows, key=str)


def test_a_file_comes_out_as_its_note_says(case: tuple[dict[str, Any], Intake]) -> None:
    note, intake = case

    document = intake.as_json()

    assert {key: document["detect"].get(key) for key in note["detect"]} == note["detect"]
    assert document["mapping"] == note["mapping"]
    assert document["unmapped"] == note.get("unmapped", [])
    assert document["key"] == note.get("key", "customer_id")
    assert document["ask"] == note.get("ask", [])
    assert (document["rows_total"], document["accepted"]) == (note["rows_total"], note["accepted"])
    for kind in ("rejected", "merged", "skipped"):
        assert places(document[kind]) == places(note.get(kind, []))
    warnings = set(places(document["warnings"]))
    assert warnings - ALWAYS == set(places(note.get("warnings", []))) - ALWAYS
    assert "refuse" not in document


def by_id(rows: list[dict[str, Any]], *fields: str) -> dict[str, Any]:
    """Return the first of ``fields`` that is filled, by customer."""
    return {
        row["customer_id"]: next((row[f] for f in fields if row[f] is not None), None)
        for row in rows
    }


def facts(rows: list[dict[str, Any]], checks: dict[str, Any]) -> dict[str, Any]:
    """Work out what a note checks from the accepted rows."""
    ids = [row["customer_id"] for row in rows]
    found: dict[str, Any] = {"ids": ids, "customers": sorted(set(ids))}
    for key in ("quantity", "amount", "total_spent"):
        found[f"sum_{key}"] = round(sum(row.get(key) or 0 for row in rows), 2)
    found["consented"] = sum(bool(row.get("consent_email")) for row in rows)
    found["contactable"] = sum(bool(row.get("consent_email") and row["email"]) for row in rows)
    found["currency"] = next(iter({row["currency"] for row in rows}))
    found["nulls"] = {
        field: sum(row[field] is None for row in rows) for field in checks.get("nulls", {})
    }
    columns = {
        "names": ("full_name", "last_name"),
        "first": ("first_name",),
        "email": ("email",),
        "city": ("city",),
        "phone": ("phone",),
        "signup": ("signup_date",),
        "last_order": ("last_order_date",),
        "last_order_if_DMY": ("last_order_date",),
        "last_order_if_MDY": ("last_order_date",),
    }
    for check, fields in columns.items():
        if check in checks:
            values = by_id(rows, *fields)
            found[check] = {key: day(values[key]) for key in checks[check]}
    return found


def day(value: Any) -> Any:  # noqa: ANN401 - text stays text, a date is written out
    return str(value)[:10] if hasattr(value, "year") else value


def test_its_values_are_those_that_the_note_checks(
    case: tuple[dict[str, Any], Intake], store: Store
) -> None:
    note, intake = case
    checks = {k: v for k, v in note["checks"].items() if k != "notes" and "_if_" not in k}

    found = facts(rows_of(store, intake), checks)

    assert {key: found[key] for key in checks} == checks


@pytest.mark.parametrize("order", ["DMY", "MDY"])
def test_ambiguous_dates_are_read_as_the_user_says(
    order: str, store: Store, tmp_path: Path
) -> None:
    note = note_of(FOLDER / "p13_ambiguous_dates.json")
    check = f"last_order_if_{order}"
    checks = {check: note["checks"][check]}

    intake = check_file(FOLDER / note["file"], answers={"date_order": order}, folder=tmp_path)

    assert intake.ask == ()
    assert facts(rows_of(store, intake), checks)[check] == checks[check]


def test_a_proposed_mapping_is_open_until_somebody_confirms_it(tmp_path: Path) -> None:
    note = note_of(FOLDER / "p10_no_header.json")
    path = FOLDER / note["file"]

    proposed = check_file(path, folder=tmp_path)
    confirmed = check_file(path, mapping=note["mapping"], folder=tmp_path)

    assert (proposed.ask, confirmed.ask) == (("column_mapping",), ())
    assert proposed.mapping == confirmed.mapping
    assert confirmed.accepted == note["accepted"]
