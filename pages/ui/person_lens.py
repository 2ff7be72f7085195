"""One person: the whole story in a campaign, the report they may ask for, and their erasure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import streamlit as st

from pages.ui import consent_views, shell, words
from personalization import campaign
from personalization.errors import InputError
from personalization.reports import consent
from personalization.reports import person as reports

if TYPE_CHECKING:
    from personalization.reports.campaigns import CampaignState
    from personalization.reports.person import Story

BUCKET: Final = {
    "no segment": "In no segment",
    "no consent": "No consent",
    "no valid e-mail": "No usable address",
    "no products": "Too few products that the messages could name",
    "duplicate address": "Another customer has the same address",
    "suppressed": "On the suppression list",
    "global holdout": "Kept out of all campaigns, to measure what they bring",
    "eligible": "May be written to",
}


def show(state: CampaignState | None, dataset_id: str, actor: str) -> None:
    """Ask for a person, and show all that is known of them."""
    erased()
    who = st.text_input(
        "Customer number or e-mail address", key="lens", width=420, placeholder="12346"
    ).strip()
    if not who:
        st.caption("Shows why somebody gets a message or not, and everything held about them.")
        _erasures()
        return
    if state is not None:
        _in_campaign(state, dataset_id, who)
    _report(who, dataset_id)
    _erase(who, dataset_id, actor)


def _in_campaign(state: CampaignState, dataset_id: str, who: str) -> None:
    try:
        found = reports.numbers_of(shell.store(), who, dataset_id)
    except InputError:
        found = []
    story = (
        reports.story_of(shell.store(), state.campaign_id, dataset_id, found[0]) if found else None
    )
    if story is None:
        st.info(f"{words.plain(who)} is not among the customers of {words.plain(state.name)}.")
        return
    st.subheader(f"Customer {words.plain(found[0])} in {words.plain(state.name)}", anchor=False)
    if others := found[1:]:
        st.caption(
            "The same address is held under the numbers " + words.plain(", ".join(others)) + " too."
        )
    _standing(story)
    left, right = st.columns(2, gap="large")
    with left:
        _consent(story)
    with right:
        _message(story)
    st.markdown("**In every campaign**")
    st.dataframe(
        story.campaigns, placeholder=words.NOTHING,
        hide_index=True, alt="This customer in every campaign",
        column_config={
            "campaign": "Campaign", "segment": "Segment", "arm": "Arm",
            "send_on": st.column_config.DateColumn("Send date", format="D MMM YYYY"),
            "delivered_at": st.column_config.DatetimeColumn("Exported", format="D MMM YYYY"),
            "is_simulated": "Simulated",
        },
    )  # fmt: skip


def _standing(story: Story) -> None:
    now = story.standing
    said = BUCKET[now["bucket"]]
    also = f" Also: {now['also']}." if now["also"] else ""
    box = st.success if now["bucket"] == "eligible" else st.warning
    box(
        f"Consent on {words.day(now['send_on'])}: {words.plain(now['reason'])} "
        f"({words.plain(now['country'])}, {words.plain(now['law'] or 'no law in force')}).{also}",
        title=said,
    )
    st.markdown(f"**Why in this segment** · {words.plain(story.why_segment)}")


def _consent(story: Story) -> None:
    st.markdown("**Records of consent**")
    if not story.records:
        st.caption("None. What the customer file says counts where no record is demanded.")
    for row in story.records:
        ends = f", ends after {words.day(row['expires_on'])}" if row["expires_on"] else ""
        confirmed = (
            f", confirmed {words.moment(row['confirmed_at'])}" if row["confirmed_at"] else ""
        )
        st.markdown(
            f"{consent_views.basis(row['basis'])} · {words.moment(row['recorded_at'])}"
            f"{confirmed}{ends}"
        )
        where = ", ".join(part for part in (row["mechanism"], row["evidence"]) if part)
        st.caption(words.plain(f"“{row['wording'] or 'wording not kept'}” {where}"))
    for row in story.suppressions:
        st.markdown(
            f":red[Never written to] since {words.moment(row['suppressed_at'])}: "
            f"{words.plain(row['reason'])}"
        )


def _message(story: Story) -> None:
    st.markdown("**Arm and message**")
    now = story.standing
    if now["arm"] is None:
        st.caption("No arm: the test is not approved yet, or this customer takes no part in it.")
        return
    share = words.percent(now["propensity"])
    st.markdown(f"{words.arm(now['arm'])}, by lot with a share of {share} in the segment")
    if story.message is None:
        st.caption("This arm gets no message.")
        return
    with st.container(border=True):
        st.markdown(f"**{words.plain(story.message.subject)}**")
        st.caption(words.plain(story.message.preheader))
        st.markdown(words.plain(story.message.body))
    checks = story.checks
    reviewed = f", {checks['approval']} by {checks['reviewer']}" if checks["approval"] else ""
    st.caption(
        words.plain(
            f"Screening: {checks['decision'] or 'not yet'} ({checks['engine'] or 'no engine'})"
            f"{reviewed}."
        )
    )


def _report(who: str, dataset_id: str) -> None:
    st.subheader("What is held about this person", anchor=False)
    st.caption("Everything, in plain words and complete: for a person who asks (GDPR art. 15).")
    with shell.told():
        report = campaign.person_report(shell.store(), who, dataset_id=_base(who, dataset_id))
        for found in report["records"]:
            for part in found["sections"]:
                if part["rows"]:
                    with st.expander(f"{part['words']} ({len(part['rows']):,})"):
                        st.dataframe(
                            part["rows"],
                            placeholder=words.NOTHING,
                            hide_index=True,
                            alt=part["words"],
                        )
        st.download_button(
            "Report (JSON)", json.dumps(report, default=str, indent=2, ensure_ascii=False),
            file_name="person-report.json", mime="application/json", on_click="ignore",
            icon=":material/download:", key="person_report",
        )  # fmt: skip


def _erase(who: str, dataset_id: str, actor: str) -> None:
    with st.expander("Erase this person"):
        st.markdown(
            "Takes the person out of every table. Results keep their counts without the person; "
            "a keyed hash stays, so that no later import writes to them again. Files of earlier "
            "exports and backups are yours to delete. This cannot be undone."
        )
        confirmed = st.text_input(
            f"Type {words.plain(who)} to confirm", key="erase_confirm", width=420
        )
        if st.button(
            "Erase", key="erase", icon=":material/delete_forever:", disabled=not confirmed
        ):
            with shell.told():
                done = campaign.erase_person(
                    shell.store(), who, confirmed=confirmed, actor=actor,
                    dataset_id=_base(who, dataset_id),
                )  # fmt: skip
                st.session_state["erased"] = done
                st.session_state.pop("lens", None)
                shell.say("The person is erased.")
                st.rerun()


def _erasures() -> None:
    rows = consent.erasures(shell.store())
    if rows.empty:
        return
    st.subheader("Erased so far", anchor=False)
    st.caption("By the pseudonym that audit files know them by; the names are gone.")
    st.dataframe(
        rows, placeholder=words.NOTHING,
        hide_index=True, key="erasures", alt="Erasures, the newest first",
        column_config={
            "subject_ref": "Pseudonym",
            "erased_at": st.column_config.DatetimeColumn("Erased", format="D MMM YYYY, HH:mm"),
            "erased_by": "By", "rows": "Rows deleted or blanked",
            "experiments": "Tests that count them",
        },
    )  # fmt: skip


def erased() -> None:
    """Say what the erasure before came to, and which files still name the person."""
    done = st.session_state.pop("erased", None)
    if done is None:
        return
    rows = ", ".join(f"{table} {n:,}" for table, n in done.rows.items())
    st.success(f"Rows deleted or blanked: {rows}. Pseudonym in the record: {done.subject_ref}.")
    if done.folders:
        st.warning(
            "These exported files still name the person; delete them or take the row out: "
            + ", ".join(words.plain(folder) for folder in done.folders)
        )


def _base(who: str, dataset_id: str) -> str:
    """Return the customer base that a number is meant in; an address is the same in all."""
    return "" if "@" in who else dataset_id
