"""Keeping account of hosted models in the store: what was asked, what it cost, what was answered.

A call's worst case stands in ``writer_reservations`` while it is under way, so that campaigns that
are written at the same time cannot cross a limit together.  If the process ends during a call,
the next one counts it at that worst case, because the service may have billed it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any, Final, TypeVar
from uuid import uuid4

from personalization.providers.metering import OK, Limits, Metered, Reply, Spent, Usage

if TYPE_CHECKING:
    from collections.abc import Callable

    from personalization.providers.metering import Call
    from personalization.settings import Generation
    from personalization.store import Store

Asker = TypeVar("Asker")

_PROCESS: Final = uuid4().hex
"""Which process this is: calls that another one left open were cut off."""

_CUT_OFF = """
    INSERT INTO writer_calls
        (campaign_id, segment, arm, service, model, status, reason, is_cached, prompt_tokens,
         cached_tokens, completion_tokens, cost, currency, counted_cost, counted_tokens, seconds,
         request_id, prompt_sha256, asked_at)
    SELECT campaign_id, segment, arm, service, model, 'lost',
           'The app was stopped during the call; it is counted at its worst case.', false, NULL,
           NULL, NULL, NULL, currency, cost, tokens, 0, NULL, prompt_sha256, reserved_at
    FROM writer_reservations WHERE process <> $process
"""
_FORGET_CUT_OFF = "DELETE FROM writer_reservations WHERE process <> $process"
# The day is that of the campaign's own clock, UTC.  Money adds up within one currency only.
_SPENT = """
    WITH counted AS (
        SELECT campaign_id, CASE WHEN currency = $currency THEN counted_cost ELSE 0 END AS cost,
               counted_tokens AS tokens, asked_at AS counted_at, false AS is_open
        FROM writer_calls
        UNION ALL
        SELECT campaign_id, CASE WHEN currency = $currency THEN cost ELSE 0 END, tokens,
               reserved_at, true
        FROM writer_reservations
    ), told AS (
        SELECT *, campaign_id = $campaign_id AS is_its, counted_at >= $today AS is_today
        FROM counted
    )
    SELECT coalesce(sum(cost) FILTER (is_its), 0)::DOUBLE,
           coalesce(sum(tokens) FILTER (is_its), 0)::BIGINT,
           coalesce(sum(cost) FILTER (is_its AND is_open), 0)::DOUBLE,
           coalesce(sum(tokens) FILTER (is_its AND is_open), 0)::BIGINT,
           coalesce(sum(cost) FILTER (is_today), 0)::DOUBLE,
           coalesce(sum(tokens) FILTER (is_today), 0)::BIGINT,
           coalesce(sum(cost) FILTER (is_today AND is_open), 0)::DOUBLE,
           coalesce(sum(tokens) FILTER (is_today AND is_open), 0)::BIGINT
    FROM told WHERE is_its OR is_today
"""
_RESERVE = """
    INSERT INTO writer_reservations
    VALUES ($call_id, $process, $campaign_id, $segment, $arm, $service, $model, $cost, $currency,
            $tokens, $prompt_sha256, $reserved_at)
"""
_RELEASE = "DELETE FROM writer_reservations WHERE call_id = $call_id"
_KEEP_CALL = """
    INSERT INTO writer_calls
        (campaign_id, segment, arm, service, model, status, reason, is_cached, prompt_tokens,
         cached_tokens, completion_tokens, cost, currency, counted_cost, counted_tokens, seconds,
         request_id, prompt_sha256, asked_at)
    VALUES ($campaign_id, $segment, $arm, $service, $model, $status, $reason, $is_cached,
            $prompt_tokens, $cached_tokens, $completion_tokens, $cost, $currency, $counted_cost,
            $counted_tokens, $seconds, $request_id, $prompt_sha256, $asked_at)
"""
_KEPT = "SELECT content, facts FROM writer_replies WHERE key = $key"
_KEEP_REPLY = """
    INSERT OR IGNORE INTO writer_replies
    VALUES ($key, $content, $facts, $replied_at, $campaign_id)
