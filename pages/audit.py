"""The officer's page: is everything screened, what was held back, and is the record whole."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import streamlit as st

from pages.ui import shell, words
from personalization.reports import audit as reports

ctx = shell.enter("audit")
state = ctx.need_campaign()
store = shell.store()

PER_PAGE: Final = 25
MOMENT: Final = "D MMM YYYY, HH:mm:ss"
DECISION: Final = {"block": "Blocked", "error": "Check failed", "review": "Needs a reviewer"}
FIELD: Final = {"call_to_action": "Call to action"}


def coverage() -> None:
    """Say in one sentence whether everything is screened, with the counts behind it."""
    found = reports.coverage(store, state.campaign_id)
    sent = reports.delivered_coverage(store, state.campaign_id)
    missing = found["messages"] - found["screened"]
    if not found["messages"]:
        st.info("No message has been written yet, so there is nothing to prove.")
    elif missing:
        text = f"{missing} of {found['messages']} messages are not screened as they now read."
        st.error(text, icon=":material/gpp_maybe:", title="Screening is not complete")
    else:
        text = f"All {found['messages']} messages are screened under the policy in force."
        st.success(text, icon=":material/verified_user:", title="Screening is complete")
    with st.grid(4, key="coverage"):
        st.metric("Screened", f"{found['screened']} of {found['messages']}", border=True)
        st.metric("May be sent", found["sendable"], border=True,
                  help="Screened, passed, approved, and every source still valid.")  # fmt: skip
        st.metric("Held back", found["blocked"] + found["errors"] + found["to_review"], border=True,
                  help="Blocked, failed a check, or waiting for a named reviewer.")  # fmt: skip
        st.metric("Texts sent", sent["messages"], border=True,
                  help=f"To {words.plural(sent['recipients'], 'recipient')}; {sent['approved']} of "
                  f"{sent['messages']} were screened and approved before.")  # fmt: skip


def held_back() -> None:
    """List what screening stopped, with category, severity and the words that gave cause."""
    rows = reports.blocked_items(store, state.campaign_id)
    if rows.empty:
        st.caption("Screening has not held anything back in this campaign.")
        return
    rows["decision"] = rows["decision"].map(DECISION)
    rows["field"] = rows["field"].map(lambda f: FIELD.get(f, str(f).capitalize()))
    rows["arm"] = rows["arm"].map(words.arm)
    st.dataframe(
        rows, hide_index=True, key="blocked", alt="Messages that screening held back, worst first",
        column_order=("screened_at", "segment", "arm", "decision", "rule", "severity", "field",
                      "text", "message", "advice"),
        column_config={
            "screened_at": st.column_config.DatetimeColumn("Screened", format=MOMENT),
            "segment": "Segment", "arm": "Message", "decision": "Decision", "rule": "Rule",
            "severity": st.column_config.NumberColumn("Severity", help="0 harmless to 6 severe"),
            "field": "Field", "text": "Words", "message": "Why", "advice": "What to write instead",
        },
    )  # fmt: skip


def trail() -> None:
    """Show the trail, newest first, by kind, person and words."""
    kinds, people = reports.trail_choices(store, state.campaign_id)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = st.selectbox(
            "What", ["", *kinds], key="kind",
            format_func=lambda k: "Everything" if not k else k.replace("_", " ").capitalize(),
        )  # fmt: skip
        actor = st.selectbox(
            "Who", ["", *people], key="who", format_func=lambda p: p or "Everybody"
        )
        text = st.text_input("Contains", key="contains", placeholder="a message, a rule, a reason")
    page = st.session_state.get("trail_page", 1)
    size, rows = reports.trail(
        store, state.campaign_id, kind=kind, actor=actor, words=text.strip(), limit=PER_PAGE,
        offset=(page - 1) * PER_PAGE,
    )  # fmt: skip
    st.caption(f"{words.plural(size, 'entry', 'entries')}, newest first")
    rows["kind"] = rows["kind"].map(_in_words)
    rows["payload"] = rows["payload"].map(_facts)
    st.dataframe(
        rows, hide_index=True, key="trail", alt="Audit trail, newest first",
        column_order=("seq", "happened_at", "kind", "ref", "actor", "payload", "hash"),
        column_config={
            "seq": st.column_config.NumberColumn("No.", width="small"),
            "happened_at": st.column_config.DatetimeColumn("When (UTC)", format=MOMENT),
            "kind": "What", "ref": "On", "actor": "Who",
            "payload": st.column_config.TextColumn("Facts", width="large"),
            "hash": st.column_config.TextColumn("Fingerprint", width="small"),
        },
    )  # fmt: skip
    if size > PER_PAGE:
        st.pagination(-(-size // PER_PAGE), key="trail_page")


def _in_words(kind: str) -> str:
    thing, _, event = kind.replace("_", " ").partition(".")
    return f"{thing.capitalize()} {event}"


def _facts(payload: str) -> str:
    facts = json.loads(payload)
    return " · ".join(f"{name.replace('_', ' ')}: {value}" for name, value in facts.items())


def check_chain() -> None:
    """Work the whole chain out again, and say what came of it."""
    check = reports.check(store)
    if check.is_whole:
        st.success(
            f"All {check.n_rows:,} entries fit together. Last fingerprint: `{check.head[:16]}…`",
            icon=":material/link:", title="The record is whole",
        )  # fmt: skip
    else:
        st.error(
            f"Entry {check.first_broken} does not fit the one before it. Stop sending, keep a copy "
            "of the database file, and tell whoever looks after this machine.",
            icon=":material/link_off:", title="The record has been changed",
        )  # fmt: skip


def officer_file() -> bytes:
    return reports.audit_csv(store, state.campaign_id, actor=ctx.actor)


def delivery_file() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "deliveries.csv"
        reports.write_deliveries_csv(store, state.campaign_id, path)
        return b"\xef\xbb\xbf" + path.read_bytes()


coverage()
with st.container(horizontal=True, key="downloads"):
    st.download_button(
        "Download audit log (CSV)",
        officer_file,
        file_name=f"audit-{state.campaign_id}.csv",
        mime="text/csv",
        on_click="ignore",
        type="primary",
        icon=":material/download:",
        key="audit_csv",
        help="One row per screening, blocked and failed ones too, with the reviewer's decision.",
    )
    st.download_button(
        "Download delivery record (CSV)",
        delivery_file,
        file_name=f"deliveries-{state.campaign_id}.csv",
        mime="text/csv",
        on_click="ignore",
        icon=":material/download:",
        key="deliveries_csv",
        help="One row per text that went out; customers appear under a pseudonym.",
    )
    verify = st.button("Check the record", icon=":material/link:", key="verify")
if verify:
    check_chain()
st.subheader("What was held back", anchor=False)
held_back()
st.subheader("Audit trail", anchor=False)
trail()
