"""Looking at the profile: tried on texts, on its examples and on messages, and its versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from pages.ui import shell, words
from pages.ui.words import plain
from personalization import campaign
from personalization.reports import brand as reports

if TYPE_CHECKING:
    from collections.abc import Sequence

    from personalization.domain import BrandProfile
    from personalization.reports.brand import SpokenMessage, Version
    from personalization.reports.campaigns import CampaignState
    from personalization.reports.policies import Change

VERDICT: Final[dict[str, tuple[str, Any, str]]] = {
    "fits": ("Fits", "green", ":material/check:"),
    "tone": ("Sounds unlike us", "orange", ":material/graphic_eq:"),
    "words": ("Another word for it", "orange", ":material/translate:"),
    "breaks": ("Breaks the profile", "red", ":material/block:"),
}
MEASURE: Final = {
    "sentence_words": ("Words a sentence", "{:.1f}"),
    "formality": ("Formal less casual words, of 100", "{:+.1f}"),
    "you_share": ("You, of you and we", "{:.0%}"),
    "exclamations": ("Exclamation marks a sentence", "{:.2f}"),
    "contractions": ("Contractions, of 100 words", "{:.1f}"),
}


def status(versions: Sequence[Version]) -> None:
    """Say which version is in force, whose it is, and why it was saved."""
    if not versions:
        st.info(
            "There is no brand profile yet, so no words are ruled out and no tone is measured. "
            "Write one below, or put a brand.toml beside the content.",
            icon=":material/info:",
        )
        return
    now = versions[0]
    st.caption(
        f"Version {now.version} is in force, saved by {plain(now.saved_by)} on "
        f"{words.moment(now.saved_at)}: {plain(now.note)}"
    )


def trial(profile: BrandProfile) -> None:
    """Take a text, and say line by line what the profile makes of it."""
    text = st.text_area(
        "Text", key="brand_text", height=160, max_chars=5_000,
        placeholder="Paste a subject line, a paragraph or a whole message",
    )  # fmt: skip
    locale = st.selectbox(
        "Language", list(words.LOCALE), format_func=words.LOCALE.__getitem__, key="brand_locale",
        width=240,
    )  # fmt: skip
    if not (text or "").strip():
        st.caption("Each line is judged with its reasons, and the whole text is measured.")
        return
    found = campaign.try_brand(profile, text or "", locale=locale)
    _verdict(found.verdict, found.reason)
    for line in found.lines:
        _line(line)
    _measures(found)


def _verdict(verdict: str, reason: str) -> None:
    label, colour, icon = VERDICT[verdict]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(label, color=colour, icon=icon)
        st.markdown(plain(reason), width="content")


def _line(line: Any) -> None:  # noqa: ANN401
    with st.container(border=True):
        _verdict(line.verdict, line.text)
        for reason in line.reasons:
            st.caption(plain(reason))


def _measures(found: Any) -> None:  # noqa: ANN401
    st.subheader("How it sounds", anchor=False)
    if not found.distances:
        st.caption(
            "The tone cannot be measured: the profile needs three sentences that sound like the "
            "brand, and formality and contractions are counted in English only."
        )
        return
    st.dataframe(
        [_measure(row) for row in found.distances], hide_index=True, key="brand_measures",
        alt="Measures of the text beside the brand's",
    )  # fmt: skip
    st.caption(
        "The brand's range is the least and the most among its own sentences. A distance above 1 "
        "sounds unlike the brand."
    )


def _measure(row: Any) -> dict[str, str]:  # noqa: ANN401
    label, form = MEASURE[row.measure]
    low, high = form.format(row.low), form.format(row.high)
    return {
        "Measure": label,
        "This text": form.format(row.value),
        "The brand": low if low == high else f"{low} to {high}",
        "Distance": f"{row.steps:.1f}",
        "Verdict": "Unlike us" if row.steps > 1 else "Like us",
    }


def samples(profile: BrandProfile) -> None:
    """Show what the profile makes of its own examples, of either kind."""
    found = campaign.judge_brand_samples(profile)
    if not found:
        st.info("The profile has no examples yet. Add some under Profile, Examples.")
        return
    right = sum(sample.is_told for sample in found)
    st.markdown(f"**{right} of {words.plural(len(found), 'example')} judged as given.**")
    left, other = st.columns(2, gap="large")
    for column, is_on_brand, title in ((left, True, "on_brand"), (other, False, "off_brand")):
        with column:
            st.subheader(reports.LABEL[title], anchor=False)
            for sample in found:
                if sample.is_on_brand == is_on_brand:
                    _line(sample.line)
                    if not sample.is_told:
                        st.caption(":orange[The profile does not tell this one.]")


def messages(profile: BrandProfile, state: CampaignState | None) -> None:
    """Hold the campaign's present messages to the profile."""
    if state is None:
        shell.empty_card(
            "Choose a campaign",
            "Its messages are held to the profile here, line by line.",
            page="home",
            label="Campaigns",
        )
        return
    found = reports.messages(shell.store(), state.campaign_id, profile)
    if not found:
        st.info("No messages have been written for this campaign yet.")
        return
    counts = [(name, sum(one.verdict.verdict == name for one in found)) for name in VERDICT]
    said = [f"{VERDICT[name][0].lower()}: {n}" for name, n in counts if n]
    st.markdown(f"**{words.plural(len(found), 'message')}** – {', '.join(said)}.")
    for one in found:
        if one.verdict.verdict != "fits":
            _message(one)
    st.caption("Messages that fit are not listed.")


def _message(one: SpokenMessage) -> None:
    label, _, icon = VERDICT[one.verdict.verdict]
    title = f"{plain(one.segment)}, {words.arm(one.arm)}: {plain(one.subject)} – {label.lower()}"
    with st.expander(title, icon=icon):
        for line in one.verdict.lines:
            if line.verdict != "fits":
                _line(line)


def history(versions: Sequence[Version], actor: str) -> None:
    """List the versions, show what changed between two, and offer to bring one back."""
    if not versions:
        st.info("Nothing was saved yet.")
        return
    known = {version.version: version for version in versions}
    st.dataframe(
        [
            {
                "Version": version.version,
                "Saved": words.moment(version.saved_at),
                "By": version.saved_by,
                "Note": version.note,
            }
            for version in versions
        ],
        hide_index=True, key="brand_versions", alt="Versions of the brand profile",
    )  # fmt: skip
    if len(versions) == 1:
        st.caption("With the second version, what changed between two is shown here.")
        return
    with st.container(horizontal=True):
        older = st.selectbox("From", list(known), index=1, key="brand_older", width=160)
        newer = st.selectbox("To", list(known), index=0, key="brand_newer", width=160)
    changes = reports.profile_changes(known[older].profile, known[newer].profile)
    if changes:
        differences(changes)
    else:
        st.caption("These two say the same.")
    _restore(known[older], versions[0].version, actor)


def _restore(chosen: Version, now: int, actor: str) -> None:
    if chosen.version == now:
        return
    if st.button(f"Bring version {chosen.version} back", icon=":material/history:", key="restore"):
        with shell.told():
            version = campaign.restore_brand_profile(
                shell.store(), shell.settings(), chosen.version, based_on=now, actor=actor
            )
            shell.say(f"Version {version} says again what version {chosen.version} said.")
            st.rerun()


def differences(changes: Sequence[Change]) -> None:
    """List what is gone and what came, a row each."""
    st.dataframe(
        [
            {
                "Where": reports.label_of(change.place),
                "Was": change.was or "–",
                "Is": change.now or "–",
            }
            for change in changes
        ],
        hide_index=True, alt="What differs",
    )  # fmt: skip
