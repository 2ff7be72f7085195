"""The main journeys in a real browser: a file of customers, and messages with products."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

LONG = 480_000  # milliseconds: the sentence encoder loads with the first message
CUSTOMERS = 630
KINDS = ((3, 24, 900.0), (40, 6, 240.0), (200, 1, 30.0))  # days since last order, orders, spent


def customer_file(folder: Path) -> Path:
    """Write customers of three kinds; every tenth has not agreed to e-mails, one address is bad."""
    path = folder / "customers.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(
            ["customer_id", "email", "first_name", "country", "newsletter", "orders", "revenue",
             "last_purchase"]
        )  # fmt: skip
        for n in range(1, CUSTOMERS + 1):
            days, orders, spent = KINDS[n % 3]
            email = "not an address" if n == 7 else f"person{n}@example.com"
            name = "" if n % 5 == 0 else f"Person {n}"
            agreed = "no" if n % 10 == 0 else "yes"
            month, day = (10 - days // 30) or 1, 1 + n % 28
            rows.writerow(
                [f"C{n:04}", email, name, "United Kingdom", agreed, orders, spent + n,
                 f"2026-{month:02}-{day:02}"]
            )  # fmt: skip
    return path


def create(page: Page, server: str, file: Path, name: str) -> str:
    """Upload the file, create a campaign with a double click, and return the campaign's id."""
    page.goto(f"{server}/upload")
    page.get_by_role("heading", name="Upload", exact=True).wait_for()
    page.locator(".st-key-upload_customers input[type=file]").set_input_files(file)
    page.get_by_label("Campaign name").wait_for()
    page.get_by_text("630").first.wait_for()
    page.get_by_label("Campaign name").fill(name)
    page.get_by_role("button", name="Create campaign").dblclick()
    page.get_by_role("heading", name="Segments", exact=True).wait_for(timeout=LONG)
    page.wait_for_url(re.compile(r"campaign=c\w+"))
    found = re.search(r"campaign=(\w+)", page.url)
    assert found
    return found[1]


def menu(page: Page, title: str) -> None:
    page.get_by_test_id("stSidebarNavLink").filter(has_text=re.compile(title)).click()


def write_messages(page: Page) -> None:
    page.locator(".st-key-keep button").click()
    page.locator(".st-key-go_on button").click()
    page.get_by_role("heading", name="Content", exact=True).wait_for()
    page.locator(".st-key-write button").click()
    page.get_by_text(re.compile(r"^All \d+ messages are written")).wait_for(timeout=LONG)
    page.locator(".st-key-review button").click()
    page.get_by_role("heading", name="Review", exact=True).wait_for()


def approve_everything(page: Page, settled: Callable[[Page], None]) -> None:
    """Approve the first message by key, the rest at once, and what needs a reason with one."""
    page.locator(".st-key-bar").get_by_text("Needs review").wait_for()
    settled(page)
    page.keyboard.press("a")
    page.get_by_text(re.compile(r"^1 of \d+ messages decided")).wait_for()
    page.locator(".st-key-approve_all button").click()
    page.get_by_role("dialog").wait_for()
    page.locator(".st-key-confirm_all button").click()
    page.get_by_role("dialog").wait_for(state="detached")
    settled(page)
    for _ in range(40):
        told = page.get_by_text(re.compile(r"^\d+ of \d+ messages decided")).inner_text()
        if re.match(r"(\d+) of \1 ", told):
            return
        if page.locator(".st-key-bar").get_by_text("Needs a reason").count():
            page.get_by_label("Reason or note").fill("Read it twice; harmless.")
            page.get_by_label("Reason or note").press("Tab")
            page.locator(".st-key-approve button").click()
        else:
            page.locator(".st-key-next button").click()
        page.wait_for_timeout(300)
        settled(page)
    raise AssertionError("Some message could not be approved.")


def export(page: Page, folder: Path, settled: Callable[[Page], None]) -> dict[str, bytes]:
    """Freeze the design, export, and return the files of the download by name."""
    menu(page, "Experiment")
    page.get_by_role("heading", name="What this test could show").wait_for()
    page.locator(".st-key-freeze_it button").click()
    page.get_by_text(re.compile(r"checks are green")).wait_for(timeout=LONG)
    settled(page)
    page.get_by_role("button", name="Export for sending").first.click()
    page.locator(".st-key-confirm_export button").click()
    page.locator(".st-key-export_zip button").wait_for(timeout=LONG)
    settled(page)
    with page.expect_download() as download:
        page.locator(".st-key-export_zip button").click()
    path = folder / "export.zip"
    download.value.save_as(path)
    with zipfile.ZipFile(path) as packed:
        return {Path(name).name: packed.read(name) for name in packed.namelist()}


def recipients(files: dict[str, bytes]) -> list[dict[str, str]]:
    found = []
    for name, data in files.items():
        rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
        if name.endswith(".csv") and rows and "rendered_sha256" in rows[0]:
            found += rows
    return found


def event_file(folder: Path, sent: list[dict[str, str]]) -> Path:
    """Let two in three click of arm A, and one in five of the others."""
    path, now = folder / "events.csv", datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["customer_id", "event", "time", "value"])
        for n, row in enumerate(sent):
            if n % 3 < 2 if row["arm"] == "A" else n % 5 == 0:
                rows.writerow([row["customer_id"], "click", now, ""])
    return path


def open_early(page: Page) -> None:
    """Open results that are closed until the day that the design set, with a reason."""
    page.get_by_role("heading", name=re.compile("The results open when")).wait_for()
    assert page.locator(".js-plotly-plot").count() == 0
    page.locator(".st-key-open_early button").click()
    page.get_by_label("Why now").fill("Complaints arrived; we have to know which message.")
    page.locator(".st-key-confirm_early button").click()
    page.get_by_text("Read early", exact=True).wait_for()


