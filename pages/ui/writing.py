"""Having messages written: progress, failures, and what each segment's writer is given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from pages.ui import shell, spending, words
from personalization import campaign
from personalization.campaign import hosted
from personalization.reports import campaigns
from personalization.reports import content as reports

if TYPE_CHECKING:
    from personalization.reports.campaigns import CampaignState, Job
    from personalization.settings import Settings

CHOICES: Final = (
    ("pinned", "Always use", ":material/keep:"),
    ("excluded", "Leave out", ":material/block:"),
)
TAKE_BACK: Final = ((None, "Take that back", ":material/undo:"),)


def panel(state: CampaignState, actor: str) -> None:
    """Show the one thing to do next: write, wait, try again, or go on to the review."""
    job = campaigns.job_of(shell.store(), state.campaign_id)
    with st.container(border=True, key="writing"):
        if job and job.is_active:
            progress(job)
            return
        if job and job.state != "done":
            ended(job)
        _status(state, actor)
        spending.line(state.campaign_id)
    _failures(state, actor)


@st.fragment(run_every=0.7)
def progress(job: Job) -> None:
    """Show how far a job is, with a way to stop it; draw the page again once it has ended."""
    now = campaigns.job_of(shell.store(), job.campaign_id)
    if now is None or not now.is_active:
        st.rerun()
    st.markdown(f"**{words.JOB.get(now.kind, words.plain(now.kind))}**")
    st.progress(now.share, text=words.plain(now.message))
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Cancel", icon=":material/close:", key="cancel_job"):
            shell.jobs().cancel(now.job_id)
            st.toast("It stops after what is being done now.")
        st.caption("You can leave this page; the work goes on.")


def ended(job: Job) -> None:
    """Say why a job ended before it was done."""
    if job.state == "cancelled":
        st.info("Cancelled. What was done until then is kept.", icon=":material/cancel:")
    else:
        st.error(words.plain(job.message), icon=":material/error:", title="The work stopped")


def _status(state: CampaignState, actor: str) -> None:
    rows = reports.writing_of(shell.store(), state.campaign_id)
    wanted = shell.settings().generation.variants + 1
    missing = [row for row in rows if row["n_messages"] < wanted]
    total = wanted * len(rows)
    if not missing:
        _all_written(state, actor, total, total - sum(row["n_checked"] for row in rows))
        return
    written = sum(row["n_messages"] for row in rows)
    st.markdown(
        f"**{words.plural(wanted - 1, 'message')} and a control text for each of "
        f"{words.plural(len(rows), 'segment')}: {total} in all.** "
        + (_so_far(written, total - written) if written else "")
    )
    label = "Write the missing messages" if written else "Write messages"
    with st.container(horizontal=True):
        if st.button(label, type="primary", icon=":material/edit_note:", key="write"):
            start(state, actor)
        found = any(row["n_sources"] for row in rows)
        look = "Look for sources again" if found else "Look for sources first"
        if st.button(look, icon=":material/search:", key="find"):
            _look(state, actor)


def _all_written(state: CampaignState, actor: str, total: int, unchecked: int) -> None:
    if unchecked > 0:
        st.markdown(
            f"**All {total} messages are written, but {words.plural(unchecked, 'message')} "
            f"{'is' if unchecked == 1 else 'are'} not checked yet.** Only what is checked under "
            "the policy in force can be approved."
        )
        if st.button("Check them", type="primary", icon=":material/policy:", key="check"):
            start(state, actor)
        return
    st.markdown(f"**All {total} messages are written and checked.** {_what_next(state)}")
    is_waiting = state.n_to_review > 0 and state.launched_at is None
    label = "Review messages" if is_waiting else "Read the messages"
    if st.button(
        label, type="primary" if is_waiting else "secondary", icon=":material/rule:", key="review"
    ):
        shell.go("review")


def _what_next(state: CampaignState) -> str:
    """Say what the messages wait for, where they still wait for somebody."""
    if state.launched_at is not None:
        return "The campaign is launched, and its messages are locked."
    if not state.n_to_review:
        return "Every one of them is decided on or held back."
    if state.n_to_review < state.n_variants:
        waits = "waits" if state.n_to_review == 1 else "wait"
        return f"{state.n_to_review} of them {waits} for your review."
    return "They wait for your review."


def _so_far(written: int, missing: int) -> str:
    one, other = (" is" if n == 1 else " are" for n in (written, missing))
    return f"{written} of them{one} written, {missing}{other} missing."


def start(
    state: CampaignState,
    actor: str,
    only: frozenset[tuple[str, str]] | None = None,
    *,
    settings: Settings | None = None,
) -> None:
    """Start the job and draw the page again, where it shows its progress."""
    with shell.told():
        campaign.start_writing(
            shell.jobs(), shell.store(), settings or shell.settings(), state.campaign_id,
            actor=actor, only=only,
        )  # fmt: skip
        st.rerun()


def _look(state: CampaignState, actor: str) -> None:
    with shell.told():
        campaign.start_finding(
            shell.jobs(), shell.store(), shell.settings(), state.campaign_id, actor=actor
        )
        st.rerun()


def _failures(state: CampaignState, actor: str) -> None:
    failed = reports.failures_of(shell.store(), state.campaign_id)
    if not failed:
        return
    st.warning(
        f"{words.plural(len(failed), 'message')} could not be written.",
        icon=":material/warning:",
    )
    for row in failed:
        segment, reason = words.plain(row["segment"]), words.plain(row["reason"])
        st.markdown(f"- **{segment}**, {words.arm(row['arm'])}: {reason}")
    those = frozenset((row["segment"], row["arm"]) for row in failed)
    with st.container(horizontal=True):
        if st.button("Try these again", icon=":material/refresh:", key="retry"):
            start(state, actor, those)
        if hosted.asks_hosted(shell.settings()) and st.button(
            "Have these composed instead", icon=":material/edit_note:", key="compose",
            help="From approved statements on this machine, without the hosted model.",
        ):  # fmt: skip
            start(state, actor, those, settings=hosted.composing(shell.settings()))


def sources(state: CampaignState, segment: str, actor: str) -> None:
    """List a segment's passages, best first, with the reason and what the user may say to each."""
    found = reports.sources_of(shell.store(), state.campaign_id, segment)
    if not found:
        st.info("Nothing has been looked for yet. Sources are found when messages are written.")
    for row in found:
        _source(state, segment, row, actor)
    left_out = reports.excluded_of(shell.store(), state.campaign_id, segment)
    shown = {row["document_id"] for row in found}
    for row in left_out:
        if row["document_id"] not in shown:
            _source(state, segment, {**row, "choice": "excluded", "text": "", "why": ""}, actor)


