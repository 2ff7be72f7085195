from __future__ import annotations

import csv
import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from personalization.errors import InputError, StateError
from personalization.generation import (
    EVERYBODY,
    Place,
    families_of,
    filled_for,
    footer_of,
    left_out_of,
    write_filled_file,
    write_texts_file,
)
from personalization.generation.text_export import COLUMNS, FILLED_COLUMNS
from tests.generation.text_set import SETTINGS, approve, fill, keep, screen, usable, write
from tests.providers.product_facts import request
from tests.rolled_back import rolled_back

if TYPE_CHECKING:
    from pathlib import Path

    from personalization.store import Store

# ann has two products, bob one, cat objected, dan two of another family.
CUSTOMERS = {"ann": ("mug", "jug"), "bob": ("mug",), "cat": ("mug", "jug"), "dan": ("pan", "mug")}
FAMILIES = {"mug": "tea", "jug": "tea", "pan": "cooking"}


@pytest.fixture
def shop(store: Store) -> Store:
    """A text set whose plan names two products of each reader."""
    fill(store)
    for customer, products in CUSTOMERS.items():
        store.run(
            "INSERT INTO customers (dataset_id, customer_id, first_name, email, consent_email) "
            "VALUES ('d1', $id, $name, $email, true)",
            id=customer, name=customer.title(), email=f"{customer}@example.org",
        )  # fmt: skip
        store.run(
            "INSERT INTO segment_members VALUES ('t1', $segment, $id)", id=customer,
            segment="Loyal" if customer == "ann" else "New",
        )  # fmt: skip
        for rank, product in enumerate(products, start=1):
            store.run(
                "INSERT INTO campaign_products VALUES ('t1', 'for_you', $id, $rank, $product, "
                "'r1', 'for_you', $name, '£4.50', 'Because you bought tea', $family, "
                "'https://fernfig.example/', 4.5)",
                id=customer, rank=rank, product=product, name=f"Heron {product}",
                family=FAMILIES[product],
            )  # fmt: skip
    for product, family in FAMILIES.items():
        store.run("UPDATE products SET category = $family, name = $name "
                  "WHERE product_id = $product",
                  family=family, name=f"Heron {product}", product=product)  # fmt: skip
    store.run(
        "INSERT INTO campaign_product_facts SELECT 't1', product_id, rule_facts(currency, gate, "
        "margin, tags, variant_group, is_replenishable, category_path) FROM products"
    )
    store.run(
        "INSERT INTO recommendation_runs VALUES ('r1', 'd1', 't1', 'for_you', 'for_you', 2, "
        "TIMESTAMP '2026-09-01', '', '[]', 4, 3, 0, $now, 'mia')", now=store.now(),
    )  # fmt: skip
    store.run(
        "INSERT INTO suppressions (dataset_id, customer_id, email, reason, suppressed_at) "
        "VALUES ('d1', 'cat', 'cat@example.org', 'objected', $now)", now=store.now(),
    )  # fmt: skip
    return store


def own(store: Store, segment: str = EVERYBODY, family: str = "", kind: str = "summary") -> str:
    """Write and approve a text on readers' own products, and return its id."""
    channel = "email" if kind == "email" else "web"
    asked = request(text_set="t1", kind=kind, channel=channel, strategy="for_you",
                    seed=f"{segment}{family}")  # fmt: skip
    if kind == "email":
        asked = replace(asked, footer=footer_of(SETTINGS.brand, "en-GB"))
    place = Place(segment, "for_you", kind, channel, family=family)
    text = keep(store, asked, place)
    approve(store, text)
    return text


def read(store: Store, customer: str = "") -> list[tuple[str, str]]:
    rows = filled_for(store, "t1", everybody=EVERYBODY, customer_id=customer)
    return [(row["customer_id"], row["text_id"]) for row in rows]


def test_every_reader_with_enough_products_gets_one_text(shop: Store) -> None:
    everybody, loyal, cooking = own(shop), own(shop, "Loyal"), own(shop, family="cooking")

    [ann, dan] = filled_for(shop, "t1", everybody=EVERYBODY)

    assert len({everybody, loyal, cooking}) == 3
    assert (ann["customer_id"], ann["text_id"]) == ("ann", loyal)  # the segment's before all's
    assert (dan["customer_id"], dan["text_id"]) == ("dan", cooking)  # the family's before any
    assert "Heron mug, £4.50\nBecause you bought tea" in ann["body"]
    assert "{{" not in ann["body"] + dan["body"]


