"""Products in messages: what is reviewed, hashed, written and drawn are the same words."""

from __future__ import annotations

import csv
import email
import email.policy
from dataclasses import replace
from html import escape
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personalization.campaign import edit_message
from personalization.customers import access_report
from personalization.delivery import (
    Export,
    email_for,
    eml_of,
    export_campaign,
    launch_gate,
    preview_of,
    render_each,
    render_for,
    verify_export,
)
from personalization.delivery.email_parts import look_in_force
from personalization.delivery.gate import GateCheck, products
from personalization.delivery.launch import find_launch
from personalization.delivery.product_check import product_state
from personalization.delivery.product_words import PRODUCT_COLUMNS
from personalization.delivery.readiness import Readiness, read_readiness
from personalization.delivery.recipients import deliver, standing
from personalization.delivery.rendering import read_for
from personalization.delivery.verify_emails import (
    TAG,
    filled,
    html_problems,
    laid_out,
    parts_of,
    plain_part,
)
from personalization.domain import PRODUCT_FIELDS, Message
from personalization.errors import InputError
from personalization.settings import Delivery, Settings
from personalization.store import open_store
from tests.conftest import NOW
from tests.delivery.goods import BODY, N_CUSTOMERS, fill_with_products, rewrite, with_products
from tests.delivery.ready import BRAND, SEGMENTS, message
from tests.rolled_back import rolled_back

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from personalization.store import Store

FIELDS = ("subject", "preheader", "body", "call_to_action", "link", "footer")


@pytest.fixture(scope="module")
def shared() -> Iterator[Store]:
    """A campaign with products whose gate is green; see ``shop``."""
    store = open_store(clock=lambda: NOW)
    fill_with_products(store)
    yield store
    store.close()


@pytest.fixture
def shop(shared: Store) -> Iterator[Store]:
    """The shared campaign, to be written to at will."""
    with rolled_back(shared) as store:
        yield store


@pytest.fixture
def house(tmp_path: Path) -> Settings:
    return Settings(brand=BRAND, delivery=Delivery(folder=str(tmp_path / "exports")))


@pytest.fixture(scope="module")
def ready(shared: Store) -> Readiness:
    """All that the gate looks at, gathered once; ``gate_of`` looks at the products anew."""
    return read_readiness(shared, BRAND, "spring")


def gate_of(store: Store, ready: Readiness) -> GateCheck:
    messages = [arm.message for arm in ready.arms if arm.message]
    return products(replace(ready, products=product_state(store, BRAND, ready.launch, messages)))


def rows_of(made: Export) -> list[dict[str, str]]:
    """Read the recipient files with Python's own reader."""
    rows: list[dict[str, str]] = []
    for path in made.files:
        if path.suffix == ".csv" and path.name != "suppressed.csv":
            with path.open(encoding="utf-8", newline="") as file:
                rows += csv.DictReader(file)
    return rows


def as_a_tool_fills(part: str, row: dict[str, str], *, is_html: bool) -> str:
    """Fill an exported part from the row's columns, as a sending tool does."""
    for name, value in row.items():
        own = escape(value) if is_html else value
        for rank in "1234":
            product = name.replace(f"product_{rank}_", f"product_{rank}.")
            part = part.replace(f"{{{{{product}}}}}", own)
    return TAG.sub(lambda tag: _own(tag, row, is_html=is_html), part)


def _own(tag: Any, row: dict[str, str], *, is_html: bool) -> str:  # noqa: ANN401
    field, fallback = parts_of(tag)
    return (escape(row[field]) if is_html else row[field]) or fallback


