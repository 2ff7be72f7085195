"""Incidents and holds: a campaign that is held has nothing to send, until somebody lets it go."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import duckdb
import pytest

from personalization.approval import decide
from personalization.campaign.incidents import (
    add_incident_note,
    close_incident,
    finish_task,
    hold_campaign,
    put_document_back,
    release_campaign,
    reopen_incident,
    report_incident,
    withdraw_document,
)
from personalization.campaign.library import approve_document, form_of, save_document
from personalization.content.blast import NOTHING, AffectedMessage, tasks_of
from personalization.content.recording import set_status
from personalization.errors import InputError, StateError
from personalization.safety import screen_campaign
from personalization.settings import Settings
from personalization.store import open_store, verify_chain
from tests.conftest import NOW
from tests.rolled_back import rolled_back
from tests.safety.scripted import Scripted, add_campaign, add_claim, add_document, add_variant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from personalization.store import Store

A = "c1/Loyal/A"


@pytest.fixture(scope="module")
def one_message() -> Iterator[Store]:
    """One message that may be sent; mia wrote it and rob approved it."""
    store = open_store(clock=lambda: NOW)
    add_campaign(store)
    add_variant(store, "A")
    add_claim(store, A, add_document(store))
    screen_campaign(store, Settings(), "c1", actor="mia", classifier=Scripted())
    decide(store, A, version=1, decision="approved", note="", actor="rob")
    yield store
    store.close()


@pytest.fixture
def ready(one_message: Store) -> Iterator[Store]:
    with rolled_back(one_message) as store:
        yield store


def reported(store: Store, **given: str) -> str:
    return report_incident(
        store, "Price error", campaign_id="c1", reason="£4 for £40", actor="mia", **given
    )


def sendable(store: Store) -> int:
    return len(store.read("SELECT variant_id FROM sendable_variants"))


def kinds(store: Store) -> list[str]:
    return [kind for (kind,) in store.read("SELECT kind FROM incident_events ORDER BY number")]


def test_a_reported_incident_holds_its_campaign_at_once(ready: Store) -> None:
    assert sendable(ready) == 1

    incident_id = reported(ready)

    assert sendable(ready) == 0
    held = ready.read("SELECT campaign_id, incident_id, title, reason, held_by FROM campaign_holds")
    assert held == [("c1", incident_id, "Price error", "£4 for £40", "mia")]


def test_somebody_else_lets_it_go_and_it_may_be_sent_again(ready: Store) -> None:
    incident_id = reported(ready)

    release_campaign(ready, incident_id, "c1", reason="Corrected.", actor="rob")

    assert sendable(ready) == 1
    assert kinds(ready) == ["opened", "held", "released"]


def test_who_held_it_does_not_let_it_go(ready: Store) -> None:
    incident_id = reported(ready)

    with pytest.raises(StateError, match="four eyes"):
        release_campaign(ready, incident_id, "c1", reason="Corrected.", actor="mia")
    assert sendable(ready) == 0


def test_a_name_in_other_letters_does_not_let_it_go(ready: Store) -> None:
    incident_id = reported(ready)

    with pytest.raises(StateError, match="four eyes"):
        release_campaign(ready, incident_id, "c1", reason="Corrected.", actor="Mia ")


def test_who_is_alone_may_let_it_go(store: Store) -> None:
    add_campaign(store)
    incident_id = reported(store)

    release_campaign(store, incident_id, "c1", reason="Corrected.", actor="mia")

    assert store.read("SELECT count(*) FROM campaign_holds") == [(0,)]


def test_two_incidents_hold_a_campaign_until_both_let_it_go(ready: Store) -> None:
    first, second = reported(ready), reported(ready)

    release_campaign(ready, first, "c1", reason="Corrected.", actor="rob")
    assert sendable(ready) == 0
    release_campaign(ready, second, "c1", reason="Corrected.", actor="rob")
    assert sendable(ready) == 1


def test_held_twice_is_held_once_and_can_be_held_again(ready: Store) -> None:
    incident_id = reported(ready)
    hold_campaign(ready, incident_id, "c1", reason="Still wrong.", actor="mia")
    assert kinds(ready) == ["opened", "held"]

    release_campaign(ready, incident_id, "c1", reason="Corrected.", actor="rob")
    hold_campaign(ready, incident_id, "c1", reason="Not quite.", actor="mia")

    assert sendable(ready) == 0


def test_an_incident_that_still_holds_a_campaign_is_not_closed(ready: Store) -> None:
    incident_id = reported(ready)

    with pytest.raises(StateError, match="still holds 1 campaign"):
        close_incident(ready, incident_id, reason="Done.", actor="rob")


def test_a_closed_incident_holds_nothing_more_until_it_is_reopened(ready: Store) -> None:
    incident_id = reported(ready)
    release_campaign(ready, incident_id, "c1", reason="Corrected.", actor="rob")
    close_incident(ready, incident_id, reason="The price was put right.", actor="rob")

    with pytest.raises(StateError, match="is closed"):
        hold_campaign(ready, incident_id, "c1", reason="Again.", actor="mia")
    reopen_incident(ready, incident_id, reason="It is back.", actor="mia")
    hold_campaign(ready, incident_id, "c1", reason="Again.", actor="mia")

    assert sendable(ready) == 0


def test_tasks_of_a_withdrawal_are_done_once(ready: Store) -> None:
    incident_id = withdraw_document(ready, "candle", reason="Wrong.", actor="mia")

    finish_task(ready, incident_id, "rewrite", note="Written anew.", actor="rob")

    finish_task(ready, incident_id, "rewrite", note="Again.", actor="rob")
    assert kinds(ready) == ["opened", "task", "done"]
    with pytest.raises(InputError, match="no task 'sing'"):
        finish_task(ready, incident_id, "sing", note="Done.", actor="rob")


def test_a_withdrawn_source_comes_back_with_a_reason_by_somebody_else(ready: Store) -> None:
    incident_id = withdraw_document(ready, "candle", reason="Wrong.", actor="mia")

    with pytest.raises(StateError, match="was withdrawn"):
        set_status(ready, "candle", "approved", actor="rob")
    with pytest.raises(StateError, match="still open"):
        put_document_back(ready, "candle", version=1, reason="It is right.", actor="rob")
    close_incident(ready, incident_id, reason="Settled.", actor="mia")
    with pytest.raises(StateError, match="was withdrawn"):
        set_status(ready, "candle", "approved", actor="rob")
    with pytest.raises(StateError, match="four eyes"):
        put_document_back(ready, "candle", version=1, reason="It is right.", actor=" MIA")
    with pytest.raises(InputError, match="Say why"):
        put_document_back(ready, "candle", version=1, reason=" ", actor="rob")
    assert ready.read("SELECT status FROM documents") == [("retired",)]

    put_document_back(ready, "candle", version=1, reason="It is right.", actor="rob")

    assert ready.read("SELECT status, approved_by FROM documents") == [("approved", "rob")]
    assert ready.read("SELECT text, actor FROM incident_events WHERE kind = 'note'") == [
        ("Put back: It is right.", "rob")
    ]
    with pytest.raises(StateError, match="not withdrawn"):
        put_document_back(ready, "candle", version=1, reason="Again.", actor="rob")
    assert withdraw_document(ready, "candle", reason="No.", actor="rob") != incident_id
    assert verify_chain(ready).is_whole


def test_words_written_since_do_not_come_back_with_the_source(ready: Store) -> None:
    incident_id = withdraw_document(ready, "candle", reason="Wrong.", actor="mia")
    fields = {**form_of(ready, "candle"), "evidence": "Test of May", "title": "Candles for ever"}
    save_document(ready, Settings(), fields, actor="rob", seen_version=1)
    close_incident(ready, incident_id, reason="Settled.", actor="mia")

    with pytest.raises(StateError, match="version 2 is there, and you read version 1"):
        put_document_back(ready, "candle", version=1, reason="It is right.", actor="rob")
    status = put_document_back(ready, "candle", version=2, reason="It is right.", actor="rob")
    with pytest.raises(StateError, match="rob wrote or uploaded this text"):
        approve(ready, "rob")

    assert status == "draft"
    assert ready.read("SELECT version, status FROM documents ORDER BY version") == [
        (1, "retired"), (2, "draft"),
    ]  # fmt: skip
    assert sendable(ready) == 0
    approve(ready, "mia")
    assert form_of(ready, "candle")["approved_by"] == "mia"


def approve(store: Store, name: str) -> None:
    approve_document(
        store, Settings(), "candle", version=2, approved_by=name, approved_on=NOW.date(),
        actor=name,
    )  # fmt: skip


def test_who_wrote_a_draft_does_not_approve_it_by_putting_it_back(ready: Store) -> None:
    fields = {**form_of(ready, "candle"), "evidence": "Test of May", "title": "Candles for ever"}
    save_document(ready, Settings(), fields, actor="rob", seen_version=1)
    incident_id = withdraw_document(ready, "candle", reason="Wrong.", actor="mia")
    close_incident(ready, incident_id, reason="Settled.", actor="mia")

    with pytest.raises(StateError, match="rob wrote or uploaded this text"):
        put_document_back(ready, "candle", version=2, reason="It is right.", actor="rob")


def test_a_source_withdrawn_twice_comes_back_with_the_second_return_only(ready: Store) -> None:
    for _ in range(2):
        incident_id = withdraw_document(ready, "candle", reason="Wrong.", actor="mia")
        close_incident(ready, incident_id, reason="Settled.", actor="mia")
        set_status(ready, "candle", "draft", actor="rob")

    told = [
        put_document_back(ready, "candle", version=1, reason="It is right.", actor="rob")
        for _ in range(2)
    ]

    assert told == ["draft", "approved"]


def test_a_draft_does_not_bring_a_withdrawn_source_back_by_the_side(ready: Store) -> None:
    withdraw_document(ready, "candle", reason="Wrong.", actor="mia")
    set_status(ready, "candle", "draft", actor="rob")

    with pytest.raises(StateError, match="was withdrawn"):
        set_status(ready, "candle", "approved", actor="rob")


def test_a_click_reports_once(ready: Store) -> None:
    assert reported(ready, request_id="click") == reported(ready, request_id="click")
    assert kinds(ready) == ["opened", "held"]


def test_every_step_is_in_the_trail_without_its_words(ready: Store) -> None:
    incident_id = reported(ready)
    add_incident_note(ready, incident_id, "Zebedee rang.", actor="rob")

    rows = ready.read("SELECT kind, payload FROM audit_log ORDER BY seq DESC LIMIT 3")

    assert [kind for kind, _ in rows] == ["incident.noted", "campaign.held", "incident.opened"]
    assert "Zebedee" not in str(rows)
    assert "£4" not in str(rows)
    assert verify_chain(ready).is_whole


def test_nothing_is_put_down_without_words(ready: Store) -> None:
    incident_id = reported(ready)
    before = kinds(ready)

    with pytest.raises(InputError, match="Say why"):
        add_incident_note(ready, incident_id, " ", actor="rob")
    with pytest.raises(InputError, match="Say why"):
        close_incident(ready, incident_id, reason=" ", actor="rob")
    assert kinds(ready) == before


def test_a_hold_cannot_be_taken_out_of_the_table(ready: Store) -> None:
    reported(ready)

    with pytest.raises(duckdb.Error, match="append-only"):
        ready.run("UPDATE holds SET is_held = false")


def test_an_unknown_campaign_or_incident_is_named(ready: Store) -> None:
    with pytest.raises(InputError, match="Campaign 'c9' is unknown"):
        report_incident(ready, "Typo", campaign_id="c9", reason="?", actor="mia")
    with pytest.raises(InputError, match="Incident 'i9' is unknown"):
        hold_campaign(ready, "i9", "c1", reason="?", actor="mia")


def test_the_first_thing_to_do_about_an_exported_source_is_to_stop_the_files() -> None:
    message = AffectedMessage(
        "c1", "Spring", date(2026, 12, 1), "Loyal", "A", "v1", 1, is_current=True,
        is_sendable=True, is_in_test=True, planned=3, recipients=3, simulated=0,
    )  # fmt: skip

    tasks = tasks_of(replace(NOTHING, document_id="candle", version=1, messages=(message,)))

    assert [key for key, _ in tasks] == ["stop", "recipients"]
    assert tasks[0][1] == "Stop the files in your e-mail tool: texts for 3 people cite it."
