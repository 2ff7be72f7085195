"""What triggers did and what waits: campaigns to send, the record of firings, files, templates."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from personalization.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from personalization.store import Store


@dataclass(frozen=True, slots=True)
class Base:
    """A customer base that triggers may wait for events of.

    Attributes:
        n_triggers: Switched on.
        n_templates: Likewise.
        newest_at: Its newest event, or None.
        categories: Families of its products.
    """

    dataset_id: str
    name: str
    is_sample: bool
    n_triggers: int
    n_templates: int
    newest_at: datetime | None
    categories: tuple[str, ...]


_BASES = """
    WITH newest AS (
        SELECT dataset_id, trigger_id, is_on FROM triggers
        QUALIFY row_number() OVER (PARTITION BY trigger_id ORDER BY version DESC) = 1
    ), templates AS (
        SELECT dataset_id, template_id, is_on FROM campaign_templates
        QUALIFY row_number() OVER (PARTITION BY template_id ORDER BY version DESC) = 1
    ), events AS (
        SELECT dataset_id, max(happened_at) AS newest_at FROM product_events GROUP BY dataset_id
    ), families AS (
        SELECT dataset_id, list(DISTINCT category ORDER BY category) AS categories FROM products
        WHERE category IS NOT NULL GROUP BY dataset_id
    )
    SELECT datasets.dataset_id, datasets.name, datasets.is_sample,
           (SELECT count(*) FROM newest
            WHERE newest.dataset_id = datasets.dataset_id AND is_on) AS n_triggers,
           (SELECT count(*) FROM templates
            WHERE templates.dataset_id = datasets.dataset_id AND is_on) AS n_templates,
           events.newest_at, coalesce(families.categories, []) AS categories
    FROM datasets
    LEFT JOIN events ON events.dataset_id = datasets.dataset_id
    LEFT JOIN families ON families.dataset_id = datasets.dataset_id
    WHERE $named = '' OR datasets.dataset_id = $named OR datasets.name = $named
    ORDER BY datasets.created_at DESC, datasets.dataset_id
"""


def bases(store: Store, named: str = "") -> list[Base]:
    """List the customer bases, the newest first; only the one of an id or name where one is given.

    Raises:
        InputError: No base, or several, are called so.
    """
    found = [
        Base(**{**row, "categories": tuple(row["categories"])})
        for row in store.records(_BASES, named=named)
    ]
    if named and len(found) != 1:
        known = ", ".join(f"{base.name} ({base.dataset_id})" for base in found or bases(store))
        what = "Several customer bases are" if found else "No customer base is"
        raise InputError(f"{what} called {named!r}. Name one by its id: {known or 'none yet'}.")
    return found


@dataclass(frozen=True, slots=True)
class Sender:
    """A campaign whose messages a trigger may send.

    Attributes:
        send_on: The last day for which its texts are judged.
        arms: Variants with a text that may be sent, each with in how many segments.
        segments: How many there are.
    """

    campaign_id: str
    name: str
    send_on: date
    arms: tuple[tuple[str, int], ...]
    segments: int


_SENDERS = """
    WITH texts AS (
        SELECT campaign_id, arm, count(DISTINCT segment) AS segments FROM sendable_variants
        GROUP BY campaign_id, arm
    )
    SELECT campaigns.campaign_id, campaigns.name, campaigns.send_on,
           list([texts.arm, CAST(texts.segments AS VARCHAR)] ORDER BY texts.arm)
               FILTER (texts.arm IS NOT NULL) AS arms,
           (SELECT count(*) FROM segments
            WHERE segments.campaign_id = campaigns.campaign_id) AS segments
    FROM campaigns
    LEFT JOIN texts ON texts.campaign_id = campaigns.campaign_id
    WHERE campaigns.dataset_id = $dataset_id
      AND campaigns.campaign_id NOT IN (SELECT campaign_id FROM text_sets)
    GROUP BY campaigns.campaign_id, campaigns.name, campaigns.send_on, campaigns.created_at
    ORDER BY campaigns.created_at DESC, campaigns.campaign_id
"""


def senders(store: Store, dataset_id: str) -> list[Sender]:
    """List the campaigns of a base with the texts of theirs that may be sent, the newest first."""
    return [
        Sender(**{**row, "arms": tuple((arm, int(n)) for arm, n in row["arms"] or ())})
        for row in store.records(_SENDERS, dataset_id=dataset_id)
    ]


_RUNS = """
    SELECT run_id, as_of, fired, held, ran_at, ran_by FROM trigger_runs
    WHERE dataset_id = $dataset_id ORDER BY ran_at DESC, run_id LIMIT $limit
