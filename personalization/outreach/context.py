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
    from collections.abc import Sequence
    from datetime import datetime

    from personalization.store import Store

_CONTEXT: Final = """
    SELECT * FROM outreach_context($dataset_id, $moment::TIMESTAMPTZ, $is_simulated,
                                   whom := $ids::VARCHAR[])
    ORDER BY prospect_id
"""
_AFFINITIES: Final = """
    SELECT prospect_id, channel, affinity
    FROM outreach_affinities($dataset_id, $moment::TIMESTAMPTZ, $is_simulated)
    WHERE prospect_id IN (SELECT unnest($ids::VARCHAR[])) ORDER BY affinity DESC, channel
"""
_SENT: Final = """
    SELECT prospect_id, message_id, channel, tone, angle, step, sent_at FROM outreach_sends
    WHERE dataset_id = $dataset_id AND prospect_id IN (SELECT unnest($ids::VARCHAR[]))
      AND is_simulated = $is_simulated AND sent_at <= $moment::TIMESTAMPTZ
    QUALIFY row_number() OVER (PARTITION BY prospect_id ORDER BY sent_at DESC, message_id) <= 20
    ORDER BY sent_at DESC, message_id
"""
_SAID: Final = """
    SELECT prospect_id, kind, reply_class, channel, message_id, happened_at FROM outreach_events
    WHERE dataset_id = $dataset_id AND prospect_id IN (SELECT unnest($ids::VARCHAR[]))
      AND is_simulated = $is_simulated AND happened_at <= $moment::TIMESTAMPTZ
    QUALIFY row_number() OVER (PARTITION BY prospect_id ORDER BY happened_at DESC, event_id) <= 20
    ORDER BY happened_at DESC, event_id
"""
_FACTS: Final = """
    SELECT prospect_id, kind, text, source, observed_on FROM prospect_facts
    WHERE dataset_id = $dataset_id AND prospect_id IN (SELECT unnest($ids::VARCHAR[]))
    ORDER BY kind, observed_on DESC NULLS LAST, fact_id
"""
_ARMS: Final = """
    WITH worth AS (
        SELECT events.prospect_id, sends.tone, sends.angle, sum(outreach_event_worth(
                   events.kind, reply_class, happened_at, $moment::TIMESTAMPTZ)) AS worth
        FROM outreach_events AS events
        JOIN outreach_sends AS sends ON sends.message_id = events.message_id
        WHERE events.dataset_id = $dataset_id
          AND events.prospect_id IN (SELECT unnest($ids::VARCHAR[]))
          AND events.is_simulated = $is_simulated AND happened_at <= $moment::TIMESTAMPTZ
        GROUP BY events.prospect_id, sends.tone, sends.angle
    )
    SELECT prospect_id, tone, angle FROM worth WHERE worth > 0 ORDER BY worth DESC, tone, angle
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
    found = contexts_of(store, dataset_id, [prospect_id], as_of=as_of, is_simulated=is_simulated)
    if prospect_id not in found:
        raise InputError(
            f"There is no prospect {prospect_id!r} in this base. Take an id of the Prospects page."
        )
    return found[prospect_id]


def contexts_of(
    store: Store,
    dataset_id: str,
    prospect_ids: Sequence[str],
    *,
    as_of: datetime | None = None,
    is_simulated: bool = False,
) -> dict[str, ProspectContext]:
    """Return by id what is known of some prospects, hundreds at most; who is none is left out."""
    about: dict[str, Any] = {
        "dataset_id": dataset_id, "ids": list(prospect_ids), "moment": as_of or store.now(),
        "is_simulated": is_simulated,
    }  # fmt: skip
    place = {name: about[name] for name in ("dataset_id", "ids")}
    arms = _by_prospect(store.records(_ARMS, **about))
    affinities = _by_prospect(store.records(_AFFINITIES, **about))
    sent, said = (_by_prospect(store.records(sql, **about)) for sql in (_SENT, _SAID))
    facts = _by_prospect(store.records(_FACTS, **place))
    return {
        row["prospect_id"]: ProspectContext(
            prospect_id=row["prospect_id"],
            **{name: row[name] for name in _PLAIN},
            affinities=tuple(
                (told["channel"], told["affinity"])
                for told in affinities.get(row["prospect_id"], ())
            ),
            tones=_named("tone", arms.get(row["prospect_id"], ())),
            angles=_named("angle", arms.get(row["prospect_id"], ())),
            sent=tuple(sent.get(row["prospect_id"], ())),
            said=tuple(said.get(row["prospect_id"], ())),
            facts=tuple(facts.get(row["prospect_id"], ())),
        )
        for row in store.records(_CONTEXT, **about)
    }


def _by_prospect(rows: Sequence[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row.pop("prospect_id"), []).append(row)
    return found


def _named(name: str, arms: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(row[name] for row in arms if row[name]))
