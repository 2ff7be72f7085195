from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import Shop


def days(shop: Shop, arm: str) -> list[dict[str, object]]:
    return shop.store.records("SELECT * FROM result_days WHERE arm = $arm ORDER BY day", arm=arm)


def responded(shop: Shop) -> None:
    """Twelve of a hundred click in the control and thirty in A, over three days."""
    shop.respond("click", {"control": 6, "A": 10}, happened_at="2026-12-02 10:00:00")
    shop.respond("click", {"control": 12, "A": 20}, happened_at="2026-12-03 10:00:00")
    shop.respond("click", {"A": 30}, happened_at="2026-12-05 23:59:59")


def test_each_day_stands_as_if_it_were_the_last(shop: Shop) -> None:
    shop.segment("loyal", 400)
    shop.launched()
    responded(shop)
    shop.measured()

    found = days(shop, "A")

    assert [(row["day"], row["mean_treatment"], row["mean_control"]) for row in found] == [
        (date(2026, 12, 2), 0.10, 0.06),
        (date(2026, 12, 3), 0.20, 0.12),
        (date(2026, 12, 5), 0.30, 0.12),
    ]


def test_the_last_day_is_the_result(shop: Shop) -> None:
    shop.segment("loyal", 400)
    shop.segment("new", 90)
    shop.launched()
    responded(shop)
    shop.measured()

    for arm, result in shop.results().items():
        last = days(shop, arm)[-1]
        for column in ("mean_treatment", "mean_control", "difference", "difference_low",
                       "difference_high", "sequence_low", "sequence_high", "lift"):  # fmt: skip
            assert last[column] == pytest.approx(result[column])


@pytest.mark.parametrize("cap", [None, 45.0])
def test_amounts_grow_with_each_order_up_to_their_cap(shop: Shop, cap: float | None) -> None:
    """Ten of A's hundred spend 30 on two days: 3 each, then 6, or 4.5 where 45 is the cap."""
    shop.segment("loyal", 400)
    shop.launched()
    shop.store.run(
        'UPDATE experiments SET revenue_cap = $cap, hypothesis = \'{"metric": "revenue"}\'',
        cap=cap,
    )
    for day in ("02", "04"):
        shop.respond(
            "conversion", {"control": 5, "A": 10}, value=30.0,
            happened_at=f"2026-12-{day} 12:00:00",
        )  # fmt: skip
    shop.measured()

    found = days(shop, "A")

    assert [row["mean_treatment"] for row in found] == [3.0, 6.0 if cap is None else 4.5]
    result = shop.results("revenue" if cap is None else "revenue_capped")["A"]
    assert found[-1]["difference_low"] == pytest.approx(result["difference_low"])
    assert found[-1]["sequence_high"] == pytest.approx(result["sequence_high"])


def test_the_always_valid_interval_is_wider_on_every_day(shop: Shop) -> None:
    shop.segment("loyal", 400)
    shop.launched()
    responded(shop)
    shop.measured()

    for row in days(shop, "A"):
        assert row["sequence_low"] < row["difference_low"] < row["difference_high"]  # type: ignore[operator]
        assert row["difference_high"] < row["sequence_high"]  # type: ignore[operator]


def test_clicks_of_scanners_and_of_after_the_day_are_on_no_day(shop: Shop) -> None:
    shop.segment("loyal", 400)
    shop.launched()
    shop.respond("delivered", {"A": 50}, happened_at="2026-12-02 10:00:00")
    shop.respond("click", {"A": 50}, happened_at="2026-12-02 10:00:04")
    shop.respond("click", {"A": 9}, happened_at="2026-12-04 10:00:00")
    shop.respond("click", {"A": 50}, happened_at="2026-12-16 00:00:00")
    shop.measured()

    assert [(row["day"], row["mean_treatment"]) for row in days(shop, "A")] == [
        (date(2026, 12, 4), 0.09)
    ]


def test_without_responses_there_is_no_day(shop: Shop) -> None:
    shop.segment("loyal", 400)
    shop.launched()
    shop.measured()

    assert days(shop, "A") == []
