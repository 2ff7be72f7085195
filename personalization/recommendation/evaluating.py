"""How good recommendations would have been: made as of a day, held against what was bought after.

The events are copied into a database of their own, so that a long measurement holds nobody up and
leaves no model behind.  Two questions are asked, because they have different winners: ``new``, what
customers bought for the first time, and ``all``, whatever they bought, in which buying again is
most of it.  The lists are made as the policy in force makes them: by its table and half-life, with
its cap on families and its one of each product's variants.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from personalization.errors import StateError
from personalization.recommendation import asking, measuring, ranking, scoring, similarity
from personalization.recommendation.histories import find_sent_back
from personalization.recommendation.models import customers_kind
from personalization.recommendation.policies import policy_of
from personalization.recommendation.running import SPARE
from personalization.store import open_store, record

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from personalization.recommendation.measuring import Measure
    from personalization.recommendation.policy import Policy
    from personalization.store import Store

WANTED: Final = 10
LEAST_CUSTOMERS: Final = 30
"""Fewer customers than that say nothing of a strategy."""

MOST_CUSTOMERS: Final = 20_000
"""Of more customers so many are drawn, by a hash of their number."""

_LONGEST_TEST: Final = timedelta(days=90)

_SPAN: Final = """
    SELECT min(happened_at), max(happened_at) FROM product_events
    WHERE dataset_id = $dataset_id AND event = 'purchase'
"""
_COPY: Final = """
    SELECT customer_id, product_id, event, abs(quantity) AS quantity, order_id, happened_at
    FROM product_events
    WHERE dataset_id = $dataset_id
      AND (is_in_catalogue
           OR NOT EXISTS (SELECT 1 FROM products WHERE dataset_id = $dataset_id))
"""
_TAKE: Final = """
    INSERT INTO interactions
    SELECT 'copy', customer_id, product_id, event, quantity, NULL, order_id, happened_at, 'copy'
    FROM read_parquet($path)
"""

_CATALOGUE: Final = "SELECT number, product_id, category, variant_group FROM catalogue_products"
_TAKE_CATALOGUE: Final = "CREATE TABLE catalogue_products AS FROM read_parquet($path)"

_ASKED: Final = """
    CREATE TEMP TABLE asked_customers AS
    SELECT customer_id, CAST(NULL AS VARCHAR) AS segment, CAST(NULL AS VARCHAR) AS country
    FROM interactions WHERE event = 'purchase'
    GROUP BY customer_id
    HAVING min(happened_at) <= $split_at AND max(happened_at) > $split_at
    ORDER BY md5(customer_id), customer_id LIMIT $most
"""
_EVENTS: Final = """
    CREATE TEMP TABLE asked_events AS
    SELECT events.* FROM product_events AS events
    JOIN asked_customers ON asked_customers.customer_id = events.customer_id
    WHERE happened_at <= $split_at
"""
_ALLOWED: Final = """
    CREATE TEMP TABLE allowed_products AS
    SELECT product_id, count(DISTINCT customer_id) AS buyers
    FROM interactions WHERE event = 'purchase' AND happened_at <= $split_at
    GROUP BY product_id
"""
_BUYERS: Final = """
    SELECT count(DISTINCT customer_id) FROM interactions
    WHERE event = 'purchase' AND happened_at <= $split_at
"""
_OWNED: Final = """
    CREATE TEMP TABLE blocked_products AS
    SELECT DISTINCT customer_id, product_id, 'owned' AS rule
    FROM asked_events WHERE event = 'purchase'
"""
_NOTHING_BLOCKED: Final = "DELETE FROM blocked_products"
_BOUGHT_AFTER: Final = """
    CREATE TEMP TABLE held_out AS
    WITH bought AS (
        SELECT DISTINCT after.customer_id, after.product_id
        FROM interactions AS after
        JOIN asked_customers ON asked_customers.customer_id = after.customer_id
        JOIN allowed_products ON allowed_products.product_id = after.product_id
        WHERE event = 'purchase' AND happened_at > $split_at
    )
    SELECT 'all' AS target, customer_id, product_id FROM bought
    UNION ALL
    SELECT 'new', bought.customer_id, bought.product_id
    FROM bought
    LEFT JOIN blocked_products AS owned ON owned.customer_id = bought.customer_id
                                       AND owned.product_id = bought.product_id
    WHERE owned.customer_id IS NULL
