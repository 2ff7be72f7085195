"""The HTML part of a message: rules on what it is made of."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from personalization.addresses import is_allowed
from personalization.domain import MOST_PRODUCTS
from personalization.email_design import colour_of, contrast_of
from personalization.safety.reading import Hit, words_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from personalization.safety.html_reading import HtmlPart
    from personalization.safety.policy import Rule
    from personalization.safety.reading import Context

_RELATIVE: Final = re.compile(r"(?!//)[\w./-]*")
_PRODUCT_LINK: Final = re.compile(rf"\{{\{{product_[1-{MOST_PRODUCTS}]\.link\}}\}}")
_OWN_WAYS: Final = ("mailto:", "tel:")  # rules for personal data judge what stands behind them


def markup(part: HtmlPart, _: str, __: Rule, ___: Context) -> Iterator[Hit]:
    """Find tags, attributes and styles that no message needs, each place once."""
    places: dict[tuple[int, int], str] = {}
    for start, end, fault in part.faults:
        places.setdefault((start, end), fault)
    for (start, end), fault in places.items():
        yield Hit(start, end, fault)


def foreign_address(part: HtmlPart, _: str, __: Rule, context: Context) -> Iterator[Hit]:
    """Find links and pictures that do not come from the sender's own https pages.

    A picture may be attached, or stand beside the message; a link may lead to a place in it, or to
    the page of a product, which the launch gate holds to the sender's own.
    """
    for start, end, name, address in part.addresses:
        value = address.strip()
        is_link = name == "href"
        is_near = value.startswith("#") if is_link else bool(_RELATIVE.fullmatch(value))
        is_near |= is_link and bool(_PRODUCT_LINK.fullmatch(value))
        is_own_way = value.casefold().startswith(_OWN_WAYS if is_link else ("cid:",))
        if value and not (is_near or is_own_way or is_allowed(value, context.allowed_domains)):
            yield Hit(start, end, f"It is in {name}.")


def size(part: HtmlPart, _: str, rule: Rule, __: Context) -> Iterator[Hit]:
    """Find HTML that Gmail cuts off, and the unsubscribe link with it."""
    n_bytes = len(part.source.encode())
    if n_bytes > rule.limit:
        yield Hit(0, 0, f"It has {n_bytes:,} bytes; {rule.limit:,} are shown.")


def alt_text(part: HtmlPart, _: str, __: Rule, ___: Context) -> Iterator[Hit]:
    """Find pictures without an alternative text; an empty one says that it is ornament."""
    for start, end, alt in part.pictures:
        if alt is None:
            yield Hit(start, end)


def link_text(part: HtmlPart, _: str, rule: Rule, __: Context) -> Iterator[Hit]:
    """Find links whose words do not say where they lead, or that have none."""
    for start, end, text in part.links:
        if not text or any(pattern.fullmatch(text.strip(" .:!>»→")) for pattern in rule.patterns):
            yield Hit(start, end, "" if text else "It has no words at all.")


def plain_text(part: HtmlPart, plain: str, rule: Rule, _: Context) -> Iterator[Hit]:
    """Find HTML without a plain-text part, or with one that says something else."""
    if not plain.strip():
        yield Hit(0, 0, "There is no plain-text part.")
        return
    one, other = (set(words_of(text).split()) for text in (plain, part.visible.text))
    shared = len(one & other) / max(min(len(one), len(other)), 1)
    if shared < rule.limits["shared"]:
        yield Hit(0, 0, f"Only {shared:.0%} of the words stand in both.")


def contrast(part: HtmlPart, _: str, rule: Rule, __: Context) -> Iterator[Hit]:
    """Find text whose inline colours are too close, once for each pair (WCAG 2.2, 1.4.3)."""
    seen: set[tuple[str, str]] = set()
    for start, end, ink, behind in part.looks:
        if (ink, behind) in seen:
            continue
        seen.add((ink, behind))
        colours = (colour_of(ink), colour_of(behind) if behind else (255, 255, 255))
        if not ink or None in colours:
            continue
        ratio = contrast_of(*colours)  # type: ignore[arg-type]
        if ratio < rule.limits["ratio"]:
            yield Hit(start, end, f"The contrast is {ratio:.1f} to 1.")


def declared_language(part: HtmlPart, _: str, __: Rule, context: Context) -> Iterator[Hit]:
    """Find HTML that does not declare its language, or another one than its locale's."""
    if not part.lang:
        yield Hit(0, 0, "There is no lang on the html element.")
    elif context.locale and part.lang[:2].casefold() != context.locale[:2].casefold():
        yield Hit(0, 0, f"It says {part.lang!r}, and is meant for {context.locale}.")
