"""What the composer makes of the shipped content, segment by segment, in four languages.

    python tests/benchmarks/composing.py            # the figures
    python tests/benchmarks/composing.py --read     # and every message, as a customer reads it

Beside the composer stands a choice at random among the candidates that passed its gates, in the
same run.  Self-BLEU and overlap: lower is more varied; distinct-2 (moving window): higher is.
Citation recall is the share of claims that the grounding finds borne out by an approved statement;
CPU is per variant (median of three), requests and grounding not counted.

The segments are those of the sample data (RFM, small ones merged), with their medians as found
there; retrieval is the product's own.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, Final

ROOT: Final = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from personalization.content import find_for_campaign, import_content  # noqa: E402
from personalization.domain import Brief, Decision, Message  # noqa: E402
from personalization.generation.drafting import claims_of  # noqa: E402
from personalization.generation.sentences import sentences  # noqa: E402
from personalization.generation.sources import (  # noqa: E402
    campaign_of,
    request_for,
    segments_of,
)
from personalization.providers.composer import Composer  # noqa: E402
from personalization.providers.gaps import gap_of  # noqa: E402
from personalization.providers.heeding import narrowed  # noqa: E402
from personalization.providers.registry import encoder  # noqa: E402
from personalization.settings import Settings  # noqa: E402
from personalization.statistics.readability import prose_of, reading_ease  # noqa: E402
from personalization.statistics.variety import (  # noqa: E402
    distinct_pairs,
    self_bleu,
    trigram_overlap,
)
from personalization.store import Store, open_store  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from personalization.providers.protocols import Draft, WritingRequest

ARMS: Final = ("A", "B", "C")
SELF_BLEU: Final = 0.40
OVERLAP: Final = 0.60
CPU_MS: Final = 100.0
REPEATS: Final = 3

# name, description, median days since the last order, median orders, share of customers, share of
# spend, what they buy
SEGMENTS: Final = (
    ("Champions", "Bought a moment ago and buy often, your best customers: thank them.", 4.6, 8.0,
     0.138, 0.483, "home decoration, bags & storage, kitchen & dining"),
    ("Loyal", "Order again and again: keep them with early access.", 28.6, 6.0, 0.157, 0.248,
     "home decoration, bags & storage, kitchen & dining"),
    ("Potential loyalists", "Came back lately for a second or third order: help them.", 16.6, 2.0,
     0.110, 0.066, "home decoration, kitchen & dining, bags & storage"),
    ("New", "Placed a first order a moment ago: welcome them.", 7.5, 1.0, 0.023, 0.003,
     "home decoration, candles & lights, Christmas decorations"),
    ("Promising", "Placed a first order not long ago: remind them.", 23.5, 1.0, 0.038, 0.006,
     "home decoration, Christmas decorations, kitchen & dining"),
    ("Need attention", "Have bought a few times and are slowing down: a timely reason.", 48.5, 3.0,
     0.027, 0.015, "home decoration, kitchen & dining, Christmas decorations"),
    ("About to sleep", "Bought once or twice and are drifting away: show them something simple.",
     52.4, 1.0, 0.110, 0.028, "home decoration, kitchen & dining, Christmas decorations"),
    ("At risk", "Used to order several times and have not for long: tell them.", 114.6, 4.0, 0.091,
     0.075, "kitchen & dining, home decoration, bags & storage"),
    ("Hibernating", "Bought little and long ago: write seldom, and with one clear reason.", 205.5,
     1.0, 0.306, 0.077, "home decoration, kitchen & dining, bags & storage"),
)  # fmt: skip

BRIEFS: Final[dict[str, tuple[str, Brief]]] = {
    "en-lights": ("en-GB", Brief(
        goal="Bring customers back to the shop before the holidays.",
        key_message="Small gifts and warm lights for the dark months.",
    )),
    "en-kitchen": ("en-GB", Brief(
        goal="Win a further order.", key_message="Kitchen and tea table.", tone="professional",
    )),
    "en-presents": ("en-GB", Brief(
        goal="Sell Christmas presents.", key_message="Presents and decorations for Christmas.",
        tone="promotional", offer="offer-free-delivery",
    )),
    "en-useful": ("en-GB", Brief(
        goal="Tell customers what is useful.", key_message="Bags and storage for every day.",
        tone="informative",
    )),
    "en-formal": ("en-GB", Brief(key_message="Something for the home.", tone="formal")),
    "de-lichter": ("de-DE", Brief(
        goal="Kunden vor den Feiertagen zurückholen.",
        key_message="Kleine Geschenke und warmes Licht für dunkle Monate.",
    )),
    "de-küche": ("de-DE", Brief(
        goal="Eine weitere Bestellung.", key_message="Küche und Kaffeetafel.",
        tone="professional",
    )),
    "fr-lumières": ("fr-FR", Brief(
        goal="Faire revenir les clients avant les fêtes.",
        key_message="Petits cadeaux et douces lumières.",
    )),
    "fr-table": ("fr-FR", Brief(
        goal="Une nouvelle commande.", key_message="La cuisine et le goûter.", tone="informative",
    )),
    "es-luces": ("es-ES", Brief(
        goal="Que los clientes vuelvan antes de las fiestas.",
        key_message="Pequeños regalos y luces cálidas.",
    )),
    "es-mesa": ("es-ES", Brief(
        goal="Un nuevo pedido.", key_message="La cocina y la merienda.", tone="promotional",
    )),
}  # fmt: skip

PEOPLE: Final[tuple[dict[str, str], ...]] = (
    {"first_name": "Anna", "favourite_category": "candles & lights"},
    {},
    {"first_name": "Ben", "favourite_category": "toys & games"},
    {"first_name": "Eve", "favourite_category": "Christmas decorations"},
)


@dataclass(frozen=True, slots=True)
class Written:
    """What was written for one segment, and how long the processor was busy with it."""

    request: WritingRequest
    drafts: list[Draft]
    at_random: list[Draft]
    cpu_ms: float

    @property
    def bodies(self) -> list[str]:
        """Return the texts as a reader without fields of their own sees them."""
        return [read_by(draft.message.body, {}) for draft in self.drafts]


def shop(briefs: Sequence[str]) -> Store:
    """Return a store with the shipped content, and a campaign for each brief with its sources."""
    store = open_store()
    import_content(store, ROOT / "content_corpus", actor="benchmark")
    with store.transaction():
        for name in briefs:
            _campaign(store, name)
    return store


def _campaign(store: Store, name: str) -> None:
    locale, brief = BRIEFS[name]
    told = {k: getattr(brief, k) for k in ("goal", "key_message", "offer", "tone", "metric")}
    store.run(
        "INSERT INTO campaigns VALUES ($name, $name, 'd1', NULL, $brief, DATE '2026-12-01', "
        "$locale, $name, now(), 'benchmark', $name)",
        name=name,
        brief=json.dumps(told),
        locale=locale,
    )
    for position, facts in enumerate(SEGMENTS):
        segment, description, recency, orders, share, spent, buys = facts
        profile = {
            "median_recency_days": recency, "median_orders": orders, "share": share,
            "spent_share": spent, "top_categories": buys,
        }  # fmt: skip
        store.run(
            "INSERT INTO segments VALUES ($name, $segment, $position, 'rfm', $description, 100, "
            "$profile)",
            name=name, segment=segment, position=position, description=description,
            profile=json.dumps(profile),
        )  # fmt: skip


def requests(store: Store, name: str, folder: Path) -> Iterator[WritingRequest]:
    """Yield what the writer is told for each segment, sources found by the product's own search."""
    settings = Settings()
    settings = replace(settings, content=replace(settings.content, index=str(folder)))
    find_for_campaign(store, settings, name, encoder=encoder())
    campaign = campaign_of(store, name)
    for segment in segments_of(store, name):
        yield request_for(store, settings, campaign, segment, ARMS)


