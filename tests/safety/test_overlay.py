"""A team's own policy over the default: what it can say, and how a fault is told."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personalization.domain import Decision
from personalization.errors import InputError
from personalization.safety.amending import written
from personalization.safety.policy import Policy, read_policy, shipped
from personalization.safety.reading import Context
from personalization.safety.rules import FIELD_RULES, MESSAGE_RULES, findings_of

PRESSURE = "[rules.'urgency.pressure']\n"
HEALTH = "[rules.'overpromise.health']\n"
FIRST = shipped()["rules"]["urgency.pressure"]["patterns"][0]


def found_in(text: str, rule: str, policy: Policy) -> int:
    check, _ = FIELD_RULES[rule]
    return len(list(findings_of(rule, check, "body", text, policy=policy, context=Context())))


def literal(text: str) -> str:
    return f"'''{text}'''"


def test_words_can_be_added_to_a_rule_and_those_that_ship_stay() -> None:
    own = read_policy(PRESSURE + "patterns_add = ['last orders']")

    assert found_in("Last orders tonight.", "urgency.pressure", own) == 1
    assert found_in("Last orders tonight.", "urgency.pressure", read_policy()) == 0
    assert found_in("Act now!", "urgency.pressure", own) == 1


def test_a_pattern_that_ships_can_be_taken_out_by_its_very_words() -> None:
    own = read_policy(PRESSURE + f"patterns_remove = [{literal(FIRST)}]")

    before = read_policy().rules["urgency.pressure"].patterns
    assert len(own.rules["urgency.pressure"].patterns) == len(before) - 1


def test_words_that_excuse_a_hit_can_be_added() -> None:
    own = read_policy("[rules.'overpromise.guarantee']\nunless_add = ['guaranteed irish']")

    assert found_in("Guaranteed Irish wool.", "overpromise.guarantee", own) == 0
    assert found_in("Guaranteed to please.", "overpromise.guarantee", own) == 1


def test_a_list_that_patterns_name_can_be_added_to() -> None:
    own = read_policy("[lists]\ncondition_add = ['snoring']")

    assert found_in("It cures snoring.", "overpromise.health", own) == 1
    assert found_in("It cures snoring.", "overpromise.health", read_policy()) == 0


def test_a_rule_that_blocks_may_ask_a_reviewer_and_no_less() -> None:
    own = read_policy(HEALTH + "action = 'review'")

    assert own.rules["overpromise.health"].action is Decision.REVIEW


def test_a_country_that_is_new_states_all_that_the_others_table_states() -> None:
    other = shipped()["jurisdictions"]["other"]
    new = {"jurisdictions": {"PL": {**other, "name": "Poland", "names": ["Poland", "Polska"]}}}

    assert read_policy(written(new)).jurisdictions["PL"]["names"] == ["Poland", "Polska"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        pytest.param("rules = 3", r"\[rules\] = 3 is no table", id="a table that is none"),
        pytest.param(
            "[rules]\n'spam.triger' = 1",
            "no rule 'spam.triger'.*mean.*'spam.trigger'",
            id="near a name",
        ),
        pytest.param(PRESSURE + "patterns = 'act now'", "is no list", id="a text for a list"),
        pytest.param(PRESSURE + "patterns = [1]", "holds 1", id="a number for a text"),
        pytest.param(PRESSURE + "patterns = ['a', 'a']", "'a' twice", id="the same twice"),
        pytest.param(
            PRESSURE + f"patterns_add = [{literal(FIRST)}]", "already", id="there already"
        ),
        pytest.param(PRESSURE + "patterns_remove = ['x']", "does not have 'x'", id="not there"),
        pytest.param(
            PRESSURE + "patterns = ['a']\npatterns_add = ['b']", "at once", id="both ways"
        ),
        pytest.param(PRESSURE + "version = 9", "has no 'version'", id="the program's version"),
        pytest.param(PRESSURE + "advice = ''", "is no text", id="no advice"),
        pytest.param(PRESSURE + "severity = 9", "from 1 to 6", id="a severity"),
        pytest.param(
            "[rules.'footer.unsubscribe']\nlimit = 99999", "from 0 to 1600", id="a limit too wide"
        ),
        pytest.param(HEALTH + "action = 'off'", "can be 'block' or 'review'", id="put off"),
        pytest.param(HEALTH + "action = 'warn'", "can be 'block' or 'review'", id="made weak"),
        pytest.param(HEALTH + "patterns = ['x']", "cannot be replaced", id="other words"),
        pytest.param(
            HEALTH + "unless_near_add = ['.*']", "can match no sign", id="excuses nothing"
        ),
        pytest.param(HEALTH + "unless_near_add = ['.+']", "fits any words", id="excuses all"),
        pytest.param(
            "[rules.'harm.hate']\naction = 'review'", r"\[thresholds.hate\]", id="a level's action"
        ),
        pytest.param("[azure]\nprompt_shields = 'yes'", "not of the form", id="a text for a truth"),
        pytest.param("[azure]\nblocklists = 'brand'", "is no list", id="a text for names"),
        pytest.param("[lists]\nfaiths = 'x'", "no 'faiths'.*mean 'faith'", id="no such list"),
        pytest.param("[lists]\nfaith_add = ['(']", "cannot be read", id="a broken word"),
        pytest.param("[lists]\nfaith_add = ['x*']", "can match no sign", id="an empty word"),
        pytest.param("[jurisdictions.XYZ]\nname = 'x'", "no 'XYZ'", id="no country"),
        pytest.param(
            "[jurisdictions.PL]\nname = 'x'", "does not say: consent", id="half a country"
        ),
        pytest.param("[jurisdictions.GB]\nnames = 'UK'", "is no list", id="one name"),
        pytest.param("[jurisdictions.GB]\ntax = 1", "has no 'tax'", id="no such fact"),
        pytest.param(
            "[jurisdictions.GB.consent]\naccepts = ['shouted']", "no basis 'shouted'", id="no basis"
        ),
        pytest.param("version = 'two words'", "is no label", id="a label"),
        pytest.param("x = " + "9" * 5000, "cannot be read as TOML", id="a number too long"),
        pytest.param("x = " + "[" * 3000, "cannot be read as TOML", id="lists in lists"),
    ],
)
def test_a_fault_is_told_by_its_place_and_the_way_out(text: str, complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        read_policy(text)


@pytest.mark.parametrize(
    "name", [name for name, rule in shipped()["rules"].items() if rule["action"] == "block"]
)
def test_no_rule_that_ships_as_blocking_can_be_put_off_or_emptied(name: str) -> None:
    rule = shipped()["rules"][name]
    taken_out = {f"{key}_remove": rule[key] for key in ("patterns", "weighted") if rule.get(key)}
    attempts: list[dict[str, Any]] = [{"action": "off"}, {"action": "warn"}]
    attempts += [{key: words} for key, words in taken_out.items()]

    for attempt in attempts:
        with pytest.raises(InputError):
            read_policy(written({"rules": {name: attempt}}))


NAMES = ["urgency.pressure", "overpromise.health", "spam.trigger", "harm.hate", "no.rule"]
KEYS = st.sampled_from([
    "action", "severity", "limit", "patterns", "patterns_add", "patterns_remove", "unless_add",
    "weighted_add", "advice", "version", "rubbish",
])  # fmt: skip
PIECES = st.sampled_from(["act now", "(", "x*", "(a+)+", FIRST, ""])
VALUES = st.one_of(
    st.sampled_from(["warn", "review", "block", "off"]), st.integers(-2, 9), st.booleans(),
    st.floats(allow_nan=True), st.text(max_size=5), st.lists(PIECES, max_size=2),
    st.lists(st.tuples(PIECES, st.integers(-1, 12)).map(list), max_size=2),
)  # fmt: skip
TABLES = st.dictionaries(KEYS, VALUES, max_size=3)
LEVELS = st.dictionaries(st.sampled_from(["block_above", "review_from", "x"]), VALUES, max_size=2)
OVERLAYS = st.fixed_dictionaries(
    {},
    optional={
        "version": VALUES,
        "thresholds": st.dictionaries(st.sampled_from(["hate", "hat"]), LEVELS) | VALUES,
        "azure": st.dictionaries(st.sampled_from(["blocklists", "output", "x"]), VALUES) | VALUES,
        "lists": st.dictionaries(st.sampled_from(["faith", "faith_add", "x"]), VALUES) | VALUES,
        "jurisdictions": st.dictionaries(
            st.sampled_from(["GB", "PL", "x"]),
            st.dictionaries(st.sampled_from(["name", "names", "consent", "footer"]), VALUES),
        ) | VALUES,
        "rules": st.dictionaries(st.sampled_from(NAMES), TABLES | VALUES, max_size=2) | VALUES,
        "rubbish": VALUES,
    },
)  # fmt: skip


@given(OVERLAYS)
@settings(max_examples=100)
def test_whatever_an_overlay_says_it_is_a_policy_or_a_fault_in_words(own: dict[str, Any]) -> None:
    try:
        policy = read_policy(written(own))
    except InputError:
        return
    assert policy.version


@given(st.text(alphabet="[]{}='\"\\#.\n abcrules_", max_size=40))
@settings(max_examples=50)
def test_whatever_is_typed_it_is_a_policy_or_a_fault_in_words(text: str) -> None:
    with suppress(InputError):
        assert read_policy(text).version


CURES = "This cures arthritis, as you know."
CURE_WORDS = shipped()["rules"]["overpromise.health"]["patterns"]


@pytest.mark.parametrize(
    "own",
    [
        pytest.param(
            {"rules": {"overpromise.health": {
                "patterns_remove": CURE_WORDS, "patterns_add": ["zzzqqq"]}}},
            id="words that nobody writes",
        ),
        pytest.param({"lists": {"condition": "zzzqqq"}}, id="a list that nobody fits"),
        pytest.param(
            {"rules": {"overpromise.health": {"unless_near_add": ["you|your|we|this"]}}},
            id="an excuse that stands everywhere",
        ),
        pytest.param(
            {"rules": {"overpromise.health": {"unless_near_add": ["arthritis"]}}}, id="its own word"
        ),
    ],
)  # fmt: skip
def test_what_a_blocking_rule_finds_as_it_ships_is_for_review(own: dict[str, Any]) -> None:
    policy = read_policy(written(own))
    check, _ = FIELD_RULES["overpromise.health"]

    found = list(findings_of(
        "overpromise.health", check, "body", CURES, policy=policy, context=Context()
    ))  # fmt: skip

    assert [(f.action, f.text) for f in found] == [(Decision.REVIEW, "cures arthritis")]
    assert "Your own policy lets it pass" in found[0].message


def test_a_hit_of_both_wordings_is_found_once_and_blocks() -> None:
    policy = read_policy(HEALTH + "patterns_add = ['snoring aid']")
    check, _ = FIELD_RULES["overpromise.health"]

    found = list(findings_of(
        "overpromise.health", check, "body", CURES, policy=policy, context=Context()
    ))  # fmt: skip

    assert [f.action for f in found] == [Decision.BLOCK]


@pytest.mark.parametrize("key", ["parts", "opt_out"])
def test_what_a_country_asks_of_a_footer_cannot_be_emptied(key: str) -> None:
    with pytest.raises(InputError, match=rf"\[jurisdictions.DE.footer\] {key} = \[\]"):
        read_policy(f"[jurisdictions.DE.footer]\n{key} = []")


def test_a_part_of_a_footer_that_a_team_leaves_out_is_for_review() -> None:
    policy = read_policy("[jurisdictions.DE.footer]\nparts = ['contact']")
    context = Context(
        sender_address="12 Mill Lane, York", own_emails=("a@x.example",), jurisdictions=("DE",)
    )

    found = list(findings_of(
        "footer.imprint", MESSAGE_RULES["footer.imprint"], "footer", "a@x.example", policy=policy,
        context=context,
    ))  # fmt: skip

    assert found
    assert {f.action for f in found} == {Decision.REVIEW}


def test_words_to_get_out_in_one_more_language_are_taken_as_they_are() -> None:
    policy = read_policy("[jurisdictions.EU.footer]\nopt_out = ['wypisz']")
    context = Context(allowed_domains=("x.example",))

    found = findings_of(
        "footer.unsubscribe", MESSAGE_RULES["footer.unsubscribe"], "footer",
        "Wypisz: https://x.example/w", policy=policy, context=context,
    )  # fmt: skip

    assert list(found) == []


def test_a_policy_that_changes_nothing_of_a_rule_reads_it_once() -> None:
    assert all(rule.shipped is None for rule in read_policy().rules.values())
    assert read_policy(HEALTH + "action = 'review'").rules["overpromise.health"].shipped is None
