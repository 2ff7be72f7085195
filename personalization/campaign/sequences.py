"""Sequences of an outreach campaign: set, moved on by answers, and taken to the next message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from personalization.campaign.outreach import choose_messages
from personalization.errors import StateError
from personalization.outreach import due, openings, sequences, states

if TYPE_CHECKING:
    from datetime import datetime

    from personalization.outreach.strategy import PersonalizationStrategy
    from personalization.settings import Settings
    from personalization.store import Store

OutreachSequence = sequences.OutreachSequence
SequenceRules = sequences.SequenceRules
SequenceStanding = due.SequenceStanding
SequenceStep = sequences.SequenceStep

SEQUENCE_REASONS: Final = states.REASONS
SEQUENCE_STANDINGS: Final = due.STANDINGS

save_sequence = sequences.save_sequence
sequence_of = sequences.sequence_of
set_sequence_state = states.set_state
usual_sequence_steps = sequences.usual_steps


def sequence_standing(
    store: Store, settings: Settings, campaign_id: str, *, as_of: datetime | None = None
) -> due.SequenceStanding:
    """Tell where the people of a campaign's sequence stand now; every one stands in one place.

    Raises:
        InputError: The campaign writes to no prospects.
    """
    return due.sequence_standing(
        store, settings, sequences.sequence_of(store, campaign_id), now=as_of or store.now(),
        is_simulated=states.is_simulated(store, campaign_id),
    )  # fmt: skip


def sequence_openings(store: Store, settings: Settings, campaign_id: str) -> list[dict[str, Any]]:
    """List when those who wait for working hours can be written to: channel, opens_at, people."""
    return openings.openings(
        store, settings, sequences.sequence_of(store, campaign_id), now=store.now()
    )


def due_then(
    store: Store, settings: Settings, campaign_id: str, moment: datetime
) -> openings.DueThen:
    """Tell what the files of a moment to come would hold, as things stand; nothing is made."""
    return openings.due_then(
        store, settings, sequences.sequence_of(store, campaign_id), moment=moment
    )


def move_sequence_on(
    store: Store, campaign_id: str, *, as_of: datetime | None = None, actor: str
) -> dict[str, int]:
    """Move people on by what came back, and say how many, by reason."""
    return states.move_on(
        store, sequences.sequence_of(store, campaign_id), now=as_of or store.now(), actor=actor
    )


def choose_next(
    store: Store,
    settings: Settings,
    campaign_id: str,
    *,
    strategy: PersonalizationStrategy | None = None,
    as_of: datetime | None = None,
    actor: str,
) -> dict[int, str]:
    """Choose the messages that people are due for, step by step: first ones and follow-ups.

    What came back moves people on first.  A follow-up is chosen a day before it is due, so that
    somebody can look at it.  Choosing again with nothing new gives the same messages.

    Args:
        store: As for ``choose_messages``.
        settings: Likewise.
        campaign_id: An outreach campaign.
        strategy: Weights of tones and angles to begin with.
        as_of: With its time zone; None is now.
        actor: Who wants it.

    Returns:
        The run of each step for which somebody had to be chosen for.

    Raises:
        InputError: The campaign writes to no prospects.
        StateError: The sequence is switched off.
    """
    now = as_of or store.now()
    sequence = sequences.sequence_of(store, campaign_id)
    if not sequence.is_on:
        raise StateError("The sequence is switched off. Switch it on to choose messages.")
    states.move_on(store, sequence, now=now, actor=actor)
    return {
        step: choose_messages(
            store, settings, campaign_id, prospects=people, step=step, strategy=strategy,
            as_of=now, actor=actor,
        )
        for step, people in due.people_to_choose_for(store, sequence, now=now).items()
    }  # fmt: skip
