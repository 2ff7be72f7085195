from __future__ import annotations

from datetime import date

import pytest

from pages.ui import charts, lift_charts, words
from pages.ui.lift_charts import Mark


def mark(label: str, value: float | None, verdict: str) -> Mark:
    low, high = (None, None) if value is None else (value - 0.05, value + 0.05)
    text = words.VERDICT[verdict] if value is None else f"{value:+.1%} [low, high]"
    return Mark(label, value, low, high, verdict, text, "400 people")


MARKS = [
    mark("Variant A", 0.12, "better"),
    mark("Variant B", -0.09, "worse"),
    mark("Variant C", 0.01, "no_difference"),
    mark("Variant D", None, "not_enough_data"),
    mark("Variant E", 0.02, "not_enough_data"),
    mark("Variant F", 0.02, "invalid"),
]
DAYS = [
    {
        "day": date(2026, 6, day), "difference": 0.02, "difference_low": 0.01,
        "difference_high": 0.03, "sequence_low": None if day == 1 else 0.0,
        "sequence_high": None if day == 1 else 0.04,
    }
    for day in (1, 2, 3)
]  # fmt: skip


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, definition of contrast ratio."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_a_forest_tells_every_verdict_by_shape_as_well_as_colour() -> None:
    figure = lift_charts.forest(MARKS, charts.LIGHT, "lift")

    shapes = {trace.name: trace.marker.symbol for trace in figure.data}
    assert [*shapes] == ["Better", "Worse", "No difference", "Not enough data yet", "Not valid"]
    assert len({*shapes.values()}) == len(shapes)


def test_a_forest_draws_the_interval_around_the_estimate() -> None:
    (trace,) = lift_charts.forest(MARKS[:1], charts.LIGHT, "lift").data

    assert trace.x[0] - trace.error_x.arrayminus[0] == pytest.approx(0.07)
    assert trace.x[0] + trace.error_x.array[0] == pytest.approx(0.17)


def test_a_huge_lift_is_cut_and_does_not_flatten_the_others() -> None:
    marks = [*MARKS[:2], Mark("Tiny", 6.5, 1.2, 26.0, "better", "+650% [+120%, +2,600%]")]

    figure = lift_charts.forest(marks, charts.LIGHT, "lift")

    assert list(figure.layout.xaxis.range) == [-1, 2]
    assert figure.layout.annotations[-1].text == "<b>+650%</b> [+120%, +2,600%]"


def test_a_difference_of_shares_is_drawn_in_points() -> None:
    (trace,) = lift_charts.forest(MARKS[:1], charts.LIGHT, "points").data

    assert trace.x[0] == pytest.approx(12)
    assert trace.x[0] + trace.error_x.array[0] == pytest.approx(17)


def test_a_row_without_an_estimate_keeps_its_line_and_says_why() -> None:
    figure = lift_charts.forest(MARKS, charts.LIGHT, "lift")

    texts = {note.y: note.text for note in figure.layout.annotations}
    assert texts[3] == "Not enough data yet"
    assert texts[0] == "<b>+12.0%</b> [low, high]"
    assert figure.layout.yaxis.ticktext[3].startswith("Variant D<br>")


def test_an_end_that_the_data_do_not_bound_is_drawn_without_a_whisker() -> None:
    marks = [Mark("A", 0.1, None, 0.2, "not_enough_data", "x")]

    (trace,) = lift_charts.forest(marks, charts.LIGHT, "lift").data

    assert (trace.error_x.arrayminus[0], trace.error_x.array[0]) == (0, pytest.approx(0.1))


def test_names_are_shown_as_they_stand_and_two_of_one_name_keep_their_lines() -> None:
    marks = [Mark("<b>A</b>", 0.1, 0.0, 0.2, "better", "<i>")] * 2

    figure = lift_charts.forest(marks, charts.LIGHT, "lift")

    assert list(figure.layout.yaxis.ticktext) == ["&lt;b&gt;A&lt;/b&gt;"] * 2
    assert [note.text for note in figure.layout.annotations] == ["&lt;i&gt;"] * 2
    assert list(figure.data[0].y) == [0, 1]
    density = lift_charts.densities(
        [("<b>", (0, 1), (1, 2), "#000000")], charts.LIGHT, is_share=True
    )
    assert density.data[0].name == "&lt;b&gt;"


def test_the_control_is_a_grey_square_and_no_word_in_the_legend() -> None:
    marks = [Mark("Control", 0.0, None, None, "control", "8.00%")]

    (trace,) = lift_charts.forest(marks, charts.LIGHT, "points").data

    assert (trace.marker.symbol, trace.marker.color) == ("square", charts.LIGHT.undecided)
    assert trace.showlegend is False


def test_what_is_to_be_expected_is_a_tick_of_its_own() -> None:
    marks = [Mark("A", 0.4, 0.2, 0.6, "better", "x", shrunk=0.3)]

    tick = lift_charts.forest(marks, charts.LIGHT, "lift").data[-1]

    assert (tick.name, tick.x[0]) == ("To be expected when sent again", 0.3)


def test_time_shows_both_bands_and_the_day_of_reading() -> None:
    figure = lift_charts.timeline(DAYS, charts.LIGHT, "points", reading_on=date(2026, 6, 3))

    bands = {trace.name: list(trace.y) for trace in figure.data if trace.fill == "tonexty"}
    assert bands["Valid on one day"] == pytest.approx([3, 3, 3])
    assert bands["Valid on any day"] == pytest.approx([4, 4])  # none on the first day
    assert "Day of reading" in figure.layout.annotations[-1].text
    plain = lift_charts.timeline(DAYS, charts.LIGHT, "points", reading_on=None)
    assert not plain.layout.annotations


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
