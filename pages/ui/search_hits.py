"""The hits of a search, with the words that were found, and what was left out and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from pages.ui import shell, words
from personalization import campaign
from personalization.reports import search as reports

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from personalization.campaign.searching import Hit, LeftOut, Search


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked: the words, the day of sending, the readers, the segment, how many."""

    query: str
    day: date
    locale: str
    segment: str
    limit: int


def show(found: Search, asked: Asked) -> None:
    """Draw what came of a search."""
    if found.trouble:
        _by_words_only(found)
    _sums(found, asked)
    if not found.hits:
        below = "; what was left out is listed below" if found.left_out else ""
        st.info(
            "Nothing that may be said to these readers bears on that. Try other words, another "
            f"segment or another day{below}.",
            icon=":material/search_off:",
        )
    for hit in found.hits:
        _hit(hit)
    if found.hits and len(found.hits) < asked.limit and found.n_far and not found.trouble:
        st.caption(
            f"Nothing closer. {words.plural(found.n_far, 'other document')} may be said, and "
            f"neither {'shares' if found.n_far == 1 else 'share'} a word with that nor "
            f"{'comes' if found.n_far == 1 else 'come'} near it in meaning."
        )
    _left_out(found.left_out)


def _by_words_only(found: Search) -> None:
    soon = " As soon as it is, the list is made anew." if found.is_waiting else ""
    st.warning(
        f"These were found by their words only: {words.plain(found.trouble)}.{soon}",
        icon=":material/hourglass_top:",
    )
    if found.is_waiting:
        _wait()


@st.fragment(run_every=2)
def _wait() -> None:
    if campaign.search_is_ready():
        st.rerun()


def _sums(found: Search, asked: Asked) -> None:
    who = f"the segment {words.plain(asked.segment)}" if asked.segment else "everybody"
    readers = words.LOCALE.get(asked.locale, asked.locale)
    told = (
        f"{words.plural(found.n_eligible, 'document')} may be said to {who} on "
        f"{words.day(asked.day)} in {readers}, and {found.n_barred} may not. "
        f"{words.plural(len(found.hits), 'hit')}."
    )
    if found.unknown_words:
        listed = ", ".join(f"‘{words.plain(word)}’" for word in found.unknown_words)
        told += f" No hit holds {listed}."
    for other, own in found.read_as:
        told += f" ‘{words.plain(other)}’ is looked for as ‘{words.plain(own)}’ too."
    st.caption(told)


def _hit(hit: Hit) -> None:
    with st.container(border=True, key=f"hit_{hit.facts.passage_id}"):
        said, numbers = st.columns([4, 1], vertical_alignment="top")
        with said:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(f"**{hit.place}. {words.plain(hit.facts.title)}**", width="content")
                kind = words.KIND.get(hit.facts.kind, hit.facts.kind)
                st.badge(words.plain(kind), color="gray")
            title = hit.facts.title if hit.facts.text.startswith(hit.facts.title) else ""
            st.markdown(marked(hit.facts.text, hit.marks, skip=len(title)))
            why = hit.why.replace(f" · found by words only: {hit.ranked.trouble}", "")
            st.caption(words.plain(f"{why[:1].upper()}{why[1:]}"))
        with numbers, st.popover("Why it is here", icon=":material/route:", width="stretch"):
            _trace(hit)


def _trace(hit: Hit) -> None:
    one = hit.ranked
    by_words = f"place {one.bm25_rank}" if one.bm25_rank else "not among them"
    near = words.NOTHING if one.nearness is None else f"{one.nearness:.2f}"
    by_meaning = f"place {one.dense_rank}" if one.dense_rank else "not among them"
    if one.trouble:
        by_meaning = f"not compared, because {words.plain(one.trouble)}"
    shared = ", ".join(f"‘{words.plain(word)}’" for word in one.words) or "none"
    passed = "\n".join(f"- {words.plain(reason)}" for reason in hit.passed)
    st.markdown(
        f"**By words:** {by_words}  \nShared: {shared}\n\n"
        f"**By meaning:** {by_meaning}  \nNearness: {near}, where 1 is the same\n\n"
        f"**Both together:** {one.score:.4f}  \n"
        "The sum of 1 / (60 + place) over both lists, and once more for what was written for this "
        "very segment.\n\n"
        f"**What it had to pass**\n{passed}\n\n"
        f"Document `{hit.facts.document_id}`, passage `{hit.facts.passage_id}`"
    )


def marked(text: str, marks: Sequence[tuple[int, int]], skip: int = 0) -> str:
    """Return a text as Markdown in which the words that were found stand out.

    Args:
        text: The text.
        marks: Where the words stand, in their order, from start to end.
        skip: Signs at the beginning that are left out, such as a title that is shown already.

    Example:
        >>> marked("A cake, twice", [(2, 6)])
        'A :blue-background[cake], twice'
    """
    parts, end = [], skip
    for start, stop in marks:
        if start < skip:
            continue
        word = words.plain(text[start:stop])
        parts += [words.plain(text[end:start]), f":blue-background[{word}]"]
        end = stop
    return "".join([*parts, words.plain(text[end:])]).strip()


def _left_out(found: Sequence[LeftOut]) -> None:
    if not found:
        return
    label = f"Left out: {words.plural(len(found), 'document')} that would have fitted"
    with st.expander(label, icon=":material/block:"):
        for one in found:
            reasons = "; ".join(one.reasons)
            st.markdown(
                f"**{words.plain(one.facts.title)}** – {words.plain(reasons)}  \n"
                f":gray[{words.plain(f'{one.why[:1].upper()}{one.why[1:]}')}]"
            )


def why_not(asked: Asked) -> None:
    """Let the user ask why a document is not among the hits."""
    documents = {
        each["document_id"]: each for each in reports.documents_to_ask_about(shell.store())
    }
    chosen = st.selectbox(
        "Why is a document not there?", list(documents), index=None, key="why_not", width=520,
        placeholder="Choose a document",
        format_func=lambda name: f"{documents[name]['title']} ({documents[name]['locale']})",
    )  # fmt: skip
    if chosen is None:
        return
    with shell.told():
        told = campaign.explain_missing(
            shell.store(), shell.settings(), asked.query, chosen, send_on=asked.day,
            locale=asked.locale, segment=asked.segment, limit=asked.limit,
        )  # fmt: skip
        st.info(words.plain(told), icon=":material/info:")
