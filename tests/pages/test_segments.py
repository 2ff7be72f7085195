from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pages.ui import shell

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamlit.testing.v1 import AppTest

PAGE = "pages/segments.py"


@pytest.fixture
def page(open_on: Callable[..., AppTest], add_campaign: Callable[..., str]) -> AppTest:
    return open_on(PAGE, add_campaign())


def texts(page: AppTest) -> str:
    return "\n".join(each.value for each in [*page.markdown, *page.caption])


def kept() -> list[tuple[str, int]]:
    return shell.store().read("SELECT segment, customers FROM segments ORDER BY position")


def test_without_a_campaign_the_page_says_where_to_go(open_on: Callable[..., AppTest]) -> None:
    page = open_on(PAGE)

    assert not page.exception
    assert page.subheader[0].value == "Choose a campaign"


def test_a_proposal_accounts_for_every_customer_and_writes_nothing(page: AppTest) -> None:
    assert not page.exception
    assert page.dataframe[0].value["Customers"].sum() == 300
    assert page.get("plotly_chart")
    assert kept() == []


def test_the_quality_is_said_in_words_before_figures(page: AppTest) -> None:
    said = {metric.label: metric.value for metric in page.metric}

    assert said["Coverage"] == "100%"
    assert said["Stability"] in {"Very stable", "Stable", "Fairly stable", "Not stable"}


def test_one_click_keeps_the_segments_and_leads_on(page: AppTest) -> None:
    page.button(key="keep").click().run()

    assert not page.exception
    assert sum(customers for _, customers in kept()) == 300
    assert page.button(key="go_on").label == "Go on to messages"
    assert "Who can be written to" in [each.value for each in page.subheader]


def test_small_segments_are_merged_by_one_click_and_parted_again(page: AppTest) -> None:
    before = len(page.dataframe[0].value)
    assert "Too small to test" in texts(page)

    page.button(key="merge").click().run()
    merged = len(page.dataframe[0].value)
    page.button(key="unmerge").click().run()

    assert merged < before
    assert len(page.dataframe[0].value) == before


def test_own_rules_group_the_customers(page: AppTest) -> None:
    page.segmented_control(key="method").set_value("rules").run()

    assert not page.exception
    found = next(each.value for each in page.dataframe if "Segment" in each.value)
    assert list(found["Segment"])[:2] == ["Recent repeat buyers", "Lapsed repeat buyers"]


def test_a_rule_that_says_nothing_is_refused_in_words(page: AppTest) -> None:
    page.segmented_control(key="method").set_value("rules").run()

    page.session_state["rules_base_spring"] = {
        "edited_rows": {0: {"value": "many"}}, "added_rows": [], "deleted_rows": [],
    }  # fmt: skip
    page.run()

    assert not page.exception
    assert "needs a number, not 'many'" in page.error[0].value


def test_a_person_is_told_why_they_are_where_they_are(page: AppTest) -> None:
    page.button(key="keep").click().run()

    page.text_input(key="who").set_value("p12").run()

    assert not page.exception
    assert "Customer p12 is in" in texts(page)


def test_nobody_by_that_name_is_said_so(page: AppTest) -> None:
    page.button(key="keep").click().run()

    page.text_input(key="who").set_value("p9999").run()

    assert "No customer has the number, address or name 'p9999'\\." in texts(page)


def test_ten_people_of_a_segment_are_shown(page: AppTest) -> None:
    page.button(key="keep").click().run()
    largest = max(kept(), key=lambda row: row[1])[0]

    page.selectbox(key="look_into").set_value(largest).run()

    assert len(page.dataframe[1].value) == 10


def test_replacing_segments_that_have_messages_is_asked_for_once_more(page: AppTest) -> None:
    page.button(key="keep").click().run()
    shell.store().run(
        "INSERT INTO variants VALUES ('v', 1, 'spring', 'Gone', 'A', 's', 'p', 'b', 'c', 'l', "
        "'f', 'en-GB', '{}', 'composer', '{}', 'hash', now(), 'Ann')"
    )
    page.button(key="group_again").click().run()

    page.button(key="keep").click().run()

    assert "1 message was written for the segments of now" in texts(page)
    assert page.button(key="confirm_keep").label == "Replace the segments"

    page.button(key="confirm_keep").click().run()

    assert not page.exception
    assert "Replace the segments" not in [button.label for button in page.button]
    assert shell.store().read("SELECT count(*) FROM retired_variants") == [(1,)]
