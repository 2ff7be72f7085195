"""Saying of a finding that it is right, or a false alarm."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from pages.ui import message as mail
from pages.ui import shell, words
from pages.ui.words import plain
from personalization import campaign
from personalization.reports import trends as reports

if TYPE_CHECKING:
    from collections.abc import Mapping

_LABEL: Final[Mapping[str, str]] = {"right": "Right", "false_alarm": "False alarm"}
_PAST: Final[Mapping[str, str]] = {"right": "right", "false_alarm": "a false alarm"}
_PER_PAGE: Final = 10
_ACTION: Final[Mapping[str, tuple[str, Any]]] = {
    "block": ("Blocks", "red"),
    "review": ("Asks a reviewer", "orange"),
    "warn": ("Leaves a note", "gray"),
}


def buttons(screening_id: int, position: int, actor: str, *, said: str | None = None) -> None:
    """Draw the two buttons beside one finding; what was said of it before is marked.

    Args:
        screening_id: The screening that the finding is of.
        position: Its number in that screening.
        actor: Who says so.
        said: What this reviewer said of it before, if anything.
    """
    key = f"{screening_id}_{position}"
    with st.container(horizontal=True, gap="small", key=f"label_{key}"):
        for label, icon in (("right", "check"), ("false_alarm", "notifications_off")):
            st.button(
                _LABEL[label], icon=f":material/{icon}:", key=f"{label}_{key}",
                type="primary" if said == label else "tertiary",
                on_click=_say, args=(screening_id, position, label, actor),
                help=f"You said that this is {_PAST[label]}." if said == label else None,
            )  # fmt: skip


def _say(screening_id: int, position: int, label: str, actor: str) -> None:
    with shell.told():
        note = str(st.session_state.get("label_note") or "")
        campaign.label_finding(shell.store(), screening_id, position, label, actor=actor, note=note)
        st.session_state["label_note"] = ""
        shell.say(f"Kept: {_PAST[label]}.")


def queue(actor: str) -> None:
    """List findings that this reviewer has said nothing of, those of most messages first."""
    waiting = reports.unlabelled(shell.store(), actor=actor)
    names = sorted({row["rule"] for row in waiting})
    if not waiting:
        st.success("You have labelled every finding there is.", icon=":material/check_circle:")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        rule = st.selectbox(
            "Rule", ["", *names], key="label_rule", format_func=lambda name: name or "Every rule"
        )
        st.text_input(
            "Note for the next label", key="label_note", max_chars=500,
            placeholder="if it needs saying: why it is a false alarm",
        )  # fmt: skip
    found = [row for row in waiting if rule in ("", row["rule"])]
    st.caption(
        f"{words.plural(len(found), 'finding')} to label. The same words found by the same rule "
        "count once, however many messages hold them."
    )
    for row in found[:_PER_PAGE]:
        _finding(row, actor)
    if len(found) > _PER_PAGE:
        st.caption(f"{len(found) - _PER_PAGE:,} more follow as you go.")


def _finding(row: dict[str, Any], actor: str) -> None:
    with st.container(border=True, key=f"finding_{row['screening_id']}_{row['position']}"):
        said, label = st.columns([3.2, 1.3], vertical_alignment="center")
        with said:
            name, colour = _ACTION.get(row["action"], (row["action"], "gray"))
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.markdown(f"**{plain(row['rule'])}**", width="content")
                st.badge(name, color=colour)
                st.caption(
                    f"{mail.label(row['field'])} · {words.plural(row['messages'], 'message')} · "
                    f"{plain(row['campaign'])}",
                    width="content",
                )
            st.markdown(_in_context(row))
            st.caption(plain(row["message"]))
        with label:
            buttons(row["screening_id"], row["position"], actor)


def _in_context(row: dict[str, Any]) -> str:
    before, words_, after = reports.around(shell.store(), row)
    if not words_.strip():
        return f":gray[{plain(row['text'])}]" if row["text"] else ":gray[Something is missing.]"
    parts = (" ".join(part.split()) for part in (before, words_[:300], after))
    start, middle, end = parts
    return f"{plain(start)} :orange-background[{plain(middle)}] {plain(end)}"
