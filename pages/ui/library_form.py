"""Writing or editing a document in a form, with what the check says of it while it is typed."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from pages.ui import library_checks, shell, words
from personalization import campaign
from personalization.reports import content, library

if TYPE_CHECKING:
    from collections.abc import Mapping

ROLES: Final = ("lead", "detail", "condition", "proof", "answer", "cta")
FRAMES: Final = ("greeting", "opener", "bridge", "close", "sign_off")
CONTROL: Final = ("control_subject", "control_preheader", "control_body", "control_cta")
BLANK: Final[Mapping[str, Any]] = {
    "kind": "benefit",
    "locale": "en-GB",
    "channel": ["email"],
    "statements": [{"id": "s1", "role": "lead", "text": "", "subject_ok": True}],
}
NEXT_WORDING: Final = " | "
"""Stands between other wordings of a statement in the table."""

_COUNTRIES: Final = "Two letters, such as GB: the country whose law an offer was written for."


def show(actor: str, document_id: str) -> None:
    """Draw the form for a new document, or for the newest version of one that is there."""
    with shell.told():
        before = campaign.form_of(shell.store(), document_id) if document_id else dict(BLANK)
        with st.container(border=True, key="document_form"):
            title = words.plain(before.get("title", "")) if document_id else "a document"
            st.subheader(f"{'Edit' if document_id else 'Write'} {title}", anchor=False)
            form, seen = st.columns([3, 2], gap="large")
            key = f"write_{document_id}_{before.get('version', 0)}"
            with form:
                about = {**_name(before, key), **_validity(before, key), **_audience(before, key)}
            told = {**before, **about, **_words(before, key)}
            with seen:
                can_save = _look(told)
            _finish(told, before, actor, can_save=can_save)


def _words(before: dict[str, Any], key: str) -> dict[str, Any]:
    told: dict[str, Any] = {}
    st.markdown("**What messages may cite, word for word**")
    told["statements"] = _statements(before.get("statements", []), key)
    lines = st.text_area(
        "Subject lines, one a line", "\n".join(before.get("subject_lines", [])),
        key=f"{key}_subjects", height=90, help="15 to 70 characters each; used as they are.",
    )  # fmt: skip
    told["subject_lines"] = _lines(lines)
    told["body"] = st.text_area(
        "What the search reads", before.get("body", ""), key=f"{key}_body", height=120,
        help="A paragraph in the words that people use for it. Messages never cite it.",
    )  # fmt: skip
    told["evidence"] = st.text_input(
        "What it rests on", before.get("evidence", ""), key=f"{key}_evidence",
        placeholder="Price list of 1 October 2026, promotions calendar line 4 …",
    )  # fmt: skip
    return told


def _name(before: dict[str, Any], key: str) -> dict[str, Any]:
    title = st.text_input("Title", before.get("title", ""), key=f"{key}_title", max_chars=120)
    with st.container(horizontal=True):
        kind = st.selectbox(
            "Kind", list(words.KIND), list(words.KIND).index(before["kind"]), key=f"{key}_kind",
            format_func=words.KIND.__getitem__, width=200,
        )  # fmt: skip
        locale = st.text_input(
            "Language", before["locale"], key=f"{key}_locale", width=110,
            help="Such as en-GB, de-DE or the language alone. Offers and legal texts count in "
            "their country only.",
        )  # fmt: skip
        country = st.text_input(
            "Country", before.get("jurisdiction", ""), key=f"{key}_country", width=110,
            help=_COUNTRIES, max_chars=2,
        )  # fmt: skip
    if "id" in before:
        return {"title": title, "kind": kind, "locale": locale, "jurisdiction": country}
    slug = re.sub(r"[^a-z0-9]+", "-", f"{kind} {title}".lower()).strip("-")[:64]
    name = st.text_input(
        "Id", key=f"{key}_id", placeholder=slug, max_chars=64,
        help="Small letters, digits and dashes. It stays as it is in all versions.",
    )  # fmt: skip
    own = {"id": name or slug, "title": title, "kind": kind, "locale": locale}
    return {**own, "jurisdiction": country}


def _validity(before: dict[str, Any], key: str) -> dict[str, Any]:
    with st.container(horizontal=True):
        days = {
            name: st.date_input(
                label, _day(before.get(name)), key=f"{key}_{name}", format="DD/MM/YYYY", width=190
            )
            for name, label in (("valid_from", "Valid from"), ("valid_until", "Valid until"))
        }
    return {name: day.isoformat() if day else None for name, day in days.items()}


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _audience(before: dict[str, Any], key: str) -> dict[str, Any]:
    told = before.get("audience", {})
    names = [*campaign.SEGMENTS, *library.segments_known(shell.store())]
    named = [*told.get("segments", []), *told.get("exclude", [])]
    known = list(dict.fromkeys([*names, *named]))
    only = st.multiselect(
        "Only for", known, told.get("segments", []), key=f"{key}_only",
        placeholder="Every segment",
    )  # fmt: skip
    never = st.multiselect(
        "Never for", known, told.get("exclude", []), key=f"{key}_never", placeholder="No segment"
    )
    with st.container(horizontal=True):
        products = st.text_input(
            "Products", ", ".join(before.get("product", [])), key=f"{key}_products",
            help="What it is about, separated by commas; empty: the whole shop.",
        )  # fmt: skip
        tags = st.text_input("Tags", ", ".join(before.get("tags", [])), key=f"{key}_tags")
    audience = {"segments": only, "exclude": never}
    return {
        "audience": {name: listed for name, listed in audience.items() if listed},
        "product": _parts(products, ","),
        "tags": _parts(tags, ","),
    }


def _statements(before: list[dict[str, Any]], key: str) -> list[dict[str, Any]]:
    rows = [
        {
            "id": row["id"], "role": row["role"], "text": row["text"],
            "alts": NEXT_WORDING.join(row.get("alts", [])),
            "requires": ", ".join(row.get("requires", [])),
            "subject_ok": row.get("subject_ok", False),
        }
        for row in before
    ]  # fmt: skip
    edited = st.data_editor(
        rows, key=f"{key}_statements", num_rows="dynamic", hide_index=True,
        column_config={
            "id": st.column_config.TextColumn("Id", width=60, required=True),
            "role": st.column_config.SelectboxColumn(
                "Role", options=[*ROLES, *FRAMES, *CONTROL], width=110, required=True,
                help="The lead says it, a condition has to stand with it.",
            ),
            "text": st.column_config.TextColumn("Text", width="large", required=True),
            "alts": st.column_config.TextColumn(
                "Other wordings", width="large", help="Separate them by | with a blank around it."
            ),
            "requires": st.column_config.TextColumn("Needs", width=80, help="Ids, by commas"),
            "subject_ok": st.column_config.CheckboxColumn("Subject", width=80),
        },
    )  # fmt: skip
    return [_statement(row) for row in edited if row.get("text") or row.get("id")]


def _statement(row: Mapping[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": row.get("id") or "", "role": row.get("role") or "", "text": row.get("text") or "",
        "alts": _parts(row.get("alts") or "", NEXT_WORDING.strip()),
        "requires": _parts(row.get("requires") or "", ","),
        "subject_ok": bool(row.get("subject_ok")),
    }  # fmt: skip
    return {name: value for name, value in told.items() if value not in ([], False)}


def _lines(text: str | None) -> list[str]:
    return _parts(text or "", "\n")


def _parts(text: str | None, between: str) -> list[str]:
    return [part.strip() for part in (text or "").split(between) if part.strip()]


def _look(told: dict[str, Any]) -> bool:
    """Show the document as messages would cite it, and what keeps it from being saved."""
    today = shell.store().now().date()
    problems, found = campaign.examine_form(shell.store(), told, on=today)
    st.markdown(f"**{words.plain(told.get('title') or 'No title yet')}**")
    for row in told["statements"]:
        needs = f", only with {', '.join(row['requires'])}" if row.get("requires") else ""
        st.markdown(f"{words.plain(row['text'])}  \n:gray[{words.plain(row['role'] + needs)}]")
    for line in told["subject_lines"]:
        st.caption(f"Subject: {words.plain(line)} ({len(line)} characters)")
    st.divider()
    for problem in problems:
        at = f"{words.plain(problem.field)}: " if problem.field else ""
        st.markdown(f":material/error: {at}{words.plain(problem.message)}")
    if not problems:
        library_checks.beside(found, str(told.get("id", "")))
    return not problems


def _finish(told: dict[str, Any], before: dict[str, Any], actor: str, *, can_save: bool) -> None:
    version = before.get("version")
    reason = ""
    if version:
        reason = st.text_input("What was changed, and why", key="document_reason", max_chars=300)
        _warn(str(before["id"]))
    with st.container(horizontal=True):
        if st.button("Save as a draft", type="primary", key="save_document", disabled=not can_save):
            with shell.told():
                campaign.save_document(
                    shell.store(), shell.settings(), told, actor=actor, seen_version=version,
                    reason=reason or "",
                )  # fmt: skip
                shell.say(f"{told['title']} is saved as a draft. Have it approved.")
                _close()
        if st.button("Cancel", key="cancel_document"):
            _close()


def _warn(document_id: str) -> None:
    today = shell.store().now().date()
    known = {each.document_id: each for each in content.documents(shell.store(), today)}
    document = known.get(document_id)
    if document and document.n_messages:
        st.warning(
            f"{words.plural(document.n_messages, 'message')} quote the version that stands. Once "
            "this one is saved, they cannot be sent until they are written again from it.",
            icon=":material/warning:",
        )


def _close() -> None:
    st.session_state["library_form"] = ("", "")
    st.rerun()
