"""Rows of arm_statistics as a test needs them, and the design that they are read under."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from personalization.experiments.declared import Declared, declared_of
from personalization.settings import Experiments


def row(level: str, arm: str, n: int, **values: float) -> dict[str, Any]:
    """A row of arm_statistics in which nothing happened but for ``values``."""
    nothing: dict[str, Any] = dict.fromkeys(
        ("open", "click", "conversion", "unsubscribe", "complaint", "buyers"), 0
    )
    amounts = dict.fromkeys(
        ("revenue", "revenue_variance", "revenue_capped", "capped_variance", "click_revenue"), 0.0
    )
    before = dict.fromkeys(
        ("pre_conversion", "pre_conversion_variance", "conversion_pre", "pre_revenue",
         "pre_revenue_variance", "revenue_pre", "capped_pre")
    )  # fmt: skip
    return {"attribute": "segment" if level else "", "level": level, "arm": arm, "n": n,
            **nothing, **amounts, **before, **values}  # fmt: skip


def twice(arm: str, n: int, **values: float) -> list[dict[str, Any]]:
    """The rows of an arm in a single segment: the same for the whole audience."""
    return [row("", arm, n, **values), row("s", arm, n, **values)]


def declared(metric: str = "click", **changes: Any) -> Declared:  # noqa: ANN401
    experiment = {
        "hypothesis": json.dumps({"metric": metric, **changes.pop("hypothesis", {})}),
        "confidence": 0.95, "revenue_cap": None, "pre_days": 0, "mode": "export",
        "analysis_on": date(2026, 12, 15), **changes,
    }  # fmt: skip
    return declared_of(experiment, Experiments())
