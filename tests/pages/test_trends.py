"""The page of trends, and labelling findings on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pages.ui import shell
from personalization.reports import trends as reports

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamlit.testing.v1 import AppTest

PAGE = "pages/trends.py"
FINDING = """
    INSERT INTO findings
    SELECT min(screening_id), 7, 'urgency.pressure', 'review', 4, 'body', 0, 5, '[Act](now) ',
           'This puts *pressure* on the reader.', 'Calm down.'
    FROM latest_screenings
"""


def test_without_a_screening_the_page_says_what_to_do(open_on: Callable[..., AppTest]) -> None:
    app = open_on(PAGE)

    assert not app.exception
    assert app.subheader[0].value == "Nothing has been screened yet"


def test_shares_are_shown_with_their_counts_and_interval(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    campaign_at("approved")

    app = open_on(PAGE)

    assert not app.exception
    assert (app.metric[0].label, app.metric[0].value) == ("Blocked", "0%")
    assert app.metric[0].delta == "0 of 8: 0 to 32%"  # Wilson: z squared / (n + z squared)
    assert "Built" in app.caption[0].value
    app.segmented_control(key="trend_by").set_value("Campaign").run()
    assert not app.exception


def test_a_finding_is_labelled_by_a_click_and_leaves_the_queue(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    campaign_at("approved")
    app = open_on(PAGE)
    shell.store().run(FINDING)
    app.run()
    assert any(r"This puts \*pressure\*" in box.value for box in app.caption)
    number = len(reports.unlabelled(shell.store(), actor="Local user"))
    button = next(
        b for b in app.button if str(b.key).startswith("false_alarm_") and str(b.key).endswith("_7")
    )

    button.click().run()

    assert not app.exception
    assert len(reports.unlabelled(shell.store(), actor="Local user")) == number - 1
    [(rule, found)] = reports.false_alarms(shell.store())
    assert (rule, found.count, found.n) == ("urgency.pressure", 1, 1)
    assert any("only of what was found" in box.value for box in app.caption)
