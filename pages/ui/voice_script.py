"""The Scripts view: the files of a campaign, its scripts, and one of them as it is heard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from pages.ui import outreach_words, shell, voice_job, voice_reading, voice_words, words
from personalization import campaign
from personalization.campaign import scripts as names
from personalization.errors import PersonalizationError, StateError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from personalization.campaign import AssetOptions
    from personalization.reports.voice import SpeakableScript

_KIND: Final = {"": "All scripts", "video_script": "Video scripts", "call_snippet": "Call snippets"}


def show(
    scripts: Sequence[SpeakableScript], speaker_id: str, actor: str, *, silent: str = ""
) -> None:
    """Show the view of one campaign, its files first, then the scripts one by one.

    Args:
        scripts: All of the campaign.
        speaker_id: In whose delivery.
        actor: Who looks.
        silent: Name of that speaker if no consent stands, so that nothing may be spoken.
    """
    channel = _channel(scripts)
    kept = [script for script in scripts if channel in ("", script.channel)]
    for_people = [script for script in kept if script.people]
    is_busy = voice_job.show(scripts[0].campaign_id)
    if silent:
        st.warning(
            f"{words.plain(silent)} has to agree before anything is spoken in this delivery, and "
            "no consent stands. Enter it under Consent register, or choose the house voice.",
            icon=":material/how_to_reg:",
        )
    options = None
    if not (is_busy or silent):
        options = _making(for_people, channel, speaker_id, actor)
    st.subheader("Scripts", anchor=False)
    shown = for_people
    if len(for_people) < len(kept):
        idle = len(kept) - len(for_people)
        also = st.toggle(
            f"Also show {words.plural(idle, 'approved script')} that nobody was chosen for",
            value=not for_people, key="voice_idle",
        )  # fmt: skip
        shown = kept if also else for_people
    if shown:
        _one(shown[_picked(shown)], speaker_id, options, actor)


def nothing_yet() -> None:
    """Say how a script comes to be here."""
    shell.empty(
        "No approved script yet",
        "Only approved words are spoken. Plan an outreach campaign with video scripts or call "
        "snippets and approve them there under Texts, or approve the messages of a campaign to "
        "customers under Review. Then they are here.",
        page="outreach",
        label="Go to Outreach",
    )


def _channel(scripts: Sequence[SpeakableScript]) -> str:
    there = {script.channel for script in scripts}
    if len(there) == 1:
        return ""
    chosen = st.segmented_control(
        "Which scripts", [name for name in _KIND if not name or name in there], default="",
        required=True, format_func=_KIND.__getitem__, key="voice_channel",
        label_visibility="collapsed",
    )  # fmt: skip
    return str(chosen or "")


def _making(
    scripts: Sequence[SpeakableScript], channel: str, speaker_id: str, actor: str
) -> AssetOptions | None:
    """Say how many files there are and are missing, and make them; return how they are made."""
    if not scripts:
        st.info(
            "These scripts are approved, and nobody was chosen for them yet. Choose messages on "
            "the Outreach page under Who gets what.",
            icon=":material/person_search:",
        )
        shell.link("outreach", "Go to Outreach")
        return None
    if not scripts[0].is_for_prospects:
        st.caption(
            "Each segment has a message for each group of the test. Choose below the one that is "
            "to be spoken, and make its files."
        )
        return _options()
    people, made, missing, held = (
        sum(getattr(each, name) for each in scripts) for name in ("people", "made", "missing",
                                                                  "held")
    )  # fmt: skip
    with st.container(border=True, key="voice_all"):
        st.markdown(
            f"**{words.plural(people, 'file')} in {words.plural(len(scripts), 'script')}**: one "
            f"for each person whom a script was chosen for. {_standing(made, missing, held)}"
        )
        _waiting_names(scripts[0].campaign_id)
        options = _options()
        if options is None:
            return None
        label = f"Make {words.plural(people, 'file')}"
        if made:
            label = f"Make the {f'{missing:,} missing files' if missing > 1 else 'missing file'}"
        if st.button(
            label if missing else "Make them again where something changed",
            type="primary" if missing else "secondary", icon=":material/graphic_eq:",
            key="voice_make",
            help="Files that are there and still say the same are kept as they are.",
        ):  # fmt: skip
            _start(
                scripts[0].campaign_id, channels=(channel,) if channel else (),
                speaker_id=speaker_id, options=options, actor=actor,
            )  # fmt: skip
    return options


def _standing(made: int, missing: int, held: int) -> str:
    if not made and not held:
        return "None is made yet in this delivery."
    if not missing:
        return "All of them are made in this delivery."
    told = f"{made:,} {'is' if made == 1 else 'are'} made, {missing:,} missing"
    return f"{told}, of which {held:,} could not be made; Files says why." if held else f"{told}."


def _waiting_names(campaign_id: str) -> None:
    with shell.told():
        held = names.held_names(shell.store(), campaign_id)
        if held:
            people = sum(name.people for name in held)
            st.warning(
                f"{words.plural(len(held), 'name')} cannot be said for sure, so "
                f"{words.plural(people, 'person gets', 'people get')} no file yet. Say how under "
                "Names to check.",
                icon=":material/record_voice_over:",
            )


def _start(campaign_id: str, *, variant_id: str = "", **wanted: Any) -> None:  # noqa: ANN401
    """Start the job and draw the page again, where it shows its progress."""
    one = {"variant_id": variant_id} if variant_id else {}
    begin = campaign.start_making_voice if one else campaign.start_making_campaign_voice
    try:
        begin(shell.jobs(), shell.store(), shell.settings(), campaign_id, **one, **wanted)
    except StateError as error:
        shell.say(str(error))
    st.rerun()


def _options() -> AssetOptions | None:
    """Draw how files are made, and return it; None where it may not be so, which is told."""
    voice = shell.settings().voice
    with st.expander("How files are made", icon=":material/tune:"):
        channels = st.segmented_control(
            "Channels", [1, 2], default=1, required=True, key="voice_channels",
            format_func={1: "Mono, −19 LUFS", 2: "Stereo, −16 LUFS"}.__getitem__,
        )  # fmt: skip
        forms = st.pills(
            "Beside WAV", ["mp3", "opus"], selection_mode="multi", default=list(voice.formats),
            key="voice_forms",
        )  # fmt: skip
        is_spliced = st.toggle(
            "Say only what is personal anew", value=True, key="voice_spliced",
            help="The rest is the same sound in every file, so it is heard and checked once.",
        )  # fmt: skip
        has_line = st.toggle(
            "The voice says that it is AI-generated", value=True, key="voice_line",
            help="Captions, tags and the manifest say so in any case.",
        )  # fmt: skip
        why = ""
        if not has_line:
            why = st.text_input(
                "Why listeners are told otherwise", key="voice_why", max_chars=300,
                help="It stands in the record. Only those may leave the sentence out whom the "
                "settings name as compliance officers.",
            )  # fmt: skip
    try:
        return campaign.AssetOptions.of(
            voice, channels=int(channels or 1), forms=("wav", *(forms or ())),
            is_spliced=is_spliced, has_disclosure=has_line, why_not=why or "",
        )  # fmt: skip
    except PersonalizationError as error:
        st.error(words.plain(str(error)), icon=":material/error:")
        return None


def _picked(scripts: Sequence[SpeakableScript]) -> int:
    """Draw the list, and return the position of the row that is selected."""
    has_languages = len({script.locale for script in scripts}) > 1
    has_kinds = len({script.kind for script in scripts}) > 1
    rows = [
        {
            "Written for": voice_words.reader(
                script.segment, is_for_prospects=script.is_for_prospects
            ),
            "Script": voice_words.CHANNEL.get(script.channel, script.channel),
            "Manner": voice_words.manner(script.arm, is_for_prospects=script.is_for_prospects),
            "Language": outreach_words.LOCALE.get(script.locale, script.locale),
            "Message": outreach_words.KIND.get(script.kind, ""),
            "People": script.people, "Made": script.made, "Held or failed": script.held,
        }
        for script in scripts
    ]  # fmt: skip
    number = st.column_config.NumberColumn
    found = st.dataframe(
        rows, hide_index=True, key=f"voice_scripts_{scripts[0].campaign_id}", on_select="rerun",
        selection_mode="single-row-required", height=min(35 * len(rows) + 38, 330),
        alt="Scripts of this campaign",
        column_order=[
            name for name in rows[0]
            if (name != "Language" or has_languages) and (name != "Message" or has_kinds)
        ],
        column_config={
            "People": number(format="localized", width=80),
            "Made": number(format="localized", width=80, help="Files in this delivery."),
            "Held or failed": number(format="localized", width=110,
                                     help="When they were last tried; Files says why."),
        },
    )  # fmt: skip
    chosen = found.selection.rows
    return min(chosen[0], len(rows) - 1) if chosen else 0


def _one(
    script: SpeakableScript, speaker_id: str, options: AssetOptions | None, actor: str
) -> None:
    """Draw one script: what it is, how a person hears it, and its files alone."""
    st.subheader(voice_words.script(script), anchor=False)
    manner = voice_words.manner(script.arm, is_for_prospects=script.is_for_prospects)
    kind = f"{outreach_words.KIND[script.kind]} · " if script.kind in outreach_words.KIND else ""
    language = outreach_words.LOCALE.get(script.locale, script.locale)
    st.caption(
        f"{kind}{manner} · {language} · approved, version {script.version} · "
        f"{words.plural(script.people, 'person', 'people')}"
    )
    if not script.people:
        st.info("This script is for nobody yet: choose messages on the Outreach page.",
                icon=":material/person_search:")  # fmt: skip
        return
    is_wanted = voice_reading.show(script, speaker_id, actor, may_make=options is not None)
    if is_wanted and options is not None:
        _start(
            script.campaign_id, variant_id=script.variant_id, speaker_id=speaker_id,
            options=options, actor=actor,
        )  # fmt: skip
