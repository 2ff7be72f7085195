"""The engine's door, end to end: profile, context, strategy, variations, selection, feedback.

What the engine answers is what the campaign answers; nobody who may not be written to gets
anything, however many ask at once; and what comes back is learnt from once.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta, timezone
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from personalization import (
    ContextEngine,
    FeedbackLoop,
    IntelligentPersonalizationEngine,
    InvalidProspect,
    MessageTemplate,
    MessageVariation,
    NoCompliantVariation,
    NotPermitted,
    PersonalizationError,
    PersonalizationStrategy,
    Suppressed,
    TemplateError,
)
from personalization.campaign import choose_messages
from personalization.campaign.engine_prospects import read_prospect
from personalization.errors import InputError, ProviderError, StateError
from personalization.providers.local_screener import LocalScreener
from personalization.providers.outreach_composing import SkeletonComposer
from personalization.settings import Content, Outreach, Safety, Settings
from personalization.store import open_store
from tests.conftest import ROOT
from tests.outreach.people import CAMPAIGN, NOW, add_prospect, add_text, open_base
from tests.outreach.test_choosing import add_arm, forget, stop, suppress

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from personalization.store import Store

SETTINGS = Settings(
    content=Content(corpus=str(ROOT / "content_corpus" / "outreach")),
    outreach=Outreach(holdout=0.0),
)
ADA = {
    "id": "ada", "name": "Ada Moss", "title": "Head of Marketing", "email": "ada@moss.example",
    "company": {"name": "Moss Hotels", "size": 120}, "country": "GB",
    "news": "your new hotel in Leeds", "news_source": "Moss Hotels, press",
}  # fmt: skip


LINKED = {**ADA, "linkedin": "https://www.linkedin.com/in/ada"}
FEW = PersonalizationStrategy({"professional": 1.0, "casual": 0.0}, variation_count=2)


def run(call: Awaitable[Any]) -> Any:  # noqa: ANN401 - whatever it answers
    async def wait() -> Any:  # noqa: ANN401
        return await call

    # In a thread of its own: browser tests of the same process leave a loop running in this one.
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, wait()).result()


@pytest.fixture
def base(store: Store) -> Store:
    return open_base(store)


def engine_on(store: Store, **values: Any) -> IntelligentPersonalizationEngine:  # noqa: ANN401
    told: dict[str, Any] = {"settings": SETTINGS, "dataset_id": "people"} | values
    return IntelligentPersonalizationEngine(7, store=store, **told)


# 1. Profile ------------------------------------------------------------------------------


def test_a_profile_says_how_the_title_was_read_and_what_is_not_known(base: Store) -> None:
    found = run(engine_on(base).personalize_message(ADA, CAMPAIGN))

    profile = found["profile_info"]
    assert (profile["role"], profile["seniority"]) == ("marketing", "director")
    assert profile["rule"]
    assert {"city", "phone", "time_zone"} <= set(profile["unknown"])


@pytest.mark.parametrize(
    ("told", "field", "value"),
    [
        pytest.param(
            {"id": 1, "email": " ADA@Moss.Example "}, "email", "ada@moss.example", id="email"
        ),
        pytest.param({"id": 1, "country": "uk"}, "country", "GB", id="country"),
        pytest.param({"id": 1, "phone": "0044 7700 900123"}, "phone", "+447700900123", id="phone"),
        pytest.param({"id": 1, "name": " Ada\u200b Moss"}, "full_name", "Ada Moss", id="name"),
        pytest.param({"id": 1, "company": {"size": "1,200"}}, "employees", 1200, id="size"),
        pytest.param({"id": 1, "country": "DE"}, "locale", "de-DE", id="language"),
        pytest.param({"profile": {"job_title": "CEO"}, "id": 1}, "title", "CEO", id="nested"),
        pytest.param({"email": "a@b.example"}, "email", "a@b.example", id="no id"),
    ],
)
def test_a_prospect_is_read_by_the_names_that_programs_use(
    told: dict[str, Any], field: str, value: object
) -> None:
    assert read_prospect(told).values[field] == value


@pytest.mark.parametrize(
    "told",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"title": "CEO"}, id="nobody"),
        pytest.param({"id": "a", "email": "no address"}, id="address"),
        pytest.param(42, id="a number"),
        pytest.param({"id": "a", "consent": {"basis": "guessed"}}, id="consent"),
    ],
)
def test_what_is_no_prospect_is_refused_with_its_code(told: object) -> None:
    with pytest.raises(InvalidProspect) as caught:
        read_prospect(told)

    assert caught.value.code == "invalid_prospect"
    assert not caught.value.retryable


def test_a_fact_without_a_source_is_none() -> None:
    told = {"id": "a", "facts": [{"kind": "news", "text": "your prize"}], "news": "your new shop"}

    assert read_prospect(told).facts == ()


@pytest.mark.parametrize(
    "told",
    [
        pytest.param({**ADA, "name": "A\ud800 B"}, id="name"),
        pytest.param({"name": "A\ud800 B"}, id="the id is made of it"),
        pytest.param({**ADA, "news": "your \udfff hotel"}, id="fact"),
        pytest.param({**ADA, "signals": {"seen": "\ud800"}}, id="signal"),
    ],
)
def test_broken_text_is_refused_and_keeps_nobody_else_from_a_message(
    base: Store, told: dict[str, Any]
) -> None:
    broken, ada = run(engine_on(base).personalize_many([told, ADA], CAMPAIGN))

    assert [error["code"] for error in broken["errors"]] == ["invalid_prospect"]
    assert not broken["is_sendable"]
    assert ada["is_sendable"]


# 2. Context ------------------------------------------------------------------------------


def test_context_tells_channel_history_preferences_and_season(base: Store) -> None:
    add_prospect(base, "ada")

    found = run(ContextEngine("people", store=base).get_context_data({**ADA}, "email"))

    assert found["platform_context"]["channel"] == "cold_email"
    assert found["history"]["previous_messages"] == []
    assert found["preferences"]["channels"] == {}
    assert found["season"] == "winter"
    assert [fact["text"] for fact in found["facts"]] == ["your new hotel in Leeds"]


# 3. Strategy and 4. variations -----------------------------------------------------------


def test_rules_of_a_strategy_are_told_back_and_unknown_ones_named(base: Store) -> None:
    rules = {"professional": 0.8, "casual": 0.2, "playful": 0.1}
    strategy = PersonalizationStrategy(rules, {"technical": 0.7, "industry_news": 0.3})

    told = run(engine_on(base).personalize_message(ADA, CAMPAIGN, strategy=strategy))["strategy"]

    assert told["personalization_rules"]["tone_rules"] == rules
    assert told["unknown_rules"] == ["playful"]
    assert told["strategy_id"] == strategy.strategy_id


def test_a_strategy_is_the_same_in_any_order_and_another_with_other_weights() -> None:
    one = PersonalizationStrategy({"professional": 0.8, "casual": 0.2})
    same = PersonalizationStrategy({"casual": 0.2, "professional": 0.8})

    assert one.strategy_id == same.strategy_id
    assert one.strategy_id != PersonalizationStrategy({"casual": 0.3}).strategy_id


@pytest.mark.parametrize(
    "rules",
    [{"tone_rules": {"casual": -1}}, {"tone_rules": {"casual": 0}}, {"variation_count": 13},
     {"tone_rules": {"casual": float("nan")}}, {"weights": {"luck": 1}}],
)  # fmt: skip
def test_weights_that_are_none_are_refused(rules: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        PersonalizationStrategy(**rules)


@pytest.mark.parametrize(
    ("differs", "same"), [("tone", (1, 2)), ("content", (0, 2)), ("length", (0, 1))]
)
def test_variations_differ_in_what_was_asked_and_in_nothing_else(
    differs: str, same: tuple[int, int]
) -> None:
    strategy = PersonalizationStrategy({"professional": 0.8, "casual": 0.2}, variation_count=12)

    arms = MessageVariation("email", strategy, differs).arms

    assert len({tuple(arm[place] for place in same) for arm in arms}) == 1
    assert len(set(arms)) == len(arms)


def test_as_many_variations_are_drawn_up_as_asked_best_first(base: Store) -> None:
    for number, arm in enumerate(("casual/proof", "direct/peer", "professional/offer")):
        add_arm(base, f"{arm}/short", f"Hello, number {number} of our lists is for you.")
    strategy = PersonalizationStrategy(variation_count=2)

    found = run(engine_on(base).personalize_message(ADA, CAMPAIGN, strategy=strategy))

    scores = [row["score"] for row in found["variations"] if row["channel"] == "cold_email"]
    assert len(scores) == 2
    assert scores == sorted(scores, reverse=True)


# 5. Selection ----------------------------------------------------------------------------


def test_both_doors_give_the_same_bytes(base: Store) -> None:
    add_arm(
        base, "casual/proof/short", "Hey {{prospect.first_name|you}}, two thousand buy by the box."
    )
    found = run(engine_on(base).personalize_message(ADA, CAMPAIGN))

    choose_messages(base, SETTINGS, CAMPAIGN, actor="ida")
    rows = base.read(
        "SELECT message_id, content_sha256, subject, body FROM latest_outreach_messages"
    )

    final = found["final_message"]
    assert rows == [
        tuple(final[name] for name in ("message_id", "content_sha256", "subject", "body"))
    ]


def test_an_approved_text_may_be_sent_and_says_why_it_was_chosen(base: Store) -> None:
    found = run(engine_on(base).personalize_message(ADA, CAMPAIGN))

    assert found["is_sendable"]
    assert found["final_message"]["variation_id"] == found["variations"][0]["variation_id"]
    assert found["why"]
    assert found["errors"] == []


def test_a_draft_is_never_chosen_where_a_text_is_approved(base: Store) -> None:
    add_text(base, "draft", is_approved=False, body="Hey you, two thousand buy by the box.")
    base.run("UPDATE variants SET arm = 'casual/proof/short' WHERE variant_id = 'draft'")
    wanted = PersonalizationStrategy({"casual": 1.0, "friendly": 0.0})

    with pytest.raises(NoCompliantVariation):
        run(engine_on(base).personalize_message(ADA, CAMPAIGN, None, wanted))


def test_a_minimal_prospect_gets_a_draft_that_is_held(base: Store) -> None:
    found = run(engine_on(base, approved_only=False).personalize_message(
        {"id": "x", "name": "Bo Li", "title": "Head of Marketing"}, CAMPAIGN))  # fmt: skip

    assert "Bo" in found["final_message"]["content"]
    assert not found["is_sendable"]
    assert [error["code"] for error in found["errors"]] == ["no_address"]


def test_a_suppressed_prospect_gets_an_error_and_not_a_word(base: Store) -> None:
    suppress(base, "ada", None)

    with pytest.raises(Suppressed) as caught:
        run(engine_on(base).personalize_message(ADA, CAMPAIGN))
    fallen = run(engine_on(base).personalize_message(ADA, CAMPAIGN, on_error="fallback"))

    assert (caught.value.code, caught.value.prospect) == ("suppressed", "ada")
    assert fallen["final_message"]["content"] == ""
    assert [error["code"] for error in fallen["errors"]] == ["suppressed"]
    assert not fallen["variations"]


@pytest.mark.parametrize(
    ("told", "template", "error"),
    [
        pytest.param({"country": "DE"}, CAMPAIGN, NotPermitted, id="no consent in Germany"),
        pytest.param({}, {"channel": "whatsapp", "body": "Hi"}, NotPermitted, id="closed channel"),
        pytest.param({}, {"channel": "fax"}, TemplateError, id="no channel"),
        pytest.param({}, {"channel": "email", "body": "Hi {shoe_size}"}, TemplateError, id="field"),
        pytest.param({}, "no-such-campaign", TemplateError, id="no campaign"),
    ],
)
def test_every_refusal_has_its_own_error(
    base: Store, told: dict[str, Any], template: object, error: type[PersonalizationError]
) -> None:
    with pytest.raises(error):
        run(engine_on(base).personalize_message({**ADA, **told}, template))


def test_no_text_that_passed_is_an_error_of_its_own(base: Store) -> None:
    base.run("DELETE FROM variants")

    with pytest.raises(NoCompliantVariation):
        run(engine_on(base).personalize_message(ADA, CAMPAIGN))


def test_a_consent_on_record_lets_a_german_prospect_be_written_to(base: Store) -> None:
    agreed = {"channel": "email", "basis": "double_opt_in", "wording": "Yes.",
              "recorded_at": NOW - timedelta(days=1)}  # fmt: skip

    found = run(engine_on(base).personalize_message(
        {**ADA, "country": "DE", "consent": agreed}, CAMPAIGN))  # fmt: skip

    assert found["is_sendable"]


def test_a_hundred_calls_at_once_let_nobody_through_who_may_not_be_written_to(base: Store) -> None:
    people = [{**ADA, "id": f"p{n:03}", "email": f"p{n}@firm{n}.example"} for n in range(100)]
    for n in range(0, 100, 4):
        suppress(base, f"p{n:03}", None)
    for n in range(1, 100, 4):
        stop(base, "person", f"p{n:03}")
    for n in range(2, 100, 20):
        forget(base, f"email:p{n}@firm{n}.example")
    engine = engine_on(base)

    found = run(engine.personalize_many(people, CAMPAIGN))

    barred = {f"p{n:03}" for n in range(100) if n % 4 < 2 or n % 20 == 2}
    assert {f"p{n:03}" for n, row in enumerate(found) if not row["is_sendable"]} == barred
    assert not [row for row in found if not row["is_sendable"] and row["final_message"]["content"]]
    assert base.read("SELECT count(*) FROM outreach_messages WHERE body IS NOT NULL") == [
        (100 - len(barred),)
    ]


def test_asking_again_gives_the_same_and_writes_nothing_twice(base: Store) -> None:
    engine = engine_on(base)
    first, second = (run(engine.personalize_message(ADA, CAMPAIGN)) for _ in range(2))

    assert first["final_message"] == second["final_message"]
    assert base.read("SELECT count(*) FROM outreach_messages") == [(1,)]
    assert base.read("SELECT count(*) FROM prospects") == [(1,)]


def test_what_is_told_of_a_prospect_is_data_and_never_markup(base: Store) -> None:
    told = {**ADA, "name": "{{fact.text}} <b>", "company": "=HYPERLINK(1) www.evil.example"}

    body = run(engine_on(base).personalize_message(told, CAMPAIGN))["final_message"]

    assert body["subject"] == "Client gifts at your company"
    assert "evil" not in body["content"]
    assert "{{" not in body["content"]


# 6. Feedback -----------------------------------------------------------------------------


def test_an_answer_counts_once_and_moves_what_is_believed(base: Store) -> None:
    found, loop = run(engine_on(base).personalize_message(ADA, CAMPAIGN)), FeedbackLoop(store=base)
    said = {"event": "reply", "text": "Yes please, call me on Monday.", "event_id": "e1"}

    first, again = (run(loop.update_model(found, said)) for _ in range(2))

    assert (first["accepted"], again["accepted"]) == (1, 0)
    assert first["posterior"] == again["posterior"]
    assert base.read("SELECT count(*) FROM outreach_sends") == [(1,)]


def test_a_stop_word_suppresses_at_once(base: Store) -> None:
    engine = engine_on(base)
    found = run(engine.personalize_message(ADA, CAMPAIGN))

    run(FeedbackLoop(store=base).update_model(found, {"event": "reply", "text": "STOP"}))

    with pytest.raises(Suppressed):
        run(engine.personalize_message(ADA, CAMPAIGN))


def test_feedback_on_no_message_is_an_error(base: Store) -> None:
    with pytest.raises(InputError, match="no message"):
        run(FeedbackLoop(store=base).update_model("m0", {"event": "open"}))


@pytest.mark.parametrize(
    "said",
    [
        pytest.param({"event": "Unsubscribe"}, id="capital"),
        pytest.param({"event": "unsubscribed"}, id="past"),
        pytest.param({"type": "List-Unsubscribe"}, id="header"),
        pytest.param({"event": "opt_out"}, id="opt-out"),
        pytest.param({"event": "spam"}, id="spam"),
        pytest.param({"event": "unsubscribe", "happened_at": "2026-12-01T10:00:00Z"}, id="text"),
        pytest.param({"event": "unsubscribe", "happened_at": "last week"}, id="no time"),
        pytest.param({"event": "unsubscribe", "happened_at": NOW.replace(tzinfo=None)}, id="naive"),
        pytest.param({"event": "reply", "text": "STOP", "happened_at": "soon"}, id="answer"),
    ],
)
def test_whoever_leaves_is_heeded_in_any_word_and_at_any_time(
    base: Store, said: dict[str, Any]
) -> None:
    engine = engine_on(base)
    found = run(engine.personalize_message(ADA, CAMPAIGN))

    assert run(FeedbackLoop(store=base).update_model(found, said))["suppressed"] == 1
    with pytest.raises(Suppressed):
        run(engine.personalize_message(ADA, CAMPAIGN))


@pytest.mark.parametrize(
    ("said", "told"),
    [
        pytest.param({"event": "teleported"}, "'teleported' is no event", id="unknown word"),
        pytest.param({}, "is no event", id="no word"),
        pytest.param("click", "An event is a mapping", id="no mapping"),
        pytest.param({"event": "click", "happened_at": "soon"}, "is no moment", id="no time"),
    ],
)
def test_an_event_that_is_none_is_refused_before_anything_is_written(
    base: Store, said: object, told: str
) -> None:
    found = run(engine_on(base).personalize_message(ADA, CAMPAIGN))

    with pytest.raises(InputError, match=told):
        run(FeedbackLoop(store=base).update_model(found, [{"event": "open"}, said]))

    assert base.read("SELECT count(*) FROM outreach_sends") == [(0,)]
    assert base.read("SELECT count(*) FROM outreach_events") == [(0,)]


@pytest.mark.parametrize("zone", [2, None])
def test_a_moment_may_be_text_and_is_in_utc_without_a_zone(base: Store, zone: int | None) -> None:
    found, moment = run(engine_on(base).personalize_message(ADA, CAMPAIGN)), base.now()
    local = moment.astimezone(timezone(timedelta(hours=zone or 0)))
    told = (local if zone else local.replace(tzinfo=None)).isoformat()

    run(FeedbackLoop(store=base).update_model(found, {"event": "Opened", "happened_at": told}))

    assert base.read("SELECT kind, happened_at FROM outreach_events") == [("open", moment)]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param("UPDATE outreach_messages SET status = 'held'", id="held"),
        pytest.param("UPDATE outreach_messages SET skeleton_sha256 = ''", id="not approved"),
    ],
)
def test_a_message_that_was_held_or_not_approved_was_never_sent_but_who_leaves_is_heeded(
    base: Store, change: str
) -> None:
    found, loop = run(engine_on(base).personalize_message(ADA, CAMPAIGN)), FeedbackLoop(store=base)
    base.run(change)

    with pytest.raises(InputError, match="held or never approved"):
        run(loop.update_model(found, [{"event": "open"}, {"event": "unsubscribe"}]))

    assert base.read("SELECT count(*) FROM outreach_sends") == [(0,)]
    assert base.read("SELECT customer_id FROM suppressions") == [("ada",)]


# The whole way, with the house's writer and screener --------------------------------------


@pytest.fixture(scope="module")
def workplace() -> Iterator[Store]:
    opened = open_store(clock=lambda: NOW)
    yield opened
    opened.close()


def test_a_channel_is_all_it_takes_and_what_comes_are_drafts(workplace: Store) -> None:
    engine = IntelligentPersonalizationEngine(1, store=workplace, settings=SETTINGS)

    found = run(engine.personalize_message(LINKED, "linkedin", strategy=FEW))

    assert 0 < len(found["final_message"]["content"]) <= 200
    assert 0 < len(found["variations"]) <= 3
    assert found["errors"] == []
    assert not found["is_sendable"]


def test_for_a_prospect_in_another_country_the_texts_are_screened_anew_once(
    workplace: Store,
) -> None:
    engine = IntelligentPersonalizationEngine(1, store=workplace, settings=SETTINGS)
    run(engine.personalize_message(LINKED, "linkedin", strategy=FEW))
    counts = [workplace.read(_SCREENINGS)[0][0]]

    for who in ("bo", "cy"):
        there = {**LINKED, "id": who, "email": f"{who}@moss.example", "country": "US"}
        found = run(engine.personalize_message(there, "linkedin", strategy=FEW))
        counts.append(workplace.read(_SCREENINGS)[0][0])
        assert found["final_message"]["content"]
        assert found["errors"] == []

    assert counts[0] < counts[1] == counts[2]


_SCREENINGS = "SELECT count(*) FROM screenings"


def test_own_words_come_first_and_are_screened_like_all_others(workplace: Store) -> None:
    engine = IntelligentPersonalizationEngine(1, store=workplace, settings=SETTINGS)
    words = "Hello {first_name}, we wrap gifts for your staff. May I send you our trade list?"

    found = run(engine.personalize_message(
        LINKED, {"channel": "linkedin", "content": words}, strategy=FEW))  # fmt: skip
    with pytest.raises(TemplateError) as caught:
        run(engine.personalize_message(
            LINKED, MessageTemplate("linkedin", body="Guaranteed profit of 300 %, {name}!"),
            strategy=FEW))  # fmt: skip

    assert found["variations"][0]["variation_type"] == "own words"
    assert found["final_message"]["body"].startswith("Hello Ada, we wrap gifts")
    assert caught.value.code == "blocked_words"


def test_a_screener_that_cannot_be_asked_lets_no_text_through(store: Store) -> None:
    settings = Settings(content=SETTINGS.content, safety=Safety(engine="azure"))
    engine = IntelligentPersonalizationEngine(1, store=store, settings=settings)

    with pytest.raises(PersonalizationError):
        run(engine.personalize_message(ADA, "email"))

    assert store.read("SELECT count(*) FROM outreach_messages WHERE body IS NOT NULL") == [(0,)]


def failing_after(work: Callable[..., Any], good: int) -> Callable[..., Any]:
    """Do its work for so many texts, and fail at every one after."""
    calls = count(1)

    def do(*told: Any, **named: Any) -> Any:  # noqa: ANN401
        if next(calls) > good:
            raise ProviderError("The service went away.")
        return work(*told, **named)

    return do


_PASSED = "SELECT count(*) FROM passed_skeletons"
_UNCLEARED = """
    SELECT count(*) FROM outreach_messages
    WHERE body IS NOT NULL AND (variant_id, version) NOT IN
          (SELECT (variant_id, version) FROM passed_skeletons)
