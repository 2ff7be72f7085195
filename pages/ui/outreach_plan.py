"""Planning an outreach campaign: to whom, where, in which tones, and how often."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.ui import outreach_words as told
from pages.ui import shell, words
from personalization import campaign
from personalization.domain import OUTREACH_KINDS, OutreachPlan
from personalization.reports import outreach as reports

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def _pick(
    label: str, options: Mapping[str, str], default: Sequence[str], key: str
) -> tuple[str, ...]:
    return tuple(
        st.pills(
            label, [name for name in options if name], selection_mode="multi",
            default=list(default),
            format_func=options.__getitem__, key=key, wrap=True,
        )
    )  # fmt: skip


def form(bases: Sequence[Mapping[str, Any]], actor: str) -> None:
    """Ask for a plan, and create its campaign."""
    names = {base["dataset_id"]: base for base in bases}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input(
            "Name", key="outreach_name", width=320, placeholder="Company gifting, autumn",
            max_chars=80,
        )  # fmt: skip
        base = st.selectbox(
            "Prospects", list(names), key="outreach_base", width=320,
            format_func=lambda one: (
                f"{names[one]['name']} ({words.count(names[one]['prospects'])})"
            ),
        )  # fmt: skip
    chosen: dict[str, Any] = {
        "channels": _pick("Channels", told.CHANNEL, ["cold_email", "linkedin_note"],
                          "plan_channels"),
        "roles": _pick("Written for", told.READER, ["c_suite", "sales", "marketing", "other"],
                       "plan_roles"),
        "tones": _pick("Tones", told.TONE, ["professional", "friendly"], "plan_tones"),
        "angles": _pick("What a message leads with", told.ANGLE, ["outcome", "proof", "news"],
                        "plan_angles"),
        "kinds": _pick("Messages of the sequence", told.KIND, OUTREACH_KINDS, "plan_kinds"),
        "lengths": _pick("Length", told.LENGTH, ["short"], "plan_lengths"),
        "locales": _pick("Languages", told.LOCALE, ["en-GB"], "plan_locales"),
    }  # fmt: skip
    _languages(str(base))
    texts = 1
    for name_of in ("channels", "roles", "tones", "angles", "kinds", "lengths", "locales"):
        texts *= len(chosen[name_of])
    st.caption(
        f"At most {words.plural(texts, 'text')} to read, whatever the number of prospects: each "
        "one's own words are filled in. A text that leads with news goes to those of whom a cited "
        "fact is known."
    )
    if st.button("Create the campaign", type="primary", key="outreach_create"):
        _create(str(name or ""), str(base), chosen, actor)


def _languages(dataset_id: str) -> None:
    """Say which languages the base reads, and what to do for one that is not offered."""
    people = reports.languages_of(shell.store(), dataset_id)
    offered = {locale[:2] for locale in told.LOCALE}
    parts = [
        f"{told.LANGUAGE.get(language, words.plain(language))} {n:,}"
        for language, n in people.items()
    ]
    if parts:
        st.caption(f"What these prospects read: {', '.join(parts)}.")
    if missing := [
        told.LANGUAGE.get(one, words.plain(one)) for one in people if one not in offered
    ]:
        st.caption(
            f"The embedded writer has no {' or '.join(missing)}. Texts in it take a hosted writer "
            "with approved content in the language, or a template of your own (`MessageTemplate` "
            "in Python)."
        )


def _create(name: str, dataset_id: str, chosen: Mapping[str, Any], actor: str) -> None:
    with shell.told():
        campaign_id = campaign.create_outreach(
            shell.store(), shell.settings(), dataset_id, name=name, plan=OutreachPlan(**chosen),
            actor=actor, request_id=shell.request_id("outreach"),
        )  # fmt: skip
        shell.fulfilled("outreach")
        campaign.start_writing_skeletons(
            shell.jobs(), shell.store(), shell.settings(), campaign_id, actor=actor
        )
        st.session_state["outreach_wanted"] = campaign_id
        st.rerun()
