"""What is old goes: words first, then the oldest part of the trail, and all of it still checks."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import duckdb
import pytest

from personalization.errors import StateError
from personalization.store import due, open_store, retain, verify_chain
from personalization.store.audit import row_hash
from tests.store import filled
from tests.unguarded import unguarded

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from personalization.store import Store

LONG_AFTER = datetime(2026, 12, 1, tzinfo=UTC)
SOON_AFTER = datetime(2024, 7, 1, tzinfo=UTC)  # 89 days after the day of analysis, 3 April


@pytest.fixture
def old(tmp_path: Path) -> Iterator[Store]:
    """A campaign of spring 2024 in a file."""
    store = open_store(tmp_path / "state.duckdb", clock=filled.Clock())
    filled.fill(store)
    yield store
    store.close()


def at(store: Store, now: datetime) -> Store:
    store.clock.now = now  # type: ignore[attr-defined]
    return store


def test_nothing_is_due_before_its_time(old: Store) -> None:
    assert not due(at(old, SOON_AFTER), body_days=90, trail_months=24).is_due


def test_a_dry_run_says_what_is_due_and_changes_nothing(old: Store) -> None:
    found = due(at(old, LONG_AFTER), body_days=90, trail_months=24)

    assert [each["texts"] for each in found.campaigns] == [6]
    assert (found.first, found.last, found.rows, found.file) == (1, 17, 17, "")
    assert old.read("SELECT count(*) FROM audit_log") == [(17,)]
    assert old.read("SELECT count(*) FROM variants WHERE body <> ''") == [(6,)]


def test_a_campaign_that_was_never_launched_keeps_its_words(old: Store) -> None:
    old.run("UPDATE experiments SET launched_at = NULL")

    assert due(at(old, LONG_AFTER), body_days=90, trail_months=240).campaigns == ()


def test_words_go_and_fingerprints_stay(old: Store) -> None:
    before = old.read("SELECT variant_id, content_sha256 FROM variants ORDER BY ALL")
    [(campaign_id,)] = old.read("SELECT campaign_id FROM campaigns")
    for key, whose in (("k1", campaign_id), ("k2", "another")):
        old.run(
            "INSERT INTO writer_replies VALUES ($key, 'Dear reader', '{}', now(), $whose)",
            key=key, whose=whose,
        )  # fmt: skip

    retain(at(old, LONG_AFTER), body_days=90, trail_months=240, actor="ofelia")

    check = verify_chain(old)
    assert (check.is_whole, check.n_rows) == (True, 18)
    assert old.read("SELECT key FROM writer_replies") == [("k2",)]
    assert old.read("SELECT variant_id, content_sha256 FROM variants ORDER BY ALL") == before
    assert old.read("SELECT DISTINCT concat(subject, body, footer) FROM variants") == [("",)]
    assert old.read("SELECT DISTINCT concat(text, message, advice) FROM findings") == [("",)]
    assert old.read("SELECT DISTINCT concat(text, source_text) FROM ledger_entries") == [("",)]


def test_the_guards_stand_again_afterwards(old: Store) -> None:
    retain(at(old, LONG_AFTER), body_days=90, trail_months=24, actor="ofelia")

    for statement in (
        "DELETE FROM audit_log",
        "UPDATE ledger_entries SET text = 'x'",
        "UPDATE findings SET text = 'x'",
        "DELETE FROM claims",
    ):
        with pytest.raises(duckdb.Error, match="append-only"):
            old.run(statement)


@pytest.mark.parametrize(
    "forgery",
    [
        pytest.param("UPDATE variants SET body = 'Other words'", id="words put back otherwise"),
        pytest.param("UPDATE findings SET text = 'Harmless'", id="another reason"),
        pytest.param("UPDATE findings SET action = 'info'", id="another outcome"),
    ],
)
def test_what_is_blank_cannot_be_filled_in_otherwise(old: Store, forgery: str) -> None:
    retain(at(old, LONG_AFTER), body_days=90, trail_months=240, actor="ofelia")

    with unguarded(old):
        old.run(forgery)

    assert not verify_chain(old).is_whole


def test_words_that_are_blanked_without_a_retention_are_missed(old: Store) -> None:
    with unguarded(old):
        old.run("UPDATE findings SET text = '', message = '', advice = ''")

    assert {each.where for each in verify_chain(old).problems} == {"screenings"}


def test_old_entries_are_put_away_whole_and_the_chain_goes_on_from_there(
    old: Store, tmp_path: Path
) -> None:
    last = old.read_one("SELECT hash FROM audit_log WHERE seq = 17")

    found = retain(at(old, LONG_AFTER), body_days=90, trail_months=24, actor="ofelia")

    rows = [json.loads(line) for line in (tmp_path / "anchor" / found.file).open(encoding="utf-8")]
    digests = [row_hash(tuple(str(v) for v in row.values())[:-1]) for row in rows]
    check = verify_chain(old)
    assert digests == [row["hash"] for row in rows]
    assert last == (rows[-1]["hash"],)
    assert old.read_one("SELECT seq, prev_hash FROM audit_log ORDER BY seq") == (18, *last)
    assert (check.is_whole, check.put_away, check.unanchored) == (True, 17, 0)


def test_retention_twice_does_nothing_more(old: Store) -> None:
    retain(at(old, LONG_AFTER), body_days=90, trail_months=24, actor="ofelia")

    assert not retain(old, body_days=90, trail_months=24, actor="ofelia").is_due
    assert verify_chain(old).is_whole


def test_a_closed_part_survives_a_restart_and_a_second_closing(old: Store, tmp_path: Path) -> None:
    retain(at(old, LONG_AFTER), body_days=90, trail_months=24, actor="ofelia")
    old.close()

    again = open_store(
        tmp_path / "state.duckdb", clock=filled.Clock(datetime(2030, 1, 1, tzinfo=UTC))
    )
    retain(again, body_days=90, trail_months=24, actor="ofelia")

    check = verify_chain(again)
    again.close()
    assert (check.is_whole, check.put_away, check.n_rows) == (True, 19, 1)


@pytest.mark.parametrize(
    "forgery",
    [
        pytest.param("UPDATE screenings SET decision = 'pass' WHERE screening_id = 3", id="edited"),
        pytest.param("DELETE FROM screenings WHERE screening_id = 3", id="deleted"),
    ],
)
def test_records_of_a_closed_part_cannot_be_changed_unseen(old: Store, forgery: str) -> None:
    retain(at(old, LONG_AFTER), body_days=90, trail_months=24, actor="ofelia")
    old.run("DROP TRIGGER screenings_no_update ON screenings")
    old.run("DROP TRIGGER screenings_no_delete ON screenings")

    old.run(forgery)

    assert "screenings" in {each.where for each in verify_chain(old).problems}


@pytest.mark.parametrize(
    "forgery",
    [
        pytest.param("UPDATE findings SET action = 'info'", id="a record"),
        pytest.param("UPDATE findings SET text = 'Harmless'", id="words that would be blanked"),
        pytest.param("UPDATE audit_log SET actor = 'eve' WHERE seq = 3", id="the trail"),
    ],
)
def test_what_was_changed_is_not_put_away_as_if_it_were_whole(old: Store, forgery: str) -> None:
    with unguarded(old):
        old.run(forgery)
    before = verify_chain(at(old, LONG_AFTER))

    with pytest.raises(StateError, match=r"Nothing was taken away.*--verify"):
        retain(old, body_days=90, trail_months=24, actor="ofelia")

    after = verify_chain(old)
    assert (after.problems, after.first_broken) == (before.problems, before.first_broken)
    assert not after.is_whole
    assert old.read("SELECT count(*) FROM audit_log") == [(17,)]


def test_a_changed_file_of_a_closed_part_is_seen(old: Store, tmp_path: Path) -> None:
    found = retain(at(old, LONG_AFTER), body_days=90, trail_months=24, actor="ofelia")
    file = tmp_path / "anchor" / found.file

    file.write_bytes(file.read_bytes().replace(b"rob", b"ann", 1))

    assert [each.ref for each in verify_chain(old).problems] == [found.file]


def test_a_crash_between_signing_and_putting_away_is_made_good(
    old: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(
            "personalization.store.retention._FORGET", "SELECT error('power cut ' || $last)"
        )
        with pytest.raises(duckdb.Error, match="power cut"):
            retain(at(old, LONG_AFTER), body_days=90, trail_months=24, actor="ofelia")
    assert verify_chain(old).is_whole

    retain(old, body_days=90, trail_months=24, actor="ofelia")

    check = verify_chain(old)
    assert (check.is_whole, check.put_away) == (True, 17)
