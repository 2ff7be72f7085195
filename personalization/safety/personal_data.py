"""Personal data that has no place in a text for a whole segment.

Numbers are only taken for what they say they are when their check digits agree.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from personalization.safety.reading import EMAIL, URL, Hit, blanked, pattern_hits, spans_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from personalization.safety.policy import Rule
    from personalization.safety.reading import Context

_HIDDEN_EMAIL: Final = re.compile(
    r"[\w.+-]{1,64}\s?[(\[{]\s?at\s?[)\]}]\s?[\w-]+(?:(?:\.|\s?[(\[{]?\s?dot\s?[)\]}]?\s?)[\w-]+)+"
    r"|[\w.+-]{1,64}\sat\s[\w-]+(?:\sdot\s[\w-]+)+",
    re.IGNORECASE,
)
_PHONE: Final = re.compile(
    r"(?<![\w.,/+-])(?:"
    r"(?:\+|00)[ ]?\d[\d ().\-/]{6,18}\d"
    r"|\(?0\d{2,5}\)?(?:[ .\-/]?\d{2,6}){1,4}"
    r"|(?:1[ .-])?\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}"
    r"|\(\+\d{1,3}\)[ ]?\d[\d ().\-/]{6,14}\d"
    r"|0(?:[ ]\d){9,10}"
    r")(?![\w-]|[.,]\d)"
)
_CALLED: Final = re.compile(
    r"\b(?:call|ring|phone|text|tel|mobile|cell|fax|whatsapp|dial|sms)(?:\W+\w+){0,3}?\W+(\d{9,12})\b",
    re.IGNORECASE,
)
_PHONE_DIGITS: Final = range(9, 16)
_SAME_NUMBER: Final = 9  # trailing digits that two spellings of one number share
_CARD: Final = re.compile(r"(?<![\w-])\d(?:[ .-]?\d){12,18}(?![\w-])")
# ISO/IEC 7812 ranges of Visa, Mastercard, American Express, Discover, JCB, Diners and UnionPay.
_ISSUER: Final = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}"
    r"|3[47]\d{13}|6(?:011|5\d\d|4[4-9]\d)\d{12,15}|35(?:2[89]|[3-8]\d)\d{12,15}"
    r"|3(?:0[0-5]|[689]\d)\d{11}|62\d{14,17}"
)
_IBAN: Final = re.compile(
    r"(?<!\w)(?:[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]){11,30}|[a-z]{2}\d{2}(?:[ -]?\d){10,24})(?!\w)"
)
_IBAN_LENGTHS: Final = range(15, 35)
_SSN: Final = re.compile(r"(?<![\w-])(?!000|666|9)\d{3}([- ])(?!00)\d{2}\1(?!0000)\d{4}(?![\w-])")
_NAMED_SSN: Final = re.compile(
    r"\b(?:ssn|social security(?: number| no\.?)?)\W+(?:\w+\W+){0,2}?((?!000|666|9)\d{9})\b",
    re.IGNORECASE,
)
_NINO: Final = re.compile(
    r"(?<!\w)(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]"
    r"(?:[ -]?\d{2}){3}[ -]?[A-D](?!\w)"
)


def email_address(text: str, rule: Rule, context: Context) -> Iterator[Hit]:
    """Find addresses but the sender's own: those declared, and roles at an allowed domain."""
    prose = blanked(text, spans_of((URL,), text))
    own = {address.casefold() for address in context.own_emails}
    for start, end in spans_of((EMAIL, _HIDDEN_EMAIL), prose):
        address = text[start:end].casefold()
        name, _, host = address.partition("@")
        is_role = any(pattern.fullmatch(name) for pattern in rule.patterns)
        if address not in own and not (is_role and host in context.allowed_domains):
            yield Hit(start, end, is_private=True)


def phone_number(text: str, _: Rule, context: Context) -> Iterator[Hit]:
    """Find telephone numbers but the sender's own, in the writings of the UK, US and abroad."""
    prose = blanked(text, spans_of((URL, _CARD, _IBAN), text))
    own = {digits_of(number)[-_SAME_NUMBER:] for number in context.own_phones}
    called = [match.span(1) for match in _CALLED.finditer(prose)]
    for start, end in dict.fromkeys([*spans_of((_PHONE,), prose), *called]):
        digits = digits_of(text[start:end])
        if len(digits) in _PHONE_DIGITS and digits[-_SAME_NUMBER:] not in own:
            yield Hit(start, end, is_private=True)


def payment_card(text: str, _: Rule, __: Context) -> Iterator[Hit]:
    """Find card numbers: an issuer's range, and check digits that agree."""
    for match in _CARD.finditer(text):
        digits = digits_of(match[0])
        if _ISSUER.fullmatch(digits) and passes_luhn(digits):
            yield Hit(*match.span(), is_private=True)


def national_id(text: str, _: Rule, __: Context) -> Iterator[Hit]:
    """Find US social security, UK national insurance and bank account (IBAN) numbers."""
    for match in _IBAN.finditer(text):
        if is_iban(match[0]):
            yield Hit(*match.span(), "It is an account number (IBAN).", is_private=True)
    named = [match.span(1) for match in _NAMED_SSN.finditer(text)]
    for start, end in [*spans_of((_SSN, _NINO), text), *named]:
        yield Hit(start, end, is_private=True)


def sensitive_attribute(text: str, rule: Rule, _: Context) -> Iterator[Hit]:
    """Find what is said of the reader's health, faith, orientation, family or money."""
    return pattern_hits(text, rule)


def customer_id(text: str, rule: Rule, _: Context) -> Iterator[Hit]:
    """Find the number under which a person is kept."""
    return (replace(hit, is_private=True) for hit in pattern_hits(text, rule))


def creepy(text: str, rule: Rule, _: Context) -> Iterator[Hit]:
    """Find what a shop may know and had better not say: sums, places, family, what was watched."""
    return pattern_hits(text, rule)


def digits_of(text: str) -> str:
    """Return the digits of ``text``."""
    return "".join(sign for sign in text if sign.isdecimal())


def passes_luhn(digits: str) -> bool:
    """Tell whether the last digit is the check digit of the others (ISO/IEC 7812-1, annex B).

    Example:
        >>> passes_luhn("79927398713")
        True
    """
    doubled = [int(d) * 2 if i % 2 else int(d) for i, d in enumerate(reversed(digits))]
    return sum(n - 9 if n > 9 else n for n in doubled) % 10 == 0  # noqa: PLR2004


def is_iban(text: str) -> bool:
    """Tell whether the number's remainder by 97 is 1 (ISO 13616).

    Example:
        >>> is_iban("GB82 WEST 1234 5698 7654 32")
        True
    """
    signs = "".join(sign for sign in text if sign.isalnum())
    if len(signs) not in _IBAN_LENGTHS:
        return False
    return int("".join(str(int(sign, 36)) for sign in signs[4:] + signs[:4])) % 97 == 1