def test_preview_hash_file_and_e_mail_say_the_same_words(shop: Store, house: Settings) -> None:
    made = export_campaign(shop, house, "spring", actor="mia", request_id="r1")

    hashes = dict(shop.read("SELECT customer_id, rendered_sha256 FROM deliveries"))
    written = rows_of(made)
    assert len(written) == len(hashes) == N_CUSTOMERS
    by_text = {f"{row['segment']}/{row['arm']}": row for row in written}
    for variant_id, row in by_text.items():
        readers = [r["customer_id"] for r in written if f"{r['segment']}/{r['arm']}" == variant_id]
        previewed = render_each(shop, variant_id, readers)
        assert {one: read.content_sha256 for one, read in previewed.items()} == {
            one: hashes[one] for one in readers
        }
        assert Message(*(row[name] for name in FIELDS)) == previewed[row["customer_id"]]
        assert row["product_1_name"] in row["subject"]
        assert row["product_2_price"] in row["body"]
    for row in (by_text["Loyal/A"], by_text["New friends/B"]):
        assert_mail_says_the_same(shop, made, row)
    assert verify_export.main(str(made.folder)) == 0
    assert_report_says_the_same(shop, by_text["Loyal/A"])
    assert_another_product_is_not_proven(made, by_text["Loyal/A"])


def assert_mail_says_the_same(store: Store, made: Export, row: dict[str, str]) -> None:
    """The .eml of the preview, and the files that the sending tool fills from the row."""
    variant_id = f"{row['segment']}/{row['arm']}"
    mail = email_for(store, BRAND, variant_id, customer_id=row["customer_id"])
    parsed = email.message_from_bytes(eml_of(mail), policy=email.policy.default)
    plain, html = (
        part.get_content().replace("\r\n", "\n")
        for kind in ("plain", "html")
        if (part := parsed.get_body((kind,))) is not None
    )
    template = next(made.folder.glob(f"*{row['segment'].replace(' ', '-')}-{row['arm']}.html"))

    assert parsed["subject"] == row["subject"]
    assert plain == plain_part(row) == mail.text
    assert html.strip() == mail.html.strip()
    assert as_a_tool_fills(template.read_text("utf-8"), row, is_html=True) == mail.html
    text = template.with_suffix(".txt").read_text("utf-8")
    assert as_a_tool_fills(text, row, is_html=False) == mail.text


def assert_report_says_the_same(store: Store, row: dict[str, str]) -> None:
    sections = access_report(store, row["customer_id"])["records"][0]["sections"]
    [sent] = next(part["rows"] for part in sections if part["name"] == "messages")

    assert sent["is_word_for_word"]
    assert sent["body"] == row["body"]


def assert_another_product_is_not_proven(made: Export, row: dict[str, str]) -> None:
    blank = verify_export.filled("{{product_1.name}}", {"product_1_name": ""})
    assert not verify_export.forms("{{product_1.name}}").fullmatch(blank)
    path = next(made.folder.glob("*Loyal-A.csv"))
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))

    for change in ({"product_1_name": "Another mug"}, {"product_1_name": ""}):
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(row))
            writer.writeheader()
            writer.writerows([rows[0] | change, *rows[1:]])
        assert ["row 1 is not" in one for one in verify_export.row_problems(made.folder)] == [True]


def test_what_a_card_shows_and_where_it_leads_is_held_to_the_fields(shop: Store) -> None:
    read = read_for(shop, "Loyal/A", "c000001")
    mail = email_for(shop, BRAND, "Loyal/A", customer_id="c000001")
    fields = dict(with_products(message("Loyal", "A")).fields())
    masthead = look_in_force(shop, BRAND).masthead

    assert list(html_problems(mail.html, fields, masthead, read.own)) == []
    price, link = read.own["product_1.price"], escape(read.own["product_1.link"])
    assert f'href="{link}"' in mail.html
    for changed in (
        mail.html.replace(price, "£0.01"),
        mail.html.replace(f'href="{link}"', 'href="https://evil.example/"'),
        mail.html.replace(f'href="{link}"', 'href="https://www.woolandwax.example/p9"'),
    ):
        assert changed != mail.html
        assert list(html_problems(changed, fields, masthead, read.own))


