"""Where the firings stand that were not handed over yet: which are due, and what the others lack.

Everything is looked at again at that moment: whether the customer may be written to, whether the
text may be sent, whether the product is still to be had, and whether the customer has bought or
come back since.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from personalization.recommendation.trigger_events import prepare_events
from personalization.recommendation.trigger_keeping import triggers_of
from personalization.recommendation.trigger_products import due_origins, judge_products
from personalization.recommendation.triggers import fault_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from personalization.store import Store

STATES: Final[Mapping[str, str]] = MappingProxyType({
    "due": "ready to be handed over",
    "later": "waiting for the end of the quiet hours",
    "no text": "without an approved message for their segment",
    "no products": "with too few products to name",
    "stale products": "with products that have changed since, or that they may not be shown",
    "product gone": "for a product that is not to be had any more, or costs more again",
    "in a test": "whom a test of the campaign gives another message, or none",
    "gate": "not known to be old enough, or in a country, for the product",
    "overtaken": "who have bought or come back since",
    "off": "of a trigger that is switched off",
    "idle": "of a trigger that cannot fire at present",
    "too old": "too old to be sent",
    "no consent": "without consent",
    "suppressed": "who have objected to mailing",
    "no valid e-mail": "without a usable address",
    "duplicate address": "with an address that another customer has",
    "global holdout": "kept out of all campaigns",
    "no segment": "no longer in a segment",
    "gone": "no longer in the customer base",
})  # fmt: skip
"""Where a firing that was not handed over stands, in words."""

_PLANS: Final = """
    CREATE OR REPLACE TEMP TABLE trigger_plans AS
    SELECT unnest($ids::VARCHAR[]) AS trigger_id, unnest($names::VARCHAR[]) AS name,
           unnest($events::VARCHAR[]) AS event, unnest($campaigns::VARCHAR[]) AS campaign_id,
           unnest($arms::VARCHAR[]) AS arm, unnest($strategies::VARCHAR[]) AS strategy,
           unnest($items::INTEGER[]) AS items, unnest($windows::INTEGER[]) AS window_hours,
           unnest($standings::VARCHAR[]) AS standing
"""

_WAITING: Final = """
    CREATE OR REPLACE TEMP TABLE waiting_firings AS
    SELECT firings.trigger_id, firings.customer_id, firings.event_key, firings.run_id,
           firings.evidence, firings.product_id, firings.due_at, plans.name, plans.event,
           plans.campaign_id, plans.arm, plans.strategy, plans.items, plans.standing,
           firings.due_at + plans.window_hours * INTERVAL '1' HOUR < $now AS is_too_old,
           CAST(coalesce(json_extract_string(firings.evidence, '$.carted_at'),
                         json_extract_string(firings.evidence, '$.last_looked_at'),
                         json_extract_string(firings.evidence, '$.last_seen_at')) AS TIMESTAMP)
               AS since_at
    FROM trigger_firings AS firings
    JOIN trigger_plans AS plans ON plans.trigger_id = firings.trigger_id
    LEFT JOIN handed_firings AS handed
        ON handed.trigger_id = firings.trigger_id AND handed.customer_id = firings.customer_id
       AND handed.event_key = firings.event_key
    WHERE firings.dataset_id = $dataset_id AND firings.outcome = 'fired'
      AND handed.trigger_id IS NULL
      AND firings.due_at + plans.window_hours * INTERVAL '1' HOUR
          > CAST($now AS TIMESTAMPTZ) - INTERVAL '7' DAY
"""
_NO_READERS: Final = """
    CREATE OR REPLACE TEMP TABLE trigger_readers (
        campaign_id VARCHAR, customer_id VARCHAR, email VARCHAR, segment VARCHAR, bucket VARCHAR)
"""
_READERS: Final = """
    INSERT INTO trigger_readers
    SELECT campaign_id, customer_id, email, segment, bucket FROM audience
    WHERE campaign_id = $campaign_id
      AND customer_id IN (SELECT customer_id FROM waiting_firings)
