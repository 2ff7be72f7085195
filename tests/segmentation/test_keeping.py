from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from personalization.errors import InputError, StateError
from personalization.segmentation import Condition, Rule, fit_segments, keep_segments
from personalization.settings import Settings
from personalization.store import verify_chain
from tests.segmentation.shops import NOW, Person, everyday_people

if TYPE_CHECKING:
    from personalization.segmentation import Segmentation
    from tests.segmentation.shops import Shop


def often(shop: Shop, name: str = "Often", least: int = 4) -> Segmentation:
    rule = Rule(name, (Condition("orders", ">=", least),))
    return fit_segments(shop.store, Settings(), "spring", method="rules", rules=(rule,))


def test_what_was_shown_is_what_is_kept(shop: Shop) -> None:
    shop.fill(everyday_people())
    proposal = fit_segments(shop.store, Settings(), "spring")

    n_members = keep_segments(shop.store, "spring", proposal, actor="Ada")

    rows = shop.store.records("SELECT * FROM segments ORDER BY position")
    assert n_members == 40
    assert [row["segment"] for row in rows] == [s.name for s in proposal.segments]
    assert [row["rule"] for row in rows] == [s.rule for s in proposal.segments]
    assert [row["customers"] for row in rows] == [s.customers for s in proposal.segments]
    assert [json.loads(row["profile"]) for row in rows] == [
        dict(s.profile) for s in proposal.segments
    ]
    how = shop.store.records("SELECT * FROM segmentations")[0]
    assert (how["method"], how["as_of"], how["made_at"]) == ("rfm", proposal.as_of, NOW)
    assert json.loads(how["parameters"]) == proposal.parameters
    assert json.loads(how["quality"]) == proposal.quality


def test_a_new_proposal_takes_the_place_of_the_old_one(shop: Shop) -> None:
    shop.fill(everyday_people())
    keep_segments(shop.store, "spring", fit_segments(shop.store, Settings(), "spring"), actor="Ada")

    keep_segments(shop.store, "spring", often(shop), actor="Ada")

    assert set(shop.members().values()) == {"Often", "Everyone else"}
    assert shop.store.read("SELECT segment FROM segments ORDER BY position") == [
        ("Often",),
        ("Everyone else",),
    ]
    assert shop.store.read("SELECT method FROM segmentations") == [("rules",)]


def test_keeping_the_same_proposal_again_changes_nothing(shop: Shop) -> None:
    shop.fill(everyday_people())
    proposal = fit_segments(shop.store, Settings(), "spring")
    keep_segments(shop.store, "spring", proposal, actor="Ada")
    before = shop.members(), shop.store.read("SELECT * FROM segments ORDER BY position")
    shop.write("v1", proposal.segments[0].name)

    keep_segments(shop.store, "spring", proposal, actor="Ada")

    assert (shop.members(), shop.store.read("SELECT * FROM segments ORDER BY position")) == before
    assert shop.retired() == {}


def test_another_campaigns_segments_are_left_alone(shop: Shop) -> None:
    shop.fill(everyday_people())
    shop.add_campaign("autumn")
    keep_segments(shop.store, "autumn", fit_segments(shop.store, Settings(), "autumn"), actor="Ada")
    before = shop.members("autumn")

    keep_segments(shop.store, "spring", often(shop), actor="Ada")

    assert shop.members("autumn") == before


def test_keeping_leaves_an_audit_row_with_counts_and_no_names(shop: Shop) -> None:
    shop.fill(everyday_people())

    keep_segments(shop.store, "spring", often(shop), actor="Ada")

    [(kind, actor, payload)] = shop.store.read("SELECT kind, actor, payload FROM audit_log")
    found = json.loads(payload)
    assert (kind, actor) == ("segments.kept", "Ada")
    assert (found["method"], found["segments"], found["customers"]) == ("rules", 2, 40)
    assert len(found["parameters_sha256"]) == 64
    assert "Often" not in payload
    assert verify_chain(shop.store).is_whole


