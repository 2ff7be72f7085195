from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest

from pages.ui import shell
from personalization import campaign
from personalization.reports import experiment as reports
from tests.pages import campaigns
from tests.pages.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamlit.testing.v1 import AppTest

PAGE = "pages/experiment.py"
CORPUS = ROOT / "content_corpus"


def texts(app: AppTest) -> str:
    return " ".join(element.value for element in (*app.markdown, *app.caption))


def test_without_messages_the_page_leads_to_the_writing(
    open_on: Callable[..., AppTest], add_campaign: Callable[..., str]
) -> None:
    app = open_on(PAGE, add_campaign())

    assert not app.exception
    assert app.subheader[0].value == "No messages to test yet"


def test_before_the_review_it_says_what_is_missing_and_offers_no_design(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    app = open_on(PAGE, campaign_at("written"))

    assert not app.exception
    assert "Before the test can be designed" in texts(app)
    assert "freeze_it" not in [button.key for button in app.button]


def test_with_approved_messages_it_says_what_the_test_could_show(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    app = open_on(PAGE, campaign_at("approved"))

    assert not app.exception
    said = {metric.label: metric.value for metric in app.metric}
    assert said["People in the test"] == "270"
    assert said["Smallest lift you would notice"].startswith("+")


def test_where_somebody_else_is_there_a_design_is_submitted_and_waits(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    campaign_id = campaign_at("approved")
    app = open_on(PAGE, campaign_id)
    assert app.button(key="freeze_it").label == "Submit for sign-off"

    app.button(key="freeze_it").click().run()

    assert not app.exception
    found = reports.design_of(shell.store(), campaign_id)
    assert found is not None
    assert (found.designed_by, found.approved_by) == ("Local user", None)
    assert app.info[0].proto.title == "Waits for sign-off"


def test_one_person_alone_approves_the_design_which_gives_everybody_an_arm(
    open_on: Callable[..., AppTest], add_campaign: Callable[..., str]
) -> None:
    campaign_id, store, me = add_campaign(), shell.store(), "Local user"
    campaigns.approved(store, shell.settings(), campaign_id, CORPUS, author=me, reviewer=me)
    app = open_on(PAGE, campaign_id)
    assert app.button(key="freeze_it").label == "Approve this design"

    app.button(key="freeze_it").click().run()

    assert not app.exception
    found = reports.design_of(shell.store(), campaign_id)
    assert found is not None
    assert found.approved_by == "Local user"
    assert sum(row["assigned"] for row in reports.arms(shell.store(), found.experiment_id)) == 270


def test_a_frozen_design_shows_green_checks_and_both_ways_to_launch(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    app = open_on(PAGE, campaign_at("designed"))

    assert not app.exception
    assert app.success[0].value.endswith("checks are green.")
    assert not app.button(key="export").disabled
    assert not app.button(key="simulate").disabled


def test_the_syntax_of_the_sending_tool_is_chosen_before_the_files_are_written(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    campaign_id = campaign_at("designed")
    app = open_on(PAGE, campaign_id)
    app.button(key="export").click().run()
    usual = app.selectbox(key="merge_syntax").value
    assert not app.exception

    campaign.export_campaign(
        shell.store(), shell.settings(), campaign_id, actor="Ann", request_id="r",
        merge_syntax="mailchimp",
    )  # fmt: skip

    export = reports.export_of(shell.store(), campaign_id)
    assert export is not None
    assert (usual, {email["merge_syntax"] for email in export.manifest["emails"]}) == (
        "own", {"mailchimp"},
    )  # fmt: skip
    (kept,) = shell.store().read_one(
        "SELECT json_extract_string(payload, '$.merge_syntax') FROM audit_log "
        "WHERE kind = 'campaign.exported'"
    ) or ("",)
    assert kept == "mailchimp"


def test_a_red_check_shuts_the_launch_and_says_the_way_out(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    campaign_id = campaign_at("designed")
    shell.store().run("UPDATE documents SET status = 'retired'")

    app = open_on(PAGE, campaign_id)

    assert not app.exception
    assert "in the way" in app.warning[0].value
    assert app.button(key="export").disabled
    assert app.button(key="simulate").disabled


def test_a_design_is_withdrawn_with_a_reason_only(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    campaign_id = campaign_at("designed")
    app = open_on(PAGE, campaign_id)

    app.button(key="withdraw").click().run()
    refused = [error.value for error in app.error]
    app.text_input(key="withdraw_reason").set_value("A typo in variant B.").run()
    app.button(key="withdraw").click().run()

    assert not app.exception
    assert refused
    found = reports.design_of(shell.store(), campaign_id)
    assert found is not None
    assert found.approved_at is None


def test_a_frozen_design_says_what_decides_what_is_watched_and_by_which_rule(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    campaign_id = campaign_at("designed")

    app = open_on(PAGE, campaign_id)

    assert {metric.label: metric.value for metric in app.metric}["Decides"] == "Clicks"
    roles = dict(zip(app.table[0].value["Metric"], app.table[0].value["Role"], strict=True))
    assert roles["Clicks"] == "Decides"
    assert roles["Opens"] == "Diagnostic only"
    assert "How it will be decided" in texts(app)


def test_the_fingerprint_is_that_of_the_very_text_that_is_offered_for_download(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    campaign_id = campaign_at("designed")

    app = open_on(PAGE, campaign_id)

    found = reports.design_of(shell.store(), campaign_id)
    assert found is not None
    fingerprint = hashlib.sha256(found.hypothesis_text.encode()).hexdigest()
    assert fingerprint == found.hypothesis_sha256
    assert f"`{fingerprint}`" in texts(app)


def test_a_withdrawn_design_says_who_took_it_back_and_why(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    campaign_id = campaign_at("designed")
    app = open_on(PAGE, campaign_id)

    app.text_input(key="withdraw_reason").set_value("A *typo* in variant B.").run()
    app.button(key="withdraw").click().run()

    assert not app.exception
    assert app.info[0].proto.title == "Not frozen any more"
    assert app.info[0].value.startswith("Local user took the approval back")
    assert r"A \*typo\* in variant B" in app.info[0].value
    assert app.button(key="freeze_it")


def test_after_the_launch_it_says_what_went_out_and_that_it_was_simulated(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    app = open_on(PAGE, campaign_at("simulated"))

    assert not app.exception
    assert "Nobody was written to" in app.info[0].value
    assert app.dataframe[0].value["delivered"].sum() == 270
    assumed = next(table.value for table in app.table if "Assumed" in table.value)
    assert dict(zip(assumed["Assumed"], assumed["Value"], strict=True))["Value of an order"] == (
        "40.00"
    )


LAUNCH = """
    UPDATE experiments SET launched_at = TIMESTAMPTZ '2026-11-20 09:00Z', launched_by = 'Ann',
                           mode = 'export'
"""


def test_after_a_real_launch_it_says_when_the_result_is_read_and_how_long_that_is(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    campaign_id = campaign_at("designed")
    shell.store().run(LAUNCH)

    app = open_on(PAGE, campaign_id)

    assert not app.exception
    assert "Read on 2 January 2030; " in app.success[0].value  # responses of 1 January count
    assert "days to go" in app.success[0].value
    assert "freeze_it" not in [button.key for button in app.button]


@pytest.mark.parametrize(
    ("now", "to_go"),
    [
        pytest.param(datetime(2029, 12, 31, 23, 59, tzinfo=UTC), 2, id="two days before"),
        pytest.param(datetime(2030, 1, 1, 23, 59, tzinfo=UTC), 1, id="the last day that counts"),
        pytest.param(datetime(2030, 1, 2, 0, 0, tzinfo=UTC), 0, id="the day it is read"),
    ],
)
def test_the_last_day_counts_to_its_end_and_the_result_is_read_the_day_after(
    campaign_at: Callable[[str], str], now: datetime, to_go: int
) -> None:
    campaign_id = campaign_at("designed")
    found = reports.design_of(shell.store(), campaign_id)
    assert found is not None

    assert reports.due(found, now) == reports.Due(date(2030, 1, 1), date(2030, 1, 2), to_go)


def exported(campaign_id: str) -> reports.Export:
    store, settings = shell.store(), shell.settings()
    campaign.export_campaign(store, settings, campaign_id, actor="Ann", request_id="r")
    found = reports.export_of(store, campaign_id)
    assert found is not None
    return found


def test_an_export_of_a_held_campaign_says_stop_and_is_not_handed_out(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    campaign_id = campaign_at("designed")
    exported(campaign_id)
    campaign.report_incident(
        shell.store(), "Price error", campaign_id=campaign_id, reason="£4 for £40", actor="Mia"
    )

    app = open_on("pages/experiment.py", campaign_id)

    assert not app.exception
    assert not app.success
    said = " ".join(error.value for error in app.error)
    assert "on hold for the incident ‘Price error’" in said
    assert "Stop the files in your e-mail tool" in said
    assert not [button for button in app.get("download_button") if "ZIP" in button.proto.label]


def test_who_was_erased_since_the_export_is_told_beside_the_download(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    campaign_id = campaign_at("designed")
    exported(campaign_id)
    [(customer_id,)] = shell.store().read("SELECT min(customer_id) FROM deliveries")
    campaign.erase_person(shell.store(), customer_id, confirmed=customer_id, actor="Mia")

    app = open_on("pages/experiment.py", campaign_id)

    assert not app.exception
    assert "1 person of this export" in app.warning[0].value
    assert "What was exported" in [heading.value for heading in app.subheader]
