from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from personalization.experiments.expectations import (
    OrderValue,
    expectations_of,
    foresight_of,
    kept_by,
)
from personalization.settings import Settings
from personalization.statistics.sample_size import Amount, Rate

if TYPE_CHECKING:
    from .conftest import Shop

_ORDER = """
    INSERT INTO transactions (dataset_id, order_id, customer_id, quantity, unit_price, amount,
                              ordered_at)
    VALUES ('base', $order, $customer, $quantity, abs($amount), $amount, $day)
"""


def order(shop: Shop, number: int, amount: float, *, customer: str = "", day: str = "") -> None:
    shop.store.run(
        _ORDER, order=f"o{number}", customer=customer or f"c{number}", amount=amount,
        quantity=1 if amount > 0 else -1, day=day or "2026-11-01",
    )  # fmt: skip


def orders_of(shop: Shop, cap: float | None = None) -> OrderValue:
    return expectations_of(shop.store, Settings(), "base", metrics=["revenue"], cap=cap).order


def test_order_values_are_those_on_record(shop: Shop) -> None:
    amounts = [10.0 * (1 + i % 5) for i in range(40)]
    for i, amount in enumerate(amounts):
        order(shop, i, amount)

    found = orders_of(shop)

    assert found.mean == pytest.approx(30.0)
    assert found.spread == pytest.approx(np.std(amounts, ddof=1))
    assert (found.capped_mean, found.capped_spread) == (found.mean, found.spread)
    assert found.high == pytest.approx(50.0)
    assert found.source == "as in the 40 orders on record"


def test_lines_of_one_order_count_together_and_refunds_not_at_all(shop: Shop) -> None:
    for i in range(20):
        order(shop, i, 20.0)
        order(shop, i, 10.0)
        order(shop, i, -5.0)

    assert orders_of(shop).mean == pytest.approx(30.0)
    assert orders_of(shop).source == "as in the 20 orders on record"


def test_a_cap_cuts_large_orders_down(shop: Shop) -> None:
    for i in range(38):
        order(shop, i, 50.0)
    for i in range(38, 40):
        order(shop, i, 2_000.0)

    found = orders_of(shop, cap=100.0)

    assert found.mean == pytest.approx(147.5)
    assert found.capped_mean == pytest.approx(52.5)
    assert found.capped_spread == pytest.approx(np.std([50] * 38 + [100] * 2, ddof=1))


def test_few_orders_say_little_so_the_settings_do(shop: Shop) -> None:
    for i in range(19):
        order(shop, i, 500.0)

    found = orders_of(shop)

    assert (found.mean, found.spread, found.high) == (48.0, 48.0, None)
    assert found.source == "assumed, as few orders are known"


def test_an_assumed_order_value_is_capped_as_draws_say(shop: Shop) -> None:
    draws = np.minimum(np.random.default_rng(1).exponential(48.0, 1_000_000), 80.0)

    found = orders_of(shop, cap=80.0)

    assert found.capped_mean == pytest.approx(draws.mean(), rel=5e-3)
    assert found.capped_spread == pytest.approx(draws.std(), rel=5e-3)


def test_each_metric_is_expected_on_its_own_terms(shop: Shop) -> None:
    found = expectations_of(
        shop.store, Settings(), "base", metrics=["revenue"], base_rate=0.03, cap=80.0
    )

    assert found.of("click") == Rate(0.08)
    assert found.of("conversion") == Rate(0.03)
    assert found.of("revenue") == Amount(0.03, 48.0, 48.0)
    capped = found.of("revenue_capped")
    assert isinstance(capped, Amount)
    assert capped.order_value < 48.0
    assert found.of("revenue_per_click") is None
    assert found.source_of("revenue") == "as entered"
    assert found.source_of("click") == "assumed in the settings"


def test_orders_are_read_only_where_revenue_is_planned_for(shop: Shop) -> None:
    for i in range(40):
        order(shop, i, 30.0)

    found = expectations_of(shop.store, Settings(), "base", metrics=["click", "unsubscribe"])

    assert found.order.source == "assumed, as few orders are known"


def next_rates(shop: Shop, *, days: int) -> dict[str, str]:
    """Return where the rates of the next campaign come from, so many days after the launch."""
    store = shop.later(days)
    return expectations_of(store, Settings(), "base", metrics=["click"]).sources


