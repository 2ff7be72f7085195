"""A run's recommendations as files for the CRM and e-mail tools."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from pages.ui import recommend_rule_words as told
from pages.ui import shell, words
from pages.ui.words import plain
from personalization import campaign

if TYPE_CHECKING:
    from personalization.campaign import HandOver

_FORMATS: Final = {
    "csv": "CSV, a row for each product",
    "jsonl": "JSON lines, a line for each customer",
    "parquet": "Parquet, a row for each product",
}


def show(run: dict[str, Any], actor: str) -> None:
    """Offer a run's files; once they are written, say what is in them and let them be taken."""
    with st.container(border=True, key="hand_over"):
        st.markdown("**Hand it over to your CRM or e-mail tool**")
        st.caption(
            "Prices, stock and rules are held to the catalogue of now once more, and whoever "
            "objected to mailing is left out. A manifest says what each column means, and holds "
            "the fingerprint of every file."
        )
        with st.container(horizontal=True, vertical_alignment="bottom"):
            formats = st.multiselect(
                "Files", list(_FORMATS), list(_FORMATS), key="hand_over_formats", width=620,
                format_func=_FORMATS.__getitem__,
            )  # fmt: skip
            if st.button(
                "Write the files", icon=":material/outbox:", key="write_files",
                disabled=not formats,
            ):  # fmt: skip
                _write(run["run_id"], formats, actor)
        of, handed = st.session_state.get("handed_over", ("", None))
        if handed is not None and of == run["run_id"]:
            _written(handed)


def _write(run_id: str, formats: list[str], actor: str) -> None:
    with shell.told(), st.spinner("Writing the files"):
        handed = campaign.hand_over_recommendations(
            shell.store(), shell.settings(), run_id, formats=formats, actor=actor
        )
        st.session_state["handed_over"] = (run_id, handed)


def _written(handed: HandOver) -> None:
    short = (
        f" {words.plural(handed.short, 'customer')} of them "
        f"{'has' if handed.short == 1 else 'have'} fewer than were wanted."
        if handed.short
        else ""
    )
    st.success(
        f"{words.plural(handed.rows, 'recommendation')} for "
        f"{words.plural(handed.customers, 'customer')} are in "
        f"{plain(str(handed.folder))}.{short}",
        icon=":material/check_circle:",
    )  # fmt: skip
    for reason, rows in handed.left_out.items():
        said = "recommendation was" if rows == 1 else "recommendations were"
        st.markdown(f"- {rows:,} {said} left out since the run: {plain(told.rule(reason).lower())}")
    st.download_button(
        "Download them (ZIP)", lambda: campaign.archive_of_hand_over(handed),
        file_name=f"{handed.folder.name}.zip", mime="application/zip", on_click="ignore",
        icon=":material/download:", key="hand_over_zip",
    )  # fmt: skip
