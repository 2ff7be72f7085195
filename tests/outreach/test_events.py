from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from personalization import campaign
from personalization.customers.personal import PERSONAL
from personalization.errors import InputError
from personalization.outreach.context import context_of
from personalization.settings import Settings
from tests.outreach.sent import BASE, NOW, answer, fill, send

if TYPE_CHECKING:
    from pathlib import Path

    from personalization.outreach.events import EventCounts
    from personalization.store import Store

EVENTS = """
    SELECT prospect_id, message_id, channel, kind, reply_class FROM outreach_events
    ORDER BY prospect_id, kind
"""
STOPS = "SELECT scope, subject, channel, reason FROM outreach_stops ORDER BY ALL"
SUPPRESSED = "SELECT customer_id, email, reason FROM suppressions ORDER BY customer_id"
EVERY_TABLE = """
    SELECT table_name FROM duckdb_tables() WHERE NOT temporary AND NOT internal
    AND (table_name LIKE 'outreach%' OR table_name IN ('audit_log', 'imports', 'intake_problems'))
"""


def take(store: Store, *rows: dict[str, Any], stops_account: bool = False) -> EventCounts:
    settings = Settings()
    chosen = replace(settings, outreach=replace(settings.outreach, account_stops=stops_account))
    return campaign.record_outreach_events(store, chosen, BASE, rows, actor="ida")


def reply(prospect: str, text: str, **more: object) -> dict[str, Any]:
    return {"event": "reply", "prospect_id": prospect, "text": text, **more}


def learnt(store: Store) -> tuple[float, float]:
    """Return the rewards and harms of all messages in the posterior that is in force."""
    version = campaign.update_posterior(store, Settings(), BASE, actor="ida")
    cells = "SELECT rewards, harms FROM outreach_cells WHERE version = $version AND tone = ''"
    return tuple(store.read(cells, version=version)[0])


def test_an_event_counts_once_however_often_it_is_told(store: Store) -> None:
    fill(store, 4)
    send(store, 0, 4, days_ago=3)
    row = reply("p1", "Sounds good", happened_at=NOW - timedelta(days=1))

    first = take(store, row, row)
    second = take(store, row)

    assert (first.accepted, first.duplicates) == (1, 1)
    assert (second.accepted, second.duplicates) == (0, 1)
    assert store.read(EVENTS) == [("p1", "m1", "cold_email", "reply", "interested")]


def test_events_with_a_number_of_their_own_are_told_apart_by_it(store: Store) -> None:
    fill(store, 2)
    rows = [{"event": "click", "prospect_id": "p0", "happened_at": NOW} for _ in range(2)]

    counts = take(store, *({**row, "event_id": f"e{i}"} for i, row in enumerate(rows)))

    assert counts.accepted == 2


def test_an_answer_belongs_to_the_last_message_before_it_whose_window_is_open(
    store: Store,
) -> None:
    fill(store, 3)
    send(store, 0, 3, days_ago=20)
    send(store, 0, 2, days_ago=5, prefix="n")
    send(store, 0, 1, days_ago=1, channel="linkedin_note", prefix="l")
    three_days = NOW - timedelta(days=3)

    take(
        store,
        reply("p0", "Yes please", happened_at=three_days),  # before the LinkedIn note
        reply("p1", "Yes please", happened_at=three_days, message_id="m1"),
        reply("p2", "Yes please", happened_at=three_days),  # its message is 17 days old
    )

    assert [(who, message) for who, message, *_ in store.read(EVENTS)] == [
        ("p0", "n0"), ("p1", "m1"), ("p2", None),
    ]  # fmt: skip


