"""Whether an English sentence without figures asserts something, and what in it is new."""

from __future__ import annotations

import re
from typing import Final

from personalization.generation.retelling import tells_past

_ABOUT_US: Final = re.compile(r"\b(?:we|our|ours)\b", re.IGNORECASE)
ASSERTS: Final = re.compile(
    r"\b(?:comes?|offers?|includes?|lasts?|works?|is|are|was|were|has|have|makes?|made|can|cannot|will|won['’]t"
    r"|keeps?|holds?|fits?|gives?|stays?|protects?|prevents?|reduces?|helps|removes?|dries|resists?"
    r"|blocks?|fights?|boosts?|improves?|cures?|heals?|treats|kills?|lowers?|burns?|runs?|carries"
    r"|weighs?|measures?|costs?|pays?|ships?|arrives?|delivers?|needs?|contains?|covers?)\b",
    re.IGNORECASE,
)
_TELLS_BY_ASKING: Final = re.compile(
    r"\b(?:did you know|have you heard|who knew|guess what|(?:is|are|does|do|was|were)n['’]t"
    r"|right\?)",
    re.IGNORECASE,
)
_ANSWERED: Final = re.compile(r"\?[\s\W]+\w")
_INVITES: Final = re.compile(
    r"^(?:if you|when you|do|have a|take|come|go on|please|see|let us|browse|find)\b", re.IGNORECASE
)
_COURTESY: Final = re.compile(
    r"^(?:we|i|all of us|everyone)\b.{0,40}\b(?:hope|wish|thank|love to|would love|look forward"
    r"|are (?:here|glad|happy))\b|^(?:thank|warm|kind|best|yours|love|hello|hi|dear|good)\b",
    re.IGNORECASE,
)
_GREETING: Final = re.compile(
    r"^(?:hello|hi|hey|dear|good \w+)\b[^,!:.\n]{0,30}[,!:\n]\s*", re.IGNORECASE
)
_SUBSTANCE: Final = 2  # content words from which a plain sentence is more than a courtesy


def is_assertion(text: str, unknown: set[str], weighty: frozenset[str]) -> bool:
    """Tell whether a sentence asserts something about what is sold, or about the sender.

    Args:
        text: One sentence without a figure, a superlative or a guarantee.
        unknown: Its stems that are no courtesy, nor the brand's name or voice.
        weighty: Stems of words that say something of their own.
    """
    stripped = _GREETING.sub("", text.strip())
    if stripped.endswith("?") and not _TELLS_BY_ASKING.search(stripped):
        return False
    if _ANSWERED.search(stripped) or unknown & weighty:
        return bool(unknown)
    if _COURTESY.search(stripped):
        return False
    if ASSERTS.search(stripped) and not _INVITES.search(stripped):
        return bool(unknown)
    tells = _ABOUT_US.search(stripped) or (tells_past(stripped) and not _INVITES.search(stripped))
    return bool(tells) and len(unknown) >= _SUBSTANCE
