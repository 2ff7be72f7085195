"""The Files view: how a campaign's files stand now, listening to one, and handing them over."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from pages.ui import shell, voice_words, words
from personalization import campaign
from personalization.reports import voice as reports

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

_STATE: Final = {"ready": "Ready", "held": "Held", "failed": "Failed"}
_ALL: Final = "all"
_NONE: Final = "no file: "

Runs = list[dict[str, Any]]


def show(runs: Runs, actor: str) -> None:
    """Choose whose files, look at them, and hand over what may be used."""
    if not runs:
        shell.empty_card(
            "No files yet",
            "Make a campaign's files under Scripts; they are listed here with what holds each "
            "back.",
        )
        return
    chosen = _chosen(runs)
    if not chosen:
        return
    with st.container(horizontal=True):
        for label, name, note in (
            ("Ready", "usable", "They may be used now."),
            ("Held", "on_hold", "Something stands against using them now; the reasons are below."),
            ("Failed", "failed", "The voice broke off. Make the missing files to try again."),
        ):
            st.metric(label, words.count(sum(run[name] for run in chosen)), border=True,
                      width=118, help=note)  # fmt: skip
    ids = [run["run_id"] for run in chosen]
    _reasons(ids)
    _list(chosen, ids, _state(chosen))
    _hand_over(chosen, actor)


def _chosen(runs: Runs) -> Runs:
    """Ask for a campaign, what is spoken and in whose delivery; return one run of each script."""
    groups: dict[tuple[str, bool, str], Runs] = {}
    for run in runs:
        is_call = run["channel"] == "call_snippet"
        groups.setdefault((run["campaign_id"], is_call, run["speaker_id"]), []).append(run)
    order = sorted(groups, key=lambda one: not any(run["usable"] for run in groups[one]))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        group = st.selectbox(
            "Files of", order, key="voice_group", width=520,
            format_func=lambda one: _group(groups[one][0]),
        )  # fmt: skip
        of_group = groups[group]
        best = reports.best_runs(of_group)
        known = {run["run_id"]: run for run in of_group}
        one = _ALL
        if len(of_group) > 1:
            one = st.selectbox(
                "Made", [_ALL, *known], key="voice_run", width=420,
                format_func=lambda each: (
                    f"All {words.plural(len(best), 'script')}, newest files" if each == _ALL
                    else _run(known[each])
                ),
            )  # fmt: skip
    return best if one == _ALL else [known[one]] if one in known else []


def _group(run: dict[str, Any]) -> str:
    what = "call snippets" if run["channel"] == "call_snippet" else (
        "video scripts" if run["channel"] == "video_script" else "e-mails, read out"
    )  # fmt: skip
    return f"{run['campaign']} · {what} · {run['speaker']}"


def _run(run: dict[str, Any]) -> str:
    is_outreach = run["channel"] != "email"
    whom = voice_words.reader(run["segment"], is_for_prospects=is_outreach)
    manner = voice_words.manner(run["arm"], is_for_prospects=is_outreach)
    return f"{words.moment(run['made_at'])} · {whom} · {manner} · {run['ready']:,} files"


def _reasons(ids: Sequence[str]) -> None:
    found = reports.holds(shell.store(), ids)
    if not found:
        return
    with st.expander(
        f"Why {words.plural(sum(row['files'] for row in found), 'file')} cannot be used",
        icon=":material/pause_circle:", expanded=len(found) <= 3,  # noqa: PLR2004
    ):  # fmt: skip
        for row in found:
            st.markdown(
                f"- **{words.plural(row['files'], 'file')}** {_STATE[row['state']].lower()}: "
                f"{words.plain(row['hold'])}"
            )


def _state(chosen: Runs) -> str:
    """Ask which files are listed, where they stand differently."""
    counts = {"ready": "usable", "held": "on_hold", "failed": "failed"}
    there = [name for name, count in counts.items() if any(run[count] for run in chosen)]
    if len(there) < 2:  # noqa: PLR2004
        return ""
    names = {"": "All"} | _STATE
    return str(st.segmented_control(
        "Which files", ["", *there], default="", required=True, key="voice_state",
        format_func=names.__getitem__, label_visibility="collapsed",
    ) or "")  # fmt: skip


def _list(chosen: Runs, ids: Sequence[str], state: str) -> None:
    found = reports.files(shell.store(), ids, state=state)
    if found.empty:
        return
    scripts = {run["run_id"]: _script(run) for run in chosen}
    shown = found.assign(
        state=found["state"].map(_STATE), script=found["run_id"].map(scripts),
        who=found["name"].where(found["name"] != "", found["person_id"]),
    )  # fmt: skip
    columns = ["who", "company", "state", "hold", "seconds", "script", "person_id"]
    empty = {name for name in ("hold", "company") if not found[name].any()}
    picked = st.dataframe(
        shown, hide_index=True, key="voice_files", on_select="rerun", selection_mode="single-row",
        height=min(35 * len(shown) + 38, 400),
        column_order=[name for name in columns if name not in empty],
        column_config={"who": "Person", "company": "Company", "state": "State",
                       "hold": st.column_config.TextColumn("Why not", width="medium"),
                       "seconds": st.column_config.NumberColumn("Seconds", format="%.1f",
                                                                width=80),
                       "script": "Script", "person_id": "Number"},
        placeholder="",
        alt="Files with whom they are for",
    )  # fmt: skip
    if len(found) == reports.MOST_FILES:
        st.caption(f"The first {reports.MOST_FILES}; the manifest has all of them.")
    rows = picked.selection.rows
    if rows and rows[0] < len(found):
        _file(found.iloc[rows[0]])
    else:
        st.caption("Choose a row to listen to its file and to see its checks.")


def _script(run: dict[str, Any]) -> str:
    is_outreach = run["channel"] != "email"
    whom = voice_words.reader(run["segment"], is_for_prospects=is_outreach)
    return f"{whom}: {voice_words.manner(run['arm'], is_for_prospects=is_outreach)}"


def _file(asset: pd.Series[Any]) -> None:
    """Let one file be listened to, with what it was held to."""
    with shell.told(), st.container(border=True, key="voice_file"):
        company = f", {words.plain(asset['company'])}" if asset["company"] else ""
        st.markdown(f"**{words.plain(asset['name'] or asset['person_id'])}**{company}")
        if asset["hold"]:
            st.warning(words.plain(asset["hold"]), icon=":material/pause_circle:")
        else:
            st.audio(reports.sound_of(shell.store(), asset["run_id"], asset["asset_id"]))
            st.caption(f"File: {words.plain(asset['file_name'])}")
        if checks := json.loads(asset["checks"]):
            st.dataframe(voice_words.check_rows(checks), hide_index=True,
                         alt="Checks of this file")  # fmt: skip


def _hand_over(chosen: Runs, actor: str) -> None:
    run_id, *others = (run["run_id"] for run in chosen)
    is_call = chosen[0]["channel"] == "call_snippet"
    st.subheader("Hand over", anchor=False)
    purposes = ["dialler"] if is_call else ["video", "link"]
    purpose = st.segmented_control(
        "Hand over for", purposes, default=purposes[0], required=True, key="voice_purpose",
        format_func=voice_words.PURPOSE.__getitem__,
    )  # fmt: skip
    if is_call:
        st.caption("A dialler gets files of those only who agreed in writing to such calls.")
    stem = voice_words.file_stem(chosen[0]["campaign"], chosen[0]["channel"])

    def package() -> bytes:
        with TemporaryDirectory() as folder:
            path = Path(folder) / f"{stem}.zip"
            campaign.publish_voice_assets(
                shell.store(), run_id, path, purpose=str(purpose), actor=actor, others=others
            )
            return path.read_bytes()

    def manifest() -> bytes:
        told = campaign.voice_manifest(shell.store(), run_id, others=others)
        return json.dumps(told, ensure_ascii=False, indent=1).encode()

    usable = sum(run["usable"] for run in chosen)
    with st.container(horizontal=True):
        st.download_button(
            f"Download {words.plural(usable, 'file')} with manifest and captions" if usable
            else "No file may be used now", data=package,
            file_name=f"{stem}.zip", on_click="ignore", icon=":material/folder_zip:",
            disabled=not usable, key="voice_zip", type="primary",
        )  # fmt: skip
        st.download_button(
            "Manifest", data=manifest, file_name=f"{stem}.json", on_click="ignore",
            icon=":material/data_object:", key="voice_manifest",
        )  # fmt: skip
    _looked_at(chosen)
    for each in reports.publications(shell.store(), [run_id, *others]):
        st.caption(
            f"{words.moment(each['made_at'])}: {words.plural(each['assets'], 'file')} for "
            f"{voice_words.PURPOSE[each['purpose']].lower()}, by {words.plain(each['made_by'])}"
        )


def _looked_at(chosen: Runs) -> None:
    """Say how many files were listened to by a recogniser, and measured."""
    told = chosen[0]["alignment"]
    if not told:
        return
    each = " of each script" if len(chosen) > 1 else ""
    if told.startswith(_NONE):
        st.caption(f"No recogniser listened: {words.plain(told.removeprefix(_NONE))}.")
    else:
        st.caption(f"A recogniser looked for the script's words in {words.plain(told)}{each}.")
    style = chosen[0]["style_error"]
    if not style.startswith(_NONE):
        st.caption(f"The delivery of {words.plain(style)}{each} was compared with the recording.")
