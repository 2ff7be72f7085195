"""Editing a variant by hand: a new version, whose claims are checked like any other's."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from personalization.domain import (
    MERGE_FIELDS,
    PRODUCT_FIELDS,
    Statement,
    clean_message,
    merge_tags,
    product_tags,
    refuse_tags_for_others,
)
from personalization.errors import InputError
from personalization.generation.grounding import FIELDS, ground
from personalization.generation.judging import COURTESY
from personalization.generation.product_plans import product_plan
from personalization.generation.quoting import sources_of_version
from personalization.generation.recording import claims_of_version, current_variant, keep_version
from personalization.generation.sentences import sentences
from personalization.generation.sources import (
    campaign_of,
    citable,
    control_statements,
    passages_for,
)
from personalization.generation.writing import refuse_if_changed

if TYPE_CHECKING:
    from personalization.domain import Claim, MergeTag, Message, ProductPlan, Variant
    from personalization.providers.protocols import GroundednessChecker
    from personalization.store import Store

_BRACE: Final = re.compile(r"\{\{[^{}]*\}?\}?|\}\}")
_LABELS: Final = {"call_to_action": "call to action"}
_NEEDED: Final = frozenset({"subject", "body", "call_to_action"})


def edit_variant(
    store: Store,
    variant_id: str,
    message: Message,
    *,
    seen_version: int,
    actor: str,
    checker: GroundednessChecker | None = None,
) -> int:
    """Keep an edited message as a new version, and return its number.

    Its claims are checked anew, and it starts at screening and approval again.  Reads the
    sources of its segment; writes ``variants``, ``claims`` and ``audit_log``.

    Args:
        store: No transaction needs to be open.
        variant_id: Which variant.
        message: All fields, as they are to be.
        seen_version: The version that the editor started from.
        actor: Who edited it.
        checker: Gives a second opinion on what the rules let pass.

    Raises:
        InputError: There is no such variant, nothing was changed, a field is empty, or a merge
            tag cannot be filled.
        StateError: Somebody else changed it in the meantime.
    """
    before = current_variant(store, variant_id)
    if before is None:
        raise InputError(f"There is no message {variant_id!r}. The Review page lists them.")
    refuse_if_changed(store, variant_id, seen_version)
    edited = clean_message(message)
    if edited == before.message:
        raise InputError("Nothing was changed, so the message stays as it is.")
    refuse_unfit(edited)
    _refuse_unplanned(product_plan(store, before.campaign_id), before, edited)
    after = replace(
        before,
        version=before.version + 1,
        message=edited,
        origin="human",
        provenance=(("edited_from", f"{variant_id}@{before.version}"), ("model", before.origin)),
    )
    claims = _claims(store, before, after, checker)
    with store.transaction():
        refuse_if_changed(store, variant_id, seen_version)
        quoted = sources_of_version(store, variant_id, before.version)
        keep_version(store, after, claims, "variant.edited", actor=actor, offered=quoted)
    return after.version


def refuse_unfit(message: Message) -> None:
    """Raise InputError for an empty field or a merge tag that cannot be filled."""
    for name, text in message.fields():
        label = _LABELS.get(name, name)
        if name in _NEEDED and not text:
            raise InputError(f"The {label} is empty. Write one.")
        tags = merge_tags(text)
        refuse_tags_for_others(text, is_for_prospects=False)
        if tags and name not in FIELDS:
            raise InputError(f"{tags[0].token} cannot stand in the {label}. Take it out there.")
        if silent := [tag for tag in tags if not tag.fallback and not tag.rank]:
            raise InputError(
                f"{silent[0].token} has no fallback. Say what customers without a "
                f"{silent[0].field} read: {{{{{silent[0].field}|there}}}}."
            )
        if broken := _BRACE.search(_without(text, [tag.token for tag in tags])):
            raise InputError(
                f"{broken[0]!r} in the {label} is no merge tag. Write it as "
                f"{{{{first_name|there}}}}, with one of: {', '.join(MERGE_FIELDS)}; or, where the "
                f"campaign names products, {{{{product_1.name}}}}, with one of: "
                f"{', '.join(PRODUCT_FIELDS)}."
            )


def _refuse_unplanned(plan: ProductPlan | None, before: Variant, edited: Message) -> None:
    """Raise InputError for a new tag of a product that the arm's customers have none for."""
    items = plan.items if plan and plan.strategy_of(before.arm) else 0
    known = set(_products_in(before.message))
    if beyond := [tag for tag in _products_in(edited) if tag.rank > items and tag not in known]:
        which = f"names {items} products" if items else "names no products in this arm"
        raise InputError(
            f"{beyond[0].token} cannot be filled: the campaign {which}. Change the plan of the "
            "products on the Content page, or take the tag out."
        )


def _products_in(message: Message) -> list[MergeTag]:
    return [tag for _, text in message.fields() for tag in product_tags(text)]


def _without(text: str, tokens: list[str]) -> str:
    for token in tokens:
        text = text.replace(token, "")
    return text


def _claims(
    store: Store, before: Variant, after: Variant, checker: GroundednessChecker | None
) -> list[Claim]:
    campaign = campaign_of(store, after.campaign_id)
    passages = passages_for(store, campaign, after.segment)
    return ground(
        after.message,
        (
            *control_statements(store, campaign),
            *citable(passages, locale=campaign.locale),
            *_courtesies(store, before),
        ),
        locale=after.locale,
        checker=checker,
    )


def _courtesies(store: Store, before: Variant) -> list[Statement]:
    """Return what stood in the version before and was no claim: word for word it is none now."""
    claimed = [
        (c.span_start, c.span_end)
        for c in claims_of_version(store, before.variant_id, before.version)
        if c.field == "body"
    ]
    return [
        Statement(f"{before.variant_id}@{before.version}", "before", COURTESY, s.text)
        for s in sentences(before.message.body)
        if not any(s.start < end and s.end > start for start, end in claimed)
    ]
