from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from personalization.reports import experiment as reports

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
OLD: dict[str, Any] = {
    "metric": "click", "analysis_on": "2026-12-15", "decision_rule": "By the adjusted p.",
    "population": "as assigned", "diagnostic": ["open"], "exploratory": ["conversion", "revenue"],
    "correction": {"arms": "Dunnett"},
}  # fmt: skip
NEW: dict[str, Any] = {
    **OLD,
    "metric": "revenue_capped",
    "metrics": [
        {"name": "revenue_capped", "role": "primary"},
        {"name": "revenue", "role": "secondary"},
        {"name": "unsubscribe", "role": "guardrail", "margin": 0.01},
    ],
    "relevant_lift": 0.05, "cap": 400.0, "adjustment": {"method": "CUPED", "pre_days": 90},
}  # fmt: skip


def design(hypothesis: dict[str, Any]) -> reports.Design:
    return reports.Design(
        experiment_id="e", hypothesis=hypothesis, hypothesis_text=json.dumps(hypothesis),
        hypothesis_sha256="f", salt="s", confidence=0.95, designed_at=NOW, designed_by="Ann",
        approved_at=NOW, approved_by="Bea", launched_at=None, launched_by=None, mode=None,
        opened_early_at=None, opened_early_by=None,
    )  # fmt: skip


def test_a_design_that_declared_roles_is_read_with_all_of_them() -> None:
    fixed = reports.declared(design(NEW))

    assert (fixed.primary, fixed.decides) == ("revenue_capped", "revenue")
    assert fixed.secondary == ("revenue",)
    assert fixed.guardrails == (("unsubscribe", 0.01),)
    assert (fixed.relevant_lift, fixed.cap, fixed.pre_days) == (0.05, 400.0, 90)
    assert fixed.is_by_verdict


def test_a_design_from_before_roles_is_read_by_the_defaults_of_its_time() -> None:
    fixed = reports.declared(design(OLD))

    assert (fixed.primary, fixed.decides, fixed.secondary) == ("click", "click", ())
    assert fixed.guardrails == ()
    assert (fixed.relevant_lift, fixed.cap, fixed.pre_days) == (0.10, None, 0)
    assert fixed.exploratory == ("conversion", "revenue")
    assert not fixed.is_by_verdict


def test_no_adjustment_is_none_whether_it_is_left_out_or_written_down_as_none() -> None:
    assert reports.declared(design({**NEW, "adjustment": None})).pre_days == 0


def test_days_to_go_are_counted_in_utc_wherever_the_clock_stands() -> None:
    late = datetime.fromisoformat("2026-12-15T23:30:00-05:00")  # 16 December in UTC

    due = reports.due(replace(design(OLD), launched_at=NOW), late)

    assert due == reports.Due(date(2026, 12, 15), date(2026, 12, 16), 0)