def clicked(shop: Shop, *, measured: int) -> None:
    shop.segment("loyal", 800, arms=("control", "A"))
    shop.launched()
    shop.respond("click", {"control": 40, "A": 60})
    shop.measured(days=measured)


def test_a_campaign_that_was_read_on_its_day_says_what_to_expect(shop: Shop) -> None:
    """By hand: 40 of the control's people."""
    clicked(shop, measured=15)
    [(n,)] = shop.store.read("SELECT count(*) FROM assignments WHERE arm = 'control'")

    found = expectations_of(shop.later(15), Settings(), "base", metrics=["click"])

    assert found.rates["click"] == pytest.approx(40 / n)
    assert found.sources["click"] == "as in earlier campaigns to these customers"


@pytest.mark.parametrize(
    ("measured", "days"),
    [
        pytest.param(2, 3, id="before its day"),
        pytest.param(14, 14, id="on its day"),
        pytest.param(2, 20, id="measured before its day and not since"),
    ],
)
def test_a_result_before_its_day_is_no_base_rate_either(
    shop: Shop, measured: int, days: int
) -> None:
    """With all clicks together, which are shown, the control's would give away the variant's."""
    clicked(shop, measured=measured)

    assert next_rates(shop, days=days)["click"] == "assumed in the settings"


def test_an_invalid_result_says_nothing_of_what_to_expect(shop: Shop) -> None:
    clicked(shop, measured=15)
    shop.store.run("UPDATE results SET verdict = 'invalid'")

    assert next_rates(shop, days=20)["click"] == "assumed in the settings"


def _buyers(shop: Shop, n: int, *, again: int, days: tuple[str, str]) -> None:
    """Let ``n`` people buy on the first day, and ``again`` of them on the second one too."""
    for i in range(n):
        order(shop, i, 40.0, customer=f"loyal-{i}", day=days[0])
    for i in range(again):
        order(shop, 1_000 + i, 40.0, customer=f"loyal-{i}", day=days[1])


def _foresight(shop: Shop, metric: str = "conversion") -> tuple[Any, Any]:
    found = foresight_of(
        shop.store, "spring", "base", metric=metric, pre_days=90,
        send_on=date(2026, 12, 1), analysis_on=date(2026, 12, 15),
    )  # fmt: skip
    return found.buyers_before, found.rho_squared


def test_what_people_bought_before_says_what_they_buy(shop: Shop) -> None:
    """By hand: of 100 people 20 bought early, the same 20 late: a correlation of 1."""
    shop.segment("loyal", 100)
    _buyers(shop, 20, again=20, days=("2026-10-01", "2026-11-25"))

    assert _foresight(shop) == (20, pytest.approx(1.0))
    assert _foresight(shop, "revenue") == (20, pytest.approx(1.0))


def test_half_of_the_early_buyers_buying_late_explains_less(shop: Shop) -> None:
    """By hand: 20 early, 10 of them late: (10/100 - .2 x .1)^2 / (.2 x .8 x .1 x .9) = .4444."""
    shop.segment("loyal", 100)
    _buyers(shop, 20, again=10, days=("2026-10-01", "2026-11-25"))

    assert _foresight(shop) == (20, pytest.approx(4 / 9))


def test_old_orders_adjust_what_they_can_and_promise_nothing(shop: Shop) -> None:
    """The pre-period ends with the last order; how much it says years later is not on record."""
    shop.segment("loyal", 100)
    _buyers(shop, 20, again=20, days=("2011-10-01", "2011-11-25"))

    assert _foresight(shop) == (20, None)


def test_a_gap_before_the_sending_is_looked_for_in_the_record_too(shop: Shop) -> None:
    """By hand: sent 30 days after the last order, the pre-period ends 30 days before the 15."""
    shop.segment("loyal", 100)
    _buyers(shop, 20, again=20, days=("2026-09-10", "2026-11-01"))
    assert _foresight(shop) == (20, pytest.approx(1.0))

    _buyers(shop, 30, again=0, days=("2026-10-10", ""))

    assert _foresight(shop) == (30, pytest.approx(1.0))  # those of October lie in the gap


def test_without_any_orders_nothing_is_known_beforehand(shop: Shop) -> None:
    shop.segment("loyal", 100)

    assert _foresight(shop) == (0, None)
    assert kept_by(None) == 1.0
