"""Adding products, orders or events to a customer base, checked before they count."""

from __future__ import annotations

from typing import Final

import streamlit as st

from pages.ui import intake_form, shell, words
from personalization import campaign

FILES: Final = {
    "products": (
        "Products",
        (
            "One row per product: number and name; better with category, price, stock, margin or "
            "cost. Known products take the file's values, column by column; a list of numbers "
            "with stock or prices will do. Further columns, such as colour, become attributes."
        ),
        "product",
    ),
    "interactions": (
        "What customers did",
        (
            "One row per event: customer, product, what was done (view, click, basket, wish list, "
            "purchase, return), and when. Put a purchase here or in the orders, not in both."
        ),
        "event",
    ),
    "transactions": (
        "New orders",
        "One row per order line: customer, product, quantity, price and date. Lines are added.",
        "order line",
    ),
}


def add(dataset_id: str, actor: str) -> None:
    """Ask for one kind of file, show what would come in, and add it once it is asked for."""
    target = st.segmented_control(
        "What does the file hold?", list(FILES), default="products", required=True,
        format_func=lambda name: FILES[name][0], key="catalogue_target",
    )  # fmt: skip
    title, text, noun = FILES[target]
    given = intake_form.upload(target, title, text)
    if given is None:
        return
    intake = intake_form.show(given, target)
    if intake is None:
        return
    is_open = bool(intake.ask) or not intake.accepted
    label = f"Add {words.plural(intake.accepted, noun)}"
    if st.button(label, type="primary", key="add_products", disabled=is_open):
        with shell.told():
            campaign.add_catalogue(
                shell.store(), shell.settings(), dataset_id, [intake], actor=actor,
                request_id=f"{given.file_id}:{dataset_id}",
            )  # fmt: skip
            shell.say(f"{words.plural(intake.accepted, noun)} added.")
            st.rerun()
