"""The top of the results: watermark, health before lift, and the verdict with its reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import streamlit as st

from pages.ui import words
from pages.ui.words import plain
from personalization.reports import report_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from personalization.reports.experiment import Design

Colour = Literal["green", "red", "orange", "gray", "blue"]

SIMULATED: Final = "Simulated data"
_STATE: Final[Mapping[str, tuple[str, Colour]]] = {
    "ship": ("rocket_launch", "blue"),
    "stop": ("front_hand", "orange"),
    "no_difference": ("drag_handle", "gray"),
    "not_enough_data": ("hourglass_top", "gray"),
    "invalid": ("error", "red"),
}
_GUARD: Final[Mapping[str, tuple[str, Colour]]] = {
    "holds": ("verified_user", "green"),
    "breached": ("gpp_bad", "red"),
    "not_shown": ("hourglass_top", "orange"),
    "invalid": ("error", "gray"),
}
_HEALTH_ICON: Final = {"good": "check_circle", "warning": "warning", "bad": "error"}


def watermark() -> None:
    """Say at the top that nothing here has happened."""
    st.warning(
        "Nobody was written to. Every number on this page comes back from the assumptions of the "
        "simulation and proves nothing about the messages.",
        icon=":material/science:",
        title=SIMULATED,
    )


def health(rows: Sequence[Mapping[str, Any]]) -> bool:
    """Show what was looked at before any lift; return whether a verdict may be given."""
    rows = [row for row in rows if row["name"] != "simulated"]  # the watermark says it
    bad = [row for row in rows if row["state"] == "bad"]
    doubtful = [row for row in rows if row["state"] == "warning"]
    if bad:
        st.error(
            _messages(bad), icon=":material/error:",
            title="These results are not valid: put this right first",
        )  # fmt: skip
    if doubtful:
        st.warning(_messages(doubtful), icon=":material/warning:", title="Worth a look")
    good = sum(row["state"] == "good" for row in rows)
    unknown = sum(row["state"] == "unknown" for row in rows)
    told = f", {unknown} not known" if unknown else ""
    with st.expander(f"Health: {good} of {len(rows)} checks without a finding{told}"):
        for row in rows:
            icon, state = _HEALTH_ICON.get(row["state"], "help"), words.HEALTH[row["state"]]
            st.markdown(
                f":material/{icon}: **{plain(words.health_name(row['name']))}** "
                f"({state.lower()}): {plain(words.said(row['message']))}"
            )
    return not bad


def _messages(rows: Sequence[Mapping[str, Any]]) -> str:
    said = [
        f"**{plain(words.health_name(row['name']))}:** {plain(words.said(row['message']))}"
        for row in rows
    ]
    return said[0] if len(said) == 1 else "\n".join(f"- {text}" for text in said)


def verdict(
    verdicts: Sequence[Mapping[str, Any]],
    leader: Mapping[str, Any] | None,
    guardrails: Sequence[Mapping[str, Any]],
    design: Design,
) -> None:
    """Say what to do in one sentence, with the lift that was seen and the one to be expected.

    Args:
        verdicts: Rows of ``verdicts``: the experiment's own first.
        leader: The result that the verdict is about; None where there is none.
        guardrails: Results of the guardrails over the whole audience.
        design: With the rule that was frozen.
    """
    own = next((row for row in verdicts if not row["segment"] and not row["arm"]), None)
    if own is None:
        return
    icon, colour = _STATE[own["state"]]
    early = " · read early" if own["is_early"] else ""
    mark = f" · {SIMULATED}" if own["is_simulated"] else ""
    st.badge(f"{words.STATE[own['state']]}{early}{mark}", icon=f":material/{icon}:", color=colour)
    st.subheader(plain(words.said(own["sentence"])), anchor=False)
    if own["state"] != "invalid":
        if leader is not None and leader["lift"] is not None:
            _lifts(leader, is_early=own["is_early"])
        _guardrails(guardrails)
    if own["reason"]:
        st.caption(f"Why: {plain(words.said(own['reason']))}.")
    arms = [row for row in verdicts if not row["segment"] and row["arm"]]
    with st.expander("The rule fixed before the launch, and the verdict on each variant"):
        st.markdown(plain(words.said(str(design.hypothesis.get("decision_rule", words.NOTHING)))))
        if own["state"] != "invalid":
            _each_arm(arms)


def _lifts(row: Mapping[str, Any], *, is_early: bool) -> None:
    """Show what was seen and what is to be expected, in one unit.

    Where it is read early, what holds for one day only is left out.
    """
    what, size, ends = report_words.observed(row, is_early=is_early)
    with st.container(horizontal=True, gap="large", key="lifts"):
        st.metric(
            f"{words.arm(row['arm'])}: {what} observed", size, delta=ends or None,
            delta_color="off",
            delta_arrow="off", width="content",
        )  # fmt: skip
        expected, ends = report_words.expected(row, is_early=is_early)
        if expected:
            st.metric(
                "To be expected when sent again", expected, delta=ends or None, delta_color="off",
                delta_arrow="off", help=report_words.EXPECTED, width="content",
            )  # fmt: skip
        if row["probability_best"] is not None:
            st.metric(
                "Chance to be the best", words.chance(row["probability_best"]), width="content",
                help="Of all arms and the control, by the Bayesian view below.",
            )  # fmt: skip


def _guardrails(rows: Sequence[Mapping[str, Any]]) -> None:
    if not rows:
        return
    with st.container(horizontal=True, gap="small", key="guardrails"):
        for row in rows:
            icon, colour = _GUARD.get(row["verdict"], _GUARD["invalid"])
            st.badge(
                plain(
                    f"{words.METRIC[row['metric']]}, {words.arm(row['arm'])}: "
                    f"{words.VERDICT[row['verdict']].lower()}"
                ),
                icon=f":material/{icon}:", color=colour, help=words.said(row["sentence"]),
            )  # fmt: skip


def _each_arm(rows: Sequence[Mapping[str, Any]]) -> None:
    for row in rows:
        icon, _ = _STATE[row["state"]]
        st.markdown(
            f":material/{icon}: **{plain(words.arm(row['arm']))}: "
            f"{words.STATE[row['state']].lower()}.** {plain(words.said(row['sentence']))}"
        )
