from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
import scipy.stats

from personalization.experiments.balance import COVARIATES, balance_finding, imbalances
from personalization.experiments.sample_ratio import ratio_of_groups
from personalization.experiments.scans import scan_finding

if TYPE_CHECKING:
    from .conftest import Shop

EVEN = {("all", "control"): 0.5, ("all", "A"): 0.5}


def known(arm: str, orders: float, *, n: int = 1_000, segment: str = "") -> dict[str, object]:
    """A row of what was known before the launch: orders with a variance of 4, nothing else."""
    return {
        "segment": segment, "arm": arm, "clicked": 0, "clicked_by_any": 0, "n_orders": n,
        "orders": orders, "orders_variance": 4.0, "n_spent": 0, "spent": None,
        "spent_variance": None, "n_last_order": 0, "last_order": None,
        "last_order_variance": None,
    }  # fmt: skip


def test_a_standardised_difference_is_in_standard_deviations() -> None:
    """By hand: (5.5 - 5) / sqrt((4 + 4) / 2) = 0.25; Welch's t of two times 30 is .968.

    Its p with 58 degrees of freedom is .337 by R's ``2 * pt(-0.9682458, 58)``.
    """
    (found,) = imbalances([known("control", 5.0, n=30), known("A", 5.5, n=30)], [], {})

    assert found.standardised == pytest.approx(0.25)
    assert found.p == pytest.approx(2 * scipy.stats.t.sf(0.25 * 15**0.5, 58))
    assert (found.covariate, found.arm) == ("orders", "A")


@pytest.mark.parametrize(
    ("orders", "n", "state"),
    [
        pytest.param(5.05, 1_000, "good", id="alike"),
        pytest.param(5.30, 50, "good", id="unlike, but so few that luck does it"),
        pytest.param(5.24, 1_000, "warning", id="unlike, beyond what luck usually does"),
        pytest.param(5.50, 1_000, "bad", id="unlike beyond all luck"),
    ],
)
def test_balance_is_judged_by_size_and_by_evidence(orders: float, n: int, state: str) -> None:
    found = imbalances([known("control", 5.0, n=n), known("A", orders, n=n)], [], {})

    assert balance_finding(found, alert=0.001).state == state


def test_fewer_than_thirty_in_a_group_are_not_held_against_it() -> None:
    rows = [known("control", 5.0, n=29), known("A", 50.0, n=1_000)]

    assert imbalances(rows, [], {}) == []


def before(arm: str, n: int, buyers: int) -> dict[str, object]:
    share = buyers / n
    return {"attribute": "", "level": "", "arm": arm, "n": n, "pre_conversion": share,
            "pre_conversion_variance": share * (1 - share) * n / (n - 1)}  # fmt: skip


@pytest.mark.parametrize(
    ("buyers", "states"),
    [
        pytest.param((400, 300), {"bad"}, id="unlike"),
        pytest.param((300, 300), {"good"}, id="alike"),
        pytest.param((2, 30), {"unknown"}, id="too few of them"),
    ],
)
def test_who_bought_before_the_launch_is_compared_where_there_are_enough(
    buyers: tuple[int, int], states: set[str]
) -> None:
    rows = [known(arm, 0.0, n=0) for arm in ("control", "A")]
    statistics = [before("control", 1_000, buyers[0]), before("A", 1_000, buyers[1])]

    assert {balance_finding(imbalances(rows, statistics, {}), alert=0.001).state} == states


def drawn(rng: np.random.Generator, arm: str, n: int) -> dict[str, object]:
    """People of one shop: their orders by Poisson, their spend log-normal with sigma 1.5."""
    orders, spent = 1.0 + rng.poisson(3, n), rng.lognormal(4, 1.5, n)
    return known(arm, 0.0, n=n) | {
        f"{name}{part}": value
        for name, amounts in (("orders", np.log1p(orders)), ("spent", np.log1p(spent)))
        for part, value in (("", amounts.mean()), ("_variance", amounts.var(ddof=1)))
    } | {"n_spent": n}  # fmt: skip


