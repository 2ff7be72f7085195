from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalization.errors import InputError
from personalization.experiments.declaring import SECONDARIES, DeclaredMetric, declare
from personalization.experiments.metrics import METRICS
from personalization.settings import Experiments

CHOSEN = Experiments()


def names(role: str, **options: Any) -> list[str]:  # noqa: ANN401
    return [metric.name for metric in declare(CHOSEN, **options).metrics if metric.role == role]


def test_unsubscribes_guard_every_test_unless_told_otherwise() -> None:
    declared = declare(CHOSEN, metric="click")

    assert declared.metrics == (
        DeclaredMetric("click", "primary"),
        DeclaredMetric("unsubscribe", "guardrail", 0.01),
    )
    assert (declared.cap, declared.pre_days, declared.relevant_lift) == (None, 0, 0.10)


def test_guardrails_have_the_margins_that_they_are_given() -> None:
    declared = declare(CHOSEN, metric="click", guardrails={"unsubscribe": 0.02, "complaint": 0.001})

    assert {m.name: m.margin for m in declared.guardrails} == {
        "unsubscribe": 0.02, "complaint": 0.001,
    }  # fmt: skip
    assert not declare(CHOSEN, metric="click", guardrails={}).guardrails


def test_with_a_cap_capped_revenue_decides_and_revenue_stands_beside_it() -> None:
    options = {"metric": "revenue", "cap": 200.0, "secondary": ("click",)}

    assert names("primary", **options) == ["revenue_capped"]
    assert names("secondary", **options) == ["click", "revenue"]


def test_a_cap_on_a_secondary_metric_leaves_what_decides_alone() -> None:
    options = {"metric": "click", "cap": 200.0, "secondary": ("revenue",)}

    assert names("primary", **options) == ["click"]
    assert names("secondary", **options) == ["revenue_capped", "revenue"]


def test_a_metric_is_declared_once() -> None:
    options = {"metric": "click", "secondary": ("click", "conversion", "conversion")}

    assert names("secondary", **options) == ["conversion"]


def test_what_is_not_declared_is_exploratory_and_opens_are_neither() -> None:
    declared = declare(CHOSEN, metric="conversion", secondary=("revenue",))

    assert declared.exploratory == ("click", "revenue_per_click", "complaint")


@given(st.sampled_from(["click", "conversion", "revenue"]), st.sets(st.sampled_from(SECONDARIES)))
def test_every_metric_but_opens_has_exactly_one_place(primary: str, secondary: set[str]) -> None:
    has_revenue = {primary, *secondary} & {"revenue", "revenue_capped"}
    cap = 100.0 if has_revenue else None

    declared = declare(CHOSEN, metric=primary, secondary=sorted(secondary), cap=cap)

    placed = [metric.name for metric in declared.metrics] + list(declared.exploratory)
    left_out = {"open"} if cap else {"open", "revenue_capped"}
    assert sorted(placed) == sorted(METRICS.keys() - left_out)
    assert [m.role for m in declared.metrics].count("primary") == 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        pytest.param({"metric": "open"}, "Opens have no role", id="opens decide"),
        pytest.param({"secondary": ("open",)}, "diagnostic only", id="opens beside it"),
        pytest.param({"guardrails": {"open": 0.1}}, "diagnostic only", id="opens as guardrail"),
        pytest.param({"metric": "unsubscribe"}, "cannot be decided by", id="harm decides"),
        pytest.param({"metric": "fame"}, "cannot be decided by 'fame'", id="unknown"),
        pytest.param({"secondary": ("complaint",)}, "declare it as a guardrail", id="harm beside"),
        pytest.param({"secondary": ("fame",)}, "no metric 'fame'", id="unknown beside it"),
        pytest.param({"guardrails": {"click": 0.1}}, "no guardrail", id="gain as guardrail"),
        pytest.param({"guardrails": {"unsubscribe": 0.0}}, "A margin of 0", id="no margin"),
        pytest.param({"guardrails": {"unsubscribe": 1.0}}, "A margin of 1", id="everybody"),
        pytest.param({"metric": "revenue", "cap": 0.0}, "amount above 0", id="a cap of nothing"),
        pytest.param({"cap": 50.0}, "not among the metrics", id="a cap on clicks"),
        pytest.param({"metric": "revenue_capped"}, "needs a cap", id="capped without a cap"),
        pytest.param({"relevant_lift": 0.0}, "above 0", id="no lift matters"),
        pytest.param({"pre_days": 90}, "cannot be adjusted", id="clicks before the e-mail"),
        pytest.param(
            {"metric": "revenue", "pre_days": -1}, "0 or more", id="days after the launch"
        ),
    ],
)
def test_what_cannot_be_declared_is_refused_in_words(options: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        declare(CHOSEN, **{"metric": "click", **options})
