"""Product texts one under the other: read, decided on, edited and copied in place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.ui import card, shell, text_words, words
from pages.ui import message as mail
from personalization import campaign
from personalization.reports import review

if TYPE_CHECKING:
    from collections.abc import Sequence

    from personalization.reports.outreach import OutreachText
    from personalization.reports.texts import ProductText

SHOWN = 20
DECIDABLE = ("needs_review", "needs_reason", "changes_asked", "rejected", "void")


def state_of(state: str) -> str:
    """Say where a text stands; what needs review here has passed its screening."""
    passed = "Passed screening, waiting for approval"
    return passed if state == "needs_review" else card.STATE[state]


def show(texts: Sequence[ProductText], actor: str) -> None:
    """Draw the filters, and the texts that they leave."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = st.selectbox(
            "Kind", ["", *text_words.SHORT], key="texts_kind", width=180,
            format_func=lambda name: text_words.SHORT.get(name, "All kinds"),
        )  # fmt: skip
        channel = st.selectbox(
            "Where it is read", ["", *text_words.CHANNEL], key="texts_channel", width=180,
            format_func=lambda name: text_words.CHANNEL.get(name, "Everywhere"),
        )  # fmt: skip
        state = st.selectbox(
            "State", ["", *card.STATE], key="texts_state", width=200,
            format_func=lambda name: state_of(name) if name else "All states",
        )  # fmt: skip
    found = [
        text
        for text in texts
        if kind in ("", text.kind) and channel in ("", text.channel) and state in ("", text.state)
    ]
    passed = [text for text in found if text.state == "needs_review"]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"{words.plural(len(found), 'text')}, the newest first.", width="stretch")
        if passed and st.button(
            f"Approve {words.plural(len(passed), 'text')} that passed screening",
            key="texts_approve_all",
            icon=":material/done_all:",
            help="Read them first: you approve exactly these words.",
        ):  # fmt: skip
            approve(passed, actor)
    page = st.pagination(-(-len(found) // SHOWN), key="texts_page") if len(found) > SHOWN else 1
    for text in found[(page - 1) * SHOWN : page * SHOWN]:
        _one(text, actor)


def approve(texts: Sequence[ProductText] | Sequence[OutreachText], actor: str) -> None:
    """Approve texts in the very words in which they are shown."""
    with shell.told():
        for text in texts:
            campaign.decide(
                shell.store(), text.variant_id, version=text.version, decision="approved",
                note="", actor=actor,
            )  # fmt: skip
        shell.say(f"{words.plural(len(texts), 'text')} approved.")
        st.rerun()


def _one(text: ProductText, actor: str) -> None:
    with st.container(border=True, key=f"text_{text.variant_id}"):
        _heading(text)
        if text.subject:
            st.markdown(f"**{mail.tagged(text.subject)}**")
        if text.preheader:
            st.caption(mail.tagged(text.preheader))
        st.markdown(mail.tagged(text.body).replace("\n", "  \n"))
        if text.call_to_action:
            st.markdown(f":material/smart_button: {mail.tagged(text.call_to_action)}")
        if text.link and text.channel != "team":
            st.caption(f":material/link: {words.plain(text.link)}")
        against(text)
        _actions(text, actor)


def _heading(text: ProductText) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        colours = dict(zip(card.STATE, card.COLOUR, strict=True))
        st.badge(state_of(text.state), color=colours[text.state])
        st.badge(
            text_words.CHANNEL[text.channel], icon=f":material/{text_words.ICON[text.channel]}:",
            color="gray",
        )  # fmt: skip
        st.markdown(f"**{text_words.SHORT[text.kind]}**", width="content")
        about = text.product or words.STRATEGY.get(text.strategy, text.strategy)
        told = [words.plain(about), words.plain(text.family), words.plain(text.segment)]
        if text.customer_id:
            told[-1] = f"customer {words.plain(text.customer_id)}"
        told.append(text_words.TONE.get(text.tone, text.tone).lower())
        st.caption(" · ".join(part for part in told if part), width="content")


def against(text: ProductText | OutreachText) -> None:
    """Say what stands against a text: why it is not usable, and what the screening found."""
    if text.why:
        st.warning(words.plain("; ".join(text.why)).capitalize(), icon=":material/front_hand:")
    if text.first_fault:
        st.caption(
            f"Written by the embedded writer. The hosted one was not taken: "
            f"{words.plain(text.first_fault)}"
        )
    if text.n_findings:
        found = review.message(shell.store(), text.variant_id)
        with st.expander(f"Screening: {words.plural(text.n_findings, 'finding')}"):
            mail.findings(review.findings(shell.store(), found.screening_id))


def _actions(text: ProductText, actor: str) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        if text.state in DECIDABLE:
            decisions(text, actor)
        with st.popover("Edit", icon=":material/edit:", key=f"edit_{text.variant_id}"):
            _editor(text, actor)
        with st.popover("Sources", icon=":material/fact_check:", key=f"why_{text.variant_id}"):
            claims = review.claims(shell.store(), text.variant_id, text.version)
            mail.sources(claims, mail.source_numbers(claims))
        if text.is_usable:
            with st.popover("Copy", icon=":material/content_copy:", key=f"copy_{text.variant_id}"):
                st.code(_plain(text), language=None, wrap_lines=True)


def _plain(text: ProductText) -> str:
    """Return a text as it is pasted elsewhere; on some platforms the link goes with it."""
    parts = [text.subject, text.preheader, text.body, text.call_to_action]
    if text.channel in {"x", "facebook", "linkedin"}:
        parts.append(text.link)
    return "\n\n".join(part for part in parts if part)


def decisions(text: ProductText | OutreachText, actor: str) -> None:
    """Ask for a decision on a text."""
    key = text.variant_id
    note = st.text_input(
        "Reason or note", key=f"note_{key}", width=320, label_visibility="collapsed",
        placeholder="Why; needed to send it back" if text.state != "needs_reason"
        else "Why its findings are harmless",
    )  # fmt: skip
    for decision, label, icon in (
        ("approved", "Approve", "check"),
        ("changes_asked", "Ask for changes", "undo"),
        ("rejected", "Reject", "close"),
    ):
        if st.button(label, key=f"{decision}_{key}", icon=f":material/{icon}:"):
            with shell.told():
                campaign.decide(
                    shell.store(), key, version=text.version, decision=decision, note=note or "",
                    actor=actor,
                )  # fmt: skip
                st.rerun()


def _editor(text: ProductText, actor: str) -> None:
    with st.form(f"editor_{text.variant_id}", border=False):
        fields = {}
        if text.subject:
            fields["subject"] = st.text_input("Subject or heading", text.subject)
        if text.preheader:
            fields["preheader"] = st.text_input("Preview line", text.preheader)
        fields["body"] = st.text_area("Text", text.body, height=220)
        if text.call_to_action:
            fields["call_to_action"] = st.text_input("Button", text.call_to_action)
        if st.form_submit_button("Save and check", icon=":material/save:"):
            with shell.told():
                campaign.edit_product_text(
                    shell.store(), shell.settings(), text.variant_id, fields,
                    seen_version=text.version, actor=actor,
                )  # fmt: skip
                shell.say(
                    "Saved and checked: it wants a new approval, or other words if it is blocked."
                )
                st.rerun()
