from __future__ import annotations

import csv
import hashlib
import json
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from personalization.cli import main
from personalization.errors import InputError
from personalization.experiments.assignment import cell_sizes
from personalization.experiments.file_assignment import assign_file

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Shop

EVEN = {"none": 1.0, "a": 1.0}


def people(path: Path, *rows: str) -> Path:
    path.write_text("\n".join(["who,place", *rows]), "utf-8")
    return path


def drawn(path: Path, **options: Any) -> dict[str, dict[str, str]]:  # noqa: ANN401
    """Assign a file, and return what was written, by id."""
    out = path.with_name("arms.csv")
    chosen = {"id_column": "who", "weights": EVEN, "salt": "pepper"} | options
    found = assign_file(path, out=out, **chosen)
    rows = list(csv.DictReader(out.open(encoding="utf-8")))
    written = {row["id"]: row for row in rows}
    assert len(rows) == len(written) == found["customers"]
    return written


def test_both_doors_give_the_same_arms(shop: Shop, tmp_path: Path) -> None:
    shop.segment("loyal", 211)
    shop.segment("new", 97)
    shop.assigned(control_weight=0.4, holdout_weight=0.1)
    store = shop.store
    salt = store.read("SELECT salt FROM experiments")[0][0]
    weights = dict(
        store.read("SELECT arm, weight FROM arms WHERE segment = 'loyal' ORDER BY position, arm")
    )
    path = tmp_path / "people.csv"
    store.write_csv(path, "SELECT customer_id AS who, segment AS place FROM assignments")

    found = drawn(path, weights=weights, salt=salt, segment="place")

    wanted = store.read("SELECT customer_id, segment, arm, propensity FROM assignments")
    assert len(wanted) == 308
    assert {(row["id"], row["segment"], row["arm"], float(row["propensity"]))
            for row in found.values()} == set(wanted)  # fmt: skip


def test_anybody_can_work_the_draw_out_again(tmp_path: Path) -> None:
    """Known answer: the order of md5, cut at 2 and at 5 of ten, by another md5."""
    path = people(tmp_path / "ten.csv", *(f"c{i},x" for i in range(10)))

    found = drawn(path, weights={"none": 0.25, "a": 0.25, "b": 0.5})

    def digest(who: str) -> str:
        return hashlib.md5(f"pepper:{who}".encode(), usedforsecurity=False).hexdigest()

    order = sorted(found, key=digest)
    assert cell_sizes(10, [0.25, 0.25, 0.5]) == [2, 3, 5]
    assert [found[who]["arm"] for who in order] == ["none"] * 2 + ["a"] * 3 + ["b"] * 5
    assert {row["segment"] for row in found.values()} == {"all"}


def test_weights_are_in_any_unit_and_one_of_nothing_gets_nobody(tmp_path: Path) -> None:
    path = people(tmp_path / "many.csv", *(f"c{i},{'xy'[i % 2]}" for i in range(200)))

    found = drawn(path, weights={"none": 30, "a": 10, "off": 0}, segment="place")

    cells = [(row["segment"], row["arm"]) for row in found.values()]
    assert {cell: cells.count(cell) for cell in cells} == {
        ("x", "none"): 75, ("y", "none"): 75, ("x", "a"): 25, ("y", "a"): 25,
    }  # fmt: skip
    assert {row["propensity"] for row in found.values()} == {"0.75", "0.25"}


def test_another_salt_is_another_draw(tmp_path: Path) -> None:
    path = people(tmp_path / "many.csv", *(f"c{i},x" for i in range(400)))

    first, again, other = drawn(path), drawn(path), drawn(path, salt="thyme")

    assert first == again
    assert 120 < sum(first[who]["arm"] != other[who]["arm"] for who in first) < 280  # half by luck


def test_a_parquet_file_with_numbers_for_ids_is_drawn_as_its_text_is(tmp_path: Path) -> None:
    text = people(tmp_path / "text.csv", *(f"{i},x" for i in range(50)))
    typed = tmp_path / "typed.parquet"
    with duckdb.connect() as connection:
        connection.sql("SELECT range AS who, 'x' AS place FROM range(50)").write_parquet(str(typed))

    assert drawn(typed, segment="place") == drawn(text, segment="place")


