"""Triggers on the screen: what would fire today, what waits to be handed over, and the record."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from pages.ui import shell, trigger_words, words, writing
from personalization import campaign
from personalization.reports import campaigns
from personalization.reports import triggers as reports

if TYPE_CHECKING:
    from personalization.campaign import Evaluation, Trigger
    from personalization.reports.triggers import Base

_MOST_EXAMPLES: Final = 200


def today(base: Base, actor: str) -> None:
    """Show what would fire now and what would be held back, and let it fire."""
    triggers = {one.trigger_id: one for one in campaign.triggers_of(shell.store(), base.dataset_id)}
    if not any(one.is_on for one in triggers.values()):
        shell.empty_card(
            "No trigger is switched on",
            "A trigger waits for something that a customer does, or does not do, and answers it "
            "with an approved message. Add one under ‘Set up’.",
        )
        return
    with st.spinner("Looking at what customers did"):
        found = campaign.rehearse_triggers(shell.store(), shell.settings(), base.dataset_id)
    for trigger_id, why in found.idle:
        st.warning(
            words.plain(why), icon=":material/pause_circle:",
            title=f"‘{words.plain(triggers[trigger_id].name)}’ cannot fire",
        )  # fmt: skip
    _wordless(found, triggers)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        ready = found.fired - found.without_text
        st.metric("Would fire now", words.count(ready), border=True, width=200)
        if found.without_text:
            st.metric(
                "Wait for an approved message", words.count(found.without_text), border=True,
                width=240,
            )  # fmt: skip
        st.metric(
            "Would be held back", words.count(found.held), border=True, width=200,
            help="Each for a reason; none of these events is looked at again.",
        )  # fmt: skip
        if found.fired or found.held:
            _fire(base, found, actor)
    if not found.counts:
        st.info(
            "Nothing has happened since the last time that a trigger waits for.",
            icon=":material/done_all:",
        )
        return
    _by_trigger(found, triggers)
    _examples(base, found, triggers)


def _wordless(found: Evaluation, triggers: dict[str, Trigger]) -> None:
    """Say which events have no message yet that may be sent."""
    if not found.wordless:
        return
    told = [f"{words.plural(n, 'event')} of ‘{triggers[one].name}’" for one, n in found.wordless]
    st.warning(
        words.plain(
            f"{words.listed(told)}: nothing can be handed over for these customers until the "
            "message for their segment is approved. Write and approve it in the trigger's campaign."
        ),
        icon=":material/front_hand:",
        title=f"{words.plural(found.without_text, 'event')} "
        f"{'waits' if found.without_text == 1 else 'wait'} for an approved message",
    )  # fmt: skip


def _fire(base: Base, found: Evaluation, actor: str) -> None:
    label = f"Fire {words.plural(found.fired, 'message')}" if found.fired else "Record them"
    if found.without_text:
        label = f"Record {words.plural(found.fired, 'event')}"
    if st.button(label, type="primary", key="fire", help="Nothing is sent by it: what fires waits "
                 "under ‘Hand over’, until its quiet hours are over."):  # fmt: skip
        with shell.told():
            done = campaign.fire_triggers(
                shell.store(), shell.settings(), base.dataset_id, actor=actor
            )
            fired = words.plural(done.fired - done.without_text, "message")
            waiting = (
                f", {words.plural(done.without_text, 'event')} recorded without an approved message"
                if done.without_text
                else ""
            )
            shell.say(f"{fired} fired{waiting}, {words.count(done.held)} held back.")
            st.rerun()


def _by_trigger(found: Evaluation, triggers: dict[str, Trigger]) -> None:
    table: dict[str, dict[str, Any]] = {}
    for trigger_id, outcome, n in found.counts:
        row = table.setdefault(
            trigger_id,
            {
                "Priority": triggers[trigger_id].plan.priority,
                "Trigger": triggers[trigger_id].name,
                "Waits for": trigger_words.EVENT[triggers[trigger_id].event],
                "Fires": 0, "Held back": 0, "Why": [],
            },
        )  # fmt: skip
        if outcome == "fired":
            row["Fires"] = n
        else:
            row["Held back"] += n
            row["Why"].append(f"{trigger_words.OUTCOME.get(outcome, outcome)} {n:,}")
    st.dataframe(
        [{**row, "Why": ", ".join(row["Why"]) or words.NOTHING} for row in table.values()],
        hide_index=True, key="by_trigger", alt="What each trigger would do now",
        column_config={
            "Priority": st.column_config.NumberColumn(width=70),
            "Why": st.column_config.TextColumn("Why held back", width="large"),
        },
    )  # fmt: skip


def _examples(base: Base, found: Evaluation, triggers: dict[str, Trigger]) -> None:
    names = reports.product_names(
        shell.store(), base.dataset_id, (one.product_id for one in found.examples)
    )
    st.markdown("**Whom it would be about**")
    if len(found.examples) == _MOST_EXAMPLES:
        st.caption(f"The first {_MOST_EXAMPLES}, those that fire first.")
    st.dataframe(
        [
            {
                "Customer": one.customer_id,
                "Trigger": triggers[one.trigger_id].name,
                "What happened": reports.in_words(one.event_key, one.evidence),
                "Product": names.get(one.product_id or "", one.product_id),
                "Outcome": trigger_words.OUTCOME.get(one.outcome, one.outcome),
                "Not before (UTC)": one.due_at and one.due_at[:16],
            }
            for one in found.examples
        ],
        hide_index=True, key="examples", placeholder=words.NOTHING,
        height=min(420, 38 + 35 * len(found.examples)),
        alt="Customers whom the triggers would answer or hold back",
        column_config={
            "Customer": st.column_config.TextColumn(width=90),
            "What happened": st.column_config.TextColumn(width=320),
        },
    )  # fmt: skip


def waiting(base: Base, actor: str) -> None:
    """Show what can be handed over, what the others wait for, and the files that were made."""
    store = shell.store()
    job = campaigns.job_of(store, base.dataset_id)
    if job and job.is_active:
        with st.container(border=True, key="trigger_work"):
            writing.progress(job)
        return
    if job and job.job_id == st.session_state.get("trigger_job"):
        _ended(job)
    found = campaign.firing_standing(store, shell.settings(), base.dataset_id)
    names = {one.trigger_id: one.name for one in campaign.triggers_of(store, base.dataset_id)}
    _hand_over(base, found.due, actor)
    if found.counts:
        st.dataframe(
            [
                {
                    "Trigger": names[trigger_id],
                    "Messages": n,
                    "Where they stand": campaign.FIRING_STATES.get(state, state),
                }
                for trigger_id, state, n in found.counts
            ],
            hide_index=True, key="standing", alt="Where messages that fired stand",
            column_config={"Where they stand": st.column_config.TextColumn(width="large")},
        )  # fmt: skip
    files(base)


def _ended(job: campaigns.Job) -> None:
    if job.state == "done":
        st.success(words.plain(job.message), icon=":material/check_circle:")
    else:
        writing.ended(job)


def _hand_over(base: Base, due: int, actor: str) -> None:
    st.caption(
        "A hand-over is a file for the tool that sends: each message once, filled in for its "
        "customer. Consent, texts, products and what the customer did since are looked at again "
        "at that moment; whoever cannot be written to any more is left out."
    )
    if not due:
        st.info("Nothing can be handed over at present.", icon=":material/inbox:")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        ending = st.segmented_control(
            "File", [".csv", ".parquet"], default=".csv", required=True, key="handover_format",
            format_func=lambda one: {".csv": "CSV", ".parquet": "Parquet"}[one],
        )  # fmt: skip
        label = f"Hand over {words.plural(due, 'message')}"
        if st.button(label, type="primary", key="hand_over_firings"):
            with shell.told():
                st.session_state["trigger_job"] = campaign.start_handing_over(
                    shell.jobs(), shell.store(), shell.settings(), base.dataset_id, actor=actor,
                    ending=ending,
                )  # fmt: skip
                st.rerun()


def files(base: Base) -> None:
    """List the hand-over files that were made, each with its download."""
    made = reports.handovers(shell.store(), base.dataset_id)
    if not made:
        return
    st.markdown("**Files**")
    for row in made[:10]:
        path = Path(row["file_name"])
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(
                f"{words.moment(row['made_at'])} · {words.plural(row['firings'], 'message')} · "
                f"by {words.plain(row['made_by'])}"
            )
            if path.is_file():
                st.download_button(
                    "Download", data=path.read_bytes, file_name=path.name, on_click="ignore",
                    key=f"download_{row['handover_id']}", icon=":material/download:",
                )  # fmt: skip
            else:
                st.caption(f"{words.plain(path.name)} is not in its folder any more.")


def record(base: Base) -> None:
    """Show what became of every event, with the evidence, and when the triggers were run."""
    store = shell.store()
    triggers = {one.trigger_id: one.name for one in campaign.triggers_of(store, base.dataset_id)}
    with st.container(horizontal=True):
        customer = st.text_input("Customer", key="firing_customer", placeholder="Number", width=160)
        trigger = st.selectbox(
            "Trigger", ("", *triggers), key="firing_trigger", width=240,
            format_func=lambda one: triggers.get(one, "All"),
        )  # fmt: skip
        outcome = st.selectbox(
            "Outcome", ("", *campaign.FIRING_OUTCOMES), key="firing_outcome", width=240,
            format_func=lambda one: trigger_words.OUTCOME.get(one, "All"),
        )  # fmt: skip
    rows = reports.firings(
        store, base.dataset_id, customer_id=(customer or "").strip(), trigger_id=trigger,
        outcome=outcome,
    )  # fmt: skip
    if rows:
        _firings(rows, triggers)
    else:
        st.info("No event is on record for that.", icon=":material/history:")
    _runs(base)


def _firings(rows: list[dict[str, Any]], triggers: dict[str, str]) -> None:
    st.dataframe(
        [
            {
                "When (UTC)": words.moment(row["fired_at"]),
                "Customer": row["customer_id"],
                "Trigger": triggers.get(row["trigger_id"], row["trigger_id"]),
                "What happened": row["because"],
                "Product": row["product"] or row["product_id"],
                "Outcome": trigger_words.OUTCOME.get(row["outcome"], row["outcome"]),
                "Handed over": row["handed_at"] and words.moment(row["handed_at"]),
                "Evidence": json.dumps(json.loads(row["evidence"]), ensure_ascii=False),
            }
            for row in rows
        ],
        hide_index=True, key="firings", placeholder=words.NOTHING,
        height=min(380, 38 + 35 * len(rows)),
        alt="What became of each event",
        column_config={
            "What happened": st.column_config.TextColumn(width=300),
            "Evidence": st.column_config.TextColumn(width=200),
        },
    )  # fmt: skip


def _runs(base: Base) -> None:
    ran = reports.runs(shell.store(), base.dataset_id, limit=20)
    if not ran:
        return
    with st.expander("When the triggers were run"):
        st.dataframe(
            [
                {
                    "Ran at (UTC)": words.moment(row["ran_at"]),
                    "By": row["ran_by"],
                    "Looked from": words.moment(row["as_of"]),
                    "Fired": row["fired"],
                    "Held back": row["held"],
                }
                for row in ran
            ],
            hide_index=True, key="trigger_runs", alt="Evaluations of the triggers, newest first",
        )  # fmt: skip
