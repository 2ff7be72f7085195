"""Frames of messages to prospects: greetings, openers, sign-offs, and what roles care about."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from personalization.errors import ProviderError
from personalization.providers.outreach_texts import SPOKEN, signature

if TYPE_CHECKING:
    from collections.abc import Iterator

_HELD: Final = "fact_kinds"


@lru_cache(maxsize=1)
def _frames() -> dict[str, Any]:
    file = resources.files(__package__).joinpath("outreach_frames.toml")
    return tomllib.loads(file.read_text("utf-8"))


def languages() -> list[str]:
    """Return the languages in which the embedded writer writes to prospects."""
    return sorted(name for name in _frames() if name != _HELD)


def frames_of(locale: str) -> dict[str, Any]:
    """Return the frames of a language.

    Raises:
        ProviderError: There are none.
    """
    found = _frames().get(locale[:2])
    if found is None:
        raise ProviderError(
            f"The embedded writer has no frames for {locale}; it writes to prospects in "
            f"{', '.join(languages())}. Write a template of your own, or connect a hosted writer."
        )
    return dict(found)


def filled(text: str, locale: str, role: str, brand: str, sender: str) -> str:
    """Put brand, sender and the role's matter into a frame; fields of prospects stay."""
    frames = frames_of(locale)
    topic = frames["topics"][role]
    name = signature(sender, brand) or frames["footer"]["sender"].replace("{brand}", brand)
    if not sender or brand in sender:
        caller = sender or frames["footer"]["caller"].replace("{brand}", brand)
    else:
        caller = frames["footer"]["person"].replace("{brand}", brand).replace("{person}", sender)
    for blank, words in (
        ("{caller}", caller), ("{sender}", name), ("{topic}", topic),
        ("{Topic}", topic[:1].upper() + topic[1:]), ("{brand}", brand),
    ):  # fmt: skip
        text = text.replace(blank, words)
    return text


def fact_kinds(tone: str, role: str, channel: str) -> tuple[str, ...]:
    """Return which facts the opener of the angle ``news`` can hold.

    Who is wished well is so with what they begin, and hiring is a matter for the people team.
    """
    kinds = _frames()[_HELD]
    if tone == "friendly" and channel not in SPOKEN:
        return tuple(kinds["wished_well"])
    return tuple(kinds["people" if role == "people" else "all"])


def sms_footer(locale: str, brand: str) -> str:
    """Return who writes and how to get out, as every SMS has to say it; in English elsewhere."""
    known = _frames()
    text = known.get(locale[:2], known["en"])["footer"]["sms"]
    return str(text.replace("{sender}", brand))


def outreach_lines(locale: str, role: str, brand: str, sender: str) -> list[tuple[str, str]]:
    """Return every frame of a language as it may stand in a text, with its role in a message."""
    found = _frames().get(locale[:2])
    if found is None:
        return []
    return [
        (kind, filled(text, locale, role, brand, sender)) for kind, text in _lines(found)
    ]  # fmt: skip


def _lines(frames: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for kind, role in (("greeting", "greeting"), ("subject", "opener"), ("sign_off", "sign_off")):
        yield from ((role, text) for text in frames[kind].values())
    for openers in (*frames["opener"].values(), *frames["again"].values()):
        yield from (("opener", text) for text in openers.values())
    yield from _noted(frames["note"])
    spoken = frames["spoken"]
    for openers in (*spoken["opener"].values(), *spoken["again"].values()):
        yield from (("opener", text) for text in openers.values())
    for channel in SPOKEN:
        yield from (("greeting", text) for text in frames[channel]["greeting"].values())
        yield "close", frames[channel]["thanks"]


def _noted(note: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Return how notes begin: the opener by itself, and after each greeting."""
    starts = (*note["name"].values(), *note["news"].values(), *note["again"].values())
    yield from (("opener", text) for text in starts)
    yield from (
        ("greeting", f"{greeting} {text}")
        for greeting in dict.fromkeys(note["greeting"].values())
        for text in starts
    )
