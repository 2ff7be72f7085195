"""Retention: texts whose time is over are taken away, and old rows of the trail put away.

Of a finished campaign the words go and their fingerprints stay, so that screenings, approvals and
the trail can be checked as before.  Nothing is ever deleted inside a chain: the oldest part of the
trail is written to a file, its end is signed among the heads, and the chain goes on from there.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from personalization.errors import InputError, StateError
from personalization.store import guards
from personalization.store.anchor import CLOSED, head_of
from personalization.store.audit import record
from personalization.store.keys import write_key
from personalization.store.records import BLANKED, kept
from personalization.store.verifying import verify_chain

if TYPE_CHECKING:
    from datetime import datetime

    from personalization.store.database import Store

_MONTH: Final = 365.25 / 12  # days

_FINISHED = """
    WITH launched AS (
        SELECT campaign_id, max(coalesce(analysis_on, CAST(launched_at AS DATE))) AS finished_on
        FROM experiments WHERE launched_at IS NOT NULL GROUP BY campaign_id
    ), texts AS (
        SELECT campaign_id, count(*) AS texts FROM variants
        WHERE concat(subject, preheader, body, call_to_action, footer) <> ''
        GROUP BY campaign_id
    ), words AS (
        SELECT campaign_id, count(*) AS findings
        FROM findings JOIN screenings ON screenings.screening_id = findings.screening_id
        WHERE text <> '' OR message <> '' OR advice <> ''
        GROUP BY campaign_id
    )
    SELECT campaigns.campaign_id, campaigns.name,
           greatest(campaigns.send_on, launched.finished_on) AS finished_on,
           coalesce(texts.texts, 0) AS texts, coalesce(words.findings, 0) AS findings
    FROM campaigns
    JOIN launched ON launched.campaign_id = campaigns.campaign_id
    LEFT JOIN texts ON texts.campaign_id = campaigns.campaign_id
    LEFT JOIN words ON words.campaign_id = campaigns.campaign_id
    WHERE greatest(campaigns.send_on, launched.finished_on) < CAST($finished_before AS DATE)
      AND coalesce(texts.texts, 0) + coalesce(words.findings, 0) > 0
    ORDER BY finished_on, campaigns.campaign_id
"""
_OLD = """
    SELECT coalesce(min(seq), 0), coalesce(max(seq), 0), count(*), max(happened_at)
    FROM audit_log WHERE happened_at < $before
"""


@dataclass(frozen=True, slots=True)
class Retention:
    """What is due, or was done.

    Attributes:
        campaigns: Finished ones whose words may go: campaign_id, name, finished_on, texts,
            findings.
        first: First and last row of the trail that may be put away, 0 where none may.
        last: See ``first``.
        rows: How many those are.
        file: Where they were written; empty in a dry run.
    """

    campaigns: tuple[dict[str, Any], ...]
    first: int
    last: int
    rows: int
    file: str = ""

    @property
    def is_due(self) -> bool:
        """Tell whether there is anything to do."""
        return bool(self.campaigns or self.rows)


def due(store: Store, *, body_days: int, trail_months: int) -> Retention:
    """Say what retention would take away now; nothing is changed.

    Args:
        store: Reads ``campaigns``, ``experiments``, ``variants``, ``findings``, ``audit_log``.
        body_days: Days after a launched campaign ended (its send date, or the day its result was
            read), from which on its words may go.
        trail_months: Months after which rows of the trail may be put away.
    """
    now = store.now()
    campaigns = store.records(_FINISHED, finished_before=(now - timedelta(days=body_days)).date())
    before = (now - timedelta(days=trail_months * _MONTH)).isoformat(timespec="microseconds")
    first, last, rows, _ = store.read_one(_OLD, before=before) or (0, 0, 0, None)
    return Retention(tuple(campaigns), int(first), int(last), int(rows))


def retain(store: Store, *, body_days: int, trail_months: int, actor: str) -> Retention:
    """Take away what is due, and say what it was; running it twice does nothing more.

    Writes one audit row for each campaign and one for the part of the trail that was closed.

    Raises:
        StateError: The trail or a record that it speaks of is not as it was recorded: what is put
            away is signed as it is, and would count as whole from then on.
    """
    found = due(store, body_days=body_days, trail_months=trail_months)
    if found.is_due:
        _refuse_changed(store)
    for campaign in found.campaigns:
        _blank(store, campaign, actor)
    file = _close(store, found, actor) if found.rows else ""
    return Retention(found.campaigns, found.first, found.last, found.rows, file)


def _refuse_changed(store: Store) -> None:
    tampering = verify_chain(store).tampering
    if not tampering:  # rows that nothing outside vouches for are still told as such afterwards
        return
    raise StateError(
        f"Nothing was taken away, because the record is not whole: {tampering[0].text} "
        "`personalize audit --verify` names everything. Put a copy that is whole back, "
        "then run the retention again."
    )


_BLANK: Final = (
    """
    UPDATE variants SET subject = '', preheader = '', body = '', call_to_action = '', link = '',
        footer = ''
    WHERE campaign_id = $campaign_id
    """,
    """
    UPDATE findings SET text = '', message = '', advice = ''
    WHERE screening_id IN (SELECT screening_id FROM screenings WHERE campaign_id = $campaign_id)
    """,
    """
    UPDATE ledger_entries SET text = '', source_text = '', reason = ''
    WHERE screening_id IN (SELECT screening_id FROM screenings WHERE campaign_id = $campaign_id)
    """,
    """
    UPDATE claims SET text = '', source_text = '', reason = ''
    WHERE variant_id IN (SELECT variant_id FROM variants WHERE campaign_id = $campaign_id)
    """,
    "DELETE FROM writer_replies WHERE campaign_id = $campaign_id",
)


def _blank(store: Store, campaign: dict[str, Any], actor: str) -> None:
    campaign_id = campaign["campaign_id"]
    with store.transaction():
        with guards.suspended(store, ("variants", "findings", "ledger_entries", "claims")):
            for statement in _BLANK:
                store.run(statement, campaign_id=campaign_id)
        record(
            store, BLANKED, campaign_id, actor=actor, campaign_id=campaign_id,
            texts=campaign["texts"], findings=campaign["findings"],
        )  # fmt: skip


_PUT_AWAY = """
    SELECT seq, happened_at, kind, ref, campaign_id, actor, payload, prev_hash, hash
    FROM audit_log WHERE seq <= $last ORDER BY seq
