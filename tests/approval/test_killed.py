"""Killed at fifty moments: nothing may be sent that was not screened and is not on record."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from personalization.safety import activate_policy
from personalization.settings import Settings
from personalization.store import Store, open_store, verify_chain
from tests.safety.scripted import add_campaign, add_variant

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
ROUNDS = 50
_COPIES = """
    INSERT INTO variants
    SELECT variants.* REPLACE ('c1/Loyal/' || n AS variant_id, 'M' || n AS arm)
    FROM variants, range(150) AS copies(n)
"""


@pytest.fixture(scope="module")
def survivor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, list[str]]]:
    """The database of a process that was killed fifty times, and how each of its lives ended."""
    path = tmp_path_factory.mktemp("killed") / "state.duckdb"
    store = open_store(path)
    add_campaign(store)
    add_variant(store, "A")
    store.run(_COPIES)
    activate_policy(store, Settings(), actor="mia")
    store.close()
    ran = subprocess.run(
        [sys.executable, "-m", "tests.approval.killed", str(path), str(ROUNDS)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    store = open_store(path)
    yield store, ran.stdout.split()
    store.close()


def test_it_was_killed_at_work(survivor: tuple[Store, list[str]]) -> None:
    store, ends = survivor

    assert ends == ["killed"] * ROUNDS
    [(screened, sendable)] = store.read(
        "SELECT (SELECT count(*) FROM screenings), (SELECT count(*) FROM sendable_variants)"
    )
    assert 0 < sendable <= screened < 151


def test_nothing_may_be_sent_without_a_screening_and_its_audit_row(
    survivor: tuple[Store, list[str]],
) -> None:
    unproven = survivor[0].read("""
        SELECT gate.variant_id FROM sendable_variants AS gate
        LEFT JOIN screenings ON screenings.screening_id = gate.screening_id
        LEFT JOIN audit_log AS screened
            ON screened.kind = 'variant.screened' AND screened.ref = gate.variant_id
           AND json_extract_string(screened.payload, '$.screening_id')
               = CAST(gate.screening_id AS VARCHAR)
           AND json_extract_string(screened.payload, '$.content_sha256') = gate.content_sha256
        LEFT JOIN audit_log AS approved
            ON approved.kind = 'variant.approved'
           AND json_extract_string(approved.payload, '$.approval_id')
               = CAST(gate.approval_id AS VARCHAR)
        WHERE screenings.screening_id IS NULL OR screened.seq IS NULL OR approved.seq IS NULL
    """)

    assert unproven == []


def test_no_screening_is_without_its_audit_row_and_none_is_recorded_that_is_not_there(
    survivor: tuple[Store, list[str]],
) -> None:
    apart = survivor[0].read("""
        SELECT screening_id, recorded
        FROM screenings
        FULL JOIN (SELECT CAST(json_extract(payload, '$.screening_id') AS BIGINT) AS recorded
                   FROM audit_log WHERE kind = 'variant.screened') AS trail
            ON trail.recorded = screenings.screening_id
        WHERE screening_id IS NULL OR recorded IS NULL
    """)

    assert apart == []


def test_the_chain_is_whole_after_every_death(survivor: tuple[Store, list[str]]) -> None:
    assert verify_chain(survivor[0]).first_broken is None
