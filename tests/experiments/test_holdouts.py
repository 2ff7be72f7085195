from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personalization import experiments
from personalization.errors import InputError, StateError
from personalization.experiments import (
    audience_waterfall,
    change_holdout,
    current_holdout,
    end_holdout,
    holdout_history,
    start_holdout,
    withdraw_design,
)
from personalization.settings import Settings
from personalization.store import open_store, verify_chain

from .conftest import NOW, Shop

if TYPE_CHECKING:
    from personalization.store import Store

_BUCKETS = """
    SELECT customer_id, bucket FROM audience WHERE campaign_id = 'spring' ORDER BY customer_id
"""
_OTHER = """
    INSERT INTO campaigns VALUES ('autumn', 'Autumn', 'base', NULL, '{"metric": "click"}',
                                  DATE '2026-12-20', 'en-GB', 'another seed', $now, 'ada', NULL)
"""


def start(shop: Shop, share: float = 0.2, salt: str | None = "pepper") -> str:
    return start_holdout(shop.store, share=share, actor="ada", reason="To see.", salt=salt)


def is_in(customer: str, salt: str, share: float) -> bool:
    digest = hashlib.md5(f"{salt}:{customer}".encode(), usedforsecurity=False).hexdigest()
    return int(digest[:8], 16) / 2**32 < share


def in_holdout(store: Store) -> set[str]:
    return {customer for customer, bucket in store.read(_BUCKETS) if bucket == "global holdout"}


def held_out(store: Store) -> set[str]:
    return {customer for (customer,) in store.read("SELECT customer_id FROM held_out")}


def assigned(store: Store) -> set[str]:
    return {customer for (customer,) in store.read("SELECT customer_id FROM assignments")}


def test_who_is_in_it_follows_from_the_salt_and_the_id_alone(shop: Shop) -> None:
    """Known answer: anyone can work the draw out again with any md5."""
    shop.segment("loyal", 400)

    start(shop, 0.2)

    wanted = {f"loyal-{i}" for i in range(400) if is_in(f"loyal-{i}", "pepper", 0.2)}
    assert in_holdout(shop.store) == wanted
    assert 50 < len(wanted) < 110


def test_people_in_it_get_no_arm_and_are_on_record(shop: Shop) -> None:
    shop.segment("loyal", 400)
    holdout_id = start(shop)

    experiment_id = shop.assigned()

    held = held_out(shop.store)
    assert held == in_holdout(shop.store)
    assert held | assigned(shop.store) == {f"loyal-{i}" for i in range(400)}
    assert not held & assigned(shop.store)
    assert shop.store.read("SELECT DISTINCT segment, holdout_id FROM held_out") == [
        ("loyal", holdout_id)
    ]
    cells = shop.store.read("SELECT count(*) FROM assignments GROUP BY arm")
    assert max(cells)[0] - min(cells)[0] <= 1  # exact on those who are left
    assert experiments.assign_arms(shop.store, experiment_id, actor="ada") == 0
    assert len(held_out(shop.store)) == shop.store.read("SELECT count(*) FROM held_out")[0][0]


def test_a_plan_counts_only_who_may_be_written_to(shop: Shop) -> None:
    shop.segment("loyal", 400)
    start(shop)

    plan = experiments.plan_experiment(shop.store, Settings(), "spring")

    waterfall = dict(audience_waterfall(shop.store, "spring"))
    assert plan.eligible == waterfall["eligible"] == 400 - waterfall["global holdout"]


def test_late_comers_are_held_out_too(shop: Shop) -> None:
    shop.segment("loyal", 100)
    start(shop)
    experiment_id = shop.launched()
    shop.newcomers("loyal", "late", 100)

    experiments.assign_arms(shop.store, experiment_id, actor="ada")

    late = {f"late-{i}" for i in range(100)}
    wanted = {customer for customer in late if is_in(customer, "pepper", 0.2)}
    assert held_out(shop.store) & late == wanted
    assert assigned(shop.store) & late == late - wanted


