from __future__ import annotations

from dataclasses import replace

import pytest

from personalization.domain import Claim, Decision, Message
from personalization.providers.composing import bare, is_echo
from personalization.providers.gates import flaws_of
from tests.providers.fern_and_fig import content

WORDS = " ".join(f"word{n}" for n in range(30))
FINE = Message("A mug for long chapters", "Tea that waits for you", WORDS, "Take a look", "", "")
KNOWN = {s.statement_id: s for p in content() for s in p.statements}


def claim(statement_id: str, field: str = "body") -> Claim:
    return Claim(field, 0, 1, "x", statement_id, 0, 1, "x", Decision.PASS, "")


@pytest.mark.parametrize(
    ("message", "claims", "flaw"),
    [
        pytest.param(FINE, [], "", id="fine"),
        pytest.param(replace(FINE, body="Too short."), [], "2 words", id="body too short"),
        pytest.param(replace(FINE, body="a " * 201), [], "201 words", id="body too long"),
        pytest.param(replace(FINE, subject="Hello"), [], "5 characters", id="subject too short"),
        pytest.param(replace(FINE, subject="s" * 71), [], "71 characters", id="subject too long"),
        pytest.param(
            replace(FINE, subject="{{first_name|Dear reader}}, tea?"), [], "", id="as it is read"
        ),
        pytest.param(
            replace(FINE, body=f"{WORDS}. Come in. Come in!"), [], "says twice", id="said twice"
        ),
        pytest.param(
            replace(FINE, preheader="A mug, for long chapters."), [], "says twice",
            id="preheader repeats the subject",
        ),
        pytest.param(FINE, [claim("shipping@1#s1")], "without shipping@1#s2", id="no condition"),
        pytest.param(
            FINE, [claim("shipping@1#s1", "subject"), claim("shipping@1#s2", "preheader")],
            "without", id="condition outside the body",
        ),
        pytest.param(
            FINE, [claim("shipping@1#s1"), claim("shipping@1#s2")], "", id="with its condition"
        ),
    ],
)  # fmt: skip
def test_a_gate_says_what_is_wrong(message: Message, claims: list[Claim], flaw: str) -> None:
    found = flaws_of(message, claims, KNOWN)

    assert (flaw in " ".join(found)) if flaw else not found


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("Tea stays warm.", "Tea stays warm"),
        ("You keep coming back. Thank you.", "You keep coming back. Thank you."),
        ("Ready for tea?", "Ready for tea?"),
    ],
)
def test_a_subject_has_no_full_stop_unless_it_is_two_sentences(line: str, shown: str) -> None:
    assert bare(line) == shown


def test_a_line_that_shares_half_its_words_is_an_echo() -> None:
    assert is_echo("Free delivery over £40", "Delivery is free over there")
    assert not is_echo("Three tiers for your next teatime", "Scones below, cake on top")
