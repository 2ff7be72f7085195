"""Trends: shares with intervals, what counts once, and one engine at a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from personalization.reports import trends
from personalization.reports.rates import rate
from personalization.safety import label_finding
from tests.safety.scripted import add_campaign, add_variant

if TYPE_CHECKING:
    from personalization.store import Store

MONDAY = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
SCREENING = """
    INSERT INTO screenings (screening_id, variant_id, version, campaign_id, content_sha256,
        decision, engine, engine_version, policy_version, categories, n_strings, screened_at)
    VALUES ($screening_id, $variant_id, 1, $campaign_id, 'x', $decision, $engine, '1', 'p1', '{}',
            6, $screened_at)
"""
FINDING = """
    INSERT INTO findings VALUES ($screening_id, 0, $rule, 'review', 4, 'body', 0, 4, $words,
                                 'Why.', 'What else.')
"""
APPROVAL = """
    INSERT INTO approvals (variant_id, version, campaign_id, content_sha256, decision, note, actor,
        is_self_approved, screening_id, decided_at)
    VALUES ('v', 1, 'c1', 'x', $decision, 'why', 'bea', false, $screening_id, $decided_at)
"""


def screened(
    store: Store, number: int, decision: str, *, day: int = 0, variant: str | None = None,
    engine: str = "embedded", campaign_id: str = "c1",
) -> None:  # fmt: skip
    store.run(
        SCREENING, screening_id=number, variant_id=variant or f"v{number}", decision=decision,
        engine=engine, screened_at=MONDAY + timedelta(days=day), campaign_id=campaign_id,
    )  # fmt: skip


def decided(store: Store, number: int, decision: str, hours: float) -> None:
    store.run(
        APPROVAL, decision=decision, screening_id=number,
        decided_at=MONDAY + timedelta(hours=hours),
    )  # fmt: skip


@pytest.fixture
def campaign(store: Store) -> Store:
    add_campaign(store)
    return store


def test_five_of_forty_is_12_percent_between_5_and_26() -> None:
    found = rate(5, 40)

    # Wilson (1927) by hand: (0.125 + 1.92/40 +- 1.96 * sqrt(.125*.875/40 + .9604/1600)) / 1.096
    assert found is not None
    assert (found.share, round(found.low, 4), round(found.high, 4)) == (0.125, 0.0546, 0.2611)


def test_of_nothing_there_is_no_share(campaign: Store) -> None:
    assert rate(0, 0) is None
    assert trends.engines(campaign) == []
    assert trends.by_week(campaign, "embedded") == []
    assert trends.summary(campaign, "embedded").blocked is None


def test_weeks_begin_on_monday_and_a_text_counts_once_in_each(campaign: Store) -> None:
    screened(campaign, 1, "error", variant="a")
    screened(campaign, 2, "pass", variant="a", day=6)  # the Sunday: again, and this time it worked
    screened(campaign, 3, "block", variant="b", day=6)
    screened(campaign, 4, "block", variant="a", day=7)

    first, second = trends.by_week(campaign, "embedded")

    assert (str(first.week), first.n, first.blocked.count, first.errors.count) == (
        "2026-11-02", 2, 1, 0,
    )  # fmt: skip
    assert (str(second.week), second.n, second.blocked.count) == ("2026-11-09", 1, 1)


def test_bands_and_severities_are_never_counted_together(campaign: Store) -> None:
    screened(campaign, 1, "block")
    screened(campaign, 2, "pass", engine="azure")
    screened(campaign, 3, "pass", engine="azure")

    assert [row["engine"] for row in trends.engines(campaign)] == ["azure", "embedded"]
    assert trends.summary(campaign, "embedded").blocked == rate(1, 1)
    assert trends.summary(campaign, "azure").blocked == rate(0, 2)


def test_campaigns_are_listed_as_they_were_made(campaign: Store) -> None:
    add_campaign(campaign, "c2")
    screened(campaign, 1, "review")
    screened(campaign, 2, "block", campaign_id="c2")

    assert [row.blocked.count for row in trends.by_campaign(campaign, "embedded")] == [0, 1]


def test_overruled_is_what_was_approved_of_what_a_reviewer_decided(campaign: Store) -> None:
    for number in range(1, 6):
        screened(campaign, number, "review")
    screened(campaign, 6, "pass")
    decided(campaign, 1, "approved", 1)
    decided(campaign, 2, "rejected", 1)
    decided(campaign, 3, "approved", 1)
    decided(campaign, 3, "reopened", 2)  # taken back: nobody has decided
    decided(campaign, 4, "changes_asked", 1)
    decided(campaign, 6, "approved", 1)  # nothing to overrule

    assert trends.summary(campaign, "embedded").overruled == rate(1, 3)


def test_the_time_to_a_decision_is_from_the_screening_that_was_seen(campaign: Store) -> None:
    for number, hours in ((1, 2.0), (2, 4.0), (3, 12.0)):
        screened(campaign, number, "pass")
        decided(campaign, number, "approved", hours)
        decided(campaign, number, "reopened", hours + 50)

    found = trends.summary(campaign, "embedded")

    assert (found.decided, found.median_hours) == (3, 4.0)
    assert found.ninth_hours == pytest.approx(10.4)  # between the second and the third: 4 + 0.8 * 8


def found_by(store: Store, number: int, rule: str, words: str) -> None:
    add_variant(store, f"arm{number}")
    screened(store, number, "review", variant=f"c1/Loyal/arm{number}")
    store.run(FINDING, screening_id=number, rule=rule, words=words)


def test_false_alarms_are_counted_by_distinct_words(campaign: Store) -> None:
    found_by(campaign, 1, "urgency.pressure", "act now")
    found_by(campaign, 2, "urgency.pressure", "Act now ")  # the same words
    found_by(campaign, 3, "urgency.pressure", "last chance")
    for number in (1, 2):
        label_finding(campaign, number, 0, "false_alarm", actor="bea")
    label_finding(campaign, 3, 0, "right", actor="bea")

    assert trends.false_alarms(campaign) == [("urgency.pressure", rate(1, 2))]


def test_what_a_reviewer_has_not_labelled_is_listed_most_frequent_first(campaign: Store) -> None:
    found_by(campaign, 1, "urgency.pressure", "last chance")
    found_by(campaign, 2, "urgency.pressure", "act now")
    found_by(campaign, 3, "urgency.pressure", "act now")

    waiting = trends.unlabelled(campaign, actor="bea")
    assert [(row["screening_id"], row["messages"]) for row in waiting] == [(3, 2), (1, 1)]

    label_finding(campaign, 2, 0, "right", actor="bea")  # the same finding in another message
    assert [row["screening_id"] for row in trends.unlabelled(campaign, actor="bea")] == [1]
    assert len(trends.unlabelled(campaign, actor="cid")) == 2
    assert trends.unlabelled(campaign, actor="bea", rule="spam.trigger") == []


def test_a_finding_is_shown_in_its_sentence(campaign: Store) -> None:
    found_by(campaign, 1, "urgency.pressure", "Hello")
    [row] = trends.unlabelled(campaign, actor="bea")

    assert trends.around(campaign, row)[:2] == ("", "Hell")  # characters 0 to 4 of the text


def test_labels_of_a_screening_are_the_reviewers_own(campaign: Store) -> None:
    found_by(campaign, 1, "urgency.pressure", "act now")
    label_finding(campaign, 1, 0, "right", actor="bea")

    assert trends.labels_of(campaign, 1, actor="bea") == {0: "right"}
    assert trends.labels_of(campaign, 1, actor="cid") == {}


def test_rules_are_listed_by_what_they_hold_back(campaign: Store) -> None:
    for number, (rule, words) in enumerate(
        [("spam.trigger", "wow"), ("spam.trigger", "hey"), ("style.shouting", "GO")], start=1
    ):
        found_by(campaign, number, rule, words)

    assert [(row["rule"], row["held"]) for row in trends.top_rules(campaign, "embedded")] == [
        ("spam.trigger", 2), ("style.shouting", 1),
    ]  # fmt: skip


def test_the_words_around_a_finding_are_whole(
    monkeypatch: pytest.MonkeyPatch, store: Store
) -> None:
    text = "words " * 40 + "unbeatable " + "others " * 40
    monkeypatch.setattr(type(store), "read_one", lambda *_, **__: (text,))
    row = {"field": "body", "variant_id": "v", "version": 1, "span_start": 240, "span_end": 250}

    before, found, after = trends.around(store, row)

    assert found == "unbeatable"
    assert set(before.split()) <= {"…", "words"}
    assert set(after.split()) == {"…", "others"}
