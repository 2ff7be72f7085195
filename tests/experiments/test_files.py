from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from personalization.errors import InputError
from personalization.experiments import Rule, analyze_file, parse_metric

if TYPE_CHECKING:
    from pathlib import Path


def write(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    return path


def analyse(path: Path, *metrics: str, **options: Any) -> dict[str, Any]:  # noqa: ANN401
    asked = [parse_metric(text) for text in metrics or ("bought:binary",)]
    found = analyze_file(path, **{"arm": "arm", "control": "old", "metrics": asked} | options)
    json.dumps(found, allow_nan=False)  # raises where JSON has no word for a number
    return found


def people(path: Path, **bought: tuple[int, int]) -> Path:
    """Write so many people of each arm, of whom the first so many bought."""
    rows = [f"{arm},{int(i < x)}" for arm, (n, x) in bought.items() for i in range(n)]
    return write(path, "\n".join(["arm,bought", *rows]))


def same(one: Any, other: Any) -> bool:  # noqa: ANN401
    """Tell whether two values are equal, numbers to nine figures."""
    is_number = isinstance(one, float) and isinstance(other, float)
    return bool(one == (pytest.approx(other, rel=1e-9, abs=1e-15) if is_number else other))


def test_planned_weights_decide_on_the_sample_ratio(tmp_path: Path) -> None:
    path = people(tmp_path / "split.csv", old=(600, 60), new=(400, 40))

    assert analyse(path)["verdict"]["state"] == "invalid"
    planned = analyse(path, weights={"old": 3, "new": 2})
    assert (
        planned["health"]["srm"] | {"chi2": 0.0, "p": 1.0, "alert": False}
        == (planned["health"]["srm"])
    )
    assert planned["verdict"]["state"] == "not_enough_data"


def test_an_arm_without_weight_is_a_leak(tmp_path: Path) -> None:
    path = people(tmp_path / "leak.csv", old=(500, 60), new=(500, 40), other=(5, 0))

    found = analyse(path, weights={"old": 1, "new": 1})

    assert found["health"]["srm"]["leak"]
    assert found["verdict"]["state"] == "invalid"
    assert "Arm 'other' of the file has no weight" in found["verdict"]["sentence"]
    assert "5 customers are in it" in found["verdict"]["sentence"]


def test_an_arm_whose_weight_is_0_is_named_with_who_is_in_it(tmp_path: Path) -> None:
    path = people(tmp_path / "leak.csv", old=(500, 60), new=(500, 40), other=(1, 0))

    found = analyse(path, weights={"old": 1, "new": 1, "other": 0})

    assert found["health"]["red"] == [
        "Arm 'other' was to have nobody (its weight is 0), and 1 customer is in it."
    ]


@pytest.mark.parametrize("unit", [1, 0.75, 100])
def test_groups_of_other_sizes_are_told_with_their_numbers(tmp_path: Path, unit: float) -> None:
    """By hand: 1,000 customers, of whom a quarter and three quarters were planned."""
    path = people(tmp_path / "off.csv", old=(600, 60), new=(400, 40))

    [red] = analyse(path, weights={"old": unit / 4, "new": unit * 3 / 4})["health"]["red"]

    assert "old has 600 where 250 were planned, new has 400 where 750 were planned" in red


def test_an_empty_arm_is_named_with_its_share_and_its_number(tmp_path: Path) -> None:
    """By hand: a third of the weights (1 of 3), and a third of 1,000 customers."""
    path = people(tmp_path / "empty.csv", old=(500, 60), new=(500, 40))

    [red] = analyse(path, weights={"old": 1, "new": 1, "gone": 1})["health"]["red"]

    assert red.startswith("Nobody is in arm 'gone', which was to have 33 % of all: about 333 ")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        pytest.param("1,5", "write 1.5 for 1,5, or upload the file in the app", id="decimal comma"),
        pytest.param("1.234,50", "write 1234.50 for 1.234,50", id="with thousands"),
        pytest.param("1,234", r"without commas \(1234\), or with a decimal point", id="either"),
    ],
)
def test_a_comma_in_an_amount_comes_with_the_way_out(
    tmp_path: Path, value: str, words: str
) -> None:
    path = write(tmp_path / "comma.csv", f'arm;x\nold;0\nnew;"{value}"\nold;1\n')

    with pytest.raises(InputError, match=words):
        analyse(path, "x:mean")


