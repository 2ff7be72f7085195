"""How good the messages are: a panel for one message, and a table over segments and arms."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import streamlit as st

from pages.ui import shell, words
from pages.ui.words import plain
from personalization.domain import CONTROL
from personalization.reports import quality as reports

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamlit.elements.lib.column_types import ColumnConfig

    from personalization.reports.quality import CampaignQuality, Measure, Pair

_FLAG: Final = ":orange[:material/flag:] "
_KEPT: Final = 16  # campaigns whose figures are kept, so that going through a list costs nothing


@st.cache_data(show_spinner=False, max_entries=_KEPT)
def _worked_out(campaign_id: str, change: int) -> CampaignQuality:  # noqa: ARG001
    return reports.campaign_quality(shell.store(), campaign_id)


def quality_of(campaign_id: str) -> CampaignQuality:
    """Return the campaign's figures; they are worked out anew once something is on record."""
    return _worked_out(campaign_id, reports.last_change(shell.store()))


def panel(campaign_id: str, variant_id: str) -> None:
    """Draw what stands out in one message, and all of its measures below."""
    found = quality_of(campaign_id).of_message(variant_id)
    if found is None:
        return
    noticed = found.standing_out
    title = words.plural(len(noticed), "thing") if noticed else "nothing"
    box = st.expander(
        f"Quality: {title} to look at", icon=":material/speed:", key="quality", on_change="rerun"
    )
    if box.open:
        with box:
            for measure in noticed:
                _notice(measure)
            _table(found.measures)


def _notice(measure: Measure) -> None:
    expected = f" Expected: {measure.expected}." if measure.expected else ""
    st.markdown(
        f"{_FLAG}**{measure.name}**: {plain(measure.said)}.{plain(expected)}  \n"
        f":gray[{plain(measure.why)}]"
    )


def _table(measures: Sequence[Measure]) -> None:
    rows = ["| Measure | Here | Expected |", "|---|---|---|"]
    for group, own in groupby(measures, key=lambda m: m.group):
        rows.append(f"| **{plain(group)}** | | |")
        rows += [
            f"| {_FLAG if m.stands_out else ''}{plain(m.name)} | {plain(m.said)} "
            f"| {plain(m.expected) or words.NOTHING} |"
            for m in own
        ]
    st.markdown("\n".join(rows))


def campaign(campaign_id: str) -> None:
    """Draw the campaign's messages in one table, its segments' arms in another, and what is twice.

    Every figure can be taken along as CSV, with the statements that it rests on.
    """
    found = quality_of(campaign_id)
    _headline(found)
    st.subheader("Messages", anchor=False)
    _messages(found)
    st.subheader("The arms of each segment", anchor=False)
    st.caption(
        "A test compares arms. Arms that say the same in the same words cannot differ in effect. "
        "Same wording, overlap and repetition are good when low, pairs that differ when high. "
        "Control texts and what the brief orders are left out."
    )
    _arms(found)
    _near_duplicates(found)
    _take_along(found, campaign_id)


def _headline(found: CampaignQuality) -> None:
    arms = [message for message in found.messages if message.arm != CONTROL]
    noticed = [message for message in found.messages if message.standing_out]
    with st.container(horizontal=True):
        st.metric("Messages", words.count(len(found.messages)), border=True)
        st.metric("With something to look at", words.count(len(noticed)), border=True)
        st.metric(
            "Nearly the same in two segments", words.percent(found.near_duplicate_share, 0),
            border=True,
            help="Share of the messages that read like one of another segment: more than 60% of "
            "their three-word runs in common. Control texts are meant to be the same and left out.",
        )  # fmt: skip
    if not arms:
        st.info("There are control texts only, so there is nothing to compare yet.")
    st.caption(
        "What stands out is a reason to look, not a fault, and keeps nothing from going out. None "
        "of it foretells opens or clicks: that is what the test is for."
    )


