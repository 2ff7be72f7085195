"""The control text: written by a person for everybody, and what every variant is measured by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalization.domain import CONTROL, Message, Variant, clean_message
from personalization.generation.grounding import ground
from personalization.generation.sources import (
    CONTROL_FIELDS,
    campaign_of,
    citable,
    control_statements,
    footer_of,
    passages_for,
)
from personalization.generation.spending import on_account
from personalization.providers import registry
from personalization.providers.frames import built_in_control

if TYPE_CHECKING:
    from personalization.domain import Campaign, Claim
    from personalization.settings import Settings
    from personalization.store import Store


def control_message(store: Store, settings: Settings, campaign_id: str) -> Message:
    """Return the control text of a campaign: authored, or built in where there is no document.

    It is read from the approved document with the roles ``control_subject``,
    ``control_preheader``, ``control_body`` and ``control_cta`` in the campaign's language.

    Raises:
        InputError: There is no such campaign.
        ProviderError: There is neither a document nor a built-in text in the language.
    """
    return _message(store, settings, campaign_of(store, campaign_id))


def _message(store: Store, settings: Settings, campaign: Campaign) -> Message:
    link, footer = settings.brand.shop_url, footer_of(settings.brand, campaign.locale)
    texts = {
        CONTROL_FIELDS[s.role]: s.text
        for s in control_statements(store, campaign)
        if s.role in CONTROL_FIELDS
    }
    if set(texts) != set(CONTROL_FIELDS.values()):
        return built_in_control(
            locale=campaign.locale, brand=settings.brand.name, link=link, footer=footer
        )
    return clean_message(Message(**texts, link=link, footer=footer))


def control_variant(
    store: Store, settings: Settings, campaign: Campaign, segment: str
) -> tuple[Variant, list[Claim]]:
    """Return the control of one segment with its claims, not stored yet and without an id."""
    message = _message(store, settings, campaign)
    statements = citable(
        passages_for(store, campaign, segment), locale=campaign.locale, brand=settings.brand.name
    )
    claims = ground(
        message,
        (*control_statements(store, campaign), *statements),
        brand=settings.brand.name,
        locale=campaign.locale,
        checker=on_account(
            registry.second_opinion(settings.generation),
            store,
            settings.generation,
            campaign_id=campaign.campaign_id,
        ),
    )
    variant = Variant(
        "", 1, campaign.campaign_id, segment, CONTROL, message, campaign.locale,
        (("plan", CONTROL),), "human", (("model", "authored control text"),),
    )  # fmt: skip
    return variant, claims
