"""Setting triggers up: the list, the form, and the rules that hold for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.ui import shell, trigger_form, trigger_words, words
from personalization import campaign
from personalization.reports import triggers as reports

if TYPE_CHECKING:
    from personalization.campaign import Trigger
    from personalization.reports.triggers import Base

NEW = "new"


def show(base: Base, actor: str) -> None:
    """List the triggers, with a form for one of them or a new one, and the contact rules."""
    triggers = campaign.triggers_of(shell.store(), base.dataset_id)
    senders = reports.senders(shell.store(), base.dataset_id)
    names = {one.campaign_id: one.name for one in senders}
    opened = st.session_state.get("trigger_open")
    if opened is None:
        if st.button("Add a trigger", type="primary", key="add_trigger", icon=":material/add:"):
            st.session_state["trigger_open"] = NEW
            st.rerun()
    else:
        chosen = next((one for one in triggers if one.trigger_id == opened), None)
        trigger_form.show(base, senders, chosen, actor)
    for one in triggers:
        _card(one, names, actor)
    _contact_rules(base, actor)


def _card(one: Trigger, names: dict[str, str], actor: str) -> None:
    fault = campaign.trigger_fault(shell.store(), one) if one.is_on else ""
    with st.container(border=True, key=f"trigger_{one.trigger_id}"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{words.plain(one.name)}**")
            st.badge(trigger_words.EVENT[one.event], color="gray")
            st.badge(f"Priority {one.plan.priority}", color="blue")
            if not one.is_on:
                st.badge("Off", color="gray", icon=":material/toggle_off:")
            elif fault:
                st.badge("Cannot fire", color="orange", icon=":material/pause_circle:")
            else:
                st.badge("On", color="green", icon=":material/toggle_on:")
        sends = names.get(one.plan.campaign_id)
        told = trigger_words.plan_line(one)
        told += f" · sends {words.arm(one.plan.arm)} of ‘{sends}’" if sends else ""
        if one.plan.strategy:
            told += (
                f" · {words.plural(one.plan.items, 'product')}: "
                f"{words.STRATEGY[one.plan.strategy].lower()}"
            )
        st.caption(words.plain(told))
        if fault:
            st.warning(words.plain(fault), icon=":material/pause_circle:")
        with st.container(horizontal=True):
            if st.button("Change", key=f"change_{one.trigger_id}", icon=":material/edit:"):
                st.session_state["trigger_open"] = one.trigger_id
                st.rerun()
            # In the key, since a late press of one is none of the other.
            to = "off" if one.is_on else "on"
            if st.button(f"Switch {to}", key=f"switch_{to}_{one.trigger_id}"):
                _switch(one, actor)


def _switch(one: Trigger, actor: str) -> None:
    with shell.told():
        campaign.save_trigger(
            shell.store(), one.dataset_id, one.name, one.event, one.plan, is_on=not one.is_on,
            actor=actor, changes=one,
        )  # fmt: skip
        shell.say(f"‘{one.name}’ is switched {'off' if one.is_on else 'on'}.")
        st.rerun()


def _contact_rules(base: Base, actor: str) -> None:
    """Ask for what holds for all triggers together: how many messages, and when nobody is woken."""
    rules = campaign.contact_rules(shell.store(), base.dataset_id)
    with st.container(border=True, key="contact_rules"):
        st.markdown("**For all triggers together**")
        first, second, third, fourth, fifth = st.columns([2, 2, 2, 2, 3])
        most = first.number_input("Messages at most", 1, 365, rules.most_messages, key="rule_most")
        days = second.number_input(
            "In so many days", 1, 365, rules.within_days, key="rule_days",
            help="Messages of campaigns count as well; simulated ones do not.",
        )  # fmt: skip
        start = third.number_input("Quiet from, hour", 0, 23, rules.quiet_from, key="rule_from")
        end = fourth.number_input(
            "Quiet until, hour", 0, 23, rules.quiet_until, key="rule_until",
            help="By the clock of the customer's country; where it has several, by all of them.",
        )  # fmt: skip
        zone = fifth.text_input(
            "Time zone where the country is unknown", rules.time_zone, key="rule_zone"
        )
        if st.button("Save these rules", key="save_rules"):
            with shell.told():
                changed = campaign.ContactRules(
                    int(most), int(days), int(start), int(end), (zone or "").strip()
                )
                campaign.save_contact_rules(shell.store(), base.dataset_id, changed, actor=actor)
                shell.say("The rules are saved.")
                st.rerun()
