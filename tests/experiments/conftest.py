from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from personalization import experiments
from personalization.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personalization.store import Store

NOW = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)  # the clock of the store that tests get

_CAMPAIGN = """
    INSERT INTO campaigns VALUES ('spring', 'Spring', 'base', NULL, '{"metric": "click"}',
                                  DATE '2026-12-01', 'en-GB', 'seed', $now, 'ada', NULL)
"""
_CUSTOMERS = """
    INSERT INTO customers (dataset_id, customer_id, email, consent_email)
    SELECT 'base', concat($prefix, '-', range), concat($prefix, range, '@example.com'), true
    FROM range($n)
"""
_MEMBERS = """
    INSERT INTO segment_members
    SELECT 'spring', $segment, concat($prefix, '-', range) FROM range($n)
"""
_SEGMENT = """
    INSERT INTO segments
    SELECT 'spring', $segment, coalesce(max(position), 0) + 1, 'rule', 'Some people.', $n, '{}'
    FROM segments
"""
_VARIANT = """
    INSERT INTO variants
    SELECT $variant_id, 1, 'spring', $segment, $arm, 'Hello', 'More', 'Text', 'Shop', 'link',
           'footer', 'en-GB', '{}', 'composer', '{}',
           content_fingerprint('Hello', 'More', 'Text', 'Shop', 'link', 'footer'), $now, 'ada'
"""
_SCREENED = """
    INSERT INTO screenings (variant_id, version, campaign_id, content_sha256, decision, engine,
                            engine_version, policy_version, categories, n_strings, screened_at,
                            readers, house_sha256)
    SELECT variant_id, version, campaign_id, content_sha256, 'pass', 'embedded', '1', 'p1', '{}',
           6, $now, 'other',
           (SELECT house_sha256 FROM house_rules WHERE campaign_id = variants.campaign_id)
    FROM variants WHERE variant_id = $variant_id
"""
_APPROVED = """
    INSERT INTO approvals (variant_id, version, campaign_id, content_sha256, decision, note, actor,
                           is_self_approved, decided_at)
    SELECT variant_id, version, campaign_id, content_sha256, $decision, '', 'ben', false, $now
    FROM variants WHERE variant_id = $variant_id
"""
_POLICY = """
    INSERT INTO policies (policy_version, policy, activated_at, activated_by)
    VALUES ('p1', '{}', $now, 'ada')
"""
_LAUNCH = """
    UPDATE experiments SET launched_at = $now, launched_by = 'ada', mode = $mode
    WHERE experiment_id = $experiment_id
"""
_SEND = """
    INSERT INTO deliveries
    SELECT experiment_id, customer_id, segment, arm, concat(segment, arm), 1, 'hash', 'hash',
           $is_simulated, $now
    FROM assignments WHERE experiment_id = $experiment_id AND arm <> 'holdout'
"""
# So many of each arm's people respond: the first ones by id, which the draw knows nothing of.
_RESPOND = """
    INSERT INTO engagements
    SELECT experiment_id, customer_id, $event, $value, $happened_at, $is_simulated
    FROM (SELECT *, row_number() OVER (PARTITION BY segment, arm ORDER BY customer_id) AS number
          FROM assignments WHERE experiment_id = $experiment_id AND arm = $arm)
    WHERE number <= $n
"""