def _messages(found: CampaignQuality) -> None:
    rows: list[dict[str, Any]] = [
        {
            **row,
            "message": words.arm(row["message"]),
            "noticed": "; ".join(row["noticed"]) or words.NOTHING,
        }
        for row in reports.message_rows(found)
    ]
    st.dataframe(
        pd.DataFrame(rows), hide_index=True, key="quality_messages",
        alt="Measures of each message of this campaign",
        column_config={
            "segment": st.column_config.TextColumn("Segment", width=125),
            "message": st.column_config.TextColumn("Message", width=80),
            "noticed": st.column_config.TextColumn("To look at", width="medium"),
            "words": _figure("Words", _why("words")),
            "ease": _figure("Easy to read", _why("ease")),
            "subject": _figure("Subject", _why("subject")),
            "coverage": _share("Filled", _why("coverage")),
            "recall": _share("Sourced", _why("recall")),
            "precision": _share("Adding", _why("precision")),
            "own_share": _share("Its own", _why("own_share")),
            "nearest_arm": _share("Like an arm", _why("nearest_arm")),
            "nearest_segment": _share("Like others", _why("nearest_segment")),
        },
    )  # fmt: skip


def _arms(found: CampaignQuality) -> None:
    for group in found.sets:
        if group.standing_out:
            st.markdown(f"**{plain(group.segment)}**")
        for measure in group.standing_out:
            _notice(measure)
    st.dataframe(
        pd.DataFrame(reports.set_rows(found)), hide_index=True, key="quality_sets",
        alt="Measures of the arms of each segment",
        column_config={
            "segment": st.column_config.TextColumn("Segment", width=125),
            "self_bleu": _figure("Same wording", _why("self_bleu"), "%.2f"),
            "overlap": _share("Overlap", _why("overlap")),
            "distinct": _share("Pairs that differ", _why("distinct")),
            "compression": _figure("Repetition", _why("compression"), "%.2f"),
            "subjects": _figure("Subjects", _why("subjects")),
            "repeat": _figure("Longest run", _why("repeat")),
            "run": st.column_config.TextColumn("Which is", width="large"),
        },
    )  # fmt: skip


def _figure(label: str, why: str, form: str = "%.0f") -> ColumnConfig:
    return st.column_config.NumberColumn(label, help=why, format=form, width=90)


def _share(label: str, why: str) -> ColumnConfig:
    return st.column_config.NumberColumn(label, help=why, format="%.0f%%", width=100)


def _why(key: str) -> str:
    expected = f" Expected: {reports.EXPECTED[key]}." if reports.EXPECTED[key] else ""
    return f"{reports.WHY[key]}{expected}"


def _near_duplicates(found: CampaignQuality) -> None:
    st.subheader("Messages that are sent twice", anchor=False)
    if not found.near_duplicates:
        st.caption("No message reads like one of another segment.")
        return
    for pair in found.near_duplicates[:20]:
        _pair(pair)
    if len(found.near_duplicates) > 20:  # noqa: PLR2004
        st.caption(f"The 20 most alike of {len(found.near_duplicates):,} pairs.")


def _pair(pair: Pair) -> None:
    both = (pair.one, pair.other)
    names = [plain(f"{each.segment}, {words.arm(each.arm)}") for each in both]
    with st.expander(f"{names[0]} and {names[1]}: {words.percent(pair.overlap, 0)} in common"):
        for column, name, each in zip(st.columns(2), names, both, strict=True):
            with column:
                st.markdown(f"**{name}**  \n{plain(each.message.subject)}")
                st.caption(plain(each.message.body))


def _take_along(found: CampaignQuality, campaign_id: str) -> None:
    st.download_button(
        "Download every figure as CSV", reports.quality_csv(found), "quality.csv", "text/csv",
        icon=":material/download:", key="quality_csv",
    )  # fmt: skip
    with st.expander("How to work these figures out yourself", icon=":material/database:"):
        st.markdown(
            "Each statement runs on the database file as it stands, with "
            f"`{campaign_id}` for `$campaign_id`. Formulas: reading ease by Flesch (1948), Amstad "
            "(1978), Kandel and Moles (1958) and Szigriszt-Pazos (1993); grade by Kincaid (1975); "
            "self-BLEU by Zhu et al. (2018); citation recall and precision after Gao et al. (2023)."
        )
        for name, statement in reports.SQL.items():
            st.caption(name)
            st.code(statement.strip("\n"), language="sql")
