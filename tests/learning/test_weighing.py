from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from personalization import campaign, learning
from personalization.campaign.lessons import learn
from personalization.errors import StateError
from personalization.settings import Settings
from tests.learning import past

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personalization.store import Store

WARM = {"loyal": {"warm": 300, "plain": 200}, "new": {"warm": 260, "plain": 200}}
TONES = {"A": {"tone": "plain"}, "B": {"tone": "warm"}, "C": {"tone": "plain", "length": "long"}}
SETTINGS = Settings()


def fresh(store: Store, arms: Mapping[str, Mapping[str, str]] = TONES, **begun: Any) -> str:  # noqa: ANN401
    """Add a campaign that is in the making, with messages for the loyal and a control text."""
    past.begin(store, "winter", **begun)
    for arm, traits in {**arms, "control": {}}.items():
        past.write(store, "winter", "loyal", arm, traits)
    return "winter"


def weigh(store: Store, settings: Settings = SETTINGS) -> dict[str, float]:
    learning.weigh_arms(store, settings, "winter", actor="ada")
    return weights(store)


def weights(store: Store) -> dict[str, float]:
    found = learning.weights_of(store, "winter")
    assert sum(w.weight for w in found) == pytest.approx(1 if found else 0, abs=1e-12)
    return {w.arm: w.weight for w in found}


def n_weighed(store: Store) -> int:
    [(n,)] = store.read("SELECT count(*) FROM audit_log WHERE kind = 'lessons.weighed'")
    return int(n)


def test_the_message_in_the_tone_that_did_well_gets_most(store: Store) -> None:
    past.read(store, "spring", WARM)
    fresh(store)

    found = weigh(store)

    assert found["B"] > 0.5
    assert min(found.values()) >= SETTINGS.learning.floor
    assert set(found) == {"A", "B", "C"}  # the control keeps its own share


def test_the_reason_says_what_is_expected_and_what_is_new(store: Store) -> None:
    past.read(store, "spring", WARM)
    fresh(store, {"A": {"tone": "warm"}, "B": {"tone": "cool", "length": "short"}})

    learning.weigh_arms(store, SETTINGS, "winter", actor="ada")

    first, second = (w.reason for w in learning.weights_of(store, "winter"))
    assert first.startswith("A warm tone: ")
    assert "points more clicks expected than from the mean variant of 'loyal'" in first
    assert second.startswith("A cool tone, a short text: ")
    assert second.endswith("Its tone is new.")


def test_weighing_again_writes_nothing_until_something_changed(store: Store) -> None:
    past.read(store, "spring", WARM)
    fresh(store)
    before = weigh(store)
    assert n_weighed(store) == 1

    assert weigh(store) == before
    assert n_weighed(store) == 1

    store.run("UPDATE variants SET version = 2 WHERE variant_id = 'winter/loyal/A'")
    weigh(store)
    assert n_weighed(store) == 2


@pytest.mark.parametrize(
    ("arms", "begun"),
    [
        pytest.param({"A": {"tone": "warm"}}, {}, id="a single message"),
        pytest.param({"A": {"plan": "x"}, "B": {"plan": "x"}}, {}, id="told apart by nothing"),
        pytest.param(TONES, {"metric": "conversion"}, id="another metric"),
        pytest.param(TONES, {"dataset_id": "sample", "is_sample": True}, id="sample data"),
    ],
)
def test_where_nothing_was_learnt_about_the_messages_they_share_equally(
    store: Store, arms: Mapping[str, Mapping[str, str]], begun: dict[str, object]
) -> None:
    past.read(store, "spring", WARM)
    fresh(store, arms, **begun)

    assert weigh(store) == {}


@pytest.mark.parametrize(("currency", "taught_by"), [("EUR", {"spring"}), ("GBP", set[str]())])
def test_a_campaign_for_revenue_learns_from_amounts_in_its_own_currency(
    store: Store, currency: str, taught_by: set[str]
) -> None:
    for dataset_id, paid_in in (("past", "EUR"), ("base", currency)):
        store.run(
            "INSERT INTO customers (dataset_id, customer_id, consent_email, currency) "
            "VALUES ($dataset_id, 'c1', true, $paid_in)",
            dataset_id=dataset_id, paid_in=paid_in,
        )  # fmt: skip
    past.begin(store, "spring", metric="revenue", dataset_id="past")
    past.launch(store, "spring")
    for arm, tone, revenue in (("A", "warm", 3.0), ("B", "plain", 1.0)):
        past.write(store, "spring", "loyal", arm, {"tone": tone})
        past.count(
            store, "spring", "loyal", arm, n=2000, click=90, conversion=50, revenue=revenue,
            variance=100.0,
        )  # fmt: skip
    fresh(store, metric="revenue")

    assert (weigh(store).get("B", 0) > 0.5) is bool(taught_by)
    assert learning.learn(store, SETTINGS, campaign_id="spring", actor="ada") > 0
    assert bool(learning.known_lessons(store, "winter")) is bool(taught_by)


