"""The brief of a campaign: what it leaves open, and changing it while nothing has gone out."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from personalization import content, generation
from personalization.campaign.journal import campaign_of, refuse_if_launched
from personalization.domain import Brief
from personalization.errors import InputError, StateError
from personalization.store import record

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from personalization.domain import Campaign
    from personalization.settings import Settings
    from personalization.store import Store

Gap = content.Gap

_LISTS: Final = ("must_say", "must_not_say")
_LONGEST: Final = 1_000
_MOST: Final = 20
_SEGMENTS = """
    SELECT segment FROM segments WHERE campaign_id = $campaign_id ORDER BY position, segment
"""


def brief_from(values: Mapping[str, Any]) -> Brief:
    """Read a brief from a mapping, such as a form or a section of a TOML file.

    Raises:
        InputError: A key is unknown, or a value is not of its kind or too long.
    """
    known = asdict(Brief())
    if unknown := sorted(values.keys() - known.keys()):
        raise InputError(f"A brief has no {unknown[0]!r}. It knows: {', '.join(sorted(known))}.")
    read = {
        name: _list(name, value) if name in _LISTS else _text(name, value)
        for name, value in values.items()
    }
    return Brief(**read)  # type: ignore[arg-type]


def _text(name: str, value: object) -> str:
    if not isinstance(value, str) or len(value) > _LONGEST:
        raise InputError(f"The brief's {name} has to be a text of at most {_LONGEST:,} characters.")
    return value.strip()


def _list(name: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(each, str) for each in value):
        raise InputError(
            f"The brief's {name} has to be a list of texts, such as "
            f'{name} = ["Offer ends on 18 December"].'
        )
    lines = tuple(dict.fromkeys(" ".join(each.split()) for each in value if each.strip()))
    if len(lines) > _MOST or any(len(line) > _LONGEST for line in lines):
        raise InputError(
            f"The brief's {name} may hold {_MOST} texts of {_LONGEST:,} characters at most."
        )
    return lines


def brief_gaps(
    store: Store,
    settings: Settings,
    brief: Brief,
    *,
    send_on: date,
    locale: str,
    campaign_id: str | None = None,
) -> list[content.Gap]:
    """List what a brief leaves open, as questions; those that block the writing first.

    Args:
        store: Reads the approved content, the brand profile, and the campaign's segments.
        settings: The brand's name.
        brief: As it stands, or as somebody is about to have it.
        send_on: Content and offers are judged on this day.
        locale: Language and country of the messages.
        campaign_id: Whose segments an offer and other sources have to be for; without one it is
            for nobody yet.
    """

    def is_claim(text: str) -> bool:
        lines = generation.lines_with_claims([text], brand=settings.brand.name, locale=locale)
        return bool(text.strip() and lines)

    segments = _segments(store, campaign_id) if campaign_id else ()
    plan = content.Plan(brief, send_on, locale, store.now().date(), is_claim, segments)
    return content.gaps_in(store, plan, content.profile_in_force(store))


def _segments(store: Store, campaign_id: str) -> tuple[tuple[str, ...], ...]:
    """List a campaign's segments, each with those that were merged into it."""
    if not store.read(_SEGMENTS, campaign_id=campaign_id):
        return ()
    known = content.campaign_facts(store, campaign_id)
    return tuple(known.audience(name).segments for name in known.segments)


def gaps_of(store: Store, settings: Settings, campaign_id: str) -> list[content.Gap]:
    """List what the campaign's brief leaves open; see ``brief_gaps``."""
    known = campaign_of(store, campaign_id)
    return brief_gaps(
        store, settings, known.brief, send_on=known.send_on, locale=known.locale,
        campaign_id=campaign_id,
    )  # fmt: skip


def refuse_open_gaps(store: Store, settings: Settings, campaign_id: str) -> None:
    """Raise StateError while the brief leaves a question open that blocks the writing."""
    if blocking := [gap for gap in gaps_of(store, settings, campaign_id) if gap.is_blocking]:
        told = " ".join(gap.question for gap in blocking)
        raise StateError(f"The brief has to be answered before messages are written. {told}")


# Changed ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BriefChange:
    """What a changed brief would be, and what it voids.

    Attributes:
        fields: Names of what differs, ``send_on`` among them.
        voids: What counts no more once it is saved, a sentence each.
        bars: Why it cannot be saved as it is, a sentence each.
    """

    fields: tuple[str, ...]
    voids: tuple[str, ...]
    bars: tuple[str, ...]


_STATE = """
    SELECT
        (SELECT count(*) FROM current_variants AS current
         JOIN screenings_in_force AS screened
             ON screened.variant_id = current.variant_id AND screened.version = current.version
            AND screened.content_sha256 = current.content_sha256
         WHERE current.campaign_id = $campaign_id) AS screened,
        (SELECT count(*) FROM current_variants WHERE campaign_id = $campaign_id) AS written,
        (SELECT count(*) FROM sendable_variants WHERE campaign_id = $campaign_id) AS sendable,
        (SELECT count(*) FROM segment_passages WHERE campaign_id = $campaign_id) AS found,
        (SELECT count(*) FROM current_seals WHERE campaign_id = $campaign_id) AS seals,
        (SELECT count(*) FROM experiments
         WHERE campaign_id = $campaign_id AND approved_at IS NOT NULL) AS frozen,
        (SELECT count(*) FROM experiments
         WHERE campaign_id = $campaign_id AND approved_at IS NULL) AS designed
"""
_OF_THE_DESIGN: Final = ("metric", "send_on")
_OF_THE_SEARCH: Final = ("goal", "key_message", "audience", "offer", "send_on")
_OF_THE_TEXT: Final = (
    "goal", "key_message", "audience", "offer", "tone", "must_say", "must_not_say",
    "call_to_action", "send_on",
)  # fmt: skip


