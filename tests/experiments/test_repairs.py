from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from personalization.experiments import Plan, Repair, plan_experiment, plan_for, repairs_of
from personalization.experiments.neighbours import nearest
from personalization.settings import Settings

if TYPE_CHECKING:
    from .conftest import Shop

_SEGMENTATION = """
    INSERT INTO segmentations VALUES ('spring', $method, '{}', '{}', DATE '2026-11-20', $now)
"""
_ORDERS = """
    INSERT INTO transactions (dataset_id, order_id, customer_id, quantity, unit_price, amount,
                              ordered_at)
    SELECT 'base', concat('o', range), concat('loyal-', range % 100), 1, 40 + range % 21,
           CASE WHEN range % 100 = 0 THEN 900 ELSE 40 + range % 21 END,
           DATE '2026-11-25'
               - CAST(CASE WHEN range < 100 THEN 40 WHEN range < 160 THEN 2 ELSE 80 END
                      AS INTEGER)
    FROM range(300)
"""


def segmented(shop: Shop, method: str = "rfm") -> None:
    shop.store.run(_SEGMENTATION, method=method, now=shop.store.now())


def offered(shop: Shop, **options: Any) -> tuple[Plan, dict[str, Repair]]:  # noqa: ANN401
    plan = plan_experiment(shop.store, Settings(), "spring", **options)
    found = repairs_of(shop.store, Settings(), "spring", plan)
    return plan, {f"{one.kind} {one.label}": one for one in found}


def test_every_repair_does_what_it_promises(shop: Shop) -> None:
    """Planning with a repair's arguments shows the very lift that the repair named."""
    shop.segment("loyal", 2_000)
    shop.segment("new", 900, arms=("control", "A", "B"))
    shop.store.run(_ORDERS)

    plan, found = offered(
        shop, metric="revenue", base_rate=0.4, holdout_weight=0.1, control_weight=0.1
    )

    assert [one.kind for one in found.values()] == [
        "fewer_variants", "fewer_variants", "other_metric", "control_share",
        "no_holdout", "cap", "adjust", "guardrail", "more_customers",
    ]  # fmt: skip
    for one in found.values():
        assert one.detectable_before == plan.detectable_lift
        if one.arguments and one.kind != "guardrail":
            done = plan_for(
                shop.store, Settings(), "spring", replace(plan.choices, **one.arguments)
            )
            assert one.detectable_after == pytest.approx(done.detectable_lift, rel=1e-9)
            assert (one.detectable_after or 9) < (plan.detectable_lift or 0)


def test_fewer_variants_keep_the_first_by_name(shop: Shop) -> None:
    shop.segment("loyal", 2_000)

    _, found = offered(shop, base_rate=0.10)

    two = found["fewer_variants Test two variants"]
    assert two.arguments["variants"] == ("A", "B")
    assert two.sentence == (
        "Test A and B only (the first by name): +57 % would be noticed instead of +68 %. "
        "C would not be sent to anybody."
    )
    assert found["fewer_variants Test one variant"].arguments["variants"] == ("A",)


def test_fewer_variants_keep_those_that_earlier_campaigns_favour(shop: Shop) -> None:
    shop.segment("loyal", 2_000)
    for arm, weight in (("A", 0.1), ("B", 0.2), ("C", 0.7)):
        shop.store.run(
            "INSERT INTO arm_weights VALUES ('spring', 'loyal', $arm, $id, 1, $weight, 0.5, '', "
            "$now)", arm=arm, id=f"loyal{arm}", weight=weight, now=shop.store.now(),
        )  # fmt: skip

    _, found = offered(shop)

    two = found["fewer_variants Test two variants"]
    assert two.arguments["variants"] == ("B", "C")
    assert "(earlier campaigns favour them)" in two.sentence


def test_the_best_share_of_the_control_is_the_root_of_the_number_of_variants(shop: Shop) -> None:
    """By hand, for lifts so small that all arms vary alike: sqrt 3 / (sqrt 3 + 3) = .366."""
    shop.segment("loyal", 20_000)

    _, found = offered(shop, base_rate=0.5, relevant_lift=0.02)

    (one,) = [one for one in found.values() if one.kind == "control_share"]
    assert one.arguments == {"control_weight": pytest.approx(0.36, abs=0.011)}


@pytest.mark.parametrize(
    ("control", "said"),
    [
        pytest.param(0.1, "best larger than each of them: the largest then gets 2", id="too small"),
        pytest.param(0.8, "The variants then share 6", id="too large"),
    ],
)
def test_the_reason_for_a_share_of_the_control_follows_its_numbers(
    shop: Shop, control: float, said: str
) -> None:
    shop.segment("loyal", 20_000)

    _, found = offered(shop, base_rate=0.5, relevant_lift=0.02, control_weight=control)

    (one,) = [one for one in found.values() if one.kind == "control_share"]
    assert said in one.sentence


def test_shares_that_were_given_arm_by_arm_are_changed_arm_by_arm(shop: Shop) -> None:
    shop.segment("loyal", 2_000)
    weights = {"control": 0.1, "A": 0.4, "B": 0.3, "C": 0.1, "holdout": 0.1}

    plan, found = offered(shop, base_rate=0.3, weights=weights)

    two = found["fewer_variants Test two variants"]
    assert two.arguments["weights"] == pytest.approx(
        {"control": 0.1, "A": 0.8 * 4 / 7, "B": 0.8 * 3 / 7, "holdout": 0.1}
    )
    for one in found.values():
        if one.arguments:
            done = plan_for(
                shop.store, Settings(), "spring", replace(plan.choices, **one.arguments)
            )
            assert one.detectable_after == pytest.approx(done.detectable_lift, rel=1e-9)


