"""The policy: which rules there are, how strict they are, and what they rest on.

``policy.toml`` beside this module is the default.  A team's own policy is a TOML text that is
read over it and names only what differs: thresholds, rules, lists of words, jurisdictions.  A
policy's version covers every word of both, the engine and the sender, so that no change goes
unnoticed by the gate.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from dataclasses import asdict, dataclass, field, replace
from functools import cache, lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from personalization.domain import Decision
from personalization.errors import InputError
from personalization.safety.consent_law import read_consent_law
from personalization.safety.overlay import countries_kept, laid_over
from personalization.safety.patterns import read_pattern, refuse_unsafe
from personalization.safety.rule_overlay import PATTERNS

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator, Mapping

    from personalization.settings import Brand

CATEGORIES: Final = ("hate", "self_harm", "sexual", "violence")

_OFF: Final = "off"


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
        shipped: The rule as it ships, where it ships as blocking and a team's own words, excuses,
            lists or limits differ: what it finds is for review at least.
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
    shipped: Rule | None = None


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
    overlay: str = "",
    *,
    engine: str = "embedded",
    engine_version: str = "",
    sender: Brand | None = None,
) -> Policy:
    """Return the policy that a team's own TOML makes of the default.

    Args:
        overlay: TOML of what differs from the default; ``policy.toml`` says how it is written.
        engine: Which engine rates the categories of harm.
        engine_version: Its version; a new one makes another policy, which judges anew.
        sender: Who is held against the rules for footers and links.

    Raises:
        InputError: The TOML cannot be read, says something that a policy cannot say, or holds a
            pattern that would hold up every screening.  The message names place, value and way out.
    """
    own = read_toml(overlay)
    found = laid_over(shipped(), own)
    document = json.dumps(
        {"policy": found, "engine": engine, "engine_version": engine_version,
         "sender": asdict(sender) if sender else {}},
        sort_keys=True, separators=(",", ":"), ensure_ascii=False,
    )  # fmt: skip
    digest = hashlib.sha256(document.encode()).hexdigest()[:8]
    _refuse_unsafe(found, own)
    read_consent_law(found["jurisdictions"])
    return Policy(
        version=f"{found['version']}.{digest}",
        rules=_read_rules(found),
        off=frozenset(name for name, rule in found["rules"].items() if rule["action"] == _OFF),
        thresholds={
            category: Threshold(table["block_above"], table["review_from"])
            for category, table in found["thresholds"].items()
        },
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
    except (ValueError, RecursionError) as error:  # a number of too many digits is a ValueError
        raise InputError(
            f"The policy cannot be read as TOML: {error}. Patterns stand in single quotes, tables "
            "in brackets: [rules.'style.shouting']."
        ) from error


def _read_rules(found: dict[str, Any]) -> dict[str, Rule]:
    rules = {
        name: replace(
            _read_rule(name, values, found["lists"]), jurisdictions=found["jurisdictions"]
        )
        for name, values in found["rules"].items()
        if values["action"] != _OFF
    }
    return {name: replace(rule, shipped=_shipped_beside(rule)) for name, rule in rules.items()}


def _shipped_beside(rule: Rule) -> Rule | None:
    """Return a blocking rule as it ships, where the team's own finds something else."""
    default = shipped()
    if default["rules"][rule.name]["action"] != Decision.BLOCK:
        return None
    kept = replace(
        _read_rule(rule.name, default["rules"][rule.name], default["lists"]),
        jurisdictions=countries_kept(default["jurisdictions"], rule.jurisdictions),
    )
    stated = (getattr(kept, name) for name in _FINDING)
    own = (getattr(rule, name) for name in _FINDING)
    return None if all(a == b for a, b in zip(stated, own, strict=True)) else kept


_FINDING: Final = (
    "patterns", "unless", "unless_near", "weighted", "limit", "limits", "names", "words",
    "jurisdictions",
)  # fmt: skip
"""What of a rule decides what it finds."""


def _read_rule(name: str, found: dict[str, Any], lists: dict[str, str]) -> Rule:
    def compiled(key: str) -> tuple[re.Pattern[str], ...]:
        return tuple(pattern for pattern, _ in _patterns(name, key, found, lists))

    weights = [weight for _, weight in found.get("weighted", ())]
    return Rule(
        name=name,
        action=Decision(found["action"]),
        severity=int(found["severity"]),
        basis=found["basis"],
        message=found["message"],
        advice=found["advice"],
        patterns=compiled("patterns"),
        unless=compiled("unless"),
        unless_near=compiled("unless_near"),
        weighted=tuple(zip(compiled("weighted"), weights, strict=True)),
        limit=int(found.get("limit", 0)),
        names=frozenset(found.get("names", ())),
        words=frozenset(found.get("words", ())),
        version=int(found.get("version", 1)),
        limits=dict(found.get("limits", {})),
    )


def _patterns(
    rule: str, key: str, found: dict[str, Any], lists: dict[str, str]
) -> Iterator[tuple[re.Pattern[str], str]]:
    """Yield each pattern of one of a rule's lists, with how it is written."""
    for entry in found.get(key, ()):
        written = entry[0] if key == "weighted" else entry
        yield read_pattern(f"[rules.{rule!r}] {key}", written, lists), written


def _refuse_unsafe(found: dict[str, Any], own: dict[str, Any]) -> None:
    """Try every pattern that does not ship, those too that a list of the team's own changes."""
    default, lists = shipped(), found["lists"]
    changed = [name for name in lists if lists[name] != default["lists"][name]]
    if not changed and "rules" not in own:
        return
    suspects = {
        read_pattern(f"[lists] {name}", lists[name], {}): (f"[lists] {name}", lists[name])
        for name in changed
    }
    known = {pattern for _, _, pattern, _ in _all_patterns(default, default["lists"])}
    for name, key, pattern, written in _all_patterns(found, lists):
        if pattern not in known:
            suspects[pattern] = (f"[rules.{name!r}] {key}", written)
    refuse_unsafe(suspects)


def _all_patterns(
    found: dict[str, Any], lists: dict[str, str]
) -> Iterator[tuple[str, str, re.Pattern[str], str]]:
    for name, rule in found["rules"].items():
        for key in (*PATTERNS, "weighted"):
            for pattern, written in _patterns(name, key, rule, lists):
                yield name, key, pattern, written
