"""Where hosted models are reached: OpenAI, Azure OpenAI on both routes, or a server like them.

Keys come from the environment, go into the client, and are kept nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from personalization.errors import InputError, ProviderError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from ssl import SSLContext

    import httpx2
    from openai import AsyncOpenAI

    from personalization.settings import HostedModel

_CONNECT: Final = 5.0  # seconds to reach the service
_MOST_BYTES: Final = 2_000_000  # of an answer; a long e-mail with its citations has 20,000
_OPENAI: Final = "https://api.openai.com/v1"


class OversizeError(ProviderError):
    """An answer is larger than any e-mail could be, or packed so that it might be."""


@dataclass(frozen=True, slots=True)
class Address:
    """A service, how it is spoken to, and under which name it has the model.

    Attributes:
        service: openai or azure.
        base: The address that paths are added to; on Azure's classic route the resource.
        secret: Key or token.
        is_token: Whether it is a token of Microsoft Entra.
        api_version: Of Azure's classic route; empty elsewhere.
        model: The model's id or deployment, as a request names it.
    """

    service: str
    base: str
    secret: str = field(repr=False)
    is_token: bool
    api_version: str
    model: str

    @property
    def route(self) -> str:
        """Return openai, azure v1 or azure classic."""
        if self.service == "openai":
            return "openai"
        return "azure classic" if self.api_version else "azure v1"


def address_of(name: str, model: HostedModel, environ: Mapping[str, str]) -> Address:
    """Return where ``openai`` or ``azure`` is reached, from environment and settings.

    Azure is spoken to on its v1 route, or on the classic one where an ``api_version`` is set here
    or there; with a key, or with a token of Entra in AZURE_OPENAI_AD_TOKEN.

    Raises:
        InputError: What is needed is not there.
    """
    if not model.name:
        raise InputError(f"[generation] writer = {name!r} needs a model: set [generation] model.")
    if name == "openai":
        base = model.base_url or environ.get("OPENAI_BASE_URL", "").strip() or _OPENAI
        key = _needed(environ, "OPENAI_API_KEY")
        return Address(
            name, checked_address(base), key, is_token=False, api_version="",
            model=model.deployment or model.name,
        )  # fmt: skip
    token = environ.get("AZURE_OPENAI_AD_TOKEN", "").strip()
    secret = token or _needed(environ, "AZURE_OPENAI_API_KEY")
    endpoint = checked_address(model.base_url or _needed(environ, "AZURE_OPENAI_ENDPOINT"))
    deployment = (
        model.deployment or environ.get("AZURE_OPENAI_DEPLOYMENT", "").strip() or model.name
    )
    version = model.api_version or environ.get("AZURE_OPENAI_API_VERSION", "").strip()
    if not version:
        endpoint = endpoint.removesuffix("/openai/v1") + "/openai/v1"
    return Address(
        name, endpoint, secret, is_token=bool(token), api_version=version, model=deployment
    )


def client_of(address: Address, timeout: float) -> AsyncOpenAI:
    """Build the client; it follows no redirect and tries nothing again by itself.

    A proxy of the environment is used, except for an address of this machine.
    """
    import openai  # noqa: PLC0415

    limits = openai.Timeout(timeout, connect=_CONNECT)
    shared: dict[str, Any] = {
        "max_retries": 0,
        "timeout": limits,
        "default_headers": {"Accept-Encoding": "identity"},
        "http_client": openai.DefaultAsyncHttpxClient(
            trust_env=not is_here(address.base), timeout=limits, follow_redirects=False,
            event_hooks={"response": [_bound]}, verify=certificates(),
        ),
    }  # fmt: skip
    if not address.api_version:
        return openai.AsyncOpenAI(api_key=address.secret, base_url=f"{address.base}/", **shared)
    key, token = (None, address.secret) if address.is_token else (address.secret, None)
    return openai.AsyncAzureOpenAI(
        azure_endpoint=address.base, api_version=address.api_version, api_key=key,
        azure_ad_token=token, **shared,
    )  # fmt: skip


@lru_cache(maxsize=1)
def certificates() -> SSLContext:
    """Return whom to trust; reading it anew for each client takes longer than all the rest."""
    import httpx2  # noqa: PLC0415

    return httpx2.create_ssl_context()


async def _bound(response: httpx2.Response) -> None:
    """Have an answer read up to a bound only; a packed one could grow beyond any."""
    if response.headers.get("content-encoding", "identity") != "identity":
        raise OversizeError("The answer is packed, although it was asked for as it is.")
    response.stream = _bounded(response.stream)


def _bounded(stream: Any) -> Any:  # noqa: ANN401
    import httpx2  # noqa: PLC0415

    class Bounded(httpx2.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            n_bytes = 0
            async for chunk in stream:
                n_bytes += len(chunk)
                if n_bytes > _MOST_BYTES:
                    raise OversizeError(f"The answer has more than {_MOST_BYTES:,} bytes.")
                yield chunk

        async def aclose(self) -> None:
            await stream.aclose()

    return Bounded()


def _needed(environ: Mapping[str, str], variable: str) -> str:
    if not (value := environ.get(variable, "").strip()):
        raise InputError(f"{variable} is not set in the environment.")
    return value


def checked_address(address: str) -> str:
    """Return the address without its last slash; a key goes over an open line to nobody."""
    parts = urlsplit(address.strip())
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_near(address)):
        raise InputError(
            f"The address of the hosted model, {parts.scheme}://{parts.hostname}, is not https. "
            "Only a server on this machine or in a private network may be spoken to without."
        )
    return address.strip().rstrip("/")


def is_here(address: str) -> bool:
    """Tell whether an address is one of this machine."""
    host = urlsplit(address).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _is_near(address: str) -> bool:
    host = urlsplit(address).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_private
    except ValueError:
        return "." not in host or host.endswith((".local", ".internal"))
