"""What is handed over: due, filled in, approved, still true, and once."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from personalization.campaign import triggers
from personalization.errors import InputError, StateError
from personalization.recommendation.trigger_handover import (
    COLUMNS,
    Handover,
    hand_over,
    put_in_place,
)
from personalization.recommendation.trigger_keeping import save_trigger, triggers_of
from personalization.recommendation.trigger_standing import standing
from personalization.recommendation.triggers import fire, rehearse
from personalization.settings import Settings
from personalization.store import Store, open_store, verify_chain
from tests.delivery.ready import BRAND, activate_policy, add_variant, approve, message, screen
from tests.recommendation.firing import (
    BASE,
    NOW,
    add_customer,
    add_product,
    add_trigger,
    at,
    changed,
    did,
    open_shop,
)
from tests.rolled_back import rolled_back

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path


def fired_shop(store: Store) -> Store:
    """Ann's cart has fired, and there is an approved message for her segment."""
    open_shop(store)
    activate_policy(store, "p1")
    add_variant(store, "Everybody", "A", message("Everybody", "A"))
    add_customer(store, "ann")
    did(store, "ann", "cart", "P1", at(30))
    add_trigger(store, "abandoned_cart", strategy="")
    fire(store, BASE, actor="ida")
    return store


@pytest.fixture(scope="module")
def opened() -> Iterator[Store]:
    store = fired_shop(open_store(clock=lambda: NOW))
    yield store
    store.close()


@pytest.fixture
def shop(opened: Store) -> Iterator[Store]:
    """The same for each test: what a test writes is rolled back."""
    with rolled_back(opened):
        yield opened


def states(store: Store, now: datetime = NOW) -> list[str]:
    return [state for _, state, n in standing(store, BASE, now=now).counts for _ in range(n)]


def take(store: Store, folder: Path, now: datetime = NOW, ending: str = ".csv") -> Handover:
    return hand_over(store, BASE, folder, runs={}, now=now, actor="ida", ending=ending)


def rows_of(made: Handover) -> list[dict[str, str]]:
    assert made.path is not None
    with made.path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_due_message_is_handed_over_filled_in_and_only_once(shop: Store, tmp_path: Path) -> None:
    made = take(shop, tmp_path)

    [row] = rows_of(made)
    assert tuple(row) == COLUMNS
    assert (row["customer_id"], row["email"]) == ("ann", "ann@example.com")
    assert row["subject"] == "Ann, A for Everybody"
    assert row["body"].startswith("Dear Ann,\n\nnew candles, made in your town.")
    assert row["send_from"] == "2026-12-01T09:30:00Z"
    assert json.loads(row["evidence"])["carted_at"] == "2026-11-30 09:00:00"
    assert take(shop, tmp_path).path is None
    assert states(shop) == []
    # The record holds the file's fingerprint and that of the very text.
    assert row["content_sha256"] == message("Everybody", "A").content_sha256
    assert shop.read("SELECT content_sha256, rendered_sha256 FROM handed_firings") == [
        (row["content_sha256"], row["rendered_sha256"])
    ]
    assert shop.read("SELECT sha256, firings FROM trigger_handovers") == [(made.sha256, 1)]
    assert shop.read(
        "SELECT json_extract_string(payload, '$.file_sha256') FROM audit_log"
        " WHERE kind = 'triggers.handed_over'"
    ) == [(made.sha256,)]


def test_an_event_without_an_approved_message_is_told_before_it_fires(shop: Store) -> None:
    add_customer(shop, "ben")
    did(shop, "ben", "cart", "P2", at(30))
    [trigger] = triggers_of(shop, BASE)
    ready = rehearse(shop, BASE, now=NOW)
    assert (ready.fired, ready.wordless) == (1, ())

    other = replace(trigger.plan, arm="B")
    save_trigger(
        shop, BASE, trigger.name, trigger.event, other, is_on=True, actor="ida",
        changes=trigger,
    )  # fmt: skip

    found = rehearse(shop, BASE, now=NOW)
    assert (found.fired, found.wordless) == (1, ((trigger.trigger_id, 1),))
    assert found.without_text == 1


