"""How long a hosted model takes for a campaign: one variant after the other, and side by side.

A local server answers each call after a time drawn from a log-normal distribution, as hosted models
do for an e-mail of some 300 tokens (median 3 s, 95 % below 6 s by default).  What is measured is
ours: prompts, waiting, reading, grounding, storing.  Run it with::

    python -m tests.benchmarks.hosted_writer [--segments 6] [--variants 3] [--median 3.0]
"""

from __future__ import annotations

import argparse
import json
import math
import random
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from personalization.generation import write_variants
from personalization.providers.composer import Composer
from personalization.providers.openai_writer import OpenAIWriter
from personalization.reports.spending import spending
from personalization.settings import Generation, HostedModel
from personalization.store import open_store
from tests.generation.campaigns import SETTINGS, fill
from tests.providers.fern_and_fig import request
from tests.providers.hosted import KEY
from tests.providers.openai_stub import Scripted, Stub, completion

if TYPE_CHECKING:
    from personalization.domain import Message
    from personalization.store import Store

MODEL = HostedModel(
    "a-model", prompt_price=1.0, cached_price=0.1, completion_price=4.0, currency="USD",
    prices_on="2026-11-20",
)  # fmt: skip
AT_MOST = 8
AS_IF_LOST = """
    INSERT INTO retired_variants SELECT variant_id, 'as if lost', now() FROM current_variants
"""
NAMES = ("Loyal", "New", "At risk", "Lost", "Rare", "Big spenders", "Gift buyers", "Locals")


@dataclass(slots=True)
class Told:
    """What one run came to."""

    seconds: float
    hosted: int
    total: int
    calls: int
    cached: int


def answers() -> list[str]:
    """Return what three different messages look like on the wire: composed ones, with citations."""
    return [_as_answer(draft.message) for draft in Composer().write(request())]


def _as_answer(message: Message) -> str:
    def sentence(text: str) -> dict[str, object]:
        return {"text": text, "cites": []}

    return json.dumps({
        "subject": sentence(message.subject),
        "preheader": sentence(message.preheader),
        "paragraphs": [{"sentences": [sentence(p)]} for p in message.body.split("\n\n")],
        "call_to_action": sentence(message.call_to_action),
    })  # fmt: skip


class Service(Stub):
    """Answers each arm with a message of its own, after a while."""

    def __init__(self, texts: list[str], median: float, spread: float) -> None:
        self.texts, self.median, self.spread = texts, median, spread
        self.chance = random.Random(20_261_120)  # noqa: S311 - times, no secrets
        super().__init__(Scripted())

    def _next(self) -> Scripted:
        with self._lock:
            number = len(self.seen)
            delay = self.chance.lognormvariate(math.log(self.median), self.spread)
        return completion(self.texts[number % len(self.texts)], delay=delay)


def run(store: Store, service: Stub, *, concurrency: int, variants: int) -> Told:
    """Write what is missing of the campaign, with so many calls at the same time."""
    generation = Generation(
        writer="openai", model="a-model", models=(MODEL,), concurrency=concurrency,
        variants=variants,
    )  # fmt: skip
    environ = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": f"{service.url}/v1"}
    writer = OpenAIWriter.of("openai", generation, environ)
    began = time.perf_counter()
    total = write_variants(
        store, replace(SETTINGS, generation=generation), "c1", actor="ann", writer=writer
    )
    seconds = time.perf_counter() - began
    [(hosted,)] = store.read("SELECT count(*) FROM current_variants WHERE origin = 'openai'")
    spent = spending(store, "c1", "USD")
    return Told(seconds, hosted, total, spent.n_calls, spent.n_cached)


def main() -> None:
    """Print both ways, and what a run again takes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--segments", type=int, default=6)
    parser.add_argument("--variants", type=int, default=3)
    parser.add_argument("--median", type=float, default=3.0, help="seconds of a call")
    parser.add_argument("--spread", type=float, default=0.42, help="of its logarithm")
    arguments = parser.parse_args()
    n_variants = arguments.segments * arguments.variants
    texts, took = answers(), {}
    print(f"{arguments.segments} segments x {arguments.variants} variants, median call "
          f"{arguments.median:g} s")  # fmt: skip
    for concurrency in (1, 4, AT_MOST):
        store = open_store()
        fill(store, NAMES[: arguments.segments])
        service = Service(texts, arguments.median, arguments.spread)
        told = run(store, service, concurrency=concurrency, variants=arguments.variants)
        took[concurrency] = told.seconds
        print(f"{concurrency} at a time: {told.seconds:6.1f} s, "
              f"{told.seconds / n_variants:5.2f} s a variant, {took[1] / told.seconds:4.1f} x, "
              f"{told.hosted} of {n_variants} by the model in {told.calls} calls, "
              f"{service.most_at_once} at once at most")  # fmt: skip
        if concurrency == AT_MOST:
            store.run(AS_IF_LOST)
            again = run(store, service, concurrency=concurrency, variants=arguments.variants)
            print(f"run again:   {again.seconds:6.1f} s, {again.calls - told.calls} calls, "
                  f"{again.cached} kept answers")  # fmt: skip
        service.close()
        store.close()


if __name__ == "__main__":
    main()
