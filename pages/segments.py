"""Who belongs together: choose how to group, look at the groups, and keep them."""

from __future__ import annotations

import json

import streamlit as st

from pages.ui import segment_views as views
from pages.ui import shell, words
from personalization import campaign
from personalization.reports import intake, rules
from personalization.reports import segments as reports

ctx = shell.enter("segments")
state = ctx.need_campaign()


@st.cache_data(show_spinner="Grouping the customers", scope="session", max_entries=12)
def propose(
    campaign_id: str,
    method: str,
    n_clusters: int | None,
    rows: str,
    merges: tuple[tuple[str, str], ...],
) -> reports.Segmentation:
    """Fit a proposal; the same question again is answered at once."""
    return campaign.fit_segments(
        shell.store(),
        shell.settings(),
        campaign_id,
        method=method,
        n_clusters=n_clusters,
        rules=rules.rules_of_rows(json.loads(rows)) if method == "rules" else None,
        merges=dict(merges) or None,
    )


def choose() -> None:
    """Let the user group the customers, and keep what they see."""
    method = st.segmented_control(
        "How should customers be grouped?",
        list(reports.METHODS),
        default=shell.settings().segmentation.method,
        required=True,
        format_func=words.METHOD.__getitem__,
        key="method",
    )
    st.caption(words.METHOD_HELP[method])
    n_clusters = views.number_of_groups() if method == "kmeans" else None
    rows = views.rules_editor(state.dataset_id) if method == "rules" else []
    merges: dict[str, str] = st.session_state.setdefault(f"merges_{state.campaign_id}_{method}", {})
    with shell.told():
        proposal = propose(
            state.campaign_id, method, n_clusters, json.dumps(rows), tuple(merges.items())
        )
        for note in proposal.notes:
            st.caption(words.plain(note))
        views.too_small(proposal.small, proposal.segments, merges)
        views.sizes(proposal.segments, frozenset(proposal.small))
        views.table(proposal.segments, currency)
        views.quality(proposal.quality)
        keep(proposal)


def keep(proposal: reports.Segmentation) -> None:
    with st.bottom, st.container(horizontal=True, vertical_alignment="center", key="keep_bar"):
        if st.button("Keep these segments", type="primary", icon=":material/check:", key="keep"):
            if state.n_variants:
                confirm(proposal)
            else:
                write_down(proposal)
        n = sum(segment.customers for segment in proposal.segments)
        st.markdown(
            f"{words.plural(len(proposal.segments), 'segment')}, {words.plural(n, 'customer')}"
        )


@st.dialog("Replace the segments?", icon=":material/group_work:")
def confirm(proposal: reports.Segmentation) -> None:
    was = "was" if state.n_variants == 1 else "were"
    st.markdown(
        f"{words.plural(state.n_variants, 'message')} {was} written for the segments of now. "
        "Messages for segments that no longer exist are retired, and their approvals with them."
    )
    st.button(
        "Replace the segments", type="primary", key="confirm_keep",
        on_click=write_down, args=(proposal,),
    )  # fmt: skip


def write_down(proposal: reports.Segmentation) -> None:
    with shell.told():
        campaign.keep_segments(shell.store(), state.campaign_id, proposal, actor=ctx.actor)
        st.session_state.pop("regroup", None)
        shell.say(f"{words.plural(len(proposal.segments), 'segment')} kept.")
        st.rerun()


def look(kept: reports.KeptSegmentation) -> None:
    """Show the kept segments: who is in them, who can be reached, and why each person is there."""
    found = reports.segments_of(shell.store(), state.campaign_id)
    with st.container(horizontal=True, vertical_alignment="center", key="kept_bar"):
        if st.button(
            "Go on to messages", type="primary", icon=":material/arrow_forward:", key="go_on"
        ):
            shell.go("content")
        if st.button(
            "Group again",
            icon=":material/refresh:",
            key="group_again",
            disabled=state.launched_at is not None,
        ):
            st.session_state["regroup"] = True
            st.rerun()
        st.caption(
            f"{words.METHOD[kept.method]}, as of {words.day(kept.as_of)}. "
            f"Kept on {words.moment(kept.made_at)}."
        )
    views.sizes(found)
    views.table(found, currency)
    views.reach(reports.audience(shell.store(), state.campaign_id))
    views.people(state.campaign_id, found, currency)
    views.why_here(state.campaign_id)


currency = intake.currency_of(shell.store(), state.dataset_id)
kept = reports.segmentation_of(shell.store(), state.campaign_id)
if kept is None or st.session_state.get("regroup"):
    choose()
else:
    look(kept)
