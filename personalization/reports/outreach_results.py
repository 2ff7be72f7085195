"""What came of outreach: the engine's metrics, what was learnt by role and channel, what came back.

Simulated figures are read apart from real ones and say so; nothing here adds the two up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from datetime import datetime

    from personalization.store import Store

ENOUGH_MESSAGES: Final = 200
"""Below so many messages nothing is called better; see ``standing``."""

MOST_REPLIES: Final = 500
"""So many replies are listed to be corrected, the last ones first."""

_CAMPAIGNS: Final = """
    SELECT campaigns.campaign_id, campaigns.name, plans.dataset_id,
           count(sends.message_id) FILTER (NOT sends.is_simulated) AS sent,
           count(sends.message_id) FILTER (sends.is_simulated) AS simulated
    FROM outreach_plans AS plans
    JOIN campaigns ON campaigns.campaign_id = plans.campaign_id
    LEFT JOIN outreach_sends AS sends ON sends.campaign_id = plans.campaign_id
    GROUP BY ALL ORDER BY max(campaigns.created_at) DESC, campaigns.campaign_id
"""
_MEASURES: Final = """
    SELECT measure, cell, value, low, high, n, made_at FROM outreach_measures
    WHERE campaign_id = $campaign_id AND is_simulated = $is_simulated
      AND made_at = (SELECT max(made_at) FROM outreach_measures
                     WHERE campaign_id = $campaign_id AND is_simulated = $is_simulated)
    ORDER BY measure, cell
"""
_ANSWERS: Final = """
    WITH heard AS (
        SELECT message_id, bool_or(is_positive_answer(kind, reply_class)) AS is_positive,
               bool_or(kind = 'meeting') AS is_meeting,
               bool_or(is_harmful_answer(kind, reply_class)) AS is_harm
        FROM outreach_events
        WHERE is_simulated = $is_simulated AND message_id IS NOT NULL
        GROUP BY message_id
    )
    SELECT count(*) AS messages, count(DISTINCT sends.prospect_id) AS people,
           count(*) FILTER (WHERE is_positive) AS positives,
           count(*) FILTER (WHERE is_positive) / nullif(count(*), 0) AS positive_share,
           count(*) FILTER (WHERE is_meeting) AS meetings,
           count(*) FILTER (WHERE is_harm) AS harms,
           count(*) FILTER (WHERE is_harm) / nullif(count(*), 0) AS harm_share
    FROM outreach_sends AS sends LEFT JOIN heard USING (message_id)
    WHERE sends.campaign_id = $campaign_id AND sends.is_simulated = $is_simulated
"""
_CAME_BACK: Final = """
    SELECT events.kind, coalesce(reply_class, '') AS reply_class, count(*) AS events,
           count(DISTINCT events.prospect_id) AS people
    FROM outreach_events AS events
    JOIN outreach_sends AS sends ON sends.message_id = events.message_id
    WHERE sends.campaign_id = $campaign_id AND events.is_simulated = $is_simulated
    GROUP BY ALL ORDER BY ALL
"""
_REPLIES: Final = """
    SELECT events.event_id, events.reply_class, coalesce(events.reply_rule, '') LIKE 'by hand%'
               AS is_by_hand,
           coalesce(people.full_name, people.first_name, events.prospect_id) AS name,
           coalesce(people.company, '') AS company, events.channel, events.happened_at
    FROM outreach_events AS events
    JOIN outreach_sends AS sends ON sends.message_id = events.message_id
    JOIN prospects AS people ON people.dataset_id = events.dataset_id
                            AND people.prospect_id = events.prospect_id
    WHERE sends.campaign_id = $campaign_id AND events.kind = 'reply' AND NOT events.is_simulated
    ORDER BY events.happened_at DESC, events.event_id LIMIT $most
"""
_UNTIED: Final = """
    SELECT count(*) FROM outreach_events
    WHERE dataset_id = $dataset_id AND is_simulated = $is_simulated AND message_id IS NULL
"""
_VETOES: Final = """
    SELECT role, channel, tone, angle, trials, harms, harm_chance
    FROM outreach_beliefs($version)
    WHERE is_vetoed AND trials > 0 AND role <> ''
    ORDER BY harm_chance DESC, role, channel, tone, angle
"""
_VERSION: Final = """
    SELECT version, events, made_at FROM outreach_posteriors
    WHERE dataset_id = $dataset_id AND is_simulated = $is_simulated
    ORDER BY made_at DESC, version LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class OutreachCampaign:
    """A campaign to prospects, with how many messages of it went out or were simulated."""

    campaign_id: str
    name: str
    dataset_id: str
    sent: int
    simulated: int


@dataclass(frozen=True, slots=True)
class Answers:
    """What a campaign's messages drew, in messages; shares are of all of them.

    Attributes:
        messages: Handed over, or simulated.
        people: Who got one.
        positives: With a positive answer or a meeting.
        meetings: Agreed to.
        harms: With a refusal, an unsubscribe or a complaint.
    """

    messages: int
    people: int
    positives: int
    positive_share: float | None
    meetings: int
    harms: int
    harm_share: float | None


