"""Who gets which message: every gate, the score, the draw, and the same answer each time."""

from __future__ import annotations

from datetime import timedelta
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from personalization.campaign import (
    choose_messages,
    explain_message,
    outreach_result,
    update_posterior,
)
from personalization.errors import InputError, StateError
from personalization.outreach.strategy import PersonalizationStrategy
from personalization.settings import Outreach, Settings
from personalization.store.erased import erased_key
from tests.outreach.people import (
    CAMPAIGN,
    NOW,
    add_campaign,
    add_prospect,
    add_text,
    know_countries,
    open_base,
    screen_text,
)

if TYPE_CHECKING:
    from personalization.store import Store

EVERYBODY = Settings(outreach=Outreach(holdout=0.0))
_MESSAGES = """
    SELECT prospect_id, status, code, variant_id, subject, body, content_sha256, message_id, score
    FROM latest_outreach_messages WHERE campaign_id = $campaign_id ORDER BY prospect_id
"""


@pytest.fixture
def base(store: Store) -> Store:
    return open_base(store)


def add_arm(store: Store, arm: str, body: str) -> None:
    """A text of the campaign for everybody in marketing, written in another way."""
    add_text(store, arm, body=body)
    store.run("UPDATE variants SET arm = $arm WHERE variant_id = $arm", arm=arm)


def choose(store: Store, settings: Settings = EVERYBODY, **asked: Any) -> dict[str, Any]:  # noqa: ANN401
    """Choose, and return each prospect's newest message."""
    choose_messages(store, settings, CAMPAIGN, actor="ida", **asked)
    return {row["prospect_id"]: row for row in store.records(_MESSAGES, campaign_id=CAMPAIGN)}


def stop(store: Store, scope: str, subject: str, channel: str | None = None) -> None:
    store.run(
        "INSERT INTO outreach_stops VALUES ('people', $scope, $subject, $channel, 'asked', NULL,"
        " $now, 'ida')",
        scope=scope, subject=subject, channel=channel, now=NOW,
    )  # fmt: skip


def consent(store: Store, prospect_id: str, basis: str, days_ago: int, **values: Any) -> None:  # noqa: ANN401
    told: dict[str, Any] = {"dataset_id": "people", "channel": "email", "confirmed": True} | values
    moment = NOW - timedelta(days=days_ago)
    store.run(
        "INSERT INTO consents (dataset_id, customer_id, channel, basis, recorded_at, confirmed_at,"
        " imported_by, imported_at) VALUES ($dataset_id, $id, $channel, $basis, $moment, "
        "$confirmed,"
        " 'ida', $now)",
        dataset_id=told["dataset_id"], id=prospect_id, channel=told["channel"], basis=basis,
        moment=moment, confirmed=moment if told["confirmed"] else None, now=NOW,
    )  # fmt: skip


def suppress(store: Store, prospect_id: str, email: str | None, dataset_id: str = "people") -> None:
    store.run(
        "INSERT INTO suppressions VALUES ($dataset_id, $id, $email, 'asked', $now)",
        dataset_id=dataset_id, id=prospect_id, email=email, now=NOW,
    )  # fmt: skip


def forget(store: Store, mark: str) -> None:
    """Remember somebody as erased, by a hash alone."""
    inner, outer, key_id = erased_key(store)
    store.run(
        "INSERT INTO suppressed_hashes SELECT keyed_hash($mark, $inner, $outer), 'erased', $now,"
        " $key_id",
        mark=mark, inner=inner, outer=outer, key_id=key_id, now=NOW,
    )  # fmt: skip


