"""What a customer base adds up to, before it comes in and afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from pages.ui import shell, words
from personalization.reports import intake as reports

if TYPE_CHECKING:
    from collections.abc import Sequence

    from personalization.reports.campaigns import CampaignState

FILE_COLUMNS: Final = (
    "file_name", "target", "rows_total", "accepted", "rejected", "merged", "imported_at",
)  # fmt: skip


def totals(intakes: Sequence[reports.Intake]) -> None:
    """Show what would come in, to be held against the shop's own books."""
    found = {intake.target: reports.totals_of(shell.store(), intake) for intake in intakes}
    people, orders = found["customers"], found.get("transactions")
    st.subheader("What would come in", anchor=False)
    with st.grid(4, key="totals"):
        st.metric("Customers", words.count(people["n_customers"]), border=True)
        st.metric(
            "Can be written to", words.count(people["n_reachable"]), border=True,
            help="Has a valid e-mail address and said yes to e-mail.",
        )  # fmt: skip
        if orders:
            st.metric("Orders", words.count(orders["n_orders"]), border=True)
            st.metric("Money spent", words.money(orders["amount"], orders["currency"]), border=True)
        else:
            st.metric("Orders", words.count(people["n_orders"]), border=True)
            st.metric(
                "Money spent", words.money(people["total_spent"], people["currency"]), border=True
            )
    st.caption(f"Hold these against your own books before you go on. {_orders(orders)}")


def _orders(orders: dict[str, Any] | None) -> str:
    """Say over which time orders reach, and what was given back."""
    if not orders or not orders["first_on"]:
        return ""
    said = f"Orders reach from {words.day(orders['first_on'])} to {words.day(orders['last_on'])}."
    if orders["refunds"]:
        refunds = words.money(orders["refunds"], orders["currency"])
        said += f" Refunds of {refunds} are kept and not taken off."
    return said


def numbers(base: reports.Base) -> None:
    """Show what a customer base adds up to."""
    with st.grid(4, key="numbers"):
        st.metric("Customers", words.count(base.n_customers), border=True)
        st.metric(
            "Can be written to", words.count(base.n_reachable), border=True,
            help="Has a valid e-mail address and said yes to e-mail.",
        )  # fmt: skip
        st.metric("Orders", words.count(base.n_orders), border=True)
        st.metric("Money spent", words.money(base.total_spent, base.currency), border=True)
    if base.first_order_on:
        first, last = words.day(base.first_order_on), words.day(base.last_order_on)
        st.caption(f"Orders reach from {first} to {last}.")


def about_sample() -> None:
    """Say what the sample shop is, and whose data it is."""
    with st.container(border=True, key="about_sample"):
        st.markdown(
            "**Hearth & Ribbon**, a gift and homeware shop: the orders of some 4,300 real "
            "customers over a year. Names and e-mail addresses are invented."
        )
        st.caption(
            "Orders: Online Retail, UCI Machine Learning Repository (Daqing Chen, 2015), "
            "licensed CC BY 4.0."
        )


def of_campaign(state: CampaignState) -> None:
    """Show the customers of a campaign that exists, and the way on."""
    base = reports.base_of(shell.store(), state.dataset_id)
    of, name = words.plain(base.name), words.plain(state.name)
    st.markdown(f"**{name}** is about the customers of **{of}**.")
    numbers(base)
    with st.container(horizontal=True):
        if st.button(
            "Go on to segments", type="primary", icon=":material/arrow_forward:", key="go_on"
        ):
            shell.go("segments")
        if st.button("Start another campaign", icon=":material/add:", key="another"):
            shell.begin("upload")
    files = reports.imports_of(shell.store(), state.dataset_id)
    if files:
        _files(files)
        _problems(state.dataset_id)


def _files(files: Sequence[dict[str, object]]) -> None:
    st.subheader("Files", anchor=False)
    st.dataframe(
        files, hide_index=True, alt="The files of this customer base with their rows",
        column_order=FILE_COLUMNS,
        column_config={
            "file_name": "File",
            "target": "Holds",
            "rows_total": st.column_config.NumberColumn("Rows", format="localized"),
            "accepted": st.column_config.NumberColumn("Came in", format="localized"),
            "rejected": st.column_config.NumberColumn("Rejected", format="localized"),
            "merged": st.column_config.NumberColumn("Merged", format="localized"),
            "imported_at": st.column_config.DatetimeColumn("On", format="D MMM YYYY, HH:mm"),
        },
    )  # fmt: skip


def _problems(dataset_id: str) -> None:
    n = reports.count_problems(shell.store(), dataset_id)
    if not n:
        return
    with st.expander(f"What was noted when they came in ({n:,})"):
        found = reports.problems_of_base(shell.store(), dataset_id)
        found["outcome"] = found["outcome"].map(words.OUTCOME)
        found["reason"] = found["reason"].map(words.problem)
        st.dataframe(
            found, hide_index=True, alt="Rows that were rejected, merged or warned of",
            column_config={
                "file_name": "File", "outcome": "What happened", "line": "Line",
                "column_name": "Column", "value": "Value", "reason": "Why",
            },
        )  # fmt: skip
        if n > len(found):
            st.caption(f"The first {len(found):,} are shown, the rows that did not come in first.")
