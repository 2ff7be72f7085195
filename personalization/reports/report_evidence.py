"""The sections of the report on what stands behind a verdict: time, chances, attributes; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from personalization.reports import drivers
from personalization.reports import report_words as words
from personalization.reports.forest import Estimate, forest_plot
from personalization.reports.posteriors import chances
from personalization.reports.report_html import Html, badge, paragraph, section, table
from personalization.reports.report_sections import unit_of
from personalization.reports.results import leader
from personalization.reports.settled import settling_plot

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from personalization.reports.report_facts import Facts

    Row = Mapping[str, Any]


def over_time(found: Facts) -> Html:
    """Draw how the difference of the leading arm settled."""
    best = leader(found.results, found.verdicts)
    rows = [row for row in found.days if best is not None and row["arm"] == best["arm"]]
    if best is None or found.reading is None:
        return Html("")
    if found.is_early:  # what holds for one day only is left out
        rows = [{**row, "difference_low": None, "difference_high": None} for row in rows]
    plot = settling_plot(
        rows, unit_of(best["kind"]), mark=found.mark,
        reading_on=None if found.reading.is_simulated else found.reading.analysis_on,
    )  # fmt: skip
    if not plot:
        return Html("")
    bands = "The narrow band holds for the one day that was set before; the wide one on any day."
    if found.is_early:
        bands = "The band holds on whichever day one looks."
    return section(
        f"How it settled: {words.arm(best['arm'])}",
        Html(plot),
        paragraph(
            f"The difference to the control from all responses up to each day. {bands}", "note"
        ),
        mark=found.mark,
    )


def chances_of_best(found: Facts) -> Html:
    """List how likely each arm is the best, and what taking it wrongly would cost."""
    overall = [row for row in found.primary if not row["segment"]]
    rows = chances(overall)
    if not rows:
        return Html("")
    kind = overall[0]["kind"]
    unit = " points" if kind == "binary" else ""
    shown = [
        (
            words.arm(row.arm),
            words.chance(row.probability),
            "–" if row.loss is None else f"{words.step(kind, row.loss).lstrip('+')}{unit}",
        )
        for row in rows
    ]
    return section(
        "Which is probably the best",
        table("For orientation; the corrected interval decides",
              ("Arm", "Chance to be the best#", "Expected loss per person if taken#"), shown,
              mark=found.mark),
        mark=found.mark,
    )  # fmt: skip


def attributes(found: Facts) -> Html:
    """Draw the clearest attributes by level, and list every test."""
    if not found.attributes:
        return Html("")
    if found.is_early:
        return section(
            "What drives performance", paragraph("This is told on the day of reading."),
            mark=found.mark,
        )  # fmt: skip
    groups = drivers.tested(found.attributes)
    return section(
        "What drives performance",
        paragraph(_in_short(drivers.moving(groups))),
        *(_levels(levels, found.mark) for levels in drivers.clearest(groups)),
        _tests([levels[0] for levels in groups], found.mark),
        paragraph(
            "An attribute moderates the lift where the differences vary over its levels by more "
            "than luck: Cochran's Q on percentage points, corrected by Holm, and beside all other "
            "attributes in one linear model.",
            "note",
        ),
        mark=found.mark,
    )


def _named(attribute: str) -> str:
    return attribute.replace("_", " ")


def _in_short(moving: Sequence[Sequence[Row]]) -> str:
    names = list(dict.fromkeys(_named(levels[0]["attribute"]) for levels in moving))
    if not names:
        return "No attribute shows evidence that it changes the lift. The nearest to it:"
    listed = ", ".join(names)
    verb = "moderates" if len(names) == 1 else "moderate"
    return f"{listed[:1].upper()}{listed[1:]} {verb} the lift."


def _levels(levels: Sequence[Row], mark: str) -> Html:
    first = levels[0]
    plot = forest_plot(
        [
            Estimate(
                row["level"], row["difference"], row["difference_low"], row["difference_high"],
                "level", words.difference(row),
            )
            for row in levels
        ],
        unit_of(first["kind"]),
        mark=mark,
    )  # fmt: skip
    title = f"{_named(first['attribute']).capitalize()}, {words.arm(first['arm'])}"
    return Html(f"{paragraph(title, 'subject')}{plot}")


def _tests(rows: Sequence[Row], mark: str) -> Html:
    return table(
        "Every attribute that was looked at",
        ("Attribute", "Arm", "Q#", "Degrees#", "p#", "p, Holm#", "p beside all others#", "Verdict"),
        [
            (
                _named(row["attribute"]).capitalize(), words.arm(row["arm"]),
                "–" if row["q"] is None else f"{row['q']:.1f}", row["df"],
                words.p_value(row["p"]), words.p_value(row["p_holm"]),
                words.p_value(row["joint_p"]),
                badge(words.VERDICT[row["verdict"]], row["verdict"]),
            )
            for row in rows
        ],
        mark=mark,
    )  # fmt: skip


def policy(found: Facts) -> Html:
    """Say whether choosing the message by segment or attribute would have paid."""
    if not found.policies or found.is_early:
        return Html("")
    rows = [
        (
            _named(row["attribute"]).capitalize(),
            badge(words.POLICY[row["state"]], row["state"]),
            *(words.amount(_kind(row), row[name]) for name in ("dr", "ips", "snips", "single_dr")),
            f"{row['effective_sample']:,.0f}",
        )
        for row in found.policies
    ]
    headers = (
        "Chosen by", "State", "DR#", "IPS#", "SNIPS#", "Best single#",
        "Effective sample#",
    )  # fmt: skip
    return section(
        "Would personal choice have paid?",
        *(paragraph(words.said(row["sentence"])) for row in drivers.telling(found.policies)),
        table("Valued on customers on whom the choice was not made", headers, rows,
              mark=found.mark),
        paragraph(words.CROSS_FITTED, "note"),
        mark=found.mark,
    )  # fmt: skip


def _kind(row: Row) -> str:
    return "mean" if str(row["metric"]).startswith("revenue") else "binary"
