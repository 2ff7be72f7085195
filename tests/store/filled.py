"""A database in a file, with a campaign that was screened, decided on, signed off and exported."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from personalization.domain import Message
from personalization.store import (
    Store,
    approval_digests,
    open_store,
    record,
    screening_digests,
    seal_digests,
)

if TYPE_CHECKING:
    from pathlib import Path

START = datetime(2024, 3, 1, 9, 0, tzinfo=UTC)
POLICY = '{"policy": {"thresholds": {"hate": {"block_above": 4, "review_from": 4}}}}'
DECISIONS = ("pass", "review", "block", "error", "warn", "pass")

_VARIANT = """
    INSERT INTO variants VALUES ($variant_id, 1, 'spring', 'Loyal', $arm, $subject, $preheader,
        $body, $call_to_action, $link, $footer, 'en-GB', '{}', 'composer', '{}', $sha, $now, 'mia')
"""
_SCREENING = """
    INSERT INTO screenings VALUES ($id, $variant_id, 1, 'spring', $sha, $decision, 'embedded', 'e1',
        'p1', $categories, 6, $now, 6, '', '', 12, 'GB',
        (SELECT house_sha256 FROM house_rules WHERE campaign_id = 'spring'))
"""
_FINDING = """
    INSERT INTO findings VALUES ($id, 0, 'urgency.pressure', 'review', 4, 'body', 3, 9, 'Act now',
        'This puts pressure on the reader.', 'Name the date.')
"""
_CLAIM = """
    INSERT INTO ledger_entries VALUES ($id, 0, 'price', 'body', 20, 24, '£12', 's1', 'text', 0, 4,
        '£12', 'pass', 'As approved.')
"""
_APPROVAL = """
    INSERT INTO approvals VALUES ($id, $variant_id, 1, 'spring', $sha, $decision, 'Read it.', 'rob',
        false, $screening_id, $now, NULL)
