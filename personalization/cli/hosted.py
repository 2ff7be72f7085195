"""What the last call to a hosted model came to, for ``doctor``: reached is not yet served."""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalization.campaign.hosted import asks_hosted
from personalization.errors import StateError
from personalization.providers import registry
from personalization.reports import spending
from personalization.settings import database_path
from personalization.store import open_for_checking

if TYPE_CHECKING:
    from personalization.settings import Settings


def refused_last(settings: Settings) -> str:
    """Return why the hosted model took no more calls when it was last asked, or an empty text.

    A service that lists its models may still refuse to write: an account without a quota does.
    Where the app holds the database, its Content page says it and nothing is said here.
    """
    if not asks_hosted(settings) or not database_path().exists():
        return ""
    try:
        store = open_for_checking(database_path(), heads=settings.audit.heads)
    except StateError:
        return ""
    try:
        refusal = spending.refusal(store) if spending.has_calls(store) else None
    finally:
        store.close()
    if refusal is None or refusal.service != registry.writer_name(settings.generation):
        return ""
    return f"When it was last asked, on {refusal.asked_at:%d %B %Y at %H:%M} UTC: {refusal.reason}"