"""

# Until its result is read a test keeps its people: what a trigger sent would blur what it measures.
# A text whose source begins to be valid only by the campaign's send date is not said before.
_STAND: Final = """
    CREATE OR REPLACE TEMP TABLE standing_firings AS
    WITH texts AS (
        SELECT sendable.campaign_id, sendable.segment, sendable.arm, sendable.variant_id,
               sendable.version, sendable.content_sha256, fields.has_products
        FROM sendable_variants AS sendable
        JOIN message_fields AS fields ON fields.variant_id = sendable.variant_id
                                     AND fields.version = sendable.version
        WHERE sendable.campaign_id IN (SELECT campaign_id FROM trigger_plans)
          AND sendable.variant_id NOT IN (SELECT variant_id FROM variant_channels)
          AND NOT EXISTS (
              SELECT 1 FROM quoted_statements AS quoted
              JOIN statements ON statements.statement_id = quoted.statement_id
              JOIN current_documents AS documents
                  ON documents.document_id = statements.document_id
              WHERE quoted.variant_id = sendable.variant_id
                AND quoted.version = sendable.version
                AND documents.valid_from > CAST($today AS DATE))
    ), overtaken AS (
        SELECT DISTINCT waiting.trigger_id, waiting.customer_id, waiting.event_key
        FROM waiting_firings AS waiting
        JOIN product_events AS events
            ON events.dataset_id = $dataset_id AND events.customer_id = waiting.customer_id
           AND events.happened_at > waiting.since_at
        WHERE CASE waiting.event WHEN 'inactivity' THEN events.event <> 'return'
                   WHEN 'abandoned_cart' THEN events.event = 'purchase'
                   ELSE events.event = 'purchase' AND events.product_id = waiting.product_id END
    ), tested AS (
        SELECT experiments.campaign_id, assigned.customer_id, assigned.arm
        FROM experiments
        JOIN assignments AS assigned ON assigned.experiment_id = experiments.experiment_id
        WHERE experiments.approved_at IS NOT NULL
          AND coalesce(experiments.analysis_on >= CAST($today AS DATE), true)
          AND NOT EXISTS (SELECT 1 FROM verdicts
                          WHERE verdicts.experiment_id = experiments.experiment_id
                            AND segment = '' AND verdicts.arm = '' AND NOT is_early)
    )
    SELECT waiting.*, readers.email, readers.segment, texts.variant_id, texts.version,
           texts.content_sha256, coalesce(texts.has_products, false) AS has_products,
           CASE WHEN waiting.standing <> '' THEN waiting.standing
                WHEN waiting.is_too_old THEN 'too old'
                WHEN readers.bucket IS NULL THEN 'gone'
                WHEN readers.bucket <> 'eligible' THEN readers.bucket
                WHEN substr(readers.email, 1, 1) IN ('=', '+', '-', '@', '＝', '＋', '－', '＠')
                THEN 'no valid e-mail'
                WHEN overtaken.customer_id IS NOT NULL THEN 'overtaken'
                WHEN EXISTS (SELECT 1 FROM tested
                             WHERE tested.campaign_id = waiting.campaign_id
                               AND tested.customer_id = waiting.customer_id
                               AND tested.arm <> waiting.arm) THEN 'in a test'
                WHEN waiting.event IN ('abandoned_cart', 'back_in_stock', 'price_drop')
                 AND (available.product_id IS NULL
                      OR (waiting.event = 'price_drop' AND products.price
                          > CAST(json_extract(waiting.evidence, '$.is') AS DOUBLE)))
                THEN 'product gone'
                WHEN waiting.event <> 'purchase'
                 AND list_has_any(available.gates, string_split(shut.closed, ',')) THEN 'gate'
                WHEN waiting.due_at > $now THEN 'later'
                WHEN texts.variant_id IS NULL THEN 'no text'
                WHEN NOT texts.has_products THEN 'due'
                WHEN coalesce(named.is_short, true) THEN 'no products'
                WHEN named.is_stale THEN 'stale products' ELSE 'due' END AS state
    FROM waiting_firings AS waiting
    LEFT JOIN trigger_readers AS readers ON readers.campaign_id = waiting.campaign_id
                                        AND readers.customer_id = waiting.customer_id
    LEFT JOIN texts ON texts.campaign_id = waiting.campaign_id
                   AND texts.segment = readers.segment AND texts.arm = waiting.arm
    LEFT JOIN overtaken ON overtaken.trigger_id = waiting.trigger_id
                       AND overtaken.customer_id = waiting.customer_id
                       AND overtaken.event_key = waiting.event_key
    LEFT JOIN available_products AS available ON available.product_id = waiting.product_id
    LEFT JOIN products ON products.dataset_id = $dataset_id
                      AND products.product_id = waiting.product_id
    LEFT JOIN shut_gates AS shut ON shut.customer_id = waiting.customer_id
    LEFT JOIN trigger_products AS named
        ON named.campaign_id = waiting.campaign_id AND named.arm = waiting.arm
       AND named.customer_id = waiting.customer_id
