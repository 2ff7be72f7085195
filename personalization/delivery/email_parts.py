"""One message as an e-mail of two parts, HTML and plain text, both made of the same fields."""

from __future__ import annotations

import json
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formataddr
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from personalization.delivery.html_email import (
    RENDERER,
    flat_line,
    is_right_to_left,
    masthead_of,
    render_html,
)
from personalization.delivery.rendering import read_for
from personalization.delivery.verify_emails import TAG, in_syntax, plain_part
from personalization.domain import Message
from personalization.errors import InputError
from personalization.providers.brand_profile import profile_in_force

if TYPE_CHECKING:
    from personalization.delivery.rendering import Read
    from personalization.domain import EmailDesign
    from personalization.settings import Brand
    from personalization.store import Store


@dataclass(frozen=True, slots=True)
class Look:
    """All that an e-mail shows beside its message.

    Attributes:
        design: Colours, fonts and logo.
        profile_version: Version of the brand's profile that they are of; 0 where none was saved.
        sender_name: Who the e-mail is from.
        sender_email: The address that it is from, or empty.
        unsubscribe_url: Where one click ends the mailings.
        allowed_domains: Hosts that links and the logo may lead to.
    """

    design: EmailDesign
    profile_version: int
    sender_name: str
    sender_email: str
    unsubscribe_url: str
    allowed_domains: tuple[str, ...]

    @property
    def sha256(self) -> str:
        """Return the fingerprint of the look and of the renderer that draws it."""
        design = {name: getattr(self.design, name) for name in self.design.__slots__}
        seen = [RENDERER, design, self.sender_name, self.unsubscribe_url, self.allowed_domains]
        return sha256(json.dumps(seen, sort_keys=True, ensure_ascii=False).encode()).hexdigest()

    @property
    def masthead(self) -> str:
        """Return the words above the letter."""
        return masthead_of(self.design, self.sender_name)

    @property
    def headers(self) -> dict[str, str]:
        """Return the headers by which mail programs offer one click to unsubscribe (RFC 8058)."""
        return {
            "List-Unsubscribe": f"<{self.unsubscribe_url}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }


def look_in_force(store: Store, brand: Brand) -> Look:
    """Return how e-mails look now: the design of the brand's profile, and who is sending."""
    profile = profile_in_force(store)
    address = brand.contact if "@" in brand.contact else next(iter(brand.own_emails), "")
    return Look(
        profile.design, profile.version, brand.sender_name, address, brand.unsubscribe_url,
        brand.allowed_domains,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Email:
    """A message as it is sent.

    Attributes:
        subject: On one line.
        preheader: The line that an inbox shows behind the subject.
        html: The HTML part.
        text: The plain-text part.
        look: What it shows beside the message.
        is_right_to_left: Which way its text runs.
    """

    subject: str
    preheader: str
    html: str
    text: str
    look: Look
    is_right_to_left: bool = False

    @property
    def html_sha256(self) -> str:
        """Return SHA-256 of the HTML part's bytes."""
        return sha256(self.html.encode()).hexdigest()

    @property
    def text_sha256(self) -> str:
        """Return SHA-256 of the plain-text part's bytes."""
        return sha256(self.text.encode()).hexdigest()


def email_of(
    message: Message,
    look: Look,
    *,
    locale: str,
    merge_syntax: str | None = "own",
    read: Read | None = None,
) -> Email:
    """Render a message as HTML and as plain text.

    Args:
        message: Its fields; with merge tags, or filled for one customer.
        look: What it shows beside them.
        locale: Language of the text.
        merge_syntax: Of the sending tool; None where the message is filled already.
        read: The same message as one customer reads it, who then is shown it.

    Raises:
        InputError: The look cannot be read by everybody, the link is no https address, a tag
            cannot be written in that syntax, or it stands where none is filled.
    """
    if merge_syntax is not None:
        _refuse_tags(message)
    html = render_html(
        message, look.design, locale=locale, sender_name=look.sender_name,
        allowed_domains=look.allowed_domains, merge_syntax=merge_syntax,
        own=read.own if read else None,
    )  # fmt: skip
    said = read.message if read else message
    syntax = None if read else merge_syntax
    subject, preheader, text = (
        tagged(words, syntax)
        for words in (said.subject, said.preheader, plain_part(dict(said.fields())))
    )
    return Email(
        flat_line(subject), flat_line(preheader), html, text, look, is_right_to_left(locale)
    )


def _refuse_tags(message: Message) -> None:
    """Raise InputError for a merge tag where no customer's value is filled in."""
    for name in ("link", "footer"):
        if tag := TAG.search(getattr(message, name)):
            raise InputError(
                f"The merge tag {tag[0]} stands in the {name}, where nothing fills it. Take it out "
                "there; the words of the footer come from [brand] in the settings."
            )


def tagged(text: str, merge_syntax: str | None) -> str:
    """Return a plain text with its merge tags as the sending tool reads them."""
    if merge_syntax is None:
        return text
    try:
        return in_syntax(text, merge_syntax)
    except ValueError as error:
        raise InputError(str(error)) from error


_VARIANT = """
    SELECT subject, preheader, body, call_to_action, link, footer, locale
    FROM current_variants WHERE variant_id = $variant_id
"""


def email_for(
    store: Store, brand: Brand, variant_id: str, *, customer_id: str | None = None
) -> Email:
    """Render a message's newest version as one customer gets it, or with its merge tags.

    Args:
        store: Reads ``current_variants``, ``customers``, ``campaign_products`` and the brand's
            profile in force.
        brand: Who is sending.
        variant_id: Which message.
        customer_id: Who reads it; None for the template that a sending tool fills.

    Raises:
        InputError: There is no such message or customer, or the look cannot be read by everybody.
    """
    row = store.read_one(_VARIANT, variant_id=variant_id)
    if row is None:
        raise InputError(
            f"There is no message {variant_id!r}. The Review page lists those of a campaign."
        )
    look, locale = look_in_force(store, brand), str(row[6])
    if customer_id is None:
        return email_of(Message(*row[:6]), look, locale=locale)
    read = read_for(store, variant_id, customer_id)
    return email_of(Message(*row[:6]), look, locale=locale, read=read)


_BOUNDARY: Final = "=_{}"


def eml_of(email: Email, *, to: str = "") -> bytes:
    """Return the e-mail as a file that mail programs open as a draft (RFC 5322, RFC 2046).

    Both parts are there, the richer one last, with the headers for one click to unsubscribe.

    Args:
        email: As ``email_of`` rendered it.
        to: The address in the To line; empty leaves it out, so that nobody gets it by mistake.
    """
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = email.subject
    if email.look.sender_email:
        mail["From"] = formataddr((email.look.sender_name, email.look.sender_email))
    if to:
        mail["To"] = to
    for name, value in email.look.headers.items():
        mail[name] = value
    mail["X-Unsent"] = "1"
    mail.set_content(email.text, cte="quoted-printable")
    mail.add_alternative(email.html, subtype="html", cte="quoted-printable")
    mail.set_boundary(_BOUNDARY.format(sha256(email.html.encode()).hexdigest()[:32]))
    return mail.as_bytes()
