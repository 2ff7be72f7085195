from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalization.errors import InputError
from personalization.segmentation import explain_member, fit_segments, keep_segments
from personalization.segmentation.centroid_words import Centre, describe_centres, names_of
from personalization.segmentation.history import SAMPLE, statement
from personalization.segmentation.kmeans import MEMBERS, bind, distances_of
from personalization.segmentation.stability import agreement, silhouette
from personalization.settings import Segmentation, Settings
from tests.segmentation.shops import Person

if TYPE_CHECKING:
    import numpy.typing as npt
    from sklearn.cluster import KMeans

    from personalization.segmentation import Segmentation as SegmentationValue
    from tests.segmentation.shops import Shop

BUYERS = """
    SELECT recency_days, CAST(n_orders AS DOUBLE) AS n_orders, spent, segment
    FROM members WHERE recency_days IS NOT NULL
"""


def drawn_from(shop: Shop) -> npt.NDArray[np.float64]:
    """Everybody's recency, orders and spend."""
    return shop.store.frame(
        SAMPLE, dataset_id=shop.dataset_id, as_of="2011-12-10", sample=10_000, seed="1"
    ).to_numpy("float64")


def fitted_by_scikit_learn(points: npt.NDArray[np.float64], n: int, **options: int) -> KMeans:
    """Fit on one thread: on a busy machine two of them mostly wait for each other."""
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        return KMeans(n, random_state=1, **options).fit(points)


@pytest.fixture(scope="module")
def chosen(sample_shop: Shop) -> SegmentationValue:
    """The sample shop by k-means, with the number of groups left to the data."""
    return fit_segments(sample_shop.store, Settings(), "spring", method="kmeans")


def blobs(n: int = 60) -> list[Person]:
    """Two groups that nobody could mistake: loyal big spenders and lapsed small ones."""
    near = [Person(f"near{i}", days=1 + i % 5, orders=10 + i % 4, spent=900 + i) for i in range(n)]
    far = [Person(f"far{i}", days=300 + i % 9, orders=1, spent=10 + i % 7) for i in range(n)]
    return [*near, *far]


def test_the_sample_shop_falls_into_five_groups(chosen: SegmentationValue) -> None:
    # Figures of an independent run on the same 4,338 customers: silhouettes .435, .339, .336
    # and .314 for 2 to 5 groups, smallest group of five 6.5 %, bootstrap agreement .85.
    candidates = {c["n_clusters"]: c for c in chosen.parameters["candidates"]}

    assert chosen.parameters["n_clusters"] == 5
    assert chosen.parameters["customers_fitted"] == 4338
    assert [round(candidates[n]["silhouette"], 2) for n in (2, 3, 4, 5)] == pytest.approx(
        [0.435, 0.339, 0.336, 0.314], abs=0.011
    )
    assert candidates[5]["smallest_share"] >= 0.05
    assert candidates[5]["bootstrap_agreement"] >= 0.80
    assert chosen.quality["silhouette"] == candidates[5]["silhouette"]


def test_a_better_silhouette_of_a_handful_of_wholesalers_is_not_chosen(
    sample_shop: Shop, chosen: SegmentationValue
) -> None:
    """The trap: unlogged values have by far the better silhouette, with under 1 % in a group."""
    plain = drawn_from(sample_shop)
    unlogged = (plain - plain.mean(axis=0)) / plain.std(axis=0)

    labels = fitted_by_scikit_learn(unlogged, 2, n_init=10).labels_

    trap = silhouette(unlogged, labels) or 0
    buyers = [s.customers for s in chosen.segments if s.name != "No purchase"]
    assert trap > 0.85
    assert np.bincount(labels).min() / len(labels) < 0.01
    assert (chosen.quality["silhouette"] or 0) < trap
    assert min(buyers) / sum(buyers) >= 0.05


def test_sql_assigns_everybody_as_scikit_learn_predicts(sample_shop: Shop) -> None:
    parameters = fit_segments(
        sample_shop.store, Settings(), "spring", method="kmeans", n_clusters=10
    ).parameters
    rows = sample_shop.store.frame(
        statement(MEMBERS, BUYERS),
        dataset_id=sample_shop.dataset_id, as_of="2011-12-10", **bind(parameters, {}),
    )  # fmt: skip
    logged = np.log1p(rows[["recency_days", "n_orders", "spent"]].to_numpy("float64"))
    points = (logged - parameters["means"]) / parameters["spreads"]

    model = fitted_by_scikit_learn(points, 10, n_init=1)
    model.cluster_centers_ = np.array(parameters["centroids"])
    predicted = [parameters["names"][label] for label in model.predict(points)]

    assert len(rows) == 4338
    assert rows["segment"].tolist() == predicted


def test_the_fitted_centroids_are_those_of_scikit_learn(sample_shop: Shop) -> None:
    from sklearn.preprocessing import StandardScaler

    points = StandardScaler().fit_transform(np.log1p(drawn_from(sample_shop)))
    expected = fitted_by_scikit_learn(points, 3, n_init=10).cluster_centers_

    found = fit_segments(sample_shop.store, Settings(), "spring", method="kmeans", n_clusters=3)

    by_spend = expected[np.argsort(-expected[:, 2])]
    assert np.array(found.parameters["centroids"]) == pytest.approx(by_spend, abs=0.01)


def test_the_same_customers_give_the_same_groups_byte_for_byte(sample_shop: Shop) -> None:
    once = fit_segments(sample_shop.store, Settings(), "spring", method="kmeans", n_clusters=4)
    again = fit_segments(sample_shop.store, Settings(), "spring", method="kmeans", n_clusters=4)

    assert once == again


