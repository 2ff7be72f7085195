"""What hosted models cost a campaign, whether they answer, and how one message was written."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from personalization.store import Store

# Money adds up within one currency only; the last one that was paid in is shown.
_SPENT = """
    SELECT count(*) FILTER (NOT is_cached) AS n_calls,
           count(*) FILTER (is_cached) AS n_cached,
           coalesce(sum(prompt_tokens), 0)::BIGINT AS prompt_tokens,
           coalesce(sum(cached_tokens), 0)::BIGINT AS cached_tokens,
           coalesce(sum(completion_tokens), 0)::BIGINT AS completion_tokens,
           last(nullif(currency, '') ORDER BY asked_at) AS currency,
           sum(cost) FILTER (currency = $currency) AS cost,
           coalesce(sum(counted_cost) FILTER (currency = $currency), 0) AS counted_cost,
           coalesce(sum(counted_tokens), 0)::BIGINT AS counted_tokens,
           count(*) FILTER (counted_tokens > 0 AND prompt_tokens IS NULL) AS n_unbilled
    FROM writer_calls WHERE campaign_id = $campaign_id
"""
# Only the newest call to have come back tells: a good one after it closes the matter.
_REFUSAL = """
    SELECT service, model, status, reason, asked_at FROM writer_calls
    WHERE NOT is_cached AND status NOT IN ('lost', 'stopped')
    ORDER BY asked_at DESC, rowid DESC LIMIT 1
"""
_HAS_CALLS = """
    SELECT count(*) FROM duckdb_tables()
    WHERE database_name = current_database() AND table_name = 'writer_calls'
"""
_PROVENANCE = """
    SELECT provenance FROM variants WHERE variant_id = $variant_id AND version = $version
"""


@dataclass(frozen=True, slots=True)
class Spending:
    """What a campaign's calls to hosted models came to.

    Attributes:
        n_calls: Calls that were made.
        n_cached: Answers that were taken from earlier ones, for nothing.
        prompt_tokens: As the services counted them.
        cached_tokens: Of these, such as a service had in its own cache.
        completion_tokens: As the services counted them.
        currency: That of the model in use.
        cost: In that currency; None where no price is known.
        counted_cost: What counts against the budget: unknown bills at their worst case.
        counted_tokens: Likewise.
        n_unbilled: Calls that broke off, whose bill is not known.
    """

    n_calls: int
    n_cached: int
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    currency: str | None
    cost: float | None
    counted_cost: float
    counted_tokens: int
    n_unbilled: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a service takes no more calls, as its last answer had it."""

    service: str
    model: str
    reason: str
    asked_at: datetime


def spending(store: Store, campaign_id: str, currency: str = "") -> Spending:
    """Add up what a campaign's messages cost; ``currency`` is that of the prices in use."""
    [row] = store.records(_SPENT, campaign_id=campaign_id, currency=currency)
    return Spending(**row)


def refusal(store: Store) -> Refusal | None:
    """Return why the hosted model refuses, where its last answer was a refusal for good."""
    rows = store.records(_REFUSAL)
    if not rows or rows[0]["status"] != "closed":
        return None
    [row] = rows
    return Refusal(row["service"], row["model"], row["reason"], row["asked_at"])


def has_calls(store: Store) -> bool:
    """Tell whether a database that was opened as it stands is of a version that keeps calls."""
    return store.read(_HAS_CALLS) == [(1,)]


def provenance(store: Store, variant_id: str, version: int) -> dict[str, str]:
    """Return how one version of a message was written: model, tokens, cost, first fault."""
    row = store.read_one(_PROVENANCE, variant_id=variant_id, version=version)
    return {name: str(value) for name, value in json.loads(row[0]).items()} if row else {}
