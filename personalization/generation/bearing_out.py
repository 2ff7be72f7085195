"""Whether a figure or a day of a claim is borne out by those of its sources."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from personalization.generation.facts import DAYS, Fact, facts

if TYPE_CHECKING:
    from collections.abc import Sequence

_SIDES: Final = frozenset({"start", "end"})
_DIGITS: Final = re.compile(r"\d+(?:\.\d+)?")


def missing_fact(fact: Fact, known: Sequence[Fact]) -> str:
    """Say in words why no fact of ``known`` bears ``fact`` out; empty where one does."""
    same = [k for k in known if k.kind == fact.kind and _agree(fact, k)]
    same = [k for k in same if not (fact.year and k.year) or fact.year == k.year]
    if not same:
        others = sorted({k.text for k in known if k.kind == fact.kind})
        instead = f"; it says {', '.join(others)}" if others else ""
        return f"‘{fact.text}’ does not stand in the source{instead}"
    return _wrong_day(fact, same) if fact.kind in DAYS else _wrong_number(fact, same)


def _agree(fact: Fact, known: Fact) -> bool:
    """Tell whether two figures are the same amount; 24 months are 2 years, 14 lb are not 14 kg."""
    if fact.measure and known.measure:
        return fact.measure == known.measure
    readings = {fact.value, fact.other_value or fact.value}
    return not readings.isdisjoint({known.value, known.other_value or known.value})


def _wrong_day(fact: Fact, same: Sequence[Fact]) -> str:
    sides = {k.bound for k in same}
    if fact.bound in _SIDES and sides <= _SIDES and fact.bound not in sides:
        return f"the source does not say ‘{fact.bound}’ of {fact.text}"
    return ""


def _wrong_number(fact: Fact, same: Sequence[Fact]) -> str:
    if not any(_same_bound(fact, k) for k in same):
        wanted = next((k.bound for k in same if k.bound), "no such bound")
        return f"‘{fact.text}’ stands in the source with another bound ({wanted})"
    if all(k.partner and not k.partner.startswith("/") for k in same) and not any(
        _same_range(fact, k) for k in same
    ):
        return f"‘{fact.text}’ is one end of a range in the source"
    if fact.kind == "money" and all(k.each and k.each != fact.each for k in same):
        return f"‘{fact.text}’ is for each {same[0].each} in the source"
    if fact.anchor and all(k.anchor and k.anchor != fact.anchor for k in same):
        return f"‘{fact.text}’ runs from something else in the source"
    is_bare = fact.kind == "count" and "." not in fact.value
    has_unit = any(fact.measure and k.measure for k in same)
    unlike = all(fact.nouns and k.nouns and not fact.nouns & k.nouns for k in same)
    if is_bare and not has_unit and unlike:
        return f"‘{fact.text}’ counts something else in the source"
    return ""


def _same_bound(fact: Fact, known: Fact) -> bool:
    if known.partner.replace("/", "") != known.partner:
        return fact.bound == known.bound and (not fact.partner or fact.partner == known.partner)
    if known.partner and fact.bound:
        lower = _first(known) < _first(known, partner=True)
        return fact.bound == ("at least" if lower else "at most")
    return fact.bound == known.bound


def _same_range(fact: Fact, known: Fact) -> bool:
    return bool(fact.bound) or fact.partner == known.partner


def _first(fact: Fact, *, partner: bool = False) -> float:
    text = fact.partner if partner else fact.value
    return float(text.split()[-1])


def numbers(text: str) -> frozenset[str]:
    """Return the numbers of a text without kind and unit, as far as they can be compared.

    Example:
        >>> sorted(numbers("On 3 May 2019 twenty-five people paid $1,200."))
        ['1200', '2019', '25', '3']
    """
    plain = {n.lstrip("0") or "0" for n in _DIGITS.findall(text.replace(",", ""))}
    in_words = {f.value for f in facts(text) if f.kind == "count" and not _DIGITS.search(f.text)}
    return frozenset(plain | in_words)
