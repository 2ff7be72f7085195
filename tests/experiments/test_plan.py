from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from personalization import campaign, learning
from personalization.errors import InputError, StateError
from personalization.experiments import plan_experiment
from personalization.settings import Learning, Settings
from personalization.statistics.noise import draw_tables, play
from personalization.statistics.sample_size import Rate

if TYPE_CHECKING:
    from .conftest import Shop


def test_a_plan_says_what_would_be_noticed(shop: Shop) -> None:
    """By hand: four equal arms at a base of 10 %, by Dunnett's 2.349; see sample sizes."""
    shop.segment("loyal", 500)

    plan = plan_experiment(shop.store, Settings(), "spring", base_rate=0.10)

    assert plan.eligible == 500
    assert plan.detectable_lift == pytest.approx(1.504, abs=5e-3)
    assert plan.needed_per_arm == 19_128
    assert plan.needed_people == 76_500
    assert plan.noise_share == pytest.approx(0.63, abs=0.01)
    assert plan.sentences[0] == (
        "With 500 people and three variants you would notice a lift in clicks of 150 % or more; "
        "to see +10 % you need 19,128 per arm, about 76,500 people in all."
    )
    assert plan.sentences[2] == (
        "If no message did anything, 63 % of such tests would still show more than +10 % in some "
        "variant: judge by the interval, not by the best number."
    )
    assert plan.missing == ()


def test_the_lift_of_a_plan_is_found_as_often_as_promised_by_the_rule_that_is_frozen(
    shop: Shop,
) -> None:
    """Several variants are held to Dunnett's bar, and so is what the plan says it would notice."""
    shop.segment("loyal", 4 * 967)
    plan = plan_experiment(shop.store, Settings(), "spring", base_rate=0.08, guardrails={})

    lift = plan.detectable_lift or 0.0
    tests = draw_tables([[967] * 4], Rate(0.08), [0, lift, 0, 0], runs=4_000, seed=3)
    alone = plan_experiment(
        shop.store, Settings(), "spring",
        base_rate=0.08, variants=("A",), weights={"control": 0.5, "A": 0.5},
    )  # fmt: skip

    assert lift == pytest.approx(0.547, abs=2e-3)
    assert play(tests, confidence=0.95, hoped_for=0.1, best=0).power == pytest.approx(0.8, abs=0.02)
    assert alone.needed_per_arm < plan.needed_per_arm


def test_the_people_of_a_variant_and_of_the_control_are_told_apart(shop: Shop) -> None:
    shop.segment("loyal", 5_250)

    plan = plan_experiment(shop.store, Settings(), "spring", control_weight=0.4)

    click = plan.metric_plans[0]
    assert (click.per_arm, click.control) == (1_050, 2_100)
    assert click.needed_control == 2 * click.needed_per_arm
    assert (
        f"takes {click.needed_per_arm:,} per variant and {click.needed_control:,} in the control, "
        "and you have 1,050 and 2,100."
    ) in click.sentence
    assert plan.needed_people == pytest.approx(5 * click.needed_per_arm, rel=5e-3)


def test_a_guardrail_that_blocks_everything_is_said_to(shop: Shop) -> None:
    shop.segment("loyal", 4_000)

    plan = plan_experiment(shop.store, Settings(), "spring", guardrails={"complaint": 0.00001})

    (guardrail,) = plan.guardrail_plans
    assert guardrail.power < 0.06
    assert "rise by no more than 0.001 points takes " in guardrail.sentence


@pytest.mark.parametrize(
    ("metric", "is_exact"), [pytest.param("click", True), pytest.param("revenue", False)]
)
def test_luck_is_said_where_counting_people_says_it_exactly(
    shop: Shop, metric: str, *, is_exact: bool
) -> None:
    shop.segment("loyal", 400)

    plan = plan_experiment(shop.store, Settings(), "spring", metric=metric)

    assert (plan.noise_share is not None) == is_exact
    assert any("If no message did anything" in said for said in plan.sentences) == is_exact


def test_money_is_said_in_the_currency_on_record(shop: Shop) -> None:
    shop.segment("loyal", 400)
    shop.store.run("UPDATE customers SET currency = 'GBP'")

    plan = plan_experiment(shop.store, Settings(), "spring", metric="revenue")

    assert plan.order is not None
    assert plan.order.currency == "GBP"
    assert "is expected to spend £" in plan.sentences[-2]


def test_fewer_variants_are_no_advice_where_there_is_only_one(shop: Shop) -> None:
    shop.segment("loyal", 100, arms=("control", "A"))
    shop.segment("new", 40, arms=("control", "A"))

    (warning,) = plan_experiment(shop.store, Settings(), "spring").warnings

    assert "Take fewer variants" not in warning
    assert warning.endswith("Merge segments, or go by the result for the whole audience.")


