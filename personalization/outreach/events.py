"""What came back from prospects: taken in once, tied to a message, and heeded at once.

A file and a call of the engine come the same way.  Whoever asks not to be written to is suppressed
in the very transaction that the answer arrives in.  Texts of answers are read and not kept: what
stays is their class, the rule that decided and a hash.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from personalization.domain import OUTREACH_CHANNELS, OUTREACH_EVENTS
from personalization.outreach.outcomes import WINDOW_DAYS
from personalization.outreach.replies import Reply, classify_reply

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from personalization.store import Store

REASONS: Final = {
    "unknown_prospects": "This prospect is not in the base. Check the id or the address.",
    "unknown_events": "This event is not one of " + ", ".join(OUTREACH_EVENTS) + ".",
    "in_future": "This is told to have happened later than now.",
    "duplicates": "This event was there already.",
}
"""Why an event does not count, by the name of its count."""

_FROM_FILE: Final = """
    CREATE OR REPLACE TEMP TABLE arrived_events AS
    SELECT line, trim(prospect_id) AS told_as, lower(trim(email)) AS address, event AS told,
           happened_at::TIMESTAMPTZ AS happened_at, nullif(event_id, '') AS given_id,
           nullif(message_id, '') AS given_message, nullif(channel, '') AS channel,
           coalesce(text, '') AS text, coalesce(subject, '') AS subject
    FROM read_parquet($staged)
"""
_FROM_ROWS: Final = """
    CREATE OR REPLACE TEMP TABLE arrived_events AS
    SELECT unnest(range(len($told))) + 1 AS line,
           trim(unnest($prospects::VARCHAR[])) AS told_as,
           lower(trim(unnest($addresses::VARCHAR[]))) AS address, unnest($told::VARCHAR[]) AS told,
           unnest($moments::TIMESTAMPTZ[]) AS happened_at, unnest($ids::VARCHAR[]) AS given_id,
           unnest($messages::VARCHAR[]) AS given_message, unnest($channels::VARCHAR[]) AS channel,
           unnest($texts::VARCHAR[]) AS text, unnest($subjects::VARCHAR[]) AS subject
"""
# Distinct answers, however many people sent the same words.
_ANSWERS: Final = """
    SELECT DISTINCT text, subject, CAST(coalesce(happened_at, $now::TIMESTAMPTZ) AS DATE) AS day
    FROM arrived_events WHERE told = 'reply' ORDER BY text, subject, day
"""
_READ: Final = """
    CREATE OR REPLACE TEMP TABLE read_answers AS
    SELECT unnest($texts::VARCHAR[]) AS text, unnest($subjects::VARCHAR[]) AS subject,
           unnest($days::DATE[]) AS day, unnest($classes::VARCHAR[]) AS reply_class,
           unnest($rules::VARCHAR[]) AS reply_rule, unnest($hashes::VARCHAR[]) AS reply_sha256,
           unnest($returns::DATE[]) AS returns_on, unnest($referrals::VARCHAR[]) AS referred_to