@pytest.mark.parametrize(
    ("given", "way_out"), [(10, "0.10 for 10 %"), (1.5, "0.015 for 1.5 %"), (250, "0.10 for 10 %")]
)
def test_a_relevant_lift_in_percent_is_refused(given: float, way_out: str) -> None:
    with pytest.raises(InputError, match=way_out):
        Rule(relevant_lift=given)


def test_an_arm_that_was_to_have_people_and_has_none_is_an_alert(tmp_path: Path) -> None:
    """Source: growthbook issue 4427."""
    path = people(tmp_path / "gone.csv", old=(500, 60), new=(500, 40))

    found = analyse(path, weights={"old": 1, "new": 1, "third": 1})

    assert found["health"]["srm"]["alert"]
    assert {"arm": "third", "n": 0} in found["arms"]


def test_a_segment_whose_groups_are_off_is_named_and_red(tmp_path: Path) -> None:
    rows = [f"{arm},{place},0" for place, arm, n in (
        ("north", "old", 300), ("north", "new", 200), ("south", "old", 200), ("south", "new", 300),
    ) for _ in range(n)]  # fmt: skip
    path = write(tmp_path / "off.csv", "\n".join(["arm,place,bought", *rows]))

    found = analyse(path, segment="place")

    assert found["health"]["srm"]["p"] == 1.0
    assert found["health"]["srm"]["segments_off"] == ["north", "south"]
    assert found["verdict"]["state"] == "invalid"


def test_one_arm_alone_has_nothing_to_be_held_against(tmp_path: Path) -> None:
    found = analyse(people(tmp_path / "one.csv", old=(1_000, 60)))

    assert found["results"] == []
    assert found["health"]["srm"]["reason"]
    assert found["verdict"]["state"] == "not_enough_data"


def test_a_small_difference_among_many_people_is_no_difference(tmp_path: Path) -> None:
    path = people(tmp_path / "many.csv", old=(40_000, 20_000), new=(40_000, 20_020))

    found = analyse(path)

    assert found["verdict"]["state"] == "no_difference"
    assert "no difference" in found["verdict"]["sentence"]


def test_fewer_buyers_are_a_stop(tmp_path: Path) -> None:
    found = analyse(people(tmp_path / "fewer.csv", old=(2_000, 400), new=(2_000, 300)))

    assert found["verdict"]["state"] == "stop"
    assert found["results"][0]["verdict"] == "worse"


def test_an_undecided_test_says_what_would_settle_it(tmp_path: Path) -> None:
    found = analyse(people(tmp_path / "open.csv", old=(2_000, 200), new=(2_000, 220)))

    assert found["verdict"]["state"] == "not_enough_data"
    assert found["results"][0]["needed_more"] > 0
    assert "more customers per arm would settle it" in found["verdict"]["sentence"]


def test_parquet_and_csv_are_read_alike(tmp_path: Path) -> None:
    path = write(
        tmp_path / "people.csv",
        "\n".join(["arm,bought,spent,place"]
                  + [f"{'old' if i % 2 else 'new'},{int(i % 7 == 0)},{i % 11 * 1.5},p{i % 3}"
                     for i in range(3_000)]),
    )  # fmt: skip
    with duckdb.connect() as connection:
        typed = connection.read_csv(str(path))
        typed.write_parquet(str(tmp_path / "people.parquet"))
        connection.sql(
            "SELECT arm, bought = 1 AS bought, CAST(spent AS DECIMAL(9, 2)) AS spent, place "
            "FROM typed"
        ).write_parquet(str(tmp_path / "other.parquet"))
    asked: Any = {"segment": "place", "attributes": ["spent"]}

    found = [analyse(tmp_path / name, "bought:binary", "spent:mean", **asked)
             for name in ("people.csv", "people.parquet", "other.parquet")]  # fmt: skip

    assert found[0] == found[1] == found[2]


