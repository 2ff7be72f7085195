"""How well the library is searched: figures over labelled queries, and what was missed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from pages.ui import shell, words
from personalization import campaign

if TYPE_CHECKING:
    from personalization.campaign.searching import Evaluation

METHOD: Final = {
    "hybrid": "Words and meaning together",
    "words": "Words only (BM25)",
    "meaning": "Meaning only (MiniLM)",
}
MEASURE: Final = {
    "ndcg_at_10": "Right order (nDCG@10)",
    "recall_at_5": "Answers among the first five",
    "mrr": "How early the first answer comes (MRR)",
}


def panel() -> None:
    """Offer to measure, and show the last figures of this session."""
    st.markdown(
        "The sample brand's library comes with labelled queries: for each, somebody wrote down "
        "which documents should be found. Here the search is held to them, as a campaign would "
        "ask it. All figures lie between 0 and 1, and 1 is perfect."
    )
    if st.button("Measure it now", type="primary", icon=":material/speed:", key="evaluate"):
        with shell.told(), st.spinner("Asking all the labelled queries"):
            st.session_state["search_evaluation"] = campaign.evaluate_search(
                shell.store(), shell.settings()
            )
    found = st.session_state.get("search_evaluation")
    if found is not None:
        _figures(found)
        _misses(found)


def _figures(found: Evaluation) -> None:
    rows = [
        {
            "Method": METHOD[method],
            **{
                MEASURE[name]: f"{one.mean:.2f} ({one.low:.2f} to {one.high:.2f})"
                for name, one in row.items()
            },
        }
        for method, row in found.measures.items()
    ]
    if found.trouble:
        st.warning(f"Meaning was not compared: {words.plain(found.trouble)}.")
    st.dataframe(rows, hide_index=True, alt="How well each way of searching finds", key="figures")
    gains = " and ".join(
        f"{gain.mean:+.2f} ({gain.low:+.2f} to {gain.high:+.2f}) than {told}"
        for told, gain in (
            ("words alone", found.gains["words"]), ("meaning alone", found.gains["meaning"]),
        )
    )  # fmt: skip
    st.caption(
        f"{found.n_queries} queries; in brackets, where the figure would lie in 95 of 100 draws of "
        f"such queries. Both together order better by {gains}."
    )


def _misses(found: Evaluation) -> None:
    if not found.misses:
        st.success("Every query found its answers among the first five.")
        return
    st.subheader(f"{words.plural(len(found.misses), 'query', 'queries')} to look at", anchor=False)
    st.dataframe(
        [
            {
                "Query": miss.query,
                "Right order": miss.ndcg,
                "Missing among the first five": ", ".join(miss.missing) or words.NOTHING,
                "Found": ", ".join(miss.found),
            }
            for miss in found.misses
        ],
        hide_index=True, alt="Queries that the search did badly", key="misses",
        column_config={"Right order": st.column_config.NumberColumn(format="%.2f", width="small")},
    )  # fmt: skip
