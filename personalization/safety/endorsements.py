"""What others are said to think, who is paid for saying it, and what is good for the planet."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from personalization.safety.reading import Hit, is_quoted, pattern_hits, spans_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from personalization.safety.policy import Rule
    from personalization.safety.reading import Context

# Parameters of the networks that pay for a sale; ref and utm_source are the shop's own count.
_PAID_LINK: Final = re.compile(
    r"https?://\S*[?&](?:aff\w*|affiliate\w*|clickref|awc|irclickid|subid|sub_id|hop|pid)=[^\s&]+",
    re.IGNORECASE,
)


def testimonial(text: str, rule: Rule, context: Context) -> Iterator[Hit]:
    """Find reviews, stars and quoted customers that no cited source holds word for word."""
    hits = pattern_hits(text, rule)
    return (hit for hit in hits if not is_quoted(text, hit, context.sources))


def undisclosed(texts: Mapping[str, str], rule: Rule, _: Context) -> Iterator[Hit]:
    """Find a recommendation that is paid for, without saying so near it.

    The rule's ``unless`` are the disclosures, its limit the characters that may lie between.
    """
    body = texts["body"]
    said = spans_of(rule.unless, body)
    for start, end in sorted(spans_of((*rule.patterns, _PAID_LINK), body)):
        if not any(
            first - end <= rule.limit and start - last <= rule.limit for first, last in said
        ):
            yield Hit(start, end)


def undisclosed_link(texts: Mapping[str, str], rule: Rule, _: Context) -> Iterator[Hit]:
    """Find a main link that is paid for, in a message that nowhere says so."""
    paid = _PAID_LINK.search(texts["link"])
    if paid and not spans_of(rule.unless, texts["body"]):
        yield Hit(*paid.span())


def environment(text: str, rule: Rule, context: Context) -> Iterator[Hit]:
    """Find claims to be good for the planet; what an approved source says may stand."""
    hits = pattern_hits(text, rule)
    return (hit for hit in hits if not is_quoted(text, hit, context.sources))


def climate_neutral(text: str, rule: Rule, _: Context) -> Iterator[Hit]:
    """Find claims that a product is neutral to the climate; no source makes them good."""
    return pattern_hits(text, rule)
