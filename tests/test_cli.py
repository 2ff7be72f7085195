from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from personalization.cli import main
from personalization.safety import lines

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[1]
FAULTY = ROOT / "tests" / "data" / "intake" / "p06_duplicate_ids.csv"


@pytest.fixture
def document(capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """Run a command that succeeds, and return the JSON that it prints."""

    def run(*words: str) -> Any:  # noqa: ANN401
        assert main([*words, "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    return run


@pytest.fixture
def refusal(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Run a command that is refused, and return the sentence on stderr."""

    def run(*words: str) -> str:
        assert main(list(words)) == 2
        told = capsys.readouterr()
        assert told.out == ""
        return told.err

    return run


def people(path: Path, n: int = 300) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["customer_id", "email", "consent", "orders", "revenue", "last_purchase"])
        rows.writerows(
            [f"C{i}", f"c{i}@example.com", "yes", 1 + i % 9, 10 * i, f"2026-{1 + i % 10:02}-15"]
            for i in range(1, n + 1)
        )
    return path


def test_check_accounts_for_every_row(document: Callable[..., Any]) -> None:
    found = document("check", str(FAULTY), "--as", "customers")

    accounted = found["accepted"] + len(found["rejected"]) + len(found["merged"])
    assert accounted == found["rows_total"] == 6
    assert {entry["reason"] for entry in found["merged"]} == {
        "duplicate_exact",
        "duplicate_superseded",
    }


def test_a_long_list_says_how_much_of_it_is_not_told(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "nameless.csv"
    file.write_text("customer_id,orders\nC1,1\n" + ",2\n" * 27, "utf-8")

    assert main(["check", str(file)]) == 0

    told = capsys.readouterr().out
    assert "rejected: 27" in told
    assert "… 7 more (use --json)" in told


def test_check_writes_the_accepted_rows(document: Callable[..., Any], tmp_path: Path) -> None:
    out = tmp_path / "accepted.csv"

    document("check", str(FAULTY), "--out", str(out))

    rows = list(csv.DictReader(out.open(encoding="utf-8-sig")))
    assert [row["customer_id"] for row in rows] == ["7", "8", "9", "10"]


def test_check_takes_a_mapping_from_the_user(document: Callable[..., Any], tmp_path: Path) -> None:
    file = tmp_path / "odd.csv"
    file.write_text("who,zzz\nA1,3\nA2,4\n", "utf-8")

    found = document("check", str(file), "--map", "who=customer_id", "--map", "zzz=orders")

    assert found["mapping"] == {"who": "customer_id", "zzz": "orders"}
    assert found["accepted"] == 2


def test_segments_of_a_file_hold_everybody_once(
    document: Callable[..., Any], tmp_path: Path
) -> None:
    found = document("segment", str(people(tmp_path / "people.csv")))

    assert found["method"] == "rfm"
    assert sum(segment["customers"] for segment in found["segments"]) == 300
    assert all(segment["rule"] for segment in found["segments"])


def test_screened_lines_come_back_one_for_one(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "cells.jsonl"
    file.write_text(
        '{"id": "a", "kind": "csv_cell", "body": "=1+1"}\n'
        '{"id": "b", "kind": "csv_cell", "body": "plain"}\n',
        "utf-8",
    )

    assert main(["screen", str(file), "--json"]) == 0

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["id"] for line in lines] == ["a", "b"]
    assert lines[0]["findings"]
    assert not lines[1]["findings"]


def test_grounding_tells_the_number_that_no_source_has(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "claims.jsonl"
    sources = [{"id": "S1", "text": "Delivery is free on orders over £50."}]
    lines = [
        {"id": "right", "claim": "Delivery is free on orders over £50.", "sources": sources},
        {"id": "wrong", "claim": "Delivery is free on orders over £30.", "sources": sources},
    ]
    file.write_text("\n".join(map(json.dumps, lines)), "utf-8")

    assert main(["ground", str(file), "--json"]) == 0

    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["decision"] for line in found] == ["pass", "block"]


def test_lift_of_a_file_comes_with_health_and_verdict(
    document: Callable[..., Any], tmp_path: Path
) -> None:
    file = tmp_path / "outcomes.csv"
    rows = [f"{'ab'[i % 2]},{int(i % 10 < (2 if i % 2 else 1))}" for i in range(4000)]
    file.write_text("group,clicked\n" + "\n".join(rows), "utf-8")

    found = document(
        "analyze", str(file), "--arm", "group", "--control", "a", "--metric", "clicked:binary"
    )

    assert found["health"]["srm"]["alert"] is False
    assert {result["arm"] for result in found["results"]} == {"b"}


def test_power_of_a_rate_says_what_a_test_can_show(document: Callable[..., Any]) -> None:
    """By hand: 2.8016^2 x (.1 x .9 + .11 x .89) / .01^2 = 14,748.04."""
    found = document("power", "--base-rate", "0.1", "--variants", "3", "--customers", "2000")

    assert (found["needed_per_arm"], found["needed_for_winner"]) == (14_749, 19_128)
    assert (found["n_per_arm"], found["customers"]) == (500, 2_000)
    assert round(found["detectable_lift"], 2) == 0.59
    assert found["curve"][0].keys() == {"n_per_arm", "detectable_lift"}


def test_power_of_a_mean_is_that_of_r(document: Callable[..., Any]) -> None:
    """Source: R, power.t.test(n = 100, delta = 1, sd = 2.5): power = 0.8036466."""
    found = document(
        "power", "--metric", "mean", "--mean", "10", "--sd", "2.5", "--n-per-arm", "100"
    )

    assert abs(found["power"] - 0.8036466) < 2e-6


@pytest.mark.parametrize(
    ("words", "message"),
    [
        pytest.param(["check", "gone.csv"], "gone.csv", id="a file that is not there"),
        pytest.param(["check", str(FAULTY), "--map", "x"], "is no COLUMN=FIELD", id="half a map"),
        pytest.param(["check", str(FAULTY), "--out", "/gone/x.csv"], "There is no folder /gone",
                     id="no folder to write into"),
        pytest.param(["run", "gone.toml"], "cannot be read as TOML", id="no configuration"),
        pytest.param(["audit", "c1", "--database", "gone.duckdb"], "There is no database at",
                     id="no database"),
        pytest.param(["screen", "gone.jsonl"], "cannot be read", id="no lines"),
        pytest.param(["analyze", str(FAULTY), "--arm", "x", "--control", "a", "--metric", "y"],
                     "is no COLUMN:binary", id="a metric without its kind"),
        pytest.param(["search", "gifts", "--corpus", "gone"], "gone", id="no corpus"),
        pytest.param(["power"], "A binary metric needs --base-rate", id="no base rate"),
        pytest.param(["power", "--metric", "mean", "--mean", "5"], "needs --sd", id="no spread"),
    ],
)  # fmt: skip
def test_bad_input_ends_with_2_and_the_sentence_on_stderr(
    refusal: Callable[..., str], words: list[str], message: str
) -> None:
    assert message in refusal(*words)


def test_a_line_that_is_no_json_is_named(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "lines.jsonl"
    file.write_text('{"id": 1, "claim": "x", "sources": []}\n{oops\n', "utf-8")

    assert main(["ground", str(file), "--json"]) == 2

    assert "lines.jsonl, line 2, is no JSON" in capsys.readouterr().err


def test_a_refused_file_is_told_on_stderr_and_in_the_document(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "book.xlsx"
    file.write_bytes(b"PK\x03\x04 not a table")

    code = main(["check", str(file), "--json"])

    told = capsys.readouterr()
    assert code == 2
    assert told.err.strip() == json.loads(told.out)["refuse"]


def test_rows_with_an_open_question_are_not_written(
    refusal: Callable[..., str], tmp_path: Path
) -> None:
    out = tmp_path / "accepted.csv"
    file = ROOT / "tests" / "data" / "intake" / "p13_ambiguous_dates.csv"

    told = refusal("check", str(file), "--out", str(out))

    assert "date_order" in told
    assert "--date-order" in told
    assert not out.exists()


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])

    told = capsys.readouterr().out
    for command in (
        "check",
        "segment",
        "search",
        "analyze",
        "power",
        "assign",
        "run",
        "report",
        "audit",
        "doctor",
    ):
        assert command in told


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        pytest.param("[" * 200_000, "line 2, is no JSON", id="lists in lists"),
        pytest.param('{"id": ' + "9" * 5_000 + "}", "line 2, is no JSON", id="a number too long"),
        pytest.param('{"body": "\\ud800"}', "Line 2: body holds half", id="half a sign"),
        pytest.param('{"body": "a\\u0000b"}', "Line 2: body holds a zero byte", id="zero byte"),
    ],
)
def test_a_line_that_nothing_can_read_is_named(
    refusal: Callable[..., str], tmp_path: Path, text: str, complaint: str
) -> None:
    file = tmp_path / "lines.jsonl"
    file.write_text(f"\n{text}\n", "utf-8")

    assert complaint in refusal("screen", str(file))


def test_a_line_that_nobody_reads_is_no_pass(refusal: Callable[..., str], tmp_path: Path) -> None:
    file = tmp_path / "lines.jsonl"
    file.write_text('{"id": "a", "text": "I will kill you"}\n', "utf-8")

    assert "Line 1: no text to screen; unknown key 'text'" in refusal("screen", str(file))


def test_the_help_of_screen_names_every_key_and_the_policy(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        main(["screen", "--help"])

    told = " ".join(capsys.readouterr().out.split())
    keys = {"csv_cell", *lines._KNOWN, *lines._IN_CONTEXT}
    assert [key for key in sorted(keys) if key not in told] == []
    assert "--database" in told
    assert "without it the policy is the shipped one" in told


def test_the_doctor_says_what_the_heads_prove_where_they_lie(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "elsewhere.toml"
    config.write_text(f"[audit]\nheads = '{tmp_path / 'heads'}'\n", "utf-8")

    main(["doctor", "--json"])
    beside = json.loads(capsys.readouterr().out)["audit heads"]
    main(["doctor", "--json", "--config", str(config)])
    apart = json.loads(capsys.readouterr().out)["audit heads"]

    assert (beside["embedded"], "no change by somebody" in beside["detail"]) == (True, True)
    assert (apart["embedded"], "unless both places" in apart["detail"]) == (False, True)
    assert apart["chosen"].startswith(str(tmp_path / "heads"))
