"""One customer: who they are, their shelves with the reasons, what was left out, their history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from pages.ui import shell, shelves, words
from pages.ui.words import plain
from personalization import campaign
from personalization.reports import recommendations as reports

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personalization.campaign import Explanation
    from personalization.reports.campaigns import CampaignState

_LISTED: Final = 200  # products of a history that the core lists at most
KINDS: Final = {
    "often": "buys often",
    "some": "buys now and then",
    "once": "bought once",
    "signals": "saved something for later",
    "nothing": "never bought",
}


def choose(dataset_id: str) -> tuple[str, int]:
    """Ask for a customer and how many products; the number is "" until one is found."""
    examples = reports.examples_of(shell.store(), dataset_id)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        asked = st.text_input(
            "Customer number, name or e-mail address", key="recommend_customer", width=360,
            persist_state="session", icon=":material/person_search:", placeholder="12748",
        )  # fmt: skip
        wanted = shelves.wanted()
    with st.container(horizontal=True, vertical_alignment="center", key="examples"):
        st.caption("Or somebody who", width="content")
        for kind, label in KINDS.items():
            if kind in examples:
                st.button(
                    label, key=f"example_{kind}", type="tertiary", on_click=_take,
                    args=(examples[kind],), help=f"Customer {examples[kind]}, for example.",
                )  # fmt: skip
    found = reports.find_customers(shell.store(), dataset_id, asked or "")
    if not asked:
        st.caption(
            "See what each way of choosing would show somebody, why, and what was left out. "
            "Type who you have in mind, or take one of the examples."
        )
    elif not found:
        st.info(
            f"No customer here has the number or address {plain(asked)}, or a name or address "
            "that begins so (three letters at least).",
            icon=":material/search_off:",
        )  # fmt: skip
    elif len(found) == 1 or found[0]["customer_id"].lower() == asked.strip().lower():
        return str(found[0]["customer_id"]), wanted
    else:
        _which(found)
    return "", wanted


def _take(customer_id: str) -> None:
    st.session_state["recommend_customer"] = customer_id


def _which(found: list[dict[str, Any]]) -> None:
    st.caption(f"{len(found)} customers fit. Whom do you mean?")
    with st.container(horizontal=True, key="which_customer"):
        for row in found:
            name = row["full_name"] or row["first_name"] or row["customer_id"]
            st.button(
                plain(f"{name} ({row['customer_id']})"), key=f"which_{row['customer_id']}",
                on_click=_take, args=(row["customer_id"],),
            )  # fmt: skip


def heading(
    dataset_id: str, customer_id: str, state: CampaignState | None, currency: str | None
) -> None:
    """Say in two lines who the customer is."""
    row = reports.customer_of(
        shell.store(), dataset_id, customer_id,
        campaign_id=state.campaign_id if state else "",
    )  # fmt: skip
    if row is None:
        return
    name = row["full_name"] or row["first_name"]
    st.subheader(
        f"{plain(name)}, customer {plain(customer_id)}" if name else f"Customer {customer_id}",
        anchor=False,
    )
    orders = words.plural(row["orders"], "order") if row["orders"] else "no order yet"
    last = f"the last on {words.day(row['last_order_at'])}" if row["last_order_at"] else ""
    spent = f"{words.money(row['total_spent'], currency)} in all" if row["total_spent"] else ""
    shelf = f"mostly {row['favourite_category']}" if row["favourite_category"] else ""
    told = (row["country"], row["tier"], row["segment"], orders, last, spent, shelf)
    st.caption(" · ".join(plain(part) for part in told if part))


def show(dataset_id: str, customer_id: str, wanted: int) -> None:
    """Draw the shelves of one customer, what was left out of them, and what they rest on."""
    stamp = reports.stamp_of(shell.store(), dataset_id)
    with st.spinner("Working out the shelves"):
        found = _explained(dataset_id, customer_id, wanted, stamp)
    _history(found)
    for shelf in found.shelves:
        if shelf.has_own:
            shelves.show(shelf)
    shelves.empty([shelf for shelf in found.shelves if not shelf.has_own])
    for note in found.notes:
        st.caption(f":material/info: {plain(shelves.sentence(note))}")
    _left_out(dataset_id, found)


@st.cache_data(show_spinner=False, scope="session", max_entries=40)
def _explained(dataset_id: str, customer_id: str, wanted: int, stamp: str) -> Explanation:  # noqa: ARG001
    """Work out the shelves; the same question again is answered at once, until ``stamp`` moves."""
    return campaign.explain_recommendations(shell.store(), dataset_id, customer_id, wanted=wanted)


def _left_out(dataset_id: str, found: Explanation) -> None:
    label = f"What was left out: {words.plural(len(found.excluded), 'product')}"
    with st.expander(label, icon=":material/block:", key="left_out"):
        st.caption(
            "What these strategies would have shown, were there no rules, the likeliest first. "
            "Rules come before the ranking: what they keep out is never a candidate."
        )
        if found.excluded:
            st.dataframe(
                [
                    {
                        "Product": each.name, "Family": each.category, "Why not": each.words,
                        "Would have been": words.STRATEGY.get(each.strategy, each.strategy),
                        "In place": each.rank,
                    }
                    for each in found.excluded
                ],
                hide_index=True, key="excluded", placeholder=words.NOTHING,
                alt="Products that a rule keeps from this customer",
                column_config={
                    "Product": st.column_config.TextColumn(width=230),
                    "Why not": st.column_config.TextColumn(width=330),
                },
            )  # fmt: skip
        _why_not(dataset_id, found.customer_id)


def _why_not(dataset_id: str, customer_id: str) -> None:
    """Answer for one product that the list does not hold."""
    asked = (
        st.text_input(
            "Any other product, by its number", key="why_not", width=300, placeholder="22423",
            help="Says which rules keep that very product from this customer.",
        )
        or ""
    ).strip()  # fmt: skip
    if not asked:
        return
    with shell.told():
        reasons = campaign.why_not(shell.store(), dataset_id, customer_id, asked)
        if not reasons:
            st.success(
                f"No rule keeps product {plain(asked)} from customer {plain(customer_id)}. If it "
                "is on no shelf, others fit better.",
                icon=":material/check_circle:",
            )  # fmt: skip
        else:
            st.markdown(f"**Product {plain(asked)} is kept from them:**")
        for reason in reasons:
            st.markdown(f"- {plain(shelves.sentence(reason))}")


def _history(found: Explanation) -> None:
    """List what the customer did with products, which is all that the shelves go by."""
    latest = "the latest " if len(found.history) >= _LISTED else ""
    label = f"What they did: {latest}{words.plural(len(found.history), 'product')}"
    with st.expander(label, icon=":material/history:", key="history"):
        if not found.history:
            st.markdown(
                "Nothing is on record: no order, no view, no basket. Such customers get what is "
                "popular, marked as such."
            )
            return
        st.caption(
            f"Up to {words.moment(found.as_of)}, the latest first. All shelves are worked out from "
            "these lines and those of the other customers, and from nothing else."
        )
        st.dataframe(
            [_event(row) for row in found.history], hide_index=True, key="customer_history",
            alt="What this customer bought, looked at and saved for later",
            placeholder=words.NOTHING,
            column_config={
                "Product": st.column_config.TextColumn(width=260),
                "Family": st.column_config.TextColumn(width=150),
                "Last": st.column_config.DateColumn(format="D MMM YYYY"),
                "Bought": st.column_config.NumberColumn(help="Days on which they bought it"),
                "Viewed": st.column_config.NumberColumn(help="Views and clicks"),
                "Saved for later": st.column_config.NumberColumn(
                    help="In the basket or on a wish list"
                ),
            },
        )  # fmt: skip


def _event(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "Product": row["name"],
        "Family": row["category"],
        "Bought": row["bought"] or None,
        "Returned": row["returned"] or None,
        "Viewed": row["views"] or None,
        "Saved for later": row["carts"] or None,
        "Last": row["last_at"],
    }
