from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from personalization.errors import InputError, StateError
from personalization.segmentation import (
    Condition,
    Rule,
    explain_member,
    fit_segments,
    inherit_segments,
    keep_segments,
)
from personalization.settings import Settings
from tests.segmentation.shops import Person

if TYPE_CHECKING:
    from tests.segmentation.shops import Shop

RULES = (Rule("Often", (Condition("orders", ">=", 3),)),)
ARMS = [(segment, arm) for segment in ("Often", "Everyone else")
        for arm in ("control", "A", "B", "holdout")]  # fmt: skip


@pytest.fixture
def tested(shop: Shop) -> Shop:
    """A tested parent: six people who order often, six who do not, five of each with an arm."""
    shop.fill([
        *(Person(f"often{i}", days=i + 0.5, orders=5, spent=50.0) for i in range(6)),
        *(Person(f"else{i}", days=i + 0.5, orders=1, spent=5.0) for i in range(6)),
    ])  # fmt: skip
    proposal = fit_segments(shop.store, Settings(), "spring", method="rules", rules=RULES)
    keep_segments(shop.store, "spring", proposal, actor="Ada")
    shop.design(*ARMS)
    for segment, prefix in (("Often", "often"), ("Everyone else", "else")):
        for i, arm in enumerate(("control", "A", "A", "B", "holdout")):
            shop.assign(f"{prefix}{i}", segment, arm)
    shop.add_campaign("follow-up")
    return shop


def inherit(shop: Shop, winners: dict[str, str] | str) -> dict[str, str]:
    inherit_segments(shop.store, "follow-up", parent_id="spring", winners=winners, actor="Ada")
    return shop.members("follow-up")


def test_whoever_did_not_get_the_winner_is_in_the_follow_up(tested: Shop) -> None:
    members = inherit(tested, {"Often": "A", "Everyone else": "B"})

    assert members == {
        "often0": "Often",  # control
        "often3": "Often",  # another arm
        "often4": "Often",  # holdout
        "often5": "Often",  # never assigned
        "else0": "Everyone else",
        "else1": "Everyone else",
        "else2": "Everyone else",
        "else4": "Everyone else",
        "else5": "Everyone else",
    }


def test_one_arm_can_win_everywhere(tested: Shop) -> None:
    assert inherit(tested, "A") == inherit(tested, {"Often": "A", "Everyone else": "A"})


def test_a_segment_without_a_winner_is_left_out(tested: Shop) -> None:
    assert set(inherit(tested, {"Often": "A"}).values()) == {"Often"}


def test_the_follow_up_says_where_its_segments_come_from(tested: Shop) -> None:
    n_members = inherit_segments(
        tested.store, "follow-up", parent_id="spring", winners={"Often": "A"}, actor="Ada"
    )

    rows = tested.store.read(
        "SELECT segment, rule, customers FROM segments WHERE campaign_id = 'follow-up'"
    )
    how = tested.store.read(
        "SELECT method, as_of::VARCHAR FROM segmentations WHERE campaign_id = 'follow-up'"
    )
    assert n_members == 4
    assert rows == [("Often", "number of orders is at least 3; has not had arm A of 'Spring'", 4)]
    assert how == [("inherited", "2026-11-20")]


def test_an_inherited_member_is_explained_by_the_arm_and_the_parents_rule(tested: Shop) -> None:
    inherit(tested, {"Often": "A"})

    said = explain_member(tested.store, "follow-up", "often0")

    assert said.startswith(
        "Customer often0 is in 'Often'. In the campaign 'Spring' they got arm 'control'."
    )
    assert "number of orders is at least 3 (theirs: 5)" in said
    assert "were in no arm" in explain_member(tested.store, "follow-up", "often5")
    assert "is in no segment" in explain_member(tested.store, "follow-up", "often1")


def test_a_customer_who_was_erased_since_is_not_inherited(tested: Shop) -> None:
    tested.store.run("DELETE FROM customers WHERE customer_id = 'often0'")

    assert "often0" not in inherit(tested, "A")


def test_a_follow_up_can_be_followed_up(tested: Shop) -> None:
    inherit(tested, {"Often": "A"})
    tested.add_campaign("third")
    tested.store.run("UPDATE experiments SET campaign_id = 'follow-up'")

    inherit_segments(
        tested.store, "third", parent_id="follow-up", winners={"Often": "B"}, actor="Ada"
    )

    assert set(tested.members("third")) == {"often0", "often4", "often5"}


@pytest.mark.parametrize(
    ("winners", "message"),
    [
        pytest.param({"Often": "C"}, "no arm 'C' that could have won. It has: A, B, control",
                     id="unknown arm"),
        pytest.param({"Often": "holdout"}, "no arm 'holdout'", id="the holdout gets nothing"),
        pytest.param({"Rare": "A"}, "Segment 'Rare' of the campaign has no arm", id="segment"),
        pytest.param({}, "no winning arm", id="none"),
        pytest.param("C", "no winning arm", id="an arm of no segment"),
    ],
)  # fmt: skip
def test_a_winner_that_cannot_be_one_is_refused(
    tested: Shop, winners: dict[str, str] | str, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        inherit(tested, winners)


def test_a_parent_without_segments_is_refused(tested: Shop) -> None:
    tested.add_campaign("bare")

    with pytest.raises(StateError, match="has no segments"):
        inherit_segments(tested.store, "follow-up", parent_id="bare", winners="A", actor="Ada")


def test_a_follow_up_about_other_customers_is_refused(tested: Shop) -> None:
    tested.add_campaign("abroad", "another shop")

    with pytest.raises(StateError, match="the same customers as 'Spring'"):
        inherit_segments(tested.store, "abroad", parent_id="spring", winners="A", actor="Ada")


def test_nobody_left_is_refused(tested: Shop) -> None:
    tested.store.run("UPDATE assignments SET arm = 'A'")
    tested.assign("often5", "Often", "A")

    with pytest.raises(StateError, match="already had the winning message"):
        inherit(tested, {"Often": "A"})
