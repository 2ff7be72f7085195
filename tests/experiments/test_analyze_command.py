from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from personalization.cli import main

if TYPE_CHECKING:
    from pathlib import Path

KEYS = {
    "metric", "kind", "segment", "arm", "control", "n_treatment", "n_control", "mean_treatment",
    "mean_control", "difference", "difference_ci", "lift", "lift_ci", "p", "p_adjusted",
    "difference_ci_adjusted", "family_size", "method",
}  # fmt: skip


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    rows = [f"{'ab'[i % 2]},{int(i % 10 < 2 + i % 2)},{i % 7},{'xy'[i % 3 % 2]},c{i}"
            for i in range(4_000)]  # fmt: skip
    path.write_text("\n".join(["group,clicked,spent,place,who", *rows]), "utf-8")
    return path


def run(file: Path, *words: str) -> int:
    return main(["analyze", str(file), "--arm", "group", "--control", "a", *words])


def test_the_document_has_the_promised_form(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = run(file, "--metric", "clicked:binary", "--metric", "spent:mean:cap=5", "--segment",
               "place", "--attribute", "place", "--attribute", "spent", "--id", "who",
               "--weights", '{"a": 0.5, "b": 0.5}', "--json")  # fmt: skip

    found: dict[str, Any] = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert code == 0
    assert found["arms"] == [{"arm": "a", "n": 2_000}, {"arm": "b", "n": 2_000}]
    assert {"chi2", "df", "p", "alert", "leak"} <= set(found["health"]["srm"])
    assert [row["metric"] for row in found["results"]] == [
        *["clicked"] * 3, *["spent"] * 3, *["spent (raw)"] * 3,
    ]  # fmt: skip
    assert all(set(row) >= KEYS for row in found["results"])
    assert all(len(row["difference_ci"]) == 2 for row in found["results"])
    assert len(found["attributes"]) == 4
    for row in found["attributes"]:
        assert {"metric", "arm", "attribute", "q", "df", "p", "p_holm", "joint_p"} <= set(row)
        assert all({"level", "n", "difference", "difference_ci"} <= set(x) for x in row["levels"])
    assert found["verdict"]["state"] in {
        "ship", "stop", "no_difference", "not_enough_data", "invalid",
    }  # fmt: skip
    assert found["verdict"]["sentence"]


def test_without_json_it_is_told_in_lines(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(file, "--metric", "clicked:binary") == 0

    assert "state: " in capsys.readouterr().out


def test_early_and_the_other_options_reach_the_analysis(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(file, "--metric", "clicked:binary", "--early", "--confidence", "0.9",
               "--relevant-lift", "0.2", "--json") == 0  # fmt: skip

    assert json.loads(capsys.readouterr().out)["verdict"]["sentence"].startswith("Read early.")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        pytest.param(["--metric", "clicked"], "is no COLUMN:binary", id="no kind"),
        pytest.param(["--metric", "clicked:median"], "cannot be 'median'", id="unknown kind"),
        pytest.param(["--metric", "gone:binary"], "has no column 'gone'", id="no column"),
        pytest.param(["--metric", "place:binary"], "not 0 or 1", id="no flag"),
        pytest.param(["--metric", "clicked:binary", "--attribute", "gone"], "has no column 'gone'",
                     id="no attribute"),
        pytest.param(["--metric", "clicked:binary", "--id", "place"], None, id="no error: red"),
        pytest.param(["--metric", "clicked:binary", "--weights", "half"], "is no JSON",
                     id="no JSON"),
        pytest.param(["--metric", "clicked:binary", "--weights", '{"a": NaN}'], "0 or more",
                     id="no weight"),
        pytest.param(["--metric", "clicked:binary", "--confidence", "95"], "between 0 and 1",
                     id="percent"),
        pytest.param(["--metric", "clicked:binary", "--relevant-lift", "0"], "not above 0",
                     id="nothing matters"),
        pytest.param(["--metric", "clicked:binary:guardrail=0.01"], "is a guardrail",
                     id="nothing decides"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_ends_with_2_and_one_sentence(
    file: Path, capsys: pytest.CaptureFixture[str], words: list[str], message: str | None
) -> None:
    code = run(file, *words)

    told = capsys.readouterr()
    if message is None:  # a customer who comes twice is a finding, and no error
        assert code == 0
        assert "come" in told.out or "groups at once" in told.out
        return
    assert code == 2
    assert told.out == ""
    assert message in told.err
    assert len(told.err.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("command", "options"),
    [
        pytest.param("analyze", ["--arm", "--control", "--metric", "--segment", "--attribute",
                                 "--weights", "--id", "--confidence", "--relevant-lift", "--early",
                                 "NAME:ratio:per=COLUMN", "guardrail=0.005", "--json"],
                     id="analyze"),
        pytest.param("power", ["--base-rate", "--lift", "--n-per-arm", "--variants", "--json"],
                     id="power"),
    ],
)  # fmt: skip
def test_the_help_names_every_option(
    capsys: pytest.CaptureFixture[str], command: str, options: list[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main([command, "--help"])

    told = capsys.readouterr().out
    assert left.value.code == 0
    assert not [option for option in options if option not in told]


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(["--base-rate", "0"], id="a rate of nothing"),
        pytest.param(["--base-rate", "1.5"], id="a rate in percent"),
        pytest.param(["--base-rate", "0.1", "--n-per-arm", "-5"], id="fewer than nobody"),
    ],
)
def test_a_power_that_makes_no_sense_ends_with_2_and_one_sentence(
    capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    assert main(["power", *words]) == 2

    told = capsys.readouterr()
    assert told.out == ""
    assert len(told.err.strip().splitlines()) == 1
