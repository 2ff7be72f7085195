"""A message on the screen: as a customer reads it, with its sources, and what changed in it.

Everything a message holds is data: it is escaped before Streamlit's Markdown sees it.
"""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from pages.ui import words
from pages.ui.words import plain
from personalization.domain import merge_tags
from personalization.reports.policies import ABOUT_BANDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from personalization.domain import Message
    from personalization.settings import Brand

_LABEL: Final = {
    "subject": "Subject",
    "preheader": "Preview line",
    "body": "Text",
    "call_to_action": "Call to action",
    "link": "Link",
    "footer": "Footer",
}
_KEPT: Final = 0.5  # share of a line that has to stay for its changes to be marked word by word

ABOUT_CLAIMS: Final = (
    "Figures, prices, dates and names are checked in every language; superlatives, negations and "
    "conditions left out in English only, so read other languages for these yourself."
)


def label(field: str) -> str:
    """Say the name of a message's field."""
    return _LABEL.get(field, field.replace("_", " ").capitalize())


def tagged(text: str) -> str:
    """Escape a text and mark its merge tags: what fills them, and what stands in for it.

    A product's tag has nothing to stand in for it: ``name of product 1``; nor has a cited fact.
    """
    shown = plain(text)
    for tag in merge_tags(text):
        whose, _, own = tag.field.replace("_", " ").partition(".")
        filled = f"{own} of {whose}" if tag.rank else f"{own or whose} or “{tag.fallback}”"
        filled = "a cited fact" if tag.is_fact else filled
        mark = f":violet-background[{plain(filled)}]"
        shown = shown.replace(plain(tag.token), mark)
    return shown


def envelope(message: Message, brand: Brand, *, is_template: bool, texts: dict[str, str]) -> None:
    """Draw the message as a mail: sender, subject, preview line, text, call to action, footer.

    Args:
        message: What stands in it.
        brand: Who is sending.
        is_template: Whether merge tags are shown as such.
        texts: Markdown that replaces a field's own text, such as one with source numbers.
    """
    shown = {
        field: texts.get(field, tagged(text) if is_template else plain(text))
        for field, text in message.fields()
    }
    with st.container(border=True, key="mail"):
        st.caption(f"From {plain(brand.sender_name)}")
        st.markdown(f"### {shown['subject']}")
        st.caption(shown["preheader"])
        st.divider()
        st.markdown(shown["body"])
        st.markdown(f":blue-badge[**{shown['call_to_action']}**]  \n:small[:gray[{shown['link']}]]")
        st.caption(shown["footer"])


def numbered(text: str, claims: Sequence[dict[str, Any]], numbers: dict[str, int]) -> str:
    """Escape a field's text, and put each claim's source number behind its words."""
    shown, start = "", 0
    for claim in sorted(claims, key=lambda c: int(c["span_end"])):
        end = int(claim["span_end"])
        mark = numbers.get(claim["document_id"])
        sign = f" :blue[**\\[{mark}\\]**]" if mark else " :red[**\\[no source\\]**]"
        shown += tagged(text[start:end]) + sign
        start = end
    return shown + tagged(text[start:])


def source_numbers(claims: Sequence[dict[str, Any]]) -> dict[str, int]:
    """Number the cited documents in the order in which the message cites them."""
    cited = dict.fromkeys(c["document_id"] for c in claims if c["document_id"])
    return {document: number for number, document in enumerate(cited, start=1)}


def sources(claims: Sequence[dict[str, Any]], numbers: dict[str, int]) -> None:
    """List each source with the words that bear the message out."""
    for document, number in numbers.items():
        cited = [claim for claim in claims if claim["document_id"] == document]
        first = cited[0]
        until = (
            f" · valid until {words.short_day(first['valid_until'])}"
            if first["valid_until"]
            else ""
        )
        st.markdown(f":blue[**\\[{number}\\]**] **{plain(first['title'] or '')}**{until}")
        quotes = dict.fromkeys(c["source_text"] for c in cited if c["source_text"])
        for quote in quotes:
            st.caption(f"“{plain(quote)}”")
    for claim in claims:
        if claim["decision"] != "pass":
            icon = ":material/block:" if claim["decision"] == "block" else ":material/help:"
            st.markdown(f"{icon} “{plain(claim['text'])}” — {plain(claim['reason'])}")
    if any(claim["decision"] != "pass" for claim in claims):
        st.caption(ABOUT_CLAIMS)


def findings(rows: Sequence[dict[str, Any]]) -> None:
    """List what the screening found: where, which words, why, and what to write instead."""
    icons = {"block": "block", "error": "error", "review": "help", "warn": "warning"}
    for row in rows:
        icon = icons.get(row["action"], "info")
        quote = f" “{plain(row['text'][:160])}”" if row["text"] else ""
        st.markdown(
            f":material/{icon}: **{label(row['field'])}**{quote}  \n{plain(row['message'])}"
            + (f"  \n:gray[{plain(row['advice'])}]" if row["advice"] else "")
        )
    if any(row["rule"].startswith("harm.") for row in rows):
        st.caption(plain(ABOUT_BANDS))


def changes(before: Message, now: Message) -> None:
    """Show what the new version changed: taken out in red and struck through, put in in green."""
    old = dict(before.fields())
    for field, text in now.fields():
        if old[field] != text:
            st.caption(label(field))
            st.markdown(difference(old[field], text))


def difference(before: str, now: str) -> str:
    """Say in Markdown what changed from one text to another, word by word."""
    old, new = re.findall(r"\S+|\s+", before), re.findall(r"\S+|\s+", now)
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    is_one_line = bool(before and now) and "\n" not in f"{before}{now}"
    kept = ("".join(old[m.a : m.a + m.size]) for m in matcher.get_matching_blocks())
    if is_one_line and sum(len(k.strip()) for k in kept) < _KEPT * max(len(before), len(now)):
        return f":red[~~{plain(before)}~~]  \n:green[**{plain(now)}**]"
    shown = []
    for change, a, b, c, d in matcher.get_opcodes():
        removed, added = "".join(old[a:b]), "".join(new[c:d])
        if change == "equal":
            shown.append(plain(added))
            continue
        if removed.strip():
            shown.append(f" :red[~~{plain(removed.strip())}~~] ")
        if added.strip():
            shown.append(f" :green[**{plain(added.strip())}**] ")
    return "".join(shown)
