from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest

from pages.ui import shell
from tests.pages import measured

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamlit.testing.v1 import AppTest

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


def texts(app: AppTest) -> str:
    return "\n".join(each.value for each in app.markdown)


def links(app: AppTest) -> list[str]:
    return [each.value for each in app.page_link]


def add_messages(n: int, n_approved: int) -> None:
    store = shell.store()
    for number in range(n):
        store.run(
            "INSERT INTO variants VALUES ($id, 1, 'spring', 'Loyal', $arm, 's', 'p', 'b', 'c', "
            "'l', 'f', 'en-GB', '{}', 'composer', '{}', 'hash', $t, 'Ann')",
            id=f"v{number}", arm="ABCDEF"[number], t=NOW,
        )  # fmt: skip
        if number < n_approved:
            store.run(
                "INSERT INTO approvals (variant_id, version, campaign_id, content_sha256, "
                "decision, note, actor, is_self_approved, decided_at) "
                "VALUES ($id, 1, 'spring', 'hash', 'approved', '', 'Ann', true, $t)",
                id=f"v{number}", t=NOW,
            )  # fmt: skip


def test_a_newcomer_is_told_what_this_is_and_offered_the_sample(app: AppTest) -> None:
    app.run()

    assert not app.exception
    assert app.title[0].value == "Campaigns"
    assert [button.label for button in app.button] == [
        "Start a campaign",
        "Try it with sample data",
    ]


def test_one_click_on_the_sample_creates_a_campaign_and_opens_its_segments(app: AppTest) -> None:
    app.run()

    app.button(key="try_sample").click().run()

    assert not app.exception
    assert app.title[0].value == "Segments"
    assert shell.store().read("SELECT name FROM campaigns") == [("Christmas at Hearth & Ribbon",)]


def test_the_campaigns_are_listed_with_their_next_step(
    app: AppTest, add_campaign: Callable[..., str]
) -> None:
    add_campaign("spring", "Spring preview", 40)
    add_campaign("autumn", "Autumn sale", 30)

    app.run()

    rows = texts(app)
    assert "**Spring preview**" in rows
    assert "**Autumn sale**" in rows
    assert links(app) == ["Choose segments", "Choose segments"]
    assert "Nothing is waiting" in app.caption[0].value


def test_messages_that_wait_for_review_stand_first(
    app: AppTest, add_campaign: Callable[..., str]
) -> None:
    add_campaign("spring", "Spring preview", 40)
    add_messages(4, n_approved=1)

    app.run()

    assert "3 of 4 messages wait for a decision." in texts(app)
    assert links(app)[0] == "Review messages"


def test_results_that_are_closed_are_not_announced(
    app: AppTest, campaign_at: Callable[[str], str]
) -> None:
    campaign_at("designed")
    measured.fill(shell.store(), analysis_on=date(2099, 12, 15))

    app.run()

    assert not app.exception
    assert "Responses are coming in; results open on 16 Dec 2099." in texts(app)
    assert "Read the results" not in links(app)
    assert "Add responses" in links(app)


@pytest.mark.parametrize("page", ["home", "results"])
def test_a_result_whose_day_is_over_is_read_anew_by_whoever_comes_first(
    app: AppTest, campaign_at: Callable[[str], str], page: str
) -> None:
    app.query_params["campaign"] = campaign_at("designed")
    app.run()
    measured.fill(shell.store(), analysis_on=date(2026, 6, 16))
    shell.store().run("UPDATE verdicts SET is_early = true")

    if page == "results":
        app.switch_page("pages/results.py")
    app.run()

    assert not app.exception
    assert shell.store().read("SELECT bool_or(is_early) FROM verdicts") == [(False,)]


def test_a_running_job_is_shown_with_how_far_it_is(
    app: AppTest, add_campaign: Callable[..., str]
) -> None:
    add_campaign("spring", "Spring preview", 40)
    app.run()
    shell.jobs()
    shell.store().run(
        "INSERT INTO jobs VALUES "
        "('j', 'spring', 'write', 'running', 3, 12, 'Writing for Loyal', $t, $t)",
        t=NOW,
    )

    app.run()

    assert not app.exception
    assert (app.progress[0].value, app.progress[0].text) == (25, "Writing for Loyal")


def test_starting_a_campaign_leaves_the_chosen_one(
    app: AppTest, add_campaign: Callable[..., str]
) -> None:
    add_campaign("spring", "Spring preview", 40)
    app.query_params["campaign"] = "spring"
    app.run()

    app.button(key="start").click().run()

    assert app.title[0].value == "Upload"
    assert app.selectbox(key="campaign_picker").value is None


def test_more_than_ten_campaigns_come_on_pages(
    app: AppTest, add_campaign: Callable[..., str]
) -> None:
    for number in range(12):
        add_campaign(f"c{number:02}", f"Campaign {number}", 2)

    app.run()

    assert sum("**Campaign" in each.value for each in app.markdown) == 10