def test_a_simulated_message_is_never_answered_for_real(store: Store) -> None:
    fill(store, 1)
    send(store, 0, 1, days_ago=2, is_simulated=True)

    take(store, reply("p0", "Sounds good", happened_at=NOW))

    assert store.read(EVENTS)[0][:2] == ("p0", None)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        pytest.param(reply("p1", "Please remove me from your list"), "unsubscribed", id="asks"),
        pytest.param({"event": "unsubscribe", "prospect_id": "p1"}, "unsubscribed", id="clicks"),
        pytest.param({"event": "complaint", "email": "P1@firm0.example"}, "complained", id="spam"),
    ],
)
def test_whoever_asks_to_be_left_in_peace_is_suppressed_at_once(
    store: Store, row: dict[str, Any], reason: str
) -> None:
    fill(store, 4)

    counts = take(store, row)

    assert counts.suppressed == 1
    assert store.read(SUPPRESSED) == [("p1", "p1@firm0.example", reason)]
    assert [stop[:3] for stop in store.read(STOPS)] == [("person", "p1", None)]


def test_a_stop_counts_although_its_time_has_not_come_or_the_person_is_unknown(
    store: Store,
) -> None:
    fill(store, 2)

    counts = take(
        store,
        {"event": "unsubscribe", "prospect_id": "p0", "happened_at": NOW + timedelta(days=1)},
        {"event": "unsubscribe", "email": "gone@elsewhere.example"},
    )

    assert (counts.accepted, counts.in_future, counts.unknown_prospects) == (0, 1, 1)
    assert [row[0] for row in store.read(SUPPRESSED)] == ["gone@elsewhere.example", "p0"]


def test_a_leaver_told_by_the_address_is_found_however_it_was_written(store: Store) -> None:
    fill(store, 1)

    take(
        store,
        {"event": "unsubscribe", "prospect_id": "Jane@x.example"},
        {"event": "unsubscribe", "email": " Bob@x.example "},
    )

    addresses = [row[1] for row in store.read(SUPPRESSED)]
    assert sorted(addresses) == ["bob@x.example", "jane@x.example"]


def test_the_account_is_left_in_peace_where_settings_say_so(store: Store) -> None:
    fill(store, 4)

    take(store, reply("p0", "STOP"), stops_account=True)

    assert store.read(STOPS) == [
        ("account", "firm0.example", None, "somebody there opted out"),
        ("person", "p0", None, "opted out"),
    ]


def test_a_bounce_ends_the_channel_and_a_wrong_person_all_writing(store: Store) -> None:
    fill(store, 4)
    send(store, 0, 4, days_ago=1)

    counts = take(
        store,
        {"event": "bounce", "prospect_id": "p0"},
        reply("p1", "Wrong person, please contact Maria Lopez."),
        reply("p2", "Not interested."),
    )

    assert store.read(STOPS) == [
        ("person", "p0", "cold_email", "bounced"),
        ("person", "p1", None, "wrong person"),
    ]
    assert counts.referrals == (("p1", "Maria Lopez"),)
    assert store.read(SUPPRESSED) == []


def test_no_text_and_no_name_of_an_answer_is_kept(store: Store) -> None:
    fill(store, 2)

    take(store, reply("p0", "Wrong person, please contact Maria Lopez. Zebra stripes."))

    for (table,) in store.read(EVERY_TABLE):
        rows = str(store.root.table(table).fetchall())
        assert "Lopez" not in rows
        assert "Zebra" not in rows


def test_the_day_back_is_kept_for_the_sequence(store: Store) -> None:
    fill(store, 1)

    take(store, reply("p0", "I am out of the office until 11 December 2026."))

    assert str(store.read("SELECT returns_on FROM outreach_events")[0][0]) == "2026-12-12"


def test_an_unknown_word_counts_for_nothing_and_is_told(store: Store) -> None:
    fill(store, 1)

    counts = take(store, {"event": "waved", "prospect_id": "p0"})

    assert (counts.accepted, counts.unknown_events) == (0, 1)


def test_what_came_back_is_learnt_at_once(store: Store) -> None:
    fill(store, 20)
    send(store, 0, 20)

    take(store, reply("p1", "Sounds good", happened_at=NOW - timedelta(days=29)))

    rewards = store.read(
        "SELECT rewards FROM outreach_cells JOIN outreach_posteriors USING (version) "
        "WHERE role = 'marketing' AND channel = 'cold_email' AND rewards > 0"
    )
    assert rewards == [(1.0,)]


