from __future__ import annotations

from typing import Any

import pytest

from pages.ui import charts


def result(label: str, lift: float | None, verdict: str) -> dict[str, Any]:
    spread = None if lift is None else 0.05
    return {
        "label": label,
        "lift": lift,
        "lift_low": None if lift is None or spread is None else lift - spread,
        "lift_high": None if lift is None or spread is None else lift + spread,
        "verdict": verdict,
        "n_treatment": 400,
    }


ROWS = [
    result("Variant A", 0.12, "better"),
    result("Variant B", -0.09, "worse"),
    result("Variant C", 0.01, "undecided"),
    result("Variant D", None, "not_enough_data"),
]


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, definition of contrast ratio."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_a_forest_tells_every_verdict_by_shape_as_well_as_colour() -> None:
    figure = charts.forest(ROWS, charts.LIGHT)

    shapes = {trace.name: trace.marker.symbol for trace in figure.data}
    assert shapes == {"Better": "diamond", "Worse": "x", "Not decided yet": "circle-open"}


def test_a_forest_draws_the_interval_around_the_lift() -> None:
    (trace,) = charts.forest(ROWS[:1], charts.LIGHT).data

    assert trace.x[0] - trace.error_x.arrayminus[0] == pytest.approx(0.07)
    assert trace.x[0] + trace.error_x.array[0] == pytest.approx(0.17)


def test_a_row_without_a_lift_keeps_its_line_and_says_why() -> None:
    figure = charts.forest(ROWS, charts.LIGHT)

    texts = {
        note.y: note.text
        for note in figure.layout.annotations
        if note.y in {"Variant D", "Variant A"}
    }
    assert texts["Variant D"] == "Not enough data"
    assert texts["Variant A"] == "<b>+12.0%</b>  [+7.0%, +17.0%]"
    assert list(figure.layout.yaxis.categoryarray)[-1] == "Variant D"


def test_an_audience_falls_from_the_whole_to_what_is_left() -> None:
    figure = charts.waterfall(
        [("All customers", 1000), ("No consent", 120), ("No address", 80), ("Eligible", 800)],
        charts.LIGHT,
    )

    assert list(figure.data[0].y) == [1000, -120, -80, 800]
    assert list(figure.data[0].text) == ["1,000", "−120", "−80", "800"]


def test_bars_stand_in_the_order_given() -> None:
    figure = charts.bars(
        ["Loyal", "New"], [10, 90], ["10", "90"], charts.LIGHT, muted=frozenset({"New"})
    )

    assert list(figure.layout.yaxis.categoryarray) == ["Loyal", "New"]
    assert figure.data[0].marker.color == (charts.LIGHT.series[1], charts.LIGHT.series[0])


def test_control_is_grey_and_each_arm_keeps_its_colour() -> None:
    arms = ["control", "A", "B"]

    colours = [charts.colour_of_arm(arm, arms, charts.LIGHT) for arm in arms]

    assert colours == list(charts.LIGHT.series[:3])


@pytest.mark.parametrize(
    ("palette", "ground"),
    [
        pytest.param(charts.LIGHT, "#FFFFFF", id="light"),
        pytest.param(charts.DARK, "#10151D", id="dark"),
    ],
)
def test_every_colour_stands_out_from_its_ground(palette: charts.Palette, ground: str) -> None:
    marks = (*palette.series, palette.better, palette.worse, palette.undecided)

    assert min(contrast(mark, ground) for mark in marks) >= 3
    assert contrast(palette.text, ground) >= 4.5
