"""The Files view: runs, how their files stand now, listening to one, and handing them over."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import streamlit as st

from pages.ui import shell, voice_words, words
from personalization import campaign
from personalization.reports import voice as reports

_STATE: Final = {"ready": "Ready", "held": "Held", "failed": "Failed"}


def show(runs: list[dict[str, Any]], actor: str) -> None:
    """Choose a run, look at its files, and hand over what may be used."""
    if not runs:
        shell.empty_card(
            "No files yet",
            "Choose a script and make its files; they are listed here with what holds each back.",
        )
        return
    known = {run["run_id"]: run for run in runs}
    run_id = st.selectbox(
        "Run", list(known), key="voice_run",
        format_func=lambda one: (
            f"{words.moment(known[one]['made_at'])} · {known[one]['campaign']} · "
            f"{voice_words.CHANNEL.get(known[one]['channel'], known[one]['channel'])} · "
            f"{known[one]['speaker']}"
        ),
    )  # fmt: skip
    run = known[run_id]
    with st.container(horizontal=True):
        st.metric("May be used now", run["usable"], border=True)
        st.metric("Held since", run["held_since"], border=True,
                  help="Were ready when they were made; something has changed since.")  # fmt: skip
        st.metric("Held when made", run["held"], border=True)
        st.metric("Failed", run["failed"], border=True)
    if run["alignment"]:
        st.caption(f"Words looked for in {run['alignment']}. Style measured in "
                   f"{run['style_error']}.")  # fmt: skip
    _list(run_id)
    _hand_over(run, actor)


def _list(run_id: str) -> None:
    found = reports.files(shell.store(), run_id)
    if found.empty:
        return
    shown = found.assign(state=found["state"].map(_STATE))
    picked = st.dataframe(
        shown, hide_index=True, key="voice_files", on_select="rerun", selection_mode="single-row",
        column_order=["person_id", "state", "hold", "seconds", "file_name"],
        column_config={"person_id": "Person", "state": "State", "hold": "Why not",
                       "seconds": st.column_config.NumberColumn("Seconds", format="%.1f"),
                       "file_name": "File"},
        placeholder="",
        alt="Files of this run",
    )  # fmt: skip
    if len(found) == reports.MOST_FILES:
        st.caption(f"The first {reports.MOST_FILES}; the manifest has all of them.")
    rows = picked.selection.rows
    if rows:
        with shell.told():
            asset = found.iloc[rows[0]]
            st.dataframe(voice_words.check_rows(json.loads(asset["checks"])), hide_index=True,
                         alt="Checks of this file")  # fmt: skip
            st.audio(reports.sound_of(shell.store(), run_id, asset["asset_id"]))


def _hand_over(run: dict[str, Any], actor: str) -> None:
    run_id, is_call = run["run_id"], run["channel"] == "call_snippet"
    purposes = ["dialler"] if is_call else ["video", "link"]
    purpose = st.segmented_control(
        "Hand over for", purposes, default=purposes[0], required=True, key="voice_purpose",
        format_func=voice_words.PURPOSE.__getitem__,
    )  # fmt: skip
    if is_call:
        st.caption("A dialler gets files of those only who agreed in writing to such calls.")

    def package() -> bytes:
        with TemporaryDirectory() as folder:
            path = Path(folder) / f"{run_id}.zip"
            campaign.publish_voice_assets(
                shell.store(), run_id, path, purpose=str(purpose), actor=actor
            )
            return path.read_bytes()

    def manifest() -> bytes:
        told = campaign.voice_manifest(shell.store(), run_id)
        return json.dumps(told, ensure_ascii=False, indent=1).encode()

    with st.container(horizontal=True):
        st.download_button(
            "Files with manifest and captions", data=package, file_name=f"{run_id}.zip",
            on_click="ignore", icon=":material/folder_zip:", disabled=not run["usable"],
            key="voice_zip", type="primary",
        )  # fmt: skip
        st.download_button(
            "Manifest", data=manifest, file_name=f"{run_id}.json", on_click="ignore",
            icon=":material/data_object:", key="voice_manifest",
        )  # fmt: skip
    for each in reports.publications(shell.store(), run_id):
        st.caption(
            f"{words.moment(each['made_at'])}: {words.plural(each['assets'], 'file')} for "
            f"{voice_words.PURPOSE[each['purpose']].lower()}, by {words.plain(each['made_by'])}"
        )
