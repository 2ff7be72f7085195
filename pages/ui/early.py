"""Before the day of reading: what may be seen, and opening the results early with a reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from pages.ui import shell, words
from pages.ui.words import plain
from personalization import campaign
from personalization.reports import results as reports

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personalization.reports.campaigns import CampaignState
    from personalization.reports.results import Reading


_ASKED: Final = "is_opening_early"


def locked(state: CampaignState, reading: Reading, progress: Mapping[str, Any], actor: str) -> None:
    """Show how far the campaign has come, and no lift."""
    with st.container(border=True, key="locked"):
        st.badge("Closed until its day", icon=":material/lock:", color="gray")
        st.subheader(
            f"The results open when {words.day(reading.analysis_on)} is over: "
            f"{words.plural(reading.days_to_go, 'day')} to go",
            anchor=False,
        )
        st.markdown(
            "The design says when they are read. Until then a good moment is easily taken for "
            "success, so no lift is shown: only whether the data arrive as they should."
        )
        with st.container(horizontal=True, gap="large", key="progress"):
            st.metric("People in the test", words.count(progress["people"]), width="content")
            for name in ("click", "conversion", "unsubscribe", "complaint"):
                st.metric(
                    f"{words.METRIC[name]} so far", words.count(progress[name]), width="content"
                )
        st.button(
            "Open early…",
            icon=":material/lock_open:",
            key="open_early",
            on_click=_ask,
            args=(True,),
        )
    if st.session_state.get(_ASKED):
        _confirm(state, reading, actor)


def _ask(is_asked: bool = False) -> None:  # noqa: FBT001, FBT002  a callback of the dialog too
    st.session_state[_ASKED] = is_asked


@st.dialog("Open the results early?", icon=":material/lock_open:", on_dismiss=_ask)
def _confirm(state: CampaignState, reading: Reading, actor: str) -> None:
    st.write(
        f"The design says to read them after {words.day(reading.analysis_on)}. Opened before, they "
        "show wider intervals that hold on any day, and the audit log keeps who opened them and "
        "why. They cannot be closed again."
    )
    reason = st.text_area(
        "Why now", key="why_early", max_chars=500,
        placeholder="For example: many complaints arrived, and we have to know which message.",
    )  # fmt: skip
    if st.button("Open them", type="primary", key="confirm_early"):
        with shell.told():
            campaign.open_early(
                shell.store(), state.campaign_id, actor=actor, reason=reason.strip()
            )
            campaign.measure(shell.store(), shell.settings(), state.campaign_id, actor=actor)
            _ask()
            shell.say("The results are open. They are read early.")
            st.rerun()


def opened(state: CampaignState, reading: Reading) -> None:
    """Say at the top that the results are read before their day, by whom and why."""
    why = reports.why_opened(shell.store(), state.campaign_id)
    reason = f" Reason: “{plain(why.rstrip('.'))}”." if why else ""
    at = reading.opened_early_at
    when = f"on {words.day(at)} by {plain(reading.opened_early_by or 'somebody')}" if at else ""
    st.warning(
        f"Opened {when}, {words.plural(reading.days_to_go, 'day')} before the day that the design "
        f"set.{reason} Every interval below holds on whichever day one looks, and is wider for it.",
        icon=":material/hourglass_top:", title="Read early",
    )  # fmt: skip
