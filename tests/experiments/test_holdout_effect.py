from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from personalization.errors import InputError
from personalization.experiments import HoldoutGain, holdout_effect, start_holdout
from personalization.experiments.holdout_effect import _gain
from personalization.settings import Settings
from personalization.statistics.sequential import always_valid_critical

if TYPE_CHECKING:
    from .conftest import Shop

# Everybody of an odd number buys for 30; of those who were mailed one in five for 50 more.
_BOUGHT = """
    INSERT INTO transactions (dataset_id, order_id, customer_id, quantity, unit_price, amount,
                              ordered_at)
    SELECT $dataset, concat('o', customer_id), customer_id, 1, 30, 30, $day
    FROM customers WHERE dataset_id = 'base' AND ascii(right(customer_id, 1)) % 2 = 1
    UNION ALL
    SELECT $dataset, concat('x', customer_id), customer_id, 1, 50, 50, $day
    FROM assignments WHERE right(customer_id, 1) IN ('2', '4')
"""


def launched(shop: Shop, mode: str = "export") -> None:
    shop.segment("loyal", 1_000)
    start_holdout(shop.store, share=0.3, actor="ada", reason="To see.", salt="pepper")
    shop.launched(mode=mode)


def bought(shop: Shop, *, day: str = "2026-12-05 10:00:00", dataset: str = "base") -> None:
    shop.store.run(_BOUGHT, day=day, dataset=dataset)


def gains(shop: Shop) -> dict[tuple[str, str], HoldoutGain]:
    effect = holdout_effect(shop.store, Settings())
    assert effect is not None
    return {(gain.metric, gain.source): gain for gain in effect.gains}


def test_mailing_is_held_against_not_mailing_person_by_person(shop: Shop) -> None:
    """By hand: half of both sides spend 30; of those who were mailed a fifth spend 50 more."""
    launched(shop)
    bought(shop)

    effect = holdout_effect(shop.store, Settings())

    assert effect is not None
    held = shop.store.read("SELECT count(*) FROM held_out")[0][0]
    assert (effect.held_out, effect.others) == (held, 1_000 - held)
    revenue = gains(shop)["revenue", "transactions"].comparison
    purchases = gains(shop)["purchases", "transactions"].comparison
    mailed = 1_000 - held
    extra = shop.store.read(
        "SELECT count(*) FROM assignments WHERE right(customer_id, 1) IN ('2', '4')"
    )[0][0]
    odd = shop.store.read(
        "SELECT count(*) FROM assignments WHERE ascii(right(customer_id, 1)) % 2 = 1"
    )[0][0]
    assert purchases.mean_treatment == pytest.approx((odd + extra) / mailed)
    assert revenue.mean_treatment == pytest.approx((30 * odd + 50 * extra) / mailed)
    assert revenue.mean_control == pytest.approx(30 * (500 - odd) / held)
    assert gains(shop)["revenue", "transactions"].verdict == "better"
    assert effect.sentence.startswith(
        "Purchases per 100 people, by the orders on record: mailing brings something, "
        f"{100 * (odd + extra) / mailed:.1f} against {100 * (500 - odd) / held:.1f}, "
    )


def test_what_is_called_a_gain_is_one_on_any_day_and_for_all_four_measures(shop: Shop) -> None:
    launched(shop)
    bought(shop)

    found = gains(shop)["purchases", "transactions"]

    buyers = shop.store.read("SELECT count(DISTINCT customer_id) FROM transactions")[0][0]
    assert found.verdict == "better"
    assert found.sequence is not None
    low, high = found.sequence
    ordinary = found.comparison.difference_ci
    assert ordinary is not None
    # 98.75 % at every look; the ordinary interval reaches 1.96 standard errors.
    reach = always_valid_critical(buyers, confidence=1 - 0.05 / 4)
    assert (high - low) / (ordinary[1] - ordinary[0]) == pytest.approx(reach / 1.96, rel=0.01)
    span = f"+{100 * low:.1f} to +{100 * high:.1f}"
    assert f"(a difference of {span}, on any day that it is read)" in found.sentence


def looked_at(rng: np.random.Generator, looks: int) -> bool:
    """Tell whether any measure says something at any look, where mailing does nothing.

    9,500 people are mailed and 500 are held out; orders come in look by look, worth log-normally
    distributed amounts.
    """
    worth = {"mailed": rng.lognormal(3, 1, 9_500), "held out": rng.lognormal(3, 1, 500)}
    orders = {side: np.zeros(len(values)) for side, values in worth.items()}
    for _ in range(looks):
        sides: dict[str, dict[str, float]] = {}
        for side, values in worth.items():
            orders[side] += rng.poisson(0.3 / looks, len(values))
            sides[side] = {"n": len(values)}
            for name, each in (("purchases", orders[side]), ("revenue", orders[side] * values)):
                sides[side] |= {
                    name: each.mean(), f"{name}_variance": each.var(ddof=1),
                    f"{name}_people": int(np.count_nonzero(each)),
                }  # fmt: skip
        if any(
            _gain(sides, name, name, "transactions", 0.95).verdict != "not_enough_data"
            for name in ("purchases", "revenue")
        ):
            return True
    return False


def test_whoever_looks_every_month_is_not_fooled() -> None:
    """Four uncorrected measures, each at 95 % on its day, say something in 40 of 100 worlds."""
    rng = np.random.default_rng(2)

    assert sum(looked_at(rng, 12) for _ in range(100)) <= 3