def test_a_product_that_changed_since_takes_its_readers_out(shop: Store) -> None:
    text = own(shop)
    shop.run("UPDATE products SET price = 9 WHERE product_id = 'jug'")

    assert read(shop) == [("dan", text)]
    shop.run("UPDATE products SET stock = 0 WHERE product_id = 'pan'")
    assert read(shop) == []


# What happens after the products were worked out, and who still reads a text that names both.
CHANGES = {
    "SELECT 1": ["ann", "dan"],
    "UPDATE products SET currency = 'KWD' WHERE product_id = 'jug'": ["dan"],
    "UPDATE products SET name = 'Knife' WHERE product_id = 'jug'": ["dan"],
    "UPDATE products SET gate = 'age_18' WHERE product_id = 'mug'": [],
    "UPDATE products SET margin = -1 WHERE product_id = 'pan'": ["ann"],
    "DELETE FROM products WHERE product_id = 'pan'": ["ann"],
    "DELETE FROM campaign_product_facts": [],
    """INSERT INTO recommendation_policies (dataset_id, policy, note, saved_at, saved_by)
       VALUES ('d1', '[caps]', '', TIMESTAMP '2026-10-01', 'mia')""": [],
    """INSERT INTO transactions (dataset_id, customer_id, order_id, product_id, quantity,
                                 unit_price, amount, ordered_at)
       VALUES ('d1', 'ann', 'o1', 'jug', 1, 4.5, 4.5, TIMESTAMP '2026-10-01')""": ["dan"],
    """UPDATE campaign_products SET name = 'Call www.evil.example'
       WHERE customer_id = 'ann' AND rank = 1""": ["dan"],
    """UPDATE campaign_products SET price = 'free!'
       WHERE customer_id = 'dan' AND rank = 2""": ["ann"],
    "UPDATE campaign_products SET reason = '' WHERE customer_id = 'dan'": ["ann"],
    "UPDATE campaign_products SET link = '' WHERE customer_id = 'dan'": ["ann", "dan"],
}


def test_filled_texts_are_held_to_the_catalogue_and_have_no_blanks(shop: Store) -> None:
    own(shop)

    found = {}
    for change in CHANGES:
        with rolled_back(shop):
            shop.run(change)
            found[change] = [customer for customer, _ in read(shop)]

    assert found == CHANGES


# What becomes of the readers, and who still gets the letter; only who objected loses the summary.
REFUSALS = {
    "SELECT 1": ["ann", "dan"],
    "UPDATE customers SET consent_email = false": [],
    "UPDATE customers SET email = NULL WHERE customer_id = 'dan'": ["ann"],
    "UPDATE customers SET email = 'ann@example.org' WHERE customer_id = 'dan'": ["ann"],
    """INSERT INTO suppressions (dataset_id, customer_id, email, reason, suppressed_at)
       VALUES ('another', 'x', 'dan@example.org', 'objected', TIMESTAMP '2026-10-01')""": ["ann"],
    "UPDATE customers SET email = 'dan@example.org' WHERE customer_id = 'cat'": ["ann"],
    """INSERT INTO global_holdouts (holdout_id, salt, share, below, since, started_by, reason)
       VALUES ('g', 'salt', 0.99, 'ffffffff', TIMESTAMP '2026-10-01', 'leo', 'proof')""": [],
    """INSERT INTO consents (dataset_id, customer_id, basis, recorded_at, imported_by, imported_at)
       VALUES ('d1', 'ann', 'withdrawn', TIMESTAMP '2026-10-01', 'mia',
               TIMESTAMP '2026-10-01')""": ["dan"],
}


def test_letters_are_written_for_those_who_may_be_mailed(shop: Store) -> None:
    own(shop, kind="email")
    own(shop)

    letters, summaries = {}, {}
    for refusal in REFUSALS:
        with rolled_back(shop):
            shop.run(refusal)
            rows = filled_for(shop, "t1", everybody=EVERYBODY)
            letters[refusal] = [row["customer_id"] for row in rows if row["kind"] == "email"]
            summaries[refusal] = [row["customer_id"] for row in rows if row["kind"] == "summary"]

    assert letters == REFUSALS
    assert summaries == {
        refusal: ["ann"] if "INTO suppressions" in refusal else ["ann", "dan"]
        for refusal in REFUSALS
    }


