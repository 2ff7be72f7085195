"""The brand's voice: greetings, openers, bridges, closes and sign-offs, by tone.

They come from the approved documents of kind ``voice``; where there are none, from built-in
frames of the message's language.  A frame asserts nothing, so it needs no source.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from personalization.domain import Message
from personalization.errors import ProviderError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from personalization.domain import Passage

ROLES: Final = ("greeting", "opener", "bridge", "close", "sign_off", "cta")
_NEEDED: Final = ("greeting", "opener", "bridge", "close", "sign_off")
_LOCAL_ID: Final = re.compile(r"(?:^|#)([a-z]+)-[a-z_-]+?-?\d*$")
_BEFORE: Final = re.compile(r"-(?:opener|bridge)-([a-z]+)-\d+$")
_NO_TONES: Final = frozenset({"control", "footer", "imprint", "personal"})
_KIN: Final = {"warm": "friendly", "lively": "promotional"}
NEAR_TONES: Final[Mapping[str, tuple[str, ...]]] = {
    "friendly": ("friendly", "promotional", "informative"),
    "promotional": ("promotional", "friendly"),
    "informative": ("informative", "professional", "friendly"),
    "professional": ("professional", "informative", "formal"),
    "formal": ("formal", "professional"),
}
"""For each tone of a brief, in which tones its variants may be: who asks for a friendly message
does not want a formal one among them."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One courtesy.

    Attributes:
        name: By which results can tell it from others.
        text: Its words.
        before: Kind of document that it leads to, such as offer; empty: to any.
        is_targeted: Whether it was written for the segment.
    """

    name: str
    text: str
    before: str = ""
    is_targeted: bool = False


@dataclass(frozen=True, slots=True)
class Voice:
    """The frames of one tone, by role."""

    tone: str
    frames: tuple[tuple[str, tuple[Frame, ...]], ...]

    def of(self, role: str) -> tuple[Frame, ...]:
        """Return the frames of one role; empty where there are none."""
        return dict(self.frames).get(role, ())

    def leading_to(self, role: str, kind: str = "") -> tuple[Frame, ...]:
        """Return the frames that suit what follows and who reads it, else the general ones."""
        fitting = tuple(f for f in self.of(role) if f.before in {"", kind})
        return tuple(f for f in fitting if f.before or f.is_targeted) or fitting


def voices(
    passages: Iterable[Passage],
    *,
    locale: str,
    brand: str,
    tone: str,
    learnt: str = "",
    is_fit: Callable[[str], bool] = bool,
) -> list[Voice]:
    """Return a voice for each tone that goes with the brief's, its own first.

    Args:
        passages: The corpus; its documents of kind ``voice`` are read.
        locale: Language of the message.
        brand: Sender's name, for the built-in frames.
        tone: The brief's.
        learnt: A tone that did well before; it is spoken, too.
        is_fit: Whether a frame's words may be used at all.

    The corpus comes first: a tone that has all roles there is taken from there alone.  Roles
    that a tone of the corpus lacks are filled from the built-in frames of that tone, then from the
    corpus's other tones.

    Raises:
        ProviderError: Neither the corpus nor the product speaks the language of ``locale``.
    """
    authored = _authored(passages)
    built_in = _fit(_built_in(locale, brand), is_fit)
    if not authored and not built_in:
        raise ProviderError(
            f"There are no greetings and sign-offs for {locale}. Add an approved document of kind "
            f"'voice' in that language; built in are: {', '.join(sorted(_frames()))}."
        )
    spoken = authored or built_in
    wanted = _KIN.get(tone, tone)
    near = {*NEAR_TONES.get(wanted, ()), learnt}
    names = sorted(name for name in spoken if name in near) or sorted(spoken)
    names.sort(key=lambda name: name != wanted)
    return [
        _complete(
            name, spoken[name], [built_in.get(name, {}), *authored.values(), *built_in.values()]
        )
        for name in names
    ]


def _fit(
    tones: dict[str, dict[str, list[Frame]]], is_fit: Callable[[str], bool]
) -> dict[str, dict[str, list[Frame]]]:
    """Leave out the frames that say what may not be said."""
    return {
        tone: {role: [f for f in frames if is_fit(f.text)] for role, frames in roles.items()}
        for tone, roles in tones.items()
    }


def built_in_control(*, locale: str, brand: str, link: str, footer: str) -> Message:
    """Return a control text that asserts nothing, for a corpus without one.

    Raises:
        ProviderError: There is none in the language of ``locale``.
    """
    texts = _frames().get(locale[:2], {}).get("control")
    if texts is None:
        raise ProviderError(
            f"There is no control text for {locale}. Add an approved document with the tag "
            "'control' in that language."
        )
    named = {key: text.strip().replace("{brand}", brand) for key, text in texts.items()}
    return Message(**named, link=link, footer=footer)


def footer_text(
    locale: str,
    *,
    sender: str,
    unsubscribe_url: str,
    imprint: Mapping[str, str] | None = None,
    kind: str = "text",
) -> str:
    """Return sender, imprint, reason and unsubscribe line.

    Args:
        locale: In English where its language is not known.
        sender: Name and postal address.
        unsubscribe_url: Where one click ends the mailings.
        imprint: ``on_behalf_of, representatives, register_number, vat_id, contact``; what is
            empty is left out, and so is the whole line where all of it is.
        kind: ``text`` for customers; ``cold_email`` for people who have not asked to hear from us.
    """
    texts = _frames().get(locale[:2], _frames()["en"])
    labels = texts["imprint"]
    line = " ".join(labels[k].replace("{}", v) for k, v in (imprint or {}).items() if v)
    text = str(texts["footer"][kind]).strip().replace("{sender}", sender)
    text = text.replace("{imprint}\n", f"{line}\n" if line else "")
    return text.replace("{unsubscribe_url}", unsubscribe_url)


def personal_closes(locale: str) -> tuple[Frame, ...]:
    """Return closes that address the reader's favourite category; none in other languages."""
    texts = _frames().get(locale[:2], {}).get("personal", {}).get("close", ())
    return tuple(Frame(f"personal-close-{n}", text) for n, text in enumerate(texts, start=1))


