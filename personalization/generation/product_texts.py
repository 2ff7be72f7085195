"""Product texts: written from catalogue facts and approved content, grounded, kept as variants.

A text is known by its set, its segment, its kind, its channel, its tone, and the product or the
strategy that it is about: written again it is a new version, which starts at screening.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from personalization.domain import Statement, Variant, clean_message
from personalization.generation.grounding import ground
from personalization.generation.mending import mended
from personalization.generation.recording import current_variant, keep_version
from personalization.generation.sources import citable
from personalization.providers.product_composing import ProductComposer
from personalization.providers.product_facts import frames_in
from personalization.store import record

if TYPE_CHECKING:
    from collections.abc import Iterable

    from personalization.domain import Claim, Passage, Segment
    from personalization.providers.product_texts import TextRequest, TextWriter
    from personalization.providers.protocols import Draft, GroundednessChecker
    from personalization.store import Store

EVERYBODY: Final = "Everybody"
"""What stands for the segment of a text that is for nobody in particular."""

_RETURNING_AFTER: Final = 90  # days since the median customer's last order
_REGULAR_FROM: Final = 4  # orders of the median customer
_NEW_TO: Final = 1

_KNOWN: Final = """
    SELECT channels.variant_id FROM variant_channels AS channels
    JOIN current_variants AS variants ON variants.variant_id = channels.variant_id
    WHERE variants.campaign_id = $campaign_id AND variants.segment = $segment
      AND variants.arm = $arm AND channels.kind = $kind AND channels.channel = $channel
      AND channels.product_id IS NOT DISTINCT FROM $product_id
      AND channels.customer_id IS NOT DISTINCT FROM $customer_id
      AND coalesce(json_extract_string(variants.attributes, '$.family'), '') = $family
    ORDER BY channels.variant_id
"""
_ADD_CHANNEL: Final = """
    INSERT INTO variant_channels (variant_id, channel, kind, product_id, customer_id)
    VALUES ($variant_id, $channel, $kind, $product_id, $customer_id)
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Which text it is: what tells it from the others of its set.

    Attributes:
        segment: A segment of the set, or EVERYBODY.
        arm: The tone of a text about a product; the strategy of one about each reader's own.
        product_id: What it is about; None where that differs from reader to reader.
        customer_id: For whom, where it is for one person.
        family: Of the first product, where each family has a text of its own; the locale of a text
            for prospects.
    """

    segment: str
    arm: str
    kind: str
    channel: str
    product_id: str | None = None
    customer_id: str | None = None
    family: str = ""


def standing_of(segment: Segment | None) -> str:
    """Tell how a segment's readers stand with the shop, by its medians; empty where unclear."""
    known = dict(segment.profile) if segment else {}
    recency, orders = known.get("median_recency_days"), known.get("median_orders")
    if recency is None or orders is None:
        return ""
    if float(recency) > _RETURNING_AFTER:
        return "returning"
    if float(orders) >= _REGULAR_FROM:
        return "regular"
    return "newcomer" if float(orders) <= _NEW_TO else ""


def text_statements(request: TextRequest) -> tuple[Statement, ...]:
    """Return all that a text may cite, with the frames that need no source."""
    frames = (
        Statement(f"frame {number}", "built-in", role, text)
        for number, (role, text) in enumerate(frames_in(request.locale, request.brand_name), 1)
    )
    sources = citable(request.sources, locale=request.locale, brand=request.brand_name)
    return (*sources, *frames)


def drafted_text(
    writer: TextWriter, request: TextRequest, *, checker: GroundednessChecker | None = None
) -> tuple[Draft, list[Claim]]:
    """Have one text written and hold it to its sources; see ``mended``.

    A catalogue says all that is known of a product, so one new word about it is a fault here and
    no question for a reviewer.
    """
    return mended(writer, ProductComposer(), request, lambda d: _claims(request, d, checker))


def _claims(request: TextRequest, draft: Draft, checker: GroundednessChecker | None) -> list[Claim]:
    return ground(
        clean_message(draft.message), text_statements(request), cited=draft.claims,
        brand=request.brand_name, locale=request.locale, checker=checker,
    )  # fmt: skip


def keep_text(
    store: Store,
    campaign_id: str,
    place: Place,
    written: tuple[Draft, list[Claim]],
    *,
    locale: str,
    sources: Iterable[Passage],
    actor: str,
) -> str:
    """Keep a text as a new variant, or as a new version where it reads differently.

    Inside a transaction.  Writes ``variants``, ``claims``, ``variant_sources``,
    ``variant_channels`` and the audit row.

    Returns:
        The id of the variant.
    """
    draft, claims = written
    known = store.read_one(_KNOWN, campaign_id=campaign_id, **_columns(place))
    variant_id = str(known[0]) if known else _id_of(campaign_id, place)
    before = current_variant(store, variant_id)
    message = clean_message(draft.message)
    offered = [s.statement_id for passage in sources for s in passage.statements]
    cited = {claim.statement_id for claim in claims if claim.statement_id}
    if before and before.message == message and cited <= _sources_now(store, before):
        return variant_id
    variant = Variant(
        variant_id, before.version + 1 if before else 1, campaign_id, place.segment, place.arm,
        message, locale, (*draft.attributes, ("family", place.family)), draft.origin,
        draft.provenance,
    )  # fmt: skip
    keep_version(store, variant, claims, "text.written", actor=actor, offered=offered)
    if not known:
        store.run(
            _ADD_CHANNEL, variant_id=variant_id, channel=place.channel, kind=place.kind,
            product_id=place.product_id, customer_id=place.customer_id,
        )  # fmt: skip
    return variant_id


_SOURCES: Final = """
    SELECT statement_id FROM quoted_statements
    WHERE variant_id = $variant_id AND version = $version
"""


def _sources_now(store: Store, before: Variant) -> set[str]:
    rows = store.read(_SOURCES, variant_id=before.variant_id, version=before.version)
    return {str(statement_id) for (statement_id,) in rows}


def _columns(place: Place) -> dict[str, Any]:
    return {name: getattr(place, name) for name in place.__dataclass_fields__}


def _id_of(campaign_id: str, place: Place) -> str:
    told = "\x1f".join(str(value) for value in _columns(place).values())
    return f"{campaign_id}-{place.channel}-{hashlib.sha256(told.encode()).hexdigest()[:10]}"


def keep_text_failure(
    store: Store, campaign_id: str, place: Place, reason: str, *, actor: str
) -> None:
    """Put on record that a text could not be written, and why."""
    record(
        store, "text.not_written", _id_of(campaign_id, place), actor=actor,
        campaign_id=campaign_id, kind_of_text=place.kind, channel=place.channel, reason=reason,
    )  # fmt: skip
