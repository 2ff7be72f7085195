from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from personalization.experiments.balance import balance_finding, imbalances
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
    """By hand: (5.5 - 5) / sqrt((4 + 4) / 2) = 0.25."""
    (found,) = imbalances([known("control", 5.0), known("A", 5.5)], [], {})

    assert found.standardised == pytest.approx(0.25)
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
