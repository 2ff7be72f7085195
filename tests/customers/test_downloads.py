from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pytest

from personalization.customers import write_accepted, write_problems

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from personalization.customers import Intake

    Check = Callable[..., Intake]


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_accepted_rows_come_out_under_the_files_own_names(check: Check, tmp_path: Path) -> None:
    write_accepted(check("id,E-Mail,Shoe size\n007,A@b.de,42\n"), tmp_path / "out.csv")

    [row] = read(tmp_path / "out.csv")
    assert (row["customer_id"], row["email"], row["Shoe size"]) == ("007", "a@b.de", "42")
    assert (row["consent_email"], row["contactable_email"]) == ("false", "false")


def test_what_came_out_goes_in_again_unchanged(check: Check, tmp_path: Path) -> None:
    text = "id,email,signup date,total spent,consent\n1,a@b.de,2024-02-29,1234.5,yes\n2,,,,no\n"
    write_accepted(check(text), tmp_path / "first.csv")

    write_accepted(check((tmp_path / "first.csv").read_bytes()), tmp_path / "second.csv")

    shared = ("customer_id", "email", "signup_date", "total_spent", "consent_email")
    first, second = read(tmp_path / "first.csv"), read(tmp_path / "second.csv")
    assert [[r[f] for f in shared] for r in first] == [[r[f] for f in shared] for r in second]


@pytest.mark.parametrize(
    ("value", "written"),
    [
        pytest.param('=HYPERLINK("http://x")', '\'=HYPERLINK("http://x")', id="formula"),
        pytest.param("@SUM(1+1)", "'@SUM(1+1)", id="at"),
        pytest.param("-2+3+cmd", "'-2+3+cmd", id="minus"),
        pytest.param("+49 30 1234567", "+49 30 1234567", id="telephone number"),
        pytest.param("-5.5", "-5.5", id="number"),
        pytest.param("plain", "plain", id="plain"),
    ],
)
def test_nothing_in_a_download_runs_in_a_spreadsheet(
    check: Check, tmp_path: Path, value: str, written: str
) -> None:
    quoted = value.replace('"', '""')
    intake = check(f'id,note,email\n1,"{quoted}",a@b.de\n2,ok,"{quoted}"\n')

    write_accepted(intake, tmp_path / "rows.csv")
    write_problems(intake, tmp_path / "problems.csv")

    assert read(tmp_path / "rows.csv")[0]["note"] == written
    wrong = [r["value"] for r in read(tmp_path / "problems.csv") if r["reason"] == "invalid_email"]
    assert wrong == [written]


def test_a_column_that_is_called_like_a_field_gets_a_number(check: Check, tmp_path: Path) -> None:
    intake = check("id,email,tier\n1,a@b.de,gold\n", mapping={"tier": "attribute"})

    write_accepted(intake, tmp_path / "out.csv")

    [row] = read(tmp_path / "out.csv")
    assert row["tier"] == ""
    assert row[next(name for name in row if name.startswith("tier #"))] == "gold"


def test_problems_come_out_line_by_line(check: Check, tmp_path: Path) -> None:
    write_problems(check("id,email\n1,a@b.de\n2,a@b.de\n,c@b.de\n"), tmp_path / "problems.csv")

    found = [
        (r["outcome"], r["line"], r["reason"], r["ids"]) for r in read(tmp_path / "problems.csv")
    ]
    assert found == [
        ("warning", "", "no_consent_column", ""),
        ("warning", "3", "email_shared_by_ids", "1 2"),
        ("rejected", "4", "missing_customer_id", ""),
    ]
