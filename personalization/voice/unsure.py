"""Figures that can be read in more than one way: a script that holds one waits for other words."""

from __future__ import annotations

import re
from typing import Final

_ANYWHERE: Final = (
    r"(?<![\w.,])[-−]\s?[£$€]?\d[\d.,]*",  # minus, or a dash
    r"[£$€]?\d[\d.,]*\s?/\s?\w+",  # for each, of, or between
    r"['’]\d0s\b",
    r"[₹¥₽₺₩]\s?\d*|\d+\s?[₹¥₽₺₩]",
    r"\b(?:II|III|IV|VI{1,3}|IX|XI{1,3}|XIV|XV|XVI{0,3}|XIX|XXI?)\b",
    r"[£$€]\s?\d+[.,]01\b|\b\d+[.,]01\s?[£$€]",
    r"\d{1,3}(?:[ .  ]\d{3}){2,}\s+(?:d['’]|de\b)",
)
_GROUPED: Final = r"\b\d{1,3}(?:[   ]\d{3})+\b"
_SURE: Final = re.compile(r"24/7|\d{1,2}/\d{1,2}/\d{4}")
_UNSURE: Final = re.compile("|".join(f"(?:{pattern})" for pattern in _ANYWHERE))
_UNSURE_GERMAN: Final = re.compile(f"{_UNSURE.pattern}|{_GROUPED}|\\d{{1,2}}/\\d{{1,2}}/\\d{{4}}")


def unsure_figure(text: str, language: str) -> str:
    """Return why a text is held: its first figure of which it is not sure how it is said.

    Example:
        >>> unsure_figure("It costs £10/month.", "en-GB")
        "'£10/month' can be said in more than one way. Write it in words."
        >>> unsure_figure("Open 24/7, from £10 on 21/11/2026.", "en-GB")
        ''
    """
    is_german = language.casefold().startswith("de")
    plain = text.replace("24/7", "") if is_german else _SURE.sub("", text)
    found = (_UNSURE_GERMAN if is_german else _UNSURE).search(plain)
    if found is None:
        return ""
    return f"{found[0].strip()!r} can be said in more than one way. Write it in words."
