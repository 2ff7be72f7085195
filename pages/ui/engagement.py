"""Uploading what recipients really did, checked before it counts."""

from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import streamlit as st

from pages.ui import shell, words
from personalization import campaign
from personalization.reports import results as reports

if TYPE_CHECKING:
    from personalization.reports.campaigns import CampaignState

_TYPES = ("csv", "tsv", "txt", "parquet")
_SHOWN = 200
_WITHOUT_AMOUNT = "bad_value"
_COUNTS = {
    "duplicates": "were there already",
    "unreadable": "could not be read",
    "unknown_customers": "are from people who are not in the test",
    "unknown_events": "are of an event that means nothing here",
    "before_delivery": "happened before the launch",
    "not_delivered": "are from people to whom nothing was sent",
}


def panel(state: CampaignState, actor: str) -> None:
    """Take a file of events, and say what of it counts."""
    st.subheader("Upload responses", anchor=False)
    uploaded = st.file_uploader(
        "What your e-mail tool recorded (CSV, TSV or Parquet)", type=_TYPES,
        key="engagement", max_upload_size=500,
        help="One row per event: customer id, event (delivered, open, click, conversion, revenue, "
        "unsubscribe, complaint), time, and the value of a purchase. The same file twice counts "
        "once.",
    )  # fmt: skip
    if uploaded is not None and st.button("Add these responses", type="primary", key="add_events"):
        with shell.told(), st.spinner("Checking and adding the responses"):
            _add(state, actor, uploaded)
    _outcome()


def _add(state: CampaignState, actor: str, uploaded: Any) -> None:  # noqa: ANN401
    with TemporaryDirectory() as folder:
        path = Path(folder) / Path(uploaded.name).name
        path.write_bytes(uploaded.getbuffer())
        intake = campaign.check_file(path, target="engagements", folder=Path(folder))
        added = campaign.record_engagements(
            shell.store(), shell.settings(), state.campaign_id, intake, actor=actor,
            request_id=uuid4().hex,
        )  # fmt: skip
    st.session_state["added"] = added
    st.rerun()


def _outcome() -> None:
    if "added" not in st.session_state:
        return
    added = st.session_state["added"]
    st.success(f"{words.plural(added.accepted, 'response')} added.", icon=":material/check:")
    told = [
        f"{getattr(added, name):,} {text}" for name, text in _COUNTS.items() if getattr(added, name)
    ]
    if told:
        st.warning("Not counted: " + "; ".join(told) + ".", icon=":material/info:")
    _problems(added.import_id)
    if added.suppressed:
        people = words.plural(added.suppressed, "person", "people")
        st.info(f"{people} unsubscribed or complained and will not be written to again.")


def _problems(import_id: str) -> None:
    found = reports.engagement_problems(shell.store(), import_id, _SHOWN)
    if not found:
        return
    rows = [
        {
            "What happens": words.OUTCOME[row["outcome"]],
            "First line": row["line"],
            "Column": row["column_name"],
            "Value": row["value"],
            "Why": _why(row["reason"]),
            "Rows": row["rows"],
        }
        for row in found
    ]
    if any(row["reason"] == _WITHOUT_AMOUNT for row in found):
        st.warning(
            "The amount of some purchases could not be read. Each still counts as a purchase, but "
            "as one worth 0, so revenue is too low until the file is put right.",
            icon=":material/payments:",
        )
    st.dataframe(rows, hide_index=True, key="event_problems", alt="Rows with problems, by line")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            "Download all problems (CSV)", lambda: _problems_csv(import_id),
            file_name="response-problems.csv", mime="text/csv", on_click="ignore",
            icon=":material/download:", key="event_problems_csv",
        )  # fmt: skip
        if len(rows) == _SHOWN:
            st.caption(f"The first {_SHOWN} are shown; the file has all of them.")


def _problems_csv(import_id: str) -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "problems.csv"
        reports.write_engagement_problems(shell.store(), import_id, path)
        return explained(path.read_text(encoding="utf-8-sig")).encode()


def explained(problems: str) -> str:
    """Add a column to a CSV of problems that says in a sentence what each reason means."""
    said = StringIO()
    writer = csv.writer(said, lineterminator="\n")
    rows = csv.reader(StringIO(problems))
    names = next(rows)
    writer.writerow([*names, "what it means"])
    writer.writerows([*row, _why(row[names.index("reason")])] for row in rows)
    return said.getvalue()


def _why(reason: str) -> str:
    """Say a reason in a sentence: the delivery's are, the intake's are words for one."""
    return reason if reason.endswith(".") else words.problem(reason)