def test_a_plan_counts_each_segment_and_arm(shop: Shop) -> None:
    shop.segment("loyal", 400)
    shop.segment("new", 83, arms=("control", "A"))

    plan = plan_experiment(shop.store, Settings(), "spring", base_rate=0.10)

    loyal, new = plan.segments
    assert dict(loyal.sizes) == {"control": 100, "A": 100, "B": 100, "C": 100}
    assert dict(new.sizes) == {"control": 41, "A": 42}
    assert new.sentence.startswith("new: 83 people. By itself it shows a lift in clicks of ")
    assert [s.is_small for s in plan.segments] == [False, True]
    assert "new" in plan.warnings[0]


def test_a_segment_without_a_variant_keeps_the_ratio_of_the_others_to_the_control(
    shop: Shop,
) -> None:
    shop.segment("loyal", 400)
    shop.segment("new", 80, arms=("control", "A"))

    plan = plan_experiment(shop.store, Settings(), "spring", control_weight=0.4)

    weights = {(arm.segment, arm.name): arm.weight for arm in plan.arms}
    ratios = {s: weights[s, "A"] / weights[s, "control"] for s in ("loyal", "new")}
    assert ratios["loyal"] == pytest.approx(ratios["new"])
    assert sum(w for (s, _), w in weights.items() if s == "new") == pytest.approx(1)


def test_a_holdout_takes_its_share_and_is_no_variant(shop: Shop) -> None:
    shop.segment("loyal", 400)

    plan = plan_experiment(shop.store, Settings(), "spring", holdout_weight=0.1)

    assert dict(plan.segments[0].sizes) == {
        "control": 100, "A": 87, "B": 86, "C": 87, "holdout": 40,
    }  # fmt: skip
    assert "three variants" in plan.sentences[0]


def test_weights_can_be_given_arm_by_arm(shop: Shop) -> None:
    shop.segment("loyal", 100, arms=("control", "A", "B"))

    plan = plan_experiment(
        shop.store, Settings(), "spring", weights={"control": 0.5, "A": 0.3, "B": 0.2}
    )

    assert dict(plan.segments[0].sizes) == {"control": 50, "A": 30, "B": 20}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        pytest.param(
            {"weights": {"control": 0.5, "A": 0.5}}, "'B' has no weight", id="one missing"
        ),
        pytest.param({"weights": {"control": 0.5, "X": 0.5}}, "no arm 'X'", id="an unknown arm"),
        pytest.param(
            {"control_weight": 1.0},
            "nobody is left for the variants",
            id="nothing left for variants",
        ),
        pytest.param(
            {"control_weight": 0.99, "holdout_weight": 0.9},
            "99 % for the control text and 90 % without a message",
            id="less than nothing left",
        ),
        pytest.param({"metric": "open"}, "click, conversion, revenue", id="opens do not decide"),
        pytest.param({"base_rate": 1.5}, "base rate of 1.5", id="more than everybody"),
    ],
)
def test_what_cannot_be_planned_is_refused(
    shop: Shop, options: dict[str, float], words: str
) -> None:
    shop.segment("loyal", 100)

    with pytest.raises(InputError, match=words):
        plan_experiment(shop.store, Settings(), "spring", **options)  # type: ignore[arg-type]


def test_a_plan_before_the_review_shows_the_written_messages_and_says_what_is_missing(
    shop: Shop,
) -> None:
    shop.segment("loyal", 100, arms=())
    for arm in ("control", "A", "B"):
        shop.write("loyal", arm)
    shop.decide("loyal", "A", "approved")

    plan = plan_experiment(shop.store, Settings(), "spring")

    assert [arm.name for arm in plan.arms] == ["control", "A", "B"]
    (missing,) = plan.missing
    assert missing == (
        "Segment 'loyal' has no control text that may be sent. Approve one on the Review page, or "
        "merge the segment into another on the Segments page."
    )


def test_a_plan_before_anything_is_written_assumes_three_variants(shop: Shop) -> None:
    shop.segment("loyal", 100, arms=())

    plan = plan_experiment(shop.store, Settings(), "spring")

    assert [arm.name for arm in plan.arms] == ["control", "A", "B", "C"]
    assert "no control text and no variant" in plan.missing[0]


