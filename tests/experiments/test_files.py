from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from personalization.errors import InputError
from personalization.experiments import analyze_file

if TYPE_CHECKING:
    from pathlib import Path

# Visits of Hillstrom's e-mail test (2008): customers and visitors of each arm, as counts.
HILLSTROM = (("No E-Mail", 21_306, 2_262), ("Mens E-Mail", 21_307, 3_894),
             ("Womens E-Mail", 21_387, 3_238))  # fmt: skip
_ROWS = "SELECT $arm AS segment, CASE WHEN range < $x THEN 1 ELSE 0 END AS visit FROM range($n)"


def write(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    return path


@pytest.fixture
def hillstrom(tmp_path: Path) -> Path:
    """One row for each customer, with the real counts."""
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE rows (segment VARCHAR, visit INTEGER)")
        for arm, n, x in HILLSTROM:
            connection.execute(f"INSERT INTO rows {_ROWS}", {"arm": arm, "n": n, "x": x})
        connection.sql("FROM rows").write_csv(str(tmp_path / "hillstrom.csv"))
        connection.sql("FROM rows").write_parquet(str(tmp_path / "hillstrom.parquet"))
    return tmp_path / "hillstrom.csv"


def analyse(path: Path, **options: Any) -> dict[str, Any]:  # noqa: ANN401
    chosen = {"arm": "segment", "control": "No E-Mail", "metrics": {"visit": "binary"}, **options}
    return analyze_file(path, **chosen)


def test_hillstrom_comes_out_as_published(hillstrom: Path) -> None:
    """Sources: Hillstrom 2008; Rizzzyyy1/hillstrom README for the sample ratio."""
    found = analyse(hillstrom)

    mens, womens = found["results"]
    assert found["arms"][1] == {"arm": "No E-Mail", "n": 21_306}
    assert found["health"]["srm"]["p"] == pytest.approx(0.9037, abs=5e-5)
    assert (mens["mean_control"], mens["mean_treatment"]) == pytest.approx(
        (0.1062, 0.1828), abs=5e-5
    )
    assert mens["lift"] == pytest.approx(0.721, abs=5e-4)
    assert mens["lift_ci"] == pytest.approx([0.640, 0.8065], abs=5e-4)
    assert womens["lift_ci"] == pytest.approx([0.356, 0.500], abs=5e-4)
    assert mens["difference_ci_adjusted"] == pytest.approx([0.0691, 0.0841], abs=5e-5)
    assert (mens["segment"], mens["family_size"]) == (None, 2)
    assert found["verdict"] == {
        "state": "ship",
        "sentence": "Mens E-Mail lifts visit by 72 % (64 % to 81 %).",
    }


def test_parquet_and_csv_are_read_alike(hillstrom: Path) -> None:
    assert analyse(hillstrom.with_suffix(".parquet")) == analyse(hillstrom)


def test_planned_weights_decide_on_the_sample_ratio(hillstrom: Path) -> None:
    found = analyse(hillstrom, weights={"No E-Mail": 2, "Mens E-Mail": 1, "Womens E-Mail": 1})

    assert found["health"]["srm"]["alert"]
    assert found["verdict"]["state"] == "invalid"


def test_an_arm_without_weight_is_a_leak(hillstrom: Path) -> None:
    found = analyse(hillstrom, weights={"No E-Mail": 1, "Mens E-Mail": 1})

    assert found["health"]["srm"]["leak"]
    assert found["verdict"]["state"] == "invalid"


def test_columns_may_be_called_anything(tmp_path: Path) -> None:
    """A name is data: quotes, a semicolon or a keyword in it are only a name."""
    rows = "\n".join(
        ["x,1,North"] * 30 + ["x,0,North"] * 30 + ["y,1,South"] * 20 + ["y,0,South"] * 40
    )
    path = write(tmp_path / "odd.csv", f'"the ""arm""; DROP TABLE x",select,"in place"\n{rows}\n')

    found = analyze_file(
        path, arm='the "arm"; DROP TABLE x', control="y", metrics={"select": "binary"}
    )

    assert found["results"][0]["difference"] == pytest.approx(1 / 2 - 1 / 3)


def test_segments_are_told_apart_and_corrected(tmp_path: Path) -> None:
    rows = [f"{arm},{place},{int(i < x)}"
            for place in ("north", "south")
            for arm, x in (("old", 20), ("new", 40)) for i in range(100)]  # fmt: skip
    path = write(tmp_path / "split.csv", "\n".join(["arm,place,bought", *rows]))

    found = analyze_file(
        path, arm="arm", control="old", metrics={"bought": "binary"}, segment="place"
    )

    assert [row["segment"] for row in found["results"]] == [None, "north", "south"]
    assert [row["family_size"] for row in found["results"]] == [1, 2, 2]
    assert found["results"][1]["difference_ci_adjusted"] is None


def test_amounts_words_and_gaps(tmp_path: Path) -> None:
    rows = ["arm,spent,clicked"]
    rows += [f"old,{10 + i % 5},no" for i in range(50)] + [
        f"new,{12 + i % 5},yes" for i in range(50)
    ]
    rows += ["old,,", "new,,", ",3,yes"]
    path = write(tmp_path / "gaps.csv", "\n".join(rows))

    found = analyze_file(
        path, arm="arm", control="old", metrics={"spent": "mean", "clicked": "binary"}
    )

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

    found = analyze_file(path, arm="arm", control="old", metrics={"bought": "binary"})

    assert found["verdict"]["state"] == "not_enough_data"
    assert found["results"][0]["p"] is None
    assert "fewer than 5" in found["results"][0]["reason"]
    assert "new has 1 bought from 1 person" in found["verdict"]["sentence"]
    assert "NaN" not in json.dumps(found)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        pytest.param({"arm": "variant"}, r"no column 'variant'\. It has: arm, bought", id="column"),
        pytest.param({"control": "none"}, "No row is in arm 'none'", id="control"),
        pytest.param({"metrics": {"bought": "ratio"}}, "cannot be 'ratio'", id="kind"),
        pytest.param({"metrics": {}}, "at least one column", id="no metric"),
        pytest.param({"metrics": {"arm": "binary"}}, "2 values that are not 0 or 1", id="no flag"),
        pytest.param({"metrics": {"arm": "mean"}}, "not a number, such as 'new'", id="no number"),
    ],
)
def test_what_cannot_be_read_is_refused(
    tmp_path: Path, options: dict[str, Any], words: str
) -> None:
    path = write(tmp_path / "two.csv", "arm,bought\nold,0\nnew,1\n")
    chosen = {"arm": "arm", "control": "old", "metrics": {"bought": "binary"}, **options}

    with pytest.raises(InputError, match=words):
        analyze_file(path, **chosen)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read as a table"):
        analyse(tmp_path / "gone.csv")
