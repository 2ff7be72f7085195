"""What the embedded screener stops, beside a word list and alt-profanity-check.

    python tests/benchmarks/screening.py --data DIR [--json FILE] [--vectors DIR]

``DIR`` holds the public sets of ``screening_sets`` (their texts never ship); without it the
benchmark says where each is from, and measures on our own words only.  ``alt-profanity-check``
is measured where it is installed: ``pip install -e '.[benchmark]'``.  The word list is the one of
Surge AI: a term of severity 1.5 or more stops a text, any other holds it.  Both see each text
whole, as they are used; the row "by sentence" gives alt-profanity-check our sentences.

Every figure but the times is the same on every run.  The variants that ``train_screener`` tells
of were chosen on one half of the OpenAI set, so both halves are printed.  Once the held-apart
company texts were looked at: the budgets of the block band, .2 % and .1 %, stopped .81 % of them
and were cut.  Our own sentences were written by those who wrote the training ones and
flatter the screener; the OpenAI set and the company texts do not.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from personalization.providers import local_screener
from personalization.providers.encoders import minilm
from personalization.providers.local_screener import CATEGORIES, LocalScreener, heads
from personalization.providers.obfuscation import sentence_spans
from tests.benchmarks import screening_speed
from tests.benchmarks.kept_vectors import KeptVectors
from tests.benchmarks.screening_figures import (
    BLOCK,
    DISGUISES,
    PLACES,
    REVIEW,
    engine_of,
    own_figures,
    public_figures,
    stops_mails,
)
from tests.benchmarks.screening_sets import SOURCES, missing, own, read_csv

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.benchmarks.screening_figures import Engine, Levels

PACKAGE: Final = Path(local_screener.__file__).parent
_SURE: Final = 0.5
_LIKELY: Final = 0.3
_HARSH: Final = 1.5


@dataclass(frozen=True, slots=True)
class Contender:
    """One engine beside the others: how it judges, and what it weighs on the disk."""

    name: str
    judge: Engine
    kilobytes: float


def same_for_all(levels: list[int]) -> Levels:
    """Return the level of a text as that of each category, for an engine that knows none."""
    return np.repeat(np.array(levels, dtype=np.int64)[:, None], len(CATEGORIES), axis=1)


def word_list(data: Path) -> Contender:
    """Return Surge's list: whole words, in small letters."""
    import re

    file = data / "surge_profanity/profanity_en.csv"
    harsh: dict[str, float] = {}
    for row in read_csv(file):
        term = row["text"].lower()
        harsh[term] = max(harsh.get(term, 0.0), float(row["severity_rating"]))
    longest_first = sorted(harsh, key=lambda term: (-len(term), term))
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)")

    def level(text: str) -> int:
        found = [harsh[term] for term in pattern.findall(text.lower())]
        return (BLOCK if max(found) >= _HARSH else REVIEW) if found else 0

    size = file.stat().st_size / 1024
    return Contender("word list (Surge)", lambda texts: same_for_all([*map(level, texts)]), size)


def profanity_check() -> list[Contender]:
    """Return alt-profanity-check, whole and by sentence; nothing where it is not installed."""
    spec = importlib.util.find_spec("profanity_check")
    if spec is None or spec.origin is None:
        return []
    from profanity_check import predict_prob

    def levels(texts: Sequence[str]) -> list[int]:
        return [
            BLOCK if p >= _SURE else REVIEW if p >= _LIKELY else 0
            for p in (predict_prob(list(texts)) if texts else ())
        ]

    def by_sentence(texts: Sequence[str]) -> Levels:
        pieces = [[t[a:b] for a, b in sentence_spans(t)] or [t] for t in texts]
        flat = iter(levels([piece for of_one in pieces for piece in of_one]))
        return same_for_all([max(next(flat) for _ in of_one) for of_one in pieces])

    files = (Path(spec.origin).parent / "data").iterdir()
    size = sum(file.stat().st_size for file in files) / 1024
    return [
        Contender("alt-profanity-check", lambda texts: same_for_all(levels(texts)), size),
        Contender("the same, by sentence", by_sentence, size),
    ]


def ours(vectors: Path | None) -> Contender:
    """Return the embedded screener with the weights that ship."""
    screener = LocalScreener(KeptVectors(vectors) if vectors else minilm())
    size = sum((PACKAGE / name).stat().st_size for name in _OWN_FILES) / 1024
    return Contender("embedded screener", engine_of(screener), size)


_OWN_FILES: Final = ("local_screener.json", "harm_words.json")