def test_columns_may_be_called_anything(tmp_path: Path) -> None:
    """A name is data: quotes, a semicolon or a keyword in it are only a name."""
    rows = "\n".join(
        ["x,1,North"] * 30 + ["x,0,North"] * 30 + ["y,1,South"] * 20 + ["y,0,South"] * 40
    )
    path = write(tmp_path / "odd.csv", f'"the ""arm""; DROP TABLE x",select,"in place"\n{rows}\n')

    found = analyse(path, "select:binary", arm='the "arm"; DROP TABLE x', control="y",
                    segment="in place", attributes=["in place"])  # fmt: skip

    assert found["results"][0]["difference"] == pytest.approx(1 / 2 - 1 / 3)


def test_segments_are_told_apart_and_corrected(tmp_path: Path) -> None:
    rows = [f"{arm},{place},{int(i < x)}"
            for place in ("north", "south")
            for arm, x in (("old", 20), ("new", 40)) for i in range(100)]  # fmt: skip
    path = write(tmp_path / "split.csv", "\n".join(["arm,place,bought", *rows]))

    found = analyse(path, segment="place")

    assert [row["segment"] for row in found["results"]] == [None, "north", "south"]
    assert [row["family_size"] for row in found["results"]] == [1, 2, 2]
    assert found["results"][1]["p_adjusted"] < 0.05
    assert found["results"][1]["difference_ci_adjusted"][0] > 0


def test_amounts_words_and_gaps(tmp_path: Path) -> None:
    rows = ["arm,spent,clicked"]
    rows += [f"old,{10 + i % 5},no" for i in range(50)] + [
        f"new,{12 + i % 5},yes" for i in range(50)
    ]
    rows += ["old,,", "new,,", ",3,yes"]
    path = write(tmp_path / "gaps.csv", "\n".join(rows))

    found = analyse(path, "spent:mean", "clicked:binary")

    spent, clicked = found["results"]
    assert spent["mean_control"] == pytest.approx(12 * 50 / 51)
    assert spent["difference"] == pytest.approx(2 * 50 / 51)
    assert (clicked["mean_control"], clicked["mean_treatment"]) == (0.0, pytest.approx(50 / 51))
    assert clicked["lift"] is None
    assert "nothing to relate to" in clicked["reason"]
    assert found["health"]["missing_outcomes"] == {"spent": 2, "clicked": 2}
    assert found["health"]["rows_without_arm"] == 1


def test_too_few_people_are_a_verdict_and_no_crash(tmp_path: Path) -> None:
    path = write(tmp_path / "few.csv", "arm,bought\nold,0\nnew,1\nold,0\n")

    found = analyse(path)

    assert found["verdict"]["state"] == "not_enough_data"
    assert found["results"][0]["p"] is None
    assert "fewer than 5" in found["results"][0]["reason"]
    assert "bought from 1 person" in found["verdict"]["sentence"]
    assert "NaN" not in json.dumps(found)


