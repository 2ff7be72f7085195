"""Tags of products as facts of the claim ledger: the catalogue bears them out, within the plan.

What a reader sees in their place is frozen with the campaign's products, and held to the catalogue
again before anything goes out; see the gate.  A tag that the plan knows nothing of would stay
empty, so it blocks.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from personalization.domain import Decision, LedgerEntry, product_tags
from personalization.safety.ledger import FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from personalization.domain import MergeTag, Message
    from personalization.safety.reading import Context

_KINDS: Final[Mapping[str, tuple[str, str, str]]] = MappingProxyType(
    {
        "name": ("product", "catalogue", "the catalogue's name of the product"),
        "category": ("product", "catalogue", "the catalogue's family of the product"),
        "price": ("price", "catalogue", "the catalogue's price of the product"),
        "link": ("product", "catalogue", "the catalogue's page of the product, or the shop"),
        "reason": ("reason", "events", "worded from what customers did"),
    }
)
"""Field of a product -> kind of the fact, what bears it out, and that in words."""

_HELD: Final = "For each reader their own; held to the catalogue again before it goes out."


def product_entries(message: Message, context: Context) -> Iterator[LedgerEntry]:
    """Yield a fact for each place where a message names a product.

    Args:
        message: As it is stored, with its tags.
        context: Says how many products the messages of the arm may name.
    """
    if context.cited is None:
        return
    for field, text in message.fields():
        if field not in FIELDS:
            continue
        found = [
            (place.start(), tag)
            for tag in product_tags(text)
            for place in re.finditer(re.escape(tag.token), text)
        ]
        for start, tag in sorted(found, key=lambda one: one[0]):
            yield _entry(field, start, tag, context.product_items)


def _entry(field: str, start: int, tag: MergeTag, items: int) -> LedgerEntry:
    kind, source, told = _KINDS[tag.field.partition(".")[2]]
    reason = _fault(tag, items)
    return LedgerEntry(
        kind, field, start, start + len(tag.token), tag.token,
        Decision.BLOCK if reason else Decision.PASS, reason or _HELD,
        source_field=source, source_text=told,
    )  # fmt: skip


def _fault(tag: MergeTag, items: int) -> str:
    """Say why nothing would fill a tag; empty where the plan does."""
    if not items:
        return "The messages of this arm name no products: plan them on the Content page."
    if tag.rank > items:
        number = "one product" if items == 1 else f"{items} products"
        return f"The plan has {number} in each message, and this would be number {tag.rank}."
    return ""
