"""Documents: approved sources and the sentences in them that a claim may cite.

The words of the front matter stand here as constants; ``content_corpus/`` is written in them.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import date

KINDS: Final = ("benefit", "proof", "offer", "faq", "legal", "cta", "story", "voice")
STATUSES: Final = ("draft", "approved", "retired")
CLAIM_ROLES: Final = ("lead", "detail", "condition", "proof", "answer", "cta")
FRAME_ROLES: Final = ("greeting", "opener", "bridge", "close", "sign_off")
CONTROL_ROLES: Final = ("control_subject", "control_preheader", "control_body", "control_cta")
ROLES: Final = CLAIM_ROLES + FRAME_ROLES + CONTROL_ROLES
FIELDS: Final = (
    "id", "kind", "title", "product", "audience", "locale", "channel", "jurisdiction",
    "valid_from", "valid_until", "status", "approved_by", "approved_at", "version", "evidence",
    "statements", "subject_lines", "tags", "body",
)  # fmt: skip
STATEMENT_FIELDS: Final = ("id", "role", "text", "alts", "requires", "subject_ok")
AUDIENCE_FIELDS: Final = ("segments", "exclude")


@dataclass(frozen=True, slots=True)
class Sentence:
    """One approved statement, by its id inside the document, such as ``s1``.

    Attributes:
        role: One of ROLES: what it may be used for.
        alternates: Other wordings that were approved with it.
        requires: Ids of sentences of the same document that have to stand in the same message.
        subject_ok: Whether it may open a subject line.
    """

    local_id: str
    role: str
    text: str
    alternates: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    subject_ok: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """An approved source, as its file says it.

    Attributes:
        document_id: Stable name, such as ``offer-free-delivery``.
        kind: One of KINDS.
        body: Markdown, what retrieval reads.
        source: File it was read from.
        products: What it is about.
        segments: Segments it may be said to; empty means all of them.
        excluded_segments: Segments it must not be said to.
        locale: Language and country, ``en-GB``, or the language alone.
        channels: Where it may be said; empty means everywhere.
        jurisdiction: Country whose law it was written for, or None.
        valid_from: First day on which it may be sent.
        valid_until: Last day on which it may be sent.
        status: draft, approved or retired.
        version: The author's number, if there is one; the store never goes below its own.
        evidence: What its claims rest on.
        subject_lines: Subject lines that were approved as they are.
        sentences: What a claim may cite.
    """

    document_id: str
    kind: str
    title: str
    body: str
    source: str
    products: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    excluded_segments: tuple[str, ...] = ()
    locale: str = "en-GB"
    channels: tuple[str, ...] = ()
    jurisdiction: str | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    status: str = "draft"
    approved_by: str | None = None
    approved_at: str | None = None
    version: int | None = None
    evidence: str | None = None
    tags: tuple[str, ...] = ()
    subject_lines: tuple[str, ...] = ()
    sentences: tuple[Sentence, ...] = ()

    @property
    def content_sha256(self) -> str:
        """Return the fingerprint of all that an approval covers: any change is a new version."""
        told = {k: v for k, v in asdict(self).items() if k not in {"source", "version"}}
        return hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()
