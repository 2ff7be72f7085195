"""Azure AI Content Safety over its real wire, spoken by a server on this machine."""

from __future__ import annotations

import json
import logging
import socket
import traceback
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from personalization.errors import InputError, ProviderError
from personalization.providers.azure_options import AS_IT_SHIPS, AzureOptions
from personalization.providers.azure_safety import (
    AzureSafety,
    azure_classifier,
    missing_blocklists,
)
from personalization.providers.azure_wire import AzureError, Patience
from personalization.providers.chunks import CHUNK, chunk_spans
from tests.providers.safety_stub import PATH, Reply, content_safety, failure, levels, listed

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY = "a-secret-key"


def engine(
    url: str,
    waits: list[float] | None = None,
    options: AzureOptions = AS_IT_SHIPS,
    read_timeout: float = 10.0,
) -> AzureSafety:
    """Return the classifier for the server; it notes its waits instead of waiting."""
    environ = {"AZURE_CONTENT_SAFETY_ENDPOINT": url, "AZURE_CONTENT_SAFETY_KEY": KEY}
    made = azure_classifier(environ, options, connection_timeout=10.0, read_timeout=read_timeout)
    noted = waits if waits is not None else []
    return replace(made, patience=Patience(sleep=noted.append))


def entries(*found: tuple[str, Any]) -> str:
    listed = [{"category": category, "severity": severity} for category, severity in found]
    return json.dumps({"categoriesAnalysis": listed})


def test_the_request_is_what_the_service_expects() -> None:
    with content_safety(levels()) as service:
        engine(service.url).analyze("Winter is here.")

    [(path, headers, body)] = service.requests
    assert path == f"{PATH}?api-version=2023-10-01"
    assert headers["Ocp-Apim-Subscription-Key"] == KEY
    assert headers["x-ms-client-request-id"]
    assert body == {
        "text": "Winter is here.",
        "categories": ["Hate", "SelfHarm", "Sexual", "Violence"],
        "outputType": "FourSeverityLevels",
    }


def test_categories_are_read_by_name_and_not_by_place() -> None:
    shuffled = entries(("Violence", 6), ("Sexual", 4), ("Hate", 2), ("SelfHarm", 0))

    with content_safety(shuffled) as service:
        analysis = engine(service.url).analyze("Winter is here.")

    assert dict(analysis.severities) == {"hate": 2, "self_harm": 0, "sexual": 4, "violence": 6}


def test_the_service_s_own_request_id_is_kept() -> None:
    with content_safety(levels()) as service:
        assert engine(service.url).analyze("Winter is here.").request_id == "azure-1"


def test_a_slash_and_a_path_in_the_endpoint_are_fine() -> None:
    with content_safety(levels()) as service:
        engine(f"{service.url}/prefix/").analyze("Winter is here.")

    assert service.requests[0][0].startswith(f"/prefix{PATH}")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("{}", id="an empty object"),
        pytest.param('{"categoriesAnalysis": []}', id="no categories"),
        pytest.param('{"categoriesAnalysis": null}', id="null for the categories"),
        pytest.param(entries(("Hate", 0), ("SelfHarm", 0), ("Sexual", 0)), id="three of four"),
        pytest.param(
            entries(("Hate", 0), ("SelfHarm", 0), ("Sexual", 0), ("Sexual", 0)), id="one twice"
        ),
        pytest.param(
            entries(("Hate", 0), ("SelfHarm", 0), ("Sexual", 0), ("Violence", 0), ("Hate", 0)),
            id="five",
        ),
        pytest.param(
            entries(("Hate", 0), ("SelfHarm", 0), ("Sexual", 0), ("Spam", 0)), id="an unknown one"
        ),
        pytest.param(levels(Hate=None), id="null for a severity"),
        pytest.param(levels(Hate="6"), id="text for a severity"),
        pytest.param(levels(Hate=True), id="a truth for a severity"),
        pytest.param(levels(Hate=2.0), id="a fraction for a severity"),
        pytest.param(levels(Hate=3), id="a severity that was not asked for"),
        pytest.param(levels(Hate=8), id="a severity beyond the scale"),
        pytest.param(levels(Hate=-2), id="a severity below the scale"),
        pytest.param('{"categoriesAnalysis": {"Hate": 0}}', id="an object for the list"),
        pytest.param("[]", id="a list for the object"),
        pytest.param("null", id="null"),
        pytest.param("", id="nothing"),
        pytest.param("<html>Sign in</html>", id="a sign-in page"),
        pytest.param('{"categoriesAnalysis": [', id="half an answer"),
        pytest.param('{"error": {"code": "InternalError", "message": "No."}}', id="error as 200"),
    ],
)
def test_a_success_without_four_levels_is_an_error(body: str) -> None:
    with content_safety(body) as service, pytest.raises(ProviderError):
        engine(service.url).analyze("Winter is here.")

    assert len(service.requests) == 1