@pytest.mark.parametrize(
    ("paragraph", "link", "lines"),
    [
        ("{{product_1.name}}, {{product_1.price}}\n{{product_1.link}}\nGood.", "product_1.link",
         ["{{product_1.name}}, {{product_1.price}}", "Good."]),
        ("{{ product_2.name }}\n{{product_2.reason}}", "card",
         ["{{ product_2.name }}", "{{product_2.reason}}"]),
        ("{{product_1.name}} is back.", "", ["{{product_1.name}} is back."]),
        ("{{product_1.name}}\n{{product_2.name}}", "",
         ["{{product_1.name}}", "{{product_2.name}}"]),
        ("{{product_1.name}}\nSee {{product_1.link}}", "card",
         ["{{product_1.name}}", "See {{product_1.link}}"]),
    ],
)  # fmt: skip
def test_a_paragraph_headed_by_one_product_s_fields_is_its_card(
    paragraph: str, link: str, lines: list[str]
) -> None:
    assert laid_out(f"Hello\n\n{paragraph}") == [("", ["Hello"]), (link, lines)]


EVIL = {
    "a merge tag": "{{first_name|x}}",
    "the tag of another product": "{{product_2.price}}",
    "a slot": "\x0e2.price\x0e",
    "the sign between words": "A\x1dB\x1dC",
    "markup": "<b>Mug</b>",
    "a formula": '=HYPERLINK("x")',
    "a link": "Mug www.win-big.example",
    "a telephone number": "Call 0800 123 4567",
    "a second line": "Mug\nFree for you",
}
_NAME_ONE = """
    UPDATE campaign_products SET name = $name WHERE customer_id = $customer_id AND rank = 1
"""


def test_a_name_that_would_do_something_is_never_said(shop: Store, ready: Readiness) -> None:
    named = [f"c{number:06}" for number in range(len(EVIL))]
    for customer_id, name in zip(named, EVIL.values(), strict=True):
        shop.run(_NAME_ONE, name=name, customer_id=customer_id)
    shop.run("UPDATE assignments SET arm = 'A'")

    shown = render_each(shop, "Loyal/A", [*named, "c000010"])
    sent = deliver(shop, find_launch(shop, "spring"), is_simulated=False, delivered_at=NOW)

    assert shown.keys() == {"c000010"}
    assert sent == N_CUSTOMERS - len(EVIL)
    assert not shop.read("SELECT 1 FROM deliveries WHERE customer_id < 'c000009'")
    assert "with words that no message may show" in gate_of(shop, ready).message
    with pytest.raises(InputError, match="no products that it could name"):
        render_for(shop, "Loyal/A", "c000001")


def test_a_name_that_was_held_back_is_never_said(shop: Store, ready: Readiness) -> None:
    shop.run(
        "INSERT INTO input_findings SELECT 'customer field', 'shop', 'product name',"
        " input_key(name), 'injection', 'rules', 'p1', 'block', 'An order.', 1, now()"
        " FROM products WHERE product_id = 'p1'"
    )

    shown = render_each(shop, "Loyal/A", [f"c{n:06}" for n in range(5)])

    assert shown
    assert not any("Café mug" in read.body for read in shown.values())
    assert "with words that no message may show" in gate_of(shop, ready).message


def test_the_gate_says_that_all_is_as_it_was_worked_out(shop: Store, ready: Readiness) -> None:
    assert gate_of(shop, ready).message == (
        "3 products, each in stock and at the price that the messages say."
    )


