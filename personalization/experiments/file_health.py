"""Whether a foreign file can be trusted: looked at before any lift.

A red item takes the place of the verdict: groups that are not of the planned sizes or not alike,
a customer who comes twice, and one who is in two arms.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any

from personalization.errors import InputError
from personalization.experiments.file_balance import balance_document, balance_of, red_balance
from personalization.experiments.file_counting import SEGMENT
from personalization.experiments.file_documents import ratio_document
from personalization.experiments.file_reading import customers_of
from personalization.experiments.metrics import percent
from personalization.statistics.sample_ratio import sample_ratio

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personalization.experiments.file_counting import Question
    from personalization.experiments.file_reading import Upload
    from personalization.experiments.file_statistics import Statistics


@dataclass(frozen=True, slots=True)
class Health:
    """What the checks found.

    Attributes:
        sizes: Customers of each arm, those with a weight and without customers among them.
        red: Why no verdict can be given, as sentences; '' where nothing is red.
        document: For JSON.
    """

    sizes: dict[str, int]
    red: str
    document: dict[str, Any]


def health_of(
    upload: Upload,
    question: Question,
    found: Statistics,
    weights: Mapping[str, float] | None,
    id_column: str | None,
    *,
    control: str,
    alert: float,
) -> Health:
    """Check a file's groups and, where their column is known, its customers.

    Args:
        upload: The file.
        question: What it was asked.
        found: What it holds.
        weights: Planned shares of the arms in any unit; equal where not given.
        id_column: Column of the customers, if there is one.
        control: The arm that the others are held against.
        alert: Sample-ratio p that is red, in (0, 1); segments share it among them, and attributes
            likewise for their balance.

    Raises:
        InputError: A weight is no share.
    """
    shares = dict(weights) if weights is not None else dict.fromkeys(found.sizes, 1.0)
    if not all(isfinite(share) and share >= 0 for share in shares.values()) or not any(
        shares.values()
    ):
        raise InputError("Weights have to be 0 or more, and one of them above 0.")
    ratio = sample_ratio(found.sizes, shares, alert=alert)
    off = _segments_off(found, shares, alert)
    customers = customers_of(upload, arm=question.arm, id_column=id_column) if id_column else None
    balances = balance_of(question, found, control)
    red = [
        *_red_ratio(found.sizes, shares, off, is_alert=ratio.is_alert),
        *_red_customers(customers),
        *red_balance(balances, alert=alert),
    ]
    return Health(
        {**dict.fromkeys(sorted(shares), 0), **found.sizes},
        " ".join(red),
        {
            "srm": ratio_document(ratio, off),
            "rows_without_arm": found.n_without_arm,
            "missing_outcomes": found.missing,
            "customers": _customers_document(customers),
            "balance": [balance_document(balance) for balance in balances],
            "red": red,
        },
    )


def _segments_off(found: Statistics, shares: Mapping[str, float], alert: float) -> list[str]:
    """Name the segments whose groups are not of the planned sizes."""
    samples = next(iter(found.samples.values()))
    sizes: dict[str, dict[str, int]] = {}
    for (slot, level, arm), sample in samples.items():
        if slot == SEGMENT:
            sizes.setdefault(level, {})[arm] = sample.n
    return [
        segment
        for segment, arms in sorted(sizes.items())
        if sample_ratio(arms, shares, alert=alert / len(sizes)).is_alert
    ]


def _red_ratio(
    sizes: Mapping[str, int], shares: Mapping[str, float], off: list[str], *, is_alert: bool
) -> list[str]:
    """Say which group is not of its planned size, and by how many; nothing where none is."""
    who = [*_in_no_plan(sizes, shares), *_empty(sizes, shares)]
    if is_alert and who:
        return who
    if not is_alert and not off:
        return []
    if is_alert:
        planned = _planned(sizes, shares)
        numbers = ", ".join(
            f"{arm} has {sizes[arm]:,} where {n:,.0f} were planned" for arm, n in planned.items()
        )
        found = f"The groups are not of the planned sizes, beyond what luck explains: {numbers}."
    else:
        where = ", ".join(off)
        found = f"The groups in {where} are not of the planned sizes, beyond what luck explains."
    return [f"{found} Find out who went missing before reading a lift."]


def _planned(sizes: Mapping[str, int], shares: Mapping[str, float]) -> dict[str, float]:
    """Return how many customers each arm with a weight was to have, of all that are in one."""
    total = sum(n for arm, n in sizes.items() if shares.get(arm))
    scale = sum(shares.values())
    return {arm: total * share / scale for arm, share in shares.items() if share}


def _in_no_plan(sizes: Mapping[str, int], shares: Mapping[str, float]) -> list[str]:
    found = []
    for arm, n in sizes.items():
        if not n or shares.get(arm):
            continue
        there = "1 customer is in it" if n == 1 else f"{n:,} customers are in it"
        if arm in shares:
            found.append(f"Arm {arm!r} was to have nobody (its weight is 0), and {there}.")
        else:
            found.append(
                f"Arm {arm!r} of the file has no weight, so it was to have nobody, and {there}. "
                "Give it its planned weight, or leave its rows out of the file."
            )
    return found


def _empty(sizes: Mapping[str, int], shares: Mapping[str, float]) -> list[str]:
    planned, scale = _planned(sizes, shares), sum(shares.values())
    return [
        f"Nobody is in arm {arm!r}, which was to have {percent(shares[arm] / scale)} of all: about "
        f"{n:,.0f} customers. Correct its name or its weight, or find out who went missing."
        for arm, n in planned.items()
        if not sizes.get(arm)
    ]


def _red_customers(customers: Mapping[str, Any] | None) -> list[str]:
    if customers is None or not customers["duplicate_rows"]:
        return []
    n, in_two = customers["customers_repeated"], customers["customers_in_two_arms"]
    if in_two:
        are = "1 customer is" if in_two == 1 else f"{in_two:,} customers are"
        return [f"{are} in two groups at once."]
    come = "1 customer comes" if n == 1 else f"{n:,} customers come"
    return [f"{come} more than once; each may have one row only."]


def _customers_document(customers: Mapping[str, Any] | None) -> dict[str, Any]:
    names = ("rows_without_id", "duplicate_rows", "customers_repeated", "customers_in_two_arms")
    if customers is None:
        return {
            **dict.fromkeys(names),
            "alert": False,
            "reason": "no column of customers was named",
        }
    found = {name: int(customers[name]) for name in names}
    return {**found, "alert": found["duplicate_rows"] > 0, "reason": ""}