"""


@pytest.mark.parametrize("good", [0, 1])
def test_a_writer_that_fails_mid_way_keeps_what_is_written_and_lets_nothing_else_through(
    store: Store, monkeypatch: pytest.MonkeyPatch, good: int
) -> None:
    engine = IntelligentPersonalizationEngine(1, store=store, settings=SETTINGS)
    monkeypatch.setattr(SkeletonComposer, "write", failing_after(SkeletonComposer.write, good))

    [found] = run(engine.personalize_many([ADA], "email", FEW))

    assert bool(found["final_message"]["content"]) == bool(good)
    assert not found["is_sendable"]
    assert store.read(_PASSED) == [(good,)]
    assert store.read(_UNCLEARED) == [(0,)]


_SCREENED = """
    SELECT count(*), count(*) FILTER (WHERE decision = 'error') FROM latest_screenings
"""


@pytest.mark.parametrize("good", [0, 8])
def test_a_screener_that_fails_mid_way_lets_no_text_through_that_it_did_not_see(
    store: Store, monkeypatch: pytest.MonkeyPatch, good: int
) -> None:
    engine = IntelligentPersonalizationEngine(1, store=store, settings=SETTINGS)
    monkeypatch.setattr(LocalScreener, "analyze", failing_after(LocalScreener.analyze, good))

    [found] = run(engine.personalize_many([ADA], "email", FEW))

    [(screened, failed)] = store.read(_SCREENED)
    assert 0 < failed <= screened
    assert (failed < screened) == bool(good)
    assert store.read(_PASSED) == [(screened - failed,)]
    assert bool(found["final_message"]["content"]) == bool(good)
    assert not found["is_sendable"]
    assert store.read(_UNCLEARED) == [(0,)]


def test_the_lost_key_of_erased_people_is_told_to_every_caller(base: Store) -> None:
    forget(base, "id:people:ada")
    base.run("UPDATE suppressed_hashes SET key_id = 'another'")

    with pytest.raises(StateError):
        run(engine_on(base).personalize_message(ADA, CAMPAIGN))


def test_errors_keep_their_old_form_and_say_code_prospect_and_whether_to_retry() -> None:
    told = PersonalizationError("No.", code="held", prospect_id="p1", retryable=True)

    assert (str(told), told.code, told.prospect, told.retryable) == ("No.", "held", "p1", True)
    assert (str(InputError("Bad.")), InputError("Bad.").code) == ("Bad.", "bad_input")
