"""Who of a sequence is due, and what keeps everybody else: each gate lets nobody slip through."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personalization.outreach.due import (
    STANDINGS,
    fill_due,
    people_to_choose_for,
    sequence_standing,
)
from personalization.outreach.handover import play
from personalization.outreach.quiet_hours import prepare_prospect_clocks
from personalization.outreach.sequences import OutreachSequence, SequenceRules, sequence_of
from personalization.outreach.states import move_on, set_state
from personalization.settings import Settings
from personalization.store import Store, open_store
from tests.outreach.people import (
    BASE,
    CAMPAIGN,
    NOW,
    add_campaign,
    add_message,
    add_prospect,
    add_text,
    did,
    know_countries,
    open_base,
)
from tests.outreach.test_choosing import consent, forget
from tests.rolled_back import rolled_back

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(scope="module")
def opened() -> Iterator[Store]:
    store = open_base(open_store(clock=lambda: NOW))
    add_prospect(store, "ann")
    add_message(store, "ann")
    yield store
    store.close()


@pytest.fixture
def base(opened: Store) -> Iterator[Store]:
    """Ann is due; what a test writes is rolled back."""
    with rolled_back(opened):
        yield opened


_STANDS = "SELECT prospect_id, standing FROM sequence_due ORDER BY prospect_id"
_SEND = """
    INSERT INTO outreach_sends
    VALUES ('h', concat($campaign_id, $prospect_id, $step), $campaign_id, 'people', $prospect_id,
            $account, $step, $channel, 'marketing', 'friendly', 'outcome', 'short', 'opening', 1,
            'x', $mailbox, 0.5, false, $is_simulated, $sent_at)
"""
_STATE = """
    INSERT INTO sequence_changes (campaign_id, dataset_id, prospect_id, state, step, reason,
                                  changed_at, changed_by)
    VALUES ($campaign_id, 'people', $prospect_id, $state, $step, 'handed over', $now, 'ida')
"""
_STOP = """
    INSERT INTO outreach_stops
    VALUES ('people', $scope, $subject, $channel, 'asked', NULL, $now, 'ida')
