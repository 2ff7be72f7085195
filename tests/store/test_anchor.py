"""Heads outside the database: kept after each batch, caught up after a crash, never bent unseen."""

from __future__ import annotations

import errno
import hashlib
import hmac
import json
import shutil
import stat
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from personalization.errors import InputError, StateError
from personalization.store import (
    Store,
    accept_trail,
    heads_file,
    open_for_checking,
    open_store,
    record,
    verify_chain,
)
from personalization.store import anchor as anchor_module
from personalization.store.anchor import ACCEPTED, ADOPTED, BATCH, head_of
from personalization.store.guards import schema

if TYPE_CHECKING:
    from pathlib import Path


append = anchor_module._append
TRIGGERS = [f"CREATE TRIGGER{each.split(';')[0]}" for each in schema().split("CREATE TRIGGER")[1:]]


def append_and_fail(path: Path, line: bytes) -> None:
    append(path, line)
    failing()


def failing() -> None:
    """Fail as a full disk does."""
    raise OSError(errno.ENOSPC, "No space left on device")


def note(store: Store, n: int = 1) -> None:
    """One batch of n entries."""
    with store.transaction():
        for number in range(n):
            record(store, "thing.done", str(number), actor="mia")


def heads(folder: Path) -> list[dict[str, Any]]:
    file = folder / "anchor" / "state.duckdb.heads.jsonl"
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with batches of one, two and three entries, closed."""
    folder = tmp_path_factory.mktemp("anchored")
    store = open_store(folder / "state.duckdb")
    for n in (1, 2, 3):
        note(store, n)
    store.close()
    return folder


@pytest.fixture
def path(template: Path, tmp_path: Path) -> Path:
    """A copy of it with its heads."""
    shutil.copytree(template, tmp_path, dirs_exist_ok=True)
    return tmp_path / "state.duckdb"


def test_each_batch_leaves_one_head_of_its_last_entry(path: Path) -> None:
    store = open_for_checking(path)
    hashes = dict(store.read("SELECT seq, hash FROM audit_log"))
    store.close()

    found = heads(path.parent)

    assert [(each["since"], each["seq"], each["count"]) for each in found] == [
        (1, 1, 1), (2, 3, 3), (4, 6, 6),
    ]  # fmt: skip
    assert all(each["hash"] == hashes[each["seq"]] for each in found)


def test_the_signature_of_a_head_is_an_hmac_that_covers_the_line_before(path: Path) -> None:
    key = (path.parent / "anchor" / "state.duckdb.heads.key").read_bytes()
    first, second, _ = heads(path.parent)

    form = json.dumps({**second, "hmac": first["hmac"]}, sort_keys=True, separators=(",", ":"))

    assert second["hmac"] == hmac.new(key, form.encode(), hashlib.sha256).hexdigest()


def test_the_key_of_the_heads_is_its_owners_alone_and_not_that_of_the_pseudonyms(
    path: Path,
) -> None:
    key = path.parent / "anchor" / "state.duckdb.heads.key"

    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert not (path.parent / "state.duckdb.key").exists()


def test_heads_lie_where_the_settings_say(tmp_path: Path) -> None:
    store = open_store(tmp_path / "a" / "state.duckdb", heads=str(tmp_path / "elsewhere"))
    note(store)
    store.close()

    assert (tmp_path / "elsewhere" / "state.duckdb.heads.jsonl").exists()
    assert heads_file(tmp_path / "state.duckdb", "x/own.jsonl").name == "own.jsonl"


def test_a_change_that_is_rolled_back_leaves_no_head(path: Path) -> None:
    store = open_store(path)

    with pytest.raises(ValueError, match="no"), store.transaction():  # noqa: PT012
        record(store, "thing.done", "t", actor="mia")
        raise ValueError("no")

    assert len(heads(path.parent)) == 3
    store.close()


def crashed(store: Store, n: int = 2) -> None:
    """Commit a batch of which no head could be written any more."""
    anchored, store.anchor.trouble = store.anchor.last, ""
    keep = store.local
    with store.transaction():
        for number in range(n):
            record(store, "thing.done", str(number), actor="mia")
        keep.head = None
    assert store.anchor.last == anchored


def test_a_crash_before_the_head_is_told_as_such_and_made_good_by_the_next(path: Path) -> None:
    store = open_store(path)
    crashed(store)
    store.close()

    again = open_store(path)
    found = verify_chain(again)
    note(again)
    healed = verify_chain(again)
    again.close()

    assert (found.is_whole, found.unanchored) == (True, 2)
    assert (healed.is_whole, healed.unanchored, healed.n_heads) == (True, 0, 4)
    assert [each["since"] for each in heads(path.parent)][-1] == 7


def test_what_cannot_be_anchored_is_kept_and_the_next_entry_refused_until_it_can(
    path: Path, tmp_path: Path
) -> None:
    store = open_store(path)
    folder, away = tmp_path / "anchor", tmp_path / "away"
    folder.rename(away)

    note(store)
    with pytest.raises(StateError, match=r"cannot be kept.*No such file.*nothing more is recorded"):
        note(store)
    n_refused = verify_chain(store).n_rows
    away.rename(folder)
    note(store)

    check = verify_chain(store)
    store.close()
    assert (n_refused, check.n_rows, check.is_whole, check.unanchored) == (7, 8, True, 0)


def test_a_head_that_was_half_written_is_taken_off(path: Path) -> None:
    file = path.parent / "anchor" / "state.duckdb.heads.jsonl"
    with file.open("ab") as heads_of:
        heads_of.write(b'{"line": 4, "since"')

    store = open_store(path)
    note(store)

    assert verify_chain(store).is_whole
    store.close()


def test_an_older_copy_of_the_database_is_not_written_to(path: Path, tmp_path: Path) -> None:
    backup = shutil.copy(path, tmp_path / "backup")
    store = open_store(path)
    note(store)
    store.close()
    shutil.copy(backup, path)

    restored = open_store(path)

    with pytest.raises(StateError, match=r"entry 7.*restored from an older copy.*--accept"):
        note(restored)
    assert [each.where for each in verify_chain(restored).problems] == ["heads"]
    restored.close()


def test_a_restored_copy_goes_on_once_somebody_accepts_it_and_every_check_says_so(
    path: Path, tmp_path: Path
) -> None:
    backup = shutil.copy(path, tmp_path / "backup")
    store = open_store(path)
    note(store)
    store.close()
    shutil.copy(backup, path)
    restored = open_store(path)

    with pytest.raises(InputError, match="Say why"):
        accept_trail(restored, reason=" ", actor="ofelia")
    accept_trail(restored, reason="The disk was lost.", actor="ofelia")
    note(restored)

    check = verify_chain(restored)
    restored.close()
    assert check.is_whole
    assert check.accepted.endswith("ofelia: The disk was lost.")
    assert [each["kind"] for each in heads(path.parent)] == [ACCEPTED, BATCH]
    assert len(list((tmp_path / "anchor").glob("*.until-*"))) == 1


def test_a_database_without_its_heads_is_not_vouched_for(path: Path) -> None:
    shutil.rmtree(path.parent / "anchor")

    checked = open_for_checking(path)
    found = verify_chain(checked)
    checked.close()
    assert not (path.parent / "anchor").exists()
    store = open_store(path)
    note(store)
    later = verify_chain(store)
    store.close()

    assert [each.where for each in found.problems] == ["heads"]
    assert "6 rows already" in later.problems[0].text
    assert heads(path.parent)[0]["kind"] == ADOPTED


def test_a_store_in_memory_keeps_its_heads_in_memory(store: Store) -> None:
    note(store, 2)

    [line] = store.anchor.stored()
    head = head_of(line)
    assert head is not None
    assert (head.since, head.seq, store.anchor.path) == (1, 2, None)


def test_heads_that_are_rolled_back_to_the_first_line_are_missed(path: Path) -> None:
    """Nobody without the key can say that the first line is the last, nor say nothing of it."""
    file = path.parent / "anchor" / "state.duckdb.heads.jsonl"
    file.write_bytes(file.read_bytes().splitlines(keepends=True)[0])
    file.with_suffix(".last").unlink()
    with duckdb.connect(str(path)) as root:
        root.execute("DROP TRIGGER audit_no_delete ON audit_log")
        root.execute("DELETE FROM audit_log WHERE seq > 1")
        root.execute(next(each for each in TRIGGERS if "audit_no_delete" in each))

    store = open_store(path)

    assert [each.where for each in verify_chain(store).problems] == ["heads"]
    with pytest.raises(StateError, match="its end was cut off"):
        note(store)
    store.close()


def test_a_crash_after_the_first_line_is_made_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The note of no line stands before the first one does."""
    store = open_store(tmp_path / "state.duckdb")
    with monkeypatch.context() as crash:
        crash.setattr(anchor_module, "_append", append_and_fail)
        note(store)
    store.close()

    again = open_store(tmp_path / "state.duckdb")
    note(again)
    found = verify_chain(again)
    again.close()

    assert (found.is_whole, found.n_rows, found.n_heads) == (True, 2, 2)


