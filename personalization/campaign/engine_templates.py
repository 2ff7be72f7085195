"""A template as a program gives it, and the outreach campaign that stands behind it.

There is one campaign for each template and set of tones, angles and lengths.  Its texts are
written for the roles and languages that come, screened like all others, and approved by people or
not at all.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from personalization.campaign.messages import import_content
from personalization.campaign.outreach_desk import OutreachTemplate
from personalization.campaign.outreach_writing import (
    create_outreach,
    keep_template,
    outreach_plan,
    write_skeletons,
)
from personalization.domain import (
    LENGTHS,
    OUTREACH_CHANNELS,
    OUTREACH_KINDS,
    OUTREACH_TONES,
    PROSPECT_FIELDS,
    OutreachPlan,
)
from personalization.errors import InputError, NotPermitted, TemplateError
from personalization.outreach.channels import channel_rules
from personalization.providers.outreach_frames import languages
from personalization.store import record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from personalization.outreach.strategy import PersonalizationStrategy
    from personalization.settings import Settings
    from personalization.store import Store

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
_SHORT: Final = 75  # words


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


_HAS_CONTENT: Final = "SELECT count(*) FROM documents WHERE status = 'approved'"
_SET_PLAN: Final = "UPDATE outreach_plans SET plan = $plan WHERE campaign_id = $campaign_id"


def campaign_of_template(
    store: Store,
    settings: Settings,
    dataset_id: str,
    *,
    template: MessageTemplate,
    strategy: PersonalizationStrategy,
    audiences: Sequence[tuple[str, str]],
    actor: str,
) -> str:
    """Return the campaign behind a template, with texts for all audiences.

    Args:
        store: Writes what ``create_outreach``, ``write_skeletons`` and ``keep_template`` write.
        settings: Say who writes, and who the sender is.
        dataset_id: The base of prospects.
        template: What is wanted.
        strategy: Which tones, angles and lengths.
        audiences: (role, locale) of the prospects.
        actor: Who wants it.

    Raises:
        TemplateError: Own words cannot be used as they stand.
    """
    if template.campaign_id:
        try:
            outreach_plan(store, template.campaign_id)
        except InputError as error:
            raise TemplateError(str(error)) from error
        return template.campaign_id
    if store.read(_HAS_CONTENT) == [(0,)]:
        import_content(store, settings, actor=actor)
    plan = plan_of(template, strategy)
    marks = json.dumps([dataset_id, asdict(template), asdict(plan)], sort_keys=True)
    key = sha256(marks.encode()).hexdigest()[:24]
    told = template.name or template.channel.replace("_", " ")
    campaign_id = create_outreach(
        store, settings, dataset_id, name=f"Engine: {told}", plan=plan, actor=actor,
        request_id=f"engine:{key}",
    )  # fmt: skip
    _widen(store, settings, campaign_id, template=template, audiences=audiences, actor=actor)
    return campaign_id


_TEXTS: Final = """
    SELECT DISTINCT segment, locale FROM current_variants WHERE campaign_id = $campaign_id
"""


def _widen(
    store: Store,
    settings: Settings,
    campaign_id: str,
    *,
    template: MessageTemplate,
    audiences: Sequence[tuple[str, str]],
    actor: str,
) -> None:
    """Have texts written for roles and languages that were not there before."""
    plan = outreach_plan(store, campaign_id)
    roles = tuple(dict.fromkeys((*plan.roles, *(role for role, _ in audiences))))
    spoken = {lang: locale for _, locale in audiences if (lang := locale[:2]) in languages()}
    known = {locale[:2] for locale in plan.locales}
    locales = (*plan.locales, *(spoken[lang] for lang in sorted(set(spoken) - known)))
    wider = replace(plan, roles=roles, locales=locales)
    written = {tuple(row) for row in store.read(_TEXTS, campaign_id=campaign_id)}
    if wider == plan and written:
        return
    with store.transaction():
        store.run(_SET_PLAN, plan=json.dumps(asdict(wider)), campaign_id=campaign_id)
        record(
            store, "outreach.widened", campaign_id, actor=actor, campaign_id=campaign_id,
            roles=roles, locales=locales,
        )  # fmt: skip
    if template.body:
        _keep_words(store, settings, campaign_id, template=template, plan=wider, actor=actor)
    write_skeletons(store, settings, campaign_id, actor=actor)


def _keep_words(
    store: Store,
    settings: Settings,
    campaign_id: str,
    *,
    template: MessageTemplate,
    plan: OutreachPlan,
    actor: str,
) -> None:
    """Keep a program's own words as a text for each role, screened like any other."""
    length = LENGTHS[len(template.body.split()) > _SHORT]
    for role in plan.roles:
        try:
            keep_template(
                store, settings, campaign_id,
                OutreachTemplate(
                    template.channel, template.body, template.subject, role, template.kind,
                    plan.tones[0], plan.angles[0], length, template.link, plan.locales[0],
                ),
                actor=actor,
            )  # fmt: skip
        except InputError as error:
            raise TemplateError(str(error)) from error


_BLOCKED: Final = """
    WITH words AS (
        SELECT texts.variant_id, texts.version,
               texts.variant_id IN (SELECT variant_id FROM passed_skeletons
                                    UNION ALL SELECT variant_id FROM sendable_skeletons) AS is_clear
        FROM current_variants AS texts
        WHERE texts.campaign_id = $campaign_id AND texts.origin = 'human'
    ), told AS (
        SELECT findings.message, findings.severity
        FROM words
        JOIN latest_screenings AS screened ON screened.variant_id = words.variant_id
                                          AND screened.version = words.version
        JOIN findings ON findings.screening_id = screened.screening_id
        WHERE findings.action IN ('review', 'block', 'error')
    )
    SELECT (SELECT bool_or(is_clear) FROM words),
           (SELECT arg_max(message, (severity, message)) FROM told)
"""


def refuse_blocked_words(store: Store, campaign_id: str, template: MessageTemplate) -> None:
    """Refuse a template whose own words did not pass the screening, and wait for nobody's approval.

    Raises:
        TemplateError: They did not; it says what was found.
    """
    if not template.body or template.campaign_id:
        return
    is_clear, found = store.read(_BLOCKED, campaign_id=campaign_id)[0]
    if not is_clear:
        raise TemplateError(
            f"The template's words did not pass the screening: {found or 'it could not be read.'} "
            "Reword it, or have somebody approve it in the app.",
            code="blocked_words",
        )
