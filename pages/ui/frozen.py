"""A design that was approved: what was declared, by which rule it is read, who gets what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from pages.ui import shell, words
from pages.ui.words import plain
from personalization import campaign
from personalization.reports import experiment as reports

if TYPE_CHECKING:
    from personalization.reports.campaigns import CampaignState

_CORRECTED: Final = {
    "arms": "Several variants",
    "segments": "Segments",
    "early": "When opened early",
}


def record(state: CampaignState, found: reports.Design, actor: str) -> None:
    """Show the design as it was approved, and let it be withdrawn with a reason."""
    st.subheader("The frozen design", anchor=False)
    declaration(found)
    st.markdown("**Who gets what**")
    arms_table(found)
    with st.expander("For the record", icon=":material/fingerprint:"):
        facts(state, found)
    _withdraw(state, actor)


def declaration(found: reports.Design) -> None:
    """Say what decides, what is watched, and by which rule the result is read."""
    fixed = reports.declared(found)
    due = reports.due(found, shell.store().now())
    with st.grid(4, key="fixed"):
        st.metric("Decides", words.METRIC[fixed.primary], border=True)
        st.metric(
            "Responses count until", words.short_day(due.counts_until), border=True,
            help=f"To the end of that day (UTC). Read on {words.day(due.reads_on)}.",
        )  # fmt: skip
        st.metric("Lift that matters", words.change(fixed.relevant_lift, 0), border=True)
        st.metric(
            "Approved by", plain(found.approved_by or words.NOTHING), border=True,
            help=f"On {words.moment(found.approved_at)} (UTC)",
        )  # fmt: skip
    st.table(
        _declared_metrics(fixed), hide_index=True, border="horizontal",
        alt="What is measured, and what each number may do",
    )  # fmt: skip
    st.markdown("**How it will be decided**")
    st.markdown(_rule(fixed) if fixed.is_by_verdict else plain(words.said(fixed.decision_rule)))


def _rule(fixed: reports.Declared) -> str:
    """Say the decision rule as a marketer would; its exact wording is in the record."""
    within = words.change(fixed.relevant_lift, 0).removeprefix("+")
    means = {
        "ship": "if all of the interval lies above the control and every guardrail holds.",
        "stop": "if all of it lies below, or a guardrail is breached.",
        "no_difference": f"if all of it lies within {within} of the control, up or down.",
        "not_enough_data": "otherwise.",
        "invalid": "if a health check is red, whatever the numbers say.",
    }
    return "\n".join(f"- **{words.STATE[state]}** {text}" for state, text in means.items())


def _declared_metrics(fixed: reports.Declared) -> list[dict[str, str]]:
    """Write a row for each metric: what it is, its role, and what that means."""
    said = [(fixed.primary, "Decides", "The verdict rests on this number alone.")]
    said += [
        (name, "Also measured", "Reported with its interval; it turns no verdict.")
        for name in fixed.secondary
    ]
    said += [(name, "Guardrail", _bearable(margin)) for name, margin in fixed.guardrails]
    rows = [
        {"Metric": plain(words.METRIC.get(name, name)), "Role": role, "What that means": text}
        for name, role, text in said
    ]
    rest = [
        (fixed.exploratory, "Exploratory", "Promised nothing: a hint for the next test."),
        (fixed.diagnostic, "Diagnostic only", "Mail programs open mail by themselves."),
    ]
    rows += [
        {
            "Metric": plain(", ".join(words.METRIC.get(name, name) for name in names)),
            "Role": role, "What that means": text,
        }
        for names, role, text in rest
        if names
    ]  # fmt: skip
    return rows


def _bearable(margin: float | None) -> str:
    if margin is None:
        return "Watched: harm stands in the way of a winner."
    return (
        f"Has to stay below {words.points(margin)} against the control. Only a variant that is "
        "shown to do so can win."
    )


def facts(state: CampaignState, found: reports.Design) -> None:
    """Say the rest of what was written down, with the fingerprint and the file."""
    fixed = reports.declared(found)
    said = [
        ("Approved", f"{found.approved_by}, {words.moment(found.approved_at)} UTC"),
        ("Designed", f"{found.designed_by}, {words.moment(found.designed_at)} UTC"),
        ("Who counts", fixed.population[:1].upper() + fixed.population[1:]),
        ("Drawn by", f"MD5 of the salt {found.salt} and the customer number, in each segment"),
        ("Decision rule", words.said(fixed.decision_rule)),
        ("Intervals", f"{found.confidence:.0%}, two-sided"),
        *((_CORRECTED.get(what, what), how) for what, how in fixed.corrections),
    ]
    if fixed.cap is not None:
        said.append(("Largest amount", f"Each person counts with {fixed.cap:,.2f} at most"))
    if fixed.pre_days:
        said.append(("Sharpened by", f"Purchases of the {fixed.pre_days} days before (CUPED)"))
    st.table(
        [{"Fact": what, "As it was written down": plain(str(how))} for what, how in said],
        hide_index=True, hide_header=True, border="horizontal", alt="Facts of the design",
    )  # fmt: skip
    st.markdown(f"Fingerprint (SHA-256) `{found.hypothesis_sha256}`")
    st.download_button(
        "Download the hypothesis (JSON)", found.hypothesis_text.encode(),
        file_name=f"hypothesis-{state.campaign_id}.json", mime="application/json",
        on_click="ignore", icon=":material/download:", key="hypothesis",
        help="The very text that was hashed: anybody can work its fingerprint out again.",
    )  # fmt: skip


def _withdraw(state: CampaignState, actor: str) -> None:
    with st.expander("Change something after all", icon=":material/lock_open:"):
        st.caption("The approval is withdrawn and everybody loses the arm; the record keeps why.")
        reason = st.text_input("Reason", key="withdraw_reason")
        if st.button("Withdraw the approval", key="withdraw"):
            with shell.told():
                campaign.withdraw_design(
                    shell.store(), state.campaign_id, reason=reason, actor=actor
                )
                shell.say("The approval was withdrawn.")
                st.rerun()


def withdrawn(found: reports.Design) -> None:
    """Say that the approval of this design was taken back, by whom and why."""
    times = reports.withdrawals(shell.store(), found.experiment_id)
    if times:
        last = times[0]
        st.info(
            f"{plain(last['actor'])} took the approval back on "
            f"{words.moment(last['happened_at'])}: {plain(last['reason'] or '')}",
            icon=":material/lock_open:", title="Not frozen any more",
        )  # fmt: skip


def waiting(found: reports.Design, campaign_id: str) -> None:
    """Say that the design waits for somebody to sign it off, or that it was sent back and why."""
    backs = reports.sent_back(shell.store(), campaign_id)
    if backs:
        last = backs[0]
        what = "rejected it" if last["decision"] == "rejected" else "asked for changes"
        st.warning(
            f"{plain(last['actor'])} {what} on {words.moment(last['decided_at'])}: "
            f"{plain(last['note'])}", icon=":material/edit_note:", title="Not signed off",
        )  # fmt: skip
    else:
        st.info(
            f"Designed by {plain(found.designed_by)} on {words.moment(found.designed_at)}. "
            "Nothing goes out before somebody signs it off; designing it again replaces it.",
            icon=":material/pending:", title="Waits for sign-off",
        )  # fmt: skip
    shell.link("queue", "Open it in the queue", campaign_id)


def arms_table(found: reports.Design) -> None:
    """List the arms of each segment: who gets which subject, and how many."""
    rows = reports.arms(shell.store(), found.experiment_id)
    for row in rows:
        row["arm"] = words.arm(row["arm"])
        row["subject"] = row["subject"] or "(no message)"
    sent = ["delivered"] if found.launched_at is not None else []
    columns = ["segment", "arm", "assigned", *sent, "weight", "subject"]
    st.dataframe(
        rows, hide_index=True, key="arms", alt="Arms of the test", column_order=columns,
        column_config={
            "segment": "Segment", "arm": "Arm",
            "subject": st.column_config.TextColumn("Subject", width="large"),
            "weight": st.column_config.NumberColumn("Share", format="percent"),
            "assigned": st.column_config.NumberColumn("People", format="localized"),
            "delivered": st.column_config.NumberColumn(
                "Simulated" if found.mode == "simulation" else "Exported", format="localized"
            ),
        },
    )  # fmt: skip