def test_a_message_that_is_not_approved_is_left_out_and_named(shop: Shop) -> None:
    shop.segment("loyal", 100)
    shop.decide("loyal", "C", "changes_asked")

    plan = plan_experiment(shop.store, Settings(), "spring", base_rate=0.4)

    assert [arm.name for arm in plan.arms] == ["control", "A", "B"]
    assert plan.missing == ()
    assert plan.warnings == ("Variant C of 'loyal' is left out: it is not approved as it stands.",)


def test_a_segment_nobody_of_which_may_be_written_to_holds_nothing_up(shop: Shop) -> None:
    shop.segment("loyal", 100)
    shop.segment("silent", 50, arms=())
    shop.store.run("UPDATE customers SET consent_email = false WHERE customer_id LIKE 'silent%'")

    plan = plan_experiment(shop.store, Settings(), "spring")

    assert plan.missing == ()
    assert [segment.segment for segment in plan.segments] == ["loyal"]


def test_an_empty_audience_can_be_looked_at(shop: Shop) -> None:
    plan = plan_experiment(shop.store, Settings(), "spring")

    assert plan.missing == ("Nobody may be written to. The audience shows why.",)
    assert plan.detectable_lift is None
    assert "you would notice no lift at all" in plan.sentences[0]


def test_a_base_rate_is_learned_from_what_was_really_measured(shop: Shop) -> None:
    shop.segment("loyal", 400)
    shop.launched()
    shop.respond("click", {"control": 30, "A": 30})
    shop.measured()

    plan = plan_experiment(shop.later(), Settings(), "spring")

    assert plan.base_rate == pytest.approx(0.30)
    assert plan.base_rate_source == "as in earlier campaigns to these customers"


def test_a_simulation_teaches_no_base_rate(shop: Shop) -> None:
    shop.segment("loyal", 400)
    shop.launched(mode="simulation")
    shop.respond("click", {"control": 30}, is_simulated=True)
    from personalization.experiments import measure

    measure(shop.store, Settings(), "spring-experiment", actor="ada")

    plan = plan_experiment(shop.store, Settings(), "spring")

    assert plan.base_rate == 0.08
    assert plan.base_rate_source == "assumed in the settings"


def test_revenue_is_planned_by_buyers_and_order_value(shop: Shop) -> None:
    shop.segment("loyal", 400)

    purchases = plan_experiment(shop.store, Settings(), "spring", metric="conversion")
    revenue = plan_experiment(shop.store, Settings(), "spring", metric="revenue")

    assert purchases.base_rate == revenue.base_rate == pytest.approx(0.016)
    assert revenue.needed_per_arm > purchases.needed_per_arm
    assert "of people buy" in revenue.sentences[-1]


def test_there_is_no_plan_without_a_campaign(shop: Shop) -> None:
    with pytest.raises(StateError, match="no campaign 'autumn'"):
        plan_experiment(shop.store, Settings(), "autumn")


def test_every_declared_metric_is_sized_with_its_curve(shop: Shop) -> None:
    shop.segment("loyal", 2_000)

    plan = plan_experiment(
        shop.store, Settings(), "spring",
        metric="click", base_rate=0.10, secondary=("conversion", "revenue_per_click"),
    )  # fmt: skip

    # By hand: (2.34897 + .84162)^2 x (.016 x .984 + .0176 x .9824) / .0016^2 = 131,361.9.
    click, conversion = plan.metric_plans
    assert (click.name, click.role, click.expected) == ("click", "primary", 0.10)
    assert click.detectable_lift == plan.detectable_lift == pytest.approx(0.684, abs=5e-3)
    assert conversion.role == "secondary"
    assert (conversion.detectable_lift or 0) > (click.detectable_lift or 0)
    assert conversion.sentence == (
        "Purchases: a lift of 228 % or more would be noticed; +10 % takes 131,362 per arm, and you "
        "have 500."
    )
    for metric in (click, conversion):
        sizes, lifts = zip(*metric.curve, strict=True)
        assert sizes[-1] == 2 * metric.needed_per_arm
        assert list(lifts) == sorted(lifts, reverse=True)


def test_every_segment_says_what_it_can_show_in_each_metric(shop: Shop) -> None:
    shop.segment("loyal", 400)
    shop.segment("new", 80)

    plan = plan_experiment(
        shop.store, Settings(), "spring", base_rate=0.2, secondary=("conversion",)
    )

    loyal, new = plan.segments
    assert (loyal.per_arm, new.per_arm) == (100, 20)
    assert dict(loyal.lifts)["click"] == loyal.detectable_lift
    assert (dict(new.lifts)["click"] or 9) > (dict(loyal.lifts)["click"] or 9)
    assert (dict(new.lifts)["conversion"] or 9) > 5


