"""The page of consent: who may be written to, objections with their clock, one person's story."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pages.ui import shell
from personalization.reports import consent as reports

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamlit.testing.v1 import AppTest

PAGE = "pages/consent.py"


@pytest.fixture
def page(open_on: Callable[..., AppTest], add_campaign: Callable[..., str]) -> AppTest:
    """The page on a campaign of 300 customers, two of whom live in Germany."""
    campaign_id = add_campaign()
    shell.store().run("UPDATE customers SET country = 'Germany' WHERE customer_id IN "
                      "(SELECT customer_id FROM customers WHERE consent_email "
                      "ORDER BY customer_id LIMIT 2)")  # fmt: skip
    return open_on(PAGE, campaign_id)


def metrics(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def look_at(app: AppTest, view: str) -> AppTest:
    return app.segmented_control(key="consent_view").set_value(view).run()


def someone() -> tuple[str, str]:
    [(customer_id, email)] = shell.store().read(
        "SELECT customer_id, email FROM customers WHERE consent_email AND email IS NOT NULL "
        "AND country IS NULL ORDER BY customer_id LIMIT 1"
    )
    return customer_id, email


def test_without_customers_the_page_says_what_to_do(open_on: Callable[..., AppTest]) -> None:
    app = open_on(PAGE)

    assert not app.exception
    assert "No customers yet" in [heading.value for heading in app.subheader]


def test_the_page_counts_by_the_law_of_each_country(page: AppTest) -> None:
    agreed = shell.store().read("SELECT count(*) FROM customers WHERE consent_email")[0][0]

    assert not page.exception
    assert metrics(page)["May be written to"] == f"{agreed - 2} of 300"
    assert metrics(page)["Record missing"] == "2"


def test_an_objection_is_recorded_and_told_to_the_tools(page: AppTest) -> None:
    _, email = someone()
    app = look_at(page, "objections")
    app.text_input(key="objector").set_value(email)
    [button] = [b for b in app.button if b.label == "Record it"]

    app = button.click().run()

    assert not app.exception
    assert metrics(app)["Never written to"] == "1 person"
    assert metrics(app)["Sending tools not told yet"] == "1"
    reports.suppression_csv(shell.store(), actor="ann")
    app.text_input(key="handover_note").set_value("Mailing tool").run()
    app = app.button(key="hand_over").click().run()
    assert metrics(app)["Sending tools not told yet"] == "0"


def test_an_objection_of_nobody_is_refused_in_words(page: AppTest) -> None:
    app = look_at(page, "objections")
    app.text_input(key="objector").set_value("nobody-has-this")
    [button] = [b for b in app.button if b.label == "Record it"]

    app = button.click().run()

    assert "No customer has the number" in app.error[0].value.replace("\\", "")


def test_a_person_is_shown_told_everything_and_erased(page: AppTest) -> None:
    customer_id, _ = someone()
    app = look_at(page, "person")
    app = app.text_input(key="lens").set_value(customer_id).run()
    assert not app.exception
    said = [box.value.replace("\\", "") for box in (*app.success, *app.warning)]
    assert any("express, undated" in text for text in said)

    app = app.text_input(key="erase_confirm").set_value("somebody else").run()
    app = app.button(key="erase").click().run()
    assert "once more to confirm" in app.error[0].value

    app = app.text_input(key="erase_confirm").set_value(customer_id).run()
    app = app.button(key="erase").click().run()
    assert not app.exception
    assert any("Rows deleted or blanked" in box.value for box in (*app.success, *app.warning))
    assert shell.store().read("SELECT count(*) FROM customers WHERE customer_id = $id",
                              id=customer_id) == [(0,)]  # fmt: skip
    listed = app.run().dataframe[-1].value
    assert (
        listed["subject_ref"].tolist()
        == shell.store().frame("SELECT subject_ref FROM erasures")["subject_ref"].tolist()
    )


def test_the_person_shown_is_the_one_who_would_be_erased(page: AppTest) -> None:
    (shown, _), other = someone(), "0"
    shell.store().run("INSERT INTO customers (dataset_id, customer_id, email, consent_email)"
                      " SELECT dataset_id, $other, lower($shown) || '@example.com', true"
                      " FROM customers WHERE customer_id = $shown", other=other,
                      shown=shown)  # fmt: skip
    shell.store().run("UPDATE customers SET full_name = $shown WHERE customer_id = $other",
                      other=other, shown=f"{shown} Ng")  # fmt: skip
    app = look_at(page, "person")

    app = app.text_input(key="lens").set_value(shown).run()

    assert not app.exception
    [heading] = [one.value for one in app.subheader if one.value.startswith("Customer ")]
    assert heading.replace("\\", "").startswith(f"Customer {shown} in ")


@pytest.mark.parametrize("view", ["register", "law"])
def test_register_and_law_open(page: AppTest, view: str) -> None:
    app = look_at(page, view)

    assert not app.exception
    if view == "law":
        assert "Germany" in json.dumps(app.dataframe[0].value["name"].tolist())
