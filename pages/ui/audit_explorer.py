"""The audit explorer: find a screening by what an officer asks about, and open its full record."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from pages.ui import shell, words
from pages.ui.audit_views import FIELD
from pages.ui.policy_record import ENGINE
from personalization.reports import audit
from personalization.reports import audit_explorer as reports
from personalization.reports.inputs import InputChecks, input_checks
from personalization.reports.ledger import ledger_of

if TYPE_CHECKING:
    from personalization.reports.audit_explorer import Filters, Record

PER_PAGE: Final = 25
MOMENT: Final = "D MMM YYYY, HH:mm:ss"
INPUT: Final = {
    "customer field": "Customers' values",
    "passage": "Approved passages",
    "brief": "Brief",
}
DECISION: Final = {
    "pass": "Passed",
    "warn": "Passed with a warning",
    "review": "Needs a reviewer",
    "block": "Blocked",
    "error": "Check failed",
}
REVIEW: Final = {
    "approved": "Approved",
    "changes_asked": "Changes asked",
    "rejected": "Rejected",
    "reopened": "Reopened",
    "": words.NOTHING,
}
CATEGORY: Final = {
    "hate": "Hate",
    "self_harm": "Self-harm",
    "sexual": "Sexual",
    "violence": "Violence",
}


def screenings(campaign_id: str) -> None:
    """Show the screenings that fit what is asked, and one of them in full."""
    store = shell.store()
    filters = _filters(campaign_id)
    page = st.session_state.get("screenings_page", 1)
    total, rows = reports.screenings(store, filters, limit=PER_PAGE, offset=(page - 1) * PER_PAGE)
    _back_to_first("screenings_page", total)
    st.caption(f"{words.plural(total, 'screening')}, newest first. Choose one to see all of it.")
    if rows.empty:
        return
    rows["decision"] = rows["decision"].map(DECISION)
    rows["reviewed"] = rows["reviewed"].map(REVIEW)
    rows["engine"] = rows["engine"].map(lambda engine: ENGINE.get(engine, engine))
    rows["arm"] = rows["arm"].map(words.arm)
    chosen = st.dataframe(
        rows, placeholder=words.NOTHING,
        hide_index=True, key="screenings", alt="Screenings, newest first",
        on_select="rerun", selection_mode="single-row", height=min(400, 38 + 35 * len(rows)),
        column_order=("seq", "screened_at", *(() if filters.campaign_id else ("campaign",)),
                      "segment", "arm", "decision", "rules", "reviewed", "reviewer", "engine"),
        column_config={
            "screened_at": st.column_config.DatetimeColumn("Screened (UTC)", format=MOMENT),
            "campaign": "Campaign", "segment": "Segment", "arm": "Message", "decision": "Decision",
            "rules": st.column_config.ListColumn("Rules", width="medium"), "reviewed": "Review",
            "reviewer": "Reviewer", "engine": "Engine",
            "seq": st.column_config.NumberColumn("Entry", width=60),
        },
    )  # fmt: skip
    if total > PER_PAGE:
        st.pagination(-(-total // PER_PAGE), key="screenings_page")
    picked = [row for row in chosen.selection.rows if row < len(rows)]
    if picked:
        found = reports.record_of(store, int(rows.iloc[picked[0]]["screening_id"]))
        if found is not None:
            _record(found)


def _back_to_first(key: str, size: int) -> None:
    """Turn to the first page where the filters leave fewer pages than the one that was open."""
    if (st.session_state.get(key, 1) - 1) * PER_PAGE >= size:
        st.session_state.pop(key, None)


def _simulated(found: Record) -> str:
    n = found.simulated
    return f", simulated for {words.plural(n, 'person', 'people')}" if n else ""


def _filters(campaign_id: str) -> Filters:
    known = reports.choices(shell.store())
    with st.container(horizontal=True, vertical_alignment="bottom", key="filters"):
        is_all = not campaign_id or st.toggle("All campaigns", key="all_campaigns")
        decision = st.selectbox("Decision", ["", *reports.DECISIONS], key="decision",
                                format_func=lambda d: DECISION.get(d, "Any"))  # fmt: skip
        category = st.selectbox("Category", ["", *reports.CATEGORIES], key="category",
                                format_func=lambda c: CATEGORY.get(c, "Any"),
                                help="Harm that was found at any level above 0.")  # fmt: skip
        rule = st.selectbox("Rule", ["", *known.rules], key="rule",
                            format_func=lambda r: r or "Any")  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="bottom", key="more_filters"):
        actor = st.selectbox("Reviewed or screened by", ["", *known.people], key="actor",
                             format_func=lambda p: p or "Anybody")  # fmt: skip
        person = st.text_input("Customer number", key="person", placeholder="who was sent it",
                               help="Texts that this customer was sent.")  # fmt: skip
        since, until = _days()
    return reports.Filters(
        "" if is_all else campaign_id, person.strip(), actor, decision, category, rule, since, until
    )


def _days() -> tuple[date | None, date | None]:
    since = st.date_input("From", value=None, key="since", format="DD/MM/YYYY")
    until = st.date_input("Until", value=None, key="until", format="DD/MM/YYYY")
    return (
        since if isinstance(since, date) else None,
        until if isinstance(until, date) else None,
    )


def _record(found: Record) -> None:
    """Show one screening in full: outcome, text, reasons, claims, sources, decisions."""
    row = found.screening
    with st.container(border=True, key="record"):
        st.subheader(
            f"{words.plain(row['segment'])}, {words.plain(words.arm(row['arm']))}, version "
            f"{row['version']}: {DECISION[row['decision']].lower()}", anchor=False,
        )  # fmt: skip
        st.caption(
            f"Screened {words.moment(row['screened_at'])} UTC by "
            f"{words.plain(row['actor'] or words.NOTHING)} with the "
            f"{words.plain(ENGINE.get(row['engine'], row['engine']))} "
            f"({words.plain(row['engine_version'])}) under policy "
            f"{words.plain(row['policy_version'])} · entry {row['seq'] or '–'} of the trail · sent "
            f"to {words.plural(found.recipients, 'person', 'people')}{_simulated(found)}"
        )
        text, proof = st.columns(2)
        with text:
            _text(row)
        with proof:
            _levels(found)
            _reviews(found.reviews)
        _table("Findings", "findings", found.findings)
        _table("Claims and what bears them out", "claims", _claims(row["screening_id"]))
        _table("Sources as cited", "sources", found.sources)
        st.caption("Fingerprints")
        st.code(
            f"text      {row['content_sha256']}\nentry     {row['hash'] or '–'}\n"
            f"before    {row['prev_hash'] or '–'}\nrequests  {row['request_ids'] or '–'}",
            language=None,
        )


def _text(row: dict[str, Any]) -> None:
    written = _origin(row["origin"], row["model"])
    st.caption(
        f"Text, written {words.moment(row['written_at'])} UTC by {words.plain(row['written_by'])} "
        f"({words.plain(written)})"
    )
    for field, name in FIELD.items():
        if row[field]:
            st.markdown(f"**{name}**  \n{words.plain(row[field])}")
    if not any(row[field] for field in FIELD):
        st.info("The words were taken away when their time was over; their fingerprint stays.")


def _origin(origin: str, model: str | None) -> str:
    """Say where a text comes from: ``edited by hand, from a text of the composer``."""
    if origin == "human":
        return f"edited by hand, from a text of the {model}" if model else "by hand"
    return f"by the {origin}" + (f", {model}" if model and model != origin else "")


def _levels(found: Record) -> None:
    kind = "Severity" if found.screening["engine"] == "azure" else "Confidence band"
    st.dataframe(
        [
            {
                "Category": CATEGORY[category],
                kind: "failed" if level is None else str(level),
                "Blocks above": found.thresholds.get(category, {}).get("block_above"),
                "Review from": found.thresholds.get(category, {}).get("review_from"),
            }
            for category, level in found.levels.items()
        ],
        placeholder=words.NOTHING,
        hide_index=True, key="levels", alt="Levels by category, with the thresholds of that time",
    )  # fmt: skip


def _reviews(reviews: list[dict[str, Any]]) -> None:
    if not reviews:
        st.caption("Nobody has decided on this text.")
    for each in reviews:
        own = " (own work, nobody else was there)" if each["is_self_approved"] else ""
        note = f": {each['note']}" if each["note"] else ""
        st.markdown(
            f"**{REVIEW[each['decision']]}** by {words.plain(each['actor'])}{own}, "
            f"{words.moment(each['decided_at'])} UTC{words.plain(note)}"
        )


def _claims(screening_id: int) -> list[dict[str, Any]]:
    names = ("kind", "field", "text", "decision", "reason", "statement_id", "source_text")
    return [{name: row[name] for name in names} for row in ledger_of(shell.store(), screening_id)]


def _table(title: str, key: str, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    st.caption(title)
    named = [
        {
            name.replace("_", " ").capitalize(): words.NOTHING if value is None else value
            for name, value in row.items()
        }
        for row in rows
    ]
    st.dataframe(named, placeholder=words.NOTHING,
                 hide_index=True, key=f"record_{key}", alt=title,
                 height=min(260, 38 + 35 * len(named)))  # fmt: skip


def held_back(campaign_id: str) -> None:
    """List what screening stopped, with category, severity and the words that gave cause."""
    rows = audit.blocked_items(shell.store(), campaign_id)
    if rows.empty:
        st.caption("Screening has not held anything back.")
        return
    rows["decision"] = rows["decision"].map(DECISION)
    rows["field"] = rows["field"].map(lambda f: FIELD.get(f, str(f).capitalize()))
    rows["arm"] = rows["arm"].map(words.arm)
    st.dataframe(
        rows, placeholder=words.NOTHING,
        hide_index=True, key="blocked", alt="Messages that screening held back, worst first",
        column_order=("screened_at", "segment", "arm", "decision", "rule", "severity", "field",
                      "text", "message", "advice"),
        column_config={
            "screened_at": st.column_config.DatetimeColumn("Screened", format=MOMENT),
            "segment": "Segment", "arm": "Message", "decision": "Decision", "rule": "Rule",
            "severity": st.column_config.NumberColumn("Severity", help="0 harmless to 6 severe"),
            "field": "Field", "text": "Words", "message": "Why", "advice": "What to write instead",
        },
    )  # fmt: skip


def inputs(campaign_id: str) -> None:
    """List what was kept out of messages: customers' values, passages, parts of a brief."""
    checks = input_checks(shell.store(), campaign_id)
    if campaign_id and not checks:
        st.info("Nothing has been checked yet. It happens before messages are written.")
        return
    for check in checks:
        st.caption(_checked(check))
    rows = audit.held_inputs(shell.store(), campaign_id)
    if rows.empty:
        st.caption("No customer value, passage or brief was held back.")
        return
    rows["decision"] = rows["decision"].map(DECISION)
    st.dataframe(
        rows, placeholder=words.NOTHING,
        hide_index=True, key="inputs", alt="Inputs that are not used until corrected",
        column_config={
            "checked_at": st.column_config.DatetimeColumn("Checked", format=MOMENT),
            "what": "What", "ref": "Of", "field": "Field", "rule": "Rule", "decision": "Decision",
            "reason": "Why", "customers": "Customers", "engine": "Engine",
        },
    )  # fmt: skip


