"""The outreach campaign that stands behind a program's template.

There is one campaign for each template and set of tones, angles and lengths.  Its texts are
written for the roles and languages that come, screened like all others, and approved by people or
not at all.
"""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from personalization.campaign.engine_templates import plan_of
from personalization.campaign.messages import import_content, screen_words
from personalization.campaign.outreach_desk import OutreachTemplate
from personalization.campaign.outreach_writing import (
    create_outreach,
    keep_template,
    outreach_plan,
    write_skeletons,
)
from personalization.domain import LENGTHS
from personalization.errors import InputError, TemplateError
from personalization.outreach.screened_places import new_places
from personalization.providers.outreach_frames import languages
from personalization.store import record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from personalization.campaign.engine_templates import MessageTemplate
    from personalization.domain import OutreachPlan
    from personalization.outreach.strategy import PersonalizationStrategy
    from personalization.settings import Settings
    from personalization.store import Store

_SHORT: Final = 75  # words
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
    prospects: Sequence[str] | None,
    actor: str,
) -> str:
    """Return the campaign behind a template, with texts for all audiences.

    Where somebody lives in a country that a text was not screened for, the texts are screened
    anew.  A campaign of the app is left as it is: people decide on it.

    Args:
        store: Writes what ``create_outreach``, ``write_skeletons`` and ``keep_template`` write.
        settings: Say who writes, and who the sender is.
        dataset_id: The base of prospects.
        template: What is wanted.
        strategy: Which tones, angles and lengths.
        audiences: (role, locale) of the prospects.
        prospects: Their ids; None is the whole base.
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
    is_screened = _widen(
        store, settings, campaign_id, template=template, audiences=audiences, actor=actor
    )
    if not is_screened and new_places(store, campaign_id, dataset_id, prospects):
        screen_words(store, settings, campaign_id, actor=actor, progress=None)
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
) -> bool:
    """Have texts written for roles and languages that were not there before; tell if it was so."""
    plan = outreach_plan(store, campaign_id)
    roles = tuple(dict.fromkeys((*plan.roles, *(role for role, _ in audiences))))
    spoken = {lang: locale for _, locale in audiences if (lang := locale[:2]) in languages()}
    known = {locale[:2] for locale in plan.locales}
    locales = (*plan.locales, *(spoken[lang] for lang in sorted(set(spoken) - known)))
    wider = replace(plan, roles=roles, locales=locales)
    written = {tuple(row) for row in store.read(_TEXTS, campaign_id=campaign_id)}
    if wider == plan and written:
        return False
    with store.transaction():
        store.run(_SET_PLAN, plan=json.dumps(asdict(wider)), campaign_id=campaign_id)
        record(
            store, "outreach.widened", campaign_id, actor=actor, campaign_id=campaign_id,
            roles=roles, locales=locales,
        )  # fmt: skip
    if template.body:
        _keep_words(store, settings, campaign_id, template=template, plan=wider, actor=actor)
    write_skeletons(store, settings, campaign_id, actor=actor)
    return True


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
