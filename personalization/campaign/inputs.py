"""Untrusted inputs, in their place: customers, passages and the brief are checked before use."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from personalization import safety
from personalization.campaign.journal import campaign_of, journal
from personalization.providers import registry

if TYPE_CHECKING:
    from personalization.safety import InputCheck, Policy
    from personalization.settings import Settings
    from personalization.store import Store


def with_engine(settings: Settings) -> Settings:
    """Return the settings with ``auto`` resolved to the engine that serves here and now."""
    engine = registry.classifier_name(settings.safety)
    return replace(settings, safety=replace(settings.safety, engine=engine))


def check_inputs(
    store: Store, settings: Settings, campaign_id: str, *, actor: str
) -> tuple[InputCheck, ...]:
    """Hold the campaign's customers, all passages and the brief against the rules.

    What breaks one is not used: a value reads as its fallback, a passage is not said, a part of
    the brief is not told to the writer.  How many texts are held back is journalled.

    Raises:
        InputError: The policy asks for Prompt Shields, and endpoint or key are missing.
    """
    policy = _policy(store, settings)
    shield = registry.shield(policy.azure)
    dataset_id = campaign_of(store, campaign_id).dataset_id
    checks = (
        safety.check_customers(store, policy, dataset_id, actor=actor, shield=shield),
        safety.check_profiles(store, policy, campaign_id, actor=actor, shield=shield),
        safety.check_passages(store, policy, actor=actor, shield=shield),
        safety.check_brief(store, policy, campaign_id, actor=actor, shield=shield),
    )
    journal(store, campaign_id, "check", sum(check.held for check in checks), actor)
    return checks


def check_dataset(store: Store, settings: Settings, dataset_id: str, *, actor: str) -> None:
    """Hold the values of new customers against the rules; Prompt Shields are asked before use."""
    safety.check_customers(store, _policy(store, settings), dataset_id, actor=actor)


def check_sources(store: Store, settings: Settings, *, actor: str) -> None:
    """Hold passages against the rules; Prompt Shields are asked before they are used."""
    safety.check_passages(store, _policy(store, settings), actor=actor)


def _policy(store: Store, settings: Settings) -> Policy:
    return safety.policy_of(store, with_engine(settings))


def in_words(checks: tuple[InputCheck, ...]) -> str:
    """Say what is held back; empty where nothing is."""
    held, unasked = sum(c.held for c in checks), sum(c.unasked for c in checks)
    if not held:
        return ""
    said = f" {held} {'input is' if held == 1 else 'inputs are'} held back: see the Audit page."
    if unasked:
        said += f" Prompt Shields could not be asked about {unasked} of them; try again later."
    return said