def test_two_customer_bases_with_the_same_ids_keep_their_conversions(shop: Shop) -> None:
    launched(shop)
    shop.respond("conversion", {"A": 10}, value=50.0)
    wanted = gains(shop)["revenue", "conversions"].comparison
    for statement in _SECOND_BASE:
        shop.store.run(statement)

    found = gains(shop)["revenue", "conversions"].comparison

    assert found.n_treatment == 2 * wanted.n_treatment
    assert found.mean_treatment == pytest.approx((wanted.mean_treatment or 0) / 2)


# Other people under the same ids, who got the same campaign from another base.
_SECOND_BASE = (
    "INSERT INTO datasets SELECT 'other', 'Other', false, created_at, 'ada', NULL FROM datasets",
    (
        "INSERT INTO campaigns SELECT 'two', 'Two', 'other', NULL, brief, send_on, locale, "
        "'seed 2', created_at, created_by, NULL FROM campaigns"
    ),
    (
        "INSERT INTO customers (dataset_id, customer_id, email, consent_email) "
        "SELECT 'other', customer_id, concat('x', email), true FROM customers"
    ),
    (
        "INSERT INTO experiments BY NAME SELECT * REPLACE ('two' AS experiment_id, "
        "'two' AS campaign_id) FROM experiments"
    ),
    (
        "INSERT INTO assignments SELECT 'two', customer_id, segment, arm, propensity, method "
        "FROM assignments"
    ),
    "INSERT INTO held_out SELECT 'two', customer_id, segment, holdout_id FROM held_out",
)


def test_without_an_effect_nothing_is_claimed(shop: Shop) -> None:
    launched(shop)
    shop.store.run(_BOUGHT.partition("UNION ALL")[0], day="2026-12-05", dataset="base")

    found = gains(shop)["revenue", "transactions"]

    assert found.verdict == "not_enough_data"
    assert "it could be chance so far" in found.sentence


def test_orders_before_the_holdout_began_do_not_count(shop: Shop) -> None:
    launched(shop)
    bought(shop, day="2026-12-01 09:00:00")  # it began half an hour later

    found = gains(shop)["revenue", "transactions"]

    assert found.comparison.mean_treatment == 0
    assert found.verdict == "not_enough_data"


def test_a_newer_upload_of_the_same_people_counts_and_no_order_counts_twice(shop: Shop) -> None:
    launched(shop)
    bought(shop)
    wanted = gains(shop)["revenue", "transactions"].comparison
    shop.store.run(
        "INSERT INTO customers (dataset_id, customer_id, email, consent_email) "
        "SELECT 'newer', customer_id, email, true FROM customers"
    )
    bought(shop, dataset="newer")

    assert gains(shop)["revenue", "transactions"].comparison == wanted

    shop.store.run("DELETE FROM transactions WHERE dataset_id = 'base'")
    assert gains(shop)["revenue", "transactions"].comparison == wanted


def test_other_people_under_the_same_ids_do_not_count(shop: Shop) -> None:
    launched(shop)
    shop.store.run(
        "INSERT INTO customers (dataset_id, customer_id, email, consent_email) "
        "SELECT 'elsewhere', customer_id, concat('x', email), true FROM customers"
    )
    bought(shop, dataset="elsewhere")

    assert gains(shop)["revenue", "transactions"].comparison.mean_treatment == 0


def test_conversions_that_only_the_mailed_can_report_prove_nothing(shop: Shop) -> None:
    launched(shop)
    shop.respond("conversion", {"control": 60, "A": 60, "B": 60, "C": 60}, value=40.0)

    found = gains(shop)["revenue", "conversions"]

    assert found.verdict == "not_enough_data"
    assert (found.comparison.mean_treatment or 0) > 0
    assert (found.comparison.mean_control, found.comparison.difference) == (None, None)
    assert (found.comparison.lift, found.comparison.p) == (None, None)
    assert "conversions are reported of people who got an e-mail only" in found.sentence
    assert found.sentence.endswith("fresh order lines, which hold the purchases of everybody.")


def test_where_nobody_has_bought_the_sentence_says_so(shop: Shop) -> None:
    launched(shop)

    found = gains(shop)

    assert found["revenue", "transactions"].sentence.endswith(
        "nobody on either side has bought anything since it began."
    )
    assert "no conversions have been reported back" in found["revenue", "conversions"].sentence
    assert "different amounts" not in " ".join(gain.sentence for gain in found.values())


_HELD_CONVERT = """
    INSERT INTO engagements
    SELECT experiment_id, customer_id, 'conversion', 40, TIMESTAMP '2026-12-05 10:00:00', false
    FROM held_out ORDER BY customer_id LIMIT 20
"""


def test_conversions_of_both_sides_are_compared(shop: Shop) -> None:
    launched(shop)
    shop.respond("conversion", {"control": 60, "A": 60, "B": 60, "C": 60}, value=40.0)
    shop.store.run(_HELD_CONVERT)

    found = gains(shop)["purchases", "conversions"]

    held = shop.store.read("SELECT count(*) FROM held_out")[0][0]
    assert found.comparison.mean_control == pytest.approx(20 / held)
    assert found.comparison.mean_treatment == pytest.approx(240 / (1_000 - held))
    assert found.verdict == "better"


def test_a_simulation_says_nothing_about_mailing(shop: Shop) -> None:
    launched(shop, mode="simulation")
    bought(shop)

    effect = holdout_effect(shop.store, Settings())

    assert effect is not None
    assert (effect.held_out, effect.others) == (0, 0)
    assert effect.sentence.endswith("No real campaign has been launched under this holdout.")


def test_without_a_holdout_there_is_no_effect(shop: Shop) -> None:
    assert holdout_effect(shop.store, Settings()) is None
    start_holdout(shop.store, share=0.1, actor="ada", reason="To see.")
    with pytest.raises(InputError, match="no holdout 'holdout-7'"):
        holdout_effect(shop.store, Settings(), "holdout-7")