def test_a_line_whose_note_failed_is_not_written_twice(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(path)
    with monkeypatch.context() as full:
        full.setattr(anchor_module, "_note_last", lambda *_: failing())
        note(store)
    note(store)

    found = verify_chain(store)
    store.close()
    assert (found.is_whole, found.n_heads) == (True, 5)


def test_opening_to_check_changes_nothing(path: Path) -> None:
    folder = path.parent / "anchor"
    file = folder / "state.duckdb.heads.jsonl"
    with file.open("ab") as heads_of:
        heads_of.write(b'{"line": 4, "since"')
    before = {each.name: each.read_bytes() for each in folder.iterdir()}

    store = open_for_checking(path)
    found = verify_chain(store)
    store.close()

    assert {each.name: each.read_bytes() for each in folder.iterdir()} == before
    assert "Line 4" in " ".join(each.text for each in found.problems)


def test_a_last_line_without_its_end_stays_what_it_is(path: Path) -> None:
    file = path.parent / "anchor" / "state.duckdb.heads.jsonl"
    content = file.read_bytes()
    file.write_bytes(content.removesuffix(b"\n"))

    checked = open_for_checking(path)
    checked.close()
    as_it_lay = file.read_bytes()
    store = open_store(path)
    found = verify_chain(store)
    store.close()

    assert as_it_lay == content.removesuffix(b"\n")
    assert file.read_bytes() == content
    assert found.is_whole


@pytest.mark.parametrize("is_empty", [True, False])
def test_opening_to_check_makes_no_key(path: Path, *, is_empty: bool) -> None:
    file = path.parent / "anchor" / "state.duckdb.heads.jsonl"
    file.with_suffix(".key").unlink()
    if is_empty:
        file.write_bytes(b"")

    store = open_for_checking(path)
    found = verify_chain(store)
    store.close()

    assert not file.with_suffix(".key").exists()
    assert [each.where for each in found.problems][:1] == ["heads"]
