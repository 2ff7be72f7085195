from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import pytest

from personalization.errors import InputError
from personalization.experiments import analyze_file, parse_metric

if TYPE_CHECKING:
    from pathlib import Path


def analyse(path: Path, *attributes: str, **options: Any) -> dict[str, Any]:  # noqa: ANN401
    asked = {"arm": "arm", "control": "old", "metrics": [parse_metric("bought:binary")]}
    found = analyze_file(path, **asked | {"attributes": attributes} | options)
    json.dumps(found, allow_nan=False)
    return found


def people(path: Path, n: int = 8_000) -> Path:
    """Write customers of whom the young buy more with 'new' and the old do not."""
    draw = random.Random(3)  # noqa: S311
    rows = ["arm,bought,age,tier,city,weight,who,segment"]
    for i in range(n):
        arm, age = ("old", "new")[i % 2], 20 + i // 2 % 60
        often = 0.3 if arm == "new" and age < 40 else 0.1
        rows.append(
            f"{arm},{int(draw.random() < often)},{age},{'gold' if i % 3 else ''},"
            f"city {i % 40 * (i % 5 > 1)},{i % 3},c{i},{'s' if i % 7 else ''}"
        )
    path.write_text("\n".join(rows), "utf-8")
    return path


def by_name(found: dict[str, Any]) -> dict[str, Any]:
    return {row["attribute"]: row for row in found["attributes"]}


def test_the_attribute_that_moves_the_lift_is_found_and_the_others_are_not(tmp_path: Path) -> None:
    found = by_name(analyse(people(tmp_path / "a.csv"), "age", "tier", "weight"))

    assert found["age"]["verdict"] == "moderates"
    assert max(found["age"]["p_holm"], found["age"]["joint_p"]) < 1e-6
    assert found["tier"]["verdict"] == found["weight"]["verdict"] == "no_evidence"
    assert [row["df"] for row in found.values()] == [2, 1, 2]


def test_many_numbers_are_read_by_thirds_that_are_named_by_their_bounds(tmp_path: Path) -> None:
    levels = by_name(analyse(people(tmp_path / "a.csv"), "age"))["age"]["levels"]

    assert [level["level"] for level in levels] == ["20 to 39", "40 to 59", "60 to 79"]
    assert levels[0]["difference"] > 0.05
    assert levels[2]["difference_ci"][0] < 0 < levels[2]["difference_ci"][1]


def test_thirds_are_by_rank_as_percent_rank_has_it(tmp_path: Path) -> None:
    """Of 31 numbers those with a rank below 10 of 30 are the lowest, below 20 the middle."""
    path = tmp_path / "ranks.csv"
    rows = [f"{('old', 'new')[i % 2]},0,{i / 2}" for i in range(31)]
    path.write_text("\n".join(["arm,bought,size", *rows]), "utf-8")

    levels = by_name(analyse(path, "size"))["size"]["levels"]

    assert [level["level"] for level in levels] == ["0 to 4.5", "5 to 9.5", "10 to 15"]
    assert [level["n"] for level in levels] == [10, 10, 11]


def test_equal_numbers_share_a_third(tmp_path: Path) -> None:
    """Ranks 0 (nine times of ten) and nine others: nobody is left for the middle."""
    rows = [f"{('old', 'new')[i % 2]},{i % 5 == 0:d},{i % 10 // 9 * (i // 10 % 9 + 1)}"
            for i in range(5_000)]  # fmt: skip
    path = tmp_path / "zeros.csv"
    path.write_text("\n".join(["arm,bought,orders", *rows]), "utf-8")

    levels = by_name(analyse(path, "orders"))["orders"]["levels"]

    assert [level["level"] for level in levels] == ["0", "1 to 9"]


def test_a_level_counts_both_sides_and_says_how_many_of_each(tmp_path: Path) -> None:
    levels = by_name(analyse(people(tmp_path / "a.csv"), "tier"))["tier"]["levels"]

    assert {level["level"] for level in levels} == {"gold", "not known"}
    assert sum(level["n"] for level in levels) == 8_000
    assert all(level["n"] == level["n_treatment"] + level["n_control"] for level in levels)


def test_of_a_long_list_the_largest_levels_are_kept(tmp_path: Path) -> None:
    levels = by_name(analyse(people(tmp_path / "a.csv"), "city"))["city"]["levels"]

    assert len(levels) == 6
    assert levels[-1]["level"] == "(all others)"
    assert levels[0]["level"] == "city 0"
    assert sum(level["n"] for level in levels) == 8_000


def test_a_column_of_names_has_nothing_to_compare_and_says_so(tmp_path: Path) -> None:
    row = by_name(analyse(people(tmp_path / "a.csv"), "who"))["who"]

    assert row["q"] is row["p"] is row["p_holm"] is None
    assert row["verdict"] == "not_enough_data"
    assert row["reason"]