def test_messages_for_a_segment_that_is_gone_are_retired(shop: Shop) -> None:
    shop.fill(everyday_people())
    keep_segments(shop.store, "spring", often(shop), actor="Ada")
    shop.write("v1", "Often")
    shop.write("v2", "Everyone else")

    keep_segments(shop.store, "spring", often(shop, "Regulars"), actor="Ada")

    assert shop.retired() == {"v1": "Segment 'Often' is no longer part of the campaign."}


def test_messages_are_retired_when_another_method_makes_their_segment(shop: Shop) -> None:
    shop.fill(everyday_people())
    keep_segments(shop.store, "spring", often(shop, "Champions"), actor="Ada")
    shop.write("v1", "Champions")

    keep_segments(shop.store, "spring", fit_segments(shop.store, Settings(), "spring"), actor="Ada")

    assert shop.retired() == {
        "v1": "Segment 'Champions' is made by rfm now, and was made by rules before."
    }


def test_messages_for_a_segment_that_stays_are_kept(shop: Shop) -> None:
    shop.fill(everyday_people())
    keep_segments(shop.store, "spring", often(shop), actor="Ada")
    shop.write("v1", "Often")

    keep_segments(shop.store, "spring", often(shop, least=5), actor="Ada")

    assert shop.retired() == {}


def test_a_message_is_retired_once_and_its_reason_stays(shop: Shop) -> None:
    shop.fill(everyday_people())
    keep_segments(shop.store, "spring", often(shop), actor="Ada")
    shop.write("v1", "Often")

    for name in ("Regulars", "Often", "Regulars"):
        keep_segments(shop.store, "spring", often(shop, name), actor="Ada")

    assert shop.retired() == {"v1": "Segment 'Often' is no longer part of the campaign."}


def test_segments_are_frozen_once_the_experiment_is_approved(shop: Shop) -> None:
    shop.fill(everyday_people())
    keep_segments(shop.store, "spring", often(shop), actor="Ada")
    shop.design(approved_at=NOW)
    before = shop.members()

    with pytest.raises(StateError, match=r"frozen.*Withdraw the approval of the design first"):
        keep_segments(shop.store, "spring", often(shop, "Regulars"), actor="Ada")

    assert shop.members() == before


def test_a_design_that_is_not_approved_freezes_nothing(shop: Shop) -> None:
    shop.fill(everyday_people())
    shop.design()

    assert keep_segments(shop.store, "spring", often(shop), actor="Ada") == 40


def test_customers_who_changed_since_the_proposal_stop_it_and_nothing_is_written(
    shop: Shop,
) -> None:
    shop.fill(everyday_people())
    keep_segments(shop.store, "spring", often(shop, "Regulars"), actor="Ada")
    proposal = often(shop)
    shop.fill([*everyday_people(), Person("newcomer", days=2.0, orders=9)])

    with pytest.raises(StateError, match="have changed since these segments were proposed"):
        keep_segments(shop.store, "spring", proposal, actor="Ada")

    assert set(shop.members().values()) == {"Regulars", "Everyone else"}
    assert len(shop.members()) == 40
    assert shop.store.read("SELECT count(*) FROM audit_log") == [(1,)]


def test_the_saved_cut_points_and_day_reproduce_the_members(shop: Shop) -> None:
    """Cut points are frozen with the proposal: later orders of others move nobody."""
    people = everyday_people()
    shop.fill(people)
    proposal = fit_segments(shop.store, Settings(), "spring")
    keep_segments(shop.store, "spring", proposal, actor="Ada")
    before = shop.members()

    latest = min((p for p in people if p.days is not None), key=lambda p: p.days or 0)
    shop.fill([replace(p, days=-9.0) if p is latest else p for p in people])
    keep_segments(shop.store, "spring", proposal, actor="Ada")

    assert shop.members() == before


def test_an_unknown_campaign_is_refused(shop: Shop) -> None:
    shop.fill(everyday_people())

    with pytest.raises(InputError, match="no campaign 'autumn'"):
        keep_segments(shop.store, "autumn", often(shop), actor="Ada")
