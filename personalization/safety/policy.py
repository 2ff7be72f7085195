"""The policy: which rules there are, how strict they are, and what they rest on.

``policy.toml`` beside this module is the default.  A team's own policy is a TOML text that is
read over it and names only what differs: thresholds, rules, lists of words, jurisdictions.  A
policy's version covers every word of both, the engine and the sender, so that no change goes
unnoticed by the gate.
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from dataclasses import asdict, dataclass, field, replace
from functools import cache, lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from personalization.domain import Decision
from personalization.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personalization.settings import Brand

CATEGORIES: Final = ("hate", "self_harm", "sexual", "violence")

SECTIONS: Final = ("version", "thresholds", "azure", "jurisdictions", "lists", "rules")
"""What a policy's TOML consists of."""

_KNOWN: Final = frozenset((
    "action", "severity", "basis", "version", "message", "advice", "patterns", "unless",
    "unless_near", "weighted", "limit", "limits", "names", "words",
))  # fmt: skip
_OFF: Final = "off"
_ACTIONS: Final = (Decision.WARN, Decision.REVIEW, Decision.BLOCK)
_MOST_SEVERE: Final = 6
# What stays as it is when a pattern's spaces are widened: classes, look-behinds, escapes.
_PATTERN_PART: Final = re.compile(r"\[(?:\\.|[^\]\\])*\]|\(\?<[!=](?:\\.|[^)\\])*\)|\\.| [?*]?")
_WIDE: Final = {" ": r"\s+", " ?": r"\s?", " *": r"\s*"}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule as the policy states it.

    Attributes:
        name: family.rule, such as ``overpromise.guarantee``.
        action: What a hit asks for: warn, review or block.
        severity: 0 (harmless) to 6 (severe).
        basis: The law or house rule it rests on.
        version: Of the function behind the rule; goes up with every change of what it finds.
        limits: Several numbers of its own, by what they bound.
        jurisdictions: By code of the country, what the law there asks for.
        message: What is wrong, in one sentence.
        advice: What to write instead.
        patterns: Words that give cause.
        unless: Words around a hit that make it harmless.
        unless_near: The same, wherever they stand in the hit's sentence.
        weighted: Patterns with a weight, for rules that add up.
        limit: The rule's own number: a sum, a count or a distance.
        names: Words in capitals that are names.
        words: Short words in capitals that are not.
    """

    name: str
    action: Decision
    severity: int
    basis: str
    message: str
    advice: str
    patterns: tuple[re.Pattern[str], ...] = ()
    unless: tuple[re.Pattern[str], ...] = ()
    unless_near: tuple[re.Pattern[str], ...] = ()
    weighted: tuple[tuple[re.Pattern[str], int], ...] = ()
    limit: int = 0
    names: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()
    version: int = 1
    limits: Mapping[str, float] = field(default_factory=dict)
    jurisdictions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Threshold:
    """From which severity a category of harm stops a message.

    Attributes:
        block_above: A severity above this blocks, 0 to 5.
        review_from: From this on a named reviewer has to give a reason, 0 to 6.
    """

    block_above: int
    review_from: int

    def action(self, severity: int) -> Decision:
        """Return what a severity asks for."""
        if severity > self.block_above:
            return Decision.BLOCK
        if severity >= self.review_from:
            return Decision.REVIEW
        return Decision.WARN if severity > 0 else Decision.PASS


@dataclass(frozen=True, slots=True)
class Policy:
    """What is in force: the rules, and from which severity a category of harm stops a message.

    Attributes:
        version: The policy's label and a fingerprint of everything below.
        rules: By name; one that is switched off is not among them.
        off: Names of the rules that are switched off.
        thresholds: By category of harm.
        azure: What Azure AI Content Safety is asked for beside the categories.
        jurisdictions: By code of the country, what the law there asks for.
        overlay: The team's own TOML, empty where the default is in force as it ships.
        document: All of it as canonical JSON, as it is put on record.
    """

    version: str
    rules: Mapping[str, Rule]
    off: frozenset[str]
    thresholds: Mapping[str, Threshold]
    azure: Mapping[str, Any]
    jurisdictions: Mapping[str, Mapping[str, Any]]
    overlay: str
    document: str

    def harm_action(self, category: str, severity: int) -> Decision:
        """Return what a severity of a category asks for."""
        return self.thresholds[category].action(severity)


@lru_cache(maxsize=32)
def read_policy(
    overlay: str = "", *, engine: str = "embedded", sender: Brand | None = None
) -> Policy:
    """Return the policy that a team's own TOML makes of the default.

    Args:
        overlay: TOML of what differs from the default; tables are merged, all else is replaced.
        engine: Which engine rates the categories of harm.
        sender: Who is held against the rules for footers and links.

    Raises:
        InputError: The TOML cannot be read, names an unknown key, or holds a broken pattern.
    """
    found = merged(shipped(), read_toml(overlay))
    _refuse_unknown_sections(found)
    document = json.dumps(
        {"policy": found, "engine": engine, "sender": asdict(sender) if sender else {}},
        sort_keys=True, separators=(",", ":"), ensure_ascii=False,
    )  # fmt: skip
    digest = hashlib.sha256(document.encode()).hexdigest()[:8]
    return Policy(
        version=f"{found['version']}.{digest}",
        rules=_read_rules(found),
        off=frozenset(name for name, rule in found["rules"].items() if rule["action"] == _OFF),
        thresholds=_read_thresholds(found),
        azure=found["azure"],
        jurisdictions=found["jurisdictions"],
        overlay=overlay,
        document=document,
    )


@cache
def shipped() -> dict[str, Any]:
    """Return the default policy as its TOML says it."""
    return read_toml(shipped_text())


def shipped_text() -> str:
    """Return the TOML of the default policy."""
    return resources.files(__package__).joinpath("policy.toml").read_text("utf-8")


def read_toml(text: str) -> dict[str, Any]:
    """Read a policy's TOML; ``InputError`` says where it cannot be read."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"The policy cannot be read as TOML: {error}") from error


