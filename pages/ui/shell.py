"""The frame around every page: menu, campaign, person, steps, and how an error is told.

A page begins with ``ctx = shell.enter("its key")``.  Streamlit runs a file in ``pages/`` by
itself, without ``app.py``, when the first request after a start is a deep link; ``enter`` notices
and runs the frame first, so no page is ever shown without it.
"""

from __future__ import annotations

import contextvars
import os
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn
from uuid import uuid4

import streamlit as st
from streamlit import config

from pages.ui import words
from pages.ui.menu import PAGES, STEPS
from personalization import campaign
from personalization.domain import is_program
from personalization.errors import PersonalizationError
from personalization.jobs import JobRunner
from personalization.reports import campaigns as reports
from personalization.settings import Settings, database_path, settings_in_force
from personalization.store import Store, open_store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streamlit.navigation.page import Page

    from personalization.reports.campaigns import CampaignState


_SPEC: Final = {page.key: page for page in PAGES}
_ICON: Final = str(Path(__file__).parent / "icon.png")

_is_framed = contextvars.ContextVar("is_framed", default=False)


@st.cache_resource(show_spinner=False)
def store() -> Store:
    """Open the database once for all sessions; PERSONALIZATION_DB names another file."""
    return open_store(database_path(), heads=settings().audit.heads)


@st.cache_resource(show_spinner=False)
def jobs() -> JobRunner:
    """Start the one thread pool for long work."""
    return JobRunner(store())


@st.cache_resource(show_spinner=False)
def settings() -> Settings:
    """Read the settings once; PERSONALIZATION_SETTINGS names another file than settings.toml."""
    return settings_in_force()


@st.cache_resource(show_spinner=False)
def read_content() -> None:
    """Bring the content folder into the store, once a process; the library can read it again."""
    campaign.import_content(store(), settings(), actor="system")


@dataclass(frozen=True, slots=True)
class Context:
    """What every page knows: the person, and the campaign that the address names, if any."""

    actor: str
    campaign: CampaignState | None

    def need_campaign(self) -> CampaignState:
        """Return the campaign; where none is chosen, say what to do and end the page."""
        if self.campaign is None:
            empty(
                "Choose a campaign",
                "This page shows one campaign at a time. Pick one in the menu on the left, "
                "or start a new one.",
                page="home",
                label="Go to campaigns",
            )
        return self.campaign


def run_app() -> None:
    """Draw the frame, then run the page that was asked for."""
    token = _is_framed.set(True)
    try:
        _frame().run()
    finally:
        _is_framed.reset(token)


def enter(key: str) -> Context:
    """Begin a page: frame, title, steps, and what was left to say by the run before."""
    if not _is_framed.get():
        _frame()  # leaves the folder mode of Streamlit for the whole process
        if not config.get_option("global.appTest"):
            st.rerun()  # again through app.py, so that widgets keep their identity
    spec = _SPEC[key]
    state = _chosen()
    if key in dict(STEPS):
        _step_bar(key, state)
    st.title(spec.title, anchor=False)
    if state is not None and key != "incidents":
        _hold_banner(state)
    if said := st.session_state.pop("_said", None):
        st.toast(words.plain(said), icon=":material/check:")
    return Context(actor(), state)


def _hold_banner(state: CampaignState) -> None:
    """Say on every page of a held campaign that it is held, by what, and where it is released."""
    held = reports.holds_of(store(), state.campaign_id)
    if not held:
        return
    told = "; ".join(
        f"‘{words.plain(hold['title'])}’, by {words.plain(hold['held_by'])} since "
        f"{words.moment(hold['held_at'])}" for hold in held
    )  # fmt: skip
    st.error(
        f"Nothing of {words.plain(state.name)} may go out, and nothing of it can be approved, "
        f"until it is released: {told}.",
        icon=":material/pause_circle:", title="On hold",
    )  # fmt: skip
    link("incidents", "Open the incidents")


def actor() -> str:
    """Return who is at the screen, as every decision will be signed."""
    typed = str(st.session_state.get("acting_as") or "").strip()
    return typed if typed and not is_program(typed) else _local_user()


def _local_user() -> str:
    """Return the name under which the computer itself is known; never that of a program."""
    name = os.environ.get("PERSONALIZATION_USER", "").strip()
    return name if name and not is_program(name) else "Local user"


def say(text: str) -> None:
    """Show ``text`` as a toast when the page is next drawn, even after a rerun or a switch."""
    st.session_state["_said"] = text


def request_id(action: str, of: str = "") -> str:
    """Return the id of a request, the same until it is ``fulfilled``, so that it counts once.

    Args:
        action: What is asked for.
        of: The campaign it is asked for, so that no campaign is taken for another.
    """
    return str(st.session_state.setdefault(f"request_{action}_{of}", uuid4().hex))


def fulfilled(action: str, of: str = "") -> None:
    """Forget the id of a request that succeeded; the next click is a request of its own."""
    st.session_state.pop(f"request_{action}_{of}", None)


