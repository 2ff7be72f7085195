"""What a rule is given to read, and how it points at words.

A rule is a function ``(text, rule, context) -> hits``.  Texts are folded first: typographic
quotes, full-width letters and odd spaces become plain ones, sign for sign, so that a span in
the folded text is a span in the text.
"""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from personalization.domain import OUTREACH_CHANNELS, BrandProfile, Brief
from personalization.providers.obfuscation import decoded, sentence_spans
from personalization.safety.filling import FilledText
from personalization.safety.needles import matches

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import date

    from personalization.domain import Claim, Decision
    from personalization.safety.cited import Cited
    from personalization.safety.policy import Rule

_QUOTES: Final = str.maketrans("’‘ʼ‛´`“”„″\u00a0\u2009\u202f", "''''''\"\"\"\"   ")
_WORD: Final = re.compile(r"\w+")
# One letter after the other with a sign between them, or a word.
_SPACED: Final = r"(?<!\w)[^\W\d_](?:[ ._*-]{1,3}[^\W\d_](?!\w)){3,}"
_TOKEN: Final = re.compile(rf"(?P<spaced>{_SPACED})|\S+")
_STAND_IN: Final = re.compile(r"[\d@$!|&]")
_LETTER_GAP: Final = re.compile(r"[ ._*]*(-?)[ ._*]*(?=\w)")
_WORDS_AROUND: Final = 2
_MAILS: Final = frozenset(("email", "cold_email"))

# Of schemes without slashes only those that open something else; mailto: and tel: are read as the
# address and the number that they hold.  "and/or" and "// new //" are no links, "//host/" is one.
URL: Final = re.compile(
    r"(?:https?|hxxps?|ftp)\s?:[/\\]*[^\s<>\"']+|www\.[^\s<>\"']+"
    r"|(?<![a-z0-9+.-])[a-z][a-z0-9+.-]{1,30}:[/\\]{2}[^\s<>\"']+"
    r"|(?<![\w:/\\.])[/\\]{2,}(?:[\w-]+\.\w|\d{4}|\[|[\w.-]{2,}[/\\:?#@])[^\s<>\"']*"
    r"|(?<![\w-])(?:sms:[+\d?/]|(?:skype|callto|whatsapp|intent|facetime|viber|view-source):(?=[^\s]))"
    r"[^\s<>\"']*",
    re.IGNORECASE,
)
EMAIL: Final = re.compile(r"[\w.+'-]{1,64}@[\w-]+(?:\.[\w-]+)+")

_NO_BRAND: Final = BrandProfile()
_NO_BRIEF: Final = Brief()


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
        arm: Which arm it is written for; empty where that is not known.
        profile: How the brand speaks.
        brief: What the campaign is for.
        house_sha256: Fingerprint of profile, brief and send date, as ``house_rules`` has it.
        product_items: Products that a message of its arm may name; 0 for none.
        channel: Where it is read: email, web, x, instagram, facebook, linkedin or team; or one of
            OUTREACH_CHANNELS.
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
    arm: str = ""
    profile: BrandProfile = _NO_BRAND
    brief: Brief = _NO_BRIEF
    house_sha256: str = ""
    product_items: int = 0
    channel: str = "email"

    @property
    def is_mail(self) -> bool:
        """Tell whether it is an e-mail, with a subject and a footer as the law wants them."""
        return self.channel in _MAILS

    @property
    def is_outreach(self) -> bool:
        """Tell whether it goes to prospects, whose fields fill it."""
        return self.channel in OUTREACH_CHANNELS


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


@lru_cache(maxsize=256)
def undisguised(text: str) -> FilledText | None:
    """Return what a text says under its disguise, with where it stands; None without one.

    Entities are resolved, invisible signs dropped, twins of letters and digits among letters
    read as letters, spaced letters joined.

    Example:
        >>> undisguised("r1sk-fr33 &amp; f r e e").text
        'risk-free & free'
        >>> undisguised("50 ml for 3 people") is None
        True
    """
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    position = 0
    for token in [*_TOKEN.finditer(text), None]:
        start, end = token.span() if token else (len(text), len(text))
        pieces.append(text[position:start])
        starts += range(position, start)
        ends += range(position + 1, start + 1)
        shown = _undisguised_token(token) if token else ""
        if token and shown == token[0]:
            starts += range(start, end)
            ends += range(start + 1, end + 1)
        else:
            starts += [start] * len(shown)
            ends += [end] * len(shown)
        pieces.append(shown)
        position = end
    read = "".join(pieces)
    return None if read == text else FilledText(read, tuple(starts), tuple(ends))


def _undisguised_token(token: re.Match[str]) -> str:
    word = token[0]
    if token["spaced"]:
        joined = _LETTER_GAP.sub(r"\1", word)
        return f"A {joined[1:]}" if word[0] == "A" and word[2].islower() else joined
    if word.isascii() and not _STAND_IN.search(word):
        return word
    return decoded(html.unescape(word))


def pattern_hits(text: str, rule: Rule) -> Iterator[Hit]:
    """Find the rule's patterns, but where its ``unless`` words stand around or near them."""
    taken: list[tuple[int, int]] = []
    excused = _known_spans(rule.unless, text)
    for start, end in sorted(_known_spans(rule.patterns, text)):
        if overlaps(taken, start, end) or overlaps(excused, start, end):
            continue
        if rule.unless_near and spans_of(rule.unless_near, sentence_at(text, start)):
            continue
        taken.append((start, end))
        yield Hit(start, end)


# By the identity of a rule's patterns, kept beside what they find: to hash them takes longer than
# to look for them.  Subjects, buttons and footers repeat from message to message.
_spans: dict[tuple[int, str], tuple[tuple[re.Pattern[str], ...], tuple[tuple[int, int], ...]]] = {}
_SPANS_MOST: Final = 32_768


def _known_spans(patterns: tuple[re.Pattern[str], ...], text: str) -> tuple[tuple[int, int], ...]:
    """Return what ``spans_of`` finds; of a text that was read before it is known."""
    if not patterns:
        return ()
    known = _spans.get((id(patterns), text))
    if known is None or known[0] is not patterns:
        if len(_spans) >= _SPANS_MOST:
            _spans.clear()
        known = patterns, tuple(spans_of(patterns, text))
        _spans[id(patterns), text] = known
    return known[1]


def spans_of(patterns: Iterable[re.Pattern[str]], text: str) -> list[tuple[int, int]]:
    """Return start and end of every match of every pattern that is not empty."""
    return [match.span() for match in matches(patterns, text) if match[0]]


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
