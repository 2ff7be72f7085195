"""How a result can be held against its data: method, statement, files, and working it out anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.ui import frozen, shell
from pages.ui.words import plain
from personalization import campaign
from personalization.reports import method_notes, result_files
from personalization.reports.report import campaign_report

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from personalization.reports.experiment import Design
    from personalization.reports.results import Reading


def downloads(campaign_id: str, experiment_id: str) -> None:
    """Offer the report, and the numbers as files."""
    store = shell.store()
    st.download_button(
        "Report (HTML)", lambda: campaign_report(store, campaign_id),
        file_name=f"report-{campaign_id}.html", mime="text/html", on_click="ignore",
        icon=":material/description:", key="report_html",
        help="One page that opens without a network and prints well.",
    )  # fmt: skip
    with st.popover("Numbers", icon=":material/download:", key="numbers"):
        st.download_button(
            "Results (CSV)", lambda: result_files.results_csv(store, experiment_id),
            file_name=f"results-{campaign_id}.csv", mime="text/csv", on_click="ignore",
            icon=":material/table:", key="results_csv", width="stretch",
        )  # fmt: skip
        st.download_button(
            "Results (Parquet)", lambda: result_files.results_parquet(store, experiment_id),
            file_name=f"results-{campaign_id}.parquet", on_click="ignore",
            mime="application/vnd.apache.parquet", icon=":material/database:",
            key="results_parquet", width="stretch",
        )  # fmt: skip
        st.download_button(
            "Sufficient statistics (CSV)",
            lambda: result_files.statistics_csv(store, experiment_id),
            file_name=f"statistics-{campaign_id}.csv", mime="text/csv", on_click="ignore",
            icon=":material/functions:", key="statistics_csv", width="stretch",
            help="Counts, means and variances by arm, segment and attribute: all that the results "
            "rest on, and nobody's own row.",
        )  # fmt: skip


def recompute(campaign_id: str) -> None:
    """Work every stored number out again from the recorded responses, and say what came of it."""
    if st.button("Recompute", icon=":material/refresh:", key="recompute"):
        with shell.told(), st.spinner("Working every number out again"):
            st.session_state["recomputed"] = (
                campaign_id,
                campaign.recompute(shell.store(), shell.settings(), campaign_id),
            )


def recomputed(campaign_id: str, actor: str) -> None:
    """Tell what the last recomputation of this campaign came to."""
    of, found = st.session_state.get("recomputed", (None, None))
    if of != campaign_id or found is None:
        return
    if not found.differing:
        st.success(
            f"All {found.n_numbers:,} stored numbers were reproduced from the recorded responses.",
            icon=":material/verified:",
        )  # fmt: skip
        return
    st.error(
        f"{len(found.differing):,} of {found.n_numbers:,} stored numbers came out otherwise. "
        "Responses may have arrived since, or a number was changed.",
        icon=":material/difference:", title="Not reproduced",
    )  # fmt: skip
    st.dataframe(
        [
            {"Number": each.name, "Stored": str(each.stored), "Worked out now": str(each.found)}
            for each in found.differing[:200]
        ],
        hide_index=True, key="differing", alt="Numbers that came out otherwise",
    )  # fmt: skip
    if st.button("Measure anew", icon=":material/save:", key="measure_anew"):
        with shell.told():
            campaign.measure(shell.store(), shell.settings(), campaign_id, actor=actor)
            st.session_state.pop("recomputed", None)
            shell.say("Measured anew from the recorded responses.")
            st.rerun()


def method(
    found: Design, rows: Sequence[Mapping[str, Any]], reading: Reading, *, has_attributes: bool
) -> None:
    """State what was fixed before, how the numbers were worked out, and the statement itself."""
    with st.expander("What was fixed before the launch", icon=":material/lock:"):
        frozen.declaration(found)
        st.caption(f"Fingerprint of the frozen hypothesis: `{found.hypothesis_sha256}`")
    with st.expander("How this was worked out", icon=":material/functions:"):
        st.markdown(
            "Everybody counts in the arm that they were assigned to and sent; who did not respond "
            "counts as 0. Every figure follows from counts, means and variances alone."
        )
        notes = method_notes.notes_for(
            rows, has_attributes=has_attributes, is_early=reading.is_early
        )
        st.markdown(
            "\n".join(
                f"- **{plain(note.what)}:** {plain(note.how)} {plain(note.source)}."
                for note in notes
            )
        )
        st.caption(f"As recorded with the results: {plain(method_notes.recorded(rows))}.")
    with st.expander("The statement that reads the customers", icon=":material/code:"):
        st.markdown(
            "It runs once over all customers; the same text runs on DuckDB and Spark. Nothing else "
            "reads a customer's row."
        )
        st.code(result_files.STATEMENT, language="sql", height=360)
