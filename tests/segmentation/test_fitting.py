from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from personalization.errors import InputError
from personalization.segmentation import (
    METHODS,
    Condition,
    Rule,
    fit_segments,
    keep_segments,
    method_words,
)
from personalization.settings import Segmentation, Settings
from personalization.store import open_store
from tests.segmentation.shops import Person, Shop, everyday_people

if TYPE_CHECKING:
    from pathlib import Path

    from personalization.segmentation import Segmentation as SegmentationValue

RULES = (
    Rule("Often", (Condition("orders", ">=", 4),)),
    Rule("Lately", (Condition("recency_days", "<=", 60), Condition("total_spent", ">", 50))),
)


def fit(shop: Shop, method: str) -> SegmentationValue:
    return fit_segments(
        shop.store, Settings(), "spring", method=method,
        rules=RULES if method == "rules" else None,
        n_clusters=2 if method == "kmeans" else None,
    )  # fmt: skip


def kept(shop: Shop, method: str) -> dict[str, str]:
    keep_segments(shop.store, "spring", fit(shop, method), actor="Ada")
    return shop.members()


histories = st.one_of(
    st.just((None, None, None)),
    st.tuples(
        st.floats(0.01, 900),
        st.one_of(st.none(), st.integers(0, 30)),
        st.one_of(st.none(), st.floats(-50, 90_000)),
    ),
)


@pytest.mark.filterwarnings("ignore:Number of distinct clusters")  # resamples of a few people
@pytest.mark.parametrize("method", METHODS)
@hypothesis_settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.differing_executors]
)
@given(st.lists(histories, max_size=40))
def test_every_customer_is_in_exactly_one_segment(
    method: str, people: list[tuple[float | None, int | None, float | None]]
) -> None:
    shop = Shop(open_store())
    # two plain buyers, so that history can be told apart
    buyers = [Person("z1", days=1.0, orders=9, spent=90.0), Person("z2", days=99.0, orders=1)]
    shop.fill([*buyers, *(Person(f"c{i:02}", *person) for i, person in enumerate(people))])

    found = fit(shop, method)
    n_members = keep_segments(shop.store, "spring", found, actor="Ada")

    assert n_members == len(shop.members()) == len(people) + 2
    assert sum(segment.customers for segment in found.segments) == len(people) + 2
    assert len({segment.name.casefold() for segment in found.segments}) == len(found.segments)
    assert (found.quality["coverage"], found.quality["overlap"]) == (1.0, 0.0)
    shop.store.close()


@pytest.mark.parametrize("method", METHODS)
def test_neither_the_order_of_rows_nor_other_ids_change_anything(shop: Shop, method: str) -> None:
    people = everyday_people(120)
    shop.fill(people)
    before = fit(shop, method)
    members = kept(shop, method)

    moved = [replace(person, id=f"renamed {person.id}") for person in people]
    random.Random(7).shuffle(moved)  # noqa: S311
    shop.fill(moved)

    assert fit(shop, method) == before
    assert kept(shop, method) == {f"renamed {c}": segment for c, segment in members.items()}


def test_a_sample_does_not_depend_on_the_order_of_rows_or_the_spelling_of_ids(shop: Shop) -> None:
    settings = Settings(segmentation=Segmentation(sample=30))
    people = everyday_people(200)
    shop.fill(people)
    before = fit_segments(shop.store, settings, "spring", method="kmeans", n_clusters=3)

    shop.fill([replace(person, id=f"x{person.id}") for person in reversed(people)])
    after = fit_segments(shop.store, settings, "spring", method="kmeans", n_clusters=3)

    assert after.parameters["customers_fitted"] == 30
    assert after == before


def test_the_sample_shop_shuffled_and_renamed_has_the_same_rfm(
    sample_shop: Shop, shop: Shop, tmp_path: Path
) -> None:
    sample_shop.store.write_parquet(
        tmp_path / "shuffled.parquet",
        """SELECT * REPLACE ('shop' AS dataset_id, 'A' || customer_id AS customer_id)
           FROM customers ORDER BY md5(customer_id)""",
    )
    shop.store.run(
        "INSERT INTO customers SELECT * FROM read_parquet($path)",
        path=str(tmp_path / "shuffled.parquet"),
    )

    found = fit_segments(shop.store, Settings(), "spring")

    assert found == fit_segments(sample_shop.store, Settings(), "spring")