CHANGES = [
    pytest.param("UPDATE products SET price = 5.95 WHERE product_id = 'p1'",
                 "1 product at another price now (p1)", id="price"),
    pytest.param("UPDATE products SET stock = 0 WHERE product_id = 'p3'", "out of stock (p3)",
                 id="stock"),
    pytest.param("UPDATE products SET is_active = false WHERE product_id = 'p2'",
                 "no longer sold (p2)", id="active"),
    pytest.param("DELETE FROM products WHERE product_id = 'p2'", "no longer in the catalogue (p2)",
                 id="gone"),
    pytest.param("UPDATE products SET name = 'Mug' WHERE product_id = 'p1'",
                 "called otherwise now (p1)", id="name"),
    pytest.param("UPDATE campaign_products SET link = 'https://evil.example/p1'"
                 " WHERE product_id = 'p1'", "does not lead to your own pages (p1)", id="link"),
    pytest.param("UPDATE campaign_products SET price = 'free!' WHERE product_id = 'p1'",
                 "with words that no message may show (p1)", id="what is no price"),
    pytest.param("UPDATE products SET gate = 'age_18' WHERE product_id = 'p1'",
                 "whose age limit, currency", id="age limit"),
    pytest.param("UPDATE products SET currency = 'USD' WHERE product_id = 'p1'",
                 "whose age limit, currency", id="currency"),
    pytest.param("UPDATE products SET margin = -1, tags = 'sale' WHERE product_id = 'p2'",
                 "margin, tags or family changed", id="what rules go by"),
    pytest.param("""INSERT INTO recommendation_runs VALUES ('run', 'shop', 'spring', 'A', 'for_you',
                        2, TIMESTAMP '2026-01-01 00:00:00', '', '[]', 20, 20, 0, now(), 'mia');
                    INSERT INTO interactions SELECT 'shop', customer_id, product_id, 'purchase', 1,
                        5, 'o', TIMESTAMP '2026-01-02 10:00:00', 'i'
                    FROM campaign_products WHERE arm = 'A' AND rank = 1 AND product_id = 'p1'
                """, "bought meanwhile by somebody who would be shown it (p1)", id="bought since"),
    pytest.param("UPDATE product_plans SET fields_sha256 = ''", "are not worked out",
                 id="new plan"),
    pytest.param("DELETE FROM product_plans", "names products that are not planned", id="no plan"),
    pytest.param("UPDATE product_plans SET items = 1", "names products that are not planned",
                 id="fewer are planned"),
    pytest.param("""UPDATE product_plans SET arms = '{"A": "for_you"}'""",
                 "variant B; New friends: variant B names products", id="not in this arm"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "told"), CHANGES)
def test_the_gate_is_red_where_products_are_not_as_they_were_worked_out(
    shop: Store, ready: Readiness, change: str, told: str
) -> None:
    shop.run(change)

    check = gate_of(shop, ready)
    assert not check.is_green
    assert not check.is_for_export  # a simulation is not made up of such products either
    assert told in check.message
    assert "on the Content page" in check.way_out


def test_other_rules_of_recommendations_are_asked_for_again(shop: Store, ready: Readiness) -> None:
    shop.run(
        "INSERT INTO recommendation_runs VALUES ('run', 'shop', 'spring', 'A', 'for_you', 2, $now,"
        " '', '[]', 20, 20, 0, $now, 'mia')",
        now=NOW,
    )
    assert gate_of(shop, ready).is_green

    shop.run(
        "INSERT INTO recommendation_policies (dataset_id, policy, note, saved_at, saved_by)"
        " VALUES ('shop', '[rules]', 'stricter', $now, 'mia')",
        now=NOW,
    )

    assert "rules of recommendations were changed" in gate_of(shop, ready).message


LOSSES = (
    "DELETE FROM campaign_products WHERE arm = 'B' AND rank = 2 AND customer_id = 'c000001'",
    "UPDATE campaign_products SET price = '' WHERE rank = 1 AND customer_id = 'c000002'",
    "UPDATE campaign_products SET rank = 3 WHERE rank = 2 AND customer_id = 'c000003'",
)


def test_who_lacks_anything_in_any_arm_is_not_in_the_audience(shop: Store) -> None:
    for loss in LOSSES:
        shop.run(loss)

    lacking = shop.read("SELECT customer_id FROM audience WHERE bucket = 'no products' ORDER BY 1")
    launch = find_launch(shop, "spring")
    assert lacking == [("c000001",), ("c000002",), ("c000003",)]
    assert standing(shop, launch).held_back == (("no products", 3),)
    assert deliver(shop, launch, is_simulated=False, delivered_at=NOW) == N_CUSTOMERS - 3


