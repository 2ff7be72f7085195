"""Ten thousand random catalogues under random rules: what a rule keeps out is never recommended.

Each customer has a small catalogue of their own, and a strategy that proposes all of it at once, as
bad as a strategy can be.  What comes out is held to the rules as told once more in plain Python.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as some

from personalization import recommendation
from personalization.recommendation import ranking, running
from personalization.recommendation.policy import read_policy
from personalization.recommendation.scoring import open_candidates
from personalization.settings import Settings
from tests.conftest import SLOW
from tests.recommendation.shops import LISTS, SHOP, TODAY, busy_shop, use_policy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personalization.recommendation.policy import Policy, Ranking
    from personalization.store import Store

CATALOGUES = 1_000
OF_EACH = 5
RULE_SETS = 10

# draw(place, what, n) is a number below n that looks random and is the same each time.
DRAW = """
    CREATE OR REPLACE TEMP MACRO draw(place, what, n) AS
        CAST(hash(concat_ws(':', $seed::VARCHAR, place, what)) % n AS INTEGER)
"""
EMPTY = ("products", "customers", "interactions", "campaign_products", "deliveries", "experiments",
         "campaigns", "datasets", "jurisdiction_names")  # fmt: skip
BASE = "INSERT INTO datasets VALUES ('shop', 'Shop', false, $now, 'test', 'shop')"
SPELLING = "INSERT INTO jurisdiction_names VALUES ('united kingdom', 'GB', 'GB')"
PRODUCTS = """
    INSERT INTO products
    SELECT 'shop', id, CASE d(id, 'name', 25) WHEN 0 THEN 'Mug {{first_name}}' ELSE 'A mug' END,
           NULL, ['mugs', 'bags', 'pens', NULL][1 + d(id, 'family', 4)],
           [NULL, 0.0, -1.0, 5.0, 5.0, 9.0, 9.0, 9.0, 'NaN'::DOUBLE][1 + d(id, 'price', 9)], 'GBP',
           NULL, NULL,
           [NULL, -0.1, 0.1, 0.3, 0.6][1 + d(id, 'margin', 5)],
           [NULL, 0.0, 1.0, 5.0, 5.0, 5.0][1 + d(id, 'stock', 6)],
           [NULL, 'new', 'sale, Clearance', 'odd'][1 + d(id, 'tags', 4)],
           [NULL, true, false][1 + d(id, 'used up', 3)],
           [NULL, NULL, concat(world, ' red'), concat(world, ' tin')][1 + d(id, 'group', 4)],
           [NULL, true, true, true, false][1 + d(id, 'active', 5)],
           [NULL, NULL, NULL, NULL, 'age_18', 'home', 'age_18, home', 'secret']
               [1 + d(id, 'gate', 8)], NULL
    FROM (SELECT concat('w', w) AS world, concat('w', w, 'p', n) AS id
          FROM range($catalogues) AS a(w), range($of_each) AS b(n))
"""
CUSTOMERS = """
    INSERT INTO customers (dataset_id, customer_id, country, age, consent_email)
    SELECT 'shop', id, ['United Kingdom', 'France', NULL][1 + d(id, 'country', 3)],
           [NULL, 17, 18, 40][1 + d(id, 'age', 4)], true
    FROM (SELECT concat('w', w) AS id FROM range($catalogues) AS a(w))
"""
EVENTS = """
    INSERT INTO interactions
    SELECT 'shop', world, id, ['purchase', 'return', 'view'][1 + d(id, concat(turn, 'what'), 3)],
           d(id, concat(turn, 'pieces'), 4), 9.0, NULL,
           $today::TIMESTAMP - to_days(d(id, concat(turn, 'day'), 20)), 'test'
    FROM (SELECT concat('w', w) AS world, concat('w', w, 'p', n) AS id, turn
          FROM range($catalogues) AS a(w), range($of_each) AS b(n), range(3) AS c(turn))
    WHERE d(id, concat(turn, 'is there'), 3) = 0
"""
# Three campaigns, one after the other, that showed some customers one of their products.
CAMPAIGNS = """
    INSERT INTO campaigns
    SELECT concat('k', k), 'K', 'shop', NULL, '{}', DATE '2026-05-01', 'en-GB', 's', $now, 'test',
           concat('k', k) FROM range(3) AS a(k)