def test_a_page_that_says_it_is_html_is_an_error() -> None:
    page = Reply(body="<html></html>", content_type="text/html")

    with content_safety(page) as service, pytest.raises(ProviderError):
        engine(service.url).analyze("Winter is here.")


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        pytest.param(failure(400, "InvalidRequestBody"), "InvalidRequestBody", id="400"),
        pytest.param(failure(401, "Unauthorized"), "HTTP 401", id="401 a wrong key"),
        pytest.param(failure(403, "Forbidden"), "HTTP 403", id="403"),
        pytest.param(failure(404, "ResourceNotFound"), "HTTP 404", id="404"),
        pytest.param(Reply(302, "", (("Location", "http://127.0.0.1:9/"),)), "HTTP 302", id="302"),
    ],
)
def test_what_would_end_alike_is_not_tried_again(reply: Reply, code: str) -> None:
    with content_safety(reply) as service, pytest.raises(ProviderError, match=code):
        engine(service.url).analyze("Winter is here.")

    assert len(service.requests) == 1


@pytest.mark.parametrize(
    ("reply", "waits"),
    [
        pytest.param(failure(429, "TooManyRequests", Retry_After="1"), [1.0, 1.0], id="429 wait"),
        pytest.param(failure(429, "TooManyRequests"), [0.5, 1.0], id="429 without a wait"),
        pytest.param(failure(500, "InternalError"), [0.5, 1.0], id="500"),
        pytest.param(Reply(502, "bad gateway"), [0.5, 1.0], id="502"),
        pytest.param(failure(503, "ServerBusy"), [0.5, 1.0], id="503"),
    ],
)
def test_what_may_pass_is_tried_three_times_and_then_an_error(
    reply: Reply, waits: list[float]
) -> None:
    waited: list[float] = []

    with content_safety(reply) as service, pytest.raises(ProviderError, match="after 3 attempts"):
        engine(service.url, waited).analyze("Winter is here.")

    assert len(service.requests) == 3
    assert waited == waits


def test_a_service_that_recovers_is_heard() -> None:
    with content_safety(failure(503, "ServerBusy"), levels(Hate=2)) as service:
        analysis = engine(service.url).analyze("Winter is here.")

    assert dict(analysis.severities)["hate"] == 2
    assert analysis.request_id == "azure-2"


def test_a_wait_of_minutes_is_not_waited_for() -> None:
    waited: list[float] = []
    reply = failure(429, "TooManyRequests", Retry_After="300")

    with content_safety(reply) as service, pytest.raises(ProviderError, match="after 1 attempt"):
        engine(service.url, waited).analyze("Winter is here.")

    assert waited == []


def test_a_silent_service_is_given_up_on() -> None:
    slow = Reply(body=levels(), delay=0.8)

    with content_safety(slow) as service, pytest.raises(ProviderError, match="Timeout"):
        engine(service.url, read_timeout=0.3).analyze("Winter is here.")

    assert len(service.requests) == 3


def test_nobody_at_the_other_end_is_an_error() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(ProviderError, match="after 3 attempts"):
            engine(url).analyze("Winter is here.")


