"""What the place asks where a text is read: its length, its hashtags, its links, who speaks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalization.safety.footers import signs_of
from personalization.safety.reading import URL, Hit, spans_of
from personalization.statistics.message_length import counted_length
from personalization.statistics.post_length import hashtags as hashtags_in
from personalization.statistics.post_length import post_length

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from personalization.safety.policy import Rule
    from personalization.safety.reading import Context


def length(texts: Mapping[str, str], rule: Rule, context: Context) -> Iterator[Hit]:
    """Find a post that its platform would not take, counted as the platform counts.

    What a post leads to is posted with it, so a link that stands in a field of its own counts too.

    Raises:
        KeyError: The policy knows no limit for the channel; the screening then ends in an error.
    """
    if context.is_mail:
        return
    most = int(rule.limits[context.channel])
    told = posted(texts, context.channel, is_outreach=context.is_outreach)
    count = counted_length if context.is_outreach else _post_length
    counted = count(context.channel, told)
    if counted > most:
        over = min(most, len(texts["body"]))
        detail = f"It counts {counted:,} characters, and {most:,} are allowed."
        yield Hit(over, len(texts["body"]), detail)


def hashtags(texts: Mapping[str, str], rule: Rule, context: Context) -> Iterator[Hit]:
    """Find more hashtags than a channel bears."""
    if context.is_mail:
        return
    most, found = int(rule.limits[context.channel]), hashtags_in(texts["body"])
    if len(found) > most:
        detail = f"There are {len(found)}, and {most} are enough."
        yield Hit(found[most][0], found[-1][1], detail)


def link(texts: Mapping[str, str], rule: Rule, context: Context) -> Iterator[Hit]:
    """Find addresses in a text where they cannot be followed."""
    if context.channel in rule.names:
        for found in URL.finditer(texts["body"]):
            yield Hit(*found.span())


def opt_out(texts: Mapping[str, str], rule: Rule, context: Context) -> Iterator[Hit]:
    """Find a message without the word by which its reader gets out; e-mails have their footer."""
    if context.channel in rule.names and not spans_of(rule.patterns, whole(texts)):
        yield Hit(len(texts["footer"]), len(texts["footer"]))


def sender(texts: Mapping[str, str], rule: Rule, context: Context) -> Iterator[Hit]:
    """Find a message that does not say who is writing or speaking, where no profile shows it."""
    if context.channel not in rule.names:
        return
    name = signs_of(context.sender_name)
    if not name or name not in signs_of(whole(texts)):
        yield Hit(0, len(texts["body"]), f"It is {context.sender_name or 'not set'}.")


def whole(texts: Mapping[str, str]) -> str:
    """Return all that a prospect reads or hears of a text, as one."""
    parts = (texts[name] for name in ("body", "call_to_action", "link", "footer"))
    return "\n".join(part for part in parts if part)


def _post_length(channel: str, text: str) -> int:
    return post_length(text, channel)


def posted(texts: Mapping[str, str], channel: str, *, is_outreach: bool = False) -> str:
    """Return what is posted: the text, and on platforms with links the link behind it."""
    if is_outreach:
        return whole(texts)
    linked = texts["link"] if channel in {"x", "facebook", "linkedin"} else ""
    return "\n".join(text for text in (texts["body"], linked) if text)