def measured(contender: Contender, data: Path, campaigns: Sequence[tuple[str, ...]]) -> Any:  # noqa: ANN401
    """Return all figures of one engine."""
    found: dict[str, Any] = {"kilobytes": round(contender.kilobytes, 1)}
    if not missing(data):
        found |= public_figures(contender.judge, data)
    found["own_words"] = own_figures(contender.judge)
    if campaigns:
        mails = [(subject, preheader, body) for subject, preheader, body, *_ in campaigns]
        stopped = stops_mails(contender.judge, mails)
        found["campaign_messages"] = {"n": len(mails), "stopped": int(stopped.sum())}
    texts = [mail.replace("{}", "") for mail in own()["mails"]]
    contender.judge(texts)
    begun = time.perf_counter()
    contender.judge(texts)
    found["ms_per_message_seen_before"] = round(
        1000 * (time.perf_counter() - begun) / len(texts), 2
    )
    return found


Line = tuple[str, tuple[str, ...]]
"""What a line of the table is called, and the keys under which an engine's figure is found."""

_OWN: Final = "own_words"


def _recall_lines() -> list[Line]:
    keys = (
        ("stopped_by_any_head", "stopped"),
        ("stopped_by_own_head", "stopped by own head"),
        ("held_by_any_head", "stopped or held"),
    )
    parts = (("all", ""), ("reported_on", ", half not chosen on"))
    return [
        (f"OpenAI {category}: {words}{of}", ("openai_moderation", key, part, category))
        for key, words in keys
        for part, of in parts
        for category in CATEGORIES
    ]


def table_lines() -> list[Line]:
    """Return the lines of the table."""
    slices = (
        "British sites", "American and international sites", "sites of other countries",
        "health", "charity", "law",
    )  # fmt: skip
    hidden = (("OpenAI", ("hidden_openai_sentence_stopped",)), ("own", (_OWN, "hidden_stopped")))
    return [
        *_recall_lines(),
        ("company texts stopped", ("company_texts", "stopped")),
        ("company texts stopped or held", ("company_texts", "held")),
        *((f"  {name}: stopped", ("company_texts", "slices", name, "stopped")) for name in slices),
        *((f"look-alikes {half} stopped", ("look_alikes_stopped", half)) for half in ("A", "B")),
        *(
            (f"{words} {category} sentence {place}", (*keys, category, place))
            for words, keys in hidden
            for category in CATEGORIES
            for place in ("alone", *PLACES)
        ),
        *((f"own unsafe with {name}", (_OWN, "disguised_stopped", name)) for name in DISGUISES),
        ("own harmless stopped", (_OWN, "harmless_stopped")),
        ("messages of sample campaigns stopped", ("campaign_messages", "stopped")),
        ("... of", ("campaign_messages", "n")),
        ("ms per message seen before", ("ms_per_message_seen_before",)),
        ("kilobytes of weights or words", ("kilobytes",)),
    ]


def as_table(found: dict[str, Any]) -> str:
    """Return the engines side by side; a line that none has is left out."""
    names = list(found)
    width = max(map(len, names)) + 2
    rows = [f"{'':58}" + "".join(name.rjust(width) for name in names)]
    for words, keys in table_lines():
        cells = [_cell(keys, found[name]) for name in names]
        if any(cells):
            rows.append(f"{words:58}" + "".join(cell.rjust(width) for cell in cells))
    return "\n".join(rows)


def _cell(keys: tuple[str, ...], figures: Any) -> str:  # noqa: ANN401
    for key in keys:
        if key not in figures:
            return ""
        figures = figures[key]
    return str(figures) if isinstance(figures, int) else f"{figures:.4g}"


def where_from(data: Path) -> str:
    """Say which sets are missing, where each is from and under which licence."""
    lines = [f"  {s.file}: {s.name}. {s.origin}. {s.licence}." for s in missing(data)]
    return "\n".join(["Missing in " + str(data) + ":", *lines]) if lines else ""


def main() -> None:
    """Measure all, print the table and the times, and write the JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--json", type=Path, help="file for all figures")
    parser.add_argument("--vectors", type=Path, help="folder that keeps vectors between runs")
    parser.add_argument("--no-campaigns", action="store_true", help="leave the times out")
    options = parser.parse_args()
    print(where_from(options.data), file=sys.stderr)
    times = {} if options.no_campaigns else screening_speed.measure()
    campaigns = times.pop("messages", [])
    contenders = [ours(options.vectors)]
    if (options.data / SOURCES[-1].file).is_file():
        contenders.append(word_list(options.data))
    contenders += profanity_check()
    found = {c.name: measured(c, options.data, campaigns) for c in contenders}
    print(f"Weights version {heads().version}.\n\n{as_table(found)}\n")
    if times:
        print(f"Seconds for {times['n_first']} composed messages: {json.dumps(times)}")
    everything = json.dumps({"version": heads().version, "engines": found, "seconds": times})
    if options.json:
        options.json.write_text(everything + "\n", "utf-8")
    else:
        print(everything)


if __name__ == "__main__":
    main()
