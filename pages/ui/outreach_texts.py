"""Texts for prospects: read as a real person would, decided on and edited in place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.ui import card, outreach_approval, shell, text_cards, words
from pages.ui import message as mail
from pages.ui import outreach_words as told
from personalization import campaign
from personalization.reports import outreach as reports
from personalization.reports import review

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from personalization.reports.outreach import OutreachText

_SHOWN = 12
_OF_ITS_ROLE = "*"


def show(found: Mapping[str, Any], actor: str, *, is_open: bool = True) -> None:
    """Draw the filters and the texts, each as the chosen prospect would read it.

    Args:
        found: The campaign.
        actor: Who looks.
        is_open: Whether texts can be decided on and edited; while work goes on they are read only.
    """
    texts = reports.outreach_texts(shell.store(), found["campaign_id"])
    if not is_open:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(
                f"{words.plural(len(texts), 'text')} so far, to be read; they are decided on when "
                "the work is done.",
                width="stretch",
            )  # fmt: skip
            st.button("Show the newest", icon=":material/refresh:", key="outreach_texts_newest")
        if not texts:
            return
    if not texts:
        shell.empty_card(
            "No texts yet",
            "Write what the plan asks for: a text for each reader, channel and variation.",
        )
        return
    kept = _filtered(texts)
    reader = _reader(found, kept or texts)
    outreach_approval.row(kept, actor, is_open=is_open)
    pages = -(-len(kept) // _SHOWN)
    page = st.pagination(pages, key="outreach_texts_page") if pages > 1 else 1
    shown = kept[(page - 1) * _SHOWN : page * _SHOWN]
    people = _people(found, shown, reader)
    for text in shown:
        name, as_read = people.get((text.role, text.locale), ("", {}))
        _one(text, as_read.get(text.variant_id), name, actor, is_open=is_open)


def _people(
    found: Mapping[str, Any], texts: Sequence[OutreachText], reader: str
) -> dict[tuple[str, str], tuple[str, dict[str, Any]]]:
    """Return as whom the texts of each role and language are read, and how they read then."""
    people: dict[tuple[str, str], tuple[str, dict[str, Any]]] = {}
    if not reader:
        return people
    for role, locale in dict.fromkeys((text.role, text.locale) for text in texts):
        name, prospect_id = "", reader
        if reader == _OF_ITS_ROLE:
            somebody = reports.readers(
                shell.store(), found["dataset_id"], locale=locale, most=1,
                role="" if role == "other" else role,
            )  # fmt: skip
            if not somebody:
                continue
            name, prospect_id = _named(somebody[0]), somebody[0]["prospect_id"]
        people[role, locale] = (
            name,
            reports.readings(shell.store(), found["campaign_id"], found["dataset_id"], prospect_id),
        )
    return people


def _named(row: Mapping[str, Any]) -> str:
    parts = (row["name"] or row["prospect_id"], row["title"], row["company"])
    return ", ".join(part for part in parts if part)


def _filtered(texts: Sequence[OutreachText]) -> list[OutreachText]:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        role = _choice("Written for", {t.role for t in texts}, told.READER, "outreach_role")
        channel = _choice("Channel", {t.channel for t in texts}, told.CHANNEL, "outreach_channel")
        kind = _choice("Message", {t.kind for t in texts}, told.KIND, "outreach_kind")
        state = _choice("State", {t.state for t in texts}, card.STATE, "outreach_state")
    return [
        text
        for text in texts
        if role in ("", text.role)
        and channel in ("", text.channel)
        and kind in ("", text.kind)
        and state in ("", text.state)
    ]


def _choice(label: str, there: set[str], known: Mapping[str, str], key: str) -> str:
    options = [name for name in known if name in there]
    return str(
        st.selectbox(
            label, ["", *options], key=key, width=190,
            format_func=lambda name: known.get(name, "All"),
        )
    )  # fmt: skip


def _reader(found: Mapping[str, Any], texts: Sequence[OutreachText]) -> str:
    """Ask as whom the texts are read; empty is nobody in particular."""
    roles, locale = {text.role for text in texts}, texts[0].locale
    role = texts[0].role if len(roles) == 1 and roles != {"other"} else ""
    people = reports.readers(shell.store(), found["dataset_id"], locale=locale, role=role)
    names = {row["prospect_id"]: _named(row) for row in people}
    known = {_OF_ITS_ROLE: "Somebody whom each text is written for"} if names else {}
    known |= {"": "Nobody in particular: fields are marked"}
    return str(
        st.selectbox(
            "Read as", [*known, *names], key=f"outreach_reader_{role}_{locale}",
            format_func=lambda one: known.get(one) or names[one],
            width=560,
        )
    )  # fmt: skip


def _one(
    text: OutreachText, read: Mapping[str, Any] | None, name: str, actor: str, *, is_open: bool
) -> None:
    with st.container(border=True, key=f"text_{text.variant_id}"):
        _heading(text)
        if name:
            st.caption(f"As it reads to {words.plain(name)}")
        _words(text, read)
        text_cards.against(text)
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            if is_open and text.state in text_cards.DECIDABLE:
                text_cards.decisions(text, actor)
            if is_open:
                with st.popover("Edit", icon=":material/edit:", key=f"edit_{text.variant_id}"):
                    _editor(text, actor)
            with st.popover("Sources", icon=":material/fact_check:", key=f"why_{text.variant_id}"):
                claims = review.claims(shell.store(), text.variant_id, text.version)
                mail.sources(claims, mail.source_numbers(claims))


def _heading(text: OutreachText) -> None:
    colours = dict(zip(card.STATE, card.COLOUR, strict=True))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.badge(_state_of(text), color=colours[text.state])
        st.badge(
            told.CHANNEL[text.channel], icon=f":material/{told.ICON[text.channel]}:", color="gray"
        )
        st.markdown(f"**{told.KIND[text.kind]}**", width="content")
        st.caption(
            f"{told.READER.get(text.role, words.plain(text.role))} · {told.arm(text.arm)} · "
            f"{told.LOCALE.get(text.locale, words.plain(text.locale))}",
            width="content",
        )


def _state_of(text: OutreachText) -> str:
    """Say where a text stands; one that passed with findings says so."""
    if text.state == "needs_review" and text.n_findings:
        found = words.plural(text.n_findings, "finding")
        return f"Passed screening with {found}, waiting for approval"
    return text_cards.state_of(text.state)


def _words(text: OutreachText, read: Mapping[str, Any] | None) -> None:
    """Draw the words: filled for the reader, or with their fields marked."""
    is_filled = read is not None and not read["lacks_fact"]
    if read is not None and read["lacks_fact"]:
        st.caption("It needs a fact that is not known of this prospect, who is not offered it.")
    fill = words.plain if is_filled else mail.tagged
    parts = read if is_filled and read is not None else {
        "subject": text.subject, "body": text.body, "call_to_action": text.call_to_action,
    }  # fmt: skip
    if parts["subject"]:
        st.markdown(f"**{fill(parts['subject'])}**")
    st.markdown(fill(parts["body"]).replace("\n", "  \n"))
    if parts["call_to_action"]:
        st.markdown(fill(parts["call_to_action"]))
    if text.link:
        st.caption(f":material/link: {words.plain(text.link)}")
    if text.footer:
        st.caption(words.plain(text.footer).replace("\n", "  \n"))


def _editor(text: OutreachText, actor: str) -> None:
    with st.form(f"editor_{text.variant_id}", border=False):
        fields = {}
        if text.subject:
            fields["subject"] = st.text_input("Subject", text.subject)
        fields["body"] = st.text_area("Text", text.body, height=220)
        if text.call_to_action:
            fields["call_to_action"] = st.text_input("The one thing it asks", text.call_to_action)
        if st.form_submit_button("Save and check", icon=":material/save:"):
            with shell.told():
                campaign.edit_skeleton(
                    shell.store(), shell.settings(), text.variant_id, fields,
                    seen_version=text.version, actor=actor,
                )  # fmt: skip
                shell.say(
                    "Saved and checked: it wants a new approval, or other words if it is blocked."
                )
                st.rerun()
