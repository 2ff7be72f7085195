"""All the rules of a sequence: its messages, hours, limits, mailboxes, and what ends it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.ui import outreach_words as told
from pages.ui import shell
from personalization import campaign

if TYPE_CHECKING:
    from collections.abc import Sequence

    from personalization.campaign import OutreachSequence, SequenceRules, SequenceStep


def form(sequence: OutreachSequence, actor: str) -> None:
    """Ask for every rule, and keep the sequence as its next version."""
    rules, own = sequence.rules, _own(sequence)
    with st.form(f"sequence_rules_{own}", border=False):
        steps = _messages(sequence)
        asked = (
            _hours(rules, own) | _people(rules, own) | _mailboxes(rules, own) | _ends(rules, own)
        )
        if not st.form_submit_button("Save", icon=":material/save:"):
            return
    changed = replace(sequence, steps=steps, rules=replace(rules, **asked))
    campaign.save_sequence(shell.store(), changed, actor=actor)
    shell.say("Saved. It holds from the next hand-over on.")
    st.rerun()


def _own(sequence: OutreachSequence) -> str:
    """Return the end of the fields' keys: another version is drawn anew."""
    return f"{sequence.campaign_id}_{sequence.version}"


def _messages(sequence: OutreachSequence) -> tuple[SequenceStep, ...]:
    """Ask of each message how long it waits, and where it goes."""
    own = _own(sequence)
    offered = campaign.outreach_plan(shell.store(), sequence.campaign_id).channels
    st.markdown("**Messages**")
    steps = []
    for number, step in enumerate(sequence.steps, start=1):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            kind = told.KIND[step.kind].lower()
            wait = st.number_input(
                f"Days before message {number}: {kind}", min_value=0 if number == 1 else 1,
                max_value=90, value=step.wait_days, key=f"wait_{number}_{own}", width=280,
                disabled=number == 1,
            )  # fmt: skip
            channels = st.multiselect(
                f"Channels of message {number}", offered,
                [channel for channel in step.channels if channel in offered],
                format_func=told.CHANNEL.__getitem__, key=f"step_channels_{number}_{own}",
                placeholder="All of the campaign", width=420,
            )  # fmt: skip
        steps.append(replace(step, wait_days=int(wait), channels=tuple(channels)))
    return tuple(steps)


def _row(
    asked: Sequence[tuple[str, str, int, int]], rules: SequenceRules, own: str
) -> dict[str, Any]:
    """Ask for whole numbers side by side: what is asked, of which rule, from and to."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        return {
            name: int(
                st.number_input(
                    label, least, most, getattr(rules, name), key=f"{name}_{own}", width=240
                )
            )
            for label, name, least, most in asked
        }


def _hours(rules: SequenceRules, own: str) -> dict[str, Any]:
    st.markdown("**Hours, by the clock where the person is**")
    hours = _row((("From", "send_from", 0, 23), ("Until", "send_until", 0, 23)), rules, own)
    off = st.toggle(
        "Nobody is written to on days off", rules.has_days_off, key=f"days_off_{own}",
        help="The days of the week on which offices of the person's country are shut.",
    )  # fmt: skip
    zones = st.text_input(
        "Clocks that all have to agree where the country is not known",
        ", ".join(rules.unknown_zones), key=f"zones_{own}", width=560,
    )  # fmt: skip
    return hours | {"has_days_off": bool(off), "unknown_zones": _named(zones)}


def _people(rules: SequenceRules, own: str) -> dict[str, Any]:
    st.markdown("**How often people and companies hear from you, over all campaigns**")
    of_person = (
        ("Messages to a person at most", "most_messages", 1, 100),
        ("within so many days", "within_days", 1, 365),
        ("Days between two of them", "least_days_between", 0, 90),
    )
    of_company = (
        ("People of a company at most", "account_people", 1, 1_000),
        ("within so many days", "account_days", 1, 365),
    )
    return _row(of_person, rules, own) | _row(of_company, rules, own)


def _mailboxes(rules: SequenceRules, own: str) -> dict[str, Any]:
    st.markdown("**Mailboxes and tasks**")
    limits = _row(
        (
            ("E-mails of a mailbox a day", "mailbox_limit", 1, 100_000),
            ("on its first day only", "warm_up_from", 1, 100_000),
            ("and more each day by", "warm_up_by", 0, 100_000),
            ("Tasks a day on any other channel", "task_limit", 1, 100_000),
        ),
        rules, own,
    )  # fmt: skip
    boxes = st.text_input(
        "Mailboxes that send, separated by commas", ", ".join(rules.mailboxes), width=560,
        placeholder="Empty: the brand's own address", key=f"mailboxes_{own}",
    )  # fmt: skip
    return {**limits, "mailboxes": _named(boxes)}


def _ends(rules: SequenceRules, own: str) -> dict[str, Any]:
    st.markdown("**What ends it, and what it waits for**")
    days = _row(
        (
            ("Days that an answer is waited for", "answer_days", 1, 90),
            ("Days of absence where none is named", "pause_days", 1, 90),
        ),
        rules, own,
    )  # fmt: skip
    stops = st.toggle(
        "An answer ends it for the whole company", rules.stops_account, key=f"stops_{own}"
    )
    alone = st.toggle(
        "Who is in another sequence waits for its end", rules.is_exclusive, key=f"alone_{own}"
    )
    return {**days, "stops_account": bool(stops), "is_exclusive": bool(alone)}


def _named(text: str | None) -> tuple[str, ...]:
    return tuple(one for one in str(text or "").replace(" ", "").split(",") if one)
