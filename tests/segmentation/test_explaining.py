from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from personalization.errors import InputError, StateError
from personalization.segmentation import (
    explain_member,
    fit_segments,
    keep_segments,
    sample_members,
)
from personalization.segmentation.wording import number_apart
from personalization.settings import Settings
from tests.segmentation.shops import Person, everyday_people

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.segmentation.shops import Shop


@pytest.fixture
def kept_sample(sample_shop: Shop) -> Shop:
    """The sample shop with its RFM segments kept."""
    proposal = fit_segments(
        sample_shop.store, Settings(), "spring", merges={"Cannot lose": "At risk"}
    )
    keep_segments(sample_shop.store, "spring", proposal, actor="Ada")
    return sample_shop


def keep(shop: Shop, merges: Mapping[str, str] | None = None) -> None:
    proposal = fit_segments(shop.store, Settings(), "spring", merges=merges)
    keep_segments(shop.store, "spring", proposal, actor="Ada")


def test_a_champion_is_explained_by_their_own_numbers_against_the_cut_points(
    kept_sample: Shop,
) -> None:
    """Customer 12347 of UCI Online Retail: 7 orders, 4,310.00, last one on 2011-12-07 15:52."""
    assert explain_member(kept_sample.store, "spring", "12347") == (
        "Customer 12347 is in 'Champions'. The last order was 2.3 days before 10 December 2011, "
        "at most 12.6 days: recency score 5 of 5. 7 orders, more than 6: frequency score 5 of 5. "
        "4,310 spent in all, more than 2,059: monetary score 5 of 5, which is shown and does not "
        "decide. Recency 5 with frequency 5 is 'Champions'."
    )


def test_a_merged_member_is_told_what_was_merged(kept_sample: Shop) -> None:
    [[customer_id]] = kept_sample.store.read(
        """SELECT customer_id FROM customers
           WHERE orders > 6 AND last_order_at < TIMESTAMP '2011-09-29 11:29:00'
           ORDER BY customer_id LIMIT 1"""
    )

    said = explain_member(kept_sample.store, "spring", customer_id)

    assert f"Customer {customer_id} is in 'At risk'." in said
    assert said.endswith("is 'Cannot lose', which was merged into 'At risk'.")


def test_every_explanation_names_the_segment_that_the_member_is_in(shop: Shop) -> None:
    shop.fill(everyday_people(16))
    for method, n_clusters in (("rfm", None), ("kmeans", 3), ("rules", None)):
        proposal = fit_segments(
            shop.store, Settings(), "spring", method=method, n_clusters=n_clusters
        )
        keep_segments(shop.store, "spring", proposal, actor="Ada")

        for customer_id, segment in shop.members().items():
            said = explain_member(shop.store, "spring", customer_id)
            assert said.startswith(f"Customer {customer_id} is in {segment!r}. ")
            reason = said.removeprefix(f"Customer {customer_id} is in {segment!r}. ")
            assert repr(segment) in reason or segment == "No purchase", said
            assert "changed" not in said


def test_a_customer_without_an_order_is_told_so(shop: Shop) -> None:
    shop.fill([*everyday_people(), Person("undated", orders=3), Person("never")])
    keep(shop)

    assert explain_member(shop.store, "spring", "never") == (
        "Customer never is in 'No purchase'. No order on record."
    )
    assert explain_member(shop.store, "spring", "undated").endswith(
        "3 orders on record, but no date of any of them."
    )


def test_an_explanation_says_when_the_numbers_have_changed_since(shop: Shop) -> None:
    people = everyday_people()
    shop.fill(people)
    keep(shop)
    lapsed = next(c for c, segment in shop.members().items() if segment == "Hibernating")

    shop.fill([replace(p, days=0.25, orders=50) if p.id == lapsed else p for p in people])

    said = explain_member(shop.store, "spring", lapsed)
    assert "is in 'Hibernating'." in said
    assert said.endswith("by those of today they would be in 'Champions'.")


def test_a_newcomer_is_in_no_segment_until_the_segments_are_kept_again(shop: Shop) -> None:
    shop.fill(everyday_people())
    keep(shop)
    shop.fill([*everyday_people(), Person("newcomer", days=1.0, orders=1, spent=5.0)])

    assert explain_member(shop.store, "spring", "newcomer").startswith(
        "Customer newcomer is in no segment of this campaign. The last order was 1 day before"
    )


def test_a_customer_of_another_base_is_refused(shop: Shop) -> None:
    shop.fill(everyday_people())
    keep(shop)

    with pytest.raises(InputError, match="'nobody' is not in this customer base"):
        explain_member(shop.store, "spring", "nobody")


def test_nobody_is_explained_before_segments_are_kept(shop: Shop) -> None:
    shop.fill(everyday_people())

    with pytest.raises(StateError, match="no segments yet"):
        explain_member(shop.store, "spring", "c001")


def test_the_same_ten_people_are_shown_each_time(kept_sample: Shop) -> None:
    first = sample_members(kept_sample.store, "spring", "Champions")

    assert len(first) == 10
    assert first == sample_members(kept_sample.store, "spring", "Champions")
    members = kept_sample.members()
    assert {members[person["customer_id"]] for person in first} == {"Champions"}
    assert all(person["orders"] >= 4 and person["recency_days"] <= 12.6 for person in first)


def test_a_small_segment_shows_everybody_it_has(shop: Shop) -> None:
    shop.fill([Person("a", days=1.0, orders=9), Person("b", days=90.0, orders=1), Person("c")])
    keep(shop)

    assert [p["customer_id"] for p in sample_members(shop.store, "spring", "No purchase")] == ["c"]


def test_people_of_an_unknown_segment_are_refused_with_those_known(shop: Shop) -> None:
    shop.fill([Person("a", days=1.0, orders=9), Person("b")])
    keep(shop)

    with pytest.raises(InputError, match=r"no segment 'VIP'. There is: "):
        sample_members(shop.store, "spring", "VIP")


@pytest.mark.parametrize(
    ("value", "cuts", "said"),
    [
        pytest.param(12.3, [12.6, 32.5], "12.3", id="one digit tells them apart"),
        pytest.param(12.57, [12.55625, 32.5], "12.57", id="two digits are needed"),
        pytest.param(12.6, [12.6], "12.6", id="the cut point itself"),
    ],
)
def test_a_number_is_never_rounded_onto_the_cut_point_beside_it(
    value: float, cuts: list[float], said: str
) -> None:
    assert number_apart(value, cuts, 1) == said