def test_an_empty_text_is_not_sent() -> None:
    with content_safety(levels()) as service, pytest.raises(ProviderError, match="empty text"):
        engine(service.url).analyze("  \n")

    assert service.requests == []


def test_a_long_text_is_sent_whole_in_pieces_and_the_worst_counts() -> None:
    text = "This is a sentence about candles. " * 700

    with content_safety(levels(), levels(Violence=6), levels()) as service:
        analysis = engine(service.url).analyze(text)

    sent = [body["text"] for _, _, body in service.requests]
    assert sent == [text[start:end] for start, end in chunk_spans(text)]
    assert len(sent) == analysis.chunks == 3
    assert all(len(piece) <= CHUNK for piece in sent)
    assert dict(analysis.severities)["violence"] == 6
    assert analysis.request_id == "azure-1,azure-2,azure-3"


def test_one_piece_that_fails_fails_the_text() -> None:
    text = "This is a sentence about candles. " * 700

    with content_safety(levels(), "{}") as service, pytest.raises(ProviderError):
        engine(service.url).analyze(text)


def test_neither_key_nor_text_stands_in_an_error_or_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)

    refused = failure(401, "Unauthorized")
    with content_safety(refused) as service, pytest.raises(ProviderError) as caught:
        engine(service.url).analyze("A very private sentence.")

    said = caplog.text + str(caught.value)
    assert KEY not in said
    assert "very private" not in said


@pytest.mark.parametrize(
    ("environ", "complaint"),
    [
        pytest.param({}, "is no https address", id="nothing set"),
        pytest.param({"ENDPOINT": "shop.example"}, "is no https address", id="no scheme"),
        pytest.param({"ENDPOINT": "http://shop.example"}, "is no https", id="http abroad"),
        pytest.param({"ENDPOINT": "https://shop.example", "KEY": " "}, "KEY is empty", id="no key"),
    ],
)
def test_a_wrong_configuration_is_named(environ: Mapping[str, str], complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        azure_classifier({f"AZURE_CONTENT_SAFETY_{k}": v for k, v in environ.items()})


def test_a_key_that_no_header_can_hold_is_refused_and_not_repeated() -> None:
    key = "one line\nanother"
    environ = {"AZURE_CONTENT_SAFETY_ENDPOINT": "https://s.example"}

    with pytest.raises(InputError, match="holds signs that no key has") as caught:
        azure_classifier({**environ, "AZURE_CONTENT_SAFETY_KEY": key})

    assert "another" not in str(caught.value)


def test_what_is_asked_for_beside_the_categories_goes_along() -> None:
    options = AzureOptions("eight", ("brand-banned",), api_version="2024-09-01")

    with content_safety(levels(Hate=7)) as service:
        analysis = engine(service.url, options=options).analyze("Winter is here.")

    [(path, _, body)] = service.requests
    assert path == f"{PATH}?api-version=2024-09-01"
    assert body["outputType"] == "EightSeverityLevels"
    assert (body["blocklistNames"], body["haltOnBlocklistHit"]) == (["brand-banned"], True)
    assert dict(analysis.severities)["hate"] == 7


def test_a_blocklist_that_ends_the_analysis_leaves_the_text_unrated() -> None:
    options = AzureOptions(blocklists=("brand-banned",))

    with content_safety(listed("winter")) as service:
        analysis = engine(service.url, options=options).analyze("Winter is here.")

    assert analysis.severities == ()
    assert analysis.blocklist_hits == (("brand-banned", "winter"),)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_carries_the_key_and_the_text_elsewhere(status: int) -> None:
    with content_safety() as elsewhere:
        moved = Reply(status, "", (("Location", f"{elsewhere.url}{PATH}"),))
        with content_safety(moved) as service, pytest.raises(ProviderError, match=str(status)):
            engine(service.url).analyze("Winter is here.")

    assert elsewhere.requests == []


def test_a_proxy_of_the_environment_sees_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with content_safety() as proxy, content_safety() as service:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        engine(service.url).analyze("Winter is here.")

    assert proxy.requests == []
    assert len(service.requests) == 1


def test_a_proxy_that_was_named_for_it_is_used() -> None:
    with content_safety() as proxy:
        environ = {
            "AZURE_CONTENT_SAFETY_ENDPOINT": "http://localhost:9",
            "AZURE_CONTENT_SAFETY_KEY": KEY,
            "AZURE_CONTENT_SAFETY_PROXY": proxy.url,
        }
        azure_classifier(environ).analyze("Winter is here.")

    assert len(proxy.requests) == 1


TODAY = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "waits"),
    [
        pytest.param("7", [7.0, 7.0], id="seconds"),
        pytest.param("0", [0.5, 1.0], id="no seconds"),
        pytest.param("-3", [0.5, 1.0], id="less than none"),
        pytest.param("soon", [0.5, 1.0], id="a word"),
        pytest.param("nan", [0.5, 1.0], id="no number"),
        pytest.param("inf", [], id="for ever"),
        pytest.param("Fri, 20 Nov 2026 12:00:04 GMT", [4.0, 4.0], id="a date"),
        pytest.param("Fri, 20 Nov 2026 11:00:00 GMT", [0.5, 1.0], id="a date that is past"),
        pytest.param("Sat, 21 Nov 2026 12:00:00 GMT", [], id="tomorrow"),
    ],
)
def test_a_retry_after_is_kept_to_as_far_as_it_makes_sense(value: str, waits: list[float]) -> None:
    waited: list[float] = []
    reply = failure(429, "TooManyRequests", Retry_After=value)

    patience = Patience(sleep=waited.append, now=lambda: TODAY)

    with content_safety(reply) as service, pytest.raises(ProviderError):
        replace(engine(service.url), patience=patience).analyze("Winter is here.")

    assert waited == waits


