"""The words of the Voice studio."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

CHANNEL: Final = {
    "video_script": "Video script",
    "call_snippet": "Call snippet",
    "email": "E-mail, read out",
}

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
    "pauses": "Length of pauses",
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


def check_rows(checks: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the checks of a sound as the rows of a table."""
    return [
        {"Check": CHECK.get(each["name"], each["name"]), "Measured": each["value"],
         "At least": each["least"], "At most": each["most"],
         "": "Passed" if each["is_passed"] else "Fails"}
        for each in checks
    ]  # fmt: skip
