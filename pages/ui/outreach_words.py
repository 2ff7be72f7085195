"""What outreach calls its channels, readers, messages, tones and angles, as marketers read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pages.ui.words import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

CHANNEL: Final[Mapping[str, str]] = {
    "cold_email": "E-mail",
    "linkedin_note": "LinkedIn invitation",
    "linkedin_inmail": "LinkedIn InMail",
    "x_message": "X message",
    "sms": "SMS",
    "video_script": "Video script",
    "call_snippet": "Call snippet",
}
ICON: Final[Mapping[str, str]] = {
    "cold_email": "mail",
    "linkedin_note": "person_add",
    "linkedin_inmail": "inbox",
    "x_message": "tag",
    "sms": "sms",
    "video_script": "videocam",
    "call_snippet": "call",
}
READER: Final[Mapping[str, str]] = {
    "c_suite": "Top management",
    "sales": "Sales",
    "marketing": "Marketing",
    "product": "Product",
    "technical": "Technology",
    "finance": "Finance",
    "operations": "Operations",
    "people": "People",
    "customer_success": "Customer success",
    "other": "Other",
}
TONE: Final[Mapping[str, str]] = {
    "": "As written by hand",
    "professional": "Professional",
    "friendly": "Friendly",
    "direct": "Direct",
    "casual": "Casual",
}
ANGLE: Final[Mapping[str, str]] = {
    "": "As written by hand",
    "outcome": "What it brings",
    "proof": "Proof",
    "news": "Their news",
    "technical": "How it works",
    "peer": "What others do",
    "offer": "Offer",
}
KIND: Final[Mapping[str, str]] = {
    "opening": "First message",
    "follow_up": "Follow-up",
    "closing": "Last message",
}
LENGTH: Final[Mapping[str, str]] = {"short": "Short", "standard": "Standard"}
LOCALE: Final[Mapping[str, str]] = {
    "en-GB": "English (UK)",
    "en-US": "English (US)",
    "de-DE": "German",
    "fr-FR": "French",
    "es-ES": "Spanish",
    "it-IT": "Italian",
    "nl-NL": "Dutch",
}
LANGUAGE: Final[Mapping[str, str]] = {
    "en": "English", "de": "German", "fr": "French", "es": "Spanish", "it": "Italian",
    "nl": "Dutch", "pl": "Polish", "pt": "Portuguese", "ja": "Japanese", "zh": "Chinese",
    "sv": "Swedish", "da": "Danish",
}  # fmt: skip


def arm(name: str) -> str:
    """Say a text's arm, which is tone, angle and length: ``Friendly, proof, short``."""
    parts = name.split("/")
    if len(parts) != 3:  # noqa: PLR2004
        return plain(name)
    tone, angle, length = parts
    words = (
        TONE.get(tone, tone),
        ANGLE.get(angle, angle).lower(),
        LENGTH.get(length, length).lower(),
    )
    return plain(", ".join(words))
