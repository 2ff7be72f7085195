"""The connection to Azure AI Content Safety: who is asked, how patiently, and what is said of it.

Neither the key nor a text ever stands in an error or in the log.  The environment's proxies are
not used unless AZURE_CONTENT_SAFETY_PROXY names one, and a redirect is never followed: it would
carry the key along.
"""

from __future__ import annotations

import math
import re
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import urlsplit
from uuid import uuid4

from personalization.errors import InputError, ProviderError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from azure.ai.contentsafety import BlocklistClient, ContentSafetyClient

    Client = TypeVar("Client", ContentSafetyClient, BlocklistClient)

Answer = TypeVar("Answer")

SERVICE: Final = "Azure AI Content Safety"
ENDPOINT: Final = "AZURE_CONTENT_SAFETY_ENDPOINT"
KEY: Final = "AZURE_CONTENT_SAFETY_KEY"
PROXY: Final = "AZURE_CONTENT_SAFETY_PROXY"
_TRANSIENT: Final = frozenset((408, 429, 500, 502, 503, 504))
_LOOPBACK: Final = frozenset(("127.0.0.1", "localhost", "::1"))
_ID: Final = re.compile(r"[\w.-]{1,64}", re.ASCII)
_CODE: Final = re.compile(r"[A-Za-z]{1,40}")
_HEADER: Final = re.compile(r"[\x21-\x7e]+")


class AzureError(ProviderError):
    """The service gave no answer that counts.

    Attributes:
        request_ids: Of the calls that were made for the text.
    """

    def __init__(self, message: str, request_ids: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.request_ids = request_ids


@dataclass(frozen=True, slots=True)
class Patience:
    """How long an answer is waited for.

    Attributes:
        attempts: Calls made for one piece of a text at most.
        longest_wait: Seconds between two attempts at most; a longer Retry-After gives up.
        deadline: Seconds for one text, with all its pieces, attempts and waits.
        sleep: Waits that many seconds.
        clock: Seconds that only go up.
        now: What a Retry-After that is a date is held against.
    """

    attempts: int = 3
    longest_wait: float = 10.0
    deadline: float = 60.0
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)
    clock: Callable[[], float] = field(default=time.monotonic, repr=False)
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC), repr=False)


AS_USUAL: Final = Patience()
"""Three attempts, a minute in all."""


def ask(call: Callable[[str], Answer], patience: Patience, until: float) -> Answer:
    """Return what ``call`` returns, trying again what may pass.

    Args:
        call: Makes one call under the request id that it is given; an AzureError is final.
        patience: How often and how long.
        until: The moment of ``patience.clock`` at which to give up.

    Raises:
        AzureError: There was no answer in time; its text names neither the text nor the key.
    """
    request_ids: list[str] = []
    for attempt in range(1, patience.attempts + 1):
        request_ids.append(str(uuid4()))
        try:
            return within(until - patience.clock(), lambda: call(request_ids[-1]))
        except AzureError:
            raise
        except Exception as error:  # noqa: BLE001
            wait = wait_before_next(error, attempt, patience.now())
            longest = min(patience.longest_wait, until - patience.clock())
            if attempt == patience.attempts or wait is None or wait > longest:
                raise AzureError(_gave_up(error, attempt), tuple(request_ids)) from None
        patience.sleep(wait)
    raise AzureError(f"{SERVICE} was not asked: attempts is below 1.")


def within(seconds: float, call: Callable[[], Answer]) -> Answer:
    """Return what ``call`` returns, or raise TimeoutError after so many seconds.

    A service that sends its answer drop by drop is never silent for long, and would be waited for
    as long as it likes.  So the call has a thread of its own, which is left to itself then.
    """
    if seconds <= 0:
        raise TimeoutError
    future: Future[Answer] = Future()

    def run() -> None:
        try:
            future.set_result(call())
        except BaseException as error:  # noqa: BLE001
            future.set_exception(error)

    threading.Thread(target=run, name="azure", daemon=True).start()
    return future.result(timeout=seconds)


