"""The words of the Voice studio."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from pages.ui import outreach_words, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from personalization.reports.voice import SpeakableScript

CHANNEL: Final = {
    "video_script": "Video script",
    "call_snippet": "Call snippet",
    "email": "E-mail, read out",
}

FIELD: Final = {
    "prospect.first_name": "First name",
    "prospect.full_name": "Full name",
    "prospect.company": "Company",
    "prospect.city": "Town",
    "prospect.industry": "Industry",
    "prospect.title": "Job title",
    "fact.text": "Cited fact",
    "first_name": "First name",
    "city": "Town",
    "country": "Country",
    "favourite_category": "Favourite category",
    "tier": "Loyalty tier",
}
"""What a personal word is, as a marketer calls it."""

PURPOSE: Final = {
    "video": "Personalised videos",
    "link": "A link in an e-mail",
    "dialler": "A dialler",
}

MEASURE: Final = {
    "f0_median": ("Pitch level", "Hz"),
    "f0_range": ("Pitch movement", "semitones"),
    "f0_sd": ("Spread of pitch", "semitones"),
    "articulation_rate": ("Pace", "syllables a second"),
    "speech_rate": ("Pace with pauses", "syllables a second"),
    "pause_ratio": ("Share of pauses", ""),
    "pause_mean": ("Length of a pause", "seconds"),
    "intensity_range": ("Dynamics", "dB"),
}

DIAL: Final = {
    "voice": "Voice",
    "rate": "Words a minute",
    "pitch": "Pitch",
    "range": "Pitch movement",
    "wordgap": "Gap between words",
    "declination": "Fall within a sentence",
    "phrase_pause": "Pause between phrases, seconds",
    "phrase_every": "Words between such pauses",
    "pauses": "Length of pauses, factor",
    "pause_contrast": "Long and short pauses apart, factor",
    "dynamics": "Dynamics",
    "speed": "Speed",
    "pitch_shift": "Pitch shift, semitones",
    "range_factor": "Pitch movement, factor",
    "instructions": "Instructions",
}

CHECK: Final = {
    "clipping": "Clipped places",
    "true_peak": "True peak, dBTP",
    "loudness": "Loudness, LUFS (one channel)",
    "leading_silence": "Silence before, s",
    "trailing_silence": "Silence after, s",
    "longest_silence": "Longest gap, s",
    "duration": "Length, s",
    "pace": "Characters a second",
    "word_times": "Words timed outside",
    "style_error": "From the speaker's manner, tolerances",
    "alignment": "Words heard in it (1 is all)",
}


def measure(name: str) -> str:
    """Say what is measured, with its unit: ``Pace, syllables a second``."""
    label, unit = MEASURE.get(name, (name.replace("_", " "), ""))
    return f"{label}, {unit}" if unit else label


def dial(value: object) -> str:
    """Say what a dial is set to, or a figure, with two decimals at most."""
    if value is None:
        return words.NOTHING
    return f"{round(value, 2):g}" if isinstance(value, int | float) else str(value)


_COVERED: Final = {
    "channels": ("anything that is spoken", CHANNEL),
    "campaigns": ("", {}),
    "languages": ("all languages", outreach_words.LANGUAGE),
    "territories": ("", {}),
}
"""What a consent covers: what to say where that is everything, and the words of its parts."""


def reader(segment: str, *, is_for_prospects: bool) -> str:
    """Say for whom a script is written: ``Top management``; a segment of customers by its name."""
    known = outreach_words.READER if is_for_prospects else {}
    return known.get(segment, segment.replace("_", " "))


def manner(arm: str, *, is_for_prospects: bool) -> str:
    """Say how a script is worded: ``Friendly, proof, short``; of customers ``Variant A``."""
    return outreach_words.arm(arm) if is_for_prospects else words.arm(arm)


def script(found: SpeakableScript) -> str:
    """Name a script: ``Video script for top management``."""
    whom = reader(found.segment, is_for_prospects=found.is_for_prospects)
    kind = CHANNEL.get(found.channel, found.channel)
    if found.is_for_prospects:
        return f"{kind} for {'others' if found.segment == 'other' else whom[:1].lower() + whom[1:]}"
    return f"{kind}, for {whom}"


def scope(found: Mapping[str, Iterable[str]], everything: str) -> str:
    """Say what a consent covers: ``Video script; English``; that it has no limit is left out."""
    told = []
    for name, values in found.items():
        unlimited, known = _COVERED.get(name, ("", {}))
        one_by_one = ", ".join(known.get(each, each) for each in values)
        told.append(unlimited if everything in values else one_by_one or "nothing")
    return "; ".join(filter(None, told))


def file_stem(campaign: str, channel: str) -> str:
    """Return what a download of a campaign's files is called.

    Example:
        >>> file_stem("Company gifting, autumn", "video_script")
        'company-gifting-autumn-video-script'
    """
    return re.sub(r"[^a-z0-9]+", "-", f"{campaign} {channel}".lower()).strip("-")


def check_rows(checks: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the checks of a sound as the rows of a table."""
    return [
        {"Check": CHECK.get(each["name"], each["name"]),
         "Result": "Passed" if each["is_passed"] else "Fails",
         "Measured": dial(each["value"]), "At least": dial(each["least"]),
         "At most": dial(each["most"])}
        for each in checks
    ]  # fmt: skip