def test_a_consent_that_ended_since_the_last_writing_holds_no_longer(shop: Store) -> None:
    own(shop, kind="email")
    yesterday = shop.now().date() - timedelta(days=1)
    shop.run("UPDATE customers SET consent_email = false WHERE customer_id = 'ann'")
    shop.run(
        "INSERT INTO consents (dataset_id, customer_id, basis, recorded_at, expires_on, "
        "imported_by, imported_at) VALUES ('d1', 'ann', 'express', TIMESTAMP '2026-01-01', $day, "
        "'mia', TIMESTAMP '2026-01-01')",
        day=yesterday,
    )
    shop.run("UPDATE campaigns SET send_on = $day", day=yesterday)
    screen(shop)

    found = left_out_of(shop, "t1", everybody=EVERYBODY)

    assert [customer for customer, _ in read(shop)] == ["dan"]
    assert found.customers == (("suppressed", 1), ("no consent", 1), ("few", 1))
    assert found.sentence.startswith("Customers left out: objected to mailing (1); no e-mail")


def test_a_text_for_one_customer_is_read_by_nobody_else(shop: Store) -> None:
    everybody = own(shop)
    asked = request(text_set="t1", kind="summary", strategy="for_you", seed="one")
    one = keep(shop, asked, Place("Loyal", "for_you", "summary", "web", customer_id="ann"))
    approve(shop, one)

    assert read(shop) == [("ann", one), ("dan", everybody)]
    assert read(shop, "dan") == [("dan", everybody)]


def test_the_families_of_first_products_are_counted(shop: Store) -> None:
    assert families_of(shop, "t1", "for_you", most=8) == []  # each has fewer than 30 readers


def test_files_hold_what_may_be_used_and_nothing_else(shop: Store, tmp_path: Path) -> None:
    letter, description, waiting = own(shop, kind="email"), write(shop), write(shop, "jug")
    approve(shop, description)
    table, lines = tmp_path / "texts.csv", tmp_path / "texts.jsonl"

    assert write_texts_file(shop, "d1", table, form="csv", actor="leo") == 2
    filled_file = write_filled_file(
        shop, "t1", lines, form="jsonl", everybody=EVERYBODY, actor="leo"
    )
    assert filled_file.rows == 2
    assert filled_file.left_out.customers == (("suppressed", 1), ("few", 1))  # cat; bob
    assert filled_file.left_out.sentence == (
        "Customers left out: objected to mailing (1); fewer products than the text names (1)."
    )

    with table.open(encoding="utf-8", newline="") as file:
        rows = {row["text_id"]: row for row in csv.DictReader(file)}
    assert set(rows) == {letter, description} == set(usable(shop))
    assert waiting not in rows
    assert tuple(rows[letter]) == COLUMNS
    assert rows[letter]["intro"].startswith("Hello {{first_name|there}},")
    assert rows[letter]["body"].startswith("{{product_1.name}}, {{product_1.price}}")
    assert rows[letter]["closing"].endswith("Fern & Fig")
    assert rows[description]["approved_by"] == "leo"
    filled = [json.loads(line) for line in lines.read_text("utf-8").splitlines()]
    assert [tuple(row) for row in filled] == [FILLED_COLUMNS] * 2
    assert filled[0]["body"].startswith("Hello Ann,")
    kinds = [kind for (kind,) in shop.read(
        "SELECT kind FROM audit_log WHERE kind LIKE 'texts.%' ORDER BY seq")]  # fmt: skip
    assert kinds == ["texts.handed_over", "texts.filled"]


def test_a_cell_is_no_formula(shop: Store, tmp_path: Path) -> None:
    approve(shop, write(shop, kind="highlights"))
    shop.run("UPDATE variant_channels SET customer_id = '=cmd()'")
    path = tmp_path / "texts.csv"

    write_texts_file(shop, "d1", path, form="csv", actor="leo")

    assert ",'=cmd()," in path.read_text("utf-8")


def test_nothing_to_hand_over_is_said(shop: Store, tmp_path: Path) -> None:
    write(shop)

    with pytest.raises(StateError, match="No such text may be used today"):
        write_texts_file(shop, "d1", tmp_path / "t.csv", form="csv", actor="leo")
    with pytest.raises(InputError, match="There is no form 'xlsx'"):
        write_texts_file(shop, "d1", tmp_path / "t.xlsx", form="xlsx", actor="leo")


def test_a_source_that_ended_takes_a_text_out_on_the_day(shop: Store) -> None:
    text = write(shop)
    approve(shop, text)
    shop.run("UPDATE documents SET valid_until = $day", day=shop.now().date())
    assert usable(shop) == [text]

    [(n,)] = shop.read("SELECT count(*) FROM usable_texts(DATE '2027-01-01')")

    assert n == 0
