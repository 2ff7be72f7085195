"""Catalogue: the products of a base, what is missing in them, and how each one sells."""

from __future__ import annotations

from typing import Final

import streamlit as st

from pages.ui import catalogue_list, catalogue_product, product_files, shell
from personalization.reports import catalogue as reports
from personalization.reports import intake

ctx = shell.enter("catalogue")

VIEWS: Final = {
    "products": "Products",
    "gaps": "Gaps",
    "unknown": "Not in the catalogue",
    "add": "Add or update",
}

store, state = shell.store(), ctx.campaign
bases = {base.dataset_id: base for base in intake.bases(store)}
if not bases:
    shell.empty(
        "No customers yet",
        "The catalogue belongs to a customer base. Upload one, or try the sample shop.",
        page="upload",
        label="Go to Upload",
    )
dataset_id = state.dataset_id if state else st.selectbox(
    "Customer base", list(bases), format_func=lambda base: bases[base].name,
    key="catalogue_base", width=420,
)  # fmt: skip
facts = reports.facts_of(store, dataset_id)
catalogue_list.numbers(facts, is_sample=bases[dataset_id].is_sample)
view = st.segmented_control(
    "What to look at", list(VIEWS), default="products" if facts.n_products else "add",
    required=True, format_func=VIEWS.__getitem__, key="catalogue_view",
    label_visibility="collapsed",
)  # fmt: skip
if view == "products":
    chosen = catalogue_list.products(dataset_id, facts.currency)
    if chosen:
        catalogue_product.show(dataset_id, chosen)
elif view == "gaps":
    catalogue_list.gaps(dataset_id, facts)
elif view == "unknown":
    catalogue_list.unknown(dataset_id)
else:
    product_files.add(dataset_id, ctx.actor)
