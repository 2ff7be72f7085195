"""A run as files for other tools: stable columns, a fresh look, and nobody who objected."""

from __future__ import annotations

import csv
import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest

from personalization import recommendation
from personalization.customers import erase_person, object_to_mailing
from personalization.errors import InputError, StateError
from personalization.recommendation import hand_over_run
from personalization.recommendation.handing_over import COLUMNS
from personalization.settings import Settings
from tests.recommendation.shops import ADD_EVENTS, TODAY, open_shop, product

if TYPE_CHECKING:
    from pathlib import Path

    from personalization.store import Store

SHOP = (
    "INSERT INTO datasets VALUES ('shop', 'Shop', false, now(), 'ann', NULL)",
    (
        "INSERT INTO customers (dataset_id, customer_id, email, consent_email) VALUES"
        " ('shop', 'c1', 'a@example.com', true), ('shop', 'c2', 'b@example.com', true),"
        " ('shop', '=c3', 'c@example.com', true)"
    ),
    (
        "INSERT INTO products (dataset_id, product_id, name, category, price, currency, stock, url)"
        " VALUES ('shop', 'mug', 'Red mug', 'Mugs', 4.5, 'GBP', 3, 'https://s.example/mug'),"
        " ('shop', 'bag', '+Bag', NULL, 9, 'GBP', NULL, NULL),"
        " ('shop', 'jar', 'Jar, \"old\"', 'Jars', 2, 'GBP', 1, NULL)"
    ),
    (
        "INSERT INTO recommendation_runs VALUES ('r1', 'shop', NULL, NULL, 'for_you', 2,"
        " TIMESTAMP '2026-01-02 03:04:05', '', '{}', 3, 3, 1, now(), 'ann')"
    ),
    (
        "INSERT INTO recommendations VALUES"
        " ('r1', 'c1', 1, 'mug', 0.9, 'for_you', 'jar', 31, 88, '{\"days\": 3}', false),"
        " ('r1', 'c1', 2, 'bag', 0.1, 'popular', NULL, 5, 9, NULL, true),"
        " ('r1', 'c2', 1, 'mug', 0.8, 'for_you', 'jar', 31, 88, NULL, false),"
        " ('r1', '=c3', 1, 'bag', 0.7, 'for_you', 'mug', 2, 8, NULL, false),"
        " ('r1', '=c3', 2, 'jar', 0.6, 'for_you', 'mug', 2, 8, NULL, false)"
    ),
)


@pytest.fixture
def shop(store: Store) -> Store:
    for statement in SHOP:
        store.run(statement)
    return store


