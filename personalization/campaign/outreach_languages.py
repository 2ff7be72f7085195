"""In which languages texts for prospects can be written: with approved content, and a writer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from personalization.campaign.hosted import asks_hosted
from personalization.domain import OUTREACH_CHANNELS
from personalization.providers import outreach_frames

if TYPE_CHECKING:
    from personalization.settings import Settings
    from personalization.store import Store

# A text says something of the sender: what asks for an answer is not enough.
_SAID: Final = """
    SELECT DISTINCT substr(locale, 1, 2) AS language FROM library_documents
    WHERE status = 'approved' AND kind IN ('benefit', 'proof', 'story', 'offer')
      AND list_has_any(CAST(channels AS VARCHAR[]), $channels::VARCHAR[])
      AND $day >= coalesce(valid_from, $day) AND $day <= coalesce(valid_until, $day)
    ORDER BY language
"""


def outreach_languages(store: Store, settings: Settings) -> tuple[str, ...]:
    """Return the languages in which texts for prospects can be written today, as ``en``.

    Args:
        store: Reads the approved content that names a channel of outreach.
        settings: Say who writes: the embedded writer has frames in some languages, a hosted one
            writes in every language that the content has.
    """
    said = store.read(_SAID, channels=list(OUTREACH_CHANNELS), day=store.now().date())
    framed = outreach_frames.languages()
    is_hosted = asks_hosted(settings)
    return tuple(str(language) for (language,) in said if is_hosted or language in framed)
