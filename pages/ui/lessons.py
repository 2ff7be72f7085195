"""What earlier campaigns taught, and the switch by which this one uses it or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from pages.ui import shell, words
from pages.ui.words import plain
from personalization import campaign
from personalization.errors import PersonalizationError

if TYPE_CHECKING:
    from personalization.reports.campaigns import CampaignState

_FIRST: Final = 3  # sentences that are read at once; the rest unfolds


def panel(state: CampaignState, actor: str) -> None:
    """Say what was learnt, let it be switched on or off, and show the shares it leads to."""
    known = campaign.lessons_for(shell.store(), shell.settings(), state.campaign_id)
    if not known.sentences:
        st.caption(f"What earlier campaigns taught: {plain(words.said(known.reason))}")
        return
    st.subheader("What earlier campaigns taught", anchor=False)
    with st.container(border=True, key="lessons"):
        _use(state, known, actor)
        for sentence in known.sentences[:_FIRST]:
            st.markdown(f"- {plain(words.said(sentence))}")
        if more := known.sentences[_FIRST:]:
            with st.expander(f"{words.plural(len(more), 'more lesson')}"):
                for sentence in more:
                    st.markdown(f"- {plain(words.said(sentence))}")
        if known.weights:
            _shares(known)
        elif known.is_on:
            st.caption("They change no share here: nothing of it tells these messages apart.")


def hints(state: CampaignState, actor: str) -> None:
    """Say what the writers of each segment try first because earlier campaigns taught it."""
    known = campaign.lessons_for(shell.store(), shell.settings(), state.campaign_id)
    if not known.brief_hints:
        return
    with st.container(border=True, key="lessons"):
        _use(state, known, actor)
        if not known.is_on:
            st.caption("Off: the writers try every tone alike.")
            return
        st.markdown("**The writers try this first**; one variant of each segment tries another.")
        for sentence in dict.fromkeys(hint.sentence for hint in known.brief_hints):
            st.markdown(f"- {_tried(known, sentence)}: {plain(words.said(sentence))}")


def _tried(known: campaign.Lessons, sentence: str) -> str:
    """Name what is tried because of a lesson, and by whose writers."""
    told = [hint for hint in known.brief_hints if hint.sentence == sentence]
    level = plain(told[0].level.replace("_", " "))
    names = plain(words.listed([hint.segment for hint in told]))
    return f"**{plain(told[0].factor)} “{level}”** for {names}"


def _use(state: CampaignState, known: campaign.Lessons, actor: str) -> None:
    """Offer the switch, and say why the last turn of it was refused."""
    if refused := st.session_state.pop("lessons_refused", None):
        st.warning(plain(refused), icon=":material/info:", title="Not saved")
    key = f"lessons_on_{state.campaign_id}"
    st.session_state[key] = known.is_on  # as it is stored, whoever switched it
    st.toggle(
        f"Use what {words.plural(known.n_campaigns, 'earlier campaign')} taught", key=key,
        on_change=_switch, args=(state.campaign_id, key, actor),
        help="On: writers try first what did well, and messages that are likely to do better go "
        "to more people; the others still go to enough of them to be measured. Off: every "
        "variant gets the same share.",
    )  # fmt: skip


def _shares(known: campaign.Lessons) -> None:
    """List the share of each message among the variants, with the reason."""
    rows = [
        {
            "segment": weight.segment, "arm": words.arm(weight.arm), "weight": weight.weight,
            "best": words.chance(weight.probability_best), "reason": words.said(weight.reason),
        }
        for weight in known.weights
    ]  # fmt: skip
    with st.expander("The shares it leads to", icon=":material/balance:"):
        st.caption("Of what the variants share; the control text keeps its own share.")
        st.dataframe(
            rows, hide_index=True, key="learnt_shares", alt="Learnt share of each message",
            column_config={
                "segment": "Segment", "arm": "Variant",
                "weight": st.column_config.ProgressColumn(
                    "Share", format="percent", min_value=0.0, max_value=1.0),
                "best": st.column_config.TextColumn(
                    "Best of them", help="Chance that no other variant of the segment does better"),
                "reason": st.column_config.TextColumn("Why", width="large"),
            },
        )  # fmt: skip


def _switch(campaign_id: str, key: str, actor: str) -> None:
    is_on = bool(st.session_state[key])
    try:
        campaign.use_lessons(shell.store(), shell.settings(), campaign_id, is_on=is_on, actor=actor)
    except PersonalizationError as error:
        st.session_state["lessons_refused"] = str(error)
        return
    shell.say(
        "Earlier campaigns count again." if is_on else "Every variant gets the same share now."
    )
