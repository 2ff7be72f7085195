"""A team's own policy, laid over the default: what it may say, and what is wrong where it may not.

``policy.toml`` says at its top how it is written.  Every fault is told by its place, its value and
the way out, so that an officer can mend it without asking anybody.
"""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Any, Final

from personalization.errors import InputError
from personalization.providers.azure_options import read_options
from personalization.safety.patterns import read_pattern, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Table = dict[str, Any]

ACTIONS: Final = ("warn", "review", "block", "off")
PATTERNS: Final = ("patterns", "unless", "unless_near")
LISTS: Final = (*PATTERNS, "weighted", "names", "words")
"""Keys of a rule that hold lists; each can be replaced, or added to and taken from."""

MOST_SEVERE: Final = 6
_HEAVIEST: Final = 10
_ROOM: Final = 10  # a rule's own number may be so many times what ships with the program
_LABEL: Final = re.compile(r"[\w.-]{1,40}")
_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_OTHER: Final = "other"
_HARM: Final = "harm."
_BLOCKLIST: Final = "harm.blocklist"


def laid_over(default: Table, own: Table) -> Table:
    """Return the policy that ``own`` makes of ``default``: what it does not name stays.

    Raises:
        InputError: It names something that a policy does not have, or says something of it that
            is not possible.
    """
    _refuse_unknown("The policy", own, default)
    readers: dict[str, Callable[[Any, Any], Any]] = {
        "version": _label,
        "thresholds": lambda shipped, value: _thresholds(shipped, value, _highest(default, own)),
        "azure": _azure,
        "jurisdictions": _jurisdictions,
        "lists": _lists,
        "rules": _rules,
    }
    return {**default, **{name: readers[name](default[name], value) for name, value in own.items()}}


def _label(_: str, own: Any) -> str:  # noqa: ANN401
    if not isinstance(own, str) or not _LABEL.fullmatch(own):
        raise InputError(
            f"version = {shown(own)} is no label. Use up to 40 letters, digits, dots and hyphens, "
            "such as version = '2027-01'."
        )
    return own


def _table(place: str, own: Any) -> Table:  # noqa: ANN401
    if not isinstance(own, dict):
        raise InputError(f"{place} = {shown(own)} is no table. Write its keys below {place}.")
    return own


