from __future__ import annotations

import hashlib
import json
from datetime import date
from typing import TYPE_CHECKING

import pytest

from personalization.errors import InputError, StateError
from personalization.experiments import (
    approve_design,
    assign_arms,
    design_experiment,
    experiment_of,
    plan_experiment,
    withdraw_design,
)
from personalization.experiments.declared import declared_of
from personalization.settings import Settings
from personalization.store import verify_chain

if TYPE_CHECKING:
    from .conftest import Shop

_EDIT = """
    INSERT INTO variants
    SELECT variant_id, 2, campaign_id, segment, arm, 'Changed', preheader, body, call_to_action,
           link, footer, locale, attributes, origin, provenance,
           content_fingerprint('Changed', preheader, body, call_to_action, link, footer),
           written_at, written_by
    FROM variants WHERE variant_id = $variant_id
"""


def hypothesis(shop: Shop) -> dict[str, object]:
    row = shop.store.read_one("SELECT hypothesis FROM experiments")
    assert row is not None
    return dict(json.loads(row[0]))


def test_a_design_writes_the_arms_with_the_bytes_they_send(shop: Shop) -> None:
    shop.segment("loyal", 100)

    experiment_id = shop.designed()

    assert experiment_of(shop.store, "spring") == experiment_id
    rows = shop.store.read(
        "SELECT arm, weight, variant_id, version, length(content_sha256) FROM arms "
        "ORDER BY position"
    )
    assert rows == [
        ("control", 0.25, "loyalcontrol", 1, 64), ("A", 0.25, "loyalA", 1, 64),
        ("B", 0.25, "loyalB", 1, 64), ("C", 0.25, "loyalC", 1, 64),
    ]  # fmt: skip


