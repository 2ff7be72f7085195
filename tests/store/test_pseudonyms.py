from __future__ import annotations

import hashlib
import hmac
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalization.errors import InputError
from personalization.store import (
    CampaignKey,
    Store,
    campaign_key,
    destroy_key,
    hmac_pads,
    known_keys,
    open_store,
    pseudonym_key,
    rotate_key,
)


@given(key=st.binary(min_size=1, max_size=100), message=st.binary(max_size=40))
def test_the_pads_give_the_hmac_of_the_standard_library(key: bytes, message: bytes) -> None:
    inner, outer = hmac_pads(key)

    digest = hashlib.sha256(outer + hashlib.sha256(inner + message).digest()).hexdigest()

    assert digest == hmac.new(key, message, hashlib.sha256).hexdigest()


def test_the_engine_works_out_the_same_hmac(store: Store) -> None:
    inner, outer = hmac_pads(b"key")

    found = store.read_one(
        "SELECT sha256($outer::BLOB || unhex(sha256($inner::BLOB || encode('Zoë-7'))))",
        inner=inner,
        outer=outer,
    )

    assert found == (hmac.new(b"key", "Zoë-7".encode(), hashlib.sha256).hexdigest(),)


def test_the_key_lies_beside_the_database_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "state.duckdb"

    store = open_store(path)
    key = pseudonym_key(store)
    store.close()

    file = Path(f"{path}.key")
    assert file.read_bytes() == key
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_key_is_made_once(tmp_path: Path) -> None:
    first = open_store(tmp_path / "state.duckdb")
    key = pseudonym_key(first)
    first.close()

    again = open_store(tmp_path / "state.duckdb")

    assert pseudonym_key(again) == key
    again.close()


def test_a_crash_while_the_key_is_made_leaves_no_empty_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(tmp_path / "state.duckdb")

    def crash(number: int) -> bytes:
        raise OSError(f"No space left on device for {number} bytes")

    with monkeypatch.context() as broken:
        broken.setattr("personalization.store.keys.secrets.token_bytes", crash)
        with pytest.raises(OSError, match="No space"):
            pseudonym_key(store)

    assert len(pseudonym_key(store)) == 32
    store.close()


# Keys of campaigns ----------------------------------------------------------------------


def test_a_campaign_keeps_its_key_when_a_new_one_comes(tmp_path: Path) -> None:
    store = open_store(tmp_path / "state.duckdb")
    before = campaign_key(store, "spring")

    key_id = rotate_key(store, actor="ofelia")

    assert campaign_key(store, "spring") == before
    assert campaign_key(store, "summer").key_id == key_id != before.key_id
    assert store.read("SELECT kind, ref FROM audit_log") == [("pseudonym_key.rotated", key_id)]
    store.close()


def test_a_destroyed_key_leaves_its_campaigns_anonymous(tmp_path: Path) -> None:
    store = open_store(tmp_path / "state.duckdb")
    before = campaign_key(store, "spring")
    rotate_key(store, actor="ofelia")

    destroy_key(store, before.key_id, actor="ofelia")

    assert campaign_key(store, "spring") == CampaignKey(before.key_id, None)
    assert before.key is not None
    assert before.key.hex() not in (tmp_path / "state.duckdb.keys.json").read_text()
    assert [key["is_destroyed"] for key in known_keys(store)] == [True, False]
    store.close()


def test_the_current_key_is_not_destroyed(store: Store) -> None:
    key = campaign_key(store, "spring")

    with pytest.raises(InputError, match="Rotate to a new key first"):
        destroy_key(store, key.key_id, actor="ofelia")


def test_the_keys_of_campaigns_are_their_owners_alone(tmp_path: Path) -> None:
    store = open_store(tmp_path / "state.duckdb")
    campaign_key(store, "spring")
    store.close()

    assert stat.S_IMODE((tmp_path / "state.duckdb.keys.json").stat().st_mode) == 0o600
