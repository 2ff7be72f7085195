"""A template as a program gives it, read by usual names, and the plan of texts that it asks for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from personalization.domain import (
    LENGTHS,
    OUTREACH_CHANNELS,
    OUTREACH_KINDS,
    OUTREACH_TONES,
    PROSPECT_FIELDS,
    OutreachPlan,
)
from personalization.errors import NotPermitted, TemplateError
from personalization.outreach.channels import channel_rules

if TYPE_CHECKING:
    from collections.abc import Sequence

    from personalization.outreach.strategy import PersonalizationStrategy

_CHANNEL_NAMES: Final[Mapping[str, str]] = {
    "email": "cold_email", "mail": "cold_email", "linkedin_invitation": "linkedin_note",
    "linkedin_connection": "linkedin_note", "inmail": "linkedin_inmail",
    "linkedin_message": "linkedin_inmail", "x": "x_message", "twitter": "x_message",
    "text": "sms", "video": "video_script", "call": "call_snippet", "phone": "call_snippet",
    "voice": "call_snippet",
} | {channel: channel for channel in OUTREACH_CHANNELS}  # fmt: skip
_FIELDS: Final[Mapping[str, tuple[str, str]]] = {
    "first_name": ("first_name", "there"), "firstname": ("first_name", "there"),
    "name": ("first_name", "there"), "full_name": ("full_name", "there"),
    "company": ("company", "your company"), "company_name": ("company", "your company"),
    "city": ("city", "your town"), "industry": ("industry", "your industry"),
    "title": ("title", "your role"), "job_title": ("title", "your role"),
}  # fmt: skip
_PLACE: Final = re.compile(
    r"\{\{?\s*([A-Za-z][\w. ]*?)\s*(?:\|([^{}|]*))?\}\}?|\[([A-Z][a-z]+(?: [A-Z]?[a-z]+)?)\]"
)
_ANGLES: Final = ("outcome", "proof", "news", "peer", "offer", "technical")


@dataclass(frozen=True, slots=True)
class MessageTemplate:
    """What a program wants written: a channel, and its own words if it has some.

    Attributes:
        channel: One of domain.OUTREACH_CHANNELS, or a usual name of one.
        subject: Of an e-mail or InMail.
        body: Own words, with fields such as ``{{first_name}}``; empty: the house writes.
        kind: opening, follow_up or closing.
        link: Where it leads, of the sender's own pages; usually empty.
        name: How people call it.
        is_open: Whether a text of the house may be chosen although there are own words; otherwise
            these come first, and the house's stand beside them.
        campaign_id: An outreach campaign of the app, whose texts are chosen from.
    """

    channel: str = "cold_email"
    subject: str = ""
    body: str = ""
    kind: str = "opening"
    link: str = ""
    name: str = ""
    is_open: bool = False
    campaign_id: str = ""

    def __post_init__(self) -> None:
        """Know channel and fields by their usual names.

        Raises:
            TemplateError: The channel or the kind is unknown, or a field is none of a prospect.
            NotPermitted: Nobody is written to first on the channel.
        """
        object.__setattr__(self, "channel", _channel_of(self.channel, self.subject, self.body))
        for name in ("subject", "body"):
            object.__setattr__(self, name, _PLACE.sub(_field_of, getattr(self, name)))
        if self.kind not in OUTREACH_KINDS:
            raise TemplateError(
                f"A template cannot be {self.kind!r}. Use one of: {', '.join(OUTREACH_KINDS)}."
            )


def _channel_of(told: str, subject: str, body: str) -> str:
    name = "_".join(str(told).casefold().replace("-", " ").split())
    if name == "linkedin":
        return (
            "linkedin_inmail"
            if subject or len(body) > channel_rules()["linkedin_note"].limit()
            else "linkedin_note"
        )
    if name in _CHANNEL_NAMES:
        return _CHANNEL_NAMES[name]
    if name in channel_rules():
        raise NotPermitted(
            f"On {told} nobody is written to first: {channel_rules()[name].rules}",
            code="cannot_open",
        )
    raise TemplateError(
        f"There is no channel {told!r}. Use one of: {', '.join(OUTREACH_CHANNELS)}."
    )


def _field_of(found: re.Match[str]) -> str:
    told = (found[1] or found[3]).strip()
    if told == "fact.text":
        return "{{fact.text}}"
    name = "_".join(told.casefold().removeprefix("prospect.").split())
    if name not in _FIELDS:
        if found[3]:
            return found[0]  # brackets that people write
        known = ", ".join(PROSPECT_FIELDS)
        raise TemplateError(f"{found[0]} names no field of a prospect. Use one of: {known}.")
    field, usual = _FIELDS[name]
    return f"{{{{prospect.{field}|{(found[2] or usual).strip() or usual}}}}}"


def read_template(told: object) -> MessageTemplate:
    """Read a template: one of ours, a mapping, an object, a channel's name or a campaign's id.

    Raises:
        TemplateError: It is nothing of these, or names what there is not.
        NotPermitted: Nobody is written to first on its channel.
    """
    if isinstance(told, MessageTemplate):
        return told
    if isinstance(told, str):
        name = "_".join(told.casefold().replace("-", " ").split())
        is_channel = name in _CHANNEL_NAMES or name == "linkedin" or name in channel_rules()
        return MessageTemplate(told) if is_channel else MessageTemplate(campaign_id=told)
    given = told if isinstance(told, Mapping) else getattr(told, "__dict__", None)
    if not given:
        raise TemplateError(
            f"A template is a MessageTemplate, a mapping or a channel, not {type(told).__name__}."
        )
    found = {
        "channel": _first(given, "channel", "platform", "message_type", "type") or "cold_email",
        "subject": _first(given, "subject", "subject_line"),
        "body": _first(given, "body", "content", "text", "message", "template"),
        "kind": _first(given, "kind", "step") or "opening",
        "link": _first(given, "link", "url"),
        "name": _first(given, "name", "title"),
        "campaign_id": _first(given, "campaign_id"),
    }  # fmt: skip
    return MessageTemplate(**found, is_open=bool(given.get("is_open", False)))


def _first(given: Mapping[str, Any], *names: str) -> str:
    return next((str(given[name]) for name in names if isinstance(given.get(name), str)), "")


def plan_of(template: MessageTemplate, strategy: PersonalizationStrategy) -> OutreachPlan:
    """Return the plan of a template's campaign: so many variations as the strategy asks for."""
    tones = _named(strategy.tones, strategy.tone_rules, OUTREACH_TONES, 2)
    count = strategy.variation_count
    lengths = LENGTHS if count > len(tones) * len(_ANGLES) else LENGTHS[:1]
    wanted = str(strategy.formatting_rules.get("length", ""))
    lengths = (wanted,) if wanted in LENGTHS else lengths
    n_angles = min(-(-count // (len(tones) * len(lengths))) + 1, 12 // (len(tones) * len(lengths)))
    angles = _named(strategy.angles, strategy.content_rules, _ANGLES, n_angles)
    return OutreachPlan(
        channels=(template.channel,), roles=("other",), tones=tones, angles=angles[:n_angles],
        lengths=lengths, kinds=tuple(dict.fromkeys(("opening", template.kind))),
        locales=("en-GB",),
    )  # fmt: skip


def _named(
    weights: Mapping[str, float], rules: Mapping[str, float], usual: Sequence[str], least: int
) -> tuple[str, ...]:
    """Return the names that weigh most, ``least`` of them, and all that rules name beside them."""
    ranked = sorted(usual, key=lambda name: (-weights.get(name, 0.0), usual.index(name)))
    ranked = [name for name in ranked if weights.get(name, 0.0) > 0]
    named = [name for name in ranked if rules and weights[name] > min(weights.values())]
    return tuple(dict.fromkeys([*named, *ranked[: max(least, 1)]]))[: max(least, len(named), 1)][:4]
