"""The brand's profile in force, as every stage reads it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from personalization.domain import BrandProfile

if TYPE_CHECKING:
    from personalization.store import Store

_IN_FORCE = "SELECT version, profile FROM brand_profile_in_force"


def profile_in_force(store: Store) -> BrandProfile:
    """Return the profile as it was last saved; an empty one, version 0, where none was."""
    row = store.read_one(_IN_FORCE)
    return BrandProfile.of(row[0], json.loads(row[1])) if row else BrandProfile()