@pytest.mark.timeout(600)
def test_a_campaign_from_a_file_of_customers_to_the_officers_csv(
    server: str,
    page: Page,
    settled: Callable[[Page], None],
    tmp_path: Path,
) -> None:
    campaign_id = create(page, server, customer_file(tmp_path), "Winter lights")
    write_messages(page)
    approve_everything(page, settled)
    files = export(page, tmp_path, settled)
    sent = recipients(files)

    people = {row["customer_id"] for row in sent}
    assert len(people) == len(sent) == CUSTOMERS - CUSTOMERS // 10 - 1
    assert "C0010" not in people
    assert "C0007" not in people
    assert all("{{" not in row["subject"] + row["body"] for row in sent)
    manifest = json.loads(files["manifest.json"])
    assert manifest["recipients"] == len(sent)

    menu(page, "Results")
    page.get_by_text("Waiting for responses").wait_for()
    page.locator(".st-key-engagement input[type=file]").set_input_files(event_file(tmp_path, sent))
    page.locator(".st-key-add_events button").click()
    page.get_by_text(re.compile(r"responses added")).wait_for(timeout=LONG)
    open_early(page)
    page.locator(".st-key-forest_arms .js-plotly-plot").wait_for()
    page.get_by_text(re.compile(r"Variant A lifts clicks by")).first.wait_for()
    page.locator(".st-key-recompute button").click()
    page.get_by_text(re.compile(r"All [\d,]+ stored numbers were reproduced")).wait_for()
    settled(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Report (HTML)").first.click()
    report = Path(download.value.path()).read_text("utf-8")
    assert "Winter lights" in report
    assert "simulated" not in report.lower().replace("not simulated", "")

    menu(page, "Audit")
    page.get_by_text("Screening is complete").wait_for()
    page.locator(".st-key-verify button").click()
    page.get_by_text("The record is whole").wait_for()
    settled(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Audit log (CSV)").first.click()
    text = Path(download.value.path()).read_text("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {row["campaign_id"] for row in rows} == {campaign_id}
    assert {row["review_decision"] for row in rows if row["is_current"] == "True"} == {"approved"}
    assert sum(int(row["recipients"]) for row in rows) == len(sent)

    menu(page, "Campaigns")
    page.get_by_role("heading", name="Campaigns", exact=True).wait_for()
    settled(page)
    assert page.locator(".st-key-campaigns").get_by_text("Winter lights", exact=True).count() == 1


def create_on_sample(page: Page, server: str, name: str) -> None:
    """Create a campaign on the sample shop, whose segments follow the starter rules."""
    page.goto(f"{server}/upload")
    page.get_by_role("heading", name="Upload", exact=True).wait_for()
    page.get_by_text("Sample shop", exact=True).click()
    page.get_by_label("Campaign name").fill(name)
    page.get_by_role("button", name="Create campaign").click()
    page.get_by_role("heading", name="Segments", exact=True).wait_for(timeout=LONG)
    page.get_by_text("Your own rules").click()
    page.locator(".st-key-keep_bar").get_by_text(re.compile(r"^[2-6] segments")).wait_for(
        timeout=LONG
    )
    page.locator(".st-key-keep button").click()
    page.locator(".st-key-go_on button").click()
    page.get_by_role("heading", name="Content", exact=True).wait_for()


def plan_products(page: Page, strategies: dict[str, str], settled: Callable[[Page], None]) -> str:
    """Choose a strategy for each variant, and return the sentence on who has all products."""
    page.locator(".st-key-plan_products button").click()
    dialog = page.get_by_role("dialog")
    for arm, strategy in strategies.items():
        dialog.locator(f".st-key-strategy_{arm} input").click()
        page.get_by_role("option", name=strategy, exact=True).click()
    dialog.get_by_role("button", name="Work out the products").click()
    page.get_by_role("button", name="Refresh products").wait_for(timeout=LONG)
    settled(page)
    return page.locator(".st-key-products").inner_text()


@pytest.mark.timeout(1500)
def test_a_test_of_two_ways_to_choose_products_from_the_sample_to_the_export(
    server: str,
    page: Page,
    settled: Callable[[Page], None],
    tmp_path: Path,
) -> None:
    create_on_sample(page, server, "Chosen for you")
    told = plan_products(page, {"A": "For you", "B": "Popular", "C": "No products"}, settled)
    assert "two products" in told
    page.locator(".st-key-write button").click()
    page.get_by_text(re.compile(r"^All \d+ messages are written")).wait_for(timeout=LONG)
    page.locator(".st-key-review button").click()
    page.get_by_role("heading", name="Review", exact=True).wait_for()
    approve_everything(page, settled)
    files = export(page, tmp_path, settled)
    sent = recipients(files)

    arms = {row["arm"] for row in sent}
    assert arms == {"control", "A", "B", "C"}
    shown = {arm: [row for row in sent if row["arm"] == arm] for arm in arms}
    for row in shown["A"] + shown["B"]:
        for place in ("product_1", "product_2"):
            assert row[f"{place}_name"] in row["body"]
            assert row[f"{place}_price"] in row["body"]
    assert not any(row["product_1_name"] for row in shown["control"] + shown["C"])
    assert all("{{" not in row["subject"] + row["body"] for row in sent)
    chosen, popular = ({row["product_1_name"] for row in shown[arm]} for arm in "AB")
    assert len(chosen) > 5 * len(popular)