def merged(default: Any, own: Any) -> Any:  # noqa: ANN401
    """Return ``default`` with ``own`` over it: tables key by key, anything else as it is.

    Example:
        >>> merged({"a": {"b": 1, "c": [2]}}, {"a": {"c": [3]}})
        {'a': {'b': 1, 'c': [3]}}
    """
    if isinstance(default, dict) and isinstance(own, dict):
        return {
            key: merged(default[key], own[key]) if key in default and key in own
            else own.get(key, default.get(key))
            for key in {**default, **own}
        }  # fmt: skip
    return own


def _refuse_unknown_sections(found: dict[str, Any]) -> None:
    if unknown := sorted(found.keys() - set(SECTIONS)):
        raise InputError(f"The policy has no {unknown[0]!r}. It knows: {', '.join(SECTIONS)}.")


def _read_thresholds(found: dict[str, Any]) -> dict[str, Threshold]:
    table = found["thresholds"]
    if unknown := sorted(table.keys() - set(CATEGORIES)):
        known = ", ".join(CATEGORIES)
        raise InputError(f"[thresholds] of the policy has no {unknown[0]!r}. It knows: {known}.")
    return {category: _read_threshold(category, table[category]) for category in CATEGORIES}


def _read_threshold(category: str, found: dict[str, Any]) -> Threshold:
    place = f"[thresholds.{category}] of the policy"
    for name in ("block_above", "review_from"):
        if type(found.get(name)) is not int or not 0 <= found[name] <= _MOST_SEVERE:
            raise InputError(f"{place}: {name} is a whole number from 0 to {_MOST_SEVERE}.")
    if found["block_above"] == _MOST_SEVERE:
        raise InputError(f"{place}: block_above = 6 would block nothing. Use 5 or less.")
    return Threshold(found["block_above"], found["review_from"])


def _read_rules(found: dict[str, Any]) -> dict[str, Rule]:
    default, lists = shipped()["rules"], found["lists"]
    if unknown := sorted(found["rules"].keys() - default.keys()):
        raise InputError(
            f"The policy has no rule {unknown[0]!r}. A rule is a function of the program; what a "
            "policy says of it is its action, its words and its limits."
        )
    return {
        name: replace(_read_rule(name, values, lists), jurisdictions=found["jurisdictions"])
        for name, values in found["rules"].items()
        if values["action"] != _OFF
    }


def _read_rule(name: str, found: dict[str, Any], lists: dict[str, str]) -> Rule:
    if unknown := sorted(found.keys() - _KNOWN):
        raise InputError(f"Rule {name} of the policy has no {unknown[0]!r}.")
    if found["action"] not in {action.value for action in _ACTIONS}:
        raise InputError(f"Rule {name} of the policy: action is one of warn, review, block, off.")
    action = Decision(found["action"])

    def compiled(key: str) -> tuple[re.Pattern[str], ...]:
        return tuple(read_pattern(name, pattern, lists) for pattern in found.get(key, ()))

    return Rule(
        name=name,
        action=action,
        severity=int(found["severity"]),
        basis=found["basis"],
        message=found["message"],
        advice=found["advice"],
        patterns=compiled("patterns"),
        unless=compiled("unless"),
        unless_near=compiled("unless_near"),
        weighted=tuple((read_pattern(name, p, lists), w) for p, w in found.get("weighted", ())),
        limit=int(found.get("limit", 0)),
        names=frozenset(found.get("names", ())),
        words=frozenset(found.get("words", ())),
        version=int(found.get("version", 1)),
        limits=dict(found.get("limits", {})),
    )


def read_pattern(name: str, pattern: str, lists: Mapping[str, str]) -> re.Pattern[str]:
    """Compile one pattern of rule ``name``: whole words, any case, any white space for a space.

    Raises:
        InputError: It is no regular expression.
    """
    for key, words in lists.items():
        pattern = pattern.replace("{" + key + "}", words)
    wide = _PATTERN_PART.sub(lambda m: _WIDE.get(m[0], m[0]), pattern)
    whole = rf"(?:(?<!\w)|(?!\w))(?:{wide})(?:(?!\w)|(?<!\w))"
    try:
        return re.compile(whole, re.IGNORECASE | re.MULTILINE)
    except re.error as error:
        raise InputError(f"Rule {name}: the pattern {pattern!r} cannot be read: {error}") from error
