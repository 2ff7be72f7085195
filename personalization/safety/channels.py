"""What the place asks where a text is read: its length, its hashtags, its links; not of e-mails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalization.safety.reading import URL, Hit
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
    if context.channel == "email":
        return
    most = int(rule.limits[context.channel])
    counted = post_length(posted(texts, context.channel), context.channel)
    if counted > most:
        over = min(most, len(texts["body"]))
        detail = f"It counts {counted:,} characters, and {most:,} are allowed."
        yield Hit(over, len(texts["body"]), detail)


def hashtags(texts: Mapping[str, str], rule: Rule, context: Context) -> Iterator[Hit]:
    """Find more hashtags than a channel bears."""
    if context.channel == "email":
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


def posted(texts: Mapping[str, str], channel: str) -> str:
    """Return what is posted: the text, and on platforms with links the link behind it."""
    linked = texts["link"] if channel in {"x", "facebook", "linkedin"} else ""
    return "\n".join(text for text in (texts["body"], linked) if text)
