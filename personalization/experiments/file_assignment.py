"""Which customer of any file gets which arm: the draw of a campaign, for a test made elsewhere.

Within a segment customers stand in the order of md5(salt:id), and that order is cut by the arms'
weights, as ``assignment`` does it: equal ids, salt and weights give equal arms by either door.
"""

from __future__ import annotations

from math import isclose, isfinite
from typing import TYPE_CHECKING, Any, Final

from personalization.errors import InputError
from personalization.experiments.file_reading import reading, refuse_unknown

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from personalization.experiments.file_reading import Upload

_ARMS = "CREATE TABLE arms (arm VARCHAR, position INTEGER, weight DOUBLE)"
_ARM = "INSERT INTO arms VALUES ($arm, $position, $weight)"
_PEOPLE = """
    CREATE TABLE people AS
    SELECT nullif(trim(CAST(struct_extract("the row", $id) AS VARCHAR)), '') AS id,
           CASE WHEN $segment IS NULL THEN $whole
                ELSE coalesce(nullif(trim(CAST(struct_extract("the row", coalesce($segment, $id))
                                          AS VARCHAR)), ''), $unknown) END AS segment
    FROM uploaded($path) AS "the row"
"""
_FAULTS = """
    WITH ids AS (
        SELECT id, count(*) AS n FROM people GROUP BY id
    )
    SELECT coalesce(sum(n), 0) AS n_rows,
           coalesce(sum(CASE WHEN id IS NULL THEN n END), 0) AS empty,
           count(CASE WHEN id IS NOT NULL AND n > 1 THEN 1 END) AS repeated,
           min(CASE WHEN id IS NOT NULL AND n > 1 THEN id END) AS example
    FROM ids
"""
# The queue, the bounds and the cut of ``assignment``, for everybody at once.
_ASSIGNED = """
    CREATE TABLE assigned AS
    WITH queue AS (
        SELECT id, segment,
               (row_number() OVER (PARTITION BY segment
                                   ORDER BY md5(concat($salt, ':', id)), id) - 5e-1)
                   / count(*) OVER (PARTITION BY segment) AS place
        FROM people
    ), cumulated AS (
        SELECT arm, position, weight, sum(weight) OVER (ORDER BY position, arm) AS reached
        FROM arms WHERE weight > 0
    ), bounded AS (
        SELECT arm, weight, coalesce(lag(reached) OVER (ORDER BY position, arm), 0e0) AS low,
               CASE WHEN lead(arm) OVER (ORDER BY position, arm) IS NULL
                    THEN 2e0 ELSE reached END AS high
        FROM cumulated
    )
    SELECT queue.id, queue.segment, bounded.arm, bounded.weight AS propensity
    FROM queue JOIN bounded ON queue.place >= bounded.low AND queue.place < bounded.high
"""
_WRITTEN = "SELECT id, segment, arm, propensity FROM assigned ORDER BY segment, id"
# Also a cell that nobody is in: of a small segment an arm may get none.
_COUNTS = """
    WITH segments AS (
        SELECT DISTINCT segment FROM people
    )
    SELECT segments.segment, arms.arm, count(assigned.id) AS customers,
           arms.weight AS propensity
    FROM segments CROSS JOIN arms
    LEFT JOIN assigned ON assigned.segment = segments.segment AND assigned.arm = arms.arm
    GROUP BY segments.segment, arms.arm, arms.position, arms.weight
    ORDER BY segments.segment, arms.position, arms.arm
"""
_WHOLE: Final = "all"
_UNKNOWN: Final = "not known"
_NEARLY: Final = 1e-9


