"""Another policy on what was screened before: which decisions would have been others, and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from personalization.approval import approve_all
from personalization.domain import Decision
from personalization.errors import InputError, ProviderError
from personalization.safety import publish_policy, replay, screen_campaign
from personalization.settings import Brand, Settings
from personalization.store import open_store
from tests.safety.scripted import (
    Failing,
    Scripted,
    add_campaign,
    add_variant,
    message,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from personalization.providers.protocols import HarmClassifier
    from personalization.safety import Flip, Replay
    from personalization.store import Store

SETTINGS = Settings()
STRICT = "[thresholds.violence]\nblock_above = 1\n"
EVERY_RULE = "[jurisdictions.GB]\nnames = ['Albion']\n"  # what all rules are told has changed


def filled(store: Store) -> Store:
    """A campaign whose messages were screened: one calm, one at level 2, one promising too much."""
    add_campaign(store)
    add_variant(store, "control")
    add_variant(store, "A", message(body="Hello there, we bash the prices in York this week."))
    add_variant(store, "B", message(body="Hello there, our blankets are unbeatable this week."))
    run(store, Scripted(script={"bash": ("violence", 2)}))
    return store


@pytest.fixture
def campaign(store: Store) -> Store:
    """The campaign, for tests that go on with it."""
    return filled(store)


@pytest.fixture(scope="module")
def screened() -> Iterator[Store]:
    """The campaign once for all tests that only replay: a replay writes nothing."""
    opened = open_store(clock=lambda: datetime(2026, 12, 1, 9, 30, tzinfo=UTC))
    yield filled(opened)
    opened.close()


def run(store: Store, classifier: HarmClassifier, settings: Settings = SETTINGS) -> int:
    return screen_campaign(store, settings, "c1", actor="mia", classifier=classifier)


def decided(store: Store) -> dict[str, str]:
    rows = store.read("SELECT variant_id, decision FROM latest_screenings ORDER BY variant_id")
    return dict(rows)


def only(result: Replay) -> Flip:
    [flip] = result.flips
    return flip


def test_the_policy_in_force_flips_nothing(screened: Store) -> None:
    result = replay(screened, SETTINGS, "")

    assert result.n_texts == 3
    assert (result.flips, result.n_drifted) == ((), 0)
    assert result.policy_version == result.against


def test_every_rule_run_anew_decides_as_the_record_says(screened: Store) -> None:
    result = replay(screened, SETTINGS, EVERY_RULE)

    assert result.policy_version != result.against
    assert (result.flips, result.n_drifted) == ((), 0)


def test_a_threshold_replays_exactly_and_no_engine_is_asked(screened: Store) -> None:
    flip = only(replay(screened, SETTINGS, STRICT))

    assert (flip.variant_id, flip.was, flip.now) == (
        "c1/Loyal/A",
        Decision(decided(screened)["c1/Loyal/A"]),
        Decision.BLOCK,
    )
    assert flip.cause == "harm.violence"


def test_what_a_replay_says_is_what_screening_under_it_does(campaign: Store) -> None:
    draft = STRICT + "[rules.'overpromise.superlative']\naction = 'off'\n"
    said = {flip.variant_id: flip.now.value for flip in replay(campaign, SETTINGS, draft).flips}
    before = decided(campaign)

    publish_policy(campaign, SETTINGS, draft, actor="ola", note="Stricter.")
    run(campaign, Scripted(script={"bash": ("violence", 2)}))

    after = decided(campaign)
    assert said
    assert said == {name: after[name] for name in after if after[name] != before[name]}


def test_words_that_a_draft_adds_are_found_in_old_texts_and_pointed_at(screened: Store) -> None:
    draft = "[rules.'urgency.pressure']\naction = 'block'\npatterns_add = ['in York this week']"

    flip = only(replay(screened, SETTINGS, draft))

    assert flip.now is Decision.BLOCK
    assert (flip.cause, flip.field, flip.text) == ("urgency.pressure", "body", "in York this week")


def test_a_rule_that_is_put_off_is_named_as_what_is_gone(campaign: Store) -> None:
    add_variant(campaign, "C", message(body="Hello there!!! A calm week in York."))
    run(campaign, Scripted())
    assert decided(campaign)["c1/Loyal/C"] == "review"

    flip = only(replay(campaign, SETTINGS, "[rules.'style.exclamation']\naction = 'off'"))

    assert (flip.variant_id, flip.was, flip.cause) == (
        "c1/Loyal/C", Decision.REVIEW, "style.exclamation",
    )  # fmt: skip
    assert flip.now.rank < Decision.REVIEW.rank


def test_an_engine_that_failed_then_stays_an_error_under_any_policy(store: Store) -> None:
    add_campaign(store)
    add_variant(store, "A")
    run(store, Failing(ProviderError("down")))

    result = replay(store, SETTINGS, STRICT)

    assert (result.n_texts, result.n_errors, result.flips) == (1, 1, ())
    assert [row.errors for row in result.campaigns] == [1]


def test_a_level_counts_for_its_own_category_only(screened: Store) -> None:
    assert not replay(screened, SETTINGS, "[thresholds.hate]\nblock_above = 1\n").flips


def test_a_text_screened_under_an_older_policy_is_held_against_the_one_in_force(
    campaign: Store,
) -> None:
    publish_policy(campaign, SETTINGS, STRICT, actor="ola", note="Stricter.")

    same = replay(campaign, SETTINGS, STRICT)
    back = replay(campaign, SETTINGS, "")

    assert not same.flips
    assert only(back).was is Decision.BLOCK
    assert only(back).variant_id == "c1/Loyal/A"


def test_moves_of_a_campaign_sum_to_what_was_screened(screened: Store) -> None:
    [found] = replay(screened, SETTINGS, STRICT).campaigns

    assert found.name == "Winter"
    assert sum(n for _, _, n in found.moves) == found.screened == 3
    assert found.flipped == 1


def test_one_campaign_can_be_replayed_alone(campaign: Store) -> None:
    add_campaign(campaign, "c2")
    add_variant(campaign, "A", campaign_id="c2")
    screen_campaign(campaign, SETTINGS, "c2", actor="mia", classifier=Scripted())

    assert replay(campaign, SETTINGS, STRICT, campaign_id="c2").n_texts == 1
    assert replay(campaign, SETTINGS, STRICT).n_texts == 4


def test_a_version_that_was_edited_since_is_replayed_too(campaign: Store) -> None:
    add_variant(campaign, "A", message(body="Hello there, a calm week in York."), version=2)
    run(campaign, Scripted())

    result = replay(campaign, SETTINGS, STRICT)

    assert result.n_texts == 4
    assert (only(result).version, only(result).is_current) == (1, False)


COUNTED = """
    SELECT (SELECT count(*) FROM screenings), (SELECT count(*) FROM findings),
           (SELECT count(*) FROM policies), (SELECT count(*) FROM audit_log)