def test_another_format_is_refused(shop: Store, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"'\.xlsx' cannot be written"):
        take(shop, tmp_path, ending=".xlsx")


def test_every_customer_is_looked_at_again_at_the_hand_over(shop: Store, tmp_path: Path) -> None:
    people = ("no consent", "suppressed", "no valid e-mail", "overtaken", "gone", "product gone")
    add_product(shop, "P3")
    for who in people:
        add_customer(shop, who, email=f"{who.split()[-1]}{len(who)}@example.com")
        did(shop, who, "cart", "P3" if who == "product gone" else "P1", at(30))
    fire(shop, BASE, actor="ida")
    assert states(shop) == ["due"] * 7

    shop.run("UPDATE customers SET consent_email = false WHERE customer_id = 'no consent'")
    shop.run("INSERT INTO suppressions VALUES ('shop', 'suppressed', NULL, 'no', now())")
    shop.run("UPDATE customers SET email = '=a@b.com' WHERE customer_id = 'no valid e-mail'")
    did(shop, "overtaken", "purchase", "P2", at(30, 22))
    shop.run("DELETE FROM customers WHERE customer_id = 'gone'")
    shop.run("UPDATE products SET stock = 0 WHERE product_id = 'P3'")

    assert [row["customer_id"] for row in rows_of(take(shop, tmp_path))] == ["ann"]
    assert sorted(states(shop)) == sorted(people)


@pytest.mark.parametrize(
    ("sql", "state"),
    [
        pytest.param("UPDATE campaigns SET send_on = '2026-11-30'", "idle", id="the campaign ends"),
        pytest.param(
            "INSERT INTO holds (campaign_id, incident_id, is_held, reason, actor, decided_at)"
            " VALUES ('spring', 'i', true, '', 'rob', now())", "no text", id="on hold",
        ),
        pytest.param(
            "UPDATE trigger_firings SET due_at = due_at + INTERVAL '1' MINUTE", "later",
            id="quiet hours",
        ),
    ],
)  # fmt: skip
def test_what_cannot_go_out_now_waits(shop: Store, sql: str, state: str) -> None:
    assert states(shop) == ["due"]

    shop.run(sql)

    assert states(shop) == [state]


def test_what_waits_for_its_text_is_handed_over_once_it_is_approved(
    shop: Store, tmp_path: Path
) -> None:
    sha = message("Everybody", "A").content_sha256
    screen(shop, "Everybody", "A", version=1, sha=sha, decision="block")
    assert states(shop) == ["no text"]

    screen(shop, "Everybody", "A", version=1, sha=sha)
    approve(shop, "Everybody", "A", version=1, sha=sha)
    made = take(shop, tmp_path, ending=".parquet")

    [row] = shop.records("SELECT * FROM read_parquet($path)", path=str(made.path))
    assert (tuple(row), row["subject"]) == (COLUMNS, "Ann, A for Everybody")


def test_a_message_that_waited_too_long_is_not_sent(shop: Store) -> None:
    assert states(shop, NOW + timedelta(hours=72)) == ["due"]
    assert states(shop, NOW + timedelta(hours=73)) == ["too old"]


def test_what_a_trigger_fired_stays_where_it_is_while_it_is_off(shop: Store) -> None:
    [one] = triggers_of(shop, BASE)

    save_trigger(shop, BASE, one.name, one.event, one.plan, is_on=False, actor="ida", changes=one)

    assert states(shop) == ["off"]


def test_a_price_that_rises_again_before_the_hand_over_holds_it(shop: Store) -> None:
    add_product(shop, "P3", price=4.5)
    add_customer(shop, "bea")
    did(shop, "bea", "view", "P3", at(20))
    changed(shop, "P3", "price", (9.0, 4.5))
    add_trigger(shop, "price_drop", strategy="")
    fire(shop, BASE, actor="ida")
    assert states(shop) == ["due", "due"]

    shop.run("UPDATE products SET price = 4.6 WHERE product_id = 'P3'")

    assert sorted(states(shop)) == ["due", "product gone"]


