"""What the officer sees of the policy: what is in force, and what each version changed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from personalization import safety
from personalization.domain import Message
from personalization.errors import InputError
from personalization.providers.local_screener import HONEST_SENTENCE
from personalization.reports.rates import Rate, rate
from personalization.safety.policy import read_toml, shipped, shipped_text
from personalization.safety.rule_overlay import LISTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from personalization.store import Store

Policy = safety.Policy
Draft = safety.Draft
Replay = safety.Replay
CampaignFlips = safety.CampaignFlips
Flip = safety.Flip

ABOUT_BANDS: Final = HONEST_SENTENCE
"""What the built-in screener's levels are worth."""

_VERSIONS = """
    SELECT number, policy_version, activated_at, activated_by, coalesce(note, '') AS note,
           coalesce(is_from_file, false) AS is_from_file, coalesce(overlay, '') AS overlay,
           json_extract_string(policy, '$.engine') AS engine
    FROM policies ORDER BY number DESC
"""


@dataclass(frozen=True, slots=True)
class Version:
    """One policy that was put in force.

    Attributes:
        number: Counts up; the highest is in force.
        note: What was changed and why; empty where the program itself was changed.
        overlay: The team's own TOML.
        engine: Which engine it was for.
    """

    number: int
    policy_version: str
    activated_at: datetime
    activated_by: str
    note: str
    is_from_file: bool
    overlay: str
    engine: str

    @property
    def is_published(self) -> bool:
        """Whether somebody put it in force; others come into force with the next screening."""
        return bool(self.note)


def versions(store: Store) -> list[Version]:
    """List every policy that was ever in force, the one in force first."""
    return [Version(**row) for row in store.records(_VERSIONS)]


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that two policies say otherwise.

    Attributes:
        place: Where, from the outer table in: ("rules", "style.shouting", "action").
        was: What the first says; None where the second adds it.
        now: What the second says; None where it takes it away.
    """

    place: tuple[str, ...]
    was: str | None
    now: str | None


_DOCUMENTS = """
    SELECT policy FROM policies WHERE number <= $number ORDER BY number DESC LIMIT 2
"""


def changes_of(store: Store, number: int) -> list[Change]:
    """List what a version changed on the one before it; nothing for the first."""
    rows = [json.loads(policy) for (policy,) in store.read(_DOCUMENTS, number=number)]
    return changes(rows[1], rows[0]) if len(rows) > 1 else []


def changes_between(before: Policy, after: Policy) -> list[Change]:
    """List what a draft changes on the policy in force."""
    return changes(json.loads(before.document), json.loads(after.document))


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """List what differs between two documents, value by value; of lists, entry by entry.

    Example:
        >>> changes({"policy": {"a": [1, 2]}}, {"policy": {"a": [2, 3]}})
        [Change(place=('a',), was='1', now=None), Change(place=('a',), was=None, now='3')]
    """
    return list(_differing(before, after, ()))


def _differing(before: Any, after: Any, place: tuple[str, ...]) -> Iterator[Change]:  # noqa: ANN401
    if isinstance(before, dict) and isinstance(after, dict):
        for key in [*before, *(key for key in after if key not in before)]:
            inner = place if key == "policy" and not place else (*place, key)
            yield from _differing(before.get(key), after.get(key), inner)
    elif isinstance(before, list) and isinstance(after, list):
        yield from (Change(place, _said(entry), None) for entry in before if entry not in after)
        yield from (Change(place, None, _said(entry)) for entry in after if entry not in before)
    elif before != after:
        yield Change(place, _said(before), _said(after))


def _said(value: Any) -> str | None:  # noqa: ANN401
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


# Rules -------------------------------------------------------------------------------------

_FIRED = """
    SELECT findings.rule, count(DISTINCT findings.screening_id) AS texts
    FROM findings JOIN latest_screenings USING (screening_id)
    GROUP BY findings.rule ORDER BY findings.rule
"""
_LABELLED = """
    SELECT rule, count(*) AS labelled, count(*) FILTER (is_false_alarm) AS false_alarms
    FROM judged_findings GROUP BY rule ORDER BY rule
