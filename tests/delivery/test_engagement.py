from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from personalization.delivery import (
    EngagementImport,
    engagement_problems,
    export_campaign,
    launch_gate,
    record_engagements,
    simulate_campaign,
    write_engagement_problems,
)
from personalization.delivery.launch import find_launch, mark_launched
from personalization.delivery.recipients import deliver
from personalization.errors import InputError, StateError
from tests.delivery.ready import copy_campaign, sign

if TYPE_CHECKING:
    from pathlib import Path

    from personalization.settings import Settings
    from personalization.store import Store

# The campaign was exported on 2026-12-01 at 09:30.
TEN = datetime(2026, 12, 1, 10, 0)  # noqa: DTZ001
Row = tuple[str, str, datetime | None, float | None]


@pytest.fixture
def sent(campaign: Store) -> Store:
    """Hold a campaign that was sent to everybody but c000009, who had objected."""
    campaign.run("INSERT INTO suppressions VALUES ('shop', 'c000009', NULL, 'objected', now())")
    launch = find_launch(campaign, "spring")
    with campaign.transaction():
        deliver(campaign, launch, is_simulated=False, delivered_at=campaign.now())
        mark_launched(campaign, launch, mode="export", actor="mia")
    return campaign


@pytest.fixture
def upload(tmp_path: Path) -> Upload:
    return Upload(tmp_path)


