"""The HTML part of a message: rules on what it is made of."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from personalization.safety.links import is_allowed
from personalization.safety.reading import Hit, words_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from personalization.safety.html_reading import HtmlPart
    from personalization.safety.policy import Rule
    from personalization.safety.reading import Context

_RELATIVE: Final = re.compile(r"(?!//)[\w./-]*")
_OWN_WAYS: Final = ("mailto:", "tel:")  # rules for personal data judge what stands behind them
_HEX: Final = re.compile(r"#([0-9a-f]{3}|[0-9a-f]{6})\b", re.IGNORECASE)
_RGB: Final = re.compile(r"rgb\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*\)", re.IGNORECASE)
_NAMED: Final = {
    "white": "#ffffff", "black": "#000000", "red": "#ff0000", "grey": "#808080", "gray": "#808080",
    "silver": "#c0c0c0", "yellow": "#ffff00", "green": "#008000", "blue": "#0000ff",
    "navy": "#000080", "orange": "#ffa500", "lightgrey": "#d3d3d3", "lightgray": "#d3d3d3",
}  # fmt: skip


def markup(part: HtmlPart, _: str, __: Rule, ___: Context) -> Iterator[Hit]:
    """Find tags, attributes and styles that no message needs, each place once."""
    places: dict[tuple[int, int], str] = {}
    for start, end, fault in part.faults:
        places.setdefault((start, end), fault)
    for (start, end), fault in places.items():
        yield Hit(start, end, fault)


def foreign_address(part: HtmlPart, _: str, __: Rule, context: Context) -> Iterator[Hit]:
    """Find links and pictures that do not come from the sender's own https pages.

    A picture may be attached, or stand beside the message; a link may lead to a place in it.
    """
    for start, end, name, address in part.addresses:
        value = address.strip()
        is_link = name == "href"
        is_near = value.startswith("#") if is_link else bool(_RELATIVE.fullmatch(value))
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


def colour_of(value: str) -> tuple[int, int, int] | None:
    """Return red, green and blue of a CSS colour; None for one that is not understood.

    Example:
        >>> colour_of("#fff"), colour_of("rgb(1, 2, 3)"), colour_of("var(--ink)")
        ((255, 255, 255), (1, 2, 3), None)
    """
    value = _NAMED.get(value.strip().casefold(), value)
    if found := _HEX.search(value):
        digits = found[1] if len(found[1]) == 6 else "".join(2 * d for d in found[1])  # noqa: PLR2004
        return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)
    if found := _RGB.search(value):
        return int(found[1]), int(found[2]), int(found[3])
    return None


def contrast_of(one: tuple[int, int, int], other: tuple[int, int, int]) -> float:
    """Return the contrast ratio of two colours, from 1 to 21 (WCAG 2.2).

    Example:
        >>> contrast_of((0, 0, 0), (255, 255, 255))
        21.0
    """
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: tuple[int, int, int]) -> float:
    parts = (value / 255 for value in colour)
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]  # noqa: PLR2004
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
