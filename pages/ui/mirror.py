"""The noise mirror on the screen: what luck alone would show, and how a true effect would look."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.ui import charts, plan_charts, plan_views, shell, words
from pages.ui.words import plain
from personalization import campaign
from personalization.errors import StateError

if TYPE_CHECKING:
    from personalization.reports.experiment import NoiseMirror, Plan


def panel(campaign_id: str, plan: Plan) -> None:
    """Play the planned test through, say how often luck fools it, and draw both worlds."""
    st.markdown("**Could luck fool you?**")
    try:
        played = campaign.noise_mirror(shell.store(), shell.settings(), campaign_id, plan)
    except StateError as error:
        st.caption(plain(words.said(str(error))))
        return
    figure = plan_charts.noise_mirror(
        played.edges, played.no_effect_shares, played.with_effect_shares, charts.palette(),
        hoped=played.hoped_for, lift=played.lift,
    )  # fmt: skip
    alt = f"How good the best variant would look in {words.count(played.runs)} such tests."
    said = _in_short(played)
    charts.show(figure, key="mirror", alt=f"{alt} {said.replace('**', '')}")
    st.markdown(said)
    with st.expander("More on luck", icon=":material/casino:"):
        for sentence in played.sentences:
            st.markdown(f"- {plain(words.said(sentence))}")
        st.caption(
            f"The planned analysis was played through {words.count(played.runs)} times with "
            "nothing working and as often with one variant working, on this very audience."
        )


def _in_short(played: NoiseMirror) -> str:
    """Say what the two worlds come to, in tests out of a hundred."""
    nothing, something = played.no_effect, played.with_effect
    found = f"it is found in {_of_100(something.power)}"
    if something.shipped_lift is not None:
        found += f", and the winner would {_look(something.shipped_lift)}"
    elif something.best_lift is not None:
        found += f", and the best one would {_look(something.best_lift)}"
    return (
        f"If nothing works, {_of_100(played.luck_share)} such tests would still show more than "
        f"{words.change(played.hoped_for, 0)} in some variant; the frozen rule would be fooled in "
        f"{_of_100(nothing.ship_share)}. If one message really brings "
        f"{words.change(played.lift, 0)}, {found}."
    )


def _look(lift: float) -> str:
    """Say how good a winner would look; a very large lift means nothing any more."""
    said = plan_views.lift(lift)
    if lift > plan_views.BEYOND:
        return f"look **far too good to be true** ({said})"
    return f"look like **{said}**"


def _of_100(share: float | None) -> str:
    said = words.percent(share, 0).removesuffix("%")
    return "**fewer than 1 of 100**" if share and said == "0" else f"**{said} of 100**"
