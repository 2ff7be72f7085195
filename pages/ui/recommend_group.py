"""A segment or everybody: what a strategy would show most of them, and working it out for all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.ui import recommend_jobs, shell, shelves, words
from pages.ui.words import plain
from personalization import campaign
from personalization.domain import STRATEGIES
from personalization.reports import recommendations as reports

if TYPE_CHECKING:
    from personalization.campaign import Shelf


def show(dataset_id: str, campaign_id: str, actor: str) -> None:
    """Ask for a segment and a strategy, draw what most of them would be shown, and offer a run."""
    groups = reports.groups_of(shell.store(), dataset_id, campaign_id)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        segment = st.selectbox(
            "Who", list(groups), key="recommend_segment", width=280,
            format_func=lambda name: f"{name or 'Everybody in the base'} ({groups[name]:,})",
            help=None if len(groups) > 1 else "Segments show here once a campaign on this base has "
            "kept some.",
        )  # fmt: skip
        strategy = st.selectbox(
            "How products are chosen", STRATEGIES, key="recommend_strategy", width=220,
            format_func=words.STRATEGY.__getitem__,
        )  # fmt: skip
        wanted = shelves.wanted()
        asked = campaign.Asked(campaign_id=campaign_id if segment else "", segment=segment)
        if st.button(
            f"Work it out for all {groups[segment]:,}", type="primary", key="start_run",
            icon=":material/playlist_add_check:",
            help="Writes every customer's own list, to be looked through and handed over as a "
            "file.",
        ):  # fmt: skip
            recommend_jobs.start_run(dataset_id, asked, strategy, wanted, actor)
    with shell.told():
        stamp = reports.stamp_of(shell.store(), dataset_id)
        with st.spinner("Working out what most of them would be shown"):
            found = _shelf(dataset_id, asked, strategy, wanted, stamp)
        _told(found)
        shelves.show(found, is_for_many=True)


@st.cache_data(show_spinner=False, scope="session", max_entries=40)
def _shelf(
    dataset_id: str,
    asked: campaign.Asked,
    strategy: str,
    wanted: int,
    stamp: str,  # noqa: ARG001
) -> Shelf:
    """Work out a group's shelf; the same question again is answered at once."""
    return campaign.shelf_for(
        shell.store(), dataset_id, asked, strategy=strategy, wanted=wanted, shown=12
    )


def _told(found: Shelf) -> None:
    share = found.filled / found.customers if found.customers else None
    st.markdown(
        f"**{words.percent(share)}** of {words.plural(found.customers, 'customer')} get all "
        f"{found.wanted}. Each has a list of their own; these products are on most of them."
    )
    if not found.cards:
        st.caption(plain(shelves.sentence(found.shortfall)))
