"""Machine clicks: mail scanners follow every link within seconds of delivery."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from personalization.experiments.metrics import people, percent
from personalization.experiments.sample_ratio import HealthFinding

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_MUCH: Final = 0.2  # of all who clicked: then the rest may hold unnoticed ones too
_UNLIKE: Final = 0.01  # p of the arms' shares being the same, below which they differ


def scan_finding(
    rows: Iterable[Mapping[str, Any]], *, seconds: int, is_timed: bool
) -> HealthFinding:
    """Say how many clicks were machines' and do not count, and whether arms differ in it.

    Args:
        rows: With segment, arm, clicked and clicked_by_any; '' is the whole audience.
        seconds: A click so soon after the person's own delivery is a machine's; 0 counts all.
        is_timed: Whether delivery reports with a time of day are there to tell by.
    """
    by_arm = {
        row["arm"]: (int(row["clicked"]), int(row["clicked_by_any"]))
        for row in rows
        if not row["segment"]
    }
    state, message = _judged(by_arm, seconds=seconds, is_timed=is_timed)
    detail: dict[str, Any] = {
        "seconds": seconds,
        "clicked": sum(n for n, _ in by_arm.values()),
        "with_machines": sum(m for _, m in by_arm.values()),
        "arms": {arm: {"clicked": n, "with_machines": m} for arm, (n, m) in by_arm.items()},
        "p": _p_of_alike(by_arm),
    }
    return HealthFinding("machine_clicks", state, message, detail)


def _judged(
    by_arm: Mapping[str, tuple[int, int]], *, seconds: int, is_timed: bool
) -> tuple[str, str]:
    """Return the state and the message; ``by_arm`` has who clicked, and with machines who did."""
    clicked_by_any = sum(m for _, m in by_arm.values())
    machines = sum(m - n for n, m in by_arm.values())
    if not seconds:
        return "good", "Every click counts, mail scanners' too: that is how the test was designed."
    if not is_timed:
        return "unknown", (
            "No delivery times are on record, so clicks by mail scanners cannot be told from "
            "people's. An engagement file with 'delivered' events and their times would show them."
        )
    if not machines:
        return "good", f"Nobody's only clicks came within {seconds} seconds of delivery."
    said = (
        f"{people(machines)} ({percent(machines / clicked_by_any)} of those with a click) "
        f"clicked only within {seconds} seconds of delivery, as mail scanners do. They do not "
        "count as clicks."
    )
    p = _p_of_alike(by_arm)
    if p is not None and p < _UNLIKE:
        shares = [f"{arm} {percent(1 - n / m)}" for arm, (n, m) in sorted(by_arm.items()) if m]
        return "warning", f"{said} The arms differ in it: {', '.join(shares)}."
    return ("warning" if machines > _MUCH * clicked_by_any else "good"), said


def _p_of_alike(by_arm: Mapping[str, tuple[int, int]]) -> float | None:
    """Return the p of the machines' share being the same in all arms, or None without a test."""
    from scipy.stats import chi2_contingency  # noqa: PLC0415

    table = [(n, m - n) for n, m in by_arm.values() if m]
    if len(table) < 2 or not all(map(sum, zip(*table, strict=True))):  # noqa: PLR2004
        return None
    found = chi2_contingency(table)
    return None if found.expected_freq.min() < 1 else float(found.pvalue)