def test_a_product_that_only_others_may_be_shown_by_now_is_not_pointed_at(shop: Store) -> None:
    add_customer(shop, "bea")
    did(shop, "bea", "cart", "P1", at(30))
    fire(shop, BASE, actor="ida")
    shop.run("UPDATE customers SET age = 44 WHERE customer_id = 'bea'")
    assert states(shop) == ["due", "due"]

    shop.run("UPDATE products SET gate = 'age_18' WHERE product_id = 'P1'")

    assert states(shop) == ["due", "gate"]  # of ann's age nothing is known


_TEST = """
    INSERT INTO experiments (experiment_id, campaign_id, hypothesis, hypothesis_sha256, salt,
                             confidence, analysis_on, designed_at, designed_by, approved_at,
                             approved_by)
    VALUES ('e1', 'spring', '{}', 'x', 's', 0.95, '2026-12-20', now(), 'ida', now(), 'rob')
"""
_VERDICT = """
    INSERT INTO verdicts VALUES ('e1', '', '', 'ship', 'A is better.', '', $is_early, false, now())
"""


def test_people_of_a_running_test_get_no_message_of_another_arm_by_a_trigger(shop: Store) -> None:
    for who in ("bea", "cid", "new"):
        add_customer(shop, who)
        did(shop, who, "cart", "P1", at(30))
    fire(shop, BASE, actor="ida")
    shop.run(_TEST)
    for who, arm in (("ann", "control"), ("bea", "A"), ("cid", "B")):
        shop.run(
            "INSERT INTO assignments VALUES ('e1', $who, 'Everybody', $arm, 0.5, 'blocked')",
            who=who, arm=arm,
        )  # fmt: skip
    assert states(shop) == ["due", "due", "in a test", "in a test"]
    shop.run(_VERDICT, is_early=True)
    assert states(shop).count("in a test") == 2

    over = NOW + timedelta(days=20)  # its result was to be read after the 20th
    assert states(replace(shop, clock=lambda: over)) == ["due"] * 4
    for ends, goes_on in (
        ("UPDATE verdicts SET is_early = false", "UPDATE verdicts SET is_early = true"),
        ("UPDATE experiments SET approved_at = NULL", "UPDATE experiments SET approved_at = now()"),
    ):
        shop.run(ends)
        assert states(shop) == ["due"] * 4
        shop.run(goes_on)
        assert states(shop).count("in a test") == 2


def test_a_source_that_is_not_valid_yet_is_not_said_before(shop: Store) -> None:
    shop.run("""
        INSERT INTO documents VALUES ('d', 1, 'offer', 'Offer', '[]', '{}', 'en-GB', '[]', NULL,
            '2026-12-20', NULL, 'approved', 'rob', '', NULL, '[]', '[]', '', '', '', now())
    """)
    shop.run("""
        INSERT INTO statements
        VALUES ('d@1#s1', 'd@1#p1', 'd', 1, 1, 'lead', 'x', '[]', '[]', false)
    """)
    shop.run("INSERT INTO variant_sources VALUES ('Everybody/A', 1, 'd@1#s1')")

    assert states(shop) == ["no text"]
    assert states(replace(shop, clock=lambda: NOW + timedelta(days=19))) == ["due"]


def test_products_of_the_run_stand_beside_the_message(shop: Store, tmp_path: Path) -> None:
    [one] = triggers_of(shop, BASE)
    plan = replace(one.plan, strategy="popular", items=2)
    save_trigger(shop, BASE, one.name, one.event, plan, is_on=True, actor="ida", changes=one)
    shop.run("""
        INSERT INTO recommendations VALUES
            ('r1', 'ann', 1, 'P2', 1, 'popular', NULL, NULL, 9, NULL, true),
            ('r1', 'ann', 2, '=P1', 1, 'popular', NULL, NULL, 9, NULL, true)
    """)
    [asked] = standing(shop, BASE, now=NOW).asked

    made = hand_over(shop, BASE, tmp_path, runs={asked: "r1"}, now=NOW, actor="ida")

    [row] = rows_of(made)
    assert (row["strategy"], row["product_1"], row["product_2"]) == ("popular", "P2", "'=P1")
    assert shop.read("SELECT run_id FROM handed_firings") == [("r1",)]