@contextmanager
def told() -> Iterator[None]:
    """Show an expected error as it is worded, and let any other rise."""
    try:
        yield
    except PersonalizationError as error:
        st.error(words.plain(str(error)), icon=":material/error:", title="That did not work")


def empty(title: str, text: str, *, page: str | None = None, label: str = "") -> NoReturn:
    """Say why there is nothing here and where to go, and end the page."""
    empty_card(title, text, page=page, label=label)
    st.stop()


def empty_card(title: str, text: str, *, page: str | None = None, label: str = "") -> None:
    """Say why there is nothing here and where to go; the page goes on."""
    with st.container(border=True, horizontal_alignment="center", key="empty"):
        st.space("small")
        st.subheader(title, anchor=False, text_alignment="center")
        st.markdown(text, text_alignment="center")
        if page:
            link(page, label)
        st.space("small")


def link(page: str, label: str, campaign_id: str | None = None) -> None:
    """Draw a link to a page, for the campaign named or else for the one that is chosen."""
    chosen = campaign_id or st.session_state.get("campaign_id")
    st.page_link(
        _SPEC[page].file,
        label=label,
        icon=":material/arrow_forward:",
        icon_position="right",
        query_params={"campaign": chosen} if chosen else None,
    )


def go(page: str, campaign_id: str | None = None) -> NoReturn:
    """Open a page, for the campaign named or else for the one that is chosen."""
    chosen = campaign_id or st.session_state.get("campaign_id")
    st.session_state["campaign_id"] = chosen
    st.switch_page(_SPEC[page].file, query_params={"campaign": chosen} if chosen else None)


def begin(page: str) -> NoReturn:
    """Open a page with no campaign chosen."""
    st.session_state["campaign_id"] = None
    st.switch_page(_SPEC[page].file)


def _pages() -> dict[str, list[Page]]:
    menu: dict[str, list[Page]] = {}
    for page in PAGES:
        menu.setdefault(page.section, []).append(
            st.Page(
                page.file,
                title=page.title,
                icon=f":material/{page.icon}:",
                url_path=page.key,
                default=page.key == "home",
                help=page.help,
            )
        )
    return menu


def _frame() -> Page:
    st.set_page_config(page_title="Personalization", page_icon=_ICON, layout="wide")
    page = st.navigation(_pages(), expanded=True)
    st.logo(_ICON, size="large")
    with st.sidebar:
        _campaign_picker()
        _person()
    return page


def _chosen() -> CampaignState | None:
    chosen = st.session_state.get("campaign_id")
    found = (each for each in reports.campaigns(store()) if each.campaign_id == chosen)
    return next(found, None)


def _campaign_picker() -> None:
    """Choose the campaign: the address goes before the session, and is written back."""
    states = {each.campaign_id: each for each in reports.campaigns(store())}
    asked = st.query_params.get("campaign", "")
    chosen = asked if asked in states else st.session_state.get("campaign_id")
    chosen = chosen if chosen in states else None
    st.session_state["campaign_id"] = st.session_state["campaign_picker"] = chosen
    if not states:
        return
    names = [each.name for each in states.values()]

    def label(campaign_id: str) -> str:
        state = states[campaign_id]
        is_known_by_name = names.count(state.name) == 1
        return (
            state.name if is_known_by_name else f"{state.name} · {words.moment(state.created_at)}"
        )

    st.selectbox(
        "Campaign",
        list(states),
        index=None,
        placeholder="Choose a campaign",
        format_func=label,
        key="campaign_picker",
        on_change=_picked,
    )
    if chosen is not None and asked != chosen:
        st.query_params["campaign"] = chosen


def _picked() -> None:
    chosen = st.session_state["campaign_id"] = st.session_state["campaign_picker"]
    if chosen is None:
        st.query_params.pop("campaign", None)
    else:
        st.query_params["campaign"] = chosen


def _person() -> None:
    with st.popover(words.plain(actor()), icon=":material/person:", type="tertiary"):
        st.text_input(
            "Acting as",
            key="acting_as",
            max_chars=60,
            persist_state="session",
            placeholder=_local_user(),
            help="Your name, as the audit log signs what you do. Two people who share this "
            "computer can be told apart by it.",
        )
        typed = str(st.session_state.get("acting_as") or "").strip()
        if is_program(typed):
            st.error(
                f"‘{words.plain(typed)}’ is how the product itself signs. Type the name of a "
                f"person; until then you act as {words.plain(_local_user())}."
            )


def _step_bar(current: str, state: CampaignState | None) -> None:
    done = state.done if state else frozenset()
    with st.container(horizontal=True, gap="small", key="steps"):
        for number, (key, word) in enumerate(STEPS, start=1):
            if key == current:
                st.badge(f"Step {number} of {len(STEPS)}: {word}", color="blue")
            elif key in done:
                st.badge(word, icon=":material/check:", color="green")
            else:
                st.badge(word, color="gray")
