"""Approving many texts for prospects: those without findings at once, those with them by name."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import streamlit as st

from pages.ui import message as mail
from pages.ui import outreach_words as told
from pages.ui import shell, words
from personalization import campaign
from personalization.reports import review

if TYPE_CHECKING:
    from collections.abc import Sequence

    from personalization.reports.outreach import OutreachText

_LISTED = 60


def counts(texts: Sequence[OutreachText]) -> str:
    """Say how many texts there are, and where they stand."""
    waiting = [text for text in texts if text.state == "needs_review"]
    found = sum(text.n_findings > 0 for text in waiting)
    said = [f"{sum(text.state == 'approved' for text in texts):,} of them approved"]
    if waiting:
        said.append(f"{len(waiting):,} passed screening and wait")
    if found:
        said.append(f"{found:,} of these with findings, to be read one by one")
    return f"{words.plural(len(texts), 'text')}, {'; '.join(said)}."


def row(texts: Sequence[OutreachText], actor: str, *, is_open: bool) -> None:
    """Say where the texts stand, and offer to approve in one click what nothing was found in.

    What was found in the others is listed on request; they are approved by a second click, after
    somebody said that they read it.
    """
    waiting = [text for text in texts if text.state == "needs_review"]
    clean = [text for text in waiting if not text.n_findings]
    flagged = [text for text in waiting if text.n_findings]
    is_shown = False
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(counts(texts), width="stretch")
        if is_open and clean and st.button(
            f"Approve {words.plural(len(clean), 'text')} without findings",
            key="outreach_approve_all", icon=":material/done_all:",
            help="Of those that the filters leave. Read them first: you approve these very words.",
        ):  # fmt: skip
            _approve(clean, actor)
        if is_open and flagged:
            is_shown = st.toggle(
                f"Show what was found in {words.plural(len(flagged), 'text')}",
                key="outreach_flagged",
            )
    if is_shown:
        _flagged(flagged, actor)


def _flagged(texts: Sequence[OutreachText], actor: str) -> None:
    """List what the screening found in which text, and approve them when that was read."""
    shown = texts[:_LISTED]
    with st.container(border=True, key="outreach_flagged_panel"):
        st.markdown(
            f"**{words.plural(len(shown), 'text')} with findings.** They passed screening, and a "
            "person has to judge what was found. To leave one out, ask for changes on its card."
        )
        with st.container(height=420, border=False, key="outreach_flagged_list"):
            for text in shown:
                _with_findings(text)
        if len(texts) > len(shown):
            st.caption(f"The other {len(texts) - len(shown):,} follow when these are decided on.")
        is_read = st.checkbox(
            f"I read what was found in {words.plural(len(shown), 'text')}, and stand for it",
            key=f"outreach_flagged_read_{_digest(shown)}",
        )
        if st.button(
            f"Approve {words.plural(len(shown), 'text')} with findings",
            key="outreach_approve_flagged", icon=":material/done_all:", disabled=not is_read,
        ):  # fmt: skip
            _approve(shown, actor)


def _digest(texts: Sequence[OutreachText]) -> str:
    """Return what tells these very texts from others, so that a tick stands for no others."""
    told = ",".join(f"{text.variant_id}@{text.version}" for text in texts)
    return hashlib.sha256(told.encode()).hexdigest()[:12]


def _with_findings(text: OutreachText) -> None:
    reader = told.READER.get(text.role, words.plain(text.role))
    st.markdown(
        f"**{told.CHANNEL[text.channel]}, {told.KIND[text.kind].lower()}** · {reader} · "
        f"{told.arm(text.arm)} · {told.LOCALE.get(text.locale, words.plain(text.locale))}"
    )
    st.markdown(f"> {mail.tagged(text.body)}".replace("\n", "  \n> "))
    found = review.message(shell.store(), text.variant_id)
    mail.findings(review.findings(shell.store(), found.screening_id))
    st.divider()


def _approve(texts: Sequence[OutreachText], actor: str) -> None:
    """Approve texts in the very words in which they are shown, all of them or none."""
    with shell.told(), st.spinner(f"Approving {words.plural(len(texts), 'text')}"):
        approved = campaign.approve_texts(
            shell.store(), {text.variant_id: text.version for text in texts}, actor=actor
        )
        left = len(texts) - approved
        shell.say(
            f"{words.plural(approved, 'text')} approved."
            + (f" Somebody else has to approve the {left:,} in your own words." if left else "")
        )
        st.rerun()
