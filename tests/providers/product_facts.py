"""Products of the made-up shop as the catalogue has them, and requests for texts about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from personalization.domain import Passage, Statement
from personalization.providers.product_facts import CatalogueEntry, Told, facts_of
from personalization.providers.product_texts import TextRequest

if TYPE_CHECKING:
    from personalization.providers.product_facts import Fact

LIMITS = {
    "web": 2000, "email": 4000, "x": 280, "instagram": 2200, "facebook": 63_206,
    "linkedin": 3000, "team": 4000,
}  # fmt: skip
HASHTAGS = {"x": 2, "instagram": 5, "facebook": 3, "linkedin": 5}

DOILIES = CatalogueEntry(
    "21212", "Set of 72 pink heart paper doilies", "baking & cakes", 1.45, "GBP", "",
    (("kind", "doilies"), ("colour", "pink"), ("material", "paper"), ("set_of", "72"),
     ("motif", "heart")), "", "https://fernfig.example/p/21212",
)  # fmt: skip
STAND = CatalogueEntry(
    "22423", "Regency cakestand 3 tier", "baking & cakes", 12.75, "GBP",
    "A stand of three tiers for a tea table. It comes apart.",
    (("kind", "cake stand"), ("motif", "owl")), "", "https://fernfig.example/p/22423",
)  # fmt: skip
BARE = CatalogueEntry("9", "Bingo set")
GATED = CatalogueEntry("8", "Gin tin", "gifts & treats", 9.0, "EUR", gate="age_18")


def told(entry: CatalogueEntry) -> Told:
    """Return a product with its document, as the stage would keep it."""
    facts = facts_of(entry, "en-GB")
    return Told(entry, facts, document(f"catalogue:d1:{entry.product_id}", entry.name, facts))


def document(document_id: str, title: str, facts: tuple[Fact, ...]) -> Passage:
    statements = tuple(
        Statement(
            f"{document_id}@1#s{n}", document_id, fact.role, fact.wordings["text"],
            fact.alternates,
        )
        for n, fact in enumerate(facts, start=1)
    )  # fmt: skip
    text = "\n".join(s.text for s in statements)
    return Passage(
        f"{document_id}@1#p1", document_id, "catalogue", title, text, statements, (title,)
    )


def request(*entries: CatalogueEntry, **changes: Any) -> TextRequest:  # noqa: ANN401
    """Return a request for a friendly description, but for what is said of it."""
    channel = changes.get("channel", "web")
    usual: dict[str, Any] = {
        "text_set": "t1", "kind": "description", "channel": channel, "tone": "friendly",
        "segment": None, "standing": "", "products": tuple(told(entry) for entry in entries),
        "step_up": None, "sales": None, "strategy": "", "items": 2, "passages": (),
        "brand_name": "Fern & Fig", "link": "https://fernfig.example/p/21212",
        "footer": "", "locale": "en-GB", "limit": LIMITS[channel],
        "most_hashtags": HASHTAGS.get(channel, 0), "seed": "s1",
    }  # fmt: skip
    return TextRequest(**usual | changes)