def sent(
    store: Store, prospect_id: str, account: str, *, days_ago: float = 1, step: int = 1
) -> None:
    store.run(
        "INSERT INTO outreach_sends BY NAME SELECT 'h' AS handover_id, $id || $step AS message_id,"
        " $campaign AS campaign_id, 'people' AS dataset_id, $id AS prospect_id, $account AS "
        "account,"
        " $step AS step, 'cold_email' AS channel, 'marketing' AS role, 'friendly' AS tone,"
        " 'outcome' AS angle, 'short' AS length, 'opening' AS variant_id, 1 AS version,"
        " 'x' AS content_sha256, 0.5 AS propensity, false AS is_default, false AS is_simulated,"
        " $at AS sent_at",
        id=prospect_id, campaign=CAMPAIGN, account=account, step=step,
        at=NOW - timedelta(days=days_ago),
    )  # fmt: skip


def test_a_message_is_the_text_filled_with_what_is_known_of_the_prospect(base: Store) -> None:
    add_prospect(base, "ada", linkedin_url=None)

    found = choose(base)["ada"]

    assert (found["status"], found["subject"]) == ("ready", "Client gifts at Ada Hotels")
    assert found["body"] == "Hello Ada,\n\nwe pack gifts for your clients."


def test_who_told_only_a_whole_name_is_greeted_by_the_first_where_it_is_sure(base: Store) -> None:
    add_prospect(base, "ada", first_name=None, full_name="Dr. Ada Moss")
    add_prospect(base, "bo", first_name=None, full_name="Moss, Bo")

    found = choose(base)

    assert found["ada"]["body"].startswith("Hello Ada,")
    assert found["bo"]["body"].startswith("Hello there,")


BARS = (
    "none",
    "id",
    "address",
    "stop",
    "account",
    "erased id",
    "erased address",
    "signal",
    "motion",
)
CONSENTS = ("none", "agreed", "unconfirmed", "withdrawn")


def bar(store: Store, who: str, how: str) -> None:
    """Keep somebody from being written to, in one of the ways there are."""
    match how:
        case "id":
            suppress(store, who, None)
        case "address":
            suppress(store, f"other-{who}", f"{who}@{who}.example", "elsewhere")
        case "stop":
            stop(store, "person", who)
        case "account":
            stop(store, "account", f"{who}.example")
        case "erased id":
            forget(store, f"id:people:{who}")
        case "erased address":
            forget(store, f"email:{who}@{who}.example")
        case "signal":
            store.run(
                "INSERT INTO prospect_signals VALUES ('people', $who, 'opted_out', 'yes')", who=who
            )
        case "motion":
            store.run("UPDATE routings SET motion = 'suppress' WHERE prospect_id = $who", who=who)


def test_nothing_slips_through_any_gate_whatever_comes_together(base: Store) -> None:
    expected = {}
    people = product(BARS, ("GB", "DE", None), CONSENTS, (True, False))
    for number, (how, country, basis, has_address) in enumerate(people):
        who = f"p{number:03}"
        email = f"{who}@{who}.example"
        add_prospect(
            base, who, country=country, linkedin_url=None,
            email=email if has_address else None,
        )  # fmt: skip
        bar(base, who, how)
        if basis != "none":
            consent(base, who, "double_opt_in", 9, confirmed=basis != "unconfirmed")
        if basis == "withdrawn":
            consent(base, who, "withdrawn", 1)
        is_barred = how != "none" and (has_address or "address" not in how)
        is_free = country == "GB" and basis != "withdrawn"
        may = has_address and not is_barred and (is_free or basis == "agreed")
        expected[who] = "ready" if may else "held"

    found = choose(base)

    assert {who: row["status"] for who, row in found.items()} == expected
    assert not [row for row in found.values() if row["status"] == "held" and row["body"]]


def test_an_objection_holds_whom_nothing_but_a_switchboard_is_known_of(base: Store) -> None:
    base.run("""UPDATE outreach_plans SET plan = '{"channels": ["sms"], "kinds": ["opening"]}'""")
    add_text(base, "sms", "sms", subject="", footer="Reply STOP")
    for who in ("ada", "ben"):
        add_prospect(base, who, email=None, linkedin_url=None, x_handle=None)
        consent(base, who, "double_opt_in", 9, channel="sms")
    suppress(base, "ada", None)

    found = choose(base)

    assert {who: row["code"] for who, row in found.items()} == {"ada": "suppressed", "ben": ""}


