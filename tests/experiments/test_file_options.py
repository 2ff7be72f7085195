from __future__ import annotations

import csv
import json
import random
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from personalization.errors import InputError
from personalization.experiments import Rule, analyze_file, parse_metric

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def table(path: Path, header: str, rows: Sequence[Sequence[object]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header.split())
        writer.writerows(rows)
    return path


def analyse(path: Path, *metrics: str, **options: Any) -> dict[str, Any]:  # noqa: ANN401
    asked = [parse_metric(text) for text in metrics]
    found = analyze_file(path, **{"arm": "arm", "control": "old", "metrics": asked} | options)
    json.dumps(found, allow_nan=False)
    return found


def shoppers(path: Path, n: int = 4_000) -> Path:
    """Write customers whose spend goes with what they spent before; 'new' lifts it a little."""
    draw = random.Random(7)  # noqa: S311
    rows = []
    for i in range(n):
        before = draw.expovariate(1 / 50) if draw.random() < 0.5 else 0.0
        after = max(0.6 * before + draw.gauss(5, 8) + (2 if i % 2 else 0), 0.0)
        clicks = draw.randint(0, 3)
        rows.append([("old", "new")[i % 2], round(after, 2), round(before, 2), clicks,
                     int(after > 20), int(before > 20), "north" if i % 3 else "south"])  # fmt: skip
    return table(path, "arm spent before clicks bought bought_before place", rows)


def test_a_cap_is_what_the_name_carries_and_the_raw_amount_stands_beside_it(
    tmp_path: Path,
) -> None:
    amounts = [*range(10, 20), 5_000]
    rows = [["old", a] for a in amounts] + [["new", a + 1] for a in amounts]
    path = table(tmp_path / "capped.csv", "arm spent", rows)

    capped, raw = analyse(path, "spent:mean:cap=15")["results"]

    assert (capped["metric"], capped["cap"], raw["metric"]) == ("spent", 15.0, "spent (raw)")
    assert capped["mean_control"] == pytest.approx(np.minimum(amounts, 15).mean())
    assert raw["mean_control"] == pytest.approx(np.mean(amounts))
    assert "spent (capped)" in capped["sentence"]


def test_a_ratio_is_that_of_the_sums_with_the_error_of_customers(tmp_path: Path) -> None:
    path = shoppers(tmp_path / "ratio.csv")
    rows = [row for row in csv.DictReader(path.open()) if row["arm"] == "new"]
    spent = np.array([float(row["spent"]) for row in rows])
    clicks = np.array([float(row["clicks"]) for row in rows])

    found = analyse(path, "spent:ratio:per=clicks")["results"][0]

    assert found["metric"] == "spent per clicks"
    assert found["mean_treatment"] == pytest.approx(spent.sum() / clicks.sum())
    assert found["difference_ci"][0] < found["difference"] < found["difference_ci"][1]


def test_cuped_agrees_with_a_regression_on_what_was_before(tmp_path: Path) -> None:
    """Source: Deng and others (2013): the adjusted difference is that of a regression."""
    path = shoppers(tmp_path / "cuped.csv")
    rows = list(csv.DictReader(path.open()))
    frame = pd.DataFrame({
        "spent": [float(row["spent"]) for row in rows],
        "before": [float(row["before"]) for row in rows],
        "new": [int(row["arm"] == "new") for row in rows],
    })  # fmt: skip
    line = smf.ols("spent ~ new + before", frame).fit()

    found = analyse(path, "spent:mean:pre=before")["results"][0]

    assert found["difference"] == pytest.approx(line.params["new"], rel=0.01)
    assert found["rho_squared"] == pytest.approx(
        np.corrcoef(frame["spent"], frame["before"])[0, 1] ** 2, rel=1e-9
    )
    narrow, wide = found["difference_ci"], found["difference_unadjusted_ci"]
    share = (narrow[1] - narrow[0]) / (wide[1] - wide[0])
    assert share == pytest.approx((1 - found["rho_squared"]) ** 0.5, rel=0.01)


def test_a_yes_or_no_is_adjusted_by_the_same_one_before(tmp_path: Path) -> None:
    path = shoppers(tmp_path / "flags.csv")

    plain = analyse(path, "bought:binary")["results"][0]
    adjusted = analyse(path, "bought:binary:pre=bought_before", segment="place")["results"]

    assert [row["segment"] for row in adjusted] == [None, "north", "south"]
    assert adjusted[0]["difference_unadjusted"] == pytest.approx(plain["difference"])
    assert adjusted[0]["difference_unadjusted_ci"] == pytest.approx(plain["difference_ci"])
    assert adjusted[0]["rho_squared"] > 0.2


def test_a_guardrail_that_is_not_shown_to_hold_blocks_the_ship(tmp_path: Path) -> None:
    rows = [["old", int(i < 200), int(i < 4)] for i in range(2_000)]
    rows += [["new", int(i < 300), int(i < 12)] for i in range(2_000)]
    path = table(tmp_path / "guarded.csv", "arm bought gone", rows)

    alone = analyse(path, "bought:binary")
    wide = analyse(path, "bought:binary", "gone:binary:guardrail=0.05")
    narrow = analyse(path, "bought:binary", "gone:binary:guardrail=0.006")
    breached = analyse(path, "bought:binary", "gone:binary:guardrail=0.0001")

    assert [found["verdict"]["state"] for found in (alone, wide, narrow, breached)] == [
        "ship", "ship", "not_enough_data", "stop",
    ]  # fmt: skip
    assert [found["results"][1]["verdict"] for found in (wide, narrow, breached)] == [
        "holds", "not_shown", "breached",
    ]  # fmt: skip
    assert "'ship' is blocked" in narrow["verdict"]["sentence"]
    assert narrow["results"][1]["harm_bound"] > 0.006


def test_read_early_only_the_always_valid_interval_decides(tmp_path: Path) -> None:
    rows = [["old", int(i < 200)] for i in range(2_000)]
    rows += [["new", int(i < 245)] for i in range(2_000)]
    path = table(tmp_path / "early.csv", "arm bought", rows)

    due = analyse(path, "bought:binary")
    early = analyse(path, "bought:binary", rule=Rule(is_early=True))

    assert due["results"][0]["p"] < 0.05
    assert due["verdict"]["state"] == "ship"
    assert early["verdict"]["state"] == "not_enough_data"
    assert early["verdict"]["sentence"].startswith("Read early.")
    low, high = early["results"][0]["sequence_ci"]
    assert low < 0 < high
    assert early["results"][0]["sequence_p"] > 0.05 > due["results"][0]["p"]


def test_confidence_and_the_lift_that_matters_are_the_callers(tmp_path: Path) -> None:
    rows = [[arm, int(i < 4_000)] for arm in ("old", "new") for i in range(20_000)]
    path = table(tmp_path / "rule.csv", "arm bought", rows)

    wide = analyse(path, "bought:binary", rule=Rule(confidence=0.99))["results"][0]
    narrow = analyse(path, "bought:binary", rule=Rule(confidence=0.8))["results"][0]
    strict = analyse(path, "bought:binary", rule=Rule(relevant_lift=0.001))

    assert wide["difference_ci"][1] > narrow["difference_ci"][1]
    assert strict["verdict"]["state"] == "not_enough_data"
    assert wide["verdict"] == "no_difference"


@pytest.mark.parametrize(
    "rule", [{"confidence": 1.0}, {"confidence": 0.0}, {"relevant_lift": 0.0}, {"alert": 2.0},
             {"relevant_lift": float("nan")}, {"confidence": float("nan")}],
)  # fmt: skip
def test_a_rule_that_makes_no_sense_is_refused(rule: dict[str, float]) -> None:
    with pytest.raises(InputError):
        Rule(**rule)  # type: ignore[arg-type]


UNDEFINED = {
    "mean_treatment", "mean_control", "difference", "difference_ci", "lift", "lift_ci", "p",
    "p_adjusted", "difference_ci_adjusted",
}  # fmt: skip


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from(["old", "new", "third", ""]),
            st.sampled_from(["0", "1", "yes", "no", ""]),
            st.one_of(st.just(""), st.integers(-5, 10**6).map(str), st.floats(-1e6, 1e9).map(repr)),
            st.sampled_from(["a", "b", ""]),
        ),
        min_size=1,
        max_size=60,
    )
)
def test_whatever_a_file_holds_every_number_is_there_or_has_its_reason(
    tmp_path: Path, rows: list[tuple[str, str, str, str]]
) -> None:
    path = table(tmp_path / "any.csv", "arm flag amount place", [["old", "0", "1", "a"], *rows])

    found = analyse(path, "flag:binary", "amount:mean", "amount:ratio:per=flag",
                    segment="place", attributes=["place", "amount"])  # fmt: skip

    for row in [*found["results"], *found["attributes"]]:
        undefined = {name for name in UNDEFINED & set(row) if row[name] is None}
        assert not undefined or row["reason"], row
    assert sum(row["n"] for row in found["arms"]) + found["health"]["rows_without_arm"] == (
        1 + len(rows)
    )
