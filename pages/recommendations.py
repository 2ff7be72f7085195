"""Recommendations: what each customer or segment would be shown and why, by which rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from pages.ui import (
    recommend_customer,
    recommend_group,
    recommend_jobs,
    recommend_quality,
    recommend_rules,
    recommend_runs,
    shell,
    words,
)
from personalization.reports import intake
from personalization.reports import recommendations as reports

if TYPE_CHECKING:
    from personalization.reports.recommendations import Ground

ctx = shell.enter("recommendations")

VIEWS: Final = {
    "customer": "One customer",
    "group": "A segment, or everybody",
    "rules": "Rules",
    "quality": "Quality",
}


def ground_line(ground: Ground, *, is_sample: bool) -> None:
    """Say what the recommendations of this base rest on, and what day they take for today."""
    parts = [words.plural(ground.purchases, "line bought", "lines bought")]
    if ground.signals:
        parts.append(words.plural(ground.signals, "view or basket", "views and baskets"))
    parts.append(words.plural(ground.products, "product"))
    today = words.day(ground.newest_at)
    told = f"They rest on {words.listed(parts)}. "
    told += (
        f"The orders of the sample end on {today}, which counts as today here."
        if is_sample
        else f"The newest event, of {today}, counts as today."
    )
    st.caption(told)
    if not ground.products:
        st.warning(
            "This base has no catalogue: names and prices are those of the last orders, and rules "
            "that ask for stock, margin or tags have nothing to go by. Add a product file.",
            icon=":material/inventory_2:",
        )  # fmt: skip


store, state = shell.store(), ctx.campaign
bases = {base.dataset_id: base for base in intake.bases(store)}
if not bases:
    shell.empty(
        "No customers yet",
        "Recommendations are worked out from what customers bought, viewed and saved for later. "
        "Upload a customer base with its orders, or try the sample shop.",
        page="upload",
        label="Go to Upload",
    )
dataset_id = state.dataset_id if state else st.selectbox(
    "Customer base", list(bases), format_func=lambda base: bases[base].name,
    key="recommend_base", width=420,
)  # fmt: skip
ground = reports.ground_of(store, dataset_id)
if ground.newest_at is None:
    shell.empty(
        "Nothing to go by yet",
        f"{words.plain(bases[dataset_id].name)} has {words.plural(ground.customers, 'customer')}, "
        "but no order lines, views or baskets. Add a file of orders or interactions to it.",
        page="upload",
        label="Add a file",
    )
ground_line(ground, is_sample=bases[dataset_id].is_sample)
view = st.segmented_control(
    "What to look at", list(VIEWS), default="customer", required=True,
    format_func=VIEWS.__getitem__, key="recommend_view", label_visibility="collapsed",
    persist_state="session",
)  # fmt: skip
campaign_id = state.campaign_id if state else ""
if view == "customer":
    customer_id, wanted = recommend_customer.choose(dataset_id)
    if customer_id:
        recommend_customer.heading(dataset_id, customer_id, state, bases[dataset_id].currency)
        with shell.told():
            recommend_customer.show(dataset_id, customer_id, wanted)
elif view == "group":
    if not recommend_jobs.is_working(dataset_id):
        recommend_group.show(dataset_id, campaign_id, ctx.actor)
    recommend_runs.show(dataset_id, ctx.actor)
elif view == "rules":
    recommend_rules.show(dataset_id, ctx.actor)
else:
    recommend_quality.show(dataset_id, ctx.actor)