_PLAN = """
    INSERT INTO product_plans (campaign_id, items, is_split, fills_up, arms, fields_sha256,
                               planned_at, planned_by)
    VALUES ('spring', 1, false, true, '{"A": "popular"}', '', now(), 'mia')
"""
_NAMED = """
    INSERT INTO campaign_products
    VALUES ('spring', 'A', 'ann', 1, 'P2', 'r1', 'popular', 'Candle P2', '£4.50', 'Popular', '', '',
            4.5)
"""
_FACTS = """
    INSERT INTO campaign_product_facts
    SELECT 'spring', product_id, rule_facts(currency, gate, margin, tags, variant_group,
                                            is_replenishable, category_path)
    FROM products
"""
_RUN = """
    INSERT INTO recommendation_runs
    VALUES ('r1', 'shop', 'spring', 'A', 'popular', 1, '2026-11-29', '', '[]', 1, 1, 0, now(),
            'mia')
"""
_OTHER_RULES = """
    INSERT INTO recommendation_policies (dataset_id, policy, note, saved_at, saved_by)
    VALUES ('shop', concat('[gates.age_18]', chr(10), 'least_age = 19'), '', now(), 'mia')
"""


def named_shop(shop: Store, more: str = "") -> None:
    """Ann's message names a product, which is as it was when it was worked out."""
    body = "Dear you,\n\n{{product_1.name}}, {{product_1.price}}." + more
    text = replace(message("Everybody", "A"), body=body)
    add_variant(shop, "Everybody", "A", text, version=2)
    for statement in (_PLAN, _NAMED, _FACTS, _RUN):
        shop.run(statement)


def test_products_that_a_message_names_are_those_of_the_customer_and_of_today(
    shop: Store, tmp_path: Path
) -> None:
    named_shop(shop)
    add_customer(shop, "bea")
    did(shop, "bea", "cart", "P1", at(30))

    assert fire(shop, BASE, actor="ida").fired == 1  # products are worked out at the hand-over
    assert states(shop) == ["due", "no products"]
    shop.run("UPDATE products SET price = 4.8 WHERE product_id = 'P2'")
    assert states(shop) == ["no products", "stale products"]
    shop.run("UPDATE products SET price = 4.5 WHERE product_id = 'P2'")

    [row] = rows_of(take(shop, tmp_path))
    assert (row["customer_id"], row["body"]) == ("ann", "Dear you,\n\nCandle P2, £4.50.")


_HELD_NAME = """
    INSERT INTO input_findings
    SELECT 'customer field', 'shop', 'product name', input_key('Candle P2'), 'injection', 'rules',
           'p1', 'block', 'An order.', 1, now()
"""


@pytest.mark.parametrize(
    ("sql", "state"),
    [
        pytest.param("UPDATE products SET name = 'Knife' WHERE product_id = 'P2'", "stale products",
                     id="renamed"),
        pytest.param("UPDATE products SET currency = 'USD' WHERE product_id = 'P2'",
                     "stale products", id="another currency"),
        pytest.param("UPDATE products SET gate = 'age_18' WHERE product_id = 'P2'",
                     "stale products", id="gated"),
        pytest.param("UPDATE products SET margin = 0.1 WHERE product_id = 'P2'",
                     "stale products", id="another margin"),
        pytest.param("UPDATE products SET stock = 0 WHERE product_id = 'P2'",
                     "stale products", id="sold out"),
        pytest.param("DELETE FROM products WHERE product_id = 'P2'", "stale products", id="gone"),
        pytest.param(_HELD_NAME, "stale products", id="a name that is held back"),
        pytest.param("UPDATE campaign_products SET price = 'free!'", "stale products",
                     id="an unfit price"),
        pytest.param("UPDATE campaign_products SET price = ''", "no products", id="no price"),
        pytest.param("UPDATE campaign_products SET rank = 2", "no products", id="another place"),
        pytest.param(_OTHER_RULES, "stale products", id="other rules"),
    ],
)  # fmt: skip
def test_a_product_is_held_to_the_catalogue_whoever_is_in_which_arm(
    shop: Store, tmp_path: Path, sql: str, state: str
) -> None:
    named_shop(shop)
    shop.run(_TEST)  # bea alone is in the arm whose text ann would get
    shop.run("INSERT INTO assignments VALUES ('e1', 'bea', 'Everybody', 'A', 0.5, 'blocked')")
    assert states(shop) == ["due"]

    shop.run(sql)

    assert states(shop) == [state]
    assert take(shop, tmp_path).path is None


