"""Putting a policy in force: drafts, notes, who was faster, and what the record keeps."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from personalization.errors import InputError, StateError
from personalization.safety import (
    draft_of,
    drop_draft,
    policy_of,
    publish_policy,
    save_draft,
    screen_campaign,
)
from personalization.settings import Safety, Settings
from tests.safety.scripted import Scripted, add_campaign, add_variant

if TYPE_CHECKING:
    from pathlib import Path

    from personalization.store import Store

SETTINGS = Settings()
STRICT = "[thresholds.hate]\nblock_above = 2\n"
STRICTER = "[thresholds.hate]\nblock_above = 1\n"


def publish(store: Store, overlay: str = STRICT, based_on: str | None = None) -> str:
    return publish_policy(
        store, SETTINGS, overlay, actor="ola", note="Legal asked.", based_on=based_on
    )


def test_a_draft_begins_as_what_is_in_force_and_is_each_persons_own(store: Store) -> None:
    publish(store)

    save_draft(store, SETTINGS, STRICTER, actor="ola")

    assert draft_of(store, SETTINGS, actor="ola").overlay == STRICTER
    assert draft_of(store, SETTINGS, actor="bea").overlay == STRICT
    assert draft_of(store, SETTINGS, actor="bea").changed_at is None


def test_a_draft_changes_nothing_that_is_in_force(store: Store) -> None:
    before = policy_of(store, SETTINGS).version

    save_draft(store, SETTINGS, STRICT, actor="ola")

    assert policy_of(store, SETTINGS).version == before


def test_a_broken_draft_is_kept_as_it_is(store: Store) -> None:
    assert save_draft(store, SETTINGS, "[oops", actor="ola").overlay == "[oops"


def test_a_draft_that_is_as_what_is_in_force_is_none(store: Store) -> None:
    save_draft(store, SETTINGS, STRICT, actor="ola")

    assert save_draft(store, SETTINGS, "", actor="ola").changed_at is None


def test_a_draft_can_be_dropped(store: Store) -> None:
    save_draft(store, SETTINGS, STRICT, actor="ola")

    drop_draft(store, actor="ola")

    assert draft_of(store, SETTINGS, actor="ola").overlay == ""


def test_publishing_keeps_who_why_and_what_and_takes_the_draft_away(store: Store) -> None:
    draft = save_draft(store, SETTINGS, STRICT, actor="ola")

    version = publish(store, based_on=draft.based_on)

    [row] = store.records("SELECT * FROM policies")
    assert (row["policy_version"], row["activated_by"], row["note"], row["overlay"]) == (
        version, "ola", "Legal asked.", STRICT,
    )  # fmt: skip
    assert json.loads(row["policy"])["policy"]["thresholds"]["hate"]["block_above"] == 2
    assert draft_of(store, SETTINGS, actor="ola").changed_at is None
    assert policy_of(store, SETTINGS).version == version


def test_who_was_slower_is_told_and_overwrites_nobody(store: Store) -> None:
    mine = save_draft(store, SETTINGS, STRICTER, actor="bea")
    publish(store)

    with pytest.raises(StateError, match="Somebody put another policy in force"):
        publish(store, mine.overlay, based_on=mine.based_on)
    assert len(store.read("SELECT 1 FROM policies")) == 1


def test_a_draft_goes_on_being_based_on_what_it_was_begun_from(store: Store) -> None:
    first = save_draft(store, SETTINGS, STRICT, actor="bea")
    publish(store, STRICTER)

    again = save_draft(store, SETTINGS, STRICT + "# more\n", actor="bea")

    assert again.based_on == first.based_on


def test_the_same_policy_again_is_refused_in_words(store: Store) -> None:
    publish(store)

    with pytest.raises(StateError, match="Nothing differs"):
        publish(store, STRICT + "# only a remark\n")


def test_without_a_note_or_with_a_broken_policy_nothing_is_written(store: Store) -> None:
    with pytest.raises(InputError, match="what you changed and why"):
        publish_policy(store, SETTINGS, STRICT, actor="ola", note="  ")
    with pytest.raises(InputError, match="no 'oops'"):
        publish(store, "oops = 1")
    assert store.read("SELECT 1 FROM policies") == []


def test_a_policy_in_a_file_is_not_edited_here(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(STRICT, "utf-8")
    settings = replace(SETTINGS, safety=Safety(policy=str(file)))

    with pytest.raises(StateError, match="kept in the file"):
        publish_policy(store, settings, STRICTER, actor="ola", note="x")


def test_screening_again_adds_rows_and_changes_none(store: Store) -> None:
    add_campaign(store)
    add_variant(store, "A")
    screen_campaign(store, SETTINGS, "c1", actor="mia", classifier=Scripted())
    before = store.read("SELECT * FROM screenings")

    publish(store)
    screen_campaign(store, SETTINGS, "c1", actor="mia", classifier=Scripted())

    after = store.read("SELECT * FROM screenings ORDER BY screening_id")
    assert len(after) == 2
    assert after[:1] == before
