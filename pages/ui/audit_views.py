"""What the audit page says in one look: coverage, the state of the record, files, retention."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import streamlit as st

from pages.ui import shell, words
from personalization import campaign
from personalization.reports import audit, audit_files, evidence_pack, policies
from personalization.reports import coverage as reports

FIELD: Final = {
    "subject": "Subject",
    "preheader": "Preview text",
    "body": "Body",
    "call_to_action": "Call to action",
    "link": "Link",
    "footer": "Footer",
}


def coverage(campaign_id: str) -> None:
    """Say in one number whether everything is screened, with the set behind it."""
    store = shell.store()
    found = reports.coverage(store, campaign_id)
    sent = reports.delivered_coverage(store, campaign_id)
    strings = reports.totals(store, campaign_id)
    if sent["messages"]:
        _sent(sent)
    _standing(found, strings, is_launched=bool(sent["messages"]))
    _tiles(found, strings, sent)
    if found["messages"]:
        with st.expander("The set behind it, by part and message", icon=":material/table:"):
            _strings(campaign_id)


def _standing(found: dict[str, int], strings: dict[str, int], *, is_launched: bool) -> None:
    """Say whether every string is screened as it now reads, under the policy in force."""
    if not found["messages"]:
        st.info("No message has been written yet, so there is nothing to prove.")
    elif strings["missing"] and is_launched:
        st.info(
            "The policy or a text changed after the launch. What was exported is held against the "
            "screenings of its time; nothing more goes out before "
            f"{words.plural(strings['missing'], 'string')} are screened anew under the policy in "
            "force.",
            icon=":material/history:",
        )  # fmt: skip
    elif strings["missing"]:
        text = (
            f"{words.count(strings['missing'])} of {words.plural(strings['strings'], 'string')} in "
            f"{words.plural(found['messages'], 'message')} are not screened as they now read."
        )
        st.error(text, icon=":material/gpp_maybe:", title="Screening is not complete")
    else:
        text = (
            f"All {words.plural(strings['strings'], 'string')} of "
            f"{words.plural(found['messages'], 'message')} are screened under the policy in force. "
            "Missing: 0."
        )
        st.success(text, icon=":material/verified_user:", title="Screening is complete")


def _tiles(found: dict[str, int], strings: dict[str, int], sent: dict[str, int]) -> None:
    with st.grid(4, key="coverage"):
        st.metric("Strings screened, policy in force",
                  f"{strings['screened']} of {strings['strings']}", border=True,
                  help="Every part of a message that a reader can see: subject, preview text, "
                  "body, call to action, link and footer.")  # fmt: skip
        st.metric("May be exported now", found["sendable"], border=True,
                  help="Screened under the policy in force, passed, approved, and every source "
                  "still valid.")  # fmt: skip
        st.metric("Held back", found["held_back"], border=True,
                  help="Blocked, failed a check, or waiting for a named reviewer.")  # fmt: skip
        st.metric("Simulated, covered" if sent["is_simulated"] else "Exported, covered",
                  f"{sent['covered']} of {sent['messages']}", border=True,
                  help=f"Texts, to {words.plural(sent['recipients'], 'recipient')}, that were "
                  "screened and approved before.")  # fmt: skip


def _sent(sent: dict[str, int]) -> None:
    """Say of what went out whether all of it had been screened and approved before."""
    people = words.plural(sent["recipients"], "person", "people")
    texts = words.plural(sent["messages"], "text")
    went = "that the simulation gave" if sent["is_simulated"] else "that were exported"
    what = "What was simulated" if sent["is_simulated"] else "What was exported"
    if sent["covered"] == sent["messages"]:
        st.success(
            f"All {texts} {went} to {people} were screened and approved before. Missing: 0.",
            icon=":material/verified_user:", title=f"{what} is covered",
        )  # fmt: skip
    else:
        st.error(
            f"{words.count(sent['messages'] - sent['covered'])} of {texts} {went} to {people} are "
            "on record without a screening and an approval before.",
            icon=":material/gpp_maybe:", title=f"{what} is not covered",
        )  # fmt: skip


def _strings(campaign_id: str) -> None:
    rows = [
        {
            "Part": FIELD.get(row["field"], row["field"]),
            "Message": words.arm(row["arm"]),
            "To send": row["strings"],
            "Screened": row["screened"],
            "Missing": row["missing"],
        }
        for row in reports.strings(shell.store(), campaign_id)
    ]
    st.dataframe(
        rows,
        placeholder=words.NOTHING,
        hide_index=True,
        key="strings",
        alt="Strings by part and message",
        height=300,
    )


def downloads(campaign_id: str, actor: str) -> None:
    """Offer what the officer takes away; each download is itself put on record."""
    store = shell.store()
    st.download_button(
        "Evidence (ZIP)", lambda: evidence_pack.evidence_zip(store, campaign_id, actor=actor),
        file_name=f"evidence-{campaign_id}.zip", mime="application/zip", on_click="ignore",
        type="primary", icon=":material/folder_zip:", key="evidence",
        help="Everything below, with policies, sources, approvals, the trail, and a script that "
        "checks all of it on any computer.",
    )  # fmt: skip
    st.download_button(
        "Audit log (CSV)",
        lambda: audit_files.officer_files(store, campaign_id, actor=actor).csv,
        file_name=f"audit-{campaign_id}.csv", mime="text/csv", on_click="ignore",
        icon=":material/download:", key="audit_csv",
        help="One row per screening, blocked and failed ones too, with the reviewer's decision.",
    )  # fmt: skip
    st.download_button(
        "Deliveries (CSV)", lambda: audit_files.delivery_file(store, campaign_id, actor=actor),
        file_name=f"deliveries-{campaign_id}.csv", mime="text/csv", on_click="ignore",
        icon=":material/download:", key="deliveries_csv",
        help="One row per text that was exported; customers appear under a pseudonym.",
    )  # fmt: skip
    st.download_button(
        "Manifest (JSON)",
        lambda: audit_files.officer_files(store, campaign_id, actor=actor).manifest,
        file_name=f"audit-{campaign_id}.manifest.json", mime="application/json", on_click="ignore",
        icon=":material/download:", key="manifest",
        help="Counts, coverage, thresholds, the head of the trail, and the fingerprint of the "
        "audit log as it is now.",
    )  # fmt: skip


def check_record() -> None:
    """Hold the whole record against itself and its heads, and say what came of it."""
    with st.spinner("Working every fingerprint out again"):
        check = audit.check(shell.store())
    if not check.n_rows:
        st.info("Nothing is on record yet.", icon=":material/link:")
    elif check.is_whole:
        late = (
            f" {words.plural(check.unanchored, 'entry', 'entries')} not anchored yet; the next "
            "change does it."
            if check.unanchored
            else ""
        )
        st.success(
            f"All {words.count(check.n_rows)} entries fit together and fit the "
            f"{words.plural(check.n_heads, 'head')} kept outside the database, and every "
            f"screening, decision, sign-off and export is as recorded.{late} Last fingerprint: "
            f"`{check.head}`",
            icon=":material/link:", title="The record is whole",
        )  # fmt: skip
        _pack_head()
    else:
        first = (
            f"Entry {check.first_broken} does not fit the one before it. "
            if check.first_broken is not None
            else ""
        )
        told = "".join(f"\n- {words.plain(each.text)}" for each in check.problems[:10])
        st.error(
            f"{first}Stop sending, keep a copy of the database file and of the folder of heads, "
            f"and tell whoever looks after this machine.{told}",
            icon=":material/link_off:", title="The record has been changed",
        )  # fmt: skip
    if check.accepted:
        st.warning(f"Accepted as it was: {words.plain(check.accepted)}", icon=":material/gavel:")


def _pack_head() -> None:
    """Name the fingerprint that the last evidence pack is to be held against."""
    pack = audit.last_pack(shell.store())
    if pack:
        st.caption(
            f"To check the last evidence pack ({words.plain(pack['campaign'])}, "
            f"{words.moment(datetime.fromisoformat(pack['happened_at']))}), compare with the "
            f"fingerprint of its own time: `{pack['hash']}`. The last fingerprint above is newer, "
            "since every download is itself recorded."
        )


def about_levels() -> None:
    """Say what the levels of the built-in screener are worth."""
    st.caption(words.plain(policies.ABOUT_BANDS))


def retention(actor: str) -> None:
    """Say what is due to go, and do it on demand."""
    store, settings = shell.store(), shell.settings()
    found = audit.retention_due(store, settings.audit)
    st.markdown(
        f"Words of a launched campaign go {words.plural(settings.audit.body_days, 'day')} after "
        f"its end; entries of the trail are put away in a file after "
        f"{words.plural(settings.audit.trail_months, 'month')}. Fingerprints, levels, decisions "
        "and names of reviewers stay, and everything can be checked as before. The settings hold "
        "both numbers: `[audit] body_days`, `trail_months`."
    )
    if not found.is_due:
        st.info("Nothing is due.", icon=":material/event_available:")
        return
    with st.grid(3, key="retention_due"):
        st.metric("Campaigns whose words go", len(found.campaigns), border=True)
        st.metric("Texts", sum(each["texts"] for each in found.campaigns), border=True)
        st.metric("Entries to put away", found.rows, border=True)
    if found.campaigns:
        st.dataframe(
            [
                {"Campaign": each["name"], "Ended": words.day(each["finished_on"]),
                 "Texts": each["texts"], "Findings with words": each["findings"]}
                for each in found.campaigns
            ],
            placeholder=words.NOTHING,
            hide_index=True, key="retention_campaigns", alt="Campaigns whose words are due to go",
        )  # fmt: skip
    is_sure = st.checkbox("These words cannot be brought back. I want them gone.", key="sure")
    if st.button(
        "Apply retention", icon=":material/delete_sweep:", key="retain", disabled=not is_sure
    ):
        with shell.told():
            campaign.apply_retention(store, settings, actor=actor)
            shell.say("Retention applied, and put on record.")
            st.rerun()
