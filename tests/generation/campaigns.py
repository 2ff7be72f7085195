"""A campaign of the made-up shop in the tables, and writers that follow a script."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from personalization.domain import Claim, Decision, Message
from personalization.errors import ProviderError
from personalization.providers.composer import Composer
from personalization.settings import Brand, Settings
from tests.providers.fern_and_fig import content

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from personalization.domain import Passage
    from personalization.providers.protocols import Draft, WritingRequest
    from personalization.store import Store

SETTINGS = Settings(
    brand=Brand(
        name="Fern & Fig",
        sender_name="Fern & Fig",
        sender_address="Fern & Fig Ltd, 3 High Street, Leeds LS1 1AA",
        shop_url="https://fernfig.example/",
        unsubscribe_url="https://fernfig.example/bye",
    )
)


def fill(
    store: Store,
    segments: Iterable[str] = ("Loyal", "New"),
    passages: tuple[Passage, ...] | None = None,
    **brief: str,
) -> str:
    """Put content, a campaign and its segments with their sources into the tables."""
    found = content() if passages is None else passages
    with store.transaction():
        for passage in found:
            add_document(store, passage)
        store.run(
            "INSERT INTO campaigns VALUES ('c1', 'Autumn', 'd1', NULL, $brief, "
            "DATE '2026-12-01', 'en-GB', 'c1', now(), 'ann', 'r1')",
            brief=json.dumps(brief),
        )
        for position, segment in enumerate(segments):
            add_segment(store, segment, position)
            for passage in found:
                if passage.kind not in {"cta", "voice"}:
                    find(store, segment, passage)
    return "c1"


def add_segment(store: Store, segment: str, position: int, campaign_id: str = "c1") -> None:
    store.run(
        "INSERT INTO segments VALUES ($campaign_id, $segment, $position, 'a rule', 'In words.', "
        "100, '{\"median_orders\": 3}')",
        campaign_id=campaign_id,
        segment=segment,
        position=position,
    )


def find(store: Store, segment: str, passage: Passage) -> None:
    store.run(
        "INSERT INTO segment_passages VALUES ('c1', $segment, $id, $rank, $score, 1, 1, 'found')",
        segment=segment,
        id=passage.passage_id,
        rank=passage.rank,
        score=passage.score,
    )


def add_document(store: Store, passage: Passage, **changes: Any) -> None:  # noqa: ANN401
    """Insert one approved document; ``changes`` replace columns of ``documents``."""
    columns: dict[str, Any] = {
        "document_id": passage.document_id, "version": 1, "kind": passage.kind,
        "title": passage.title, "products": json.dumps(passage.products), "audience": "{}",
        "locale": "en-GB", "channels": "[]", "jurisdiction": None, "valid_from": None,
        "valid_until": passage.valid_until, "status": "approved", "approved_by": "bea",
        "approved_at": "2026-10-01", "evidence": None, "tags": json.dumps(passage.tags),
        "subject_lines": json.dumps(passage.subject_lines), "body": passage.text,
        "content_sha256": "x", "source": "x.md",
    }  # fmt: skip
    store.run(
        "INSERT INTO documents VALUES ($document_id, $version, $kind, $title, $products, "
        "$audience, $locale, $channels, $jurisdiction, $valid_from, $valid_until, $status, "
        "$approved_by, $approved_at, $evidence, $tags, $subject_lines, $body, $content_sha256, "
        "$source, now())",
        **(columns | changes),
    )
    store.run(
        "INSERT INTO passages VALUES ($id, $document_id, 1, 1, $text)",
        id=passage.passage_id,
        document_id=passage.document_id,
        text=passage.text,
    )
    for position, statement in enumerate(passage.statements, start=1):
        store.run(
            "INSERT INTO statements VALUES ($id, $passage_id, $document_id, 1, $position, $role, "
            "$text, $alternates, $requires, $subject_ok)",
            id=statement.statement_id,
            passage_id=passage.passage_id,
            document_id=passage.document_id,
            position=position,
            role=statement.role,
            text=statement.text,
            alternates=json.dumps(statement.alternates),
            requires=json.dumps(statement.requires),
            subject_ok=statement.subject_ok,
        )


class Hosted:
    """Stands in for a hosted model: each call writes what the script says, or raises it."""

    name = "openai"

    def __init__(self, *script: Callable[[Message], Message] | ProviderError) -> None:
        self.script = list(script)
        self.asked: list[WritingRequest] = []

    def write(self, request: WritingRequest, progress: object = None) -> list[Draft]:
        del progress
        self.asked.append(request)
        step = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if isinstance(step, ProviderError):
            raise step
        drafts = Composer().write(replace(request, feedback=(), avoid=()))
        return [replace(d, message=step(d.message), origin="openai", claims=()) for d in drafts]


def unchanged(message: Message) -> Message:
    return message


def with_invention(message: Message) -> Message:
    """Return the message with a promise that no source bears out."""
    return replace(message, body=message.body.replace("\n\n", "\n\nEverything is 70% off. ", 1))


def claim_of(message: Message, text: str, statement_id: str) -> Claim:
    """Return the claim that a writer makes of a sentence in the body."""
    start = message.body.index(text)
    return Claim(
        "body", start, start + len(text), text, statement_id, 0, 1, "x", Decision.REVIEW, "cited"
    )
