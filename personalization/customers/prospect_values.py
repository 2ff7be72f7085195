"""A prospect's values as a program tells them, read as those of a file are (``macros.sql``).

What a file and a program say of the same person has to come to the same row, or the two doors
would write two messages.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from personalization.customers.decoding import tidy
from personalization.customers.prospect_rows import LANGUAGES, USUAL_LANGUAGES

_NO_VALUE: Final = re.compile(
    r"(na|n/a|#n/a|n\.a\.|\(?null\)?|<null>|#null!|none|nan|-{1,3}|–|—|\.|\?|\\n|#ref!|#value!"
    r"|undefined)?",
    re.IGNORECASE,
)
_NAMES: Final = ("Null", "None", "Na")  # people are called so
_AS_TEXT: Final = re.compile(r'="([^"]*)"')
_TYPED: Final = re.compile(r"'[-=+@0-9(]")
_PROFILE: Final = re.compile(r"linkedin\.com/[^?#\s]+[^?#\s/]", re.IGNORECASE)
_IS_PROFILE: Final = re.compile(r"linkedin\.com/(in|sales|pub)/", re.IGNORECASE)
_HANDLE: Final = re.compile(
    r"(?:(?:https?://)?(?:www\.)?(?:x|twitter)\.com/)?@?([a-z0-9_]{1,15})/?", re.IGNORECASE
)
_ALONE: Final = re.compile(r"myself|self.?employed|sole|freelanc", re.IGNORECASE)
_PEOPLE: Final = re.compile(r"[0-9]+([.,' ][0-9]{3})*")
_THOUSANDS: Final = re.compile(r"[0-9] ?k", re.IGNORECASE)
_LOCALE: Final = re.compile(r"[A-Za-z]{2}[-_][A-Za-z]{2}")
_ZONE: Final = re.compile(r"UTC|[A-Z][A-Za-z]+(/[A-Za-z0-9_+-]+)+")


def text_of(told: str, *, is_name: bool = False) -> str | None:
    r"""Return a text as a cell with it is read, or None where it stands for nothing.

    Raises:
        UnicodeEncodeError: It holds half a sign, which no file can.

    Example:
        >>> text_of("Acme\u200b Ltd "), text_of("n/a"), text_of("Null", is_name=True)
        ('Acme Ltd', None, 'Null')
    """
    plain = " ".join(tidy(told.encode()).decode().split())
    if found := _AS_TEXT.fullmatch(plain):
        plain = found[1].strip()
    elif _TYPED.match(plain):
        plain = plain[1:].strip()
    is_none = _NO_VALUE.fullmatch(plain) and not (is_name and plain in _NAMES)
    return None if is_none else plain


def profile_of(told: str) -> str | None:
    """Return the address of a LinkedIn profile.

    Example:
        >>> profile_of("linkedin.com/in/ann/?x=1")
        'https://www.linkedin.com/in/ann'
    """
    found = _PROFILE.search(told) if _IS_PROFILE.search(told) else None
    return f"https://www.{found[0]}" if found else None


def handle_of(told: str) -> str | None:
    """Return the name of an account on X, without the sign before it.

    Example:
        >>> handle_of("https://x.com/ann"), handle_of("Ann Lee")
        ('ann', None)
    """
    found = _HANDLE.fullmatch(told)
    return found[1] if found else None


def headcount_of(told: str) -> int | None:
    """Return how many people a company has; of a range its lower end.

    Example:
        >>> headcount_of("1,001-5,000"), headcount_of("2k"), headcount_of("Self-employed")
        (1001, 2000, 1)
    """
    if _ALONE.search(told):
        return 1
    found = _PEOPLE.search(told)
    if found is None:
        return None
    people = int(re.sub("[^0-9]", "", found[0])) * (1_000 if _THOUSANDS.search(told) else 1)
    return people if 0 < people < 1 << 62 else None


def locale_of(told: str, country: str) -> str | None:
    """Return language and country, as far as they are known.

    Args:
        told: A language in words, or a locale.
        country: ISO code; empty where it is unknown.

    Example:
        >>> locale_of("Deutsch", "AT"), locale_of("", "FR"), locale_of("", "CH")
        ('de-AT', 'fr-FR', None)
    """
    spelt = "".join(
        sign
        for sign in unicodedata.normalize("NFD", told.lower())
        if not unicodedata.combining(sign)
    )
    language = LANGUAGES.get(spelt) or (told[:2].lower() if _LOCALE.fullmatch(told) else None)
    language = language or USUAL_LANGUAGES.get(country)
    return f"{language}-{country}" if language and country else language


def zone_of(told: str) -> str | None:
    """Return a time zone by its name in the tz database.

    Example:
        >>> zone_of("Europe/Berlin"), zone_of("CET+1")
        ('Europe/Berlin', None)
    """
    return told if _ZONE.fullmatch(told) else None
