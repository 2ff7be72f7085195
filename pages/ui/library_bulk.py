"""Several documents at once: approved, retired or downloaded together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.ui import library_decisions, shell, words
from personalization import campaign

if TYPE_CHECKING:
    from personalization.reports.content import Document


def show(chosen: list[Document], actor: str) -> None:
    """Draw what can be done with all that are chosen."""
    drafts = [each for each in chosen if each.state == "draft"]
    alive = [each for each in chosen if each.state not in ("retired", "withdrawn")]
    with st.container(border=True, key="library_bulk"):
        st.subheader(f"{words.plural(len(chosen), 'document')} chosen", anchor=False)
        with st.container(horizontal=True):
            st.button(
                f"Approve {words.plural(len(drafts), 'draft')}", icon=":material/check:",
                key="approve_many", disabled=not drafts, on_click=library_decisions.ask,
                args=("approve_many",),
            )  # fmt: skip
            st.button(
                f"Retire {words.plural(len(alive), 'document')}", icon=":material/archive:",
                key="retire_many", disabled=not alive, on_click=library_decisions.ask,
                args=("retire_many",),
            )  # fmt: skip
            names = {each.document_id for each in chosen}
            st.download_button(
                "Download them", icon=":material/download:", key="download_many",
                data=lambda: campaign.export_library(
                    shell.store(), actor=actor, document_ids=names
                ),
                file_name="documents.zip", mime="application/zip", on_click="ignore",
            )  # fmt: skip
        asked = st.session_state.get("library_asks", ("", ""))[0]
        if asked == "approve_many":
            confirm_approvals(drafts, actor)
        elif asked == "retire_many":
            confirm_retirements(alive, actor)
        for told in st.session_state.pop("library_refused", ()):
            st.warning(words.plain(told), icon=":material/warning:")


@st.dialog(
    "Approve these documents?", icon=":material/check:", on_dismiss=library_decisions.ask,
    width="large",
)  # fmt: skip
def confirm_approvals(drafts: list[Document], actor: str) -> None:
    """Name what is approved; each is approved in the version that stands here."""
    for each in drafts:
        st.markdown(f"- **{words.plain(each.title)}**, version {each.version}")
    st.caption(
        f"Signed by {words.plain(actor)}, today. Who wrote or uploaded one is not asked to approve "
        "it where somebody else can; such ones are left out and named."
    )
    if st.button("Approve them", type="primary", key="confirm_approve_many"):
        with shell.told():
            versions = {each.document_id: each.version for each in drafts}
            n_done, refused = campaign.approve_documents(
                shell.store(), shell.settings(), versions,
                on=shell.store().now().date(), actor=actor,
            )  # fmt: skip
            _done(f"{words.plural(n_done, 'document')} approved.", refused)


@st.dialog("Retire these documents?", icon=":material/archive:", on_dismiss=library_decisions.ask)
def confirm_retirements(alive: list[Document], actor: str) -> None:
    """Ask why; what a message quotes is left out, because that is an incident."""
    quoted = sum(each.n_messages > 0 for each in alive)
    st.markdown(
        f"{words.plural(len(alive), 'document')} will no longer be found for any segment."
        + (f" Messages quote {quoted} of them: retire those one by one." if quoted else "")
    )
    reason = st.text_area("Why they may not be said any more", key="retire_many_reason", height=80)
    if st.button("Retire them", type="primary", key="confirm_retire_many"):
        with shell.told():
            n_done, refused = campaign.retire_documents(
                shell.store(), [each.document_id for each in alive], reason=reason or "",
                actor=actor,
            )  # fmt: skip
            _done(f"{words.plural(n_done, 'document')} retired.", refused)


def _done(text: str, refused: list[str]) -> None:
    library_decisions.ask()
    st.session_state["library_refused"] = refused
    shell.say(text)
    st.rerun()
