from __future__ import annotations

import json

import pytest

from personalization.domain import Decision
from personalization.errors import InputError, ProviderError
from personalization.providers.openai_writer import OpenAIWriter
from personalization.providers.protocols import ShortfallError
from personalization.settings import Generation
from tests.providers.fern_and_fig import FOOTER, content, passage, request
from tests.providers.hosted import KEY, ROUTES, answer, material, writing
from tests.providers.openai_stub import Scripted, completion, error

UNLIKE = answer(
    "Linen for the kitchen rail",
    paragraphs=[
        {"sentences": [{"text": "Good day {{first_name|reader}},", "cites": []}]},
        {
            "sentences": [
                {"text": "A linen tea towel dries faster than cotton.", "cites": ["S7"]},
                {"text": "The weave comes from a mill in Fife.", "cites": ["S8"]},
                {"text": "Every order is packed at one bench in Leeds.", "cites": ["S6"]},
            ]
        },
        {"sentences": [{"text": "Until soon,\nFern & Fig", "cites": []}]},
    ],
)


@pytest.mark.parametrize(
    ("route", "path", "header", "model"),
    [
        ("openai", "/v1/chat/completions", ("authorization", f"Bearer {KEY}"), "a-model"),
        (
            "azure v1", "/openai/v1/chat/completions", ("authorization", f"Bearer {KEY}"),
            "a-model",
        ),
        (
            "azure classic",
            "/openai/deployments/our-deployment/chat/completions?api-version=2024-10-21",
            ("api-key", KEY), "our-deployment",
        ),
    ],
)  # fmt: skip
def test_each_service_is_spoken_to_on_its_own_route(
    route: str, path: str, header: tuple[str, str], model: str
) -> None:
    with writing(completion(answer()), route=route) as (writer, stub, _):
        [draft] = writer.write(request(arms=("A",)))

    [seen] = stub.seen
    assert seen.path == path
    assert seen.headers[header[0]] == header[1]
    assert seen.body["model"] == model
    assert seen.body["response_format"]["json_schema"]["strict"] is True
    assert set(seen.body) == {"model", "messages", "response_format", "max_completion_tokens"}
    assert draft.origin == route.split(maxsplit=1)[0]


def test_an_answer_becomes_a_draft_with_a_claim_for_each_citation() -> None:
    with writing(completion(answer())) as (writer, _, _):
        [draft] = writer.write(request(arms=("A",)))

    fields = dict(draft.message.fields())
    known = {s.statement_id: s for p in content() for s in p.statements}
    assert [c.statement_id for c in draft.claims] == [
        "mugs@1#s1", "mugs@1#s1", "mugs@1#s2", "shipping@1#s1", "shipping@1#s2",
    ]  # fmt: skip
    for claim in draft.claims:
        assert fields[claim.field][claim.span_start : claim.span_end] == claim.text
        assert claim.source_text == known[claim.statement_id or ""].text
        assert claim.decision is Decision.REVIEW
    assert draft.message.body.endswith("Warm wishes,\nFern & Fig")
    assert draft.message.footer == FOOTER


def test_what_a_call_cost_is_kept_and_the_key_is_not() -> None:
    with writing(completion(answer())) as (writer, stub, _):
        [draft] = writer.write(request(arms=("A",)))

    facts = dict(draft.provenance)
    assert facts["model"] == "test-model-2026"
    assert (facts["prompt_tokens"], facts["completion_tokens"]) == ("1200", "180")
    assert facts["request_id"] == "req-7"
    assert len(facts["prompt_sha256"]) == 64
    assert float(facts["seconds"]) >= 0
    assert KEY not in repr(draft)
    assert KEY not in json.dumps(stub.seen[0].body)


def test_each_arm_is_asked_for_its_own_plan_and_tone() -> None:
    answers = [completion(answer(f"Tea for chapter number {n}")) for n in ("one", "two")]
    with writing(*answers) as (writer, stub, _):
        drafts = writer.write(request(arms=("A", "B")))

    told = [material(s.body["messages"][3]) for s in stub.seen]
    assert told[0]["tone"] == "friendly" != told[1]["tone"]
    assert told[0]["plan"] != told[1]["plan"]
    assert [d.arm for d in drafts] == ["A", "B"]


def test_the_prompt_holds_aggregates_from_the_allow_list_only() -> None:
    profile = (("median_orders", 7.0), ("emails", "ann@example.com"))
    segment = request().segment
    told = type(segment)(segment.name, segment.rule, segment.description, 400, profile)
    with writing(completion(answer())) as (writer, stub, _):
        writer.write(request(arms=("A",), segment=told))

    text = json.dumps(stub.seen[0].body["messages"])
    assert "median_orders" in text
    assert "ann@example.com" not in text


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        pytest.param(error(500), "could not be reached in 3 tries", id="500 for ever"),
        pytest.param(completion("", finish="content_filter"), "filter", id="filtered"),
        pytest.param(completion(None, refusal="I cannot"), "declined", id="refusal"),
    ],
)
def test_a_lasting_fault_hands_the_variant_to_the_composer_which_says_so(
    fault: Scripted, reason: str
) -> None:
    with writing(fault) as (writer, _, _):
        [draft] = writer.write(request(arms=("A",)))

    assert draft.origin == "composer"
    assert dict(draft.provenance)["first_origin"] == "openai"
    assert reason in dict(draft.provenance)["first_fault"]


