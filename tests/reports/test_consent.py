"""Consent as the officer sees it: totals, the calendar of ends, the clock of objections."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from personalization import customers, safety
from personalization.errors import InputError
from personalization.reports import consent as reports
from personalization.reports.person import story_of
from personalization.store import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from personalization.store import Store

FRIDAY = datetime(2026, 11, 20, 12, tzinfo=UTC)


class Clock:
    """Tells a time that the test moves on."""

    def __init__(self) -> None:
        """Begin on a Friday."""
        self.time = FRIDAY

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def base(clock: Clock) -> Iterator[Store]:
    """Forty Canadians who bought on successive days up to 24 months ago, and a German yes."""
    opened = open_store(clock=clock)
    safety.keep_consent_law(opened, safety.read_policy())
    opened.run("INSERT INTO datasets VALUES ('base', 'Base', false, now(), 'ann', NULL)")
    opened.run("INSERT INTO campaigns VALUES ('c', 'C', 'base', NULL, '{}', DATE '2026-12-01',"
               " 'en-GB', 's', now(), 'ann', NULL)")  # fmt: skip
    opened.run(
        """
        INSERT INTO customers (dataset_id, customer_id, email, country, consent_email)
        SELECT 'base', 'k' || range, 'k' || range || '@example.com', 'Canada', false FROM range(40)
        UNION ALL SELECT 'base', 'de', 'de@example.com', 'Germany', true
        UNION ALL SELECT 'base', 'uk', 'uk@example.com', 'UK', true
        """
    )
    opened.run(
        """
        INSERT INTO consents (dataset_id, customer_id, basis, recorded_at, imported_by, imported_at)
        SELECT 'base', 'k' || range, 'implied_purchase',
               TIMESTAMPTZ '2024-11-10 12:00:00+00' + to_days(range::INTEGER), 'ann', now()
        FROM range(40)
        """
    )
    yield opened
    opened.close()


def test_the_totals_say_who_is_lost_before_the_send_date(base: Store) -> None:
    """By hand: 40 ends from 10 November to 19 December 2026; 10 to 19 November are past, 20 to 30
    November fall before 1 December, and 19 last until then.
    """
    assert reports.totals(base, "c") == {
        "customers": 42, "mailable": 20, "recorded": 19, "undated": 1, "lacking": 1,
        "lost_before": 11,
    }  # fmt: skip


def test_the_calendar_parts_the_months_at_the_send_date(base: Store) -> None:
    rows = reports.calendar(base, "c")

    columns = rows["month"].dt.date, rows["customers"], rows["is_before"]
    found = list(zip(*columns, strict=True))
    assert found == [(date(2026, 11, 1), 11, True), (date(2026, 12, 1), 19, False)]
    assert set(rows["country"]) == {"Canada"}


def test_an_objection_grows_overdue_and_is_done_with_the_handover(
    base: Store, clock: Clock
) -> None:
    customers.object_to_mailing(
        base, customer_id="k1", reason="objected", actor="ann", received_at=FRIDAY
    )
    states = []
    for day in (FRIDAY, FRIDAY + timedelta(14), FRIDAY + timedelta(15)):  # due on Friday 4 December
        clock.time = day
        states += list(reports.objections(base)["state"])
    reports.suppression_csv(base, actor="ann")
    customers.hand_over(base, actor="ann", note="Mailing tool")
    states += list(reports.objections(base)["state"])

    assert states == ["open", "open", "overdue", "late"]


def test_a_handover_closes_what_the_list_held_and_nothing_later(base: Store, clock: Clock) -> None:
    with pytest.raises(InputError, match="Nobody downloaded the suppression list"):
        customers.hand_over(base, actor="ann", note="Mailing tool")
    for customer_id in ("k1", "k2"):
        customers.object_to_mailing(
            base, customer_id=customer_id, reason="objected", actor="eve", received_at=clock.time
        )
        if customer_id == "k1":
            reports.suppression_csv(base, actor="ann")
        clock.time += timedelta(minutes=5)

    customers.hand_over(base, actor="ann", note="Mailing tool")

    rows = reports.objections(base)
    assert dict(zip(rows["customer_id"], rows["state"], strict=True)) == {
        "k1": "in time", "k2": "open",
    }  # fmt: skip
    assert base.read("SELECT actor FROM audit_log WHERE kind = 'suppressions.downloaded'") == [
        ("ann",)
    ]


def test_the_list_has_every_address_that_is_current(base: Store) -> None:
    base.run("INSERT INTO customers (dataset_id, customer_id, email, consent_email)"
             " VALUES ('other', 'z', 'k1@example.com', true)")  # fmt: skip
    base.run("INSERT INTO suppressions VALUES ('base', 'k1', 'old@example.com', 'left', now()),"
             " ('base', 'k2', NULL, 'erased', now()), ('', 'y@x.com', 'y@x.com', 'left', now()),"
             " ('other', 'n', 'k1@example.com', 'left', now())")  # fmt: skip

    lines = reports.suppression_csv(base, actor="ann").decode().split()[1:]

    assert {tuple(line.split(",")[:2]) for line in lines} == {
        ("k1", "old@example.com"), ("k1", "k1@example.com"), ("k2", "k2@example.com"),
        ("y@x.com", "y@x.com"), ("n", "k1@example.com"), ("z", "k1@example.com"),
    }  # fmt: skip


def test_who_withdrew_is_not_counted_as_lost_by_the_send_date(base: Store) -> None:
    before = reports.totals(base, "c")["lost_before"]
    base.run("INSERT INTO consents (dataset_id, customer_id, basis, recorded_at, imported_by,"
             " imported_at) SELECT 'base', 'k' || range, 'withdrawn', TIMESTAMPTZ '2026-11-01',"
             " 'ann', now() FROM range(12, 15)")  # fmt: skip

    assert reports.totals(base, "c")["lost_before"] == before - 3
    assert reports.calendar(base, "c")["customers"].tolist() == [8, 19]


def test_a_record_that_came_before_its_customer_counts_once(base: Store) -> None:
    base.run("INSERT INTO consents (dataset_id, customer_id, basis, recorded_at, imported_by,"
             " imported_at) SELECT 'base', unnest(['uk', 'uk@example.com', 'else@x.com']),"
             " 'express', now(), 'ann', now()")  # fmt: skip

    assert reports.register_counts(base, "base")["express"] == (2, 2)
    assert set(reports.register(base, "base", basis="express")["customer_id"]) == {
        "uk", "else@x.com",
    }  # fmt: skip


def test_the_reasons_add_up_to_those_who_may_not_be_written_to(base: Store) -> None:
    rows = reports.why_not(base, "c")

    assert rows["customers"].sum() == 22
    assert rows.iloc[0]["why"].startswith("implied purchase ended")


def test_countries_without_a_law_of_their_own_are_named(base: Store) -> None:
    base.run("UPDATE customers SET country = 'Atlantis' WHERE customer_id = 'uk'")

    assert reports.other_countries(base, "base") == [("Atlantis", 1)]


def test_a_story_says_why_somebody_is_not_written_to(base: Store) -> None:
    base.run(
        "INSERT INTO suppressions VALUES ('base', 'k1', 'k1@example.com', 'complained', now())"
    )
    story = story_of(base, "c", "base", "k1")

    assert story is not None
    assert story.standing["bucket"] == "no segment"
    assert story.standing["also"] == "no consent, suppressed"
    assert story.standing["reason"] == "implied purchase of 2024-11-11 ended on 2026-11-11"
    assert [row["reason"] for row in story.suppressions] == ["complained"]
    assert story_of(base, "c", "base", "nobody") is None


def test_a_result_can_say_that_it_counts_somebody_who_was_erased(base: Store) -> None:
    base.run("INSERT INTO experiments (experiment_id, campaign_id, hypothesis, hypothesis_sha256,"
             " salt, confidence, designed_at, designed_by)"
             " VALUES ('e', 'c', '{}', '', 's', 0.95, now(), 'ann')")  # fmt: skip
    base.run("INSERT INTO assignments VALUES ('e', 'k1', 'all', 'A', 1, 'blocked')")

    customers.erase_person(base, "k1", confirmed="k1", actor="olga")

    assert reports.erased_in(base, "e") == (1, FRIDAY.date())
    assert reports.erased_in(base, "other") == (0, None)
    assert list(reports.erasures(base)["experiments"]) == [1]
