from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from personalization.campaign import ALL_READERS, TextOrder, open_text_set
from personalization.campaign.text_orders import TextDesk
from personalization.errors import InputError
from personalization.reports import texts as reports
from tests.generation.text_set import SETTINGS, add_product, fill

if TYPE_CHECKING:
    from personalization.generation import Place
    from personalization.providers.product_texts import TextRequest
    from personalization.store import Store


@pytest.fixture
def shop(store: Store) -> Store:
    """A base with products, a text set and one segment."""
    fill(store)
    store.run(
        "INSERT INTO segments VALUES ('t1', 'Loyal', 1, 'a rule', 'In words.', 40, "
        '\'{"median_recency_days": 10, "median_orders": 9}\')'
    )
    return store


def wanted(store: Store, *kinds: str, **order: Any) -> list[tuple[Place, TextRequest]]:  # noqa: ANN401
    desk = TextDesk(store, SETTINGS, "d1", "t1", "en-GB", "mia")
    return list(desk.wanted(TextOrder(kinds, **order)))


def test_an_order_is_a_text_for_each_product_segment_and_channel(shop: Store) -> None:
    found = wanted(
        shop, "description", "social", product_ids=("mug", "jug"), segments=(ALL_READERS, "Loyal")
    )

    assert len(found) == 2 * 2 * (1 + 4)
    assert {place.arm for place, _ in found} == {"friendly"}
    assert {(p.segment, r.standing) for p, r in found} == {(ALL_READERS, ""), ("Loyal", "regular")}
    assert {r.limit for p, r in found if p.channel == "x"} == {280}
    assert {r.most_hashtags for p, r in found if p.channel == "instagram"} == {5}


def test_only_letters_have_a_footer(shop: Store) -> None:
    found = wanted(shop, "description", "email", product_ids=("mug",))

    assert {p.kind: bool(r.footer) for p, r in found} == {"description": False, "email": True}


def test_an_upsell_is_a_somewhat_dearer_product_of_the_family(shop: Store) -> None:
    for product_id, price in (("a", 4.8), ("b", 6.5), ("c", 7.5)):
        add_product(shop, product_id, f"Heron bowl {product_id}", price=price)

    [(_, upsell)] = wanted(shop, "email", product_ids=("mug",), tone="subtle_upsell")
    [(_, plain)] = wanted(shop, "email", product_ids=("mug",))

    assert upsell.step_up is not None
    assert upsell.step_up.entry.product_id == "b"  # 4.50 to 6.50: over a tenth, under six tenths
    assert plain.step_up is None


def test_a_team_is_told_what_customers_bought_and_readers_are_not(shop: Store) -> None:
    shop.run(
        "INSERT INTO customers (dataset_id, customer_id, consent_email) "
        "SELECT 'd1', 'c' || range, true FROM range(80)"
    )
    shop.run(
        "INSERT INTO transactions (dataset_id, customer_id, order_id, product_id, quantity, "
        "unit_price, amount, ordered_at) SELECT 'd1', 'c' || range, 'o' || range, 'mug', 2, 4.5, "
        "9, TIMESTAMP '2026-11-01' FROM range(60)"
    )

    found = {p.kind: r for p, r in wanted(shop, "team_summary", "summary", "description",
                                          product_ids=("mug",))}  # fmt: skip

    team, readers = found["team_summary"].sales, found["summary"].sales
    assert team is not None
    assert readers is not None
    assert "Bought by 60 of 80 customers (75%), in 60 orders, 120 pieces in all." in (
        team.passage.text.split("\n")
    )
    assert "Sold on 1 November 2026." in team.passage.text
    assert [s.text for s in readers.passage.statements] == ["60 of our customers have chosen it."]
    assert found["description"].sales is None


@pytest.mark.parametrize(
    ("order", "message"),
    [
        pytest.param({"kinds": ("poem",), "product_ids": ("mug",)}, "no kind 'poem'", id="a kind"),
        pytest.param({"kinds": (), "product_ids": ("mug",)}, "at least one kind", id="none"),
        pytest.param({"kinds": ("social",)}, "Choose a product", id="nothing to write about"),
        pytest.param(
            {"kinds": ("social",), "strategy": "for_you"}, "summary, email",
            id="a post about each reader's own products",
        ),
        pytest.param(
            {"kinds": ("email",), "product_ids": ("mug",), "tone": "angry"}, "no tone 'angry'",
            id="a tone",
        ),
        pytest.param(
            {"kinds": ("email",), "strategy": "guess"}, "no strategy 'guess'", id="a strategy"
        ),
        pytest.param({"kinds": ("email",), "customer_id": "c1"}, "how the products", id="how"),
    ],
)  # fmt: skip
def test_an_order_that_cannot_be_met_is_refused(order: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        TextOrder(**order)


def test_an_unknown_segment_is_named_with_those_there_are(shop: Store) -> None:
    with pytest.raises(InputError, match=r"no segment 'Rich'\. Use one of: Loyal"):
        wanted(shop, "email", product_ids=("mug",), segments=("Rich",))


def test_a_base_has_one_set_which_is_dated_by_its_last_writing(shop: Store) -> None:
    shop.run("UPDATE campaigns SET send_on = $day", day=shop.now().date() - timedelta(days=9))

    assert open_text_set(shop, SETTINGS, "d1", actor="mia") == "t1"
    assert open_text_set(shop, SETTINGS, "d1", actor="mia") == "t1"

    assert shop.read("SELECT send_on FROM campaigns") == [(shop.now().date(),)]
    assert shop.read("SELECT count(*) FROM audit_log WHERE kind = 'texts.dated'") == [(1,)]
    assert reports.text_set(shop, "d1") == "t1"


def test_products_to_choose_are_for_sale_and_those_chosen_come_first(shop: Store) -> None:
    add_product(shop, "gone", "Heron lid", stock=0.0)

    found = reports.products_to_choose(shop, "d1", words="heron", chosen=["pan"])

    assert [row["product_id"] for row in found] == ["pan", "jug", "mug"]
