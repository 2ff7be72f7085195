from __future__ import annotations

import hashlib
import hmac
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalization.store import Store, hmac_pads, open_store, pseudonym_key


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
