"""RFM on real customers: the figures are those worked out independently for UCI Online Retail."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalization.errors import InputError
from personalization.segmentation import fit_segments, keep_segments
from personalization.segmentation.membership import SELECT
from personalization.segmentation.rfm import GRID, bind, box_of, label_by_grid, scores_of
from personalization.segmentation.rfm_words import box_words, collapse_notes
from personalization.settings import Settings
from tests.segmentation.shops import Person

if TYPE_CHECKING:
    from tests.segmentation.shops import Shop

CUTS = {
    "recency_days": [12.6, 32.5, 71.5, 179.4],
    "orders": [1.0, 2.0, 3.0, 6.0],
    "spent": [250.0, 490.0, 942.0, 2059.0],
}


def test_the_sample_shop_has_the_published_cut_points(sample_shop: Shop) -> None:
    found = fit_segments(sample_shop.store, Settings(), "spring", method="rfm")

    cuts = found.parameters["cut_points"]
    assert found.as_of.isoformat() == "2011-12-10"  # the day after the last order
    assert [round(cut, 1) for cut in cuts["recency_days"]] == [12.6, 32.5, 71.5, 179.4]
    assert cuts["orders"] == [1, 2, 3, 6]
    assert [round(cut) for cut in cuts["spent"]] == [250, 490, 942, 2059]


def test_the_sample_shop_has_the_published_segments(sample_shop: Shop) -> None:
    found = fit_segments(sample_shop.store, Settings(), "spring", method="rfm")

    sizes = {segment.name: segment.customers for segment in found.segments}
    never_bought = sizes.pop("No purchase", 0)
    assert sizes == {
        "Champions": 604,
        "Loyal": 686,
        "Potential loyalists": 481,
        "New": 67,
        "Promising": 165,
        "Need attention": 118,
        "About to sleep": 482,
        "At risk": 360,
        "Cannot lose": 37,
        "Hibernating": 1338,
    }
    assert sum(sizes.values()) == 4338
    n_customers = sample_shop.store.read("SELECT count(*) FROM customers")[0][0]
    assert sum(sizes.values()) + never_bought == n_customers
    assert found.quality["coverage"] == 1.0
    assert found.quality["overlap"] == 0.0


def test_the_sample_shops_segments_are_the_same_on_resampled_customers(sample_shop: Shop) -> None:
    found = fit_segments(sample_shop.store, Settings(), "spring", method="rfm")

    # 0.974 over 20 resamples when it was measured independently
    assert found.quality["bootstrap_agreement"] == pytest.approx(0.974, abs=0.02)


def test_the_rule_of_champions_reads_as_a_marketer_would_say_it(sample_shop: Shop) -> None:
    found = fit_segments(sample_shop.store, Settings(), "spring", method="rfm")

    rules = {segment.name: segment.rule for segment in found.segments}
    assert rules["Champions"] == "bought within 12.6 days and at least 4 orders"
    assert rules["New"] == "bought within 12.6 days and 1 order"
    assert rules["At risk"] == "last bought more than 71.5 days ago and 3 to 6 orders"
    assert rules["No purchase"] == "no dated order on record"


def test_the_grid_covers_each_of_the_25_cells_once() -> None:
    covered = [
        (recency, frequency)
        for box in GRID
        for recency in range(box.recency[0], box.recency[1] + 1)
        for frequency in range(box.frequency[0], box.frequency[1] + 1)
    ]

    assert sorted(covered) == [(r, f) for r in range(1, 6) for f in range(1, 6)]
    assert len({box.name for box in GRID}) == 10


def test_the_statement_puts_each_cell_into_the_box_of_the_grid(shop: Shop) -> None:
    days, orders = (0.5, 20.0, 50.0, 100.0, 200.0), (1, 2, 3, 5, 9)
    shop.fill([
        Person(f"r{5 - i}f{j + 1}", days=d, orders=n, spent=10.0)
        for i, d in enumerate(days) for j, n in enumerate(orders)
    ])  # fmt: skip

    rows = shop.store.read(
        SELECT["rfm"],
        dataset_id="shop", as_of="2026-11-20", **bind({"cut_points": CUTS}, {}),
    )  # fmt: skip

    assert len(rows) == 25
    for cell, segment in rows:
        assert segment == box_of(int(cell[1]), int(cell[3])).name


def test_a_value_on_a_cut_point_belongs_to_the_better_half_and_one_above_does_not() -> None:
    assert scores_of(12.6, 6, 250.0, CUTS) == (5, 4, 1)
    assert scores_of(12.6001, 7, 250.01, CUTS) == (4, 5, 2)


def test_equal_values_get_equal_scores_whatever_the_order_of_the_rows(shop: Shop) -> None:
    """The trap: quintiles of ranks give customers with one order each any score from 1 to 2."""
    people = [Person(f"c{i:03}", days=i % 50 + 0.5, orders=1 + i // 90, spent=9.0)
              for i in range(120)]  # fmt: skip
    found = set()

    for seed in range(3):
        random.Random(seed).shuffle(people)  # noqa: S311
        shop.fill(people)
        keep_segments(
            shop.store, "spring", fit_segments(shop.store, Settings(), "spring"), actor="Ada"
        )
        found.add(tuple(sorted(shop.members().items())))

    assert len(found) == 1
    members = dict(found.pop())
    alike = {(p.days, p.orders): members[p.id] for p in people}
    assert all(members[p.id] == alike[p.days, p.orders] for p in people)


def test_a_customer_without_a_dated_order_is_in_no_purchase(shop: Shop) -> None:
    buyers = [Person(f"b{i}", days=i + 1.0, orders=i + 1, spent=10.0) for i in range(10)]
    others = [
        Person("never"),
        Person("nothing", orders=0, spent=0.0),
        Person("undated", orders=3, spent=90.0),
        Person("only returned", days=3.0, orders=0, spent=-5.0),
    ]
    shop.fill([*buyers, *others])

    keep_segments(shop.store, "spring", fit_segments(shop.store, Settings(), "spring"), actor="A")

    no_purchase = {c for c, segment in shop.members().items() if segment == "No purchase"}
    assert no_purchase == {"never", "nothing", "undated", "only returned"}


def test_a_file_that_knows_the_last_order_but_not_their_number_counts_one(shop: Shop) -> None:
    shop.fill([Person(f"b{i}", days=i * 10 + 1.0) for i in range(10)])

    found = fit_segments(shop.store, Settings(), "spring")

    assert {s.name for s in found.segments} <= {
        "New", "Promising", "About to sleep", "Hibernating"
    }  # fmt: skip
    assert dict(found.segments[0].profile)["median_orders"] == 1


def test_cut_points_that_fall_together_are_said_and_leave_nobody_out(shop: Shop) -> None:
    shop.fill([Person(f"b{i}", days=i + 1.0, orders=1, spent=5.0) for i in range(40)])

    found = fit_segments(shop.store, Settings(), "spring")

    assert found.parameters["cut_points"]["orders"] == [1, 1, 1, 1]
    assert sum(segment.customers for segment in found.segments) == 40
    assert any("orders are 1, 1, 1 and 1" in note for note in found.notes)


def test_a_box_whose_cut_points_are_the_same_says_that_nobody_can_be_in_it() -> None:
    cuts = {"recency_days": [1.0, 2.0, 3.0, 4.0], "orders": [1.0, 1.0, 1.0, 2.0]}

    assert "cut points are the same" in box_words((5, 5), (2, 3), cuts)
    assert len(collapse_notes(cuts)) == 1


def test_customers_without_any_history_are_refused_with_a_way_out(shop: Shop) -> None:
    shop.fill([Person("a"), Person("b")])

    with pytest.raises(InputError, match="Import their transactions, or group them by rules"):
        fit_segments(shop.store, Settings(), "spring", method="rfm")


@given(
    st.lists(
        st.tuples(st.floats(0, 400), st.integers(1, 20), st.floats(0, 5_000)),
        min_size=1, max_size=60,
    )
)  # fmt: skip
def test_a_score_is_one_plus_the_cut_points_strictly_below(
    people: list[tuple[float, int, float]],
) -> None:
    points = np.array(people, dtype="float64")
    cuts = np.quantile(points, [0.2, 0.4, 0.6, 0.8], axis=0, method="inverted_cdf")
    saved = {name: list(cuts[:, i]) for i, name in enumerate(("recency_days", "orders", "spent"))}

    labels = label_by_grid(points, points)

    for (days, orders, spent), label in zip(people, labels, strict=True):
        recency, frequency, money = scores_of(days, orders, spent, saved)
        assert 5 - recency == sum(cut < days for cut in saved["recency_days"])
        assert money - 1 == sum(cut < spent for cut in saved["spent"])
        assert GRID[label] == box_of(recency, frequency)