def _refuse_unknown(place: str, own: Table, known: Iterable[str], why: str = "") -> None:
    names = list(known)
    for name in own:
        if name not in names:
            near = difflib.get_close_matches(name, names, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            listed = ", ".join(names) or "nothing"
            raise InputError(f"{place} has no {name!r}.{hint} {why or f'It knows: {listed}.'}")


# Thresholds, Azure, countries, lists -------------------------------------------------------


def _azure(default: Table, own: Any) -> Table:  # noqa: ANN401
    found: Table = _alike("[azure]", default, own)
    read_options(found)
    return found


def _highest(default: Table, own: Table) -> int:
    """Return the highest severity that the engine is able to give."""
    return max(read_options(_azure(default["azure"], own.get("azure", {}))).levels)


def _thresholds(default: Table, own: Any, highest: int) -> Table:  # noqa: ANN401
    found = _table("[thresholds]", own)
    _refuse_unknown("[thresholds] of the policy", found, default)
    own_ones = {name: _threshold(name, default[name], found[name], highest) for name in found}
    return {**default, **own_ones}


def _threshold(category: str, default: Table, own: Any, highest: int) -> Table:  # noqa: ANN401
    place = f"[thresholds.{category}]"
    found = _table(place, own)
    _refuse_unknown(place, found, default)
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
    found = dict(default)
    for code, value in _table("[jurisdictions]", own).items():
        place = f"[jurisdictions.{code}]"
        if code in default:
            found[code] = _alike(place, default[code], value)
            continue
        if not _COUNTRY.fullmatch(code):
            known = ", ".join(default) or "none"
            raise InputError(
                f"[jurisdictions] has no {code!r}. It knows: {known}. A country that is new "
                "has its ISO 3166 code of two capitals."
            )
        whole = default.get(_OTHER, {})
        if missing := sorted(whole.keys() - _table(place, value).keys()):
            raise InputError(
                f"{place} is a new country and does not say: {', '.join(missing)}. Copy the table "
                f"[jurisdictions.{_OTHER}] and change what differs."
            )
        found[code] = _alike(place, whole, value)
    return found


def _alike(place: str, default: Any, own: Any) -> Any:  # noqa: ANN401
    """Return ``own`` over ``default``; it has to be of the same form in every part."""
    if isinstance(default, dict):
        found = _table(place, own)
        _refuse_unknown(place, found, default)
        inner = place.removesuffix("]")
        return {**default, **{k: _alike(f"{inner}.{k}]", default[k], v) for k, v in found.items()}}
    if isinstance(default, list):
        return _texts(place, own)
    kind = int if isinstance(default, float) and type(own) is int else type(default)
    if type(own) is not kind or (kind in (int, float) and not 0 <= own <= 10_000):  # noqa: PLR2004
        raise InputError(f"{place} = {shown(own)} is not of the form of {shown(default)}.")
    return own


def _texts(place: str, own: Any) -> list[Any]:  # noqa: ANN401
    if not isinstance(own, list):
        raise InputError(f"{place} = {shown(own)} is no list. Write it as ['one', 'another'].")
    for entry in own:
        if not isinstance(entry, str) or not entry.strip():
            raise InputError(f"{place} holds {shown(entry)}. Each entry is a text in quotes.")
    _refuse_repeated(place, own)
    return own


def _refuse_repeated(place: str, own: list[Any]) -> None:
    for number, entry in enumerate(own):
        if entry in own[:number]:
            raise InputError(f"{place} holds {shown(entry)} twice. Take one of them out.")


def _lists(default: Table, own: Any) -> Table:  # noqa: ANN401
    """Replace a list of words that patterns name, or add words to it."""
    found, result = _table("[lists]", own), dict(default)
    _refuse_unknown("[lists]", found, [*default, *(f"{name}_add" for name in default)])
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
            words = _texts(f"[lists] {key}", value)
            for word in words:
                read_pattern(f"[lists] {key}", word, {})
            result[name] = f"(?:{default[name]}|{'|'.join(words)})"
    return result


# Rules -------------------------------------------------------------------------------------


def _rules(default: Table, own: Any) -> Table:  # noqa: ANN401
    found = _table("[rules]", own)
    for name in found:
        if name not in default:
            near = difflib.get_close_matches(name, default, n=1)
            hint = f"Did you mean [rules.{near[0]!r}]?" if near else ""
            raise InputError(
                f"The policy has no rule {name!r}. {hint} A rule is a function of the program; "
                "what a policy says of it is its action, its words and its limits. Write its name "
                "in quotes: [rules.'style.shouting']."
            )
    return {**default, **{name: _rule(name, default[name], found[name]) for name in found}}


def _rule(name: str, default: Table, own: Any) -> Table:  # noqa: ANN401
    place = f"[rules.{name!r}]"
    found = _table(place, own)
    lists = [key for key in LISTS if key in default]
    amended = [f"{key}_{how}" for key in lists for how in ("add", "remove")]
    known = [key for key in default if key != "version"]
    _refuse_unknown(place, found, [*known, *amended])
    plain = {k: _value(name, k, default, v) for k, v in found.items() if k in known}
    return {
        **default,
        **plain,
        **{
            key: _amended(name, key, default, found)
            for key in lists
            if found.keys() & {key, f"{key}_add", f"{key}_remove"}
        },
    }


def _value(rule: str, key: str, default: Table, own: Any) -> Any:  # noqa: ANN401
    """Check one value of a rule; lists are looked at by ``_amended``."""
    place = f"[rules.{rule!r}] {key}"
    if key in LISTS:
        return own
    if key == "action":
        return _action(rule, default[key], own)
    if key == "severity":
        if type(own) is not int or not 0 < own <= MOST_SEVERE:
            raise InputError(f"{place} = {shown(own)}: it is a whole number from 1 to 6.")
        return own
    if key == "limit":
        most = _ROOM * max(default[key], 1)
        if type(own) is not int or not 0 <= own <= most:
            raise InputError(f"{place} = {shown(own)}: it is a whole number from 0 to {most}.")
        return own
    if isinstance(default[key], str) and (not isinstance(own, str) or not own.strip()):
        raise InputError(f"{place} = {shown(own)} is no text. Write a sentence in quotes.")
    return _alike(place, default[key], own)


def _action(rule: str, default: str, own: Any) -> str:  # noqa: ANN401
    place = f"[rules.{rule!r}] action = {shown(own)}"
    if own not in ACTIONS:
        raise InputError(f"{place}: it is one of {', '.join(ACTIONS)}.")
    if rule == _BLOCKLIST and own != default:
        raise InputError(
            f"{place}: a word of a blocklist always blocks. Take the list out of [azure] "
            "blocklists, or the word out of the list."
        )
    if rule.startswith(_HARM) and own != default:
        category = rule.removeprefix(_HARM)
        raise InputError(
            f"{place}: what a level of harm asks for is set by category. Change "
            f"[thresholds.{category}] instead."
        )
    if default == "block" and own in ("warn", "off"):
        raise InputError(
            f"{place}: this rule keeps what must never go out, so it can be 'block' or 'review', "
            "and a named reviewer looks at each case. To let some words pass, add them to its "
            "unless list or take a pattern out."
        )
    return str(own)


def _amended(rule: str, key: str, default: Table, own: Table) -> list[Any]:
    """Return a rule's list as the policy has it: replaced, or with entries added and removed."""
    place, shipped = f"[rules.{rule!r}] {key}", list(default[key])
    add, remove = f"{key}_add", f"{key}_remove"
    if key in own and (add in own or remove in own):
        raise InputError(
            f"{place} is replaced and changed at once. Keep {key}, or keep {add} and {remove}."
        )
    if key in own:
        found = _entries(place, key, own[key])
        if default["action"] == "block" and key in ("patterns", "weighted"):
            raise InputError(
                f"{place}: the words of a rule that blocks cannot be replaced as a whole. Use "
                f"{add} and {remove}, so that whoever reads the policy sees what is missing."
            )
        return found
    gone = _entries(f"{place}_remove", key, own.get(remove, []))
    for entry in gone:
        if entry not in shipped:
            near = difflib.get_close_matches(str(entry), map(str, shipped), n=1)
            hint = f" Did you mean {shown(near[0])}?" if near else ""
            raise InputError(f"{place}_remove: the rule does not have {shown(entry)}.{hint}")
    new = _entries(f"{place}_add", key, own.get(add, []))
    for entry in new:
        if entry in shipped:
            raise InputError(f"{place}_add: the rule has {shown(entry)} already. Take it out here.")
    found = [entry for entry in shipped if entry not in gone] + new
    if not found and shipped and default["action"] == "block" and key in ("patterns", "weighted"):
        raise InputError(f"{place}_remove would leave the rule nothing to find. Keep a pattern.")
    return found


def _entries(place: str, key: str, own: Any) -> list[Any]:  # noqa: ANN401
    if key != "weighted":
        return _texts(place, own)
    if not isinstance(own, list):
        raise InputError(f"{place} = {shown(own)} is no list. Write it as [['act now', 2]].")
    for entry in own:
        is_pair = isinstance(entry, list) and len(entry) == 2  # noqa: PLR2004
        is_good = is_pair and isinstance(entry[0], str) and entry[0].strip()
        if not is_good or type(entry[1]) is not int or not 0 < entry[1] <= _HEAVIEST:
            raise InputError(
                f"{place} holds {shown(entry)}. Each entry is a pattern and its weight from 1 to "
                f"{_HEAVIEST}, such as ['act now', 2]."
            )
    _refuse_repeated(place, own)
    return own