@dataclass(frozen=True, slots=True)
class Figure:
    """One metric as it was worked out; None where there was nothing to work out.

    Attributes:
        cell: What it is about; empty for the whole campaign.
        value: In the metric's own unit; ``low`` and ``high`` are its 90% interval.
        n: Messages that it rests on.
    """

    cell: str
    value: float | None
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True, slots=True)
class Arm:
    """How one tone and angle does in a role and channel.

    Attributes:
        expected: Share of positive answers that is to be expected, with its 90% interval.
        best: Chance that it is the best of those that were used there; None where it is alone.
        standing: What may be said of it: leading, trailing, too early, even or no messages.
    """

    role: str
    channel: str
    tone: str
    angle: str
    n: int
    expected: float
    low: float
    high: float
    best: float | None
    standing: str


@dataclass(frozen=True, slots=True)
class Learnt:
    """The posterior in force: its version, how many events it has seen, and whom it takes out."""

    version: str
    events: int
    made_at: datetime
    vetoes: tuple[dict[str, Any], ...]


def campaigns(store: Store) -> list[OutreachCampaign]:
    """List the campaigns that write to prospects, the newest first."""
    return [OutreachCampaign(**row) for row in store.records(_CAMPAIGNS)]


def figures(store: Store, campaign_id: str, *, is_simulated: bool) -> dict[str, list[Figure]]:
    """Return the last measures of a campaign by metric; empty where none was worked out yet."""
    found: dict[str, list[Figure]] = {}
    for row in store.records(_MEASURES, campaign_id=campaign_id, is_simulated=is_simulated):
        figure = Figure(*(row[name] for name in ("cell", "value", "low", "high", "n")))
        found.setdefault(row["measure"], []).append(figure)
    return found


def arms(found: dict[str, list[Figure]]) -> list[Arm]:
    """Read how each tone and angle does, role by role, the highest expectation first."""
    best = {figure.cell: figure.value for figure in found.get("best_chance", [])}
    rows = []
    for figure in found.get("variation_performance", []):
        if figure.value is None or figure.low is None or figure.high is None:
            continue
        role, channel, tone, angle = figure.cell.split("|")
        rivals = [cell for cell in best if cell.startswith(f"{role}|{channel}|")]
        chance = best.get(figure.cell) if len(rivals) > 1 else None
        rows.append(
            Arm(role, channel, tone, angle, figure.n, figure.value, figure.low, figure.high, chance,
                standing(figure.n, chance))
        )  # fmt: skip
    return sorted(rows, key=lambda arm: (arm.role, arm.channel, -arm.expected, arm.tone, arm.angle))


def standing(n: int, best: float | None) -> str:
    """Say what the figures allow to say: no winner is called on few messages.

    Example:
        >>> standing(40, 0.97), standing(900, 0.97), standing(900, 0.5), standing(900, 0.01)
        ('too early', 'leading', 'even', 'trailing')
        >>> standing(0, None)
        'no messages'
    """
    if not n:
        return "no messages"
    if best is None or n < ENOUGH_MESSAGES:
        return "too early"
    if best >= 0.95:  # noqa: PLR2004  # as for experiments: nineteen in twenty
        return "leading"
    return "trailing" if best <= 0.05 else "even"  # noqa: PLR2004


def answers(store: Store, campaign_id: str, *, is_simulated: bool) -> Answers:
    """Count what a campaign's messages drew, real ones or simulated ones."""
    found = store.records(_ANSWERS, campaign_id=campaign_id, is_simulated=is_simulated)
    return Answers(**found[0])


def came_back(store: Store, campaign_id: str, *, is_simulated: bool) -> list[dict[str, Any]]:
    """Count what came back: kind, reply_class, events, people."""
    return store.records(_CAME_BACK, campaign_id=campaign_id, is_simulated=is_simulated)


def replies(store: Store, campaign_id: str) -> list[dict[str, Any]]:
    """List the last real replies to a campaign: who, when, and what each was read as."""
    return store.records(_REPLIES, campaign_id=campaign_id, most=MOST_REPLIES)


def untied(store: Store, dataset_id: str, *, is_simulated: bool) -> int:
    """Count events of a base that belong to no message: too late, or of before."""
    return int(store.read(_UNTIED, dataset_id=dataset_id, is_simulated=is_simulated)[0][0])


def learnt(store: Store, dataset_id: str, *, is_simulated: bool) -> Learnt | None:
    """Return the posterior in force of a base, or None before there was any."""
    row = store.read_one(_VERSION, dataset_id=dataset_id, is_simulated=is_simulated)
    if row is None:
        return None
    return Learnt(row[0], row[1], row[2], tuple(store.records(_VETOES, version=row[0])))
