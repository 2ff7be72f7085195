"""A result that waits for its day: once the day is over it is measured anew, by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalization.campaign.launch import measure

if TYPE_CHECKING:
    from personalization.settings import Settings
    from personalization.store import Store

# What was measured before the end of the day of analysis was read by the intervals of an early
# look, and taught nothing.  What was brought over from an earlier schema was not measured here.
_DUE = """
    WITH newest AS (
        SELECT experiment_id, max(computed_at) AS measured_at, max(is_early) AS is_early
        FROM verdicts GROUP BY experiment_id
    ), responded AS (
        SELECT DISTINCT experiment_id FROM engagements
    )
    SELECT experiments.campaign_id FROM experiments
    LEFT JOIN newest ON newest.experiment_id = experiments.experiment_id
    LEFT JOIN responded ON responded.experiment_id = experiments.experiment_id
    WHERE experiments.launched_at IS NOT NULL
      AND (NOT $is_one OR experiments.campaign_id = $campaign_id)
      AND CASE WHEN newest.measured_at IS NULL
               THEN experiments.mode = 'simulation' OR responded.experiment_id IS NOT NULL
               ELSE coalesce(experiments.mode <> 'simulation'
                    AND experiments.analysis_on < CAST($today AS DATE)
                    AND (newest.is_early
                         OR CAST(CAST(newest.measured_at AS TIMESTAMP) AS DATE)
                            <= experiments.analysis_on), false) END
    ORDER BY experiments.launched_at, experiments.campaign_id
"""


def measure_if_due(store: Store, settings: Settings, campaign_id: str, *, actor: str) -> bool:
    """Measure a campaign whose day of analysis passed since it was measured, and learn from it.

    So is a launched campaign that has responses and no result, such as one that was measured by
    an earlier version.  Whoever shows a result calls this first; otherwise nothing happens.

    Args:
        store: Its clock says whether the day (UTC) is over.
        settings: As for ``measure``.
        campaign_id: Which campaign; one that was not launched is never due.
        actor: Who opens the result.

    Returns:
        Whether it was measured.
    """
    with store.transaction():
        is_due = bool(_due(store, campaign_id))
        if is_due:
            measure(store, settings, campaign_id, actor=actor)
    return is_due


def measure_due(store: Store, settings: Settings, *, actor: str) -> int:
    """Measure every campaign that is due, the first one sent first, and say how many there were.

    What they teach reaches the campaigns in the making, even where nobody opens their results.
    """
    return sum(
        measure_if_due(store, settings, campaign_id, actor=actor) for campaign_id in _due(store)
    )


def _due(store: Store, campaign_id: str | None = None) -> list[str]:
    found = store.read(
        _DUE, is_one=campaign_id is not None, campaign_id=campaign_id, today=store.now().date()
    )
    return [one for (one,) in found]