def test_two_plain_groups_are_found_and_named(shop: Shop) -> None:
    shop.fill([*blobs(), Person("never")])

    found = fit_segments(shop.store, Settings(), "spring", method="kmeans", n_clusters=2)

    assert {segment.name: segment.customers for segment in found.segments} == {
        "Recent frequent big spenders": 60,
        "Lapsed occasional small spenders": 60,
        "No purchase": 1,
    }


def test_a_sample_is_fitted_and_everybody_assigned(shop: Shop) -> None:
    shop.fill(blobs(300))
    settings = Settings(segmentation=Segmentation(sample=50))

    found = fit_segments(shop.store, settings, "spring", method="kmeans", n_clusters=2)

    assert found.parameters["customers_fitted"] == 50
    assert [segment.customers for segment in found.segments] == [300, 300]


@pytest.mark.parametrize("asked", [0, 1, 11])
def test_a_number_of_groups_that_cannot_be_made_is_refused(shop: Shop, asked: int) -> None:
    shop.fill(blobs(20))

    with pytest.raises(InputError, match="Ask for 2 to 10"):
        fit_segments(shop.store, Settings(), "spring", method="kmeans", n_clusters=asked)


@pytest.mark.parametrize("most", [1, 2])
def test_two_groups_are_the_fewest_that_are_tried(shop: Shop, most: int) -> None:
    shop.fill(blobs())
    settings = Settings(segmentation=Segmentation(most_clusters=most))

    found = fit_segments(shop.store, settings, "spring", method="kmeans")

    assert [candidate["n_clusters"] for candidate in found.parameters["candidates"]] == [2]


def test_customers_who_are_all_alike_are_refused(shop: Shop) -> None:
    shop.fill([Person(f"c{i}", days=3.0, orders=2, spent=10.0) for i in range(40)])

    with pytest.raises(InputError, match="the same history"):
        fit_segments(shop.store, Settings(), "spring", method="kmeans")


def test_a_grouping_that_hardly_holds_says_so(sample_shop: Shop) -> None:
    found = fit_segments(sample_shop.store, Settings(), "spring", method="kmeans", n_clusters=10)

    assert "with care" in found.notes[0]


def test_a_customer_who_buys_after_the_fit_can_still_be_told_a_group(shop: Shop) -> None:
    """The logarithm of a recency below zero would fail the whole statement."""
    people = blobs(20)
    shop.fill(people)
    proposal = fit_segments(shop.store, Settings(), "spring", method="kmeans", n_clusters=2)
    keep_segments(shop.store, "spring", proposal, actor="Ada")

    shop.fill([replace(people[0], days=-30.0), *people[1:]])

    assert "0 days before 20 November 2026" in explain_member(shop.store, "spring", "near0")


def test_distances_come_nearest_first() -> None:
    parameters = {
        "means": [0.0, 0.0, 0.0],
        "spreads": [1.0, 1.0, 2.0],
        "centroids": [[0.0, 0.0, 0.0], [0.0, 0.0, 2.0]],
        "names": ["Small", "Big"],
    }

    # by hand: log1p(e**4 - 1) = 4, over 2 is 2, which is the second centroid itself
    found = distances_of(0.0, 0.0, float(np.expm1(4.0)), parameters)

    assert found == [(0.0, "Big"), (2.0, "Small")]


def test_agreement_is_one_where_every_resample_says_the_same() -> None:
    points = np.array([[0.0, 0, 0]] * 30 + [[9.0, 0, 0]] * 30)

    found = agreement(points, lambda _, every: (every[:, 0] > 5).astype("int64"), seed=1)

    assert found == 1.0


def test_agreement_is_about_nothing_where_resamples_answer_at_random() -> None:
    rng = np.random.default_rng(3)
    points = rng.normal(size=(400, 3))

    found = agreement(points, lambda _, every: rng.integers(0, 3, len(every)), seed=1)

    assert abs(found) < 0.05


def test_there_is_no_silhouette_of_a_single_group() -> None:
    assert silhouette(np.zeros((10, 3)), np.zeros(10, dtype="int64")) is None


coordinates = st.tuples(*[st.floats(-3, 3, allow_nan=False)] * 3)


@given(st.lists(coordinates, min_size=1, max_size=10))
def test_no_two_centres_get_the_same_name(scaled: list[tuple[float, ...]]) -> None:
    centres = tuple(Centre(point, tuple(np.expm1(np.abs(point)))) for point in scaled)

    names = names_of(centres)

    assert len({name.casefold() for name in names}) == len(centres)
    assert all(name and len(name) <= 60 for name in names)


def test_centres_with_the_same_words_are_told_apart_by_what_differs_most() -> None:
    twins = (Centre((0.0, 0.0, 0.4), (30, 2, 90)), Centre((0.0, 0.1, -0.4), (30, 2, 40)))

    assert names_of(twins) == (
        "Cooling regular mid spenders (higher spend)",
        "Cooling regular mid spenders (lower spend)",
    )


def test_a_centre_names_its_nearest_centre_as_its_first_neighbour() -> None:
    groups = describe_centres((
        Centre((-1.0, 1.0, 1.0), (5, 9, 900)),
        Centre((1.0, -1.0, -1.0), (200, 1, 50)),
        Centre((0.9, -0.9, -0.2), (180, 1, 90)),
    ))  # fmt: skip

    assert groups[1].neighbours[0] == groups[2].name
    assert "5 days since the last order, 9 orders and 900 spent in all" in groups[0].rule
