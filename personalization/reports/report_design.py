"""The sections of the report on the design: what was frozen, and who it was for; all pure."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

from personalization.reports import report_words as words
from personalization.reports.report_html import Html, facts, paragraph, section, table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personalization.reports.report_facts import Facts


def design(found: Facts) -> Html:
    """State the hypothesis as it was frozen, and what a simulation assumed."""
    campaign, hypothesis = found.campaign, found.hypothesis
    if not campaign["experiment_id"]:
        return section("The test", paragraph("No test has been designed yet."), mark=found.mark)
    correction = hypothesis.get("correction", {})
    pairs = [
        ("Primary metric", words.measured(found.metric, found.campaign["currency"])),
        ("Direction", hypothesis.get("direction", "two-sided")),
        ("To be read after", _reading_day(hypothesis)),
        ("Decision rule", words.said(str(hypothesis.get("decision_rule", "–")))),
        ("Declared metrics", _declared(hypothesis)),
        ("Correction", "; ".join(f"{name}: {how}" for name, how in correction.items()) or "–"),
        ("Population", hypothesis.get("population", "–")),
        *_products(campaign),
        ("Designed by", campaign["designed_by"]),
        ("Approved", _by(campaign["approved_by"], campaign["approved_at"])),
        ("Frozen as", campaign["hypothesis_sha256"]),
        ("Launched", _by(campaign["launched_by"], campaign["launched_at"])),
    ]
    return section("The test", facts(pairs), _assumptions(campaign), mark=found.mark)


def _products(campaign: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Say how each arm's products are chosen; nothing where the messages name none."""
    if not campaign["product_arms"]:
        return []
    arms = json.loads(campaign["product_arms"])
    told = "; ".join(f"{words.arm(arm)}: {words.STRATEGY[name]}" for arm, name in arms.items())
    return [(f"Products in each message ({campaign['product_items']})", told)]


def _reading_day(hypothesis: Mapping[str, Any]) -> str:
    written = hypothesis.get("analysis_on")
    return words.day(date.fromisoformat(str(written)) if written else None)


def _declared(hypothesis: Mapping[str, Any]) -> str:
    said = []
    for metric in hypothesis.get("metrics", []):
        margin = f", margin {metric['margin']:.2%}" if metric.get("margin") else ""
        role = words.ROLE[metric["role"]].lower()
        said.append(f"{words.METRIC.get(metric['name'], metric['name'])} ({role}{margin})")
    return "; ".join(said) or "–"


def _by(name: str | None, when: Any) -> str:  # noqa: ANN401
    return f"{words.moment(when)}, by {name}" if name else "Not yet"


def _assumptions(campaign: Mapping[str, Any]) -> Html:
    if not campaign["assumptions"]:
        return Html("")
    rows = [
        (name.replace("_", " "), f"{value:g}" if isinstance(value, float) else value)
        for name, value in json.loads(campaign["assumptions"]).items()
    ]
    return table("What the simulation assumed", ("Assumption", "Value#"), rows, mark="SIMULATED")


def audience(found: Facts) -> Html:
    """Show where every customer of the base ended up, and who the segments are."""
    total = sum(customers for _, customers in found.waterfall)
    buckets = [
        (bucket.capitalize(), f"{customers:,}")
        for bucket, customers in found.waterfall
        if customers
    ]
    segments = [
        (row["segment"], row["description"], row["rule"], f"{row['customers']:,}")
        for row in found.segments
    ]
    return section(
        "Who it was for",
        table(
            f"Every customer of {found.campaign['dataset']}, by the first reason that holds",
            ("Outcome", "Customers#"),
            [*buckets, ("All customers", f"{total:,}")],
            mark=found.mark,
        ),
        table(
            "Segments", ("Segment", "Who they are", "Rule", "Customers#"), segments, mark=found.mark
        ),
        mark=found.mark,
    )
