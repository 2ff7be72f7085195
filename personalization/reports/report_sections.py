"""The sections of the report on the test: verdict, health, lift, design, audience; all pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from personalization.reports import report_words as words
from personalization.reports.forest import Estimate, forest_plot
from personalization.reports.report_html import (
    Html,
    badge,
    bullets,
    facts,
    paragraph,
    section,
    table,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personalization.reports.report_facts import Facts

_RANK = ("better", "worse", "undecided", "not_enough_data")


def verdict(found: Facts) -> Html:
    """Say first what came of it, arm by arm, in plain sentences."""
    overall = sorted(
        (row for row in found.results if row["metric"] == found.metric and not row["segment"]),
        key=lambda row: (_RANK.index(row["verdict"]), -(row["lift"] or 0.0), row["arm"]),
    )
    if not overall:
        return section(
            "What came of it", paragraph(_nothing_yet(found), "verdict"), mark=found.mark
        )
    first, *others = [row["sentence"] for row in overall]
    return section(
        "What came of it",
        paragraph(first, "verdict"),
        bullets(others) if others else "",
        paragraph(
            f"Decided on {words.noun(found.metric)}, as the hypothesis says. "
            f"Measured on {words.moment(overall[0]['computed_at'])}.",
            "note",
        ),
        mark=found.mark,
    )


def _nothing_yet(found: Facts) -> str:
    if found.campaign["launched_at"] is None:
        return "There is no result yet: the campaign has not been launched."
    return "There is no result yet: the campaign was launched, but nothing has been measured."


def health(found: Facts) -> Html:
    """Tell what was looked at before any lift."""
    if not found.health:
        return Html("")
    rows = [
        (
            badge(words.HEALTH[row["state"]], row["state"]),
            row["name"].replace("_", " "),
            row["message"],
        )
        for row in found.health
    ]
    return section(
        "Can the data be trusted?",
        table(
            "Checked before any lift", ("State", "Check", "What was found"), rows, mark=found.mark
        ),
        mark=found.mark,
    )


def lifts(found: Facts) -> Html:
    """Draw and list the lift of the primary metric, for everybody and by segment."""
    rows = [row for row in found.results if row["metric"] == found.metric]
    if not rows:
        return Html("")
    family = max(row["family_size"] for row in rows)
    plot = forest_plot(
        [
            Estimate(
                f"{row['segment'] or 'Everybody'}: {words.arm(row['arm'])}",
                row["lift"], row["lift_low"], row["lift_high"], row["verdict"], words.lift(row),
            )
            for row in rows
        ],
        mark=found.mark,
    )  # fmt: skip
    return section(
        f"Lift in {words.noun(found.metric)}",
        Html(plot),
        table(
            f"{words.METRIC[found.metric]} by arm, against the control text of the same people",
            _LIFT_HEADERS,
            [_lift_row(row) for row in rows],
            mark=found.mark,
        ),
        paragraph(
            f"Intervals hold with {found.campaign['confidence'] or 0.95:.0%} confidence. "
            f"Adjusted p allows for up to {family} comparisons at once.".replace("%", " %"),
            "note",
        ),
        mark=found.mark,
    )


_LIFT_HEADERS = (
    "Segment", "Arm", "People#", "Control people#", "Result#", "Control result#", "Difference#",
    "Lift#", "p#", "Adjusted p#", "Verdict",
)  # fmt: skip


def _lift_row(row: Mapping[str, Any]) -> tuple[object, ...]:
    return (
        row["segment"] or "Everybody", words.arm(row["arm"]),
        f"{row['n_treatment']:,}", f"{row['n_control']:,}",
        words.level(row, "mean_treatment"), words.level(row, "mean_control"),
        words.stacked(words.difference(row)), words.stacked(words.lift(row)),
        words.p_value(row["p"]), words.p_value(row["p_adjusted"]),
        badge(words.VERDICT[row["verdict"]], row["verdict"]),
    )  # fmt: skip


def other_metrics(found: Facts) -> Html:
    """List what the other metrics came to for everybody, labelled as exploratory."""
    rows = [row for row in found.results if row["metric"] != found.metric and not row["segment"]]
    if not rows:
        return Html("")
    return section(
        "Other metrics",
        paragraph(
            "Exploratory: the hypothesis does not rest on these, so they decide nothing.", "note"
        ),
        table(
            "Everybody, by metric and arm",
            ("Metric", *_LIFT_HEADERS[1:]),
            [(words.METRIC[row["metric"]], *_lift_row(row)[1:]) for row in rows],
            mark=found.mark,
        ),
        mark=found.mark,
    )


def attributes(found: Facts) -> Html:
    """List how the difference varies with what is known of the customers."""
    if not found.attributes:
        return Html("")
    rows = [
        (
            row["attribute"].replace("_", " "), row["level"], words.arm(row["arm"]),
            f"{row['n_treatment']:,}", f"{row['n_control']:,}",
            words.stacked(words.difference(row)), words.p_value(row["p_holm"]),
            badge(words.VERDICT[row["verdict"]], row["verdict"]),
        )
        for row in found.attributes
    ]  # fmt: skip
    headers = (
        "Attribute", "Level", "Arm", "People#", "Control#", "Difference#", "Adjusted p#",
        "Does it move the lift?",
    )  # fmt: skip
    return section(
        "Which attributes move the lift",
        table(f"Difference in {words.noun(found.metric)} by level", headers, rows, mark=found.mark),
        paragraph(
            "An attribute moves the lift where the differences vary over its levels by more than "
            "luck (Cochran's Q on percentage points, corrected by Holm).",
            "note",
        ),
        mark=found.mark,
    )


def design(found: Facts) -> Html:
    """State the hypothesis as it was frozen, and what a simulation assumed."""
    campaign, hypothesis = found.campaign, found.hypothesis
    if not campaign["experiment_id"]:
        return section("The test", paragraph("No test has been designed yet."), mark=found.mark)
    correction = hypothesis.get("correction", {})
    pairs = [
        ("Primary metric", words.METRIC.get(found.metric, found.metric)),
        ("Direction", hypothesis.get("direction", "two-sided")),
        ("To be read on", hypothesis.get("analysis_on", "–")),
        ("Decision rule", hypothesis.get("decision_rule", "–")),
        ("Correction", ", ".join(f"{name}: {how}" for name, how in correction.items()) or "–"),
        ("Population", hypothesis.get("population", "–")),
        ("Designed by", campaign["designed_by"]),
        ("Approved", _by(campaign["approved_by"], campaign["approved_at"])),
        ("Frozen as", campaign["hypothesis_sha256"]),
        ("Launched", _by(campaign["launched_by"], campaign["launched_at"])),
    ]
    return section("The test", facts(pairs), _assumptions(campaign), mark=found.mark)


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
