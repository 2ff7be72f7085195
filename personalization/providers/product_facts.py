"""What the catalogue says of a product, in words: the statements that a product text may cite.

Each fact has one statement with a wording for each tone, so that a text made of them stands word
for word in its source.  Nothing is added to what the catalogue says.
"""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from personalization.errors import ProviderError
from personalization.providers.product_frames import money_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from personalization.domain import Passage, Statement

TONES: Final = (
    "friendly", "formal", "professional", "promotional", "informative", "subtle_upsell",
)  # fmt: skip
"""The tones of product texts."""

LOOK: Final = ("colour", "material", "motif", "set_of")
"""Attributes that one sentence tells together, in this order; any other has a line of its own."""

_FRAMES: Final = {
    "opener": "opener", "opener_newcomer": "opener", "opener_regular": "opener",
    "opener_returning": "opener", "invitation": "close", "greeting": "greeting",
    "closing": "close", "sign_off": "sign_off", "button": "close", "why": "opener",
    "why_many": "opener", "social_close": "close", "team": "bridge",
}  # fmt: skip
"""Tables of frames, and the role that each plays in a text."""

_UNSAID: Final = frozenset({"kind"})  # a noun for hashtags; a sentence would need its article
_MOST_TAGS: Final = 3
_MOST_SENTENCES: Final = 4
_MOST_CHARACTERS: Final = 60  # of an attribute's value that can be said in a sentence
_WORDS: Final = re.compile(r"[^\W_]+")
_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+(?=[\"'“‘(]*[A-ZÀ-Þ0-9])")


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """A product as the catalogue has it, every word of it fit to be shown.

    Attributes:
        product_id: The catalogue's own spelling.
        name: As a reader sees it.
        category: Its family, such as "candles & lights"; may be empty.
        price: Of one piece; None where it is not known.
        currency: ISO code, such as GBP.
        description: The catalogue's own; may be empty.
        attributes: (attribute, value), such as ("colour", "red").
        gate: Who may be shown it, such as age_18; empty: everybody.
        link: Its page in the shop; empty where there is none of the shop's own.
    """

    product_id: str
    name: str
    category: str = ""
    price: float | None = None
    currency: str = ""
    description: str = ""
    attributes: tuple[tuple[str, str], ...] = ()
    gate: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that may be said, in several wordings.

    Attributes:
        name: name, shelf, look, price, description, gate, tags, or label.colour and the like.
        role: Of its statement.
        wordings: Usage -> words; ``text`` is what the statement says.
    """

    name: str
    role: str
    wordings: Mapping[str, str]

    def said(self, usage: str) -> str:
        """Return its wording for a tone or a place, the plain one where there is none."""
        return self.wordings.get(usage, self.wordings["text"])

    @property
    def alternates(self) -> tuple[str, ...]:
        """Return the other wordings, each once."""
        text = self.wordings["text"]
        return tuple(dict.fromkeys(words for words in self.wordings.values() if words != text))


@dataclass(frozen=True, slots=True)
class Told:
    """A source of product texts: its facts, and the document that says them.

    Attributes:
        entry: The product, as the catalogue has it.
        facts: What may be said, in the order of the document's statements.
        passage: The document, as writers are given it.
    """

    entry: CatalogueEntry
    facts: tuple[Fact, ...]
    passage: Passage

    def find(self, name: str) -> tuple[Fact, Statement] | None:
        """Return a fact with the statement that says it; None where it is not known."""
        for fact, statement in zip(self.facts, self.passage.statements, strict=True):
            if fact.name == name:
                return fact, statement
        return None


def facts_of(entry: CatalogueEntry, locale: str) -> tuple[Fact, ...]:
    """Word all that the catalogue says of a product, in the order of its document's statements.

    Raises:
        ProviderError: Product texts are not written in the language of ``locale``.
    """
    told = wordings_in(locale)
    blanks = {
        "name": entry.name,
        "category": entry.category,
        "price": shown_price(entry.price, entry.currency, locale),
    }
    return tuple(_facts(entry, told, blanks))


def _facts(entry: CatalogueEntry, told: dict[str, Any], blanks: dict[str, str]) -> Iterator[Fact]:
    yield _filled("name", told["name" if entry.category else "name_without_shelf"], blanks)
    if entry.category:
        yield _filled("shelf", told["shelf"], blanks)
    known = {name: value for name, value in entry.attributes if _is_sayable(value)}
    if look := _look({n: v for n, v in known.items() if not _is_named(n, v, entry)}, told):
        yield Fact("look", told["look"]["role"], MappingProxyType({"text": look}))
    if blanks["price"]:
        yield _filled("price", told["price"], blanks)
    for name, value in known.items():
        if name not in _UNSAID:
            yield _label(name, value, told)
    for number, sentence in enumerate(_described(entry), start=1):
        yield Fact(f"description.{number}", "detail", MappingProxyType({"text": sentence}))
    if entry.gate:
        words = told["gate"].get(entry.gate, told["gate"]["other"])
        yield Fact("gate", told["gate"]["role"], MappingProxyType({"text": words}))
    if tags := _hashtags(entry, known):
        yield Fact("tags", "detail", MappingProxyType(_tag_lines(tags)))


def _filled(name: str, told: Mapping[str, str], blanks: Mapping[str, str]) -> Fact:
    """Fill the blanks of a fact's wordings; one whose blank is not known is left out."""
    wordings = {
        usage: fill(text, blanks)
        for usage, text in told.items()
        if usage != "role" and not any(f"{{{key}}}" in text and not v for key, v in blanks.items())
    }
    return Fact(name, told["role"], MappingProxyType(wordings))


def fill(text: str, blanks: Mapping[str, str]) -> str:
    """Put values into the blanks of a wording, all at once: no value is read as a blank."""
    return re.sub(r"\{(\w+)\}", lambda blank: blanks.get(blank[1], blank[0]), text)


def _look(known: Mapping[str, str], told: dict[str, Any]) -> str:
    frames = told["look"]
    parts = [
        fill(frames[name], {"value": known[name], "article": _article(known[name], told)})
        for name in LOOK
        if name in known
    ]
    if not parts:
        return ""
    joined = told["and"].join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
    return fill(frames["text"], {"parts": joined})


def _is_named(attribute: str, value: str, entry: CatalogueEntry) -> bool:
    """Tell whether the name says it already: "Set of 72 doilies" needs no "is a set of 72"."""
    return attribute == "set_of" and value in _WORDS.findall(entry.name)


def _article(value: str, told: dict[str, Any]) -> str:
    first, vowels = value[:1].casefold(), told["vowels"]
    is_like_you = value[:3].casefold() in {"uni", "eur"}
    return "an" if first in vowels and not is_like_you else "a"


def _label(name: str, value: str, told: dict[str, Any]) -> Fact:
    frame = told["label"].get(name, told["label"]["other"])
    blanks = {"value": value, "attribute": name.replace("_", " ").capitalize()}
    return Fact(f"label.{name}", "detail", MappingProxyType({"text": fill(frame, blanks)}))


def _is_sayable(value: str) -> bool:
    return 0 < len(value) <= _MOST_CHARACTERS


def _described(entry: CatalogueEntry) -> list[str]:
    """Return the catalogue's own description, sentence by sentence."""
    plain = " ".join(entry.description.split())
    return [s for s in _SENTENCE.split(plain) if s][:_MOST_SENTENCES] if plain else []


def _hashtags(entry: CatalogueEntry, known: Mapping[str, str]) -> list[str]:
    """Return what people search for it by: its kind, its motif, its shelf."""
    words = [known.get("kind", ""), known.get("motif", ""), *entry.category.split("&")]
    tags = ("".join(w[:1].upper() + w[1:] for w in _WORDS.findall(each)) for each in words)
    return [f"#{tag}" for tag in dict.fromkeys(tags) if tag and not tag.isdigit()][:_MOST_TAGS]


def _tag_lines(tags: list[str]) -> dict[str, str]:
    """Return the hashtags as lines: of all, and of the first few where a platform bears fewer."""
    return {"text": " ".join(tags), "two": " ".join(tags[:2]), "one": tags[0]}


def shown_price(price: float | None, currency: str, locale: str) -> str:
    """Return a price as the language writes it; empty where it is not known.

    Example:
        >>> shown_price(1250.5, "GBP", "en-GB")
        '£1,250.50'
    """
    if not price or price < 0 or not currency:
        return ""
    form = money_of(locale)
    sign = json.loads(form["symbols"]).get(currency, f"{currency}{form['after_code']}")
    amount = f"{price:,.2f}".translate(str.maketrans(",.", form["marks"]))
    return fill(form["money"], {"symbol": sign, "amount": amount})


def frames_in(locale: str, brand: str) -> list[tuple[str, str]]:
    """Return every frame of a language with its role: what asserts nothing and needs no source."""
    told = wordings_in(locale)
    return [
        (role, fill(text, {"brand": brand}))
        for table, role in _FRAMES.items()
        for texts in told[table].values()
        for text in texts
    ]


def wordings_in(locale: str) -> dict[str, Any]:
    """Return the wordings and frames of a language.

    Raises:
        ProviderError: There are none.
    """
    told = _wordings().get(locale[:2])
    if told is None:
        raise ProviderError(
            f"Product texts cannot be written in {locale} yet; the languages are: "
            f"{', '.join(sorted(_wordings()))}."
        )
    return dict(told)


@lru_cache(maxsize=1)
def _wordings() -> dict[str, Any]:
    text = resources.files(__package__).joinpath("product_wordings.toml").read_text("utf-8")
    return tomllib.loads(text)
