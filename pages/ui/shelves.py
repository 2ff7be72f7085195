"""Shelves: what a strategy recommends as cards, each with its reason, and why one is not full."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from pages.ui import words
from pages.ui.words import plain

if TYPE_CHECKING:
    from personalization.campaign import Card, Shelf

ICON: Final = {
    "for_you": "person_heart",
    "bought_together": "shopping_basket",
    "similar": "join_inner",
    "upsell": "trending_up",
    "cross_sell": "explore",
    "buy_again": "autorenew",
    "abandoned": "shopping_cart",
    "popular": "local_fire_department",
}


def icon(strategy: str) -> str:
    """Return the icon of a strategy, for Markdown."""
    return f":material/{ICON.get(strategy, 'sell')}:"


def wanted() -> int:
    """Ask how many products everybody should get."""
    return int(
        st.number_input(
            "Products each", 1, 10, 4, key="recommend_wanted", width=130, persist_state="session"
        )
    )


def show(shelf: Shelf, *, is_for_many: bool = False) -> None:
    """Draw a shelf: its name, its cards, and what is missing with the reason.

    Args:
        shelf: What a strategy gives.
        is_for_many: Whether it is a group's, so that each card says to how many it falls.
    """
    name = words.STRATEGY.get(shelf.strategy, shelf.strategy)
    with st.container(key=f"shelf_{shelf.strategy}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"{icon(shelf.strategy)} **{name}**", width="content")
            st.caption(words.STRATEGY_HELP.get(shelf.strategy, ""), width="content")
        if is_for_many and shelf.cards and not shelf.has_own:
            st.markdown(
                "The strategy finds too little of its own for these customers, so that most of "
                "them would be shown popular products, marked as such."
            )
        elif shelf.cards:
            with st.grid(4, min_column_width=200, key=f"cards_{shelf.strategy}"):
                for card in shelf.cards:
                    with st.container(border=True, height="stretch"):
                        _card(card, shelf, is_for_many=is_for_many)
        if shelf.shortfall:
            _shortfall(shelf)


def empty(shelves: list[Shelf]) -> None:
    """Say in a line each which strategies give nothing of their own, and why."""
    if not shelves:
        return
    with st.container(border=True, key="empty_shelves"):
        st.markdown("**Nothing of their own**")
        for shelf in shelves:
            name = words.STRATEGY.get(shelf.strategy, shelf.strategy)
            said = [plain(sentence(shelf.nothing)), plain(sentence(_stands_in(shelf)))]
            reason = " ".join(part for part in said if part)
            st.markdown(f"{icon(shelf.strategy)} {name}  \n:gray[{reason}]")


def _stands_in(shelf: Shelf) -> str:
    """Say that popular products take the place, or why there are none of them either."""
    if not shelf.cards:
        return shelf.shortfall
    few = f", {len(shelf.cards)} of {shelf.wanted}" if shelf.shortfall else ""
    return f"Popular products would stand in{few}, marked as such."


def _card(card: Card, shelf: Shelf, *, is_for_many: bool) -> None:
    st.markdown(f"**{plain(card.name)}**")
    told = [plain(card.category), price(card)]
    st.caption(" · ".join(part for part in told if part))
    if card.is_fallback and shelf.strategy != "popular":
        st.badge("Popular, to fill up", color="gray")
    st.markdown(plain(sentence(card.reason)))
    if is_for_many:
        share = card.customers / shelf.customers if shelf.customers else None
        st.caption(f"{words.plural(card.customers, 'customer')}, {words.percent(share)}")
    else:
        _evidence(card)


def price(card: Card) -> str:
    """Say what a product costs; "" where the catalogue does not tell."""
    return "" if card.price is None else plain(words.money(card.price, card.currency or None))


def _evidence(card: Card) -> None:
    with st.popover("The evidence", type="tertiary", icon=":material/fact_check:"):
        st.markdown(f"**{plain(card.name)}**, product {plain(card.product_id)}")
        rows = {
            "Given by": words.STRATEGY.get(card.strategy, card.strategy),
            "Because of": plain(f"{card.source_name} ({card.source_id})") if card.source_id else "",
            "Counted": _counted(card),
            "Score": f"{card.score:,.4g}",
            **{_named(key): plain(_said(value)) for key, value in card.detail.items()},
        }
        st.markdown("  \n".join(f":gray[{name}] {said}" for name, said in rows.items() if said))
        st.caption("Every figure can be counted again from the order lines and events.")


def _named(key: str) -> str:
    return plain(key.replace("_", " ").capitalize())


def _said(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.3g}"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return str(value)


def _counted(card: Card) -> str:
    if card.together is None:
        return ""
    return f"{card.together:,} of {card.base:,}" if card.base else f"{card.together:,}"


def _shortfall(shelf: Shelf) -> None:
    given = f"{len(shelf.cards)} of {shelf.wanted}" if shelf.cards else "None"
    st.caption(f":material/info: {given}: {plain(shelf.shortfall)}")


def sentence(text: str) -> str:
    """Begin with a capital and end with a full stop."""
    told = text.strip()
    return f"{told[:1].upper()}{told[1:].rstrip('.')}." if told else ""
