"""The rules: which products may be recommended at all, and which of them not to this customer.

They hold before anything is ranked.  Temporary tables of one unit of work say so:
``excluded_products(product_id, rule)`` for everybody, ``allowed_products(product_id)`` for a batch,
``blocked_products(customer_id, product_id, rule)`` for each customer.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from personalization.recommendation.policy import Policy
    from personalization.store import Store

RULE_WORDS: Final[Mapping[str, str]] = MappingProxyType({
    "inactive": "no longer sold",
    "out_of_stock": "out of stock",
    "no_price": "no price above 0",
    "margin": "margin below the floor, or not known",
    "never": "on the list of products that are never recommended",
    "never_category": "its family is never recommended",
    "never_tag": "one of its tags is never recommended",
    "not_listed": "not on the list of products that may be recommended",
    "not_in_families": "not of a family that may be recommended",
    "name": "a name that cannot be shown in a message",
    "unknown_gate": "behind a gate that the rules do not know",
    "gate": "behind a gate that this customer is not known to meet",
    "owned": "bought already",
    "bought_lately": "bought a few days ago",
    "sibling": "another colour or size of what they bought",
    "returned": "sent back",
    "shown_lately": "shown in one of their last campaigns",
})  # fmt: skip
"""Every rule by its name, and why it keeps a product out, in a few words."""

# Words are folded by the database on both sides: ß in capitals is ẞ to it, and SS to Python.
#
# A name is shown as it stands, so one that could be read as code, a tag or an order to a program
# is a reason to leave the product out; what the check of inputs held back is another.
_EXCLUDED: Final = r"""
    CREATE OR REPLACE TEMP TABLE excluded_products AS
    WITH told AS (
        SELECT list_transform($never::VARCHAR[], lambda one: upper(trim(one))) AS never,
               list_transform($never_categories::VARCHAR[], lambda one: upper(trim(one)))
                   AS never_categories,
               list_transform($never_tags::VARCHAR[], lambda one: upper(trim(one))) AS never_tags,
               list_transform($only::VARCHAR[], lambda one: upper(trim(one))) AS "only",
               list_transform($only_categories::VARCHAR[], lambda one: upper(trim(one)))
                   AS only_categories
    )
    SELECT product_id, unnest(list_filter([
        CASE WHEN $active_only AND NOT is_active THEN 'inactive' END,
        CASE WHEN stock < $least_stock OR ($least_stock > 0 AND isnan(stock))
             THEN 'out_of_stock' END,
        CASE WHEN $priced_only AND coalesce(NOT (price > 0 AND isfinite(price)), true)
             THEN 'no_price' END,
        CASE WHEN $margin_floor > 0
                  AND coalesce(margin < $margin_floor OR isnan(margin), NOT $unknown_margin_passes)
             THEN 'margin' END,
        CASE WHEN list_contains(told.never, upper(trim(product_id))) THEN 'never' END,
        CASE WHEN list_contains(told.never_categories, upper(trim(category)))
             THEN 'never_category' END,
        CASE WHEN list_has_any(list_transform(string_split(coalesce(upper(tags), ''), ','),
                                              lambda one: trim(one)), told.never_tags)
             THEN 'never_tag' END,
        CASE WHEN len(told."only") > 0
                  AND NOT list_contains(told."only", upper(trim(product_id))) THEN 'not_listed' END,
        CASE WHEN len(told.only_categories) > 0
                  AND NOT coalesce(list_contains(told.only_categories, upper(trim(category))),
                                   false)
             THEN 'not_in_families' END,
        CASE WHEN trim(name) = '' OR length(name) > 200
                  OR regexp_matches(name, '[\x00-\x1f\x7f<>]|\{\{|\}\}|\{%|%\}|%%|\*\||\|\*')
                  OR regexp_matches(name, '[$#]\{|\{\$|\[\[|\]\]|://|(?i:www\.)')
                  OR regexp_matches(name, '[\x{200b}\x{2028}-\x{202e}\x{2060}-\x{2069}\x{feff}]')
                  OR input_key(name) IN (SELECT key FROM held_inputs WHERE what = 'customer field')
             THEN 'name' END,
        CASE WHEN len(gates) > 0 AND NOT list_has_all($known_gates::VARCHAR[], gates)
             THEN 'unknown_gate' END
    ], lambda rule: rule IS NOT NULL)) AS rule
    FROM catalogue_products, told
"""

_ALLOWED: Final = """
    CREATE OR REPLACE TEMP TABLE allowed_products AS
    SELECT product_id FROM catalogue_products
    WHERE product_id NOT IN (SELECT product_id FROM excluded_products)
      AND NOT list_has_any(gates, string_split($closed, ','))
    ORDER BY product_id
