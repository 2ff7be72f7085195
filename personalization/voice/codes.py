"""What is spelled or said digit by digit: telephone numbers, postcodes, order numbers, versions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from personalization.voice.numbers import cardinal, digits
from personalization.voice.readings import Rule, rule, word_before

if TYPE_CHECKING:
    from personalization.voice.spoken_words import SpokenWords

_CALL: Final = re.compile(
    r"\b(?:tel|phone|call|text|ring|whatsapp|mobile|fax|dial|llam\w+|móvil|teléfono|marque|appel\w*"
    r"|téléphone\w*|portable|ruf\w*|anruf\w*|telefon\w*|mobil|handy|wählen)"
    r"\W+(?:[^\W\d_]+\W+){0,2}$",
    re.IGNORECASE,
)
_NUMBERED: Final = re.compile(
    r"(?:\b(?:ref|reference|code|pin|id|\w*nummer|\w*code|référence|réf|referencia|código)\W{0,2}\s*"
    r"|(?:#|\b(?:no|nr|nos)\.?|n°|nº|n\.º|núm\.?|number|nummer|numéro|número)\s*)$",
    re.IGNORECASE,
)
_POSTCODE: Final = re.compile(
    r"\b(?:zip(?:\scode)?|postcode|plz|postleitzahl|code\spostal|código\spostal|c\.?p\.?)\W{0,2}\s*$",
    re.IGNORECASE,
)
_HOUSE: Final = re.compile(r"\d+\s?[a-z]?,\s*$")
_BEFORE_CITY: Final = frozenset(("in", "nach", "aus"))
_SHORTEST_SPELLED: Final = 5  # digits of an order number that nobody would say as a number
_STATE: Final = (
    r"(?<![\w-])(?:A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]"
    r"|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY])\s"
)


def code_rules(words: SpokenWords) -> tuple[Rule, ...]:
    """Return the rules for numbers that are names and count nothing."""
    found = [
        rule(r"(?<![\w.,])(\+?\(?\d[\d()\s\u00a0\u202f/.-]{5,}\d)(?![\w%€£$])", _phone),
        rule(r"(?<![\w-])[A-Z]{1,5}-(?:[A-Z\d]+-)*\d{2,}-[A-Z\d-]*[A-Z\d](?![\w-])", _spelled),
        rule(r"(?<![\w-])[A-Z]{1,5}-?\d{5,}(?![\w-])", _spelled),
        rule(r"(?<![\w.,-])\d{4,}(?![\w%]|[.,]\d)", _numbered),
        rule(r"(?<!\w)[vV]\.?(\d+(?:\.\d+)*)(?!\w)", _version),
        rule(r"(?<![\w.,])(\d+(?:\.\d+){1,})(?!\w)", _version_after_a_word),
    ]
    if words.base == "en":
        found.append(rule(r"(?<!\w)[A-Z]{1,2}\d[A-Z\d]?\s\d[A-Z]{2}(?!\w)", _spelled))
        found.append(rule(rf"{_STATE}\d{{5}}(?:-\d{{4}})?(?![\w-])", _spelled))
    if words.base == "de":
        found.append(rule(r"(?<![\w.,-])(?:DE?-)?\d{5}(?=\s[A-ZÄÖÜ])", _german_postcode))
    return tuple(found)


def spelled(written: str, words: SpokenWords) -> str:
    """Say letters and digits one by one.

    Example:
        >>> from personalization.voice.spoken_words import spoken_words
        >>> spelled("SW1A 1AA", spoken_words("en-GB"))
        'S W one A one A A'
    """
    said = [
        digits(sign, words.language) if sign.isdecimal() else sign
        for sign in written
        if sign.isalnum()
    ]
    return " ".join(said)


def _spelled(match: re.Match[str], words: SpokenWords) -> str:
    return spelled(match[0], words)


def _phone(match: re.Match[str], words: SpokenWords) -> str | None:
    """Say a telephone number with a rest where it is written with one, in French by pairs."""
    written = match[1]
    n_digits = sum(sign.isdecimal() for sign in written)
    if not 7 <= n_digits <= 15 or not _is_phone(match, written):  # noqa: PLR2004 - E.164
        return None
    said = ", ".join(_phone_group(group, words) for group in re.findall(r"\d+", written))
    return f"{words.says['plus']} {said}" if written.startswith("+") else said


def _is_phone(match: re.Match[str], written: str) -> bool:
    """Tell a telephone number from other figures by its signs, or by the words before it."""
    if re.fullmatch(r"(?:1[\s.-])?\(?\d{3}\)?[\s.-]\d{3}[.-]\d{4}", written):
        return True
    if re.fullmatch(r"\d{1,2}([/.-])\d{1,2}\1\d{2,4}", written):
        return False
    if "." in written and not re.fullmatch(r"0\d(?:\.\d\d){4}", written):
        return False
    if written[0] in "+(" or re.match(r"0[\s.]?\d", written):
        return True
    has_thousands = re.search(r"\s000\b", written) is not None
    return not has_thousands and _CALL.search(match.string[: match.start()]) is not None


def _phone_group(group: str, words: SpokenWords) -> str:
    is_pair = words.base == "fr" and len(group) == 2 and group[0] != "0"  # noqa: PLR2004
    return cardinal(int(group), words.language) if is_pair else digits(group, words.language)


def _numbered(match: re.Match[str], words: SpokenWords) -> str | None:
    """Say the number of an order or a customer, which counts nothing, digit by digit."""
    before, written = match.string[: match.start()], match[0]
    if _POSTCODE.search(before):
        return digits(written, words.language)
    if len(written) < _SHORTEST_SPELLED or not _NUMBERED.search(before):
        return None
    return digits(written, words.language)


def _german_postcode(match: re.Match[str], words: SpokenWords) -> str | None:
    written = match[0]
    is_sure = (
        not written.isdecimal()
        or word_before(match) in _BEFORE_CITY
        or _HOUSE.search(match.string[: match.start()]) is not None
    )
    if not is_sure:
        return None
    return digits(written, words.language)


def _version(match: re.Match[str], words: SpokenWords) -> str:
    return f"version {_pointed(match[1], words)}"


def _version_after_a_word(match: re.Match[str], words: SpokenWords) -> str | None:
    if word_before(match) not in words.lists["version_after"]:
        return None
    return _pointed(match[1], words)


def _pointed(written: str, words: SpokenWords) -> str:
    """Say each part of a version with the sign between them."""
    point = words.says["point" if words.base == "en" else "dot"]
    parts = (cardinal(int(part), words.language) for part in written.split("."))
    return f" {point} ".join(parts)
