from __future__ import annotations

from dataclasses import replace
from importlib import resources

import pytest

from personalization.domain import Decision
from personalization.errors import InputError
from personalization.safety.policy import read_policy, read_rules
from personalization.safety.rules import CELL_RULES, FIELD_RULES, MESSAGE_RULES, VALUE_RULES
from personalization.settings import Safety

SHIPPED = resources.files("personalization.safety").joinpath("policy.toml").read_text("utf-8")


def test_every_rule_is_a_function_and_stands_in_the_policy() -> None:
    functions = {*FIELD_RULES, *MESSAGE_RULES, *VALUE_RULES, *CELL_RULES}
    by_classifier = {"harm.hate", "harm.self_harm", "harm.sexual", "harm.violence"}

    assert read_rules(SHIPPED).keys() == functions | by_classifier


def test_every_rule_says_why_and_what_to_write_instead() -> None:
    for name, rule in read_rules(SHIPPED).items():
        assert rule.basis, name
        assert rule.message.endswith("."), name
        assert rule.advice.endswith("."), name
        assert 1 <= rule.severity <= 6, name


def test_the_same_settings_give_the_same_version() -> None:
    assert read_policy(Safety()).version == read_policy(Safety()).version


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(replace(Safety(), block_above=2), id="a threshold"),
        pytest.param(replace(Safety(), review_from=2), id="the other threshold"),
        pytest.param(replace(Safety(), engine="azure"), id="the engine"),
        pytest.param(replace(Safety(), policy_version="2027-01"), id="the label"),
    ],
)
def test_a_changed_setting_is_another_policy(changed: Safety) -> None:
    assert read_policy(changed).version != read_policy(Safety()).version


def test_a_changed_word_is_another_policy() -> None:
    edited = SHIPPED.replace("'act (?:now|fast|quickly|immediately|today)'", "'act now'")

    assert edited != SHIPPED
    assert read_policy(Safety(), edited).version != read_policy(Safety()).version


@pytest.mark.parametrize(
    ("severity", "action"),
    [
        pytest.param(0, Decision.PASS, id="nothing found"),
        pytest.param(2, Decision.WARN, id="low is a note"),
        pytest.param(4, Decision.REVIEW, id="medium needs a reviewer"),
        pytest.param(5, Decision.BLOCK, id="above medium blocks"),
        pytest.param(6, Decision.BLOCK, id="high blocks"),
    ],
)
def test_what_a_severity_asks_for(severity: int, action: Decision) -> None:
    assert read_policy(Safety()).harm_action(severity) is action


def test_a_stricter_team_blocks_medium() -> None:
    strict = read_policy(Safety(block_above=3, review_from=2))

    assert strict.harm_action(2) is Decision.REVIEW
    assert strict.harm_action(4) is Decision.BLOCK


RULE = """
[rules."style.shouting"]
action = "review"
severity = 4
basis = "b"
message = "m."
advice = "a."
"""


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        pytest.param("rules = ", "cannot be read as TOML", id="no TOML"),
        pytest.param(RULE + "limits = 4", "has no 'limits'", id="an unknown key"),
        pytest.param(RULE + "patterns = ['(']", "cannot be read", id="a broken pattern"),
        pytest.param(RULE.replace("review", "error"), "one of warn, review, block", id="an action"),
    ],
)
def test_a_policy_that_cannot_be_read_is_refused_in_words(text: str, complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        read_rules(text)


def test_a_pattern_is_whole_words_in_any_case_with_any_space() -> None:
    [pattern] = read_rules(RULE + "patterns = ['act now']")["style.shouting"].patterns

    assert pattern.search("So ACT\n now, please")
    assert not pattern.search("An artefact nowhere: exact now")
