from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from personalization.content import (
    expire_document,
    find_passages,
    finding,
    import_content,
    set_status,
    vector_index,
    vectors,
    withdraw_document,
)
from personalization.content.library import library_of
from tests.content.test_vectors import SmallEncoder

if TYPE_CHECKING:
    from collections.abc import Callable

    from personalization.settings import Settings
    from personalization.store import Store
    from tests.content.conftest import WordEncoder

SEND_ON = date(2026, 12, 1)
CLOCK = "benefit-alarm-clocks"


def found(
    shop: Store, settings: Settings, encoder: WordEncoder | None, segment: str | None = None
) -> set[str]:
    passages = find_passages(
        shop, settings.content, "alarm clock", send_on=SEND_ON, locale="en-GB", segment=segment,
        encoder=encoder, limit=99,
    )  # fmt: skip
    return {passage.document_id for passage in passages}


def _retire(shop: Store) -> None:
    set_status(shop, CLOCK, "retired", actor="anna")


def _reopen(shop: Store) -> None:
    set_status(shop, CLOCK, "draft", actor="anna")


def _withdraw(shop: Store) -> None:
    withdraw_document(shop, CLOCK, reason="The bell is too loud.", actor="anna")


def _expire(shop: Store) -> None:
    expire_document(shop, CLOCK, date(2026, 11, 30), reason="Sold out.", actor="anna")


def _hold(shop: Store) -> None:
    shop.run(
        "INSERT INTO input_findings VALUES ('passage', $ref, 'text', 'k', 'injection', 'rules',"
        " 'v', 'block', 'It gives orders.', 0, now())",
        ref=f"{CLOCK}@1#p1",
    )


def _exclude(shop: Store) -> None:
    shop.run(
        'UPDATE documents SET audience = \'{"segments": [], "exclude": ["new"]}\''
        " WHERE document_id = $document_id",
        document_id=CLOCK,
    )


@pytest.mark.parametrize("bar", [_retire, _reopen, _withdraw, _expire, _hold, _exclude])
def test_what_may_not_be_said_is_not_found_however_stale_index_and_library_are(
    shop: Store,
    settings: Settings,
    encoder: WordEncoder,
    monkeypatch: pytest.MonkeyPatch,
    bar: Callable[[Store], None],
) -> None:
    assert CLOCK in found(shop, settings, encoder, "New")  # now it is in the index and in memory
    stale = library_of(shop)
    monkeypatch.setattr(finding, "library_of", lambda _: stale)

    bar(shop)

    assert CLOCK not in found(shop, settings, encoder, "New")
    assert CLOCK not in found(shop, settings, None, "New")


def test_what_somebody_plants_in_the_index_is_never_looked_at(
    shop: Store, settings: Settings, encoder: WordEncoder
) -> None:
    before = found(shop, settings, encoder)
    index = next(iter(vector_index._OPEN.values()))
    planted = ["offer-summer-garden@1#p1", "ghost@1#p1", "0" * 64]
    index.collection.upsert(ids=planted, embeddings=encoder.encode(["alarm clock"] * 3))
    vectors._MATRICES.clear()

    assert found(shop, settings, encoder) == before


def test_a_new_version_is_found_at_once_by_its_own_words_and_not_by_the_old_ones(
    store: Store, settings: Settings, write: Callable[..., Path]
) -> None:
    def search(query: str) -> list[str]:
        passages = find_passages(
            store, settings.content, query, send_on=SEND_ON, locale="en-GB", encoder=None
        )
        return [passage.passage_id for passage in passages]

    import_content(store, write("cake-one", "A cake stand."), actor="anna")
    assert search("stand") == ["cake-one@1#p1"]

    corpus = write("cake-one", "A cake tin.", approved_at="2026-10-02")
    import_content(store, corpus, actor="anna")

    assert search("stand") == []
    assert search("tin") == ["cake-one@2#p1"]


def test_the_library_is_read_once_for_as_long_as_nothing_changes(shop: Store) -> None:
    before = library_of(shop)

    assert library_of(shop) is before
    shop.run("UPDATE documents SET title = 'Clocks' WHERE document_id = $name", name=CLOCK)
    assert library_of(shop) is not before


def test_searches_in_threads_never_find_what_was_retired_before_they_began(
    shop: Store, settings: Settings, encoder: WordEncoder
) -> None:
    found(shop, settings, encoder)
    is_retired = threading.Event()

    def search(_: int) -> tuple[bool, set[str]]:
        was_retired = is_retired.is_set()
        return was_retired, found(shop, settings, encoder)

    with ThreadPoolExecutor(6) as pool:
        searches = [pool.submit(search, number) for number in range(8)]
        _retire(shop)
        is_retired.set()
        searches += [pool.submit(search, number) for number in range(8)]

    answers = [one.result() for one in searches]
    assert any(was_retired for was_retired, _ in answers)
    assert all(CLOCK not in names for was_retired, names in answers if was_retired)
    assert all("benefit-doormats" in names for _, names in answers)


_OTHER_PROCESS = """
import sys
from pathlib import Path
from personalization.content.vectors import by_meaning, close_indexes
from tests.content.test_vectors import SmallEncoder

texts = {f"k{n}": f"text {n}" for n in range(int(sys.argv[2]), int(sys.argv[2]) + 40)}
found = by_meaning(Path(sys.argv[1]), texts, "07", encoder=SmallEncoder())
close_indexes()
print(found.order[0], found.trouble)
"""


def test_processes_that_fill_one_index_at_the_same_time_wait_for_each_other(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "index"
    other = subprocess.Popen(
        [sys.executable, "-c", _OTHER_PROCESS, str(folder), "200"], text=True,
        stdout=subprocess.PIPE, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    texts = {f"k{n}": f"text {n}" for n in range(100, 140)}

    own = [
        vectors.by_meaning(folder, texts, "07", encoder=SmallEncoder())
        for _ in iter(other.poll, 0)
        if vectors._MATRICES.clear() is None  # type: ignore[func-returns-value]
    ]

    assert other.communicate(timeout=60)[0].split() == ["k207"]
    assert {(one.order[0], one.trouble) for one in own} == {("k107", "")}
    vectors.close_indexes()