"""


def stands(
    store: Store,
    *,
    now: datetime = NOW,
    sequence: OutreachSequence | None = None,
    **rules: Any,  # noqa: ANN401
) -> dict[str, str]:
    """Where everybody stands, after what came back has moved them on."""
    sequence = sequence or sequence_of(store, CAMPAIGN)
    sequence = replace(sequence, rules=replace(sequence.rules, **rules))
    move_on(store, sequence, now=now, actor="ida")
    with store.transaction():
        fill_due(store, Settings(), sequence, now=now, is_simulated=False)
        return {str(who): str(standing) for who, standing in store.read(_STANDS)}


def sent(
    store: Store,
    prospect_id: str,
    *,
    days_ago: float = 5,
    step: int = 1,
    campaign_id: str = CAMPAIGN,
    **values: Any,  # noqa: ANN401
) -> None:
    """Somebody was handed over so many days ago, and is in the sequence."""
    told = {"channel": "cold_email", "mailbox": None, "is_simulated": False,
            "account": f"{prospect_id}.example"} | values  # fmt: skip
    store.run(
        _SEND, campaign_id=campaign_id, prospect_id=prospect_id, step=step,
        sent_at=NOW - timedelta(days=days_ago), **told,
    )  # fmt: skip
    store.run(
        _STATE, campaign_id=campaign_id, prospect_id=prospect_id, state="active", step=step, now=NOW
    )


def stop(store: Store, scope: str, subject: str, channel: str | None = None) -> None:
    store.run(_STOP, scope=scope, subject=subject, channel=channel, now=NOW)


def test_whom_nothing_keeps_is_due(base: Store) -> None:
    assert stands(base) == {"ann": "due"}


def of_whom(name: str, sql: str) -> Callable[[Store], object]:
    return lambda store: store.run(sql, name=name)


def keep_busy(store: Store) -> None:
    add_campaign(store, "other")
    sent(store, "busy", campaign_id="other")


def move_to_the_states(store: Store) -> None:
    know_countries(store, "US")
    store.run("UPDATE prospects SET country = 'US' WHERE prospect_id = 'abroad'")


# What happened to each since the message was chosen, and where they stand by that.
SINCE: dict[str, tuple[Callable[[Store], object] | None, str]] = {
    "nothing": (None, "due"),
    "asked": (lambda s: stop(s, "person", "asked"), "gate"),
    "company": (lambda s: stop(s, "account", "company.example"), "gate"),
    "channel": (lambda s: stop(s, "person", "channel", "cold_email"), "gate"),
    "elsewhere": (lambda s: stop(s, "person", "elsewhere", "sms"), "due"),
    "objected": (
        of_whom(
            "objected",
            "INSERT INTO suppressions (dataset_id, customer_id, reason, suppressed_at) "
            "VALUES ('people', $name, 'objected', now())",
        ),
        "gate",
    ),
    "moved": (
        of_whom("moved", "UPDATE prospects SET country = 'DE' WHERE prospect_id = $name"), "gate"
    ),
    "nowhere": (
        of_whom("nowhere", "UPDATE prospects SET country = NULL WHERE prospect_id = $name"), "gate"
    ),
    "addressless": (
        of_whom("addressless", "UPDATE prospects SET email = NULL WHERE prospect_id = $name"),
        "gate",
    ),
    "abroad": (move_to_the_states, "gate"),
    "unrouted": (of_whom("unrouted", "DELETE FROM routings WHERE prospect_id = $name"), "gate"),
    "gone": (of_whom("gone", "DELETE FROM prospects WHERE prospect_id = $name"), "gate"),
    "renamed": (
        of_whom("renamed", "UPDATE prospects SET first_name = 'Anna' WHERE prospect_id = $name"),
        "changed",
    ),
    "tampered": (
        of_whom("tampered", "UPDATE outreach_messages SET body = 'Buy' WHERE prospect_id = $name"),
        "changed",
    ),
    "rerouted": (
        of_whom("rerouted", "UPDATE routings SET role = 'sales' WHERE prospect_id = $name"),
        "changed",
    ),
    "held": (
        of_whom(
            "held",
            "UPDATE outreach_messages SET status = 'held', code = 'no_fact' "
            "WHERE prospect_id = $name",
        ),
        "held",
    ),
    "paused": (lambda s: set_state(s, CAMPAIGN, "paused", "paused", actor="ida"), "paused"),
    "ended": (lambda s: set_state(s, CAMPAIGN, "ended", "stopped", actor="ida"), "stopped"),
    "busy": (
        keep_busy,
        "other sequence",
    ),
}  # fmt: skip


def test_nobody_slips_through_what_has_changed_since_the_choice(base: Store) -> None:
    for name, (happen, _) in SINCE.items():
        add_prospect(base, name)
        add_message(base, name)
        if happen:
            happen(base)

    told = stands(base, warm_up_from=100)

    assert told == {name: standing for name, (_, standing) in SINCE.items()} | {"ann": "due"}


def test_whoever_was_erased_is_not_hidden_behind_a_cap_of_the_account(base: Store) -> None:
    for name in ("ben", "cleo", "dora", "zoe"):
        add_prospect(base, name, account="ann.example")
    for name in ("ben", "cleo", "dora"):
        sent(base, name, account="ann.example")
    add_message(base, "zoe")
    assert stands(base, account_people=10)["zoe"] == "due"

    forget(base, "email:zoe@zoe.example")

    assert stands(base, account_people=10)["zoe"] == "gate"


@pytest.mark.parametrize(
    "address",
    [
        "jörg@ben.example", "joerg@müller.example", "ben@ben.example\r\nBcc: eve@eve.example",
        "ben@ben.example,eve@eve.example", "ben@ben.example\n", "Ben <ben@ben.example>", "ben@ben",
        "=ben@ben.example", f"{'b' * 65}@ben.example", "",
    ],
)  # fmt: skip
def test_what_is_no_single_address_is_written_to_by_nobody(base: Store, address: str) -> None:
    add_prospect(base, "ben", email=address)
    add_message(base, "ben")

    assert stands(base)["ben"] in ("no address", "gate")


@pytest.mark.parametrize("phone", ["=cmd|calc!A1", "020 7946 0000", "+44", None])
def test_what_is_no_number_is_not_rung(base: Store, phone: str | None) -> None:
    add_text(base, "call", "call_snippet")
    add_prospect(base, "ben", phone=phone)
    add_message(base, "ben", "call")

    assert stands(base)["ben"] in ("no address", "gate")


def test_an_address_gets_one_message_however_often_it_stands_in_the_base(base: Store) -> None:
    for name in ("ben", "bob"):
        add_prospect(base, name, email="Ben@ben.example" if name == "bob" else "ben@ben.example")
        add_message(base, name, score=0.9 if name == "bob" else 0.1)

    assert stands(base) == {"ann": "due", "ben": "same address", "bob": "due"}


def test_who_got_the_first_message_under_another_entry_never_gets_it_again(base: Store) -> None:
    for name in ("ben", "bob"):
        add_prospect(base, name, email="ben@ben.example")
        add_message(base, name)
    sent(base, "ben", days_ago=30)

    assert stands(base)["bob"] == "same address"


PROFILE = "https://www.linkedin.com/in/ben"


@pytest.mark.parametrize(
    ("channel", "ways"),
    [
        ("linkedin_note", {"email": None, "linkedin_url": PROFILE}),
        ("linkedin_note", {"linkedin_url": PROFILE}),
        ("sms", {"phone": "+447700900999"}),
    ],
)
def test_who_was_reached_under_another_entry_on_a_channel_never_is_again(
    base: Store, channel: str, ways: dict[str, Any]
) -> None:
    add_text(base, "sms", "sms", subject="", footer="Reply STOP")
    for name in ("ben", "bob"):
        add_prospect(base, name, **ways)
        consent(base, name, "express", 3, channel="sms")
    add_message(base, "bob", "sms" if channel == "sms" else "note")
    assert stands(base)["bob"] == "due"

    sent(base, "ben", days_ago=30, channel=channel)

    assert stands(base)["bob"] == "same address"


def test_caps_count_by_profile_whom_no_address_is_known_of(base: Store) -> None:
    add_campaign(base, "other")
    for name in ("ben", "bob"):
        add_prospect(base, name, email=None, linkedin_url=PROFILE)
    add_message(base, "bob", "note")
    sent(base, "ben", days_ago=1, channel="linkedin_note", campaign_id="other")

    assert stands(base)["bob"] == "touched"


@pytest.mark.parametrize("dataset_id", ["people", "other"])
def test_caps_count_what_an_address_got_under_any_entry_of_any_base(
    base: Store, dataset_id: str
) -> None:
    add_campaign(base, "other")
    add_prospect(base, "twin", email="ANN@ann.example")
    sent(base, "twin", days_ago=1, campaign_id="other")
    base.run("UPDATE prospects SET dataset_id = $to WHERE prospect_id = 'twin'", to=dataset_id)
    base.run("UPDATE outreach_sends SET dataset_id = $to", to=dataset_id)

    assert stands(base)["ann"] == "touched"
    assert stands(base, least_days_between=0, most_messages=1)["ann"] == "person cap"


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(
            "INSERT INTO approvals (variant_id, version, campaign_id, content_sha256, decision, "
            "note, actor, is_self_approved, decided_at) SELECT variant_id, 1, campaign_id, "
            "content_sha256, 'reopened', '', 'bea', false, now() FROM variants",
            id="the approval was taken back",
        ),
        pytest.param(
            "INSERT INTO policies (policy_version, policy, activated_at, activated_by) "
            "VALUES ('p2', '{}', now(), 'ida')",
            id="another policy is in force",
        ),
    ],
)
def test_a_text_that_may_not_be_sent_any_more_goes_to_nobody(base: Store, change: str) -> None:
    base.run(change)

    assert stands(base) == {"ann": "no text"}


FACT = """
    INSERT INTO prospect_facts
    VALUES ('people', 'ben', 'f1', 'news', $text, 'https://ben.example/news', '2026-11-20', 'i')
