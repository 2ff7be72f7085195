"""From nothing to a campaign with segments, as a newcomer clicks it."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

HEAD = "customer_id,email,first_name,country,consent,orders,total_spent,last_order_date\n"
FAULTY = HEAD + (
    "A1,ann@example.com,Ann,United Kingdom,yes,3,120.50,2026-10-25\n"
    "A2,not-an-address,Ben,France,yes,1,20.00,2026-09-30\n"
    ",cara@example.com,Cara,Spain,yes,2,44.00,2026-08-01\n"
    "A3,dan@example.com,Dan,Italy,no,5,310.00,2026-11-02\n"
    "A3,dan@example.com,Dan,Italy,yes,6,330.00,2026-11-09\n"
    "A4,=cmd@example.com,Eve,Norway,yes,1,15.00,2026-07-15\n"
)


def many(n: int) -> str:
    return HEAD + "".join(
        f"B{i},b{i}@example.com,Name{i},France,yes,{1 + i % 9},{10 + i},2026-{1 + i % 10:02}-15\n"
        for i in range(n)
    )


def upload(page: Page, text: str, name: str = "customers.csv") -> None:
    page.locator(".st-key-upload_customers input[type=file]").set_input_files(
        {"name": name, "mimeType": "text/csv", "buffer": text.encode()}
    )


def heading(page: Page, text: str) -> None:
    page.get_by_role("heading", name=text, exact=True).wait_for()


def test_a_deep_link_on_a_fresh_server_is_framed_as_any_page(
    start_app: Callable[..., str], page: Page, settled: Callable[[Page], None]
) -> None:
    page.goto(f"{start_app()}/segments?campaign=gone")

    heading(page, "Choose a campaign")
    settled(page)
    heading(page, "Segments")
    assert page.get_by_role("link", name="Campaigns", exact=True).is_visible()
    assert page.get_by_role("link", name="Audit", exact=True).is_visible()
    assert "segments.py" not in page.content()


def test_the_sample_is_one_click_away(
    start_app: Callable[..., str], page: Page, settled: Callable[[Page], None]
) -> None:
    page.goto(start_app())
    page.get_by_role("button", name="Try it with sample data").click()

    heading(page, "Segments")
    page.get_by_role("button", name="Keep these segments").click()
    heading(page, "Who can be written to")
    settled(page)

    assert "campaign=" in page.url
    page.reload()
    heading(page, "Who can be written to")


def test_every_row_of_an_upload_is_accounted_for_and_the_problems_can_be_taken_away(
    server: str, page: Page, settled: Callable[[Page], None]
) -> None:
    page.goto(f"{server}/upload")
    upload(page, FAULTY, "faulty.csv")

    page.get_by_text("4 + 1 + 1 = 6 rows").wait_for()
    settled(page)
    page.get_by_role("tab", name="Problems").click()
    with page.expect_download() as given:
        page.get_by_role("button", name="Download all problems (CSV)").click()

    text = Path(given.value.path()).read_text("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert given.value.suggested_filename == "problems-faulty.csv"
    assert {(row["outcome"], row["line"], row["reason"]) for row in rows} >= {
        ("rejected", "4", "missing_customer_id"),
        ("merged", "5", "duplicate_superseded"),
        ("warning", "3", "invalid_email"),
    }
    assert not [cell for row in rows for cell in row.values() if cell.startswith("=")]


def test_a_double_click_creates_one_campaign(
    start_app: Callable[..., str], page: Page, settled: Callable[[Page], None]
) -> None:
    address = start_app()
    page.goto(f"{address}/upload")
    upload(page, many(400))
    page.get_by_text("400 + 0 + 0 = 400 rows").wait_for()
    settled(page)
    page.get_by_label("Campaign name").fill("Winter gifts")

    page.get_by_role("button", name="Create campaign").dblclick(delay=20)

    heading(page, "Segments")
    settled(page)
    page.goto(address)
    heading(page, "All campaigns")
    settled(page)
    assert page.locator(".st-key-campaigns").get_by_text("Winter gifts").count() == 1
