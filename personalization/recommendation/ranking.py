"""From candidates to lists: each product once, the caps, the fallback, N or a stated shortfall."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from personalization.recommendation.rules import RULE_WORDS

if TYPE_CHECKING:
    from personalization.recommendation.policy import Ranking
    from personalization.store import Store

WITHIN_FAMILIES: Final = frozenset(("similar", "upsell", "buy_again", "abandoned"))
"""Strategies that stay within the families of what a customer has: no cap holds for them."""

# Own candidates come before what fills in.  The rules are held once more: whatever a strategy has
# let slip ends here.
_RANK: Final = """
    CREATE OR REPLACE TEMP TABLE ranked AS
    WITH lawful AS (
        SELECT found.*, known.category, known.variant_group
        FROM candidates AS found
        JOIN allowed_products AS allowed ON allowed.product_id = found.product_id
        JOIN catalogue_products AS known ON known.product_id = found.product_id
        ANTI JOIN blocked_products AS blocked
            ON blocked.customer_id = found.customer_id AND blocked.product_id = found.product_id
        QUALIFY row_number() OVER (PARTITION BY found.customer_id, found.product_id
                                   ORDER BY found.is_fallback, found.score DESC,
                                            found.source_id) = 1
    ), apart AS (
        SELECT * FROM lawful
        QUALIFY NOT $one_of_siblings OR variant_group IS NULL
             OR row_number() OVER (PARTITION BY customer_id, variant_group
                                   ORDER BY is_fallback, score DESC, product_id) = 1
    ), capped AS (
        SELECT * FROM apart
        QUALIFY $category_cap = 0 OR category IS NULL OR (NOT $is_capped AND NOT is_fallback)
             OR row_number() OVER (PARTITION BY customer_id, category
                                   ORDER BY is_fallback, score DESC, product_id) <= $category_cap
    )
    SELECT customer_id, product_id, score, source_id, together, base, detail, strategy, is_fallback,
           row_number() OVER (PARTITION BY customer_id
                              ORDER BY is_fallback, score DESC, product_id) AS place
    FROM capped
    QUALIFY place <= $wanted
"""

_WANTING: Final = """
    CREATE OR REPLACE TEMP TABLE wanting_customers AS
    SELECT asked.customer_id, asked.segment, asked.country
    FROM asked_customers AS asked
    LEFT JOIN (SELECT customer_id, count(*) AS n FROM ranked GROUP BY customer_id) AS given
        ON given.customer_id = asked.customer_id
    WHERE coalesce(given.n, 0) < $wanted
"""

# Whose list is full is not ranked again.
_SETTLE: Final = """
    CREATE OR REPLACE TEMP TABLE settled AS
    SELECT ranked.* FROM ranked
    ANTI JOIN wanting_customers AS wanting ON wanting.customer_id = ranked.customer_id
"""
_ONLY_WANTING: Final = """
    DELETE FROM candidates
    WHERE customer_id NOT IN (SELECT customer_id FROM wanting_customers)
"""
_PUT_BACK: Final = "INSERT INTO ranked SELECT * FROM settled"

_SHORTFALLS: Final = """
    CREATE OR REPLACE TEMP TABLE shortfalls AS
    WITH given AS (
        SELECT customer_id, count(*) AS n, count(*) FILTER (WHERE NOT is_fallback) AS own
        FROM ranked GROUP BY customer_id
    ), blocked AS (
        SELECT customer_id, string_agg(words, ', ' ORDER BY words) AS words
        FROM (SELECT DISTINCT blocked_products.customer_id, told.words
              FROM blocked_products
              JOIN allowed_products ON allowed_products.product_id = blocked_products.product_id
              JOIN (SELECT unnest($rules::VARCHAR[]) AS rule, unnest($words::VARCHAR[]) AS words)
                  AS told ON told.rule = blocked_products.rule) AS named
        GROUP BY customer_id
    ), full_families AS (
        SELECT ranked.customer_id, known.category
        FROM ranked
        JOIN given ON given.customer_id = ranked.customer_id AND given.n < $wanted
        JOIN catalogue_products AS known ON known.product_id = ranked.product_id
        WHERE $category_cap > 0 AND known.category IS NOT NULL
        GROUP BY ranked.customer_id, known.category HAVING count(*) >= $category_cap
    ), capped AS (
        SELECT DISTINCT customer_id
        FROM full_families
        JOIN (SELECT category FROM catalogue_products
              WHERE category IN (SELECT category FROM full_families)
              GROUP BY category HAVING count(*) > $category_cap) AS larger
            ON larger.category = full_families.category
    ), known AS (
        SELECT DISTINCT customer_id FROM asked_products
    )
    SELECT asked.customer_id, CAST(coalesce(given.n, 0) AS INTEGER) AS given,
           concat_ws(' ',
               CASE WHEN known.customer_id IS NULL
                    THEN 'Nothing is known of what they bought or looked at.'
                    ELSE concat($found, CASE WHEN coalesce(given.own, 0) = 0 THEN ' nothing'
                                             ELSE ' too few' END, ' for them.') END,
               $filling,
               CASE WHEN capped.customer_id IS NOT NULL
                    THEN concat('A list has no more than ', $category_cap, ' of one family.') END,
               $everybody,
               CASE WHEN blocked.words IS NOT NULL
                    THEN concat('Kept from them: ', blocked.words, '.') END) AS reason
    FROM asked_customers AS asked
    LEFT JOIN given ON given.customer_id = asked.customer_id
    LEFT JOIN blocked ON blocked.customer_id = asked.customer_id
    LEFT JOIN capped ON capped.customer_id = asked.customer_id
    LEFT JOIN known ON known.customer_id = asked.customer_id
    WHERE coalesce(given.n, 0) < $wanted