def test_fitting_writes_nothing(shop: Shop) -> None:
    shop.fill(everyday_people())
    for method in METHODS:
        fit(shop, method)

    for table in ("segmentations", "segments", "segment_members", "audit_log"):
        assert shop.store.read_one(f"SELECT count(*) FROM {table}") == (0,)  # noqa: S608


def test_a_profile_says_who_is_in_a_segment(shop: Shop) -> None:
    """Worked out by hand for four people."""
    shop.fill([
        Person("a", days=1.0, orders=5, spent=100.0, country="Ireland"),
        Person("b", days=2.0, orders=7, spent=300.0, consent=False, first_name=None),
        Person("c", days=6.0, orders=9, spent=200.0, email=None),
        Person("d", days=400.0, orders=1, spent=200.0, country=None),
    ])  # fmt: skip

    found = fit_segments(
        shop.store, Settings(), "spring", method="rules",
        rules=(Rule("Often", (Condition("orders", ">", 1),)),),
    )  # fmt: skip

    assert dict(found.segments[0].profile) == {
        "share": 0.75,
        "spent_share": 0.75,
        "median_recency_days": 2.0,
        "median_orders": 7.0,
        "median_spent": 200.0,
        "consent_share": pytest.approx(2 / 3),
        "email_share": pytest.approx(2 / 3),
        "reachable_share": pytest.approx(1 / 3),
        "first_name_share": pytest.approx(2 / 3),
        "top_countries": "United Kingdom, Ireland",
    }
    assert found.quality["smallest_share"] == 0.25


def test_recency_is_counted_from_the_day_after_the_last_order(shop: Shop) -> None:
    shop.fill([Person("a", days=0.25, orders=1), Person("b", days=9.5, orders=2)])

    found = fit_segments(shop.store, Settings(), "spring")

    assert found.as_of.isoformat() == "2026-11-20"  # the last order was at 18:00 on the 19th
    assert found.parameters["cut_points"]["recency_days"] == [0.25, 0.25, 9.5, 9.5]


def test_rules_on_a_base_without_orders_count_from_the_send_date(shop: Shop) -> None:
    shop.fill([Person("a", age=30), Person("b", age=60)])

    found = fit_segments(
        shop.store, Settings(), "spring", method="rules",
        rules=(Rule("Older", (Condition("age", ">=", 50),)),),
    )  # fmt: skip

    assert found.as_of.isoformat() == "2026-12-01"
    assert [segment.customers for segment in found.segments] == [1, 1]


def test_the_method_of_the_settings_is_the_default(shop: Shop) -> None:
    shop.fill(everyday_people())

    found = fit_segments(shop.store, Settings(segmentation=Segmentation(method="rules")), "spring")

    assert found.method == "rules"


@pytest.mark.parametrize("method", METHODS)
def test_a_method_is_explained_in_words(shop: Shop, method: str) -> None:
    shop.fill(everyday_people())
    found = fit(shop, method)

    said = method_words(method, {**found.parameters, "merges": {"New": "Promising"}}, found.as_of)

    assert said.endswith("Merged: 'New' into 'Promising'.")
    assert {"rfm": "20 November 2026", "kmeans": "2 groups", "rules": "'Often'"}[method] in said


def test_an_unknown_method_is_refused_with_those_known(shop: Shop) -> None:
    with pytest.raises(InputError, match=r"no method 'magic'. Choose one of: rfm, kmeans, rules"):
        fit_segments(shop.store, Settings(), "spring", method="magic")


def test_an_unknown_campaign_is_refused(shop: Shop) -> None:
    with pytest.raises(InputError, match="no campaign 'autumn'"):
        fit_segments(shop.store, Settings(), "autumn")


def test_an_empty_customer_base_is_refused(shop: Shop) -> None:
    with pytest.raises(InputError, match="This customer base is empty"):
        fit_segments(shop.store, Settings(), "spring", method="rules")
