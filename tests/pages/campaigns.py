"""Campaigns as far along as a page wants them, made by the stages themselves without a model."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from personalization import (
    approval,
    campaign,
    content,
    delivery,
    experiments,
    generation,
    learning,
    safety,
    segmentation,
)
from personalization.campaign.brand import take_shipped_profile
from personalization.campaign.emails import check_emails
from personalization.providers.composer import Composer
from personalization.providers.protocols import HarmAnalysis

if TYPE_CHECKING:
    from pathlib import Path

    from personalization.settings import Settings
    from personalization.store import Store

_DATASET = "INSERT INTO datasets VALUES ($dataset_id, $name, false, $now, 'system', NULL)"
_CUSTOMERS = """
    INSERT INTO customers (dataset_id, customer_id, email, first_name, consent_email, orders,
                           total_spent, last_order_at)
    SELECT $dataset_id, 'p' || n, 'p' || n || '@example.com', 'Person ' || n, n % 10 <> 0,
           1 + n % 7, 20.0 + n, TIMESTAMP '2026-11-01' - to_days((n % 300)::INTEGER)
    FROM range(1, $n + 1) AS people(n)
"""
_CAMPAIGN = """
    INSERT INTO campaigns VALUES ($campaign_id, $name, $dataset_id, NULL, '{"metric": "click"}',
                                  $send_on, 'en-GB', $campaign_id, $now, 'system', NULL)
"""


def add(store: Store, campaign_id: str, name: str, n: int) -> str:
    """Put a campaign and its customers into a database, and return its id."""
    dataset_id = f"base_{campaign_id}"
    now: dict[str, Any] = {"now": datetime(2026, 11, 20, 9, 0, tzinfo=UTC)}
    store.run(_DATASET, dataset_id=dataset_id, name=f"Customers of {name}", **now)
    store.run(_CUSTOMERS, dataset_id=dataset_id, n=n)
    store.run(
        _CAMPAIGN, campaign_id=campaign_id, name=name, dataset_id=dataset_id,
        send_on=SEND_ON, **now,
    )  # fmt: skip
    return campaign_id


SEND_ON = date(2027, 6, 1)  # within the dates of the corpus, and ahead for a while
HARMLESS = (("hate", 0), ("self_harm", 0), ("sexual", 0), ("violence", 0))


class Trusting:
    """A classifier that finds harm in one word only, so that a test can provoke it."""

    name = "embedded"
    version = "test"

    def analyze(self, text: str) -> HarmAnalysis:
        found = dict(HARMLESS) | ({"violence": 6} if "murderous" in text else {})
        return HarmAnalysis(tuple(found.items()))


def written(
    store: Store, settings: Settings, campaign_id: str, corpus: Path, *, author: str = "Ann"
) -> None:
    """Two segments, sources, messages, screened."""
    rules = segmentation.STARTER_RULES[:1]
    kept = segmentation.fit_segments(store, settings, campaign_id, method="rules", rules=rules)
    segmentation.keep_segments(store, campaign_id, kept, actor=author)
    content.import_content(store, corpus, actor=author)
    take_shipped_profile(store, settings, actor=author)
    content.find_for_campaign(store, settings, campaign_id, encoder=None)
    generation.write_variants(store, settings, campaign_id, actor=author, writer=Composer())
    settings = campaign.put_policy_in_force(store, settings, actor=author)
    safety.screen_campaign(store, settings, campaign_id, actor=author, classifier=Trusting())
    check_emails(store, settings, campaign_id, actor=author)


def approved(
    store: Store,
    settings: Settings,
    campaign_id: str,
    corpus: Path,
    *,
    author: str = "Ann",
    reviewer: str = "Bea",
) -> None:
    """All of that, and every message approved."""
    written(store, settings, campaign_id, corpus, author=author)
    approval.approve_all(store, campaign_id, actor=reviewer)


def designed(store: Store, settings: Settings, campaign_id: str, corpus: Path) -> str:
    """All of that, and a frozen design with everybody in an arm; return the experiment's id."""
    approved(store, settings, campaign_id, corpus)
    plan = experiments.plan_experiment(store, settings, campaign_id)
    experiment_id = experiments.design_experiment(
        store, settings, campaign_id, plan, analysis_on=date(2030, 1, 1), actor="Ann"
    )
    campaign.approve_design(store, campaign_id, actor="Bea")
    return experiment_id


def simulated(
    store: Store, settings: Settings, campaign_id: str, corpus: Path, *, lift: float = 0.15
) -> str:
    """All of that, simulated and measured."""
    experiment_id = designed(store, settings, campaign_id, corpus)
    delivery.simulate_campaign(
        store, settings, campaign_id, actor="Ann", request_id="r",
        assumptions=delivery.Assumptions(0.6, 0.3, 0.3, 40.0, lift),
    )  # fmt: skip
    experiments.measure(store, settings, experiment_id, actor="Ann")
    learning.attribute_effects(store, experiment_id, actor="Ann")
    return experiment_id
