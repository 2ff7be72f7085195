"""Withdrawing a source: what rests on it is counted, kept and held, in one step."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from typing import TYPE_CHECKING

import duckdb
import pytest

from personalization.approval import decide
from personalization.content import blast_radius, expire_document, withdraw_document
from personalization.errors import InputError, StateError
from personalization.safety import screen_campaign
from personalization.settings import Settings
from personalization.store import open_store, verify_chain
from tests.conftest import NOW
from tests.rolled_back import rolled_back
from tests.safety.scripted import (
    Scripted,
    add_campaign,
    add_claim,
    add_document,
    add_variant,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from personalization.store import Store

A, B = "c1/Loyal/A", "c1/Loyal/B"
SETTINGS = Settings()


@pytest.fixture(scope="module")
def two_messages() -> Iterator[Store]:
    """Two messages that may be sent: A rests on the candle's document, B on nothing."""
    store = open_store(clock=lambda: NOW)
    add_campaign(store)
    add_variant(store, "A")
    add_variant(store, "B")
    add_claim(store, A, add_document(store, valid=("2026-11-01", "2026-12-31")))
    screen_campaign(store, SETTINGS, "c1", actor="mia", classifier=Scripted())
    for variant_id in (A, B):
        decide(store, variant_id, version=1, decision="approved", note="", actor="rob")
    yield store
    store.close()


@pytest.fixture
def ready(two_messages: Store) -> Iterator[Store]:
    with rolled_back(two_messages) as store:
        yield store


def sendable(store: Store) -> list[str]:
    return [v for (v,) in store.read("SELECT variant_id FROM sendable_variants ORDER BY ALL")]


def blast_of(store: Store, incident_id: str) -> dict[str, object]:
    row = store.read_one("SELECT blast FROM incidents WHERE incident_id = $i", i=incident_id)
    assert row is not None
    return dict(json.loads(row[0]))


def deliver(store: Store, variant_id: str, n: int, *, version: int = 1) -> None:
    store.run(
        "INSERT INTO deliveries SELECT 'e1', 'c' || range, 'Loyal', 'A', $variant_id, $version,"
        " 'sha', 'sha', false, $now FROM range($n)",
        variant_id=variant_id, version=version, n=n, now=store.now(),
    )  # fmt: skip


def test_a_withdrawn_source_holds_what_cites_it_and_nothing_else(ready: Store) -> None:
    assert sendable(ready) == [A, B]

    withdraw_document(ready, "candle", reason="It burns for 30 hours.", actor="ofelia")

    assert sendable(ready) == [B]


def test_the_blast_radius_counts_sentences_claims_messages_and_people(ready: Store) -> None:
    deliver(ready, A, 3)

    radius = blast_radius(ready, "candle")

    assert radius.figures == {
        "statements": 1, "claims": 1, "messages": 1, "campaigns": 1, "arms": 0, "recipients": 3,
        "not_exported": 0, "scheduled_campaigns": 0, "held": 1,
    }  # fmt: skip
    assert radius.claims[0].text == "Hello"
    assert sendable(ready) == [A, B]


def test_who_got_an_older_wording_is_counted_although_the_message_was_edited(ready: Store) -> None:
    deliver(ready, A, 2)
    add_variant(ready, "A", version=2)

    radius = blast_radius(ready, "candle")

    assert [(m.version, m.recipients, m.is_current) for m in radius.messages] == [(1, 2, False)]
    assert radius.figures["not_exported"] == 0


def test_the_incident_keeps_the_blast_radius_as_it_was(ready: Store) -> None:
    incident_id = withdraw_document(ready, "candle", reason="Wrong.", actor="ofelia")
    deliver(ready, A, 5)

    blast = blast_of(ready, incident_id)

    figures = blast["figures"]
    assert isinstance(figures, dict)
    assert (figures["held"], figures["recipients"]) == (1, 0)
    [(text, sha256)] = ready.read("SELECT blast, blast_sha256 FROM incidents")
    assert hashlib.sha256(text.encode()).hexdigest() == sha256


def test_the_trail_has_the_withdrawal_with_counts_and_no_words(ready: Store) -> None:
    incident_id = withdraw_document(ready, "candle", reason="Zebedee says so.", actor="ofelia")

    rows = ready.read("SELECT kind, ref, payload FROM audit_log ORDER BY seq DESC LIMIT 2")
    assert [(kind, ref) for kind, ref, _ in rows] == [
        ("incident.opened", incident_id),
        ("document.retired", "candle@1"),
    ]
    assert json.loads(rows[0][2])["held"] == 1
    assert "Zebedee" not in rows[0][2]
    assert verify_chain(ready).is_whole


