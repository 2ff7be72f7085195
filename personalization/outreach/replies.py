"""What an answer says: interested, not now, somebody else, away, or never again.

The words of the one who answers are read, not what hangs below them: quoted mails, signatures and
our own footer are taken off first, so that "reply STOP" in a quote is no request.  Patterns are in
``replies.toml``; what asks us to stop is looked for before anything else.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from personalization.outreach import negation
from personalization.outreach.return_dates import returns_on

if TYPE_CHECKING:
    from datetime import date

_RULES: Final = Path(__file__).with_name("replies.toml")
_LONGEST: Final = 20_000  # characters that are read: an answer is at the top
_QUOTED: Final = re.compile(r'"[^"\n]{3,200}"|“[^”\n]{3,200}”|„[^“”\n]{3,200}[“”]|«[^»\n]{3,200}»')
_SIGNS: Final = re.compile(r"[^\w' -]+")
_ADDRESS: Final = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
# In this order; "later" is a not_now that counts beside a no, which is looked for after it.
_ORDER: Final = (
    "unsubscribe", "out_of_office", "auto_reply", "wrong_person", "later", "not_interested",
    "not_now",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reply:
    """What an answer says.

    Attributes:
        reply_class: One of ``domain.REPLY_CLASSES``.
        rule: The words that decided it, as a pattern's name: language and place in its list.
        words: What of the answer that pattern found, in small letters; empty where nothing was.
        returns_on: First day back, of an out-of-office that names one.
        referred_to: Whom to ask instead or meanwhile; empty where nobody is named.
    """

    reply_class: str
    rule: str
    words: str = ""
    returns_on: date | None = None
    referred_to: str = ""


def classify_reply(text: str, *, subject: str = "", received_on: date | None = None) -> Reply:
    r"""Tell what an answer says.

    Args:
        text: The answer, with or without what it quotes.
        subject: Automatic answers say there what they are.
        received_on: Days without a year are meant after it.

    Example:
        >>> classify_reply("Thanks, but we are not interested.").reply_class
        'not_interested'
        >>> classify_reply("Great!\n\n> Reply STOP to unsubscribe").reply_class
        'unclear'
    """
    said = own_words(text)
    text = _masked(said)
    found = _decide(text, folded(subject))
    if found is None:
        is_asking = ("?" in said or "¿" in said) and not negation.is_mocking(text)
        return Reply("question", "question mark") if is_asking else Reply("unclear", "no rule")
    name, rule, words = found
    name = "not_now" if name == "later" else name
    back = returns_on(folded(f"{subject} {said}"), received_on) if name == "out_of_office" else None
    return Reply(name, rule, words, back, _referred(said, name))


def own_words(text: str) -> str:
    """Return what the one who answers wrote: no quotes, no signature, none of our own lines."""
    quotes = _rules()["quotes"]
    kept: list[str] = []
    for line in text[:_LONGEST].replace("\r", "").split("\n"):
        plain = folded(line)
        has_begun = any(mine.strip() for mine in kept)
        is_ours = has_begun and any(pattern.search(plain) for pattern in quotes["ours"])
        if is_ours or line.lstrip().startswith((">", "|")):
            continue
        if any(pattern.search(plain) for pattern in quotes["cuts"]):
            if has_begun:
                break
            continue
        kept.append(line)
    return "\n".join(kept).strip()


def folded(text: str) -> str:
    """Return a text in small letters, without accents, with plain quotes and spaces.

    Example:
        >>> folded("Désinscrivez-moi, s'il vous plaît")
        "desinscrivez-moi, s'il vous plait"
    """
    plain = unicodedata.normalize("NFKD", text.replace("’", "'").replace("ʼ", "'")).casefold()
    bare = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return re.sub(r"[ \t\u200b]+", " ", bare).strip()


def _masked(said: str) -> str:
    """Fold a text, and put aside what reads like a no and is none, and what is quoted in it."""
    text = folded(_QUOTED.sub(" ", said) if _QUOTED.sub("", said).strip() else said)
    for pattern in _rules()["masks"]["yes"]:
        text = pattern.sub(" [yes] ", text)
    for pattern in _rules()["masks"]["other"]:
        text = pattern.sub(" ", text)
    return re.sub(r" +", " ", text).strip()


def _decide(text: str, subject: str) -> tuple[str, str, str] | None:
    """Return the class, the rule and its words; None where no rule fits."""
    first = _SIGNS.sub("", text.partition("\n")[0]).strip()
    for name, commands in _rules()["commands"].items():
        if first in commands and (name == "unsubscribe" or len(text) <= len(first) + 4):
            return name, "command", first
    for clause in negation.clauses(text):
        if any(pattern.fullmatch(clause) for pattern in _rules()["stops"]):
            return "unsubscribe", "stop", clause[:80]
    for name in _ORDER:
        where = f"{subject}\n{text}" if name in {"out_of_office", "auto_reply"} else text
        for rule, pattern in _rules()["patterns"][name]:
            if match := pattern.search(where):
                return name, rule, match[0].strip()[:80]
    return _liking(text)


def _liking(text: str) -> tuple[str, str, str] | None:
    """Return interest only where a positive word is meant, and a no where one is negated."""
    found = [
        (rule, match)
        for rule, pattern in _rules()["patterns"]["interested"]
        for match in pattern.finditer(text)
    ]
    stance = negation.stance(text, (match for _, match in found))
    if stance == "meant":
        return "interested", found[0][0], found[0][1][0].strip()[:80]
    if stance == "refused":
        return "not_interested", "negated", found[0][1][0].strip()[:80] if found else ""
    return None if stance is None else ("unclear", "in doubt", "")


def _referred(said: str, name: str) -> str:
    """Return whom the answer names instead: a name, else an address, else nothing.

    Who is away is asked for a name only: an address in such an answer is mostly their own.
    """
    if name not in {"wrong_person", "out_of_office"}:
        return ""
    named = _rules()["referral"].search(said)
    if named is not None:
        return str(named["name"])
    address = _ADDRESS.search(said) if name == "wrong_person" else None
    return address[0] if address else ""


@cache
def _rules() -> dict[str, Any]:
    """Read and compile ``replies.toml``."""
    told = tomllib.loads(_RULES.read_text("utf-8"))
    return {
        "masks": {name: _compiled(patterns) for name, patterns in told["masks"].items()},
        "quotes": {name: _compiled(patterns) for name, patterns in told["quotes"].items()},
        "stops": _compiled(told["stops"]["clauses"]),
        "commands": {name: frozenset(words) for name, words in told["commands"].items()},
        "patterns": {
            name: [
                (f"{name} {language} {place}", re.compile(pattern, re.MULTILINE))
                for language, patterns in by_language.items()
                for place, pattern in enumerate(patterns, 1)
            ]
            for name, by_language in told["patterns"].items()
        },
        "referral": _referral(told["referrals"]),
    }


def _compiled(patterns: list[str]) -> list[re.Pattern[str]]:
    return [re.compile(pattern, re.MULTILINE) for pattern in patterns]


def _referral(told: dict[str, list[str]]) -> re.Pattern[str]:
    before, titles = "|".join(told["before"]), "|".join(told["titles"])
    word = r"[^\W\d_a-zß-ÿ][\w'’-]+"
    return re.compile(
        rf"\b(?i:{before})[: ]+(?:(?:{titles})\.? )?"
        rf"(?P<name>{word}(?:(?: (?:de|van|von|der|den|di|da|le|la))* {word}){{0,2}})"
    )
