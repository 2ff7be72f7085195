"""One prospect: how the title was read, how it is worked and why, facts, and a correction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.ui import prospect_words, shell, words
from personalization import campaign
from personalization.domain import ROLES, SENIORITIES
from personalization.reports import prospects as reports

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personalization.reports.prospects import ProspectStory


KEPT = "prospect_kept"
"""(base, prospect, whom the list chose) of who was corrected last: the card stays."""


def still_open(dataset_id: str, listed: str) -> str:
    """Return whom to show: who was corrected last, until another one is chosen in the list."""
    base, prospect_id, beside = st.session_state.get(KEPT, ("", "", None))
    if base != dataset_id or beside not in {None, listed}:
        st.session_state.pop(KEPT, None)
        return listed
    st.session_state[KEPT] = (base, prospect_id, listed)
    return str(prospect_id)


def show(dataset_id: str, prospect_id: str, actor: str) -> None:
    """Draw everything that is known of one prospect."""
    story = reports.prospect_story(shell.store(), dataset_id, prospect_id)
    if story is None:
        st.info("This prospect is gone.")
        return
    fields = story.fields
    name = fields["full_name"] or " ".join(
        part for part in (fields["first_name"], fields["last_name"]) if part
    )
    with st.container(border=True, key="prospect_story"):
        st.subheader(words.plain(name or prospect_id))
        st.caption(
            words.plain(
                f"{fields['title'] or 'Title unknown'} · {fields['company'] or 'company unknown'} "
                f"· {fields['country'] or 'country unknown'} · number {prospect_id}"
            )
        )
        with st.grid(2, key="prospect_grid"):
            with st.container():
                _reading(fields)
            with st.container():
                _working(fields)
        _facts(story)
        _correct(dataset_id, prospect_id, story, actor)


def _reading(fields: dict[str, Any]) -> None:
    st.markdown("**How the title was read**")
    st.markdown(
        f"- Role: {prospect_words.ROLE[fields['role']]}\n"
        f"- Department: {prospect_words.spoken(fields['function'])}\n"
        f"- Level: {prospect_words.SENIORITY[fields['seniority']]}\n"
        f"- Standing: {prospect_words.STANDING[fields['standing']]}\n"
        f"- Rule: {words.plain(fields['rule'])}\n"
        f"- How sure: {words.percent(fields['confidence'], 0)}"
    )
    people = prospect_words.SIZE[fields["size_band"]]
    kind = prospect_words.spoken(fields["company_kind"])
    st.caption(f"Company: {kind}, employees {people}.")


def _working(fields: dict[str, Any]) -> None:
    st.markdown("**How this prospect is worked**")
    motion, why = prospect_words.MOTION[fields["motion"]], fields["campaign_reason"]
    st.markdown(
        f"- Sales motion: {motion} ({words.plain(fields['motion_reason'])})\n"
        f"- Campaign: {words.plain(fields['campaign'])} ({words.plain(why)})\n"
        f"- Queue: {words.plain(fields['queue'])} ({words.plain(fields['queue_reason'])})"
    )


def _facts(story: ProspectStory) -> None:
    st.markdown("**What may be cited**")
    if story.facts:
        st.dataframe(
            [
                {"About": prospect_words.spoken(fact.kind), "Fact": fact.text,
                 "Source": fact.source, "Seen on": fact.observed_on}
                for fact in story.facts
            ],
            hide_index=True, alt="Facts with their sources",
        )  # fmt: skip
    else:
        st.caption("No fact with a source. Messages that need one are not offered.")
    if story.signals:
        said = ", ".join(f"{name.replace('_', ' ')}: {value}" for name, value in story.signals)
        st.caption(words.plain(f"Signals: {said}"))


def _correct(dataset_id: str, prospect_id: str, story: ProspectStory, actor: str) -> None:
    last = next(iter(story.corrections), None)
    with st.expander("Correct this reading"):
        if last is not None:
            done = "withdrawn" if last.is_withdrawn else "corrected"
            whom = " for everybody with this title" if last.is_for_title else ""
            st.caption(
                words.plain(f"Last {done}{whom} by {last.saved_by}, {words.moment(last.saved_at)}.")
            )
        with st.form(f"correct_{prospect_id}", border=False):
            reading = _chosen_reading(story.fields)
            is_for_title = st.checkbox(
                "For everybody in this base with the same title",
                disabled=not story.fields["title"],
            )
            is_kept = st.form_submit_button("Keep the correction", type="primary")
        if is_kept:
            with shell.told():
                campaign.correct_reading(
                    shell.store(), dataset_id, prospect_id, **reading, is_for_title=is_for_title,
                    actor=actor,
                )  # fmt: skip
            st.session_state[KEPT] = (dataset_id, prospect_id, None)
            shell.say("The correction is kept, and wins over the rules from now on.")
            st.rerun()
        if last is not None and not last.is_withdrawn and st.button("Let the rules read it again"):
            with shell.told():
                campaign.withdraw_correction(
                    shell.store(), dataset_id, prospect_id, is_for_title=last.is_for_title,
                    actor=actor,
                )  # fmt: skip
            shell.say("The rules read this title again.")
            st.rerun()


def _chosen_reading(fields: Mapping[str, Any]) -> dict[str, str]:
    """Draw what a title can be read as, and return what is chosen."""
    functions = campaign.routing_functions()
    with st.grid(3, key="correct_grid"):
        role = st.selectbox(
            "Role", ROLES, index=ROLES.index(fields["role"]),
            format_func=prospect_words.ROLE.__getitem__,
        )  # fmt: skip
        known = fields["function"] in functions
        function = st.selectbox(
            "Department", functions, index=functions.index(fields["function"]) if known else 0,
            format_func=prospect_words.spoken,
        )  # fmt: skip
        seniority = st.selectbox(
            "Level", SENIORITIES, index=SENIORITIES.index(fields["seniority"]),
            format_func=prospect_words.SENIORITY.__getitem__,
        )  # fmt: skip
    return {"role": role, "function": function, "seniority": seniority}
