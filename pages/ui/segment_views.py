"""Segments as a marketer looks at them: sizes, rules in words, quality in words, people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import streamlit as st

from pages.ui import charts, shell, words
from personalization.reports import rules
from personalization.reports import segments as reports

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from personalization.domain import Segment

GROUPS: Final = ("Let the data decide", *range(3, 11))
PERSON_COLUMNS: Final = (
    "customer_id", "first_name", "country", "last_order_at", "orders", "total_spent",
    "favourite_category", "consent_email",
)  # fmt: skip
BUCKETS: Final = {
    "no segment": "In no segment",
    "no consent": "No consent",
    "no valid e-mail": "No valid e-mail",
    "no products": "Too few products to name",
    "duplicate address": "Address used twice",
    "suppressed": "Unsubscribed",
    "global holdout": "Kept out of all campaigns",
    "eligible": "Can be written to",
}


def number_of_groups() -> int | None:
    """Ask for how many groups there should be; None lets the data decide."""
    chosen = st.selectbox("Number of groups", GROUPS, key="n_clusters", width=260)
    return chosen if isinstance(chosen, int) else None


def rules_editor(dataset_id: str) -> list[dict[str, str]]:
    """Let the user write rules, a row for each condition, and return the rows."""
    st.caption(
        "A row is one condition. Rows with the same segment name have to hold together. "
        "The first segment that fits wins, and everyone else forms a segment of their own."
    )
    edited = st.data_editor(
        pd.DataFrame(rules.rows_of_rules(), columns=list(rules.COLUMNS), dtype="object"),
        key=f"rules_{dataset_id}",
        num_rows="dynamic",
        hide_index=True,
        alt="Rules: one condition a row",
        column_config={
            "segment": st.column_config.TextColumn("Segment", required=True, max_chars=60),
            "field": st.column_config.SelectboxColumn(
                "Customers whose",
                options=rules.field_labels(shell.store(), dataset_id),
                required=True,
            ),
            "operator": st.column_config.SelectboxColumn(
                "Comparison", options=rules.operator_labels(), required=True
            ),
            "value": st.column_config.TextColumn(
                "Value", help="A number, a text, yes or no. Separate several texts by commas."
            ),
        },
    )
    return [
        {str(name): "" if pd.isna(value) else str(value) for name, value in row.items()}
        for row in edited.to_dict("records")
    ]


def sizes(segments: Sequence[Segment], small: frozenset[str] = frozenset()) -> None:
    """Draw how many customers each segment has; the ones too small to test are grey."""
    total = sum(segment.customers for segment in segments) or 1
    figure = charts.bars(
        [segment.name for segment in segments],
        [segment.customers for segment in segments],
        [
            f"{words.count(segment.customers)} · {words.percent(segment.customers / total)}"
            for segment in segments
        ],
        charts.palette(),
        muted=small,
    )
    largest = max(segments, key=lambda segment: segment.customers)
    charts.show(
        figure,
        key="sizes",
        alt=f"Customers by segment. The largest is {largest.name} "
        f"with {words.count(largest.customers)}.",
    )


def table(segments: Sequence[Segment], currency: str | None) -> None:
    """List the segments with their rule in words and what half of each does."""
    st.dataframe(
        pd.DataFrame([_row(segment) for segment in segments]),
        placeholder=words.NOTHING,
        hide_index=True,
        alt="Segments with rule and profile",
        height="content",
        column_config={
            "Segment": st.column_config.TextColumn(width=170),
            "Who they are": st.column_config.TextColumn(width=330),
            "Customers": st.column_config.NumberColumn(format="localized", width=85),
            "Last order": st.column_config.NumberColumn(
                format="%d days ago", width=105, help="Half of the segment ordered later."
            ),
            "Orders": st.column_config.NumberColumn(
                format="%.0f", width=65, help="Half of the segment has more."
            ),
            "Spent": st.column_config.NumberColumn(
                f"Spent{_sign(currency)}", format="localized", width=85,
                help="Half of the segment spent more in all.",
            ),
            "Reachable": st.column_config.NumberColumn(
                format="percent", width=85, help="Has a valid address and said yes to e-mail."
            ),
        },
    )  # fmt: skip


def _sign(currency: str | None) -> str:
    return f" ({words.money(0, currency).split('0')[0].strip()})" if currency else ""


def _row(segment: Segment) -> dict[str, Any]:
    profile: dict[str, Any] = dict(segment.profile)
    reachable, spent = profile.get("reachable_share"), profile.get("median_spent")
    return {
        "Segment": segment.name,
        "Who they are": segment.rule[:1].upper() + segment.rule[1:],
        "Customers": segment.customers,
        "Last order": profile.get("median_recency_days"),
        "Orders": profile.get("median_orders"),
        "Spent": None if spent is None else round(spent),
        "Reachable": None if reachable is None else round(reachable, 2),
    }


def too_small(
    small: Mapping[str, str], segments: Sequence[Segment], merges: dict[str, str]
) -> None:
    """Warn of segments that are too small to test, and merge them with one click."""
    if merges:
        with st.container(horizontal=True, vertical_alignment="center"):
            merged = ", ".join(f"{a} into {b}" for a, b in merges.items())
            st.caption(words.plain(f"Merged: {merged}."))
            if st.button("Undo merging", type="tertiary", icon=":material/undo:", key="unmerge"):
                merges.clear()
                st.rerun()
    if not small:
        return
    n = {segment.name: segment.customers for segment in segments}
    named = words.plain(
        words.listed([f"{name} ({words.plural(n[name], 'customer')})" for name in small])
    )
    into = words.listed([f"{a} into {b}" for a, b in small.items()])
    with st.container(border=True, key="too_small"):
        st.markdown(
            f":material/warning: **Too small to test:** {named}. With so few people no "
            "difference could ever be told from chance."
        )
        if st.button(f"Merge {words.plain(into)}", icon=":material/merge:", key="merge"):
            merges.update(small)
            st.rerun()


def quality(figures: Mapping[str, float | None]) -> None:
    """Say how good the grouping is, in words first and in figures second."""
    covered = "Of customers are in a segment, and nobody is in two."
    said = [
        ("Coverage", words.percent(figures.get("coverage"), 0), covered),
        ("Smallest segment", words.percent(figures.get("smallest_share")), "Of all customers."),
    ]
    silhouette, agreement = figures.get("silhouette"), figures.get("bootstrap_agreement")
    if silhouette is not None:
        text = f"How far apart the groups are: {silhouette:.2f} of 1."
        said.append(("Groups differ", words.separation(silhouette), text))
    if agreement is not None:
        text = f"Other samples of customers give the same groups: {agreement:.2f} of 1."
        said.append(("Stability", words.stability(agreement), text))
    st.subheader("How good is this grouping?", anchor=False)
    with st.grid(len(said), border=True, key="quality"):
        for label, value, text in said:
            with st.container():
                st.metric(label, value)
                st.caption(text)


def reach(waterfall: Sequence[tuple[str, int]]) -> None:
    """Draw who of all customers can be written to, and why the others cannot."""
    total = sum(n for _, n in waterfall)
    lost, left = [(name, n) for name, n in waterfall[:-1] if n], waterfall[-1][1]
    st.subheader("Who can be written to", anchor=False)
    st.markdown(
        f"**{words.count(left)} of {words.count(total)} customers** can get this campaign. "
        "Everybody else falls out for exactly one reason."
    )
    steps = [
        ("All customers", total),
        *((BUCKETS[name], n) for name, n in lost),
        (BUCKETS["eligible"], left),
    ]
    charts.show(
        charts.waterfall(steps, charts.palette()),
        key="reach",
        alt="; ".join(f"{name}: {words.count(n)}" for name, n in steps),
    )


def people(campaign_id: str, segments: Sequence[Segment], currency: str | None) -> None:
    """Show ten people of a segment."""
    st.subheader("Who is in a segment", anchor=False)
    chosen = st.selectbox(
        "Segment", [segment.name for segment in segments], key="look_into", width=420
    )
    segment = next(each for each in segments if each.name == chosen)
    st.markdown(words.plain(segment.description))
    st.caption(words.plain(_profile(segment)))
    st.dataframe(
        pd.DataFrame(reports.people_of(shell.store(), campaign_id, chosen, limit=10)),
        placeholder=words.NOTHING,
        hide_index=True,
        alt=f"Ten people of {chosen}",
        height="content",
        column_order=PERSON_COLUMNS,
        column_config={
            "customer_id": "Customer",
            "first_name": "First name",
            "country": "Country",
            "last_order_at": st.column_config.DateColumn("Last order", format="D MMM YYYY"),
            "orders": st.column_config.NumberColumn("Orders", format="%.0f"),
            "total_spent": st.column_config.NumberColumn(
                f"Spent{_sign(currency)}", format="localized"
            ),
            "favourite_category": "Favourite",
            "consent_email": st.column_config.CheckboxColumn("Agreed to e-mail"),
        },
    )


def _profile(segment: Segment) -> str:
    profile: dict[str, Any] = dict(segment.profile)
    said = [segment.rule[:1].upper() + segment.rule[1:]]
    for key, label in (("top_categories", "Favourites"), ("top_countries", "Countries")):
        if profile.get(key):
            said.append(f"{label}: {profile[key]}")
    return ". ".join(said) + "."


def why_here(campaign_id: str) -> None:
    """Answer for one person which segment they are in, and why."""
    st.subheader("Why is this person here?", anchor=False)
    asked = st.text_input(
        "Customer number, e-mail address or name", key="who", type="search", width=420,
        placeholder="For example 12346",
    )  # fmt: skip
    if not asked:
        return
    found = reports.find_customers(shell.store(), campaign_id, asked)
    if not found:
        st.caption(words.plain(f"No customer has the number, address or name {asked!r}."))
    for person in found:
        with shell.told():
            said = reports.why_here(shell.store(), campaign_id, person["customer_id"])
            name = words.plain(person["first_name"] or "No name")
            st.markdown(f"**{name}**  \n{words.plain(said)}")
