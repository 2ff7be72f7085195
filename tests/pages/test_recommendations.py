"""The page of recommendations: a customer's shelves, a segment's, the rules, files and quality."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pages.ui import recommend_rule_words as told
from pages.ui import shell
from personalization import campaign
from personalization.reports import recommendations as reports

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamlit.testing.v1 import AppTest

PAGE = "pages/recommendations.py"
BASE = "base_spring"
# Everybody bought the kettle; who has an even number bought the teapot as well, and the tea twice
# a month.  The lamp is out of stock, and the rope is in nobody's hands.
PRODUCTS = """
    INSERT INTO products (dataset_id, product_id, name, category, price, currency, stock,
                          is_replenishable)
    VALUES ('base_spring', 'K', 'Kettle', 'kitchen', 20, 'GBP', 9, false),
           ('base_spring', 'T', 'Teapot (2 cups)', 'kitchen', 15, 'GBP', 9, false),
           ('base_spring', 'G', 'Green tea', 'food', 4, 'GBP', 90, true),
           ('base_spring', 'L', 'Lamp', 'lights', 30, 'GBP', 0, false),
           ('base_spring', 'R', 'Rope', 'garden', 3, 'GBP', 5, false)
"""
ORDERS = """
    WITH bought AS (
        SELECT n, unnest(CASE WHEN n % 2 = 0 THEN ['K', 'T', 'G', 'L'] ELSE ['K', 'L'] END) AS item
        FROM range(1, 201) AS people(n)
    )
    INSERT INTO transactions
    SELECT $base, 'o' || n || '-' || day, 'p' || n, item, item, 'x', 1, 5, 5, 'GBP',
           TIMESTAMP '2026-06-01 12:00:00' + to_days((n % 90 + day)::INTEGER)
    FROM bought, (VALUES (0), (15), (30)) AS days(day)
    WHERE item = 'G' OR day = 0
"""


@pytest.fixture
def base(add_campaign: Callable[..., str]) -> str:
    """A campaign on 300 customers, 200 of whom have orders of a small catalogue."""
    campaign_id = add_campaign()
    shell.store().run(PRODUCTS)
    shell.store().run(ORDERS, base=BASE)
    return campaign_id


def texts(page: AppTest) -> str:
    return "\n".join(each.value for each in [*page.markdown, *page.caption])


def look_at(page: AppTest, view: str) -> AppTest:
    return page.segmented_control(key="recommend_view").set_value(view).run()


def test_without_orders_or_events_the_page_says_what_to_add(
    open_on: Callable[..., AppTest], add_campaign: Callable[..., str]
) -> None:
    page = open_on(PAGE, add_campaign())

    assert not page.exception
    assert page.subheader[0].value == "Nothing to go by yet"


def test_a_customer_sees_products_with_their_reasons_and_what_was_left_out(
    open_on: Callable[..., AppTest], base: str
) -> None:
    page = open_on(PAGE, base)
    page.text_input(key="recommend_customer").set_value("p1").run()

    assert not page.exception
    said = texts(page)
    assert "Teapot \\(2 cups\\)" in said
    assert "customers with Kettle have it too" in said
    left_out = next(each.value for each in page.dataframe if "Why not" in each.value)
    assert "bought already" in left_out.loc[left_out["Product"] == "Kettle", "Why not"].item()
    assert "Nothing that they buy again and again is due" in said
    assert "Popular products would stand in, 2 of 4, marked as such" in said.replace("\\", "")

    page.text_input(key="why_not").set_value("L").run()

    assert "Out of stock" in texts(page)


def test_a_strategy_that_finds_nothing_for_a_group_draws_no_popular_products_as_its_own(
    open_on: Callable[..., AppTest], base: str
) -> None:
    page = look_at(open_on(PAGE, base), "group")

    page.selectbox(key="recommend_strategy").set_value("abandoned").run()

    assert not page.exception
    assert "too little of its own for these customers" in texts(page)
    assert "Popular, to fill up" not in texts(page)


def test_a_segment_is_worked_out_handed_over_and_counted_again(
    open_on: Callable[..., AppTest], base: str
) -> None:
    run_id = campaign.recommend(
        shell.store(), shell.settings(), BASE, strategy="for_you", wanted=2, actor="Ann"
    )
    page = look_at(open_on(PAGE, base), "group")
    page.button(key="recount").click().run()
    page.button(key="write_files").click().run()

    assert not page.exception
    given = reports.shape_of_run(shell.store(), run_id)
    figures = {each.label: each.value for each in page.metric}
    assert figures["Different products"] == str(given.products)
    # 100 have teapot and tea to come.  8 bought all there is and their tea within the week, so that
    # 292 of 300 get anything.
    assert figures["Share the commonest list"] == "34.2%"
    said = [each.value for each in page.success]
    assert any("different reasons say what the events say" in each for each in said)
    assert any(f"{given.given} recommendations for" in each for each in said)
    assert not list(page.error)


def test_a_draft_of_the_rules_is_tried_saved_with_a_note_and_then_in_force(
    open_on: Callable[..., AppTest], base: str
) -> None:
    page = look_at(open_on(PAGE, base), "rules")
    page.number_input(key="rule_products.least_stock_0").set_value(0).run()
    page.button(key="try_rules").click().run()

    assert not page.exception
    assert {each.label: each.value for each in page.metric}["Products that may be shown"] == "5"

    page.text_input(key="rules_note").set_value("We reorder within a day.")
    next(each for each in page.button if each.label == "Save the rules").click().run()

    assert not page.exception
    assert campaign.recommendation_policy(shell.store(), BASE).products.least_stock == 0
    [version] = campaign.recommendation_policy_history(shell.store(), BASE)
    assert version["note"] == "We reorder within a day."


def test_the_quality_of_the_strategies_is_measured_as_a_job(
    open_on: Callable[..., AppTest], base: str
) -> None:
    page = look_at(open_on(PAGE, base), "quality")
    page.button(key="evaluate_recommendations").click().run()
    shell.jobs().wait(page.session_state["recommend_job"])
    page.run()

    assert not page.exception
    assert "Whatever they bought, again or for the first time" in texts(page)


def test_every_value_of_the_rules_has_its_words() -> None:
    places = set(reports.policy_values(campaign.check_recommendation_policy("")))

    assert {place for place in places if place[0] != "gates"} == set(told.FIELD)
    assert {place[-1] for place in places if place[0] == "gates"} == set(told.GATE)
