"""How long a hundred thousand prospects take: routed, put into context, and given a message each.

    python tests/benchmarks/outreach_scale.py [--prospects 100000] [--data FOLDER]

The base is made up here, in the engine, and is not counted; nor is the writing of the texts, which
grows with roles and channels and not with prospects.  No model is asked.  Prints seconds of
processor and clock for each part, and the most memory that the process held.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from personalization.campaign import (  # noqa: E402
    choose_messages,
    outreach_result,
    route_prospects,
)
from personalization.settings import Settings  # noqa: E402
from personalization.store import open_store  # noqa: E402
from tests.outreach.crowd import CROWD, crowd_campaign, fill_crowd  # noqa: E402

_CONTEXT = "SELECT count(*), sum(engagement) FROM outreach_context('crowd', $moment, false)"


def main() -> None:
    """Run the parts one after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prospects", type=int, default=100_000)
    parser.add_argument(
        "--data", type=Path, help="where the database lies; else in a folder of its own"
    )
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = open_store((asked.data or Path(folder)) / "scale.duckdb")
        fill_crowd(store, asked.prospects)
        campaign_id = crowd_campaign(store)
        parts: dict[str, Callable[[], object]] = {
            "route": lambda: route_prospects(store, CROWD, actor="benchmark"),
            "context": lambda: store.read(_CONTEXT, moment=store.now()),
            "choose": lambda: choose_messages(store, Settings(), campaign_id, actor="benchmark"),
        }
        whole = 0.0
        for name, part in parts.items():
            cpu, clock = time.process_time(), time.perf_counter()
            came = part()
            cpu, clock = time.process_time() - cpu, time.perf_counter() - clock
            whole += clock
            print(f"{name:8} {clock:7.2f} s by the clock, {cpu:7.2f} s of processor")
        found = outreach_result(store, str(came))
        held = {row["code"]: row["prospects"] for row in found["held_by"]}
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"all      {whole:7.2f} s by the clock for {asked.prospects:,} prospects of {CROWD}")
        print(f"ready {found['ready']:,}, held {found['held']:,} {held}; {memory:,.0f} MB at most")
        store.close()


if __name__ == "__main__":
    main()