"""
EXPERIMENTS = """
    INSERT INTO experiments (experiment_id, campaign_id, hypothesis, hypothesis_sha256, salt,
                             confidence, designed_at, designed_by, launched_at)
    SELECT concat('e', k), concat('k', k), '{}', '', '', 0.95, $now, 'test',
           $now::TIMESTAMPTZ - to_days(CAST(10 - k AS INTEGER)) FROM range(3) AS a(k)
"""
SHOWN = """
    INSERT INTO campaign_products
    SELECT concat('k', k), 'A', concat('w', w), 1, concat('w', w, 'p', d(w, k, $of_each)), 'r',
           'popular', 'n', 'p', 'r', 'c', 'l', 1.0
    FROM range($catalogues) AS a(w), range(3) AS b(k) WHERE d(w, concat(k, 'shown'), 2) = 0
"""
DELIVERED = """
    INSERT INTO deliveries
    SELECT concat('e', substr(campaign_id, 2)), customer_id, 's', arm, 'v', 1, '', '',
           d(customer_id, campaign_id, 4) = 0, $now
    FROM campaign_products
"""
PROPOSE_ALL = """
    INSERT INTO candidates
    SELECT asked.customer_id, known.product_id, d(known.product_id, 'score', 5), NULL, 1, 1, NULL,
           'for_you', d(known.product_id, 'fills', 2) = 0
    FROM asked_customers AS asked
    JOIN catalogue_products AS known
        ON split_part(known.product_id, 'p', 1) = asked.customer_id
