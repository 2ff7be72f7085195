"""One message on the review page: the mail, its evidence, what was found, and the editor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import streamlit as st

from pages.ui import email_preview, quality, readers, rewriting, shell, spending, words
from pages.ui import message as mail
from personalization import campaign
from personalization.campaign import hosted
from personalization.domain import CONTROL, Message
from personalization.reports import review as reports
from personalization.reports import spending as calls

if TYPE_CHECKING:
    from collections.abc import Sequence

STATE: Final = {
    "needs_review": "Needs review",
    "needs_reason": "Needs a reason",
    "blocked": "Blocked",
    "check_failed": "Check failed",
    "not_screened": "Not screened",
    "approved": "Approved",
    "on_hold": "Approved, on hold",
    "void": "Approval void",
    "changes_asked": "Changes asked",
    "rejected": "Rejected",
    "stopped": "Source withdrawn",
}
Colour = Literal["gray", "green", "orange", "red", "violet"]
COLOUR: Final[tuple[Colour, ...]] = (
    "orange", "orange", "red", "red", "gray", "green", "orange", "orange", "violet", "red",
    "red",
)  # fmt: skip
VIEWS: Final = ("As it reads", "Sources", "Changes")


def show(row: dict[str, Any], campaign_id: str, actor: str) -> None:
    """Draw the card of one row of the queue.

    Args:
        row: As ``reports.queue`` lists it.
        campaign_id: Whose message it is.
        actor: Who edits, if anybody does.
    """
    found = reports.message(shell.store(), row["variant_id"])
    _heading(row, found, campaign_id)
    _text(found, actor)
    if rows := reports.findings(shell.store(), found.screening_id):
        with st.expander(f"Screening: {words.plural(len(rows), 'finding')}", expanded=True):
            mail.findings(rows)
    quality.panel(campaign_id, found.variant_id)
    st.text_input(
        "Reason or note",
        key=f"note_{found.variant_id}",
        on_change="ignore",
        placeholder="Needed to ask for changes, to reject, or to overrule a finding",
    )
    _editor(found, campaign_id, actor)
    if found.arm != CONTROL:
        _other_wordings(found, actor)
    _history(reports.history(shell.store(), found.variant_id))


def _heading(row: dict[str, Any], found: reports.Reviewed, campaign_id: str) -> None:
    """Say how the message stands, who wrote it, and what is against it."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(STATE[row["state"]], color=dict(zip(STATE, COLOUR, strict=True))[row["state"]])
        told = calls.provenance(shell.store(), found.variant_id, found.version)
        st.caption(spending.version_of(found, told, campaign.PARTS))
    spending.under(found.variant_id, found.version)
    rewriting.panel(campaign_id)
    if row["why"]:
        reasons = words.plain("; ".join(row["why"]))
        st.warning(
            f"{reasons[0].upper()}{reasons[1:]}.", icon=":material/front_hand:",
            title="Why its approval does not count" if row["state"] in ("void", "on_hold")
            else "It cannot be approved now",
        )  # fmt: skip


def _text(found: reports.Reviewed, actor: str) -> None:
    """Show the message in the view that is chosen."""
    views = (*(VIEWS if found.before else VIEWS[:2]), email_preview.NAME)
    if st.session_state.pop("show_changes", None) == found.variant_id and found.before:
        st.session_state["view"] = VIEWS[2]
    view = st.segmented_control("View", views, default=views[0], required=True, key="view")
    if view == email_preview.NAME:
        email_preview.show(found)
    elif view == VIEWS[2] and found.before:
        mail.changes(found.before, found.message)
    elif view == VIEWS[1]:
        _evidence(found)
    else:
        preview = readers.preview_of(found.variant_id)
        message = readers.as_somebody(found, preview)
        mail.envelope(message, shell.settings().brand, is_template=False, texts={})
        readers.every_way(found, preview, actor)


