"""One uploaded file: how it was read, what would come in, and what the user may put right."""

from __future__ import annotations

from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from pages.ui import shell, words
from personalization import campaign
from personalization.reports import intake as reports

if TYPE_CHECKING:
    from collections.abc import Mapping

    from streamlit.elements.lib.column_types import ColumnConfig
    from streamlit.runtime.uploaded_file_manager import UploadedFile

TYPES: Final = ("csv", "tsv", "txt", "parquet")
LARGEST: Final = 500  # megabytes
SHOWN_PROBLEMS: Final = 500
DAY: Final = "D MMM YYYY"
QUESTIONS: Final = {
    "date_order": "How does this file write dates such as 03/04/2026?",
    "decimal_mark": "What does 1,234 mean in this file?",
    "currency": "The amounts are in more than one currency. Which one counts?",
    "event": "The file does not say what customers did. What is each row?",
}
OPTIONS: Final = {
    "date_order": {"DMY": "Day first: 3 April 2026", "MDY": "Month first: 4 March 2026"},
    "decimal_mark": {
        ".": "One thousand two hundred and thirty-four",
        ",": "1.234, a little over one",
    },
    "event": {
        "purchase": "A purchase",
        "view": "A look at the product",
        "click": "A click",
        "cart": "Put into the basket",
        "wishlist": "Put on the wish list",
        "return": "Sent back",
    },
}


@st.cache_resource(show_spinner=False)
def folder() -> Path:
    """Return the folder that holds uploads and checked rows while the app runs."""
    return Path(mkdtemp(prefix="personalization-"))


def upload(target: str, label: str, text: str) -> UploadedFile | None:
    """Ask for one file."""
    with st.container(border=True):
        st.markdown(f"**{label}**")
        given = st.file_uploader(
            label, type=list(TYPES), key=f"upload_{target}", max_upload_size=LARGEST,
            label_visibility="collapsed",
        )  # fmt: skip
        st.caption(text)
    return given


def kept_path(given: UploadedFile) -> Path:
    """Write an upload to the disk once, and return where it is."""
    path = folder() / given.file_id / Path(given.name).name
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(given.getbuffer())
    return path


@st.cache_data(show_spinner="Checking the file", scope="session", max_entries=24)
def checked(
    path: str,
    target: str,
    mapping: tuple[tuple[str, str], ...],
    answers: tuple[tuple[str, str], ...],
) -> reports.Intake:
    """Check a file; the same file with the same corrections is answered at once."""
    return campaign.check_file(
        Path(path),
        target=target,
        mapping=dict(mapping),
        answers=dict(answers),
        folder=Path(mkdtemp(dir=folder())),
    )


def show(given: UploadedFile, target: str) -> reports.Intake | None:
    """Draw the check of one file with its corrections; None where it cannot be used."""
    path, key = str(kept_path(given)), f"{target}_{given.file_id}"
    automatic = checked(path, target, (), ())
    with st.container(border=True, key=f"file_{target}"):
        if automatic.refuse:
            _title(automatic)
            st.error(
                words.plain(automatic.refuse),
                icon=":material/block:",
                title="This file cannot be used",
            )
            return None
        answers = {name: st.session_state.get(f"{name}_{key}") for name in automatic.ask}
        given_answers = tuple((name, answer) for name, answer in answers.items() if answer)
        intake = checked(path, target, _corrections(automatic, key), given_answers)
        _title(intake)
        _numbers(intake)
        for name in automatic.ask:
            _question(name, automatic, key)
        rows, problems, columns = st.tabs(["First rows", _problem_tab(intake), "Columns"])
        with rows:
            _preview(intake)
        with problems:
            _problems(intake)
        with columns:
            _mapping_form(automatic, target, key)
    return intake


def _title(intake: reports.Intake) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{words.plain(intake.file_name)}**", width="content")
        if intake.refuse:
            st.badge("Cannot be used", icon=":material/block:", color="red")
        elif intake.ask:
            st.badge("Needs an answer", icon=":material/help:", color="orange")
        else:
            st.badge("Ready", icon=":material/check:", color="green")


def _preview(intake: reports.Intake) -> None:
    found = reports.preview(intake, limit=20)
    days = {str(name) for name in found.select_dtypes("datetime")}
    columns = st.column_config
    config: dict[str, ColumnConfig] = {}
    for name, label in reports.fields_of(intake.target).items():
        said = label.removesuffix(" (needed)")
        is_day = name in days
        config[name] = columns.DateColumn(said, format=DAY) if is_day else columns.Column(said)
    st.dataframe(
        found, hide_index=True, height=250, column_config=config,
        alt=f"First rows of {intake.file_name} as they would come in",
    )  # fmt: skip


