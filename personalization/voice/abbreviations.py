"""Abbreviations, addresses and signs as they are said."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from personalization.voice.numbers import digits
from personalization.voice.readings import Rule, rule

if TYPE_CHECKING:
    from personalization.voice.spoken_words import SpokenWords

# What is an abbreviation before a name or a number only: "No." ends a sentence, too.
_BEFORE_NAME: Final = frozenset(
    ("Mr.", "Mr", "Mrs.", "Mrs", "Ms.", "Ms", "Dr.", "Dr", "Prof.", "St.", "St", "Ste", "Hr.",
     "Fr.", "M.", "MM.", "Pr", "D.", "D.ª", "Dipl.-Ing.", "Sra.", "Srta.", "Sres.", "Dra.")
)  # fmt: skip
_MAY_END: Final = frozenset(
    ("etc.", "usw.", "u. v. m.", "o. Ä.", "a.m.", "p.m.", "p.a.", "Inc.", "Ltd.", "Co.", "Corp.",
     "Jr.", "MwSt.", "Uds.", "EE. UU.", "EE.UU.")
)  # fmt: skip
_BEFORE_NUMBER: Final = frozenset(
    ("no.", "No.", "Nos.", "Nr.", "n°", "N°", "nº", "Nº", "núm.", "n.º", "N.º", "min.", "max.",
     "mín.", "máx.")
)  # fmt: skip
_DOMAIN: Final = r"(?:[^\W_](?:[\w-]*[^\W_])?\.)+[^\W\d_]{2,24}"
_ENDINGS: Final = "com|org|net|example|co\\.uk|de|fr|es|eu|io|shop"
_SIGN_NAMES: Final = {
    ".": "dot", "/": "slash", "-": "dash", "_": "underscore", "@": "at", "+": "plus",
    "=": "equals", "&": "and", "#": "number", "%": "percent",
}  # fmt: skip

_BEFORE_FIGURE: Final = {
    "~": "approx", "≈": "approx", "≥": "at_least", "≤": "at_most", ">": "more_than",
    "<": "less_than", "±": "plus_minus", "§": "section", "№": "number",
}  # fmt: skip


def address_rules(words: SpokenWords) -> tuple[Rule, ...]:
    """Return the rules for e-mail addresses and links."""
    del words
    return (
        rule(rf"[\w.+-]+@{_DOMAIN}", lambda m, w: _spelled(m[0], w)),
        rule(rf"https?://(?:www\.)?({_DOMAIN}(?:/[\w./?=&%#+-]*[\w/=])?)/?", _link),
        rule(rf"(?<![\w@.])(?:www\.)({_DOMAIN}(?:/[\w./?=&%#+-]*[\w/=])?)/?", _link),
        rule(rf"(?<![\w@.])({_DOMAIN}/[\w./?=&%#+-]*[\w=])/?", _link),
        rule(rf"(?<![\w@.])((?:[a-z0-9-]+\.)+(?:{_ENDINGS}))(?!\w)", _link),
    )  # fmt: skip


def abbreviation_rules(words: SpokenWords) -> tuple[Rule, ...]:
    """Return the rules for abbreviations; longer ones are asked first."""
    known = sorted(words.abbreviations, key=len, reverse=True)
    written = "|".join(re.escape(each).replace(r"\ ", r"[\s\u00a0\u202f]?") for each in known)
    return (
        rule(rf"(?<![\w.])({written})(?!\w)", _abbreviation),
        rule(r"(?<=[^\W\d_]{3})str\.(?=\s+\d)", _street),
        rule(r"(?<!\w)(?:[nN](?:°|\.?º)|No\.|Nr\.)(?=\d)", lambda _, w: f"{w.says['number']} "),
    )


def sign_rules(words: SpokenWords) -> tuple[Rule, ...]:
    """Return the rules for signs that stand alone, line ends and blanks."""
    currencies = "".join(
        re.escape(sign) for sign in words.currencies if len(sign) == 1 and not sign.isalpha()
    )
    return (
        rule(r"[ \t\u00a0]*(?:\r?\n[ \t\u00a0]*)+(?:[-*•·–][ \t]+)?", _line_end),
        rule(r"^[ \t]*(?:[-*•·–]|#+)[ \t]+", lambda *_: ""),
        rule(r"[–—]|(?<=\s)-(?=\s)", lambda *_: ", "),
        rule(r"(?<!\w)-(?!\w)", lambda *_: " "),
        rule(r"…|\.{2,}", lambda *_: "."),
        *(rule(rf"{sign}\s?(?=[€£$]?\d)", _named) for sign in _BEFORE_FIGURE),
        rule(r"[±≈≥≤](?!\d)", _named),
        rule(r"([!?])[!?]+", lambda m, _: m[1]),
        rule(r"&", lambda _, w: f" {w.says['and']} "),
        rule(r"(?<=\w)\s?/\s?(?=\w)", _slash),
        rule(r"=", lambda _, w: f" {w.says['equals']} "),
        rule(r"°", lambda _, w: f" {w.says['degrees']}"),
        rule(r"%", lambda _, w: f" {w.says['percent']}"),
        rule(r"@", lambda _, w: f" {w.says['at']} "),
        rule(r"\+", lambda _, w: f" {w.says['plus']} "),
        rule(rf"([{currencies}])", lambda m, w: f" {w.currencies[m[1]][1]} "),
        rule(r"[\"“”„‟«»‹›*_`^~|\\<>{}\[\]#§™®©•·¶†‡/]", lambda *_: " "),
        rule(r"\s+", lambda *_: " "),
    )  # fmt: skip


def _abbreviation(match: re.Match[str], words: SpokenWords) -> str | None:
    written = re.sub(r"[\u00a0\u202f]", " ", match[1])
    said = words.abbreviations.get(written) or _with_blanks(written, words)
    following = match.string[match.end() :]
    if written in _BEFORE_NAME and not re.match(r"[\s\u00a0-][^\W\d_]", following):
        return None
    if written in _BEFORE_NAME and not following.lstrip("\u00a0 -")[:1].isupper():
        return None
    if written in _BEFORE_NUMBER:
        return said if re.match(r"[\s\u00a0]*\d", following) else None
    ends = re.match(r"\s*$|\s+[^\W\d_a-z]", following) is not None
    return f"{said}." if written in _MAY_END and ends else said


def _named(match: re.Match[str], words: SpokenWords) -> str:
    """Say a sign before a figure by what it means there."""
    return f" {words.says[_BEFORE_FIGURE[match[0].strip()]]} "


def _street(match: re.Match[str], words: SpokenWords) -> str | None:
    del match
    return "straße" if words.base == "de" else None


def _with_blanks(written: str, words: SpokenWords) -> str:
    """Return what an abbreviation stands for that was written with other blanks."""
    bare = written.replace(" ", "")
    known = words.abbreviations.items()
    return next(said for short, said in known if short.replace(" ", "") == bare)


def _link(match: re.Match[str], words: SpokenWords) -> str:
    return _spelled(match[1].rstrip("/"), words)


def _spelled(address: str, words: SpokenWords) -> str:
    """Say an address: its words as they are, its signs by name, its digits one by one."""
    parts = re.findall(r"\d+|[^\W\d_]+|.", address)
    said = [
        digits(part, words.language)
        if part[0].isdecimal()
        else words.says.get(_SIGN_NAMES.get(part, ""), "")
        if part in _SIGN_NAMES or not part[0].isalpha()
        else part
        for part in parts
    ]
    return " ".join(word for word in said if word)


def _line_end(match: re.Match[str], words: SpokenWords) -> str:
    del words
    before = match.string[: match.start()].rstrip()
    after = match.string[match.end() :].strip()
    return " " if not before or before[-1] in ".,;:!?…" or not after else ". "


def _slash(match: re.Match[str], words: SpokenWords) -> str:
    """Say a stroke between words as "or", unless one of them says that already."""
    joints = (words.says["and"], words.says["or"])
    before, after = match.string[: match.start()], match.string[match.end() :]
    is_joined = before.endswith(joints) or after.startswith(joints)
    return " " if is_joined else f" {words.says['or']} "