def test_attributes_that_say_the_same_say_why_there_is_no_joint_p(tmp_path: Path) -> None:
    rows = [f"{('old', 'new')[i % 2]},{int(i % 7 == 0)},{i % 3},{i % 3} too" for i in range(4_000)]
    path = tmp_path / "twins.csv"
    path.write_text("\n".join(["arm,bought,a,b", *rows]), "utf-8")

    for row in analyse(path, "a", "b")["attributes"]:
        assert row["p"] is not None
        assert row["joint_p"] is None
        assert row["reason"] == row["joint_reason"] != ""


def test_small_levels_are_shown_with_the_reason_and_not_tested(tmp_path: Path) -> None:
    path = people(tmp_path / "a.csv")
    with path.open("a") as file:
        file.writelines(f"\n{arm},1,30,platinum,x,1,z,s" for arm in ("old", "new"))

    row = by_name(analyse(path, "tier"))["tier"]

    platinum = next(level for level in row["levels"] if level["level"] == "platinum")
    assert (platinum["n"], row["df"]) == (2, 1)
    assert "fewer than 30" in platinum["reason"]


def test_attributes_and_segments_are_counted_in_one_pass_and_do_not_mix(tmp_path: Path) -> None:
    """An attribute may be called what the segments are called inside."""
    path = people(tmp_path / "a.csv")

    apart = analyse(path, segment="tier")
    both = analyse(path, "segment", "age", segment="tier")

    assert both["results"] == apart["results"]
    assert [level["level"] for level in by_name(both)["segment"]["levels"]] == ["s", "not known"]
    assert by_name(both)["age"]["q"] == pytest.approx(by_name(analyse(path, "age"))["age"]["q"])


def test_amounts_and_ratios_have_their_moderators_too(tmp_path: Path) -> None:
    metrics = [parse_metric(text) for text in
               ("weight:mean", "bought:ratio:per=weight", "weight:mean:cap=1")][:2]  # fmt: skip

    found = analyse(people(tmp_path / "a.csv"), "age", metrics=metrics)

    assert [row["metric"] for row in found["attributes"]] == ["weight", "bought per weight"]
    assert by_name(found)["age"]["q"] is not None


def test_guardrails_and_raw_amounts_have_no_moderators(tmp_path: Path) -> None:
    metrics = [parse_metric("weight:mean:cap=1"), parse_metric("bought:binary:guardrail=0.01")]

    found = analyse(people(tmp_path / "a.csv"), "age", metrics=metrics)

    assert [row["metric"] for row in found["attributes"]] == ["weight"]


def test_more_attributes_than_go_at_once_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    names = [f"a{i}" for i in range(9)]
    path.write_text(",".join(["arm", "bought", *names]) + "\nold,0" + ",1" * 9, "utf-8")

    with pytest.raises(InputError, match="9 attributes; 8 go at once"):
        analyse(path, *names)


def test_groups_that_are_alike_are_told_with_their_largest_difference(tmp_path: Path) -> None:
    found = analyse(people(tmp_path / "a.csv"), "age", "tier")

    age, tier = found["health"]["balance"]
    assert (age["attribute"], age["df"], tier["df"]) == ("age", 2, 1)
    assert min(age["p"], tier["p"]) > 0.001
    assert abs(age["largest_difference"]) < 0.1


def test_groups_that_are_unlike_are_red(tmp_path: Path) -> None:
    """By hand: chi-squared of 300 and 100 gold of 500 each is 1000 (300 400 - 200 100)^2 /
    (500 500 400 600) = 166.7; the standardised difference is 0.4 / sqrt((0.24 + 0.16) / 2).
    """
    rows = [f"{arm},0,{'gold' if i < gold else 'tin'}"
            for arm, gold in (("old", 100), ("new", 300)) for i in range(500)]  # fmt: skip
    path = tmp_path / "unlike.csv"
    path.write_text("\n".join(["arm,bought,tier", *rows]), "utf-8")

    found = analyse(path, "tier")

    tier = found["health"]["balance"][0]
    assert tier["chi2"] == pytest.approx(1_000 / 6)
    assert abs(tier["largest_difference"]) == pytest.approx(0.4 / 0.2**0.5)
    assert found["verdict"]["state"] == "invalid"
    assert "not alike in tier" in found["verdict"]["sentence"]


def test_a_level_of_a_few_people_alerts_nobody(tmp_path: Path) -> None:
    path = people(tmp_path / "a.csv")
    with path.open("a") as file:
        file.writelines("\nold,0,30,rare,x,1,z,s" for _ in range(5))

    balance = analyse(path, "tier")["health"]["balance"][0]

    assert balance["df"] == 1
    assert balance["p"] > 0.001
