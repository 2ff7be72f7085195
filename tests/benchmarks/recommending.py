"""How good recommendations are beside others': ours, SAR, implicit's item-item and ALS, popularity.

    pip install --target /tmp/implicit --no-deps implicit
    python tests/benchmarks/recommending.py --data DIR --implicit /tmp/implicit

``DIR`` holds ``u.data`` of MovieLens 100k (GroupLens; its terms forbid passing it on, so it is not
here).  The retail figures are on the shipped orders of Online Retail.

    films    recommenders-team's protocol: 75/25 at random in each user's ratings (seed 42), what
             was seen is left out, every rating counts, top 10, mean over users.  Published there:
             SAR nDCG .382, BPR .442, BiVAE .475.
    retail   a time split: known up to 2011-09-08, to be found what customers then bought for the
             first time.

Ours is what ``personalize recommend`` does with the file; nothing was tuned on what is measured
here: ridge, drop-out and share of the counted similarity were chosen on a split of the train rows.
Every method runs in a process of its own; time is that of fitting and recommending, memory the
peak of that process above its start.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT: Final = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

K: Final = 10
DAY: Final = 86_400.0
SPLIT_ON: Final = pd.Timestamp("2011-09-09").timestamp()
AIMS: Final = {"films": 0.44, "retail": 0.112}

Lists = pd.DataFrame
"""Columns user, item, rank."""


# Data and measures ---------------------------------------------------------------------


def films(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Split the ratings as recommenders' ``python_stratified_split(ratio=0.75, seed=42)`` does."""
    names = ["user", "item", "rating", "at"]
    rows = pd.read_csv(folder / "u.data", sep="\t", names=names)
    rows[["user", "item"]] = rows[["user", "item"]].astype(str)
    number = rows["user"].astype(int)
    rows["draw"] = np.random.RandomState(42).rand(len(rows))
    rows = rows.assign(number=number).sort_values(["number", "draw"])
    place = (rows.groupby("user").cumcount() + 1) / rows.groupby("user")["item"].transform("count")
    kept = rows.drop(columns=["draw", "number"])
    return kept[place <= 0.75], kept[place > 0.75]


