"""The rules of recommendations in plain words: each value of the policy, and each reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pages.ui import words
from personalization import campaign

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FIELD: Final[Mapping[tuple[str, ...], tuple[str, str]]] = {
    ("products", "active_only"): (
        "Leave out what is no longer sold", "Goes by “active” in the catalogue.",
    ),
    ("products", "least_stock"): (
        "In stock, at least",
        "0: stock does not matter. A product whose stock is not told counts as in stock.",
    ),
    ("products", "priced_only"): ("Leave out what has no price", "A price of 0 is none."),
    ("products", "margin_floor"): (
        "Margin of at least", "Share of the price that is left to you. 0%: no floor.",
    ),
    ("products", "unknown_margin_passes"): (
        "Let products pass whose margin is not told", "Matters where there is a floor.",
    ),
    ("products", "never"): ("Never these products", "By their number in the catalogue."),
    ("products", "never_categories"): ("Never these families", ""),
    ("products", "never_tags"): ("Never products with these tags", ""),
    ("products", "only"): (
        "Only these products", "By their number. Where this is empty, every product may be shown.",
    ),
    ("products", "only_categories"): (
        "Only these families", "Where this is empty, every family may be shown.",
    ),
    ("customers", "owned"): (
        "What a customer has bought already",
        "A product is replenishable where the catalogue says so: used up, and bought again.",
    ),
    ("customers", "lately_bought_days"): (
        "Days without what was just bought", "Holds for replenishable products too.",
    ),
    ("customers", "skip_siblings"): (
        "Leave out other colours and sizes of what they bought",
        "Products of one variant group in the catalogue.",
    ),
    ("customers", "skip_returned"): ("Leave out what they sent back", ""),
    ("customers", "quiet_campaigns"): (
        "Campaigns before a product is shown again",
        "What a customer's last so many campaigns with products showed them is left out.",
    ),
    ("ranking", "category_cap"): (
        "Products of one family in a list, at most", "0: as many as there are.",
    ),
    ("ranking", "one_of_siblings"): ("One colour or size of a product in a list", ""),
    ("ranking", "popular_fills"): (
        "Fill up with popular products",
        "What a strategy leaves open is filled with what sells best, and marked as such.",
    ),
    ("for_you", "table"): ("Goes by", ""),
    ("for_you", "half_life_days"): (
        "Days after which a purchase counts half", "Older purchases count less.",
    ),
    ("bought_together", "history"): ("Products of a customer's that count", "The latest ones."),
    ("bought_together", "least_orders"): ("Orders with both, at least", ""),
    ("bought_together", "least_share"): (
        "Share of all orders with both, at least", "The larger of this and the number counts.",
    ),
    ("bought_together", "least_lift"): (
        "Times as often together as by chance, at least", "",
    ),
    ("bought_together", "other_family"): (
        "From another family only", "A complement, not another one of the same.",
    ),
    ("similar", "history"): ("Products of a customer's that count", "The latest ones."),
    ("similar", "least_score"): ("Likeness of at least", "From 0 to 1."),
    ("upsell", "history"): ("Products of a customer's that count", "The latest ones."),
    ("upsell", "least_step"): (
        "Times the price they paid, above", "1.1: at least a tenth dearer.",
    ),
    ("upsell", "most_step"): ("Times the price they paid, up to", ""),
    ("upsell", "ceiling"): (
        "Within what they usually pay",
        "90%: not dearer than nine tenths of what they have ever bought.",
    ),
    ("upsell", "least_likeness"): (
        "Like what they bought by at least", "From 0 to 1, by name, family, attributes and price.",
    ),
    ("cross_sell", "least_customers"): ("Customers of both families, at least", ""),
    ("cross_sell", "least_lift"): ("Times as often as by chance, at least", ""),
    ("cross_sell", "products"): (
        "Products of a family that are looked at", "Its most bought ones.",
    ),
    ("buy_again", "least_purchases"): ("Days on which they bought it, at least", ""),
    ("buy_again", "due_from"): (
        "Due from, in their usual intervals", "0.8: when four fifths of it have passed.",
    ),
    ("buy_again", "due_until"): (
        "Due until, in their usual intervals", "After that they have stopped buying it.",
    ),
    ("buy_again", "unmarked_from"): (
        "Days that make a product replenishable where the catalogue tells of none",
        "0: where the catalogue tells of none, nothing is bought again.",
    ),
    ("abandoned", "window_days"): ("Days that a basket or a view counts", ""),
    ("abandoned", "least_views"): (
        "Views, at least", "Of what was neither in the basket nor on the wish list.",
    ),
}  # fmt: skip
"""Label and explanation of each value of the policy."""

GATE: Final[Mapping[str, tuple[str, str]]] = {
    "least_age": ("Age of at least", "As the customer file tells it. 0: any age."),
    "only_in": ("Only in these countries", "Empty: everywhere."),
    "not_in": ("Not in these countries", ""),
}
CHOICES: Final[Mapping[tuple[str, ...], Mapping[str, str]]] = {
    ("customers", "owned"): {
        "unless_replenishable": "Not shown again, unless it is replenishable",
        "never": "Never shown again",
        "allowed": "May be shown again",
    },
    ("for_you", "table"): {
        "auto": "Whatever was built last",
        "cosine": "Customers in common",
        "ease": "EASE (small catalogues)",
    },
}
OFFERED: Final[Mapping[tuple[str, ...], str]] = {
    ("products", "never_categories"): "categories",
    ("products", "only_categories"): "categories",
    ("products", "never_tags"): "tags",
}
"""Which words of the catalogue a list offers."""

SHARES: Final = frozenset({("products", "margin_floor"), ("upsell", "ceiling")})
"""Values in [0, 1] that are said in percent."""

STEPS: Final[Mapping[tuple[str, ...], float]] = {
    ("bought_together", "least_share"): 0.0001,
    ("bought_together", "least_lift"): 0.1,
    ("similar", "least_score"): 0.05,
    ("upsell", "least_step"): 0.1,
    ("upsell", "most_step"): 0.1,
    ("upsell", "least_likeness"): 0.05,
    ("cross_sell", "least_lift"): 0.1,
    ("buy_again", "due_from"): 0.1,
    ("buy_again", "due_until"): 0.5,
}
"""By how much a click changes a number; by 1 where it is not here."""


def place(where: Sequence[str]) -> str:
    """Say where in the policy a value stands, in the words of the form."""
    section, *rest = where
    if section == "gates":
        return f"Gate {gate(rest[0]).lower()}: {GATE[rest[1]][0].lower()}"
    label = FIELD.get(tuple(where), (rest[0].replace("_", " "), ""))[0]
    return f"{words.STRATEGY[section]}: {label.lower()}" if section in words.STRATEGY else label


def gate(name: str) -> str:
    """Name a gate: ``Age 18``."""
    said = name.replace("_", " ")
    return f"{said[:1].upper()}{said[1:]}"


def rule(name: str) -> str:
    """Say why a rule keeps a product out."""
    said = campaign.RULE_WORDS.get(name, name.replace("_", " "))
    return f"{said[:1].upper()}{said[1:]}"