def built_in_frames(locale: str, brand: str) -> list[tuple[str, Frame]]:
    """Return every frame that the product brings along in a language, with its role."""
    tones = _built_in(locale, brand)
    frames = [(r, f) for roles in tones.values() for r, found in roles.items() for f in found]
    return frames + [("close", frame) for frame in personal_closes(locale)]


def _authored(passages: Iterable[Passage]) -> dict[str, dict[str, list[Frame]]]:
    found: dict[str, dict[str, list[Frame]]] = {}
    for passage in passages:
        if passage.kind != "voice":
            continue
        for statement in passage.statements:
            if statement.role not in ROLES:
                continue
            local = _LOCAL_ID.search(statement.statement_id)
            tone = local[1] if local else "brand"
            wordings = (statement.text, *statement.alternates)
            name = statement.statement_id.rpartition("#")[2]
            before = _BEFORE.search(name)
            frames = found.setdefault(tone, {}).setdefault(statement.role, [])
            frames += [
                Frame(name, text.strip(), before[1] if before else "", passage.is_targeted)
                for text in wordings
            ]
    return found


def _built_in(locale: str, brand: str) -> dict[str, dict[str, list[Frame]]]:
    tones = {k: v for k, v in _frames().get(locale[:2], {}).items() if k not in _NO_TONES}
    found: dict[str, dict[str, list[Frame]]] = {}
    for tone, roles in tones.items():
        for key, texts in roles.items():
            role, _, before = key.partition("-")
            found.setdefault(tone, {}).setdefault(role, []).extend(
                Frame(f"{tone}-{key}-{number}", text.replace("{brand}", brand), before)
                for number, text in enumerate(texts, start=1)
            )
    return found


def _complete(
    tone: str, own: Mapping[str, list[Frame]], spare: list[dict[str, list[Frame]]]
) -> Voice:
    roles = {role: list(own.get(role, ())) for role in ROLES}
    for role in _NEEDED:
        others = (other[role] for other in spare if other.get(role))
        roles[role] = roles[role] or next(others, [])
        if role != "bridge" and not roles[role]:
            raise ProviderError(
                f"Brief and brand rule out the words of every frame of the role '{role}'. Allow "
                "some of these words, or add an approved document of kind 'voice' without them."
            )
    return Voice(tone, tuple((role, tuple(frames)) for role, frames in roles.items()))


@lru_cache(maxsize=1)
def _frames() -> dict[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath("frames.toml").read_text("utf-8"))
