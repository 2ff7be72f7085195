"""Recomputing: all stored numbers worked out anew, from what was delivered and done.

Nothing is written.  Whoever doubts a result can see that it comes out the same, and which
statement it comes from.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isclose
from typing import TYPE_CHECKING, Any, Final

from personalization.errors import StateError
from personalization.experiments.measurement import launched, work_out
from personalization.experiments.result_rows import decision_rows, result_rows
from personalization.experiments.sufficient import STATISTICS, statistics_of, statistics_parameters

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from personalization.experiments.measurement import Measured
    from personalization.settings import Settings
    from personalization.store import Store

_SAME: Final = 1e-9  # relative: sums of many parts differ in their last digits by their order


@dataclass(frozen=True, slots=True)
class Differing:
    """One stored value that did not come out again; a row that is missing has None in it.

    Attributes:
        name: Its table, what the row is of, and the column: "results: click, loyal, A: lift".
    """

    name: str
    stored: Any
    found: Any


@dataclass(frozen=True, slots=True)
class Recomputed:
    """What came of working everything out anew.

    Attributes:
        n_rows: Rows that were compared.
        n_numbers: Values that were compared.
        differing: Those that did not come out again, in the order of the tables.
    """

    n_rows: int
    n_numbers: int
    differing: tuple[Differing, ...]

    @property
    def is_same(self) -> bool:
        """Tell whether every stored value came out again."""
        return not self.differing


_MEASURED = "SELECT max(computed_at) FROM results WHERE experiment_id = $experiment_id"
_RESULTS = """
    SELECT * EXCLUDE (experiment_id, computed_at) FROM results
    WHERE experiment_id = $experiment_id ORDER BY metric, segment, arm
"""
_VERDICTS = """
    SELECT * EXCLUDE (experiment_id, computed_at) FROM verdicts
    WHERE experiment_id = $experiment_id ORDER BY segment, arm
"""
_DAYS = """
    SELECT * EXCLUDE (experiment_id) FROM result_days
    WHERE experiment_id = $experiment_id ORDER BY metric, arm, day
"""
_KEYS: Final = {
    "arm_statistics": ("attribute", "level", "arm"),
    "results": ("metric", "segment", "arm"),
    "verdicts": ("segment", "arm"),
    "result_days": ("metric", "arm", "day"),
}


def recompute(store: Store, settings: Settings, experiment_id: str) -> Recomputed:
    """Work out every number of an experiment anew and hold it against the stored one.

    Args:
        store: Reads what ``measure`` reads, and what it wrote.
        settings: As for ``measure``.
        experiment_id: It has to be measured.  What came in since then shows as a difference.

    Raises:
        StateError: There is no such experiment, or it was not launched or measured.
    """
    experiment = launched(store, experiment_id)
    key = {"experiment_id": experiment_id}
    measured_at = store.read(_MEASURED, **key)[0][0]
    if measured_at is None:
        raise StateError("There is nothing to compare with: measure the campaign first.")
    parameters = statistics_parameters(store, experiment_id)
    counted = store.records(STATISTICS, **parameters)
    found = work_out(store, settings, experiment, counted, now=measured_at)
    compared = [
        _compare("arm_statistics", statistics_of(store, experiment_id), counted),
        *_compare_readings(store, found, key),
        _compare("result_days", store.records(_DAYS, **key), found.days),
    ]
    return Recomputed(
        sum(one.n_rows for one in compared),
        sum(one.n_numbers for one in compared),
        tuple(differing for one in compared for differing in one.differing),
    )


def _compare_readings(store: Store, found: Measured, key: Mapping[str, Any]) -> list[Recomputed]:
    results = result_rows(found.readings, found.frame, {})
    decisions = decision_rows(found.decisions, found.frame, {})
    return [
        _compare("results", store.records(_RESULTS, **key), results),
        _compare("verdicts", store.records(_VERDICTS, **key), decisions),
    ]


def _compare(
    table: str, stored: Iterable[Mapping[str, Any]], found: Sequence[Mapping[str, Any]]
) -> Recomputed:
    columns = _KEYS[table]
    old = {tuple(row[name] for name in columns): row for row in stored}
    new = {tuple(row[name] for name in columns): row for row in found}
    keys = sorted(old.keys() | new.keys(), key=str)
    differing: list[Differing] = []
    for key in keys:
        name = f"{table}: {', '.join(str(part) for part in key if part != '') or 'everybody'}"
        before, after = old.get(key), new.get(key)
        if before is None or after is None:
            differing.append(Differing(name, before and "a row", after and "a row"))
            continue
        differing += [
            Differing(f"{name}: {column}", value, after[column])
            for column, value in before.items()
            if not _is_same(value, after[column])
        ]
    n_numbers = sum(len(row) - len(columns) for row in old.values())
    return Recomputed(len(keys), n_numbers, tuple(differing))


def _is_same(stored: object, found: object) -> bool:
    if isinstance(stored, float) and isinstance(found, int | float):
        return isclose(stored, found, rel_tol=_SAME, abs_tol=1e-12)
    return stored == found
