"""People kept out of every campaign: whether there are any, since when, and what mailing brings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from pages.ui import shell, words
from pages.ui.words import plain
from personalization import campaign
from personalization.errors import PersonalizationError
from personalization.reports import experiment as reports

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_PERCENT: Final = 100
_USUAL: Final = 5  # percent; what most teams keep out
_SAID: Final[Mapping[str, str]] = {
    "start": "The holdout has started.",
    "change": "The holdout has changed.",
    "end": "The holdout has ended.",
}
_METRIC: Final[Mapping[str, str]] = {"purchases": "Purchases", "revenue": "Revenue"}
_SOURCE: Final[Mapping[str, str]] = {
    "transactions": "Orders on record",
    "conversions": "Conversions reported back",
}


def panel(actor: str) -> None:
    """Show the global holdout, folded: its state, its effect, its history, and how to change it."""
    periods = reports.holdout_history(shell.store())
    lasting = next((period for period in periods if period.until is None), None)
    label = "Global holdout: nobody is kept out of all campaigns"
    if lasting is not None:
        label = (
            f"Global holdout: {words.percent(lasting.share, 0)} of all customers kept out since "
            f"{words.day(lasting.since)}"
        )
    refused = st.session_state.pop("holdout_refused", None)
    with st.expander(label, icon=":material/group_off:", expanded=bool(refused), key="kept_out"):
        if refused:
            st.warning(plain(refused), icon=":material/info:", title="Not saved")
        st.markdown(
            "A small share of all customers gets no message of any campaign. Compared with "
            "everybody else, it tells what all your mailing together brings."
        )
        if periods:
            _effect()
        _change(lasting, actor)
        if periods:
            _history(periods)


def _effect() -> None:
    """Say what mailing has brought since the holdout began, in every way it can be measured."""
    found = reports.holdout_effect(shell.store(), shell.settings())
    if found is None:
        return
    st.markdown(f"**What mailing has brought so far.** {plain(words.said(found.sentence))}")
    if not found.held_out:
        return
    st.table(
        [
            {
                "Per person": _METRIC[gain.metric],
                "Measured by": _SOURCE[gain.source],
                "Could be mailed": _amount(gain.comparison.mean_treatment),
                "Held out": _amount(gain.comparison.mean_control),
                "Lift": words.change(gain.comparison.lift),
                "Verdict": words.VERDICT[gain.verdict],
            }
            for gain in found.gains
        ],
        hide_index=True, border="horizontal", alt="What mailing has brought so far",
    )  # fmt: skip
    st.caption(
        f"{words.count(found.others)} people who could be mailed against "
        f"{words.count(found.held_out)} held out."
    )


def _amount(mean: float | None) -> str:
    return words.NOTHING if mean is None else f"{mean:,.2f}"


def _change(lasting: reports.HoldoutPeriod | None, actor: str) -> None:
    with st.grid(2, min_column_width=220, key="holdout_form"):
        st.number_input(
            "Share of all customers (%)", 1, 50, _USUAL, 1, key="holdout_share",
            help="The same people stay out of every campaign while it lasts. 5% is usual.",
        )  # fmt: skip
        st.text_input("Reason", key="holdout_reason", max_chars=200)
    with st.container(horizontal=True, key="holdout_buttons"):
        if lasting is None:
            st.button("Start the holdout", icon=":material/play_arrow:", key="holdout_start",
                      on_click=_do, args=("start", actor))  # fmt: skip
            return
        st.button("Change the share", icon=":material/sync:", key="holdout_change",
                  on_click=_do, args=("change", actor),
                  help="Ends this period and starts another, and the history keeps both. A larger "
                  "share keeps everybody in who was in; a smaller one is drawn anew.",
                  )  # fmt: skip
        st.button("End the holdout", icon=":material/stop:", key="holdout_end",
                  on_click=_do, args=("end", actor))  # fmt: skip


def _do(what: str, actor: str) -> None:
    """Start, change or end the holdout; a refusal is said on the panel."""
    share = st.session_state["holdout_share"] / _PERCENT
    reason = st.session_state["holdout_reason"]
    try:
        if what == "start":
            campaign.start_holdout(shell.store(), share=share, actor=actor, reason=reason)
        elif what == "change":
            campaign.change_holdout(shell.store(), share=share, actor=actor, reason=reason)
        else:
            campaign.end_holdout(shell.store(), actor=actor, reason=reason)
    except PersonalizationError as error:
        st.session_state["holdout_refused"] = str(error)
        return
    st.session_state["holdout_reason"] = ""
    shell.say(_SAID[what])


def _history(periods: Sequence[reports.HoldoutPeriod]) -> None:
    st.table(
        [
            {
                "Kept out": words.percent(period.share, 0),
                "Since": f"{words.short_day(period.since)}, {plain(period.started_by)}",
                "Until": _ended(period),
                "Campaigns": words.count(period.campaigns),
                "People held out": words.count(period.held_out),
                "Why": plain(period.reason),
            }
            for period in periods
        ],
        hide_index=True, border="horizontal", alt="Every holdout there was",
    )  # fmt: skip


def _ended(period: reports.HoldoutPeriod) -> str:
    if period.until is None:
        return "It lasts"
    why = f": {period.end_reason}" if period.end_reason else ""
    return plain(f"{words.short_day(period.until)}, {period.ended_by}{why}")
