"""The whole way: two real campaigns, what they taught, and the third one that makes use of it."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from personalization import approval, campaign
from personalization.domain import CONTROL
from personalization.providers import registry
from personalization.settings import Delivery, Settings
from personalization.store import open_store
from tests.delivery.ready import BRAND
from tests.pages import campaigns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from personalization.store import Store

CORPUS = Path(__file__).parents[2] / "content_corpus"
LIKED = "friendly"
# Of each arm's recipients so many click the next day: many where the tone is the one they like.
_RESPOND = """
    INSERT INTO engagements
    SELECT experiment_id, customer_id, 'click', 0, CAST($now AS TIMESTAMP) + INTERVAL '1' DAY, false
    FROM (SELECT assignments.experiment_id, assignments.customer_id,
                 json_extract_string(variants.attributes, '$.tone') AS tone,
                 row_number() OVER (PARTITION BY assignments.segment, assignments.arm
                                    ORDER BY md5(assignments.customer_id))
                     / count(*) OVER (PARTITION BY assignments.segment, assignments.arm) AS place
          FROM assignments
          JOIN experiments ON experiments.experiment_id = assignments.experiment_id
          JOIN arms ON arms.experiment_id = assignments.experiment_id
                   AND arms.segment = assignments.segment AND arms.arm = assignments.arm
          JOIN variants ON variants.variant_id = arms.variant_id
                       AND variants.version = arms.version
          WHERE experiments.campaign_id = $campaign_id)
    WHERE place <= CASE WHEN tone = $liked THEN 0.4 ELSE 0.1 END
"""


class Clock:
    """The time, which a test sets."""

    now = datetime(2027, 6, 1, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = str(tmp_path_factory.mktemp("exports"))
    return Settings(brand=BRAND, delivery=Delivery(folder=folder))


@pytest.fixture(scope="module")
def shop(settings: Settings) -> Iterator[Store]:
    """Two campaigns that were read on their date, and 'autumn', whose messages are written."""
    clock = Clock()
    opened = open_store(clock=clock)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry, "classifier", lambda _, **__: campaigns.Trusting())
        sent(opened, settings, clock, "spring")
        sent(opened, settings, clock, "summer")
        clock.now += timedelta(days=5)
        made(opened, settings, "autumn")
    yield opened
    opened.close()


def sent(store: Store, settings: Settings, clock: Clock, campaign_id: str, n: int = 900) -> None:
    """Take a campaign the whole way to its result: launched, clicked, read after its date."""
    clock.now = datetime(2027, 6, 1, 9, 0, tzinfo=UTC)
    made(store, settings, campaign_id, n)
    approval.approve_all(store, campaign_id, actor="Bea")
    due = date(2027, 6, 10)
    plan = campaign.plan_experiment(store, settings, campaign_id)
    campaign.design_experiment(store, settings, campaign_id, plan, analysis_on=due, actor="Ann")
    campaign.approve_design(store, campaign_id, actor="Bea")
    campaign.export_campaign(store, settings, campaign_id, actor="Ann", request_id=campaign_id)
    store.run(_RESPOND, campaign_id=campaign_id, liked=LIKED, now=clock.now)
    clock.now = datetime(2027, 6, 11, 9, 0, tzinfo=UTC)
    campaign.measure(store, settings, campaign_id, actor="Ann")


def made(store: Store, settings: Settings, campaign_id: str, n: int = 900) -> None:
    """Write and screen a campaign's messages, and weigh them as the workflow does."""
    campaigns.add(store, campaign_id, campaign_id.capitalize(), n)
    campaigns.written(store, settings, campaign_id, CORPUS)
    campaign.use_lessons(store, settings, campaign_id, is_on=True, actor="Ann")


def shares(store: Store, settings: Settings, campaign_id: str) -> dict[str, dict[str, float]]:
    plan = campaign.plan_experiment(store, settings, campaign_id)
    found: dict[str, dict[str, float]] = defaultdict(dict)
    for arm in plan.arms:
        found[arm.segment][arm.name] = arm.weight
    return found


def tones(store: Store, campaign_id: str) -> dict[tuple[str, str], str]:
    rows = store.read(
        "SELECT segment, arm, json_extract_string(attributes, '$.tone') FROM current_variants "
        "WHERE campaign_id = $campaign_id AND arm <> 'control' ORDER BY ALL",
        campaign_id=campaign_id,
    )
    return {(segment, arm): tone for segment, arm, tone in rows}


def test_the_third_campaign_hears_what_the_first_two_taught(
    shop: Store, settings: Settings
) -> None:
    known = campaign.lessons_for(shop, settings, "autumn")

    assert known.n_campaigns == 2
    assert any(f"a {LIKED} tone brought " in s and "more clicks" in s for s in known.sentences)
    assert {h.level for h in known.brief_hints if h.factor == "tone"} == {LIKED}


def test_its_messages_try_that_first_and_the_last_arm_explores(shop: Store) -> None:
    written = tones(shop, "autumn")

    assert {tone for (_, arm), tone in written.items() if arm == "A"} == {LIKED}
    assert LIKED not in {tone for (_, arm), tone in written.items() if arm == "C"}


def test_a_message_says_which_lesson_it_follows_or_that_it_explores(
    shop: Store, settings: Settings
) -> None:
    rows = shop.read(
        "SELECT arm, json_extract_string(provenance, '$.lesson_tone'), "
        "json_extract_string(provenance, '$.explores') FROM current_variants "
        "WHERE campaign_id = 'autumn' ORDER BY ALL"
    )

    known = campaign.lessons_for(shop, settings, "autumn").sentences
    assert {lesson for arm, lesson, _ in rows if arm == "A"} <= set(known)
    assert all(explores for arm, _, explores in rows if arm == "C")
    assert not any(lesson or explores for arm, lesson, explores in rows if arm == CONTROL)


def test_its_plan_has_learnt_shares_with_a_floor_and_a_fixed_control(
    shop: Store, settings: Settings
) -> None:
    written = tones(shop, "autumn")
    control = settings.experiments.control_weight

    planned = shares(shop, settings, "autumn")

    assert len(planned) > 1
    for segment, arms in planned.items():
        assert arms[CONTROL] == pytest.approx(control)
        assert sum(arms.values()) == pytest.approx(1)
        assert min(arms.values()) >= settings.learning.floor * (1 - control) - 1e-9
        liked = [w for arm, w in arms.items() if written.get((segment, arm)) == LIKED]
        others = [w for arm, w in arms.items() if written.get((segment, arm), LIKED) != LIKED]
        assert min(liked) > max(others)


def test_switched_off_its_variants_share_equally_again(shop: Store, settings: Settings) -> None:
    before = shares(shop, settings, "autumn")
    campaign.use_lessons(shop, settings, "autumn", is_on=False, actor="Ann")

    equal = shares(shop, settings, "autumn")

    campaign.use_lessons(shop, settings, "autumn", is_on=True, actor="Ann")
    share = (1 - settings.experiments.control_weight) / 3
    for arms in equal.values():
        assert [arms[arm] for arm in "ABC"] == pytest.approx([share] * 3)
    assert shares(shop, settings, "autumn") == before
