"""Consent in figures and tables: by country and basis, what ends when, the register, the law."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from pages.ui import shell, words
from personalization.reports import consent as reports

if TYPE_CHECKING:
    from personalization.reports.campaigns import CampaignState

DAY: Final = "D MMM YYYY"
MOMENT: Final = "D MMM YYYY, HH:mm"
BASIS: Final = {
    "express": "Express",
    "double_opt_in": "Double opt-in",
    "soft_opt_in": "Soft opt-in",
    "implied_purchase": "Implied by a purchase",
    "implied_enquiry": "Implied by an enquiry",
    "corporate": "Address of a company",
    "legitimate_interest": "Told, and free to object",
    "withdrawn": "Withdrawn",
}


def basis(name: str | None) -> str:
    """Say a basis as officers do."""
    return BASIS.get(str(name).replace(" ", "_"), "None")


def standing(state: CampaignState | None) -> None:
    """Show who of a campaign may be written to on its send date, and what ends when."""
    if state is None:
        st.info("Choose a campaign in the menu: who may be written to depends on its send date.")
        return
    found = reports.totals(shell.store(), state.campaign_id)
    st.markdown(f"**{words.plain(state.name)}** · as of its send date, {words.day(state.send_on)}")
    with st.grid(4, key="consent_totals"):
        st.metric(
            "May be written to", f"{found['mailable']:,} of {found['customers']:,}", border=True
        )
        st.metric("With a dated record", words.count(found["recorded"]), border=True)
        st.metric("A yes in a file, undated", words.count(found["undated"]), border=True,
                  help="Counts where the law demands no record; the day and the wording are not "
                  "known, so it would be hard to prove.")  # fmt: skip
        st.metric("Record missing", words.count(found["lacking"]), border=True,
                  help="Said yes according to a file, where the law demands a record.")  # fmt: skip
    if lost := found["lost_before"]:
        who = words.plural(lost, "person becomes", "people become")
        st.warning(f"{who} unmailable before your send date.", icon=":material/event_busy:")
    _by_country(state.campaign_id)
    _calendar(state)
    _why_not(state.campaign_id)


def _by_country(campaign_id: str) -> None:
    st.subheader("By country and basis", anchor=False)
    rows = reports.by_country(shell.store(), campaign_id)
    rows["basis"] = rows["basis"].map(basis)
    st.dataframe(
        rows, placeholder=words.NOTHING,
        hide_index=True, key="by_country", alt="Customers by country and basis of consent",
        column_config={
            "country": "Country", "basis": "Basis",
            "customers": st.column_config.NumberColumn("Customers", format="localized"),
            "mailable": st.column_config.NumberColumn("May be written to", format="localized"),
            "undated": st.column_config.NumberColumn("Of them undated", format="localized"),
            "ending": st.column_config.NumberColumn("Of them with an end", format="localized"),
            "not_mailable": st.column_config.NumberColumn("May not", format="localized"),
        },
    )  # fmt: skip


def _calendar(state: CampaignState) -> None:
    st.subheader("What ends when", anchor=False)
    rows = reports.calendar(shell.store(), state.campaign_id)
    if rows.empty:
        st.caption(
            "Nobody's consent has an end from today on. Ends come from implied consent (24 months "
            "after a purchase, 6 after an enquiry in Canada) and from records that name one."
        )
        return
    rows["effect"] = [
        "Not on your send date any more" if lost else "After your send date"
        for lost in rows.pop("is_before")
    ]
    rows["basis"] = rows["basis"].map(basis)
    st.dataframe(
        rows, placeholder=words.NOTHING,
        hide_index=True, key="calendar", alt="Consent that ends, by month and country",
        column_config={
            "month": st.column_config.DateColumn("Month", format="MMMM YYYY"),
            "country": "Country", "basis": "Basis",
            "customers": st.column_config.NumberColumn("Customers", format="localized"),
            "first_on": st.column_config.DateColumn("First ends after", format=DAY),
            "last_on": st.column_config.DateColumn("Last ends after", format=DAY),
            "effect": "Ends",
        },
    )  # fmt: skip


def _why_not(campaign_id: str) -> None:
    rows = reports.why_not(shell.store(), campaign_id)
    if rows.empty:
        return
    st.subheader("Who may not be written to", anchor=False)
    rows["why"] = [f"{why[:1].upper()}{why[1:]}" for why in rows["why"]]
    st.dataframe(
        rows, placeholder=words.NOTHING,
        hide_index=True, key="why_not", alt="Customers without consent by reason",
        column_config={
            "why": st.column_config.TextColumn("Why", width="large"), "country": "Country",
            "customers": st.column_config.NumberColumn("Customers", format="localized"),
        },
    )  # fmt: skip


def register(dataset_id: str) -> None:
    """Show the records of consent, and those that lack something."""
    counts = reports.register_counts(shell.store(), dataset_id)
    if not counts:
        st.info(
            "There are no records of consent yet. Add the list that your sign-up form or e-mail "
            "tool keeps: who, on what basis, when, in which words."
        )
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            "Basis", ["", *counts], key="register_basis", width=320,
            format_func=lambda b: f"{BASIS[b]} ({counts[b][0]:,})" if b else "Every basis",
        )  # fmt: skip
        lacking = sum(incomplete for _, incomplete in counts.values())
        only = st.toggle(
            f"Only incomplete ({lacking:,})", key="register_incomplete",
            help="Without the wording, without where it was given, or never confirmed.",
        )  # fmt: skip
    rows = reports.register(shell.store(), dataset_id, basis=chosen or "", is_incomplete=bool(only))
    rows["basis"] = rows["basis"].map(basis)
    st.dataframe(
        rows, placeholder=words.NOTHING,
        hide_index=True, height=320, key="register", alt="Records of consent, newest first",
        column_config={
            "customer_id": "Customer", "country": "Country", "basis": "Basis",
            "recorded_at": st.column_config.DatetimeColumn("Given", format=MOMENT),
            "confirmed_at": st.column_config.DatetimeColumn("Confirmed", format=MOMENT),
            "expires_on": st.column_config.DateColumn("Ends after", format=DAY),
            "wording": st.column_config.TextColumn("Wording", width="medium"),
            "mechanism": "Given where", "evidence": "Evidence", "file_name": "File",
        },
    )  # fmt: skip
    total = sum(n for n, _ in counts.values())
    st.caption(f"{words.plural(total, 'record')} in all; the newest 200 that fit are shown.")


def law(dataset_id: str) -> None:
    """Show the law that is in force, and which countries go by none of their own."""
    st.caption(
        "What the policy in force says, country by country. Whoever may edit the policy changes "
        "it on the Policies page, under jurisdictions. A pointer for the officer, not advice."
    )
    st.dataframe(
        reports.laws(shell.store()), placeholder=words.NOTHING,
        hide_index=True, key="laws", height=460,
        alt="The law on consent by country",
        column_config={
            "name": "Country",
            "accepts": st.column_config.TextColumn("What suffices", width="medium"),
            "needs_record": "Record demanded",
            "min_age": st.column_config.NumberColumn("From age"),
            "honour": "Objection honoured",
            "law": st.column_config.TextColumn("Law", width="medium"),
            "source": st.column_config.LinkColumn("Source"),
            "reviewed_on": st.column_config.DateColumn("Reviewed", format=DAY),
            "owner": "Owner", "note": st.column_config.TextColumn("Note", width="large"),
        },
    )  # fmt: skip
    others = reports.other_countries(shell.store(), dataset_id)
    if others:
        named = ", ".join(f"{words.plain(name)} ({n:,})" for name, n in others)
        st.caption(f"Countries that go by “Everywhere else”: {named}.")


def erased_note(experiment_id: str) -> None:
    """Say of a result that it counts people who were erased since, where it does."""
    n, last = reports.erased_in(shell.store(), experiment_id)
    if n:
        who = words.plural(n, "person", "people")
        st.caption(
            f"{who} of this test asked to be erased, the last on {words.day(last)}. The counts "
            "still have them, without a name; what rested on their details, such as earlier "
            "orders or a country, may come out a little differently when recomputed."
        )