"""
_FORGET = "DELETE FROM audit_log WHERE seq <= $last"
_HEAD = "SELECT seq, hash FROM audit_log ORDER BY seq DESC LIMIT 1"


def _close(store: Store, found: Retention, actor: str) -> str:
    """Write the rows to a file, sign where they end, and only then take them from the table.

    A crash in between leaves rows that are in the file too; the next run closes them again.
    """
    with store.lock:
        store.anchor.refuse_unless_ready()
        rows = store.records(_PUT_AWAY, last=found.last)
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
        name = _keep_file(store, f"trail-{found.first}-{found.last}.jsonl", lines)
        digest = hashlib.sha256(lines).hexdigest()
        head = store.read_one(_HEAD) or (0, "")
        before = closing(store, found.first - 1).get("kept", {})
        store.anchor.keep(
            int(head[0]), str(head[1]), _stamp(store.now()), CLOSED,
            {"seq": found.last, "hash": rows[-1]["hash"], "first": found.first, "rows": len(rows),
             "file": name, "sha256": digest, "kept": kept(store, found.last, before)},
        )  # fmt: skip
        store.anchor.refuse_unless_ready()
        with store.transaction():
            record(store, "trail.closed", name, actor=actor, first=found.first, last=found.last,
                   rows=len(rows), sha256=digest)  # fmt: skip
            with guards.suspended(store, ("audit_log",)):
                store.run(_FORGET, last=found.last)
            store.anchor.put_away = found.last
    return name


def _stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds")


def _keep_file(store: Store, name: str, content: bytes) -> str:
    """Write a closed part beside the heads, and return its name there."""
    path = store.anchor.path
    if path is None:
        store.beside[name] = content
        return name
    file = path.with_name(f"{path.name.removesuffix('.heads.jsonl')}.{name}")
    write_key(file, content)
    return file.name


def closing(store: Store, seq: int) -> dict[str, Any]:
    """Return the note of the head that closed the trail at ``seq``; empty where none did."""
    heads = [head_of(line) for line in store.anchor.stored()]
    notes = [each.note for each in heads if each and each.kind == CLOSED]
    return next((note for note in reversed(notes) if note.get("seq") == seq), {})


_FIRST = "SELECT prev_hash FROM audit_log ORDER BY seq LIMIT 1"


def accept_trail(store: Store, *, reason: str, actor: str) -> None:
    """Take a trail that does not fit its heads as it is, for good and with a name under it.

    The old heads are put aside, not deleted, and new ones begin with who accepted it and why.  Rows
    and records that do not fit each other are still named by every verification.

    Raises:
        InputError: The reason is missing.
    """
    if not reason.strip():
        raise InputError("Say why the trail is accepted as it is: every check will show it.")
    note = {"actor": actor, "reason": reason.strip()}
    with store.lock:
        put_away = store.anchor.put_away
        closed = closing(store, put_away)
        store.anchor.begin_anew(_stamp(store.now()), note)
        with store.transaction():
            record(store, "trail.accepted", "heads", actor=actor, reason=reason.strip())
        if put_away:
            head, first = store.read_one(_HEAD) or (0, ""), store.read_one(_FIRST) or ("",)
            facts = {**closed, "seq": put_away, "hash": first[0]}
            store.anchor.keep(int(head[0]), str(head[1]), _stamp(store.now()), CLOSED, facts)
