from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pages.ui import plan_form, shell
from personalization import campaign
from personalization.reports import experiment as reports

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamlit.testing.v1 import AppTest
    from streamlit.testing.v1.element_tree import Button

PAGE = "pages/experiment.py"


def texts(app: AppTest) -> str:
    return " ".join(element.value for element in (*app.markdown, *app.caption))


def frozen(campaign_id: str) -> reports.Declared:
    found = reports.design_of(shell.store(), campaign_id)
    assert found is not None
    return reports.declared(found)


def test_a_small_test_is_told_first_what_it_cannot_show(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    app = open_on(PAGE, campaign_at("approved"))

    assert not app.exception
    assert app.warning[0].proto.title.startswith("This test can only detect lifts of +")
    assert "You said that +10% matters" in app.warning[0].value


def test_a_test_that_is_large_enough_is_told_so(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    app = open_on(PAGE, campaign_at("approved"))

    app.number_input(key="relevant").set_value(200.0)
    app.number_input(key="unsubscribe").set_value(None)
    app.multiselect(key="variants").set_value(["A"])
    app.slider(key="control").set_value(50).run()

    assert not app.exception
    assert app.success[0].proto.title == "This test is large enough"
    assert "You said that +200% matters" in app.success[0].value


def test_a_test_that_could_never_ship_is_told_so_first_and_how_to_mend_it(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    app = open_on(PAGE, campaign_at("approved"))

    app.number_input(key="complaint").set_value(0.1).run()
    card = app.warning[0].value
    offered = [str(button.key) for button in app.button if "of complaints" in button.label]
    app.button(key=offered[0]).click().run()

    assert not app.exception
    assert "**Cannot ship:** To show that complaints rise by no more than 0\\.1 points" in card
    assert "**Cannot ship:** To show that complaints" not in app.warning[0].value


def test_shares_that_leave_nobody_for_the_variants_name_both_sliders_and_the_way_out(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    app = open_on(PAGE, campaign_at("approved"))

    app.slider(key="control").set_value(99)
    app.slider(key="holdout").set_value(90).run()
    said = app.error[0].value
    app.button(key="usual_shares").click().run()

    assert not app.exception
    assert "“Control text” takes 99% and “No message” 90%" in said
    assert app.slider(key="control").value == 25
    assert not app.error
    assert smallest_lift(app).startswith("+")


FEW = "DELETE FROM customers WHERE customer_id NOT IN ('p1', 'p2', 'p3', 'p101', 'p102', 'p103')"


def test_a_test_of_hardly_anybody_says_that_it_can_show_nothing(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    campaign_id = campaign_at("approved")
    shell.store().run(FEW)

    app = open_on(PAGE, campaign_id)

    assert not app.exception
    assert app.error[0].proto.title == "This test cannot detect anything"
    assert smallest_lift(app) == "none"


def test_the_mirror_says_in_tests_out_of_a_hundred_how_luck_would_look(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    app = open_on(PAGE, campaign_at("approved"))

    [said] = [box.value for box in app.markdown if box.value.startswith("If nothing works")]
    assert re.search(
        r"\*\*\d+ of 100\*\* such tests would still show more than \+10% in some", said
    )
    assert re.search(r"If one message really brings \+10%, it is found in \*\*", said)
    assert len(app.get("plotly_chart")) == 3  # the curve, the mirror, who can be written to


def repair(app: AppTest, kind: str) -> Button:
    return next(button for button in app.button if str(button.key).startswith(f"repair_{kind}"))


def smallest_lift(app: AppTest) -> str:
    return {metric.label: metric.value for metric in app.metric}["Smallest lift you would notice"]


def test_a_repair_says_before_and_after_and_its_click_makes_it_so(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    app = open_on(PAGE, campaign_at("approved"))
    before = smallest_lift(app)
    promised = [box.value for box in app.markdown if f"**{before} → " in box.value]

    clicked = repair(app, "fewer_variants")
    key = clicked.key
    clicked.click().run()

    assert not app.exception
    assert f"**{before} → {smallest_lift(app)}**" in promised[0]
    assert app.multiselect(key="variants").value == ["A", "B"]
    assert key not in [button.key for button in app.button]  # no other repair takes its click


def test_every_argument_of_a_repair_becomes_a_field_of_the_form() -> None:
    fields = plan_form.fields_of(
        {"metric": "click", "secondary": ("revenue_capped", "revenue"), "variants": ("A",),
         "control_weight": 0.37, "holdout_weight": 0.0, "cap": 250.0, "pre_days": 90,
         "weights": None, "guardrails": {"complaint": 0.005}}
    )  # fmt: skip

    assert fields == {
        "metric": "click", "secondary": ["revenue"], "variants": ["A"], "control": 37,
        "holdout": 0, "cap": 250.0, "is_adjusted": True, "unsubscribe": None, "complaint": 0.5,
    }  # fmt: skip


def test_what_is_chosen_is_what_is_frozen(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    campaign_id = campaign_at("approved")
    app = open_on(PAGE, campaign_id)

    app.selectbox(key="metric").set_value("conversion").run()
    app.multiselect(key="secondary").set_value(["revenue"]).run()
    app.number_input(key="cap").set_value(250.0).run()
    app.number_input(key="complaint").set_value(0.2).run()
    app.number_input(key="relevant").set_value(15.0).run()
    app.multiselect(key="variants").set_value(["A", "C"]).run()
    app.button(key="freeze_it").click().run()

    assert not app.exception
    fixed = frozen(campaign_id)
    assert (fixed.primary, fixed.relevant_lift, fixed.cap) == ("conversion", 0.15, 250.0)
    assert fixed.guardrails == (("unsubscribe", 0.01), ("complaint", 0.002))
    assert "revenue_capped" in fixed.secondary
    found = reports.design_of(shell.store(), campaign_id)
    assert found is not None
    arms = {row["arm"] for row in reports.arms(shell.store(), found.experiment_id)}
    assert arms == {"control", "A", "C"}


def test_a_guardrail_and_a_limit_can_be_taken_back(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    campaign_id = campaign_at("approved")
    app = open_on(PAGE, campaign_id)

    app.number_input(key="complaint").set_value(0.1).run()
    app.number_input(key="cap").set_value(250.0).run()
    assert "complaints may rise by up to 0\\.1 points" in texts(app)
    for key in ("complaint", "cap", "unsubscribe"):
        app.number_input(key=key).set_value(None).run()
    left = {key: app.number_input(key=key).value for key in ("complaint", "cap", "unsubscribe")}
    app.button(key="freeze_it").click().run()

    assert not app.exception
    assert set(left.values()) == {None}
    assert (frozen(campaign_id).guardrails, frozen(campaign_id).cap) == ((), None)


def test_no_metric_is_measured_twice(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    app = open_on(PAGE, campaign_at("approved"))

    app.selectbox(key="metric").set_value("revenue").run()

    assert not app.exception
    assert "revenue" not in app.multiselect(key="secondary").value


def test_a_withdrawn_design_fills_the_form_as_it_was(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    campaign_id = campaign_at("approved")
    app = open_on(PAGE, campaign_id)
    app.selectbox(key="metric").set_value("conversion").run()
    app.button(key="freeze_it").click().run()
    campaign.approve_design(shell.store(), campaign_id, actor="Bea")
    app.session_state["designs"] = ""  # as in a new session
    app.run()

    app.text_input(key="withdraw_reason").set_value("Wrong date.").run()
    app.button(key="withdraw").click().run()

    assert not app.exception
    assert app.selectbox(key="metric").value == "conversion"


def test_a_segment_has_few_columns_and_says_if_it_is_too_small(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    app = open_on(PAGE, campaign_at("approved"))

    rows = next(frame.value for frame in app.dataframe if "per_arm" in frame.value)
    assert list(rows.columns) == [
        "segment", "people", "per_arm", "own", "click", "conversion", "revenue",
    ]  # fmt: skip
    assert set(rows["own"]) <= {"Too small", "Possible"}


HOLDOUT_REASON = "To see what mailing brings."


def test_a_holdout_is_started_with_a_reason_and_ends_with_one(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    app = open_on(PAGE, campaign_at("approved"))

    app.button(key="holdout_start").click().run()
    refused = [box.proto.title for box in app.warning]
    app.number_input(key="holdout_share").set_value(20)
    app.text_input(key="holdout_reason").set_value(HOLDOUT_REASON)
    app.button(key="holdout_start").click().run()
    lasting = [period.share for period in reports.holdout_history(shell.store())]
    people = {metric.label: metric.value for metric in app.metric}["People in the test"]
    app.text_input(key="holdout_reason").set_value("Enough.")
    app.button(key="holdout_end").click().run()

    assert not app.exception
    assert "Not saved" in refused
    assert lasting == [0.2]
    assert int(people) < 270
    [period] = reports.holdout_history(shell.store())
    assert (period.reason, period.end_reason) == (HOLDOUT_REASON, "Enough.")


LESSON = """
    INSERT INTO lessons VALUES (false, 'click', '', 'tone', '', 1, 'friendly', 'formal', 0.012,
        0.004, 0.021, 0.98, 3, true, 'Friendly messages get 1.2 points *more* clicks.', now())
"""
WEIGHTS = """
    INSERT INTO arm_weights
    SELECT campaign_id, segment, arm, variant_id, version, CASE arm WHEN 'A' THEN 0.6 ELSE 0.2 END,
           CASE arm WHEN 'A' THEN 0.8 ELSE 0.1 END, 'It is friendly.', now()
    FROM current_variants WHERE arm <> 'control'
"""


def test_what_was_learnt_is_said_with_the_shares_it_leads_to(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    campaign_id = campaign_at("approved")
    shell.store().run(LESSON)
    shell.store().run(WEIGHTS)

    app = open_on(PAGE, campaign_id)

    assert not app.exception
    assert r"- Friendly messages get 1\.2 points \*more\* clicks\." in texts(app)
    shares = next(frame.value for frame in app.dataframe if "best" in frame.value)
    assert dict(zip(shares["arm"], shares["weight"], strict=True))["Variant A"] == 0.6
    assert set(shares["reason"]) == {"It is friendly."}


def test_what_was_learnt_can_be_switched_off_and_stays_off_for_whoever_looks_next(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    campaign_id = campaign_at("approved")
    shell.store().run(LESSON)
    app = open_on(PAGE, campaign_id)
    key = f"lessons_on_{campaign_id}"

    app.toggle(key=key).set_value(False).run()
    shell.store().run("DELETE FROM arm_weights")

    assert not app.exception
    assert open_on(PAGE, campaign_id).toggle(key=key).value is False
    assert "Friendly messages" in texts(app)


def test_where_nothing_was_learnt_yet_the_page_says_what_it_takes(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    app = open_on(PAGE, campaign_at("approved"))

    assert "Nothing learnt yet" in texts(app)


def test_what_was_learnt_is_said_where_the_messages_are_written(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    campaign_id = campaign_at("written")
    shell.store().run(LESSON)

    app = open_on("pages/content.py", campaign_id)

    assert not app.exception
    assert "**tone “friendly”** for " in texts(app)
    app.toggle(key=f"lessons_on_{campaign_id}").set_value(False).run()
    assert "**tone “friendly”** for " not in texts(app)
    assert "every tone alike" in texts(app)
