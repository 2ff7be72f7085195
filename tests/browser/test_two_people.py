"""Two people at two screens, deciding on the same message."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from personalization.settings import Settings
from personalization.store import open_store
from tests.delivery.ready import BRAND
from tests.pages import campaigns

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

CORPUS = Path(__file__).parents[2] / "content_corpus"


@pytest.fixture
def review(start_app: Callable[..., str], tmp_path: Path) -> str:
    """The address of the review of a campaign whose messages wait for a decision."""
    path = tmp_path / "written.duckdb"
    store = open_store(path)
    campaigns.add(store, "spring", "Spring preview", 300)
    campaigns.written(store, Settings(brand=BRAND), "spring", CORPUS)
    store.close()
    return f"{start_app(path)}/review?campaign=spring"


def open_as(page: Page, address: str, name: str, settled: Callable[[Page], None]) -> None:
    page.goto(address)
    page.locator(".st-key-bar").get_by_text("Needs review").wait_for()
    settled(page)
    page.get_by_role("button", name="Local user").click()
    page.get_by_role("textbox", name="Acting as").fill(name)
    page.get_by_role("textbox", name="Acting as").press("Enter")
    page.get_by_role("button", name=name).wait_for()
    page.keyboard.press("Escape")
    settled(page)


def test_the_second_to_decide_is_told_and_overwrites_nothing(
    review: str, open_page: Callable[[], Page], settled: Callable[[Page], None]
) -> None:
    ann, bea = open_page(), open_page()
    open_as(ann, review, "Ann", settled)
    open_as(bea, review, "Bea", settled)

    ann.locator(".st-key-approve button").first.click()
    ann.get_by_text("1 of 8 messages decided").wait_for()
    bea.get_by_role("textbox", name="Reason or note").fill("Too long for our readers.")
    bea.get_by_role("textbox", name="Reason or note").press("Tab")
    bea.locator(".st-key-reject button").first.click()

    bea.get_by_text("Someone else was faster: Ann approved this message").wait_for()
    settled(bea)
    bea.get_by_text("1 of 8 messages decided").wait_for()
    assert bea.locator(".st-key-bar").get_by_text("Approved").count() == 1
