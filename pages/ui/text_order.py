"""Ordering product texts: about what, for whom, which kinds, in which tone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.ui import shell, text_words, words
from personalization import campaign
from personalization.domain import STRATEGIES
from personalization.reports import texts as reports

if TYPE_CHECKING:
    from collections.abc import Callable

SCOPES = {
    "product": "Products that I choose",
    "segment": "Each reader's own products",
    "customer": "One customer",
}
_ABOUT = {
    "product": "One text for each product, and for each segment that you choose. It says what the "
    "catalogue says, and what is approved for the channel.",
    "segment": "One text for each segment and strategy. Names, prices and reasons are blanks that "
    "are filled for every customer, so one approval serves all of them.",
    "customer": "A text about what is recommended to one customer, with the reasons.",
}
_OWN = ("summary", "email")


def form(dataset_id: str, text_set: str, actor: str) -> None:
    """Ask what is wanted, and start the writing."""
    scope = st.segmented_control(
        "Write about", list(SCOPES), default="product", required=True,
        format_func=SCOPES.__getitem__, key="text_scope",
    )  # fmt: skip
    st.caption(_ABOUT[str(scope)])
    order = _SCOPES[str(scope)](dataset_id, text_set)
    kinds = list(text_words.KIND) if scope == "product" else list(_OWN)
    order["kinds"] = tuple(
        st.pills(
            "Kinds of text", kinds, selection_mode="multi", default=[kinds[0]],
            format_func=text_words.KIND.__getitem__, key=f"text_kinds_{scope}", wrap=True,
        )
    )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="bottom"):
        order["tone"] = st.selectbox(
            "Tone", list(text_words.TONE), format_func=text_words.TONE.__getitem__,
            key="text_tone", width=220,
        )  # fmt: skip
        if st.button(
            "Write and check", type="primary", icon=":material/edit_note:", key="text_write"
        ):
            _start(dataset_id, order, actor)


def _start(dataset_id: str, order: dict[str, Any], actor: str) -> None:
    with shell.told():
        wanted = campaign.TextOrder(**order)
        st.session_state["text_job"] = campaign.start_writing_texts(
            shell.jobs(), shell.store(), shell.settings(), dataset_id, wanted, actor=actor
        )
        st.rerun()


def _products(dataset_id: str, text_set: str) -> dict[str, Any]:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        search = st.text_input(
            "Find a product", key="text_search", width=240, icon=":material/search:",
            placeholder="Name or number",
        )  # fmt: skip
        chosen = st.session_state.get("text_products", [])
        found = reports.products_to_choose(
            shell.store(), dataset_id, words=search or "", chosen=chosen
        )
        names = {row["product_id"]: row for row in found}
        ids = st.multiselect(
            "Products", list(names), key="text_products", width="stretch",
            placeholder="Choose one or more; those that most customers bought come first",
            format_func=lambda key: f"{names[key]['name']} ({key})" if key in names else key,
        )  # fmt: skip
    return {"product_ids": tuple(ids), "segments": _segments(text_set)}


def _segments(text_set: str) -> tuple[str, ...]:
    sizes = reports.segments_to_choose(shell.store(), text_set) if text_set else {}
    everybody = campaign.ALL_READERS
    chosen = st.multiselect(
        "For whom", [everybody, *sizes], default=[everybody], key="text_segments", width=640,
        format_func=lambda name: (
            f"{name} ({words.count(sizes[name])})" if name in sizes else name
        ),
        help="A text for everybody, and texts of their own for segments. Segments come from how "
        "recently, how often and for how much customers bought; they are there after the first "
        "text was written.",
    )  # fmt: skip
    return tuple(chosen)


def _strategy() -> dict[str, Any]:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        strategy = st.selectbox(
            "Choose their products by", STRATEGIES, key="text_strategy", width=320,
            format_func=lambda name: words.STRATEGY.get(name, name),
        )  # fmt: skip
        items = st.number_input("Products each", 1, 4, 2, key="text_items", width=130)
    return {"strategy": strategy, "items": int(items)}


def _own_products(_: str, text_set: str) -> dict[str, Any]:
    order = _strategy()
    by_family = st.toggle(
        "A text of its own for each large family of the first product", key="text_by_family",
        help="What is approved about that family can then stand beside the products.",
    )  # fmt: skip
    return {**order, "segments": _segments(text_set), "by_family": by_family}


def _customer(_: str, __: str) -> dict[str, Any]:
    order = _strategy()
    customer = st.text_input(
        "Customer number", key="text_customer", width=240, placeholder="As in the customer file"
    )
    return {**order, "customer_id": (customer or "").strip()}


_SCOPES: dict[str, Callable[[str, str], dict[str, Any]]] = {
    "product": _products,
    "segment": _own_products,
    "customer": _customer,
}
