"""An analysis of a file as a person reads it: the verdict, what speaks against it, the figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from personalization.cli.figures import NONE, chance, estimate, number
from personalization.experiments.metrics import arm_name, percent

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping, Sequence

    Row = Mapping[str, Any]

_HEADS: Final = (
    "metric", "segment", "arm", "n arm / control", "arm / control", "difference", "lift",
    "p corrected", "verdict",
)  # fmt: skip
_GUARD_HEADS: Final = (
    "guardrail", "segment", "arm", "n arm / control", "arm / control", "more harm, at most",
    "margin", "verdict",
)  # fmt: skip
_STATES: Final = {
    "ship": "ship",
    "stop": "stop",
    "no_difference": "no difference that matters",
    "not_enough_data": "not enough data",
    "invalid": "none, because the test is not valid",
}
_IN_WORDS: Final = {
    "too few different amounts": (
        "too few people have amounts that differ, as where nobody bought anything, so a lift "
        "cannot be told from luck"
    ),
    "fewer than 5 are expected in a group": (
        "so few responded that fewer than 5 are expected in a group, too few for a test"
    ),
    "a group has nothing to divide by": (
        "in a group nobody has any of what the ratio is per, so there is nothing to divide by"
    ),
}
_MOST: Final = 3  # places that are named with a reason


def analysis_text(document: Row, arguments: argparse.Namespace) -> str:
    """Write the document of ``analyze_file`` for a reader.

    Args:
        document: As ``analyze_file`` returns it.
        arguments: Of the command: the column of the arms, the segment, confidence and early.
    """
    parts = [
        _verdict(document),
        "\n".join(_health(document)),
        _results(document["results"], arguments),
        _guardrails(document["results"]),
        "\n".join(_attributes(document)),
    ]
    return "\n\n".join(part for part in parts if part)


def _verdict(document: Row) -> str:
    verdict = document["verdict"]
    decision = f"Decision: {_STATES[verdict['state']]} ({verdict['reason']})."
    others = [
        one["sentence"]
        for one in document["decisions"]
        if one["segment"] is None and one["sentence"] != verdict["sentence"]
    ]
    return _plainly("\n".join([verdict["sentence"], decision, *dict.fromkeys(others)]))


def _plainly(text: str) -> str:
    """Say in words why something could not be tested."""
    for reason, words in _IN_WORDS.items():
        text = text.replace(reason, words)
    return text


def _health(document: Row) -> Iterator[str]:
    """Say what is not good; what was left out or counted as 0 is always said."""
    health = document["health"]
    notes = [*_left_out(document), *_not_known(health)]
    if health["red"]:
        yield "Health: not good, as said above."
    elif health["srm"]["p"] is not None:
        alike = ", ".join(one["attribute"] for one in health["balance"] if one["p"] is not None)
        found = f"the groups are of the planned sizes (p = {chance(health['srm']['p'])})"
        yield f"Health: good; {found}{f' and alike in {alike}' if alike else ''}."
    else:
        yield "Health: not known in full; nothing of what could be tested is wrong."
    yield from notes


def _left_out(document: Row) -> Iterator[str]:
    health = document["health"]
    n = sum(arm["n"] for arm in document["arms"])
    for column, blank in health["missing_outcomes"].items():
        if blank:
            share = f"{blank:,} of {n:,} rows ({percent(blank / n)})"
            yield f"  - {column}: {share} {_be(blank)} blank and counted as 0."
    if without := health["rows_without_arm"]:
        yield f"  - {without:,} {_rows(without)} without an arm {_be(without)} left out."
    if without := health["customers"]["rows_without_id"]:
        yield f"  - {without:,} {_rows(without)} {'has' if without == 1 else 'have'} no customer."


def _not_known(health: Row) -> Iterator[str]:
    if health["srm"]["reason"]:
        yield f"  - The sizes of the groups were not tested: {health['srm']['reason']}."
    for one in health["balance"]:
        if one["reason"]:
            yield f"  - Whether the groups are alike in {one['attribute']}: {one['reason']}."
    if health["customers"]["rows_without_id"] is None:
        yield "  - Nobody was looked for twice: name the column of the customers with --id."


def _be(n: int) -> str:
    return "was" if n == 1 else "were"


def _rows(n: int) -> str:
    return "row" if n == 1 else "rows"


# Results -------------------------------------------------------------------------------


def _results(results: Sequence[Row], arguments: argparse.Namespace) -> str:
    rows = [one for one in results if one["role"] != "guardrail"]
    if not rows:
        return ""
    interval = f"{round(arguments.confidence * 100, 4):g} %"
    if arguments.early:
        whose = f"Differences with {interval} intervals that hold on any day."
    else:
        whose = (
            f"Differences with {interval} intervals, corrected as p is; lifts with {interval} "
            "intervals of one comparison alone."
        )
    title = f"Results against {rows[0]['control']}. {whose} The first metric decides."
    cells = [_result(one, is_early=arguments.early) for one in rows]
    return "\n".join([
        title,
        *_table(_without_segments(_HEADS, cells)),
        *_missing(rows),
    ])  # fmt: skip


def _missing(rows: Sequence[Row]) -> Iterator[str]:
    """Say why a test or a lift is missing, each reason once."""
    places: dict[str, list[str]] = {}
    for row in rows:
        if row["reason"] and (row["p"] is None or row["lift"] is None):
            places.setdefault(_plainly(row["reason"]), []).append(_place(row))
    if places:
        yield "What is missing, and why:"
    for reason, where in places.items():
        rest = f" and {len(where) - _MOST:,} more" if len(where) > _MOST else ""
        yield f"  {'; '.join(where[:_MOST])}{rest}: {reason}."


def _place(row: Row) -> str:
    where = f" in {row['segment']}" if row["segment"] else ""
    return f"{row['metric']}, {arm_name(row['arm'])}{where}"


def _result(row: Row, *, is_early: bool) -> tuple[str, ...]:
    interval = (
        row["sequence_ci"] if is_early else row["difference_ci_adjusted"] or row["difference_ci"]
    )
    return (
        *_subject(row),
        _difference(row["difference"], interval, row["kind"]),
        estimate(row["lift"], None if is_early else row["lift_ci"], scale=100, unit=" %"),
        chance(row["p_adjusted"]),
        _words(row["verdict"]),
    )  # fmt: skip


def _subject(row: Row) -> tuple[str, ...]:
    means = [row["mean_treatment"], row["mean_control"]]
    is_share = row["kind"] == "binary"
    figures = [NONE if mean is None else number(mean * (100 if is_share else 1)) for mean in means]
    unit = " %" if is_share else ""
    return (
        row["metric"] + (f" (at most {row['cap']:g})" if row["cap"] else ""),
        row["segment"] or "all",
        row["arm"],
        f"{row['n_treatment']:,} / {row['n_control']:,}",
        f"{' / '.join(figures)}{unit}",
    )


def _guardrails(results: Sequence[Row]) -> str:
    rows = [one for one in results if one["role"] == "guardrail"]
    if not rows:
        return ""
    cells = [
        (
            *_subject(one),
            NONE if one["harm_bound"] is None
            else f"{number(one['harm_bound'] * 100, signed=True)} points",
            NONE if one["margin"] is None else f"{number(one['margin'] * 100)} points",
            _words(one["verdict"]),
        )
        for one in rows
    ]  # fmt: skip
    return "\n".join(["Guardrails", *_table(_without_segments(_GUARD_HEADS, cells))])


def _words(verdict: str) -> str:
    return verdict.replace("_", " ")


def _without_segments(heads: Sequence[str], cells: Sequence[Sequence[str]]) -> list[Sequence[str]]:
    """Leave the column of the segments out where there are none."""
    place = heads.index("segment")
    rows: list[Sequence[str]] = [heads, *cells]
    if {row[place] for row in cells} != {"all"}:
        return rows
    return [[*row[:place], *row[place + 1 :]] for row in rows]


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        told = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield f"  {'  '.join(told)}".rstrip()


# Attributes ----------------------------------------------------------------------------


def _attributes(document: Row) -> Iterator[str]:
    """Name the attributes that move the lift, level by level; of the others only their names."""
    effects = document["attributes"]
    if not effects:
        return
    yield "Attributes"
    if document["health"]["red"]:
        yield "  Not read, because the test is not valid."
        return
    kinds = {one["metric"]: one["kind"] for one in document["results"]}
    moving = [one for one in effects if one["verdict"] == "moderates"]
    for one in moving:
        p = chance(one["p_holm"])
        yield (
            f"  {one['attribute']} moves the lift of {arm_name(one['arm'])} in {one['metric']} "
            f"(p corrected {p}). Differences by level:"
        )
        cells = [
            (f"  {x['level']}", f"{x['n']:,}", _level(x, kinds[one["metric"]]))
            for x in one["levels"]
        ]
        yield from _table([("  level", "n of both", "difference"), *cells])
    named = {one["attribute"] for one in moving}
    for verdict, words in (
        ("no_evidence", "No evidence that these move it"),
        ("not_enough_data", "Not enough data to tell of"),
    ):
        rest = dict.fromkeys(
            one["attribute"]
            for one in effects
            if one["verdict"] == verdict and one["attribute"] not in named
        )
        if rest:
            yield f"  {words}: {', '.join(rest)}."


def _level(level: Row, kind: str) -> str:
    if level["difference"] is None:
        return str(level["reason"] or NONE)
    return _difference(level["difference"], level["difference_ci"], kind)


def _difference(value: float | None, interval: Sequence[float] | None, kind: str) -> str:
    """Write a difference: of shares in points of a hundred, else in the metric's own unit."""
    if kind == "binary":
        return estimate(value, interval, scale=100, unit=" points")
    return estimate(value, interval)