def test_a_missing_routing_holds(base: Store) -> None:
    add_prospect(base, "ada")
    base.run("DELETE FROM routings")

    assert choose(base)["ada"]["code"] == "not_routed"


def test_a_consent_ends_with_its_last_day_and_when_it_is_taken_back_under_the_address(
    base: Store,
) -> None:
    for who in ("ada", "ben", "cleo"):
        add_prospect(base, who, country="DE")
        consent(base, who, "double_opt_in", 9)
    last = "UPDATE consents SET expires_on = $day WHERE customer_id = $who"
    base.run(last, who="ada", day=NOW.date())
    base.run(last, who="ben", day=NOW.date() - timedelta(days=1))
    consent(base, "cleo@cleo.example", "withdrawn", 1, dataset_id="elsewhere")

    found = choose(base)

    codes = {who: row["code"] for who, row in found.items()}
    assert codes == {"ada": "", "ben": "not_permitted", "cleo": "not_permitted"}


def test_an_account_is_not_written_to_by_more_people_than_it_bears(base: Store) -> None:
    settings = Settings(outreach=Outreach(account_people=2, account_days=7, holdout=0.0))
    for who in ("ada", "ben", "cleo", "dan"):
        add_prospect(base, who, account="moss.example")
    sent(base, "ben", "moss.example", days_ago=6.9)

    before = choose(base, settings)["ada"]["status"]
    sent(base, "cleo", "moss.example", days_ago=0.1)

    assert (before, choose(base, settings)["ada"]["code"]) == ("ready", "account_throttled")


def test_what_was_handed_over_is_not_chosen_again(base: Store) -> None:
    add_prospect(base, "ada")
    sent(base, "ada", "ada.example")

    assert choose(base)["ada"]["code"] == "already_sent"


def test_a_stop_on_one_channel_leaves_the_other(base: Store) -> None:
    for who, channel in (("ada", "cold_email"), ("ben", "linkedin_note")):
        add_prospect(base, who)
        stop(base, "person", who, channel)

    found = choose(base)

    assert [found[who]["variant_id"] for who in ("ada", "ben")] == ["note", "opening"]


def test_only_what_is_approved_is_chosen_and_of_drafts_only_what_passed(base: Store) -> None:
    add_prospect(base, "ada", linkedin_url=None)
    base.run("DELETE FROM variants WHERE variant_id IN ('opening', 'note')")
    add_text(base, "written", is_approved=False)

    held, draft = choose(base)["ada"], choose(base, approved_only=False)["ada"]
    base.run(
        "INSERT INTO screenings (variant_id, version, campaign_id, content_sha256, decision, "
        "engine,"
        " engine_version, policy_version, categories, n_strings, screened_at, house_sha256)"
        " SELECT variant_id, version, campaign_id, content_sha256, 'error', engine, engine_version,"
        " policy_version, categories, n_strings, screened_at, house_sha256 FROM screenings"
        " WHERE variant_id = 'written'"
    )
    failed = choose(base, approved_only=False)["ada"]

    assert (held["code"], draft["status"], failed["code"]) == ("no_text", "ready", "no_text")


def test_a_text_is_chosen_only_in_countries_that_it_was_screened_for(base: Store) -> None:
    know_countries(base, "GB", "US")
    screen_text(base, "opening", "GB,IE")
    screen_text(base, "note", None)
    add_prospect(base, "ada")
    add_prospect(base, "ben", country="us ")

    found = choose(base)
    draft = choose(base, approved_only=False)["ben"]
    [(reason,)] = base.read("SELECT reason FROM latest_outreach_messages WHERE code <> ''")
    screen_text(base, "opening", "GB,US")
    mended = choose(base)

    assert [found[who]["variant_id"] for who in ("ada", "ben")] == ["opening", None]
    assert (found["ben"]["status"], found["ben"]["code"]) == ("held", "not_screened")
    assert (draft["status"], draft["code"], draft["body"]) == ("held", "not_screened", None)
    assert "readers in US" in reason
    assert [mended[who]["variant_id"] for who in ("ada", "ben")] == ["opening", "opening"]


