"""How an e-mail may look: colours that can be read, fonts that are there, a logo of one's own.

Contrast is that of WCAG 2.2: 4.5 to 1 for text, 3 to 1 for large text (1.4.3).
"""

from __future__ import annotations

import colorsys
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from personalization.addresses import is_allowed
from personalization.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from personalization.domain import EmailDesign

    Colour = tuple[int, int, int]

TEXT_RATIO: Final = 4.5
LARGE_RATIO: Final = 3.0

FONTS: Final = (
    "Arial", "Arial Black", "Book Antiqua", "Calibri", "Cambria", "Candara", "Charter",
    "Courier New", "Garamond", "Geneva", "Georgia", "Gill Sans", "Helvetica", "Helvetica Neue",
    "Iowan Old Style", "Lucida Grande", "Lucida Sans Unicode", "Optima", "Palatino",
    "Palatino Linotype", "Roboto", "Segoe UI", "Tahoma", "Times", "Times New Roman",
    "Trebuchet MS", "Verdana", "system-ui", "-apple-system", "BlinkMacSystemFont",
)  # fmt: skip
"""Fonts that come with the systems on which e-mails are read; nothing is loaded for them."""

GENERIC: Final = ("serif", "sans-serif", "monospace")
"""What a list of fonts ends with, for a system that has none of them."""

_HEX: Final = re.compile(r"#([0-9a-f]{3}|[0-9a-f]{6})\b", re.IGNORECASE)
_RGB: Final = re.compile(r"rgb\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*\)", re.IGNORECASE)
_EXACT: Final = re.compile(r"#[0-9a-f]{6}", re.IGNORECASE)
_NAMED: Final = {
    "white": "#ffffff", "black": "#000000", "red": "#ff0000", "grey": "#808080", "gray": "#808080",
    "silver": "#c0c0c0", "yellow": "#ffff00", "green": "#008000", "blue": "#0000ff",
    "navy": "#000080", "orange": "#ffa500", "lightgrey": "#d3d3d3", "lightgray": "#d3d3d3",
}  # fmt: skip

# Ink, what is behind it, the ratio needed, and what a team calls the two.
_PAIRS: Final = (
    ("text", "surface", TEXT_RATIO, "text on the letter"),
    ("text", "background", TEXT_RATIO, "text of the footer on the background"),
    ("accent", "surface", TEXT_RATIO, "accent, as of links, on the letter"),
    ("accent", "background", LARGE_RATIO, "accent of the brand's name on the background"),
    ("on_accent", "accent", TEXT_RATIO, "words of the button on the accent"),
)
_COLOURS: Final = ("accent", "on_accent", "background", "surface", "text")


def design_faults(design: EmailDesign, domains: Iterable[str]) -> tuple[str, ...]:
    """Say, a sentence each, why e-mails must not look like this; empty where they may.

    Args:
        design: Colours, fonts and logo.
        domains: Hosts that a logo may come from.
    """
    unread = [name for name in _COLOURS if not _EXACT.fullmatch(getattr(design, name))]
    faults = [f"The colour {name} is {getattr(design, name)!r}; write #rrggbb." for name in unread]
    return (
        *faults,
        *(() if unread else _contrast_faults(design)),
        *_font_faults(design.font),
        *_logo_faults(design, tuple(domains)),
    )


def check_design(design: EmailDesign, domains: Iterable[str]) -> None:
    """Raise InputError with every fault of the design; see ``design_faults``."""
    if faults := design_faults(design, domains):
        raise InputError(f"E-mails cannot look like this. {' '.join(faults)}")


def _contrast_faults(design: EmailDesign) -> Iterator[str]:
    for ink, behind, needed, words in _PAIRS:
        one, other = getattr(design, ink), getattr(design, behind)
        ratio = contrast_of(_exact(one), _exact(other))
        if ratio < needed:
            yield (
                f"The {words} is {one} on {other}: a contrast of {_floored(ratio)} to 1, and "
                f"{needed:g} to 1 is needed. The nearest colour that passes is "
                f"{nearest_readable(one, other, needed)}."
            )


def _floored(ratio: float) -> str:
    """Write a ratio so that one that fails never reads like one that passes."""
    return f"{int(ratio * 100) / 100:.2f}"


def _font_faults(font: str) -> Iterator[str]:
    names = font_names(font)
    known = {name.casefold() for name in (*FONTS, *GENERIC)}
    for name in names:
        if name.casefold() not in known:
            yield f"The font {name!r} is none that mail programs have. Use of: {', '.join(FONTS)}."
    if not names or names[-1].casefold() not in GENERIC:
        yield f"The fonts have to end with one of {', '.join(GENERIC)}."


