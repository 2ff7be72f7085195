"""Where links lead: addresses that look like the sender's own, or like no link at all."""

from __future__ import annotations

import pytest

from personalization.addresses import is_allowed
from personalization.safety import screen_lines
from tests.safety.scripted import Scripted

OWN = "wool.example"
BESIDE = [
    "//evil.com/x", "///evil.com", "//1249763844/", "//localhost/x", "\\\\evil.com\\x",
    "/\\evil.com", "ws://evil.com", "intent://evil.com#Intent;end", "file:///etc/passwd",
    "foo+bar://evil", "sms:+12345", "skype:bob?call", "https://wool.example\t@evil.com",
    "https://wool.example\n@evil.com",
]  # fmt: skip
"""Addresses of others that begin in another way than with http or www."""
NO_LINK = [
    "#",
    "x",
    "shop",
    "wool.example/a",
    "tel:+44 1904",
    "https://wool.example/ a",
    "/a",
    "?a",
]


def decided(**fields: str) -> dict[str, str]:
    """Return the action of every finding on links."""
    line = {"body": "The range is here.", **fields, "context": {"allowed_domains": [OWN]}}
    [outcome] = screen_lines([line], classifier=Scripted())
    return {f["field"]: f["action"] for f in outcome["findings"] if f["rule"] == "url.not_allowed"}


@pytest.mark.parametrize("link", [*BESIDE, *NO_LINK])
def test_a_link_field_holds_one_own_https_address_and_nothing_else(link: str) -> None:
    assert decided(link=link) == {"link": "block"}


@pytest.mark.parametrize("link", BESIDE)
def test_a_link_in_a_text_needs_neither_http_nor_www(link: str) -> None:
    assert decided(body=f"Hello, look here: {link} soon.") == {"body": "block"}


@pytest.mark.parametrize("link", ["https://wool.example/a?b=c#d", "https://shop.wool.example", ""])
def test_own_addresses_pass(link: str) -> None:
    assert decided(link=link, body=f"Hello, look here: {link} soon.") == {}


@pytest.mark.parametrize(
    "text",
    ["Lamps and/or throws.", "On 01/12/2026 // from 9:30", "Note: in\nthe shop", "50/50 wool//silk",
     "Open 9:00-17:00", "Call tel: 01904 496 012", "\\o/ \\o//", "Size S//M", "c: see below",
     "Intent: to please", "Skype: on request", "What's new: lamps"],
)  # fmt: skip
def test_what_only_looks_like_a_link_passes(text: str) -> None:
    assert decided(body=text) == {}


@pytest.mark.parametrize("gap", ["\t", "\n", " ", "\u00a0", "\x00", "\\"])
def test_no_address_with_a_gap_in_it_is_allowed(gap: str) -> None:
    assert is_allowed(f"https://{OWN}/", [OWN])
    assert not is_allowed(f"https://{OWN}{gap}@evil.com", [OWN])
