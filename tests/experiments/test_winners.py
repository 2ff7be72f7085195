from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from personalization.errors import StateError
from personalization.experiments import measure, winner
from personalization.settings import Settings

if TYPE_CHECKING:
    from .conftest import Shop


def measured(shop: Shop) -> None:
    measure(shop.store, Settings(), "spring-experiment", actor="ada")


def test_the_best_of_the_better_arms_wins_everywhere(shop: Shop) -> None:
    shop.segment("loyal", 400)
    shop.segment("tiny", 20)
    shop.launched()
    shop.respond("click", {"control": 20, "A": 50, "B": 60})
    measured(shop)

    found = winner(shop.store, "spring-experiment")

    assert found.overall == "B"
    assert dict(found.arms) == {"loyal": "B", "tiny": "B"}
    assert found.reason.startswith("Variant B lifts clicks")


def test_a_segment_keeps_the_winner_of_its_own(shop: Shop) -> None:
    shop.segment("loyal", 400)
    shop.segment("new", 400)
    shop.launched()
    respond_in(shop, "loyal", {"control": 20, "A": 20, "B": 60})
    respond_in(shop, "new", {"control": 20, "A": 50, "B": 30})
    measured(shop)

    found = winner(shop.store, "spring-experiment")

    assert found.overall == "B"
    assert dict(found.arms) == {"loyal": "B", "new": "A"}


def test_a_winner_is_not_sent_where_it_does_harm(shop: Shop) -> None:
    shop.segment("loyal", 800)
    shop.segment("new", 400)
    shop.launched()
    respond_in(shop, "loyal", {"control": 40, "B": 150})
    respond_in(shop, "new", {"control": 50, "A": 45, "B": 20})
    measured(shop)

    assert dict(winner(shop.store, "spring-experiment").arms) == {"loyal": "B"}


def test_an_arm_that_drives_people_out_does_not_win(shop: Shop) -> None:
    shop.segment("loyal", 400)
    shop.launched()
    shop.respond("click", {"control": 20, "B": 60})
    shop.respond("unsubscribe", {"control": 5, "B": 40})
    measured(shop)

    found = winner(shop.store, "spring-experiment")

    assert (found.arms, found.overall) == ((), None)
    assert found.reason == "Variant B drives people to unsubscribe, so it does not win."


def test_no_winner_is_a_normal_answer(shop: Shop) -> None:
    shop.segment("loyal", 400)
    shop.launched()
    shop.respond("click", {"control": 20, "A": 22, "B": 19, "C": 21})
    measured(shop)

    found = winner(shop.store, "spring-experiment")

    assert found.arms == ()
    assert found.reason == "No variant was shown to be better than the control text."


def test_only_the_metric_of_the_hypothesis_decides(shop: Shop) -> None:
    shop.segment("loyal", 400)
    shop.launched()
    shop.respond("open", {"control": 20, "A": 70})
    shop.respond("conversion", {"control": 20, "B": 70})
    measured(shop)

    assert winner(shop.store, "spring-experiment").arms == ()


def test_there_is_no_winner_before_a_measurement(shop: Shop) -> None:
    with pytest.raises(StateError, match="Nothing was measured yet"):
        winner(shop.store, "spring-experiment")


def respond_in(shop: Shop, segment: str, by_arm: dict[str, int]) -> None:
    for arm, n in by_arm.items():
        shop.store.run(
            "INSERT INTO engagements SELECT experiment_id, customer_id, 'click', 0, "
            "TIMESTAMP '2026-12-02 10:00:00', false FROM assignments "
            "WHERE segment = $segment AND arm = $arm ORDER BY customer_id LIMIT $n",
            segment=segment, arm=arm, n=n,
        )  # fmt: skip