def brief_fingerprint(brief: Brief, send_on: date) -> str:
    """Return what a brief is known by, so that nobody overwrites what they have not seen."""
    told = json.dumps([asdict(brief), str(send_on)], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(told.encode()).hexdigest()


def brief_change(store: Store, campaign_id: str, brief: Brief, send_on: date) -> BriefChange:
    """Say what a changed brief would void, before anybody saves it."""
    known = campaign_of(store, campaign_id)
    fields = _differing(known, brief, send_on)
    [state] = store.records(_STATE, campaign_id=campaign_id)
    bars = []
    if state["frozen"] and (frozen := [name for name in fields if name in _OF_THE_DESIGN]):
        words = " and ".join(
            {"metric": "what counts", "send_on": "the send date"}[n] for n in frozen
        )
        bars.append(
            f"The design of the test is approved and stands on {words}. Withdraw the approval on "
            "the Experiment page first."
        )
    return BriefChange(fields, tuple(_voided(fields, state)) if fields else (), tuple(bars))


def _differing(known: Campaign, brief: Brief, send_on: date) -> tuple[str, ...]:
    before, after = asdict(known.brief), asdict(brief)
    changed = [name for name in before if before[name] != after[name]]
    return (*changed, "send_on") if send_on != known.send_on else tuple(changed)


def _voided(fields: tuple[str, ...], state: Mapping[str, int]) -> list[str]:
    told = []
    if n := state["screened"]:
        told.append(
            f"{_n(n, 'message')} {_were(n)} screened by the brief as it was, and will have to be "
            "screened again."
        )
    if n := state["sendable"]:
        told.append(
            f"{_n(n, 'approval')} {_count(n)} again only once the message has passed that "
            "screening."
        )
    if (n := state["written"]) and _touch(fields, _OF_THE_TEXT):
        told.append(
            f"{_n(n, 'message')} {_were(n)} written for the brief as it was, and will not change "
            "by themselves: edit them, or have them written again, on the Review page."
        )
    if state["found"] and _touch(fields, _OF_THE_SEARCH):
        told.append("The sources of each segment are looked for again at the next writing.")
    if state["designed"] and _touch(fields, _OF_THE_DESIGN):
        told.append("The design of the test was made for the brief as it was: make it again.")
    if state["seals"]:
        told.append("The sign-off is void: the campaign has to be signed off again.")
    return told


def change_brief(
    store: Store, campaign_id: str, brief: Brief, *, send_on: date, seen: str, actor: str
) -> BriefChange:
    """Change what a campaign is for, while nothing of it has gone out.

    The brief as it was is kept in ``earlier_briefs``, and the trail says which fields changed.
    Screenings made by it are outdated from then on; see ``house_rules``.

    Args:
        store: Writes ``campaigns``, ``earlier_briefs`` and an audit row.
        campaign_id: Which one.
        brief: The new one.
        send_on: The new send date, or the old.
        seen: ``brief_fingerprint`` of what the person saw.
        actor: Who changes it.

    Returns:
        What was changed and voided; nothing where nothing differs, and then nothing is written.

    Raises:
        StateError: The campaign was launched, its design is approved and stands on what would
            change, or somebody else changed the brief meanwhile.
    """
    with store.transaction():
        refuse_if_launched(store, campaign_id, "its brief")
        known = campaign_of(store, campaign_id)
        if brief_fingerprint(known.brief, known.send_on) != seen:
            raise StateError(
                "Somebody else changed this brief while you were changing it. Reload the page, "
                "and make your change in theirs."
            )
        change = brief_change(store, campaign_id, brief, send_on)
        if change.bars:
            raise StateError(" ".join(change.bars))
        if change.fields:
            _keep(store, known, brief, send_on=send_on, change=change, actor=actor)
    return change


_AS_IT_WAS = """
    INSERT INTO earlier_briefs (campaign_id, brief, send_on, changed_at, changed_by)
    SELECT campaign_id, brief, send_on, $now, $actor FROM campaigns
    WHERE campaign_id = $campaign_id
"""
_CHANGE = """
    UPDATE campaigns SET brief = $brief, send_on = $send_on WHERE campaign_id = $campaign_id
"""


def _keep(
    store: Store, known: Campaign, brief: Brief, *, send_on: date, change: BriefChange, actor: str
) -> None:  # fmt: skip
    campaign_id = known.campaign_id
    [state] = store.records(_STATE, campaign_id=campaign_id)
    store.run(_AS_IT_WAS, campaign_id=campaign_id, now=store.now(), actor=actor)
    store.run(
        _CHANGE, campaign_id=campaign_id, send_on=send_on,
        brief=json.dumps(asdict(brief), ensure_ascii=False),
    )  # fmt: skip
    record(
        store, "campaign.brief_changed", campaign_id, actor=actor, campaign_id=campaign_id,
        fields=list(change.fields), send_on=send_on, screenings_voided=state["screened"],
        approvals_waiting=state["sendable"], seals_voided=state["seals"],
        brief_sha256_before=brief_fingerprint(known.brief, known.send_on),
        brief_sha256=brief_fingerprint(brief, send_on),
    )  # fmt: skip


def _touch(fields: tuple[str, ...], those: tuple[str, ...]) -> bool:
    return any(name in those for name in fields)


def _n(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _were(number: int) -> str:
    return "was" if number == 1 else "were"


def _count(number: int) -> str:
    return "counts" if number == 1 else "count"
