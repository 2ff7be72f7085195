"""What another policy would have made of every message that was ever screened.

Rules are run anew over the texts as they were, with their sources as they stand; levels of harm
are those that the engine gave the same bytes then, so no engine is asked and a threshold replays
exactly.  Where the engine failed then, it is not known what it would have said, and the decision
stays ``error``.  Nothing is written.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from personalization.domain import Decision, Finding
from personalization.safety.policies import policy_of, policy_with
from personalization.safety.rejudging import Flip, Judge

if TYPE_CHECKING:
    from collections.abc import Callable

    from personalization.settings import Settings
    from personalization.store import Store

_PASSING: Final = (Decision.PASS, Decision.WARN)


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
        n_held: Messages of campaigns not launched that could go out now and would be held back.
        n_to_decide: Likewise, that a reviewer let pass with a reason, and would have to again.
        n_sent_blocked: Texts that were sent, for real, and would be blocked today.
        n_drifted: Texts that the policy in force would already decide otherwise than it did.
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
    n_drifted: int


# The newest screening of each version's bytes: what the record says of them.
_SCREENED = """
    SELECT screened.screening_id, screened.variant_id, screened.version, screened.campaign_id,
           screened.content_sha256, screened.decision, screened.engine, screened.engine_version,
           screened.policy_version, campaigns.name, variants.segment,
           screened.screening_id IN (SELECT screening_id FROM outdated_screenings) AS is_outdated,
           variants.arm, variants.subject, variants.preheader, variants.body,
           variants.call_to_action, variants.link, variants.footer,
           current.version IS NOT NULL AS is_current, sendable.version IS NOT NULL AS is_sendable,
           screened.campaign_id IN (SELECT campaign_id FROM experiments
                                    WHERE launched_at IS NOT NULL) AS is_launched,
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
_FOUND = """
    SELECT findings.screening_id, findings.rule, findings.action, findings.severity,
           findings.field, findings.span_start, findings.span_end, findings.text,
           findings.message, findings.advice
    FROM findings JOIN latest_screenings AS screened USING (screening_id)
    WHERE $campaign_id = '' OR screened.campaign_id = $campaign_id
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

    A text is held against what the policy in force makes of it on the same evidence, so only what
    the draft itself changes counts as a flip; where the record says otherwise, it is drifted.

    Args:
        store: Reads ``screenings``, ``findings``, ``variants`` and what they rest on.
        settings: Engine and sender that the policy is for.
        overlay: The draft, as TOML over the default.
        campaign_id: One campaign only; all where it is left out.
        progress: Told done, total and the campaign's name as it goes.

    Raises:
        InputError: The draft cannot be read as a policy.
    """
    draft = policy_with(settings, overlay)
    found: dict[int, list[Finding]] = {}
    for screening_id, rule, action, *rest in store.read(_FOUND, campaign_id=campaign_id or ""):
        found.setdefault(screening_id, []).append(Finding(rule, Decision(action), *rest))
    rows = store.records(_SCREENED, campaign_id=campaign_id or "")
    keys = tuple((row["variant_id"], row["version"]) for row in rows)
    judge = Judge(store, settings, draft, policy_of(store, settings), keys)
    judged: list[Flip] = []
    for number, row in enumerate(rows, start=1):
        judged.append(judge.of(row, found.get(row["screening_id"], [])))
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
        n_held=sum(text.is_waiting and text.now not in _PASSING for text in flips),
        n_to_decide=sum(text.is_waiting and text.now is Decision.REVIEW for text in judged),
        n_drifted=sum(text.is_drifted for text in judged),
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
