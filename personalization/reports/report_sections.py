"""The sections of the report on what came of a test: verdict, health, lift, metrics; all pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from personalization.reports import report_words as words
from personalization.reports.forest import Estimate, Unit, forest_plot
from personalization.reports.report_html import (
    Html,
    badge,
    bullets,
    facts,
    joined,
    paragraph,
    section,
    table,
)
from personalization.reports.results import leader

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from personalization.reports.report_facts import Facts

    Row = Mapping[str, Any]


_PLOTTED: Final = 15


def verdict(found: Facts) -> Html:
    """Say first what to do and why, then what each arm came to."""
    own = next((row for row in found.verdicts if not row["segment"] and not row["arm"]), None)
    if own is None:
        return section(
            "What came of it", paragraph(_nothing_yet(found), "verdict"), mark=found.mark
        )
    best = leader(found.results, found.verdicts)
    arms = [row for row in found.verdicts if not row["segment"] and row["arm"]]
    early = badge("Read early", "warning") if own["is_early"] else ""
    return section(
        "What came of it",
        paragraph(joined([badge(words.STATE[own["state"]], own["state"]), " ", early])),
        paragraph(words.said(own["sentence"]), "verdict"),
        facts(_lifts(best, is_early=found.is_early)) if best and own["state"] != "invalid" else "",
        _guardrails(found),
        bullets(_arm_verdict(row) for row in arms) if len(arms) > 1 else "",
        paragraph(
            f"Decided on {words.noun(found.metric)} by the rule that was fixed before the launch. "
            f"Measured on {words.moment(own['computed_at'])}.",
            "note",
        ),
        mark=found.mark,
    )


def _lifts(best: Row, *, is_early: bool) -> list[tuple[str, object]]:
    what, size, ends = words.observed(best, is_early=is_early)
    pairs: list[tuple[str, object]] = [
        (f"{words.arm(best['arm'])}: {what} observed", _with_ends(size, ends))
    ]
    expected, ends = words.expected(best, is_early=is_early)
    if expected:
        pairs += [
            ("To be expected when sent again", f"{_with_ends(expected, ends)}. {words.EXPECTED}")
        ]
    if best["probability_best"] is not None:
        pairs += [("Chance to be the best", words.chance(best["probability_best"]))]
    return pairs


def _with_ends(size: str, ends: str) -> str:
    return f"{size} [{ends}]" if ends else size


def _guardrails(found: Facts) -> Html:
    rows = [row for row in found.results if row["role"] == "guardrail" and not row["segment"]]
    return (
        paragraph(
            joined(
                part
                for row in rows
                for part in (
                    badge(
                        f"{words.METRIC[row['metric']]}, {words.arm(row['arm'])}: "
                        f"{words.VERDICT[row['verdict']].lower()}",
                        row["verdict"],
                    ),
                    " ",
                )
            )
        )
        if rows
        else Html("")
    )


def _arm_verdict(row: Row) -> str:
    state = words.STATE[row["state"]].lower()
    return f"{words.arm(row['arm'])}: {state}. {words.said(row['sentence'])}"


def _nothing_yet(found: Facts) -> str:
    if found.campaign["launched_at"] is None:
        return "There is no result yet: the campaign has not been launched."
    if found.reading is not None and found.reading.is_locked:
        return (
            f"The results are closed until {words.day(found.reading.analysis_on)} is over, as the "
            "design says."
        )
    return "There is no result yet: the campaign was launched, but nothing has been measured."


def health(found: Facts) -> Html:
    """Tell what was looked at before any lift."""
    checks = [row for row in found.health if row["name"] != "simulated"]  # the watermark says it
    if not checks:
        return Html("")
    good = sum(row["state"] == "good" for row in checks)
    caption = f"Checked before any lift: {good} of {len(checks)} without a finding"
    rows = [
        (
            badge(words.HEALTH[row["state"]], row["state"]),
            words.health_name(row["name"]),
            words.said(row["message"]),
        )
        for row in checks
    ]
    return section(
        "Can the data be trusted?",
        table(caption, ("State", "Check", "What was found"), rows, mark=found.mark),
        mark=found.mark,
    )


def lifts(found: Facts) -> Html:
    """Draw and list the primary metric: everybody with the raw counts, then by segment."""
    if not found.primary:
        return Html("")
    overall = [row for row in found.primary if not row["segment"]]
    by_segment = sorted(
        (row for row in found.primary if row["segment"]),
        key=lambda row: (-(row["n_treatment"] + row["n_control"]), row["segment"], row["arm"]),
    )
    return joined(
        (
            section(
                f"{_measured(found.metric, found)} against the control text",
                Html(_plot(overall, mark=found.mark)),
                table(
                    "Raw counts", ("Arm", "People#", "Responses#", "Result#"),
                    [_counted(row, overall[0]["kind"]) for row in found.counts], mark=found.mark,
                ),
                _lift_table("Everybody, by arm", overall, found),
                paragraph(_family(overall, found), "note"),
                mark=found.mark,
            ),
            section(
                "By segment",
                Html(_plot(by_segment[:_PLOTTED], mark=found.mark)),
                paragraph(f"Drawn are the {_PLOTTED} largest; the table has all.", "note")
                if len(by_segment) > _PLOTTED
                else "",
                _lift_table("By segment and arm, the largest first", by_segment, found),
                paragraph(_family(by_segment, found), "note"),
                mark=found.mark,
            )
            if by_segment
            else "",
        )
    )  # fmt: skip


def _measured(metric: str, found: Facts) -> str:
    return words.measured(metric, found.campaign["currency"])


def _plot(rows: Sequence[Row], *, mark: str) -> str:
    return forest_plot(
        [
            Estimate(
                f"{row['segment']}: {words.arm(row['arm'])}" if row["segment"]
                else words.arm(row["arm"]),
                row["difference"], row["deciding_low"], row["deciding_high"], row["verdict"],
                words.difference(row, "deciding_low", "deciding_high")
                if row["difference"] is not None else words.VERDICT[row["verdict"]],
            )
            for row in rows
        ],
        unit_of(rows[0]["kind"]),
        mark=mark,
    )  # fmt: skip


def unit_of(kind: str) -> Unit:
    """Return the unit of a difference in a metric of this kind."""
    return "points" if kind == "binary" else "amount"


def _counted(row: Row, kind: str) -> tuple[object, ...]:
    return (
        words.arm(row["arm"]), f"{row['n']:,}", f"{row['successes']:,}",
        words.amount(kind, row["mean"]),
    )  # fmt: skip


def _family(rows: Sequence[Row], found: Facts) -> str:
    row, confidence = rows[0], f"{found.campaign['confidence'] or 0.95:.0%}"
    is_corrected = any(row["difference_low_adjusted"] is not None for row in rows)
    together = words.family(row, is_early=found.is_early)
    if found.is_early:
        which = "intervals that hold on whichever day one looks."
    elif is_corrected and row["family_size"] > 1:
        which = (
            "intervals: those of the difference are corrected and decide, those of the lift are "
            "of each by itself."
        )
    else:
        which = "intervals of each by itself."
    adjusted = words.adjustments(rows, is_early=found.is_early)
    return f"{confidence} {which} {together} {adjusted}".rstrip()


_HEADERS = ("People, control#", "Result, control#", "Difference#", "Lift#", "Expected#",
            "p, corrected#", "Verdict")  # fmt: skip


def _lift_table(caption: str, rows: Sequence[Row], found: Facts) -> Html:
    has_segments = bool(rows[0]["segment"])
    first = ("Segment", "Arm") if has_segments else ("Arm",)
    return table(
        caption,
        (*first, *_HEADERS),
        [
            (
                *((row["segment"],) if has_segments else ()),
                words.arm(row["arm"]),
                *_compared(row, is_early=found.is_early),
            )
            for row in rows
        ],
        mark=found.mark,
    )


def _compared(row: Row, *, is_early: bool) -> tuple[object, ...]:
    p, corrected = words.p_value(row["p"]), words.p_value(row["p_adjusted"])
    return (
        f"{row['n_treatment']:,}\n{row['n_control']:,}",
        f"{words.level(row, 'mean_treatment')}\n{words.level(row, 'mean_control')}",
        words.stacked(words.difference(row, "deciding_low", "deciding_high")),
        words.lift_alone(row) if is_early else words.stacked(words.lift(row)),
        words.lift_alone(row, "lift_shrunk"),
        "–" if is_early else f"{p}\n{corrected}",
        badge(words.VERDICT[row["verdict"]], row["verdict"]),
    )


def other_metrics(found: Facts) -> Html:
    """List what the other metrics came to for everybody, by what each was declared to be."""
    rows = sorted(
        (row for row in found.results if row["metric"] != found.metric and not row["segment"]),
        key=lambda row: (row["metric"], row["arm"]),
    )
    declared = [row for row in rows if row["role"] in ("secondary", "guardrail")]
    others = [row for row in rows if row["role"] not in ("secondary", "guardrail")]
    if not rows:
        return Html("")
    return section(
        "Other metrics",
        _metric_table("Declared before the launch", declared, found) if declared else "",
        _metric_table("Exploratory", others, found) if others else "",
        paragraph(
            "A guardrail holds once the most harm that is plausible stays below its margin. What "
            "was not declared is exploratory and decides nothing; opens are diagnostic only, as "
            "mail programs open messages by themselves.",
            "note",
        ),
        mark=found.mark,
    )


def _metric_table(caption: str, rows: Sequence[Row], found: Facts) -> Html:
    is_guarded = any(row["margin"] is not None for row in rows)
    guarded = ("Margin#", "At most#") if is_guarded else ()
    return table(
        caption,
        ("Metric", "For", "Arm", "Result, control#", "Difference#", "Lift#", "p, corrected#",
         *guarded, "Verdict"),
        [
            (
                _measured(row["metric"], found), words.ROLE[row["role"]], words.arm(row["arm"]),
                f"{words.level(row, 'mean_treatment')}\n{words.level(row, 'mean_control')}",
                words.stacked(words.difference(row, "deciding_low", "deciding_high")),
                words.lift_alone(row),
                "–" if found.is_early else words.p_value(row["p_adjusted"]),
                *(_harm(row) if is_guarded else ()),
                badge(words.VERDICT[row["verdict"]], row["verdict"]),
            )
            for row in rows
        ],
        mark=found.mark,
    )  # fmt: skip


def _harm(row: Row) -> tuple[str, str]:
    """Write margin and bound of the harm, with digits enough to tell them apart."""
    if row["margin"] is None or row["harm_bound"] is None:
        return ("–" if row["margin"] is None else _harm_of(row, row["margin"])), "–"
    unit = " points" if row["kind"] == "binary" else ""
    margin, bound = words.steps_apart(row["kind"], row["margin"], row["harm_bound"])
    return f"{margin}{unit}", f"{bound}{unit}"


def _harm_of(row: Row, value: float) -> str:
    return words.step(row["kind"], value) + (" points" if row["kind"] == "binary" else "")