def _evidence(found: reports.Reviewed) -> None:
    """Show the mail with a source number behind each claim, and the sources below."""
    claims = reports.claims(shell.store(), found.variant_id, found.version)
    numbers = mail.source_numbers(claims)
    texts = {
        field: mail.numbered(text, [c for c in claims if c["field"] == field], numbers)
        for field, text in found.message.fields()
    }
    mail.envelope(found.message, shell.settings().brand, is_template=True, texts=texts)
    st.markdown("**Sources**" if claims else "This message claims nothing that needs a source.")
    mail.sources(claims, numbers)


def _editor(found: reports.Reviewed, campaign_id: str, actor: str) -> None:
    """Let somebody change the text; saving makes a new version that is screened again."""
    box = st.expander("Edit this message", icon=":material/edit:", key="editing", on_change="rerun")
    if box.open:
        with box:
            _edit_form(found, actor)
            readers.help_with_fields(found, campaign_id)


def _edit_form(found: reports.Reviewed, actor: str) -> None:
    with st.form("edit"):
        now = found.message
        subject = st.text_input("Subject", now.subject, max_chars=150)
        preheader = st.text_input("Preview line", now.preheader, max_chars=200)
        body = st.text_area("Text", now.body, height=280)
        action = st.text_input("Call to action", now.call_to_action, max_chars=60)
        st.caption("Saving makes a new version, which is screened again and needs a new approval.")
        if st.form_submit_button("Save as a new version", icon=":material/save:"):
            _save(found, Message(subject, preheader, body, action, now.link, now.footer), actor)


def _save(found: reports.Reviewed, edited: Message, actor: str) -> None:
    with shell.told():
        if hosted.waits_for_service(shell.settings()):
            rewriting.save(found.variant_id, edited, found.version, actor)
        with st.spinner("Saving and screening"):
            campaign.edit_message(
                shell.store(),
                shell.settings(),
                found.variant_id,
                edited,
                seen_version=found.version,
                actor=actor,
            )
        shell.say("Saved as a new version and screened.")
        st.rerun()


def _other_wordings(found: reports.Reviewed, actor: str) -> None:
    """Offer to have one part written anew, or all of it; what changed is shown then."""
    with st.expander("Have it worded otherwise", icon=":material/refresh:"):
        st.caption(
            "One part is written anew, and all other words stay as they are. It makes a new "
            "version, which is screened again and needs a new approval."
        )
        with st.container(horizontal=True):
            for part, name in campaign.PARTS.items():
                if st.button(f"Another {name}", key=f"another_{part}"):
                    _write_anew(found, actor, part)
            if st.button("All of it", icon=":material/refresh:", key="anew"):
                _write_anew(found, actor)


def _write_anew(found: reports.Reviewed, actor: str, part: str = "") -> None:
    st.session_state["show_changes"] = found.variant_id
    with shell.told():
        if hosted.waits_for_service(shell.settings()):
            rewriting.start(found.variant_id, found.version, actor, part)
        with st.spinner("Writing another wording and screening it"):
            if part:
                campaign.regenerate_part(
                    shell.store(), shell.settings(), found.variant_id, part,
                    seen_version=found.version, actor=actor,
                )  # fmt: skip
            else:
                campaign.regenerate_message(
                    shell.store(), shell.settings(), found.variant_id, actor=actor
                )
        shell.say("Written anew and screened. What changed is marked.")
        st.rerun()
    st.session_state.pop("show_changes", None)


def _history(decisions: Sequence[dict[str, Any]]) -> None:
    if not decisions:
        return
    with st.expander(f"History: {words.plural(len(decisions), 'decision')}"):
        for entry in decisions:
            said = f" “{words.plain(entry['note'])}”" if entry["note"] else ""
            alone = " (self-approved)" if entry["is_self_approved"] else ""
            what = entry["decision"].replace("_", " ")
            st.markdown(
                f"{words.moment(entry['decided_at'])} · **{words.plain(entry['actor'])}** {what} "
                f"version {entry['version']}{alone}{said}"
            )
