"""Brand profile and brief in the screening: what they find, and what a screening is bound to."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from personalization.approval import approve_all, decide
from personalization.content import save_profile
from personalization.domain import BrandProfile, Brief, Decision
from personalization.errors import StateError
from personalization.providers.house_words import SAYING
from personalization.safety import replay, screen, screen_campaign, screen_variant
from personalization.safety.recording import EditedMeanwhileError
from personalization.settings import Settings
from personalization.store import verify_chain
from personalization.store.records import changed_records
from tests.safety.scripted import CONTEXT, POLICY, Scripted, add_campaign, add_variant, message

if TYPE_CHECKING:
    from personalization.domain import Finding, Message
    from personalization.store import Store

SETTINGS = Settings()
BRAND = BrandProfile(forbidden=("cheap",), vocabulary=(("basket", "shopping cart"),))
BRIEF = Brief(must_say=("Winter begins in York",), must_not_say=("Black Friday",))


def found(
    text: Message, *, brand: BrandProfile = BRAND, brief: Brief | None = None, arm: str = "A"
) -> list[Finding]:
    context = replace(CONTEXT, profile=brand, brief=brief or Brief(), arm=arm)
    outcome = screen(text, context, Scripted(), POLICY)
    return [f for f in outcome.findings if f.rule.startswith(("brand.", "brief."))]


@pytest.mark.parametrize(
    ("field", "text", "rule", "words", "action"),
    [
        ("subject", "Cheaper by the dozen", "brand.forbidden", "Cheaper", Decision.BLOCK),
        ("body", "Hello {{first_name|there}}, so cheap.", "brand.forbidden", "cheap",
         Decision.BLOCK),
        ("body", "So ch3ap today.", "brand.forbidden", "ch3ap", Decision.BLOCK),
        ("body", "Your shopping carts wait.", "brand.vocabulary", "shopping carts", Decision.WARN),
        ("preheader", "Black Friday is here", "brief.must_not_say", "Black Friday", Decision.BLOCK),
    ],
)  # fmt: skip
def test_what_is_ruled_out_is_found_with_its_place(
    field: str, text: str, rule: str, words: str, action: Decision
) -> None:
    said = message(**{field: text})

    [finding] = found(said, brief=replace(BRIEF, must_say=()))

    assert (finding.rule, finding.action, finding.field) == (rule, action, field)
    assert getattr(said, field)[finding.span_start : finding.span_end] == words
    assert finding.advice


def test_a_message_without_what_it_must_say_is_blocked_and_the_control_text_is_not() -> None:
    [variant] = found(message(), brief=BRIEF)
    [control] = found(message(), brief=BRIEF, arm="control")

    assert (variant.rule, variant.action) == ("brief.must_say", Decision.BLOCK)
    assert "‘Winter begins in York’" in variant.message
    assert (control.rule, control.action) == ("brief.must_say", Decision.WARN)


@pytest.mark.parametrize("field", SAYING)
def test_what_must_be_said_may_stand_in_any_part_of_the_message(field: str) -> None:
    assert found(message(**{field: "Winter begins in York"}), brief=BRIEF) == []


@pytest.mark.parametrize(
    ("field", "text"),
    [
        pytest.param("body", "Hello {{first_name|Winter begins in York}}.", id="a fallback"),
        pytest.param("body", "Winter {{first_name|begins}} in York.", id="in part a fallback"),
        pytest.param("body", "See https://a.example/winter-begins-in-york now.", id="an address"),
        pytest.param("body", "It is not so that no winter begins in York.", id="denied"),
        pytest.param("body", "Here it is winter. Begins in York.", id="two sentences"),
        pytest.param("footer", "Winter begins in York", id="the footer"),
    ],
)
def test_what_hardly_anybody_reads_is_not_said(field: str, text: str) -> None:
    [finding] = found(message(**{field: text}), brief=BRIEF)

    assert (finding.rule, finding.action) == ("brief.must_say", Decision.BLOCK)


@pytest.mark.parametrize(
    "words",
    ["c-h-e-a-p", "c.h.e.a.p", "c h e a p", "che\ufe0fap", "che\u034fap", "chéap", "CheapDeals",
     "ch*eap"],
)  # fmt: skip
def test_a_forbidden_word_is_found_under_a_disguise(words: str) -> None:
    rules = {finding.rule for finding in found(message(body=f"Our {words} of today."))}

    assert "brand.forbidden" in rules


@pytest.mark.parametrize("words", ["A new chapter", "No cheapskate", "Cheapside, London"])
def test_a_word_that_looks_like_a_forbidden_one_passes(words: str) -> None:
    assert found(message(body=f"{words} begins.")) == []


def test_a_near_miss_is_told_as_one() -> None:
    [finding] = found(message(body="Gift wrapping for you."), brief=Brief(must_say=("gift wrap",)))

    assert "It says ‘Gift wrapping’" in finding.message


# What a screening is bound to ----------------------------------------------------------------


@pytest.fixture
def passed(store: Store) -> Store:
    """A campaign with one message that was screened and approved."""
    add_campaign(store)
    add_variant(store)
    assert screen_all(store) == 1
    approve_all(store, "c1", actor="bea")
    assert sendable(store) == 1
    return store


def screen_all(store: Store, engine: Scripted | None = None) -> int:
    return screen_campaign(store, SETTINGS, "c1", actor="mia", classifier=engine or Scripted())


def sendable(store: Store) -> int:
    [(n,)] = store.read("SELECT count(*) FROM sendable_variants")
    return int(n)


def save(store: Store, profile: BrandProfile, based_on: int = 0) -> int:
    return save_profile(store, profile, based_on=based_on, actor="ann", note="Why not.")


def set_brief(store: Store, **told: object) -> None:
    store.run("UPDATE campaigns SET brief = $brief", brief=json.dumps(told))


def test_a_saved_profile_holds_back_what_was_screened_by_another(passed: Store) -> None:
    save(passed, BRAND)

    assert sendable(passed) == 0
    assert screen_all(passed) == 1
    assert sendable(passed) == 1
    assert verify_chain(passed).is_whole


def test_a_profile_that_forbids_a_word_stops_the_message_that_says_it(passed: Store) -> None:
    save(passed, BrandProfile(forbidden=("winter",)))
    screen_all(passed)

    assert sendable(passed) == 0
    assert passed.read("SELECT DISTINCT rule FROM findings") == [("brand.forbidden",)]


@pytest.mark.parametrize(
    "change",
    [
        'UPDATE campaigns SET brief = \'{"must_not_say": ["winter"]}\'',
        'UPDATE campaigns SET brief = \'{"tone": "formal"}\'',
        "UPDATE campaigns SET send_on = DATE '2026-12-24'",
    ],
)
def test_a_changed_brief_holds_back_what_was_screened_by_the_old_one(
    passed: Store, change: str
) -> None:
    passed.run(change)

    assert sendable(passed) == 0
    assert screen_all(passed) == 1


def test_a_brief_put_back_as_it_was_lets_the_old_screening_count_again(passed: Store) -> None:
    set_brief(passed, tone="formal")
    assert sendable(passed) == 0

    passed.run("UPDATE campaigns SET brief = '{}'")

    assert sendable(passed) == 1


def test_what_was_screened_by_an_old_brief_cannot_be_approved(store: Store) -> None:
    add_campaign(store)
    variant_id = add_variant(store)
    screen_all(store)
    set_brief(store, must_not_say=["winter"])

    with pytest.raises(StateError, match="the brief or a source"):
        decide(store, variant_id, version=1, decision="approved", note="", actor="bea")
    assert approve_all(store, "c1", actor="bea") == 0


def test_a_screening_that_does_not_say_what_it_went_by_does_not_count(passed: Store) -> None:
    passed.run(
        "INSERT INTO screenings SELECT * REPLACE (nextval('screening_ids') AS screening_id, "
        "NULL AS house_sha256) FROM screenings"
    )

    assert sendable(passed) == 0


def test_a_profile_saved_while_the_engine_looks_is_what_the_message_is_judged_by(
    store: Store,
) -> None:
    add_campaign(store)
    add_variant(store)
    profile = BrandProfile(forbidden=("winter",))

    def meanwhile(_: str) -> None:
        if not store.read("SELECT 1 FROM brand_profiles"):
            save(store, profile)

    assert screen_all(store, Scripted(during=meanwhile)) == 1
    assert store.read("SELECT decision FROM screenings") == [("block",)]


def test_a_single_screening_overtaken_by_a_profile_is_refused(store: Store) -> None:
    add_campaign(store)
    variant_id = add_variant(store)

    def meanwhile(_: str) -> None:
        if not store.read("SELECT 1 FROM brand_profiles"):
            save(store, BRAND)

    with pytest.raises(EditedMeanwhileError, match="brand profile or the brief was changed"):
        screen_variant(
            store, SETTINGS, variant_id, actor="mia", classifier=Scripted(during=meanwhile)
        )
    assert store.read("SELECT 1 FROM screenings") == []


def test_a_replay_tells_what_the_brand_changed_apart_from_what_the_draft_does(
    passed: Store,
) -> None:
    save(passed, BrandProfile(forbidden=("winter",)))

    found = replay(passed, SETTINGS, "[thresholds.hate]\nblock_above = 2\n")

    assert (found.flips, found.n_drifted) == ((), 1)


def test_a_profile_slipped_in_behind_the_trail_is_noticed(passed: Store) -> None:
    save(passed, BRAND)
    assert changed_records(passed, {}) == []

    passed.run(
        "INSERT INTO brand_profiles SELECT * REPLACE (2 AS version, "
        "json_merge_patch(profile, '{\"forbidden\": []}') AS profile) FROM brand_profiles"
    )

    assert [each.where for each in changed_records(passed, {})] == ["brand profiles"]
