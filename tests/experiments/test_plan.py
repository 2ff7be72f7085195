from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from personalization.errors import InputError, StateError
from personalization.experiments import plan_experiment
from personalization.settings import Settings

if TYPE_CHECKING:
    from .conftest import Shop


def test_a_plan_says_what_would_be_noticed(shop: Shop) -> None:
    """By hand: 500 people in four equal arms at a base of 10 % notice +129 %; see sample sizes."""
    shop.segment("loyal", 500)

    plan = plan_experiment(shop.store, Settings(), "spring", base_rate=0.10)

    assert plan.eligible == 500
    assert plan.detectable_lift == pytest.approx(1.29, abs=5e-3)
    assert plan.needed_per_arm == 14_749
    assert plan.needed_for_winner == 19_128
    assert plan.noise_share == pytest.approx(0.63, abs=0.01)
    assert plan.sentences[0] == (
        "With 500 people and three variants you would notice a lift in clicks of 129 % or more; "
        "to see +10 % you need 14,749 per arm."
    )
    assert plan.sentences[2] == (
        "If no message did anything, 63 % of such tests would still show more than +10 % in some "
        "variant: judge by the interval, not by the best number."
    )
    assert plan.missing == ()


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
        pytest.param({"control_weight": 1.0}, "their sum 1", id="nothing left for variants"),
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
    from personalization.experiments import measure

    measure(shop.store, Settings(), "spring-experiment", actor="ada")

    plan = plan_experiment(shop.store, Settings(), "spring")

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