def write_all(asked: Iterable[WritingRequest]) -> list[Written]:
    """Write segment after segment, each knowing the messages to those before it."""
    every: list[Written] = []
    for request in asked:
        known = tuple(draft.message for written in every for draft in written.drafts)
        every.append(write(replace(request, elsewhere=known)))
    return every


def write(request: WritingRequest) -> Written:
    """Write the variants of a segment, and choose as many of the candidates at random."""
    composer = Composer()
    spent = []
    for _ in range(REPEATS):
        start = time.process_time()
        drafts = composer.drafts(request)
        spent.append(time.process_time() - start)
    every = [c.draft for c in composer.candidates(narrowed(request))]
    dice = random.Random(f"{request.campaign_id}|{request.segment.name}")  # noqa: S311
    return Written(
        request, drafts, dice.sample(every, min(len(ARMS), len(every))),
        1000 * median(spent) / max(1, len(drafts)),
    )  # fmt: skip


def recall(written: Written) -> float:
    """Return the share of claims that an approved statement bears out."""
    claims = [c for draft in written.drafts for c in claims_of(written.request, draft)]
    return sum(c.decision is Decision.PASS for c in claims) / max(1, len(claims))


def read_by(text: str, person: dict[str, str]) -> str:
    """Return a text with a person's fields filled in."""
    return re.sub(r"{{(\w+)\|([^{}]*)}}", lambda tag: person.get(tag[1]) or tag[2], text)


