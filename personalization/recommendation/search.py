"""What a strategy is told of a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from personalization.recommendation.policy import Policy


@dataclass(frozen=True, slots=True)
class Search:
    """What a strategy is told.

    Attributes:
        models: By kind, as ``models_for`` gives them.
        campaign_id: Whose segments say what is popular; empty where there are none.
        kept: Candidates for each customer.
        wanted: Products that each is given of them; 0 where nothing is ranked.
    """

    dataset_id: str
    policy: Policy
    as_of: datetime
    models: Mapping[str, str]
    campaign_id: str
    kept: int
    wanted: int = 0

    @property
    def ground(self) -> dict[str, str]:
        """Return what a run is put on record with: its models, and whose ``segments`` counted."""
        segments = {"segments": self.campaign_id} if self.campaign_id else {}
        return {**self.models, **segments}