def test_what_was_let_through_for_one_customer_is_not_for_one_whose_age_is_unknown(
    shop: Store,
) -> None:
    shop.run("UPDATE products SET gate = 'age_18' WHERE product_id = 'P2'")
    shop.run("UPDATE customers SET age = 44 WHERE customer_id = 'ann'")
    named_shop(shop)
    assert states(shop) == ["due"]

    shop.run("UPDATE customers SET age = NULL WHERE customer_id = 'ann'")

    assert states(shop) == ["stale products"]


def test_what_its_reader_has_bought_meanwhile_is_not_named(shop: Store) -> None:
    named_shop(shop)
    did(shop, "ann", "purchase", "P2", at(29, 12))  # after the run, before the cart
    assert states(shop) == ["stale products"]

    shop.run("UPDATE campaign_products SET strategy = 'buy_again'")

    assert states(shop) == ["due"]


def test_messages_that_the_launch_gate_would_stop_are_not_handed_over(shop: Store) -> None:
    triggers._refuse_unfit(shop, Settings(brand=BRAND), "spring")

    with pytest.raises(StateError, match=r"Welcome.*Sender: These are your own customers"):
        triggers._refuse_unfit(shop, Settings(), "spring")


def test_a_product_whose_link_leads_elsewhere_is_not_handed_over(shop: Store) -> None:
    named_shop(shop, "\n\n{{product_1.link}}")
    shop.run("UPDATE campaign_products SET link = 'https://evil.example/p2'")
    found = standing(shop, BASE, now=NOW)
    assert found.due == 1

    with pytest.raises(StateError, match=r"'https://evil\.example'"):
        triggers._refuse_foreign(Settings(brand=BRAND), found)


class Broken(Exception):  # noqa: N818
    """What a machine that goes down in the middle of it looks like from here."""


@dataclass(frozen=True, slots=True)
class Mortal(Store):
    """A store that breaks off before, or after, a statement that keeps something."""

    def run(self, sql: str, **parameters: object) -> int:
        table, is_after = self.local.breaks_at
        if table in sql and not is_after:
            raise Broken
        changed = Store.run(self, sql, **parameters)
        if table in sql:
            raise Broken
        return changed


KEPT = ("INTO trigger_handovers", "INTO audit_log")


def test_broken_off_at_any_statement_nothing_is_lost_and_no_file_counts(
    store: Store, tmp_path: Path
) -> None:
    shop = fired_shop(store)
    mortal = Mortal(shop.root, shop.clock, shop.lock)

    for number, table in enumerate(KEPT):
        mortal.local.breaks_at = (table, number % 2 == 1)
        with pytest.raises(Broken):
            take(mortal, tmp_path)
        assert shop.read("SELECT count(*) FROM handed_firings") == [(0,)]
        assert list(tmp_path.iterdir()) == []
    made = take(shop, tmp_path)

    assert list(tmp_path.glob("triggers-*")) == [made.path]
    assert (made.firings, states(shop)) == (1, [])
    assert verify_chain(shop).is_whole
    # Gone down between the record and the file's own name: it is on record, so it gets its name.
    assert made.path is not None
    made.path.rename(tmp_path / f".{made.path.name}.partial")
    put_in_place(shop, BASE)
    assert list(tmp_path.iterdir()) == [made.path]