"""


def runs(store: Store, dataset_id: str, *, limit: int = 50) -> list[dict[str, Any]]:
    """List the last evaluations of a base, the newest first."""
    return store.records(_RUNS, dataset_id=dataset_id, limit=limit)


_FIRINGS = """
    SELECT firings.trigger_id, firings.customer_id, firings.event_key, firings.outcome,
           firings.product_id, products.name AS product, CAST(firings.evidence AS VARCHAR)
               AS evidence, firings.due_at, firings.fired_at, handed.handover_id,
           made.made_at AS handed_at
    FROM trigger_firings AS firings
    LEFT JOIN products ON products.dataset_id = firings.dataset_id
                      AND products.product_id = firings.product_id
    LEFT JOIN handed_firings AS handed
        ON handed.trigger_id = firings.trigger_id AND handed.customer_id = firings.customer_id
       AND handed.event_key = firings.event_key
    LEFT JOIN trigger_handovers AS made ON made.handover_id = handed.handover_id
    WHERE firings.dataset_id = $dataset_id
      AND ($customer_id = '' OR firings.customer_id = $customer_id)
      AND ($trigger_id = '' OR firings.trigger_id = $trigger_id)
      AND ($outcome = '' OR firings.outcome = $outcome)
    ORDER BY firings.fired_at DESC, CASE firings.outcome WHEN 'fired' THEN 0 ELSE 1 END,
             firings.customer_id, firings.event_key, firings.trigger_id
    LIMIT $limit
"""


def firings(
    store: Store,
    dataset_id: str,
    *,
    customer_id: str = "",
    trigger_id: str = "",
    outcome: str = "",
    limit: int = 200,
) -> list[dict[str, Any]]:
    """List what became of events, the newest first; of one customer, trigger or outcome if asked.

    Each row says what it rests on in words, besides the evidence as it is kept.
    """
    rows = store.records(
        _FIRINGS, dataset_id=dataset_id, customer_id=customer_id, trigger_id=trigger_id,
        outcome=outcome, limit=limit,
    )  # fmt: skip
    return [{**row, "because": in_words(row["event_key"], row["evidence"])} for row in rows]


def in_words(event_key: str, evidence: str) -> str:
    """Say what an event was, from its key and the evidence that was kept with it.

    Example:
        >>> in_words("sign_up:2026-11-30", '{"signed_up_on": "2026-11-30"}')
        'Signed up on 2026-11-30'
    """
    told = json.loads(evidence)
    event = event_key.partition(":")[0]
    if event == "sign_up":
        return f"Signed up on {told['signed_up_on']}"
    if event == "purchase":
        return f"Order {told['order']} of {told['ordered_at'][:16]}, {_products(told)}"
    if event == "inactivity":
        return f"Nothing for {told['days']:,} days, last seen {told['last_seen_at'][:10]}"
    if event == "abandoned_cart":
        return f"{_products(told).capitalize()} in the cart since {told['carted_at'][:16]}"
    change = f"from {told['was']:,g} to {told['is']:,g}"
    what = "Stock" if event == "back_in_stock" else "Price"
    times = "once" if told["looks"] == 1 else f"{told['looks']} times"
    return f"{what} {change} on {told['changed_at'][:16]}; looked at {times} before"


def _products(told: dict[str, Any]) -> str:
    return "1 product" if told["products"] == 1 else f"{told['products']:,} products"


_NAMES = """
    SELECT product_id, name FROM products
    WHERE dataset_id = $dataset_id AND product_id IN (SELECT unnest($ids::VARCHAR[]))
    ORDER BY product_id
"""


def product_names(store: Store, dataset_id: str, ids: Iterable[str | None]) -> dict[str, str]:
    """Return what products are called, by id; those that the catalogue lacks are left out."""
    asked = sorted({one for one in ids if one})
    return dict(store.read(_NAMES, dataset_id=dataset_id, ids=asked))


_HANDOVERS = """
    SELECT handover_id, file_name, sha256, firings, as_of, made_at, made_by
    FROM trigger_handovers WHERE dataset_id = $dataset_id
    ORDER BY made_at DESC, handover_id LIMIT 50
"""


def handovers(store: Store, dataset_id: str) -> list[dict[str, Any]]:
    """List the files of due firings that were made, the newest first."""
    return store.records(_HANDOVERS, dataset_id=dataset_id)


_TEMPLATE_RUNS = """
    SELECT runs.template_id, runs.period, runs.campaign_id, campaigns.name, campaigns.send_on,
           runs.ran_at, runs.ran_by,
           (SELECT count(*) FROM current_variants
            WHERE current_variants.campaign_id = runs.campaign_id) AS messages,
           (SELECT count(*) FROM sendable_variants
            WHERE sendable_variants.campaign_id = runs.campaign_id) AS sendable,
           (SELECT max(launched_at) FROM experiments
            WHERE experiments.campaign_id = runs.campaign_id) AS launched_at
    FROM template_runs AS runs
    JOIN campaigns ON campaigns.campaign_id = runs.campaign_id
    WHERE campaigns.dataset_id = $dataset_id
    ORDER BY runs.ran_at DESC, runs.template_id, runs.period LIMIT 100
"""


def template_runs(store: Store, dataset_id: str) -> list[dict[str, Any]]:
    """List the campaigns that templates made, the newest first."""
    return store.records(_TEMPLATE_RUNS, dataset_id=dataset_id)
