"""Engines that follow a script, and a campaign with one message in the tables."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from personalization.domain import Message
from personalization.providers.protocols import HarmAnalysis
from personalization.safety.policy import CATEGORIES, read_policy
from personalization.safety.reading import Context
from personalization.settings import Brand, Safety, Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from personalization.store import Store

BRAND = Brand()
POLICY = read_policy()
STRICT_POLICY = Path(__file__).parents[1] / "data" / "safety" / "strict_policy.toml"
STRICT = replace(Settings(), safety=Safety(policy=str(STRICT_POLICY)))
CONTEXT = Context(
    sender_name=BRAND.sender_name,
    sender_address=BRAND.sender_address,
    allowed_domains=BRAND.allowed_domains,
)
MESSAGE = Message(
    subject="The winter range is here",
    preheader="Candles, lamps and throws",
    body="Hello {{first_name|there}},\n\nthe winter range is in our shop in York.",
    call_to_action="See the range",
    link="https://www.hearthandribbon.example/winter",
    footer=f"{BRAND.sender_address}\nUnsubscribe: {BRAND.unsubscribe_url}",
)


def message(**fields: str) -> Message:
    """Return the harmless message with some fields of its own."""
    return replace(MESSAGE, **fields)


@dataclass
class Scripted:
    """Gives the level that the script names for the first word of it that a text holds.

    Attributes:
        script: Word -> category and level.
        asked: The texts it was asked about.
        during: Called with every question.
    """

    script: dict[str, tuple[str, int]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    during: Callable[[str], None] | None = None
    name: str = "embedded"
    version: str = "scripted-1"

    def analyze(self, text: str) -> HarmAnalysis:
        self.asked.append(text)
        if self.during:
            self.during(text)
        levels = dict.fromkeys(CATEGORIES, 0)
        for word, (category, level) in self.script.items():
            if word in text:
                levels[category] = level
        return HarmAnalysis(tuple(levels.items()), request_id=f"call-{len(self.asked)}")


class Failing(Scripted):
    """Fails as the script says, whatever it is asked."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def analyze(self, text: str) -> HarmAnalysis:
        self.asked.append(text)
        raise self.error


class Answering(Scripted):
    """Gives the same answer to everything."""

    def __init__(self, *severities: tuple[str, int]) -> None:
        super().__init__()
        self.severities = severities

    def analyze(self, text: str) -> HarmAnalysis:
        self.asked.append(text)
        return HarmAnalysis(self.severities)


def add_campaign(store: Store, campaign_id: str = "c1") -> None:
    store.run(
        "INSERT INTO campaigns VALUES ($campaign_id, 'Winter', 'd1', NULL, '{}', "
        "DATE '2026-12-01', 'en-GB', 'salt', $now, 'mia', NULL)",
        campaign_id=campaign_id,
        now=store.now(),
    )


def add_variant(
    store: Store,
    arm: str = "A",
    text: Message = MESSAGE,
    *,
    version: int = 1,
    written_by: str = "mia",
    campaign_id: str = "c1",
) -> str:
    """Store one version of a message for the segment Loyal, and return the variant's id."""
    variant_id = f"{campaign_id}/Loyal/{arm}"
    store.run(
        "INSERT INTO variants VALUES ($variant_id, $version, $campaign_id, 'Loyal', $arm, "
        "$subject, $preheader, $body, $call_to_action, $link, $footer, 'en-GB', '{}', 'composer', "
        "'{}', $sha, $now, $written_by)",
        variant_id=variant_id,
        version=version,
        campaign_id=campaign_id,
        arm=arm,
        sha=text.content_sha256,
        now=store.now(),
        written_by=written_by,
        **dict(text.fields()),
    )
    return variant_id


def add_document(
    store: Store,
    text: str = "Burns for 40 hours.",
    *,
    document_id: str = "candle",
    version: int = 1,
    status: str = "approved",
    valid: tuple[str | None, str | None] = (None, None),
    subject_lines: str = "[]",
) -> str:
    """Store one version of a document with one statement, and return the statement's id."""
    valid_from, valid_until = valid
    statement_id = f"{document_id}@{version}#s1"
    store.run(
        "INSERT INTO documents VALUES ($document_id, $version, 'proof', 'Candle', '[]', '{}', "
        "'en-GB', '[]', NULL, $valid_from, $valid_until, $status, 'bea', '2026-10-01', NULL, '[]', "
        "$subject_lines, $text, sha256($text), 'candle.md', $now)",
        document_id=document_id,
        version=version,
        status=status,
        valid_from=valid_from,
        valid_until=valid_until,
        subject_lines=subject_lines,
        text=text,
        now=store.now(),
    )
    store.run(
        "INSERT INTO statements VALUES ($statement_id, $passage_id, $document_id, $version, 1, "
        "'lead', $text, '[]', '[]', false)",
        statement_id=statement_id,
        passage_id=f"{document_id}@{version}#p1",
        document_id=document_id,
        version=version,
        text=text,
    )
    return statement_id


def add_claim(
    store: Store, variant_id: str, statement_id: str | None, *, decision: str = "pass"
) -> None:
    store.run(
        "INSERT INTO claims VALUES ($variant_id, 1, 1, 'body', 0, 5, 'Hello', $statement_id, 0, 5, "
        "'Burns', $decision, 'No statement says so.')",
        variant_id=variant_id,
        statement_id=statement_id,
        decision=decision,
    )
