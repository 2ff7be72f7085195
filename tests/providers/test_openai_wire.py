"""Every way in which a call can end, with both clients and on both of Azure's routes."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from personalization.errors import InputError
from personalization.providers import openai_loop
from personalization.providers.metering import (
    Allowance,
    Call,
    ClosedError,
    Limits,
    Reply,
    Spent,
    StoppedError,
    Usage,
)
from personalization.providers.openai_client import Address, address_of, client_of
from personalization.providers.openai_schema import response_format
from personalization.providers.openai_wire import (
    Asked,
    Line,
    ask,
    body_of,
    call_of,
    line_of,
)
from personalization.settings import Generation, HostedModel
from tests.providers.hosted import KEY, ROUTES, environ
from tests.providers.openai_stub import USAGE, Scripted, Stub, completion, error

TOLD = [{"role": "user", "content": "Write."}]
ASKED = Asked("c1", "Loyal", "A", TOLD, response_format(), 7)
NO_LIMIT = Limits(Spent(0.0, 10**12), Spent(0.0, 10**12))
PATHS = {
    "openai": "/v1/chat/completions",
    "azure v1": "/openai/v1/chat/completions",
    "azure classic": "/openai/deployments/our-deployment/chat/completions?api-version=2024-10-21",
}


@dataclass(slots=True)
class Books(Allowance):
    """Keeps every reply that was settled."""

    limits: Limits = NO_LIMIT
    settled: list[Reply] = field(default_factory=list)

    def settle(self, call_id: str, call: Call, reply: Reply) -> None:
        self.settled.append(reply)
        Allowance.settle(self, call_id, call, reply)


@dataclass(slots=True)
class Asking:
    """One question that was asked: how it ended, how often, and what was waited for."""

    reply: Reply | None
    attempts: int
    closed: str
    books: Books
    slept: list[float]
    stub: Stub


@pytest.fixture(params=ROUTES)
def route(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def line_to(url: str, route: str, books: Books, slept: list[float], **settings: Any) -> Line:  # noqa: ANN401
    told: dict[str, Any] = {"model": "a-model", "retries": 2, "timeout": 30.0}
    kept = Generation(**told | settings)
    address = address_of(route.split(maxsplit=1)[0], kept.hosted, environ(route, url))

    async def pause(seconds: float) -> None:
        slept.append(seconds)
        await asyncio.sleep(0)

    return line_of(address, client_of(address, kept.timeout), kept, books, pause)


def ask_once(route: str, *answers: Scripted, **settings: Any) -> Asking:  # noqa: ANN401
    """Ask a local server that answers so, and tell how it went."""
    stub, books, slept = Stub(*answers), Books(), list[float]()
    line = line_to(stub.url, route, books, slept, **settings)
    try:
        reply, attempts = openai_loop.run(ask(line, ASKED))
        return Asking(reply, attempts, "", books, slept, stub)
    except ClosedError as error_:
        return Asking(None, len(stub.seen), str(error_), books, slept, stub)
    finally:
        openai_loop.run(line.client.close())
        stub.close()


def test_each_service_has_its_own_path_and_its_own_header(route: str) -> None:
    found = ask_once(route, completion("fine"))

    [seen] = found.stub.seen
    header = ("api-key", KEY) if route == "azure classic" else ("authorization", f"Bearer {KEY}")
    assert seen.path == PATHS[route]
    assert seen.headers[header[0]] == header[1]
    assert seen.body["model"] == ("our-deployment" if route == "azure classic" else "a-model")
    assert seen.body["response_format"] == response_format()
    assert set(seen.body) == {"model", "messages", "response_format", "max_completion_tokens"}
    assert seen.headers["accept-encoding"] == "identity"
    assert KEY not in json.dumps(seen.body)


def http_date(seconds: int) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds))


PASSING = [
    pytest.param(error(429, headers={"retry-after": "1"}), 1.0, id="429 Retry-After"),
    pytest.param(error(429, headers={"retry-after-ms": "250"}), 0.25, id="429 in ms"),
    pytest.param(error(429, headers={"retry-after": "100"}), 100.0, id="429 a long wait"),
    pytest.param(error(429, headers={"retry-after": "soon"}), 0.5, id="429 a wait in words"),
    pytest.param(error(429, headers={"retry-after": "nan"}), 0.5, id="429 no number"),
    pytest.param(error(429), 0.5, id="429 without a header"),
    pytest.param(error(408), 0.5, id="408"),
    pytest.param(error(500), 0.5, id="500"),
    pytest.param(error(503, headers={"retry-after": "3"}), 3.0, id="503 Retry-After"),
]


@pytest.mark.parametrize(("fault", "wait"), PASSING)
def test_a_passing_fault_is_waited_for_and_tried_again(
    route: str, fault: Scripted, wait: float
) -> None:
    found = ask_once(route, fault, completion("fine"))

    assert found.reply is not None
    assert (found.reply.content, found.attempts) == ("fine", 2)
    assert found.slept == pytest.approx([wait], abs=0.1)
    assert [r.status for r in found.books.settled] == ["unreachable", "ok"]
    assert found.books.settled[1].usage == Usage(1200, 1024, 180)


BROKEN_OFF = [
    pytest.param(completion("fine", cut=True), id="cut in the middle"),
    pytest.param(Scripted(drip=True), id="drips for ever"),
    pytest.param(Scripted(delay=0.5), id="silent"),
]


@pytest.mark.parametrize("fault", BROKEN_OFF)
def test_an_answer_that_breaks_off_is_asked_for_again_and_may_stand_on_the_bill(
    route: str, fault: Scripted
) -> None:
    found = ask_once(route, fault, completion("fine"), timeout=0.2, retries=9)

    assert found.reply is not None
    assert found.reply.content == "fine"
    first, *_, last = found.books.settled
    assert (first.status, first.is_billed) == ("unreachable", True)
    assert (last.status, last.usage) == ("ok", Usage(1200, 1024, 180))


def test_what_never_got_through_is_on_no_bill() -> None:
    books = Books()
    line = line_to("http://127.0.0.1:9", "openai", books, [])

    reply, attempts = openai_loop.run(ask(line, ASKED))

    assert (reply.status, attempts) == ("unreachable", 3)
    assert books.spent == Spent(0.0, 0)


def test_a_date_in_retry_after_is_waited_for(route: str) -> None:
    found = ask_once(route, error(429, headers={"retry-after": http_date(9)}), completion("fine"))

    assert 5 < found.slept[0] <= 9


PAID = Usage(1200, 1024, 180)
LASTING = [
    pytest.param(error(500), 3, "unreachable", "in 3 tries: HTTP 500", None, id="500 for ever"),
    pytest.param(
        error(429, headers={"x-should-retry": "false"}), 1, "unreachable", "in 1 try: HTTP 429",
        None, id="429 not to be tried again",
    ),
    pytest.param(
        error(429, headers={"retry-after": "900"}), 1, "unreachable", "wait for 900 seconds", None,
        id="429 a wait beyond the deadline",
    ),
    pytest.param(
        Scripted(200, "<html>Log in</html>", {"content-type": "text/html"}), 1, "unreadable",
        "no JSON", None, id="a login page",
    ),
    pytest.param(Scripted(200, '{"choices": [{"me'), 1, "unreadable", "no JSON", None, id="broken"),
    pytest.param(Scripted(200, "[" * 100_000), 1, "unreadable", "no JSON", None, id="nested deep"),
    pytest.param(Scripted(200, "1" * 9_000), 1, "unreadable", "no JSON", None, id="a huge number"),
    pytest.param(
        Scripted(307, headers={"location": "http://127.0.0.1:9/"}), 1, "unreadable", "HTTP 307",
        None, id="a redirect",
    ),
    pytest.param(
        completion('{"subj', finish="length"), 1, "truncated", "cut off", PAID, id="length"
    ),
    pytest.param(
        completion("x", finish="content_filter"), 1, "filtered", "stopped the answer", PAID,
        id="answer filtered",
    ),
    pytest.param(
        error(400, "content_filter"), 1, "filtered", "stopped the request", None,
        id="prompt filtered",
    ),
    pytest.param(completion(None, refusal="No."), 1, "refused", "declined", PAID, id="refusal"),
    pytest.param(Scripted(200, '{"choices": []}'), 1, "empty", "no text", None, id="no choices"),
    pytest.param(completion(None), 1, "empty", "no text", PAID, id="no content"),
    pytest.param(error(400, "invalid_request"), 1, "unreadable", "HTTP 400", None, id="400"),
    pytest.param(
        Scripted(200, "x" * 100_000, times=30), 1, "unreadable", "more than 2,000,000 bytes", None,
        id="a huge answer",
    ),
    pytest.param(
        completion("x" * 50_000), 1, "unreadable", "more than 40,000 characters", PAID,
        id="a huge content",
    ),
    pytest.param(
        Scripted(200, "x", {"content-encoding": "gzip"}), 1, "unreadable", "packed", None,
        id="packed",
    ),
    pytest.param(
        completion(f"The key is {KEY}."), 1, "unreadable", "repeats the key", PAID, id="the key"
    ),
]  # fmt: skip


@pytest.mark.parametrize(("fault", "attempts", "status", "reason", "usage"), LASTING)
def test_a_lasting_fault_is_named_and_what_it_used_is_kept(  # noqa: PLR0917
    route: str, fault: Scripted, attempts: int, status: str, reason: str, usage: Usage | None
) -> None:
    found = ask_once(route, fault)

    assert found.reply is not None
    assert (found.reply.status, found.reply.content) == (status, "")
    assert reason in found.reply.reason
    assert found.attempts == len(found.stub.seen) == len(found.books.settled) == attempts
    assert found.books.settled[-1].usage == usage
    assert KEY not in repr(found.books.settled)
    assert not found.books.open


CLOSING = [
    pytest.param(error(401), "the key was not accepted", id="401"),
    pytest.param(error(403), "may not use it", id="403"),
    pytest.param(error(404), "no model or deployment", id="404"),
    pytest.param(error(429, "insufficient_quota"), "quota", id="quota"),
]


@pytest.mark.parametrize(("fault", "reason"), CLOSING)
def test_a_refusal_for_good_closes_the_line_after_one_call(
    route: str, fault: Scripted, reason: str
) -> None:
    found = ask_once(route, fault)

    assert reason in found.closed
    assert len(found.stub.seen) == 1
    assert [r.status for r in found.books.settled] == ["closed"]
    assert KEY not in found.closed + repr(found.books.settled)


STRANGE_USAGE = [
    pytest.param({"prompt_tokens": -5, "completion_tokens": 1}, id="negative"),
    pytest.param({"prompt_tokens": "12", "completion_tokens": 1}, id="a text"),
    pytest.param({"prompt_tokens": True, "completion_tokens": 1}, id="a truth"),
    pytest.param({"prompt_tokens": 10**12, "completion_tokens": 1}, id="beyond belief"),
    pytest.param({"prompt_tokens": 0, "completion_tokens": 0}, id="nothing at all"),
    pytest.param([], id="a list"),
    pytest.param(None, id="none"),
]


@pytest.mark.parametrize("usage", STRANGE_USAGE)
def test_tokens_that_cannot_be_are_not_known_and_count_at_their_worst(usage: object) -> None:
    found = ask_once("openai", completion("fine", usage=usage))

    assert found.reply is not None
    assert found.reply.usage is None
    assert found.books.spent.tokens > 4_000


def test_cached_tokens_are_never_more_than_the_prompt_s() -> None:
    told = USAGE | {"prompt_tokens_details": {"cached_tokens": 99_999}}

    found = ask_once("openai", completion("fine", usage=told))

    assert found.reply is not None
    assert found.reply.usage == Usage(1200, 1200, 180)


def test_names_that_are_none_are_not_kept() -> None:
    found = ask_once("openai", Scripted(
        200, json.dumps({"model": "<b>x</b>", "system_fingerprint": 5, "choices": []}),
        {"x-request-id": f"req-{KEY}"},
    ))  # fmt: skip

    assert found.reply is not None
    assert found.reply.facts == ()


def test_half_a_sign_is_no_text_that_breaks_the_store() -> None:
    lone = Scripted(200, completion("Tea").body.replace("Tea", "Tea \\ud83d"))

    found = ask_once("openai", lone)

    assert found.reply is not None
    assert found.reply.content == "Tea ?"


def test_a_limit_that_was_just_used_up_is_waited_out_before_the_next_call() -> None:
    headers = {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1m30.5s"}
    first = completion("one")
    first.headers |= headers
    stub, books, slept = Stub(first, completion("two")), Books(), list[float]()
    line = line_to(stub.url, "openai", books, slept)
    for _ in range(2):
        openai_loop.run(ask(line, ASKED))
    openai_loop.run(line.client.close())
    stub.close()

    assert slept == pytest.approx([90.5], abs=0.1)


def test_nothing_is_asked_once_the_time_of_the_run_is_up() -> None:
    found = ask_once("openai", completion("fine"), deadline=1e-9)

    assert found.stub.seen == []
    assert "[generation] deadline" in found.closed


def test_an_answer_that_is_no_json_counts_at_its_worst() -> None:
    cut_off = completion("fine").body[:60]

    found = ask_once("openai", Scripted(200, cut_off))

    assert found.books.settled[0].is_billed
    assert found.books.spent.tokens == call_of(ASKED, *to_openai(found.stub.url)).most_tokens


def to_openai(url: str) -> tuple[Address, HostedModel]:
    model = HostedModel("a-model")
    return address_of("openai", model, environ("openai", url)), model


def test_calls_on_many_lines_wait_for_each_other_s_worst_case_and_all_are_made() -> None:
    stub = Stub(completion("fine"))
    most = call_of(ASKED, *to_openai(stub.url)).most_tokens
    room = Spent(0.0, most + 7 * 1380)  # for one call at its worst, and eight as they come
    books = Books(limits=Limits(room, room))
    lines = [line_to(stub.url, "openai", books, []) for _ in range(8)]

    async def together() -> list[tuple[Reply, int]]:
        return await asyncio.gather(*(ask(line, ASKED) for line in lines))

    replies = openai_loop.run(together())
    for line in lines:
        openai_loop.run(line.client.close())
    stub.close()

    assert [reply.content for reply, _ in replies] == ["fine"] * 8
    assert books.spent == Spent(0.0, 8 * 1380)
    with pytest.raises(ClosedError, match="are used or set aside"):
        openai_loop.run(ask(lines[0], ASKED))


def test_waiting_for_room_ends_with_the_time_of_the_run() -> None:
    books = Books(limits=Limits(Spent(0.0, 20_000), Spent(0.0, 20_000)))
    line = line_to("http://127.0.0.1:9", "openai", books, [], deadline=0.05)
    call = call_of(ASKED, line.address, line.model)
    while len(books.open) * call.most_tokens + call.most_tokens <= 20_000:
        books.reserve(call)  # and never settled

    with pytest.raises(ClosedError, match="time for this run is up"):
        openai_loop.run(ask(line, ASKED))


def test_who_waits_can_stop_at_once() -> None:
    stub, books = Stub(error(429, headers={"retry-after": "300"})), Books()
    line = line_to(stub.url, "openai", books, [])
    line.pause = asyncio.sleep

    with pytest.raises(StoppedError):
        openai_loop.run(ask(line, ASKED), stub.begun.is_set)

    stub.close()
    assert not books.open


MODELS: list[Any] = [
    pytest.param({}, {"response_format", "max_completion_tokens"}, id="as it ships"),
    pytest.param({"answer_form": "text"}, {"max_completion_tokens"}, id="no form"),
    pytest.param({"answer_form": "text", "tokens_name": ""}, set(), id="nothing at all"),
    pytest.param(
        {"tokens_name": "max_tokens", "takes_temperature": True, "takes_seed": True},
        {"response_format", "max_tokens", "temperature", "seed"}, id="an older model",
    ),
    pytest.param(
        {"reasoning_effort": "low", "takes_cache_key": True},
        {"response_format", "max_completion_tokens", "reasoning_effort", "prompt_cache_key"},
        id="a model that reasons",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("flags", "keys"), MODELS)
def test_a_model_is_sent_what_its_settings_say_that_it_takes(
    flags: dict[str, Any], keys: set[str]
) -> None:
    assert set(body_of(ASKED, HostedModel("m", **flags))) == keys


def test_a_model_held_to_json_only_is_told_so() -> None:
    body = body_of(ASKED, HostedModel("m", answer_form="json_object"))

    assert body["response_format"] == {"type": "json_object"}


@pytest.mark.parametrize("route", ROUTES[1:])
def test_a_token_of_entra_goes_where_a_key_would(
    route: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", KEY)  # the client library looks there, too
    stub = Stub(completion("fine"))
    held = environ(route, stub.url) | {"AZURE_OPENAI_AD_TOKEN": "ey-token"}
    settings = Generation(model="a-model")
    address = address_of("azure", settings.hosted, held)
    line = line_of(address, client_of(address, 5.0), settings, Books())

    reply, _ = openai_loop.run(ask(line, ASKED))
    openai_loop.run(line.client.close())
    stub.close()

    [seen] = stub.seen
    assert reply.is_ok
    assert (seen.path, seen.headers["authorization"]) == (PATHS[route], "Bearer ey-token")
    assert "api-key" not in seen.headers
    assert KEY not in json.dumps(seen.headers)
    assert "ey-token" not in repr(address)


def test_any_server_that_speaks_the_protocol_is_named_in_the_settings() -> None:
    model = HostedModel("qwen", base_url="http://127.0.0.1:8000/v1/", deployment="qwen-2")

    address = address_of("openai", model, {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": "https://x"})

    assert (address.base, address.model) == ("http://127.0.0.1:8000/v1", "qwen-2")


@pytest.mark.parametrize("base", ["http://models.example/v1", "ftp://x/v1", "models.example"])
def test_a_key_goes_over_no_open_line(base: str) -> None:
    with pytest.raises(InputError, match="is not https"):
        address_of("openai", HostedModel("m", base_url=base), {"OPENAI_API_KEY": KEY})


def test_a_proxy_of_the_environment_is_not_asked_for_this_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)

    found = ask_once("openai", completion("fine"))

    assert found.reply is not None
    assert found.reply.content == "fine"