def test_attempts_and_waits_of_all_pieces_share_one_deadline() -> None:
    moments = iter(range(0, 1000, 10))
    text = "This is a sentence about candles. " * 700
    patience = Patience(deadline=25.0, clock=lambda: float(next(moments)))

    with content_safety(levels()) as service, pytest.raises(ProviderError, match="Timeout"):
        replace(engine(service.url), patience=patience).analyze(text)

    assert len(service.requests) == 2


def test_a_failure_at_a_later_piece_keeps_the_ids_of_all() -> None:
    text = "This is a sentence about candles. " * 400

    with content_safety(levels(), "{}") as service, pytest.raises(AzureError) as caught:
        engine(service.url).analyze(text)

    assert caught.value.request_ids == ("azure-1", "azure-2")


def test_what_the_service_repeats_of_the_key_or_the_text_is_not_passed_on() -> None:
    echo = entries((KEY, 0), ("A very private sentence.", KEY))
    failed = failure(400, KEY)

    for reply in (echo, failed):
        with content_safety(reply) as service, pytest.raises(ProviderError) as caught:
            engine(service.url).analyze("A very private sentence.")
        shown = "".join(traceback.format_exception(caught.value))
        assert KEY not in shown
        assert "very private" not in str(caught.value)


@pytest.mark.parametrize("text", [None, 5, b"Winter"])
def test_what_is_no_text_is_not_sent(text: Any) -> None:  # noqa: ANN401
    with content_safety() as service, pytest.raises(ProviderError, match="empty text"):
        engine(service.url).analyze(text)

    assert service.requests == []


def test_twenty_thousand_characters_are_never_sent_at_once() -> None:
    with content_safety() as service:
        analysis = engine(service.url).analyze("x" * 20_000)

    assert max(map(len, service.texts)) <= 10_000
    assert sum(map(len, service.texts)) >= 20_000
    assert analysis.chunks == len(service.requests)


def test_lists_that_the_resource_lacks_are_told() -> None:
    options = AzureOptions(blocklists=("brand-banned", "competitors"))

    with content_safety() as service:
        service.blocklists = ("brand-banned",)
        environ = {"AZURE_CONTENT_SAFETY_ENDPOINT": service.url, "AZURE_CONTENT_SAFETY_KEY": KEY}

        assert missing_blocklists(environ, options) == ("competitors",)
