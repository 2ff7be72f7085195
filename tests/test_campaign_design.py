"""The test of a campaign as a user drives it: merging, keeping people out, and what that proves."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from personalization import campaign, segmentation
from personalization.errors import InputError, StateError
from personalization.providers import registry
from personalization.settings import Delivery, Settings
from tests.delivery.ready import BRAND
from tests.pages import campaigns

if TYPE_CHECKING:
    from personalization.store import Store

CORPUS = Path(__file__).parents[1] / "content_corpus"


@pytest.fixture(autouse=True)
def classifier(monkeypatch: pytest.MonkeyPatch) -> None:
    """Screen without a model: the registry chooses from the environment, not from a parameter."""
    monkeypatch.setattr(registry, "classifier", lambda _, **__: campaigns.Trusting())


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(brand=BRAND, delivery=Delivery(folder=str(tmp_path)))


@pytest.fixture
def approved(store: Store, settings: Settings) -> Store:
    """A campaign of 400 people in two segments, with every message approved."""
    campaigns.add(store, "spring", "Spring preview", 400)
    campaigns.approved(store, settings, "spring", CORPUS)
    return store


@pytest.fixture
def grouped(store: Store, settings: Settings) -> Store:
    """The same people in the same segments, before anything was written."""
    campaigns.add(store, "spring", "Spring preview", 400)
    rules = segmentation.STARTER_RULES[:1]
    found = campaign.fit_segments(store, settings, "spring", method="rules", rules=rules)
    campaign.keep_segments(store, "spring", found, actor="Ann")
    return store


def segments(store: Store) -> dict[str, int]:
    return dict(store.read("SELECT segment, customers FROM segments ORDER BY position"))


def freeze(store: Store, settings: Settings) -> None:
    plan = campaign.plan_experiment(store, settings, "spring", analysis_on=campaigns.SEND_ON)
    campaign.design_experiment(store, settings, "spring", plan, actor="Ann")
    campaign.approve_design(store, "spring", actor="Bea")


def test_a_merge_moves_people_keeps_the_messages_of_the_other_and_retires_its_own(
    approved: Store, settings: Settings
) -> None:
    small, large = sorted(segments(approved), key=segments(approved).__getitem__)
    before = segments(approved)

    members = campaign.merge_segments(approved, settings, "spring", {small: large}, actor="Ann")

    assert segments(approved) == {large: before[small] + before[large]} == {large: members}
    retired = approved.read(
        "SELECT DISTINCT segment, reason FROM retired_variants JOIN variants USING (variant_id)"
    )
    assert retired == [(small, f"Segment {small!r} is no longer part of the campaign.")]
    plan = campaign.plan_experiment(approved, settings, "spring")
    assert [segment.segment for segment in plan.segments] == [large]
    assert plan.missing == ()
    [(rule,)] = approved.read("SELECT rule FROM segments")
    assert f"merged in from {small!r}" in rule


def test_a_merge_can_be_done_after_another_one(grouped: Store, settings: Settings) -> None:
    small, large = sorted(segments(grouped), key=segments(grouped).__getitem__)
    campaign.merge_segments(grouped, settings, "spring", {small: large}, actor="Ann")

    again = campaign.merge_segments(grouped, settings, "spring", {}, actor="Ann")

    assert segments(grouped) == {large: again}


def test_frozen_segments_are_not_merged(approved: Store, settings: Settings) -> None:
    small, large = sorted(segments(approved), key=segments(approved).__getitem__)
    freeze(approved, settings)

    with pytest.raises(StateError, match="Withdraw the approval of the design first"):
        campaign.merge_segments(approved, settings, "spring", {small: large}, actor="Ann")
    assert len(segments(approved)) == 2


def test_a_segment_that_is_not_there_is_not_merged(grouped: Store, settings: Settings) -> None:
    with pytest.raises(InputError, match="no segment 'nobody'"):
        campaign.merge_segments(grouped, settings, "spring", {"nobody": "anybody"}, actor="Ann")


def test_a_campaign_without_segments_has_nothing_to_merge(store: Store, settings: Settings) -> None:
    campaigns.add(store, "spring", "Spring preview", 10)

    with pytest.raises(StateError, match="no segments of its own"):
        campaign.merge_segments(store, settings, "spring", {"a": "b"}, actor="Ann")


def test_the_repair_that_is_offered_can_be_carried_out(grouped: Store, settings: Settings) -> None:
    plan = campaign.plan_experiment(grouped, settings, "spring")
    merging = [
        repair
        for repair in campaign.repairs_of(grouped, settings, "spring", plan)
        if repair.kind == "merge_segments"
    ]
    assert merging

    campaign.merge_segments(grouped, settings, "spring", dict(merging[0].merges), actor="Ann")

    after = campaign.plan_experiment(grouped, settings, "spring")
    assert len(after.segments) == len(plan.segments) - 1
    assert after.segments[0].detectable_lift == pytest.approx(merging[0].detectable_after, rel=0.02)


def mailed(folder: Path) -> set[str]:
    """Read the addresses from every file of recipients that was written."""
    found: set[str] = set()
    for path in folder.rglob("*.csv"):
        with path.open(encoding="utf-8-sig", newline="") as lines:
            for row in csv.DictReader(lines):
                found |= {value for value in row.values() if value and "@example.com" in value}
    return found


def test_nobody_in_the_holdout_is_in_any_file_that_goes_out(
    approved: Store, settings: Settings, tmp_path: Path
) -> None:
    campaign.start_holdout(approved, share=0.2, actor="Ann", reason="To see.", salt="pepper")
    freeze(approved, settings)

    export = campaign.export_campaign(approved, settings, "spring", actor="Ann", request_id="x")

    held = {
        email
        for (email,) in approved.read(
            "SELECT email FROM held_out JOIN customers USING (customer_id)"
        )
    }
    got = mailed(tmp_path)
    assert len(held) > 40
    assert len(got) == export.recipients > 200
    assert not held & got
    assert not approved.read(
        "SELECT customer_id FROM deliveries SEMI JOIN held_out USING (customer_id)"
    )


def test_a_holdout_that_starts_after_the_assignment_still_reaches_nobody(
    approved: Store, settings: Settings, tmp_path: Path
) -> None:
    freeze(approved, settings)
    campaign.start_holdout(approved, share=0.2, actor="Ann", reason="To see.", salt="pepper")
    with pytest.raises(StateError, match=r"Sign-off: Bea signed off .* people and is"):
        campaign.export_campaign(approved, settings, "spring", actor="Ann", request_id="x")
    campaign.sign_off(approved, settings, "spring", actor="Bea")

    export = campaign.export_campaign(approved, settings, "spring", actor="Ann", request_id="x")

    held = dict(approved.read(
        "SELECT email, 1 FROM held_out JOIN customers USING (customer_id)"
    ))  # fmt: skip
    assert len(mailed(tmp_path)) == export.recipients
    assert held
    assert not held.keys() & mailed(tmp_path)


def test_a_holdout_that_ends_before_the_launch_lets_everybody_be_mailed(
    approved: Store, settings: Settings, tmp_path: Path
) -> None:
    campaign.start_holdout(approved, share=0.2, actor="Ann", reason="To see.")
    freeze(approved, settings)
    campaign.end_holdout(approved, actor="Ann", reason="Not this time.")
    campaign.sign_off(approved, settings, "spring", actor="Bea")

    assert all(
        check.is_green for check in campaign.launch_gate(approved, settings, "spring")
        if check.name == "Assignment"
    )  # fmt: skip
    export = campaign.export_campaign(approved, settings, "spring", actor="Ann", request_id="x")
    assert export.recipients == 360  # one in ten has not consented
    assert len(mailed(tmp_path)) == 360
