"""Workings-out for many customers: start one, see what it gave to whom, and take it as a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from pages.ui import recommend_files, shell, words
from pages.ui.words import plain
from personalization import campaign
from personalization.reports import recommendations as reports

if TYPE_CHECKING:
    from collections.abc import Sequence

_SHOWN: Final = 12


def show(dataset_id: str, actor: str) -> None:
    """List the workings-out of a base, and show what the chosen one gave, with its files."""
    runs = reports.runs_of(shell.store(), dataset_id)
    if not runs:
        return
    st.subheader("Worked out so far", anchor=False)
    run = _table(runs)
    _run(run)
    _recount(run)
    recommend_files.show(run, actor)


def _table(runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """List the workings-out, and return the one that is chosen; the newest to begin with."""
    chosen = st.dataframe(
        [_row(run) for run in runs], hide_index=True, key="runs", on_select="rerun",
        selection_mode="single-row", alt="Workings-out: choose a row to see what it gave",
        height=min(320, 38 + 35 * len(runs)), placeholder=words.NOTHING,
        column_config={
            "Made": st.column_config.DatetimeColumn(format="D MMM YYYY, HH:mm"),
            "Strategy": st.column_config.TextColumn(width=150),
            "For": st.column_config.TextColumn(width=190),
            "Customers": st.column_config.NumberColumn(format="localized"),
            "Each": st.column_config.NumberColumn(help="Products wanted for each customer"),
            "Full": st.column_config.NumberColumn(
                format="percent", help="Customers who got as many as were wanted"
            ),
            "Events up to": st.column_config.DateColumn(format="D MMM YYYY"),
        },
    )["selection"]["rows"]  # fmt: skip
    return runs[chosen[0]] if chosen and chosen[0] < len(runs) else runs[0]


def _row(run: dict[str, Any]) -> dict[str, Any]:
    whose = f"{run['campaign']}, {words.arm(run['arm'])}" if run["campaign"] else "The base"
    return {
        "Made": run["made_at"],
        "Strategy": words.STRATEGY.get(run["strategy"], run["strategy"]),
        "For": whose,
        "Customers": run["customers"],
        "Each": run["wanted"],
        "Full": run["filled"] / run["customers"] if run["customers"] else None,
        "Events up to": run["as_of"],
        "By": run["made_by"],
    }


def _run(run: dict[str, Any]) -> None:
    """Say what one working-out gave: how many are full, how different they are, what is short."""
    shape = reports.shape_of_run(shell.store(), run["run_id"])
    _figures(run, shape)
    if not shape.given:
        st.info("Nobody got anything. The reasons are below.", icon=":material/info:")
    left, right = st.columns([3, 2], gap="large")
    with left:
        _products(run)
    with right:
        _shortfalls(run)


def _figures(run: dict[str, Any], shape: reports.RunShape) -> None:
    wanted = run["customers"] * run["wanted"]
    with st.grid(4, key="run_figures"):
        st.metric(
            f"Have all {run['wanted']}", words.percent(_share(run["filled"], run["customers"])),
            border=True,
            help=f"{run['filled']:,} of {run['customers']:,} customers got as many products as "
            "were wanted.",
        )  # fmt: skip
        st.metric(
            "Filled with popular ones", words.percent(_share(run["fallbacks"], shape.given)),
            border=True,
            help=f"{run['fallbacks']:,} of {shape.given:,} recommendations are the popular "
            f"fallback, and marked so. {wanted:,} were wanted.",
        )  # fmt: skip
        st.metric("Different products", words.count(shape.products), border=True,
                  help="Over all customers together.")  # fmt: skip
        st.metric(
            "Share the commonest list", words.percent(_share(shape.most, shape.customers)),
            border=True,
            help=f"{shape.most:,} of {shape.customers:,} customers get the very same products in "
            f"the same order; there are {shape.lists:,} different lists. A high share is little "
            "personalisation.",
        )  # fmt: skip


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _products(run: dict[str, Any]) -> None:
    st.markdown("**What is shown most**")
    rows = reports.products_of_run(shell.store(), run["run_id"], limit=_SHOWN)
    if not rows:
        st.caption("Nothing.")
        return
    st.dataframe(
        [
            {
                "Product": row["name"], "Family": row["category"], "Customers": row["customers"],
                "Share": row["share"],
            }
            for row in rows
        ],
        hide_index=True, key=f"run_products_{run['run_id']}", placeholder=words.NOTHING,
        alt="The products that most customers would be shown",
        column_config={
            "Product": st.column_config.TextColumn(width=240),
            "Share": st.column_config.ProgressColumn(
                format="percent", min_value=0, max_value=1, help="Of the customers asked for"
            ),
        },
    )  # fmt: skip


def _shortfalls(run: dict[str, Any]) -> None:
    st.markdown("**Who got fewer, and why**")
    rows = reports.shortfalls_of_run(shell.store(), run["run_id"])
    if not rows:
        st.caption(f"Nobody: every customer has {run['wanted']} products.")
        return
    for row in rows[:_SHOWN]:
        reason = plain(row["reason"][:1].upper() + row["reason"][1:]).removesuffix("\\.")
        st.markdown(
            f"- **{words.plural(row['customers'], 'customer')}** got {row['given']} of "
            f"{run['wanted']}. {reason}."
        )


def _recount(run: dict[str, Any]) -> None:
    """Count every reason of the run again from the events, when asked."""
    if st.button(
        "Count the reasons again", icon=":material/calculate:", key="recount",
        help="Every “31 of 88 buyers” of this run, once more from orders and events alone.",
    ):  # fmt: skip
        with shell.told(), st.spinner("Counting"):
            st.session_state["recounted"] = (
                run["run_id"], campaign.recount_run(shell.store(), run["run_id"]),
            )  # fmt: skip
    of, found = st.session_state.get("recounted", ("", None))
    if found is None or of != run["run_id"]:
        return
    if not found.differing:
        st.success(
            f"All {found.checked:,} different reasons say what the events say.",
            icon=":material/check_circle:",
        )  # fmt: skip
        return
    st.warning(
        f"{words.plural(len(found.differing), 'reason')} of {found.checked:,} differ: orders or "
        "events have come in since, or were erased. Work it out anew.",
        icon=":material/warning:",
    )  # fmt: skip
    st.dataframe(
        [
            dict(zip(("Strategy", "Because of", "Product", "Said", "Counted"), row, strict=True))
            for row in found.differing
        ],
        hide_index=True, key="differing", alt="Reasons that the events no longer bear out",
    )  # fmt: skip
