from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from personalization.domain import Decision, Message, Statement
from personalization.errors import ProviderError
from personalization.generation import ground_lines
from personalization.generation.grounding import ground
from personalization.providers.metering import StoppedError
from personalization.providers.protocols import Opinion

THROW = Statement("a", "a", "lead", "The Hartley throw is woven from recycled wool in Yorkshire.")
TURNED = "In Yorkshire the Hartley throw is woven from recycled wool."
WRONG = "The Hartley throw weighs 3 kg."


@dataclass
class Scripted:
    """Says what it is told to, and keeps what it was asked."""

    says: object
    name: str = "A checker"
    asked: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)

    def check(self, claim: str, sources: object) -> Opinion:
        self.asked.append((claim, tuple(sources)))  # type: ignore[arg-type]
        if isinstance(self.says, Exception):
            raise self.says
        return self.says  # type: ignore[return-value]


def decided(text: str, checker: Scripted) -> tuple[Decision, str]:
    message = Message("Hello", "", text, "", "", "")
    [claim] = ground(message, [THROW], checker=checker)
    return claim.decision, claim.reason


YES, NO = Opinion(is_grounded=True), Opinion(is_grounded=False, reason="It is doubted.")


@pytest.mark.parametrize(
    ("says", "decision", "words"),
    [
        pytest.param(YES, Decision.PASS, "agree", id="agrees"),
        pytest.param(NO, Decision.REVIEW, "It is doubted.", id="doubts"),
        pytest.param(ProviderError("Nobody answered."), Decision.BLOCK, "Nobody answered.",
                     id="no answer"),
        pytest.param(RuntimeError("sk-secret"), Decision.BLOCK, "broke down (RuntimeError)",
                     id="breaks down"),
        pytest.param(Opinion(is_grounded="yes"), Decision.REVIEW, "doubts",  # type: ignore[arg-type]
                     id="no truth value"),
    ],
)  # fmt: skip
def test_an_opinion_only_demotes_and_no_opinion_blocks(
    says: object, decision: Decision, words: str
) -> None:
    found, reason = decided(TURNED, Scripted(says))

    assert found is decision
    assert words in reason
    assert "sk-secret" not in reason


def test_who_stops_while_an_opinion_is_waited_for_is_given_no_verdict() -> None:
    with pytest.raises(StoppedError):
        decided(TURNED, Scripted(StoppedError("Stopped.")))


def test_what_the_rules_block_stays_blocked_and_is_not_asked_about() -> None:
    checker = Scripted(YES)

    assert decided(WRONG, checker)[0] is Decision.BLOCK
    assert checker.asked == []


def test_approved_words_need_no_opinion() -> None:
    checker = Scripted(ProviderError("Nobody answered."))

    assert decided(THROW.text, checker)[0] is Decision.PASS
    assert checker.asked == []


def test_it_is_shown_the_sentence_and_what_bears_it_out() -> None:
    checker = Scripted(YES)

    decided(TURNED, checker)

    assert checker.asked == [(TURNED, (THROW.text,))]


def test_lines_of_a_file_are_demoted_alike() -> None:
    lines = [{"id": 1, "claim": TURNED, "sources": [{"id": "a", "text": THROW.text}]}]

    [line] = ground_lines(lines, checker=Scripted(NO))

    assert (line["decision"], line["claims"][0]["supported"]) == ("review", False)
