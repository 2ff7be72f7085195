"""Messages that went out to made-up prospects, and what came back: inputs of the learning tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from personalization.store import Store

NOW = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)  # what the clock of the tests shows
BASE = "people"
CAMPAIGN = "autumn"

_PEOPLE = """
    INSERT INTO prospects (dataset_id, prospect_id, email, account, country, time_zone)
    SELECT 'people', 'p' || range, 'p' || range || '@firm' || range // 2 || '.example',
           'firm' || range // 2 || '.example', 'DE', 'Europe/Berlin'
    FROM range($n)
"""
_CAMPAIGN = """
    INSERT INTO campaigns VALUES ('autumn', 'Client gifts', 'people', NULL, '{}', '2026-12-24',
                                  'en-GB', 'seed', $now, 'ida', NULL)
"""
_PLAN = "INSERT INTO outreach_plans VALUES ('autumn', 'people', '{}', $now, 'ida')"
_SEND = """
    INSERT INTO outreach_sends (handover_id, message_id, campaign_id, dataset_id, prospect_id,
        account, step, channel, role, tone, angle, length, variant_id, version, content_sha256,
        propensity, is_default, is_simulated, sent_at)
    SELECT 'h1', $prefix || range, 'autumn', 'people', 'p' || range, 'firm' || range // 2
           || '.example', 1, $channel, $role, $tone, $angle, 'short', 'v1', 1, 'x', $propensity,
           $is_default, $is_simulated, $sent_at
    FROM range($first, $last)
"""
_EVENT = """
    INSERT INTO outreach_events (event_id, dataset_id, prospect_id, message_id, channel, kind,
        reply_class, is_simulated, happened_at, recorded_at, recorded_by)
    SELECT $kind || coalesce($reply_class, '') || message_id, 'people', prospect_id, message_id,
           channel, $kind, $reply_class, is_simulated, sent_at + INTERVAL '1' HOUR * $hours,
           $now, 'ida'
    FROM outreach_sends WHERE message_id = $message_id
"""


def fill(store: Store, n: int = 200) -> None:
    """Put a base of prospects and an outreach campaign there; two people share an account."""
    store.run(_PEOPLE, n=n)
    store.run(_CAMPAIGN, now=NOW)
    store.run(_PLAN, now=NOW)


def send(  # noqa: PLR0913
    store: Store,
    first: int,
    last: int,
    *,
    channel: str = "cold_email",
    role: str = "marketing",
    tone: str = "direct",
    angle: str = "proof",
    days_ago: float = 30,
    propensity: float | None = None,
    is_default: bool = False,
    is_simulated: bool = False,
    prefix: str = "m",
) -> None:
    """Send messages m<first> to m<last - 1>, to p<first> and so on."""
    store.run(
        _SEND, first=first, last=last, channel=channel, role=role, tone=tone, angle=angle,
        sent_at=NOW - timedelta(days=days_ago), propensity=propensity, is_default=is_default,
        is_simulated=is_simulated, prefix=prefix,
    )  # fmt: skip


def answer(
    store: Store, message_id: str, kind: str, reply_class: str | None = None, hours: float = 5
) -> None:
    """Let something come back from a message some hours after it."""
    store.run(
        _EVENT, message_id=message_id, kind=kind, reply_class=reply_class, hours=hours, now=NOW
    )  # fmt: skip
