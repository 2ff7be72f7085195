"""The page of what came back from prospects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pages.ui import charts, outreach_figures, shell
from personalization.reports import outreach_results as reports
from tests.outreach.sent import answer, fill, send

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamlit.testing.v1 import AppTest

PAGE = "pages/outreach_results.py"


def test_without_outreach_the_page_says_where_to_begin(open_on: Callable[..., AppTest]) -> None:
    app = open_on(PAGE)

    assert not app.exception
    assert app.subheader[0].value == "No outreach yet"


def test_answers_are_tried_taken_in_and_measured(
    app: AppTest, open_on: Callable[..., AppTest]
) -> None:
    app.run()
    fill(shell.store(), 60)
    send(shell.store(), 0, 30, days_ago=500)  # 19 July 2025, long past by any clock
    send(shell.store(), 30, 60, tone="friendly", days_ago=500)
    answer(shell.store(), "m1", "click")
    app = open_on(PAGE)
    app.file_uploader(key="upload_outreach_events").upload(
        "replies.csv",
        b"prospect id,reply,time\np2,Sounds good,2025-07-20 10:00\np3,STOP,2025-07-20 11:00\n",
        "text/csv",
    ).run()
    assert any("1 \u00d7 interested" in box.value for box in app.info)

    app.button(key="add_outreach_events").click().run()
    app.button(key="measure_outreach").click().run()

    assert not app.exception
    drawn = {metric.label: metric.value for metric in app.metric}
    assert (drawn["Messages"], drawn["Positive answers"], drawn["Refusals"]) == ("60", "1", "1")
    assert any("1 person asks not to be written to" in box.value for box in app.info)
    assert any("Does choosing help?" in text.value for text in app.markdown)
    app.selectbox(key="misread_reply").select_index(1)
    app.selectbox(key="reply_meant").select("not_now").run()
    app.button(key="correct_reply").click().run()
    assert any("read as: not now" in str(box.options) for box in app.selectbox)
    table = next(frame for frame in app.dataframe if "Tone" in frame.value)
    assert set(table.value["What can be said"]) == {"Too early to say"}


def test_simulated_answers_are_marked(app: AppTest, open_on: Callable[..., AppTest]) -> None:
    app.run()
    fill(shell.store(), 4)
    send(shell.store(), 0, 4, is_simulated=True)

    app = open_on(PAGE)

    assert not app.exception
    assert any("simulated answers" in box.value for box in app.warning)


def test_figures_of_work_that_goes_on_are_said_to_be_a_part(
    app: AppTest, open_on: Callable[..., AppTest]
) -> None:
    app.run()
    fill(shell.store(), 4)
    send(shell.store(), 0, 4, is_simulated=True)
    now = shell.store().now()
    shell.store().run(
        "INSERT INTO jobs SELECT 'j', campaign_id, 'outreach_play', 'running', 0, 1, 'Playing', "
        "$now, $now FROM outreach_plans",
        now=now,
    )

    app = open_on(PAGE)

    assert not app.exception
    assert any("not final" in text.value for text in app.markdown)
    assert app.button(key="measure_outreach").disabled


def test_no_bar_is_drawn_for_a_way_in_which_nobody_was_written_to() -> None:
    def arm(angle: str, n: int) -> reports.Arm:
        told = reports.standing(n, None)
        return reports.Arm("sales", "cold_email", "direct", angle, n, 0.02, 0.01, 0.03, None, told)

    drawn = outreach_figures.forest([arm("news", 0), arm("proof", 40)], charts.LIGHT)

    assert [list(bar.y) for bar in drawn.data] == [[0]]
    assert [note.text for note in drawn.layout.annotations] == ["Too early to say"]
    assert list(drawn.layout.yaxis.ticktext) == ["Direct, proof"]