def test_evidence_of_long_ago_hardly_weighs(store: Store) -> None:
    past.read(store, "spring", WARM)
    fresh(store)
    recent = weigh(store)["B"]

    learned = replace(SETTINGS.learning, half_life=0.05)
    old = weigh(store, replace(SETTINGS, learning=learned))

    assert old.get("B", 1 / 3) < recent


def test_a_higher_floor_leaves_more_to_the_others(store: Store) -> None:
    past.read(store, "spring", WARM)
    fresh(store)
    low = min(weigh(store).values())

    high = weigh(store, replace(SETTINGS, learning=replace(SETTINGS.learning, floor=0.2)))

    assert min(high.values()) >= 0.2 > low


def test_switching_lessons_off_takes_the_shares_away_and_on_brings_them_back(store: Store) -> None:
    past.read(store, "spring", WARM)
    fresh(store)
    before = weigh(store)

    off = campaign.use_lessons(store, SETTINGS, "winter", is_on=False, actor="ada")
    assert (off.is_on, off.weights) == (False, ())

    on = campaign.use_lessons(store, SETTINGS, "winter", is_on=True, actor="ben")
    assert {w.arm: w.weight for w in on.weights} == before
    assert store.read("SELECT actor FROM audit_log WHERE kind = 'lessons.switched'") == [
        ("ada",), ("ben",),
    ]  # fmt: skip


def test_a_campaign_that_was_never_switched_follows_the_settings(store: Store) -> None:
    past.read(store, "spring", WARM)
    fresh(store)
    off = replace(SETTINGS, learning=replace(SETTINGS.learning, is_on=False))

    assert campaign.lessons_for(store, SETTINGS, "winter").is_on
    assert not campaign.lessons_for(store, off, "winter").is_on
    assert campaign.use_lessons(store, off, "winter", is_on=True, actor="ada").is_on


def test_a_frozen_design_keeps_its_shares(store: Store) -> None:
    past.read(store, "spring", WARM)
    fresh(store)
    before = weigh(store)
    past.launch(store, "winter")
    store.run("UPDATE experiments SET launched_at = NULL WHERE campaign_id = 'winter'")

    with pytest.raises(StateError, match="design is approved"):
        campaign.use_lessons(store, SETTINGS, "winter", is_on=False, actor="ada")
    assert weights(store) == before


def test_a_result_hands_its_lessons_to_campaigns_in_the_making(store: Store) -> None:
    fresh(store)
    past.read(store, "spring", WARM)
    assert weights(store) == {}

    assert learn(store, SETTINGS, "spring", actor="ada") > 0

    assert weights(store)["B"] > 0.5


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"analysis_on": past.TODAY}, id="read on its very date"),
        pytest.param({"mode": "simulation"}, id="simulated"),
    ],
)
def test_what_is_early_or_simulated_hands_on_nothing(store: Store, changes: dict[str, Any]) -> None:
    fresh(store)
    past.read(store, "spring", WARM, **changes)

    assert learn(store, SETTINGS, "spring", actor="ada") == 0
    assert weights(store) == {}


def test_without_a_past_campaign_the_next_one_is_told_what_it_takes(store: Store) -> None:
    fresh(store)

    known = campaign.lessons_for(store, SETTINGS, "winter")

    assert (known.sentences, known.brief_hints) == ((), ())
    assert known.weights == ()
    assert known.reason == "Nothing learnt yet: needs one real campaign read on its date."


def test_the_next_campaign_hears_the_lessons_of_its_own_segments(store: Store) -> None:
    past.read(store, "spring", {**WARM, "gone": {"warm": 100, "plain": 400}})
    fresh(store)
    learning.learn(store, SETTINGS, campaign_id="spring", actor="ada")

    known = campaign.lessons_for(store, SETTINGS, "winter")

    assert known.reason == ""
    assert known.n_campaigns == 1
    assert not [s for s in known.sentences if s.startswith("Among 'gone'")]
    [hint] = [h for h in known.brief_hints if h.factor == "tone"]
    assert (hint.segment, hint.level) == ("loyal", "warm")
    assert hint.sentence in known.sentences