def test_an_edited_text_is_not_chosen_before_it_is_screened(base: Store) -> None:
    add_prospect(base, "ada")
    base.run("UPDATE variants SET body = 'Guaranteed wins.'")

    assert choose(base, approved_only=False)["ada"]["code"] == "no_text"


def fact(store: Store, who: str, text: str, source: str = "press", days_ago: int = 9) -> None:
    store.run(
        "INSERT INTO prospect_facts VALUES ('people', $who, 'f' || $who, 'news', $text, $source,"
        " $day, 'i')",
        who=who, text=text, source=source, day=(NOW - timedelta(days=days_ago)).date(),
    )  # fmt: skip


FACTS = {
    "clean": ("your new shop in Leeds", "press", 9),
    "unsourced": ("your new shop in Leeds", " ", 9),
    "old": ("your new shop in Leeds", "press", 400),
    "foreign": ("su nueva tienda en Leeds", "press", 9),
    "tagged": ("your {{prospect.company|x}}", "press", 9),
    "linked": ("see www.evil.example now", "press", 9),
}


def test_an_angle_is_offered_with_a_clean_fact_only(base: Store) -> None:
    for who, (text, source, days_ago) in FACTS.items():
        add_prospect(base, who, linkedin_url=None)
        fact(base, who, text, source, days_ago)
    base.run("DELETE FROM variants WHERE variant_id IN ('opening', 'note')")
    add_arm(base, "friendly/news/short", "Hello, I read of {{fact.text}}.")

    found = choose(base)

    assert found["clean"]["body"] == "Hello, I read of your new shop in Leeds."
    assert {row["code"] for who, row in found.items() if who != "clean"} == {"no_fact"}


def test_a_note_may_have_two_hundred_signs_and_not_one_more(base: Store) -> None:
    for who in ("ada", "adam"):
        add_prospect(base, who, email=None)
    base.run("DELETE FROM variants WHERE variant_id IN ('opening', 'note')")
    body = "Hello {{prospect.first_name|there}}, " + "x" * (200 - len("Hello Ada, "))
    add_text(base, "long", "linkedin_note", subject="", footer="", call_to_action="", body=body)

    found = choose(base)

    assert (len(found["ada"]["body"]), found["adam"]["code"]) == (200, "too_long")


def test_a_sign_beyond_the_alphabet_of_sms_is_counted_as_what_it_costs(base: Store) -> None:
    base.run("""UPDATE outreach_plans SET plan = '{"channels": ["sms"]}'""")
    base.run("UPDATE campaigns SET locale = 'en-GB'")
    for who, name in (("ada", "Ada"), ("zoe", "Zo\u0142")):
        add_prospect(base, who, first_name=name)
    text = "Hello {{prospect.first_name|there}}, " + "x" * 250
    add_text(base, "text", "sms", subject="", footer="", call_to_action="", body=text)

    found = choose(base)

    assert (found["ada"]["status"], found["zoe"]["code"]) == ("ready", "too_long")


def test_the_same_question_has_the_same_answer_and_no_second_message(base: Store) -> None:
    for who in ("ada", "ben", "cleo"):
        add_prospect(base, who)

    first, second = choose(base), choose(base)

    assert first == second
    assert base.read("SELECT count(*) FROM outreach_messages") == [(3,)]


def test_one_prospect_alone_is_given_what_all_together_are(base: Store) -> None:
    add_arm(
        base, "casual/proof/short", "Hey {{prospect.first_name|you}}, two thousand buy by the box."
    )
    for number in range(12):
        add_prospect(base, f"p{number:02}")
    together = choose(base)

    alone = [choose(base, prospects=[who])[who] for who in ("p00", "p07", "p11")]

    assert alone == [together[who] for who in ("p00", "p07", "p11")]


