"""What another policy would have made of every message that was ever screened.

Rules are run anew over the texts as they were, with their sources; levels of harm are those that
the engine gave the same bytes then, so no engine is asked and a threshold replays exactly.  Where
the engine failed then, it is not known what it would have said, and the decision stays ``error``.
Nothing is written.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from personalization.domain import Decision, Finding, Message
from personalization.errors import ProviderError
from personalization.providers.protocols import HarmAnalysis
from personalization.safety.evidence import evidence_of
from personalization.safety.filling import filled
from personalization.safety.policies import policy_of
from personalization.safety.policy import CATEGORIES, read_policy
from personalization.safety.screening import screen

if TYPE_CHECKING:
    from collections.abc import Callable

    from personalization.domain import Screening
    from personalization.safety.policy import Policy
    from personalization.safety.reading import Context
    from personalization.settings import Settings
    from personalization.store import Store

_PASSING: Final = (Decision.PASS, Decision.WARN)
_HARM: Final = "harm."
_ENGINE: Final = "harm.engine"


@dataclass(frozen=True, slots=True)
class Flip:
    """One text, and what the policy in force and the draft make of it.

    Attributes:
        was: The decision under the policy in force; ``now`` is the one under the draft.
        cause: The rule that makes the difference: the worst that is new, or that is gone.
        field: Where it found cause; so are ``text``, the words, and ``why``.
        is_sendable: Whether the text could go out now.
        recipients: Customers who were sent these very bytes.
        is_simulated: Whether they were sent in a simulation only.
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
    recipients: int
    is_simulated: bool


@dataclass(frozen=True, slots=True)
class CampaignFlips:
    """What the draft changes in one campaign.

    Attributes:
        screened: Texts that were screened at all.
        errors: Those of them whose engine failed then: they stay ``error``.
        moves: (was, would be, how many), the same decision included.
    """

    campaign_id: str
    name: str
    screened: int
    errors: int
    moves: tuple[tuple[Decision, Decision, int], ...]

    @property
    def flipped(self) -> int:
        """Return how many texts would be decided otherwise."""
        return sum(n for was, now, n in self.moves if was is not now)


@dataclass(frozen=True, slots=True)
class Replay:
    """What a draft would change, before it is in force.

    Attributes:
        policy_version: Of the draft.
        against: Of the policy it is held against: the one in force.
        campaigns: By name.
        flips: Texts that would be decided otherwise, the strictest change first.
        n_texts: Texts that were judged; the same bytes on the same evidence count once.
        n_errors: Texts whose engine failed when they were screened, so that they stay ``error``.
        n_held: Messages that could go out now and would be held back.
        n_to_decide: Messages that a reviewer let pass with a reason, and would have to again.
        n_sent_blocked: Texts that were sent, for real, and would be blocked today.
    """

    policy_version: str
    against: str
    campaigns: tuple[CampaignFlips, ...]
    flips: tuple[Flip, ...]
    n_texts: int
    n_errors: int
    n_held: int
    n_to_decide: int
    n_sent_blocked: int