"""
GIVEN = "SELECT customer_id, list(product_id ORDER BY place) FROM ranked GROUP BY customer_id"
CATALOGUE = "SELECT * EXCLUDE (dataset_id) FROM products ORDER BY product_id"


@some.composite
def overlays(draw: some.DrawFn) -> str:
    """Draw a policy: every rule on or off, lists that name some products, gates that are known."""
    ids = some.lists(some.builds("w{}p{}".format, some.integers(0, 30), some.integers(0, 4)),
                     max_size=20)  # fmt: skip
    families = some.lists(some.sampled_from(("mugs", "BAGS", "pens")), max_size=2)
    values: dict[str, Any] = {
        "[products]": {
            "active_only": draw(some.booleans()), "least_stock": draw(some.sampled_from((0, 1, 3))),
            "priced_only": draw(some.booleans()),
            "margin_floor": draw(some.sampled_from((0.0, 0.2, 0.5))),
            "unknown_margin_passes": draw(some.booleans()), "never": draw(ids),
            "never_categories": draw(families),
            "never_tags": draw(some.lists(some.sampled_from(("new", "clearance")), max_size=1)),
            "only_categories": draw(some.one_of(some.just([]), families)),
        },
        "[customers]": {
            "owned": draw(some.sampled_from(("unless_replenishable", "never", "allowed"))),
            "lately_bought_days": draw(some.sampled_from((0, 7))),
            "skip_siblings": draw(some.booleans()), "skip_returned": draw(some.booleans()),
            "quiet_campaigns": draw(some.integers(0, 2)),
        },
        "[ranking]": {
            "category_cap": draw(some.integers(0, 2)), "one_of_siblings": draw(some.booleans()),
        },
        "[gates.home]": draw(some.sampled_from(({"only_in": ["GB"]}, {"not_in": ["france"]}))),
    }  # fmt: skip
    return "\n".join(
        "\n".join((head, *(f"{key} = {json.dumps(value)}" for key, value in table.items())))
        for head, table in values.items()
    )


def is_shut(gate: str, policy: Policy, country: str | None, age: int | None) -> bool:
    """Tell in plain words whether a gate keeps a customer out."""
    if gate not in policy.gates:
        return True
    asked = policy.gates[gate]
    names = {(country or "").upper(), "GB" if country == "United Kingdom" else ""} - {""}
    if asked.least_age and (age is None or age < asked.least_age):
        return True
    if asked.not_in and (not names or names & {name.upper() for name in asked.not_in}):
        return True
    return bool(asked.only_in) and not names & {name.upper() for name in asked.only_in}


def has_any(deeds: list[Any]) -> bool:
    """Tell whether a piece is left, going through what was done from the first day to the last."""
    left = 0.0
    for _, what, pieces in sorted((when, what, pieces) for what, pieces, when in deeds):
        if what == "purchase":
            left += pieces or 1
        elif what == "return":
            left = max(left - pieces, 0)
    return left > 0


def is_for_everybody(row: Mapping[str, Any], policy: Policy) -> bool:
    """Tell whether the rules on products let it through."""
    rules, price, margin = policy.products, row["price"], row["margin"]
    folded = {tag.strip().upper() for tag in (row["tags"] or "").split(",")}
    family = (row["category"] or "").upper()
    faults = (
        rules.active_only and row["is_active"] is False,
        row["stock"] is not None and row["stock"] < rules.least_stock,
        rules.priced_only and not (price is not None and price > 0),
        rules.margin_floor > 0 and (margin < rules.margin_floor if margin is not None
                                    else not rules.unknown_margin_passes),
        row["product_id"] in rules.never,
        family in {name.upper() for name in rules.never_categories},
        folded & {tag.upper() for tag in rules.never_tags},
        rules.only_categories and family not in {name.upper() for name in rules.only_categories},
        "{{" in row["name"],
    )  # fmt: skip
    return not any(faults)


def may_have(
    row: Mapping[str, Any], had: Mapping[str, list[Any]], policy: Policy, kin: set[str]
) -> bool:
    """Tell whether the rules on customers let it through."""
    rules, own = policy.customers, had.get(row["product_id"], [])
    bought = [(when, pieces) for what, pieces, when in own if what == "purchase"]
    back = [(when, pieces) for what, pieces, when in own if what == "return"]
    is_kept = rules.owned == "never" or (
        rules.owned == "unless_replenishable" and not row["is_replenishable"]
    )
    faults = (
        has_any(own) and is_kept,
        any(when > TODAY - timedelta(days=rules.lately_bought_days) for when, _ in bought),
        rules.skip_siblings and bool(kin),
        rules.skip_returned and back and max(bought, default=(TODAY.min,))[0] <= max(back)[0],
    )
    return not any(faults)


def lay_out(store: Store, seed: int) -> None:
    """Draw a thousand catalogues, a customer for each, and what they did."""
    store.run(DRAW.replace("$seed", str(seed)))
    store.run("CREATE OR REPLACE TEMP MACRO d(place, what, n) AS draw(place, what, n)")
    for table in EMPTY:
        store.run(f"DELETE FROM {table}")  # noqa: S608 - names of ours
    size = {"catalogues": CATALOGUES, "of_each": OF_EACH}
    now = {"now": store.now()}
    store.run(BASE, **now)
    store.run(SPELLING)
    store.run(PRODUCTS, **size)
    store.run(CUSTOMERS, catalogues=CATALOGUES)
    store.run(EVENTS, **size, today=TODAY)
    store.run(CAMPAIGNS, **now)
    store.run(EXPERIMENTS, **now)
    store.run(SHOWN, **size)
    store.run(DELIVERED, **now)


def held_back(store: Store, quiet: int) -> set[tuple[str, str]]:
    """Return customer and product of what the last ``quiet`` campaigns really showed."""
    sent: dict[str, list[tuple[int, str]]] = {}
    for experiment, customer, product_id in store.read("""
        SELECT deliveries.experiment_id, deliveries.customer_id, shown.product_id
        FROM deliveries JOIN campaign_products AS shown
            ON shown.campaign_id = concat('k', substr(deliveries.experiment_id, 2))
           AND shown.customer_id = deliveries.customer_id
        WHERE NOT deliveries.is_simulated
    """):
        sent.setdefault(customer, []).append((int(experiment[1:]), product_id))
    return {
        (customer, product_id)
        for customer, told in sent.items()
        for _, product_id in sorted(told, reverse=True)[:quiet]
    }


@settings(
    max_examples=RULE_SETS, phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[*SLOW, HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(overlay=overlays(), seed=some.integers(0, 10**6), wanted=some.integers(1, 4))
def test_what_a_rule_keeps_out_is_never_recommended(
    store: Store, overlay: str, seed: int, wanted: int
) -> None:
    policy = read_policy(overlay)
    given_to: dict[str, list[str]] = {}
    with store.transaction():
        lay_out(store, seed)
        search, _ = running.open_run(
            store, SHOP, policy, recommendation.EVERYBODY, strategy="abandoned", wanted=wanted,
            as_of=TODAY, actor="mia",
        )  # fmt: skip
        for _ in running.batches(store, search):
            open_candidates(store)
            store.run(PROPOSE_ALL)
            ranking.rank(store, policy.ranking, strategy="for_you", wanted=wanted)
            given_to |= dict(store.read(GIVEN))
        expected = allowed_lists(store, policy)

    for customer, products in given_to.items():
        assert {row["product_id"] for row in expected[customer]} >= set(products)
    assert given_to.keys() == {name for name, rows in expected.items() if rows}
    for customer, rows in expected.items():
        check_shape(given_to.get(customer, []), rows, policy.ranking, wanted)


def allowed_lists(store: Store, policy: Policy) -> dict[str, list[dict[str, Any]]]:
    """Return for each customer the products that the rules, told again, let through."""
    shown = held_back(store, policy.customers.quiet_campaigns)
    people = {row[0]: row[1:] for row in store.read(
        "SELECT customer_id, country, age FROM customers"
    )}  # fmt: skip
    had: dict[str, dict[str, list[Any]]] = {}
    for customer, product_id, what, pieces, when in store.read(
        "SELECT customer_id, product_id, event, quantity, happened_at FROM interactions"
    ):
        had.setdefault(customer, {}).setdefault(product_id, []).append((what, pieces, when))
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in people}
    catalogue = store.records(CATALOGUE)
    owned = {
        product_id
        for own in had.values() for product_id, deeds in own.items() if has_any(deeds)
    }  # fmt: skip
    kin: dict[str, set[str]] = {}
    for row in catalogue:
        if row["variant_group"] and row["product_id"] in owned:
            kin.setdefault(row["variant_group"], set()).add(row["product_id"])
    for row in catalogue:
        customer = row["product_id"].split("p")[0]
        gates = [gate.strip() for gate in (row["gate"] or "").split(",") if gate.strip()]
        others = kin.get(row["variant_group"] or "", set()) - {row["product_id"]}
        if (
            is_for_everybody(row, policy)
            and not any(is_shut(gate, policy, *people[customer]) for gate in gates)
            and may_have(row, had.get(customer, {}), policy, others)
            and (customer, row["product_id"]) not in shown
        ):
            found[customer].append(row)
    return found


def check_shape(
    given_ids: list[str], rows: list[dict[str, Any]], own: Ranking, wanted: int
) -> None:
    """Hold a list to the caps, and to its length: short only where nothing more could be added."""
    facts = {row["product_id"]: row for row in rows}
    families = [facts[one]["category"] for one in given_ids if facts[one]["category"]]
    groups = [facts[one]["variant_group"] for one in given_ids if facts[one]["variant_group"]]
    assert len(given_ids) == len(set(given_ids)) <= wanted
    assert not own.category_cap or all(families.count(one) <= own.category_cap for one in families)
    assert not own.one_of_siblings or len(groups) == len(set(groups))
    if not own.category_cap and not own.one_of_siblings:
        assert len(given_ids) == min(wanted, len(rows))


def test_everybody_gets_as_many_as_were_wanted_or_a_reason(store: Store) -> None:
    busy_shop(store, customers=60)
    use_policy(store, "[ranking]\npopular_fills = false")

    run_id = recommendation.recommend(
        store, Settings(), SHOP, strategy="cross_sell", wanted=3, actor="mia"
    )

    lists = dict(store.read(LISTS, run_id=run_id))
    short = {row[0]: row[1:] for row in store.read(
        "SELECT customer_id, given, reason FROM recommendation_shortfalls"
    )}  # fmt: skip
    people = [name for (name,) in store.read("SELECT customer_id FROM customers")]
    assert short
    for name in people:
        got = len(lists.get(name, []))
        assert got == 3 if name not in short else got == short[name][0] < 3
    asked, filled = store.read("SELECT customers, filled FROM recommendation_runs")[0]
    assert (asked, filled) == (len(people), len(people) - len(short))
    assert all("cross sell" in reason for _, reason in short.values())
