"""The rules of recommendations: a form, what a draft would change, saving it, and its history."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from pages.ui import recommend_rule_form as form
from pages.ui import recommend_rule_words as told
from pages.ui import recommend_trial, shell, words
from pages.ui.words import plain
from personalization import campaign
from personalization.errors import InputError
from personalization.reports import recommendations as reports

VIEWS: Final = (*form.SECTIONS, "As text", "History")
_LONGEST: Final = 500


def show(dataset_id: str, actor: str) -> None:
    """Draw the rules in force, or a draft of others with what it would change."""
    policy = campaign.recommendation_policy(shell.store(), dataset_id)
    history = campaign.recommendation_policy_history(shell.store(), dataset_id)
    _status(history)
    draft = _draft(dataset_id, policy.overlay)
    view = st.segmented_control(
        "Which rules", VIEWS, default=VIEWS[0], required=True, key="rules_view",
        label_visibility="collapsed",
    )  # fmt: skip
    if view in form.SECTIONS:
        _form(dataset_id, draft, view)
    elif view == "As text":
        _text(dataset_id, draft)
    else:
        _history(history)
    _changes(dataset_id, policy.overlay, actor)


def _status(history: list[dict[str, Any]]) -> None:
    if not history:
        st.caption(
            "The rules are as they ship. They are applied before anything is ranked: what a rule "
            "keeps out is never a candidate, for anybody, in any strategy, campaign or file."
        )
        return
    newest = history[0]
    st.caption(
        f"In force since {words.moment(newest['saved_at'])}, saved by {plain(newest['saved_by'])}: "
        f"“{plain(newest['note'])}”. Rules are applied before anything is ranked."
    )


# The draft: TOML in the session, beside the policy that it was begun on ---------------------


def _key(dataset_id: str) -> str:
    return f"rules_draft_{dataset_id}"


def _draft(dataset_id: str, in_force: str) -> str:
    """Return the draft, which is what is in force until somebody changes it."""
    return str(st.session_state.setdefault(_key(dataset_id), {"text": in_force, "on": in_force})
               ["text"])  # fmt: skip


def _put(dataset_id: str, text: str) -> None:
    """Make ``text`` the draft; the form's widgets begin anew."""
    kept = st.session_state[_key(dataset_id)]
    st.session_state[_key(dataset_id)] = {**kept, "text": text}
    _turn()


def _turn() -> None:
    st.session_state["rules_turn"] = st.session_state.get("rules_turn", 0) + 1


def _drop(dataset_id: str) -> None:
    st.session_state.pop(_key(dataset_id), None)
    _turn()


def _form(dataset_id: str, draft: str, view: str) -> None:
    """Draw the fields of a view, and take what is typed into the draft."""
    values = reports.policy_values(campaign.check_recommendation_policy(draft))
    known = reports.catalogue_words(shell.store(), dataset_id)
    typed = form.show(view, values, known, st.session_state.get("rules_turn", 0))
    with shell.told():
        text = reports.policy_text(typed)
        if reports.policy_changes(draft, text):
            st.session_state[_key(dataset_id)]["text"] = text


# As text ------------------------------------------------------------------------------------


def _text(dataset_id: str, draft: str) -> None:
    """Show the team's own rules as TOML, to be edited; a form cannot show everything."""
    st.markdown("Your rules name only what differs from the default. Lists replace those of it.")
    with st.form("rules_text"):
        written = st.text_area(
            "Your rules (TOML)", draft, height=260, placeholder=_EXAMPLE,
            key=f"rules_text_{st.session_state.get('rules_turn', 0)}",
        )  # fmt: skip
        if st.form_submit_button("Take this as the draft", icon=":material/save:"):
            with shell.told():
                campaign.check_recommendation_policy(written)
                _put(dataset_id, written)
                st.rerun()
    with st.container(horizontal=True):
        st.download_button(
            "Download your rules (TOML)", draft or "# Empty: the default is in force.\n",
            file_name="recommendation-rules.toml", mime="application/toml", on_click="ignore",
            icon=":material/download:", key="rules_toml",
        )  # fmt: skip
        st.download_button(
            "Download the default (TOML)", campaign.default_recommendation_policy(),
            file_name="recommendation-rules-default.toml", mime="application/toml",
            on_click="ignore", icon=":material/menu_book:", key="rules_default",
            help="Every rule with what it means, as it ships.",
        )  # fmt: skip