def retail() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Split the shipped orders by time; products of both halves, first purchases only."""
    rows = pd.read_parquet(ROOT / "sample_data" / "transactions.parquet")
    rows = rows[rows["CustomerID"].notna() & (rows["Quantity"] > 0) & (rows["UnitPrice"] > 0)]
    rows = rows[rows["StockCode"].str.match(r"^[0-9]{5}")]
    item = rows["StockCode"].str.strip().str.upper()
    user = rows["CustomerID"].astype(int).astype(str)
    at = (rows["InvoiceDate"] - pd.Timestamp(0)) / pd.Timedelta(seconds=1)
    pairs = pd.DataFrame({"user": user, "item": item, "at": at})
    pairs = pairs.groupby(["user", "item"], as_index=False)["at"].min().assign(rating=1.0)
    train, test = pairs[pairs["at"] < SPLIT_ON], pairs[pairs["at"] >= SPLIT_ON]
    return train, test[
        test["user"].isin(set(train["user"])) & test["item"].isin(set(train["item"]))
    ]


def measures(lists: Lists, test: pd.DataFrame) -> dict[str, float]:
    """Return nDCG, precision and recall at 10, over the users of both, and the items shown."""
    test = test[test["user"].isin(set(lists["user"]))]
    size = test.groupby("user").size()
    lists = lists[lists["user"].isin(set(size.index))]
    hits = lists.merge(test[["user", "item"]], on=["user", "item"])
    gains = 1 / np.log2(np.arange(2, K + 2))
    gained = hits.assign(gain=gains[hits["rank"] - 1]).groupby("user")["gain"].sum()
    ideal = np.array([gains[: min(K, n)].sum() for n in size])
    found = hits.groupby("user").size().reindex(size.index).fillna(0)
    return {
        "ndcg": float((gained.reindex(size.index).fillna(0) / ideal).mean()),
        "precision": float((found / K).mean()),
        "recall": float((found / size).mean()),
        "items": lists["item"].nunique(),
    }


# Contenders ----------------------------------------------------------------------------


def ours(train: pd.DataFrame, kind: str) -> Lists:
    """Recommend as the product does, by one of its similarities."""
    from personalization.recommendation import asking, files, running
    from personalization.settings import Settings
    from personalization.store import open_store

    store = open_store()
    rows = pd.DataFrame({"user": train["user"], "item": train["item"],
                         "at": pd.to_datetime(train["at"], unit="s")})  # fmt: skip
    with store.transaction() as cursor:
        cursor.register("fresh", rows)
        cursor.execute("INSERT INTO datasets VALUES ('b', 'b', false, now(), 'b', 'b')")
        cursor.execute(
            "INSERT INTO interactions "
            "SELECT 'b', \"user\", item, 'purchase', 1, NULL, NULL, \"at\", 'b' FROM fresh"
        )
    files.open_people(store, "b", strategy="for_you")
    rules = f'[for_you]\ntable = "{kind}"\n'
    files.set_rules(
        store, "b", strategy="for_you", exclude_seen=True, overlay=rules, actor="benchmark"
    )
    run_id = running.recommend(
        store, Settings(), "b", strategy="for_you", wanted=K, customers=asking.EVERYBODY,
        actor="benchmark",
    )  # fmt: skip
    return store.frame(
        'SELECT customer_id AS "user", product_id AS item, rank FROM recommendations '
        "WHERE run_id = $run_id", run_id=run_id,
    )  # fmt: skip


def _matrix(train: pd.DataFrame) -> tuple[Any, np.ndarray, np.ndarray]:
    from scipy.sparse import csr_matrix

    users, rows = np.unique(train["user"], return_inverse=True)
    items, columns = np.unique(train["item"], return_inverse=True)
    ones = np.ones(len(train), dtype=np.float32)
    return csr_matrix((ones, (rows, columns)), shape=(len(users), len(items))), users, items


def _top(scores: np.ndarray, seen: np.ndarray, users: np.ndarray, items: np.ndarray) -> Lists:
    scores = np.where(seen, -np.inf, scores)
    best = np.argsort(-scores, axis=1, kind="stable")[:, :K]
    return _lists(best, users, items)


def _lists(best: np.ndarray, users: np.ndarray, items: np.ndarray) -> Lists:
    ranks = np.tile(np.arange(1, best.shape[1] + 1), len(users))
    return pd.DataFrame(
        {"user": users.repeat(best.shape[1]), "item": items[best.ravel()], "rank": ranks}
    )


def popularity(train: pd.DataFrame) -> Lists:
    """Recommend what most users have."""
    held, users, items = _matrix(train)
    dense = held.toarray()
    return _top(np.tile(dense.sum(axis=0), (len(users), 1)), dense > 0, users, items)


def sar(train: pd.DataFrame) -> Lists:
    """Recommend as recommenders' SAR does: Jaccard, ratings halved every 30 days."""
    from scipy.sparse import csr_matrix

    held, users, items = _matrix(train)
    dense = held.toarray()
    together = dense.T @ dense
    n = np.diag(together)
    likeness = together / (n[:, None] + n[None, :] - together)
    weight = train["rating"] * 0.5 ** ((train["at"].max() - train["at"]) / (30 * DAY))
    where = (np.searchsorted(users, train["user"]), np.searchsorted(items, train["item"]))
    liking = csr_matrix((weight.to_numpy(), where), shape=dense.shape)
    return _top(liking @ likeness, dense > 0, users, items)


def implicit_bm25(train: pd.DataFrame) -> Lists:
    """Recommend by implicit's item-item neighbours under BM25."""
    from implicit.nearest_neighbours import BM25Recommender

    return _of_implicit(BM25Recommender(K=100), train)