UNUSABLE = [
    pytest.param('{"subject": {"text": "T', "no JSON", id="truncated JSON"),
    pytest.param(answer().replace('"S4"', '"S99"'), "'S99'", id="unknown citation"),
    pytest.param(answer().replace('"S4"', '"S30"'), "'S30'", id="citation that was not offered"),
    pytest.param(answer(call_to_action=None), "call_to_action", id="field missing"),
    pytest.param(answer("Tea"), "subject has 3", id="subject too short"),
    pytest.param(answer().replace("first_name", "surname"), "surname", id="unknown field"),
    pytest.param(answer().replace('"S5"', '"S1"'), "without shipping@1#s2", id="no condition"),
]


@pytest.mark.parametrize(("content_", "fault"), UNUSABLE)
def test_an_unusable_draft_is_asked_for_once_more_with_its_faults(
    content_: str, fault: str
) -> None:
    with writing(completion(content_), completion(answer())) as (writer, stub, _):
        [draft] = writer.write(request(arms=("A",)))

    assert draft.origin == "openai"
    assert fault in stub.seen[1].body["messages"][-1]["content"]
    assert stub.seen[1].body["messages"][-2] == {"role": "assistant", "content": content_}
    assert dict(draft.provenance)["rounds"] == "2"
    assert dict(draft.provenance)["prompt_tokens"] == "2400"


def test_a_draft_that_stays_unusable_is_composed_after_two_rounds() -> None:
    with writing(completion("{}")) as (writer, stub, _):
        [draft] = writer.write(request(arms=("A",)))

    assert len(stub.seen) == 2
    assert draft.origin == "composer"


def test_feedback_reaches_the_model_and_leaves_one_round() -> None:
    with writing(completion("{}")) as (writer, stub, _):
        writer.write(request(arms=("A",), feedback=("body: “50% off” – not in the source",)))

    [seen] = stub.seen
    assert "50% off" in seen.body["messages"][-1]["content"]


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (error(401), "key was not accepted"),
        (error(403), "may not use it"),
        (error(404), "no model or deployment"),
        (error(429, "insufficient_quota"), "quota"),
    ],
)
def test_a_refusal_for_good_closes_the_writer(route: str, fault: Scripted, reason: str) -> None:
    with writing(fault, route=route) as (writer, stub, _):
        for _ in range(2):
            with pytest.raises(ProviderError, match=reason) as refused:
                writer.write(request(arms=("A",)))

    assert len(stub.seen) == 1
    assert KEY not in str(refused.value)


def test_a_proxy_of_the_environment_is_not_asked_for_this_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)

    with writing(completion(answer())) as (writer, stub, _):
        [draft] = writer.write(request(arms=("A",)))

    assert (draft.origin, len(stub.seen)) == ("openai", 1)


def test_a_draft_like_another_arm_is_asked_for_once_more() -> None:
    same, other = completion(answer()), completion(UNLIKE)
    with writing(same, same, other) as (writer, stub, _):
        drafts = writer.write(request(arms=("A", "B")))

    assert [d.origin for d in drafts] == ["openai", "openai"]
    assert drafts[1].message.subject == "Linen for the kitchen rail"
    told = stub.seen[2].body["messages"]
    assert "too like another variant" in told[-1]["content"]
    assert drafts[0].message.subject in told[3]["content"]
    facts = dict(drafts[1].provenance)
    assert (facts["rounds"], facts["prompt_tokens"]) == ("2", "2400")
    assert "too like" in facts["first_fault"]


def test_a_draft_that_stays_like_another_arm_is_replaced() -> None:
    with writing(completion(answer())) as (writer, stub, _):
        drafts = writer.write(request(arms=("A", "B")))

    assert len(stub.seen) == 3
    assert dict(drafts[1].provenance)["prompt_tokens"] == "2400"
    assert [d.origin for d in drafts] == ["openai", "composer"]
    assert "too like" in dict(drafts[1].provenance)["first_fault"]


def test_what_nobody_can_write_is_said_and_the_rest_is_kept() -> None:
    lonely = (passage("mugs", "benefit", "Tea stays warm in stoneware.", rank=1),)
    with writing(error(500)) as (writer, _, _), pytest.raises(ShortfallError) as short:
        writer.write(request(arms=("A",), passages=lonely))

    assert "bears 0 distinct messages" in str(short.value)


def test_a_missing_key_is_named_before_anything_is_sent() -> None:
    with pytest.raises(InputError, match="OPENAI_API_KEY is not set"):
        OpenAIWriter.of("openai", Generation(model="m"), {})
