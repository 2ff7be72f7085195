from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalization.errors import InputError
from personalization.segmentation import fit_segments, keep_segments
from personalization.segmentation.merging import propose_merges, resolve, smallest_size
from personalization.segmentation.rfm import groups_of
from personalization.segmentation.values import Group
from personalization.settings import Settings
from tests.segmentation.test_rfm import CUTS

if TYPE_CHECKING:
    from tests.segmentation.shops import Shop

GROUPS = groups_of(CUTS)
NAMES = [group.name for group in GROUPS]


@pytest.mark.parametrize(
    ("n_customers", "needed"),
    [
        pytest.param(100, 30, id="thirty at least"),
        pytest.param(3_000, 30, id="one percent is thirty"),
        pytest.param(4_338, 44, id="one percent is rounded up"),
    ],
)
def test_a_segment_needs_thirty_customers_and_one_percent(n_customers: int, needed: int) -> None:
    assert smallest_size(n_customers, minimum_customers=30, minimum_share=0.01) == needed


def test_a_small_segment_is_proposed_to_its_named_neighbour() -> None:
    sizes = {"Champions": 500, "At risk": 360, "Cannot lose": 37, "Hibernating": 900}

    assert propose_merges(sizes, GROUPS, 44) == {"Cannot lose": "At risk"}


def test_two_small_neighbours_can_be_enough_together() -> None:
    sizes = {"Champions": 500, "New": 20, "Promising": 30, "Hibernating": 900}

    assert propose_merges(sizes, GROUPS, 44) == {"New": "Promising"}


def test_a_segment_without_a_neighbour_goes_to_the_largest() -> None:
    groups = (Group("A", "", ""), Group("B", "", ""), Group("C", "", ""))

    assert propose_merges({"A": 5, "B": 90, "C": 80}, groups, 30) == {"A": "B"}


def test_a_last_segment_is_left_however_small() -> None:
    assert propose_merges({"New": 3}, GROUPS, 30) == {}


@given(st.dictionaries(st.sampled_from(NAMES), st.integers(1, 100), min_size=1), st.integers(1, 80))
def test_proposed_merges_leave_nothing_small_and_lose_nobody(
    sizes: dict[str, int], needed: int
) -> None:
    merges = resolve(propose_merges(sizes, GROUPS, needed), GROUPS)

    merged: dict[str, int] = {}
    for name, size in sizes.items():
        into = merges.get(name, name)
        merged[into] = merged.get(into, 0) + size
    assert sum(merged.values()) == sum(sizes.values())
    assert len(merged) == 1 or min(merged.values()) >= needed


def test_a_merge_of_a_merge_ends_where_the_last_one_ends() -> None:
    found = resolve({"New": "Promising", "Promising": "About to sleep"}, GROUPS)

    assert found == {"New": "About to sleep", "Promising": "About to sleep"}


@pytest.mark.parametrize(
    "merges",
    [
        pytest.param({"New": "New"}, id="into itself"),
        pytest.param({"New": "Promising", "Promising": "New"}, id="in a circle of two"),
        pytest.param(
            {"Loyal": "New", "New": "Promising", "Promising": "New"}, id="led into a circle"
        ),
    ],
)
def test_merges_in_a_circle_are_refused(merges: dict[str, str]) -> None:
    with pytest.raises(InputError, match="leads back to itself"):
        resolve(merges, GROUPS)


def test_a_merge_of_an_unknown_segment_is_refused_with_those_known() -> None:
    with pytest.raises(InputError, match=r"no segment 'VIP' to merge. There is: Champions"):
        resolve({"VIP": "New"}, GROUPS)


def test_the_sample_shops_small_segments_can_be_merged_and_say_so(sample_shop: Shop) -> None:
    before = fit_segments(sample_shop.store, Settings(), "spring")

    after = fit_segments(sample_shop.store, Settings(), "spring", merges=before.small)

    assert before.small["Cannot lose"] == "At risk"
    assert after.small == {}
    at_risk = next(segment for segment in after.segments if segment.name == "At risk")
    assert at_risk.customers == 360 + 37
    assert at_risk.rule == (
        "last bought more than 71.5 days ago and 3 to 6 orders; or, merged in from "
        "'Cannot lose': last bought more than 71.5 days ago and at least 7 orders"
    )
    assert sum(segment.customers for segment in after.segments) == sum(
        segment.customers for segment in before.segments
    )


def test_merged_customers_are_kept_under_the_name_of_the_neighbour(sample_shop: Shop) -> None:
    sample_shop.add_campaign("merged")
    proposal = fit_segments(
        sample_shop.store, Settings(), "merged", method="kmeans", n_clusters=3,
        merges={"No purchase": "Lapsed occasional small spenders"},
    )  # fmt: skip

    keep_segments(sample_shop.store, "merged", proposal, actor="Ada")

    assert set(sample_shop.members("merged").values()) == {
        segment.name for segment in proposal.segments
    }
    assert "No purchase" not in sample_shop.members("merged").values()
