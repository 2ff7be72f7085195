from __future__ import annotations

from typing import TYPE_CHECKING

from pages.ui import shell
from personalization import campaign

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamlit.testing.v1 import AppTest

_SEGMENT = """
    INSERT INTO segments VALUES ('spring', 'All', 1, 'everybody', 'They are here.', 300, '{}')
"""
_MEMBERS = "INSERT INTO segment_members SELECT 'spring', 'All', customer_id FROM customers"
_PRODUCTS = """
    INSERT INTO campaign_products
    SELECT 'spring', arm, customer_id, 1, 'cup', 'run', 'for_you', 'Tea cup', '£4.00',
           'Because you bought a pot', 'tea', 'https://shop.example/', 4
    FROM customers CROSS JOIN (VALUES ('A'), ('B')) AS arms(arm)
    WHERE customer_id <> 'p7'
"""


def told(page: AppTest) -> str:
    return "\n".join(each.value for each in [*page.markdown, *page.caption, *page.info])


def test_the_panel_says_who_has_products_and_lets_them_go_again(
    open_on: Callable[..., AppTest], add_campaign: Callable[..., str]
) -> None:
    add_campaign()
    store = shell.store()
    store.run(_SEGMENT)
    store.run(_MEMBERS)
    page = open_on("pages/content.py", "spring")
    assert page.button(key="plan_products").label == "Show products in the messages…"

    arms = {"A": "for_you", "B": "for_you"}
    campaign.plan_products(store, "spring", arms=arms, items=1, actor="Ann")
    page.run()
    assert "nobody could be written to" in told(page)
    assert page.button(key="refresh_products").label == "Work out the products"

    store.run(_PRODUCTS)
    store.run("UPDATE product_plans SET fields_sha256 = 'x'")
    page.run()
    assert "Variant A and Variant B: **For you**. 299 customers with one product" in told(page)
    assert "299 of 300 customers have one product in every arm." in told(page)
    assert "The other customer gets no message of this campaign." in told(page)

    page.button(key="drop_products").click().run()
    assert not page.exception
    assert page.button(key="plan_products")
