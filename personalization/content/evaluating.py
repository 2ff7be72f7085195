"""Evaluating: how well a search finds what people said it should, by method, with intervals."""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from personalization.content.eligibility import Audience, eligible_passages
from personalization.content.finding import rank_passages
from personalization.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from personalization.content.ranking import Ranked
    from personalization.providers.protocols import Encoder
    from personalization.settings import Content
    from personalization.store import Store

METHODS: Final = ("hybrid", "words", "meaning")
MEASURES: Final = ("ndcg_at_10", "recall_at_5", "mrr")

GOOD: Final = 2
"""From this grade on a document answers the query; 3 is exactly it, 1 is only related."""

RESAMPLES: Final = 2_000
_SEED: Final = 20_261_120
_SHOWN: Final = 5
_LOW, _HIGH = 2.5, 97.5


@dataclass(frozen=True, slots=True)
class LabelledQuery:
    """A query with what it should find.

    Attributes:
        relevant: Grade of each document that bears on it, 1 to 3; all others have 0.
        audience: Whom it is asked for, and when.
    """

    query: str
    relevant: Mapping[str, int]
    audience: Audience

    @property
    def good(self) -> frozenset[str]:
        """Return the documents that answer it."""
        return frozenset(name for name, grade in self.relevant.items() if grade >= GOOD)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over queries with its 95 % bootstrap interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Miss:
    """A query that a search did badly.

    Attributes:
        ndcg: At 10, by the hybrid.
        found: The first documents found.
        missing: Documents that answer the query and are not among the first five.
    """

    query: str
    ndcg: float
    found: tuple[str, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How well each method did.

    Attributes:
        n_queries: How many there were.
        measures: By method, then by measure.
        gains: What the hybrid has more of nDCG@10 than each single method, query by query.
        misses: What the hybrid did badly, the worst first.
        trouble: Why there is no ranking by meaning, in words; empty where there is one.
    """

    n_queries: int
    measures: Mapping[str, Mapping[str, Estimate]]
    gains: Mapping[str, Estimate]
    misses: tuple[Miss, ...]
    trouble: str = ""


def read_labels(path: Path) -> list[LabelledQuery]:
    """Read labelled queries: ``day`` and ``locale`` for all, then ``[[query]]`` tables.

    Each has ``text`` and ``relevant`` (document id to grade), and may have ``locale``, ``segment``
    and ``day`` of its own.

    Raises:
        InputError: There is no such file, or it is not of this form.
    """
    try:
        told = tomllib.loads(path.read_text("utf-8"))
        return [_label(each, told) for each in told["query"]]
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"The labelled queries {path} cannot be read: {error}") from error
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"{path} holds no labelled queries: {error}. It has day and locale, then for each "
            "[[query]] its text and relevant = { document-id = grade from 1 to 3 }."
        ) from error


def _label(told: Mapping[str, Any], common: Mapping[str, Any]) -> LabelledQuery:
    day = told.get("day", common["day"])
    if not isinstance(day, date):
        raise ValueError(f"day {day!r} is no date")  # noqa: TRY004
    segment = str(told.get("segment", ""))
    audience = Audience(day, str(told.get("locale", common["locale"])), (segment,) * bool(segment))
    relevant = {str(name): int(grade) for name, grade in told["relevant"].items()}
    if not relevant or not set(relevant.values()) <= {1, 2, 3}:
        raise ValueError(f"query {told['text']!r} has no grades from 1 to 3")
    return LabelledQuery(str(told["text"]), relevant, audience)


def evaluate_library(
    store: Store, settings: Content, labels: Sequence[LabelledQuery], encoder: Encoder | None
) -> Evaluation:
    """Ask the library every labelled query as a campaign would, and measure what it finds."""
    trouble = ""

    def orders(label: LabelledQuery) -> Mapping[str, Sequence[str]]:
        nonlocal trouble
        eligible = {one.passage_id: one for one in eligible_passages(store, label.audience)}
        found = rank_passages(
            store, settings, label.query, eligible, encoder, language=label.audience.language
        )
        ranked = [replace(one, key=eligible[one.key].document_id) for one in found]
        trouble = next((one.trouble for one in ranked if one.trouble), trouble)
        return orders_of(ranked)

    evaluation = evaluate(labels, orders)
    return replace(evaluation, trouble=trouble)


def orders_of(ranked: Sequence[Ranked]) -> dict[str, list[str]]:
    """Return what each method found, best first, out of one search that has used them all.

    A document of several passages counts by the best of them, for each method by its own best.
    """
    by_words = sorted((one.bm25_rank, one.key) for one in ranked if one.bm25_rank is not None)
    by_meaning = sorted((one.dense_rank, one.key) for one in ranked if one.dense_rank is not None)
    return {
        "hybrid": list(dict.fromkeys(one.key for one in ranked if one.score)),
        "words": list(dict.fromkeys(key for _, key in by_words)),
        "meaning": list(dict.fromkeys(key for _, key in by_meaning)),
    }


def evaluate(
    labels: Sequence[LabelledQuery],
    orders: Callable[[LabelledQuery], Mapping[str, Sequence[str]]],
) -> Evaluation:
    """Measure each method over all queries.

    Args:
        labels: The queries; one or more.
        orders: Returns for a query the documents that each of METHODS found, best first.
    """
    if not labels:
        raise InputError("There are no labelled queries to evaluate with.")
    found = [orders(label) for label in labels]
    scores = {
        method: [_measures(one[method], label) for one, label in zip(found, labels, strict=True)]
        for method in METHODS
    }
    measures = {
        method: {
            name: bootstrap([row[place] for row in rows]) for place, name in enumerate(MEASURES)
        }
        for method, rows in scores.items()
    }
    gains = {
        method: bootstrap(
            [ours[0] - theirs[0] for ours, theirs in zip(scores["hybrid"], rows, strict=True)]
        )
        for method, rows in scores.items()
        if method != "hybrid"
    }
    misses = [_miss(label, one["hybrid"]) for label, one in zip(labels, found, strict=True)]
    worst = sorted((miss for miss in misses if miss is not None), key=lambda one: one.ndcg)
    return Evaluation(len(labels), measures, gains, tuple(worst))


def _measures(found: Sequence[str], label: LabelledQuery) -> tuple[float, float, float]:
    good = label.good or frozenset(label.relevant)
    return ndcg(found, label.relevant), recall(found, good), reciprocal_rank(found, good)


def _miss(label: LabelledQuery, found: Sequence[str]) -> Miss | None:
    """Return the query as a miss where nothing that answers it comes first or something is lost."""
    missing = sorted(label.good - set(found[:_SHOWN]))
    if not missing and found and label.relevant.get(found[0]):
        return None
    return Miss(label.query, ndcg(found, label.relevant), tuple(found[:_SHOWN]), tuple(missing))


def ndcg(found: Sequence[str], relevant: Mapping[str, float], k: int = 10) -> float:
    """Return the normalised discounted cumulative gain of the first ``k``, in [0, 1].

    What is found twice counts once, where it comes first.

    References:
        Järvelin and Kekäläinen (2002), Cumulated Gain-based Evaluation of IR Techniques.

    Example:
        >>> round(ndcg(["a", "x", "b"], {"a": 3, "b": 2}), 4)
        0.9386
    """
    ideal = _discounted(sorted(relevant.values(), reverse=True)[:k])
    gains = [relevant.get(name, 0) for name in list(dict.fromkeys(found))[:k]]
    return _discounted(gains) / ideal if ideal else 0.0


def recall(found: Sequence[str], good: frozenset[str], k: int = 5) -> float:
    """Return the share of ``good`` among the first ``k``; with more than ``k``, of ``k``."""
    return len(good.intersection(found[:k])) / min(len(good), k) if good else 0.0


def reciprocal_rank(found: Sequence[str], good: frozenset[str]) -> float:
    """Return 1 over the place of the first that is good, 0 where none is."""
    return next((1 / place for place, name in enumerate(found, 1) if name in good), 0.0)


def bootstrap(values: Sequence[float]) -> Estimate:
    """Return the mean of queries with its percentile bootstrap interval; the same every time."""
    import numpy as np  # noqa: PLC0415

    drawn = np.random.default_rng(_SEED).integers(len(values), size=(RESAMPLES, len(values)))
    means = np.array(values)[drawn].mean(axis=1)
    low, high = np.percentile(means, [_LOW, _HIGH]).tolist()
    return Estimate(math.fsum(values) / len(values), low, high)


def _discounted(gains: Sequence[float]) -> float:
    return sum(gain / math.log2(place + 1) for place, gain in enumerate(gains, 1))
