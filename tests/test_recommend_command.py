"""``personalize recommend`` on files, as somebody without the app would use it."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from personalization import campaign
from personalization.cli import main
from personalization.store import open_store
from tests.recommendation.deeds import add_deeds, crowd

if TYPE_CHECKING:
    from pathlib import Path

ROW = ["user_id", "rank", "item_id", "score", "strategy", "source_item", "evidence"]
START = 1_767_225_600  # 1 January 2026


def write(path: Path, rows: list[tuple[object, ...]], delimiter: str = ",") -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter=delimiter).writerows(rows)
    return path


def deeds() -> list[tuple[str, str, int]]:
    """Return user, item and seconds since 1970."""
    return [(user, item, START - 86_400 * days) for user, item, _, days in crowd(30, 16)]


@pytest.fixture
def interactions(tmp_path: Path) -> Path:
    return write(tmp_path / "log.csv", [("user", "item", "timestamp"), *deeds()])


def recommend(
    capsys: pytest.CaptureFixture[str], *arguments: object
) -> tuple[int, list[dict[str, Any]], str]:
    code = main(["recommend", "--json", *map(str, arguments)])
    told = capsys.readouterr()
    return code, [json.loads(line) for line in told.out.splitlines()] if not code else [], told.err


def test_every_user_gets_as_many_items_as_were_asked_for_and_none_that_they_have(
    interactions: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, rows, _ = recommend(capsys, "--interactions", interactions, "--k", 3)

    assert code == 0
    assert all(list(row) == ROW for row in rows)
    users = {user for user, *_ in deeds()}
    assert [(row["user_id"], row["rank"]) for row in rows] == [
        (user, rank) for user in sorted(users) for rank in (1, 2, 3)
    ]
    assert not {(row["user_id"], row["item_id"]) for row in rows} & {d[:2] for d in deeds()}
    owners: dict[str, set[str]] = {}
    for user, item, _ in deeds():
        owners.setdefault(item, set()).add(user)
    reasons = [row for row in rows if row["strategy"] == "for_you"]
    assert len(reasons) > len(rows) / 2
    for row in reasons:
        assert row["user_id"] in owners[row["source_item"]]
        both = owners[row["source_item"]] & owners[row["item_id"]]
        assert row["evidence"]["together"] == len(both)
        assert row["evidence"]["base"] == len(owners[row["source_item"]])


def test_what_a_user_has_may_be_allowed(
    interactions: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, rows, _ = recommend(
        capsys, "--interactions", interactions, "--allow-seen", "--strategy", "popular", "--k", 8
    )

    assert {(row["user_id"], row["item_id"]) for row in rows} & {deed[:2] for deed in deeds()}


def test_a_file_without_names_is_read_as_user_item_rating_and_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As MovieLens' u.data is: separated by tabs, a rating between item and time."""
    named = {user: n for n, user in enumerate(sorted({user for user, *_ in deeds()}), start=1)}
    rows = [(named[user], item[1:].lstrip("0") or "99", 3, at) for user, item, at in deeds()]
    bare = write(tmp_path / "u.data", list(rows), "\t")

    code, found, _ = recommend(capsys, "--interactions", bare, "--k", 2)

    assert code == 0
    assert len(found) == 2 * len(named)


def test_a_file_that_says_nothing_of_its_columns_asks_for_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bare = write(tmp_path / "bare.csv", [(n, f"x{n % 7}", "blue") for n in range(1, 40)])

    code, _, told = recommend(capsys, "--interactions", bare)

    assert code == 2
    assert "--map '#1=customer_id'" in told


