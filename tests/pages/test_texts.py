from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pages.ui import shell
from tests.generation.text_set import approve, fill, write

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamlit.testing.v1 import AppTest

PAGE = "pages/texts.py"


@pytest.fixture
def page(open_on: Callable[..., AppTest]) -> AppTest:
    """The page of a base with two texts, one of them approved."""
    store = shell.store()
    fill(store)
    page = open_on(PAGE)  # reads the shipped content, and the brand profile that texts are held to
    write(store, "jug")
    approve(store, write(store))
    return page.run()


def test_texts_are_read_decided_on_and_copied_in_place(page: AppTest) -> None:
    copied = (
        "Here is one to show you: Heron mug. It comes in red. You will find it on our kitchen "
        "shelves. It is yours for £4.50. Come and have a look."
    )
    assert any("Heron jug" in text.value for text in page.markdown)
    assert [code.value for code in page.code] == [copied]  # the jug is not approved yet

    page.button(key="texts_approve_all").click().run()

    assert not page.exception
    assert len(page.code) == 2


def test_an_order_without_a_product_says_what_is_missing(page: AppTest) -> None:
    page.button(key="text_write").click().run()

    assert any("Choose a product" in error.value for error in page.error)


def test_a_changed_price_is_told_on_the_text(page: AppTest) -> None:
    shell.store().run("UPDATE products SET price = 9 WHERE product_id = 'mug'")

    page.run()

    assert not page.code
    assert any("catalogue says something else" in warning.value for warning in page.warning)


def test_without_customers_the_page_leads_to_the_upload(open_on: Callable[..., AppTest]) -> None:
    page = open_on(PAGE)

    assert any("No products yet" in text.value for text in (*page.markdown, *page.subheader))
