"""Designing a test in a real browser: a repair, the freeze, and everything that was declared."""

from __future__ import annotations

import json
import re
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
def experiment(start_app: Callable[..., str], tmp_path: Path) -> str:
    """The address of the test of a campaign whose messages are approved."""
    path = tmp_path / "approved.duckdb"
    store = open_store(path)
    campaigns.add(store, "spring", "Spring preview", 300)
    me = "Local user"  # alone, so that approving is one click
    settings = Settings(brand=BRAND)
    campaigns.approved(store, settings, "spring", CORPUS, author=me, reviewer=me)
    store.close()
    return f"{start_app(path)}/experiment?campaign=spring"


def test_a_repair_changes_the_plan_and_the_freeze_writes_it_down(
    experiment: str, page: Page, settled: Callable[[Page], None], tmp_path: Path
) -> None:
    page.goto(experiment)
    page.get_by_role("heading", name="What this test could show").wait_for()
    page.locator(".st-key-mirror .js-plotly-plot").wait_for()
    settled(page)

    page.get_by_role("button", name="Test one variant").click()
    page.locator(".st-key-bar").get_by_text("1 variant").wait_for()
    settled(page)
    assert page.get_by_role("dialog").count() == 0
    page.locator(".st-key-freeze_it button").click()
    page.get_by_text(re.compile(r"checks are green")).wait_for()
    settled(page)
    page.get_by_text("For the record").click()
    page.get_by_role("button", name="Download the hypothesis").wait_for()
    settled(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the hypothesis").click()

    path = tmp_path / "hypothesis.json"
    download.value.save_as(path)
    hypothesis = json.loads(path.read_text("utf-8"))
    assert {arm["arm"] for arm in hypothesis["arms"]} == {"control", "A"}
    assert hypothesis["metric"] == "click"
