"""Each message as the e-mail that people get: drawn, held to the rules for HTML, handed out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from personalization import delivery, safety
from personalization.domain import Decision
from personalization.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from personalization.domain import Finding
    from personalization.settings import Settings
    from personalization.store import Store

Email = delivery.Email
EmailCheck = delivery.EmailCheck


def check_emails(store: Store, settings: Settings, campaign_id: str, *, actor: str) -> int:
    """Draw every message that was not checked as it now looks, and write down what was found.

    Delivery holds each part to the fields and to what a screen reader needs; safety's rules for
    HTML read the same bytes.  Without either, the launch gate stays shut.

    Args:
        store: The policy of these settings has to be in force.
        settings: Their brand is the sender.
        campaign_id: Whose messages.
        actor: Who asked for it.

    Returns:
        How many were checked.
    """
    pending = delivery.unchecked_emails(store, settings.brand, campaign_id)
    for rendered in pending:
        found: tuple[Finding, ...] = ()
        if rendered.email:
            email = rendered.email
            found = safety.screen_html_part(
                store, settings, email.html, plain=email.text, beside=email.look.masthead,
                locale=rendered.locale,
            )  # fmt: skip
        delivery.keep_email_check(store, rendered, found, actor=actor)
    return len(pending)


def email_for(
    store: Store, settings: Settings, variant_id: str, *, customer_id: str | None = None
) -> Email:
    """Return a message as one customer gets it, or, without one, with its merge tags."""
    return delivery.email_for(store, settings.brand, variant_id, customer_id=customer_id)


def email_check_of(store: Store, settings: Settings, variant_id: str) -> EmailCheck:
    """Return what the last check of the message's e-mail found, as it looks now."""
    return delivery.email_check_of(store, settings.brand, variant_id)


eml_of = delivery.eml_of


@dataclass(frozen=True, slots=True)
class SavedEmail:
    """One e-mail that was written to disk.

    Attributes:
        variant_id: Which message.
        files: Names of the HTML part, the plain-text part and the draft for a mail program.
        n_bytes: Size of the HTML part.
        decision: What the last check came to, or ``not checked``.
        faults: What it found, a sentence each.
    """

    variant_id: str
    files: tuple[str, ...]
    n_bytes: int
    decision: str
    faults: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Return it as the command line prints it."""
        return {"variant_id": self.variant_id, "files": list(self.files), "bytes": self.n_bytes,
                "decision": self.decision, "faults": list(self.faults)}  # fmt: skip


def save_emails(
    store: Store, settings: Settings, variants: list[str], folder: Path,
    *, customer_id: str | None = None,
) -> list[SavedEmail]:  # fmt: skip
    """Write each message as ``.html``, ``.txt`` and ``.eml`` into a folder.

    These are to be looked at: what is sent comes from an export.

    Raises:
        InputError: A message or the customer is not there, or the look cannot be read.
    """
    emails = [email_for(store, settings, each, customer_id=customer_id) for each in variants]
    folder.mkdir(parents=True, exist_ok=True)
    saved = []
    for number, (variant_id, email) in enumerate(zip(variants, emails, strict=True), start=1):
        stem = f"{number:02}-{re.sub(r'[^A-Za-z0-9]+', '-', variant_id).strip('-')}"
        parts = {".html": email.html.encode(), ".txt": email.text.encode(), ".eml": eml_of(email)}
        for suffix, content in parts.items():
            (folder / f"{stem}{suffix}").write_bytes(content)
        check = email_check_of(store, settings, variant_id)
        saved.append(SavedEmail(
            variant_id, tuple(f"{stem}{suffix}" for suffix in parts), len(parts[".html"]),
            check.decision.value if check.decision else "not checked",
            tuple(fault.message for fault in check.faults if fault.action is not Decision.PASS),
        ))  # fmt: skip
    return saved


_VARIANTS = """
    SELECT variant_id FROM current_variants
    WHERE campaign_id = $campaign_id
      AND ($wanted = 'all' OR variant_id = $wanted OR concat(segment, '/', arm) = $wanted)
    ORDER BY segment, arm, variant_id
"""


def messages_named(store: Store, campaign_id: str, wanted: str) -> list[str]:
    """Return the messages of a campaign by id, by ``segment/arm``, or all of them.

    Raises:
        InputError: There is none.
    """
    found = [row[0] for row in store.read(_VARIANTS, campaign_id=campaign_id, wanted=wanted)]
    if not found:
        known = [row[0] for row in store.read(_VARIANTS, campaign_id=campaign_id, wanted="all")]
        raise InputError(
            f"Campaign {campaign_id!r} has no message {wanted!r}. It has: "
            f"{', '.join(known) or 'none; write messages first'}."
        )
    return found
