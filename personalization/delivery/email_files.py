"""The e-mails of an export: for each text an HTML and a text file that the sending tool fills.

A file holds the very e-mail that was checked for the launch gate, with its merge tags written as
the tool reads them; the values stand in the recipient files, one column a field.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from personalization.delivery.email_parts import Email, Look, email_of
from personalization.delivery.html_email import RENDERER
from personalization.delivery.package import file_sha256
from personalization.domain import Message
from personalization.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from personalization.store import Store

_TEXT: Final = """
    SELECT gate.subject, gate.preheader, gate.body, gate.call_to_action, gate.link, gate.footer,
           gate.locale, checked.html_sha256, checked.text_sha256
    FROM sendable_variants AS gate
    LEFT JOIN latest_email_checks AS checked
        ON checked.variant_id = gate.variant_id AND checked.version = gate.version
       AND checked.content_sha256 = gate.content_sha256 AND checked.look_sha256 = $look_sha256
       AND checked.policy_version = (SELECT policy_version FROM policy_in_force)
       AND checked.decision IN ('pass', 'warn')
    WHERE gate.variant_id = $variant_id AND gate.version = $version
      AND gate.content_sha256 = $content_sha256
"""


def write_emails(
    store: Store,
    look: Look,
    folder: Path,
    texts: Sequence[Mapping[str, Any]],
    *,
    merge_syntax: str,
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Write both parts of each text that is exported.

    Args:
        store: Has to be in the transaction of the export.
        look: How e-mails look now.
        folder: Of the export.
        texts: Its recipient files, as ``write_files`` describes them.
        merge_syntax: Of the sending tool.

    Returns:
        What the manifest says of the e-mails, and of their files.

    Raises:
        StateError: An e-mail is not the one that was checked.
        InputError: A merge tag cannot be written in that syntax.
    """
    emails, files = [], []
    for text in texts:
        email, locale = _as_checked(store, look, text, merge_syntax)
        stem = Path(text["name"]).stem
        names = {"html": f"{stem}.html", "text": f"{stem}.txt"}
        (folder / names["html"]).write_bytes(email.html.encode())
        (folder / names["text"]).write_bytes(email.text.encode())
        keys = {name: text[name] for name in ("segment", "arm", "variant_id", "version")}
        emails.append({
            **keys, **names, "subject": email.subject, "preheader": email.preheader,
            "locale": locale, "masthead": look.masthead, "merge_syntax": merge_syntax,
            "renderer": RENDERER, "look_sha256": look.sha256,
            "profile_version": look.profile_version, "headers": look.headers,
        })  # fmt: skip
        files += [
            {"name": name, "part": part, "sha256": file_sha256(folder / name),
             "bytes": (folder / name).stat().st_size}
            for part, name in names.items()
        ]  # fmt: skip
    return emails, files


def _as_checked(
    store: Store, look: Look, text: Mapping[str, Any], merge_syntax: str
) -> tuple[Email, str]:
    """Render a text anew, hold it to what was checked, and write its tags for the tool."""
    keys = {name: text[name] for name in ("variant_id", "version", "content_sha256")}
    row = store.read_one(_TEXT, **keys, look_sha256=look.sha256)
    own = email_of(Message(*row[:6]), look, locale=str(row[6])) if row else None
    if row is None or own is None or (own.html_sha256, own.text_sha256) != row[7:]:
        raise StateError(
            f"{text['segment']}, arm {text['arm']}: the e-mail is not the one that was checked, so "
            "nothing was exported. Screen the message again on the Review page."
        )
    if merge_syntax == "own":
        return own, str(row[6])
    message, locale = Message(*row[:6]), str(row[6])
    return email_of(message, look, locale=locale, merge_syntax=merge_syntax), locale