def test_a_second_click_opens_no_second_incident(ready: Store) -> None:
    first = withdraw_document(ready, "candle", reason="Wrong.", actor="o", request_id="click")

    assert withdraw_document(ready, "candle", reason="Wrong.", actor="o", request_id="click") == (
        first
    )
    with pytest.raises(StateError, match="withdrawn already"):
        withdraw_document(ready, "candle", reason="Wrong.", actor="o")
    assert ready.read("SELECT count(*) FROM incidents") == [(1,)]


def test_nothing_is_withdrawn_where_the_incident_cannot_be_written(
    two_messages: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready = two_messages  # the change itself has to be rolled back

    def fails(*_: object, **__: object) -> str:
        raise StateError("the disk is full")

    monkeypatch.setattr("personalization.content.withdrawing.open_incident", fails)

    with pytest.raises(StateError, match="disk"):
        withdraw_document(ready, "candle", reason="Wrong.", actor="ofelia")
    assert sendable(ready) == [A, B]
    assert ready.read("SELECT status FROM documents") == [("approved",)]


@pytest.mark.parametrize("reason", [pytest.param("", id="none"), pytest.param(" \n", id="blank")])
def test_a_withdrawal_needs_a_reason(ready: Store, reason: str) -> None:
    with pytest.raises(InputError, match="Say why"):
        withdraw_document(ready, "candle", reason=reason, actor="ofelia")


def test_an_unknown_source_has_no_blast_radius(store: Store) -> None:
    with pytest.raises(InputError, match="'lamp' is unknown"):
        blast_radius(store, "lamp")


# Ending earlier -------------------------------------------------------------------------


def test_what_if_it_ended_earlier_changes_nothing(ready: Store) -> None:
    before = blast_radius(ready, "candle", ends_on=date(2026, 11, 30))
    after = blast_radius(ready, "candle", ends_on=date(2026, 12, 1))

    assert [m.is_over for m in before.messages] == [True]
    assert [m.is_over for m in after.messages] == [False]
    assert sendable(ready) == [A, B]


def test_an_earlier_end_holds_messages_until_they_are_screened_again(ready: Store) -> None:
    expire_document(ready, "candle", date(2026, 12, 10), reason="Sold out.", actor="ofelia")
    assert sendable(ready) == [B]

    screened = screen_campaign(ready, SETTINGS, "c1", actor="mia", classifier=Scripted())

    assert screened == 1
    assert sendable(ready) == [A, B]
    assert screen_campaign(ready, SETTINGS, "c1", actor="mia", classifier=Scripted()) == 0


def test_what_is_sent_after_the_earlier_end_is_held_for_good(ready: Store) -> None:
    expire_document(ready, "candle", date(2026, 11, 30), reason="Sold out.", actor="ofelia")
    screen_campaign(ready, SETTINGS, "c1", actor="mia", classifier=Scripted())

    assert sendable(ready) == [B]


def test_the_day_that_was_approved_stays_on_record(ready: Store) -> None:
    expire_document(ready, "candle", date(2026, 12, 10), reason="Sold out.", actor="ofelia")

    assert ready.read("SELECT valid_until FROM documents") == [(date(2026, 12, 31),)]
    assert ready.read("SELECT valid_until FROM current_documents") == [(date(2026, 12, 10),)]


@pytest.mark.parametrize(
    ("day", "why"),
    [
        pytest.param(date(2027, 1, 31), "extended", id="later than approved"),
        pytest.param(date(2026, 12, 31), "already", id="the day that it has"),
        pytest.param(date(2026, 10, 1), "counts only from", id="before it began"),
    ],
)
def test_an_end_is_only_brought_forward(ready: Store, day: date, why: str) -> None:
    with pytest.raises(InputError, match=why):
        expire_document(ready, "candle", day, reason="Typo.", actor="ofelia")


def test_what_was_withdrawn_has_no_last_day(ready: Store) -> None:
    withdraw_document(ready, "candle", reason="Wrong.", actor="ofelia")

    with pytest.raises(StateError, match="withdrawn already"):
        expire_document(ready, "candle", date(2026, 12, 10), reason="Sold out.", actor="ofelia")
    assert ready.read("SELECT count(*) FROM document_expiries") == [(0,)]


@pytest.mark.parametrize("table", ["incidents", "incident_events", "document_expiries"])
def test_what_happened_cannot_be_rewritten(ready: Store, table: str) -> None:
    expire_document(ready, "candle", date(2026, 12, 10), reason="Sold out.", actor="ofelia")

    with pytest.raises(duckdb.Error, match="append-only"):
        ready.run(f"DELETE FROM {table}")  # noqa: S608
