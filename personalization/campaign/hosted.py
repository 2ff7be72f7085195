"""Whether a hosted model writes, and having the rest composed where it cannot."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from personalization.errors import InputError
from personalization.providers import registry

if TYPE_CHECKING:
    from personalization.settings import Settings


def asks_hosted(settings: Settings) -> bool:
    """Tell whether messages are asked of a hosted model under these settings."""
    try:
        return registry.writer_name(settings.generation) != "composer"
    except InputError:
        return True  # it was named, and something is missing


def composing(settings: Settings) -> Settings:
    """Return the settings under which messages are composed on this machine, for one run."""
    return replace(settings, generation=replace(settings.generation, writer="composer"))
