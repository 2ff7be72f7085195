"""Review: one message at a time, with its evidence, and a decision by mouse or key."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd
import streamlit as st

from pages.ui import card, compare, quality, shell, words
from personalization import campaign
from personalization.errors import PersonalizationError
from personalization.reports import campaigns
from personalization.reports import review as reports

ctx = shell.enter("review")
state = ctx.need_campaign()
store = shell.store()

SHUT: Final = ("approved", "on_hold", "blocked", "check_failed", "not_screened", "stopped")
WAYS: Final = ("One by one", "Side by side", "Quality")
OPEN: Final = ("needs_review", "needs_reason", "void", "stopped")


def select(position: int) -> None:
    st.session_state["grid"] = {"selection": {"rows": [position], "columns": []}}


def decide(row: dict[str, Any], decision: str, position: int) -> None:
    """Take one decision, and go on to the next message that waits."""
    note = st.session_state.get(f"note_{row['variant_id']}", "").strip()
    try:
        approval_id = campaign.decide(
            store, row["variant_id"], version=row["version"], decision=decision, note=note,
            actor=ctx.actor,
        )  # fmt: skip
    except PersonalizationError as error:
        st.session_state["refused"] = str(error)
        return
    st.session_state["undo"] = (row["variant_id"], row["version"], approval_id)
    past = {"approved": "approved", "changes_asked": "sent back", "rejected": "rejected"}
    shell.say(f"{row['segment']}, {words.arm(row['arm'])}: {past[decision]}.")
    waiting = [
        i for i, r in enumerate(reports.queue(store, state.campaign_id)) if r["state"] in OPEN
    ]
    if waiting:
        select(next((i for i in waiting if i > position), waiting[0]))


def undo() -> None:
    try:
        variant_id, version, approval_id = st.session_state.pop("undo")
        campaign.undo_decision(
            store, variant_id, actor=ctx.actor, version=version, approval_id=approval_id
        )
        shell.say("The decision was taken back.")
    except PersonalizationError as error:
        st.session_state["refused"] = str(error)


@st.dialog("Approve every message that passed?", icon=":material/done_all:")
def confirm_all(number: int) -> None:
    st.write(
        f"{words.plural(number, 'message')} passed the screening and wait for a decision. Each "
        f"approval is written to the audit log under your name, {words.plain(ctx.actor)}."
    )
    st.caption(
        "Warnings, marked with a triangle, are told and need no reason: read them first. What the "
        "screening asks a review for needs a reason, and is never approved in one go."
    )
    if st.button(f"Approve {words.plural(number, 'message')}", type="primary", key="confirm_all"):
        with shell.told():
            approved = campaign.approve_all(store, state.campaign_id, actor=ctx.actor)
            shell.say(f"{words.plural(approved, 'message')} approved.")
            st.rerun()


def grid(rows: list[dict[str, Any]]) -> int:
    """Draw the list, and return the position of the row that is selected."""
    frame = pd.DataFrame(rows)
    frame["state"] = [[card.STATE[name]] for name in frame["state"]]
    frame["arm"] = frame["arm"].map(words.arm)
    event = st.dataframe(
        frame, key="grid", hide_index=True, on_select="rerun", height=620,
        selection_mode="single-row-required", alt="Messages of this campaign",
        column_order=("state", "segment", "arm", "subject"),
        column_config={
            "state": st.column_config.MultiselectColumn(
                "State", options=list(card.STATE.values()), color=list(card.COLOUR), width=120),
            "segment": st.column_config.TextColumn("Segment", width=130),
            "arm": st.column_config.TextColumn("Message", width=80),
            "subject": st.column_config.TextColumn("Subject", width="medium"),
        },
    )  # fmt: skip
    chosen = event.selection.rows
    return min(chosen[0], len(rows) - 1) if chosen else 0


def bar(rows: list[dict[str, Any]], position: int) -> None:
    """Draw the decision bar: what is selected, the decisions, the way through the list."""
    row, passed = rows[position], sum(r["state"] == "needs_review" for r in rows)
    is_held = bool(campaigns.holds_of(store, state.campaign_id))
    with st.bottom, st.container(horizontal=True, vertical_alignment="center", key="bar"):
        named = words.plain(f"{row['segment']}, {words.arm(row['arm'])}")
        st.markdown(f"**{named}** · {card.STATE[row['state']]}")
        st.button("Approve", type="primary", icon=":material/check:", shortcut="A", key="approve",
                  disabled=row["state"] in SHUT or is_held, on_click=decide,
                  args=(row, "approved", position))  # fmt: skip
        st.button("Ask for changes", icon=":material/edit_note:", key="changes",
                  on_click=decide, args=(row, "changes_asked", position))  # fmt: skip
        st.button("Reject", icon=":material/block:", shortcut="B", key="reject",
                  on_click=decide, args=(row, "rejected", position))  # fmt: skip
        st.button("Previous", icon=":material/arrow_upward:", shortcut="K", key="previous",
                  on_click=select, args=(max(position - 1, 0),))  # fmt: skip
        st.button("Next", icon=":material/arrow_downward:", shortcut="J", key="next",
                  on_click=select, args=(min(position + 1, len(rows) - 1),))  # fmt: skip
        if st.session_state.get("undo", ("",))[0] in {r["variant_id"] for r in rows}:
            st.button(
                "Undo", type="tertiary", icon=":material/undo:", on_click=undo, key="undo_last"
            )
        if passed and st.button(
            f"Approve all {passed}…", key="approve_all", disabled=is_held,
            help="The campaign is on hold." if is_held else None,
        ):  # fmt: skip
            confirm_all(passed)


queue = reports.queue(store, state.campaign_id)
if not queue:
    shell.empty(
        "No messages yet",
        "Messages are written from approved content for each segment. They then wait here.",
        page="content",
        label="Write messages",
    )
if refused := st.session_state.pop("refused", None):
    st.warning(words.plain(refused), icon=":material/info:", title="Not saved")
done = sum(row["state"] not in OPEN for row in queue)
st.progress(done / len(queue), text=f"{done} of {len(queue)} messages decided or held back")
way = st.segmented_control(
    "Look at them", WAYS, default=WAYS[0], required=True, key="way", label_visibility="collapsed"
)
if way == WAYS[1]:
    with shell.told():
        compare.show(queue)
elif way == WAYS[2]:
    quality.campaign(state.campaign_id)
else:
    left, right = st.columns([6, 6], gap="medium")
    with left:
        position = grid(queue)
    with right, shell.told():
        card.show(queue[position], state.campaign_id, ctx.actor)
    bar(queue, position)
