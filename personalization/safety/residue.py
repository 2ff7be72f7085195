"""What is left over or smuggled in: placeholders, markup, orders to a language model."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from personalization.providers.obfuscation import decoded
from personalization.safety.reading import Hit, pattern_hits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from personalization.safety.policy import Rule
    from personalization.safety.reading import Context

_BRACES: Final = ("{{", "}}")
_LINE_BREAK: Final = re.compile(r"[\r\n\u2028\u2029\v\f]")


def unfilled_field(text: str, rule: Rule, _: Context) -> Iterator[Hit]:
    """Find merge fields that nothing will fill, greetings without a name, and placeholders."""
    return pattern_hits(text, rule)


def markup(text: str, rule: Rule, _: Context) -> Iterator[Hit]:
    """Find tags, scripts and template code, plain or encoded."""
    return _in_any_reading(text, rule, unquote(html.unescape(text)))


def code(text: str, rule: Rule, context: Context) -> Iterator[Hit]:
    """Find markup in a message, where double braces are a matter of merge fields."""
    return (hit for hit in markup(text, rule, context) if text[hit.start : hit.end] not in _BRACES)


def orders(text: str, rule: Rule, _: Context) -> Iterator[Hit]:
    """Find orders to a language model, plain or disguised, and line breaks in a field."""
    hits = list(_in_any_reading(text, rule, decoded(text)))
    yield from hits
    if not hits and _LINE_BREAK.search(text.strip()):
        yield Hit(0, len(text), "A line break has no place in this field.")


def _in_any_reading(text: str, rule: Rule, other: str) -> Iterator[Hit]:
    hits = list(pattern_hits(text, rule))
    yield from hits
    if not hits and other != text and any(pattern_hits(other, rule)):
        yield Hit(0, len(text), "It is disguised.")
