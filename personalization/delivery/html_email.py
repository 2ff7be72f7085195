"""The HTML part of an e-mail: one template, filled with a message's fields and a brand's design.

Everything that a message holds is escaped; it never becomes markup.  Tables and inline styles are
what Outlook, Gmail and Apple Mail all draw alike; the few rules in the head are for narrow and for
dark screens, and a program that drops them still shows a whole letter.  The same fields and the
same design give the same bytes.
"""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape
from importlib import resources
from string import Template
from typing import TYPE_CHECKING, Final

from personalization.delivery.verify_emails import (
    PRODUCTS,
    TAG,
    filled,
    footer_links,
    laid_out,
    own_tag,
    parts_of,
    tag_in,
)
from personalization.email_design import check_design, dark_of, font_stack, muted
from personalization.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from personalization.domain import EmailDesign, Message

RENDERER: Final = "1"
"""Version of the template and of what fills it; it goes up with every change of either."""

_WHOLE: Final = ("link", "body")  # are no run of words
_RIGHT_TO_LEFT: Final = frozenset(
    ("ar", "arc", "ckb", "dv", "fa", "ha", "he", "ks", "ku", "ps", "sd", "ug", "ur", "yi")
)
_LOCALE: Final = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")

_PREHEADER: Final = (
    '<div style="display:none; max-height:0; max-width:0; overflow:hidden; mso-hide:all;">'
    "{}</div>\n"
)
_PARAGRAPH: Final = (
    '<p class="ink" style="margin:0 0 20px; font-family:{font}; font-size:17px; line-height:1.6; '
    'color:{text};">{words}</p>\n'
)
# A product: its name stands out, and leads to its page where the message says which one that is.
_CARD: Final = (
    '<table role="presentation" width="100%" border="0" cellpadding="0" cellspacing="0" '
    'style="width:100%; margin:0 0 20px;">\n<tr>\n<td class="ink" align="{start}" '
    'style="padding:2px 16px; border-{start}:4px solid {accent}; font-family:{font}; '
    'font-size:17px; line-height:1.6; color:{text}; text-align:{start};">{words}</td>\n</tr>\n'
    "</table>\n"
)
_CARD_LINK: Final = (
    '<a class="brand" href="{link}" style="font-weight:bold; color:{accent}; '
    'text-decoration:underline;">{words}</a>'
)
# A cell of its own colour, so that the button stands where pictures and styles are dropped.
_BUTTON: Final = (
    '<table role="presentation" border="0" cellpadding="0" cellspacing="0" class="ask" '
    'bgcolor="{accent}" style="margin:12px 0 0; background-color:{accent}; border-radius:6px; '
    'border-collapse:separate;">\n<tr>\n<td align="center" bgcolor="{accent}" class="ask" '
    'style="background-color:{accent}; border-radius:6px; mso-padding-alt:14px 28px;">'
    '<a class="button" href="{link}" style="display:inline-block; padding:14px 28px; '
    "font-family:{font}; font-size:17px; line-height:1.3; font-weight:bold; color:{on_accent}; "
    "background-color:{accent}; border:1px solid {accent}; border-radius:6px; "
    'text-decoration:none; text-align:center;">{words}</a></td>\n</tr>\n</table>\n'
)
_FOOT: Final = '<p class="small" style="margin:0 0 {gap}; color:{muted};">{words}</p>\n'
_FOOT_LINK: Final = (
    '<a class="small" href="{link}" style="display:inline-block; padding:6px 0; color:{muted}; '
    'text-decoration:underline;">{words}</a>'
)
_LOGO: Final = (
    '<img src="{src}" alt="{alt}" width="180" border="0" style="display:inline-block; width:180px; '
    "max-width:100%; height:auto; font-family:{font}; font-size:20px; font-weight:bold; "
    'color:{accent};">'
)


@lru_cache(maxsize=1)
def _template() -> Template:
    return Template(resources.files(__package__).joinpath("email.html").read_text("utf-8"))


