"""The Outreach page: texts read as a person reads them, who gets what and why, and the sequence."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from pages.ui import shell
from personalization import campaign
from personalization.reports import outreach as reports
from tests.outreach.people import CAMPAIGN, add_prospect, add_text, open_base

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamlit.testing.v1 import AppTest

PAGE = "pages/outreach.py"


@pytest.fixture
def page(open_on: Callable[..., AppTest]) -> AppTest:
    """The page of a campaign with one text that waits for approval, and two prospects."""
    page = open_on(PAGE)  # reads the shipped content first
    store = open_base(shell.store())
    add_text(store, "waits", subject="A fourth text", is_approved=False)
    add_prospect(store, "ann")
    add_prospect(store, "dora", country="DE")
    return page.run()


def shown(page: AppTest) -> str:
    return "\n".join(str(text.value) for text in (*page.markdown, *page.caption, *page.info))


def test_texts_are_read_as_a_real_person_and_decided_on_in_place(page: AppTest) -> None:
    assert "Hello Ann," in shown(page)
    assert "4 texts, 3 of them approved; 1 passed screening and wait." in shown(page)

    page.button(key="outreach_approve_all").click().run()

    assert not page.exception
    assert "4 texts, 4 of them approved." in shown(page)


def test_a_text_with_findings_is_approved_by_nobody_who_was_not_shown_them(page: AppTest) -> None:
    shell.store().run(
        """
        INSERT INTO findings (screening_id, position, rule, action, severity, field, span_start,
            span_end, text, message, advice)
        SELECT screening_id, 1, 'spam.trigger', 'warn', 1, 'body', 0, 8, 'A fourth',
               'Reads as an advert.', ''
        FROM latest_screenings WHERE variant_id LIKE '%waits%'
        """
    )
    page.run()

    assert "1 of these with findings" in shown(page)
    assert "outreach_approve_all" not in {button.key for button in page.button}

    page.toggle(key="outreach_flagged").set_value(True).run()

    assert not page.exception
    assert "Reads as an advert" in shown(page)
    assert page.button(key="outreach_approve_flagged").disabled
    [read] = [box for box in page.checkbox if str(box.key).startswith("outreach_flagged_read")]
    read.check().run()
    page.button(key="outreach_approve_flagged").click().run()
    assert "4 texts, 4 of them approved." in shown(page)


def test_having_read_some_findings_stands_for_no_others(page: AppTest) -> None:
    add_text(shell.store(), "later", subject="A fifth text", is_approved=False)
    found = """
        INSERT INTO findings (screening_id, position, rule, action, severity, field, span_start,
            span_end, text, message, advice)
        SELECT screening_id, 1, 'spam.trigger', 'warn', 1, 'body', 0, 8, 'A text', 'An advert.', ''
        FROM latest_screenings WHERE variant_id LIKE $like
    """
    shell.store().run(found, like="%waits%")
    page.run()
    page.toggle(key="outreach_flagged").set_value(True).run()
    [read] = [box for box in page.checkbox if str(box.key).startswith("outreach_flagged_read")]
    read.check().run()
    assert not page.button(key="outreach_approve_flagged").disabled

    shell.store().run(found, like="%later%")
    page.run()

    assert "2 texts with findings" in shown(page)
    assert page.button(key="outreach_approve_flagged").disabled


def test_texts_are_read_while_others_are_written_and_decided_on_afterwards(page: AppTest) -> None:
    now = shell.store().now()
    shell.store().run(
        "INSERT INTO jobs VALUES ('j', $campaign_id, 'outreach', 'running', 2, 3, '2 of 3 texts "
        "written', $now, $now)",
        campaign_id=CAMPAIGN, now=now,
    )  # fmt: skip
    page.run()

    assert not page.exception
    assert "Hello Ann," in shown(page)
    assert "4 texts so far" in shown(page)
    assert not [one for one in page.button if str(one.key).startswith(("approved_", "outreach_a"))]


def test_a_language_that_the_writer_does_not_have_is_told_before_a_campaign_is_made(
    page: AppTest,
) -> None:
    shell.store().run("UPDATE prospects SET locale = 'es-ES' WHERE prospect_id = 'dora'")
    page.run()

    assert not page.exception
    assert "No texts can be written in Spanish (1): whoever reads it gets English" in shown(page)
    [locales] = [group for group in page.pills if "plan_locales" in str(group.key)]
    assert not [one for one in locales.options if "Spanish" in str(one)]


def test_it_is_said_who_gets_what_and_why_somebody_is_held(page: AppTest) -> None:
    page.segmented_control(key="outreach_view").set_value("people").run()
    page.button(key="outreach_choose").click().run()

    assert not page.exception
    assert {metric.label: metric.value for metric in page.metric} == {"Ready": "1", "Held": "1"}
    [held] = [row for row in reports.gates_of(shell.store(), CAMPAIGN) if row["status"] == "held"]
    assert held["code"] == "not_permitted"
    assert held["reason"] in page.dataframe[0].value["For example"].to_list()

    page.session_state["chosen_page"] = 9  # of a longer list, before a filter was set
    page.run()
    assert not page.exception
    assert "Nobody is in this list" not in shown(page)

    page.session_state["chosen_people"] = {"selection": {"rows": [0], "columns": []}}
    page.run()

    assert "No other text passed" in shown(page) or "Ahead of the runner-up" in shown(page)


def test_the_sequence_says_what_everybody_waits_for_and_keeps_its_rules(page: AppTest) -> None:
    page.segmented_control(key="outreach_view").set_value("people").run()
    page.button(key="outreach_choose").click().run()
    page.segmented_control(key="outreach_view").set_value("sequence").run()

    assert not page.exception
    [stand] = [table.value for table in page.dataframe if "People" in table.value]
    assert sum(stand["People"]) == 2

    page.number_input(key=f"wait_2_{CAMPAIGN}_0").set_value(6)
    page.number_input(key=f"most_messages_{CAMPAIGN}_0").set_value(5)
    next(button for button in page.button if button.label == "Save").click().run()

    assert not page.exception
    assert shell.store().read("SELECT version FROM sequences") == [(1,)]
    assert page.number_input(key=f"wait_2_{CAMPAIGN}_1").value == 6
    assert campaign.sequence_of(shell.store(), CAMPAIGN).rules.most_messages == 5

    page.button(key="outreach_switch_pause").click().run()

    assert not campaign.sequence_of(shell.store(), CAMPAIGN).is_on
    assert any("nobody is due" in text.value for text in page.warning)


def test_pausing_what_somebody_paused_already_resumes_nothing_and_their_rules_stand(
    page: AppTest,
) -> None:
    store = shell.store()
    page.segmented_control(key="outreach_view").set_value("people").run()
    page.button(key="outreach_choose").click().run()
    page.segmented_control(key="outreach_view").set_value("sequence").run()
    next(button for button in page.button if button.label == "Pause the sequence").click()
    mine = campaign.sequence_of(store, CAMPAIGN)
    campaign.save_sequence(store, replace(mine, is_on=False), actor="rob")
    page.run()

    assert not page.exception
    assert not campaign.sequence_of(store, CAMPAIGN).is_on

    next(button for button in page.button if button.label == "Save").click()
    now = campaign.sequence_of(store, CAMPAIGN)
    changed = replace(now, rules=replace(now.rules, most_messages=2))
    campaign.save_sequence(store, changed, actor="rob")
    page.run()

    assert not page.exception
    assert store.read("SELECT max(version) FROM sequences") == [(changed.version + 1,)]


def test_a_sequence_is_paused_and_resumed_and_ended_for_one_person(page: AppTest) -> None:
    page.segmented_control(key="outreach_view").set_value("people").run()
    page.button(key="outreach_choose").click().run()
    page.session_state["chosen_people"] = {"selection": {"rows": [0], "columns": []}}
    page.run()

    for key, state in (("pause", "paused"), ("resume", "active"), ("end", "finished")):
        page.button(key=f"person_{key}_ann").click().run()
        assert not page.exception
        assert shell.store().read(
            "SELECT state FROM sequence_states WHERE campaign_id = $c", c=CAMPAIGN
        ) == [(state,)]

    assert "person_pause_ann" not in {button.key for button in page.button}
    assert "somebody of the team decided it" in shown(page)


def test_nobody_is_put_out_of_a_sequence_for_standing_where_somebody_else_stood(
    page: AppTest,
) -> None:
    page.segmented_control(key="outreach_view").set_value("people").run()
    page.button(key="outreach_choose").click().run()
    page.session_state["chosen_people"] = {"selection": {"rows": [0], "columns": []}}
    page.run()
    [end] = [one for one in page.button if one.label == "End it for this person"]
    end.click()

    shell.store().run("DELETE FROM outreach_messages WHERE prospect_id = 'ann'")
    page.run()

    assert not page.exception
    assert "Dora" in shown(page)
    assert shell.store().read("SELECT state FROM sequence_states WHERE state = 'finished'") == []


def test_at_a_weekend_it_is_said_when_the_next_messages_are_due_and_what_they_are(
    page: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    saturday = datetime(2026, 11, 21, 12, tzinfo=UTC)
    monkeypatch.setattr(type(shell.store()), "now", lambda _: saturday)
    page.segmented_control(key="outreach_view").set_value("people").run()
    page.button(key="outreach_choose").click().run()
    page.segmented_control(key="outreach_view").set_value("sequence").run()

    assert not page.exception
    assert page.button(key="outreach_hand_over").disabled
    assert "E-mail** from Monday, 23 Nov 2026, 09:00 UTC (1 person)" in shown(page)
    assert "The files would hold:** E-mail 1." in shown(page)
    [look] = [table.value for table in page.dataframe if "Gets" in table.value]
    assert look["Name"].to_list() == ["Ann Moss"]
    assert shell.store().read("SELECT count(*) FROM outreach_sends") == [(0,)]


def test_playing_through_asks_first_because_it_ends_every_hand_over(page: AppTest) -> None:
    page.segmented_control(key="outreach_view").set_value("sequence").run()

    assert page.button(key="outreach_play").disabled
    assert any("No file of" in text.value for text in page.warning)

    page.checkbox(key="play_is_meant").check().run()

    assert not page.button(key="outreach_play").disabled


def test_without_prospects_the_page_leads_to_them(open_on: Callable[..., AppTest]) -> None:
    page = open_on(PAGE)

    assert not page.exception
    assert any("No prospects yet" in text.value for text in (*page.markdown, *page.subheader))