def test_a_category_that_no_message_says_is_not_missed(shop: Store) -> None:
    shop.run("UPDATE campaign_products SET category = ''")

    assert shop.read("SELECT DISTINCT bucket FROM audience") == [("eligible",)]


def test_other_products_than_were_signed_off_break_the_seal(shop: Store) -> None:
    shop.run(
        "UPDATE campaign_products SET reason = 'For you'"
        " WHERE arm = 'A' AND customer_id = 'c000001'"
    )

    [(item,)] = shop.read("SELECT item FROM seal_changes WHERE campaign_id = 'spring'")
    assert item == "products of variant A"


def test_the_preview_reads_as_who_has_the_longest_name(shop: Store) -> None:
    shop.run("DELETE FROM campaign_products WHERE customer_id = 'c000002'")

    found = preview_of(shop, "Loyal/A")

    assert (found.products, found.n_members) == (2, 9)
    assert {"first_name", "city"} == set(found.fields)
    ways = {way[0] for reader in found.readers for way in reader.ways[1:]}
    assert {"longest:product_1.name", "shortest:product_2.name"} <= ways
    assert "c000002" not in {reader.customer_id for reader in found.readers}


def test_an_edited_message_takes_only_products_that_are_planned(
    shop: Store, house: Settings
) -> None:
    kept = with_products(message("Loyal", "A"))

    for body, told in (
        (f"{BODY}\n{{{{product_3.name}}}}", "the campaign names 2 products"),
        (f"{BODY}\n{{{{product_1.colour}}}}", "names no field of a product"),
        (f"{BODY}\n{{{{product_1.name|a mug}}}}", "products have none"),
    ):
        with pytest.raises(InputError, match=told):
            edit_message(
                shop, house, "Loyal/A", replace(kept, body=body), seen_version=2, actor="mia"
            )
    with pytest.raises(InputError, match="names no products in this arm"):
        edit_message(shop, house, "Loyal/control", kept, seen_version=1, actor="mia")


def test_a_tag_of_a_product_where_the_link_stands_stays_open(shop: Store, house: Settings) -> None:
    """Only words are filled; the button leads where it was approved to lead."""
    text = replace(
        with_products(message("Loyal", "A")), link="https://a.example/{{product_1.name}}"
    )
    rewrite(shop, SEGMENTS[0], "A", text, version=3)

    checks = {check.name: check for check in launch_gate(shop, house, "spring")}
    assert not checks["Personal fields"].is_green


TAGS = st.builds(
    "{{{{{}product_{}.{}{}}}}}".format,
    st.sampled_from(["", " "]), st.integers(1, 4), st.sampled_from(PRODUCT_FIELDS),
    st.sampled_from(["", " "]),
)  # fmt: skip
WORDS = st.lists(st.text("aé1.$\\&<{ ", min_size=1, max_size=4), min_size=20, max_size=20)
_FILL = """
    SELECT fill_products(fill_form(message_form($text, '10000'), $name, '', '', '', ''),
                         $words::VARCHAR[])
"""


@settings(max_examples=30)
@given(
    parts=st.lists(TAGS | st.text("ab {}|\n", max_size=4) | st.just("{{first_name|you}}")),
    words=WORDS,
)
def test_the_engine_fills_what_the_proof_calls_a_tag(
    shared: Store, parts: list[str], words: list[str]
) -> None:
    """The engine against plain Python, which reads the exported files: never a tag in a value."""
    text = "".join(parts)
    own = dict(zip(PRODUCT_COLUMNS, words, strict=True))
    own = {name[:9] + "." + name[10:]: value for name, value in own.items()}

    [(found,)] = shared.read(_FILL, text=text, name="{{product_1.name}}", words=words)

    known = own | dict.fromkeys(("first_name",), "{{product_1.name}}")
    tags = [tag for tag in TAG.finditer(text) if parts_of(tag)[0] not in known]
    if not tags:
        assert found == filled(text, known)