def test_its_draw_has_nothing_to_do_with_that_of_the_arms(shop: Shop) -> None:
    """Of 4,000 people, 20 % of each arm as it would have been: four standard errors are 5 %."""
    shop.segment("loyal", 4_000, arms=("control", "A"))
    shop.assigned(control_weight=0.5)
    arms = dict(shop.store.read("SELECT customer_id, arm FROM assignments"))

    start(shop, 0.2)

    held = in_holdout(shop.store)
    shares = {
        arm: sum(customer in held for customer, got in arms.items() if got == arm)
        / sum(got == arm for got in arms.values())
        for arm in ("control", "A")
    }
    assert shares["control"] == pytest.approx(shares["A"], abs=0.05)


def test_a_holdout_that_starts_takes_its_people_out_of_what_is_not_launched(shop: Shop) -> None:
    shop.segment("loyal", 400)
    shop.assigned()
    before = dict(shop.store.read("SELECT customer_id, arm FROM assignments"))

    start(shop)

    after = dict(shop.store.read("SELECT customer_id, arm FROM assignments"))
    assert held_out(shop.store) == in_holdout(shop.store) == before.keys() - after.keys()
    assert after == {customer: before[customer] for customer in after}


def test_a_launched_campaign_keeps_to_the_holdout_of_its_launch(shop: Shop) -> None:
    shop.segment("loyal", 400)
    start(shop)
    shop.launched()
    held = in_holdout(shop.store)

    end_holdout(shop.store, actor="ada", reason="Seen enough.")

    assert in_holdout(shop.store) == held == held_out(shop.store)
    shop.store.run(_OTHER, now=shop.store.now())
    shop.store.run("INSERT INTO segment_members SELECT 'autumn', segment, customer_id "
                   "FROM segment_members")  # fmt: skip
    assert dict(audience_waterfall(shop.store, "autumn"))["eligible"] == 400


def test_a_campaign_launched_before_it_began_is_left_alone(shop: Shop) -> None:
    shop.segment("loyal", 400)
    shop.launched()

    start(shop)

    assert not in_holdout(shop.store)
    assert len(assigned(shop.store)) == 400
    assert not held_out(shop.store)


def test_when_it_ends_its_people_get_an_arm_of_what_is_not_launched(shop: Shop) -> None:
    shop.segment("loyal", 400)
    start(shop)
    shop.assigned()
    before = dict(shop.store.read("SELECT customer_id, arm FROM assignments"))

    end_holdout(shop.store, actor="ada", reason="Seen enough.")

    after = dict(shop.store.read("SELECT customer_id, arm FROM assignments"))
    assert len(after) == 400
    assert {customer: after[customer] for customer in before} == before
    assert not held_out(shop.store)


def test_a_larger_share_keeps_everybody_in_who_was_in(shop: Shop) -> None:
    shop.segment("loyal", 400)
    start(shop, 0.1)
    before = in_holdout(shop.store)

    change_holdout(shop.store, share=0.3, actor="ada", reason="More certainty.")

    assert before < in_holdout(shop.store)
    last, first = holdout_history(shop.store)
    assert (last.share, last.salt, last.until) == (0.3, "pepper", None)
    assert (first.share, first.end_reason) == (0.1, "More certainty.")


def test_a_smaller_share_is_drawn_anew(shop: Shop) -> None:
    """Who was never mailed would else all be on the other side, which is then no fair one."""
    shop.segment("loyal", 2_000)
    start(shop, 0.3)
    before = in_holdout(shop.store)

    change_holdout(shop.store, share=0.1, actor="ada", reason="It costs.")

    last, first = holdout_history(shop.store)
    assert last.salt != first.salt
    assert len(in_holdout(shop.store) & before) / len(before) == pytest.approx(0.1, abs=0.06)


def test_a_withdrawn_design_holds_nobody_out(shop: Shop) -> None:
    shop.segment("loyal", 100)
    start(shop)
    experiment_id = shop.assigned()

    withdraw_design(shop.store, experiment_id, reason="A typo.", actor="ada")

    assert not held_out(shop.store)