@pytest.mark.parametrize(
    "sizes",
    [
        pytest.param({"control": 100, "A": 900}, id="one in ten kept back"),
        pytest.param({"control": 30, "A": 30, "B": 30, "C": 30}, id="as few as are compared"),
        pytest.param({"control": 6, "A": 6}, id="hardly anybody"),
    ],
)
def test_a_fair_draw_is_hardly_ever_called_a_fault(sizes: dict[str, int]) -> None:
    """Red in one draw of a thousand is what the p says; raw amounts made it 13 to 26."""
    rng, runs = np.random.default_rng(1), 2_000

    states = [
        balance_finding(
            imbalances([drawn(rng, arm, n) for arm, n in sizes.items()], [], {}), alert=0.001
        ).state
        for _ in range(runs)
    ]

    assert states.count("bad") <= 0.003 * runs
    assert states.count("warning") <= 0.06 * runs


def test_counts_and_amounts_are_compared_by_their_logarithms(shop: Shop) -> None:
    shop.segment("loyal", 400, arms=("control", "A"))
    shop.store.run(
        "UPDATE customers SET orders = 1 + ascii(right(customer_id, 1)) % 5, "
        "total_spent = CASE WHEN orders IS NULL THEN 20.0 END"
    )
    shop.launched()

    (_, control, *_) = shop.store.records(
        COVARIATES, experiment_id="spring-experiment", dataset_id="base"
    )

    arm = control["arm"]
    wanted = shop.store.read(
        "SELECT avg(ln(1 + orders)) FROM customers JOIN assignments USING (customer_id) "
        "WHERE arm = $arm", arm=arm,
    )[0][0]  # fmt: skip
    assert control["orders"] == pytest.approx(wanted)
    assert control["spent"] == pytest.approx(math.log(21))


def test_several_comparisons_share_the_alert() -> None:
    """p = .0006 for one of two arms: below .001, and not below half of it."""
    gap = 3.4344 * (8 / 1_000) ** 0.5
    rows = [known("control", 5.0), known("A", 5.0 + gap), known("B", 5.0)]

    found = imbalances(rows, [], {})

    assert 0.0005 < found[0].p < 0.001
    assert balance_finding(found, alert=0.001).state != "bad"
    assert balance_finding(found[:1], alert=0.001).state == "bad"


def test_nothing_known_is_no_balance() -> None:
    assert balance_finding([], alert=0.001).state == "unknown"


def test_arms_of_other_shares_in_each_segment_are_compared_at_one_mix() -> None:
    """Two thirds of 'new' are in A, one third of 'old': in each segment they are alike."""
    weights = {("old", "control"): 2 / 3, ("old", "A"): 1 / 3, ("new", "control"): 1 / 3,
               ("new", "A"): 2 / 3}  # fmt: skip
    rows = [
        known("control", 9.0, n=2_000, segment="old"), known("A", 9.0, segment="old"),
        known("control", 1.0, segment="new"), known("A", 1.0, n=2_000, segment="new"),
        known("control", 19 / 3, n=3_000), known("A", 11 / 3, n=3_000),
    ]  # fmt: skip

    (found,) = imbalances(rows, [], weights)

    assert found.standardised == pytest.approx(0.0)


def test_a_lopsided_group_voids_the_verdicts(shop: Shop) -> None:
    shop.segment("loyal", 1_200)
    shop.store.run("UPDATE customers SET orders = 1 + ascii(right(customer_id, 1)) % 5")
    shop.launched()
    shop.store.run("UPDATE customers SET orders = orders + 2 WHERE customer_id IN "
                   "(SELECT customer_id FROM assignments WHERE arm = 'B')")  # fmt: skip
    shop.respond("click", {"control": 30, "B": 90})
    shop.measured()

    state, message, detail = shop.finding("balance")
    assert state == "bad"
    assert message.startswith("Variant B and the control differ by 1.4")
    assert detail["compared"][0]["covariate"] == "number of orders"
    assert shop.results()["B"]["verdict"] == "invalid"


def sizes(n_drawn: dict[str, int], n_sent: dict[str, int]) -> list[dict[str, object]]:
    return [
        {"segment": "all", "arm": arm, "n_drawn": n, "n_sent": n_sent.get(arm, 0)}
        for arm, n in n_drawn.items()
    ]


def analysed(n: dict[str, int]) -> list[dict[str, object]]:
    return [
        {"attribute": attribute, "level": level, "arm": arm, "n": count}
        for arm, count in n.items()
        for attribute, level in (("", ""), ("segment", "all"))
    ]