def test_a_blank_segment_is_one_of_its_own(tmp_path: Path) -> None:
    path = people(tmp_path / "blank.csv", "c1,", "c2,x", "c3,")

    found = drawn(path, segment="place")

    assert found["c1"]["segment"] == found["c3"]["segment"] == "not known"
    assert {found["c1"]["arm"], found["c3"]["arm"]} == {"none", "a"}


@pytest.mark.parametrize(
    ("rows", "options", "words"),
    [
        pytest.param(["c1,x", "c2,x", "c1,y"], {}, "1 customer comes more than once .* 'c1'",
                     id="twice"),
        pytest.param(["c1,x", "c1,x", "c2,x", "c2,x"], {}, "2 customers come more than once",
                     id="two of them twice"),
        pytest.param(["c1,x", ",x", " ,y"], {}, "2 rows have no id in column 'who'", id="no id"),
        pytest.param([], {}, "no rows", id="nobody"),
        pytest.param(["c1,x"], {"id_column": "id"}, "no column 'id'", id="no column"),
        pytest.param(["c1,x"], {"segment": "tier"}, "no column 'tier'", id="no segment"),
        pytest.param(["c1,x"], {"weights": {"a": 1, "b": -1}}, "weight of 'b' is -1", id="below 0"),
        pytest.param(["c1,x"], {"weights": {"a": 0}}, "No arm has a weight", id="no weight"),
        pytest.param(["c1,x"], {"weights": {}}, "No arm has a weight", id="no arms"),
        pytest.param(["c1,x"], {"weights": {"a": 1, " ": 1}}, "a name of its own", id="no name"),
        pytest.param(["c1,x"], {"salt": " "}, "salt is empty", id="no salt"),
    ],
)  # fmt: skip
def test_what_cannot_be_drawn_is_refused_and_nothing_is_written(
    tmp_path: Path, rows: list[str], options: dict[str, Any], words: str
) -> None:
    path = people(tmp_path / "odd.csv", *rows)

    with pytest.raises(InputError, match=words):
        drawn(path, **options)

    assert not (tmp_path / "arms.csv").exists()


def test_the_file_that_is_read_is_never_written_over(tmp_path: Path) -> None:
    path = people(tmp_path / "people.csv", "c1,x")
    before = path.read_text("utf-8")

    with pytest.raises(InputError, match="is the file that is read"):
        assign_file(path, id_column="who", weights=EVEN, salt="s", out=path)
    with pytest.raises(InputError, match="There is no folder"):
        assign_file(path, id_column="who", weights=EVEN, salt="s", out=tmp_path / "no" / "x.csv")

    assert path.read_text("utf-8") == before


def test_the_command_counts_by_segment_and_arm(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = people(tmp_path / "people.csv", *(f"c{i},{'xyy'[i % 3]}" for i in range(30)))
    out = tmp_path / "arms.csv"
    words = ["assign", str(path), "--id", "who", "--segment", "place", "--salt", "pepper",
             "--weights", '{"none": 3, "a": 1}', "--out", str(out)]  # fmt: skip

    assert main([*words, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert main(words) == 0
    told = capsys.readouterr().out

    wanted = {
        (place, arm): n
        for place, size in (("x", 10), ("y", 20))
        for arm, n in zip(("none", "a"), cell_sizes(size, [0.75, 0.25]), strict=True)
    }
    assert {(one["segment"], one["arm"]): one["customers"] for one in found["cells"]} == wanted
    assert (found["customers"], found["salt"], found["method"]) == (30, "pepper", "blocked")
    assert found["out"] == str(out)
    assert f"  x: none {wanted['x', 'none']}, a {wanted['x', 'a']}" in told
    assert "the salt 'pepper'" in told


def test_the_command_refuses_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = ["assign", str(tmp_path / "gone.csv"), "--id", "who", "--salt", "s", "--out",
            str(tmp_path / "arms.csv"), "--weights"]  # fmt: skip

    assert main([*gone, '{"a": 1}']) == 2
    assert capsys.readouterr().err.startswith("There is no file")
    assert main([*gone, "half"]) == 2
    assert "is no JSON of arms and shares" in capsys.readouterr().err