"""
# A message that the row names; else the last one that the prospect had on that channel before, as
# long as its window is open.  An event is told apart by its own number, or by all that it says.
_JUDGE: Final = """
    CREATE OR REPLACE TEMP TABLE judged_events AS
    WITH windows AS (
        SELECT unnest($all_channels::VARCHAR[]) AS channel,
               86400.0 * unnest($window_days::DOUBLE[]) AS lasts
    ), addresses AS (
        SELECT email, min(prospect_id) AS prospect_id FROM prospects
        WHERE dataset_id = $dataset_id AND email IS NOT NULL GROUP BY email
    ), dated AS (
        SELECT * EXCLUDE (channel), coalesce(happened_at, $now::TIMESTAMPTZ) AS moment,
               CASE WHEN channel = 'email' THEN 'cold_email'
                    WHEN channel IN (SELECT unnest($all_channels::VARCHAR[])) THEN channel
               END AS channel
        FROM arrived_events
    ), named AS (
        SELECT dated.* EXCLUDE (happened_at),
               coalesce(prospects.prospect_id, by_message.prospect_id, by_name.prospect_id,
                        by_address.prospect_id) AS prospect_id,
               CASE WHEN told IN (SELECT unnest($kinds::VARCHAR[])) THEN told END AS kind
        FROM dated
        LEFT JOIN prospects ON prospects.dataset_id = $dataset_id
                           AND prospects.prospect_id = dated.told_as
        LEFT JOIN outreach_sends AS by_message ON by_message.dataset_id = $dataset_id
                                              AND by_message.message_id = dated.given_message
        LEFT JOIN addresses AS by_name ON by_name.email = lower(dated.told_as)
        LEFT JOIN addresses AS by_address ON by_address.email = dated.address
    ), tied AS (
        SELECT named.line,
               arg_max(sends.message_id, (sends.sent_at, sends.message_id)) AS message_id,
               arg_max(sends.channel, (sends.sent_at, sends.message_id)) AS channel
        FROM named
        JOIN outreach_sends AS sends ON sends.dataset_id = $dataset_id
                                    AND sends.prospect_id = named.prospect_id
        JOIN windows ON windows.channel = sends.channel
        WHERE NOT sends.is_simulated
          AND (sends.message_id = named.given_message
               OR (named.given_message IS NULL
                   AND coalesce(named.channel = sends.channel, true)
                   AND sends.sent_at <= named.moment
                   AND epoch(named.moment) - epoch(sends.sent_at) <= windows.lasts))
        GROUP BY named.line
    ), read AS (
        SELECT named.*, tied.message_id, coalesce(named.channel, tied.channel) AS at_channel,
               answers.reply_class, answers.reply_rule, answers.reply_sha256, answers.returns_on,
               answers.referred_to,
               sha256(concat_ws(chr(31), $dataset_id, coalesce('id:' || given_id, concat_ws(
                   chr(31), named.prospect_id, told, CAST(epoch_ms(named.moment) AS VARCHAR),
                   coalesce(named.channel, ''), coalesce(given_message, ''),
                   coalesce(answers.reply_sha256, ''))))) AS event_id
        FROM named
        LEFT JOIN tied ON tied.line = named.line
        LEFT JOIN read_answers AS answers
            ON named.told = 'reply' AND answers.text = named.text
           AND answers.subject = named.subject AND answers.day = CAST(named.moment AS DATE)
    ), numbered AS (
        SELECT *, row_number() OVER (PARTITION BY event_id ORDER BY line) AS copy FROM read
    )
    SELECT numbered.*, CASE
               WHEN numbered.kind IS NULL THEN 'unknown_events'
               WHEN numbered.prospect_id IS NULL THEN 'unknown_prospects'
               WHEN moment > $now::TIMESTAMPTZ THEN 'in_future'
               WHEN known.event_id IS NOT NULL OR copy > 1 THEN 'duplicates'
               ELSE 'accepted' END AS outcome,
           coalesce(numbered.kind IN ('unsubscribe', 'complaint')
                    OR numbered.reply_class = 'unsubscribe', false) AS is_leaving
    FROM numbered
    LEFT JOIN outreach_events AS known ON known.event_id = numbered.event_id
"""
_COUNTS: Final = "SELECT outcome, count(*) FROM judged_events GROUP BY outcome ORDER BY outcome"
_CLASSES: Final = """
    SELECT coalesce(reply_class, kind), count(*) FROM judged_events WHERE outcome = 'accepted'
    GROUP BY ALL ORDER BY ALL
"""
_REFERRALS: Final = """
    SELECT DISTINCT prospect_id, referred_to FROM judged_events
    WHERE outcome = 'accepted' AND referred_to <> '' ORDER BY prospect_id, referred_to LIMIT 50
"""
_ADD: Final = """
    INSERT INTO outreach_events (event_id, dataset_id, prospect_id, message_id, channel, kind,
        reply_class, reply_rule, reply_sha256, returns_on, is_simulated, happened_at, recorded_at,
        recorded_by)
    SELECT event_id, $dataset_id, prospect_id, message_id, at_channel, kind, reply_class,
           reply_rule, reply_sha256, returns_on, false, moment, $now, $actor
    FROM judged_events WHERE outcome = 'accepted' ORDER BY event_id