"""
_COUNTS: Final = """
    SELECT trigger_id, state, count(*) FROM standing_firings
    GROUP BY trigger_id, state ORDER BY trigger_id, state
"""
_ASKED: Final = """
    SELECT DISTINCT strategy, items, run_id FROM standing_firings
    WHERE state = 'due' AND strategy <> '' ORDER BY strategy, items, run_id
"""
_SENT: Final = """
    SELECT DISTINCT campaign_id FROM standing_firings WHERE state = 'due' ORDER BY campaign_id
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the firings of a base stand that were not handed over yet.

    Attributes:
        counts: (trigger, a key of STATES, firings).
        asked: (strategy, products, run of the firings) that the due ones want products by.
        campaigns: Whose messages the due ones are.
        origins: The sites that their products' links lead to.
    """

    counts: tuple[tuple[str, str, int], ...]
    asked: tuple[tuple[str, int, str], ...]
    campaigns: tuple[str, ...]
    origins: tuple[str, ...] = ()

    @property
    def due(self) -> int:
        """Return how many can be handed over now."""
        return sum(n for _, state, n in self.counts if state == "due")

    @property
    def is_stale(self) -> bool:
        """Tell whether some wait because what their message names of products has changed."""
        return any(state == "stale products" for _, state, _ in self.counts)


def standing(store: Store, dataset_id: str, *, now: datetime) -> Standing:
    """Tell which firings could be handed over at a moment, and what the others wait for.

    Args:
        store: Reads the firings, ``audience``, ``sendable_variants``, the catalogue and what
            customers did since; writes nothing but temporary tables.
        dataset_id: Whose firings.
        now: With its time zone.
    """
    with store.transaction():
        fill_standing(store, dataset_id, now)
        return _standing(store)


def fill_standing(store: Store, dataset_id: str, now: datetime) -> None:
    """Fill the TEMP table ``standing_firings``; inside a transaction."""
    triggers = triggers_of(store, dataset_id)
    columns: dict[str, list[Any]] = {
        "ids": [one.trigger_id for one in triggers],
        "names": [one.name for one in triggers],
        "events": [one.event for one in triggers],
        "campaigns": [one.plan.campaign_id for one in triggers],
        "arms": [one.plan.arm for one in triggers],
        "strategies": [one.plan.strategy for one in triggers],
        "items": [one.plan.items for one in triggers],
        "windows": [one.plan.window_hours for one in triggers],
        "standings": [
            "" if one.is_on and not fault_of(store, one) else "idle" if one.is_on else "off"
            for one in triggers
        ],
    }  # fmt: skip
    prepare_events(store, dataset_id)
    store.run(_PLANS, **columns)
    store.run(_WAITING, dataset_id=dataset_id, now=now)
    store.run(_NO_READERS)
    for campaign_id in sorted(set(columns["campaigns"]) - {""}):
        store.run(_READERS, campaign_id=campaign_id)
    judge_products(store, dataset_id)
    store.run(_STAND, dataset_id=dataset_id, now=now, today=store.now().date())


def _standing(store: Store) -> Standing:
    counts = tuple((trigger, state, n) for trigger, state, n in store.read(_COUNTS))
    asked = tuple((name, n, run) for name, n, run in store.read(_ASKED))
    sent = tuple(one for (one,) in store.read(_SENT))
    return Standing(counts, asked, sent, tuple(due_origins(store)))