def implicit_cosine(train: pd.DataFrame) -> Lists:
    """Recommend by implicit's item-item neighbours under the cosine."""
    from implicit.nearest_neighbours import CosineRecommender

    return _of_implicit(CosineRecommender(K=100), train)


def implicit_als(train: pd.DataFrame) -> Lists:
    """Recommend by implicit's matrix factorisation, of 32 factors."""
    from implicit.als import AlternatingLeastSquares

    return _of_implicit(AlternatingLeastSquares(factors=32, random_state=42), train)


def _of_implicit(model: Any, train: pd.DataFrame) -> Lists:  # noqa: ANN401 - of implicit
    held, users, items = _matrix(train)
    model.fit(held, show_progress=False)
    best, _ = model.recommend(np.arange(len(users)), held, N=K, filter_already_liked_items=True)
    return _lists(best, users, items)


CONTENDERS: Final[dict[str, Callable[[pd.DataFrame], Lists]]] = {
    "ours, solved (ease)": lambda train: ours(train, "ease"),
    "ours, counted (cosine)": lambda train: ours(train, "cosine"),
    "implicit ALS": implicit_als,
    "implicit item-item BM25": implicit_bm25,
    "implicit item-item cosine": implicit_cosine,
    "SAR": sar,
    "most popular": popularity,
}


# The run -------------------------------------------------------------------------------


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _work(
    name: str, train: pd.DataFrame, test: pd.DataFrame, answers: multiprocessing.Queue[Any]
) -> None:
    before, start = _peak(), time.perf_counter()
    lists = CONTENDERS[name](train)
    seconds = time.perf_counter() - start
    answers.put(measures(lists, test) | {"seconds": seconds, "megabytes": _peak() - before})


def run(name: str, train: pd.DataFrame, test: pd.DataFrame) -> dict[str, float]:
    """Run one contender in a process of its own."""
    context = multiprocessing.get_context("fork")
    answers = context.Queue()
    process = context.Process(target=_work, args=(name, train, test, answers))
    process.start()
    answer: dict[str, float] = answers.get(timeout=1800)
    process.join()
    return answer


def table(title: str, train: pd.DataFrame, test: pd.DataFrame, names: list[str]) -> float:
    """Print one set's figures side by side; return the nDCG of ours."""
    print(f"\n{title}: {len(train):,} known, {len(test):,} to be found, "
          f"{test['user'].nunique():,} users, {train['item'].nunique():,} items")  # fmt: skip
    print(f"{'':<27}{'nDCG':>7}{'of SAR':>8}{'P':>7}{'R':>7}{'items':>7}{'s':>7}{'MB':>7}")
    found = {name: run(name, train, test) for name in names}
    base = found["SAR"]["ndcg"]
    for name, row in found.items():
        print(f"{name:<27}{row['ndcg']:>7.4f}{row['ndcg'] / base:>8.2f}{row['precision']:>7.3f}"
              f"{row['recall']:>7.3f}{row['items']:>7.0f}{row['seconds']:>7.1f}"
              f"{row['megabytes']:>7.0f}")  # fmt: skip
    return max(row["ndcg"] for name, row in found.items() if name.startswith("ours"))


def main() -> int:
    """Print both tables; return 1 where ours is below an aim."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="folder with u.data of MovieLens 100k")
    parser.add_argument("--implicit", type=Path, help="where implicit was installed to")
    parser.add_argument("--only", choices=("films", "retail"))
    arguments = parser.parse_args()
    if arguments.implicit:
        sys.path.append(str(arguments.implicit))
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    names = [n for n in CONTENDERS if arguments.implicit or not n.startswith("implicit")]
    reached = {}
    if arguments.data and arguments.only != "retail":
        reached["films"] = table("films (MovieLens 100k)", *films(arguments.data), names)
    if arguments.only != "films":
        reached["retail"] = table("retail (Online Retail, time split)", *retail(), names)
    missed = [name for name, value in reached.items() if value < AIMS[name]]
    told = [f"{name}: {value:.4f}, aim {AIMS[name]}" for name, value in reached.items()]
    print("\n" + ", ".join(told))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
