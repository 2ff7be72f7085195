"""A catalogue as shops export it: what is understood, told, and changed by a newer file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from personalization.customers import problems_of
from personalization.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from personalization.customers import Intake
    from personalization.store import Store

    Check = Callable[..., Intake]

# The headings of the shops' own exports; the rows are ours.
SHOPIFY = (
    "Handle,Title,Body (HTML),Vendor,Product Category,Type,Tags,Published,Option1 Value,"
    "Variant SKU,Variant Inventory Qty,Variant Price,Cost per item,Status\n"
    'red-mug,Red mug,"<p>A <b>red</b> mug &amp; lid</p>",Acme,Home & Garden > Kitchen > Mugs,Mug,'
    '"red, gift",TRUE,Red,M-1,12,4.50,2.00,active\n'
    "red-mug,Blue mug,,,Home & Garden > Kitchen > Mugs,Mug,,TRUE,Blue,M-2,-3,6.50,,draft\n"
)
WOOCOMMERCE = (
    'ID,Type,SKU,Name,Published,Description,"In stock?",Stock,"Regular price",Categories,Tags\n'
    '11,simple,w1,Candle,1,Warm,1,5,"9,90",Home > Candles,warm\n'
    '12,simple,w2,Lamp,0,,0,,"12,50",Home > Lamps,\n'
)
GOOGLE = (
    "id\ttitle\tlink\tavailability\tprice\tgtin\tgoogle_product_category\tproduct_type\t"
    "item_group_id\tcolor\tcost_of_goods_sold\tadult\n"
    "A1\tMug\thttps://shop.example/m1\tin_stock\t4.50 GBP\t123\tHome > Kitchen\tMugs > Red\tG1\t"
    "red\t2.00 GBP\tno\n"
    "A2\tWine\tshop.example/m2\tout_of_stock\t14.50 GBP\t124\tFood > Wine\tWine\t\t\t\tyes\n"
)
GERMAN = (
    "Artikelnr;Bezeichnung;Kategoriepfad;Preis;EK-Preis;Bestand;Marge;Aktiv;Verbrauchsartikel;"
    "Mindestalter;Farbe\n"
    "001;Becher;Küche/Becher;4,50;2,00;12;45 %;ja;nein;;rot\n"
    "002;Kerze;Wohnen/Kerzen;1.234,50;;ausverkauft;30%;nein;ja;;weiß\n"
    "003;Likör;Feinkost;14,00;7,00;auf Lager;x;vielleicht;ja;ab 16;\n"
)

QUOTE = '"'


def rows(store: Store, intake: Intake) -> list[dict[str, Any]]:
    return store.records("FROM read_parquet($at) ORDER BY line", at=str(intake.staged))


def told(intake: Intake) -> list[tuple[Any, ...]]:
    return [(p["line"], p["value"], p["reason"]) for p in problems_of(intake)]


def test_tags_are_parted_by_commas_however_the_file_parts_them(check: Check, store: Store) -> None:
    """A rule that keeps out what is tagged "clearance" compares whole tags."""
    cells = ("new;clearance", "new|clearance", '["new", "clearance"]', "['new','clearance']",
             "new ,clearance,", "new、clearance", "R&amp;B; clearance", "[]", "")  # fmt: skip
    lines = [f'p{n}\tMug {n}\t4.5\t"{cell.replace(QUOTE, QUOTE * 2)}"'
             for n, cell in enumerate(cells)]  # fmt: skip

    intake = check("\n".join(["sku\tname\tprice\ttags", *lines]) + "\n", target="products")

    assert [row["tags"] for row in rows(store, intake)] == [
        *["new, clearance"] * 6, "R&B, clearance", None, None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            SHOPIFY,
            [
                {
                    "product_id": "M-1", "name": "Red mug", "description": "A red mug & lid",
                    "category": "Mugs", "category_path": "Home & Garden > Kitchen > Mugs",
                    "price": 4.5, "margin": 0.5556, "stock": 12.0, "tags": "red, gift",
                    "variant_group": "red-mug", "active": True,
                },
                {"product_id": "M-2", "stock": -3.0, "variant_group": "red-mug", "active": False},
            ],
            id="Shopify",
        ),
        pytest.param(
            WOOCOMMERCE,
            [
                {"product_id": "w1", "category": "Candles", "price": 9.9, "stock": 5.0},
                {"product_id": "w2", "category": "Lamps", "stock": 0.0, "active": False},
            ],
            id="WooCommerce",
        ),
        pytest.param(
            GOOGLE,
            [
                {
                    "product_id": "A1", "category_path": "Mugs > Red", "price": 4.5,
                    "currency": "GBP", "margin": 0.5556, "stock": None, "gate": None,
                    "url": "https://shop.example/m1", "variant_group": "G1",
                },
                {"product_id": "A2", "stock": 0.0, "gate": "age_18", "url": None},
            ],
            id="a feed for Google",
        ),
        pytest.param(
            GERMAN,
            [
                {
                    "product_id": "001", "category": "Becher", "category_path": "Küche > Becher",
                    "margin": 0.45, "stock": 12.0, "replenishable": False, "active": True,
                },
                {
                    "product_id": "002", "price": 1234.5, "margin": 0.3, "stock": 0.0,
                    "replenishable": True, "active": False,
                },
                {"product_id": "003", "margin": 0.5, "stock": None, "active": False,
                 "gate": "age_16"},
            ],
            id="German, with words for numbers",
        ),
    ],
)  # fmt: skip
def test_a_shops_own_export_is_understood(
    check: Check, store: Store, text: str, expected: list[dict[str, Any]]
) -> None:
    intake = check(text, target="products")

    found = rows(store, intake)
    assert intake.ask == ()
    assert [{name: row[name] for name in known}
            for row, known in zip(found, expected, strict=True)] == expected  # fmt: skip


def test_what_cannot_be_read_is_told_and_lets_nothing_through(check: Check, store: Store) -> None:
    intake = check(
        "sku,name,price,margin,cost,stock,active,replenishable,url\n"
        "a,Ann,10,45,-1,ask us,perhaps,sometimes,ftp://x\n"
        "b,Ben,10,120,2,7,yes,no,https://a.example/b\n",
        target="products",
    )

    first, second = rows(store, intake)
    assert (first["stock"], first["active"], first["replenishable"], first["url"]) == (
        0, False, None, None,
    )  # fmt: skip
    assert (first["margin"], second["margin"]) == (0.45, 0.8)
    assert {reason for *_, reason in told(intake)} == {
        "bad_cost", "bad_stock", "bad_active", "bad_replenishable", "bad_url", "bad_margin",
    }  # fmt: skip


def test_what_keeps_a_product_from_being_recommended_is_told(check: Check) -> None:
    intake = check(
        "sku,name,price,stock\na,Ann,,7\nb,Ben,0.00,7\nc,Cat,3.50,-4\nd,Dan,3.50,0\n",
        target="products",
    )

    assert sorted(told(intake)) == [
        (2, None, "missing_price"), (3, "0.00", "zero_price"), (4, "-4", "negative_stock"),
    ]  # fmt: skip


def test_umlauts_may_be_spelt_out_in_a_heading(check: Check) -> None:
    intake = check("Artikelnr;Bezeichnung;Preis;Waehrung\n1;Becher;3,95;EUR\n", target="products")

    assert (intake.mapping["Waehrung"], intake.mapping["Preis"]) == ("currency", "price")


def test_postage_and_the_same_number_in_other_letters_are_told(check: Check, store: Store) -> None:
    """Traps of UCI Online Retail: POST, DOT, M beside products, 85123A beside 85123a."""
    intake = check(
        "sku,name,price\n85123A,Heart,2.55\n85123a,  Heart  ,2.55\nPOST,Postage,18\n"
        "M,Manual,3\nPADS,Pads,1\n22423,Cakestand,12.75\n,Nobody,1\n22423,Cakestand 3 tier,12.75\n",
        target="products",
    )

    assert [(row["product_id"], row["name"], row["active"]) for row in rows(store, intake)] == [
        ("85123A", "Heart", True), ("85123a", "Heart", True), ("POST", "Postage", False),
        ("M", "Manual", False), ("PADS", "Pads", False), ("22423", "Cakestand 3 tier", True),
    ]  # fmt: skip
    assert (intake.rows_total, intake.accepted, intake.rejected, intake.merged) == (8, 6, 1, 1)
    assert (3, "85123a", "id_differs_in_case") in told(intake)


def test_further_columns_are_attributes_and_an_empty_one_takes_its_value_away(
    store: Store, load: Callable[..., str]
) -> None:
    load("sku,name,colour,set of\nmug,Mug,red,6\nbag,Bag,,\n", target="products")
    load("sku,name,colour,size\nmug,Mug,,L\n", target="products")

    found = dict(store.read("SELECT product_id, attributes FROM products"))
    assert json.loads(found["mug"]) == {"set of": "6", "size": "L"}
    assert json.loads(found["bag"]) == {}


def test_a_newer_file_changes_its_own_columns_and_the_changes_are_noted(
    store: Store, load: Callable[..., str]
) -> None:
    load(
        "sku,name,description,category,price,stock,active\nmug,Mug,Blue,Kitchen,4,0,yes\n"
        "bag,Bag,,Bags,9,3,yes\n",
        target="products",
    )

    load("sku,name,price,stock,active\nmug,Mug,3.50,8,yes\nbag,Bag,9,3,no\nnew,New,1,1,yes\n",
         target="products")  # fmt: skip

    assert store.read("SELECT description, category FROM products WHERE product_id = 'mug'") == [
        ("Blue", "Kitchen")
    ]
    changes = "SELECT product_id, field, old_value, new_value FROM product_changes ORDER BY ALL"
    assert store.read(changes) == [
        ("bag", "is_active", 1, 0),
        ("mug", "price", 4, 3.5),
        ("mug", "stock", 0, 8),
    ]


def test_a_stock_list_without_names_brings_known_products_up_to_date(
    store: Store, load: Callable[..., str]
) -> None:
    load("sku,name,price,stock\nmug,Mug,4,0\nbag,Bag,9,3\n", target="products")

    load("sku,stock\nmug,12\n", target="products")
    with pytest.raises(InputError, match="does not know 1 of its products, such as hat"):
        load("sku,stock\nbag,1\nhat,5\n", target="products")

    assert store.read("SELECT name, price, stock FROM products ORDER BY product_id") == [
        ("Bag", 9, 3),
        ("Mug", 4, 12),
    ]


def test_a_file_without_a_column_changes_nothing_in_it(
    store: Store, load: Callable[..., str]
) -> None:
    load("sku,name,price,stock,margin\nmug,Mug,4,7,30%\n", target="products")

    load("sku,name\nmug,Big mug\n", target="products")

    assert store.read("SELECT name, price, stock, margin, is_active FROM products") == [
        ("Big mug", 4, 7, 0.3, True)
    ]
    assert store.read("SELECT count(*) FROM product_changes") == [(0,)]


def test_a_number_in_other_letters_in_a_newer_file_is_the_same_product(
    store: Store, load: Callable[..., str]
) -> None:
    load("id,name,price,stock\nA1,Mug,5,3\nB1,Jar,7,2\n", target="products")

    load("id,name,price,colour\na1,Mug,4,red\nb1,Old jar,8,\nB1,Jar,6,blue\nc1,New,1,\n",
         target="products")  # fmt: skip

    found = "SELECT product_id, price, stock, attributes->>'colour' FROM products ORDER BY ALL"
    assert store.read(found) == [
        ("A1", 4, 3, "red"), ("B1", 6, 2, "blue"), ("c1", 1, None, None)
    ]  # fmt: skip
    changes = "SELECT product_id, field, old_value, new_value FROM product_changes ORDER BY ALL"
    assert store.read(changes) == [("A1", "price", 5, 4), ("B1", "price", 7, 6)]


@pytest.mark.parametrize(
    ("heading", "told_word", "expected"),
    [("stock", "4", [0, None, 4]), ("availability", "in stock", [0, None, None])],
)
def test_what_cannot_be_read_as_a_stock_is_none(
    check: Check, store: Store, heading: str, told_word: str, expected: list[float | None]
) -> None:
    intake = check(f"id,name,{heading}\n1,A,ask us\n2,B,\n3,C,{told_word}\n", target="products")

    assert [row["stock"] for row in rows(store, intake)] == expected
