"""One stored text under two policies: the one in force, and a draft of another.

Rules are run anew over the text as it was, with its sources as they stand.  Levels of harm are
those that the engine gave the same bytes then, so no engine is asked.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from personalization.domain import Decision, Finding, Message
from personalization.providers.azure_options import read_options
from personalization.providers.protocols import HarmAnalysis
from personalization.safety.evidence import evidence_of_many
from personalization.safety.harm import highest_of
from personalization.safety.policy import CATEGORIES
from personalization.safety.screening import screen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personalization.safety.policy import Policy
    from personalization.safety.reading import Context
    from personalization.settings import Settings
    from personalization.store import Store

_HARM: Final = "harm."
_BY_LEVEL: Final = frozenset(f"{_HARM}{category}" for category in CATEGORIES)


@dataclass(frozen=True, slots=True)
class Flip:
    """One text, and what the policy in force and the draft make of it.

    Attributes:
        was: The decision under the policy in force; ``now`` is the one under the draft.
        cause: The rule that makes the difference: the worst that is new, or that is gone.
        field: Where it found cause; so are ``text``, the words, and ``why``.
        is_sendable: Whether the text could go out now.
        is_launched: Whether its campaign was launched, so that nothing is decided on it any more.
        recipients: Customers who were sent these very bytes.
        is_simulated: Whether they were sent in a simulation only.
        is_drifted: Whether the policy in force would already decide otherwise than it did, because
            sources, dates or the audience have changed since.
    """

    campaign_id: str
    campaign: str
    variant_id: str
    version: int
    segment: str
    arm: str
    subject: str
    was: Decision
    now: Decision
    cause: str
    field: str
    text: str
    why: str
    is_current: bool
    is_sendable: bool
    is_launched: bool
    recipients: int
    is_simulated: bool
    is_drifted: bool

    @property
    def is_waiting(self) -> bool:
        """Whether the text could go out now, and has not gone out with its campaign."""
        return self.is_sendable and not self.is_launched


@dataclass(frozen=True, slots=True)
class _Silent:
    """Stands for an engine that is not asked: what it said then is on record."""

    name: str
    version: str
    blocklists: tuple[str, ...]

    def analyze(self, _: str) -> HarmAnalysis:
        return HarmAnalysis(tuple((category, 0) for category in CATEGORIES))


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges stored texts under two policies; what is alike in every respect is judged once.

    A rule that both policies have word for word is not run again where the record was made under
    the policy in force, by the brand profile and the brief of now: it would find the same.

    Attributes:
        keys: Id and version of every text that will be asked about.
        seen: What was found, by text, evidence and policy.
        evidence: By whether the policy has the countries of the one in force.
    """

    store: Store
    settings: Settings
    draft: Policy
    known: Policy
    keys: tuple[tuple[str, int], ...]
    seen: dict[tuple[object, ...], tuple[Finding, ...]] = field(default_factory=dict)
    evidence: dict[bool, Mapping[tuple[str, int], Context]] = field(default_factory=dict)

    def of(self, row: dict[str, Any], stored: list[Finding]) -> Flip:
        """Say what the policy in force and the draft make of one text."""
        silent = _Silent(row["engine"], row["engine_version"], ())
        changed = frozenset(
            name for name in self.known.rules.keys() | self.draft.rules.keys()
            if self.known.rules.get(name) != self.draft.rules.get(name)
        )  # fmt: skip
        if row["policy_version"] == self.known.version and not row["is_outdated"]:
            base = tuple(f for f in stored if not f.rule.startswith(_HARM))
            known = self._with(base, changed, row, self.known)
        else:
            base = known = self._found(row, self.known, None)
        now = self._with(base, changed, row, self.draft)
        before = (*known, *_harm(stored, self.known, silent))
        after = (*now, *_harm(stored, self.draft, silent))
        was, would_be = _worst(before), _worst(after)
        cause = None
        if was is not would_be:
            cause = _cause(before, after, is_stricter=would_be.rank > was.rank)
        return Flip(
            was=was, now=would_be, campaign=row["name"],
            cause=cause.rule if cause else "", field=cause.field if cause else "",
            text=cause.text if cause else "", why=cause.message if cause else "",
            is_drifted=row["policy_version"] == self.known.version and was != row["decision"],
            **{name: row[name] for name in _OF_ROW},
        )  # fmt: skip

    def _with(
        self, base: tuple[Finding, ...], changed: frozenset[str], row: dict[str, Any],
        policy: Policy,
    ) -> tuple[Finding, ...]:  # fmt: skip
        """Return the findings of ``base`` with those of the changed rules found anew."""
        if not changed - _BY_LEVEL:
            return base
        anew = self._found(row, policy, changed)
        return (*(f for f in base if f.rule not in changed), *anew)

    def _found(
        self, row: dict[str, Any], policy: Policy, only: frozenset[str] | None
    ) -> tuple[Finding, ...]:
        """Run the rules, or only some of them, over one text with its evidence."""
        context = self._evidence(policy)[row["variant_id"], row["version"]]
        text = Message(*(row[name] for name in Message.__slots__))
        key = (text, context, policy.version, only)
        if key not in self.seen:
            off = policy.off if only is None else policy.off | (policy.rules.keys() - only)
            asked = read_options(policy.azure).blocklists
            silent = _Silent(row["engine"], row["engine_version"], asked)
            findings = screen(text, context, silent, replace(policy, off=off)).findings
            self.seen[key] = tuple(f for f in findings if only is None or f.rule in only)
        return self.seen[key]

    def _evidence(self, policy: Policy) -> Mapping[tuple[str, int], Context]:
        """Gather the evidence of all texts at once; jurisdictions are all a policy adds to it."""
        same = policy.jurisdictions == self.known.jurisdictions
        if same not in self.evidence:
            self.evidence[same] = evidence_of_many(
                self.store, self.settings.brand, self.keys, policy=policy
            )
        return self.evidence[same]


def _harm(stored: list[Finding], policy: Policy, engine: _Silent) -> tuple[Finding, ...]:
    """Return what the engine found then, with what the policy asks for at those levels."""
    highest = highest_of(engine, policy)
    return tuple(
        replace(finding, action=_action(finding, policy, highest))
        for finding in stored if finding.rule.startswith(_HARM)
    )  # fmt: skip


def _action(finding: Finding, policy: Policy, highest: int) -> Decision:
    if finding.rule not in _BY_LEVEL:  # a word of a blocklist, or a failure
        return finding.action
    if finding.severity >= highest:
        return Decision.BLOCK
    return policy.harm_action(finding.rule.removeprefix(_HARM), finding.severity)


def _worst(findings: tuple[Finding, ...]) -> Decision:
    return max((f.action for f in findings), key=lambda a: a.rank, default=Decision.PASS)


_OF_ROW: Final = (
    "campaign_id", "variant_id", "version", "segment", "arm", "subject", "is_current",
    "is_sendable", "is_launched", "recipients", "is_simulated",
)  # fmt: skip


def _cause(
    before: tuple[Finding, ...], now: tuple[Finding, ...], *, is_stricter: bool
) -> Finding | None:
    """Return the worst finding that only the stricter of the two policies has."""
    here, there = (now, before) if is_stricter else (before, now)
    known = {(f.rule, f.action, f.field, f.span_start) for f in there}
    new = [f for f in here if (f.rule, f.action, f.field, f.span_start) not in known]
    return max(new or here, key=lambda finding: finding.action.rank, default=None)