_EXAMPLE: Final = """[products]
margin_floor = 0.2
never_categories = ["gift vouchers"]

[ranking]
category_cap = 2"""


# What a draft changes -----------------------------------------------------------------------


def _changes(dataset_id: str, in_force: str, actor: str) -> None:
    """Show the draft's changes, try them, and save them with a note; nothing where none are."""
    kept = st.session_state[_key(dataset_id)]
    found = reports.policy_changes(in_force, kept["text"])
    if not found:
        return
    with st.container(border=True, key="rules_draft"):
        st.markdown(f"**A draft: {words.plural(len(found), 'change')} on the rules in force**")
        st.dataframe(
            [
                {"Rule": told.place(each.place), "In force": each.was, "Draft": each.now}
                for each in found
            ],
            hide_index=True, key="rules_changes", alt="What the draft changes",
            placeholder=words.NOTHING,
            column_config={"Rule": st.column_config.TextColumn(width=380)},
        )  # fmt: skip
        with st.container(horizontal=True):
            if st.button("Try it", icon=":material/play_arrow:", key="try_rules",
                         help="On the whole catalogue and a thousand customers."):  # fmt: skip
                _try(dataset_id, kept["text"], actor)
            st.button(
                "Discard the draft", icon=":material/delete:", key="drop_rules", on_click=_drop,
                args=(dataset_id,),
            )  # fmt: skip
        of, trial = st.session_state.get("rules_trial", (None, None))
        if trial is not None and of == (dataset_id, in_force, kept["text"]):
            recommend_trial.show(trial)
        _save(dataset_id, kept, actor)


def _try(dataset_id: str, text: str, actor: str) -> None:
    in_force = campaign.recommendation_policy(shell.store(), dataset_id).overlay
    with shell.told(), st.spinner("Trying the draft on the catalogue and a thousand customers"):
        trial = campaign.try_recommendation_policy(shell.store(), dataset_id, text, actor=actor)
        st.session_state["rules_trial"] = ((dataset_id, in_force, text), trial)


def _save(dataset_id: str, kept: dict[str, str], actor: str) -> None:
    with st.form("save_rules", border=False):
        note = st.text_input(
            "What you changed, and why", key="rules_note", max_chars=_LONGEST,
            placeholder="For example: nothing below a margin of 20% in the Christmas campaigns.",
        )  # fmt: skip
        st.caption(
            f"It is recorded under your name, {plain(actor)}, and holds for whatever is worked out "
            "from then on. Products that a campaign has worked out already are held to the new "
            "rules when it goes out."
        )
        if st.form_submit_button("Save the rules", type="primary", icon=":material/gavel:"):
            with shell.told():
                campaign.save_recommendation_policy(
                    shell.store(), dataset_id, kept["text"], actor=actor, note=note,
                    based_on=kept["on"],
                )  # fmt: skip
                _drop(dataset_id)
                shell.say("The rules are in force.")
                st.rerun()


def _history(history: list[dict[str, Any]]) -> None:
    """List every set of rules that was in force, with what it changed on the one before."""
    if not history:
        st.info("Nobody has changed the rules yet. They are as they ship.")
        return
    st.caption("Nothing here is ever changed or deleted. The newest comes first.")
    before = [row["policy"] for row in history[1:]] + [""]
    for number, (row, was) in enumerate(zip(history, before, strict=True)):
        label = f"{words.moment(row['saved_at'])} · {plain(row['saved_by'])}"
        with st.expander(f"{label} · in force" if not number else label, expanded=not number):
            st.markdown(f"“{plain(row['note'])}”")
            try:
                found = reports.policy_changes(was, row["policy"])
            except InputError as error:
                st.caption(f"This version can no longer be read: {plain(str(error))}")
                continue
            for each in found:
                now = each.now if each.now is not None else "taken out"
                st.markdown(
                    f"- {plain(told.place(each.place))}: {plain(each.was or 'nothing')} → "
                    f"**{plain(now)}**"
                )
