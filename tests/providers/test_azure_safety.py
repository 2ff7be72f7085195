"""Azure AI Content Safety over its real wire, spoken by a server on this machine."""

from __future__ import annotations

import json
import logging
import socket
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from personalization.domain import Decision
from personalization.errors import InputError, ProviderError
from personalization.providers.azure_options import AS_IT_SHIPS, AzureOptions
from personalization.providers.azure_safety import AzureSafety, azure_classifier
from personalization.providers.azure_wire import Patience
from personalization.providers.chunks import CHUNK, chunk_spans
from personalization.safety import screen
from tests.providers.safety_stub import PATH, Reply, Service, content_safety, failure, levels
from tests.safety.scripted import CONTEXT, MESSAGE, POLICY

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY = "a-secret-key"


def engine(
    url: str, waits: list[float] | None = None, options: AzureOptions = AS_IT_SHIPS
) -> AzureSafety:
    """Return the classifier for the server; it notes its waits instead of waiting."""
    environ = {"AZURE_CONTENT_SAFETY_ENDPOINT": url, "AZURE_CONTENT_SAFETY_KEY": KEY}
    made = azure_classifier(environ, options, connection_timeout=2.0, read_timeout=0.3)
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
        engine(service.url).analyze("Winter is here.")

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


def decision_with(service: Service) -> tuple[Decision, int]:
    outcome = screen(MESSAGE, CONTEXT, engine(service.url), POLICY)
    return outcome.decision, outcome.n_strings


def test_one_call_for_each_string_and_their_ids_on_record() -> None:
    with content_safety(levels()) as service:
        outcome = screen(MESSAGE, CONTEXT, engine(service.url), POLICY)

    assert outcome.decision is Decision.PASS
    assert outcome.n_strings == len(service.requests) == len(outcome.request_ids) == 6
    assert outcome.engine == "azure"


@pytest.mark.parametrize(
    ("reply", "decision"),
    [
        pytest.param("{}", Decision.ERROR, id="half an answer"),
        pytest.param(failure(401, "Unauthorized"), Decision.ERROR, id="a wrong key"),
        pytest.param(failure(500, "InternalError"), Decision.ERROR, id="out of order"),
        pytest.param(levels(Sexual=6), Decision.BLOCK, id="high"),
        pytest.param(levels(Sexual=4), Decision.REVIEW, id="medium"),
        pytest.param(levels(Sexual=2), Decision.WARN, id="low"),
    ],
)
def test_what_the_screening_makes_of_the_answer(reply: Reply | str, decision: Decision) -> None:
    with content_safety(reply) as service:
        assert decision_with(service) == (decision, 6)


def test_a_service_that_fails_at_the_last_string_fails_the_message() -> None:
    with content_safety(*[levels()] * 5, "{}") as service:
        assert decision_with(service)[0] is Decision.ERROR

    assert len(service.requests) == 6