FILE = """Lead ID;E-Mail;Reply;Date
p0;;Klingt gut, schicken Sie mir gern mehr Informationen.;30.11.2026 10:00
p1;;Kein Interesse;02.11.2026 11:00
;p2@firm1.example;Bitte abmelden;03.11.2026 12:00
p99;;Ja gerne;03.11.2026 12:00
p0;;Klingt gut, schicken Sie mir gern mehr Informationen.;30.11.2026 10:00
"""


def test_a_file_is_tried_first_and_then_taken_in_with_every_row_accounted_for(
    store: Store, tmp_path: Path
) -> None:
    fill(store, 6)
    path = tmp_path / "antworten.csv"
    path.write_text(FILE, "utf-8")
    intake = campaign.check_file(path, target="outreach_events", folder=tmp_path)

    tried = campaign.check_outreach_events(store, BASE, intake)
    nothing_yet = store.read(EVENTS)
    taken = campaign.import_outreach_events(
        store, Settings(), BASE, intake, actor="ida", request_id="r1"
    )
    again = campaign.import_outreach_events(
        store, Settings(), BASE, intake, actor="ida", request_id="r1"
    )

    assert nothing_yet == []
    assert (tried.accepted, tried.unknown_prospects) == (3, 1)
    assert taken.classes == (("interested", 1), ("not_interested", 1), ("unsubscribe", 1))
    assert again.accepted == taken.accepted
    rows = store.read("SELECT rows_total, accepted, rejected, merged FROM imports")
    assert rows == [(5, 3, 1, 1)]
    assert [row[0] for row in store.read(SUPPRESSED)] == ["p2"]


