from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from pages.ui import shell
from personalization.reports import experiment, results
from personalization.reports.report import campaign_report

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamlit.testing.v1 import AppTest

PAGE = "pages/results.py"
_TO_REAL = (
    "UPDATE experiments SET mode = 'export'",
    "UPDATE deliveries SET is_simulated = false, delivered_at = TIMESTAMPTZ '2025-06-02 09:00Z'",
    "DELETE FROM engagements",
    "DELETE FROM simulations",
    "DELETE FROM results",
    "UPDATE experiments SET launched_at = TIMESTAMPTZ '2025-06-02 09:00Z'",
)


def test_before_the_launch_the_page_leads_to_the_test(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    app = open_on(PAGE, campaign_at("designed"))

    assert not app.exception
    assert app.subheader[0].value == "Nothing has been sent yet"


def test_simulated_results_carry_the_mark_at_the_top_and_in_every_heading(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    app = open_on(PAGE, campaign_at("simulated"))

    assert not app.exception
    assert "Nobody was written to" in app.warning[0].value
    headings = [heading.value for heading in app.subheader]
    assert headings
    assert all("Simulated data" in heading for heading in headings)


def test_a_simulated_winner_is_called_an_assumption(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    app = open_on(PAGE, campaign_at("simulated"))

    assert "assumption" in app.button(key="scale").help


def test_results_before_the_day_of_the_design_say_that_it_is_early(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    campaign_id = campaign_at("simulated")
    shell.store().run("UPDATE experiments SET mode = 'export'")

    app = open_on(PAGE, campaign_id)

    assert not app.exception
    assert any("do not decide" in box.value for box in app.warning)


def test_the_deciding_metric_comes_up_with_chart_and_table(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    app = open_on(PAGE, campaign_at("simulated"))

    assert app.segmented_control(key="metric").value == "click"
    assert len(app.get("plotly_chart")) == 2
    assert len(app.dataframe[0].value) == 3


def test_every_metric_can_be_read(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    app = open_on(PAGE, campaign_at("simulated"))

    for metric in ("conversion", "revenue", "unsubscribe", "open"):
        app.segmented_control(key="metric").set_value(metric).run()

        assert not app.exception


def test_working_out_again_gives_the_same_numbers(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    campaign_id = campaign_at("simulated")
    app = open_on(PAGE, campaign_id)
    found = experiment.design_of(shell.store(), campaign_id)
    assert found is not None
    before = results.rows(shell.store(), found.experiment_id, "click")

    app.button(key="recompute").click().run()

    assert not app.exception
    after = results.rows(shell.store(), found.experiment_id, "click")
    unlike = {"computed_at"}
    assert [{k: v for k, v in row.items() if k not in unlike} for row in after] == [
        {k: v for k, v in row.items() if k not in unlike} for row in before
    ]


def test_the_numbers_as_csv_say_on_each_row_that_they_are_simulated(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    campaign_id = campaign_at("simulated")
    open_on(PAGE, campaign_id)
    found = experiment.design_of(shell.store(), campaign_id)
    assert found is not None

    text = results.results_csv(shell.store(), found.experiment_id).decode("utf-8-sig")

    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) > 20
    assert {row["is_simulated"] for row in rows} == {"True"}


def test_the_report_is_one_page_without_a_link_to_the_network(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    campaign_id = campaign_at("simulated")
    open_on(PAGE, campaign_id)

    page = campaign_report(shell.store(), campaign_id)

    assert "<script" not in page
    assert "simulated" in page.lower()


def test_after_an_export_it_waits_for_the_responses(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    campaign_id = campaign_at("simulated")
    for statement in _TO_REAL:
        shell.store().run(statement)

    app = open_on(PAGE, campaign_id)

    assert not app.exception
    assert app.subheader[0].value == "Waiting for responses"


def test_uploaded_responses_count_and_strangers_are_told(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    campaign_id = campaign_at("simulated")
    for statement in _TO_REAL:
        shell.store().run(statement)
    people = shell.store().read("SELECT customer_id FROM deliveries ORDER BY customer_id LIMIT 40")
    lines = [f"{person},click,2025-06-02 10:00:00," for (person,) in people]
    lines = [
        "customer_id,event,time,value",
        *lines,
        "stranger,click,2025-06-02 10:00:00,",
        "=1+1,banana,2025-06-02,",
    ]
    app = open_on(PAGE, campaign_id)

    app.file_uploader(key="engagement").upload(
        "events.csv", "\n".join(lines).encode(), "text/csv"
    ).run()
    app.button(key="add_events").click().run()

    assert not app.exception
    assert [box.value for box in app.error] == []
    counted = shell.store().read("SELECT count(*) FROM engagements WHERE event = 'click'")
    assert counted == [(40,)]
    assert "40 responses added." in [box.value for box in app.success]
    assert any("not in the test" in box.value for box in app.warning)
    assert any("1 could not be read" in box.value for box in app.warning)
    [shown] = [table.value for table in app.dataframe if "First line" in table.value]
    assert [*shown["First line"]] == [42, 43]
    assert [*shown["Value"]] == ["stranger", "banana"]
    assert shell.store().read(
        "SELECT rows_total, accepted, rejected, merged FROM imports WHERE target = 'engagements'"
    ) == [(42, 40, 2, 0)]
