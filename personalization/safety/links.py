"""Where links lead: to the sender's own https pages, or nowhere."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from personalization.addresses import TRAILING, is_allowed
from personalization.safety.reading import EMAIL, URL, Hit, blanked, spans_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from personalization.safety.policy import Rule
    from personalization.safety.reading import Context

# Endings that make a bare word a host; other words with a full stop in them are prose.
_ENDINGS: Final = (
    "com|net|org|info|biz|edu|gov|io|ai|app|dev|co|uk|de|fr|es|eu|nl|ie|us|ca|au|nz|pl|cz|ch|ru|cn"
    "|shop|store|online|site|xyz|top|club|deals|sale|offers|click|link|page|live|news|example|test"
    "|invalid|tk|ml|ga|cf|gq|ly|gl|gd|gg|gy|tv|cc|ws|cm|pw|vip|win|bid|zip|mov|support|email|cloud"
)
_BARE: Final = re.compile(
    rf"(?<![\w@./-])(?:[\w-]+\.)+(?:{_ENDINGS})(?![\w-]|\.[\w])(?:[:/?#][^\s<>\"']*)?"
    r"|(?<![\w@./-])(?:[\w-]+\.)+[a-z]{2,}/[^\s<>\"']*"
    r"|(?<![\w@./-])\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?/[^\s<>\"']*"
)
_GOES_ON: Final = re.compile(r"[\t\r\n]+@\S+")
_SCHEME: Final = re.compile(r"^(?:[a-z][a-z0-9+.-]*:)?[/\\]*")
_DOT: Final = r"(?:\s?[\[({]\s?(?:dot|\.)\s?[\])}]\s?|\sdot\s)"
# Of hidden ones only those that nobody says by accident: "polka dot shop" is no host.
_HIDDEN: Final = re.compile(
    rf"(?<![\w.-])(?:[\w-]{{1,63}}{_DOT}){{1,5}}(?:com|net|org|info|biz|co|uk|de|fr|es|eu|io|xyz|ru|cn|test)\b",
    re.IGNORECASE,
)


def foreign_link(text: str, _: Rule, context: Context) -> Iterator[Hit]:
    """Find links and host names that are not the sender's own, or not https."""
    taken = spans_of((URL,), text)
    for start, end in taken:
        address = text[start:end].rstrip(TRAILING)
        if not is_allowed(address, context.allowed_domains):
            yield Hit(start, start + len(address))
        elif after := _GOES_ON.match(text, end):
            yield Hit(start, after.end(), "It goes on after a gap.")
    rest = blanked(text, [*taken, *spans_of((EMAIL,), text)])
    for start, end in spans_of((_HIDDEN,), rest):
        yield Hit(start, end, "It is disguised.")
    for match in _BARE.finditer(rest):
        address = match[0].rstrip(TRAILING)
        if not is_allowed(f"https://{address}", context.allowed_domains):
            yield Hit(match.start(), match.start() + len(address))


def link_field(texts: Mapping[str, str], rule: Rule, context: Context) -> Iterator[Hit]:
    """Find a link field that is anything but one address of the sender's own, as a whole."""
    link = texts["link"].strip()
    is_found = any(foreign_link(texts["link"], rule, context))
    if link and not is_found and not is_allowed(link, context.allowed_domains):
        yield Hit(0, len(texts["link"]), "A link is one https address, with nothing around it.")


def shortener(text: str, rule: Rule, _: Context) -> Iterator[Hit]:
    """Find links through a shortener, which hides where they lead, allowed or not."""
    for match in (*URL.finditer(text), *_BARE.finditer(text)):
        address = match[0].rstrip(TRAILING)
        host = _SCHEME.sub("", address.casefold()).split("/")[0].removeprefix("www.")
        if host in rule.names:
            yield Hit(match.start(), match.start() + len(address))
