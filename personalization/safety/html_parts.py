"""The HTML part of a message: what a reader of it sees, and what mail programs do with it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Final

from personalization.safety.filling import FilledText
from personalization.safety.html_allowed import READ, URLS, faults_of, style_faults, style_urls
from personalization.safety.links import is_allowed
from personalization.safety.reading import Hit, words_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from personalization.safety.policy import Rule
    from personalization.safety.reading import Context

_UNSEEN: Final = frozenset(("style", "script"))
_WHOLE: Final = ("style", "script", "title")  # tags that swallow all that follows where unclosed
_CONDITION: Final = re.compile(r"\s*\[if\b[^\]]*\]>(.*?)(?:<!\[endif\]\s*)?$", re.DOTALL)
_RELATIVE: Final = re.compile(r"(?!//)[\w./-]*")
_OWN_WAYS: Final = ("mailto:", "tel:")  # rules for personal data judge what stands behind them
_BLOCKS: Final = frozenset((
    "p", "div", "br", "tr", "li", "h1", "h2", "h3", "h4", "h5", "h6", "table", "ul", "ol", "hr",
))  # fmt: skip
_COLOUR: Final = re.compile(
    r"(?<![\w-])(background-color|background|color)\s*:\s*([^;]+)", re.IGNORECASE
)
_HEX: Final = re.compile(r"#([0-9a-f]{3}|[0-9a-f]{6})\b", re.IGNORECASE)
_RGB: Final = re.compile(r"rgb\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*\)", re.IGNORECASE)
_NAMED: Final = {
    "white": "#ffffff", "black": "#000000", "red": "#ff0000", "grey": "#808080", "gray": "#808080",
    "silver": "#c0c0c0", "yellow": "#ffff00", "green": "#008000", "blue": "#0000ff",
    "navy": "#000080", "orange": "#ffa500", "lightgrey": "#d3d3d3", "lightgray": "#d3d3d3",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class HtmlPart:
    """An HTML part as it is read.

    Attributes:
        source: The HTML.
        visible: What a reader sees, with texts of pictures and the targets of links.
        links: Start and end of each link in the source, with its text.
        pictures: Start and end of each picture's tag, with its alternative text; None without.
        looks: Start and end of each text, with its colour and the colour behind it.
        lang: Language that the part declares for itself.
        addresses: Start and end of each tag that holds an address, with attribute and address.
        faults: Start and end of what an HTML part may not hold, with what it is.
    """

    source: str
    visible: FilledText
    links: tuple[tuple[int, int, str], ...]
    pictures: tuple[tuple[int, int, str | None], ...]
    looks: tuple[tuple[int, int, str, str], ...]
    lang: str
    addresses: tuple[tuple[int, int, str, str], ...] = ()
    faults: tuple[tuple[int, int, str], ...] = ()


@dataclass
class _Reader(HTMLParser):
    source: str
    pieces: list[tuple[str, int, int]] = field(default_factory=list)
    links: list[tuple[int, int, str]] = field(default_factory=list)
    pictures: list[tuple[int, int, str | None]] = field(default_factory=list)
    looks: list[tuple[int, int, str, str]] = field(default_factory=list)
    lang: str = ""
    addresses: list[tuple[int, int, str, str]] = field(default_factory=list)
    faults: list[tuple[int, int, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.lines = [0]
        for line in self.source.split("\n"):
            self.lines.append(self.lines[-1] + len(line) + 1)
        self.open: list[tuple[str, str, str]] = []
        self.anchor: tuple[int, int, str] | None = None

    def at(self) -> int:
        line, column = self.getpos()
        return self.lines[line - 1] + column

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        start = self.at()
        end = start + len(self.get_starttag_text() or "")
        found = dict(attrs)
        self._look_at(tag, attrs, start, end)
        self.lang = self.lang or (found.get("lang") or "" if tag == "html" else "")
        if tag in _BLOCKS:
            self.pieces.append(("\n", start, end))
        if tag == "img":
            self.pictures.append((start, end, found.get("alt")))
            self.pieces.append((f" {found.get('alt') or ''} ", start, end))
            return
        if tag == "a":
            self._close_anchor(start)
            self.anchor = (start, len(self.pieces), found.get("href") or "")
        behind, ink = self.open[-1][1:] if self.open else ("", "")
        for name, value in _COLOUR.findall(found.get("style") or ""):
            behind, ink = (behind, value) if name.lower() == "color" else (value, ink)
        behind = found.get("bgcolor") or behind
        self.open.append((tag, behind, ink))

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS:
            self.pieces.append(("\n", self.at(), self.at()))
        if tag == "a":
            self._close_anchor(self.at())
        names = [name for name, _, _ in self.open]
        if tag in names:
            del self.open[len(names) - 1 - names[::-1].index(tag) :]

    def _look_at(self, tag: str, attrs: list[tuple[str, str | None]], start: int, end: int) -> None:
        """Note what a tag may not hold, the addresses in it, and texts that are read aloud."""
        self.faults += [(start, end, fault) for fault in faults_of(tag, attrs)]
        for name, value in attrs:
            if name in URLS:
                self.addresses.append((start, end, name, value or ""))
            elif name == "style":
                self.addresses += [(start, end, name, url) for url in style_urls(value or "")]
            elif name in READ and not (tag == "img" and name == "alt"):
                self.pieces.append((f" {value or ''} ", start, end))

    def _close_anchor(self, end: int) -> None:
        if self.anchor is None:
            return
        start, first, target = self.anchor
        text = "".join(piece for piece, _, _ in self.pieces[first:]).strip()
        self.links.append((start, end, text))
        if target:
            self.pieces.append((f" {target} ", start, end))
        self.anchor = None

    def close(self) -> None:
        super().close()
        end = len(self.source)
        self._close_anchor(end)
        if left := [name for name, _, _ in self.open if name in _WHOLE]:
            self.faults.append((end, end, f"The tag {left[0]} is not closed."))

    def handle_comment(self, data: str) -> None:
        """Read what only some mail programs show, as they do."""
        start = self.at()
        end = start + len(data) + 7
        if found := _CONDITION.match(data):
            inner = _Reader(found[1])
            inner.feed(found[1])
            inner.close()
            self.pieces += [(text, start, end) for text, _, _ in inner.pieces]
            self.addresses += [(start, end, *what) for _, _, *what in inner.addresses]
            self.faults += [(start, end, fault) for _, _, fault in inner.faults]

    def unknown_decl(self, data: str) -> None:
        if data.strip().casefold().partition(" ")[0] not in ("if", "endif", "else"):
            self.faults.append((self.at(), self.at() + 3, "A section of raw text is not allowed."))

    def handle_pi(self, data: str) -> None:
        self.faults.append((self.at(), self.at() + len(data) + 3, "An order is not allowed."))

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1][0] == "style":
            start, end = self.at(), self.at() + len(data)
            self.faults += [(start, end, fault) for fault in style_faults(data)]
            self.addresses += [(start, end, "style", url) for url in style_urls(data)]
        self._seen(data, len(data))

    def handle_entityref(self, name: str) -> None:
        self._seen(unescape(f"&{name};"), len(name) + 2)

    def handle_charref(self, name: str) -> None:
        self._seen(unescape(f"&#{name};"), len(name) + 3)

    def _seen(self, text: str, width: int) -> None:
        if any(name in _UNSEEN for name, _, _ in self.open):
            return
        start = self.at()
        self.pieces.append((text, start, start + width))
        if text.strip() and self.open:
            self.looks.append((start, start + width, self.open[-1][2], self.open[-1][1]))


def read_html(source: str) -> HtmlPart:
    """Read an HTML part; what is broken is read as mail programs read it."""
    reader = _Reader(source)
    try:
        reader.feed(source)
        reader.close()
    except (AssertionError, RecursionError) as error:  # a declaration that is none, too deep
        reader.faults.append((0, len(source), f"It cannot be read: {error}."))
    starts: list[int] = []
    ends: list[int] = []
    for text, start, end in reader.pieces:
        exact = len(text) == end - start
        starts += range(start, end) if exact else [start] * len(text)
        ends += range(start + 1, end + 1) if exact else [end] * len(text)
    visible = "".join(text for text, _, _ in reader.pieces)
    return HtmlPart(
        source, FilledText(visible, tuple(starts), tuple(ends)), tuple(reader.links),
        tuple(reader.pictures), tuple(reader.looks), reader.lang, tuple(reader.addresses),
        tuple(reader.faults),
    )  # fmt: skip


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
