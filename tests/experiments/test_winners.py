from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from personalization.errors import StateError
from personalization.experiments import open_early, winner

if TYPE_CHECKING:
    from .conftest import Shop


def measured(shop: Shop) -> None:
    """Measure what the e-mail tool told: that of those who left, one did so after the last day."""
    shop.respond("unsubscribe", {"control": 1}, happened_at="2026-12-16 08:00:00")
    shop.measured()


def test_the_best_of_the_better_arms_wins_everywhere(shop: Shop) -> None:
    shop.segment("loyal", 1_600)
    shop.segment("tiny", 20)
    shop.launched()
    shop.respond("click", {"control": 80, "A": 200, "B": 240})
    measured(shop)

    found = winner(shop.later(), "spring-experiment")

    assert found.overall == "B"
    assert dict(found.arms) == {"loyal": "B", "tiny": "B"}
    assert found.reason.startswith("Variant B lifts clicks")


def test_a_segment_keeps_the_winner_of_its_own(shop: Shop) -> None:
    shop.segment("loyal", 1_600)
    shop.segment("new", 1_600)
    shop.launched()
    respond_in(shop, "loyal", {"control": 80, "A": 80, "B": 240})
    respond_in(shop, "new", {"control": 80, "A": 200, "B": 120})
    measured(shop)

    found = winner(shop.later(), "spring-experiment")

    assert found.overall == "B"
    assert dict(found.arms) == {"loyal": "B", "new": "A"}


def test_a_winner_is_not_sent_where_it_does_harm(shop: Shop) -> None:
    shop.segment("loyal", 800)
    shop.segment("new", 400)
    shop.launched()
    respond_in(shop, "loyal", {"control": 40, "B": 150})
    respond_in(shop, "new", {"control": 50, "A": 45, "B": 20})
    measured(shop)

    assert dict(winner(shop.later(), "spring-experiment").arms) == {"loyal": "B"}


def test_an_arm_that_drives_people_out_does_not_win(shop: Shop) -> None:
    shop.segment("loyal", 400)
    shop.launched()
    shop.respond("click", {"control": 20, "B": 60})
    shop.respond("unsubscribe", {"control": 5, "B": 40})
    measured(shop)

    found = winner(shop.later(), "spring-experiment")

    assert (found.arms, found.overall) == ((), None)
    assert shop.verdicts()["B"]["state"] == "stop"
    assert shop.verdicts()["B"]["reason"] == "the guardrail unsubscribes is breached"
    assert str(shop.verdicts()["B"]["sentence"]).endswith(
        "Variant B raises unsubscribes by 35 points, clearly more than the 1.0 points that can be "
        "borne."
    )


def test_no_winner_is_a_normal_answer(shop: Shop) -> None:
    shop.segment("loyal", 400)
    shop.launched()
    shop.respond("click", {"control": 20, "A": 22, "B": 19, "C": 21})
    measured(shop)

    found = winner(shop.later(), "spring-experiment")

    assert found.arms == ()
    assert found.reason == (
        "Variant A shows no clear difference in clicks: +10 % (−35 % to +88 %); 4,700 more "
        "customers per arm would settle it."
    )


def test_a_winner_without_proof_that_it_drives_nobody_out_is_blocked(shop: Shop) -> None:
    """With 100 people an arm, none of whom left, up to 2.6 in a hundred may leave."""
    shop.segment("loyal", 400)
    shop.launched()
    shop.respond("click", {"control": 20, "B": 60})
    measured(shop)

    row = shop.verdicts()["B"]
    assert (row["state"], row["reason"]) == (
        "not_enough_data", "the guardrail unsubscribes is not shown to hold",
    )  # fmt: skip
    assert str(row["sentence"]).endswith(
        "but 'ship' is blocked: unsubscribes may be up to 2.6 points higher and the margin is 1.0 "
        "points."
    )
    assert winner(shop.later(), "spring-experiment").arms == ()


def test_where_nobody_is_on_record_as_having_left_that_is_not_taken_for_nobody(
    shop: Shop,
) -> None:
    """A tool that was never asked about unsubscribes reports as few of them as one without any."""
    shop.segment("loyal", 8_000)
    shop.launched()
    shop.respond("click", {"control": 200, "B": 900})
    shop.measured()

    row, guardrail = shop.verdicts()["B"], shop.results("unsubscribe")["B"]
    assert (row["state"], row["reason"]) == (
        "not_enough_data", "the guardrail unsubscribes is not shown to hold",
    )  # fmt: skip
    assert str(row["sentence"]).endswith(
        "but 'ship' is blocked: whether unsubscribes stay in bounds is not known: no unsubscribes "
        "are on record for anybody; upload what your e-mail tool recorded."
    )
    assert (guardrail["verdict"], guardrail["harm_bound"]) == ("not_shown", None)
    assert winner(shop.later(), "spring-experiment").arms == ()

    shop.respond("unsubscribe", {"control": 1})
    shop.measured()

    assert shop.verdicts()["B"]["state"] == "ship"


def test_in_a_simulation_nobody_who_left_is_nobody(shop: Shop) -> None:
    shop.segment("loyal", 8_000)
    shop.launched(mode="simulation")
    shop.respond("click", {"control": 200, "B": 900}, is_simulated=True)
    shop.measured()

    assert shop.results("unsubscribe")["B"]["verdict"] == "holds"
    assert shop.verdicts()["B"]["state"] == "ship"


def test_a_real_result_is_locked_until_its_day_has_passed(shop: Shop) -> None:
    shop.segment("loyal", 6_000)
    shop.launched()
    shop.respond("click", {"control": 300, "B": 900})
    shop.respond("unsubscribe", {"control": 1})
    shop.measured(days=14)

    during = winner(shop.later(14), "spring-experiment")

    assert (during.arms, during.overall) == ((), None)
    assert during.reason == "The result is read after 2026-12-15, as it was declared."
    assert shop.verdicts()["B"]["is_early"]
    open_early(shop.later(14), "spring-experiment", actor="ada", reason="The shop is full.")
    assert winner(shop.later(14), "spring-experiment").overall == "B"


def test_a_simulation_is_never_locked(shop: Shop) -> None:
    shop.segment("loyal", 1_600)
    shop.launched(mode="simulation")
    shop.respond("click", {"control": 80, "B": 240}, is_simulated=True)
    shop.measured(days=1)

    assert winner(shop.later(1), "spring-experiment").overall == "B"
    assert not shop.verdicts()["B"]["is_early"]


def test_only_the_metric_of_the_hypothesis_decides(shop: Shop) -> None:
    shop.segment("loyal", 400)
    shop.launched()
    shop.respond("open", {"control": 20, "A": 70})
    shop.respond("conversion", {"control": 20, "B": 70})
    measured(shop)

    assert winner(shop.later(), "spring-experiment").arms == ()


def test_there_is_no_winner_before_a_measurement(shop: Shop) -> None:
    with pytest.raises(StateError, match="Nothing was measured yet"):
        winner(shop.later(), "spring-experiment")


def respond_in(shop: Shop, segment: str, by_arm: dict[str, int]) -> None:
    for arm, n in by_arm.items():
        shop.store.run(
            "INSERT INTO engagements SELECT experiment_id, customer_id, 'click', 0, "
            "TIMESTAMP '2026-12-02 10:00:00', false FROM assignments "
            "WHERE segment = $segment AND arm = $arm ORDER BY customer_id LIMIT $n",
            segment=segment, arm=arm, n=n,
        )  # fmt: skip
