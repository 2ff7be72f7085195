"""Changing the brand's profile: by sections, with what the change does said before it is saved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from pages.ui import brand_views, shell, words
from pages.ui.words import plain
from personalization import campaign
from personalization.errors import InputError
from personalization.reports import brand as reports

if TYPE_CHECKING:
    from personalization.domain import BrandProfile

_SECTIONS: Final = ("Voice", "Words", "Examples", "E-mail design")
_COLOURS: Final = ("accent", "on_accent", "background", "surface", "text")
_PAIR: Final = "="


def editor(profile: BrandProfile, actor: str) -> None:
    """Show the profile by sections, and below what a change would do."""
    key = f"brand_{profile.version}"
    told: dict[str, Any] = {}
    voice, vocabulary, examples, design = st.tabs(_SECTIONS, key=f"{key}_tabs")
    with voice:
        told |= _voice(profile, key)
    with vocabulary:
        told |= _words(profile, key)
    with examples:
        told |= _examples(profile, key)
    with design:
        told["design"] = _design(profile, key)
    with shell.told():
        _offer_to_save(profile, campaign.read_brand_profile(told), actor)


def _voice(profile: BrandProfile, key: str) -> dict[str, Any]:
    personality = st.text_area(
        "Who is speaking", value=profile.personality, key=f"{key}_personality", height=120,
        help="In a few sentences. Writers are told this word for word.",
    )  # fmt: skip
    left, right = st.columns(2, gap="large")
    with left:
        do = _list("What we do", profile.do, f"{key}_do")
    with right:
        dont = _list("What we never do", profile.dont, f"{key}_dont")
    st.caption(
        "Both lists are for writers and reviewers to read; no program checks them. What is to be "
        "checked goes under Words."
    )
    return {"personality": personality or "", "do": do, "dont": dont}


def _words(profile: BrandProfile, key: str) -> dict[str, Any]:
    left, right = st.columns(2, gap="large")
    with left:
        forbidden = _list(
            "Forbidden words, one a line", profile.forbidden, f"{key}_forbidden", height=260
        )
        st.caption("A message with one of them is blocked. ‘cheap’ finds ‘cheapest’ too.")
    with right:
        pairs = [f"{own} {_PAIR} {other}" for own, other in profile.vocabulary]
        vocabulary = _list(
            f"Our word {_PAIR} what we do not say", tuple(pairs), f"{key}_vocabulary", height=260
        )
        st.caption("Reviewers are told where a message says the other word.")
    return {"forbidden": forbidden, "vocabulary": [_pair(line) for line in vocabulary]}


def _pair(line: str) -> list[str]:
    own, _, other = line.partition(_PAIR)
    return [own.strip(), other.strip()]


def _examples(profile: BrandProfile, key: str) -> dict[str, Any]:
    left, right = st.columns(2, gap="large")
    with left:
        on_brand = _list("Sounds like us", profile.on_brand, f"{key}_on", height=260)
        st.caption("Writers imitate these, and the tone of texts is measured by them.")
    with right:
        off_brand = _list("Does not sound like us", profile.off_brand, f"{key}_off", height=260)
        st.caption("Each of them has to be told apart by the profile; Examples shows how.")
    return {"on_brand": on_brand, "off_brand": off_brand}


def _design(profile: BrandProfile, key: str) -> dict[str, str]:
    design, told = profile.design, {}
    with st.container(horizontal=True):
        for name in _COLOURS:
            told[name] = st.color_picker(
                reports.LABEL[name], value=getattr(design, name), key=f"{key}_{name}", width=130
            )
    for name, label, help_text in (
        ("font", "Fonts", "Fonts that mail programs have, the last one serif or sans-serif."),
        ("logo_url", "Address of the logo", "Empty: the brand's name stands there in words."),
        ("logo_alt", "Words for the logo", "Read out to people who do not see it."),
    ):
        told[name] = st.text_input(
            label, value=getattr(design, name), key=f"{key}_{name}", help=help_text
        ) or ""  # fmt: skip
    return told


def _list(label: str, lines: tuple[str, ...], key: str, *, height: int = 200) -> list[str]:
    found = st.text_area(label, value="\n".join(lines), key=key, height=height)
    return [line for line in (found or "").splitlines() if line.strip()]


def _offer_to_save(known: BrandProfile, new: BrandProfile, actor: str) -> None:
    changes = reports.profile_changes(known, new)
    if not changes:
        st.caption("Change anything above; what it would do is shown here before it is saved.")
        return
    found = campaign.check_brand_profile(shell.store(), shell.settings(), new)
    with st.container(border=True, key="brand_change"):
        st.markdown(f"**{words.plural(len(changes), 'change')}, not saved yet**")
        brand_views.differences(changes)
        st.caption(
            "Once it is saved, every message that has not gone out has to be screened by the new "
            "profile before it can; until then nothing is approved or exported."
        )
        for fault in found.faults:
            st.error(plain(fault), icon=":material/block:")
        for doubt in found.doubts:
            st.warning(plain(doubt), icon=":material/help:")
        if not found.faults:
            _save(known, new, has_doubts=bool(found.doubts), actor=actor)


def _save(known: BrandProfile, new: BrandProfile, *, has_doubts: bool, actor: str) -> None:
    note = st.text_input(
        "What was changed, and why", key=f"brand_note_{known.version}", max_chars=300
    )
    confirmed = not has_doubts or st.checkbox(
        "I have read this and want it all the same", key=f"brand_sure_{known.version}"
    )
    if not st.button(
        "Save as a new version", type="primary", icon=":material/save:", key="save_brand"
    ):
        return
    if not confirmed:
        raise InputError("Read what is asked above, and confirm it, or change the profile.")
    version = campaign.save_brand_profile(
        shell.store(), shell.settings(), new, based_on=known.version, actor=actor,
        note=note or "", is_confirmed=confirmed,
    )  # fmt: skip
    shell.say(f"Version {version} of the brand profile is in force.")
    st.rerun()
