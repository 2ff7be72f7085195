"""What a draft of the rules would change: products let in and kept out, and customers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.ui import recommend_rule_words as told
from pages.ui import words
from pages.ui.words import plain

if TYPE_CHECKING:
    from personalization.campaign import PolicyTrial


def show(trial: PolicyTrial) -> None:
    """Say what the draft would change for products and for customers."""
    with st.grid(3, key="trial"):
        st.metric(
            "Products that may be shown", words.count(trial.allowed_then),
            delta=trial.allowed_then - trial.allowed_now, border=True,
            help=f"Of {trial.products:,} in the catalogue. Now {trial.allowed_now:,}.",
        )  # fmt: skip
        st.metric(
            "Customers who see other products", words.count(trial.changed), border=True,
            help=f"Of {trial.customers:,} that it was tried on, in the strategy For you.",
        )  # fmt: skip
        st.metric(
            "Customers who get too few", words.count(trial.short_then),
            delta=trial.short_then - trial.short_now, delta_color="inverse", border=True,
            help=f"Of {trial.customers:,} that it was tried on. Now {trial.short_now:,}.",
        )  # fmt: skip
    rules = sorted(trial.out_now.keys() | trial.out_then.keys())
    st.dataframe(
        [
            {
                "Kept out because": told.rule(rule), "Now": trial.out_now.get(rule, 0),
                "Then": trial.out_then.get(rule, 0),
            }
            for rule in rules
        ],
        hide_index=True, key="trial_rules", alt="Products that each rule keeps out",
    )  # fmt: skip
    _named("No longer shown to anybody", trial.newly_out)
    _named("Shown from now on", trial.newly_in)


def _named(label: str, products: tuple[tuple[str, str], ...]) -> None:
    if products:
        listed = ", ".join(f"{name} ({product_id})" for product_id, name in products)
        st.caption(f"**{label}**, for example: {plain(listed)}.")
