"""The messages of a segment side by side, with what each has that the control text has not."""

from __future__ import annotations

import difflib
import re
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from pages.ui import message as mail
from pages.ui import shell, words
from pages.ui.words import plain
from personalization.domain import CONTROL, merge_tags
from personalization.reports import review as reports

if TYPE_CHECKING:
    from collections.abc import Sequence

    from personalization.domain import Message

_TOKEN: Final = re.compile(r"\{\{[^{}]*\}\}|[^\s{]+|\{|\n+|[^\S\n]+")
_FIELDS: Final = ("subject", "preheader", "body", "call_to_action")


def show(rows: Sequence[dict[str, Any]]) -> None:
    """Draw one segment's messages in columns; ``rows`` is the queue of the whole campaign."""
    segments = list(dict.fromkeys(row["segment"] for row in rows))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        segment = st.selectbox("Segment", segments, key="compared", width=320)
        is_marked = st.toggle(
            "Mark what the control text has not", value=True, key="marked",
            help="Words in green do not stand in the control text of this segment.",
        )  # fmt: skip
    own = [row for row in rows if row["segment"] == segment]
    found = [reports.message(shell.store(), row["variant_id"]) for row in own]
    control = next((each.message for each in found if each.arm == CONTROL), None)
    for column, each in zip(st.columns(len(found)), found, strict=True):
        with column, st.container(border=True, height="stretch"):
            st.markdown(f"**{words.arm(each.arm)}**")
            st.caption("Written by people" if each.arm == CONTROL else _traits(each))
            beside = control if is_marked and each.arm != CONTROL else None
            _texts(each.message, beside)


def _traits(found: reports.Reviewed) -> str:
    named = [
        found.attributes.get(name, "").replace("_", " ") for name in ("tone", "plan", "length")
    ]
    return plain(", ".join(name for name in named if name))


def _texts(message: Message, control: Message | None) -> None:
    other = dict(control.fields()) if control else {}
    for field, text in message.fields():
        if field not in _FIELDS:
            continue
        st.caption(mail.label(field))
        st.markdown(against(text, other[field]) if other else mail.tagged(text))


def against(text: str, control: str) -> str:
    """Return a text as Markdown, with the words marked that the control text has not there."""
    old, new = _TOKEN.findall(control), _TOKEN.findall(text)
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    shown: list[str] = []
    for change, _, _, start, end in matcher.get_opcodes():
        is_own = change in ("replace", "insert")
        for is_plain, group in groupby(
            new[start:end], key=lambda t: "\n" in t or merge_tags(t) != []
        ):
            piece = "".join(group)
            is_marked = is_own and not is_plain and piece.strip()
            shown.append(_green(piece) if is_marked else mail.tagged(piece))
    return "".join(shown)


def _green(text: str) -> str:
    inner = text.strip()
    before, _, after = text.partition(inner)
    return f"{before}:green[{plain(inner)}]{after}"
