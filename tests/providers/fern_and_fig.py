"""A small made-up shop's approved content, and requests for it."""

from __future__ import annotations

from typing import Any

from personalization.domain import Brief, Passage, Segment, Statement
from personalization.providers.protocols import WritingRequest

FOOTER = "Fern & Fig Ltd, 3 High Street, Leeds LS1 1AA\nUnsubscribe: https://fernfig.example/bye"


def passage(
    document_id: str,
    kind: str,
    *texts: str | tuple[str, ...],
    rank: int = 1,
    **more: Any,  # noqa: ANN401
) -> Passage:
    """Build a document: the first text is its head, a text that opens with * is a condition."""
    statements = []
    for number, given in enumerate(texts, start=1):
        wordings = (given,) if isinstance(given, str) else given
        is_condition = wordings[0].startswith("*")
        role = {"proof": "proof", "faq": "answer", "cta": "cta"}.get(kind, "lead")
        role = "condition" if is_condition else role if number == 1 or kind == "cta" else "detail"
        needs = (f"{document_id}@1#s2",) if kind == "offer" and number == 1 else ()
        clean = tuple(w.removeprefix("*") for w in wordings)
        statements.append(
            Statement(
                f"{document_id}@1#s{number}", document_id, role, clean[0], clean[1:], needs,
                subject_ok=number == 1,
            )
        )  # fmt: skip
    return Passage(
        f"{document_id}@1#p1", document_id, kind, document_id, " ".join(str(t) for t in texts),
        tuple(statements), rank=rank, score=more.pop("score", 0.03), **more,
    )  # fmt: skip


def content() -> tuple[Passage, ...]:
    """Return ten documents: enough for three variants."""
    return (
        passage(
            "mugs",
            "benefit",
            ("A stoneware mug keeps tea warm while you read.", "Tea stays warm in stoneware."),
            ("The mug holds 350 ml.", "There is room for 350 ml in the mug."),
            ("It is safe in the dishwasher.", "The dishwasher does it no harm."),
            rank=1,
            products=("mug",),
            tags=("kitchen", "tea"),
            subject_lines=("A mug for long chapters", "Tea that waits for you"),
        ),
        passage(
            "shipping",
            "offer",
            ("Delivery is free on orders over £40.", "Orders over £40 travel free."),
            ("*This applies to UK mainland addresses.", "*UK mainland addresses only, please."),
            rank=2,
            tags=("delivery",),
            subject_lines=("Free delivery over £40", "Over £40? We pay the postage"),
        ),
        passage(
            "bench",
            "story",
            (
                "Every order is packed at one bench in Leeds.",
                "One bench in Leeds packs each order.",
            ),
            (
                "The paper is recycled and the string is jute.",
                "Recycled paper, and string of jute.",
            ),
            rank=3,
            subject_lines=("Packed at one bench in Leeds", "Who ties the string"),
        ),
        passage(
            "rated",
            "proof",
            ("More than 900 customers have bought the mug.", "The mug has gone to 900 homes."),
            rank=4,
            products=("mug",),
            tags=("kitchen", "tea"),
            subject_lines=("The mug in 900 homes", "Why 900 kitchens have it"),
        ),
        passage(
            "towels",
            "benefit",
            ("A linen tea towel dries faster than cotton.", "Linen dries fast on the rail."),
            ("The weave comes from a mill in Fife.", "A mill in Fife weaves the cloth."),
            rank=5,
            products=("towel",),
            tags=("kitchen", "linen"),
            subject_lines=("Linen for the kitchen rail", "A towel that dries fast"),
        ),
        passage(
            "returns",
            "faq",
            ("Unused items can come back within 30 days.", "You have 30 days to send it back."),
            ("The refund goes to the card you paid with.", "We refund the card you paid with."),
            rank=6,
            tags=("service",),
        ),
        passage(
            "gift",
            "offer",
            ("Two mugs cost £30 together.", "Take two mugs and pay £30."),
            ("*The pair has to be in one order.", "*Both go in one order."),
            rank=7,
            products=("mug",),
            tags=("kitchen",),
            subject_lines=("Two mugs, one price", "A pair of mugs for £30"),
        ),
        passage("look", "cta", ("See the kitchen shelf", "Browse the kitchen"), products=("mug",)),
        passage("any", "cta", ("Browse the shop", "Take a look"), tags=("general",)),
    )


def request(**changes: Any) -> WritingRequest:  # noqa: ANN401
    """Return a request for three variants; ``changes`` replace its fields."""
    fields: dict[str, Any] = {
        "campaign_id": "c1",
        "segment": Segment("Loyal", "5 orders or more", "They come back.", 400),
        "arms": ("A", "B", "C"),
        "passages": content(),
        "brief": Brief(),
        "brand_name": "Fern & Fig",
        "link": "https://fernfig.example/",
        "footer": FOOTER,
        "locale": "en-GB",
        "seed": "c1",
    }
    return WritingRequest(**(fields | changes))
