"""A sequence from the choice to the hand-over and back, as a page and a timer ask for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from personalization import campaign
from personalization.campaign.messages import put_policy_in_force
from personalization.errors import InputError, StateError
from personalization.jobs import Progress
from personalization.outreach.play import make_up_answers
from personalization.settings import Delivery, Settings
from personalization.store import Store
from tests.outreach.people import CAMPAIGN, NOW, add_prospect, add_text, did, open_base

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(delivery=Delivery(folder=str(tmp_path)))


@pytest.fixture
def base(store: Store, settings: Settings) -> Store:
    """Ann and Ben can be written to, by texts that were screened under the policy in force."""
    open_base(store)
    put_policy_in_force(store, settings, actor="ida")
    add_text(store, "first")
    add_text(store, "second", kind="follow_up", subject="Again: gifts for your clients")
    for name in ("ann", "ben"):
        add_prospect(store, name)
    return seen_from(store, NOW.replace(hour=10))


def seen_from(store: Store, now: datetime) -> Store:
    """The same store at another time."""
    return Store(store.root, lambda: now, store.lock, store.local)


def test_who_answers_leaves_and_everybody_else_is_written_to_again(
    base: Store, settings: Settings
) -> None:
    campaign.choose_next(base, settings, CAMPAIGN, actor="ida")
    [first] = campaign.hand_over_outreach(base, settings, CAMPAIGN, actor="ida")
    did(base, "ann", "reply", "interested", happened_at=NOW + timedelta(days=1))

    later = seen_from(base, NOW + timedelta(days=3))
    runs = campaign.choose_next(later, settings, CAMPAIGN, actor="ida")
    [second] = campaign.hand_over_outreach(later, settings, CAMPAIGN, actor="ida")

    assert (first.messages, second.messages, list(runs)) == (2, 1, [2])
    assert campaign.sequence_standing(later, settings, CAMPAIGN).of("replied") == 1
    assert base.read("SELECT prospect_id, step FROM outreach_sends ORDER BY step, prospect_id") == [
        ("ann", 1), ("ben", 1), ("ben", 2),
    ]  # fmt: skip


def test_texts_of_another_policy_are_not_handed_over(store: Store, settings: Settings) -> None:
    open_base(store)  # screened under a policy that the hand-over replaces by the one of now
    add_prospect(store, "ann")
    campaign.choose_next(store, settings, CAMPAIGN, actor="ida")

    assert campaign.hand_over_outreach(store, settings, CAMPAIGN, actor="ida") == ()
    assert campaign.sequence_standing(store, settings, CAMPAIGN).of("no text") == 1


def test_what_is_due_tomorrow_is_not_handed_over_today(base: Store, settings: Settings) -> None:
    campaign.choose_next(base, settings, CAMPAIGN, actor="ida")

    with pytest.raises(StateError, match="handed over later"):
        campaign.hand_over_outreach(
            base, settings, CAMPAIGN, as_of=NOW + timedelta(days=1), actor="ida"
        )


def test_a_play_through_is_marked_and_writes_no_file(
    base: Store, settings: Settings, tmp_path: Path
) -> None:
    told = campaign.play_through(base, settings, CAMPAIGN, actor="ida")

    assert told["1"] == 2
    assert told["answers"] > 0
    assert base.read("SELECT count(*) FROM outreach_sends WHERE NOT is_simulated") == [(0,)]
    assert base.read("SELECT count(*) FROM outreach_events WHERE NOT is_simulated") == [(0,)]
    assert base.read("SELECT count(*) FROM outreach_stops") == [(0,)]
    assert list(tmp_path.rglob("*.zip")) == []
    with pytest.raises(StateError, match="made-up answers"):
        campaign.hand_over_outreach(base, settings, CAMPAIGN, actor="ida")


def test_a_play_through_that_is_cancelled_goes_no_further(base: Store, settings: Settings) -> None:
    stopped = Progress(lambda _done, _total, _told: None, lambda: True)

    played = campaign.play_through(base, settings, CAMPAIGN, actor="ida", progress=stopped)

    assert played == {}
    assert base.read("SELECT count(*) FROM outreach_sends") == [(0,)]


def test_a_message_that_was_answered_gets_no_other_made_up_answer(
    base: Store, settings: Settings
) -> None:
    campaign.play_through(base, settings, CAMPAIGN, actor="ida")

    again = make_up_answers(base, CAMPAIGN, now=NOW + timedelta(days=30), actor="ida")

    assert again == 0


def test_a_sequence_that_is_off_chooses_nothing(base: Store, settings: Settings) -> None:
    sequence = campaign.sequence_of(base, CAMPAIGN)
    campaign.save_sequence(base, replace(sequence, is_on=False), actor="ida")

    with pytest.raises(StateError, match="switched off"):
        campaign.choose_next(base, settings, CAMPAIGN, actor="ida")


def test_who_has_left_is_not_put_back_by_hand(base: Store) -> None:
    campaign.set_sequence_state(base, CAMPAIGN, "ann", "stopped", actor="ida")

    with pytest.raises(InputError, match="nobody is put"):
        campaign.set_sequence_state(base, CAMPAIGN, "ann", "active", actor="ida")