def test_parts_add_up_to_the_score_and_the_margin_is_to_the_runner_up(base: Store) -> None:
    add_prospect(base, "ada")
    choose(base, prospects=["ada"])

    told = explain_message(base, CAMPAIGN, "ada")

    assert sum(part["contribution"] for part in told["parts"]) == pytest.approx(told["score"])
    best, second = [row["score"] for row in told["candidates"] if row["rank"]]
    assert told["margin"] == pytest.approx(best - second)
    assert 0 < told["propensity"] <= 1


def test_chances_of_all_choices_of_a_prospect_sum_to_one(base: Store) -> None:
    add_arm(base, "casual/proof/short", "Hey, two thousand shops buy by the box. Want the list?")
    add_prospect(base, "ada", linkedin_url=None)

    with base.transaction():
        choose(base)
        chances = base.read("SELECT sum(propensity), count(*) FROM set_chances")

    assert chances == [(1.0, 2)]


def test_the_draw_comes_out_as_often_as_it_says(base: Store) -> None:
    add_arm(base, "casual/proof/short", "Hey, two thousand shops buy by the box. Want the list?")
    for number in range(300):
        add_prospect(base, f"p{number:03}", linkedin_url=None)

    choose(base)
    rows = base.read("SELECT variant_id, propensity FROM outreach_messages ORDER BY prospect_id")

    said = dict(rows)
    share = sum(variant == "opening" for variant, _ in rows) / len(rows)
    assert share == pytest.approx(said["opening"], abs=3.3 * (0.25 / 300) ** 0.5)


def test_the_holdout_gets_the_default_and_is_the_same_people_each_time(base: Store) -> None:
    settings = Settings(outreach=Outreach(holdout=0.5))
    add_arm(base, "professional/outcome/short", "Good day, we pack gifts for your clients.")
    for number in range(60):
        add_prospect(base, f"p{number:02}", linkedin_url=None)
    rows = "SELECT prospect_id, variant_id, propensity FROM outreach_messages WHERE is_default"

    choose(base, settings)
    first = sorted(base.read(rows))
    choose(base, settings, strategy=PersonalizationStrategy({"casual": 1.0}))
    again = {row[0] for row in base.read(rows)}

    assert 15 < len(first) < 45
    assert {row[0] for row in first} == again
    assert {(variant, chance) for _, variant, chance in first} == {
        ("professional/outcome/short", 1.0)
    }


def test_weights_of_a_strategy_decide_before_anything_is_known(base: Store) -> None:
    add_arm(base, "professional/outcome/short", "Good day, we pack gifts for your clients.")
    add_arm(base, "casual/outcome/short", "Good day, we pack gifts for your clients.")
    for number in range(40):
        add_prospect(base, f"p{number:02}", linkedin_url=None)
    strict = Settings(outreach=Outreach(holdout=0.0, prior_messages=5000.0))

    found = choose(base, strict, strategy=PersonalizationStrategy({"professional": 9, "casual": 1}))

    chosen = [row["variant_id"] for row in found.values()]
    assert chosen.count("professional/outcome/short") > 35


def test_what_a_strategy_rules_out_is_not_said(base: Store) -> None:
    add_prospect(base, "ada")

    found = choose(base, strategy=PersonalizationStrategy({"friendly": 0, "direct": 1}))

    assert found["ada"]["code"] == "not_wanted"


def test_a_vetoed_way_to_write_is_not_offered(base: Store) -> None:
    add_prospect(base, "ada")
    choose(base)
    base.run("UPDATE outreach_cells SET is_vetoed = true WHERE tone = 'friendly'")

    assert choose(base)["ada"]["code"] == "vetoed"


