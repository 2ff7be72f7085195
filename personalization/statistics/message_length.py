"""How long a message is as its channel counts: SMS by septets and segments, X by weight.

Sources: 3GPP TS 23.038 (the GSM 7 bit default alphabet and its extension) and 23.040 (segments);
docs.x.com, counting characters.
"""

from __future__ import annotations

import unicodedata
from typing import Final

from personalization.statistics.post_length import X, post_length

_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED: Final = frozenset("\f^{}\\[~]|€")  # each costs an escape as well
_GSM_ONE, _GSM_MANY = 160, 153
_UCS_ONE, _UCS_MANY = 70, 67
_BMP: Final = 0xFFFF  # code points above take two units


def septets(text: str) -> int | None:
    """Return what a text costs in the GSM alphabet; None where a sign of it is not in there.

    Example:
        >>> septets("10 € off"), septets("ça va")
        (9, None)
    """
    told = unicodedata.normalize("NFC", text)
    if not all(sign in _BASIC or sign in _EXTENDED for sign in told):
        return None
    return sum(2 if sign in _EXTENDED else 1 for sign in told)


def sms_segments(text: str) -> int:
    """Return as how many SMS a text is sent; 0 where it is empty.

    Signs outside of the GSM alphabet make the whole text UCS-2, in which an emoji counts twice.
    Nothing that takes two places is torn between two segments.

    Example:
        >>> sms_segments("a" * 160), sms_segments("a" * 161), sms_segments("ç" * 70)
        (1, 2, 1)
        >>> sms_segments("€" * 153)
        3
    """
    told = unicodedata.normalize("NFC", text)
    if septets(told) is None:
        sizes, one, many = [1 + (ord(sign) > _BMP) for sign in told], _UCS_ONE, _UCS_MANY
    else:
        sizes, one, many = [1 + (sign in _EXTENDED) for sign in told], _GSM_ONE, _GSM_MANY
    if sum(sizes) <= one:
        return int(bool(told))
    segments, left = 0, 0
    for size in sizes:
        if size > left:
            segments, left = segments + 1, many
        left -= size
    return segments


def counted_length(channel: str, text: str) -> int:
    """Return how many characters a channel counts: X by weight, SMS by septets or UCS-2 units.

    Example:
        >>> counted_length("linkedin_note", "Hello"), counted_length("sms", "1 €")
        (5, 4)
    """
    told = unicodedata.normalize("NFC", text)
    if channel == "x_message":
        return post_length(told, X)
    if channel == "sms":
        cost = septets(told)
        return cost if cost is not None else len(told.encode("utf-16-be")) // 2
    return len(told)
