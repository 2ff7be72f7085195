"""What an HTML part may be made of: tags, attributes and styles; all else is markup to refuse.

A list of what is allowed, as mail programs and browsers differ in what they run, load and show,
and no list of what is harmful stays whole.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    Attributes = list[tuple[str, str | None]]

TAGS: Final = frozenset((
    "html", "head", "title", "meta", "style", "body", "p", "div", "span", "br", "hr", "h1", "h2",
    "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tfoot", "tr", "td", "th", "caption",
    "col", "colgroup", "ul", "ol", "li", "dl", "dt", "dd", "a", "img", "b", "strong", "i", "em",
    "u", "s", "small", "big", "sub", "sup", "font", "center", "blockquote", "q", "abbr", "cite",
    "code", "pre", "mark", "del", "ins", "section", "article", "header", "footer", "main", "nav",
    "aside", "figure", "figcaption", "address", "time", "strike", "tt", "wbr",
))  # fmt: skip
_ATTRIBUTES: Final = frozenset((
    "lang", "dir", "id", "class", "style", "title", "alt", "src", "href", "width", "height",
    "align", "valign", "border", "cellpadding", "cellspacing", "bgcolor", "color", "face", "size",
    "role", "colspan", "rowspan", "scope", "summary", "target", "rel", "name", "content",
    "charset", "http-equiv", "type", "media", "nowrap", "start", "reversed", "datetime",
    "background", "link", "vlink", "alink", "text", "xml:lang",
))  # fmt: skip
_FAMILIES: Final = ("aria-", "data-", "xmlns")
URLS: Final = frozenset(("href", "src", "background"))
"""Attributes that hold an address."""

READ: Final = frozenset(("title", "alt", "summary", "aria-label", "aria-description"))
"""Attributes that a reader, or a program that reads aloud, gets to know."""

_HEADS: Final = frozenset(("content-type", "x-ua-compatible"))
_ACTIVE: Final = re.compile(
    r"@import|expression\s*\(|image-set\s*\(|(?<![\w-])(?:content|behaviou?r)\s*:|-moz-binding|\\|<",
    re.IGNORECASE,
)
_CSS_URL: Final = re.compile(r"url\s*\(\s*[\"']?([^\"')]*)", re.IGNORECASE)


def faults_of(tag: str, attributes: Attributes) -> Iterator[str]:
    """Say what of a start tag is not on the list.

    Example:
        >>> list(faults_of("p", [("onclick", "x()"), ("lang", "en")]))
        ['The attribute onclick is not allowed.']
    """
    if tag not in TAGS:
        yield f"The tag {tag} is not allowed."
    names = [name for name, _ in attributes]
    for name, value in attributes:
        if name not in _ATTRIBUTES and not name.startswith(_FAMILIES):
            yield f"The attribute {name} is not allowed."
        elif name == "style":
            yield from style_faults(value or "")
        elif name == "http-equiv" and (value or "").strip().casefold() not in _HEADS:
            yield "A message must not send its reader on."
    if len(set(names)) < len(names):
        yield "An attribute stands twice, and programs differ in which one they take."


def style_faults(css: str) -> Iterator[str]:
    """Say what of a style loads, runs or writes something."""
    for found in _ACTIVE.finditer(css):
        yield f"The style {found[0]!r} is not allowed."


def style_urls(css: str) -> list[str]:
    """Return the addresses that a style loads something from.

    Example:
        >>> style_urls("background: URL('https://x.example/a.png')")
        ['https://x.example/a.png']
    """
    return _CSS_URL.findall(css)