@pytest.mark.parametrize(
    ("metric", "options", "words"),
    [
        pytest.param("bought:binary", {"arm": "variant"},
                     r"no column 'variant'\. It has: arm, bought", id="column"),
        pytest.param("bought:binary", {"segment": "place"}, "no column 'place'", id="segment"),
        pytest.param("bought:binary", {"attributes": ["tier"]}, "no column 'tier'", id="attribute"),
        pytest.param("bought:binary", {"id_column": "who"}, "no column 'who'", id="customer"),
        pytest.param("bought:mean:pre=before", {}, "no column 'before'", id="pre-period"),
        pytest.param("bought:binary", {"control": "none"},
                     r"No row is in arm 'none'\. There are: new, old", id="control"),
        pytest.param("arm:binary", {}, "2 values that are not 0 or 1", id="no flag"),
        pytest.param("arm:mean", {}, "not a number, such as 'new'", id="no number"),
        pytest.param("bought:binary", {"weights": {"old": -1, "new": 2}}, "0 or more", id="weight"),
        pytest.param("bought:binary", {"weights": {"old": 0, "new": 0}}, "above 0", id="no weight"),
        pytest.param("bought:binary", {"attributes": ["a"] * 8 + ["b", "arm"]},
                     "no column 'a'", id="attribute twice"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused(
    tmp_path: Path, metric: str, options: dict[str, Any], words: str
) -> None:
    path = write(tmp_path / "two.csv", "arm,bought\nold,0\nnew,1\n")

    with pytest.raises(InputError, match=words):
        analyse(path, metric, **options)


@pytest.mark.parametrize("value", ["nan", "inf", "1e400", "1,5", "£5", "2"])
@pytest.mark.parametrize("kind", ["binary", "mean"])
def test_a_value_that_cannot_be_read_is_named(tmp_path: Path, kind: str, value: str) -> None:
    path = write(tmp_path / "odd.csv", f'arm;x\nold;0\nnew;"{value}"\nold;1\n')
    if (kind, value) == ("mean", "2"):
        return

    with pytest.raises(InputError, match=r"Column 'x' has 1 value that is not .*, such as"):
        analyse(path, f"x:{kind}")


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        pytest.param("mean", "'nan'::DOUBLE", id="not a number"),
        pytest.param("mean", "'inf'::DOUBLE", id="infinite"),
        pytest.param("binary", "2", id="two"),
        pytest.param("binary", "-1", id="minus one"),
        pytest.param("binary", "0.5::DOUBLE", id="a half"),
        pytest.param("binary", "5000000000", id="billions"),
        pytest.param("binary", "DATE '2026-01-01'", id="a date"),
        pytest.param("mean:pre=other", "'inf'::DOUBLE", id="infinite before"),
    ],
)
def test_a_typed_value_that_cannot_be_read_is_named(tmp_path: Path, kind: str, values: str) -> None:
    path, column = tmp_path / "typed.parquet", "other" if "pre" in kind else "x"
    with duckdb.connect() as connection:
        connection.sql(
            "SELECT (['old', 'new'])[1 + range % 2] AS arm, range FROM range(100)"
        ).select(
            f"arm, CASE WHEN range = 7 THEN {values} END AS {column}"
            + (", 1 AS x" if column == "other" else "")
        ).write_parquet(str(path))

    with pytest.raises(InputError, match=f"Column '{column}' has 1 value that is not"):
        analyse(path, f"x:{kind}")


@pytest.mark.parametrize("rows", ["", ",1\n,0\n"])
def test_a_file_without_anybody_in_an_arm_is_refused(tmp_path: Path, rows: str) -> None:
    path = write(tmp_path / "nobody.csv", f"arm,bought\n{rows}")

    with pytest.raises(InputError, match="There are: no arms at all"):
        analyse(path, segment="bought", attributes=["bought"])


def test_a_ratio_per_less_than_nothing_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "below.csv", "arm,spent,net\nold,1,-3\nnew,2,-4\n")

    with pytest.raises(InputError, match="'net' has amounts below 0"):
        analyse(path, "spent:ratio:per=net")


@pytest.mark.parametrize("odd", [2, -1, 3])
@pytest.mark.parametrize("kind", ["binary", "binary:pre=x"])
def test_a_whole_number_among_flags_is_found_where_nothing_is_missing(
    tmp_path: Path, kind: str, odd: int
) -> None:
    path = tmp_path / "whole.parquet"
    with duckdb.connect() as connection:
        connection.sql(
            "SELECT (['old', 'new'])[1 + range % 2] AS arm, range FROM range(100)"
        ).select(
            f"arm, CAST(CASE WHEN range = 7 THEN {odd} ELSE range % 2 END AS INTEGER) AS x"
        ).write_parquet(str(path))

    with pytest.raises(InputError, match=f"1 value that is not 0 or 1 .*, such as '{odd}'"):
        analyse(path, f"x:{kind}")


def test_amounts_too_large_to_add_up_are_refused_and_not_infinite(tmp_path: Path) -> None:
    rows = [f"{arm},{i}e307" for arm in ("old", "new") for i in range(1, 10)]
    path = write(tmp_path / "huge.csv", "\n".join(["arm,spent", *rows]))

    with pytest.raises(InputError, match="too large to add up"):
        analyse(path, "spent:mean")