def test_a_held_campaign_says_nothing(base: Store) -> None:
    add_prospect(base, "ada")
    base.run(
        "INSERT INTO incidents VALUES ('i1', 'reported', 'Oops', NULL, NULL, $c, '{}', 'x', $now,"
        " 'ida', NULL)",
        c=CAMPAIGN, now=NOW,
    )  # fmt: skip
    base.run(
        "INSERT INTO holds (campaign_id, incident_id, is_held, reason, actor, decided_at)"
        " VALUES ($c, 'i1', true, 'wrong price', 'ida', $now)",
        c=CAMPAIGN, now=NOW,
    )  # fmt: skip

    assert choose(base, approved_only=False)["ada"]["code"] == "no_text"


def test_the_lost_key_of_erased_people_holds_everybody(base: Store) -> None:
    add_prospect(base, "ada")
    forget(base, "id:people:ada")
    base.run("UPDATE suppressed_hashes SET key_id = 'another'")

    with pytest.raises(StateError, match="written to again"):
        choose(base)
    assert base.read("SELECT count(*) FROM outreach_messages") == [(0,)]


def test_counts_of_a_run_add_up(base: Store) -> None:
    for who, country in (("ada", "GB"), ("ben", "DE"), ("cleo", None)):
        add_prospect(base, who, country=country)

    run_id = choose_messages(base, EVERYBODY, CAMPAIGN, actor="ida")
    told = outreach_result(base, run_id)

    assert (told["prospects"], told["ready"], told["held"]) == (3, 1, 2)
    assert {row["code"]: row["prospects"] for row in told["held_by"]} == {
        "not_permitted": 1, "unknown_basis": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        pytest.param({"prospects": ["nobody"]}, "not in the campaign's base", id="who"),
        pytest.param({"step": 9}, "no step 9", id="step"),
        pytest.param({"posterior": "v0"}, "no version", id="posterior"),
    ],
)
def test_what_cannot_be_asked_says_why(base: Store, asked: dict[str, Any], said: str) -> None:
    add_prospect(base, "ada")

    with pytest.raises(InputError, match=said):
        choose(base, **asked)


def test_a_campaign_to_customers_chooses_nothing_for_prospects(base: Store) -> None:
    add_campaign(base, "other")

    with pytest.raises(InputError, match="writes to no prospects"):
        choose_messages(base, EVERYBODY, "nowhere", actor="ida")


def test_answers_move_the_choice_from_one_tone_to_another(base: Store) -> None:
    for tone in ("professional", "casual"):
        add_arm(base, f"{tone}/outcome/short", "Good day, we pack gifts for your clients.")
    base.run("DELETE FROM variants WHERE variant_id IN ('opening', 'note')")
    for number in range(40):
        add_prospect(base, f"p{number:02}", linkedin_url=None)
    strategy = PersonalizationStrategy({"professional": 2, "casual": 1})
    before = [row["variant_id"] for row in choose(base, strategy=strategy).values()]
    for number in range(120):
        sent(base, f"q{number}", "q.example", days_ago=20)
    base.run("UPDATE outreach_sends SET tone = CASE WHEN hash(message_id) % 2 = 0 THEN 'casual'"
             " ELSE 'professional' END")  # fmt: skip
    base.run(
        "INSERT INTO outreach_events BY NAME SELECT message_id AS event_id, dataset_id,"
        " prospect_id, message_id, channel, 'reply' AS kind, 'interested' AS reply_class,"
        " false AS is_simulated, sent_at + INTERVAL 1 DAY AS happened_at, $now AS recorded_at,"
        " 'ida' AS recorded_by FROM outreach_sends"
        " WHERE tone = 'casual' AND hash(message_id) % 4 = 0",
        now=NOW,
    )  # fmt: skip

    update_posterior(base, EVERYBODY, "people", actor="ida")
    after = [row["variant_id"] for row in choose(base, strategy=strategy).values()]

    assert before.count("casual/outcome/short") < after.count("casual/outcome/short")
    assert after.count("casual/outcome/short") > 36
