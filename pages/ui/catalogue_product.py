"""One product: its facts, how it sells, what changed, and what goes with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from pages.ui import shell, words
from pages.ui.words import plain
from personalization.reports import catalogue as reports

if TYPE_CHECKING:
    from personalization.reports.catalogue import ProductPage

FIELD: Final = {"price": "Price", "stock": "Stock", "is_active": "Still sold (1 is yes)"}
ALIKE: Final = {
    "cosine": "Bought by the same customers",
    "ease": "Bought by the same customers (EASE)",
    "basket": "Bought in the same basket",
    "content": "Alike by their description",
}


def show(dataset_id: str, product_id: str) -> None:
    """Draw all that is known of one product."""
    found = reports.product_page(shell.store(), dataset_id, product_id)
    if found is None:
        st.info(f"The catalogue has no product {plain(product_id)}.")
        return
    with st.container(border=True, key="product"):
        st.subheader(plain(found.facts["name"]), anchor=False)
        st.caption(_told(found))
        if found.facts["description"]:
            st.markdown(plain(found.facts["description"]))
        _sales(found)
        _facts(found)
        _alike(found)
        _changes(found)


def _told(found: ProductPage) -> str:
    facts = found.facts
    parts = [
        f"Number {facts['product_id']}",
        facts["category_path"] or facts["category"] or "no category",
        words.money(facts["price"], facts["currency"]) if facts["price"] else "no price",
        "still sold" if facts["is_active"] else "no longer sold",
        "bought again and again" if facts["is_replenishable"] else "",
        f"gate {facts['gate']}" if facts["gate"] else "",
    ]
    return " · ".join(plain(str(part)) for part in parts if part)


def _sales(found: ProductPage) -> None:
    sales = found.sales
    with st.grid(4, key="product_sales"):
        st.metric(
            "Pieces sold", words.count(sales["units"]), border=True,
            chart_data=list(found.months["units"]) if len(found.months) > 1 else None,
            help="With the pieces of each month below, in their order.",
        )  # fmt: skip
        st.metric("Customers who bought", words.count(sales["buyers"]), border=True)
        st.metric("Revenue", words.money(sales["revenue"], found.facts["currency"]), border=True)
        st.metric(
            "Last bought", words.day(sales["last_sold_at"]) if sales["last_sold_at"] else "never",
            border=True,
        )  # fmt: skip
    counted = (
        (sales["views"], "view", None),
        (sales["clicks"], "click", None),
        (sales["carts"], "basket", None),
        (sales["wishes"], "wish list", None),
        (sales["returns"], "line sent back", "lines sent back"),
    )
    told = [words.plural(n, one, many) for n, one, many in counted if n]
    if told:
        st.caption(f"Beside the orders: {words.listed(told)}.")


def _facts(found: ProductPage) -> None:
    facts = found.facts
    rows = {
        "Stock": words.count(facts["stock"]) if facts["stock"] is not None else "not told",
        "Margin": words.percent(facts["margin"]) if facts["margin"] is not None else "not told",
        "Tags": facts["tags"] or "",
        **found.attributes,
    }
    if found.variants:
        rows["Variants"] = ", ".join(str(each["name"]) for each in found.variants)
    with st.expander("Facts", expanded=True):
        st.dataframe(
            [{"What": name, "Value": str(value)} for name, value in rows.items() if value],
            hide_index=True, key="product_facts", alt="Facts of the product",
        )  # fmt: skip
        if facts["url"]:
            st.caption(f"Its page in the shop: {plain(facts['url'])}")


def _alike(found: ProductPage) -> None:
    if not found.alike:
        st.caption("What goes with it is known once recommendations were worked out for this base.")
        return
    names = [kind for kind in ALIKE if kind in found.alike]
    for tab, kind in zip(st.tabs([ALIKE[name] for name in names]), names, strict=True):
        with tab:
            st.dataframe(
                [
                    {
                        "Product": row["name"] or row["product_id"],
                        "Together": row["together"],
                        "Of": row["source_count"],
                        "Score": row["score"],
                    }
                    for row in found.alike[kind]
                ],
                hide_index=True, key=f"alike_{kind}", alt=f"{ALIKE[kind]}: the eight strongest",
                column_config={"Score": st.column_config.NumberColumn(format="%.3f")},
            )  # fmt: skip


def _changes(found: ProductPage) -> None:
    if not found.changes:
        return
    with st.expander(f"Changes by imports ({len(found.changes):,})"):
        st.dataframe(
            [
                {
                    "What": FIELD[row["field"]],
                    "Was": row["old_value"],
                    "Is": row["new_value"],
                    "On": row["changed_at"],
                }
                for row in found.changes
            ],
            hide_index=True, key="product_changes", alt="Changes of price, stock and sale",
            column_config={
                "On": st.column_config.DatetimeColumn("On", format="D MMM YYYY, HH:mm")
            },
        )  # fmt: skip