"""
_FORGET_REPLY = "DELETE FROM writer_replies WHERE key = $key"


@dataclass(frozen=True, slots=True)
class StoreMeter:
    """Keeps account in ``writer_calls`` and ``writer_reservations``; answers in ``writer_replies``.

    Attributes:
        store: No transaction may be open in the thread that waits for a writer.
        limits: What may be spent.
        cancelled: Tells whether the user has asked to stop.
    """

    store: Store
    limits: Limits
    cancelled: Callable[[], bool]

    def is_cancelled(self) -> bool:
        """Tell whether the user has asked to stop."""
        return self.cancelled()

    def kept(self, call: Call) -> Reply | None:
        """Return the answer to the very same question, and note that it cost nothing."""
        row = self.store.read_one(_KEPT, key=call.key)
        if row is None:
            return None
        told = json.loads(row[1])
        usage = Usage(**told["usage"]) if told["usage"] else None
        reply = Reply(
            OK, row[0], usage=usage, cost=0.0 if call.most_cost is not None else None,
            facts=tuple((name, value) for name, value in told["facts"]), is_cached=True,
        )  # fmt: skip
        self.store.run(_KEEP_CALL, **_as_row(self.store, call, reply))
        return reply

    def forget(self, key: str) -> None:
        """Keep an answer no longer, because it could not be used."""
        self.store.run(_FORGET_REPLY, key=key)

    def reserve(self, call: Call) -> str:
        """Set the worst case of a call aside, in the transaction that looked whether there is room.

        Raises:
            SpentError: There is none.
        """
        call_id, now = uuid4().hex, self.store.now()
        today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        with self.store.transaction():
            if self.store.run(_CUT_OFF, process=_PROCESS):
                self.store.run(_FORGET_CUT_OFF, process=_PROCESS)
            row = self.store.read_one(
                _SPENT, campaign_id=call.campaign_id, currency=call.currency, today=today
            )
            told = row or (0.0, 0) * 4
            self.limits.refuse_if_crossed(call, Spent(*told[:4]), Spent(*told[4:]))
            self.store.run(
                _RESERVE, call_id=call_id, process=_PROCESS, campaign_id=call.campaign_id,
                segment=call.segment, arm=call.arm, service=call.service, model=call.model,
                cost=call.most_cost or 0.0, currency=call.currency, tokens=call.most_tokens,
                prompt_sha256=call.prompt_sha256, reserved_at=now,
            )  # fmt: skip
        return call_id

    def settle(self, call_id: str, call: Call, reply: Reply) -> None:
        """Put what the call came to in the place of what was set aside; keep a good answer."""
        with self.store.transaction():
            if not self.store.run(_RELEASE, call_id=call_id):
                return
            self.store.run(_KEEP_CALL, **_as_row(self.store, call, reply))
            if reply.is_ok:
                self.store.run(
                    _KEEP_REPLY, key=call.key, content=reply.content, facts=_facts(reply),
                    replied_at=self.store.now(), campaign_id=call.campaign_id,
                )  # fmt: skip


def _facts(reply: Reply) -> str:
    usage = reply.usage
    told = {
        "usage": usage
        and {"prompt": usage.prompt, "cached": usage.cached, "completion": usage.completion},
        "facts": reply.facts,
    }
    return json.dumps(told)


def _as_row(store: Store, call: Call, reply: Reply) -> dict[str, Any]:
    """Return a call as ``writer_calls`` has it; an answer that was kept used no tokens."""
    usage = None if reply.is_cached else reply.usage
    counted_cost, counted_tokens = (0.0, 0) if reply.is_cached else reply.counted(call)
    return {
        "campaign_id": call.campaign_id, "segment": call.segment, "arm": call.arm,
        "service": call.service, "model": call.model, "status": reply.status,
        "reason": reply.reason, "is_cached": reply.is_cached,
        "prompt_tokens": usage and usage.prompt, "cached_tokens": usage and usage.cached,
        "completion_tokens": usage and usage.completion, "cost": reply.cost,
        "currency": call.currency, "counted_cost": counted_cost, "counted_tokens": counted_tokens,
        "seconds": reply.seconds, "request_id": dict(reply.facts).get("request_id"),
        "prompt_sha256": call.prompt_sha256, "asked_at": store.now(),
    }  # fmt: skip


def on_account(
    asker: Asker,
    store: Store,
    settings: Generation,
    cancelled: Callable[[], bool] | None = None,
    *,
    campaign_id: str = "",
) -> Asker:
    """Return the writer or judge of one run; its calls go on account if they cost anything.

    Args:
        asker: Writes or judges; None or whoever costs nothing comes back as it is.
        store: Where account is kept.
        settings: Say what may be spent.
        cancelled: Asked while an answer is waited for.
        campaign_id: Whose budget a judge's calls count against; a writer's requests name theirs.
    """
    if not isinstance(asker, Metered):
        return asker
    meter = StoreMeter(store, Limits.of(settings), cancelled or (lambda: False))
    metered: Asker = asker.metered(meter, campaign_id)
    return metered
