from __future__ import annotations

import json
from pathlib import Path

import pytest

from personalization.cli import main

PUBLIC = Path(__file__).parent / "data" / "routing_public.json"


def lines(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, object]]:
    assert main(["route", *arguments, "--json"]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_public_cases_come_out_in_their_order_with_a_rule_and_reasons(
    capsys: pytest.CaptureFixture[str],
) -> None:
    cases = json.loads(PUBLIC.read_text("utf-8"))["cases"]

    found = lines(capsys, str(PUBLIC))

    assert [line["id"] for line in found] == [case["id"] for case in cases]
    assert [line["motion"] for line in found] == [c["expected"]["motion"] for c in cases]
    needed = {"id", "role", "function", "seniority", "motion", "confidence", "rule", "reasons"}
    assert all(needed <= line.keys() for line in found)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param("a.csv", "id,title,employees,country,signals.opted_out\n7,CFO,80,GB,yes\n",
                     id="CSV"),
        pytest.param("a.json", '[{"id": 7, "title": "CFO", "signals": {"opted_out": true}}]',
                     id="a list"),
        pytest.param("a.jsonl", '{"id": "7", "prospect": {"title": "CFO", "employees": "80",'
                     ' "country": "germany", "signals": {"do_not_contact": 1}}}\n', id="lines"),
    ],
)  # fmt: skip
def test_each_form_of_input_is_read(
    name: str, text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).write_text(text, "utf-8")

    [line] = lines(capsys, str(tmp_path / name))

    assert (line["id"], line["function"], line["motion"]) == ("7", "finance", "suppress")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("{", "no JSON", id="broken"),
        pytest.param('{"cases": 3}', "no list of cases", id="no list"),
        pytest.param("[3]", "case 1 is no prospect", id="no prospect"),
        pytest.param('[{"id": 1}, {"id": 1}]', "'1' twice", id="an id twice"),
        pytest.param('[{"employees": "many"}]', "whole number", id="no number"),
    ],
)
def test_what_cannot_be_read_is_said_in_a_sentence(
    text: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.json").write_text(text, "utf-8")

    assert main(["route", str(tmp_path / "a.json"), "--json"]) == 2
    assert told in capsys.readouterr().err


def test_each_row_that_is_no_prospect_is_named_with_line_and_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.csv").write_text(
        "email,first_name,title,country\n"
        "ada@finch.example,Ada,CFO,GB\n"
        "ben@,Ben,CEO,GB\n"
        "cleo@finch.example,Cleo,CEO,Atlantis\n"
        "ada@finch.example,Ada,CMO,GB\n", "utf-8",
    )  # fmt: skip

    assert main(["route", str(tmp_path / "a.csv"), "--json"]) == 0

    printed = capsys.readouterr()
    assert len(printed.out.splitlines()) == 2
    assert printed.err.splitlines() == [
        "a.csv: rows 4, prospects 2, left out 2",
        "line 3: left out: neither an address nor a LinkedIn profile says who it is (email)",
        "line 2: left out: a later row about the same prospect is taken instead (email)",
        "line 4: taken in, but the country is not known (country)",
    ]
    assert "finch" not in printed.err
