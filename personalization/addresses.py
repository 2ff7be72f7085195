"""Where an address leads: to the sender's own https pages, or nowhere."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Final
from urllib.parse import SplitResult, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable

TRAILING: Final = ".,;:!?)]}'\"*"
"""Signs at the end of an address in a text that belong to the sentence around it."""

# What a browser drops out of an address, so that another host is behind it than stands there.
_DROPPED: Final = re.compile(r"[\s\x00-\x20\x7f-\xa0\\]")
_HTTPS_PORT: Final = 443


def is_allowed(address: str, domains: Iterable[str]) -> bool:
    """Tell whether ``address`` is https, to one of ``domains`` or below, with no trick in it.

    User names, ports, bare numbers, encoded host names and white space are refused.

    Example:
        >>> is_allowed("https://shop.brand.example/a", ["brand.example"])
        True
        >>> is_allowed("https://brand.example.evil.test/", ["brand.example"])
        False
    """
    address = address.rstrip(TRAILING)
    if _DROPPED.search(address) or not address.casefold().startswith("https://"):
        return False
    try:
        parts = urlsplit(address)
        host = _plain_host(parts)
    except ValueError:
        return False
    return any(host == d or host.endswith(f".{d}") for d in map(str.casefold, domains))


def _plain_host(parts: SplitResult) -> str:
    """Return the host in lower case.

    Raises:
        ValueError: The address has a user name, an odd port, a number or an encoded name.
    """
    host = (parts.hostname or "").casefold()
    if "@" in parts.netloc or parts.port not in (None, _HTTPS_PORT):
        raise ValueError(parts.netloc)
    if not host.isascii() or any(label.startswith("xn--") for label in host.split(".")):
        raise ValueError(host)
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host
    raise ValueError(host)
