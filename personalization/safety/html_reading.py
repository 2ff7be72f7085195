"""How an HTML part is read: its words, its links and pictures, and what it must not hold."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from typing import Final

from personalization.safety.filling import FilledText
from personalization.safety.html_allowed import READ, URLS, faults_of, style_faults, style_urls

_UNSEEN: Final = frozenset(("style", "script"))
_WHOLE: Final = ("style", "script", "title")  # tags that swallow all that follows where unclosed
_CONDITION: Final = re.compile(r"\s*\[if\b[^\]]*\]>(.*?)(?:<!\[endif\]\s*)?$", re.DOTALL)
_BLOCKS: Final = frozenset((
    "p", "div", "br", "tr", "li", "h1", "h2", "h3", "h4", "h5", "h6", "table", "ul", "ol", "hr",
))  # fmt: skip
_COLOUR: Final = re.compile(
    r"(?<![\w-])(background-color|background|color)\s*:\s*([^;]+)", re.IGNORECASE
)


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
        is_one = self.source.startswith("<!--", start)
        if not is_one or data.startswith((">", "->")) or "--!>" in data:
            self.faults.append((start, end, "A comment has to end as one."))
        if found := _CONDITION.match(data):
            inner = _Reader(found[1])
            inner.feed(found[1])
            inner.close()
            self.pieces += [(text, start, end) for text, _, _ in inner.pieces]
            self.addresses += [(start, end, name, url) for _, _, name, url in inner.addresses]
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
