"""The brand's profile by version, what changed between two, and how messages sound by it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from personalization import content
from personalization.domain import BrandProfile, Brief
from personalization.reports.policies import Change, changes

if TYPE_CHECKING:
    from datetime import date, datetime

    from personalization.content import TextVerdict
    from personalization.store import Store

LABEL: Final[dict[str, str]] = {
    "personality": "Personality", "do": "What we do", "dont": "What we never do",
    "vocabulary": "Vocabulary", "forbidden": "Forbidden words", "on_brand": "Sounds like us",
    "off_brand": "Does not sound like us", "design": "E-mail design", "goal": "Goal",
    "key_message": "Key message", "offer": "Offer", "tone": "Tone", "metric": "What counts",
    "audience": "Audience", "must_say": "Must say", "must_not_say": "Must not say",
    "call_to_action": "Button", "send_on": "Send date", "accent": "Accent",
    "on_accent": "Words of the button", "background": "Background", "surface": "Letter",
    "text": "Text", "font": "Fonts", "logo_url": "Logo", "logo_alt": "Words for the logo",
    "locale": "Language",
}  # fmt: skip
"""What the parts of a profile and of a brief are called on the screen."""

_VERSIONS = """
    SELECT version, profile, note, saved_at, saved_by FROM brand_profiles ORDER BY version DESC
"""
_MESSAGES = """
    SELECT current.variant_id, current.segment, current.arm, current.locale, current.subject,
           current.preheader, current.body, current.call_to_action, campaigns.brief
    FROM current_variants AS current
    JOIN campaigns ON campaigns.campaign_id = current.campaign_id
    LEFT JOIN segments ON segments.campaign_id = current.campaign_id
                      AND segments.segment = current.segment
    WHERE current.campaign_id = $campaign_id
    ORDER BY segments.position, current.segment, current.arm <> 'control', current.arm
"""
_BRIEFS = """
    SELECT brief, send_on, changed_at, changed_by FROM earlier_briefs
    WHERE campaign_id = $campaign_id ORDER BY number
"""
_BRIEF = "SELECT brief, send_on FROM campaigns WHERE campaign_id = $campaign_id"


@dataclass(frozen=True, slots=True)
class Version:
    """One saved version of the profile."""

    version: int
    profile: BrandProfile
    note: str
    saved_at: datetime
    saved_by: str


def versions(store: Store) -> list[Version]:
    """List every version of the profile, the one in force first."""
    return [
        Version(number, BrandProfile.of(number, json.loads(profile)), *rest)
        for number, profile, *rest in store.read(_VERSIONS)
    ]


def profile_changes(before: BrandProfile, after: BrandProfile) -> list[Change]:
    """List what differs between two profiles: place, what is gone, what came."""
    return changes(_readable(before), _readable(after))


def _readable(profile: BrandProfile) -> dict[str, Any]:
    told = content.told_of(profile)
    said = [f"{own}, not {other}" for own, other in profile.vocabulary]
    lists = {name: list(value) for name, value in told.items() if isinstance(value, tuple)}
    return {**told, **lists, "vocabulary": said}


def label_of(place: tuple[str, ...]) -> str:
    """Name a place of a profile or a brief, such as ``E-mail design, accent``."""
    first, *rest = (LABEL.get(name, name) for name in place)
    return ", ".join((first, *(name[:1].lower() + name[1:] for name in rest)))


@dataclass(frozen=True, slots=True)
class SpokenMessage:
    """A message of a campaign as the profile hears it."""

    variant_id: str
    segment: str
    arm: str
    subject: str
    verdict: TextVerdict


def messages(store: Store, campaign_id: str, profile: BrandProfile) -> list[SpokenMessage]:
    """Hold the campaign's present messages to a profile, saved or not; the worst come first."""
    found = [_spoken(row, profile) for row in store.records(_MESSAGES, campaign_id=campaign_id)]
    return sorted(found, key=lambda each: -_VERDICTS.index(each.verdict.verdict))


_VERDICTS: Final = ("fits", "tone", "words", "breaks")


def _spoken(row: dict[str, Any], profile: BrandProfile) -> SpokenMessage:
    fields = ("subject", "preheader", "body", "call_to_action")
    text = "\n".join(row[name] for name in fields)
    brief = Brief(**json.loads(row["brief"]))
    verdict = content.try_text(profile, text, locale=row["locale"], brief=brief)
    return SpokenMessage(row["variant_id"], row["segment"], row["arm"], row["subject"], verdict)


@dataclass(frozen=True, slots=True)
class BriefVersion:
    """One change of a campaign's brief: when, by whom, and what differs."""

    changed_at: datetime
    changed_by: str
    changes: tuple[Change, ...]


def brief_history(store: Store, campaign_id: str) -> list[BriefVersion]:
    """List every change of a campaign's brief, the newest first."""
    earlier = store.read(_BRIEFS, campaign_id=campaign_id)
    now = store.read_one(_BRIEF, campaign_id=campaign_id)
    told = [_told(brief, day) for brief, day, *_ in earlier] + ([_told(*now)] if now else [])
    return [
        BriefVersion(at, by, tuple(changes(before, after)))
        for (_, _, at, by), before, after in zip(earlier, told, told[1:], strict=False)
    ][::-1]


def _told(brief: str, send_on: date) -> dict[str, Any]:
    told = asdict(Brief(**json.loads(brief)))
    lists = {name: list(value) for name, value in told.items() if isinstance(value, tuple)}
    return {**told, **lists, "send_on": f"{send_on.day} {send_on:%B %Y}"}