def lines(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_all_formats_hold_the_same_rows_in_the_documented_columns(
    shop: Store, tmp_path: Path
) -> None:
    handed = hand_over_run(shop, "r1", tmp_path / "out", actor="ann")

    typed = shop.records("FROM read_parquet($at)", at=str(tmp_path / "out/recommendations.parquet"))
    flat = lines(tmp_path / "out/recommendations.csv")
    text = (tmp_path / "out/recommendations.jsonl").read_text("utf-8")
    people = [json.loads(line) for line in text.splitlines()]
    assert (handed.customers, handed.rows, handed.short, dict(handed.left_out)) == (3, 5, 1, {})
    assert list(typed[0]) == list(flat[0]) == list(COLUMNS)
    keys = [(row["customer_id"], row["rank"], row["product_id"]) for row in typed]
    assert keys == [
        ("=c3", 1, "bag"), ("=c3", 2, "jar"), ("c1", 1, "mug"), ("c1", 2, "bag"), ("c2", 1, "mug"),
    ]  # fmt: skip
    assert [
        (person["customer_id"], product["rank"], product["product_id"])
        for person in people
        for product in person["products"]
    ] == keys
    mug = people[1]["products"][0]
    assert (mug["source_name"], mug["together"], mug["base"], mug["detail"]) == (
        'Jar, "old"', 31, 88, {"days": 3},
    )  # fmt: skip
    assert people[1]["as_of"] == flat[2]["as_of"] == "2026-01-02T03:04:05Z"


def test_no_cell_of_the_csv_is_a_formula(shop: Store, tmp_path: Path) -> None:
    hand_over_run(shop, "r1", tmp_path / "out", formats=["csv"], actor="ann")

    first = lines(tmp_path / "out/recommendations.csv")[0]
    assert (first["customer_id"], first["product_name"]) == ("'=c3", "'+Bag")


def test_what_may_no_longer_be_shown_is_left_out_and_the_ranks_close_up(
    shop: Store, tmp_path: Path
) -> None:
    shop.run("UPDATE products SET stock = 0 WHERE product_id = 'mug'")
    shop.run("UPDATE products SET price = 7.5 WHERE product_id = 'bag'")
    shop.run("DELETE FROM products WHERE product_id = 'jar'")

    handed = hand_over_run(shop, "r1", tmp_path / "out", formats=["csv"], actor="ann")

    rows = lines(tmp_path / "out/recommendations.csv")
    assert [(r["customer_id"], r["rank"], r["product_id"], r["price"]) for r in rows] == [
        ("'=c3", "1", "bag", "7.5"), ("c1", "1", "bag", "7.5"),
    ]  # fmt: skip
    assert dict(handed.left_out) == {"not in the catalogue": 1, "out_of_stock": 2}
    assert (handed.customers, handed.short) == (2, 2)


def test_what_may_no_longer_be_shown_to_this_customer_is_left_out(
    store: Store, tmp_path: Path
) -> None:
    """The gin is put behind a gate after the run, the kid buys p2, and one product stays."""
    shelf = [product("gin"), product("p2"), product("p3"), product("p4")]
    done = [(f"x{n}", row["product_id"], "purchase", 10) for n in range(30) for row in shelf]
    ages = dict.fromkeys([f"x{n}" for n in range(30)], ("Italy", 40)) | {"kid": ("Italy", 12)}
    open_shop(store, shelf, [*done, ("kid", "p4", "purchase", 20)], ages)
    run_id = recommendation.recommend(
        store, Settings(), "shop", strategy="popular", wanted=3, actor="mia"
    )
    store.run("UPDATE products SET gate = 'age_18' WHERE product_id = 'gin'")
    store.run(ADD_EVENTS, customers=["kid"], products=["p2"], events=["purchase"], prices=[10.0],
              orders=["z"], times=[TODAY])  # fmt: skip

    handed = hand_over_run(store, run_id, tmp_path / "out", formats=["csv"], actor="mia")

    rows = lines(tmp_path / "out/recommendations.csv")
    assert [(row["customer_id"], row["rank"], row["product_id"]) for row in rows] == [
        ("kid", "1", "p3")
    ]
    assert handed.left_out == {"gate": 1, "bought_lately": 1}


def test_what_they_buy_again_is_handed_over_though_they_have_it(
    store: Store, tmp_path: Path
) -> None:
    """The catalogue marks nothing as used up: three purchases make the habit, as in the run."""
    habit = [("ann", "tea", "purchase", day) for day in (31, 61, 91)]
    open_shop(store, [product("tea"), product("mug")], [*habit, ("ben", "mug", "purchase", 0)])
    run_id = recommendation.recommend(
        store, Settings(), "shop", strategy="buy_again", wanted=1, actor="mia"
    )

    handed = hand_over_run(store, run_id, tmp_path / "out", formats=["csv"], actor="mia")

    rows = lines(tmp_path / "out/recommendations.csv")
    assert ("ann", "tea") in [(row["customer_id"], row["product_id"]) for row in rows]
    assert handed.left_out == {}


def test_who_objected_is_not_handed_over(shop: Store, tmp_path: Path) -> None:
    object_to_mailing(
        shop, customer_id="c1", reason="objected", actor="ann", received_at=shop.now()
    )

    handed = hand_over_run(shop, "r1", tmp_path / "out", actor="ann")

    whole = (tmp_path / "out/recommendations.jsonl").read_text("utf-8")
    assert ('"c1"' in whole, '"c2"' in whole) == (False, True)
    assert dict(handed.left_out) == {"objected": 2}


def test_the_manifest_has_the_hash_of_every_file_and_the_trail_knows_it(
    shop: Store, tmp_path: Path
) -> None:
    handed = hand_over_run(shop, "r1", tmp_path / "out", actor="ann")

    manifest = json.loads((tmp_path / "out/manifest.json").read_text("utf-8"))
    bytes_of = {name: (tmp_path / "out" / name).read_bytes() for name in manifest["files"]}
    assert manifest["files"] == dict(handed.files) == {
        name: hashlib.sha256(data).hexdigest() for name, data in bytes_of.items()
    }  # fmt: skip
    assert {path.name for path in (tmp_path / "out").iterdir()} == {*bytes_of, "manifest.json"}
    ((payload,),) = shop.read("SELECT payload FROM audit_log ORDER BY seq DESC LIMIT 1")
    kept: dict[str, Any] = json.loads(payload)
    assert (kept["files"], kept["rows"]) == (manifest["files"], 5)
    assert "Red mug" not in payload


def test_a_folder_that_is_there_a_run_or_format_that_is_not_are_refused(
    shop: Store, tmp_path: Path
) -> None:
    (tmp_path / "out").mkdir()

    with pytest.raises(StateError, match="is there already"):
        hand_over_run(shop, "r1", tmp_path / "out", actor="ann")
    with pytest.raises(InputError, match="There is no run 'r2'"):
        hand_over_run(shop, "r2", tmp_path / "new", actor="ann")
    with pytest.raises(InputError, match="There is no format 'xlsx'"):
        hand_over_run(shop, "r1", tmp_path / "new", formats=["xlsx"], actor="ann")
    assert not (tmp_path / "new").exists()


def test_erasing_somebody_tells_of_the_files_that_name_them(shop: Store, tmp_path: Path) -> None:
    hand_over_run(shop, "r1", tmp_path / "crm", actor="mia")

    erased = erase_person(shop, "c1", confirmed="c1", actor="olga")

    assert erased.folders == (str(tmp_path / "crm"),)
    assert erase_person(shop, "=c3", confirmed="=c3", actor="olga").folders == erased.folders