def test_the_rules_of_a_catalogue_hold(
    tmp_path: Path, interactions: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    items = sorted({item for _, item, _ in deeds()})
    gone, dear = items[0], items[1]
    lines = [(item, f"Thing {item}", 0 if item == gone else 5, "yes" if item != dear else "no")
             for item in items[:-1]]  # fmt: skip
    catalogue = write(
        tmp_path / "products.csv", [("product id", "name", "stock", "active"), *lines]
    )

    _, rows, _ = recommend(
        capsys, "--interactions", interactions, "--products", catalogue, "--k", 4
    )

    shown = {row["item_id"] for row in rows}
    assert len(shown) > 5
    assert not shown & {gone, dear, items[-1]}


def test_the_files_that_are_written_hold_the_same_rows(tmp_path: Path, interactions: Path) -> None:
    made = campaign.recommend_from_files(interactions, wanted=2)
    paths = {ending: tmp_path / f"out.{ending}" for ending in ("csv", "jsonl", "parquet")}

    for path in paths.values():
        campaign.write_recommendations(made.store, made.run_id, path)

    rows = list(campaign.recommendation_rows(made.store, made.run_id))
    lines = paths["jsonl"].read_text("utf-8").splitlines()
    assert [json.loads(line) for line in lines] == rows
    with paths["csv"].open(encoding="utf-8", newline="") as file:
        assert [told(row) for row in csv.DictReader(file)] == [told(row) for row in rows]
    columns = duckdb.connect().read_parquet(str(paths["parquet"]))
    assert columns.columns == ROW
    assert len(columns) == len(rows) == made.summary()["rows"] == 60


def test_no_cell_of_the_csv_that_is_written_is_a_formula(tmp_path: Path) -> None:
    rows = [(f"u{n:02}", item, START) for n in range(12) for item in ("pot", "@SUM(1)")]
    rows += [("=cmd|x", "pot", START), ("u99", "@SUM(1)", START)]
    log = write(tmp_path / "log.csv", [("user", "item", "timestamp"), *rows])

    main(["recommend", "--interactions", str(log), "--k", "1", "--out", str(tmp_path / "out.csv")])

    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        found = {
            row["user_id"]: (row["item_id"], row["source_item"]) for row in csv.DictReader(file)
        }
    assert found == {"'=cmd|x": ("'@SUM(1)", "pot"), "u99": ("pot", "'@SUM(1)")}


def told(row: dict[str, Any]) -> tuple[str, ...]:
    return tuple(str(row[name] or "") for name in ("user_id", "rank", "item_id", "source_item"))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param(["--out", "x.xlsx"], ".csv, .jsonl, .parquet", id="an ending nobody writes"),
        pytest.param(["--k", "0"], "Ask for 1 or more", id="nothing wanted"),
        pytest.param(["--as-of", "yesterday"], "is no time", id="a day nobody knows"),
        pytest.param(["--as-of", "2019-01-01"], "nothing up to", id="before the first event"),
        pytest.param(["--as-of", "2019-01-01T00:00+05:00"], "31 December 2018", id="in a zone"),
        pytest.param(["--user", "u999"], "Nothing is known of 'u999'", id="a stranger"),
        pytest.param(["--dataset", "shop"], "Name one of", id="a file and a base"),
    ],
)
def test_what_cannot_be_done_is_said(
    interactions: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], told: str
) -> None:
    code, _, error = recommend(capsys, "--interactions", interactions, *arguments)

    assert code == 2
    assert told in error


def test_a_customer_base_is_recommended_for_by_its_own_rules_and_keeps_the_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "shop.duckdb"
    store = open_store(path)
    add_deeds(store, crowd(30, 16))
    store.run(
        "INSERT INTO products (dataset_id, product_id, name, price, stock) "
        "SELECT DISTINCT dataset_id, product_id, product_id, 5, CASE product_id WHEN 'p000' "
        "THEN 0 ELSE 9 END FROM interactions"
    )
    store.close()

    code, rows, _ = recommend(
        capsys, "--dataset", "shop", "--database", path, "--k", 2, "--user", "c001"
    )

    assert code == 0
    assert [(row["user_id"], row["rank"]) for row in rows] == [("c001", 1), ("c001", 2)]
    assert "p000" not in {row["item_id"] for row in rows}
    again = open_store(path)
    assert again.read("SELECT count(*) FROM recommendations") == [(2,)]
    again.close()


def test_an_unknown_base_is_told_with_those_that_are_known(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "shop.duckdb"
    store = open_store(path)
    add_deeds(store, crowd(4, 4))
    store.close()

    code, _, told = recommend(capsys, "--dataset", "ship", "--database", path)

    assert code == 2
    assert "There are: shop (shop)" in told


def test_a_file_whose_columns_are_not_understood_is_told_what_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "odd.csv"
    path.write_text("wer,was,wann\na,b,2026-01-01\n", "utf-8")

    assert main(["recommend", "--interactions", str(path)]) == 2

    told = capsys.readouterr().err
    assert "the item or the time" in told
    assert "'wer', 'was', 'wann'" in told
    assert "--map COLUMN=product_id" in told


def test_rows_that_are_not_read_are_counted_beside_the_answer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "some.csv"
    path.write_text("user,item,time\na,b,2026-01-01\na,c,yesterday\n", "utf-8")

    assert main(["recommend", "--interactions", str(path)]) == 0

    assert "Of 2 rows 1 were not read: bad_happened_at 1." in capsys.readouterr().err


def test_in_a_file_of_views_alone_what_was_looked_at_is_not_recommended(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seen = [(user, item, "view", moment) for user, item, moment in deeds()]
    path = write(tmp_path / "views.csv", [("user", "item", "event", "timestamp"), *seen])

    code, rows, _ = recommend(capsys, "--interactions", path, "--k", 3)

    assert code == 0
    assert rows
    assert not {(row["user_id"], row["item_id"]) for row in rows} & {one[:2] for one in seen}