"""
_KEEP_SHORTFALLS: Final = """
    INSERT INTO recommendation_shortfalls
    SELECT $run_id, customer_id, given, reason FROM shortfalls
"""

_OUT: Final = """
    SELECT rule, count(*) AS products FROM excluded_products
    GROUP BY rule ORDER BY products DESC, rule
"""
_SIZES: Final = """
    SELECT (SELECT count(*) FROM catalogue_products), (SELECT count(*) FROM allowed_products)
"""


def rank(store: Store, ranking: Ranking, *, strategy: str, wanted: int) -> None:
    """Fill ``ranked`` with the best ``wanted`` of ``candidates`` for each customer."""
    store.run(
        _RANK, one_of_siblings=ranking.one_of_siblings, category_cap=ranking.category_cap,
        is_capped=strategy not in WITHIN_FAMILIES, wanted=wanted,
    )  # fmt: skip


def rank_wanting(store: Store, ranking: Ranking, *, strategy: str, wanted: int) -> None:
    """Rank anew who is in ``wanting_customers``, whose candidates have become more."""
    store.run(_SETTLE)
    store.run(_ONLY_WANTING)
    rank(store, ranking, strategy=strategy, wanted=wanted)
    store.run(_PUT_BACK)


def find_wanting(store: Store, *, wanted: int) -> int:
    """Fill ``wanting_customers`` with who has fewer than ``wanted``, and return how many."""
    return store.run(_WANTING, wanted=wanted)


def keep_shortfalls(
    store: Store, ranking: Ranking, run_id: str, *, strategy: str, wanted: int
) -> int:
    """Write down who of the batch gets fewer products than were wanted and why; return how many."""
    store.run(_SHORTFALLS, **_told(store, ranking, strategy), wanted=wanted)
    return store.run(_KEEP_SHORTFALLS, run_id=run_id)


def shortfall_of_one(store: Store, ranking: Ranking, *, strategy: str, wanted: int) -> str:
    """Return why the one customer of the batch gets fewer than were wanted; empty if not so."""
    store.run(_SHORTFALLS, **_told(store, ranking, strategy), wanted=wanted)
    row = store.read_one("SELECT reason FROM shortfalls ORDER BY customer_id")
    return str(row[0]) if row else ""


def _told(store: Store, ranking: Ranking, strategy: str) -> dict[str, object]:
    """Return the parts of a reason that are the same for all customers of a batch."""
    total, allowed = store.read(_SIZES)[0]
    out = [f"{RULE_WORDS[rule]} ({count:,})" for rule, count in store.read(_OUT)]
    everybody = f"{allowed:,} of {total:,} products may be shown to them"
    everybody += f"; kept from everybody: {', '.join(out)}." if out else "."
    is_capped = strategy not in WITHIN_FAMILIES or ranking.popular_fills
    filling = None
    if strategy != "popular":
        filling = (
            "Too little that is popular is left to fill in." if ranking.popular_fills
            else "Popular products do not fill in."
        )  # fmt: skip
    return {
        "found": f"The strategy '{strategy.replace('_', ' ')}' found", "filling": filling,
        "everybody": everybody, "rules": list(RULE_WORDS), "words": list(RULE_WORDS.values()),
        "category_cap": ranking.category_cap if is_capped else 0,
    }  # fmt: skip