THIRDS = {("all", "control"): 0.4, ("all", "A"): 0.4, ("all", "holdout"): 0.2}


def test_people_who_are_suppressed_on_the_way_are_no_fault_of_the_holdout() -> None:
    """A fifth of every arm is suppressed before sending; the holdout is as it was drawn."""
    drawn = {"control": 4_000, "A": 4_000, "holdout": 2_000}
    sent = {"control": 3_200, "A": 3_200}

    found = ratio_of_groups(
        sizes(drawn, sent), analysed({**sent, "holdout": 2_000}), THIRDS, alert=0.001
    )

    assert found.state == "good"
    assert found.detail["assigned_not_sent"] == 1_600
    assert found.message.endswith(
        "1,600 people were assigned but not sent to; they are left out of every arm alike. The "
        "holdout counts as it was drawn."
    )


@pytest.mark.parametrize("stage", ["drawn", "sent", "analysed"])
def test_a_loss_at_any_stage_is_red(stage: str) -> None:
    whole = {"control": 4_000, "A": 4_000, "holdout": 2_000}
    counts = {name: dict(whole) for name in ("drawn", "sent", "analysed")}
    counts[stage]["A"] = 3_000

    found = ratio_of_groups(
        sizes(counts["drawn"], counts["sent"]), analysed(counts["analysed"]), THIRDS, alert=0.001
    )

    assert found.state == "bad"


def test_a_click_within_seconds_of_delivery_is_a_machines(shop: Shop) -> None:
    """The first forty are scanned; ten of them click again in the evening, and count."""
    shop.segment("loyal", 400)
    shop.launched()
    shop.respond("delivered", {"control": 100, "A": 100}, happened_at="2026-12-02 10:00:00")
    shop.respond("click", {"A": 40}, happened_at="2026-12-02 10:00:10")
    shop.respond("click", {"A": 10}, happened_at="2026-12-02 18:00:00")
    shop.respond("click", {"control": 40}, happened_at="2026-12-02 10:00:11")
    shop.measured()

    assert shop.results()["A"]["mean_treatment"] == 0.10
    assert shop.results()["A"]["mean_control"] == 0.40
    state, message, detail = shop.finding("machine_clicks")
    assert state == "warning"
    assert message.startswith("30 people (38 % of those with a click) clicked only within 10")
    assert message.endswith("The arms differ in it: A 75 %, control 0.0 %.")
    assert detail["arms"]["A"] == {"clicked": 10, "with_machines": 40}


@pytest.mark.parametrize(
    ("delivered_at", "seconds"),
    [
        pytest.param("2026-12-02 00:00:00", 10, id="a date without a time tells nothing"),
        pytest.param("2026-12-02 10:00:00", 0, id="the design counts all"),
        pytest.param("2026-12-02 10:00:05", 10, id="a click before the report"),
    ],
)
def test_a_click_that_may_be_a_persons_counts(shop: Shop, delivered_at: str, seconds: int) -> None:
    shop.segment("loyal", 400)
    shop.launched()
    shop.store.run("UPDATE experiments SET machine_click_seconds = $seconds", seconds=seconds)
    shop.respond("delivered", {"A": 100}, happened_at=delivered_at)
    shop.respond("click", {"A": 5}, happened_at="2026-12-02 10:00:03")
    shop.measured()

    assert shop.results()["A"]["mean_treatment"] == 0.05


def test_many_machine_clicks_are_told_even_where_they_are_alike() -> None:
    rows = [{"segment": "", "arm": a, "clicked": 60, "clicked_by_any": 100} for a in "AB"]

    found = scan_finding(rows, seconds=10, is_timed=True)

    assert found.state == "warning"
    assert found.detail["p"] == pytest.approx(1.0)


def test_without_delivery_times_scanners_cannot_be_told_from_people() -> None:
    found = scan_finding([], seconds=10, is_timed=False)

    assert found.state == "unknown"


def test_an_arm_that_is_delivered_less_is_named_and_voids_nothing(shop: Shop) -> None:
    shop.segment("loyal", 1_200)
    shop.launched()
    shop.respond("delivered", {"control": 300, "A": 300, "B": 180, "C": 300})
    shop.measured()

    assert shop.finding("delivery_losses")[0] == "warning"
    assert shop.health()["sample_ratio"] == "good"
    assert "invalid" not in {row["verdict"] for row in shop.results().values()}
