"""Little customer bases for the tests of segmentation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from personalization.store import Store

NOW = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)
NEWEST = datetime(2026, 11, 20)  # noqa: DTZ001 (order times are naive)

_CAMPAIGN = """
    INSERT INTO campaigns BY NAME
    SELECT $campaign_id AS campaign_id, $name AS name, $dataset_id AS dataset_id, '{}' AS brief,
           DATE '2026-12-01' AS send_on, 'en-GB' AS locale, 's' AS seed, $now AS created_at,
           'Ada' AS created_by
"""
_CUSTOMERS = """
    INSERT INTO customers BY NAME
    SELECT 'shop' AS dataset_id, unnest($ids::VARCHAR[]) AS customer_id,
           unnest($emails::VARCHAR[]) AS email, unnest($first_names::VARCHAR[]) AS first_name,
           unnest($countries::VARCHAR[]) AS country, unnest($tiers::VARCHAR[]) AS tier,
           unnest($ages::INTEGER[]) AS age, unnest($consents::BOOLEAN[]) AS consent_email,
           unnest($signups::DATE[]) AS signup_on, unnest($last::TIMESTAMP[]) AS last_order_at,
           unnest($orders::BIGINT[]) AS orders, unnest($spent::DOUBLE[]) AS total_spent
"""
_VARIANT = """
    INSERT INTO variants VALUES ($variant_id, 1, 'spring', $segment, 'A', 's', 'p', 'b', 'c', 'l',
                                 'f', 'en-GB', '{}', 'human', '{}', 'hash', $now, 'Ada')
"""
_EXPERIMENT = """
    INSERT INTO experiments (experiment_id, campaign_id, hypothesis, hypothesis_sha256, salt,
                             confidence, designed_at, designed_by, approved_at)
    VALUES ('test', 'spring', '{}', 'hash', 'salt', 0.95, $now, 'Ada', $approved_at)
"""


@dataclass(frozen=True)
class Person:
    """A customer; ``days`` counts back from the start of 20 November 2026."""

    id: str
    days: float | None = None
    orders: int | None = None
    spent: float | None = None
    country: str | None = "United Kingdom"
    tier: str | None = None
    age: int | None = None
    consent: bool = True
    email: str | None = "someone@example.com"
    first_name: str | None = "Ann"
    signup_on: date | None = None

    @property
    def last_order_at(self) -> datetime | None:
        return None if self.days is None else NEWEST - timedelta(days=self.days)


class Shop:
    """A customer base and the campaign ``spring`` on it."""

    def __init__(self, store: Store, dataset_id: str = "shop") -> None:
        self.store = store
        self.dataset_id = dataset_id
        self.add_campaign("spring")

    def add_campaign(self, campaign_id: str, dataset_id: str | None = None) -> None:
        self.store.run(
            _CAMPAIGN, campaign_id=campaign_id, name=campaign_id.title(),
            dataset_id=dataset_id or self.dataset_id, now=NOW,
        )  # fmt: skip

    def fill(self, people: Sequence[Person]) -> None:
        """Make these people, in this order, the whole customer base."""
        self.store.run("DELETE FROM customers")
        if not people:
            return
        self.store.run(
            _CUSTOMERS,
            ids=[p.id for p in people],
            emails=[p.email for p in people],
            first_names=[p.first_name for p in people],
            countries=[p.country for p in people],
            tiers=[p.tier for p in people],
            ages=[p.age for p in people],
            consents=[p.consent for p in people],
            signups=[p.signup_on for p in people],
            last=[p.last_order_at for p in people],
            orders=[p.orders for p in people],
            spent=[p.spent for p in people],
        )

    def mark(self, customer_id: str, attribute: str, value: str) -> None:
        """Give a customer an extra column of the file."""
        self.store.run(
            "INSERT INTO customer_attributes VALUES ('shop', $customer_id, $attribute, $value)",
            customer_id=customer_id, attribute=attribute, value=value,
        )  # fmt: skip

    def members(self, campaign_id: str = "spring") -> dict[str, str]:
        """Return everybody's kept segment; fail where a customer is in two."""
        rows = self.store.read(
            "SELECT customer_id, segment FROM segment_members WHERE campaign_id = $campaign_id",
            campaign_id=campaign_id,
        )
        assert len(rows) == len({customer_id for customer_id, _ in rows})
        return dict(rows)

    def write(self, variant_id: str, segment: str) -> None:
        """Write a message for a segment."""
        self.store.run(_VARIANT, variant_id=variant_id, segment=segment, now=NOW)

    def retired(self) -> dict[str, str]:
        """Return why each retired variant was retired."""
        return dict(self.store.read("SELECT variant_id, reason FROM retired_variants"))

    def design(self, *arms: tuple[str, str], approved_at: datetime | None = None) -> None:
        """Design an experiment with these arms of segments."""
        self.store.run(_EXPERIMENT, now=NOW, approved_at=approved_at)
        for segment, arm in arms:
            self.store.run(
                """INSERT INTO arms (experiment_id, segment, arm, position, weight)
                   VALUES ('test', $segment, $arm, 1, 0.5)""",
                segment=segment, arm=arm,
            )  # fmt: skip

    def assign(self, customer_id: str, segment: str, arm: str) -> None:
        """Give a customer an arm."""
        self.store.run(
            "INSERT INTO assignments VALUES ('test', $customer_id, $segment, $arm, 0.5, 'blocked')",
            customer_id=customer_id, segment=segment, arm=arm,
        )  # fmt: skip


def everyday_people(n: int = 40) -> list[Person]:
    """Return people of all sorts, one in eight of them without an order."""
    return [
        Person(
            f"c{i:03}",
            days=None if i % 8 == 0 else ((i - 1) * 37 % 300) + 0.25,
            orders=None if i % 8 == 0 else 1 + i * i % 11,
            spent=None if i % 8 == 0 else 20.0 + i * 53 % 900,
        )
        for i in range(n)
    ]