def variety(drafts: Sequence[Draft]) -> tuple[float, float, float]:
    """Return self-BLEU, distinct-2 and the largest overlap of two texts."""
    bodies = [read_by(draft.message.body, {}) for draft in drafts]
    pairs = [distinct_pairs(body, 25) or 1.0 for body in bodies]
    overlaps = [trigram_overlap(*pair) for pair in combinations(bodies, 2)]
    return (
        self_bleu(bodies) or 0.0,
        sum(pairs) / max(1, len(pairs)),
        max(overlaps, default=0.0),
    )


def ease(written: Written) -> float:
    """Return the mean reading ease of a segment's messages, by the formula of the language."""
    locale = written.request.locale
    found = [
        reading_ease(prose_of([s.text for s in sentences(body)], locale), locale) or 0.0
        for body in written.bodies
    ]
    return sum(found) / max(1, len(found))


def across(every: Sequence[Written]) -> float:
    """Return the largest overlap of two texts of different segments."""
    bodies = [(w.request.segment.name, body) for w in every for body in w.bodies]
    return max(
        (trigram_overlap(a, b) for (s, a), (t, b) in combinations(bodies, 2) if s != t), default=0.0
    )


HEAD: Final = (
    f"{'segment':20} {'n':>2} {'recall':>6} | {'sBLEU':>5} {'rand':>5} | {'dist2':>5} {'rand':>5} "
    f"| {'max J':>5} {'rand':>5} | {'ms':>4} {'ease':>5}"
)


def row(written: Written) -> str:
    """Return the figures of one segment as a line of the table."""
    own, other = variety(written.drafts), variety(written.at_random)
    figures = " | ".join(f"{a:5.2f} {b:5.2f}" for a, b in zip(own, other, strict=True))
    return (
        f"{written.request.segment.name:20} {len(written.drafts):2d} {recall(written):6.2f} | "
        f"{figures} | {written.cpu_ms:4.0f} {ease(written):5.0f}"
    )


def read_aloud(written: Written, turn: int) -> str:
    """Return the messages of a segment as customers read them."""
    pieces = []
    for number, draft in enumerate(written.drafts):
        person = PEOPLE[(turn + number) % len(PEOPLE)]
        message = Message(*(read_by(text, person) for _, text in draft.message.fields()))
        traits = ", ".join(value for _, value in draft.attributes)
        bad = [
            f"\n!!! {c.text}: {c.reason}"
            for c in claims_of(written.request, draft)
            if c.decision is not Decision.PASS
        ]
        pieces.append(
            f"--- {written.request.campaign_id} / {written.request.segment.name} {draft.arm} "
            f"({traits})\nSubject: {message.subject}\nPreview: {message.preheader}\n\n"
            f"{message.body}\n\n[ {message.call_to_action} ]\n{''.join(bad)}"
        )
    return "\n".join(pieces)


def report(name: str, every: Sequence[Written], *, is_read: bool) -> bool:
    """Print the figures of one brief, and tell whether they are within the bounds."""
    print(f"\n== {name} ({BRIEFS[name][0]}, {BRIEFS[name][1].tone})\n{HEAD}")
    for written in every:
        print(row(written))
        if advice := gap_of(written.request, written.drafts).advice:
            print("     " + " ".join(advice))
    bleu = [variety(w.drafts)[0] for w in every]
    mean, most = sum(bleu) / len(bleu), across(every)
    slowest = max(w.cpu_ms for w in every)
    is_fine = (
        mean <= SELF_BLEU
        and most <= OVERLAP
        and slowest <= CPU_MS
        and all(len(w.drafts) == len(ARMS) and recall(w) == 1.0 for w in every)
    )
    print(
        f"mean self-BLEU {mean:.2f} (at most {SELF_BLEU}), overlap across segments {most:.2f} "
        f"(at most {OVERLAP}), slowest {slowest:.0f} ms: {'fine' if is_fine else 'NOT FINE'}"
    )
    if is_read:
        print("\n".join(read_aloud(w, turn) for turn, w in enumerate(every)))
    return is_fine


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the briefs and return 0 where all figures are within their bounds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--read", action="store_true", help="print the messages, too")
    parser.add_argument("--brief", action="append", choices=sorted(BRIEFS), help="may be repeated")
    options: Any = parser.parse_args(arguments)
    names = options.brief or list(BRIEFS)
    store = shop(names)
    with tempfile.TemporaryDirectory() as folder:
        results = [
            report(name, write_all(requests(store, name, Path(folder))), is_read=options.read)
            for name in names
        ]
    return 0 if all(results) else 1


if __name__ == "__main__":
    raise SystemExit(main())
