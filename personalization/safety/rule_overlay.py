"""What a team's own policy may say of a rule: its action, its limits, and words to add or take out.

A rule that ships as blocking keeps what must never go out.  It can ask a reviewer, and no less;
its words can be added to, excused and taken out one by one, so that each is seen, and never be
replaced as a whole.  What the words that ship would have found is for review all the same.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any, Final

from personalization.errors import InputError
from personalization.safety.patterns import shown
from personalization.safety.shapes import alike, refuse_repeated, refuse_unknown, table_of, texts_of

if TYPE_CHECKING:
    Table = dict[str, Any]

ACTIONS: Final = ("warn", "review", "block", "off")
PATTERNS: Final = ("patterns", "unless", "unless_near")
LISTS: Final = (*PATTERNS, "weighted", "names", "words")
"""Keys of a rule that hold lists; each can be replaced, or added to and taken from."""

MOST_SEVERE: Final = 6
_HEAVIEST: Final = 10
_ROOM: Final = 10  # a rule's own number may be so many times what ships with the program
_HARM: Final = "harm."
_BLOCKLIST: Final = "harm.blocklist"


def rules_over(default: Table, own: Any) -> Table:  # noqa: ANN401
    """Return the rules with what a team's own policy says of them.

    Raises:
        InputError: There is no such rule or key, a value is impossible, or a rule that keeps what
            must never go out would let it.
    """
    found = table_of("[rules]", own)
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
    found = table_of(place, own)
    lists = [key for key in LISTS if key in default]
    amended = [f"{key}_{how}" for key in lists for how in ("add", "remove")]
    known = [key for key in default if key != "version"]
    refuse_unknown(place, found, [*known, *amended])
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
    return alike(place, default[key], own, default[key])


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
        return texts_of(place, own)
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
    refuse_repeated(place, own)
    return own