def test_more_customers_are_counted(shop: Shop) -> None:
    shop.segment("loyal", 2_000)

    plan, found = offered(shop, base_rate=0.10)

    (one,) = [one for one in found.values() if one.kind == "more_customers"]
    assert one.customers == 74_500  # 4 x 19,128 - 2,000, to three digits of the whole
    assert one.detectable_after == plan.relevant_lift == 0.10
    assert "about 74,500 more people who may be written to, 76,500 in all" in one.sentence


def test_a_margin_that_cannot_be_shown_to_hold_can_be_widened(shop: Shop) -> None:
    """.0035 by the closed form, which is too hopeful for so rare a harm."""
    shop.segment("loyal", 2_000)

    plan, found = offered(shop, guardrails={"unsubscribe": 0.05, "complaint": 0.001})

    (one,) = [one for one in found.values() if one.kind == "guardrail"]
    assert one.arguments == {"guardrails": {"unsubscribe": 0.05, "complaint": 0.008}}
    assert one.sentence.startswith("Let complaints rise by up to 0.8 points rather than 0.1: ")
    done = plan_for(shop.store, Settings(), "spring", replace(plan.choices, **one.arguments))
    assert one.passes == (plan.guardrail_plans[1].power, done.guardrail_plans[1].power)
    assert one.passes[1] >= 0.8


def test_nothing_is_offered_to_a_test_that_sees_what_matters(shop: Shop) -> None:
    shop.segment("loyal", 2_000)

    plan, found = offered(shop, base_rate=0.5, relevant_lift=0.5, guardrails={"unsubscribe": 0.05})

    assert (plan.detectable_lift or 9) < 0.5
    assert found == {}


def test_what_would_hardly_change_anything_is_not_offered(shop: Shop) -> None:
    shop.segment("loyal", 20_000)

    _, found = offered(shop, base_rate=0.5, relevant_lift=0.01, control_weight=0.33)

    assert "control_share" not in {one.kind for one in found.values()}
    assert "fewer_variants" in {one.kind for one in found.values()}


def test_clicks_have_no_easier_metric_and_no_adjustment(shop: Shop) -> None:
    shop.segment("loyal", 400)
    shop.store.run(_ORDERS)

    _, found = offered(shop, metric="click")

    assert not {"other_metric", "adjust", "cap"} & {one.kind for one in found.values()}


def test_an_adjustment_is_not_offered_where_the_orders_are_old(shop: Shop) -> None:
    shop.segment("loyal", 400)
    shop.store.run(_ORDERS)
    shop.store.run("UPDATE transactions SET ordered_at = ordered_at - INTERVAL 10 YEAR")

    _, found = offered(shop, metric="conversion")

    assert "adjust" not in {one.kind for one in found.values()}


def _profile(shop: Shop, segment: str, recency: int, orders: int, spent: int) -> None:
    shop.store.run(
        "UPDATE segments SET profile = $profile WHERE segment = $segment", segment=segment,
        profile=f'{{"median_recency_days": {recency}, "median_orders": {orders}, '
        f'"median_spent": {spent}}}',
    )  # fmt: skip


def test_the_smallest_segment_joins_the_one_that_is_most_like_it(shop: Shop) -> None:
    shop.segment("loyal", 400)
    shop.segment("lapsed", 300)
    shop.segment("fresh", 40)
    _profile(shop, "loyal", 20, 12, 900)
    _profile(shop, "lapsed", 400, 2, 60)
    _profile(shop, "fresh", 15, 8, 500)
    segmented(shop)

    plan, found = offered(shop, base_rate=0.1)

    (one,) = [one for one in found.values() if one.kind == "merge_segments"]
    assert one.merges == (("fresh", "loyal"),)
    assert one.detectable_before == plan.segments[2].detectable_lift
    assert "by itself 'loyal' then has 440 people" in one.sentence
    assert "the messages written for 'fresh' are retired and stay on record" in one.sentence
    alone = plan_experiment(shop.store, Settings(), "spring", base_rate=0.1).segments[0]
    assert (one.detectable_after or 9) < (alone.detectable_lift or 0)


def test_the_segments_of_a_follow_up_are_not_merged(shop: Shop) -> None:
    shop.segment("loyal", 400)
    shop.segment("fresh", 40)
    segmented(shop, method="inherited")

    _, found = offered(shop)

    assert "merge_segments" not in {one.kind for one in found.values()}


def test_one_segment_has_nothing_to_join(shop: Shop) -> None:
    shop.segment("fresh", 40)
    segmented(shop)

    assert "merge_segments" not in {one.kind for one in offered(shop)[1].values()}


def test_an_unknown_median_is_the_middle_and_a_tie_goes_by_name() -> None:
    profiles: dict[str, dict[str, Any]] = {
        "no purchase": {"median_recency_days": None, "median_orders": None},
        "old": {"median_recency_days": 900, "median_orders": 1},
        "mid": {"median_recency_days": 90, "median_orders": 3},
        "new": {"median_recency_days": 9, "median_orders": 9},
    }

    assert nearest("no purchase", profiles) == "mid"
    assert nearest("b", {"b": {}, "c": {}, "a": {}}) == "a"


def test_an_audience_of_nobody_cannot_be_repaired(shop: Shop) -> None:
    assert offered(shop)[1] == {}
