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
    whole = [row for row in rows if not row["segment"]]
    by_arm = {row["arm"]: (int(row["clicked"]), int(row["clicked_by_any"])) for row in whole}
    clicked = sum(n for n, _ in by_arm.values())
    clicked_by_any = sum(n for _, n in by_arm.values())
    detail: dict[str, Any] = {
        "seconds": seconds, "clicked": clicked, "with_machines": clicked_by_any,
        "arms": {arm: {"clicked": n, "with_machines": m} for arm, (n, m) in by_arm.items()},
    }  # fmt: skip
    if not seconds:
        message = "Every click counts, mail scanners' too: that is how the test was designed."
        return HealthFinding("machine_clicks", "good", message, detail)
    if not is_timed:
        message = (
            "No delivery times are on record, so clicks by mail scanners cannot be told from "
            "people's. An engagement file with 'delivered' events and their times would show them."
        )
        return HealthFinding("machine_clicks", "unknown", message, detail)
    machines = clicked_by_any - clicked
    if not machines:
        message = f"Nobody's only clicks came within {seconds} seconds of delivery."
        return HealthFinding("machine_clicks", "good", message, detail)
    detail["p"] = _p_of_alike(by_arm)
    said = (
        f"{people(machines)} ({percent(machines / clicked_by_any)} of those with a click) "
        f"clicked only within {seconds} seconds of delivery, as mail scanners do. They do not "
        "count as clicks."
    )
    if detail["p"] is not None and detail["p"] < _UNLIKE:
        said += " The arms differ in it: " + ", ".join(
            f"{arm} {percent(1 - n / m)}" for arm, (n, m) in sorted(by_arm.items()) if m
        ) + "."  # fmt: skip
        return HealthFinding("machine_clicks", "warning", said, detail)
    state = "warning" if machines > _MUCH * clicked_by_any else "good"
    return HealthFinding("machine_clicks", state, said, detail)


def _p_of_alike(by_arm: Mapping[str, tuple[int, int]]) -> float | None:
    """Return the p of the machines' share being the same in all arms, or None without a test."""
    from scipy.stats import chi2_contingency  # noqa: PLC0415

    table = [(n, m - n) for n, m in by_arm.values() if m]
    if len(table) < 2 or not all(map(sum, zip(*table, strict=True))):  # noqa: PLR2004
        return None
    found = chi2_contingency(table)
    return None if found.expected_freq.min() < 1 else float(found.pvalue)
