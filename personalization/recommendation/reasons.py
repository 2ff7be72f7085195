"""Why a product is recommended, in one sentence, from the counts that stand beside it."""

from __future__ import annotations

from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from personalization.providers.product_facts import shown_price

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_LEVELS: Final = {"segment": "in their segment", "country": "in their country", "all": "of all"}


def reason_words(
    strategy: str,
    *,
    source_name: str = "",
    together: int | None = None,
    base: int | None = None,
    detail: Mapping[str, Any] | None = None,
    currency: str = "",
    is_bought: bool = True,
) -> str:
    """Say why a product is recommended, for whoever looks at recommendations, not for customers.

    Args:
        strategy: The one that gave it.
        source_name: Of the product of the customer's that it follows from.
        together: As in ``recommendations``.
        base: Likewise.
        detail: Likewise, read from JSON.
        currency: Of the catalogue's prices; empty where it is not told.
        is_bought: Whether purchases were counted; where a base has none, all that was done counts.

    Example:
        >>> reason_words("for_you", source_name="Cake stand", together=31, base=88)
        '31 of 88 customers with Cake stand have it too.'
    """
    words = _WORDS if is_bought else {**_WORDS, **_WORDS_UNBOUGHT}
    return words[strategy](source_name or "it", together, base, detail or {}, currency)


def nothing_words(strategy: str, *, is_known: bool, has_bought: bool) -> str:
    """Say in one sentence why a strategy found nothing of its own for a customer.

    Args:
        strategy: The one that looked.
        is_known: Whether anything is known of what they bought or looked at.
        has_bought: Whether they bought anything.

    Example:
        >>> nothing_words("buy_again", is_known=True, has_bought=False)
        'They have bought nothing yet.'
    """
    if not is_known:
        return "Nothing is known of what they bought or looked at."
    if strategy in _OF_BUYERS and not has_bought:
        return "They have bought nothing yet."
    return _NOTHING[strategy]


def _for_you(
    source: str, together: int | None, base: int | None, _: Mapping[str, Any], __: str
) -> str:
    if not together:
        return f"Goes with {source}, by what customers have beside it."
    return f"{together:,} of {base:,} customers with {source} have it too."


def _bought_together(
    source: str, together: int | None, base: int | None, detail: Mapping[str, Any], _: str
) -> str:
    lift = f": {detail['lift']:g} times as often as by chance" if "lift" in detail else ""
    return f"{together:,} of {base:,} orders with {source} had it too{lift}."


def _similar(
    source: str, together: int | None, base: int | None, detail: Mapping[str, Any], _: str
) -> str:
    likeness = f", {detail['likeness']:.0%} alike" if "likeness" in detail else ""
    if not base:
        return f"Like {source}{likeness}."
    return f"Like {source}{likeness}: it shares {together:,} of its {base:,} traits."


def _upsell(
    source: str, together: int | None, base: int | None, detail: Mapping[str, Any], currency: str
) -> str:
    more = ""
    if amount := detail.get("more"):
        more = f", {shown_price(amount, currency, 'en-GB') or f'{amount:,.2f}'} more"
    return (
        f"A step up from {source}{more}; {together:,} of {base:,} buyers of the family bought it."
    )


def _cross_sell(
    _: str, together: int | None, base: int | None, detail: Mapping[str, Any], __: str
) -> str:
    family, own = detail.get("family", "its family"), detail.get("source_family", "theirs")
    return (
        f"{together:,} of {base:,} customers of {own} also buy from {family}, where they have "
        "bought nothing yet."
    )


def _buy_again(
    _: str, together: int | None, __: int | None, detail: Mapping[str, Any], ___: str
) -> str:
    usual, since = detail.get("interval_days"), detail.get("days_since")
    return (
        f"Bought on {together:,} days, every {_days(usual)} as a rule; the last time was "
        f"{_days(since)} ago."
    )


def _abandoned(
    _: str, together: int | None, __: int | None, detail: Mapping[str, Any], ___: str
) -> str:
    on = date.fromisoformat(detail["on"])
    when = f"{on.day} {on:%B %Y}"
    match detail.get("event"):
        case "cart":
            return f"Put in the cart, last on {when}, and not bought."
        case "wishlist":
            return f"Put on the wish list, last on {when}, and not bought."
    return f"Looked at {together:,} times, last on {when}, and not bought."


def _popular(
    _: str, together: int | None, base: int | None, detail: Mapping[str, Any], __: str
) -> str:
    level = detail.get("level", "all")
    days = detail.get("days")
    when = f" in the last {days} days" if days else ""
    if level == "all":
        return f"Popular: {together:,} of {base:,} customers bought it{when}."
    return f"Popular: {together:,} of {base:,} customers {_LEVELS[level]} bought it{when}."


def _seen_too(
    source: str, together: int | None, base: int | None, detail: Mapping[str, Any], currency: str
) -> str:
    if not together:
        return _for_you(source, together, base, detail, currency)
    return f"{together:,} of {base:,} customers who looked at {source} looked at it too."


def _seen_together(
    source: str, together: int | None, base: int | None, detail: Mapping[str, Any], _: str
) -> str:
    lift = f": {detail['lift']:g} times as often as by chance" if "lift" in detail else ""
    return f"{together:,} of {base:,} visits with a look at {source} had one at it too{lift}."


def _seen_by_many(
    source: str, together: int | None, base: int | None, detail: Mapping[str, Any], currency: str
) -> str:
    return _popular(source, together, base, detail, currency).replace(" bought it", " looked at it")


def _days(number: Any) -> str:  # noqa: ANN401
    return "day" if number == 1 else f"{number} days"


_WORDS: Final[
    Mapping[str, Callable[[str, int | None, int | None, Mapping[str, Any], str], str]]
] = MappingProxyType({
    "for_you": _for_you,
    "bought_together": _bought_together,
    "similar": _similar,
    "upsell": _upsell,
    "cross_sell": _cross_sell,
    "buy_again": _buy_again,
    "abandoned": _abandoned,
    "popular": _popular,
})  # fmt: skip

# Nobody bought anything: what is counted are views, carts and wishes.
_WORDS_UNBOUGHT: Final = MappingProxyType({
    "for_you": _seen_too, "bought_together": _seen_together, "popular": _seen_by_many,
})  # fmt: skip

_OF_BUYERS: Final = frozenset(("upsell", "cross_sell", "buy_again"))
_NOTHING: Final[Mapping[str, str]] = MappingProxyType({
    "for_you": "Nothing that they may be shown goes often enough with what they have.",
    "bought_together": "Nothing that they may be shown was often in one order with what they have.",
    "similar": "No other product that they may be shown is enough like what they have.",
    "upsell": "Nothing that they may be shown is a step up within what they usually pay.",
    "cross_sell": "No family that is new to them goes often enough with those they buy from.",
    "buy_again": "Nothing that they buy again and again is due.",
    "abandoned": "Nothing that they may be shown waits in a cart or on a wish list, or was looked "
                 "at often lately.",
    "popular": "Nothing that is popular is left that they may be shown.",
})  # fmt: skip