def font_names(font: str) -> list[str]:
    """Return the names in a CSS list of fonts.

    Example:
        >>> font_names("Georgia, 'Times New Roman', serif")
        ['Georgia', 'Times New Roman', 'serif']
    """
    return [name.strip().strip("'\"").strip() for name in font.split(",") if name.strip()]


def font_stack(font: str) -> str:
    """Return the list of fonts in the form that is written: names with spaces in single quotes."""
    return ", ".join(f"'{name}'" if " " in name else name for name in font_names(font))


def _logo_faults(design: EmailDesign, domains: tuple[str, ...]) -> Iterator[str]:
    if not design.logo_url:
        return
    if not is_allowed(design.logo_url, domains) or re.search(r"[\"'<>]", design.logo_url):
        yield (
            f"The logo {design.logo_url!r} has to be an https address on one of: "
            f"{', '.join(domains) or 'no domain is set'}."
        )
    if not design.logo_alt.strip():
        yield "The logo needs a text for those who do not see it (logo_alt)."


def nearest_readable(ink: str, behind: str, needed: float) -> str:
    """Return the colour nearest to ``ink``, of its own hue, that can be read on ``behind``.

    Only its lightness is moved, by the least that is enough; one of black and white always is.

    Example:
        >>> nearest_readable("#999999", "#ffffff", 4.5)
        '#767676'
    """
    hue, light, depth = colorsys.rgb_to_hls(*(part / 255 for part in _exact(ink)))
    steps = sorted(range(256), key=lambda step: (abs(step / 255 - light), step))
    for step in steps:
        parts = colorsys.hls_to_rgb(hue, step / 255, depth)
        found: Colour = tuple(round(255 * part) for part in parts)  # type: ignore[assignment]
        if contrast_of(found, _exact(behind)) >= needed:
            return hex_of(found)
    return "#000000" if contrast_of((0, 0, 0), _exact(behind)) >= needed else "#ffffff"


def muted(ink: str, behind: str) -> str:
    """Return ``ink`` drawn back towards what is behind it, as far as it can still be read."""
    one, other = _exact(ink), _exact(behind)
    for share in (0.30, 0.22, 0.14):
        mixed = mixed_of(one, other, share)
        if contrast_of(mixed, other) >= TEXT_RATIO:
            return hex_of(mixed)
    return ink


def dark_of(design: EmailDesign) -> EmailDesign:
    """Return the design for readers who have set their screen to dark: same hues, all readable.

    Background and letter keep a breath of the brand's own hue; no colour is pure black or white.
    """
    hue, _, depth = colorsys.rgb_to_hls(*(part / 255 for part in _exact(design.background)))

    def shade(light: float, most: float) -> str:
        parts = colorsys.hls_to_rgb(hue, light, min(depth, most))
        return hex_of(tuple(round(255 * part) for part in parts))  # type: ignore[arg-type]

    background, surface, text = shade(0.08, 0.10), shade(0.13, 0.10), shade(0.91, 0.20)
    accent = nearest_readable(design.accent, surface, TEXT_RATIO)
    accent = nearest_readable(accent, background, TEXT_RATIO)
    on_accent = nearest_readable(shade(0.08, 0.10), accent, TEXT_RATIO)
    return replace(
        design, accent=accent, on_accent=on_accent, background=background, surface=surface,
        text=text,
    )  # fmt: skip


def colour_of(value: str) -> Colour | None:
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


def contrast_of(one: Colour, other: Colour) -> float:
    """Return the contrast ratio of two colours, from 1 to 21 (WCAG 2.2).

    Example:
        >>> contrast_of((0, 0, 0), (255, 255, 255))
        21.0
    """
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def mixed_of(one: Colour, other: Colour, share: float) -> Colour:
    """Return ``one`` with ``share`` of ``other`` in it, channel by channel."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def hex_of(colour: Colour) -> str:
    """Return a colour as ``#rrggbb``."""
    return "#{:02x}{:02x}{:02x}".format(*colour)


def _exact(colour: str) -> Colour:
    found = colour_of(colour) if _EXACT.fullmatch(colour) else None
    if found is None:
        raise InputError(f"{colour!r} is no colour of an e-mail; write #rrggbb.")
    return found


def _luminance(colour: Colour) -> float:
    parts = (value / 255 for value in colour)
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]  # noqa: PLR2004
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
