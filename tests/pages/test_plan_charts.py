from __future__ import annotations

import pytest

from pages.ui import charts, plan_charts

POINTS = ((100, 1.2), (1_000, 0.38), (20_000, 0.08))


@pytest.mark.parametrize("colours", [charts.LIGHT, charts.DARK], ids=["light", "dark"])
def test_the_curve_marks_where_this_test_stands(colours: charts.Palette) -> None:
    figure = plan_charts.power_curve(POINTS, colours, now=(1_000, 0.38), goal=0.1, said="+38%")

    line, mark = figure.data
    assert list(line.x) == [100, 1_000, 20_000]
    assert (mark.x[0], mark.y[0]) == (1_000, 0.38)
    assert "1,000 a variant, +38%" in mark.text[0]
    assert figure.layout.annotations[0].text == "The lift that matters: +10%"


def test_a_test_that_can_show_nothing_has_no_mark_on_the_curve() -> None:
    figure = plan_charts.power_curve(POINTS, charts.LIGHT, now=None, goal=0.1, said="+38%")

    assert len(figure.data) == 1


def test_the_goal_and_the_mark_are_always_in_sight() -> None:
    figure = plan_charts.power_curve(POINTS, charts.LIGHT, now=(90, 8.0), goal=0.1, said="+38%")

    low, high = figure.layout.yaxis.range
    assert low == 0
    assert high > 8.0


@pytest.mark.parametrize(
    ("highest", "labels"),
    [
        pytest.param(900, ["50", "100", "200", "500"], id="clicks"),
        pytest.param(40_000, ["100", "300", "1,000", "3,000", "10k", "30k"], id="purchases"),
        pytest.param(
            6_000_000, ["100", "1,000", "10k", "100k", "1m"], id="revenue: as many as there is room"
        ),
    ],
)
def test_the_sizes_below_the_curve_never_run_into_each_other(
    highest: int, labels: list[str]
) -> None:
    figure = plan_charts.power_curve(
        ((50, 2.0), (highest, 0.1)), charts.LIGHT, now=None, goal=0.1, said=""
    )

    assert list(figure.layout.xaxis.ticktext) == labels


def test_the_mirror_draws_both_worlds_over_the_same_bins() -> None:
    figure = plan_charts.noise_mirror(
        (-0.1, 0.0, 0.1, 0.2), (0.2, 0.5, 0.3), (0.1, 0.3, 0.6), charts.LIGHT, hoped=0.1, lift=0.2
    )

    without, with_effect = figure.data
    assert list(without.x) == list(with_effect.x)
    assert list(without.y) == [0.2, 0.5, 0.3, 0.3]  # the last step reaches the last edge
    assert without.name == "If nothing works"
    assert with_effect.name == "If one really brings +20%"
    assert figure.layout.shapes[0].x0 == 0.1
    assert without.fill != with_effect.fill  # not by colour alone