"""


class Clock:
    """Tells a time that moves on by itself, a minute at each look."""

    def __init__(self, start: datetime = START) -> None:
        self.now = start

    def __call__(self) -> datetime:
        self.now += timedelta(minutes=1)
        return self.now


def text(number: int) -> Message:
    return Message(
        subject=f"Candles, no. {number}",
        preheader="News",
        body=f"Dear {{{{first_name|friend}}}}, candle {number} costs £12. Act now.",
        call_to_action="Have a look",
        link="https://www.hearthandribbon.example/candles",
        footer="Hearth & Ribbon",
    )


def fill(store: Store) -> None:
    """One campaign: six messages, of which one is blocked and one failed its check."""
    store.run("INSERT INTO datasets VALUES ('shop', 'Shop', false, $now, 'mia', NULL)", now=START)
    store.run(
        "INSERT INTO campaigns VALUES ('spring', 'Spring', 'shop', NULL, '{}', $send_on, 'en-GB', "
        "'seed', $now, 'mia', NULL)",
        send_on=date(2024, 3, 20),
        now=START,
    )
    activate(store, "p1")
    for number, decision in enumerate(DECISIONS, start=1):
        write(store, number)
        screen(store, number, decision)
    for number, decision in ((1, "approved"), (2, "approved"), (6, "rejected")):
        decide(store, number, decision)
    launch(store)


def write(store: Store, number: int) -> None:
    message = text(number)
    with store.transaction():
        store.run(
            _VARIANT,
            variant_id=f"v{number}",
            arm="ABCDEF"[number - 1],
            sha=message.content_sha256,
            now=store.now(),
            **dict(message.fields()),
        )
        record(store, "variant.written", f"v{number}", actor="mia", campaign_id="spring")


def screen(store: Store, number: int, decision: str) -> None:
    sha = text(number).content_sha256
    levels = {"hate": 0, "self_harm": 0, "sexual": 0, "violence": 6 if decision == "block" else 0}
    with store.transaction():
        store.run(_SCREENING, id=number, variant_id=f"v{number}", sha=sha, decision=decision,
                  categories=json.dumps(levels), now=store.now())  # fmt: skip
        store.run(_FINDING, id=number)
        store.run(_CLAIM, id=number)
        record(store, "variant.screened", f"v{number}", actor="mia", campaign_id="spring",
               screening_id=number, content_sha256=sha, decision=decision,
               **screening_digests(store, number))  # fmt: skip


def decide(store: Store, number: int, decision: str) -> None:
    sha = text(number).content_sha256
    with store.transaction():
        store.run(_APPROVAL, id=number, variant_id=f"v{number}", sha=sha, decision=decision,
                  screening_id=number, now=store.now())  # fmt: skip
        digests = approval_digests(store, number)
        record(store, f"variant.{decision}", f"v{number}", actor="rob", campaign_id="spring",
               approval_id=number, content_sha256=sha, **digests)  # fmt: skip


def launch(store: Store) -> None:
    manifest = '{"files": []}'
    digest = hashlib.sha256(manifest.encode()).hexdigest()
    with store.transaction():
        store.run(
            "INSERT INTO experiments (experiment_id, campaign_id, hypothesis, hypothesis_sha256, "
            "salt, confidence, analysis_on, designed_at, designed_by, launched_at, launched_by, "
            "mode) VALUES ('e1', 'spring', '{}', '', 's', 0.95, DATE '2024-04-03', $now, 'mia', "
            "$now, 'mia', 'export')",
            now=store.now(),
        )
        for number in (1, 2):
            store.run(
                "INSERT INTO deliveries VALUES ('e1', $who, 'Loyal', 'A', $variant_id, 1, $sha, "
                "$sha, false, $now)",
                who=f"c{number}",
                variant_id=f"v{number}",
                sha=text(number).content_sha256,
                now=store.now(),
            )
        store.run(
            "INSERT INTO exports VALUES ('x1', 'e1', 'gone', $manifest, $digest, 2, $now, 'mia', "
            "NULL)",
            manifest=manifest,
            digest=digest,
            now=store.now(),
        )
        record(store, "campaign.exported", "x1", actor="mia", campaign_id="spring",
               manifest_sha256=digest)  # fmt: skip


def hold(store: Store, *, is_held: bool = True) -> None:
    """Hold the campaign for an incident, or let it go."""
    with store.transaction():
        store.run(
            "INSERT INTO holds (campaign_id, incident_id, is_held, reason, actor, decided_at) "
            "VALUES ('spring', 'i1', $is_held, 'A wrong price.', 'ofelia', $now)",
            is_held=is_held,
            now=store.now(),
        )
        kind = "campaign.held" if is_held else "campaign.released"
        record(store, kind, "i1", actor="ofelia", campaign_id="spring")


def expire(store: Store) -> None:
    """Bring the end of a source forward."""
    with store.transaction():
        store.run(
            "INSERT INTO document_expiries VALUES ('d1', 1, $day, 6, 'Over.', $now, 'ofelia')",
            day=date(2024, 3, 18),
            now=store.now(),
        )
        record(store, "document.expired", "d1@1", actor="ofelia", valid_until=date(2024, 3, 18),
               last_screening_id=6)  # fmt: skip


PARTS = [
    {"part": "arms", "item": "Loyal: variant A", "said": "50.00%", "value": "1|0.5|v1|1"},
    {"part": "content", "item": "Loyal: variant A", "said": "version 1", "value": "v1|1"},
    {"part": "content", "item": "Loyal: variant B", "said": "version 1", "value": "v2|1"},
    {"part": "policy", "item": "screening policy", "said": "p1", "value": "p1"},
]


def sign(store: Store) -> None:
    """Sign the campaign off, as ``approval.seal`` does, with a list of parts given here."""
    digests = {}
    for name in ("content", "audience", "arms", "policy", "sources"):
        listed = ["\x1f".join((part["item"], part["said"], part["value"]))
                  for part in PARTS if part["part"] == name]  # fmt: skip
        digests[name] = hashlib.sha256("\x1e".join(listed).encode()).hexdigest()
    with store.transaction():
        store.run(
            "INSERT INTO seals VALUES (1, 'spring', $content, $audience, $arms, $policy, $sources,"
            " $parts, $now, 'rob', 'Looks right.', false, NULL)",
            parts=json.dumps(PARTS),
            now=store.now(),
            **digests,
        )
        record(store, "campaign.signed_off", "spring", actor="rob", campaign_id="spring",
               seal_id=1, **digests, **seal_digests(store, 1))  # fmt: skip


def activate(store: Store, version: str) -> None:
    """Put another policy in force."""
    with store.transaction():
        record(store, "policy.activated", version, actor="ofelia",
               document_sha256=hashlib.sha256(POLICY.encode()).hexdigest(),
               overlay_sha256=hashlib.sha256(b"").hexdigest())  # fmt: skip
        store.run(
            "INSERT INTO policies (policy_version, policy, activated_at, activated_by) "
            "VALUES ($version, $policy, $now, 'ofelia')",
            version=version,
            policy=POLICY,
            now=store.now(),
        )


def filled(folder: Path) -> Path:
    """Make such a database in a folder, and close it."""
    path = folder / "state.duckdb"
    store = open_store(path, clock=Clock())
    fill(store)
    store.close()
    return path
