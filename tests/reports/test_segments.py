from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest

from personalization.reports.segments import find_customers, segmentation_of, segments_of

if TYPE_CHECKING:
    from personalization.store import Store

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@pytest.fixture
def filled(store: Store) -> Store:
    store.run(
        "INSERT INTO campaigns VALUES ('spring', 'Spring', 'base', NULL, '{}', $on, 'en-GB', 's', "
        "$t, 'Ann', NULL)",
        on=date(2026, 12, 1), t=NOW,
    )  # fmt: skip
    store.run(
        "INSERT INTO customers (dataset_id, customer_id, email, full_name, consent_email) VALUES "
        "('base', 'C-1', 'ann@example.com', 'Ann Archer', true), "
        "('base', 'C-2', 'annabel@example.com', 'Annabel Bow', true), "
        "('base', 'C-3', NULL, NULL, false), "
        "('other', 'C-1', 'ann@example.com', 'Ann Archer', true)"
    )
    store.run("INSERT INTO segment_members VALUES ('spring', 'Loyal', 'C-1')")
    return store


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param("c-1", ["C-1"], id="a number in any case"),
        pytest.param("ANN@example.com", ["C-1"], id="an address in any case"),
        pytest.param("ann", ["C-1", "C-2"], id="how names begin"),
        pytest.param(" C-3 ", ["C-3"], id="spaces around"),
        pytest.param("an", [], id="two letters are too few to search by"),
        pytest.param("", [], id="nothing"),
        pytest.param("C-9", [], id="nobody"),
    ],
)
def test_a_person_is_found_by_what_one_knows_of_them(
    filled: Store, words: str, expected: list[str]
) -> None:
    found = find_customers(filled, "spring", words)

    assert [row["customer_id"] for row in found] == expected


def test_a_person_is_found_with_their_segment(filled: Store) -> None:
    assert [row["segment"] for row in find_customers(filled, "spring", "ann")] == ["Loyal", None]


def test_no_more_people_are_found_than_asked_for(filled: Store) -> None:
    assert len(find_customers(filled, "spring", "ann", limit=1)) == 1


def test_segments_come_back_in_their_order_with_their_profile(store: Store) -> None:
    for position, name in ((2, "New"), (1, "Loyal")):
        store.run(
            "INSERT INTO segments VALUES "
            "('spring', $name, $position, 'rule', 'words', 12, $profile)",
            name=name, position=position,
            profile='{"median_orders": 4.0, "top_countries": "France"}',
        )  # fmt: skip

    loyal, new = segments_of(store, "spring")

    assert (loyal.name, new.name) == ("Loyal", "New")
    assert dict(loyal.profile) == {"median_orders": 4.0, "top_countries": "France"}


def test_a_campaign_that_kept_no_segments_has_no_segmentation(store: Store) -> None:
    assert segmentation_of(store, "spring") is None


def test_how_the_segments_were_made_is_kept_with_them(store: Store) -> None:
    store.run(
        "INSERT INTO segmentations VALUES ('spring', 'rfm', '{\"cuts\": [1, 2]}', "
        "'{\"coverage\": 1.0}', $on, $t)",
        on=date(2026, 11, 19), t=NOW,
    )  # fmt: skip

    kept = segmentation_of(store, "spring")

    assert kept is not None
    assert (kept.method, kept.parameters, kept.quality) == (
        "rfm",
        {"cuts": [1, 2]},
        {"coverage": 1},
    )
    assert kept.as_of == date(2026, 11, 19)