@dataclass(frozen=True)
class Shop:
    """A campaign in a store, filled as far as a test needs it."""

    store: Store

    def begun(self) -> Shop:
        """Add the dataset 'base', the campaign 'spring' on it, and a policy in force."""
        now = self.store.now()
        self.store.run(
            "INSERT INTO datasets VALUES ('base', 'Base', false, $now, 'ada', NULL)", now=now
        )
        self.store.run(_CAMPAIGN, now=now)
        self.store.run(_POLICY, now=now)
        return self

    def segment(
        self, name: str, n: int, arms: tuple[str, ...] = ("control", "A", "B", "C")
    ) -> None:
        """Add ``n`` customers who may be written to, and one sendable message for each arm."""
        self.store.run(_SEGMENT, segment=name, n=n)
        self.store.run(_CUSTOMERS, prefix=name, n=n)
        self.store.run(_MEMBERS, segment=name, prefix=name, n=n)
        for arm in arms:
            self.write(name, arm)
            self.decide(name, arm, "approved")

    def newcomers(self, segment: str, prefix: str, n: int) -> None:
        self.store.run(_CUSTOMERS, prefix=prefix, n=n)
        self.store.run(_MEMBERS, segment=segment, prefix=prefix, n=n)

    def write(self, segment: str, arm: str) -> None:
        key = {"variant_id": segment + arm, "now": self.store.now()}
        self.store.run(_VARIANT, segment=segment, arm=arm, **key)
        self.store.run(_SCREENED, **key)

    def decide(self, segment: str, arm: str, decision: str) -> None:
        self.store.run(_APPROVED, variant_id=segment + arm, decision=decision, now=self.store.now())

    def designed(self, **options: float) -> str:
        plan = experiments.plan_experiment(self.store, Settings(), "spring", **options)  # type: ignore[arg-type]
        return experiments.design_experiment(
            self.store, Settings(), "spring", plan, analysis_on=date(2026, 12, 15), actor="ada"
        )

    def assigned(self, **options: float) -> str:
        experiment_id = self.designed(**options)
        experiments.approve_design(self.store, experiment_id, actor="ben")
        experiments.assign_arms(self.store, experiment_id, actor="ben")
        return experiment_id

    def launched(self, *, mode: str = "export", **options: float) -> str:
        experiment_id = self.assigned(**options)
        now = self.store.now()
        self.store.run(_LAUNCH, experiment_id=experiment_id, mode=mode, now=now)
        self.store.run(
            _SEND, experiment_id=experiment_id, is_simulated=mode == "simulation", now=now
        )
        return experiment_id

    def respond(
        self,
        event: str,
        by_arm: Mapping[str, int],
        *,
        value: float = 0.0,
        happened_at: str = "2026-12-02 10:00:00",
        is_simulated: bool = False,
    ) -> None:
        """Let so many people of every segment's arm do ``event``."""
        for arm, n in by_arm.items():
            self.store.run(
                _RESPOND, experiment_id="spring-experiment", arm=arm, n=n, event=event,
                value=value, happened_at=happened_at, is_simulated=is_simulated,
            )  # fmt: skip

    def later(self, days: int = 15) -> Store:
        """Return the same store so many days on; by default past the day of analysis."""
        return replace(self.store, clock=lambda: NOW + timedelta(days=days))

    def measured(self, *, days: int = 15) -> int:
        """Measure so many days after the launch."""
        return experiments.measure(self.later(days), Settings(), "spring-experiment", actor="ada")

    def verdicts(self, segment: str = "") -> dict[str, dict[str, object]]:
        rows = self.store.records(
            "SELECT * FROM verdicts WHERE segment = $segment ORDER BY arm", segment=segment
        )
        return {row["arm"]: row for row in rows}

    def results(self, metric: str = "click", segment: str = "") -> dict[str, dict[str, object]]:
        rows = self.store.records(
            "SELECT * FROM results WHERE metric = $metric AND segment = $segment ORDER BY arm",
            metric=metric, segment=segment,
        )  # fmt: skip
        return {row["arm"]: row for row in rows}

    def health(self) -> dict[str, str]:
        return dict(self.store.read("SELECT name, state FROM health_findings ORDER BY name"))

    def finding(self, name: str) -> tuple[str, str, dict[str, Any]]:
        """Return the state, the message and the detail of one health check."""
        row = self.store.read_one(
            "SELECT state, message, detail FROM health_findings WHERE name = $name", name=name
        )
        assert row is not None
        return row[0], row[1], json.loads(row[2])


@pytest.fixture
def shop(store: Store) -> Shop:
    """An empty campaign 'spring' on the dataset 'base', under a policy in force."""
    return Shop(store).begun()