"""
# Whoever wants to leave has left, whatever else is wrong with the row; who is not in the base is
# put down by the address, in case of a later import.
_SUPPRESS: Final = """
    INSERT INTO suppressions (dataset_id, customer_id, email, reason, suppressed_at)
    SELECT $dataset_id, leaving.customer_id, coalesce(prospects.email, leaving.address),
           leaving.reason, $now::TIMESTAMPTZ
    FROM (SELECT coalesce(prospect_id, told_as, address) AS customer_id,
                 min(coalesce(address, CASE WHEN contains(told_as, '@') THEN lower(told_as) END))
                     AS address,
                 CASE WHEN bool_or(kind = 'complaint') THEN 'complained' ELSE 'unsubscribed' END
                     AS reason
          FROM judged_events WHERE is_leaving GROUP BY ALL) AS leaving
    LEFT JOIN prospects ON prospects.dataset_id = $dataset_id
                       AND prospects.prospect_id = leaving.customer_id
    WHERE leaving.customer_id IS NOT NULL
      AND NOT EXISTS (FROM suppressions
                      WHERE suppressions.dataset_id = $dataset_id
                        AND suppressions.customer_id = leaving.customer_id)
"""
_STOP: Final = """
    INSERT INTO outreach_stops
    WITH stopping AS (
        SELECT event_id, 'person' AS scope, prospect_id AS subject,
               CASE WHEN kind = 'bounce' THEN at_channel END AS channel,
               CASE WHEN kind = 'complaint' THEN 'complained' WHEN is_leaving THEN 'opted out'
                    WHEN kind = 'bounce' THEN 'bounced' ELSE 'wrong person' END AS reason
        FROM judged_events
        WHERE prospect_id IS NOT NULL AND kind IS NOT NULL
          AND (is_leaving OR (outcome = 'accepted' AND kind = 'bounce')
               OR (outcome = 'accepted' AND coalesce(reply_class = 'wrong_person', false)))
        UNION ALL
        SELECT judged.event_id, 'account', prospects.account, NULL, 'somebody there opted out'
        FROM judged_events AS judged
        JOIN prospects ON prospects.dataset_id = $dataset_id
                      AND prospects.prospect_id = judged.prospect_id
        WHERE judged.is_leaving AND $stops_account
    )
    SELECT $dataset_id, scope, subject, channel, min(reason), min(event_id), $now, $actor
    FROM stopping
    WHERE NOT EXISTS (FROM outreach_stops AS known
                      WHERE known.dataset_id = $dataset_id AND known.scope = stopping.scope
                        AND known.subject = stopping.subject
                        AND (known.channel IS NULL
                             OR known.channel IS NOT DISTINCT FROM stopping.channel))
    GROUP BY scope, subject, channel ORDER BY scope, subject, channel
"""
# An event that is there, as it is read now.
_AGAIN: Final = """
    CREATE OR REPLACE TEMP TABLE judged_events AS
    SELECT event_id, prospect_id, NULL::VARCHAR AS told_as, NULL::VARCHAR AS address, kind,
           channel AS at_channel, reply_class, 'accepted' AS outcome,
           coalesce(reply_class = 'unsubscribe', false) AS is_leaving
    FROM outreach_events WHERE event_id = $event_id
