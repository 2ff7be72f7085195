"""Past campaigns as the tables hold them: launched, counted, and read on their date."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personalization.store import Store

TODAY = date(2026, 12, 1)  # the day of the store that tests get
_DATASET = """
    INSERT OR IGNORE INTO datasets VALUES ($dataset_id, 'Base', $is_sample, $now, 'ada', NULL)
"""
_CAMPAIGN = """
    INSERT INTO campaigns VALUES ($campaign_id, 'C', $dataset_id, NULL, $brief, DATE '2026-10-01',
                                  'en-GB', $campaign_id, $now, 'ada', NULL)
"""
_EXPERIMENT = """
    INSERT INTO experiments (experiment_id, campaign_id, hypothesis, hypothesis_sha256, salt,
                             confidence, designed_at, designed_by, launched_at, mode, analysis_on,
                             approved_at)
    VALUES ($experiment_id, $campaign_id, '{}', '', 's', 0.95, $now, 'ada', $now, $mode,
            $analysis_on, $now)
"""
_SEGMENT = """
    INSERT OR IGNORE INTO segments
    SELECT $campaign_id, $segment, count(*), 'rule', 'Some.', 100, '{}' FROM segments
"""
_ARM = """
    INSERT INTO arms VALUES ($experiment_id, $segment, $arm, 0, 0.25, $variant_id, 1, 'hash')
"""
_VARIANT = """
    INSERT INTO variants
    VALUES ($variant_id, 1, $campaign_id, $segment, $arm, '', '', '', '', '', '', 'en-GB',
            $attributes, 'composer', '{}', 'hash', $now, 'ada')
"""
_STATISTICS = """
    INSERT INTO arm_statistics (experiment_id, attribute, level, arm, n, open, click, conversion,
        unsubscribe, complaint, revenue, buyers, revenue_capped, capped_variance, computed_at)
    VALUES ($experiment_id, 'segment', $segment, $arm, $n, 0, $click, $conversion, 0, 0, $revenue,
            $conversion, $revenue, $variance, $computed_at)
"""


def begin(
    store: Store, campaign_id: str, *, metric: str = "click", dataset_id: str = "base",
    is_sample: bool = False,
) -> None:  # fmt: skip
    """Add a campaign that has nothing yet."""
    now = store.now()
    store.run(_DATASET, dataset_id=dataset_id, is_sample=is_sample, now=now)
    store.run(
        _CAMPAIGN, campaign_id=campaign_id, dataset_id=dataset_id, now=now,
        brief=json.dumps({"metric": metric}),
    )  # fmt: skip


def write(
    store: Store, campaign_id: str, segment: str, arm: str, traits: Mapping[str, str]
) -> None:
    """Add a message with its traits."""
    now = store.now()
    store.run(_SEGMENT, campaign_id=campaign_id, segment=segment)
    store.run(
        _VARIANT, variant_id=f"{campaign_id}/{segment}/{arm}", campaign_id=campaign_id, arm=arm,
        segment=segment, attributes=json.dumps(traits), now=now,
    )  # fmt: skip


def launch(
    store: Store, campaign_id: str, *, analysis_on: date = TODAY - timedelta(days=1),
    mode: str = "export",
) -> None:  # fmt: skip
    """Send the campaign out; its result is due on ``analysis_on``."""
    store.run(
        _EXPERIMENT, experiment_id=f"{campaign_id}-experiment", campaign_id=campaign_id, mode=mode,
        analysis_on=analysis_on, now=datetime(2026, 10, 1, tzinfo=UTC),
    )  # fmt: skip


def count(
    store: Store, campaign_id: str, segment: str, arm: str, *, n: int, click: int,
    conversion: int = 0, revenue: float = 0.0, variance: float = 0.0,
    computed_at: datetime | None = None,
) -> None:  # fmt: skip
    """Say what an arm came to."""
    key = {"experiment_id": f"{campaign_id}-experiment", "segment": segment, "arm": arm}
    store.run(_ARM, variant_id=f"{campaign_id}/{segment}/{arm}", **key)
    store.run(
        _STATISTICS, n=n, click=click, conversion=conversion, revenue=revenue, variance=variance,
        computed_at=computed_at or store.now(), **key,
    )  # fmt: skip


def read(
    store: Store,
    campaign_id: str,
    clicks: Mapping[str, Mapping[str, int]],
    *,
    n: int = 2000,
    analysis_on: date = TODAY - timedelta(days=1),
    mode: str = "export",
    **begun: bool | str,
) -> None:
    """Add a whole past campaign: by segment, what ``n`` recipients of each tone clicked."""
    begin(store, campaign_id, **begun)  # type: ignore[arg-type]
    launch(store, campaign_id, analysis_on=analysis_on, mode=mode)
    for segment, by_tone in clicks.items():
        for arm, (tone, click) in zip("ABC", by_tone.items(), strict=False):
            write(store, campaign_id, segment, arm, {"tone": tone, "length": "short"})
            count(store, campaign_id, segment, arm, n=n, click=click)
