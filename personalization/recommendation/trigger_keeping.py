"""Triggers and contact rules as somebody saved them: every change is a version, none is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from personalization.clocks import refuse_unknown_zone
from personalization.errors import InputError, StateError
from personalization.recommendation.trigger_values import (
    EVENTS,
    ContactRules,
    Trigger,
    TriggerPlan,
)
from personalization.store import record

if TYPE_CHECKING:
    from personalization.store import Store

_TRIGGERS: Final = """
    SELECT trigger_id, version, dataset_id, name, event, CAST(settings AS VARCHAR), is_on
    FROM triggers WHERE dataset_id = $dataset_id
    QUALIFY row_number() OVER (PARTITION BY trigger_id ORDER BY version DESC) = 1
    ORDER BY CAST(json_extract(settings, '$.priority') AS INTEGER), name, trigger_id
"""


def triggers_of(store: Store, dataset_id: str) -> list[Trigger]:
    """List a base's triggers as they are now, the most important first; switched off ones too."""
    return [
        Trigger(trigger_id, version, base, name, event, TriggerPlan.read(settings), is_on)
        for trigger_id, version, base, name, event, settings, is_on in store.read(
            _TRIGGERS, dataset_id=dataset_id
        )
    ]


def trigger_of(store: Store, dataset_id: str, trigger_id: str) -> Trigger:
    """Return one trigger of a base.

    Raises:
        InputError: The base has none of that id; it says which there are.
    """
    known = {one.trigger_id: one for one in triggers_of(store, dataset_id)}
    if trigger_id not in known:
        listed = ", ".join(f"{one.trigger_id} ({one.name})" for one in known.values()) or "none"
        raise InputError(f"There is no trigger {trigger_id!r} in this base. There is: {listed}.")
    return known[trigger_id]


_CAMPAIGN: Final = """
    SELECT count(*) FROM campaigns
    WHERE campaign_id = $campaign_id AND dataset_id = $dataset_id
      AND campaign_id NOT IN (SELECT campaign_id FROM text_sets)
"""
_SAVE: Final = """
    INSERT INTO triggers
    VALUES ($trigger_id, $version, $dataset_id, $name, $event, $settings, $is_on, $now, $actor)
"""


def save_trigger(
    store: Store,
    dataset_id: str,
    name: str,
    event: str,
    plan: TriggerPlan,
    *,
    is_on: bool,
    actor: str,
    changes: Trigger | None = None,
) -> Trigger:
    """Keep a new trigger, or a new version of one; what fired before stays answered.

    Args:
        store: Writes ``triggers``.
        dataset_id: The base whose events it waits for.
        name: For the team.
        event: One of EVENTS; that of a trigger never changes.
        plan: What it does.
        is_on: Whether evaluations look at it.
        actor: Who saves it.
        changes: The version that was seen, where there is one.

    Raises:
        InputError: It has no name, waits for nothing known, or is to send what is not there.
        StateError: Somebody else has saved a newer version.
    """
    _refuse(store, dataset_id, name, event, plan, is_on=is_on)
    trigger_id = changes.trigger_id if changes else f"tr{uuid4().hex[:6]}"
    version = changes.version + 1 if changes else 1
    trigger = Trigger(
        trigger_id, version, dataset_id, name.strip(), changes.event if changes else event, plan,
        is_on,
    )  # fmt: skip
    with store.transaction():
        known = {one.trigger_id: one.version for one in triggers_of(store, dataset_id)}
        if changes and known.get(trigger_id) != changes.version:
            raise StateError(f"‘{name}’ was changed by somebody else. Open it again, then save.")
        store.run(
            _SAVE, trigger_id=trigger_id, version=version, dataset_id=dataset_id,
            name=trigger.name, event=trigger.event, settings=plan.as_json(), is_on=is_on,
            now=store.now(), actor=actor,
        )  # fmt: skip
        record(
            store, "trigger.saved", trigger_id, actor=actor, campaign_id=plan.campaign_id,
            dataset_id=dataset_id, version=version, event=trigger.event, is_on=is_on,
            settings=plan.as_json(),
        )  # fmt: skip
    return trigger


def _refuse(
    store: Store, dataset_id: str, name: str, event: str, plan: TriggerPlan, *, is_on: bool
) -> None:
    if not name.strip():
        raise InputError("The trigger has no name. Give it one that the team will recognise.")
    if event not in EVENTS:
        raise InputError(f"There is no event {event!r}. Use one of: {', '.join(EVENTS)}.")
    asked: dict[str, Any] = {"campaign_id": plan.campaign_id, "dataset_id": dataset_id}
    if (is_on or plan.campaign_id) and store.read(_CAMPAIGN, **asked) == [(0,)]:
        raise InputError(
            "A trigger sends the approved messages of a campaign of the same customer base. "
            "Choose one before it is switched on."
        )


_RULES: Final = """
    SELECT CAST(rules AS VARCHAR) FROM contact_rules WHERE dataset_id = $dataset_id
    ORDER BY number DESC LIMIT 1
"""
_SAVE_RULES: Final = """
    INSERT INTO contact_rules (dataset_id, rules, saved_at, saved_by)
    VALUES ($dataset_id, $rules, $now, $actor)
"""


def contact_rules(store: Store, dataset_id: str) -> ContactRules:
    """Return what holds for all triggers of a base; the usual rules where nobody saved any."""
    row = store.read_one(_RULES, dataset_id=dataset_id)
    return ContactRules.read(row[0]) if row else ContactRules()


def save_contact_rules(store: Store, dataset_id: str, rules: ContactRules, *, actor: str) -> None:
    """Put other contact rules in force for a base, if they differ.

    Raises:
        InputError: There is no such time zone.
    """
    refuse_unknown_zone(store, rules.time_zone)
    with store.transaction():
        if rules == contact_rules(store, dataset_id):
            return
        store.run(
            _SAVE_RULES, dataset_id=dataset_id, rules=rules.as_json(), now=store.now(), actor=actor
        )
        record(
            store, "contact_rules.saved", dataset_id, actor=actor, dataset_id=dataset_id,
            rules=rules.as_json(),
        )  # fmt: skip