"""


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One rule, as the table of rules shows it.

    Attributes:
        action: warn, review, block or off.
        shipped_action: The same as it ships.
        is_changed: Whether the team's own policy says anything of it.
        fired: Texts in whose newest screening it found something.
        false_alarms: Share of its labelled findings that reviewers call a false alarm.
    """

    name: str
    action: str
    shipped_action: str
    severity: int
    basis: str
    version: int
    message: str
    advice: str
    is_changed: bool
    fired: int
    false_alarms: Rate | None


def rules(store: Store, policy: Policy) -> list[RuleRow]:
    """List every rule of a policy, those that are switched off too, by name."""
    fired = dict(store.read(_FIRED))
    labelled = {rule: rate(wrong, n) for rule, n, wrong in store.read(_LABELLED)}
    default = shipped()["rules"]
    return [
        RuleRow(
            name=name,
            action=found["action"],
            shipped_action=default[name]["action"],
            severity=found["severity"],
            basis=found["basis"],
            version=found.get("version", 1),
            message=found["message"],
            advice=found["advice"],
            is_changed=found != default[name],
            fired=fired.get(name, 0),
            false_alarms=labelled.get(name),
        )
        for name, found in sorted(json.loads(policy.document)["policy"]["rules"].items())
    ]


@dataclass(frozen=True, slots=True)
class RuleWords:
    """The words of one of a rule's lists.

    Attributes:
        key: patterns, unless, unless_near, weighted, names or words.
        shipped: As the program has them.
        added: By the team.
        removed: Likewise.
        is_replaced: The team has a list of its own instead.
    """

    key: str
    shipped: tuple[str, ...]
    added: tuple[str, ...]
    removed: tuple[str, ...]
    is_replaced: bool


def words_of(overlay: str, rule: str) -> list[RuleWords]:
    """List the words of a rule, with what a team's own policy adds and takes away."""
    own, default = read_toml(overlay).get("rules", {}).get(rule, {}), shipped()["rules"][rule]
    return [
        RuleWords(
            key=key,
            shipped=tuple(map(_entry, default[key])),
            added=tuple(map(_entry, own.get(key, own.get(f"{key}_add", ())))),
            removed=tuple(map(_entry, own.get(f"{key}_remove", ()))),
            is_replaced=key in own,
        )
        for key in LISTS
        if key in default
    ]


def _entry(entry: str | list[Any]) -> str:
    return entry if isinstance(entry, str) else f"{entry[0]} = {entry[1]}"


def actions_of(rule: RuleRow) -> tuple[str, ...]:
    """Return the actions that a policy may give a rule: what must never go out stays held."""
    if rule.name.startswith("harm."):
        return (rule.shipped_action,)
    return ("block", "review") if rule.shipped_action == "block" else (
        "block", "review", "warn", "off"
    )  # fmt: skip


def limit_of(policy: Policy, rule: str) -> int | None:
    """Return the rule's own number under a policy, or None where it has none."""
    found = json.loads(policy.document)["policy"]["rules"][rule].get("limit")
    return None if found is None else int(found)


def shipped_policy() -> str:
    """Return the TOML that ships with the program: every rule with its words."""
    return shipped_text()


def outcomes(policy: Policy, category: str) -> list[tuple[int, str]]:
    """Say what each level of a category leads to under a policy: pass, warn, review or block."""
    threshold = policy.thresholds[category]
    return [(0, "pass"), *((level, threshold.action(level).value) for level in (2, 4, 6))]


_WAITING = """
    SELECT count(*) AS messages, count(DISTINCT campaign_id) AS campaigns FROM current_variants
    WHERE campaign_id NOT IN
        (SELECT campaign_id FROM experiments WHERE launched_at IS NOT NULL)
"""


def to_screen_again(store: Store) -> tuple[int, int]:
    """Count the messages that another policy would hold until they are screened, and campaigns."""
    messages, campaigns = store.read(_WAITING)[0]
    return int(messages), int(campaigns)


_TEXT = """
    SELECT subject, preheader, body, call_to_action, link, footer FROM variants
    WHERE variant_id = $variant_id AND version = $version
"""


def text_of(store: Store, variant_id: str, version: int) -> Message:
    """Return one version of a message, an old one too.

    Raises:
        InputError: There is no such version.
    """
    row = store.read_one(_TEXT, variant_id=variant_id, version=version)
    if row is None:
        raise InputError(f"There is no version {version} of message {variant_id!r}.")
    return Message(*row)
