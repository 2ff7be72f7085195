"""How product texts are spoken of on the screen."""

from __future__ import annotations

from typing import Final

KIND: Final = {
    "summary": "Why this one (summary)",
    "description": "Product description",
    "email": "E-mail: subject, intro, body, button, closing",
    "social": "Social posts",
    "highlights": "Highlights",
    "team_summary": "Summary for sales and marketing",
}
SHORT: Final = {
    "summary": "Summary",
    "description": "Description",
    "email": "E-mail",
    "social": "Post",
    "highlights": "Highlights",
    "team_summary": "Team summary",
}
TONE: Final = {
    "friendly": "Friendly",
    "formal": "Formal",
    "professional": "Professional",
    "promotional": "Promotional",
    "informative": "Informative",
    "subtle_upsell": "Subtle upsell",
}
CHANNEL: Final = {
    "web": "Web",
    "email": "E-mail",
    "x": "X",
    "instagram": "Instagram",
    "facebook": "Facebook",
    "linkedin": "LinkedIn",
    "team": "Team",
}
ICON: Final = {
    "web": "web",
    "email": "mail",
    "x": "tag",
    "instagram": "photo_camera",
    "facebook": "thumb_up",
    "linkedin": "work",
    "team": "groups",
}
