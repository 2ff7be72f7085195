"""A result is read on its day, whenever it was measured before."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from personalization import campaign, experiments
from personalization.cli import main
from personalization.reports.campaigns import campaigns
from personalization.settings import Settings
from personalization.store import open_store

from .conftest import NOW, Shop

if TYPE_CHECKING:
    from pathlib import Path

CLICKS = {"control": 35, "A": 60, "B": 35, "C": 35}
_MEASURED = "SELECT count(*) FROM audit_log WHERE kind = 'experiment.measured'"


def clicked(shop: Shop, *, mode: str = "export") -> Shop:
    """60 against 35 of 200: better on its day, and not yet before it."""
    shop.segment("loyal", 800)
    shop.launched(mode=mode)
    shop.respond("click", CLICKS, is_simulated=mode == "simulation")
    return shop


def measure(shop: Shop, days: int) -> None:
    campaign.measure(shop.later(days), Settings(), "spring", actor="ada")


def look(shop: Shop, days: int = 20) -> bool:
    return campaign.measure_if_due(shop.later(days), Settings(), "spring", actor="ben")


@pytest.mark.parametrize("days", [2, 14])
def test_what_was_measured_before_its_day_is_read_anew_after_it(shop: Shop, days: int) -> None:
    clicked(shop)
    measure(shop, days)
    early = shop.verdicts()[""]

    assert look(shop)

    now = shop.verdicts()[""]
    assert (early["is_early"], early["state"]) == (True, "not_enough_data")
    assert now["is_early"] is False
    assert not str(now["sentence"]).startswith("Read early")
    assert shop.results()["A"]["verdict"] == "better"


def test_who_opened_the_result_is_journalled_and_it_is_measured_once(shop: Shop) -> None:
    clicked(shop)
    measure(shop, 2)

    assert [look(shop), look(shop), look(shop, 30)] == [True, False, False]

    assert shop.store.read(_MEASURED) == [(2,)]
    steps = shop.store.read("SELECT actor FROM campaign_steps WHERE step = 'measure' ORDER BY ALL")
    assert steps == [("ada",), ("ben",)]


def test_what_was_opened_early_is_read_anew_too(shop: Shop) -> None:
    clicked(shop)
    measure(shop, 2)
    campaign.open_early(shop.later(3), "spring", actor="ada", reason="Complaints.")

    assert not look(shop, 4)
    assert look(shop)
    assert shop.verdicts()[""]["is_early"] is False


@pytest.mark.parametrize(
    ("measured", "looked"),
    [
        pytest.param(2, 14, id="still before its day"),
        pytest.param(15, 20, id="measured after its day"),
    ],
)
def test_what_is_not_due_is_left_alone(shop: Shop, measured: int, looked: int) -> None:
    clicked(shop)
    measure(shop, measured)

    assert not look(shop, looked)
    assert shop.store.read(_MEASURED) == [(1,)]


def test_nothing_is_due_before_the_launch_and_before_a_response(shop: Shop) -> None:
    shop.segment("loyal", 40)
    assert not look(shop)
    shop.launched()

    assert not look(shop)


@pytest.mark.parametrize("mode", ["export", "simulation"])
def test_a_launched_campaign_without_results_is_measured_when_they_are_opened(
    shop: Shop, mode: str
) -> None:
    """A database of an earlier version comes with responses and without results."""
    clicked(shop, mode=mode)

    assert look(shop)
    assert shop.results()["A"]["verdict"] == "better"
    assert not look(shop)


def test_a_simulation_is_never_due_again(shop: Shop) -> None:
    clicked(shop, mode="simulation")
    measure(shop, 2)

    assert not look(shop)


def test_every_campaign_that_is_due_is_measured_at_the_door(shop: Shop) -> None:
    shop.segment("new", 800)
    clicked(shop)
    measure(shop, 2)
    before = shop.store.read("SELECT count(*) FROM policy_values")

    measured = [campaign.measure_due(shop.later(20), Settings(), actor="ben") for _ in range(2)]

    assert measured == [1, 0]
    assert before == [(0,)]
    assert shop.store.read("SELECT count(*) FROM policy_values") != [(0,)]


def test_the_report_of_the_command_line_reads_what_is_due(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command goes by the clock of the machine, so the campaign went out in another year."""
    past = NOW - timedelta(days=400)
    file = tmp_path / "state.duckdb"
    with_past = open_store(file, lambda: past)
    shop = Shop(with_past).begun()
    shop.segment("loyal", 800)
    shop.launched()
    shop.store.run("UPDATE experiments SET analysis_on = DATE '2025-11-10'")
    shop.respond("click", CLICKS, happened_at="2025-10-29 10:00:00")
    experiments.measure(shop.store, Settings(), "spring-experiment", actor="ada")
    assert shop.verdicts()[""]["is_early"] is True
    with_past.close()

    assert main(["report", "spring", "--database", str(file)]) == 0

    assert "</html>" in capsys.readouterr().out
    again = open_store(file)
    assert again.read("SELECT bool_or(is_early) FROM verdicts") == [(False,)]
    assert next(state.measured_at for state in campaigns(again)) > past  # type: ignore[operator]
    again.close()
