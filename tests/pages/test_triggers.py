"""The Triggers page: set up, looked at, fired, handed over, and read afterwards."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pages.ui import shell
from personalization import campaign
from personalization.reports import campaigns as reports

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamlit.testing.v1 import AppTest

# The base of the written campaign becomes a sample whose today is 15 January 2020.
_SAMPLE = "UPDATE datasets SET is_sample = true WHERE dataset_id = 'base_spring'"
_PRODUCT = """
    INSERT INTO products (dataset_id, product_id, name, category, price, stock, is_active)
    VALUES ('base_spring', 'P1', 'Red candle', 'candles', 4.5, 10, true)
"""
_CARTS = """
    INSERT INTO interactions
    SELECT 'base_spring', 'p' || n, 'P1', 'cart', 1, 4.5, NULL, TIMESTAMP '2020-01-14 09:00', 'i'
    FROM range(1, 4) AS people(n)
"""


def look(app: AppTest, view: str) -> AppTest:
    app.session_state["trigger_view"] = view
    return app.run()


def told(app: AppTest) -> str:
    kinds = (app.markdown, app.caption, app.info, app.success, app.warning, app.error)
    return " ".join(element.value for kind in kinds for element in kind)


def test_without_customers_it_says_where_to_begin(open_on: Callable[..., AppTest]) -> None:
    page = open_on("pages/triggers.py")

    assert not page.exception
    assert "No customers yet" in [title.value for title in page.subheader]


def test_a_trigger_is_set_up_fires_and_is_handed_over(
    campaign_at: Callable[[str], str], open_on: Callable[..., AppTest]
) -> None:
    campaign_id = campaign_at("approved")
    page = open_on("pages/triggers.py", campaign_id)
    for statement in (_SAMPLE, _PRODUCT, _CARTS):
        shell.store().run(statement)
    page.run()
    assert "No trigger is switched on" in [title.value for title in page.subheader]

    look(page, "setup").button(key="add_trigger").click().run()
    page.selectbox(key="strategy_new_abandoned_cart").set_value("").run()
    page.button(key="save_trigger").click().run()
    assert "**Abandoned cart**" in told(page)
    assert "4 hours after it, for up to 3 days, at most once in 3 days" in told(page).replace(
        "\\", ""
    )

    look(page, "today")
    assert not page.exception
    assert [metric.value for metric in page.metric] == ["3", "0"]
    page.button(key="fire").click().run()
    assert "Nothing has happened since the last time" in told(page)

    look(page, "waiting")
    assert page.button(key="hand_over_firings").label == "Hand over 3 messages"
    page.button(key="hand_over_firings").click().run()
    job = reports.job_of(shell.store(), "base_spring")
    assert job is not None
    shell.jobs().wait(job.job_id, 60)
    page.run()
    [path] = shell.store().read("SELECT file_name FROM trigger_handovers")[0]
    assert "3 messages are in" in told(page)
    assert Path(path).read_text("utf-8").count("abandoned_cart") == 3

    look(page, "record")
    assert not page.exception
    assert list(page.dataframe[0].value["Outcome"]) == ["Fires"] * 3
    assert list(page.dataframe[0].value["Product"]) == ["Red candle"] * 3


def test_contact_rules_and_templates_are_kept(
    add_campaign: Callable[..., str], open_on: Callable[..., AppTest]
) -> None:
    campaign_id = add_campaign()
    page = look(open_on("pages/triggers.py", campaign_id), "setup")
    page.number_input(key="rule_most").set_value(1)
    page.text_input(key="rule_zone").set_value("Mars/Olympus")
    page.button(key="save_rules").click().run()
    assert "no time zone" in told(page)

    page.text_input(key="rule_zone").set_value("Europe/Berlin")
    page.button(key="save_rules").click().run()
    kept = campaign.contact_rules(shell.store(), "base_spring")
    assert (kept.most_messages, kept.time_zone) == (1, "Europe/Berlin")

    look(page, "templates").selectbox(key="template_every").set_value("week")
    page.button(key="make_template").click().run()
    [template] = campaign.templates_of(shell.store(), "base_spring")
    assert (template.name, template.every) == ("Spring preview", "week")
    assert "Due now: ‘Spring preview’" in told(page)

    page.button(key=f"switch_off_{template.template_id}").click().run()
    assert not page.exception
    assert campaign.templates_of(shell.store(), "base_spring")[0].is_on is False
