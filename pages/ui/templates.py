"""Campaigns that come again: templates, what is due, and the campaigns that they made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.ui import shell, trigger_words, words, writing
from personalization import campaign
from personalization.reports import campaigns
from personalization.reports import triggers as reports

if TYPE_CHECKING:
    from personalization.campaign import Template
    from personalization.reports.triggers import Base


def show(base: Base, actor: str) -> None:
    """Show the templates of a base, run those that are due, and make another one."""
    store = shell.store()
    job = campaigns.job_of(store, base.dataset_id)
    if job and job.is_active:
        with st.container(border=True, key="template_work"):
            writing.progress(job)
        return
    if job and job.job_id == st.session_state.get("trigger_job"):
        if job.state == "done":
            st.success(words.plain(job.message), icon=":material/check_circle:")
        else:
            writing.ended(job)
    st.caption(
        "A template makes the same campaign again on the customers as they are then: brief, "
        "segments, products, and newly written messages. They always wait for review; nothing is "
        "approved or sent by a template. ‘personalize triggers’ runs what is due by a timer."
    )
    due = campaign.due_templates(store, base.dataset_id)
    if due:
        _run(base, [one.name for one in due], actor)
    for template in campaign.templates_of(store, base.dataset_id):
        _card(template, actor)
    _make(base, actor)
    _made(base)


def _run(base: Base, names: list[str], actor: str) -> None:
    told = words.listed([f"‘{words.plain(name)}’" for name in names])
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"Due now: {told}")
        if st.button("Run what is due", type="primary", key="run_templates"):
            with shell.told():
                st.session_state["trigger_job"] = campaign.start_templates(
                    shell.jobs(), shell.store(), shell.settings(), base.dataset_id, actor=actor
                )
                st.rerun()


def _card(template: Template, actor: str) -> None:
    key = template.template_id
    with (
        st.container(border=True, key=f"template_{key}"),
        st.container(horizontal=True, vertical_alignment="center"),
    ):
        st.markdown(f"**{words.plain(template.name)}**")
        st.badge("On" if template.is_on else "Off", color="green" if template.is_on else "gray")
        st.caption(trigger_words.template_line(template))
        # In the key, since a late press of one is none of the other.
        to = "off" if template.is_on else "on"
        if st.button(f"Switch {to}", key=f"switch_{to}_{key}"):
            with shell.told():
                campaign.change_template(
                    shell.store(), template, every=template.every, lead_days=template.lead_days,
                    is_on=not template.is_on, actor=actor,
                )  # fmt: skip
                st.rerun()


def _make(base: Base, actor: str) -> None:
    senders = reports.senders(shell.store(), base.dataset_id)
    with st.container(border=True, key="template_form"):
        st.markdown("**Make a template of a campaign**")
        if not senders:
            st.caption("There is no campaign on this customer base yet.")
            return
        names = {one.campaign_id: one.name for one in senders}
        first, second, third, fourth = st.columns([3, 3, 2, 2], vertical_alignment="bottom")
        chosen = first.selectbox(
            "Campaign", list(names), key="template_of", format_func=names.__getitem__
        )
        name = second.text_input("Name", names[chosen], key=f"template_name_{chosen}", max_chars=80)
        every = third.selectbox(
            "How often", list(trigger_words.EVERY), index=2, key="template_every",
            format_func=trigger_words.EVERY.__getitem__,
        )  # fmt: skip
        lead = fourth.number_input(
            "Days to review", 0, 90, 5, key="template_lead",
            help="The send date lies so many days after the run.",
        )  # fmt: skip
        if st.button("Make the template", key="make_template"):
            with shell.told():
                made = campaign.make_template(
                    shell.store(), chosen, name=name or "", every=every, lead_days=int(lead),
                    actor=actor,
                )  # fmt: skip
                shell.say(f"‘{made.name}’ is a template.")
                st.rerun()


def _made(base: Base) -> None:
    rows = reports.template_runs(shell.store(), base.dataset_id)
    if not rows:
        return
    st.markdown("**Campaigns that were made**")
    for row in rows[:12]:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(
                f"{words.plain(row['name'])} · made {words.moment(row['ran_at'])} · "
                f"{words.plural(row['messages'], 'message')}, {row['sendable']:,} approved"
            )
            shell.link("review", "Review", row["campaign_id"])