def test_a_guardrail_says_how_many_people_it_takes(shop: Shop) -> None:
    """493 by the closed form of Blackwelder (1982), which is too hopeful for so rare a harm."""
    shop.segment("loyal", 400)

    plan = plan_experiment(shop.store, Settings(), "spring")

    (guardrail,) = plan.guardrail_plans
    assert guardrail.needed_per_arm == 672
    assert guardrail.power == pytest.approx(0.041, abs=1e-3)
    assert guardrail.sentence in plan.sentences
    assert guardrail.sentence == (
        "To show that unsubscribes rise by no more than 1.0 points takes 672 people per arm; you "
        "have 100, so it would block every variant, even one that does no harm."
    )


def test_only_the_chosen_variants_are_planned(shop: Shop) -> None:
    shop.segment("loyal", 400)

    plan = plan_experiment(shop.store, Settings(), "spring", variants=("A", "C"))

    assert dict(plan.segments[0].sizes) == {"control": 100, "A": 150, "C": 150}
    assert plan.variants == ("A", "C")
    assert plan.missing == plan.warnings == ()


def test_a_segment_that_has_none_of_the_chosen_variants_is_named(shop: Shop) -> None:
    shop.segment("loyal", 400)
    shop.segment("new", 100, arms=("control", "A"))

    plan = plan_experiment(shop.store, Settings(), "spring", variants=("B",))

    (missing,) = plan.missing
    assert missing == (
        "Segment 'new' has no variant that may be sent. Approve one on the Review page, or merge "
        "the segment into another on the Segments page."
    )


@pytest.mark.parametrize(
    ("variants", "words"),
    [
        pytest.param(("D",), r"no variant 'D' to test\. There are: A, B, C", id="not written"),
        pytest.param((), "needs a variant beside the control", id="none"),
    ],
)
def test_variants_that_are_not_there_cannot_be_chosen(
    shop: Shop, variants: tuple[str, ...], words: str
) -> None:
    shop.segment("loyal", 400)

    with pytest.raises(InputError, match=words):
        plan_experiment(shop.store, Settings(), "spring", variants=variants)


_LEARNED = """
    INSERT INTO arm_weights VALUES ('spring', 'loyal', $arm, $variant_id, $version, $weight, 0.5,
                                    'because', $now)
"""


def learned(shop: Shop, weights: dict[str, float], version: int = 1) -> None:
    for arm, weight in weights.items():
        shop.store.run(
            _LEARNED, arm=arm, variant_id=f"loyal{arm}", version=version, weight=weight,
            now=shop.store.now(),
        )  # fmt: skip


def test_what_earlier_campaigns_taught_sets_the_shares_and_the_control_keeps_its_own(
    shop: Shop,
) -> None:
    shop.segment("loyal", 400)
    shop.segment("new", 100)
    learned(shop, {"A": 0.6, "B": 0.38, "C": 0.02})

    plan = plan_experiment(shop.store, Settings(), "spring")

    loyal, new = plan.segments
    assert plan.is_learned
    assert dict(loyal.sizes) == {"control": 100, "A": 180, "B": 114, "C": 6}
    assert dict(new.sizes) == {"control": 25, "A": 25, "B": 25, "C": 25}
    assert (
        "What earlier campaigns taught sets the variants' shares; the control keeps 25 %. "
        "Variant A gets the most, 45 % of 'loyal'; every variant keeps 1.5 % or more."
    ) in plan.sentences


@pytest.mark.parametrize(
    ("by_settings", "switched", "is_learned"),
    [
        pytest.param(False, None, False, id="off in the settings"),
        pytest.param(False, True, True, id="on for this campaign"),
        pytest.param(True, False, False, id="off for this campaign"),
    ],
)
def test_learnt_shares_are_used_only_while_lessons_are_on(
    shop: Shop,
    by_settings: bool,  # noqa: FBT001
    switched: bool | None,  # noqa: FBT001
    is_learned: bool,  # noqa: FBT001
) -> None:
    shop.segment("loyal", 400)
    learned(shop, {"A": 0.6, "B": 0.38, "C": 0.02})
    settings = Settings(learning=Learning(is_on=by_settings))
    if switched is not None:
        learning.switch(shop.store, "spring", is_on=not switched, actor="ada")
        learning.switch(shop.store, "spring", is_on=switched, actor="ada")

    plan = plan_experiment(shop.store, settings, "spring")

    assert plan.is_learned is is_learned
    assert (dict(plan.segments[0].sizes)["A"] == 180) is is_learned
    assert bool(campaign.lessons_for(shop.store, settings, "spring").weights) is is_learned