def _source(state: CampaignState, segment: str, row: dict[str, Any], actor: str) -> None:
    def choose(choice: str | None) -> None:
        with shell.told():
            campaign.choose_passage(
                shell.store(), state.campaign_id, segment, row["document_id"], choice, actor=actor
            )

    key = row.get("passage_id", row["document_id"])
    with st.container(border=True, key=f"source_{key}"):
        said, buttons = st.columns([3, 1], vertical_alignment="center")
        with said:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(f"**{words.plain(row['title'])}**", width="content")
                st.badge(words.KIND.get(row["kind"], words.plain(row["kind"])), color="gray")
                if row["choice"]:
                    _badge(row["choice"])
            if text := row["text"].removeprefix(row["title"]).strip():
                st.markdown(words.without_images(text))
            if row["why"]:
                st.caption(words.plain(row["why"][:1].upper() + row["why"][1:]))
        with buttons:
            choices = CHOICES if row["choice"] is None else TAKE_BACK
            for choice, label, icon in choices:
                st.button(
                    label, icon=icon, key=f"{label}_{key}", on_click=choose, args=(choice,),
                    width="stretch", disabled=state.launched_at is not None,
                )  # fmt: skip


def _badge(choice: str) -> None:
    if choice == "pinned":
        st.badge("Always used", icon=":material/keep:", color="blue")
    else:
        st.badge("Left out", icon=":material/block:", color="orange")
