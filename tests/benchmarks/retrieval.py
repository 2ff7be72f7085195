"""What the search finds, and how fast: by words, by meaning, and by both.

    python tests/benchmarks/retrieval.py --data DIR [--index DIR]

``DIR`` holds Cranfield (``cran.all.1400``, ``cran.qry``, ``cranqrel``) and, if it is there, CISI
(``CISI.ALL``, ``CISI.QRY``, ``CISI.REL``); see ``retrieval_sets``.  Every search goes through
``content.open_folder``, as ``personalize search`` does.  Without ``--data`` only the shipped
corpus and the times are measured.  ``--index`` keeps the vectors for the next run.

References (Cranfield, nDCG@10): BM25 .375, MiniLM .382, their RRF .419, measured apart from this
code; ``FLOOR`` is what the hybrid has to reach, and it has to be above both singles.
"""

from __future__ import annotations

import argparse
import sys
import time
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from personalization.content import import_content
from personalization.content.eligibility import Audience
from personalization.content.evaluating import (
    METHODS,
    Evaluation,
    LabelledQuery,
    evaluate,
    evaluate_library,
    orders_of,
    read_labels,
)
from personalization.content.folder import open_folder
from personalization.content.vectors import Texts, by_meaning, close_indexes
from personalization.providers.encoders import DIMENSIONS, minilm
from personalization.settings import Content
from personalization.store import open_store
from tests.benchmarks.retrieval_sets import Collection, cisi, cranfield

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

ROOT: Final = Path(__file__).parents[2]
FLOOR: Final = 0.415
N_CHUNKS: Final = 10_000
N_QUERIES: Final = 50
SEED: Final = 7


class Directions:
    """An encoder without a model: a direction for each text, so that only the index is timed."""

    model_id = "directions-1"

    def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return a direction for each text, drawn from its own characters."""
        seeds = [int.from_bytes(text.encode()[-8:].rjust(8)) for text in texts]
        drawn = (np.random.default_rng(seed).normal(size=DIMENSIONS) for seed in seeds)
        rows = np.array(list(drawn), dtype=np.float32).reshape(-1, DIMENSIONS)
        lengths: npt.NDArray[np.float32] = np.linalg.norm(rows, axis=1, keepdims=True)
        return np.divide(rows, lengths)


def figures(collection: Collection, index: Path) -> Evaluation:
    """Measure a collection through the functions of ``personalize search``."""
    with TemporaryDirectory() as folder:
        corpus = Path(folder) / f"{collection.name}.jsonl"
        collection.write(corpus)
        opened = open_folder(corpus)
    # The folder's own name is different in each run, and its vectors are to be found again.
    opened = type(opened)(
        opened.texts, opened.words, opened.passages, opened.owners,
        index / collection.name,
    )  # fmt: skip
    anybody = Audience(date(2026, 12, 1), "en-GB")
    labels = [
        LabelledQuery(text, collection.relevant[key], anybody)
        for key, text in collection.queries.items()
    ]
    encoder = minilm()
    encoder.encode([label.query for label in labels])
    return evaluate(labels, lambda label: orders_of(opened.rank(label.query, encoder)[0]))


def shipped(index: Path) -> Evaluation:
    """Measure the shipped corpus and its labelled queries as a campaign asks them."""
    store = open_store()
    import_content(store, ROOT / "content_corpus", actor="benchmark")
    labels = read_labels(ROOT / "sample_data" / "queries.toml")
    return evaluate_library(store, Content(index=str(index)), labels, minilm())


def show(name: str, found: Evaluation) -> None:
    """Print one collection's table."""
    print(f"\n{name}, {found.n_queries} queries")
    print(f"  {'':10}{'nDCG@10':>22}{'recall@5':>22}{'MRR':>22}")
    for method in METHODS:
        row = found.measures[method].values()
        cells = (f"{one.mean:.4f} [{one.low:.3f}, {one.high:.3f}]" for one in row)
        print(f"  {method:10}" + "".join(f"{cell:>22}" for cell in cells))
    for method, gain in found.gains.items():
        told = f"{gain.mean:+.4f} [{gain.low:+.3f}, {gain.high:+.3f}]"
        print(f"  hybrid less {method:8} {told}")


def times() -> None:
    """Print what an index of 10,000 chunks costs: building, a filtered query, mending."""
    texts = Texts.of({f"k{n:05}": f"passage number {n:05}" for n in range(N_CHUNKS)})
    allowed = [key for n, key in enumerate(texts.texts) if n % 4 == 0]
    encoder = Directions()
    encoding = clock(lambda: encoder.encode(list(texts.texts.values())))
    with TemporaryDirectory() as folder:
        place = Path(folder) / "index"

        def ask(query: str = "passage number 00004") -> None:
            found = by_meaning(place, texts, query, encoder=encoder, allowed=allowed)
            if found.trouble or found.order[0] != "k00004":
                raise AssertionError(found)

        built = clock(ask)
        spent = [clock(ask) for _ in range(N_QUERIES)]
        close_indexes()
        opened = clock(ask)
        close_indexes()
        next(place.rglob("chroma.sqlite3")).write_bytes(b"no database" * 100)
        mended = clock(ask)
        close_indexes()
    print(f"\nAn index of {N_CHUNKS:,} chunks, seconds of processor time")
    print(f"  built, beyond encoding      {built - encoding:8.2f}   (at most 10)")
    print(f"  opened by a new process     {opened:8.2f}")
    print(f"  damaged and built anew      {mended - encoding:8.2f}")
    print(f"  filtered query, median      {np.median(spent):8.4f}   (at most 0.020)")


def clock(work: object) -> float:
    """Return the processor seconds that a call takes."""
    start = time.process_time()
    work()  # type: ignore[operator]
    return time.process_time() - start


def main() -> int:
    """Run everything; the exit code says whether the figures are met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--index", type=Path)
    given = parser.parse_args()
    with TemporaryDirectory() as scratch:
        index = given.index or Path(scratch)
        times()
        show("The shipped corpus", shipped(index / "shipped"))
        if given.data is None:
            return 0
        found = figures(cranfield(given.data), index)
        show("Cranfield", found)
        if (given.data / "CISI.ALL").exists():
            show("CISI", figures(cisi(given.data), index))
        close_indexes()
    hybrid = found.measures["hybrid"]["ndcg_at_10"].mean
    singles = [found.measures[method]["ndcg_at_10"].mean for method in METHODS[1:]]
    is_met = hybrid >= FLOOR and hybrid > max(singles)
    print(
        f"\nCranfield hybrid nDCG@10 {hybrid:.4f}, floor {FLOOR}: {'met' if is_met else 'MISSED'}"
    )
    return 0 if is_met else 1


if __name__ == "__main__":
    sys.exit(main())
