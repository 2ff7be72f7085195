"""How fast learners find out how to write to whom, side by side in planted worlds.

Each world has 9 roles, 4 channels and 6 arms whose true rates are drawn from its seed.  Printed is
how far each learner falls short of the best arm of every cell, over all prospects so far, as a mean
over worlds; and how long the fold takes in the engine for a hundred thousand messages.

    python tests/benchmarks/outreach_learning.py [--worlds 12] [--prospects 10000 100000]
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Final

import numpy as np

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from personalization.domain import (  # noqa: E402
    OUTREACH_ANGLES,
    OUTREACH_CHANNELS,
    OUTREACH_TONES,
    ROLES,
)
from personalization.outreach.planted_world import POLICIES, plant, regret  # noqa: E402
from personalization.outreach.posterior import update_posterior  # noqa: E402
from personalization.settings import Outreach  # noqa: E402
from personalization.store import open_store  # noqa: E402

AIM: Final = 0.10
_SENDS: Final = """
    INSERT INTO outreach_sends (handover_id, message_id, campaign_id, dataset_id, prospect_id,
        account, step, channel, role, tone, angle, length, variant_id, version, content_sha256,
        is_default, is_simulated, sent_at)
    SELECT 'h', 'm' || range, 'c', 'd', 'p' || range, 'a' || range, 1,
           list_extract($channels::VARCHAR[], 1 + CAST(hash(range, 1) % len($channels) AS INTEGER)),
           list_extract($roles::VARCHAR[], 1 + CAST(hash(range, 2) % len($roles) AS INTEGER)),
           list_extract($tones::VARCHAR[], 1 + CAST(hash(range, 3) % len($tones) AS INTEGER)),
           list_extract($angles::VARCHAR[], 1 + CAST(hash(range, 4) % len($angles) AS INTEGER)),
           'short', 'v', 1, 'x', false, false, $now::TIMESTAMPTZ - INTERVAL '30' DAY
    FROM range($n)
"""
_EVENTS: Final = """
    INSERT INTO outreach_events (event_id, dataset_id, prospect_id, message_id, channel, kind,
        reply_class, is_simulated, happened_at, recorded_at, recorded_by)
    SELECT 'e' || range, 'd', 'p' || range % $n, 'm' || range % $n, 'cold_email',
           CASE WHEN range % 10 = 0 THEN 'reply' ELSE 'open' END,
           CASE WHEN range % 10 = 0 THEN 'interested' END, false,
           $now::TIMESTAMPTZ - INTERVAL '29' DAY, $now, 'x'
    FROM range($events)
"""
_CONTEXT: Final = """
    SELECT count(*), sum(engagement) FROM outreach_context('d', $now::TIMESTAMPTZ, false)
"""
_PEOPLE: Final = """
    INSERT INTO prospects (dataset_id, prospect_id, account, country, time_zone)
    SELECT 'd', 'p' || range, 'a' || range // 3, 'DE', 'Europe/Berlin' FROM range($n)
"""


def compare(worlds: int, sizes: list[int]) -> None:
    """Print each learner's shortfall, by number of prospects, and whether the aim was met."""
    print(f"shortfall against the best arm, mean of {worlds} worlds (worst world in brackets)")
    print(f"{'':18}" + "".join(f"{size:>20,}" for size in sizes))
    for name, policy in POLICIES.items():
        cells = []
        for size in sizes:
            found = [
                regret(plant(seed), policy, prospects=size, seed=seed + 1_000)
                for seed in range(worlds)
            ]
            cells.append((float(np.mean(found)), max(found)))
        print(f"{name:18}" + "".join(f"{mean:>12.1%} ({worst:.1%})" for mean, worst in cells))
        if name == "pooled_thompson":
            met = "met" if cells[-1][0] <= AIM else "NOT met"
            print(f"{'':18}aim of {AIM:.0%} at {sizes[-1]:,}: {met}")


def fold(n: int) -> None:
    """Print how long the fold and the context take in the engine, in processor seconds."""
    store = open_store()
    lists = {
        "channels": list(OUTREACH_CHANNELS), "roles": list(ROLES), "tones": list(OUTREACH_TONES),
        "angles": list(OUTREACH_ANGLES),
    }  # fmt: skip
    now = store.now()
    store.run(_PEOPLE, n=n)
    store.run(_SENDS, n=n, now=now, **lists)
    store.run(_EVENTS, n=n, events=10 * n, now=now)
    for name, work in (
        ("fold to a posterior", lambda: update_posterior(store, Outreach(), "d", actor="x")),
        ("context of everybody", lambda: store.read(_CONTEXT, now=now)),
    ):
        wall, processor = time.perf_counter(), time.process_time()
        work()
        print(
            f"{name}: {n:,} messages, {10 * n:,} events: "
            f"{time.process_time() - processor:.2f} s of processor, "
            f"{time.perf_counter() - wall:.2f} s"
        )
    store.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=12)
    parser.add_argument("--prospects", type=int, nargs="+", default=[10_000, 100_000])
    arguments = parser.parse_args()
    compare(arguments.worlds, arguments.prospects)
    fold(100_000)
