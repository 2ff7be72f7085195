"""What is left over or smuggled in: placeholders, markup, orders to a language model."""

from __future__ import annotations

import base64
import binascii
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
_BLOCK: Final = re.compile(r"(?<![\w+/=])[A-Za-z0-9+/_-]{16,}={0,2}(?![\w+/=])")
_WORDS: Final = re.compile(r"[A-Za-z]{2,}[ ,.:]+[A-Za-z]{2,}")
_SPACE: Final = re.compile(r"\s+")
_SCRIPT: Final = re.compile(r"(?:java|vb|live)script:", re.IGNORECASE)
_LINE_BREAK: Final = re.compile(r"[\r\n\u2028\u2029\v\f]")


def unfilled_field(text: str, rule: Rule, _: Context) -> Iterator[Hit]:
    """Find merge fields that nothing will fill, greetings without a name, and placeholders."""
    return pattern_hits(text, rule)


def assistant(text: str, rule: Rule, _: Context) -> Iterator[Hit]:
    """Find what a language model says about its work instead of doing it."""
    return pattern_hits(text, rule)


def markdown(text: str, rule: Rule, _: Context) -> Iterator[Hit]:
    """Find marks of Markdown, which a mail program shows as they stand."""
    return pattern_hits(text, rule)


def markup(text: str, rule: Rule, _: Context) -> Iterator[Hit]:
    """Find tags, scripts and template code, plain, encoded once or twice, or spaced out."""
    hits = list(_in_any_reading(text, rule, *_unquoted(text)))
    yield from hits
    if not hits and _SCRIPT.search(_SPACE.sub("", text)) and not _SCRIPT.search(text):
        yield from _spaced_script(text)


def _unquoted(text: str) -> tuple[str, str]:
    once = unquote(html.unescape(text))
    return once, unquote(html.unescape(once))


def _spaced_script(text: str) -> Iterator[Hit]:
    """Find javascript: with gaps in it; "Java Script: a primer" is no link."""
    if re.search(r"script\s*:(?!\s)", text, re.IGNORECASE) or re.search(r"(?:\w\s){5}", text):
        yield Hit(0, len(text), "It is disguised.")


def code(text: str, rule: Rule, context: Context) -> Iterator[Hit]:
    """Find markup in a message, where double braces are a matter of merge fields."""
    return (hit for hit in markup(text, rule, context) if text[hit.start : hit.end] not in _BRACES)


def orders(text: str, rule: Rule, context: Context) -> Iterator[Hit]:
    """Find orders to a language model, plain or disguised, and line breaks in a field."""
    hits = list(orders_in_passage(text, rule, context))
    yield from hits
    if not hits and _LINE_BREAK.search(text.strip()):
        yield Hit(0, len(text), "A line break has no place in this field.")


def orders_in_passage(text: str, rule: Rule, _: Context) -> Iterator[Hit]:
    """Find orders to a language model, plain, disguised or encoded, in text of several lines."""
    hits = list(_in_any_reading(text, rule, decoded(text), *_unquoted(text)))
    yield from hits
    if not hits:
        yield from (Hit(*m.span(), "It is encoded.") for m in _BLOCK.finditer(text) if _says(m[0]))


def _says(block: str) -> bool:
    """Tell whether a block of base64 holds words: a name or a code does not."""
    plain = block.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        read = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
        return bool(_WORDS.search(read.decode("ascii")))
    except (binascii.Error, UnicodeDecodeError):
        return False


def _in_any_reading(text: str, rule: Rule, *others: str) -> Iterator[Hit]:
    hits = list(pattern_hits(text, rule))
    yield from hits
    if not hits and any(o != text and any(pattern_hits(o, rule)) for o in others):
        yield Hit(0, len(text), "It is disguised.")
