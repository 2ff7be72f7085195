"""Who gets what: messages chosen, who is held by which gate, and why for each person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.ui import outreach_person, shell, words
from pages.ui import outreach_words as told
from personalization import campaign
from personalization.reports import outreach as reports

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SHOWN = 25
_COLUMNS = ("Name", "Title", "Company", "Country", "Gets", "Variation", "Score", "Stands")
"""What fits beside each other; the number is searched for, and told of who is selected."""


def show(found: Mapping[str, Any], actor: str) -> None:
    """Draw the choice, what came of it, and one person's message with its reasons."""
    steps = reports.chosen_steps(shell.store(), found["campaign_id"])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        step = st.selectbox(
            "Message", sorted(steps) or [1], key="chosen_step", width=160,
            format_func=lambda n: f"Number {n}",
        )  # fmt: skip
        if st.button(
            "Choose again" if steps else "Choose messages",
            type="secondary" if steps else "primary",
            icon=":material/shuffle:", key="outreach_choose",
            disabled=not found["approved"] or found["is_simulated"],
            help="For everybody whose next message is due within a day, among approved texts. "
            "Nothing is sent by it.",
        ):  # fmt: skip
            _choose(found, actor)
    if not steps:
        shell.empty_card(
            "Nothing chosen yet",
            "Approve texts, then choose messages: every prospect gets one, with the reasons for "
            "it, or is held by a gate that says why.",
        )
        return
    gates = reports.gates_of(shell.store(), found["campaign_id"], step=int(step))
    _gates(gates)
    _people(found, gates, int(step), actor)


def _choose(found: Mapping[str, Any], actor: str) -> None:
    with shell.told(), st.spinner("Choosing"):
        runs = campaign.choose_next(
            shell.store(), shell.settings(), found["campaign_id"], actor=actor
        )
        results = [campaign.outreach_result(shell.store(), run) for run in runs.values()]
        ready, held = (sum(int(one[name]) for one in results) for name in ("ready", "held"))
        shell.say(
            f"{words.plural(ready, 'message')} chosen, {words.count(held)} held."
            if runs
            else "Nobody's next message is due within a day."
        )
        st.rerun()


def _gates(gates: Sequence[Mapping[str, Any]]) -> None:
    ready = sum(int(gate["people"]) for gate in gates if gate["status"] == "ready")
    held = sum(int(gate["people"]) for gate in gates) - ready
    with st.container(horizontal=True):
        st.metric("Ready", words.count(ready), border=True, width=160)
        st.metric("Held", words.count(held), border=True, width=160)
    if held:
        st.dataframe(
            [
                {
                    "Held because": campaign.OUTREACH_GATES.get(gate["code"], gate["code"]),
                    "People": gate["people"], "For example": gate["reason"],
                }
                for gate in gates if gate["status"] == "held"
            ],
            hide_index=True, key="outreach_gates", alt="Who is held, by gate",
            column_config={"For example": st.column_config.TextColumn(width="large")},
        )  # fmt: skip


def _filters(gates: Sequence[Mapping[str, Any]], step: int) -> dict[str, Any]:
    """Draw what narrows the list, and return what is asked for."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        search = st.text_input(
            "Find somebody", key="chosen_search", width=260, icon=":material/search:",
            placeholder="Name, company, title or number",
        )  # fmt: skip
        codes = {"": "Everybody", "ready": "Ready"} | {
            gate["code"]: campaign.OUTREACH_GATES.get(gate["code"], gate["code"])
            for gate in gates if gate["status"] == "held"
        }  # fmt: skip
        gate = st.selectbox(
            "Who", list(codes), format_func=codes.__getitem__, key="chosen_gate", width=280
        )
        channel = st.selectbox(
            "Channel", ["", *told.CHANNEL], key="chosen_channel", width=190,
            format_func=lambda name: told.CHANNEL.get(name, "All"),
        )  # fmt: skip
    return {
        "step": step, "gate": str(gate), "channel": str(channel), "words": str(search or ""),
    }  # fmt: skip


def _listed(campaign_id: str, asked: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the rows of the page that is open, or of the first where the list is shorter now."""
    page = int(st.session_state.get("chosen_page") or 1)
    rows = reports.chosen_for(
        shell.store(), campaign_id, most=_SHOWN, skipped=(page - 1) * _SHOWN, **asked
    )
    if rows or page == 1:
        return rows
    st.session_state.pop("chosen_page")
    return reports.chosen_for(shell.store(), campaign_id, most=_SHOWN, **asked)


