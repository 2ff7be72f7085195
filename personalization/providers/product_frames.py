"""What messages say around products: intros, subjects, buttons and reasons, by language.

Two registers are told apart, the warm one of friendly and promotional letters and the plain one of
the others.  Intros, subjects and buttons assert nothing.  Reasons are filled with names by the
engine, from the events behind them.
"""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any, Final

from personalization.errors import ProviderError

_WARM: Final = frozenset({"friendly", "promotional", "warm", "lively"})
_NUMBERS: Final = {True: "one", False: "many"}


@dataclass(frozen=True, slots=True)
class ProductWords:
    """What a message may say around its products, for one strategy, register and number.

    Attributes:
        intros: Lines that lead to the products; each ends with a colon.
        subjects: (subject, preheader) pairs.
        buttons: What the button may ask for.
    """

    intros: tuple[str, ...]
    subjects: tuple[tuple[str, str], ...]
    buttons: tuple[str, ...]


def product_words(locale: str, strategy: str, tone: str, items: int) -> ProductWords:
    """Return the words for a strategy in the language of ``locale``.

    An empty strategy has words that say nothing of how the products were chosen.

    Raises:
        ProviderError: The product does not speak that language.
    """
    register = "warm" if tone in _WARM else "plain"
    told = _of(locale)[register]
    own, number = {**told["any"], **told.get(strategy, {})}, _NUMBERS[items == 1]
    pairs = (*own["subjects"], *own[f"named_{number}"])
    return ProductWords(
        tuple(own[number]), tuple((pair[0], pair[1]) for pair in pairs), tuple(own["buttons"])
    )


def product_lines(locale: str) -> list[str]:
    """Return every intro, subject, preheader and button of a language; none of others."""
    told = _frames().get(locale[:2], {})
    return [
        text
        for register in ("warm", "plain")
        for own in told.get(register, {}).values()
        for texts in own.values()
        for line in texts
        for text in ([line] if isinstance(line, str) else line)
    ]


def reasons_of(locale: str) -> dict[str, str]:
    """Return the wording of each reason, by strategy and by what is known of the reader."""
    return dict(_of(locale)["reasons"])


def money_of(locale: str) -> dict[str, str]:
    """Return how a price is written: what the statement that words products is bound to."""
    told = _of(locale)["money"]
    return {
        "money": told["form"], "marks": told["marks"], "after_code": told["after_code"],
        "symbols": json.dumps(_frames()["symbols"], ensure_ascii=False),
    }  # fmt: skip


def _of(locale: str) -> dict[str, Any]:
    told = _frames().get(locale[:2])
    if told is None or locale[:2] == "symbols":
        known = ", ".join(sorted(name for name in _frames() if name != "symbols"))
        raise ProviderError(
            f"Products cannot be named in messages for {locale} yet; the languages are: {known}."
        )
    return dict(told)


@lru_cache(maxsize=1)
def _frames() -> dict[str, Any]:
    text = resources.files(__package__).joinpath("product_frames.toml").read_text("utf-8")
    return tomllib.loads(text)
