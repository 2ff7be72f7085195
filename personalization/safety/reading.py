"""What a rule is given to read, and how it points at words.

A rule is a function ``(text, rule, context) -> hits``.  Texts are folded first: typographic
quotes, full-width letters and odd spaces become plain ones, sign for sign, so that a span in
the folded text is a span in the text.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from personalization.providers.obfuscation import sentence_spans

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import date

    from personalization.domain import Claim, Decision
    from personalization.safety.cited import Cited
    from personalization.safety.policy import Rule

_QUOTES: Final = str.maketrans("’‘ʼ‛´`“”„″\u00a0\u2009\u202f", "''''''\"\"\"\"   ")
_WORD: Final = re.compile(r"\w+")
_WORDS_AROUND: Final = 2

URL: Final = re.compile(
    r"(?:https?|hxxps?|ftp)\s?:[/\\]*[^\s<>\"']+|www\.[^\s<>\"']+", re.IGNORECASE
)
EMAIL: Final = re.compile(r"[\w.+'-]{1,64}@[\w-]+(?:\.[\w-]+)+")


@dataclass(frozen=True, slots=True)
class Context:
    """What a message is judged against.

    Attributes:
        sender_name: Who is sending.
        sender_address: Postal address, as the footer has to state it.
        allowed_domains: Hosts that links may lead to, with all below them.
        own_emails: E-mail addresses of the sender.
        own_phones: Telephone numbers of the sender.
        require_footer: Whether the message needs sender, address and opt-out.
        sources: Texts of the approved statements that the message cites.
        claims: Its claims as they were checked when it was written.
        jurisdictions: Codes of the countries whose people it goes to, such as ("DE", "GB").
        send_on: The day it goes out; None where that is not known.
        locale: Language and country of its text; empty where that is not known.
        representatives: Who may act for the sender, as an imprint names them.
        register_number: Under which register and number the sender is entered.
        vat_id: The sender's VAT identification number.
        on_behalf_of: For whom the sender writes, where that is somebody else.
        cited: The very statements and documents it cites; None where only ``sources`` are known,
            and then no claim ledger can be kept.
    """

    sender_name: str = ""
    sender_address: str = ""
    allowed_domains: tuple[str, ...] = ()
    own_emails: tuple[str, ...] = ()
    own_phones: tuple[str, ...] = ()
    require_footer: bool = True
    sources: tuple[str, ...] = ()
    claims: tuple[Claim, ...] = ()
    jurisdictions: tuple[str, ...] = ()
    send_on: date | None = None
    locale: str = "en-GB"
    representatives: tuple[str, ...] = ()
    register_number: str = ""
    vat_id: str = ""
    on_behalf_of: str = ""
    cited: Cited | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """Where a rule found cause.

    Attributes:
        start: Characters into the text.
        end: Likewise, exclusive; equal to ``start`` where something is missing.
        detail: Added to the rule's message.
        action: Instead of the rule's own.
        is_private: Whether the words must not be repeated on record.
    """

    start: int
    end: int
    detail: str = ""
    action: Decision | None = None
    is_private: bool = False


if TYPE_CHECKING:
    Check = Callable[[str, Rule, Context], Iterator[Hit]]


@lru_cache(maxsize=256)
def folded(text: str) -> str:
    """Return the text with plain quotes, spaces and letters, as long as it was.

    Example:
        >>> folded("Don" + chr(0x2019) + "t " + chr(0xFF22) + "UY")
        "Don't BUY"
    """
    return (text if text.isascii() else "".join(map(_fold, text))).translate(_QUOTES)


def _fold(sign: str) -> str:
    if sign.isascii():
        return sign
    plain = unicodedata.normalize("NFKC", sign)
    return plain if len(plain) == 1 else sign


def pattern_hits(text: str, rule: Rule) -> Iterator[Hit]:
    """Find the rule's patterns, but where its ``unless`` words stand around or near them."""
    taken: list[tuple[int, int]] = []
    excused = spans_of(rule.unless, text)
    for start, end in sorted(spans_of(rule.patterns, text)):
        if overlaps(taken, start, end) or overlaps(excused, start, end):
            continue
        if rule.unless_near and spans_of(rule.unless_near, sentence_at(text, start)):
            continue
        taken.append((start, end))
        yield Hit(start, end)


def spans_of(patterns: Iterable[re.Pattern[str]], text: str) -> list[tuple[int, int]]:
    """Return start and end of every match of every pattern that is not empty."""
    return [m.span() for pattern in patterns for m in pattern.finditer(text) if m[0]]


def overlaps(spans: Iterable[tuple[int, int]], start: int, end: int) -> bool:
    """Tell whether any of the spans shares a character with start to end."""
    return any(first < end and start < last for first, last in spans)


def sentence_at(text: str, position: int) -> str:
    """Return the sentence of ``text`` that holds the character at ``position``."""
    return next((text[a:b] for a, b in sentence_spans(text) if a <= position < b), text)


def blanked(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """Return the text with these spans as spaces, as long as it was."""
    signs = list(text)
    for start, end in spans:
        signs[start:end] = " " * (end - start)
    return "".join(signs)


def is_quoted(text: str, hit: Hit, sources: Iterable[str]) -> bool:
    """Tell whether a source says the hit's words, with the words around them, word for word."""
    words = [(m.start(), m.end(), m[0].casefold()) for m in _WORD.finditer(text)]
    inside = [i for i, (start, end, _) in enumerate(words) if start < hit.end and hit.start < end]
    if not inside:
        return False
    sentence = sentence_at(text, hit.start)
    first, last = max(inside[0] - _WORDS_AROUND, 0), inside[-1] + _WORDS_AROUND
    near = [word for _, _, word in words[first : last + 1]]
    whole = words_of(sentence)
    phrase = f" {' '.join(near)} "
    return any(phrase in said or whole in said for said in map(words_of, sources))


def words_of(text: str) -> str:
    """Return the words of ``text`` in lower case with one space around each.

    Example:
        >>> words_of("Best, by far!")
        ' best by far '
    """
    return f" {' '.join(_WORD.findall(folded(text).casefold()))} "