def wait_before_next(error: Exception, attempt: int, now: datetime) -> float | None:
    """Return seconds to wait, or None where another attempt would end alike."""
    from azure.core.exceptions import (  # noqa: PLC0415
        HttpResponseError,
        ServiceRequestError,
        ServiceResponseError,
    )

    growing = 0.5 * 2 ** (attempt - 1)
    if isinstance(error, HttpResponseError) and error.response is not None:
        if error.status_code not in _TRANSIENT:
            return None
        headers = getattr(error.response, "headers", {})
        return max(_retry_after(headers.get("Retry-After"), now) or 0.0, 0.0) or growing
    return growing if isinstance(error, ServiceRequestError | ServiceResponseError) else None


def _retry_after(value: str | None, now: datetime) -> float | None:
    """Read a Retry-After: seconds, or a date (RFC 9110, 10.2.3)."""
    try:
        seconds = float(value or "")
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(value or "") - now).total_seconds()
        except (TypeError, ValueError):
            return None
    return None if math.isnan(seconds) else seconds


def _gave_up(error: Exception, attempt: int) -> str:
    """Say what went wrong without the text that was sent and without the key."""
    status = getattr(error, "status_code", None)
    code = str(getattr(getattr(error, "error", None), "code", None) or "")
    code = code if _CODE.fullmatch(code) else ""
    parts = [type(error).__name__, f"HTTP {status}" if status else "", code]
    return (
        f"{SERVICE} did not answer after {attempt} {'attempt' if attempt == 1 else 'attempts'}: "
        f"{', '.join(part for part in parts if part)}."
    )


def post(
    client: ContentSafetyClient, path: str, api_version: str, body: Mapping[str, Any], own_id: str
) -> tuple[str, str]:
    """Ask for what the SDK has no call for, through its own pipeline; return answer and id.

    Raises:
        azure.core.exceptions.HttpResponseError: The service did not answer with 200.
    """
    from azure.core.exceptions import HttpResponseError  # noqa: PLC0415
    from azure.core.rest import HttpRequest  # noqa: PLC0415

    request = HttpRequest(
        "POST",
        path,
        params={"api-version": api_version},
        headers={"x-ms-client-request-id": own_id, "Accept": "application/json"},
        json=dict(body),
    )
    response = client.send_request(request)
    if response.status_code != 200:  # noqa: PLR2004
        raise HttpResponseError(response=response)
    return response.text(), request_id_of(response.headers, own_id)


def request_id_of(headers: Mapping[str, str], own: str) -> str:
    """Return the service's own id of a call, or ours where it gave none."""
    known = {name.casefold(): value for name, value in headers.items()}
    theirs = known.get("apim-request-id", "")
    return theirs if _ID.fullmatch(theirs) else own


def client_of(
    make: Callable[..., Client],
    environ: Mapping[str, str],
    *,
    api_version: str,
    connection_timeout: float = 5.0,
    read_timeout: float = 15.0,
) -> Client:
    """Make a client of the SDK for the endpoint and key that the environment names.

    It makes one attempt a call: ours cover what the SDK's leave out.

    Raises:
        InputError: The endpoint is no https address (http is taken for this machine only), or
            the key is empty or no key.
    """
    from azure.core.credentials import AzureKeyCredential  # noqa: PLC0415

    proxy = environ.get(PROXY, "").strip()
    options: dict[str, Any] = {"proxies": {"http": proxy, "https": proxy}} if proxy else {}
    return make(
        _endpoint(environ),
        AzureKeyCredential(_key(environ)),
        api_version=api_version,
        retry_total=0,
        permit_redirects=False,
        use_env_settings=False,
        logging_enable=False,
        connection_timeout=connection_timeout,
        read_timeout=read_timeout,
        **options,
    )


def _endpoint(environ: Mapping[str, str]) -> str:
    endpoint = environ.get(ENDPOINT, "").strip().rstrip("/")
    parts = urlsplit(endpoint)
    is_local = parts.scheme == "http" and parts.hostname in _LOOPBACK
    if not parts.hostname or parts.username or not (parts.scheme == "https" or is_local):
        raise InputError(
            f"{ENDPOINT} = {endpoint!r} is no https address. It reads like "
            "https://NAME.cognitiveservices.azure.com/."
        )
    return endpoint


def _key(environ: Mapping[str, str]) -> str:
    key = environ.get(KEY, "").strip()
    if not key:
        raise InputError(f"{KEY} is empty. Set it, or use engine = 'embedded'.")
    if not _HEADER.fullmatch(key):
        raise InputError(f"{KEY} holds signs that no key has. Copy it from the Azure portal again.")
    return key