def test_where_shares_differ_by_segment_the_comparison_is_worth_less(shop: Shop) -> None:
    """By hand: 20 % of the audience rest on 6 people: an arm of 30 and 6 is worth 1 / .00735."""
    shop.segment("loyal", 100)
    shop.segment("new", 400)
    learned(shop, {"A": 0.9, "B": 0.05, "C": 0.05})

    plan = plan_experiment(shop.store, Settings(), "spring", base_rate=0.1)

    sizes = [dict(segment.sizes) for segment in plan.segments]
    n = 1 / (0.2**2 / sizes[0]["B"] + 0.8**2 / sizes[1]["B"])
    assert plan.metric_plans[0].per_arm == round(n) < sizes[0]["B"] + sizes[1]["B"]


def test_what_was_learned_about_an_older_text_does_not_count(shop: Shop) -> None:
    shop.segment("loyal", 400)
    learned(shop, {"A": 0.6, "B": 0.38, "C": 0.02}, version=7)

    assert not plan_experiment(shop.store, Settings(), "spring").is_learned


def test_shares_that_are_given_beat_what_was_learned(shop: Shop) -> None:
    shop.segment("loyal", 400, arms=("control", "A", "B"))
    learned(shop, {"A": 0.9, "B": 0.1})

    plan = plan_experiment(
        shop.store, Settings(), "spring", weights={"control": 0.5, "A": 0.25, "B": 0.25}
    )

    assert not plan.is_learned
    assert dict(plan.segments[0].sizes) == {"control": 200, "A": 100, "B": 100}


def test_a_variant_nothing_is_known_of_gets_a_usual_share(shop: Shop) -> None:
    shop.segment("loyal", 400, arms=("control", "A", "B"))
    learned(shop, {"A": 0.5})

    plan = plan_experiment(shop.store, Settings(), "spring")

    assert dict(plan.segments[0].sizes) == {"control": 100, "A": 150, "B": 150}


_ORDERS = """
    INSERT INTO transactions (dataset_id, order_id, customer_id, quantity, unit_price, amount,
                              ordered_at)
    SELECT 'base', concat('o', range), concat('loyal-', range * range % 97), 1, 40 + range % 21,
           40 + range % 21, DATE '2026-11-25' - CAST(range * 13 % 80 AS INTEGER)
    FROM range(300)
"""


def test_revenue_is_planned_by_the_orders_on_record(shop: Shop) -> None:
    shop.segment("loyal", 400)
    shop.store.run(_ORDERS)

    plan = plan_experiment(shop.store, Settings(), "spring", metric="revenue")

    assert plan.order is not None
    assert plan.order.mean == pytest.approx(50, abs=0.2)
    assert plan.metric_plans[0].expected == pytest.approx(0.016 * plan.order.mean)
    assert "as in the 300 orders on record" in plan.sentences[-2]
    assumed = 166_000  # what an order value that spreads as widely as it is high would take
    assert plan.needed_per_arm < 0.9 * assumed


def test_a_cap_is_declared_and_said(shop: Shop) -> None:
    shop.segment("loyal", 400)

    plan = plan_experiment(shop.store, Settings(), "spring", metric="revenue", cap=60.0)
    uncapped = plan_experiment(shop.store, Settings(), "spring", metric="revenue")

    assert plan.metric == "revenue_capped"
    assert [m.name for m in plan.metrics] == ["revenue_capped", "revenue", "unsubscribe"]
    assert (plan.detectable_lift or 9) < (uncapped.detectable_lift or 0)
    assert "counted up to 60.00" in plan.sentences[-2]


def test_an_adjustment_takes_fewer_people_where_people_bought_before(shop: Shop) -> None:
    shop.segment("loyal", 400)
    shop.store.run(_ORDERS)

    plain = plan_experiment(shop.store, Settings(), "spring", metric="conversion")
    adjusted = plan_experiment(shop.store, Settings(), "spring", metric="conversion", pre_days=60)

    assert adjusted.foresight is not None
    assert 0 < adjusted.foresight.buyers_before < 97
    assert plain.kept == 1
    assert adjusted.kept == pytest.approx(1 - (adjusted.foresight.rho_squared or 0))
    assert adjusted.needed_per_arm == pytest.approx(plain.needed_per_arm * adjusted.kept, rel=1e-3)
    assert (adjusted.detectable_lift or 9) < (plain.detectable_lift or 0)


def test_an_adjustment_by_nothing_is_warned_about(shop: Shop) -> None:
    shop.segment("loyal", 400)

    plan = plan_experiment(shop.store, Settings(), "spring", metric="conversion", pre_days=90)

    assert plan.warnings[-1].startswith("Nobody in the audience bought anything in the last 90")
