"""What is known of a prospect when something is written: history, preferences, touches, season.

The work is done by the macros ``outreach_context`` and ``outreach_affinities`` of the schema, for a
whole base in one statement or for one person; the choice of messages reads them too, so that both
see the same.  What happened counts half after 30 days.  Opens count little, because mail programs
open by themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from personalization.errors import InputError

if TYPE_CHECKING:
    from datetime import datetime

    from personalization.store import Store

_CONTEXT: Final = """
    SELECT * FROM outreach_context($dataset_id, $moment::TIMESTAMPTZ, $is_simulated)
    WHERE prospect_id = $prospect_id
"""
_AFFINITIES: Final = """
    SELECT channel, affinity
    FROM outreach_affinities($dataset_id, $moment::TIMESTAMPTZ, $is_simulated)
    WHERE prospect_id = $prospect_id ORDER BY affinity DESC, channel
"""
_SENT: Final = """
    SELECT message_id, channel, tone, angle, step, sent_at FROM outreach_sends
    WHERE dataset_id = $dataset_id AND prospect_id = $prospect_id
      AND is_simulated = $is_simulated AND sent_at <= $moment::TIMESTAMPTZ
    ORDER BY sent_at DESC, message_id LIMIT 20
"""
_SAID: Final = """
    SELECT kind, reply_class, channel, message_id, happened_at FROM outreach_events
    WHERE dataset_id = $dataset_id AND prospect_id = $prospect_id
      AND is_simulated = $is_simulated AND happened_at <= $moment::TIMESTAMPTZ
    ORDER BY happened_at DESC, event_id LIMIT 20
"""
_FACTS: Final = """
    SELECT kind, text, source, observed_on FROM prospect_facts
    WHERE dataset_id = $dataset_id AND prospect_id = $prospect_id
    ORDER BY kind, observed_on DESC NULLS LAST, fact_id
"""
_ARMS: Final = """
    WITH worth AS (
        SELECT sends.tone, sends.angle, sum(outreach_event_worth(
                   events.kind, reply_class, happened_at, $moment::TIMESTAMPTZ)) AS worth
        FROM outreach_events AS events
        JOIN outreach_sends AS sends ON sends.message_id = events.message_id
        WHERE events.dataset_id = $dataset_id AND events.prospect_id = $prospect_id
          AND events.is_simulated = $is_simulated AND happened_at <= $moment::TIMESTAMPTZ
        GROUP BY sends.tone, sends.angle
    )
    SELECT tone, angle FROM worth WHERE worth > 0 ORDER BY worth DESC, tone, angle
"""


@dataclass(frozen=True, slots=True)
class ProspectContext:
    """What is known of one prospect at a moment; a word that is empty or None is not known.

    Attributes:
        prospect_id: Who.
        account: Whom they belong to.
        engagement: Worth of what they did, recent deeds counting more: a positive answer 5, a
            click 2, an open 0.3, a refusal -3, an unsubscribe -10.
        positives: Positive answers and meetings so far.
        negatives: Refusals, unsubscribes and complaints so far.
        last_answer: Class of the last answer.
        sends: Messages so far; ``sends_7d`` of the last seven days.
        account_sends_7d: Messages to all of the account in the last seven days.
        last_touch_at: When they were written to last; ``account_last_touch_at`` anybody there.
        preferred_channel: Where they answer.
        best_hour: Hour of the day, by their own clock, in which they react.
        season: In their half of the world.
        affinities: (channel, how much they took to it, in [0, 1]), the best first.
        tones: Tones that they answered kindly to, the best first; ``angles`` likewise.
        sent: Their last messages, the newest first.
        said: What they did last, likewise.
        facts: What may be said of them, each with its source.
    """

    prospect_id: str
    account: str
    engagement: float
    positives: int
    negatives: int
    last_answer: str | None
    sends: int
    sends_7d: int
    account_sends_7d: int
    last_touch_at: datetime | None
    account_last_touch_at: datetime | None
    preferred_channel: str | None
    best_hour: int | None
    season: str
    affinities: tuple[tuple[str, float], ...]
    tones: tuple[str, ...]
    angles: tuple[str, ...]
    sent: tuple[dict[str, Any], ...]
    said: tuple[dict[str, Any], ...]
    facts: tuple[dict[str, Any], ...]


_PLAIN: Final = (
    "account", "engagement", "positives", "negatives", "last_answer", "sends", "sends_7d",
    "account_sends_7d", "last_touch_at", "account_last_touch_at", "preferred_channel",
    "best_hour", "season",
)  # fmt: skip


def context_of(
    store: Store,
    dataset_id: str,
    prospect_id: str,
    *,
    as_of: datetime | None = None,
    is_simulated: bool = False,
) -> ProspectContext:
    """Return what is known of one prospect.

    Args:
        store: Reads prospects, their facts, what was sent to them and what came back.
        dataset_id: The base.
        prospect_id: Who.
        as_of: What happened later is not known; None is now.
        is_simulated: Look at simulated messages and answers, or at real ones; never at both.

    Raises:
        InputError: There is no such prospect in the base.
    """
    about = {
        "dataset_id": dataset_id, "prospect_id": prospect_id, "moment": as_of or store.now(),
        "is_simulated": is_simulated,
    }  # fmt: skip
    found = store.records(_CONTEXT, **about)
    if not found:
        raise InputError(
            f"There is no prospect {prospect_id!r} in this base. Take an id of the Prospects page."
        )
    arms = store.read(_ARMS, **about)
    return ProspectContext(
        prospect_id=prospect_id,
        **{name: found[0][name] for name in _PLAIN},
        affinities=tuple(store.read(_AFFINITIES, **about)),
        tones=tuple(dict.fromkeys(tone for tone, _ in arms if tone)),
        angles=tuple(dict.fromkeys(angle for _, angle in arms if angle)),
        sent=tuple(store.records(_SENT, **about)),
        said=tuple(store.records(_SAID, **about)),
        facts=tuple(store.records(_FACTS, dataset_id=dataset_id, prospect_id=prospect_id)),
    )
