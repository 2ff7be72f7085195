"""What written signs are called in each language that scripts are written in: ``spoken.toml``."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

from personalization.errors import InputError

LANGUAGES: Final = ("en", "de", "fr", "es")
"""Languages that scripts are written in."""


@dataclass(frozen=True, slots=True)
class SpokenWords:
    """The words of one language.

    Attributes:
        language: With its country, such as ``en-GB``.
        says: Names of signs: ``point``, ``percent``, ``at``, ``dot`` ...
        decimal_comma: Whether decimals stand behind a comma.
        year_after: Words after which four digits are a year.
        months: In their order.
        short_months: Likewise, empty where there is none.
        magnitudes: What stands behind a shortened number.
        fractions: Whole expressions.
        money: Sizes that are sure with a currency only, such as the M of "$3M".
        currencies: Sign or code: one, many, one of its hundredths, many of them.
        units: Sign: one, many.
        each: What a stroke and a word behind an amount say, such as "a month".
        halves: What "1/2" and a word behind it say.
        weekdays: Short names.
        lists: Words that tell how a figure beside them is read, by what they tell.
        abbreviations: What stands for what.
    """

    language: str
    says: dict[str, str]
    decimal_comma: bool
    year_after: frozenset[str]
    months: tuple[str, ...]
    short_months: tuple[str, ...]
    magnitudes: dict[str, str]
    fractions: dict[str, str]
    money: dict[str, str]
    currencies: dict[str, tuple[str, ...]]
    units: dict[str, tuple[str, ...]]
    each: dict[str, str]
    halves: dict[str, str]
    weekdays: dict[str, str]
    lists: dict[str, frozenset[str]]
    abbreviations: dict[str, str]

    @property
    def base(self) -> str:
        """Return the language without its country."""
        return self.language.split("-", maxsplit=1)[0]


@lru_cache(maxsize=16)
def spoken_words(language: str) -> SpokenWords:
    """Return the words of a language, such as ``en-GB``.

    Raises:
        InputError: No scripts are written in it.
    """
    base = language.split("-", maxsplit=1)[0].lower()
    if base not in LANGUAGES:
        raise InputError(
            f"Numbers and dates are not said in {language!r} yet. Write the script in one of: "
            f"{', '.join(LANGUAGES)}."
        )
    found = _read()[base]
    local = {"$": found["local"][language]} if language in found.get("local", {}) else {}
    says = {name: value for name, value in found.items() if isinstance(value, str)}
    has_point = language in found.get("decimal_point_in", ())
    return SpokenWords(
        language=language,
        says=says | {"point": says["dot"]} if has_point else says,
        decimal_comma=found["decimal_comma"] and not has_point,
        year_after=frozenset(found["year_after"]),
        months=tuple(found["months"]),
        short_months=tuple(found["short_months"]),
        magnitudes=found["magnitudes"],
        fractions=found["fractions"],
        money=found["magnitudes"] | found["money"],
        currencies=_parted(found["currencies"] | local),
        units=_parted(found["units"] | _in_plain_digits(found["units"])),
        each=found["each"],
        halves=found["halves"],
        weekdays=found["weekdays"],
        lists={name: frozenset(value) for name, value in found.items() if isinstance(value, list)},
        abbreviations=found["abbreviations"],
    )


def _parted(said: dict[str, str]) -> dict[str, tuple[str, ...]]:
    return {sign: tuple(words.split("|")) for sign, words in said.items()}


def _in_plain_digits(units: dict[str, str]) -> dict[str, str]:
    """Return the units that are often written without a raised digit: m2."""
    table = str.maketrans("²³", "23")
    return {unit.translate(table): said for unit, said in units.items() if unit[-1] in "²³"}


@lru_cache(maxsize=1)
def _read() -> dict[str, dict[str, Any]]:
    return tomllib.loads((files(__package__) / "spoken.toml").read_text("utf-8"))