def assign_file(
    path: Path,
    *,
    id_column: str,
    weights: Mapping[str, float],
    salt: str,
    out: Path,
    segment: str | None = None,
) -> dict[str, Any]:
    """Give every customer of a CSV, TSV or Parquet file one arm, and write who got which.

    Args:
        path: The file, with one row for each customer.
        id_column: Column of the customers; nobody may lack an id or come twice.
        weights: Of the arms, in their order and in any unit; one of 0 gets nobody.
        salt: Of the draw.  Another one is another draw, and the same one the same.
        out: Receives a CSV file of ``id``, ``segment``, ``arm`` and ``propensity``.
        segment: Column to divide within; a blank one is 'not known'.  Without it all are one.

    Returns:
        A document for JSON: ``customers``, ``salt``, ``method``, ``weights`` that sum to 1,
        ``cells`` (customers by segment and arm) and ``out``.

    Raises:
        InputError: The file, a column, an id, a weight, the salt or the place to write to is not
            as it has to be.

    References:
        ``personalization.experiments.assignment``: the same draw for a campaign.
    """
    shares = _shares(weights)
    _refuse_place(path, out)
    if not salt.strip():
        raise InputError("The salt is empty. Give any text, and keep it: it is the draw.")
    with reading(path) as upload:
        refuse_unknown(upload, [id_column, *([segment] if segment is not None else [])])
        store = upload.store
        store.run(_PEOPLE, path=upload.path, id=id_column, segment=segment, whole=_WHOLE,
                  unknown=_UNKNOWN)  # fmt: skip
        n = _refuse_faults(upload, id_column)
        store.run(_ARMS)
        for position, (arm, weight) in enumerate(shares.items()):
            store.run(_ARM, arm=arm, position=position, weight=weight)
        store.run(_ASSIGNED, salt=salt)
        store.write_csv(out, _WRITTEN)
        cells = store.records(_COUNTS)
    return {
        "customers": n,
        "salt": salt,
        "method": "blocked",
        "draw": "within a segment in the order of md5(salt:id), cut by the weights",
        "weights": shares,
        "cells": cells,
        "out": str(out),
    }


def _shares(weights: Mapping[str, float]) -> dict[str, float]:
    """Return weights that sum to 1; those that do so already stay as they are, to the last bit."""
    named = {arm.strip(): weight for arm, weight in weights.items()}
    if len(named) < len(weights) or not all(named):
        raise InputError("Every arm of the weights needs a name of its own.")
    wrong = [arm for arm, weight in named.items() if not (isfinite(weight) and weight >= 0)]
    if wrong:
        raise InputError(
            f"The weight of {wrong[0]!r} is {named[wrong[0]]:g}. It has to be 0 or more."
        )
    total = sum(named.values())
    if not total:
        raise InputError("No arm has a weight above 0. Give the arms weights, such as 1 and 1.")
    is_whole = isclose(total, 1.0, abs_tol=_NEARLY)
    return {arm: weight if is_whole else weight / total for arm, weight in named.items()}


def _refuse_place(path: Path, out: Path) -> None:
    if not out.parent.is_dir():
        raise InputError(f"There is no folder {out.parent} to write {out.name} into.")
    if out.is_dir():
        raise InputError(f"{out} is a folder. Name a file in it.")
    if out.resolve() == path.resolve():
        raise InputError(f"{out} is the file that is read. Name another one to write to.")


def _refuse_faults(upload: Upload, id_column: str) -> int:
    """Return how many customers there are, if each has one id and one row."""
    [row] = upload.store.records(_FAULTS)
    n, empty, repeated = (int(row[name]) for name in ("n_rows", "empty", "repeated"))
    if not n:
        raise InputError("The file has no rows, so there is nobody to assign.")
    if empty:
        rows = "1 row has" if empty == 1 else f"{empty:,} rows have"
        raise InputError(
            f"{rows} no id in column {id_column!r}. Fill the ids in, or leave those rows out."
        )
    if repeated:
        come = "1 customer comes" if repeated == 1 else f"{repeated:,} customers come"
        raise InputError(
            f"{come} more than once in column {id_column!r}, such as {row['example']!r}. Leave "
            "one row for each."
        )
    return n
