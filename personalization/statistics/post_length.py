"""How long a post is as its platform counts.

X counts by weight: most letters of European scripts and common punctuation once, everything else
and every emoji twice, and an address always as 23, whatever its length.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

X: Final = "x"
_LINK: Final = re.compile(r"https?://\S+", re.IGNORECASE)
_LINK_WEIGHT: Final = 23
# An emoji with all that is joined to it or colours it, and a flag, which is two letters.
_PART: Final = (
    "[\U0001f1e6-\U0001faff\u2600-\u27bf\u2b50\u2b55\u231a-\u23ff][\ufe0f\U0001f3fb-\U0001f3ff]*"
)
_EMOJI: Final = re.compile(f"[\U0001f1e6-\U0001f1ff]{{2}}|{_PART}(?:\u200d{_PART})*")
_EMOJI_WEIGHT: Final = 2
_OTHER_WEIGHT: Final = 2
# Code points that count once: docs.x.com, counting characters.
_SINGLE: Final = ((0x0, 0x10FF), (0x2000, 0x200D), (0x2010, 0x201F), (0x2032, 0x2037))
_HASHTAG: Final = re.compile(r"(?<![\w&#/])#(?=\w*[^\W\d_])\w+")


def post_length(text: str, channel: str) -> int:
    """Return how many characters a platform counts; for all but X every character is one.

    Example:
        >>> post_length("Tea for two https://shop.example/a-very-long-address-indeed", "x")
        35
    """
    told = unicodedata.normalize("NFC", text)
    if channel != X:
        return len(told)
    rest, n_links = _LINK.subn("", told)
    rest, n_emojis = _EMOJI.subn("", rest)
    single = sum(_weight(ord(sign)) for sign in rest)
    return single + _LINK_WEIGHT * n_links + _EMOJI_WEIGHT * n_emojis


def hashtags(text: str) -> list[tuple[int, int]]:
    """Return where the hashtags of a text stand; ``#1`` is none, for platforms link none.

    Example:
        >>> len(hashtags("#TeaTime is our #1 #home hour"))
        2
    """
    return [found.span() for found in _HASHTAG.finditer(text)]


def _weight(code: int) -> int:
    return 1 if any(low <= code <= high for low, high in _SINGLE) else _OTHER_WEIGHT
