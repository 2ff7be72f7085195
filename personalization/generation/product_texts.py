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
from personalization.generation.recording import Version, keep_versions, variants_by_id
from personalization.generation.sources import citable
from personalization.providers.product_composing import ProductComposer
from personalization.providers.product_facts import frames_in
from personalization.store import record

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

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
    WITH places AS (
        SELECT unnest($numbers::INTEGER[]) AS number, unnest($segments::VARCHAR[]) AS segment,
               unnest($arms::VARCHAR[]) AS arm, unnest($kinds::VARCHAR[]) AS kind,
               unnest($channels::VARCHAR[]) AS channel, unnest($products::VARCHAR[]) AS product_id,
               unnest($customers::VARCHAR[]) AS customer_id, unnest($families::VARCHAR[]) AS family
    )
    SELECT places.number, min(channels.variant_id) AS variant_id
    FROM places
    JOIN variant_channels AS channels
        ON channels.kind = places.kind AND channels.channel = places.channel
       AND channels.product_id IS NOT DISTINCT FROM places.product_id
       AND channels.customer_id IS NOT DISTINCT FROM places.customer_id
    JOIN current_variants AS variants
        ON variants.variant_id = channels.variant_id AND variants.campaign_id = $campaign_id
       AND variants.segment = places.segment AND variants.arm = places.arm
       AND coalesce(json_extract_string(variants.attributes, '$.family'), '') = places.family
    GROUP BY places.number
    ORDER BY places.number
"""
_ADD_CHANNELS: Final = """
    INSERT INTO variant_channels (variant_id, channel, kind, product_id, customer_id)
    SELECT unnest($variant_ids::VARCHAR[]), unnest($channels::VARCHAR[]),
           unnest($kinds::VARCHAR[]), unnest($products::VARCHAR[]), unnest($customers::VARCHAR[])
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
    offered = frozenset(s.statement_id for passage in sources for s in passage.statements)
    text = WrittenText(place, draft, tuple(claims), locale, offered)
    [variant_id] = keep_texts(store, campaign_id, [text], actor=actor)
    return variant_id


@dataclass(frozen=True, slots=True)
class WrittenText:
    """A text that was written and held to its sources, and is to be kept.

    Attributes:
        place: Which text it is.
        draft: Its words.
        claims: What they assert.
        locale: Language and country.
        offered: Ids of the statements that it was written from.
    """

    place: Place
    draft: Draft
    claims: tuple[Claim, ...]
    locale: str
    offered: frozenset[str]


def keep_texts(
    store: Store, campaign_id: str, texts: Sequence[WrittenText], *, actor: str
) -> tuple[str, ...]:
    """Keep texts of different places, each as ``keep_text`` does; return their ids.

    Inside a transaction, so that it is all of them or none.
    """
    if not texts:
        return ()
    known = _known_ids(store, campaign_id, [text.place for text in texts])
    ids = tuple(
        found or _id_of(campaign_id, t.place) for found, t in zip(known, texts, strict=True)
    )
    before = variants_by_id(store, ids)
    sources = _sources_now(store, before)
    versions: list[Version] = []
    new: list[tuple[str, Place]] = []
    for variant_id, text, there in zip(ids, texts, known, strict=True):
        old = before.get(variant_id)
        if old and _is_same(text, old, sources.get(variant_id, frozenset())):
            continue
        versions.append(_version(variant_id, campaign_id, text, old))
        if not there:
            new.append((variant_id, text.place))
    keep_versions(store, versions, "text.written", actor=actor)
    if new:
        store.run(
            _ADD_CHANNELS, variant_ids=[variant_id for variant_id, _ in new],
            channels=[place.channel for _, place in new], kinds=[place.kind for _, place in new],
            products=[place.product_id for _, place in new],
            customers=[place.customer_id for _, place in new],
        )  # fmt: skip
    return ids


def _known_ids(store: Store, campaign_id: str, places: Sequence[Place]) -> list[str | None]:
    """Return the id of the text that is in each place; None where there is none yet."""
    rows = store.read(
        _KNOWN, campaign_id=campaign_id, numbers=list(range(len(places))),
        segments=[place.segment for place in places], arms=[place.arm for place in places],
        kinds=[place.kind for place in places], channels=[place.channel for place in places],
        products=[place.product_id for place in places],
        customers=[place.customer_id for place in places],
        families=[place.family for place in places],
    )  # fmt: skip
    found = {int(number): str(variant_id) for number, variant_id in rows}
    return [found.get(number) for number in range(len(places))]


def _is_same(text: WrittenText, old: Variant, sources: frozenset[str]) -> bool:
    """Tell whether a text reads as it did, and cites nothing that it did not stand on."""
    cited = {claim.statement_id for claim in text.claims if claim.statement_id}
    return old.message == clean_message(text.draft.message) and cited <= sources


def _version(variant_id: str, campaign_id: str, text: WrittenText, old: Variant | None) -> Version:
    draft, place = text.draft, text.place
    variant = Variant(
        variant_id, old.version + 1 if old else 1, campaign_id, place.segment, place.arm,
        clean_message(draft.message), text.locale, (*draft.attributes, ("family", place.family)),
        draft.origin, draft.provenance,
    )  # fmt: skip
    return Version(variant, text.claims, text.offered)


_SOURCES: Final = """
    SELECT quoted.variant_id, quoted.statement_id FROM quoted_statements AS quoted
    JOIN (SELECT unnest($variant_ids::VARCHAR[]) AS variant_id,
                 unnest($versions::INTEGER[]) AS version) AS asked
        ON asked.variant_id = quoted.variant_id AND asked.version = quoted.version
    ORDER BY quoted.variant_id, quoted.statement_id
"""


def _sources_now(store: Store, before: Mapping[str, Variant]) -> dict[str, frozenset[str]]:
    """Return the statements that the present versions stand on, by id of the variant."""
    if not before:
        return {}
    rows = store.read(
        _SOURCES, variant_ids=list(before), versions=[old.version for old in before.values()]
    )
    found: dict[str, set[str]] = {}
    for variant_id, statement_id in rows:
        found.setdefault(variant_id, set()).add(statement_id)
    return {variant_id: frozenset(ids) for variant_id, ids in found.items()}


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
