"""Planning an outreach campaign: to whom, where, in which tones, and how often."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.ui import outreach_words as told
from pages.ui import shell, words
from personalization import campaign
from personalization.domain import OUTREACH_KINDS, OutreachPlan
from personalization.reports import outreach_bases as reports

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def form(bases: Sequence[Mapping[str, Any]], actor: str) -> None:
    """Ask for a plan, and create its campaign."""
    names = {base["dataset_id"]: base for base in bases}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input(
            "Name", key="outreach_name", width=240, placeholder="Company gifting, autumn",
            max_chars=80,
        )  # fmt: skip
        base = st.selectbox(
            "Prospects", list(names), key="outreach_base", width=380,
            format_func=lambda one: (
                f"{names[one]['name']} ({words.count(names[one]['prospects'])})"
            ),
        )  # fmt: skip
        sender = st.text_input(
            "Who writes and calls", key="outreach_sender", width=260, max_chars=60,
            placeholder=f"The trade team at {shell.settings().brand.name}",
            help="The name below letters, and the one that is said in films and on the phone. "
            "Empty: the trade team.",
        )  # fmt: skip
    chosen = _chosen(str(base))
    texts = prod(len(names_of) for names_of in chosen.values())
    st.caption(
        f"At most {words.plural(texts, 'text')} to read, whatever the number of prospects: each "
        "one's own words are filled in. A text that leads with news goes to those of whom a cited "
        "fact is known."
    )
    if st.button("Create the campaign", type="primary", key="outreach_create"):
        chosen["sign_off"] = str(sender or "").strip()
        _create(str(name or ""), str(base), chosen, actor)


def _chosen(dataset_id: str) -> dict[str, Any]:
    """Ask what is written, with what the base holds beside it."""
    people = reports.roles_of(shell.store(), dataset_id)
    read = reports.languages_of(shell.store(), dataset_id)
    offered = campaign.outreach_languages(shell.store(), shell.settings())
    locales = {one: name for one, name in told.LOCALE.items() if one[:2] in offered}
    first = {one[:2]: one for one in reversed(locales)}
    chosen: dict[str, Any] = {
        "channels": _pick("Channels", told.CHANNEL, ["cold_email", "linkedin_note"],
                          "plan_channels"),
        "roles": _pick(
            "Written for", {role: f"{name} ({people.get(role, 0):,})"
                            for role, name in told.READER.items()},
            reports.worth_writing_for(people), f"plan_roles_{dataset_id}",
            help_text="How many of the base may be written to stands beside each. Whoever has a "
            "role that is not chosen gets the texts for ‘Other’.",
        ),
        "tones": _pick("Tones", told.TONE, ["professional", "friendly"], "plan_tones"),
        "angles": _pick("What a message leads with", told.ANGLE, ["outcome", "proof", "news"],
                        "plan_angles"),
        "kinds": _pick("Messages of the sequence", told.KIND, OUTREACH_KINDS, "plan_kinds"),
        "lengths": _pick("Length", told.LENGTH, ["short"], "plan_lengths"),
        "locales": _pick(
            "Languages", {one: f"{name} ({read[one[:2]]:,})"
                          if one[:2] in read and first[one[:2]] == one else name
                          for one, name in locales.items()},
            [one for language in read for one in locales if one[:2] == language][:1]
            or list(locales)[:1], f"plan_locales_{dataset_id}",
            help_text="How many read the language stands beside it, where it is known. Whoever "
            "reads English gets the English that is chosen.",
        ),
    }  # fmt: skip
    _others(read, offered, chosen["locales"])
    _without_consent(dataset_id, chosen["channels"])
    return chosen


def _without_consent(dataset_id: str, channels: Sequence[str]) -> None:
    """Say before anything is written where the law lets nobody be written to unasked."""
    found = campaign.consent_countries(shell.store(), shell.settings(), dataset_id, channels)
    by_countries: dict[tuple[tuple[str, int], ...], list[str]] = {}
    for channel, countries in found.items():
        if countries:
            by_countries.setdefault(countries, []).append(told.CHANNEL[channel])
    for countries, names in by_countries.items():
        listed = [f"{code or 'country unknown'} ({n:,})" for code, n in countries]
        st.caption(
            f"{words.listed(names)}: only with a consent on file, or held, in "
            f"{words.plain(words.listed(listed))}."
        )


def _pick(
    label: str, options: Mapping[str, str], default: Sequence[str], key: str, *, help_text: str = ""
) -> tuple[str, ...]:
    return tuple(
        st.pills(
            label, [name for name in options if name], selection_mode="multi",
            default=list(default), format_func=options.__getitem__, key=key, wrap=True,
            help=help_text or None,
        )
    )  # fmt: skip


def _others(read: Mapping[str, int], offered: Sequence[str], chosen: Sequence[str]) -> None:
    """Say what readers of other languages get, and what it takes to write in theirs."""
    missing = [
        f"{told.LANGUAGE.get(one, words.plain(one))} ({n:,})"
        for one, n in read.items() if one not in offered
    ]  # fmt: skip
    if not missing:
        return
    first = told.LOCALE[chosen[0]] if chosen else "the first language that you choose"
    st.caption(
        f"No texts can be written in {words.listed(missing, 'or')}: whoever reads it gets {first}. "
        "To write in it, approve content for outreach in the language and connect a hosted writer, "
        "or word a template of your own (`MessageTemplate` in Python)."
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
