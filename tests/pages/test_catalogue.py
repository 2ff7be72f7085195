from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pages.ui import shell
from tests.pages import campaigns

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamlit.testing.v1 import AppTest

PAGE = "pages/catalogue.py"
PRODUCTS = (
    "sku,title,category path,price,stock,colour\n"
    "A1,Red mug,Kitchen > Mugs,4.50,12,red\n"
    "A2,Blue mug,Kitchen > Mugs,4.50,0,blue\n"
    "A3,Candle <b>,Home > Candles,,7,\n"
)
EVENTS = (
    "customer_id,product_id,event,time\n"
    "p1,A1,view,2026-10-01 10:00\np1,A1,purchase,2026-10-01 10:05\np2,X9,cart,2026-10-02 09:00\n"
)


@pytest.fixture
def page(open_on: Callable[..., AppTest]) -> AppTest:
    campaigns.add(shell.store(), "shop", "Shop", 3)
    return open_on(PAGE)


def view(page: AppTest, name: str) -> AppTest:
    return page.segmented_control(key="catalogue_view").set_value(name).run()


def add(page: AppTest, target: str, text: str) -> AppTest:
    page = view(page, "add")
    page.segmented_control(key="catalogue_target").set_value(target).run()
    page.file_uploader(key=f"upload_{target}").upload("mine.csv", text.encode(), "text/csv").run()
    return page.button(key="add_products").click().run()


def test_a_catalogue_is_added_found_and_shown_with_its_gaps(page: AppTest) -> None:
    page = add(page, "products", PRODUCTS)
    page = add(page, "interactions", EVENTS)

    assert [metric.value for metric in page.get_by_key("catalogue_numbers").metric] == [
        "3", "1", "2", "0",
    ]  # fmt: skip
    gaps = view(page, "gaps").dataframe[0].value
    assert dict(zip(gaps["Gap"], gaps["Products"], strict=True)) == {
        "No price": 1, "Unsafe name": 1, "No description": 3, "Out of stock": 1,
        "No margin": 3, "No link": 3, "Never bought": 2,
    }  # fmt: skip
    assert list(view(page, "unknown").dataframe[0].value["product_id"]) == ["X9"]
    page = view(page, "products")
    page.text_input(key="catalogue_search").set_value("blue").run()
    assert list(page.dataframe[0].value["product_id"]) == ["A2"]
    assert not page.exception