def test_a_base_without_prospects_is_refused(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "replies.csv"
    path.write_text(FILE, "utf-8")
    intake = campaign.check_file(path, target="outreach_events", folder=tmp_path)

    with pytest.raises(InputError, match="has no prospects"):
        campaign.check_outreach_events(store, BASE, intake)


def test_the_context_weighs_what_was_done_lately(store: Store) -> None:
    fill(store, 4)
    send(store, 0, 4, days_ago=60)
    send(store, 0, 1, days_ago=3, channel="sms", prefix="s", tone="casual", angle="news")
    answer(store, "m0", "click", hours=0)
    answer(store, "m1", "reply", "not_interested", hours=0)
    answer(store, "s0", "reply", "interested", hours=0)

    found = context_of(store, BASE, "p0")

    # 2 * 2^(-60/30) + 5 * 2^(-3/30), worked out by hand
    assert found.engagement == pytest.approx(0.5 + 5 * 2**-0.1, abs=1e-5)
    assert (found.positives, found.negatives, found.last_answer) == (1, 0, "interested")
    assert (found.sends, found.sends_7d, found.account_sends_7d) == (2, 1, 1)
    assert found.preferred_channel == "sms"
    assert (found.tones[0], found.angles[0]) == ("casual", "news")
    assert found.best_hour == 10  # 9:30 UTC in Berlin in November
    assert found.season == "winter"
    assert context_of(store, BASE, "p1").negatives == 1
    assert context_of(store, BASE, "p1").account_last_touch_at == NOW - timedelta(days=3)
    assert context_of(store, BASE, "p3").preferred_channel is None


def test_the_context_of_a_moment_does_not_know_what_came_later(store: Store) -> None:
    fill(store, 1)
    send(store, 0, 1, days_ago=3)
    answer(store, "m0", "reply", "interested")

    before = context_of(store, BASE, "p0", as_of=NOW - timedelta(days=10))

    assert (before.sends, before.positives, before.engagement) == (0, 0, 0)


def test_an_unknown_prospect_has_no_context(store: Store) -> None:
    fill(store, 1)

    with pytest.raises(InputError, match="no prospect 'p7'"):
        context_of(store, BASE, "p7")


ERASED = """
    CREATE OR REPLACE TEMP TABLE erased_people AS
    SELECT 'people' AS dataset_id, 'p1' AS customer_id, 'p1@firm0.example' AS email,
           'erased-1' AS token
"""
OUTREACH_TABLES = ("outreach_events", "outreach_sends", "outreach_stops")


def test_whoever_is_erased_leaves_answers_and_messages_and_stays_counted(store: Store) -> None:
    fill(store, 4)
    send(store, 0, 4)
    take(store, reply("p1", "Wrong person", happened_at=NOW - timedelta(days=29)))
    version = campaign.update_posterior(store, Settings(), BASE, actor="ida")

    with store.transaction():
        store.run(ERASED)
        for table in OUTREACH_TABLES:
            store.run(PERSONAL[table])

    for table in OUTREACH_TABLES:
        assert "'p1'" not in str(store.root.table(table).fetchall())
    assert campaign.update_posterior(store, Settings(), BASE, actor="ida") == version


SOME_AND_ALL = """
    WITH few AS (
        FROM outreach_context('people', $now::TIMESTAMPTZ, false, whom := $whom::VARCHAR[])
    ), every AS (
        FROM outreach_context('people', $now::TIMESTAMPTZ, false)
        WHERE prospect_id IN (SELECT unnest($whom::VARCHAR[]))
    )
    SELECT (SELECT count(*) FROM few), (SELECT count(*) FROM (FROM every EXCEPT FROM few))
"""


def test_the_context_of_some_is_that_of_the_whole_base(store: Store) -> None:
    fill(store, 6)
    send(store, 0, 6, days_ago=3)
    answer(store, "m0", "click")
    answer(store, "m1", "reply", "interested")

    for whom in (["p0"], ["p1", "p4"], ["p2", "p3", "p5"]):
        assert store.read(SOME_AND_ALL, now=NOW, whom=whom) == [(len(whom), 0)]


def test_what_a_person_says_of_a_reply_wins_and_is_learnt(store: Store) -> None:
    fill(store, 4)
    send(store, 0, 4, days_ago=3)
    row = reply("p1", "Sounds good", happened_at=NOW - timedelta(days=1))
    take(store, row)
    (event_id,) = store.read_one("SELECT event_id FROM outreach_events") or ("",)
    before = learnt(store)

    campaign.correct_reply(store, Settings(), event_id, "not_interested", actor="bea")

    assert store.read("SELECT reply_class, reply_rule LIKE 'by hand%' FROM outreach_events") == [
        ("not_interested", True)
    ]
    assert before == (1.0, 0.0)
    assert learnt(store) == (0.0, 1.0)
    assert take(store, row).duplicates == 1  # the same file again does not undo it
    assert store.read("SELECT actor FROM audit_log WHERE kind = 'reply.corrected'") == [("bea",)]


def test_a_correction_suppresses_and_never_takes_a_suppression_back(store: Store) -> None:
    fill(store, 2)
    send(store, 0, 2, days_ago=3)
    take(store, reply("p0", "Interesting"), reply("p1", "Unsubscribe"))
    events = dict(store.read("SELECT prospect_id, event_id FROM outreach_events"))

    campaign.correct_reply(store, Settings(), events["p0"], "unsubscribe", actor="bea")
    campaign.correct_reply(store, Settings(), events["p1"], "interested", actor="bea")

    assert [row[0] for row in store.read(SUPPRESSED)] == ["p0", "p1"]
    assert [stop[1] for stop in store.read(STOPS)] == ["p0", "p1"]


def test_a_correction_without_a_reply_or_a_meaning_is_refused(store: Store) -> None:
    fill(store, 1)
    send(store, 0, 1, is_simulated=True)
    answer(store, "m0", "reply", "interested")
    (event_id,) = store.read_one("SELECT event_id FROM outreach_events") or ("",)

    with pytest.raises(InputError, match="simulated"):
        campaign.correct_reply(store, Settings(), event_id, "unclear", actor="bea")
    with pytest.raises(InputError, match="no meaning"):
        campaign.correct_reply(store, Settings(), event_id, "happy", actor="bea")
    with pytest.raises(InputError, match="not there"):
        campaign.correct_reply(store, Settings(), "gone", "unclear", actor="bea")
