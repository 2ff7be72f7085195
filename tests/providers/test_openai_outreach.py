from __future__ import annotations

import asyncio
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from personalization.domain import Decision
from personalization.generation import drafted_skeleton
from personalization.providers.metering import ClosedError
from personalization.providers.openai_outreach import OpenAISkeletonWriter, job_of
from personalization.settings import Generation
from tests.outreach.skeletons import request
from tests.providers.hosted import KEY, environ
from tests.providers.openai_stub import Scripted, Stub, completion, error

if TYPE_CHECKING:
    from collections.abc import Iterator

LEAD = "We pack client gifts, write the cards and post each one."
ASK = "May I send you our trade list?"
OPENING = "I am writing about client gifts at {{prospect.company|your company}}."


def cite(text: str) -> str:
    """Return the number under which the model is given a statement."""
    told = [s for p in request().passages for s in p.statements]
    return next(f"S{n}" for n, s in enumerate(told, 1) if text in (s.text, *s.alternates))


def letter(*body: tuple[str, str], subject: str = "A parcel for each new client") -> str:
    """Return what a model answers: a greeting, the sentences with what they cite, a sign-off."""
    said = [
        ("Hello {{prospect.first_name|there}},", ""),
        *body,
        ("Kind regards,\nThe trade team at Hearth & Ribbon", ""),
    ]
    empty = {"text": "", "cites": []}
    return json.dumps(
        {
            "subject": {"text": subject, "cites": []},
            "preheader": empty,
            "call_to_action": empty,
            "paragraphs": [
                {"sentences": [{"text": text, "cites": [c for c in (cited,) if c]}]}
                for text, cited in said
            ],
        }
    )


GOOD = ((OPENING, ""), (LEAD, cite(LEAD)), (ASK, cite(ASK)))


@contextmanager
def writing(*answers: Scripted) -> Iterator[tuple[OpenAISkeletonWriter, Stub]]:
    """Yield a writer that talks to a local server, and the server."""
    stub = Stub(*answers)
    settings = Generation(model="a-model", concurrency=1, retries=1, timeout=30.0)
    made = OpenAISkeletonWriter.of("openai", settings, environ("openai", stub.url))

    async def pause(_: float) -> None:
        await asyncio.sleep(0)

    made.pause = pause
    try:
        yield made, stub
    finally:
        stub.close()


def test_a_hosted_text_is_held_to_the_approved_statements() -> None:
    with writing(completion(letter(*GOOD))) as (writer, stub):
        draft, claims = drafted_skeleton(writer, request())

    assert len(stub.seen) == 1
    assert draft.origin == "openai"
    assert {c.decision for c in claims} == {Decision.PASS}
    assert dict(draft.provenance)["prompt_version"].startswith("outreach_v1-")
    assert draft.message.footer == request().footer


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param("We cut the gift costs of Tesco by 40 %.", id="a made-up result"),
        pytest.param("We are the best gift packers in Britain.", id="a superlative"),
        pytest.param("You get a full refund, guaranteed.", id="a guarantee"),
    ],
)
def test_what_no_statement_says_is_repaired_and_then_composed(wrong: str) -> None:
    with writing(completion(letter(*GOOD[:2], (wrong, cite(LEAD)), GOOD[2]))) as (writer, stub):
        draft, claims = drafted_skeleton(writer, request())

    assert len(stub.seen) == 2
    assert draft.origin == "composer"
    assert dict(draft.provenance)["first_origin"] == "openai"
    assert wrong not in draft.message.body
    assert {c.decision for c in claims} == {Decision.PASS}


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        pytest.param(
            letter(*GOOD, ("Hello {{first_name|you}}", "")),
            "customers only",
            id="a customer's field",
        ),
        pytest.param(
            letter(*GOOD, ("On {{prospect.salary|x}}", "")), "cannot be filled", id="no such field"
        ),
        pytest.param(
            letter(*GOOD, ("Bravo for {{fact.text}}.", "")),
            "may not be used here",
            id="a fact that was not offered",
        ),
        pytest.param(
            letter(("I hope this finds you well.", ""), *GOOD),
            "Nobody wants to read",
            id="a worn-out line",
        ),
        pytest.param(
            letter(*GOOD, ("Or shall we call?", "")), "more than one question", id="two questions"
        ),
        pytest.param(
            letter(*GOOD, subject="Re: our talk"), "Nobody wants to read", id="a feigned reply"
        ),
        pytest.param(letter(*GOOD, subject="s" * 61), "not 3 to 60", id="a long subject"),
        pytest.param("Sure! Here you are.", "no JSON", id="chatter"),
    ],
)
def test_an_answer_that_cannot_be_used_is_asked_for_once_more(answer: str, fault: str) -> None:
    with writing(completion(answer)) as (writer, stub):
        draft = writer.write(request())

    assert len(stub.seen) == 2
    assert fault in stub.seen[1].body["messages"][-1]["content"]
    assert draft.origin == "composer"
    assert fault in dict(draft.provenance)["first_fault"]


def test_a_fact_that_was_offered_has_to_be_used() -> None:
    with writing(completion(letter(*GOOD))) as (writer, stub):
        draft = writer.write(request(angle="news"))

    assert "{{fact.text}} is missing" in stub.seen[1].body["messages"][-1]["content"]
    assert draft.origin == "composer"


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(error(500), id="an error of the service"),
        pytest.param(Scripted(body="<html>Log in</html>"), id="a login page"),
    ],
)
def test_a_service_that_fails_leaves_the_text_to_the_embedded_writer(fault: Scripted) -> None:
    with writing(fault) as (writer, _):
        draft = writer.write(request())

    assert draft.origin == "composer"
    assert KEY not in str(draft)


def test_a_key_that_is_refused_stops_the_run() -> None:
    with writing(error(401)) as (writer, _), pytest.raises(ClosedError):
        writer.write(request())


def test_the_model_is_told_blanks_and_no_row_of_a_prospect() -> None:
    conversation: Any = job_of(request(angle="news")).conversation

    told = conversation[-1]["content"]
    assert "{{prospect.first_name|there}}" in told
    assert "{{fact.text}}" in told
    assert [m["role"] for m in conversation] == ["system", "user", "user", "user"]