def _checked(check: InputChecks) -> str:
    kind = INPUT[check.what]
    shields = ", Prompt Shields asked as well" if check.has_shields else ""
    return (
        f"{kind}: {words.plural(check.texts, 'different text')}, {words.count(check.texts_held)} "
        f"held back{shields}. Every text that holds a sign or a word a rule looks for was read in "
        f"full ({words.count(check.texts_read)}), last on {check.checked_at:%d %b %Y, %H:%M} UTC."
    )


def trail(campaign_id: str) -> None:
    """Show the trail, newest first, by kind, person, days and words."""
    kinds, people = audit.trail_choices(shell.store(), campaign_id)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = st.selectbox(
            "What", ["", *kinds], key="kind",
            format_func=lambda k: "Everything" if not k else k.replace("_", " ").capitalize(),
        )  # fmt: skip
        actor = st.selectbox(
            "Who", ["", *people], key="who", format_func=lambda p: p or "Everybody"
        )
        text = st.text_input("Contains", key="contains", placeholder="a message, a rule, a reason")
        since, until = _days()
    page = st.session_state.get("trail_page", 1)
    size, rows = audit.trail(
        shell.store(), campaign_id, kind=kind, actor=actor, words=text.strip(), since=since,
        until=until, limit=PER_PAGE, offset=(page - 1) * PER_PAGE,
    )  # fmt: skip
    _back_to_first("trail_page", size)
    st.caption(f"{words.plural(size, 'entry', 'entries')}, newest first")
    rows["kind"] = rows["kind"].map(_in_words)
    rows["payload"] = rows["payload"].map(_facts)
    st.dataframe(
        rows, placeholder=words.NOTHING,
        hide_index=True, key="trail", alt="Audit trail, newest first",
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
    return " · ".join(f"{name.replace('_', ' ')}: {_said(value)}" for name, value in facts.items())


def _said(value: object) -> str:
    """Say a value of the record in plain text: no braces, quotes or None."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {_said(inner)}" for name, inner in value.items()) or words.NOTHING
    if isinstance(value, list):
        return ", ".join(map(_said, value)) or words.NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    return words.NOTHING if value in (None, "") else str(value)