def test_a_customer_who_comes_twice_is_red(tmp_path: Path) -> None:
    rows = [f"c{i},{('old', 'new')[i % 2]},{int(i % 5 == 0)}" for i in range(1_000)]
    once = write(tmp_path / "once.csv", "\n".join(["who,arm,bought", *rows]))
    twice = write(tmp_path / "twice.csv", "\n".join(["who,arm,bought", *rows, rows[0]]))
    both = write(tmp_path / "both.csv", "\n".join(["who,arm,bought", *rows, "c0,new,1", ",old,0"]))

    good, repeated, crossed = (analyse(path, id_column="who") for path in (once, twice, both))

    assert good["health"]["customers"]["alert"] is False
    assert good["verdict"]["state"] != "invalid"
    assert repeated["health"]["customers"]["customers_repeated"] == 1
    assert "1 customer comes more than once" in repeated["verdict"]["sentence"]
    assert crossed["health"]["customers"]["customers_in_two_arms"] == 1
    assert crossed["health"]["customers"]["rows_without_id"] == 1
    assert "in two groups at once" in crossed["verdict"]["sentence"]
    assert {row["verdict"] for row in crossed["results"]} == {"invalid"}


def test_names_are_read_without_the_blanks_around_them(tmp_path: Path) -> None:
    path = tmp_path / "blanks.parquet"
    with duckdb.connect() as connection:
        connection.sql(
            "SELECT (['old', ' old', 'new', ''])[1 + range % 4] AS arm, range % 3 AS spent, "
            "(['x', 'x ', NULL])[1 + range % 3] AS place FROM range(1200)"
        ).write_parquet(str(path))

    found = analyse(path, "spent:mean", segment="place", attributes=["place"])

    assert {row["arm"]: row["n"] for row in found["arms"]} == {"old": 600, "new": 300}
    assert found["health"]["rows_without_arm"] == 300
    assert [row["segment"] for row in found["results"]] == [None, "not known", "x"]


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"There is no file .*gone\.csv\.$"):
        analyse(tmp_path / "gone.csv")
    with pytest.raises(InputError, match=r"is a folder\. Name a file in it\.$"):
        analyse(tmp_path)


@pytest.mark.parametrize(
    "content", [b"", b"\x50\x41\x52\x31 no parquet", "arm,é\n".encode("utf-16")]
)
def test_a_file_that_is_no_table_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "odd[1]*.csv"
    path.write_bytes(content)

    with pytest.raises(InputError, match=r"cannot be read as a table|has no column 'arm'"):
        analyse(path)


def test_a_campaign_and_its_outcomes_as_a_file_come_to_the_same(shop: Any, tmp_path: Path) -> None:  # noqa: ANN401
    shop.segment("loyal", 1_600)
    shop.segment("new", 800)
    shop.launched()
    shop.respond("click", {"control": 20, "A": 45, "B": 32, "C": 22})
    shop.respond("conversion", {"control": 6, "A": 11, "B": 9, "C": 10}, value=25.0)
    shop.respond("unsubscribe", {"control": 2, "B": 3})
    shop.measured()
    path = tmp_path / "outcomes.csv"
    shop.store.write_csv(path, "SELECT * FROM outcomes ORDER BY customer_id")

    found = analyse(path, "clicked:binary", "converted:binary", "revenue:mean",
                    "revenue:ratio:per=clicked", "unsubscribed:binary:guardrail=0.01",
                    control="control", segment="segment")  # fmt: skip

    names = {"clicked": "click", "converted": "conversion", "revenue": "revenue",
             "revenue per clicked": "revenue_per_click", "unsubscribed": "unsubscribe"}  # fmt: skip
    assert len(found["results"]) == 5 * 3 * 3
    for row in found["results"]:
        stored = shop.results(names[row["metric"]], row["segment"] or "")[row["arm"]]
        for column in ("n_treatment", "n_control", "mean_treatment", "mean_control", "difference",
                       "lift", "p", "p_adjusted", "family_size", "probability_best",
                       "needed_more", "verdict", "harm_bound", "lift_shrunk"):  # fmt: skip
            if column == "lift_shrunk" and names[row["metric"]] in {"revenue_per_click",
                                                                    "unsubscribe"}:  # fmt: skip
                continue
            assert same(row[column], stored[column]), (row, column)
        for interval, column in (("difference_ci", "difference"), ("lift_ci", "lift"),
                                 ("difference_ci_adjusted", "difference_{}_adjusted"),
                                 ("sequence_ci", "sequence")):  # fmt: skip
            named = column if "{}" in column else column + "_{}"
            ends = [stored[named.format(end)] for end in ("low", "high")]
            assert all(map(same, row[interval] or [None, None], ends)), (row, interval)
    assert found["verdict"]["state"] == shop.verdicts()[""]["state"]
