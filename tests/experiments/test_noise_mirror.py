from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from personalization.errors import StateError
from personalization.experiments import NoiseMirror, Plan, noise_mirror, plan_experiment
from personalization.settings import Experiments, Settings

if TYPE_CHECKING:
    from .conftest import Shop

SETTINGS = Settings(experiments=Experiments(noise_runs=4_000))


def mirrored(shop: Shop, **options: Any) -> tuple[Plan, NoiseMirror]:  # noqa: ANN401
    plan = plan_experiment(shop.store, SETTINGS, "spring", **options)
    return plan, noise_mirror(shop.store, SETTINGS, "spring", plan)


def test_the_mirror_plays_the_planned_test_on_the_real_audience(shop: Shop) -> None:
    """Source: simulated tests of 500 people in four equal arms at a base of 10 %."""
    shop.segment("loyal", 300)
    shop.segment("new", 200)

    plan, mirror = mirrored(shop, base_rate=0.10, guardrails={})

    assert (mirror.runs, mirror.lift, mirror.planted, mirror.hoped_for) == (4_000, 0.1, "A", 0.1)
    assert mirror.no_effect.over_share == pytest.approx(0.63, abs=0.025)
    assert mirror.no_effect.over_share == pytest.approx(plan.noise_share, abs=0.03)
    assert mirror.luck_share == plan.noise_share  # one figure on the page
    assert mirror.no_effect.cell_over_share > mirror.no_effect.over_share
    assert mirror.no_effect.ship_share < 0.05
    assert mirror.no_effect.power is None
    assert mirror.with_effect.best_lift == pytest.approx(0.38, abs=0.03)  # truth: +10 %
    assert mirror.with_effect.power is not None
    assert mirror.with_effect.power < 0.05


def test_the_same_campaign_has_the_same_mirror_and_another_seed_another_one(shop: Shop) -> None:
    shop.segment("loyal", 300)
    _, first = mirrored(shop)
    _, again = mirrored(shop)
    shop.store.run("UPDATE campaigns SET seed = 'another'")
    _, other = mirrored(shop)

    assert again == first
    assert other.no_effect_shares != first.no_effect_shares


def test_a_large_audience_finds_what_is_really_there(shop: Shop) -> None:
    shop.segment("loyal", 4_000, arms=("control", "A", "B"))

    _, mirror = mirrored(shop, base_rate=0.2, relevant_lift=0.3, control_weight=0.3)

    assert mirror.lift == 0.3
    assert (mirror.with_effect.power or 0) > 0.9
    assert (mirror.with_effect.wrong_sign or 0) < 0.001
    assert (mirror.with_effect.looks_wrong or 0) < 0.01
    assert mirror.with_effect.shipped_lift == pytest.approx(0.3, abs=0.03)


def test_the_histograms_hold_every_test_between_shared_edges(shop: Shop) -> None:
    shop.segment("loyal", 800)

    _, mirror = mirrored(shop)

    assert (
        len(mirror.edges) == len(mirror.no_effect_shares) + 1 == len(mirror.with_effect_shares) + 1
    )
    assert list(mirror.edges) == sorted(mirror.edges)
    assert sum(mirror.no_effect_shares) == pytest.approx(1)
    assert sum(mirror.with_effect_shares) == pytest.approx(1)


def test_a_guardrail_that_cannot_be_shown_to_hold_is_in_the_way_and_it_is_said(
    shop: Shop,
) -> None:
    shop.segment("loyal", 1_200)

    _, free = mirrored(shop, base_rate=0.2, relevant_lift=0.5, guardrails={})
    _, guarded = mirrored(shop, base_rate=0.2, relevant_lift=0.5)

    assert guarded.with_effect.shown_share == free.with_effect.shown_share
    assert guarded.with_effect.ship_share < 0.8 * free.with_effect.ship_share
    assert "A guardrail would stop" in guarded.sentences[-1]
    assert not any("guardrail" in sentence for sentence in free.sentences)


def test_the_mirror_says_what_it_saw_in_sentences(shop: Shop) -> None:
    shop.segment("loyal", 500)

    _, mirror = mirrored(shop, base_rate=0.10, guardrails={})

    seen, wrong, found, looks = mirror.sentences
    assert seen.startswith("If no message did anything, 6")
    assert seen.endswith("of such tests would still show more than +10 % in some variant.")
    assert wrong.startswith("The decision rule would ship something in ")
    assert "If variant A really brought 10 % more clicks and the others nothing" in found
    assert "where the truth is +10 % at most; what the rule ships would show +" in looks


def test_revenue_is_played_through_with_buyers_and_order_values(shop: Shop) -> None:
    shop.segment("loyal", 4_000)

    _, clicks = mirrored(shop, metric="click", base_rate=0.10)
    _, revenue = mirrored(shop, metric="revenue", base_rate=0.10)

    assert (revenue.no_effect.best_lift or 0) > 1.2 * (clicks.no_effect.best_lift or 9)
    assert revenue.no_effect.ship_share < 0.05


_BOUGHT = """
    INSERT INTO transactions (dataset_id, order_id, customer_id, quantity, unit_price, amount,
                              ordered_at)
    SELECT 'base', concat('o', range, '-', step), concat('loyal-', range), 1, 40, 40,
           DATE '2026-11-25' - CAST(40 * step AS INTEGER)
    FROM range(400), (SELECT range AS step FROM range(2))
    WHERE step = 1 OR range < 300
"""


def test_an_adjustment_that_is_declared_is_played_through_too(shop: Shop) -> None:
    shop.segment("loyal", 2_000)
    shop.store.run(_BOUGHT)

    options = {"metric": "conversion", "base_rate": 0.2, "relevant_lift": 0.2}
    _, plain = mirrored(shop, **options)
    plan, sharp = mirrored(shop, **options, pre_days=60)

    assert 0.2 < plan.kept < 0.5
    assert (sharp.with_effect.power or 0) > (plain.with_effect.power or 1) + 0.2
    assert sharp.no_effect.best_lift == pytest.approx(
        (plain.no_effect.best_lift or 0) * plan.kept**0.5, rel=0.1
    )


def test_nobody_to_play_with_is_said_in_words(shop: Shop) -> None:
    plan = plan_experiment(shop.store, SETTINGS, "spring")

    with pytest.raises(StateError, match="too few people to play the test through"):
        noise_mirror(shop.store, SETTINGS, "spring", plan)
    with pytest.raises(StateError, match="no campaign 'autumn'"):
        noise_mirror(shop.store, SETTINGS, "autumn", plan)
