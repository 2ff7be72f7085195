from __future__ import annotations

import csv
import io
import re
from datetime import date
from typing import TYPE_CHECKING

import duckdb
import pytest

from pages.ui import shell
from personalization.errors import StateError
from personalization.reports import result_files, results
from personalization.reports.report import campaign_report
from tests.pages import measured

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pandas as pd
    from streamlit.testing.v1 import AppTest

PAGE = "pages/results.py"
SOME_DAY_TO_COME = date(2099, 12, 15)
_TO_REAL = (
    "UPDATE experiments SET mode = 'export'",
    "UPDATE deliveries SET is_simulated = false, delivered_at = TIMESTAMPTZ '2025-06-02 09:00Z'",
    "DELETE FROM engagements",
    "DELETE FROM simulations",
    "DELETE FROM results",
    "UPDATE experiments SET launched_at = TIMESTAMPTZ '2025-06-02 09:00Z'",
)


@pytest.fixture
def opened(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> Callable[..., AppTest]:
    """Open the page on a campaign whose results the test has written down."""

    def open_page(state: str = "ship", *statements: str, **options: object) -> AppTest:
        campaign_id = campaign_at("designed")
        measured.fill(shell.store(), state, **options)  # type: ignore[arg-type]
        for statement in statements:
            shell.store().run(statement)
        return open_on(PAGE, campaign_id)

    return open_page


def words_of(app: AppTest) -> str:
    """Return all that the page says, without the marks of Markdown."""
    parts = [*app.subheader, *app.markdown, *app.caption, *app.warning, *app.error, *app.success]
    return "\n".join(str(part.value) for part in parts).replace("\\", "")


def table(app: AppTest, *columns: str) -> pd.DataFrame:
    """Return the first table that has these columns."""
    return next(t.value for t in app.dataframe if {*columns} <= {*t.value.columns})


def test_before_the_launch_the_page_leads_to_the_test(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    app = open_on(PAGE, campaign_at("designed"))

    assert not app.exception
    assert app.subheader[0].value == "Nothing has been sent yet"


@pytest.mark.parametrize(
    ("state", "word", "sentence", "next_step"),
    [
        pytest.param("ship", "Ship it", "lifts clicks by 40% (22% to 61%)", "scale", id="ship"),
        pytest.param("stop", "Stop", "lowers clicks by 31%", "next", id="stop"),
        pytest.param(
            "no_difference", "No difference that matters", "as much as 10%", "next",
            id="no difference",
        ),
        pytest.param(
            "not_enough_data", "Not enough data yet", "1,900 more people per variant", "next",
            id="not enough data",
        ),
    ],
)  # fmt: skip
def test_the_verdict_is_a_word_a_sentence_and_one_thing_to_do(
    opened: Callable[..., AppTest], state: str, word: str, sentence: str, next_step: str
) -> None:
    app = opened(state)

    assert not app.exception
    said = words_of(app)
    assert word in said
    assert sentence in said
    assert "Why: the corrected interval." in said
    assert app.button(key=next_step).label
    assert {"Variant A: lift observed", "To be expected when sent again"} <= {
        metric.label for metric in app.metric
    }
    assert "Unsubscribes, Variant A: holds" in said


def test_a_red_check_replaces_the_verdict(opened: Callable[..., AppTest]) -> None:
    app = opened("invalid")

    assert not app.exception
    assert "not of the sizes that were planned" in app.error[0].value.replace("\\", "")
    assert not [metric for metric in app.metric if "lift observed" in metric.label]
    assert not [button for button in app.button if button.key in ("scale", "next")]
    assert "for finding the fault" in words_of(app)


def test_simulated_results_carry_the_mark_at_the_top_and_in_every_heading(
    opened: Callable[..., AppTest],
) -> None:
    app = opened("ship", mode="simulation", analysis_on=SOME_DAY_TO_COME)

    assert not app.exception
    assert "Nobody was written to" in app.warning[0].value
    assert "assumption" in app.button(key="scale").help
    headings = [
        heading.value for heading in app.subheader if "Variant A lifts" not in heading.value
    ]
    assert len(headings) >= 7
    assert all("Simulated data" in heading for heading in headings)


def test_before_its_day_a_real_result_is_closed(opened: Callable[..., AppTest]) -> None:
    app = opened("ship", analysis_on=SOME_DAY_TO_COME)

    assert not app.exception
    said = words_of(app)
    assert "The results open when 15 December 2099 is over" in said
    assert {m.label: m.value for m in app.metric}["Clicks so far"] == "1,100"
    assert not app.get("plotly_chart")
    assert "40%" not in said
    with pytest.raises(StateError, match="stay closed until 2099-12-15"):
        result_files.results_csv(shell.store(), _experiment())
    assert "40%" not in campaign_report(shell.store(), "spring")


def test_results_that_were_opened_early_say_so_and_show_intervals_for_any_day(
    opened: Callable[..., AppTest],
) -> None:
    app = opened(
        "ship",
        "UPDATE experiments SET opened_early_at = TIMESTAMPTZ '2026-06-10 09:00Z',"
        " opened_early_by = 'Ann'",
        "UPDATE verdicts SET is_early = true",
        analysis_on=SOME_DAY_TO_COME,
    )

    assert not app.exception
    said = words_of(app)
    assert "Opened on 10 June 2026 by Ann" in said
    assert "Ship it · read early" in said
    [row] = [r for r in results.rows(shell.store(), _experiment()) if _is_first(r)]
    assert row["deciding_low"] == row["sequence_low"]
    shown = table(app, "successes")
    assert [*shown["p_adjusted"]] == ["–", "–", "–"]  # such a p would hold for one day only


def _is_first(row: dict[str, object]) -> bool:
    return (row["metric"], row["segment"], row["arm"]) == ("click", "", "A")


def _experiment() -> str:
    [(key,)] = shell.store().read("SELECT experiment_id FROM experiments")
    return str(key)


def test_opening_early_asks_for_a_reason(opened: Callable[..., AppTest]) -> None:
    app = opened("ship", analysis_on=SOME_DAY_TO_COME)

    app.button(key="open_early").click().run()
    app.text_area(key="why_early").set_value("  ")
    app.button(key="confirm_early").click().run()

    assert not app.exception
    assert app.error
    assert shell.store().read("SELECT opened_early_at FROM experiments") == [(None,)]


def test_with_a_reason_they_open_for_good(opened: Callable[..., AppTest]) -> None:
    app = opened("ship", analysis_on=SOME_DAY_TO_COME)

    app.button(key="open_early").click().run()
    app.text_area(key="why_early").set_value("Many complaints arrived")
    app.button(key="confirm_early").click().run()

    assert not app.exception
    assert shell.store().read("SELECT opened_early_by FROM experiments") == [("Local user",)]
    assert "Reason: “Many complaints arrived”" in words_of(app.run())


def test_recomputing_reproduces_every_stored_number(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    app = open_on(PAGE, campaign_at("simulated"))

    app.button(key="recompute").click().run()

    assert not app.exception
    assert re.fullmatch(
        r"All [\d,]+ stored numbers were reproduced from the recorded responses.",
        app.success[0].value,
    )


def test_a_number_that_comes_out_otherwise_is_named_and_can_be_measured_anew(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    campaign_id = campaign_at("simulated")
    shell.store().run(
        "UPDATE results SET lift = 9 WHERE metric = 'click' AND segment = '' AND arm = 'A'"
    )
    app = open_on(PAGE, campaign_id)

    app.button(key="recompute").click().run()

    assert not app.exception
    assert app.error[0].value.startswith("1 of ")
    differing = table(app, "Worked out now")
    assert [*differing["Number"]] == ["results: click, A: lift"]
    assert float(differing["Stored"][0]) == 9
    app.button(key="measure_anew").click().run()
    assert not app.exception
    assert shell.store().read("SELECT count(*) FROM results WHERE lift = 9") == [(0,)]


def test_raw_counts_stand_beside_the_chart_and_the_control_with_them(
    opened: Callable[..., AppTest],
) -> None:
    app = opened("ship")

    shown = table(app, "successes")
    assert [*shown["label"]] == ["Control", "Variant A", "Variant B"]
    assert [*shown["successes"]] == [320, 448, 332]
    assert shown["difference"][1].startswith("+3.20 points [")
    assert "2 comparisons corrected together" in words_of(app)


def test_many_segments_show_the_largest_six_first(opened: Callable[..., AppTest]) -> None:
    app = opened("ship")

    assert "All 8 in numbers, and 2 smaller ones" in [each.label for each in app.expander]
    assert len(table(app, "segment")) == 8


def test_other_metrics_are_told_apart_by_what_they_are_for(
    opened: Callable[..., AppTest],
) -> None:
    app = opened("ship")

    declared, others = table(app, "margin"), app.dataframe[3].value
    assert {*declared["role"]} == {"Secondary", "Guardrail"}
    assert {*others["role"]} == {"Exploratory", "Diagnostic only"}
    assert "+1.00 points" in [*declared["margin"]]
    for metric in ("revenue", "unsubscribe", "open"):
        chosen = next(each for each in app.segmented_control if each.label == "Metric")
        chosen.set_value(metric).run()
        assert not app.exception
    assert "Diagnostic only: mail programs open messages by themselves" in words_of(app)


def test_the_clearest_attribute_is_drawn_and_all_are_listed(
    opened: Callable[..., AppTest],
) -> None:
    app = opened("ship")

    said = words_of(app)
    assert "**Favourite category** moderates the lift." in said
    assert "(moderates: Q = 22.4, p <0.001 after Holm; p <0.001 beside all others)" in said
    tested = table(app, "p, Holm")
    assert [*tested["Verdict"]] == ["Moderates", "No evidence"]
    assert "Not shown to pay" in said


def test_the_method_names_its_sources_and_the_statement_is_shown(
    opened: Callable[..., AppTest],
) -> None:
    app = opened("ship")

    said = words_of(app)
    for source in ("Newcombe (1998)", "Koopman (1984)", "Dunnett (1955)", "Cochran (1954)"):
        assert source in said
    assert "CUPED" not in said  # it was not used
    assert "GROUPING SETS" in app.code[0].value


@pytest.mark.parametrize("kind", ["results", "statistics"])
def test_every_row_of_a_file_says_whether_it_is_simulated_and_none_is_a_formula(
    opened: Callable[..., AppTest], kind: str
) -> None:
    opened(
        "ship",
        "UPDATE results SET segment = '=1+1' WHERE segment = 'Loyal'",
        "UPDATE arm_statistics SET level = '=1+1' WHERE level = 'Loyal'",
        mode="simulation",
    )
    write = {"results": result_files.results_csv, "statistics": result_files.statistics_csv}[kind]

    text = write(shell.store(), _experiment()).decode("utf-8-sig")

    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) >= 15
    assert {row["is_simulated"] for row in rows} == {"True"}
    assert not [value for row in rows for value in row.values() if value.startswith("=")]
    assert "'=1+1" in text


def test_the_parquet_file_holds_the_very_rows(
    opened: Callable[..., AppTest], tmp_path: Path
) -> None:
    opened("ship")
    file = tmp_path / "results.parquet"
    file.write_bytes(result_files.results_parquet(shell.store(), _experiment()))

    found = duckdb.connect().execute(
        "SELECT count(*), bool_or(is_simulated) FROM read_parquet($file)", {"file": str(file)}
    )

    assert found.fetchall() == shell.store().read("SELECT count(*), false FROM results")


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