def _people(
    found: Mapping[str, Any], gates: Sequence[Mapping[str, Any]], step: int, actor: str
) -> None:
    rows = _listed(found["campaign_id"], _filters(gates, step))
    if not rows:
        st.info("Nobody is in this list.", icon=":material/person_search:")
        return
    chosen = st.dataframe(
        [_row(row) for row in rows], hide_index=True, key="chosen_people", on_select="rerun",
        selection_mode="single-row", alt="Who gets which message",
        column_order=_COLUMNS,
        column_config={
            "Title": st.column_config.TextColumn(width=150),
            "Company": st.column_config.TextColumn(width=150),
            "Variation": st.column_config.TextColumn(width=170),
            "Score": st.column_config.NumberColumn(format="%.2f", width=60),
        },
    ).selection.rows  # fmt: skip
    pages = -(-int(rows[0]["found"]) // _SHOWN)
    if pages > 1:
        st.pagination(pages, key="chosen_page")
    if chosen and chosen[0] < len(rows):
        _why(found, rows[chosen[0]], step, actor)
    else:
        st.caption("Select a line to read the message and why it was chosen.")


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    is_ready = row["status"] == "ready"
    variation = told.arm(f"{row['tone']}/{row['angle']}/{row['length']}") if is_ready else ""
    return {
        "Number": row["prospect_id"], "Name": row["name"], "Title": row["title"],
        "Company": row["company"], "Country": row["country"],
        "Gets": told.CHANNEL.get(row["channel"], "") if is_ready
        else campaign.OUTREACH_GATES.get(row["code"], row["code"]),
        "Variation": variation, "Score": row["score"], "Stands": row["state"].capitalize(),
    }  # fmt: skip


def _why(found: Mapping[str, Any], row: Mapping[str, Any], step: int, actor: str) -> None:
    with shell.told(), st.container(border=True, key="chosen_why"):
        message = campaign.explain_message(
            shell.store(), found["campaign_id"], row["prospect_id"], step=step
        )
        st.markdown(
            f"**{words.plain(row['name'] or row['prospect_id'])}**, {words.plain(row['title'])}, "
            f"{words.plain(row['company'])} ({words.plain(row['prospect_id'])})"
        )
        if not found["is_simulated"]:
            outreach_person.place(found["campaign_id"], row, actor)
        if message["status"] == "held":
            st.warning(words.plain(message["reason"]), icon=":material/front_hand:")
        else:
            _message(message)
        for reason in message["why"] if message["status"] == "ready" else ():
            st.markdown(f"- {words.plain(reason)}")
        others = [one for one in message["candidates"] if one["rank"] != 1]
        if others:
            with st.expander(f"{words.plural(len(others), 'other text')} that came into question"):
                st.dataframe(
                    [
                        {
                            "Text": told.arm(one["arm"] or "") or one["variant_id"],
                            "Place": one["rank"], "Score": one["score"], "Why not": one["reason"],
                        }
                        for one in others
                    ],
                    hide_index=True, key="chosen_others", alt="Other texts",
                )  # fmt: skip


def _message(message: Mapping[str, Any]) -> None:
    left = st.container(border=True)
    left.badge(
        told.CHANNEL[message["channel"]], icon=f":material/{told.ICON[message['channel']]}:",
        color="gray",
    )  # fmt: skip
    if message["subject"]:
        left.markdown(f"**{words.plain(message['subject'])}**")
    for part in ("body", "call_to_action", "link"):
        if message[part]:
            left.markdown(words.plain(message[part]).replace("\n", "  \n"))
    if message["footer"]:
        left.caption(words.plain(message["footer"]).replace("\n", "  \n"))
