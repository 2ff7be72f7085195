"""Whose eyes a message is read with: customers who show between them every way it can read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from pages.ui import shell, words
from pages.ui.words import plain
from personalization import campaign
from personalization.domain import PRODUCT_FIELDS, merge_tags
from personalization.reports import previews, quality

if TYPE_CHECKING:
    from personalization.domain import Message
    from personalization.reports.review import Reviewed

_STRAIN: Final = {
    "longest": "the longest {}",
    "shortest": "the shortest {}",
    "odd": "a {} with other signs than plain letters",
    "unfit": "a {} that no message may carry, so its stand-in is read",
}
_STAND_IN: Final = {
    "first_name": "there",
    "city": "your town",
    "country": "your country",
    "favourite_category": "your favourites",
    "tier": "our regulars",
}
_KEPT: Final = 200  # messages whose readers are kept, so that going through a list costs little
_CHANGING: Final = ("subject", "preheader", "body", "call_to_action")


@st.cache_data(show_spinner=False, max_entries=_KEPT)
def _chosen(variant_id: str, change: int) -> campaign.Preview:  # noqa: ARG001
    return campaign.preview_of(shell.store(), variant_id)


def preview_of(variant_id: str) -> campaign.Preview:
    """Return whom a message is read as; they are chosen anew once something is on record."""
    return _chosen(variant_id, quality.last_change(shell.store()))


def as_somebody(found: Reviewed, preview: campaign.Preview) -> Message:
    """Let the reviewer choose whose eyes to read it with, and return what that customer reads."""
    if not preview.readers:
        return found.message
    names = {reader.customer_id: _person(reader) for reader in preview.readers}
    chosen = st.selectbox(
        "Read it as", list(names), format_func=names.__getitem__, key=f"reader_{found.variant_id}"
    )
    return campaign.render_for(shell.store(), found.variant_id, chosen)


def _person(reader: campaign.Reader) -> str:
    lacks = [name.replace("_", " ") for name in reader.missing]
    said = f"no {words.listed(lacks, 'or')}" if lacks else "all fields filled"
    name = reader.first_name or reader.customer_id
    return f"{name}, {reader.country or 'country unknown'} ({said}; like {reader.n_alike:,})"


def every_way(found: Reviewed, preview: campaign.Preview, actor: str) -> None:
    """Say which ways of reading are shown, show the sentences that change, and note the reading.

    Nothing is drawn for a message that reads the same for everybody.
    """
    if not preview.fields and not preview.products:
        st.caption("It addresses no field of a customer, so it reads the same for everybody.")
        return
    n_ways, n_readers = len(preview.ways), len(preview.readers)
    all_of = "all" if preview.n_shown == n_ways else f"{preview.n_shown} of"
    title = (
        f"{words.plural(n_readers, 'customer')} {'shows' if n_readers == 1 else 'show'} "
        f"{all_of} {words.plural(n_ways, 'way')} this message can read"
    )
    box = st.expander(title, icon=":material/groups:", key="ways", on_change="rerun")
    if box.open:
        with box:
            _each_way(found, preview, actor)
    for row in previews.previews_of(shell.store(), found.variant_id, found.version):
        st.caption(
            f"Read by {plain(row['actor'])}, {words.moment(row['happened_at'])}: "
            f"{words.plural(row['customers'], 'customer')}, {row['ways_shown']} of "
            f"{words.plural(row['ways'], 'way')}."
        )


def _each_way(found: Reviewed, preview: campaign.Preview, actor: str) -> None:
    _coverage(preview)
    texts = campaign.render_each(
        shell.store(), found.variant_id, [reader.customer_id for reader in preview.readers]
    )
    for reader in preview.readers:
        st.markdown(f"**{plain(_person(reader))}**{_strains(reader)}")
        for line in _changed_lines(found.message, texts[reader.customer_id]):
            st.caption(line)
    if st.button("Note that I read all of these", icon=":material/visibility:", key="noted"):
        _note(found, preview, actor)


def _coverage(preview: campaign.Preview) -> None:
    counts = dict(preview.ways)
    for field in preview.fields:
        have = sum(n for way, n in counts.items() if f"filled:{field}" in way)
        named = plain(field.replace("_", " "))
        if have == preview.n_members:
            st.caption(f"All {have:,} have a {named}: nobody reads what stands in for it.")
        else:
            st.caption(
                f"{have:,} of {preview.n_members:,} have a {named}; the others read what stands "
                "in for it."
            )
    if preview.products:
        st.caption(
            f"It names {words.plural(preview.products, 'product')} of each customer's own, and is "
            f"read by the {preview.n_members:,} who have a full set in every arm. Nobody else of "
            "this segment gets a message."
        )


def _strains(reader: campaign.Reader) -> str:
    told = [
        _STRAIN[kind].format(_called(field))
        for way in reader.ways[1:]
        for kind, _, field in (way[0].partition(":"),)
    ]
    return f"  \n:gray[Has {plain(words.listed(told))}]" if told else ""


def _called(field: str) -> str:
    """Say what a field is called: ``product_1.name`` is the name of product 1."""
    product, _, own = field.replace("_", " ").partition(".")
    return f"{own} of {product}" if own else product


def _changed_lines(template: Message, read: Message) -> list[str]:
    """Return the lines that hold a merge field, as one customer reads them."""
    filled = dict(read.fields())
    return [
        plain(shown)
        for name, text in template.fields()
        if name in _CHANGING
        for written, shown in zip(text.split("\n"), filled[name].split("\n"), strict=False)
        if merge_tags(written)
    ]


def _note(found: Reviewed, preview: campaign.Preview, actor: str) -> None:
    with shell.told():
        shown = campaign.note_preview(
            shell.store(), found.variant_id, [r.customer_id for r in preview.readers],
            version=found.version, actor=actor,
        )  # fmt: skip
        shell.say(f"Noted: you read {words.plural(shown, 'way')} in which it can read.")
        st.rerun()


def help_with_fields(found: Reviewed, campaign_id: str) -> None:
    """Say in the editor which fields there are, who has them, and how a missing one reads."""
    used = {tag.field: tag for _, text in found.message.fields() for tag in merge_tags(text)}
    st.markdown(
        "**Address the reader.** A merge field is filled with each customer's own value. Write "
        "after the bar what customers without one read, so that the sentence reads well either way."
    )
    rows = ["| Field | Have one | Write |", "|---|---|---|"]
    lacking: list[str] = []
    unknown: list[str] = []
    for field, have, members in campaign.field_coverage(shell.store(), campaign_id, found.segment):
        named, tag = plain(field.replace("_", " ")), used.get(field)
        if not have and tag is None:
            unknown.append(named)
            continue
        token = tag.token if tag else f"{{{{{field}|{_STAND_IN[field]}}}}}"
        rows.append(f"| {named} | {have:,} of {members:,} | {plain(token)} |")
        if tag and have < members:
            lacking.append(
                f"{members - have:,} read “{plain(tag.fallback)}” in place of a {named}."
            )
    st.markdown("\n".join(rows))
    for line in lacking:
        st.caption(line)
    if unknown:
        st.caption(f"Nobody in this segment has a {words.listed(unknown, 'or')}.")
    plan = campaign.product_plan(shell.store(), campaign_id)
    if plan and plan.strategy_of(found.arm):
        _help_with_products(plan.items)


def _help_with_products(items: int) -> None:
    written = words.listed([f"{{{{product_1.{field}}}}}" for field in PRODUCT_FIELDS], "and")
    up_to = f" up to {{{{product_{items}.name}}}}" if items > 1 else ""
    st.caption(
        f"**Name the reader's products.** Write {plain(written)}{plain(up_to)}. Nothing stands in "
        "for them: who has too few products gets no message. A paragraph that begins with a line "
        "of nothing but name and price is drawn as that product's card, and a line with nothing "
        "but its link makes the name lead there."
    )