"""


@pytest.mark.parametrize(
    ("text", "standing"),
    [
        pytest.param("your new shop in Leeds", "due", id="as it was cited"),
        pytest.param("your new shop in York", "changed", id="corrected since"),
        pytest.param("your new <b>shop</b>", "changed", id="not clean any more"),
        pytest.param(None, "changed", id="withdrawn"),
    ],
)
def test_a_message_goes_only_while_its_fact_stands(
    base: Store, text: str | None, standing: str
) -> None:
    add_text(base, "news", body="Congratulations on {{fact.text}}.")
    add_prospect(base, "ben")
    add_message(base, "ben", "news", fact=("f1", "your new shop in Leeds"))
    if text:
        base.run(FACT, text=text)

    assert stands(base)["ben"] == standing


def test_a_sequence_that_is_off_hands_over_nothing(base: Store) -> None:
    off = replace(sequence_of(base, CAMPAIGN), is_on=False)

    assert stands(base, sequence=off) == {"ann": "off"}


def test_everybody_stands_in_one_place_that_has_words(base: Store) -> None:
    add_prospect(base, "ben", country="DE")
    add_message(base, "ben")

    told = sequence_standing(base, Settings(), sequence_of(base, CAMPAIGN), now=NOW)

    assert told.people == 2
    assert (told.due, told.of("gate")) == ({"cold_email": 1}, 1)
    assert {standing for standing, *_ in told.counts} <= STANDINGS.keys()


# Answers -----------------------------------------------------------------------------------


ANSWERS = {
    ("reply", "interested"): "replied",
    ("reply", "not_interested"): "replied",
    ("reply", "unclear"): "replied",
    ("reply", None): "replied",
    ("meeting", None): "replied",
    ("reply", "unsubscribe"): "stopped",
    ("unsubscribe", None): "stopped",
    ("complaint", None): "stopped",
    ("bounce", None): "stopped",
    ("reply", "out_of_office"): "paused",
    ("reply", "auto_reply"): "due",
    ("open", None): "due",
    ("click", None): "due",
}


def test_an_answer_ends_the_sequence_and_an_absence_pauses_it(base: Store) -> None:
    names = {f"p{number:02}": told for number, told in enumerate(ANSWERS)}
    for name, (kind, reply_class) in names.items():
        add_prospect(base, name)
        sent(base, name)
        add_message(base, name, "follow_up", step=2)
        did(base, name, kind, reply_class, happened_at=NOW - timedelta(days=1))

    told = stands(base, warm_up_from=100)

    assert told == {name: ANSWERS[kind] for name, kind in names.items()} | {"ann": "due"}


def test_an_answer_of_before_the_sequence_does_not_end_it(base: Store) -> None:
    did(base, "ann", "reply", "interested", happened_at=NOW - timedelta(days=40))
    sent(base, "ann")
    add_message(base, "ann", "follow_up", step=2)

    assert stands(base) == {"ann": "due"}


def test_a_made_up_answer_ends_no_real_sequence(base: Store) -> None:
    sent(base, "ann")
    add_message(base, "ann", "follow_up", step=2)

    did(base, "ann", "unsubscribe", happened_at=NOW - timedelta(days=1), is_simulated=True)

    assert stands(base) == {"ann": "due"}


def test_whoever_is_away_is_written_to_again_on_the_day_that_was_named(base: Store) -> None:
    sent(base, "ann")
    add_message(base, "ann", "follow_up", step=2)
    did(base, "ann", "reply", "out_of_office", happened_at=NOW - timedelta(days=1),
        returns_on="2026-12-10")  # fmt: skip

    days = {day: stands(base, now=NOW + timedelta(days=day))["ann"] for day in (8, 9)}

    assert days == {8: "paused", 9: "due"}


def test_an_absence_without_a_day_waits_for_what_the_rules_say(base: Store) -> None:
    sent(base, "ann")
    add_message(base, "ann", "follow_up", step=2)
    did(base, "ann", "reply", "out_of_office", happened_at=NOW)

    days = {day: stands(base, now=NOW + timedelta(days=day), pause_days=2)["ann"] for day in (1, 3)}

    assert days == {1: "paused", 3: "due"}


@pytest.mark.parametrize(("stops_account", "standing"), [(True, "replied"), (False, "due")])
def test_a_colleagues_answer_ends_it_where_the_rules_say_so(
    base: Store,
    *,
    stops_account: bool,
    standing: str,
) -> None:
    add_prospect(base, "ben", account="ann.example")
    sent(base, "ann")
    add_message(base, "ann", "follow_up", step=2)

    did(base, "ben", "reply", "interested", happened_at=NOW - timedelta(days=1))

    assert stands(base, stops_account=stops_account)["ann"] == standing


def test_who_answered_to_nothing_is_finished_after_the_last_message(base: Store) -> None:
    sent(base, "ann", days_ago=8)
    sent(base, "ann", days_ago=3, step=2)

    assert stands(base)["ann"] == "answers"
    assert stands(base, now=NOW + timedelta(days=4))["ann"] == "no reply"


def test_moving_on_again_changes_nothing(base: Store) -> None:
    sent(base, "ann")
    did(base, "ann", "reply", "interested", happened_at=NOW)
    sequence = sequence_of(base, CAMPAIGN)

    first = move_on(base, sequence, now=NOW, actor="ida")

    assert first == {"replied": 1}
    assert move_on(base, sequence, now=NOW, actor="ida") == {}


# How often ---------------------------------------------------------------------------------


def test_a_follow_up_waits_for_its_day(base: Store) -> None:
    sent(base, "ann", days_ago=2.9)
    add_message(base, "ann", "follow_up", step=2)

    assert stands(base)["ann"] == "waiting"
    assert stands(base, now=NOW + timedelta(days=0.1))["ann"] == "due"


def test_the_time_since_the_last_message_counts_over_campaigns(base: Store) -> None:
    add_campaign(base, "other")
    sent(base, "ann", days_ago=1, campaign_id="other", channel="sms")

    assert stands(base, is_exclusive=False)["ann"] == "touched"
    assert stands(base, is_exclusive=False, least_days_between=1)["ann"] == "due"


def test_a_person_gets_so_many_messages_and_no_more(base: Store) -> None:
    add_campaign(base, "other")
    sent(base, "ann", days_ago=13, campaign_id="other")
    sent(base, "ann", days_ago=9, campaign_id="other", step=2)

    caps = {most: stands(base, is_exclusive=False, most_messages=most)["ann"] for most in (2, 3)}

    assert caps == {2: "person cap", 3: "due"}


def test_of_a_company_the_best_messages_go_first_and_the_others_wait(base: Store) -> None:
    for name, score in (("ben", 0.9), ("cleo", 0.7), ("dora", 0.8)):
        add_prospect(base, name, account="ann.example")
        add_message(base, name, score=score)

    assert stands(base, account_people=2) == {
        "ann": "account cap", "ben": "due", "cleo": "account cap", "dora": "due",
    }  # fmt: skip


def test_who_was_written_to_at_a_company_gets_the_follow_up_before_anybody_new(base: Store) -> None:
    add_prospect(base, "ben", account="ann.example")
    sent(base, "ben", account="ann.example")
    add_message(base, "ben", "follow_up", step=2)

    assert stands(base, account_people=1) == {"ann": "account cap", "ben": "due"}


def test_a_mailbox_warms_up_and_follow_ups_keep_theirs(base: Store) -> None:
    boxes = ("one@h.example", "two@h.example")
    for name in ("ben", "cleo", "dora", "emil"):
        add_prospect(base, name)
        add_message(base, name)
    sent(base, "ben", days_ago=4, mailbox=boxes[0])
    add_message(base, "ben", "follow_up", step=2)

    told = stands(base, mailboxes=boxes, warm_up_from=1, warm_up_by=0)

    # one a day each: Ben's thread takes the first mailbox, the best newcomer the second
    assert told == {"ann": "due", "ben": "due", "cleo": "throttled", "dora": "throttled",
                    "emil": "throttled"}  # fmt: skip
    assert base.read("SELECT prospect_id, mailbox FROM sequence_mailboxes ORDER BY 1") == [
        ("ann", boxes[1]), ("ben", boxes[0]),
    ]  # fmt: skip


def test_room_of_a_mailbox_grows_by_the_day_up_to_its_limit(base: Store) -> None:
    sent(base, "ann", days_ago=3, mailbox="one@h.example")
    sent(base, "ben", days_ago=0, mailbox="one@h.example")
    rules: dict[str, Any] = {"mailboxes": ("one@h.example",), "warm_up_from": 2, "warm_up_by": 3}
    sequence = sequence_of(base, CAMPAIGN)

    rooms = [
        sequence_standing(
            base, Settings(), now=NOW,
            sequence=replace(sequence, rules=replace(sequence.rules, mailbox_limit=most, **rules)),
        ).mailboxes[0]
        for most in (100, 5)
    ]  # fmt: skip

    # by hand: two on the first day and three more on each of the three days since; one went today
    assert [(one["allowed"], one["room"]) for one in rooms] == [(11, 10), (5, 4)]


def test_people_do_so_many_tasks_a_day(base: Store) -> None:
    for name in ("ben", "cleo"):
        add_prospect(base, name)
        add_message(base, name, "note")

    assert stands(base, task_limit=1) == {"ann": "due", "ben": "due", "cleo": "throttled"}


# When --------------------------------------------------------------------------------------

_CLOCKS = """
    SELECT prospect_id, strftime(timezone('UTC', due_at), '%a %d %H:%M') FROM prospect_clocks
    ORDER BY prospect_id
