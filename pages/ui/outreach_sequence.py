"""The sequence of an outreach campaign: when and how often, who is due, and the files."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.ui import outreach_openings, outreach_rules, shell, words
from pages.ui import outreach_words as told
from personalization import campaign
from personalization.reports import outreach as reports

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personalization.campaign import OutreachSequence, SequenceRules, SequenceStanding


def show(found: Mapping[str, Any], actor: str) -> None:
    """Draw who is due and what the others wait for, the files, and the rules."""
    store, campaign_id = shell.store(), found["campaign_id"]
    sequence = campaign.sequence_of(store, campaign_id)
    standing = campaign.sequence_standing(store, shell.settings(), campaign_id)
    if found["is_simulated"]:
        st.info(
            "This campaign was played through with made-up answers. Nothing of it is handed over; "
            "its results are marked as simulated.",
            icon=":material/science:", title="Simulated",
        )  # fmt: skip
    elif standing.people:
        _switch(sequence, actor)
        _hand_over(found, standing, actor)
    else:
        shell.empty_card(
            "Nobody is in the sequence yet",
            "Choose messages under ‘Who gets what’; whoever has one that is ready takes part.",
        )
    if standing.people and not found["is_simulated"]:
        outreach_openings.show(campaign_id)
    if standing.people:
        _standing(standing, sequence.rules, is_played=found["is_simulated"])
    _files(found)
    with st.expander("Messages, hours and limits", icon=":material/tune:"), shell.told():
        outreach_rules.form(sequence, actor)
    if not found["is_simulated"] and not found["handed_over"]:
        _play(found, actor)


def _switch(sequence: OutreachSequence, actor: str) -> None:
    """Pause the whole sequence, or go on with it; nobody loses their place."""
    with st.container(horizontal=True, vertical_alignment="center", key="sequence_switch"):
        if sequence.is_on:
            st.caption(
                "The sequence is on: who is due is handed over when you make the files.",
                width="stretch",
            )
        else:
            st.warning(
                "The sequence is paused: nobody is due, and nothing is handed over.",
                icon=":material/pause_circle:", width="stretch",
            )  # fmt: skip
        label, icon = ("Pause", "pause") if sequence.is_on else ("Resume", "play_arrow")
        if st.button(
            f"{label} the sequence", icon=f":material/{icon}:", key=f"outreach_switch_{icon}",
            help="For everybody in it. One person is paused under ‘Who gets what’.",
        ):  # fmt: skip
            with shell.told():
                campaign.save_sequence(
                    shell.store(), replace(sequence, is_on=not sequence.is_on), actor=actor
                )
                shell.say(f"The sequence is {'paused' if sequence.is_on else 'on again'}.")
                st.rerun()


def _hand_over(found: Mapping[str, Any], standing: SequenceStanding, actor: str) -> None:
    due = standing.due
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.metric("Due now", words.count(sum(due.values())), border=True, width=160)
        chosen = st.pills(
            "Hand over", list(due), selection_mode="multi", default=list(due),
            format_func=lambda via: f"{told.CHANNEL[via]} ({due[via]:,})", key="due_channels",
        ) if due else []  # fmt: skip
        if st.button(
            "Make the files", type="primary", icon=":material/outbox:", key="outreach_hand_over",
            disabled=not chosen,
            help="It opens when something is due. Everybody is looked at once more, and each "
            "message is handed over once for ever. Nothing is sent from here: your tools and "
            "people do.",
        ):  # fmt: skip
            with shell.told():
                campaign.start_handing_over_outreach(
                    shell.jobs(), shell.store(), shell.settings(), found["campaign_id"],
                    channels=list(chosen), actor=actor,
                )  # fmt: skip
                st.rerun()


def _standing(standing: SequenceStanding, rules: SequenceRules, *, is_played: bool) -> None:
    rows: dict[str, dict[str, Any]] = {}
    for name, via, gate, people in standing.counts:
        row = rows.setdefault(
            name, {"People": 0, "Who": campaign.SEQUENCE_STANDINGS[name], "By": {}}
        )
        row["People"] += people
        by = campaign.OUTREACH_GATES.get(gate, gate) if gate else told.CHANNEL.get(via, "")
        if by:
            row["By"][by] = row["By"].get(by, 0) + people
    shown = sorted(rows, key=list(campaign.SEQUENCE_STANDINGS).index)
    st.dataframe(
        [
            {
                "People": rows[name]["People"], "Who": rows[name]["Who"].capitalize(),
                "Of these": ", ".join(f"{by} {n:,}" for by, n in rows[name]["By"].items()),
            }
            for name in shown
        ],
        hide_index=True, key="sequence_standing", alt="Where everybody stands",
        column_config={
            "People": st.column_config.NumberColumn(format="localized", width=80),
            "Of these": st.column_config.TextColumn(width="large"),
        },
    )  # fmt: skip
    for box in standing.mailboxes:
        has_sent = (
            "; played through, nothing was sent" if is_played
            else f" and has sent {box['sent_today']:,}"
        )  # fmt: skip
        st.caption(
            f"{words.plain(box['mailbox'])} may send {words.plural(box['allowed'], 'e-mail')} "
            f"today{has_sent}. A mailbox warms up: it may send "
            f"{rules.warm_up_from:,} on its first day and {rules.warm_up_by:,} more with each day "
            f"since, up to {rules.mailbox_limit:,}; the others follow on the next days."
        )


def _files(found: Mapping[str, Any]) -> None:
    made = reports.handed_over(shell.store(), found["campaign_id"])
    if not made:
        return
    st.subheader("Played through" if found["is_simulated"] else "Handed over", anchor=False)
    for row in made[:20]:
        with st.container(horizontal=True, vertical_alignment="center", key=row["handover_id"]):
            st.markdown(
                f"**{told.CHANNEL[row['channel']]}**, {words.plural(row['messages'], 'message')}",
                width=300,
            )
            st.caption(f"{words.moment(row['made_at'])}, {words.plain(row['made_by'])}", width=300)
            if row["is_simulated"]:
                st.badge("Simulated", icon=":material/science:", color="violet")
            else:
                _download(row["handover_id"])


def _download(handover_id: str) -> None:
    with shell.told():
        file = campaign.outreach_file(shell.store(), handover_id)
        if file.path:
            st.download_button(
                "Download", data=file.path.read_bytes, file_name=file.path.name,
                on_click="ignore", icon=":material/download:", key=f"take_{handover_id}",
            )  # fmt: skip


def _play(found: Mapping[str, Any], actor: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="play"):
        st.caption(
            "To see how a sequence runs and what the results look like, play it through: answers "
            "are made up and marked. **A campaign that was played through can never be handed "
            "over**: play through one that you do not need.",
            width="stretch",
        )
        with st.popover(
            "Play it through", icon=":material/science:", key="play_asked",
            disabled=not found["approved"],
        ):  # fmt: skip
            st.warning(
                f"No file of ‘{words.plain(found['name'])}’ can be made after it, and it cannot "
                "be undone. To write to these prospects, make the files instead, when they are "
                "due.",
                icon=":material/warning:",
            )
            is_meant = st.checkbox("I do not need this campaign for real", key="play_is_meant")
            if st.button(
                "Play it through for good", icon=":material/science:", key="outreach_play",
                disabled=not is_meant,
            ):  # fmt: skip
                with shell.told():
                    campaign.start_playing(
                        shell.jobs(), shell.store(), shell.settings(), found["campaign_id"],
                        actor=actor,
                    )  # fmt: skip
                    st.rerun()
