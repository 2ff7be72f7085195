"""The policy on record: what is in force, since when and by whom, and what each version changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from pages.ui import shell, words
from pages.ui.words import plain
from personalization.reports import policies as reports

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from personalization.reports.policies import Change, Policy, Version

DECISION: Final[Mapping[str, str]] = {
    "pass": "Passes",
    "warn": "Passes, with a note",
    "review": "Needs a reviewer",
    "block": "Blocked",
    "error": "Check failed",
}
ACTION: Final[Mapping[str, str]] = {
    "block": "Blocks",
    "review": "Asks a reviewer",
    "warn": "Leaves a note",
    "off": "Switched off",
}
ENGINE: Final[Mapping[str, str]] = {
    "embedded": "Built-in screener",
    "azure": "Azure AI Content Safety",
}
CATEGORY: Final[Mapping[str, str]] = {
    "hate": "Hate",
    "self_harm": "Self-harm",
    "sexual": "Sexual",
    "violence": "Violence",
}
_KEY: Final[Mapping[str, str]] = {
    "action": "action",
    "patterns": "words that give cause",
    "unless": "words that excuse",
    "unless_near": "words that excuse nearby",
    "weighted": "words and weights",
    "limit": "limit",
    "block_above": "blocks above",
    "review_from": "asks a reviewer from",
}


def broken(message: str) -> None:
    """Say that the policy cannot be read, so that nothing can be screened."""
    st.error(
        f"{plain(message)}\n\nNothing can be screened or sent until it is mended.",
        icon=":material/error:", title="The policy cannot be read",
    )  # fmt: skip


def status(policy: Policy, versions: Sequence[Version], *, file: str) -> None:
    """Say what is in force, and offer it as a file."""
    with st.container(border=True, key="in_force"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.subheader(f"Policy {plain(policy.version)}", anchor=False, width="content")
            st.badge(*_origin(policy, file))
        st.markdown(_since(policy, versions))
        with st.container(horizontal=True, key="policy_files"):
            st.download_button(
                "Download the policy (TOML)", policy.overlay or _EMPTY,
                file_name=f"policy-{policy.version}.toml", mime="application/toml",
                on_click="ignore", icon=":material/download:", key="policy_toml",
                help="What your team's policy says beyond the default. It can be uploaded again.",
            )  # fmt: skip
            st.download_button(
                "Download the default (TOML)", reports.shipped_policy(),
                file_name="policy-default.toml", mime="application/toml", on_click="ignore",
                icon=":material/menu_book:", key="default_toml",
                help="Every rule with its words, as it ships, and how a policy is written.",
            )  # fmt: skip
    if file:
        st.info(
            f"Your settings name the file {plain(file)} as the policy, so it is edited there and "
            "only read here. To edit it in the app, take [safety] policy out of the settings.",
            icon=":material/lock:", title="Kept in a file",
        )  # fmt: skip


_EMPTY: Final = "# Your team's own policy: empty, so the default is in force as it ships.\n"


def _origin(policy: Policy, file: str) -> tuple[str]:
    if file:
        return ("From a file",)
    return ("Your team's own",) if policy.overlay.strip() else ("As it ships",)


def _since(policy: Policy, versions: Sequence[Version]) -> str:
    engine = ENGINE.get(versions[0].engine, versions[0].engine) if versions else ""
    if not versions or versions[0].policy_version != policy.version:
        return (
            "It comes into force with the next screening; nothing has been screened under it yet."
        )
    newest = versions[0]
    note = f" “{plain(newest.note)}”" if newest.note else ""
    how = (
        f", put in force by **{plain(newest.activated_by)}**"
        if newest.is_published
        else ", when the first message was screened under it"
    )
    return (
        f"In force since **{words.moment(newest.activated_at)}**{how}.{note}  \n:gray[Levels of "
        f"harm come from: {plain(engine)}.]"
    )


def history(versions: Sequence[Version]) -> None:
    """List every policy that was in force, with what it changed on the one before."""
    if not versions:
        st.info("No policy has been in force yet: nothing has been screened.")
        return
    st.caption("Nothing here is ever changed or deleted. The newest comes first.")
    for number, version in enumerate(versions):
        label = (
            f"{words.moment(version.activated_at)} · {plain(version.policy_version)} · "
            f"{plain(version.activated_by) if version.is_published else 'with a screening'}"
        )
        with st.expander(f"{label} · in force" if not number else label, expanded=not number):
            st.markdown(f"“{plain(version.note)}”" if version.note else _without_note(version))
            found = reports.changes_of(shell.store(), version.number)
            if found:
                changed(found, key=f"changes_{version.number}")
            else:
                st.caption("The first policy on record.")


def _without_note(version: Version) -> str:
    if version.is_from_file:
        return "Read from the policy file."
    return "Put in force by the program: its rules, its engine or the sender's details changed."


def changed(found: Sequence[Change], *, key: str) -> None:
    """List what differs, one line a change: where, what it was, what it is."""
    st.dataframe(
        [
            {
                "Where": place_of(change.place),
                "Was": change.was if change.was is not None else "",
                "Is": change.now if change.now is not None else "",
            }
            for change in found[:300]
        ],
        hide_index=True, key=key, alt="What changed",
        column_config={
            "Where": st.column_config.TextColumn("Where", width=240),
            "Was": st.column_config.TextColumn("Before", width="medium"),
            "Is": st.column_config.TextColumn("After", width="medium"),
        },
    )  # fmt: skip
    if len(found) > 300:  # noqa: PLR2004
        st.caption(f"{len(found) - 300:,} more.")


def place_of(place: Sequence[str]) -> str:
    """Say where in a policy a change stands: ``urgency.pressure: action``."""
    table, *rest = place
    if table == "thresholds":
        return f"{CATEGORY.get(rest[0], rest[0])}: {_KEY.get(rest[-1], rest[-1])}"
    if table == "rules" and len(rest) > 1:
        return f"{rest[0]}: {', '.join(_KEY.get(key, key.replace('_', ' ')) for key in rest[1:])}"
    return ": ".join([table.capitalize(), *(key.replace("_", " ") for key in rest)])