"""


@dataclass(frozen=True, slots=True)
class EventCounts:
    """What came of a lot of events; the first five add up to what arrived.

    Attributes:
        accepted: Events that count now.
        duplicates: Events that were there already.
        unknown_prospects: Events of people who are not in the base.
        unknown_events: Events of a word that means nothing here.
        in_future: Events of a time that has not come.
        suppressed: People who asked not to be written to; suppressed from now on.
        stopped: People and accounts that outreach stopped writing to, for whatever reason.
        classes: Accepted events by what they say.
        referrals: (prospect, whom the answer names instead); shown once and not kept.
    """

    accepted: int = 0
    duplicates: int = 0
    unknown_prospects: int = 0
    unknown_events: int = 0
    in_future: int = 0
    suppressed: int = 0
    stopped: int = 0
    classes: tuple[tuple[str, int], ...] = ()
    referrals: tuple[tuple[str, str], ...] = ()


def stage_file(store: Store, staged: Path) -> None:
    """Take the rows that the intake accepted; the store has to be in a transaction."""
    store.run(_FROM_FILE, staged=str(staged))


def stage_rows(store: Store, rows: Sequence[Mapping[str, Any]]) -> None:
    """Take events from a program; see ``campaign.record_outreach_events`` for their keys."""
    store.run(
        _FROM_ROWS,
        told=[str(row.get("event") or row.get("kind") or "") for row in rows],
        prospects=[_text(row, "prospect_id") for row in rows],
        addresses=[_text(row, "email") for row in rows],
        moments=[row.get("happened_at") for row in rows],
        ids=[_text(row, "event_id") for row in rows],
        messages=[_text(row, "message_id") for row in rows],
        channels=[_text(row, "channel") for row in rows],
        texts=[_text(row, "text") or "" for row in rows],
        subjects=[_text(row, "subject") or "" for row in rows],
    )


def judge_events(store: Store, dataset_id: str) -> EventCounts:
    """Read the answers of what was staged, tie each event to its message, and count outcomes.

    Args:
        store: In a transaction, after ``stage_file`` or ``stage_rows``; writes TEMP tables only.
        dataset_id: The base of prospects.
    """
    answers = store.read(_ANSWERS, now=store.now())
    read = [
        classify_reply(text, subject=subject, received_on=day) for text, subject, day in answers
    ]
    _keep_answers(store, answers, read)
    store.run(
        _JUDGE, dataset_id=dataset_id, now=store.now(), kinds=list(OUTREACH_EVENTS),
        all_channels=list(OUTREACH_CHANNELS),
        window_days=[WINDOW_DAYS[channel] for channel in OUTREACH_CHANNELS],
    )  # fmt: skip
    return EventCounts(
        **dict(store.read(_COUNTS)),
        classes=tuple(store.read(_CLASSES)),
        referrals=tuple(store.read(_REFERRALS)),
    )


def add_events(
    store: Store, dataset_id: str, *, actor: str, stops_account: bool
) -> tuple[int, int]:
    """Keep what ``judge_events`` accepted, and heed who asks to be left in peace.

    Args:
        store: In the transaction of the judging; writes ``outreach_events``, ``suppressions`` and
            ``outreach_stops``.
        dataset_id: The base.
        actor: Who brings them.
        stops_account: Whoever leaves, leaves for all of the account.

    Returns:
        How many were suppressed, and how many stops there are more.
    """
    common = {"dataset_id": dataset_id, "now": store.now()}
    store.run(_ADD, actor=actor, **common)
    suppressed = store.run(_SUPPRESS, **common)
    return suppressed, store.run(_STOP, actor=actor, stops_account=stops_account, **common)


def heed_again(
    store: Store, dataset_id: str, event_id: str, *, actor: str, stops_account: bool
) -> None:
    """Heed what an event that is there already says now; the store has to be in a transaction."""
    common = {"dataset_id": dataset_id, "now": store.now()}
    store.run(_AGAIN, event_id=event_id)
    store.run(_SUPPRESS, **common)
    store.run(_STOP, actor=actor, stops_account=stops_account, **common)


def _text(row: Mapping[str, Any], name: str) -> str | None:
    value = row.get(name)
    return str(value) if value not in (None, "") else None


def _keep_answers(store: Store, answers: list[tuple[Any, ...]], read: list[Reply]) -> None:
    store.run(
        _READ,
        texts=[text for text, _, _ in answers],
        subjects=[subject for _, subject, _ in answers],
        days=[day for _, _, day in answers],
        classes=[reply.reply_class for reply in read],
        rules=[reply.rule for reply in read],
        hashes=[hashlib.sha256(text.encode()).hexdigest() for text, _, _ in answers],
        returns=[reply.returns_on for reply in read],
        referrals=[reply.referred_to for reply in read],
    )
