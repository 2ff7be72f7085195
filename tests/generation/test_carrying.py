from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from personalization.generation import carry_over, regenerate, write_variants
from personalization.providers.composer import Composer
from tests.generation.campaigns import SETTINGS, add_segment, fill

if TYPE_CHECKING:
    from personalization.store import Store


@pytest.fixture
def parent(store: Store) -> Store:
    """A parent whose arm B ran in its first version, and a follow-up with its segments."""
    fill(store)
    write_variants(store, SETTINGS, "c1", actor="ann", writer=Composer())
    store.run("""
        INSERT INTO experiments (experiment_id, campaign_id, hypothesis, hypothesis_sha256, salt,
                                 confidence, designed_at, designed_by)
        VALUES ('e1', 'c1', '{}', 'x', 's', 0.95, now(), 'ann')
    """)
    store.run("""
        INSERT INTO arms
        SELECT 'e1', segment, arm, 1, 0.25, variant_id, version, content_sha256
        FROM current_variants
    """)
    store.run("""
        INSERT INTO campaigns SELECT 'c2', name, dataset_id, 'c1', brief, send_on, locale, 'c2',
               created_at, created_by, 'r2'
        FROM campaigns WHERE campaign_id = 'c1'
    """)
    add_segment(store, "Loyal", 0, "c2")
    return store


_CARRIED = """
    SELECT arm, variant_id, version, content_sha256 FROM current_variants
    WHERE campaign_id = 'c2' ORDER BY arm
"""


def test_winner_and_control_of_the_segments_that_go_on_are_carried_over(parent: Store) -> None:
    winners = {"Loyal": "B", "New": "A"}

    assert carry_over(parent, "c2", parent_id="c1", winners=winners, actor="bob") == 2

    ran = dict(
        parent.read("SELECT arm, content_sha256 FROM arms WHERE segment = 'Loyal' ORDER BY arm")
    )
    assert parent.read(_CARRIED) == [
        ("B", "c2-loyal-B", 1, ran["B"]),
        ("control", "c2-loyal-control", 1, ran["control"]),
    ]


def test_the_version_that_ran_is_carried_over_and_not_a_later_one(parent: Store) -> None:
    regenerate(parent, SETTINGS, "c1-loyal-B", writer=Composer(), actor="ann")

    carry_over(parent, "c2", parent_id="c1", winners="B", actor="bob")

    [(_, _, _, carried), _] = parent.read(_CARRIED)
    assert parent.read(
        "SELECT version FROM variants WHERE variant_id = 'c1-loyal-B' AND content_sha256 = $hash",
        hash=carried,
    ) == [(1,)]


def test_claims_come_along_and_the_second_time_adds_nothing(parent: Store) -> None:
    carry_over(parent, "c2", parent_id="c1", winners="B", actor="bob")

    assert carry_over(parent, "c2", parent_id="c1", winners="B", actor="bob") == 0
    before, after = (
        parent.read(
            "SELECT position, text, statement_id, decision FROM claims "
            "WHERE variant_id = $id ORDER BY position",
            id=variant_id,
        )
        for variant_id in ("c1-loyal-B", "c2-loyal-B")
    )
    assert before == after
    assert before
