"""Measured campaigns as the results page finds them: rows of its tables, written by the test."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from math import sqrt
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from personalization.store import Store

LAUNCHED: Final = datetime(2026, 6, 2, 9, 0, tzinfo=UTC)
NOW: Final = datetime(2026, 6, 20, 9, 0, tzinfo=UTC)
# Verdict of the experiment -> click rates of A and B, and their verdicts; the control has 0.080.
STATES: Final = {
    "ship": ((0.112, "better"), (0.083, "not_enough_data")),
    "stop": ((0.055, "worse"), (0.079, "not_enough_data")),
    "no_difference": ((0.0805, "no_difference"), (0.0795, "no_difference")),
    "not_enough_data": ((0.086, "not_enough_data"), (0.083, "not_enough_data")),
    "invalid": ((0.112, "invalid"), (0.083, "invalid")),
}
SENTENCE: Final = {
    "ship": "Variant A lifts clicks by 40 % (22 % to 61 %); sent again, reckon with 31 %.",
    "stop": "Variant A lowers clicks by 31 % (18 % to 43 %).",
    "no_difference": "No variant differs from the control by as much as 10 %.",
    "not_enough_data": "Not enough data yet: 1,900 more people per variant would settle it.",
    "invalid": "Not valid: the groups are not of the sizes that were planned.",
}
_BASE: Final = 0.080
_METRICS: Final = (
    ("click", "binary", "primary", 1.0),
    ("conversion", "binary", "secondary", 0.3),
    ("unsubscribe", "binary", "guardrail", 0.02),
    ("open", "binary", "diagnostic", 3.0),
    ("revenue", "mean", "exploratory", 40.0),
)


def insert(store: Store, table: str, **values: object) -> None:
    """Write one row."""
    columns = ", ".join(values)
    places = ", ".join(f"${name}" for name in values)
    store.run(f"INSERT INTO {table} ({columns}) VALUES ({places})", **values)  # noqa: S608


def fill(
    store: Store,
    state: str = "ship",
    *,
    mode: str = "export",
    analysis_on: date = date(2026, 6, 16),
    n: int = 4_000,
    segments: tuple[str, ...] = ("Loyal", "New", "At risk", "Lost"),
) -> str:
    """Launch the designed experiment of the database and write down what came of it.

    Args:
        store: Holds one designed experiment.
        state: Of its verdict, a key of STATES.
        mode: export or simulation.
        analysis_on: When the result is read.
        n: People in each arm.
        segments: Each with a quarter of them.

    Returns:
        The experiment's id.
    """
    [(key,)] = store.read("SELECT experiment_id FROM experiments")
    store.run(
        "UPDATE experiments SET launched_at = $at, mode = $mode, analysis_on = $on",
        at=LAUNCHED, mode=mode, on=analysis_on,
    )  # fmt: skip
    is_simulated = mode == "simulation"
    common: dict[str, Any] = {"experiment_id": key, "computed_at": NOW}
    marked = {**common, "is_simulated": is_simulated}
    arms = dict(zip("AB", STATES[state], strict=True))
    for attribute, level, share in (("", "", 1.0), *(("segment", s, 0.25) for s in segments)):
        for arm, rate in {"control": _BASE, **{a: r for a, (r, _) in arms.items()}}.items():
            keys = {**common, "attribute": attribute, "level": level, "arm": arm}
            _statistics(store, keys, round(n * share), rate)
        for arm, (rate, verdict) in arms.items():
            for metric in _METRICS:
                keys = {**marked, "segment": level, "arm": arm, "n_treatment": round(n * share)}
                _result(store, keys, metric, rate, verdict)
    for arm, (_, verdict) in {"": (0.0, ""), **arms}.items():
        own = {"better": "ship", "worse": "stop"}.get(verdict, verdict) or state
        insert(
            store, "verdicts", **marked, segment="", arm=arm, state=own,
            sentence=SENTENCE[own], reason="the corrected interval", is_early=False,
        )  # fmt: skip
    for day in range(14):
        for arm, (rate, _) in arms.items():
            _day(store, {"experiment_id": key, "arm": arm}, day, rate, n)
    red = state == "invalid"
    insert(
        store, "health_findings", **common, name="sample_ratio", state="bad" if red else "good",
        message="The groups are not of the sizes that were planned (p < 0.001)." if red
        else "The groups are as large as planned.", detail="{}",
    )  # fmt: skip
    insert(
        store, "health_findings", **common, name="late_events", state="warning", detail="{}",
        message="12 events came after the day of reading and do not count.",
    )  # fmt: skip
    _attributes(store, key, n)
    _policy(store, marked, n)
    return str(key)


def _statistics(store: Store, keys: dict[str, Any], n: int, rate: float) -> None:
    insert(
        store, "arm_statistics", **keys, n=n,
        open=round(3 * rate * n), click=round(rate * n), conversion=round(0.3 * rate * n),
        unsubscribe=round(0.02 * rate * n), complaint=0, revenue=40 * rate,
        revenue_variance=1_600 * rate, buyers=round(0.3 * rate * n), revenue_capped=40 * rate,
    )  # fmt: skip


def _result(
    store: Store, keys: dict[str, Any], metric: tuple[str, str, str, float], rate: float,
    verdict: str,
) -> None:  # fmt: skip
    n, segment, arm = keys["n_treatment"], keys["segment"], keys["arm"]
    name, kind, role, factor = metric
    treated, control = rate * factor, _BASE * factor
    difference = treated - control
    spread = control * (1 - control) if kind == "binary" else 1_600 * factor
    error = sqrt(2 * spread / n)
    p = 0.0004 if verdict in ("better", "worse") else 0.34
    guarded = {"margin": 0.01, "harm_bound": 0.0021} if role == "guardrail" else {}
    if role != "primary" and verdict != "invalid":
        verdict = "holds" if guarded else "not_enough_data"
    insert(
        store, "results", **keys, metric=name, kind=kind, role=role, n_control=n,
        mean_treatment=treated, mean_control=control,
        difference=difference, difference_low=difference - 1.96 * error,
        difference_high=difference + 1.96 * error, lift=difference / control,
        lift_low=(difference - 1.9 * error) / control,
        lift_high=(difference + 2.1 * error) / control, p=p, p_adjusted=min(1.0, 2 * p),
        difference_low_adjusted=difference - 2.21 * error,
        difference_high_adjusted=difference + 2.21 * error,
        family="2 variants against the control" + " in 4 segments" * bool(segment),
        family_size=8 if segment else 2, sequence_low=difference - 3.2 * error,
        sequence_high=difference + 3.2 * error, lift_shrunk=0.75 * difference / control,
        shrunk_low=0.4 * difference / control, shrunk_high=1.1 * difference / control,
        probability_best=0.9 if arm == "A" else 0.06, expected_loss=0.0007,
        method="pooled z; Newcombe; " + ("Benjamini-Hochberg" if segment else "Dunnett"),
        reason="", verdict=verdict, sentence=f"{segment or 'All'}: {arm} and {name}.", **guarded,
    )  # fmt: skip


def _day(store: Store, keys: dict[str, str], day: int, rate: float, n: int) -> None:
    difference = rate - _BASE + 0.02 * (0.5 ** (day + 1)) * (1 if day % 2 else -1)
    error = sqrt(2 * _BASE / n) * (1 + 2 / (day + 1))
    insert(
        store, "result_days", **keys, metric="click",
        day=LAUNCHED.date() + timedelta(days=day), mean_treatment=rate, mean_control=_BASE,
        difference=difference, difference_low=difference - 1.96 * error,
        difference_high=difference + 1.96 * error, sequence_low=difference - 3.2 * error,
        sequence_high=difference + 3.2 * error, lift=difference / _BASE,
    )  # fmt: skip


def _attributes(store: Store, key: str, n: int) -> None:
    for attribute, verdict, p, levels in (
        ("favourite category", "moderates", 0.0002, (("candles", 0.06), ("kitchen <b>", 0.01))),
        ("country", "no_evidence", 0.41, (("GB", 0.033), ("DE", 0.030))),
    ):
        for level, difference in levels:
            insert(
                store, "attribute_effects", experiment_id=key, metric="click", kind="binary",
                arm="A", attribute=attribute, level=level, n_treatment=n // 2, n_control=n // 2,
                difference=difference, difference_low=difference - 0.015,
                difference_high=difference + 0.015, q=22.4, df=1, p=p, p_holm=min(1.0, 2 * p),
                joint_p=p, verdict=verdict,
            )  # fmt: skip


def _policy(store: Store, marked: dict[str, Any], n: int) -> None:
    insert(
        store, "policy_values", **marked, metric="click", attribute="segment", n=3 * n,
        policy='{"Loyal": "A"}', single_arm="A", sent=0.09, ips=0.111, snips=0.1115, dr=0.1112,
        single_dr=0.112, difference=-0.0008, difference_low=-0.004, difference_high=0.0024,
        effective_sample=3_900.0, least_propensity=0.25, state="best_single",
        sentence="Choosing by segment gains nothing over variant A for everybody (−0.1 points).",
    )  # fmt: skip