"""


def test_nothing_is_written_by_a_replay(screened: Store) -> None:
    before = screened.read(COUNTED)

    replay(screened, SETTINGS, STRICT)

    assert screened.read(COUNTED) == before


def test_a_draft_that_cannot_be_read_is_told_before_anything_is_judged(screened: Store) -> None:
    with pytest.raises(InputError, match="hat"):
        replay(screened, SETTINGS, "[thresholds.hat]\nblock_above = 1")


def test_another_sender_replays_on_the_sender_of_today(screened: Store) -> None:
    moved = replace(SETTINGS, brand=Brand(sender_name="Someone Else"))

    result = replay(screened, moved, "")

    assert not result.flips  # both policies are held against the same sender
    assert result.against != replay(screened, SETTINGS, "").against


def test_all_texts_are_counted_as_they_are_judged(screened: Store) -> None:
    heard: list[tuple[int, int, str]] = []

    replay(screened, SETTINGS, STRICT, progress=lambda *said: heard.append(said))

    assert heard == [(1, 3, "Winter"), (2, 3, "Winter"), (3, 3, "Winter")]


DELIVERED = """
    INSERT INTO deliveries
    SELECT 'e1', 'p' || n, 'Loyal', 'A', variant_id, version, content_sha256, 'x', $is_simulated,
           now()
    FROM variants, range(3) AS people(n) WHERE variant_id = 'c1/Loyal/A'
"""


@pytest.mark.parametrize(("is_simulated", "sent"), [(False, 1), (True, 0)])
def test_what_was_sent_and_would_be_blocked_today_is_counted(
    campaign: Store, *, is_simulated: bool, sent: int
) -> None:
    campaign.run(DELIVERED, is_simulated=is_simulated)

    result = replay(campaign, SETTINGS, STRICT)

    assert result.n_sent_blocked == sent
    assert (only(result).recipients, only(result).is_simulated) == (3, is_simulated)


def test_what_could_go_out_and_would_be_held_is_counted(campaign: Store) -> None:
    approve_all(campaign, "c1", actor="bea")
    sendable = campaign.read("SELECT variant_id FROM sendable_variants ORDER BY variant_id")
    assert ("c1/Loyal/A",) in sendable

    result = replay(campaign, SETTINGS, STRICT)

    assert (result.n_held, only(result).is_sendable) == (1, True)
    assert replay(campaign, SETTINGS, "").n_held == 0


LAUNCHED = """
    INSERT INTO experiments (experiment_id, campaign_id, hypothesis, hypothesis_sha256, salt,
        confidence, designed_at, designed_by, launched_at, launched_by, mode)
    VALUES ('e1', 'c1', '{}', '', 's', 0.95, now(), 'mia', now(), 'mia', 'export')
"""


def test_a_launched_campaign_has_nothing_left_to_hold_or_decide(campaign: Store) -> None:
    approve_all(campaign, "c1", actor="bea")
    campaign.run(LAUNCHED)
    campaign.run(DELIVERED, is_simulated=False)

    result = replay(campaign, SETTINGS, STRICT)

    assert (result.n_held, result.n_to_decide, result.n_sent_blocked) == (0, 0, 1)