"""
_WANTING: Final = "CREATE TEMP TABLE wanting_customers AS SELECT * FROM asked_customers"

_BUY_AGAIN: Final = """
    INSERT INTO candidates
    SELECT customer_id, product_id,
           count(DISTINCT CAST(happened_at AS DATE))
           * power(0.5, CAST(extract(DAY FROM CAST($split_at AS TIMESTAMP) - max(happened_at))
                             AS DOUBLE) / 90),
           product_id, NULL, NULL, NULL, 'buy_again', false
    FROM asked_events WHERE event = 'purchase'
    GROUP BY customer_id, product_id
"""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What strategies would have given for the weeks that were held out.

    Attributes:
        dataset_id: The customer base.
        split_at: What happened up to here was known.
        until: The last event.
        wanted: Products on each list.
        customers: Who bought both before and after, or those drawn of them.
        products: That had been bought before.
        measures: Every figure; see ``measuring``.
    """

    dataset_id: str
    split_at: datetime
    until: datetime
    wanted: int
    customers: int
    products: int
    measures: tuple[Measure, ...]

    def value(self, target: str, method: str, measure: str) -> float:
        """Return one figure, such as ("new", "for_you", "ndcg")."""
        found = {(row.target, row.method, row.measure): row.value for row in self.measures}
        return found[target, method, measure]


def evaluate(
    store: Store,
    dataset_id: str,
    *,
    split_at: datetime | None = None,
    wanted: int = WANTED,
    report: Callable[[int, int, str], None] | None = None,
) -> Evaluation:
    """Measure ``for_you``, ``buy_again`` and ``popular`` on what was bought after a day.

    Rules of today (stock, prices, lists) are left out: nobody knows what they were then.  A time
    split is what a shop lives through; splits at random flatter every method two- to threefold.

    Args:
        store: Reads ``product_events``, ``products``, the policy in force and which table it is
            that ``for_you`` goes by.
        dataset_id: The customer base.
        split_at: The day; by default the last quarter of the purchases' time is held out, at most
            90 days.
        wanted: Products on each list.
        report: Told how far it is.

    Raises:
        StateError: Fewer than 30 customers bought both before and after.
    """
    tell = report or (lambda _done, _total, _sentence: None)
    first, until = store.read(_SPAN, dataset_id=dataset_id)[0]
    if first is None:
        raise StateError("Nobody has bought anything, so no strategy can be held against it.")
    split_at = split_at or until - min(_LONGEST_TEST, (until - first) / 4)
    policy = policy_of(store, dataset_id)
    kind = customers_kind(store, dataset_id, policy.for_you.table)
    tell(0, _STEPS, "Copying the events")
    with TemporaryDirectory() as folder:
        events, catalogue = Path(folder) / "events.parquet", Path(folder) / "catalogue.parquet"
        with store.transaction():
            asking.open_catalogue(store, dataset_id)
            store.write_parquet(catalogue, _CATALOGUE)
            store.write_parquet(events, _COPY, dataset_id=dataset_id)
        copy = open_store(clock=store.clock)
        try:
            copy.run(_TAKE, path=str(events))
            copy.run(_TAKE_CATALOGUE, path=str(catalogue))
            return _evaluate(
                copy, dataset_id, split_at, until, policy=policy, kind=kind, wanted=wanted,
                tell=tell,
            )  # fmt: skip
        finally:
            copy.close()


_STEPS: Final = 4


