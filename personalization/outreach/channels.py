"""Channels: what each takes and asks of a message to a prospect, as a table with its sources.

``check_message`` holds a message as its reader gets it, with all fields filled, to the row of its
channel.  ``message_fault`` in SQL is its twin for whole bases.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from personalization.domain import OUTREACH_CHANNELS
from personalization.errors import InputError
from personalization.providers.outreach_texts import posted
from personalization.statistics.message_length import counted_length, sms_segments

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from personalization.domain import Message

_UNFILLED: Final = re.compile(r"\{\{|\}\}|[\x00-\x08\x0b\x0c\x0e-\x1f]")


@dataclass(frozen=True, slots=True)
class ChannelRule:
    """A channel's row.

    Attributes:
        channel: One of OUTREACH_CHANNELS, or a closed one.
        version: Of the row.
        characters: The most it takes, as it counts them; 0 where segments count.
        characters_premium: The most for accounts that pay for more; 0: the same.
        segments: The most SMS; 0 elsewhere.
        subject: The most characters of a subject; 0: it has none.
        needs_subject: Whether it cannot do without.
        opens: Whether a business may begin a conversation here.
        is_sent: Whether a tool may send it; otherwise a person does.
        footer: Which footer it carries; empty: none.
        opt_out: Words of which one has to stand in the text.
        needs_sender: Whether the text has to name the sender.
        words: Band of words that reads well, by length.
        headers: What an e-mail has to carry.
        rules: The rules in words.
        source: Where they are from.
    """

    channel: str
    version: int
    characters: int = 0
    characters_premium: int = 0
    segments: int = 0
    subject: int = 0
    needs_subject: bool = False
    opens: bool = True
    is_sent: bool = True
    footer: str = ""
    opt_out: tuple[str, ...] = ()
    needs_sender: bool = False
    words: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    headers: tuple[str, ...] = ()
    rules: str = ""
    source: str = ""

    def limit(self, *, is_premium: bool = False) -> int:
        """Return the most that it takes: characters, or segments of SMS."""
        if is_premium and self.characters_premium:
            return self.characters_premium
        return self.segments or self.characters


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a message cannot go out on its channel.

    Attributes:
        code: too_long, subject_too_long, no_subject, unfilled, no_opt_out, no_sender, empty or
            cannot_open.
        reason: The same in words, with the figures.
    """

    code: str
    reason: str


def channel_rule(channel: str) -> ChannelRule:
    """Return the row of a channel.

    Raises:
        InputError: There is none.
    """
    rules = channel_rules()
    if channel not in rules:
        raise InputError(
            f"There is no channel {channel!r}. Use one of: {', '.join(OUTREACH_CHANNELS)}."
        )
    return rules[channel]


@lru_cache(maxsize=1)
def channel_rules() -> Mapping[str, ChannelRule]:
    """Return every row by channel, closed ones among them."""
    told = _table()
    closed: dict[str, Any] = told.pop("closed")
    rows = [_rule(name, row) for name, row in told.items()]
    rows += [_rule(name, {**row, "version": 1, "opens": False}) for name, row in closed.items()]
    return MappingProxyType({rule.channel: rule for rule in rows})


def _rule(channel: str, row: dict[str, Any]) -> ChannelRule:
    words = {length: (band[0], band[1]) for length, band in row.get("words", {}).items()}
    lists = {name: tuple(row.get(name, ())) for name in ("opt_out", "headers")}
    return ChannelRule(channel, **{**row, **lists, "words": MappingProxyType(words)})


@lru_cache(maxsize=1)
def _text() -> str:
    return resources.files(__package__).joinpath("channels.toml").read_text("utf-8")


def _table() -> dict[str, Any]:
    return tomllib.loads(_text())


def channels_sha256() -> str:
    """Return the fingerprint of the table, as runs keep it."""
    return hashlib.sha256(_text().encode()).hexdigest()


def check_message(
    channel: str, message: Message, *, sender: str = "", is_premium: bool = False
) -> list[Fault]:
    """List what keeps a message, as its reader gets it, from going out on a channel.

    Args:
        channel: One of OUTREACH_CHANNELS.
        message: With all fields filled.
        sender: The name that has to stand in it, where the channel wants it; empty: not looked at.
        is_premium: Whether the account has the channel's longer limit.

    Raises:
        InputError: There is no such channel.
    """
    rule = channel_rule(channel)
    text = posted(channel, message)
    return [
        *_opening(rule), *_filling(message), *_subject(rule, message.subject),
        *_length(rule, text, is_premium=is_premium), *_wording(rule, text, sender),
    ]  # fmt: skip


def _opening(rule: ChannelRule) -> Iterator[Fault]:
    if not rule.opens:
        yield Fault("cannot_open", f"Nobody may be written to first on {rule.channel}.")


def _filling(message: Message) -> Iterator[Fault]:
    if not message.body.strip():
        yield Fault("empty", "The message is empty.")
    for name, text in message.fields():
        if found := _UNFILLED.search(text):
            yield Fault("unfilled", f"A field of the {name} was not filled: {found[0]!r}.")


def _subject(rule: ChannelRule, subject: str) -> Iterator[Fault]:
    if rule.needs_subject and not subject.strip():
        yield Fault("no_subject", f"A {rule.channel.replace('_', ' ')} needs a subject.")
    if len(subject) > rule.subject:
        told = f"The subject has {len(subject)} characters, and {rule.subject} are allowed."
        yield Fault("subject_too_long", told)


def _length(rule: ChannelRule, text: str, *, is_premium: bool) -> Iterator[Fault]:
    most = rule.limit(is_premium=is_premium)
    if rule.segments:
        counted, unit = sms_segments(text), "SMS"
    else:
        counted, unit = counted_length(rule.channel, text), "characters"
    if counted > most:
        yield Fault("too_long", f"It counts {counted:,} {unit}, and {most:,} are allowed.")


def _wording(rule: ChannelRule, text: str, sender: str) -> Iterator[Fault]:
    folded = text.casefold()
    if rule.opt_out and not any(words in folded for words in rule.opt_out):
        yield Fault("no_opt_out", "It does not say how to opt out.")
    if rule.needs_sender and sender and sender.casefold() not in folded:
        yield Fault("no_sender", f"It does not say who is writing: {sender}.")
