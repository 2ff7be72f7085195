"""A draft of the policy: what it changes, what it would do to past messages, publishing it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from pages.ui import message as mail
from pages.ui import policy_record, shell, words
from pages.ui.words import plain
from personalization import campaign
from personalization.errors import InputError
from personalization.reports import campaigns
from personalization.reports import policies as reports

if TYPE_CHECKING:
    from collections.abc import Sequence

    from personalization.reports.campaigns import Job
    from personalization.reports.policies import CampaignFlips, Draft, Flip, Policy, Replay

_RESULT: Final = "policy_replay"
_SHOWN: Final = 500


def readable(draft: Draft, policy: Policy) -> Policy:
    """Return the draft as a policy; the one in force where the draft cannot be read."""
    try:
        return campaign.check_policy(shell.settings(), draft.overlay)
    except InputError:
        return policy


def waiting(actor: str) -> None:
    """Say which messages the policy in force has not judged yet, and offer to have them judged."""
    job = campaigns.job_of(shell.store(), "")
    if job and job.is_active:
        _progress(job)
        return
    if job and job.state == "failed":
        st.error(plain(job.message), icon=":material/error:", title="The screening stopped")
    found = campaign.unscreened_campaigns(shell.store())
    if not found:
        return
    messages = sum(n for _, _, n in found)
    named = words.listed([f"{plain(name)} ({n})" for _, name, n in found])
    with st.container(border=True, key="to_screen"):
        st.markdown(
            f":material/policy: **{words.plural(messages, 'message')} "
            f"{'has' if messages == 1 else 'have'} to be screened under the policy, the brand "
            "profile and the briefs as they stand, "
            f"before anything of {'it' if messages == 1 else 'them'} can go out:** {named}."
        )
        if st.button(f"Screen {words.plural(messages, 'message')} now", key="rescreen",
                     icon=":material/refresh:"):  # fmt: skip
            with shell.told():
                campaign.start_rescreening(
                    shell.jobs(), shell.store(), shell.settings(), actor=actor
                )
                st.rerun()


@st.fragment(run_every=0.7)
def _progress(job: Job) -> None:
    now = campaigns.job_of(shell.store(), "")
    if now is None or not now.is_active:
        if now is not None and now.state in ("done", "cancelled"):
            shell.say(now.message)
        st.rerun()
    with st.container(border=True, key="screening"):
        st.markdown("**Screening messages under the policy in force**")
        st.progress(now.share, text=plain(now.message))
        if st.button("Cancel", icon=":material/close:", key="cancel_rescreen"):
            shell.jobs().cancel(job.job_id)
            st.toast("It stops after the message that is being screened.")


def card(draft: Draft, policy: Policy, actor: str) -> None:
    """Show the draft, if there is one: its changes, its effect, and what can be done with it."""
    if draft.changed_at is None:
        return
    with st.container(border=True, key="draft"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.subheader("Your draft", anchor=False, width="content")
            st.badge("Not in force", color="orange")
            st.caption(f"Last changed {words.moment(draft.changed_at)}")
        try:
            drafted = campaign.check_policy(shell.settings(), draft.overlay)
        except InputError as error:
            st.error(plain(str(error)), icon=":material/error:", title="The draft is not right yet")
            _discard(actor)
            return
        found = reports.changes_between(policy, drafted)
        if not found:
            st.markdown("It says the same as the policy in force, in other words.")
            _discard(actor)
            return
        st.markdown(f"**{words.plural(len(found), 'change')} on the policy in force**")
        policy_record.changed(found, key="draft_changes")
        result = _result_of(draft, policy)
        with st.container(horizontal=True, key="draft_actions"):
            if st.button("See what would change", icon=":material/play_arrow:", key="replay",
                         type="secondary" if result else "primary"):  # fmt: skip
                _replay(draft, policy)
            _discard(actor)
        if result:
            _effect(result)
            _publish(draft, actor)


def _discard(actor: str) -> None:
    if st.button("Discard the draft", icon=":material/delete:", key="discard"):
        campaign.drop_policy_draft(shell.store(), actor=actor)
        shell.say("The draft is gone. Nothing else has changed.")
        st.rerun()


def _result_of(draft: Draft, policy: Policy) -> Replay | None:
    """Return what a replay of this very draft against this very policy came to, if it was made."""
    of, result = st.session_state.get(_RESULT, (None, None))
    return result if of == (draft.overlay, policy.version) else None


def _replay(draft: Draft, policy: Policy) -> None:
    with shell.told():
        bar = st.progress(0.0, text="Judging past messages under the draft")

        def report(done: int, total: int, name: str) -> None:
            bar.progress(done / total, text=f"Judging past messages of {plain(name)}")

        result = campaign.replay_policy(
            shell.store(), shell.settings(), draft.overlay, progress=report
        )
        st.session_state[_RESULT] = ((draft.overlay, policy.version), result)
        st.rerun()


def _effect(result: Replay) -> None:
    """Say what the draft would have made of everything that was ever screened."""
    st.markdown("**What would change**")
    if not result.n_texts:
        st.info("No message has been screened yet, so there is nothing to try the draft on.")
        return
    if not result.flips:
        st.success(
            f"None of the {words.plural(result.n_texts, 'message')} screened so far would be "
            "decided otherwise.",
            icon=":material/check_circle:",
        )  # fmt: skip
    else:
        _figures(result)
        _campaigns(result.campaigns)
        _flips(result.flips)
    _doubts(result)


def _figures(result: Replay) -> None:
    with st.grid(4, key="effect"):
        st.metric("Decided otherwise", f"{len(result.flips)} of {result.n_texts}", border=True,
                  help="Every version of a message that was ever screened counts.")  # fmt: skip
        st.metric("Would be held back", result.n_held, border=True,
                  help="Messages of campaigns not launched yet that could go out now.")  # fmt: skip
        st.metric("To be decided again", result.n_to_decide, border=True,
                  help="Messages of campaigns not launched yet that could go out now, and need "
                  "a reviewer's reason for the new screening.")  # fmt: skip
        st.metric("Already sent: blocked today", result.n_sent_blocked, border=True,
                  help="Texts of launched campaigns that were exported, and that the draft would "
                  "block. Nothing on record changes. Simulations do not count.")  # fmt: skip


def _campaigns(rows: Sequence[CampaignFlips]) -> None:
    st.table(
        [
            {
                "Campaign": plain(row.name),
                "Screened": words.count(row.screened),
                "Decided otherwise": words.count(row.flipped),
                "From and to": ";  ".join(
                    f"{n} × {policy_record.DECISION[was]} → {policy_record.DECISION[now]}"
                    for was, now, n in row.moves if was != now
                ) or "No change",
            }
            for row in rows
        ],
        hide_index=True, border="horizontal", alt="What the draft changes in each campaign",
    )  # fmt: skip


def _flips(rows: Sequence[Flip]) -> None:
    st.caption("Choose a row to read the message.")
    chosen = st.dataframe(
        [
            {
                "Campaign": row.campaign,
                "Message": f"{row.segment}, {words.arm(row.arm)}, version {row.version}",
                "Now": policy_record.DECISION[row.was],
                "Would be": policy_record.DECISION[row.now],
                "Rule": row.cause,
                "Words": row.text[:200],
                "Sent to": row.recipients,
            }
            for row in rows[:_SHOWN]
        ],
        hide_index=True, key="flips", on_select="rerun", selection_mode="single-row",
        alt="Messages that the draft would decide otherwise",
        column_config={"Sent to": st.column_config.NumberColumn("Sent to", help="Customers")},
    )["selection"]["rows"]  # fmt: skip
    if len(rows) > _SHOWN:
        st.caption(f"{len(rows) - _SHOWN:,} more.")
    for position in chosen[:1]:
        row = rows[position]
        st.markdown(
            f"**{plain(row.cause)}** in the {mail.label(row.field).lower()}: {plain(row.why)}"
        )
        text = reports.text_of(shell.store(), row.variant_id, row.version)
        mail.envelope(text, shell.settings().brand, is_template=True, texts={})


def _doubts(result: Replay) -> None:
    """Say what the replay cannot know."""
    if result.n_errors:
        st.caption(
            f"{words.plural(result.n_errors, 'message')} could not be checked when it was "
            "screened; nobody knows what the engine would have said, so it stays that way."
        )
    if result.n_drifted:
        st.caption(
            f"{words.plural(result.n_drifted, 'message')} would already be decided otherwise "
            "under the policy in force, because sources, dates or the audience have changed "
            "since. Screening again brings the record up to date."
        )
    st.caption(
        "Levels of harm are those the engine gave these very texts; no engine is asked again. "
        "Blocklists and Prompt Shields cannot be replayed."
    )


def _publish(draft: Draft, actor: str) -> None:
    with st.form("publish", border=False):
        note = st.text_input(
            "What you changed, and why", key="publish_note", max_chars=500,
            placeholder="For example: legal asked that 'last chance' never goes out again.",
        )  # fmt: skip
        messages, campaigns_ = reports.to_screen_again(shell.store())
        st.caption(
            f"It is recorded under your name, {plain(actor)}. Nothing that is on record changes. "
            f"{words.plural(messages, 'message')} of {words.plural(campaigns_, 'campaign')} not "
            "launched yet cannot go out until screened under it; you can start that right after."
        )
        if st.form_submit_button("Put in force", type="primary", icon=":material/gavel:"):
            with shell.told():
                version = campaign.publish_policy(
                    shell.store(), shell.settings(), draft.overlay, actor=actor, note=note,
                    based_on=draft.based_on,
                )  # fmt: skip
                st.session_state.pop(_RESULT, None)
                shell.say(f"Policy {version} is in force.")
                st.rerun()
