"""The policy: which rules there are, how strict they are, and what they rest on.

``policy.toml`` beside this module is what an officer reads; the thresholds for the categories
of harm come from the settings.  A policy's version covers every word of it, so that no change
goes unnoticed by the gate.
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from dataclasses import asdict, dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from personalization.domain import Decision
from personalization.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personalization.settings import Safety

CATEGORIES: Final = ("hate", "self_harm", "sexual", "violence")

_KNOWN: Final = frozenset((
    "action", "severity", "basis", "message", "advice", "patterns", "unless", "unless_near",
    "weighted", "limit", "names", "words",
))  # fmt: skip
_ACTIONS: Final = (Decision.WARN, Decision.REVIEW, Decision.BLOCK)
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


@dataclass(frozen=True, slots=True)
class Policy:
    """What is in force: the rules, and from which severity a category of harm stops a message.

    Attributes:
        version: Label of the settings and a fingerprint of everything below.
        rules: By name.
        block_above: A category severity above this blocks, 0 to 6.
        review_from: From this on a named reviewer has to give a reason.
        document: The same as JSON, as it is put on record.
    """

    version: str
    rules: Mapping[str, Rule]
    block_above: int
    review_from: int
    document: str

    def harm_action(self, severity: int) -> Decision:
        """Return what a category severity asks for."""
        if severity > self.block_above:
            return Decision.BLOCK
        if severity >= self.review_from:
            return Decision.REVIEW
        return Decision.WARN if severity > 0 else Decision.PASS


def read_policy(settings: Safety, text: str | None = None) -> Policy:
    """Return the policy of these settings.

    Args:
        settings: Thresholds, engine and the label of the version.
        text: TOML of the rules; the one that ships where it is left out.

    Raises:
        InputError: The TOML cannot be read, names an unknown key, or holds a broken pattern.
    """
    source = text or _shipped()
    document = json.dumps(
        {"settings": asdict(settings), "rules_sha256": hashlib.sha256(source.encode()).hexdigest()},
        sort_keys=True,
    )
    digest = hashlib.sha256(document.encode()).hexdigest()[:8]
    return Policy(
        version=f"{settings.policy_version}.{digest}",
        rules=read_rules(source),
        block_above=settings.block_above,
        review_from=settings.review_from,
        document=document,
    )


def _shipped() -> str:
    return resources.files(__package__).joinpath("policy.toml").read_text("utf-8")


@cache
def read_rules(text: str) -> Mapping[str, Rule]:
    """Read the rules of a policy's TOML, by name.

    Raises:
        InputError: It is no TOML, a rule has an unknown key, or a pattern cannot be read.
    """
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"The policy cannot be read as TOML: {error}") from error
    lists = found.get("lists", {})
    return {name: _read_rule(name, values, lists) for name, values in found["rules"].items()}


def _read_rule(name: str, found: dict[str, Any], lists: dict[str, str]) -> Rule:
    if unknown := sorted(found.keys() - _KNOWN):
        raise InputError(f"Rule {name} of the policy has no {unknown[0]!r}.")
    action = Decision(found["action"])
    if action not in _ACTIONS:
        raise InputError(f"Rule {name} of the policy: action is one of warn, review, block.")

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