def _numbers(intake: reports.Intake) -> None:
    with st.grid(4, key=f"numbers_{intake.target}"):
        st.metric("Rows in the file", words.count(intake.rows_total), border=True)
        st.metric("Would come in", words.count(intake.accepted), border=True)
        st.metric("Rejected", words.count(intake.rejected), border=True)
        st.metric(
            "Merged", words.count(intake.merged), border=True,
            help="Another row with the same number was kept instead, or the very same row.",
        )  # fmt: skip
    st.caption(
        f"{intake.accepted:,} + {intake.rejected:,} + {intake.merged:,} = {intake.rows_total:,} "
        f"rows: none is lost. {words.plain(_read_as(intake.detected))}"
    )


def _read_as(detected: Mapping[str, Any]) -> str:
    if detected.get("encoding") == "parquet":
        return "Read as Parquet."
    delimiters = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
    said = []
    if encoding := detected.get("encoding"):
        said.append(f"as {str(encoding).upper()}")
    if delimiter := detected.get("delimiter"):
        said.append(f"separated by {delimiters.get(delimiter, delimiter)}")
    if line := detected.get("header_line"):
        said.append(f"with the headings on line {line}")
    return f"Read {', '.join(said)}." if said else ""


def _question(name: str, automatic: reports.Intake, key: str) -> None:
    """Ask what the file does not say by itself."""
    if name not in QUESTIONS:
        st.warning("Say under Columns below which column holds the customer number.")
        return
    options = OPTIONS.get(name) or {code: code for code in reports.currencies_of(automatic)}
    st.radio(
        QUESTIONS[name], list(options), index=None,
        format_func=lambda option: words.plain(options[option]),
        key=f"{name}_{key}",
    )  # fmt: skip


def _corrections(automatic: reports.Intake, key: str) -> tuple[tuple[str, str], ...]:
    """Return the columns that the user gave another meaning than the automatic one."""
    chosen = (
        (column, st.session_state.get(f"column_{key}_{place}"))
        for place, column in enumerate(automatic.columns)
    )
    return tuple(
        (column, field)
        for column, field in chosen
        if field and field != _meaning(automatic, column)
    )


def _meaning(intake: reports.Intake, column: str) -> str:
    return intake.mapping.get(column, reports.EXTRA)


def _mapping_form(automatic: reports.Intake, target: str, key: str) -> None:
    st.caption("What each column of the file means. Change what was guessed wrongly.")
    fields = reports.fields_of(target)
    others = {reports.EXTRA: "Keep as an extra detail", reports.IGNORE: "Do not store"}
    meanings = {**fields, **others}
    with st.grid(3, key=f"mapping_{target}"):
        for place, column in enumerate(automatic.columns):
            st.selectbox(
                words.plain(column), list(meanings),
                index=list(meanings).index(_meaning(automatic, column)),
                format_func=meanings.__getitem__, key=f"column_{key}_{place}",
            )  # fmt: skip


def _problem_tab(intake: reports.Intake) -> str:
    n = intake.rejected + intake.merged + intake.warnings
    return f"Problems ({n:,})" if n else "No problems"


def _problems(intake: reports.Intake) -> None:
    found = reports.problems_of(intake, SHOWN_PROBLEMS)
    if not found:
        st.caption("Every row can come in as it stands.")
        return
    st.markdown(
        "\n".join(
            f"- **{row['n']:,} {words.COUNTED[row['outcome']]}**: "
            + words.plain(words.problem(row["reason"]))
            for row in reports.reasons_of(shell.store(), intake)
        )
    )
    rows = [
        {
            "What happens": words.OUTCOME[row["outcome"]],
            "Line": row["line"],
            "Column": row["column"],
            "Value": row["value"],
            "Why": words.problem(row["reason"]),
        }
        for row in found
    ]
    st.dataframe(rows, hide_index=True, height=280, alt="Rows with problems, by line")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            "Download all problems (CSV)", lambda: reports.problems_csv(intake),
            file_name=f"problems-{Path(intake.file_name).stem}.csv", mime="text/csv",
            on_click="ignore", icon=":material/download:", key=f"problems_{intake.target}",
        )  # fmt: skip
        if len(rows) == SHOWN_PROBLEMS:
            st.caption(f"The first {SHOWN_PROBLEMS} are shown; the file has all of them.")
