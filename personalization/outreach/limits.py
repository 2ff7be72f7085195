"""How much a channel takes, in the units in which the engine counts whole bases of messages.

The engine never counts less than ``statistics.message_length`` does, which counts one message
exactly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from personalization.domain import OUTREACH_CHANNELS
from personalization.outreach.channels import channel_rule

if TYPE_CHECKING:
    from collections.abc import Sequence

_ONE_SMS: Final = 160
_PART_OF_SMS: Final = 152  # 153 septets, one of which a sign of two may leave unused
_NO_SUBJECT: Final = -1


def channel_limits(
    channels: Sequence[str], *, is_premium: bool = False
) -> dict[str, tuple[str, int, int]]:
    """Return by channel the measure, the most of it, and the most signs of a subject.

    Args:
        channels: Of domain.OUTREACH_CHANNELS.
        is_premium: Whether the account has the longer limit of a channel that has two.

    Example:
        >>> channel_limits(["linkedin_note", "sms"])["linkedin_note"]
        ('signs', 200, -1)
        >>> channel_limits(["sms"])["sms"]
        ('sms', 304, -1)
    """
    return {channel: _limit(channel, is_premium) for channel in channels}


def _limit(channel: str, is_premium: bool) -> tuple[str, int, int]:  # noqa: FBT001 - as above
    rule = channel_rule(channel)
    subject = rule.subject or _NO_SUBJECT
    if rule.segments:
        most = _ONE_SMS if rule.segments == 1 else _PART_OF_SMS * rule.segments
        return "sms", most, subject
    measure = "weighted" if channel == "x_message" else "signs"
    return measure, rule.limit(is_premium=is_premium), subject


def closed_channels() -> tuple[str, ...]:
    """Return the channels on which a business opens no conversation."""
    return tuple(channel for channel in OUTREACH_CHANNELS if not channel_rule(channel).opens)
