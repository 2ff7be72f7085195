from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from pages.ui import shell
from personalization.reports import audit as trails
from personalization.reports import audit_explorer
from personalization.reports import audit_files as audit
from personalization.reports.audit_explorer import Filters
from personalization.store import verify_chain
from tests.unguarded import unguarded

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from streamlit.testing.v1 import AppTest

PAGE = "pages/audit.py"


def officer_rows(campaign_id: str) -> list[dict[str, str]]:
    text = audit.audit_csv(shell.store(), campaign_id, actor="Ofelia").decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_without_messages_nothing_is_proved_and_never_100_percent(
    open_on: Callable[..., AppTest], add_campaign: Callable[..., str]
) -> None:
    app = open_on(PAGE, add_campaign())

    assert not app.exception
    assert "nothing to prove" in app.info[0].value
    assert "100" not in " ".join(metric.value for metric in app.metric)


def test_complete_screening_is_told_with_its_counts(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    app = open_on(PAGE, campaign_at("approved"))

    assert not app.exception
    assert app.success[0].value == (
        "All 48 strings of 8 messages are screened under the policy in force. Missing: 0."
    )
    assert app.metric[0].value == "48 of 48"


def test_a_changed_policy_makes_the_screening_incomplete(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    campaign_id = campaign_at("approved")
    shell.store().run(
        "INSERT INTO policies (policy_version, policy, activated_at, activated_by)"
        " VALUES ('stricter', '{}', now(), 'Ann')"
    )

    app = open_on(PAGE, campaign_id)

    assert app.error[0].value == (
        "48 of 48 strings in 8 messages are not screened as they now read."
    )


def test_the_trail_can_be_searched(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    app = open_on(PAGE, campaign_at("approved"))
    app.segmented_control(key="audit_view").set_value("Everything recorded").run()

    app.selectbox(key="who").set_value("Bea").run()

    assert not app.exception
    assert set(app.dataframe[-1].value["actor"]) == {"Bea"}


def test_a_simulation_is_never_told_as_something_that_went_out(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    app = open_on(PAGE, campaign_at("simulated"))

    assert app.success[0].value == (
        "All 8 texts that the simulation gave to 270 people were screened and approved before. "
        "Missing: 0."
    )


def test_the_record_is_checked_on_demand(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    app = open_on(PAGE, campaign_at("approved"))

    app.button(key="verify").click().run()

    assert any("fit together" in box.value for box in app.success)


def test_a_record_that_was_changed_is_told_with_the_entry(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    campaign_id = campaign_at("approved")
    for statement in (
        "DROP TRIGGER audit_no_update ON audit_log",
        "UPDATE audit_log SET actor = 'Nobody' WHERE seq = 3",
    ):
        shell.store().run(statement)
    app = open_on(PAGE, campaign_id)

    app.button(key="verify").click().run()

    assert any(box.value.startswith("Entry 3 does not fit") for box in app.error)


def test_the_officers_file_has_a_row_for_each_screening_with_the_reviewer(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    campaign_id = campaign_at("approved")
    open_on(PAGE, campaign_id)

    rows = officer_rows(campaign_id)

    assert len(rows) == 8
    assert {row["reviewer_ref"] for row in rows} == {"Bea"}
    assert {row["decision"] for row in rows} <= {"pass", "warn"}


def test_blocked_messages_are_in_the_officers_file_with_category_and_severity(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    campaign_id = campaign_at("written")
    shell.store().run(
        "INSERT INTO screenings (variant_id, version, campaign_id, content_sha256, decision,"
        " engine, engine_version, policy_version, categories, n_strings, screened_at)"
        " SELECT variant_id, version, campaign_id, content_sha256, 'block', 'embedded', 'test',"
        " (SELECT policy_version FROM policy_in_force), '{\"violence\": 6}', 6, now()"
        " FROM current_variants WHERE arm = 'A' LIMIT 1"
    )

    app = open_on(PAGE, campaign_id)

    assert not app.exception
    blocked = [row for row in officer_rows(campaign_id) if row["decision"] == "block"]
    assert [row["sev_violence"] for row in blocked] == ["6"]


def test_a_cell_that_a_spreadsheet_would_run_is_guarded(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    campaign_id = campaign_at("approved")
    with unguarded(shell.store(), "approvals"):
        shell.store().run("UPDATE approvals SET note = '=HYPERLINK(\"http://evil.example\")'")
    open_on(PAGE, campaign_id)

    assert {row["review_reason"][:2] for row in officer_rows(campaign_id)} == {"'="}


def test_downloading_the_file_is_itself_recorded(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    campaign_id = campaign_at("approved")
    open_on(PAGE, campaign_id)

    officer_rows(campaign_id)

    last = shell.store().read("SELECT kind, actor FROM audit_log ORDER BY seq DESC LIMIT 1")
    assert last == [("audit.exported", "Ofelia")]


def test_the_delivery_record_names_nobody(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str], tmp_path: Path
) -> None:
    campaign_id = campaign_at("simulated")
    open_on(PAGE, campaign_id)
    path = tmp_path / "deliveries.csv"

    audit.write_deliveries_csv(shell.store(), campaign_id, path)

    rows = list(csv.DictReader(path.open("r", encoding="utf-8")))
    ids = {row[0] for row in shell.store().read("SELECT customer_id FROM deliveries")}
    assert len(rows) == len(ids) == 270
    assert len({row["subject_ref"] for row in rows}) == 270
    assert not ids & {value for row in rows for value in row.values()}


def test_the_set_behind_the_number_is_shown_by_part_and_message(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    app = open_on(PAGE, campaign_at("approved"))

    rows = app.dataframe[0].value

    assert rows["To send"].sum() == rows["Screened"].sum() == 48
    assert rows["Missing"].sum() == 0
    assert {"Subject", "Body", "Footer"} <= set(rows["Part"])


def test_screenings_are_found_by_what_is_asked(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    campaign_id = campaign_at("simulated")
    [(customer,)] = shell.store().read("SELECT min(customer_id) FROM deliveries")
    simulated = Filters(campaign_id=campaign_id, person=customer)
    assert audit_explorer.screenings(shell.store(), simulated)[0] == 0  # nobody was sent anything
    shell.store().run("UPDATE deliveries SET is_simulated = false")
    app = open_on(PAGE, campaign_id)

    app.text_input(key="person").set_value(customer).run()

    assert not app.exception
    assert any(each.value.startswith("1 screening,") for each in app.caption)


def test_a_page_that_the_filters_no_longer_have_is_the_first_one(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    campaign_id = campaign_at("approved")
    open_on(PAGE, campaign_id)
    store, filters = shell.store(), Filters(campaign_id=campaign_id)

    total, rows = audit_explorer.screenings(store, filters, limit=5, offset=500)
    size, entries = trails.trail(store, campaign_id, limit=5, offset=5000)

    assert (total, len(rows)) == (8, 5)
    assert size > len(entries) == 5


def test_a_simulated_text_is_never_told_as_sent(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    open_on(PAGE, campaign_at("simulated"))

    found = audit_explorer.record_of(shell.store(), 1)

    assert found is not None
    assert found.recipients == 0 < found.simulated


def test_nothing_fits_a_person_who_was_sent_nothing(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    app = open_on(PAGE, campaign_at("simulated"))

    app.text_input(key="person").set_value("nobody").run()

    assert not app.exception
    assert any(each.value.startswith("0 screenings,") for each in app.caption)


def test_the_full_record_names_text_thresholds_sources_and_reviewer(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    open_on(PAGE, campaign_at("approved"))

    found = audit_explorer.record_of(shell.store(), 1)

    assert found is not None
    assert found.screening["body"]
    assert found.thresholds["hate"] == {"block_above": 4, "review_from": 4}
    assert found.sources
    assert [each["actor"] for each in found.reviews] == ["Bea"]


def test_the_page_without_a_campaign_shows_what_is_on_record_of_all(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    campaign_at("approved")
    app = open_on(PAGE)

    assert not app.exception
    assert "Choose a campaign" in app.info[0].value
    assert any(each.value.startswith("8 screenings,") for each in app.caption)


def test_what_the_built_in_screener_is_worth_is_said_in_full(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    app = open_on(PAGE, campaign_at("approved"))

    assert any(each.value.startswith("Built\\-in screener") for each in app.caption)


def test_retention_says_that_nothing_is_due(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    app = open_on(PAGE, campaign_at("simulated"))

    app.segmented_control(key="audit_view").set_value("Retention").run()

    assert not app.exception
    assert any(each.value == "Nothing is due." for each in app.info)


def test_retention_takes_words_away_once_somebody_is_sure(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    app = open_on(PAGE, campaign_at("simulated"))
    shell.store().run("UPDATE campaigns SET send_on = DATE '2026-01-01'")
    shell.store().run("UPDATE experiments SET analysis_on = DATE '2026-01-15'")
    app.segmented_control(key="audit_view").set_value("Retention").run()
    assert app.button(key="retain").disabled

    app.checkbox(key="sure").check().run()
    app.button(key="retain").click().run()

    assert not app.exception
    assert shell.store().read("SELECT count(*) FROM variants WHERE body <> ''") == [(0,)]
    assert verify_chain(shell.store()).is_whole
