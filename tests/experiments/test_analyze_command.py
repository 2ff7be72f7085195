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


def text_of(file: Path, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert run(file, *words) == 0
    return capsys.readouterr().out


def test_without_json_the_verdict_comes_first_and_then_every_result(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By hand: 400 of 2,000 against 600 of 2,000 in a file where every tenth row repeats."""
    words = ["--metric", "clicked:binary", "--metric", "spent:mean:cap=5", "--segment", "who2"]
    rows = file.read_text("utf-8").splitlines()
    many = [f"{row},{'s' + str(place // 2 % 20)}" for place, row in enumerate(rows[1:])]
    file.write_text("\n".join([rows[0] + ",who2", *many]), "utf-8")

    told = text_of(file, capsys, *words)

    run(file, *words, "--json")
    found = json.loads(capsys.readouterr().out)
    lines = told.splitlines()
    assert lines[0] == found["verdict"]["sentence"]
    assert lines[1].startswith("Decision: ")
    table = lines[next(i for i, line in enumerate(lines) if line.startswith("  metric")) + 1 :]
    assert len(found["results"]) == 3 * 21
    assert len([line for line in table if " / " in line and not line.endswith(".")]) == 3 * 21
    assert "None" not in told
    assert "Health: good" in told


def test_figures_have_sensible_digits(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(file, "--metric", "clicked:binary", "--json")
    [result] = json.loads(capsys.readouterr().out)["results"]

    told = text_of(file, capsys, "--metric", "clicked:binary")

    low, high = (f"{end * 100:+.2f}".replace("-", "−") for end in result["difference_ci_adjusted"])
    assert f"{result['difference'] * 100:.2f} points [{low} to {high}]" in told
    assert "2,000 / 2,000" in told
    assert not [word for word in told.split() if sum(map(str.isdigit, word)) > 5]


def test_read_early_the_intervals_are_those_of_any_day(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--metric", "clicked:binary", "--early"]
    run(file, *words, "--json")
    [result] = json.loads(capsys.readouterr().out)["results"]

    told = text_of(file, capsys, *words)

    low, high = (f"{end * 100:+.2f}".replace("-", "−") for end in result["sequence_ci"])
    assert f"[{low} to {high}]" in told
    assert "hold on any day" in told


def test_guardrails_and_attributes_that_moderate_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "moved.csv"
    rows = [
        f"{'ab'[i % 2]},{'xy'[i // 2 % 2]},{int(i // 4 % 10 < (5 if i % 4 == 1 else 1))},"
        f"{int(i % 97 == 0)},same"
        for i in range(8_000)
    ]
    path.write_text("\n".join(["group,place,clicked,left,flat", *rows]), "utf-8")

    told = text_of(path, capsys, "--metric", "clicked:binary", "--metric",
                   "left:binary:guardrail=0.01", "--attribute", "place")  # fmt: skip

    assert "place moves the lift of Variant b in clicked" in told
    levels = [line for line in told.splitlines() if line.startswith(("    x", "    y"))]
    assert [line.split()[1] for line in levels] == ["4,000", "4,000"]
    assert all(" points [" in line for line in levels)
    assert "Guardrails" in told
    assert "1.00 points" in told


def test_where_nobody_bought_the_text_says_why_there_is_no_test(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "nobody.csv"
    path.write_text("group,bought,spent\n" + "a,0,0\nb,0,0\n" * 200, "utf-8")

    told = text_of(path, capsys, "--metric", "bought:binary", "--metric", "spent:mean",
                   "--metric", "spent:ratio:per=bought")  # fmt: skip

    assert "fewer than 5 are expected in a group, too few for a test" in told
    assert "as where nobody bought anything" in told
    assert "nobody has any of what the ratio is per" in told


def test_a_file_of_one_arm_is_told_without_results(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "one.csv"
    path.write_text("group,bought\na,1\na,0\n", "utf-8")

    told = text_of(path, capsys, "--metric", "bought:binary", "--attribute", "group")

    assert told.startswith("There is no variant to decide on.")
    assert "Health: not known in full" in told
    assert "were not tested: too few customers or arms" in told
    assert "Results" not in told


def test_a_control_without_successes_is_read_in_points(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "none.csv"
    path.write_text("group,bought\n" + "a,0\na,0\nb,0\nb,1\n" * 100, "utf-8")

    told = text_of(path, capsys, "--metric", "bought:binary")

    assert told.startswith("Variant b lifts bought by 50 points")
    assert "the control has none, so there is nothing to relate to" in told


def test_blank_outcomes_are_counted_by_metric_and_those_left_out_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "blank.csv"
    path.write_text("group,bought,spent\n" + "a,1,2\nb,,3\n" * 50 + "b,1,\n,1,1\n", "utf-8")

    told = text_of(path, capsys, "--metric", "bought:binary", "--metric", "spent:mean")

    assert "bought: 50 of 101 rows (50 %) were blank and counted as 0" in told
    assert "spent: 1 of 101 rows (1.0 %) was blank and counted as 0" in told
    assert "1 row without an arm was left out" in told


def test_an_attribute_that_the_test_can_change_is_no_reason_to_distrust_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "after.csv"
    path.write_text("group,bought,opened\n" + "a,1,no\nb,0,yes\n" * 100, "utf-8")

    told = text_of(path, capsys, "--metric", "bought:binary", "--attribute", "opened")

    assert "If the test itself can change it, that is no reason to distrust the test" in told
    assert "leave opened out of the attributes" in told
    assert "Not read, because the test is not valid" in told


def test_power_is_told_in_sentences(capsys: pytest.CaptureFixture[str]) -> None:
    """The figures are those of test_power_of_a_rate_says_what_a_test_can_show."""
    assert main(["power", "--base-rate", "0.1", "--variants", "3", "--customers", "2000"]) == 0

    told = capsys.readouterr().out
    assert "each arm needs 14,749 customers: 58,996 for 3 variants and the control" in told
    assert "each arm needs 19,128" in told
    assert "With 500 customers per arm" in told
    assert "is 59 %" in told
    assert "None" not in told


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
        pytest.param(["--metric", "clicked:binary", "--relevant-lift", "10"],
                     "would be 1,000 %. Write 0.10 for 10 %", id="lift in percent"),
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
        pytest.param(["--base-rate", "0.1", "--lift", "10"], id="a lift in percent"),
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
