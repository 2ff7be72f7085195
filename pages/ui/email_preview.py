"""A message as the e-mail that goes out: on a wide screen, a phone, in the dark, and as plain text.

The HTML is shown in a frame within a frame whose sandbox allows nothing: no script runs in it, no
picture is fetched, and no link leads anywhere.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

import streamlit as st

from pages.ui import shell, words
from personalization import campaign
from personalization.campaign import emails
from personalization.errors import PersonalizationError

if TYPE_CHECKING:
    from personalization.reports.review import Reviewed

NAME: Final = "As an e-mail"
VIEWS: Final = ("Desktop", "Phone", "Dark", "Plain text")
PHONE: Final = "width: 375px; max-width: 100%; height: 100%; margin: 0 auto;"
# Drawn on a page a quarter wider and made smaller, so that a column shows what a wide screen does.
WIDE: Final = "width: 125%; height: 125%; transform: scale(0.8); transform-origin: 0 0;"
HEIGHT: Final = 760

_GUARD: Final = (
    '<head><meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
    'style-src \'unsafe-inline\'"><base target="_blank">'
)
_DARK_ONLY: Final = "@media (prefers-color-scheme: dark)"
_FRAME: Final = (
    '<!DOCTYPE html><html lang="en"><head><title>{title}</title><style>'
    "html, body {{ margin: 0; height: 100%; overflow: hidden; }} "
    "iframe {{ display: block; border: 0; {size} }}</style></head><body>"
    '<iframe sandbox="" title="{title}" srcdoc="{document}"></iframe></body></html>'
)
_MARK: Final = {
    "block": ":red[:material/block:]",
    "error": ":red[:material/error:]",
    "review": ":orange[:material/help:]",
    "warn": ":orange[:material/warning:]",
}


def show(found: Reviewed) -> None:
    """Draw the previews of one message, what was found in it as an e-mail, and the downloads."""
    try:
        email = emails.email_for(
            shell.store(), shell.settings(), found.variant_id, customer_id=_reader(found)
        )
    except PersonalizationError as error:
        st.error(words.plain(str(error)), icon=":material/block:")
        return
    view = st.segmented_control(
        "Shown on", VIEWS, default=VIEWS[0], required=True, key="email_view"
    )
    st.markdown(f"**{words.plain(email.subject)}**  \n:gray[{words.plain(email.preheader)}]")
    if view == VIEWS[3]:
        st.code(email.text, language=None, wrap_lines=True)
    else:
        size = PHONE if view == VIEWS[1] else WIDE
        document = framed(email.html, is_dark=view == VIEWS[2], size=size, title=email.subject)
        st.iframe(document, height=HEIGHT, alt=f"The e-mail as a reader sees it: {view}")
    _check(found)
    _downloads(found, email)


def framed(html: str, *, is_dark: bool, size: str, title: str) -> str:
    """Return a page that shows an e-mail and lets nothing of it run, load or lead away.

    Args:
        html: The HTML part.
        is_dark: Whether to show it as a screen that is set to dark does.
        size: Of the frame, as CSS says it.
        title: What a screen reader calls the frame.
    """
    guarded = html.replace("<head>", _GUARD, 1)
    guarded = guarded.replace(_DARK_ONLY, "@media all" if is_dark else "@media not all")
    guarded = guarded.replace("light dark", "dark" if is_dark else "light")
    return _FRAME.format(title=escape(title), size=size, document=escape(guarded))


def _reader(found: Reviewed) -> str | None:
    """Let the reviewer choose whose e-mail to look at; None is the template."""
    people = campaign.preview_of(shell.store(), found.variant_id).readers
    names = {
        reader.customer_id: f"{reader.first_name or reader.customer_id}, "
        f"{reader.country or 'country unknown'}"
        for reader in people
    }
    template = "What the sending tool gets, with its merge fields"
    return st.selectbox(
        "As it reaches", [*names, None], key=f"email_reader_{found.variant_id}",
        format_func=lambda chosen: template if chosen is None else names[chosen],
    )  # fmt: skip


def _check(found: Reviewed) -> None:
    check = emails.email_check_of(shell.store(), shell.settings(), found.variant_id)
    if check.decision is None:
        st.warning(
            "This e-mail was not checked as it now looks. Screen the message again.",
            icon=":material/front_hand:",
        )
        return
    for fault in check.faults:
        mark = _MARK.get(fault.action.value, ":material/info:")
        st.markdown(f"{mark} {words.plain(fault.message)}  \n:gray[{words.plain(fault.advice)}]")
    if not check.faults:
        st.caption(
            f":material/check: HTML ({words.count(check.n_bytes)} bytes) and plain text say the "
            "same; contrast, language, headings, links and size were checked."
        )


def _downloads(found: Reviewed, email: emails.Email) -> None:
    stem = f"{found.segment} {found.arm}".replace("/", "-")
    with st.container(horizontal=True):
        st.download_button(
            "Open in a mail program (.eml)", emails.eml_of(email), f"{stem}.eml",
            "message/rfc822", icon=":material/mail:", key="email_eml", on_click="ignore",
            help="A draft with both parts, and without a recipient.",
        )  # fmt: skip
        st.download_button(
            "HTML", email.html, f"{stem}.html", "text/html", icon=":material/code:",
            key="email_html", on_click="ignore",
        )  # fmt: skip