# The newest screening of each version's bytes: what the record says of them.
_SCREENED = """
    SELECT screened.screening_id, screened.variant_id, screened.version, screened.campaign_id,
           screened.content_sha256, screened.decision, screened.engine, screened.engine_version,
           screened.policy_version, screened.categories, campaigns.name, variants.segment,
           variants.arm, variants.subject, variants.preheader, variants.body,
           variants.call_to_action, variants.link, variants.footer,
           current.version IS NOT NULL AS is_current, sendable.version IS NOT NULL AS is_sendable,
           coalesce(sent.recipients, 0) AS recipients,
           coalesce(sent.is_simulated, false) AS is_simulated
    FROM latest_screenings AS screened
    JOIN variants ON variants.variant_id = screened.variant_id
                 AND variants.version = screened.version
                 AND variants.content_sha256 = screened.content_sha256
    JOIN campaigns ON campaigns.campaign_id = screened.campaign_id
    LEFT JOIN current_variants AS current
        ON current.variant_id = screened.variant_id AND current.version = screened.version
    LEFT JOIN sendable_variants AS sendable
        ON sendable.variant_id = screened.variant_id AND sendable.version = screened.version
    LEFT JOIN (SELECT variant_id, version, content_sha256, count(*) AS recipients,
                      bool_and(is_simulated) AS is_simulated
               FROM deliveries GROUP BY variant_id, version, content_sha256) AS sent
        ON sent.variant_id = screened.variant_id AND sent.version = screened.version
       AND sent.content_sha256 = screened.content_sha256
    WHERE $campaign_id = '' OR screened.campaign_id = $campaign_id
    ORDER BY campaigns.name, screened.campaign_id, variants.segment, variants.arm,
             screened.variant_id, screened.version
"""
_HARM_FINDINGS = """
    SELECT findings.screening_id, findings.rule, findings.severity, findings.field, findings.text
    FROM findings JOIN latest_screenings AS screened USING (screening_id)
    WHERE starts_with(findings.rule, 'harm.')
      AND ($campaign_id = '' OR screened.campaign_id = $campaign_id)
    ORDER BY findings.screening_id, findings.position
"""


