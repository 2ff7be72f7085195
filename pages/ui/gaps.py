"""What the content cannot carry yet: for a segment at sight, for the whole campaign on demand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from pages.ui import shell, words
from pages.ui.words import plain
from personalization import campaign

if TYPE_CHECKING:
    from personalization.reports.campaigns import CampaignState

_PLURALS: Final = {"story": "stories", "faq": "answers"}
_SINGULARS: Final = {"faq": "answer"}


def panel(state: CampaignState, segment: str) -> None:
    """Say what to add so that a segment's messages differ and say what the brief wants."""
    gaps = campaign.content_gaps(shell.store(), shell.settings(), state.campaign_id, only=segment)
    for gap in gaps:
        if not gap.advice:
            st.caption(
                f"Enough for {words.plural(gap.n_wanted, 'different message')}: {_counts(gap)}."
            )
            continue
        with st.container(border=True, key="gaps"):
            _told(gap)
    if gaps:
        _all(state)


def _all(state: CampaignState) -> None:
    """Unfold the report over every segment; it is made when somebody asks for it."""
    box = st.expander("What is missing, segment by segment", key="gaps_all", on_change="rerun")
    if not box.open:
        return
    with box:
        every = campaign.content_gaps(shell.store(), shell.settings(), state.campaign_id)
        lacking = [gap for gap in every if gap.advice]
        if not lacking:
            st.markdown("No segment lacks content for its messages.")
        for gap in lacking:
            st.markdown(f"**{plain(gap.segment)}**")
            _told(gap)


def _told(gap: campaign.ContentGap) -> None:
    st.markdown(
        f"**The content bears {gap.n_written} of {words.plural(gap.n_wanted, 'message')}.** "
        + (f"It has {_counts(gap)}." if gap.n_usable else "")
    )
    for sentence in gap.advice:
        st.markdown(f"- {plain(sentence)}")
    if gap.plans:
        st.caption(
            "Nothing to open these with: "
            + words.listed([f"{plan.replace('_', ' ')} ({kind})" for plan, kind in gap.plans])
            + "."
        )


def _counts(gap: campaign.ContentGap) -> str:
    """Return the usable documents of each kind: 3 benefits, 1 proof and 2 stories."""
    return words.listed(
        [
            words.plural(count, _SINGULARS.get(kind, kind), _PLURALS.get(kind, f"{kind}s"))
            for kind, count in gap.kinds
            if count
        ]
    )
