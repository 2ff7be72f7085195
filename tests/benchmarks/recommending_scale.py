"""How long recommendations for a large base take, and how much memory.

    python tests/benchmarks/recommending_scale.py --customers 1000000 --products 50000

The events are generated: a customer's number of purchases is lognormal (19 on average), six in ten
are of a cluster of 500 products that the customer shares with others, popularity falls by a power.
Then as the app does: similarities are counted, ten products are chosen for everybody under the
default rules, and for single customers.  The database is a file, its memory limited to --memory.

Aims: 180 s and 4 GB for a million customers on two cores; 50 ms for one customer.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import threading
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final, Self

ROOT: Final = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from personalization.recommendation import asking, running, similarity  # noqa: E402
from personalization.settings import Settings  # noqa: E402
from personalization.store import open_store  # noqa: E402

if TYPE_CHECKING:
    from datetime import datetime

    from personalization.store import Store

SECONDS, GIGABYTES, ONE_CUSTOMER = 180.0, 4.0, 0.050
WANTED: Final = 10

_PEOPLE = """
    INSERT INTO customers (dataset_id, customer_id, country, consent_email)
    SELECT 'big', concat('c', lpad(range::VARCHAR, 8, '0')),
           (['GB', 'FR', 'DE', 'NL'])[1 + (hash(range * 3) % 4)::INTEGER], true
    FROM range($customers)
"""
_PRODUCTS = """
    INSERT INTO products (dataset_id, product_id, name, category, price, stock)
    SELECT 'big', concat('p', lpad(range::VARCHAR, 6, '0')), concat('Product ', range),
           concat('Family ', range // 50), 1 + hash(range) % 5000 / 100, 10
    FROM range($products)
"""
_EVENTS = """
    INSERT INTO interactions
    WITH drawn AS (
        SELECT range AS c, sqrt(-2 * ln((1 + hash(range * 7 + 1) % 1000000) / 1000001.0))
                           * cos(2 * pi() * (hash(range * 7 + 2) % 1000000) / 1000000) AS normal
        FROM range($customers)
    ), sized AS (
        SELECT c, least(500, 1 + floor(exp(2.4 + normal)))::INTEGER AS n FROM drawn
    ), lines AS (
        SELECT c, unnest(range(n)) AS line FROM sized
    ), places AS (
        SELECT c, line, (hash(c * 1009 + line * 13 + 1) % 1000003) / 1000003.0 AS u,
               hash(c * 1009 + line * 13 + 2) % 10 < 6 AS is_own,
               hash(c * 1009 + line * 13 + 3) % 31536000 AS seconds
        FROM lines
    )
    SELECT 'big', concat('c', lpad(c::VARCHAR, 8, '0')),
           concat('p', lpad((CASE WHEN is_own
                             THEN (hash(c * 5) % ($products // 500)) * 500 + floor(500 * u * u)
                             ELSE floor($products * u * u * u) END)::BIGINT::VARCHAR, 6, '0')),
           'purchase', 1, NULL, concat(c, '-', line // 4),
           TIMESTAMP '2026-01-01' + to_seconds(seconds::BIGINT), 'made'
    FROM places
"""


class Peak:
    """The most memory that this process had while it is watched, sampled ten times a second."""

    def __init__(self) -> None:
        """Begin at what is used now."""
        self.megabytes, self._is_over = self._now(), threading.Event()

    def __enter__(self) -> Self:
        """Watch."""
        threading.Thread(target=self._watch, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop watching."""
        self._is_over.set()

    def _watch(self) -> None:
        while not self._is_over.wait(0.1):
            self.megabytes = max(self.megabytes, self._now())

    @staticmethod
    def _now() -> float:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def fill(store: Store, customers: int, products: int) -> int:
    """Write a base of generated customers, products and purchases; return the purchases."""
    store.run("INSERT INTO datasets VALUES ('big', 'big', false, now(), 'made', 'made')")
    store.run(_PEOPLE, customers=customers)
    store.run(_PRODUCTS, products=products)
    return store.run(_EVENTS, customers=customers, products=products)


def timed(name: str, start: float, peak: Peak) -> None:
    """Print one step."""
    cpu = resource.getrusage(resource.RUSAGE_SELF)
    print(f"{name:<34}{time.perf_counter() - start:>8.1f} s {peak.megabytes:>8.0f} MB "
          f"{cpu.ru_utime + cpu.ru_stime:>8.0f} s of processor", flush=True)  # fmt: skip


def main() -> int:
    """Print the steps; return 1 where an aim is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--products", type=int, default=50_000)
    parser.add_argument("--memory", default="2500MB", help="that the database may use")
    parser.add_argument("--folder", type=Path, help="where the database is made")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder, Peak() as peak:
        store = open_store(Path(folder) / "big.duckdb")
        for setting in (f"memory_limit = '{arguments.memory}'", "preserve_insertion_order = false"):
            store.root.execute(f"SET GLOBAL {setting}")
        start = time.perf_counter()
        purchases = fill(store, arguments.customers, arguments.products)
        timed(f"{purchases:,} purchases made", start, peak)
        peak.megabytes, start = 0.0, time.perf_counter()
        as_of = similarity.newest_event(store, "big")
        similarity.build_model(store, "big", kind="cosine", as_of=as_of, actor="benchmark")
        timed("similarities", start, peak)
        run_id = running.recommend(
            store, Settings(), "big", strategy="for_you", wanted=WANTED, as_of=as_of,
            actor="benchmark",
        )  # fmt: skip
        timed("and ten products for everybody", start, peak)
        whole, memory = time.perf_counter() - start, peak.megabytes / 1024
        rows, people = store.read(
            "SELECT count(*), count(DISTINCT customer_id) FROM recommendations WHERE run_id = $id",
            id=run_id,
        )[0]
        print(f"{rows:,} rows for {people:,} customers")
        one = median(one_customer(store, as_of, number) for number in range(7))
        print(f"one customer {one * 1000:.0f} ms")
        store.close()
    missed = whole > SECONDS or memory > GIGABYTES or one > ONE_CUSTOMER
    print(f"{whole:.0f} s of {SECONDS:.0f}, {memory:.1f} GB of {GIGABYTES:.0f}, "
          f"one customer {one * 1000:.0f} ms of {ONE_CUSTOMER * 1000:.0f}")  # fmt: skip
    return int(missed)


def one_customer(store: Store, as_of: datetime | None, number: int) -> float:
    """Return the seconds that one customer takes."""
    start = time.perf_counter()
    running.recommend(
        store, Settings(), "big", strategy="for_you", wanted=WANTED, as_of=as_of,
        customers=asking.Asked(customer_ids=(f"c{number * 17 + 3:08}",)), actor="benchmark",
    )  # fmt: skip
    return time.perf_counter() - start


if __name__ == "__main__":
    sys.exit(main())
