from __future__ import annotations

import pytest

from personalization.domain import Decision, Finding
from personalization.errors import InputError
from personalization.safety.ledger import RULE_OF
from personalization.safety.policy import CATEGORIES, Policy, Threshold, read_policy
from personalization.safety.reading import Context
from personalization.safety.rules import (
    CELL_RULES,
    FIELD_RULES,
    HTML_RULES,
    MAIL_RULES,
    MESSAGE_RULES,
    OWN_RULES,
    PASSAGE_RULES,
    PRODUCT_RULES,
    findings_of,
)
from personalization.settings import Brand


def test_every_rule_is_a_function_and_stands_in_the_policy() -> None:
    by_value = {*PRODUCT_RULES, *PASSAGE_RULES, *CELL_RULES}
    by_mail = {name for name, _, _ in (*MAIL_RULES, *OWN_RULES)}
    by_message = {*FIELD_RULES, *MESSAGE_RULES, *by_mail, *HTML_RULES}
    functions = by_value | by_message | {*RULE_OF.values()}
    by_engine = {f"harm.{found}" for found in (*CATEGORIES, "blocklist")}

    assert read_policy().rules.keys() == functions | by_engine


def test_every_rule_says_why_and_what_to_write_instead() -> None:
    for name, rule in read_policy().rules.items():
        assert rule.basis, name
        assert rule.message.endswith("."), name
        assert rule.advice.endswith("."), name
        assert 1 <= rule.severity <= 6, name


def test_the_same_words_give_the_same_version() -> None:
    assert read_policy("").version == read_policy("# a remark\n").version


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(read_policy("[thresholds.hate]\nblock_above = 2"), id="a threshold"),
        pytest.param(read_policy("[thresholds.hate]\nreview_from = 2"), id="the other threshold"),
        pytest.param(read_policy(engine="azure"), id="the engine"),
        pytest.param(read_policy(sender=Brand(sender_name="Else")), id="the sender"),
        pytest.param(read_policy('version = "2027-01"'), id="the label"),
        pytest.param(read_policy("[rules.'spam.trigger']\nlimit = 9"), id="a limit"),
        pytest.param(read_policy("[rules.'spam.trigger']\naction = 'off'"), id="a rule put off"),
        pytest.param(read_policy("[rules.'urgency.pressure']\npatterns = ['wow']"), id="a word"),
    ],
)
def test_any_change_is_another_policy(changed: Policy) -> None:
    assert changed.version != read_policy().version


def test_a_teams_own_policy_changes_what_it_names_and_nothing_else() -> None:
    own = read_policy("[thresholds.hate]\nblock_above = 2\n[rules.'style.shouting']\nlimit = 9")

    assert own.thresholds["hate"] == Threshold(2, 4)
    assert own.thresholds["violence"] == read_policy().thresholds["violence"]
    assert own.rules["style.shouting"].limit == 9
    assert own.rules["style.shouting"].basis == read_policy().rules["style.shouting"].basis


def test_a_rule_that_is_off_finds_nothing() -> None:
    own = read_policy("[rules.'style.exclamation']\naction = 'off'")
    check, _ = FIELD_RULES["style.exclamation"]

    def found(policy: Policy) -> list[Finding]:
        return list(findings_of("style.exclamation", check, "body", "Yes!!!", policy=policy,
                                context=Context()))  # fmt: skip

    assert found(read_policy())
    assert not found(own)


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
    assert {read_policy().harm_action(name, severity) for name in CATEGORIES} == {action}


def test_a_team_can_be_stricter_in_one_category() -> None:
    strict = read_policy("[thresholds.violence]\nblock_above = 3\nreview_from = 2")

    assert strict.harm_action("violence", 2) is Decision.REVIEW
    assert strict.harm_action("violence", 4) is Decision.BLOCK
    assert strict.harm_action("hate", 4) is Decision.REVIEW


SHOUTING = "[rules.'style.shouting']\n"
PRESSURE = "[rules.'urgency.pressure']\n"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        pytest.param("rules = ", "cannot be read as TOML", id="no TOML"),
        pytest.param("[rule]\nx = 1", "has no 'rule'", id="an unknown section"),
        pytest.param("[rules.'style.shouts']\nlimit = 1", "no rule 'style.shouts'", id="no rule"),
        pytest.param(SHOUTING + "limits = 4", "has no 'limits'", id="an unknown key"),
        pytest.param(PRESSURE + "patterns = ['(']", "cannot be read", id="a broken pattern"),
        pytest.param(SHOUTING + "action = 'error'", "warn, review, block, off", id="an action"),
        pytest.param("[thresholds.hat]\nblock_above = 2", "no 'hat'", id="no category"),
        pytest.param("[thresholds.hate]\nblock_above = 6", "block nothing", id="blocks nothing"),
        pytest.param("[thresholds.hate]\nreview_from = 7", "from 0 to 6", id="above 6"),
        pytest.param("[thresholds.hate]\nreview_from = '4'", "whole number", id="a text"),
    ],
)
def test_a_policy_that_cannot_be_read_is_refused_in_words(text: str, complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        read_policy(text)


def test_a_pattern_is_whole_words_in_any_case_with_any_space() -> None:
    [pattern] = read_policy(PRESSURE + "patterns = ['act now']").rules["urgency.pressure"].patterns

    assert pattern.search("So ACT\n now, please")
    assert not pattern.search("An artefact nowhere: exact now")


def test_no_advice_on_a_block_says_that_a_reviewer_may_let_it_pass() -> None:
    advice = [rule.advice for name, rule in read_policy().rules.items() if name.startswith("harm.")]

    assert [each for each in advice if "false alarm" in each] == []
    assert any("A block cannot be overridden" in each for each in advice)
