"""Short names of weekdays where it is sure that they are some: "Mon-Fri", "Sat 10-4"."""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalization.voice.prices import any_of
from personalization.voice.readings import Rule, rule

if TYPE_CHECKING:
    import re

    from personalization.voice.spoken_words import SpokenWords


def day_rules(words: SpokenWords) -> tuple[Rule, ...]:
    """Return the rules for short weekdays: from one to another, and before a time or a date."""
    days = any_of(words.weekdays)
    long = any_of(day for day in words.weekdays if len(day) > 1)
    months = any_of((*words.months, *(name for name in words.short_months if name)))
    time = (
        r"\d{1,2}(?:[:./\u2013-]\d|\.\d|st\b|nd\b|rd\b|th\b|\s?[ap]\.?m\b|\s?Uhr\b|\s?h\b"
        rf"|\.?\s(?:de\s)?(?:{months})\b)"
    )
    return (
        rule(
            rf"(?<!\w)({days})\.?(?:\s?[\u2013-]\s?|\s(?:{words.says['to']}|au)\s)({days})"
            r"(?:\.(?=\s\S))?(?!\w)",
            _from_to,
        ),
        rule(rf"(?<!\w)({long})\.?(?=,?\s{time})", lambda m, w: w.weekdays[m[1]]),
    )


def _from_to(match: re.Match[str], words: SpokenWords) -> str:
    return f"{words.weekdays[match[1]]} {words.says['to']} {words.weekdays[match[2]]}"
