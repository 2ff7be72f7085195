"""The brief of a campaign that exists: its open questions, changing it, and what was changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.ui import brand_views, brief_form, policy_draft, shell, words
from personalization import campaign
from personalization.reports import brand as reports

if TYPE_CHECKING:
    from datetime import date

    from personalization.campaign import Gap
    from personalization.domain import Brief
    from personalization.reports.campaigns import CampaignState


def waiting(state: CampaignState) -> bool:
    """Say above the writing what the brief leaves open; True where that blocks it."""
    gaps = campaign.gaps_of(shell.store(), shell.settings(), state.campaign_id)
    blocking = [gap for gap in gaps if gap.is_blocking]
    if blocking and state.launched_at is None:
        lines = "\n".join(f"- {words.plain(gap.question)}" for gap in blocking)
        st.error(
            f"The brief has to be answered before messages are written; answer it under Brief."
            f"\n\n{lines}",
            icon=":material/block:",
        )
    return bool(blocking)


def panel(state: CampaignState, actor: str) -> None:
    """Show the brief with its questions; while nothing is launched it can be changed here."""
    if state.launched_at is not None:
        st.info(
            "The campaign has been launched, so its brief stays as it is. Start a follow-up "
            "campaign to change it.",
            icon=":material/lock:",
        )
        _as_it_is(state)
    else:
        policy_draft.waiting(actor)
        with shell.told():
            _editor(state, actor)
    _history(state)


def _editor(state: CampaignState, actor: str) -> None:
    seen = campaign.brief_fingerprint(state.brief, state.send_on)
    slots, gaps_said = brief_form.Slots(), st.container()
    told, send_on, locale = brief_form.fields(
        state.brief, state.send_on, slots, key=f"brief_{seen[:8]}_", locale=state.locale
    )
    brief = campaign.brief_from(told)
    gaps = campaign.brief_gaps(
        shell.store(), shell.settings(), brief, send_on=send_on, locale=locale,
        campaign_id=state.campaign_id,
    )  # fmt: skip
    slots.fill(gaps)
    with gaps_said:
        _summary(gaps)
    _offer_to_save(state, brief, send_on, seen=seen, actor=actor)


def _summary(gaps: list[Gap]) -> None:
    n_blocking = sum(gap.is_blocking for gap in gaps)
    if not gaps:
        st.markdown(":material/check: **The brief leaves nothing open.**")
    elif n_blocking:
        st.markdown(
            f":material/block: **{words.plural(n_blocking, 'question')} below "
            f"{'blocks' if n_blocking == 1 else 'block'} the writing.** Answer where it stands."
        )
    else:
        st.markdown(
            f":material/help: **{words.plural(len(gaps), 'question')} below.** None of them blocks "
            "the writing."
        )


def _offer_to_save(
    state: CampaignState, brief: Brief, send_on: date, *, seen: str, actor: str
) -> None:
    change = campaign.brief_change(shell.store(), state.campaign_id, brief, send_on)
    if not change.fields:
        st.caption("Change anything above; what it voids is said here before it is saved.")
        return
    with st.container(border=True, key="brief_change"):
        changed = [reports.LABEL[name].lower() for name in change.fields]
        st.markdown(f"**Not saved yet: {words.listed(changed)}.**")
        for sentence in change.voids:
            st.markdown(f"- {sentence}")
        if not change.voids:
            st.caption("Nothing has been made of the brief yet, so the change voids nothing.")
        for bar in change.bars:
            st.error(bar, icon=":material/lock:")
        if st.button(
            "Save the brief", type="primary", icon=":material/save:", key="save_brief",
            disabled=bool(change.bars),
        ):  # fmt: skip
            campaign.change_brief(
                shell.store(), state.campaign_id, brief, send_on=send_on, seen=seen, actor=actor
            )
            shell.say("The brief is saved.")
            st.rerun()


def _as_it_is(state: CampaignState) -> None:
    brief = state.brief
    told = {
        "goal": brief.goal,
        "audience": brief.audience,
        "key_message": brief.key_message,
        "offer": brief.offer,
        "must_say": "; ".join(brief.must_say),
        "must_not_say": "; ".join(brief.must_not_say),
        "call_to_action": brief.call_to_action,
        "tone": words.TONE.get(brief.tone, brief.tone),
        "metric": words.METRIC.get(brief.metric, brief.metric),
        "send_on": words.day(state.send_on),
    }
    rows = [{"": reports.LABEL[name], "Brief": text or "–"} for name, text in told.items()]
    st.dataframe(rows, hide_index=True, alt="The brief", key="brief_as_it_is")


def _history(state: CampaignState) -> None:
    found = reports.brief_history(shell.store(), state.campaign_id)
    if not found:
        return
    title = f"Changed {words.plural(len(found), 'time')}"
    with st.expander(title, icon=":material/history:"):
        for change in found:
            st.caption(f"{words.moment(change.changed_at)}, {words.plain(change.changed_by)}")
            brand_views.differences(change.changes)
