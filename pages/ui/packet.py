"""The review packet of a campaign: all that a sign-off covers, to be read and then decided on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from pages.ui import frozen, shell, words
from pages.ui import message as mail
from pages.ui.segment_views import reach
from pages.ui.words import plain
from personalization import campaign
from personalization.reports import experiment as designs
from personalization.reports import ledger, review
from personalization.reports import queue as reports

if TYPE_CHECKING:
    from collections.abc import Sequence

PART: Final = {
    "content": "Messages",
    "audience": "People",
    "arms": "Shares",
    "policy": "Screening policy",
    "sources": "Sources",
    "decision": "Decisions",
}
SCREENING: Final = {
    "pass": ":green-badge[Passed]",
    "warn": ":green-badge[Passed, with a remark]",
    "review": ":orange-badge[Asks for a review]",
    "block": ":red-badge[Blocked]",
    "error": ":red-badge[Check failed]",
    None: ":gray-badge[Not screened under the policy in force]",
}
DECIDED: Final = {
    "approved": "Approved",
    "changes_asked": "Changes asked for",
    "rejected": "Rejected",
    "reopened": "Open",
    None: "Open",
}


def show(campaign_id: str, actor: str) -> None:
    """Draw the packet and, below it, the decision."""
    store = shell.store()
    named = campaign.campaign_of(store, campaign_id)
    found = designs.design_of(store, campaign_id)
    st.subheader(plain(named.name), anchor=False)
    if found is None:
        texts: list[reports.PacketText] = []
        st.info(
            "The test of this campaign is not designed yet, so there is nothing to sign off.",
            icon=":material/pending:",
        )
        shell.link("review", "Look at its messages", campaign_id)
        return
    sealed = campaign.seal_state(store, campaign_id)
    _standing(sealed, found)
    texts = reports.texts(store, campaign_id)
    names = ("What changed", "Messages", "People", "Test", "Decisions")
    changed, messages, people, test, decisions = st.tabs(names)
    with changed:
        _changes(sealed, texts)
    with messages:
        _messages(texts)
    with people:
        _people(campaign_id)
    with test:
        frozen.declaration(found)
        st.markdown("**Who gets what**")
        frozen.arms_table(found)
        st.caption(f"Fingerprint of the hypothesis: `{found.hypothesis_sha256}`")
    with decisions:
        _history(reports.history(store, campaign_id))
    if found.launched_at is None:
        _decide(campaign_id, found, sealed, actor)


def _standing(sealed: Any, found: designs.Design) -> None:  # noqa: ANN401
    """Say in one line how the sign-off stands."""
    designed = f"Designed by {plain(found.designed_by)} on {words.moment(found.designed_at)}."
    if sealed.state == "none":
        st.info(f"{designed} Nobody has signed it off yet.", icon=":material/pending:",
                title="Waits for sign-off")  # fmt: skip
        return
    by = f"{plain(sealed.sealed_by)} signed off on {words.moment(sealed.sealed_at)}"
    alone = ", alone and for their own work" if sealed.is_self_approved else ""
    said = f" “{plain(sealed.note)}”" if sealed.note else ""
    if sealed.state == "sealed":
        st.success(f"{designed} {by}{alone}, and nothing has changed since.{said}",
                   icon=":material/verified:", title="Signed off")  # fmt: skip
    elif found.launched_at is not None:
        n = words.plural(len(sealed.changes), "thing has", "things have")
        st.info(f"{designed} {by}{alone}, and it was launched on "
                f"{words.moment(found.launched_at)}. {n} changed after that: nothing more is "
                f"exported, and what was exported stays as it was signed.{said}",
                icon=":material/history:", title="Changed after the launch")  # fmt: skip
    else:
        n = words.plural(len(sealed.changes), "thing has", "things have")
        since = f"Since then {n} changed"
        if all(change.is_uncovered for change in sealed.changes):
            since = "Not all that is signed off by now was part of it yet"
        st.warning(f"{designed} {by}{alone}. {since}, so nothing goes out.{said}",
                   icon=":material/difference:", title="The sign-off is void")  # fmt: skip


def _changes(sealed: Any, texts: Sequence[reports.PacketText]) -> None:  # noqa: ANN401
    if sealed.state == "none":
        st.write("Nothing was signed off before: all of it is new. Read every message.")
    elif not sealed.changes:
        st.write("Nothing has changed since the sign-off.")
    for part, name in PART.items():
        rows = [change for change in sealed.changes if change.part == part]
        if rows:
            st.markdown(f"**{name}**")
            st.markdown("\n".join(f"- {plain(_told(change))}" for change in rows))
    for text in texts:
        if text.signed is not None and text.signed != text.now:
            with st.container(border=True):
                st.markdown(f"**{plain(text.segment)}, {words.arm(text.arm)}**: old and new words")
                mail.changes(text.signed, text.now)


def _told(change: Any) -> str:  # noqa: ANN401
    """Say a change; where as many people are others, why that can be."""
    if change.part == "audience" and change.before == change.after:
        return (
            f"{change.item}: {change.after}, as many as before, but not all under the same "
            "customer number; whoever was erased is counted without one"
        )
    return str(change.told)


def _messages(texts: Sequence[reports.PacketText]) -> None:
    """Show one message after the other: as it reads, what screening found, what bears it out."""
    if not texts:
        st.write("There are no messages in this design.")
        return
    changed = {text.variant_id for text in texts if text.signed not in (None, text.now)}
    first = sorted(texts, key=lambda text: (text.variant_id not in changed, _is_clear(text)))
    labels = {
        text.variant_id: f"{text.segment}, {words.arm(text.arm)}"
        + (" · changed since the sign-off" if text.variant_id in changed else "")
        + ("" if _is_clear(text) else " · not passed or not approved")
        for text in first
    }
    chosen = st.selectbox(
        "Message", list(labels), format_func=labels.__getitem__, key="packet_text", width=420
    )
    text = next(each for each in texts if each.variant_id == chosen)
    left, right = st.columns([6, 5], gap="medium")
    with left:
        mail.envelope(text.now, shell.settings().brand, is_template=True, texts={})
    with right:
        st.markdown(SCREENING[text.screening])
        mail.findings(review.findings(shell.store(), text.screening_id))
        _decision(text)
        _facts(text)


def _is_clear(text: reports.PacketText) -> bool:
    return text.screening in ("pass", "warn") and text.decided == "approved"


def _decision(text: reports.PacketText) -> None:
    origin = "by hand" if text.origin == "human" else f"by the {plain(text.origin)}"
    st.caption(f"Version {text.version}, written {origin} for {plain(text.written_by)}")
    said = f" “{plain(text.note)}”" if text.note else ""
    by = f" by {plain(text.decided_by)}" if text.decided_by else ""
    alone = " (self-approved)" if text.is_self_approved and text.decided == "approved" else ""
    st.markdown(f"**{DECIDED[text.decided]}**{by}{alone}{said}")


def _facts(text: reports.PacketText) -> None:
    """List each fact that the message states, with the words that bear it out."""
    facts = ledger.ledger_of(shell.store(), text.screening_id) if text.screening_id else []
    if not facts:
        st.caption("This message states no number, price, date or product that needs a source.")
        return
    with st.expander(f"Claim ledger: {words.plural(len(facts), 'fact')}", expanded=True):
        st.table(
            [
                {
                    "Stated": plain(fact["text"]),
                    "Kind": plain(str(fact["kind"]).replace("_", " ")),
                    "Borne out by": plain(_source(fact)),
                }
                for fact in facts
            ],
            hide_index=True, border="horizontal", alt="Facts of the message and their sources",
        )  # fmt: skip


def _source(fact: dict[str, Any]) -> str:
    if fact["decision"] != "pass" or not fact["source_text"]:
        return str(fact["reason"])
    return f"“{fact['source_text']}” ({fact['document'] or fact['document_id'] or 'own details'})"


def _people(campaign_id: str) -> None:
    reach(designs.audience(shell.store(), campaign_id))
    st.dataframe(
        reports.countries(shell.store(), campaign_id), hide_index=True, key="countries",
        alt="Recipients by country",
        column_config={
            "country": "Country",
            "recipients": st.column_config.NumberColumn("Recipients", format="localized"),
            "no_consent": st.column_config.NumberColumn("No consent", format="localized"),
            "suppressed": st.column_config.NumberColumn("Suppressed", format="localized"),
            "other_reasons": st.column_config.NumberColumn("Other reasons", format="localized"),
        },
    )  # fmt: skip


def _history(rows: Sequence[dict[str, Any]]) -> None:
    if not rows:
        st.write("Nobody has decided anything yet.")
    for row in rows:
        said = f" “{plain(row['note'])}”" if row["note"] else ""
        alone = " (self-approved)" if row["is_self_approved"] else ""
        st.markdown(
            f"{words.moment(row['happened_at'])} · **{plain(row['actor'])}** "
            f"{plain(row['what'])}{alone}{said}"
        )


def _decide(
    campaign_id: str,
    found: designs.Design,
    sealed: Any,  # noqa: ANN401
    actor: str,
) -> None:
    """Draw the note and the three decisions; own work is refused, with the reason shown."""
    reason = campaign.own_work(shell.store(), campaign_id, actor)
    if reason:
        st.info(plain(reason), icon=":material/group:", title="Somebody else has to sign this")
    is_settled = sealed.state == "sealed" and not sealed.is_self_approved
    note = st.text_input(
        "Note", key=f"packet_note_{campaign_id}", on_change="ignore",
        placeholder="Needed to ask for changes or to reject; kept with the sign-off otherwise",
    )  # fmt: skip
    with st.container(horizontal=True, key="packet_bar"):
        if st.button(
            "Sign off", type="primary", icon=":material/verified_user:", key="sign_off",
            disabled=bool(reason) or is_settled,
        ):  # fmt: skip
            _sign(campaign_id, found, note, actor)
        for label, decision, icon in (
            ("Ask for changes", "changes_asked", "edit_note"),
            ("Reject", "rejected", "block"),
        ):
            if st.button(label, icon=f":material/{icon}:", key=decision):
                _send_back(campaign_id, decision, note, actor)


def _sign(campaign_id: str, found: designs.Design, note: str, actor: str) -> None:
    store = shell.store()
    asked = shell.request_id("sign_off", campaign_id)
    with shell.told():
        with st.spinner("Signing off"):
            if found.approved_at is None:
                campaign.approve_design(
                    store, campaign_id, actor=actor, note=note, request_id=asked
                )
            else:
                campaign.sign_off(
                    store, shell.settings(), campaign_id, actor=actor, note=note, request_id=asked
                )
        shell.fulfilled("sign_off", campaign_id)
        shell.say("Signed off: messages, people, shares, policy and sources as they stand.")
        st.rerun()


def _send_back(campaign_id: str, decision: str, note: str, actor: str) -> None:
    with shell.told():
        campaign.send_back(
            shell.store(), campaign_id, decision=decision, note=note, actor=actor,
            request_id=shell.request_id(decision, campaign_id),
        )  # fmt: skip
        shell.fulfilled(decision, campaign_id)
        shell.say("Rejected." if decision == "rejected" else "Sent back for changes.")
        st.rerun()