def test_an_address_that_was_held_out_is_not_mailed_under_another_id(shop: Shop) -> None:
    shop.segment("loyal", 100)
    start(shop)
    experiment_id = shop.launched()
    one = min(held_out(shop.store))
    email = shop.store.read("SELECT email FROM customers WHERE customer_id = $one", one=one)[0][0]
    other = next(f"a{i}" for i in range(99) if not is_in(f"a{i}", "pepper", 0.2))
    shop.store.run(
        "INSERT INTO customers (dataset_id, customer_id, email, consent_email) "
        "VALUES ('base', $id, $email, true)", id=other, email=email,
    )  # fmt: skip
    shop.store.run("INSERT INTO segment_members VALUES ('spring', 'loyal', $id)", id=other)

    assert experiments.assign_arms(shop.store, experiment_id, actor="ada") == 0


def test_the_history_counts_what_was_launched_for_real(shop: Shop) -> None:
    shop.segment("loyal", 400)
    start(shop)
    shop.assigned()
    assert [(p.campaigns, p.held_out) for p in holdout_history(shop.store)] == [(0, 0)]

    shop.store.run("UPDATE experiments SET launched_at = $now, mode = 'export'", now=NOW)

    [period] = holdout_history(shop.store)
    assert (period.campaigns, period.held_out) == (1, len(held_out(shop.store)))
    assert (period.since, period.started_by, period.reason) == (NOW, "ada", "To see.")
    assert current_holdout(shop.store) == period


def test_a_simulation_is_no_campaign_of_a_holdout(shop: Shop) -> None:
    shop.segment("loyal", 400)
    start(shop)
    shop.launched(mode="simulation")

    assert [(p.campaigns, p.held_out) for p in holdout_history(shop.store)] == [(0, 0)]
    assert held_out(shop.store)


def test_every_change_is_on_the_record_with_its_reason(shop: Shop) -> None:
    start(shop)
    later = replace(shop.store, clock=lambda: NOW + timedelta(days=30))
    change_holdout(later, share=0.3, actor="ben", reason="More certainty.")
    end_holdout(later, actor="eve", reason="Seen enough.")

    rows = shop.store.read("SELECT kind, actor FROM audit_log ORDER BY seq")
    assert rows == [
        ("holdout.started", "ada"), ("holdout.ended", "ben"), ("holdout.started", "ben"),
        ("holdout.ended", "eve"),
    ]  # fmt: skip
    assert verify_chain(shop.store).first_broken is None
    assert current_holdout(shop.store) is None
    assert [p.until for p in holdout_history(shop.store)] == [NOW + timedelta(days=30)] * 2


@pytest.mark.parametrize(
    ("share", "reason", "words"),
    [
        pytest.param(0.0, "To see.", "A holdout of 0%", id="nobody"),
        pytest.param(0.6, "To see.", "A holdout of 60%", id="more than half"),
        pytest.param(float("nan"), "To see.", "cannot be", id="no number"),
        pytest.param(0.1, " ", "Say why", id="no reason"),
    ],
)
def test_a_holdout_that_makes_no_sense_is_refused(
    shop: Shop, share: float, reason: str, words: str
) -> None:
    with pytest.raises(InputError, match=words):
        start_holdout(shop.store, share=share, actor="ada", reason=reason)
    assert holdout_history(shop.store) == ()


def test_there_is_one_holdout_at_a_time(shop: Shop) -> None:
    with pytest.raises(StateError, match="Start a holdout first"):
        end_holdout(shop.store, actor="ada", reason="None.")
    start(shop)
    with pytest.raises(StateError, match="20 % of all customers are kept out already"):
        start(shop)
    with pytest.raises(InputError, match="keeps 20 % out already"):
        change_holdout(shop.store, share=0.2, actor="ada", reason="The same.")
    assert current_holdout(shop.store) is not None  # the refused change ended nothing


@settings(max_examples=15)
@given(st.integers(0, 60), st.floats(0.001, 0.5), st.text(min_size=1, max_size=8))
def test_everybody_is_eligible_or_held_out_and_never_both(n: int, share: float, salt: str) -> None:
    store = open_store(clock=lambda: NOW)
    shop = Shop(store).begun()
    shop.segment("loyal", n)
    start(shop, share, salt)
    waterfall = dict(audience_waterfall(store, "spring"))
    wanted = sum(is_in(f"loyal-{i}", salt, int(share * 2**32) / 2**32) for i in range(n))
    store.close()

    assert waterfall["global holdout"] == wanted
    assert waterfall["eligible"] == n - wanted
    assert sum(waterfall.values()) == n