"""

_OPEN_GATES: Final = """
    CREATE OR REPLACE TEMP TABLE gates_in_use (
        name VARCHAR, least_age INTEGER, not_in VARCHAR[], only_in VARCHAR[]
    )
"""
_GATES: Final = """
    SELECT DISTINCT unnest(gates) AS gate FROM catalogue_products ORDER BY gate
"""
_ADD_GATE: Final = """
    INSERT INTO gates_in_use
    VALUES ($name, $least_age, list_transform($not_in::VARCHAR[], lambda one: upper(trim(one))),
            list_transform($only_in::VARCHAR[], lambda one: upper(trim(one))))
"""

# Who is not known to meet a gate does not.  Countries go by their spelling in the file and by code.
_CLOSE: Final = """
    UPDATE asked_people SET closed = shut.names
    FROM (
        SELECT people.customer_id, string_agg(gates.name, ',' ORDER BY gates.name) AS names
        FROM asked_people AS people
        LEFT JOIN jurisdiction_names AS spellings
            ON spellings.spelling = lower(trim(people.country))
        JOIN gates_in_use AS gates
            ON (gates.least_age > 0 AND coalesce(people.age < gates.least_age, true))
            OR (len(gates.not_in) > 0
                AND (coalesce(trim(people.country), '') = ''
                     OR list_has_any(gates.not_in, [upper(trim(people.country)),
                                                    coalesce(upper(spellings.own_code), '-')])))
            OR (len(gates.only_in) > 0
                AND NOT list_has_any(gates.only_in, [coalesce(upper(trim(people.country)), '-'),
                                                     coalesce(upper(spellings.own_code), '-')]))
        GROUP BY people.customer_id
    ) AS shut
    WHERE asked_people.customer_id = shut.customer_id
"""
_CLOSINGS: Final = """
    SELECT closed, count(*) FROM asked_people GROUP BY closed ORDER BY closed
"""

_BLOCKED: Final = """
    CREATE OR REPLACE TEMP TABLE blocked_products AS
    SELECT had.customer_id, had.product_id, 'owned' AS rule
    FROM asked_products AS had
    JOIN catalogue_products AS known ON known.product_id = had.product_id
    WHERE had.is_owned
      AND ($owned = 'never'
           OR ($owned = 'unless_replenishable' AND NOT coalesce(known.is_replenishable, false)))
    UNION ALL
    SELECT customer_id, product_id, 'bought_lately' FROM asked_products
    WHERE last_bought > CAST($as_of AS TIMESTAMP) - to_days($lately_bought_days)
    UNION ALL
    SELECT DISTINCT had.customer_id, siblings.product_id, 'sibling'
    FROM asked_products AS had
    JOIN catalogue_products AS known ON known.product_id = had.product_id
    JOIN catalogue_products AS siblings ON siblings.variant_group = known.variant_group
                                       AND upper(siblings.product_id) <> upper(known.product_id)
    WHERE $skip_siblings AND had.is_owned
    UNION ALL
    SELECT customer_id, product_id, 'returned' FROM asked_products
    WHERE $skip_returned AND last_returned IS NOT NULL
      AND coalesce(last_bought <= last_returned, true)
"""

# What holds for a number holds for its other spelling.
_HAS_TWINS: Final = "SELECT count(twin) > 0 FROM catalogue_products"
_BLOCK_TWINS: Final = """
    INSERT INTO blocked_products
    SELECT DISTINCT blocked.customer_id, other.product_id, blocked.rule
    FROM blocked_products AS blocked
    JOIN catalogue_products AS known ON known.product_id = blocked.product_id
    JOIN catalogue_products AS other
        ON other.twin = known.twin AND other.product_id <> known.product_id
"""

_HAS_SHOWN: Final = "SELECT count(*) FROM (SELECT 1 FROM campaign_products LIMIT 1) AS found"

# What a campaign showed is what it delivered; a simulated one showed nobody anything.
_SHOWN: Final = """
    INSERT INTO blocked_products
    WITH sent AS (
        SELECT experiments.campaign_id, deliveries.customer_id, deliveries.arm,
               dense_rank() OVER (PARTITION BY deliveries.customer_id
                                  ORDER BY experiments.launched_at DESC, experiments.campaign_id)
                   AS turn
        FROM deliveries
        JOIN experiments ON experiments.experiment_id = deliveries.experiment_id
        JOIN campaigns ON campaigns.campaign_id = experiments.campaign_id
        WHERE campaigns.dataset_id = $dataset_id AND NOT deliveries.is_simulated
          AND experiments.campaign_id <> $campaign_id
          AND experiments.campaign_id IN (SELECT campaign_id FROM campaign_products)
          AND deliveries.customer_id IN (SELECT customer_id FROM asked_customers)
    )
    SELECT DISTINCT shown.customer_id, shown.product_id, 'shown_lately'
    FROM sent
    JOIN campaign_products AS shown
        ON shown.campaign_id = sent.campaign_id AND shown.arm = sent.arm
       AND shown.customer_id = sent.customer_id
    WHERE sent.turn <= $quiet_campaigns
