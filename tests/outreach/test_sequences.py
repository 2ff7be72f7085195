"""What a sequence may be, and what comes back of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from personalization.errors import InputError, StateError
from personalization.outreach.sequences import (
    OutreachSequence,
    SequenceRules,
    SequenceStep,
    save_sequence,
    sequence_of,
    usual_steps,
)
from tests.outreach.people import CAMPAIGN, open_base

if TYPE_CHECKING:
    from personalization.store import Store


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(
            lambda: SequenceStep("postscript"), id="a kind of message that is not written"
        ),
        pytest.param(lambda: SequenceStep(channels=("fax",)), id="a channel that there is not"),
        pytest.param(lambda: SequenceStep(wait_days=91), id="a wait beyond a quarter of a year"),
        pytest.param(lambda: SequenceRules(send_from=24), id="an hour that no clock shows"),
        pytest.param(lambda: SequenceRules(mailboxes=("desk",)), id="a mailbox without an address"),
        pytest.param(
            lambda: SequenceRules(mailboxes=("a@b.example\r\nBcc: c@d.example",)),
            id="a mailbox that smuggles in a header",
        ),
        pytest.param(lambda: SequenceRules(unknown_zones=()), id="no clock for unknown countries"),
        pytest.param(lambda: SequenceRules(mailbox_limit=0), id="a mailbox that may send nothing"),
        pytest.param(lambda: OutreachSequence("c", steps=()), id="no message at all"),
        pytest.param(
            lambda: OutreachSequence("c", steps=(SequenceStep(), SequenceStep("follow_up", 0))),
            id="two messages on one day",
        ),
        pytest.param(
            lambda: OutreachSequence(
                "c", steps=(SequenceStep(), *[SequenceStep("closing", 1)] * 8)
            ),
            id="messages without an end",
        ),
    ],
)
def test_what_no_sequence_can_mean_is_refused(wrong: type[object]) -> None:
    with pytest.raises(InputError):
        wrong()


def test_a_sequence_has_a_step_for_each_kind_of_text_in_their_order() -> None:
    steps = usual_steps(["closing", "opening"])

    assert [(step.kind, step.wait_days) for step in steps] == [("opening", 0), ("closing", 5)]


def test_a_change_is_a_version_and_comes_back_as_it_was_saved(store: Store) -> None:
    open_base(store)
    first = sequence_of(store, CAMPAIGN)
    rules = replace(first.rules, mailboxes=("ann@hearthandribbon.example",), send_from=8)

    saved = save_sequence(store, replace(first, rules=rules, is_on=False), actor="ida")

    assert (first.version, saved.version) == (0, 1)
    assert sequence_of(store, CAMPAIGN) == saved
    assert (saved.rules.send_from, saved.is_on) == (8, False)


def test_a_change_from_an_old_version_is_refused(store: Store) -> None:
    open_base(store)
    first = sequence_of(store, CAMPAIGN)
    save_sequence(store, first, actor="ida")

    with pytest.raises(StateError, match="Somebody else changed"):
        save_sequence(store, first, actor="bea")


def test_a_zone_that_no_clock_knows_is_refused(store: Store) -> None:
    open_base(store)
    first = sequence_of(store, CAMPAIGN)

    with pytest.raises(InputError, match="Mars"):
        save_sequence(
            store, replace(first, rules=SequenceRules(unknown_zones=("Mars/Base",))), actor="ida"
        )


def test_a_campaign_to_customers_has_no_sequence(store: Store) -> None:
    with pytest.raises(InputError, match="writes to no prospects"):
        sequence_of(store, "spring")