"""

# By hand: on 4 December 2026, a Friday, at 16:30 UTC it is 17:30 in Berlin, 11:30 in New York,
# 8:30 in Los Angeles, 19:30 in Riyadh (whose weekend is Friday and Saturday), 1:30 in Tokyo.
FRIDAY = datetime(2026, 12, 4, 16, 30, tzinfo=UTC)
PLACES: dict[str, tuple[dict[str, Any], str]] = {
    "a London": ({"country": "GB"}, "Fri 04 16:30"),
    "b Berlin": ({"country": "DE"}, "Mon 07 08:00"),
    "c any of the US": ({"country": "US"}, "Fri 04 17:00"),
    "d New York": ({"country": "US", "time_zone": "America/New_York"}, "Fri 04 16:30"),
    "e Riyadh": ({"country": "SA"}, "Sun 06 06:00"),
    "f Tokyo": ({"country": "JP"}, "Mon 07 00:00"),
    "g a zone that there is not": ({"country": "DE", "time_zone": "Mars"}, "Mon 07 08:00"),
    "h nothing known": ({"country": None}, "Mon 07 14:00"),  # the hours of London, Berlin, New York
}


def test_people_are_written_to_in_working_hours_where_they_are(base: Store) -> None:
    for name, (values, _) in PLACES.items():
        add_prospect(base, name, **values)

    prepare_prospect_clocks(base, BASE, SequenceRules(), FRIDAY)

    told = {name: due for name, due in base.read(_CLOCKS) if name in PLACES}
    assert told == {name: due for name, (_, due) in PLACES.items()}


def test_who_is_not_in_working_hours_waits(base: Store) -> None:
    assert stands(base, now=NOW.replace(hour=20))["ann"] == "later"
    assert stands(base, now=NOW.replace(hour=20), send_from=0, send_until=0)["ann"] == "due"


# Next --------------------------------------------------------------------------------------


def test_follow_ups_are_chosen_a_day_ahead_and_for_nobody_who_left(base: Store) -> None:
    for name, days in (("ben", 2.1), ("cleo", 1.5), ("dora", 5)):
        add_prospect(base, name)
        sent(base, name, days_ago=days)
    did(base, "dora", "reply", "interested", happened_at=NOW)
    sequence = sequence_of(base, CAMPAIGN)
    move_on(base, sequence, now=NOW, actor="ida")

    assert people_to_choose_for(base, sequence, now=NOW) == {1: ["ann"], 2: ["ben"]}


def test_what_is_played_through_holds_no_real_campaign_back(base: Store) -> None:
    add_campaign(base, "other")
    add_text(base, "opening 2", campaign_id="other")
    add_message(base, "ann", "opening 2", campaign_id="other")
    other = sequence_of(base, "other")

    played = play(base, Settings(), other, now=NOW, actor="ida")

    assert [(one.channel, one.messages, one.path) for one in played] == [("cold_email", 1, None)]
    assert stands(base) == {"ann": "due"}


@settings(max_examples=4)
@given(
    accounts=st.lists(st.sampled_from("xyz"), min_size=1, max_size=9),
    most=st.integers(1, 3), room=st.integers(1, 4),
)  # fmt: skip
def test_no_cap_is_ever_crossed_and_room_is_never_left_over(
    opened: Store, accounts: list[str], most: int, room: int
) -> None:
    with rolled_back(opened):
        opened.run("DELETE FROM outreach_messages")
        for number, account in enumerate(accounts):
            add_prospect(opened, f"p{number}", account=account)
            add_message(opened, f"p{number}")

        told = stands(opened, account_people=most, warm_up_from=room, warm_up_by=0)

        allowed = sum(min(most, accounts.count(account)) for account in set(accounts))
        assert sum(standing == "due" for standing in told.values()) == min(room, allowed)
