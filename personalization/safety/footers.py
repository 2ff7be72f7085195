"""What the law wants at the end of every commercial e-mail: opt-out, address, sender."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from personalization.addresses import is_allowed
from personalization.safety.reading import EMAIL, URL, Hit, blanked, spans_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from personalization.safety.policy import Rule
    from personalization.safety.reading import Context

_SIGN: Final = re.compile(r"[\W_]+")
# A message that stays in the country may leave the country's name out of the address.
_COUNTRY: Final = re.compile(r",\s*[^\d,]+$")


def unsubscribe(text: str, rule: Rule, context: Context) -> Iterator[Hit]:
    """Find a message without opt-out wording next to a link or address of the sender's own."""
    if not context.require_footer:
        return
    wordings = spans_of(rule.patterns, text)
    folded = text.lower()
    for words in _opt_out_words(rule):
        at = folded.find(words)
        wordings += [(at, at + len(words))] if at >= 0 else []
    ways = _ways_out(text, context)
    edges = [edge for wording in wordings for edge in wording]
    if any(abs(way - edge) <= rule.limit for way in ways for edge in edges):
        return
    detail = "No https link or reply address of your own stands next to the wording."
    yield Hit(len(text), len(text), detail if wordings else "")


def _opt_out_words(rule: Rule) -> frozenset[str]:
    """Return the words for it in every country's language: a text is in one of them at most."""
    return frozenset(
        words
        for table in rule.jurisdictions.values()
        for words in table.get("footer", {}).get("opt_out", ())
    )


def _ways_out(text: str, context: Context) -> list[int]:
    links = [m.start() for m in URL.finditer(text) if is_allowed(m[0], context.allowed_domains)]
    own = {address.casefold() for address in context.own_emails}
    return links + [m.start() for m in EMAIL.finditer(text) if m[0].casefold() in own]


def postal_address(text: str, _: Rule, context: Context) -> Iterator[Hit]:
    """Find a message without the sender's address; only letters and digits are compared."""
    if not context.require_footer:
        return
    address = context.sender_address
    wanted = {signs_of(address), signs_of(_COUNTRY.sub("", address))} - {""}
    if not wanted:
        yield Hit(len(text), len(text), "No address is set for this sender.")
    elif not any(form in signs_of(text) for form in wanted):
        yield Hit(len(text), len(text), f"It reads: {address}.")


def sender_identity(text: str, _: Rule, context: Context) -> Iterator[Hit]:
    """Find a message whose text does not name the sender; a link does not count."""
    if not context.require_footer:
        return
    prose = blanked(text, spans_of((URL, EMAIL, _HOST), text))
    name = signs_of(context.sender_name)
    if not name or name not in signs_of(prose):
        yield Hit(len(text), len(text), f"It is {context.sender_name or 'not set'}.")


_HOST: Final = re.compile(r"(?<![\w-])[\w-]+(?:\.[\w-]+)+\b")


def signs_of(text: str) -> str:
    """Return the letters and digits of ``text`` in lower case.

    Example:
        >>> signs_of("12 Mill Lane, York")
        '12milllaneyork'
    """
    return _SIGN.sub("", text.casefold().replace("&", "and"))