def render_html(
    message: Message,
    design: EmailDesign,
    *,
    locale: str,
    sender_name: str,
    allowed_domains: Iterable[str],
    merge_syntax: str | None = "own",
    own: Mapping[str, str] | None = None,
) -> str:
    """Return the HTML part of a message.

    Args:
        message: Its fields; with merge tags, or filled for one customer.
        design: Of the brand's profile in force.
        locale: Language of the text, and which way it runs.
        sender_name: Stands above the letter where there is no logo.
        allowed_domains: Hosts that a logo may come from.
        merge_syntax: Of the sending tool that fills the tags; None where nothing is to be filled,
            so that whatever looks like a tag is a customer's own words.
        own: What one customer's tags are filled with; ``merge_syntax`` then plays no part.

    Raises:
        InputError: The design cannot be read by everybody, the link is no https address, or a tag
            cannot be written in that syntax.
    """
    check_design(design, allowed_domains)

    def write(text: str) -> str:
        return _escaped(text, merge_syntax) if own is None else _filled(text, own)

    words = {name: write(text) for name, text in message.fields() if name not in _WHOLE}
    dark = dark_of(design)
    font = escape(font_stack(design.font))
    right = is_right_to_left(locale)
    return _template().substitute(
        lang=language_of(locale), dir="rtl" if right else "ltr", start="right" if right else "left",
        subject=flat_line(words["subject"]), font=font,
        preheader=_PREHEADER.format(words["preheader"]) if words["preheader"] else "",
        masthead=_masthead(design, sender_name, font),
        body=_body(message.body, design, font, write, "right" if right else "left"),
        ask=_ask(words["call_to_action"], message.link, design, font),
        footer=_footer(message.footer, muted(design.text, design.background)),
        accent=design.accent, background=design.background, surface=design.surface,
        text=design.text, muted=muted(design.text, design.background),
        dark_accent=dark.accent, dark_background=dark.background, dark_surface=dark.surface,
        dark_text=dark.text, dark_on_accent=dark.on_accent,
        dark_muted=muted(dark.text, dark.background),
    )  # fmt: skip


def masthead_of(design: EmailDesign, sender_name: str) -> str:
    """Return the words above the letter: what the logo says, or the sender's name."""
    return design.logo_alt.strip() if design.logo_url else sender_name


def is_right_to_left(locale: str) -> bool:
    """Tell whether a language is written from the right, as Arabic and Hebrew are."""
    return locale.split("-", maxsplit=1)[0].casefold() in _RIGHT_TO_LEFT


def language_of(locale: str) -> str:
    """Return the language as HTML declares it.

    Raises:
        InputError: It is no language.
    """
    if not _LOCALE.fullmatch(locale):
        raise InputError(f"{locale!r} is no language of an e-mail. Write it as in en-GB.")
    return locale


def flat_line(text: str) -> str:
    """Return a text on one line."""
    return " ".join(text.split())


def _escaped(text: str, merge_syntax: str | None) -> str:
    """Escape a text for HTML, its merge tags written as the sending tool reads them."""
    if merge_syntax is None:
        return escape(text)
    pieces, start = [], 0
    for tag in TAG.finditer(text):
        pieces.append(escape(text[start : tag.start()]))
        try:
            pieces.append(tag_in(merge_syntax, *parts_of(tag), is_html=True))
        except ValueError as error:
            raise InputError(str(error)) from error
        start = tag.end()
    return "".join((*pieces, escape(text[start:])))


def _filled(text: str, own: Mapping[str, str]) -> str:
    """Escape a text for HTML, its merge tags filled: neither words nor values become markup."""
    return escape(filled(text, own))


def _masthead(design: EmailDesign, sender_name: str, font: str) -> str:
    if not design.logo_url:
        return escape(sender_name)
    alt, src = escape(design.logo_alt.strip()), escape(design.logo_url)
    return _LOGO.format(src=src, alt=alt, font=font, accent=design.accent)


def _body(
    body: str, design: EmailDesign, font: str, write: Callable[[str], str], start: str
) -> str:
    look = {"font": font, "text": design.text, "accent": design.accent, "start": start}
    shown = []
    for link, lines in laid_out(body):
        words = [write(line) for line in lines]
        if link in PRODUCTS:
            words[0] = _CARD_LINK.format(link=write(own_tag(link, "")), words=words[0], **look)
        elif link:
            words[0] = f"<strong>{words[0]}</strong>"
        if any(words):
            form = _CARD if link else _PARAGRAPH
            shown.append(form.format(words="<br>\n".join(words), **look))
    return "".join(shown)


def _ask(words: str, link: str, design: EmailDesign, font: str) -> str:
    if not link:
        return _PARAGRAPH.format(font=font, text=design.text, words=words) if words else ""
    if not link.casefold().startswith("https://") or link.split() != [link]:
        raise InputError(f"The link {link!r} is no https address. Edit the message.")
    return _BUTTON.format(
        link=escape(link), words=words or escape(link), font=font,
        accent=design.accent, on_accent=design.on_accent,
    )  # fmt: skip


def _footer(footer: str, ink: str) -> str:
    lines = [line for line in footer.split("\n") if line.strip()]
    shown = []
    for number, line in enumerate(lines, start=1):
        pieces = (
            _FOOT_LINK.format(link=escape(link), muted=ink, words=escape(words))
            if link
            else escape(words)
            for words, link in footer_links(line)
        )
        gap = "0" if number == len(lines) else "6px"
        shown.append(_FOOT.format(gap=gap, muted=ink, words="".join(pieces)))
    return "".join(shown)
