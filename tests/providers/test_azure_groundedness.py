"""Azure groundedness detection over its real wire, spoken by a server on this machine."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from personalization.errors import InputError, ProviderError
from personalization.providers import registry
from personalization.providers.azure_groundedness import (
    MOST_TEXT,
    AzureGroundedness,
    azure_groundedness,
)
from personalization.providers.azure_wire import Patience
from personalization.settings import Generation
from tests.providers.safety_stub import Reply, content_safety, failure

KEY = "a-secret-key"
CLAIM, SOURCES = "It weighs 980 g.", ["The throw weighs 980 g.", "It is woven in Leeds."]


def said(*, ungrounded: Any, **more: Any) -> str:  # noqa: ANN401
    return json.dumps({"ungroundedDetected": ungrounded, "ungroundedPercentage": 0, **more})


def checker(url: str) -> AzureGroundedness:
    environ = {"AZURE_CONTENT_SAFETY_ENDPOINT": url, "AZURE_CONTENT_SAFETY_KEY": KEY}
    made = azure_groundedness(environ, read_timeout=0.3)
    return replace(made, patience=Patience(sleep=lambda _: None))


def test_one_sentence_goes_along_with_its_sources() -> None:
    with content_safety(said(ungrounded=False)) as service:
        opinion = checker(service.url).check(CLAIM, SOURCES)

    [(path, headers, body)] = service.requests
    assert path.startswith("/contentsafety/text:detectGroundedness?api-version=20")
    assert headers["Ocp-Apim-Subscription-Key"] == KEY
    assert (body["text"], body["groundingSources"], body["reasoning"]) == (CLAIM, SOURCES, False)
    assert (body["domain"], body["task"]) == ("Generic", "Summarization")
    assert opinion.is_grounded
    assert opinion.request_id == "azure-1"


def test_a_doubt_says_whose_it_is() -> None:
    with content_safety(said(ungrounded=True, ungroundedDetails=[{"text": "980"}])) as service:
        opinion = checker(service.url).check(CLAIM, SOURCES)

    assert not opinion.is_grounded
    assert "Azure groundedness detection doubts it" in opinion.reason


def test_a_busy_service_is_asked_again() -> None:
    busy = failure(429, "TooManyRequests", **{"Retry-After": "1"})
    with content_safety(busy, Reply(body=said(ungrounded=False))) as service:
        assert checker(service.url).check(CLAIM, SOURCES).is_grounded

    assert len(service.requests) == 2


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(Reply(500, "{}"), id="broken"),
        pytest.param(failure(401, "Unauthorized"), id="wrong key"),
        pytest.param(failure(404, "NotFound"), id="not in this region"),
        pytest.param(Reply(302, "", (("Location", "https://elsewhere.example"),)), id="redirect"),
        pytest.param(Reply(body="<html>Sign in</html>", content_type="text/html"), id="login page"),
        pytest.param(Reply(body="{}"), id="says nothing"),
        pytest.param(Reply(body=said(ungrounded="false")), id="no truth value"),
        pytest.param(Reply(body=said(ungrounded=0)), id="a number"),
        pytest.param(Reply(body=said(ungrounded=False, ungroundedDetails=[{}])), id="contradicts"),
        pytest.param(Reply(body=said(ungrounded=False, error={"code": "x"})), id="an error inside"),
        pytest.param(Reply(body='[{"ungroundedDetected": false}]'), id="another form"),
        pytest.param(Reply(is_hung_up=True), id="hung up"),
    ],
)
def test_whatever_is_no_plain_answer_is_an_error_without_the_key(reply: Reply) -> None:
    with content_safety(reply) as service, pytest.raises(ProviderError) as raised:
        checker(service.url).check(CLAIM, SOURCES)

    assert KEY not in str(raised.value)
    assert CLAIM not in str(raised.value)


@pytest.mark.parametrize(
    ("claim", "sources"), [("", SOURCES), (CLAIM, []), (CLAIM, [" "]), ("x" * 751, SOURCES)]
)
def test_what_the_service_would_not_judge_whole_is_not_sent(claim: str, sources: list[str]) -> None:
    assert MOST_TEXT == 750
    with content_safety(said(ungrounded=False)) as service, pytest.raises(ProviderError):
        checker(service.url).check(claim, sources)

    assert service.requests == []


def test_the_registry_takes_it_where_it_is_asked_for_and_configured() -> None:
    settings = Generation(second_opinion="azure")
    environ = {
        "AZURE_CONTENT_SAFETY_ENDPOINT": "https://x.cognitiveservices.azure.com",
        "AZURE_CONTENT_SAFETY_KEY": KEY,
    }

    assert registry.second_opinion(Generation(), environ) is None
    assert isinstance(registry.second_opinion(settings, environ), AzureGroundedness)
    with pytest.raises(InputError, match="AZURE_CONTENT_SAFETY_KEY"):
        registry.second_opinion(settings, {})
    with pytest.raises(InputError, match="'maybe' is unknown"):
        registry.second_opinion(Generation(second_opinion="maybe"), environ)
