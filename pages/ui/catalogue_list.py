"""The products of a base as a list: searched, filtered, and by what is missing in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from pages.ui import shell, words
from personalization.reports import catalogue as reports

if TYPE_CHECKING:
    from personalization.reports.catalogue import CatalogueFacts

SHOWN: Final = 500
COLUMNS: Final = (
    "product_id", "name", "category", "price", "stock", "margin", "buyers", "units", "gaps",
)  # fmt: skip


def numbers(facts: CatalogueFacts, *, is_sample: bool) -> None:
    """Show what the catalogue comes to."""
    with st.grid(4, key="catalogue_numbers"):
        st.metric("Products", words.count(facts.n_products), border=True)
        st.metric(
            "Can be recommended", words.count(facts.n_ready), border=True,
            help="Sold, with a price above 0, and not known to be out of stock. Rules of your own "
            "may leave out more.",
        )  # fmt: skip
        st.metric("Families", words.count(facts.n_families), border=True, help="Categories.")
        st.metric(
            "Bought again and again", words.count(facts.n_replenishable), border=True,
            help="Used up, so a customer who has one may be shown it again.",
        )  # fmt: skip
    if facts.newest is not None:
        told = f"The newest order, view or basket is of {words.day(facts.newest)}."
        if is_sample:
            told += " Names and prices of the sample are real; its stock and margins are made up."
        st.caption(told)


def products(dataset_id: str, currency: str | None) -> str:
    """Draw the list with its filters, and return the number of the product that is chosen."""
    families = reports.families_of(shell.store(), dataset_id)
    with st.container(horizontal=True, vertical_alignment="bottom", key="catalogue_filters"):
        search = st.text_input(
            "Search", key="catalogue_search", width=280, icon=":material/search:",
            placeholder="Name, number, tag or colour", persist_state="session",
        )  # fmt: skip
        family = st.selectbox(
            "Family", ["", *families], key="catalogue_family", width=240,
            format_func=lambda name: words.plain(name) or "All families",
        )  # fmt: skip
        gap = st.selectbox(
            "With a gap", ["", *reports.GAPS], key="catalogue_gap", width=220,
            format_func=lambda name: name.capitalize() or "With or without",
        )  # fmt: skip
    found = reports.products_of(
        shell.store(), dataset_id, search=search or "", family=family or "", gap=gap or "",
        limit=SHOWN,
    )  # fmt: skip
    if found.empty:
        st.info("No product fits. Search for less, or take a filter off.")
        return ""
    is_cut = len(found) == SHOWN
    told = f"The {SHOWN} with most buyers" if is_cut else words.plural(len(found), "product")
    st.caption(f"{told}. Choose one to see more of it.")
    event = st.dataframe(
        found, hide_index=True, height=360, key="catalogue_rows", on_select="rerun",
        selection_mode="single-row", column_order=COLUMNS, alt="Products of the catalogue",
        column_config={
            "product_id": "Number",
            "name": "Name",
            "category": "Family",
            "price": st.column_config.NumberColumn(f"Price ({currency or 'no currency'})"),
            "stock": st.column_config.NumberColumn("Stock", format="localized"),
            "margin": st.column_config.NumberColumn("Margin", format="percent"),
            "buyers": st.column_config.NumberColumn("Buyers", format="localized"),
            "units": st.column_config.NumberColumn("Pieces sold", format="localized"),
            "gaps": st.column_config.ListColumn("Gaps"),
        },
    )  # fmt: skip
    rows = event.selection.rows
    return str(found.iloc[rows[0]]["product_id"]) if rows and rows[0] < len(found) else ""


def gaps(dataset_id: str, facts: CatalogueFacts) -> None:
    """Say what is missing in how many products, and what follows from it."""
    found = reports.gaps_of(shell.store(), dataset_id)
    if not found:
        st.success("Nothing is missing in any product.", icon=":material/check_circle:")
        return
    st.dataframe(
        [
            {
                "Gap": gap.capitalize(),
                "Products": n,
                "Share": n / max(1, facts.n_products),
                "What follows": reports.GAPS[gap],
            }
            for gap, n in found.items()
        ],
        hide_index=True, key="catalogue_gaps", alt="What is missing in how many products",
        column_config={
            "Products": st.column_config.NumberColumn(format="localized"),
            "Share": st.column_config.NumberColumn(format="percent"),
            "What follows": st.column_config.TextColumn(width="large"),
        },
    )  # fmt: skip
    st.caption(
        "To see the products, choose the gap as a filter under Products. To mend them, add a "
        "file with their numbers and the missing column: all other values stay."
    )


def unknown(dataset_id: str) -> None:
    """List what customers bought or looked at and the catalogue does not have."""
    found = reports.unknown_products(shell.store(), dataset_id)
    if found.empty:
        st.success(
            "Everything that was bought or looked at is in the catalogue.",
            icon=":material/check_circle:",
        )
        return
    st.caption(
        "Customers bought or looked at these numbers, and the catalogue does not have them, so "
        "they are never recommended. Postage, fees and vouchers belong here; products do not."
    )
    st.dataframe(
        found, hide_index=True, key="catalogue_unknown",
        alt="Numbers that stand in orders or events and not in the catalogue",
        column_config={
            "product_id": "Number",
            "name": "Name in the orders",
            "events": st.column_config.NumberColumn("Lines and events", format="localized"),
            "customers": st.column_config.NumberColumn("Customers", format="localized"),
            "last_at": st.column_config.DatetimeColumn("Last", format="D MMM YYYY"),
        },
    )  # fmt: skip