def test_the_hypothesis_names_all_that_is_decided_beforehand_and_is_hashed(shop: Shop) -> None:
    shop.segment("loyal", 100)
    experiment_id = shop.designed()

    sha256 = approve_design(shop.store, experiment_id, actor="ben")

    found = hypothesis(shop)
    assert (found["metric"], found["analysis_on"], found["confidence"]) == (
        "click",
        "2026-12-15",
        0.95,
    )
    assert found["diagnostic"] == ["open"]
    assert len(found["arms"]) == 4  # type: ignore[arg-type]
    text = json.dumps(found, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert sha256 == hashlib.sha256(text.encode()).hexdigest()


def test_a_new_design_replaces_the_old_one_until_it_is_approved(shop: Shop) -> None:
    shop.segment("loyal", 100)
    first = shop.designed()
    shop.decide("loyal", "C", "rejected")

    assert shop.designed(control_weight=0.5) == first

    rows = shop.store.read("SELECT arm, weight FROM arms ORDER BY position")
    assert rows == [("control", 0.5), ("A", 0.25), ("B", 0.25)]


def test_an_approved_design_is_frozen(shop: Shop) -> None:
    shop.segment("loyal", 100)
    approve_design(shop.store, shop.designed(), actor="ben")

    with pytest.raises(StateError, match="approved by ben and is frozen"):
        shop.designed(control_weight=0.5)


def test_approving_twice_is_approving_once(shop: Shop) -> None:
    shop.segment("loyal", 100)
    experiment_id = shop.designed()

    assert approve_design(shop.store, experiment_id, actor="ben") == approve_design(
        shop.store, experiment_id, actor="eve"
    )
    assert shop.store.read("SELECT approved_by FROM experiments") == [("ben",)]


def test_a_segment_without_a_message_is_named_with_the_way_out(shop: Shop) -> None:
    shop.segment("loyal", 100)
    shop.segment("new", 100, arms=("A",))

    with pytest.raises(StateError, match=r"Segment 'new' has no control text.*Review page"):
        shop.designed()


def test_a_message_that_changed_after_the_plan_stops_the_design(shop: Shop) -> None:
    shop.segment("loyal", 100)
    plan = plan_experiment(shop.store, Settings(), "spring")
    shop.decide("loyal", "B", "changes_asked")

    with pytest.raises(StateError, match=r"B of 'loyal'.*design the experiment again"):
        design_experiment(
            shop.store, Settings(), "spring", plan, analysis_on=date(2026, 12, 15), actor="ada"
        )
    assert experiment_of(shop.store, "spring") is None


def test_an_edit_after_the_design_stops_its_approval(shop: Shop) -> None:
    shop.segment("loyal", 100)
    experiment_id = shop.designed()
    shop.store.run(_EDIT, variant_id="loyalA")

    with pytest.raises(StateError, match="A of 'loyal'"):
        approve_design(shop.store, experiment_id, actor="ben")


def test_a_tampered_hypothesis_is_not_approved(shop: Shop) -> None:
    shop.segment("loyal", 100)
    experiment_id = shop.designed()
    shop.store.run("""UPDATE experiments SET hypothesis = '{"metric": "conversion"}'""")

    with pytest.raises(StateError, match="was changed"):
        approve_design(shop.store, experiment_id, actor="ben")


def test_a_result_is_not_read_before_the_campaign_is_sent(shop: Shop) -> None:
    shop.segment("loyal", 100)
    plan = plan_experiment(shop.store, Settings(), "spring")

    with pytest.raises(InputError, match="cannot be read on 2026-11-30"):
        design_experiment(
            shop.store, Settings(), "spring", plan, analysis_on=date(2026, 11, 30), actor="ada"
        )


def test_a_withdrawn_design_can_be_changed_and_gives_everybody_the_same_arm_again(
    shop: Shop,
) -> None:
    shop.segment("loyal", 100)
    experiment_id = shop.assigned()
    before = shop.store.read("SELECT customer_id, arm FROM assignments ORDER BY customer_id")

    unassigned = withdraw_design(shop.store, experiment_id, reason="A typo in B.", actor="ada")

    assert unassigned == 100
    shop.designed()
    approve_design(shop.store, experiment_id, actor="ben")
    assign_arms(shop.store, experiment_id, actor="ben")
    after = shop.store.read("SELECT customer_id, arm FROM assignments ORDER BY customer_id")
    assert after == before


def test_a_launched_design_stays(shop: Shop) -> None:
    shop.segment("loyal", 100)

    with pytest.raises(StateError, match="was launched"):
        withdraw_design(shop.store, shop.launched(), reason="Too late.", actor="ada")


def test_a_withdrawal_needs_a_reason(shop: Shop) -> None:
    shop.segment("loyal", 100)

    with pytest.raises(StateError, match="Say why"):
        withdraw_design(shop.store, shop.assigned(), reason=" ", actor="ada")


def test_design_approval_and_withdrawal_are_on_the_record(shop: Shop) -> None:
    shop.segment("loyal", 100)
    experiment_id = shop.assigned()

    withdraw_design(shop.store, experiment_id, reason="A typo.", actor="ada")

    kinds = [kind for (kind,) in shop.store.read("SELECT kind FROM audit_log ORDER BY seq")]
    assert kinds == [
        "experiment.designed", "experiment.approved", "experiment.assigned",
        "experiment.withdrawn",
    ]  # fmt: skip
    assert verify_chain(shop.store).first_broken is None


def test_what_was_never_designed_cannot_be_approved(shop: Shop) -> None:
    assert experiment_of(shop.store, "spring") is None
    with pytest.raises(StateError, match="Design one first"):
        approve_design(shop.store, "spring-experiment", actor="ben")


def test_a_design_is_not_approved_once_people_are_in_a_segment_it_does_not_know(
    shop: Shop,
) -> None:
    shop.segment("loyal", 100)
    experiment_id = shop.designed()
    shop.segment("new", 100)

    with pytest.raises(StateError, match="The segments changed since this design; design it again"):
        approve_design(shop.store, experiment_id, actor="ben")

    assert approve_design(shop.store, shop.designed(), actor="ben")


def test_a_design_is_not_approved_once_one_of_its_segments_is_gone(shop: Shop) -> None:
    shop.segment("loyal", 100)
    shop.segment("new", 100)
    experiment_id = shop.designed()
    shop.store.run("DELETE FROM segments WHERE segment = 'new'")
    shop.store.run("DELETE FROM segment_members WHERE segment = 'new'")

    with pytest.raises(StateError, match="The segments changed since this design"):
        approve_design(shop.store, experiment_id, actor="ben")


def test_a_design_is_not_approved_once_people_were_grouped_anew_under_the_same_names(
    shop: Shop,
) -> None:
    shop.segment("loyal", 100)
    experiment_id = shop.designed()
    shop.store.run(
        "INSERT INTO segmentations SELECT campaign_id, 'rfm', '{}', '{}', DATE '2026-12-01', "
        "designed_at + INTERVAL 1 MINUTE FROM experiments"
    )

    with pytest.raises(StateError, match="The segments changed since this design"):
        approve_design(shop.store, experiment_id, actor="ben")


def test_everything_that_is_declared_is_in_the_hypothesis_and_in_the_columns(shop: Shop) -> None:
    shop.segment("loyal", 100)
    shop.store.run(_BOUGHT)
    plan = plan_experiment(
        shop.store, Settings(), "spring",
        metric="revenue", cap=80.0, secondary=("click",), pre_days=60, relevant_lift=0.2,
        guardrails={"unsubscribe": 0.02, "complaint": 0.001}, analysis_on=date(2026, 12, 20),
    )  # fmt: skip

    design_experiment(shop.store, Settings(), "spring", plan, actor="ada")

    found = hypothesis(shop)
    assert found["metric"] == "revenue_capped"
    assert found["metrics"] == [
        {"name": "revenue_capped", "role": "primary"},
        {"name": "click", "role": "secondary"},
        {"name": "revenue", "role": "secondary"},
        {"name": "unsubscribe", "role": "guardrail", "margin": 0.02},
        {"name": "complaint", "role": "guardrail", "margin": 0.001},
    ]
    assert (found["relevant_lift"], found["cap"], found["analysis_on"]) == (0.2, 80.0, "2026-12-20")
    assert found["adjustment"] == {"method": "CUPED", "pre_days": 60}
    assert found["exploratory"] == ["conversion", "revenue_per_click"]
    assert shop.store.read(
        "SELECT analysis_on, revenue_cap, pre_days, machine_click_seconds FROM experiments"
    ) == [(date(2026, 12, 20), 80.0, 60, 10)]


def test_a_plain_design_adjusts_nothing_and_guards_unsubscribes(shop: Shop) -> None:
    shop.segment("loyal", 100)

    shop.designed()

    found = hypothesis(shop)
    assert found["adjustment"] is None
    assert found["cap"] is None
    assert found["are_weights_learned"] is False
    assert found["metrics"] == [
        {"name": "click", "role": "primary"},
        {"name": "unsubscribe", "role": "guardrail", "margin": 0.01},
    ]
    assert set(found["correction"]) == {"arms", "segments", "early"}  # type: ignore[call-overload]
    assert shop.store.read("SELECT analysis_on, revenue_cap, pre_days FROM experiments") == [
        (date(2026, 12, 15), None, 0)
    ]


_BOUGHT = """
    INSERT INTO transactions (dataset_id, order_id, customer_id, quantity, unit_price, amount,
                              ordered_at)
    SELECT 'base', concat('o', range), concat('loyal-', range), 1, 40, 40,
           DATE '2026-11-25' - CAST(range AS INTEGER)
    FROM range(50)
"""


def test_the_measurement_reads_the_very_declaration_that_was_frozen(shop: Shop) -> None:
    shop.segment("loyal", 100)
    plan = plan_experiment(
        shop.store, Settings(), "spring",
        metric="revenue", cap=80.0, guardrails={"unsubscribe": 0.02}, relevant_lift=0.2,
    )  # fmt: skip
    design_experiment(
        shop.store, Settings(), "spring", plan, analysis_on=date(2026, 12, 15), actor="ada"
    )

    [row] = shop.store.records("SELECT * FROM experiments")
    declared = declared_of(row, Settings().experiments)

    assert declared.primary == plan.metric
    assert declared.margins == {"unsubscribe": 0.02}
    assert declared.relevant_lift == 0.2
    assert {name for name, role in declared.roles.items() if role == "exploratory"} == set(
        plan.declaration.exploratory
    )


def test_a_design_needs_a_day_on_which_it_is_read(shop: Shop) -> None:
    shop.segment("loyal", 100)
    plan = plan_experiment(shop.store, Settings(), "spring")

    with pytest.raises(InputError, match="Choose the day on which the result is read"):
        design_experiment(shop.store, Settings(), "spring", plan, actor="ada")


def test_an_adjustment_by_nothing_is_not_designed(shop: Shop) -> None:
    shop.segment("loyal", 100)
    plan = plan_experiment(
        shop.store, Settings(), "spring",
        metric="conversion", pre_days=30, analysis_on=date(2026, 12, 15),
    )  # fmt: skip

    with pytest.raises(
        InputError, match="Nobody in the audience bought anything in the last 30 days"
    ):
        design_experiment(shop.store, Settings(), "spring", plan, actor="ada")


def test_learned_shares_are_frozen_and_are_the_propensity(shop: Shop) -> None:
    shop.segment("loyal", 400)
    for arm, weight in (("A", 0.6), ("B", 0.3), ("C", 0.1)):
        shop.store.run(
            "INSERT INTO arm_weights VALUES ('spring', 'loyal', $arm, $id, 1, $weight, 0.5, '', "
            "$now)", arm=arm, id=f"loyal{arm}", weight=weight, now=shop.store.now(),
        )  # fmt: skip

    shop.assigned()

    assert hypothesis(shop)["are_weights_learned"] is True
    rows = shop.store.read(
        "SELECT arm, count(*), min(propensity), max(propensity) FROM assignments "
        "GROUP BY arm ORDER BY arm"
    )
    assert rows == [
        (arm, n, pytest.approx(share), pytest.approx(share))
        for arm, n, share in (
            ("A", 180, 0.45), ("B", 90, 0.225), ("C", 30, 0.075), ("control", 100, 0.25),
        )
    ]  # fmt: skip


def test_variants_that_are_not_tested_get_no_arm(shop: Shop) -> None:
    shop.segment("loyal", 100)
    plan = plan_experiment(
        shop.store, Settings(), "spring", variants=("B",), analysis_on=date(2026, 12, 15)
    )

    design_experiment(shop.store, Settings(), "spring", plan, actor="ada")

    assert shop.store.read("SELECT arm, weight FROM arms ORDER BY position") == [
        ("control", 0.25), ("B", 0.75),
    ]  # fmt: skip
