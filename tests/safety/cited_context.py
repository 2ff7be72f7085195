"""What a message cites, built by hand: statements, their documents and their dates."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from personalization.domain import Decision
from personalization.safety.cited import Cited, CitedDocument, Wording
from personalization.safety.filling import filled
from personalization.safety.ledger import entries_of
from personalization.safety.policy import read_policy
from personalization.safety.reading import Context

if TYPE_CHECKING:
    from personalization.domain import LedgerEntry

SEND_ON = date(2026, 12, 1)  # a Tuesday
POLICY = read_policy()


def document(
    *,
    key: str = "offer@1",
    kind: str = "offer",
    title: str = "Free gift wrapping",
    ends: date | None = date(2026, 12, 18),
    fault: str = "",
    earlier: date | None = None,
    products: tuple[str, ...] = (),
) -> CitedDocument:
    return CitedDocument(
        key, f"{key}#s1", kind, title, products, date(2026, 10, 1), ends, fault, earlier,
        "version 1" if earlier else "",
    )  # fmt: skip


def citing(
    *statements: str,
    documents: tuple[CitedDocument, ...] = (),
    names: tuple[str, ...] = (),
    send_on: date | None = SEND_ON,
) -> Context:
    """Return a context that cites these statements of the first document."""
    documents = documents or (document(kind="benefit", ends=None),)
    wordings = tuple(
        Wording(f"{documents[0].key}#s{n}", documents[0].key, "text", text)
        for n, text in enumerate(statements, 1)
    )
    return Context(
        sender_name="Hearth & Ribbon",
        sender_address="Hearth & Ribbon Ltd, 12 Mill Lane, York YO1 7AB, United Kingdom",
        own_phones=("01904 555 010",),
        send_on=send_on,
        cited=Cited(wordings, documents, names),
    )


def ledger(text: str, context: Context, field: str = "body") -> list[LedgerEntry]:
    return list(entries_of({field: filled(text)}, POLICY, context))


def unsupported(text: str, context: Context, field: str = "body") -> list[tuple[str, str]]:
    """Return kind and words of every fact that is not borne out."""
    found = ledger(text, context, field)
    return [(entry.kind, entry.text) for entry in found if entry.decision is not Decision.PASS]