def replay(
    store: Store,
    settings: Settings,
    overlay: str,
    *,
    campaign_id: str | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> Replay:
    """Judge every text that was ever screened under a draft of the policy, and write nothing.

    A text is held against the decision on record where that was made under the policy in force;
    otherwise against what the policy in force makes of it, by the same replay.  So only what the
    draft itself changes counts as a flip.

    Args:
        store: Reads ``screenings``, ``findings``, ``variants`` and what they rest on.
        settings: Engine and sender that the policy is for.
        overlay: The draft, as TOML over the default.
        campaign_id: One campaign only; all where it is left out.
        progress: Told done, total and the campaign's name as it goes.

    Raises:
        InputError: The draft cannot be read as a policy.
    """
    draft = read_policy(overlay, engine=settings.safety.engine, sender=settings.brand)
    judge = _Judge(store, settings, draft, policy_of(store, settings))
    rows = store.records(_SCREENED, campaign_id=campaign_id or "")
    harm: dict[int, list[tuple[Any, ...]]] = {}
    for screening_id, *found in store.read(_HARM_FINDINGS, campaign_id=campaign_id or ""):
        harm.setdefault(screening_id, []).append(tuple(found))
    judged: list[Flip] = []
    for number, row in enumerate(rows, start=1):
        judged.append(judge.of(row, harm.get(row["screening_id"], [])))
        if progress:
            progress(number, len(rows), row["name"])
    flips = [text for text in judged if text.was is not text.now]
    return Replay(
        policy_version=draft.version,
        against=judge.known.version,
        campaigns=_by_campaign(judged),
        flips=tuple(sorted(flips, key=_strictest_first)),
        n_texts=len(judged),
        n_errors=sum(text.now is Decision.ERROR for text in judged),
        n_held=sum(text.is_sendable and text.now not in _PASSING for text in flips),
        n_to_decide=sum(text.is_sendable and text.now is Decision.REVIEW for text in judged),
        n_sent_blocked=sum(
            text.recipients > 0 and not text.is_simulated and text.now is Decision.BLOCK
            for text in judged
        ),
    )


def _strictest_first(flip: Flip) -> tuple[int, int, str, str, int]:
    return -flip.now.rank, flip.was.rank, flip.campaign, flip.variant_id, flip.version


def _by_campaign(judged: list[Flip]) -> tuple[CampaignFlips, ...]:
    found: dict[str, list[Flip]] = {}
    for text in judged:
        found.setdefault(text.campaign_id, []).append(text)
    return tuple(
        CampaignFlips(
            campaign_id=campaign_id,
            name=texts[0].campaign,
            screened=len(texts),
            errors=sum(text.now is Decision.ERROR for text in texts),
            moves=tuple(
                (was, now, n)
                for (was, now), n in sorted(
                    Counter((text.was, text.now) for text in texts).items(),
                    key=lambda move: (move[0][0].rank, move[0][1].rank),
                )
            ),
        )
        for campaign_id, texts in found.items()
    )


@dataclass(frozen=True, slots=True)
class _Remembered:
    """An engine that says again what it said when the message was screened."""

    name: str
    version: str
    levels: dict[str, int | None]
    by_text: dict[str, dict[str, int]]
    blocklists: tuple[tuple[str, str], ...]

    def analyze(self, text: str) -> HarmAnalysis:
        if None in self.levels.values():
            raise ProviderError("the engine failed when this was screened; what it says is unknown")
        found = dict.fromkeys(CATEGORIES, 0) | self.by_text.get(text, {})
        hits = tuple(hit for hit in self.blocklists if hit[1] in text)
        return HarmAnalysis(tuple(found.items()), blocklist_hits=hits)


@dataclass(frozen=True, slots=True)
class _Judge:
    """Judges stored texts under two policies; what is alike in every respect is judged once."""

    store: Store
    settings: Settings
    draft: Policy
    known: Policy
    seen: dict[tuple[object, ...], Screening] = field(default_factory=dict)

    def of(self, row: dict[str, Any], harm: list[tuple[Any, ...]]) -> Flip:
        """Say what the policy in force and the draft make of one text."""
        text = Message(*(row[name] for name in Message.__slots__))
        engine = _engine_of(row, text, harm)
        brand, variant_id, version = self.settings.brand, row["variant_id"], row["version"]
        context = evidence_of(self.store, brand, variant_id, version)
        now = self._screened(text, context, engine, self.draft)
        was = Decision(row["decision"])
        if row["policy_version"] != self.known.version:
            was = self._screened(text, context, engine, self.known).decision
        cause = None
        if was is not now.decision:
            before = self._screened(text, context, engine, self.known)
            cause = _cause(before.findings, now.findings, is_stricter=now.decision.rank > was.rank)
        return Flip(
            was=was, now=now.decision, campaign=row["name"],
            cause=cause.rule if cause else "", field=cause.field if cause else "",
            text=cause.text if cause else "", why=cause.message if cause else "",
            **{name: row[name] for name in _OF_ROW},
        )  # fmt: skip

    def _screened(
        self, text: Message, context: Context, engine: _Remembered, policy: Policy
    ) -> Screening:
        said = json.dumps([engine.levels, engine.by_text, engine.blocklists])
        key = (text, context, said, policy.version)
        if key not in self.seen:
            self.seen[key] = screen(text, context, engine, policy)
        return self.seen[key]


_OF_ROW: Final = (
    "campaign_id", "variant_id", "version", "segment", "arm", "subject", "is_current",
    "is_sendable", "recipients", "is_simulated",
)  # fmt: skip


def _engine_of(row: dict[str, Any], text: Message, harm: list[tuple[Any, ...]]) -> _Remembered:
    """Return the engine with what the record says it found: by field, the worst of a category."""
    fields = {name: filled(words).text for name, words in text.fields()}
    levels: dict[str, int | None] = json.loads(row["categories"])
    by_text: dict[str, dict[str, int]] = {}
    blocklists: list[tuple[str, str]] = []
    for rule, severity, name, words in harm:
        category = rule.removeprefix(_HARM)
        if category in CATEGORIES:
            known = by_text.setdefault(fields[name], {})
            known[category] = max(known.get(category, 0), severity)
        elif rule != _ENGINE:
            blocklists.append((category, words))
    for category, level in levels.items():
        if level and all(found.get(category, 0) < level for found in by_text.values()):
            by_text.setdefault(fields["body"], {})[category] = level
    return _Remembered(row["engine"], row["engine_version"], levels, by_text, tuple(blocklists))


def _cause(
    before: tuple[Finding, ...], now: tuple[Finding, ...], *, is_stricter: bool
) -> Finding | None:
    """Return the worst finding that only the stricter of the two policies has."""
    here, there = (now, before) if is_stricter else (before, now)
    known = {(f.rule, f.action, f.field, f.span_start) for f in there}
    new = [f for f in here if (f.rule, f.action, f.field, f.span_start) not in known]
    return max(new or here, key=lambda finding: finding.action.rank, default=None)
