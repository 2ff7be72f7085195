"""Campaigns that come again: what a template keeps of the campaign that it was made of."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from personalization import segmentation
from personalization.campaign.journal import campaign_of
from personalization.campaign.products import product_plan
from personalization.errors import InputError, StateError
from personalization.store import record

if TYPE_CHECKING:
    from personalization.store import Store

EVERY: Final = ("day", "week", "month")
"""How often a template is run."""


@dataclass(frozen=True, slots=True)
class Template:
    """A campaign to be made again and again, in the newest version of its template.

    Attributes:
        every: One of EVERY.
        lead_days: The send date lies so many days after the run: time to review.
        made_of: What its campaigns are made with: brief, locale, segments and product plan.
    """

    template_id: str
    version: int
    dataset_id: str
    name: str
    every: str
    lead_days: int
    made_of: dict[str, Any]
    is_on: bool


_TEMPLATES: Final = """
    SELECT template_id, version, dataset_id, name, CAST(settings AS VARCHAR), is_on
    FROM campaign_templates WHERE $dataset_id = '' OR dataset_id = $dataset_id
    QUALIFY row_number() OVER (PARTITION BY template_id ORDER BY version DESC) = 1
    ORDER BY name, template_id
"""


def templates_of(store: Store, dataset_id: str = "") -> list[Template]:
    """List the templates of a base, or of all, as they are now; switched off ones too."""
    return [_template(row) for row in store.read(_TEMPLATES, dataset_id=dataset_id)]


def _template(row: tuple[Any, ...]) -> Template:
    template_id, version, dataset_id, name, settings, is_on = row
    made_of = json.loads(settings)
    every, lead_days = made_of.pop("every"), made_of.pop("lead_days")
    return Template(template_id, version, dataset_id, name, every, lead_days, made_of, is_on)


_SEGMENTED: Final = """
    SELECT method, CAST(parameters AS VARCHAR) FROM segmentations WHERE campaign_id = $campaign_id
"""
_SAVE: Final = """
    INSERT INTO campaign_templates
    VALUES ($template_id, $version, $dataset_id, $name, $settings, $is_on, $now, $actor)
"""


def make_template(
    store: Store, campaign_id: str, *, name: str, every: str, lead_days: int = 5, actor: str
) -> Template:
    """Make a template of a campaign: its brief, its way to segments, and its product plan.

    Raises:
        InputError: There is no such campaign or rhythm, or the template has no name.
    """
    known = campaign_of(store, campaign_id)
    plan = product_plan(store, campaign_id)
    segmented = store.read_one(_SEGMENTED, campaign_id=campaign_id)
    made_of = {
        "brief": asdict(known.brief), "locale": known.locale, "from_campaign": campaign_id,
        "segments": _segments(*segmented) if segmented else {},
        "products": None if plan is None else
        {"items": plan.items, "is_split": plan.is_split, "fills_up": plan.fills_up,
         "arms": dict(plan.arms)},
    }  # fmt: skip
    template = Template(
        f"tp{uuid4().hex[:6]}", 1, known.dataset_id, name.strip(), every, lead_days, made_of,
        is_on=True,
    )  # fmt: skip
    return _keep(store, template, actor)


def _segments(method: str, parameters: str) -> dict[str, Any]:
    """Return how segments are found again; those that were taken over are found by default."""
    told = json.loads(parameters)
    if method == "rules":
        return {"method": method, "rules": told["rules"]}
    return {"method": method} if method in segmentation.METHODS else {}


def change_template(
    store: Store, template: Template, *, every: str, lead_days: int, is_on: bool, actor: str
) -> Template:
    """Save another rhythm of a template, or switch it on or off.

    Raises:
        InputError: There is no such rhythm.
        StateError: Somebody else has saved a newer version.
    """
    changed = Template(
        template.template_id, template.version + 1, template.dataset_id, template.name, every,
        lead_days, template.made_of, is_on,
    )  # fmt: skip
    return _keep(store, changed, actor)


def _keep(store: Store, template: Template, actor: str) -> Template:
    if not template.name:
        raise InputError("The template has no name. Give it one that the team will recognise.")
    if template.every not in EVERY:
        raise InputError(f"A template runs every {', '.join(EVERY)}; not {template.every!r}.")
    if not 0 <= template.lead_days <= _LONGEST_LEAD:
        raise InputError(f"The send date lies 0 to {_LONGEST_LEAD} days after the run.")
    told = {**template.made_of, "every": template.every, "lead_days": template.lead_days}
    with store.transaction():
        known = {each.template_id: each.version for each in templates_of(store)}
        if known.get(template.template_id, 0) != template.version - 1:
            raise StateError(f"‘{template.name}’ was changed by somebody else. Open it again.")
        store.run(
            _SAVE, template_id=template.template_id, version=template.version,
            dataset_id=template.dataset_id, name=template.name,
            settings=json.dumps(told, ensure_ascii=False, sort_keys=True), is_on=template.is_on,
            now=store.now(), actor=actor,
        )  # fmt: skip
        record(
            store, "template.saved", template.template_id, actor=actor,
            dataset_id=template.dataset_id, version=template.version, every=template.every,
            is_on=template.is_on,
        )  # fmt: skip
    return template


_LONGEST_LEAD: Final = 90