def _evaluate(
    copy: Store,
    dataset_id: str,
    split_at: datetime,
    until: datetime,
    *,
    policy: Policy,
    kind: str,
    wanted: int,
    tell: Callable[[int, int, str], None],
) -> Evaluation:
    tell(1, _STEPS, "Counting which products go with which")
    model = similarity.build_model(copy, "copy", kind=kind, as_of=split_at, actor="evaluation")
    with copy.transaction():
        customers = copy.run(_ASKED, split_at=split_at, most=MOST_CUSTOMERS)
        if customers < LEAST_CUSTOMERS:
            raise StateError(
                f"Only {customers} customers bought both before and after {split_at:%d %B %Y}; "
                f"it takes {LEAST_CUSTOMERS} to tell strategies apart. Import a longer history."
            )
        copy.run(_EVENTS, split_at=split_at)
        products = copy.run(_ALLOWED, split_at=split_at)
        copy.run(_OWNED)
        copy.run(_BOUGHT_AFTER, split_at=split_at)
        tell(2, _STEPS, "Making the lists as of that day")
        _make_lists(copy, model, split_at, policy=policy, wanted=wanted)
        tell(3, _STEPS, "Holding them against what was bought")
        buyers = copy.read(_BUYERS, split_at=split_at)[0][0]
        measures = measuring.measure(copy, wanted=wanted, model_id=model, buyers=buyers)
    return Evaluation(dataset_id, split_at, until, wanted, customers, products, measures)


def _make_lists(
    copy: Store, model: str, split_at: datetime, *, policy: Policy, wanted: int
) -> None:
    """Keep each method's lists: without what is owned for ``new``, of all products for ``all``."""
    measuring.open_lists(copy)
    copy.run(_WANTING)
    spare, half_life = wanted * SPARE, policy.for_you.half_life_days

    def keep(method: str, *targets: str) -> None:
        ranking.rank(copy, policy.ranking, strategy=method, wanted=wanted)
        measuring.keep_lists(copy, method, targets)

    scoring.open_candidates(copy)
    find_sent_back(copy)
    scoring.gather_histories(copy, as_of=split_at, half_life_days=half_life)
    scoring.for_you(copy, model, kept=spare)
    keep("for_you", "new", "all")
    scoring.open_candidates(copy)
    scoring.popular(copy, "copy", kept=spare, as_of=split_at, is_fallback=False)
    keep("popular", "new")
    copy.run(_NOTHING_BLOCKED)
    scoring.open_candidates(copy)
    scoring.popular(copy, "copy", kept=spare, as_of=split_at, is_fallback=False)
    keep("popular", "all")
    scoring.open_candidates(copy)
    copy.run(_BUY_AGAIN, split_at=split_at)
    keep("buy_again", "all")


_KEEP: Final = """
    INSERT INTO recommendation_evaluations
    VALUES ($evaluation_id, $dataset_id, $split_at, $until, $wanted, $customers, $products, $now,
            $actor)
"""
_KEEP_MEASURES: Final = """
    INSERT INTO recommendation_measures
    SELECT $evaluation_id, unnest($targets::VARCHAR[]), unnest($methods::VARCHAR[]),
           unnest($measures::VARCHAR[]), unnest($values::DOUBLE[]), unnest($lows::DOUBLE[]),
           unnest($highs::DOUBLE[]), unnest($customers::BIGINT[])
"""


def keep_evaluation(store: Store, found: Evaluation, *, actor: str) -> str:
    """Write an evaluation down, and return its id."""
    evaluation_id, rows = f"e{uuid4().hex[:12]}", found.measures
    with store.transaction():
        store.run(
            _KEEP, evaluation_id=evaluation_id, dataset_id=found.dataset_id,
            split_at=found.split_at, until=found.until, wanted=found.wanted,
            customers=found.customers, products=found.products, now=store.now(), actor=actor,
        )  # fmt: skip
        store.run(
            _KEEP_MEASURES, evaluation_id=evaluation_id, targets=[row.target for row in rows],
            methods=[row.method for row in rows], measures=[row.measure for row in rows],
            values=[row.value for row in rows], lows=[row.low for row in rows],
            highs=[row.high for row in rows], customers=[row.customers for row in rows],
        )  # fmt: skip
        record(
            store, "recommendations.evaluated", evaluation_id, actor=actor,
            dataset_id=found.dataset_id, customers=found.customers,
        )  # fmt: skip
    return evaluation_id
