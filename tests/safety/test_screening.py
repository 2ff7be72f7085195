from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from personalization.domain import Claim, Decision, Message
from personalization.errors import ProviderError
from personalization.safety import screen
from personalization.safety.policy import CATEGORIES, read_policy
from tests.safety.scripted import (
    CONTEXT,
    MESSAGE,
    POLICY,
    STRICT_POLICY,
    Answering,
    Failing,
    Scripted,
    message,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from personalization.domain import Screening
    from personalization.providers.protocols import HarmClassifier

FIELDS = tuple(name for name, _ in MESSAGE.fields())


def outcome(text: Message, engine: HarmClassifier | None = None) -> Screening:
    return screen(text, CONTEXT, engine or Scripted(), POLICY)


def test_a_harmless_message_passes_without_findings() -> None:
    screening = outcome(MESSAGE)

    assert screening.decision is Decision.PASS
    assert screening.findings == ()
    assert screening.categories == tuple((category, 0) for category in CATEGORIES)
    assert screening.content_sha256 == MESSAGE.content_sha256


@pytest.mark.parametrize("field", FIELDS)
def test_every_field_is_read_by_the_rules(field: str) -> None:
    before = dict(MESSAGE.fields())[field]

    screening = outcome(message(**{field: f"{before} Card 4111 1111 1111 1111."}))

    found = [(f.rule, f.field) for f in screening.findings if f.rule == "pii.payment_card"]
    assert found == [("pii.payment_card", field)]
    assert screening.decision is Decision.BLOCK


@pytest.mark.parametrize("field", FIELDS)
def test_every_field_is_read_by_the_engine(field: str) -> None:
    before = dict(MESSAGE.fields())[field]

    screening = outcome(message(**{field: f"{before}zzz"}), Scripted({"zzz": ("violence", 6)}))

    assert ("harm.violence", field) in [(f.rule, f.field) for f in screening.findings]
    assert screening.decision is Decision.BLOCK


def test_the_engine_is_asked_once_for_each_string_that_is_sent() -> None:
    engine = Scripted()

    screening = outcome(message(preheader=""), engine)

    assert screening.n_strings == len(engine.asked) == 5
    assert screening.request_ids == ("call-1", "call-2", "call-3", "call-4", "call-5")


def test_readers_without_a_name_are_thought_of() -> None:
    engine = Scripted()

    outcome(message(subject="{{first_name|Dear friend}}, hello"), engine)

    assert engine.asked[0] == "Dear friend, hello"


def test_a_bad_fallback_is_found_and_its_tag_pointed_at() -> None:
    text = "Hello {{first_name|pay 4111 1111 1111 1111}}, winter is here."

    [finding] = outcome(message(body=text)).findings

    assert text[finding.span_start : finding.span_end] == "{{first_name|pay 4111 1111 1111 1111}}"


def test_a_span_behind_a_merge_tag_points_into_the_stored_text() -> None:
    text = "Hello {{first_name|there}}, our prices are unbeatable."

    [finding] = outcome(message(body=text)).findings

    assert text[finding.span_start : finding.span_end] == finding.text == "unbeatable"


def test_a_merge_tag_in_the_footer_stays_unfilled_and_blocks() -> None:
    screening = outcome(message(footer=f"{MESSAGE.footer} {{{{first_name|there}}}}"))

    assert [f.rule for f in screening.findings] == ["merge.unresolved"]


@pytest.mark.parametrize(
    ("level", "decision"),
    [
        pytest.param(0, Decision.PASS, id="safe"),
        pytest.param(2, Decision.WARN, id="low"),
        pytest.param(4, Decision.REVIEW, id="medium: exactly the threshold"),
        pytest.param(6, Decision.BLOCK, id="high"),
    ],
)
def test_the_decision_on_a_category(level: int, decision: Decision) -> None:
    screening = outcome(MESSAGE, Scripted({"winter": ("hate", level)}))

    assert screening.decision is decision
    assert dict(screening.categories)["hate"] == level


def test_the_worst_string_counts() -> None:
    engine = Scripted({"Candles": ("sexual", 4), "York": ("sexual", 2)})

    assert dict(outcome(MESSAGE, engine).categories)["sexual"] == 4


@pytest.mark.parametrize(
    "engine",
    [
        pytest.param(Failing(ProviderError("no answer")), id="the service is down"),
        pytest.param(Failing(KeyError("Hate")), id="a bug in the engine"),
        pytest.param(Failing(TimeoutError()), id="a timeout"),
        pytest.param(Answering(), id="an empty answer"),
        pytest.param(Answering(("hate", 0), ("sexual", 0), ("violence", 0)), id="three of four"),
        pytest.param(Answering(*((c, 0) for c in CATEGORIES), ("hate", 0)), id="one twice"),
        pytest.param(Answering(*((c, -1) for c in CATEGORIES)), id="below the scale"),
        pytest.param(Answering(*((c, 9) for c in CATEGORIES)), id="beyond the scale"),
        pytest.param(Answering(*((c, True) for c in CATEGORIES)), id="truths for numbers"),
        pytest.param(Answering(*((c, "0") for c in CATEGORIES)), id="text"),  # type: ignore[arg-type]
        pytest.param(Answering(*((c.upper(), 0) for c in CATEGORIES)), id="other names"),
    ],
)
def test_an_engine_that_cannot_be_read_is_an_error_and_no_pass(engine: HarmClassifier) -> None:
    screening = outcome(MESSAGE, engine)

    assert screening.decision is Decision.ERROR
    assert {level for _, level in screening.categories} == {None}
    assert screening.findings[0].rule == "harm.engine"


def test_an_error_hides_no_finding_of_the_rules() -> None:
    screening = outcome(message(body="Our prices are unbeatable."), Failing(TimeoutError()))

    assert "overpromise.superlative" in [f.rule for f in screening.findings]


def test_a_rule_that_crashes_is_an_error() -> None:
    rules = {name: rule for name, rule in POLICY.rules.items() if name != "urgency.pressure"}

    screening = screen(MESSAGE, CONTEXT, Scripted(), replace(POLICY, rules=rules))

    assert screening.decision is Decision.ERROR
    assert {f.rule for f in screening.findings} == {"urgency.pressure"}


def claim(decision: Decision) -> Claim:
    return Claim("body", 6, 10, "best", None, None, None, None, decision, "Nobody says so.")


@pytest.mark.parametrize(
    ("checked", "decision"),
    [
        pytest.param(Decision.PASS, Decision.PASS, id="borne out"),
        pytest.param(Decision.REVIEW, Decision.REVIEW, id="doubtful"),
        pytest.param(Decision.BLOCK, Decision.BLOCK, id="not borne out"),
    ],
)
def test_what_the_claim_check_said_counts(checked: Decision, decision: Decision) -> None:
    context = replace(CONTEXT, claims=(claim(checked),))

    screening = screen(MESSAGE, context, Scripted(), POLICY)

    assert screening.decision is decision
    assert [(f.rule, f.span_start, f.span_end) for f in screening.findings] == (
        [] if decision is Decision.PASS else [("claims.unsupported", 6, 10)]
    )


def test_the_worst_finding_comes_first() -> None:
    screening = outcome(message(body="Unbeatable! See https://evil.test/x for more."))

    assert [f.action for f in screening.findings] == [Decision.BLOCK, Decision.REVIEW]
    assert screening.decision is Decision.BLOCK


def test_a_footer_without_a_way_out_blocks() -> None:
    screening = outcome(message(footer=CONTEXT.sender_address))

    assert [f.rule for f in screening.findings] == ["footer.unsubscribe"]


def test_private_numbers_are_not_repeated_on_record() -> None:
    [finding] = outcome(message(body="Ring Ann on 07700 900461.")).findings

    assert finding.rule == "pii.phone"
    assert "900" not in finding.text


def test_a_stricter_policy_blocks_what_needed_a_reviewer() -> None:
    strict = read_policy(STRICT_POLICY.read_text("utf-8"))

    screening = screen(MESSAGE, CONTEXT, Scripted({"winter": ("hate", 4)}), strict)

    assert screening.decision is Decision.BLOCK
    assert screening.policy_version == strict.version


class ReadingAhead(Scripted):
    """Takes all strings at once, and fails at it."""

    def __init__(self) -> None:
        super().__init__()
        self.ahead: list[str] = []

    def prefetch(self, texts: Iterable[str]) -> None:
        self.ahead += texts
        raise ProviderError("not now")


def test_an_engine_that_can_reads_a_message_ahead_and_is_asked_all_the_same() -> None:
    engine = ReadingAhead()

    screening = outcome(MESSAGE, engine)

    assert [text for text in engine.ahead if text] == engine.asked
    assert screening.decision is Decision.PASS
