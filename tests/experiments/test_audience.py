from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from personalization.experiments import BUCKETS, audience_waterfall, start_holdout
from personalization.experiments.audience import eligible_by_segment
from personalization.store import open_store

if TYPE_CHECKING:
    from personalization.store import Store

    from .conftest import Shop

_CAMPAIGN = """
    INSERT INTO campaigns VALUES ('c', 'C', 'base', NULL, '{}', DATE '2026-12-01', 'en-GB', 's',
                                  TIMESTAMPTZ '2026-11-20 12:00:00+00', 'ada', NULL)
"""
_CUSTOMER = """
    INSERT INTO customers (dataset_id, customer_id, email, consent_email)
    VALUES ($dataset, $id, $email, $consent)
"""
_MEMBER = "INSERT INTO segment_members VALUES ('c', 'loyal', $id)"
_SUPPRESS = """
    INSERT INTO suppressions VALUES ($dataset, $id, $email, 'unsubscribed',
                                     TIMESTAMPTZ '2026-11-20 12:00:00+00')
"""


def add(
    store: Store,
    key: str,
    email: str | None,
    *,
    consent: bool = True,
    is_member: bool = True,
    dataset: str = "base",
) -> None:
    store.run(_CUSTOMER, dataset=dataset, id=key, email=email, consent=consent)
    if is_member:
        store.run(_MEMBER, id=key)


def buckets(store: Store) -> dict[str, str]:
    return dict(store.read("SELECT customer_id, bucket FROM audience WHERE campaign_id = 'c'"))


def test_each_customer_is_in_the_bucket_of_the_first_reason(store: Store) -> None:
    store.run(_CAMPAIGN)
    add(store, "fine", "fine@example.com")
    add(store, "nowhere", "nowhere@example.com", consent=False, is_member=False)
    add(store, "silent", None, consent=False)
    add(store, "broken", None)
    add(store, "twin-1", "twin@example.com")
    add(store, "twin-2", "twin@example.com")
    add(store, "gone", "gone@example.com")
    store.run(_SUPPRESS, dataset="base", id="gone", email="gone@example.com")
    # By any md5: pepper:d is 3a13..., .23 of all; gone 4cbd (.2998), twin-1 9c13, fine bbde.
    add(store, "d", "d@example.com")
    start_holdout(store, share=0.3, salt="pepper", actor="ada", reason="To see.")

    assert buckets(store) == {
        "fine": "eligible",
        "nowhere": "no segment",
        "silent": "no consent",
        "broken": "no valid e-mail",
        "twin-1": "eligible",
        "twin-2": "duplicate address",
        "gone": "suppressed",
        "d": "global holdout",
    }


def test_an_address_is_kept_by_the_lowest_id_that_may_be_written_to(store: Store) -> None:
    store.run(_CAMPAIGN)
    add(store, "a", "shared@example.com", consent=False)
    add(store, "b", "shared@example.com")
    add(store, "c", "shared@example.com")

    assert buckets(store) == {"a": "no consent", "b": "eligible", "c": "duplicate address"}


def test_who_objected_under_another_id_or_in_another_dataset_is_not_written_to(
    store: Store,
) -> None:
    store.run(_CAMPAIGN)
    add(store, "a", "shared@example.com")
    add(store, "b", "shared@example.com")
    add(store, "c", "elsewhere@example.com")
    add(store, "old", "elsewhere@example.com", dataset="archive", is_member=False)
    store.run(_SUPPRESS, dataset="base", id="b", email=None)
    store.run(_SUPPRESS, dataset="archive", id="old", email=None)

    assert buckets(store) == {"a": "suppressed", "b": "duplicate address", "c": "suppressed"}


def test_the_waterfall_names_every_bucket_in_its_order(store: Store) -> None:
    store.run(_CAMPAIGN)
    add(store, "fine", "fine@example.com")

    waterfall = audience_waterfall(store, "c")

    assert [bucket for bucket, _ in waterfall] == list(BUCKETS)
    assert dict(waterfall)["eligible"] == 1
    assert sum(n for _, n in waterfall) == 1


def test_another_campaign_of_the_same_customers_has_its_own_audience(shop: Shop) -> None:
    shop.segment("loyal", 10)
    shop.store.run(_CAMPAIGN)

    assert dict(audience_waterfall(shop.store, "c"))["no segment"] == 10
    assert eligible_by_segment(shop.store, "spring") == {"loyal": 10}


people = st.lists(
    st.tuples(st.sampled_from([None, "a@x.example", "b@x.example", "c@x.example"]), st.booleans(),
              st.booleans(), st.booleans()),
    max_size=12,
)  # fmt: skip


@settings(max_examples=25)
@given(people)
def test_the_buckets_add_up_to_the_dataset_and_no_address_is_written_to_twice(
    rows: list[tuple[str | None, bool, bool, bool]],
) -> None:
    store = open_store()
    store.run(_CAMPAIGN)
    for i, (email, consent, is_member, is_suppressed) in enumerate(rows):
        add(store, f"k{i}", email, consent=consent, is_member=is_member)
        if is_suppressed:
            store.run(_SUPPRESS, dataset="base", id=f"k{i}", email=email)

    waterfall = audience_waterfall(store, "c")
    twice = store.read(
        "SELECT email FROM audience WHERE bucket = 'eligible' GROUP BY email HAVING count(*) > 1"
    )
    store.close()

    assert sum(n for _, n in waterfall) == len(rows)
    assert not twice