class Upload:
    """Stages rows as the intake does, and records them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.count = 0

    def stage(self, rows: list[Row], emails: list[str | None] | None = None) -> Path:
        self.count += 1
        path = self.folder / f"staged{self.count}.parquet"
        columns = ["customer_id", "event", "happened_at", "value"]
        frame = pd.DataFrame(rows, columns=columns)
        frame["value"] = frame["value"].astype("float64")
        frame["email"] = pd.Series(emails or [None] * len(rows), dtype="string")
        frame["happened_at"] = frame["happened_at"].astype("datetime64[us]")
        frame["line"] = range(2, len(rows) + 2)
        frame.to_parquet(path)
        return path

    def __call__(self, store: Store, *rows: Row, request_id: str = "") -> EngagementImport:
        path = self.stage(list(rows))
        return record_engagements(
            store, "spring", path, actor="mia", request_id=request_id or f"u{self.count}",
            file_name="events.csv", file_sha256="f00",
        )  # fmt: skip


def counts(store: Store) -> dict[str, int]:
    return dict(store.read("SELECT event, count(*) FROM engagements GROUP BY event"))


def test_what_happened_is_kept_as_real(sent: Store, upload: Upload) -> None:
    outcome = upload(
        sent,
        ("c000001", "delivered", TEN, None),
        ("c000001", "open", TEN, None),
        ("c000001", "click", TEN + timedelta(minutes=1), None),
        ("c000001", "conversion", TEN + timedelta(hours=1), 48.5),
        ("c000002", "unsubscribe", TEN, None),
    )

    assert (outcome.accepted, outcome.suppressed) == (5, 1)
    assert sent.read("SELECT * FROM engagements ORDER BY ALL") == [
        ("e1", "c000001", "click", 0.0, TEN + timedelta(minutes=1), False),
        ("e1", "c000001", "conversion", 48.5, TEN + timedelta(hours=1), False),
        ("e1", "c000001", "delivered", 0.0, TEN, False),
        ("e1", "c000001", "open", 0.0, TEN, False),
        ("e1", "c000002", "unsubscribe", 0.0, TEN, False),
    ]


def test_every_row_of_the_file_is_accounted_for(sent: Store, upload: Upload) -> None:
    outcome = upload(
        sent,
        ("c000001", "open", TEN, None),
        ("c000001", "open", TEN, None),
        ("nobody", "open", TEN, None),
        ("nobody", "click", TEN, None),
        ("c000001", "bounced", TEN, None),
        ("c000009", "open", TEN, None),
        ("c000001", "click", TEN - timedelta(days=2), None),
    )

    assert replace(outcome, import_id="") == EngagementImport(
        "", accepted=1, duplicates=1, unknown_customers=2, unknown_events=1, before_delivery=1,
        not_delivered=1,
    )  # fmt: skip
    assert sent.read(
        "SELECT target, file_name, file_sha256, rows_total, accepted, rejected, merged FROM imports"
    ) == [("engagements", "events.csv", "f00", 7, 1, 5, 1)]


def test_what_does_not_count_is_told_with_its_id_and_reason(sent: Store, upload: Upload) -> None:
    outcome = upload(
        sent,
        ("nobody", "open", TEN, None),
        ("nobody", "click", TEN, None),
        ("c000001", "bounced", TEN, None),
    )

    told = engagement_problems(sent, outcome.import_id)
    assert [(row["line"], row["value"], row["rows"]) for row in told] == [
        (2, "nobody", 2), (4, "bounced", 1),
    ]  # fmt: skip
    assert "not in the test" in told[0]["reason"]
    assert "not one of delivered, open, click" in told[1]["reason"]


def test_the_same_file_twice_adds_nothing(sent: Store, upload: Upload) -> None:
    rows: list[Row] = [("c000001", "open", TEN, None), ("c000001", "conversion", TEN, 20.0)]
    upload(sent, *rows)

    again = upload(sent, *rows)

    assert (again.accepted, again.duplicates) == (0, 2)
    assert counts(sent) == {"open": 1, "conversion": 1}


def test_a_double_click_returns_the_first_outcome(sent: Store, upload: Upload) -> None:
    first = upload(sent, ("c000001", "open", TEN, None), request_id="same")

    assert upload(sent, ("c000002", "open", TEN, None), request_id="same") == first
    assert counts(sent) == {"open": 1}
    assert sent.read("SELECT count(*) FROM audit_log WHERE kind = 'engagement.imported'") == [(1,)]


@pytest.mark.parametrize(
    "first", [pytest.param(True, id="in one file"), pytest.param(False, id="in two files")]
)
def test_revenue_that_comes_after_its_conversion_is_added_and_not_counted_twice(
    sent: Store, upload: Upload, *, first: bool
) -> None:
    rows: list[Row] = [("c000001", "conversion", TEN, None), ("c000001", "conversion", TEN, 30.0)]
    if first:
        upload(sent, *rows)
    else:
        upload(sent, rows[0])
        upload(sent, rows[1])

    assert sent.read("SELECT event, value FROM engagements") == [("conversion", 30.0)]


def test_who_unsubscribes_is_on_the_list_at_once(
    sent: Store, settings: Settings, upload: Upload
) -> None:
    upload(sent, ("c000001", "unsubscribe", TEN, None), ("c000001", "open", TEN, None))

    assert sent.read(
        "SELECT customer_id, email, reason FROM suppressions WHERE reason <> 'objected'"
    ) == [("c000001", "c1@example.com", "unsubscribed")]
    [consent] = [c for c in launch_gate(sent, settings, "spring") if c.name == "Consent"]
    assert "58 customers may be written to" in consent.message


def test_a_complaint_counts_as_one_and_suppresses_like_an_unsubscribe(
    sent: Store, upload: Upload
) -> None:
    outcome = upload(
        sent, ("c000001", "complaint", TEN, None), ("c000001", "unsubscribe", TEN, None),
        ("c000002", "complaint", None, None),
    )  # fmt: skip
    again = upload(sent, ("c000002", "complaint", None, None))

    assert (outcome.accepted, outcome.suppressed, again.duplicates) == (3, 2, 1)
    assert sent.read(
        "SELECT customer_id, reason FROM suppressions WHERE reason <> 'objected' ORDER BY 1"
    ) == [("c000001", "complained"), ("c000002", "complained")]
    assert sent.read("SELECT event, count(*) FROM engagements GROUP BY event ORDER BY event") == [
        ("complaint", 2),
        ("unsubscribe", 1),
    ]


@pytest.mark.parametrize(
    ("customer_id", "when"),
    [
        pytest.param("c000009", TEN, id="somebody to whom nothing was sent"),
        pytest.param("c000001", TEN - timedelta(days=9), id="before the launch"),
    ],
)
def test_an_unsubscribe_is_honoured_even_where_it_does_not_count(
    sent: Store, upload: Upload, customer_id: str, when: datetime
) -> None:
    sent.run("DELETE FROM suppressions")

    outcome = upload(sent, (customer_id, "unsubscribe", when, None))

    assert (outcome.accepted, outcome.suppressed) == (0, 1)
    assert sent.read("SELECT customer_id FROM suppressions") == [(customer_id,)]


def test_a_second_unsubscribe_adds_no_second_row(sent: Store, upload: Upload) -> None:
    upload(sent, ("c000001", "unsubscribe", TEN, None))

    assert upload(sent, ("c000001", "unsubscribe", TEN + timedelta(hours=1), None)).suppressed == 0


def test_a_purchase_of_somebody_held_out_of_all_campaigns_is_kept_and_is_no_outcome(
    sent: Store, upload: Upload
) -> None:
    sent.run("DELETE FROM assignments WHERE customer_id = 'c000009'")
    sent.run("INSERT INTO held_out VALUES ('e1', 'c000009', 'Loyal', 'holdout-1')")

    outcome = upload(sent, ("c000009", "conversion", TEN, 48.5), ("c000009", "click", TEN, None))

    assert (outcome.accepted, outcome.not_delivered) == (1, 1)
    assert counts(sent) == {"conversion": 1}
    assert not sent.read("SELECT * FROM outcomes WHERE customer_id = 'c000009'")


def test_a_purchase_of_the_holdout_counts_but_its_click_cannot_be(
    campaign: Store, settings: Settings, upload: Upload
) -> None:
    campaign.run("INSERT INTO arms VALUES ('e1', 'Loyal', 'holdout', 9, 0.1, NULL, NULL, NULL)")
    campaign.run("UPDATE assignments SET arm = 'holdout' WHERE customer_id = 'c000001'")
    sign(campaign)
    export_campaign(campaign, settings, "spring", actor="mia", request_id="r1")

    outcome = upload(
        campaign, ("c000001", "conversion", TEN, 10.0), ("c000001", "click", TEN, None)
    )

    assert (outcome.accepted, outcome.not_delivered) == (1, 1)


@pytest.mark.parametrize(
    ("when", "accepted"),
    [
        pytest.param(TEN.replace(hour=9, minute=29), 0, id="a minute before the launch"),
        pytest.param(TEN.replace(hour=9, minute=30), 1, id="at the launch"),
        pytest.param(TEN.replace(hour=0), 1, id="a date without a time, on the day"),
        pytest.param(TEN.replace(hour=0) - timedelta(days=1), 0, id="the day before"),
    ],
)
def test_what_counts_here_counts_in_the_results(
    sent: Store, upload: Upload, when: datetime, accepted: int
) -> None:
    assert upload(sent, ("c000001", "click", when, None)).accepted == accepted
    assert sent.read("SELECT sum(clicked) FROM outcomes") == [(accepted,)]


def test_an_id_that_the_export_had_to_guard_is_known_again(
    campaign: Store, settings: Settings, upload: Upload
) -> None:
    for table in ("customers", "segment_members", "assignments"):
        campaign.run(f"UPDATE {table} SET customer_id = '=1' WHERE customer_id = 'c000001'")  # noqa: S608
    sign(campaign)
    export_campaign(campaign, settings, "spring", actor="mia", request_id="r1")

    outcome = upload(campaign, ("'=1", "open", TEN, None), ("'c000002", "open", TEN, None))

    assert (outcome.accepted, outcome.unknown_customers) == (1, 1)


def test_people_may_be_known_by_their_address(sent: Store, upload: Upload) -> None:
    outcome = upload(
        sent,
        ("C1@example.com", "click", TEN, None),
        ("c000001", "open", TEN, None),
        ("c2@example.com", "unsubscribe", TEN, None),
        ("stranger@example.com", "click", TEN, None),
    )

    assert (outcome.accepted, outcome.unknown_customers, outcome.suppressed) == (3, 1, 1)
    assert sent.read("SELECT customer_id, event FROM engagements ORDER BY ALL") == [
        ("c000001", "click"), ("c000001", "open"), ("c000002", "unsubscribe"),
    ]  # fmt: skip


def test_nothing_can_be_recorded_before_the_launch(campaign: Store, upload: Upload) -> None:
    with pytest.raises(StateError, match="'Spring' was not sent yet"):
        upload(campaign, ("c000001", "open", TEN, None))


def test_real_events_never_meet_simulated_ones(
    campaign: Store, settings: Settings, upload: Upload
) -> None:
    simulate_campaign(campaign, settings, "spring", actor="mia", request_id="s1")

    with pytest.raises(StateError, match="never mixed"):
        upload(campaign, ("c000001", "open", TEN, None))
    assert campaign.read("SELECT DISTINCT is_simulated FROM engagements") == [(True,)]


def test_a_file_without_a_usable_row_is_refused(sent: Store) -> None:
    with pytest.raises(InputError, match="no row that can be used"):
        record_engagements(sent, "spring", None, actor="mia", request_id="u1")


def test_two_purchases_of_one_moment_both_count_and_the_same_file_adds_nothing(
    sent: Store, upload: Upload
) -> None:
    rows: list[Row] = [
        ("c000001", "conversion", TEN, 20.0),
        ("c000001", "conversion", TEN, 35.0),
        ("c000001", "conversion", TEN, 35.0),
        ("c000001", "conversion", TEN, None),
    ]

    first, again = upload(sent, *rows), upload(sent, *rows)

    assert (first.accepted, first.duplicates) == (2, 2)
    assert (again.accepted, again.duplicates) == (0, 4)
    assert sent.read("SELECT revenue FROM outcomes WHERE converted = 1") == [(55.0,)]


def test_an_unsubscribe_without_a_time_counts_from_now_and_once(
    sent: Store, upload: Upload
) -> None:
    first = upload(sent, ("c000001", "unsubscribe", None, None))
    again = upload(replace(sent, clock=lambda: TEN), ("c000001", "unsubscribe", None, None))

    assert (first.accepted, first.suppressed) == (1, 1)
    assert (again.accepted, again.duplicates) == (0, 1)
    assert sent.read("SELECT happened_at FROM engagements") == [(sent.now().replace(tzinfo=None),)]


@pytest.mark.parametrize("event", ["unsubscribe", "complaint"])
def test_who_left_at_an_unknown_time_counts_although_it_is_told_after_the_last_day(
    sent: Store, upload: Upload, event: str
) -> None:
    sent.run("UPDATE experiments SET analysis_on = DATE '2026-12-15'")
    after = replace(sent, clock=lambda: datetime(2026, 12, 21, 9, 0, tzinfo=UTC))

    first = upload(after, ("c000001", event, None, None))

    assert (first.accepted, first.suppressed) == (1, 1)
    assert after.read("SELECT event, happened_at FROM counted_events") == [
        (event, datetime(2026, 12, 15, 23, 59, 59))  # noqa: DTZ001
    ]


@pytest.mark.parametrize(
    ("customer_id", "email", "kept"),
    [
        pytest.param("new@x.example", None, ("new@x.example", "new@x.example"), id="an address"),
        pytest.param("k9", "new@x.example", ("k9", "new@x.example"), id="an id and an address"),
        pytest.param("k9", None, ("k9", None), id="an id alone"),
    ],
)
def test_an_unsubscribe_of_a_stranger_is_told_and_kept_all_the_same(
    sent: Store, upload: Upload, customer_id: str, email: str | None, kept: tuple[str, str | None]
) -> None:
    path = upload.stage([(customer_id, "unsubscribe", TEN, None)], [email])

    for request_id in ("first", "again"):
        outcome = record_engagements(sent, "spring", path, actor="mia", request_id=request_id)
        assert (outcome.accepted, outcome.unknown_customers) == (0, 1)

    assert sent.read(
        "SELECT dataset_id, customer_id, email FROM suppressions WHERE reason = 'unsubscribed'"
    ) == [("shop", *kept)]


def test_an_unsubscribe_by_another_id_reaches_the_customer_of_the_address(
    sent: Store, upload: Upload
) -> None:
    path = upload.stage([("crm-77", "unsubscribe", TEN, None)], ["c1@example.com"])

    outcome = record_engagements(sent, "spring", path, actor="mia", request_id="u1")

    assert (outcome.accepted, outcome.suppressed) == (1, 1)
    assert sent.read("SELECT customer_id FROM suppressions WHERE reason = 'unsubscribed'") == [
        ("c000001",)
    ]


def test_rows_that_the_intake_turned_away_stay_in_the_record(
    sent: Store, upload: Upload, tmp_path: Path
) -> None:
    path = upload.stage([("c000001", "open", TEN, None), ("nobody", "open", TEN, None)])
    found = tmp_path / "problems.parquet"
    pd.DataFrame(
        {
            "outcome": ["rejected", "merged", "warning"],
            "line": [4, 5, 2],
            "column_name": ["event", "customer_id", "value"],
            "value": ["=banana", "c000001", "lots"],
            "reason": ["bad_event", "duplicate_exact", "bad_value"],
            "ids": [None, None, None],
        }
    ).to_parquet(found)

    outcome = record_engagements(
        sent, "spring", path, actor="mia", request_id="u1", unreadable=1, merged=1, problems=found
    )

    assert (outcome.accepted, outcome.unreadable, outcome.duplicates) == (1, 1, 1)
    assert sent.read("SELECT rows_total, accepted, rejected, merged FROM imports") == [(4, 1, 2, 1)]
    assert sent.read(
        "SELECT outcome, count(*) FROM intake_problems GROUP BY outcome ORDER BY outcome"
    ) == [("merged", 1), ("rejected", 2), ("warning", 1)]
    told = engagement_problems(sent, outcome.import_id)
    assert [(row["line"], row["value"]) for row in told if row["outcome"] == "rejected"] == [
        (3, "nobody"), (4, "=banana"),
    ]  # fmt: skip
    write_engagement_problems(sent, outcome.import_id, tmp_path / "problems.csv")
    lines = (tmp_path / "problems.csv").read_text("utf-8").splitlines()
    assert len(lines) == 5
    assert lines[3] == "rejected,4,event,'=banana,bad_event"


def test_a_request_of_another_campaign_is_not_taken_for_this_one(
    sent: Store, settings: Settings, upload: Upload
) -> None:
    sent.run("UPDATE experiments SET launched_at = NULL, mode = NULL")
    copy_campaign(sent, "autumn")
    for name in ("spring", "autumn"):
        sent.run("DELETE FROM deliveries")
        export_campaign(sent, settings, name, actor="mia", request_id="r1")
    first = upload(sent, ("c000001", "click", TEN, None), request_id="u1")

    path = upload.stage([("c000001", "click", TEN, None)])
    other = record_engagements(sent, "autumn", path, actor="mia", request_id="u1")

    assert other.import_id != first.import_id
    assert sent.read("SELECT count(*) FROM imports") == [(2,)]
