"""A team's own policy, laid over the default: what it may say, and what is wrong where it may not.

``policy.toml`` says at its top how it is written.  Every fault is told by its place, its value and
the way out, so that an officer can mend it without asking anybody.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from personalization.errors import InputError
from personalization.providers.azure_options import read_options
from personalization.safety.patterns import read_pattern, shown
from personalization.safety.rule_overlay import rules_over
from personalization.safety.shapes import alike, refuse_unknown, table_of, texts_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Table = dict[str, Any]

_LABEL: Final = re.compile(r"[\w.-]{1,40}")
_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_OTHER: Final = "other"


def laid_over(default: Table, own: Table) -> Table:
    """Return the policy that ``own`` makes of ``default``: what it does not name stays.

    Raises:
        InputError: It names something that a policy does not have, or says something of it that
            is not possible.
    """
    refuse_unknown("The policy", own, default)
    readers: dict[str, Callable[[Any, Any], Any]] = {
        "version": _label,
        "thresholds": lambda shipped, value: _thresholds(shipped, value, _highest(default, own)),
        "azure": _azure,
        "jurisdictions": _jurisdictions,
        "lists": _lists,
        "rules": rules_over,
    }
    return {**default, **{name: readers[name](default[name], value) for name, value in own.items()}}


def _label(_: str, own: Any) -> str:  # noqa: ANN401
    if not isinstance(own, str) or not _LABEL.fullmatch(own):
        raise InputError(
            f"version = {shown(own)} is no label. Use up to 40 letters, digits, dots and hyphens, "
            "such as version = '2027-01'."
        )
    return own


# Thresholds, Azure, countries, lists -------------------------------------------------------


def _azure(default: Table, own: Any) -> Table:  # noqa: ANN401
    found: Table = alike("[azure]", default, own, default)
    read_options(found)
    return found


def _highest(default: Table, own: Table) -> int:
    """Return the highest severity that the engine is able to give."""
    return max(read_options(_azure(default["azure"], own.get("azure", {}))).levels)


def _thresholds(default: Table, own: Any, highest: int) -> Table:  # noqa: ANN401
    found = table_of("[thresholds]", own)
    refuse_unknown("[thresholds] of the policy", found, default)
    own_ones = {name: _threshold(name, default[name], found[name], highest) for name in found}
    return {**default, **own_ones}


def _threshold(category: str, default: Table, own: Any, highest: int) -> Table:  # noqa: ANN401
    place = f"[thresholds.{category}]"
    found = table_of(place, own)
    refuse_unknown(place, found, default)
    for name, value in found.items():
        if type(value) is not int or not 0 <= value <= highest:
            raise InputError(
                f"{place} {name} = {shown(value)}: it is a whole number from 0 to {highest}."
            )
    if found.get("block_above") == highest:
        raise InputError(
            f"{place} block_above = {highest} would block nothing. Use {highest - 1} or less: the "
            "highest level always blocks."
        )
    return {**default, **found}


def _jurisdictions(default: Table, own: Any) -> Table:  # noqa: ANN401
    """Change what is said of a country, or add one that says all that the others' table says."""
    found, form = dict(default), _united(list(default.values()))
    for code, value in table_of("[jurisdictions]", own).items():
        place = f"[jurisdictions.{code}]"
        known = default.get(code, {})
        if not known and not _COUNTRY.fullmatch(code):
            listed = ", ".join(default) or "none"
            raise InputError(
                f"[jurisdictions] has no {code!r}. It knows: {listed}. A country that is new "
                "has its ISO 3166 code of two capitals."
            )
        whole = {} if known else default.get(_OTHER, {})
        if missing := sorted(whole.keys() - table_of(place, value).keys()):
            raise InputError(
                f"{place} is a new country and does not say: {', '.join(missing)}. Copy the table "
                f"[jurisdictions.{_OTHER}] and change what differs."
            )
        found[code] = alike(place, known, value, form)
        _refuse_emptied(code, known.get("footer", {}), found[code]["footer"])
    return found


def _refuse_emptied(code: str, default: Table, own: Table) -> None:
    for key, shipped in default.items():
        if isinstance(shipped, list) and shipped and not own[key]:
            raise InputError(
                f"[jurisdictions.{code}.footer] {key} = [] would take away what the law there asks "
                f"of a footer. Keep one of: {', '.join(shipped)}."
            )


def countries_kept(default: Table, own: Mapping[str, Any]) -> Table:
    """Return the countries as they ship, with those that are new and with new words to get out.

    Words for the way out in one more language are no way around what a footer has to hold.

    Args:
        default: The countries as they ship.
        own: The same with what a team's own policy says.
    """
    found: Table = dict(own)
    for code, table in default.items():
        footer, theirs = table["footer"], own[code]["footer"]
        words = [*footer["opt_out"], *(w for w in theirs["opt_out"] if w not in footer["opt_out"])]
        found[code] = {**own[code], "footer": {**footer, "opt_out": words}}
    return found


def _united(tables: list[Any]) -> Any:  # noqa: ANN401
    """Return a table with all that any of the tables says: the form that each of them may have."""
    found: Table = {}
    for table in tables:
        for key, value in table.items():
            known = found.get(key)
            is_table = isinstance(known, dict) and isinstance(value, dict)
            found[key] = _united([known, value]) if is_table else value
    return found


def _lists(default: Table, own: Any) -> Table:  # noqa: ANN401
    """Replace a list of words that patterns name, or add words to it."""
    found, result = table_of("[lists]", own), dict(default)
    refuse_unknown("[lists]", found, [*default, *(f"{name}_add" for name in default)])
    for key, value in found.items():
        name = key.removesuffix("_add") if key not in default else key
        if key == name:
            if not isinstance(value, str) or not value.strip():
                raise InputError(f"[lists] {key} = {shown(value)} is no pattern in quotes.")
            read_pattern(f"[lists] {key}", value, {})
            result[name] = value
        elif name in found:
            raise InputError(f"[lists] has both {name} and {key}. Keep one of them.")
        else:
            words = texts_of(f"[lists] {key}", value)
            for word in words:
                read_pattern(f"[lists] {key}", word, {})
            result[name] = f"(?:{default[name]}|{'|'.join(words)})"
    return result