"""

_FACTS: Final = """
    SELECT count(*), count(stock), count(price), count(margin), count(category),
           count(is_replenishable), count(variant_group)
    FROM catalogue_products
"""


def exclude_products(store: Store, policy: Policy) -> None:
    """Fill ``excluded_products``: a row for each rule that keeps a product from everybody."""
    rules = policy.products
    store.run(
        _EXCLUDED, active_only=rules.active_only, least_stock=rules.least_stock,
        priced_only=rules.priced_only, margin_floor=rules.margin_floor,
        unknown_margin_passes=rules.unknown_margin_passes, never=list(rules.never),
        never_categories=list(rules.never_categories), never_tags=list(rules.never_tags),
        only=list(rules.only), only_categories=list(rules.only_categories),
        known_gates=list(policy.gates),
    )  # fmt: skip


def allow_products(store: Store, *, closed: str = "") -> None:
    """Fill ``allowed_products`` for customers who are kept from the gates ``closed``."""
    store.run(_ALLOWED, closed=closed)


def close_gates(store: Store, policy: Policy) -> dict[str, int]:
    """Say in ``asked_people`` which gates each person is kept from.

    Returns:
        How many people there are by the gates that are closed to them, joined by commas; with no
        gate in the catalogue, everybody under ''.
    """
    used = [gate for (gate,) in store.read(_GATES) if gate in policy.gates]
    if used:
        store.run(_OPEN_GATES)
        for name in used:
            gate = policy.gates[name]
            store.run(
                _ADD_GATE, name=name, least_age=gate.least_age, not_in=list(gate.not_in),
                only_in=list(gate.only_in),
            )  # fmt: skip
        store.run(_CLOSE)
    return {closed: int(people) for closed, people in store.read(_CLOSINGS)}


def block_products(
    store: Store, dataset_id: str, policy: Policy, *, as_of: datetime, campaign_id: str = ""
) -> None:
    """Fill ``blocked_products``: what the customers of the batch are not shown, rule by rule.

    Args:
        store: Reads ``asked_products``, ``asked_customers`` and what campaigns delivered.
        dataset_id: The customer base.
        policy: Of which ``customers`` says what is kept out.
        as_of: The moment that days are counted back from.
        campaign_id: Whose own products do not count as shown.
    """
    rules = policy.customers
    store.run(
        _BLOCKED, owned=rules.owned, as_of=as_of, lately_bought_days=rules.lately_bought_days,
        skip_siblings=rules.skip_siblings, skip_returned=rules.skip_returned,
    )  # fmt: skip
    if rules.quiet_campaigns and store.read(_HAS_SHOWN) == [(1,)]:
        store.run(
            _SHOWN, dataset_id=dataset_id, campaign_id=campaign_id,
            quiet_campaigns=rules.quiet_campaigns,
        )  # fmt: skip
    if store.read(_HAS_TWINS) == [(True,)]:
        store.run(_BLOCK_TWINS)


def notes_of(store: Store, policy: Policy, *, has_catalogue: bool) -> tuple[str, ...]:
    """Say which rules cannot be kept, because nothing is known of what they ask for."""
    total, stock, price, margin, category, replenishable, group = store.read(_FACTS)[0]
    if not has_catalogue:
        first = (
            "This base has no catalogue: what was ordered stands for it, at the last price. "
            "Nothing is known of stock, margin, gates, or of what is no longer sold."
        )
        return (first,) if category else (first, "Nor of families, so none is capped.")
    told: dict[str, Any] = {
        "No product tells its stock, so none counts as out of stock.": stock or not total,
        "No product tells a price, so the rules leave none.":
            price or not policy.products.priced_only,
        "No product tells its margin, so the floor leaves none.":
            margin or not policy.products.margin_floor or policy.products.unknown_margin_passes,
        "No product tells its family, so none is capped and nothing counts as a complement.":
            category,
        "No product is marked as used up and bought again, or as not.": replenishable,
        "No product names its variants, so other colours and sizes count as other products.": group,
    }  # fmt: skip
    return tuple(sentence for sentence, is_known in told.items() if total and not is_known)
