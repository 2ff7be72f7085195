"""Prospects: who they are at work, what each is offered on which channel, and what comes back."""

from personalization.outreach.channels import (
    ChannelRule,
    Fault,
    channel_rule,
    channel_rules,
    channels_sha256,
    check_message,
)

__all__ = [
    "ChannelRule",
    "Fault",
    "channel_rule",
    "channel_rules",
    "channels_sha256",
    "check_message",
]
