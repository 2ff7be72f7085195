from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from personalization.content import vector_index, vectors
from personalization.content.ranking import NOT_LOADED, ByMeaning
from personalization.content.vectors import by_meaning, close_indexes
from tests.content.conftest import WordEncoder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import numpy.typing as npt

TEXTS = {"cake": "three tiers of cake", "clock": "an alarm clock", "bag": "a jumbo bag"}


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "index"
    close_indexes()


def directories(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.is_dir()]


def test_the_nearest_text_comes_first(folder: Path, encoder: WordEncoder) -> None:
    found = by_meaning(folder, TEXTS, "an alarm", encoder=encoder)

    assert found.order[0] == "clock"
    assert sorted(found.order) == sorted(TEXTS)
    assert found.trouble == ""


def test_only_what_is_allowed_is_found(folder: Path, encoder: WordEncoder) -> None:
    found = by_meaning(folder, TEXTS, "an alarm clock", encoder=encoder, allowed=["bag", "expired"])

    assert found.order == ("bag",)


def test_texts_are_encoded_once_and_kept_on_disk(folder: Path, encoder: WordEncoder) -> None:
    by_meaning(folder, TEXTS, "cake", encoder=encoder)
    close_indexes()
    encoder.encoded.clear()

    found = by_meaning(folder, TEXTS, "clock", encoder=encoder)

    assert encoder.encoded == ["clock"]
    assert found.order[0] == "clock"


def test_a_stale_index_is_brought_in_line(folder: Path, encoder: WordEncoder) -> None:
    by_meaning(folder, TEXTS, "cake", encoder=encoder)
    encoder.encoded.clear()
    changed = {"cake": "a wedding cake", "clock": TEXTS["clock"], "sign": "a metal sign"}

    found = by_meaning(folder, changed, "sign", encoder=encoder)

    assert found.order[0] == "sign"
    assert sorted(found.order) == ["cake", "clock", "sign"]
    assert sorted(encoder.encoded) == sorted(["sign", "a wedding cake", "a metal sign"])


def test_a_vector_of_an_older_text_is_never_taken_for_that_of_the_newer(
    folder: Path, encoder: WordEncoder
) -> None:
    by_meaning(folder, {"a": "an alarm clock", "b": "a jumbo bag"}, "clock", encoder=encoder)

    swapped = by_meaning(folder, {"a": "a jumbo bag", "b": "an alarm clock"}, "clock",
                         encoder=encoder)  # fmt: skip

    assert swapped.order[0] == "b"


def test_vectors_nobody_asks_for_are_deleted_once_there_are_many(
    folder: Path, encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vector_index, "_SPARE", 2)
    by_meaning(folder, TEXTS, "cake", encoder=encoder)

    by_meaning(folder, {"sign": "a metal sign"}, "sign", encoder=encoder)

    assert vector_index._OPEN[folder].collection.count() == 1


def test_a_vector_that_was_changed_by_another_hand_is_made_anew(
    folder: Path, encoder: WordEncoder
) -> None:
    before = by_meaning(folder, TEXTS, "alarm", encoder=encoder)
    collection = vector_index._OPEN[folder].collection
    ids = collection.get(include=[])["ids"]
    collection.update(ids=ids, embeddings=np.full((len(ids), 4096), 9.0))
    vectors._MATRICES.clear()

    assert by_meaning(folder, TEXTS, "alarm", encoder=encoder) == before


def test_what_was_half_written_when_the_process_died_is_made_anew(
    folder: Path, encoder: WordEncoder
) -> None:
    class DyingEncoder(WordEncoder):
        def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
            if self.encoded:
                raise KeyboardInterrupt
            return super().encode(texts)

    with pytest.raises(KeyboardInterrupt):
        by_meaning(folder, TEXTS, "cake", encoder=DyingEncoder())
    close_indexes()

    found = by_meaning(folder, TEXTS, "cake", encoder=encoder)

    assert (found.order[0], found.trouble) == ("cake", "")


def _delete_all(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()


def _lose_the_pointer(folder: Path) -> None:
    (folder / "current").unlink()


def _point_nowhere(folder: Path) -> None:
    (folder / "current").write_text("../../elsewhere")


def _spoil_the_database(folder: Path) -> None:
    next(folder.rglob("chroma.sqlite3")).write_bytes(b"no database" * 200)


def _empty_the_directory(folder: Path) -> None:
    for path in folder.glob("*/*"):
        if path.is_file():
            path.unlink()


@pytest.mark.parametrize(
    "harm",
    [
        _delete_all,
        _lose_the_pointer,
        _point_nowhere,
        _spoil_the_database,
        _empty_the_directory,
    ],
)
def test_an_index_that_was_harmed_is_built_anew(
    folder: Path, encoder: WordEncoder, harm: Callable[[Path], None]
) -> None:
    by_meaning(folder, TEXTS, "cake", encoder=encoder)
    close_indexes()
    harm(folder)

    found = by_meaning(folder, TEXTS, "alarm clock", encoder=encoder)

    assert found.order[0] == "clock"
    assert found.trouble == ""
    assert len(directories(folder)) == 1


class SmallEncoder:
    """One direction for each of the last two digits of a text, to make many vectors quickly."""

    model_id = "digits-1"

    def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        return np.eye(100, dtype=np.float32)[[int(text[-2:]) for text in texts]]


@pytest.mark.parametrize("n_bytes", [0, 200])
def test_a_damaged_graph_does_not_end_the_app(folder: Path, n_bytes: int) -> None:
    # Chroma keeps a graph on disk from 1,000 vectors on, and crashes when it reads a damaged one.
    texts = {f"k{number}": f"text {number}" for number in range(1000, 2100)}
    before = by_meaning(folder, texts, "07", encoder=SmallEncoder())
    close_indexes()
    graph = next(folder.rglob("data_level0.bin"))
    graph.write_bytes(b"x" * n_bytes)

    found = by_meaning(folder, texts, "07", encoder=SmallEncoder())

    assert found == before
    assert found.order[0] == "k1007"


def test_an_index_that_vanishes_under_an_open_app_is_built_anew(
    folder: Path, encoder: WordEncoder
) -> None:
    by_meaning(folder, TEXTS, "cake", encoder=encoder)
    _delete_all(folder)

    found = by_meaning(folder, TEXTS, "alarm clock", encoder=encoder)

    assert found.order[0] == "clock"


def test_another_model_gets_an_index_of_its_own(folder: Path, encoder: WordEncoder) -> None:
    by_meaning(folder, TEXTS, "cake", encoder=encoder)
    encoder.model_id = "words-2"
    encoder.encoded.clear()

    by_meaning(folder, TEXTS, "cake", encoder=encoder)

    assert sorted(encoder.encoded) == sorted(["cake", *TEXTS.values()])
    assert [path.name.startswith("words-2-") for path in directories(folder)] == [True]


def test_a_broken_encoder_is_trouble_and_no_crash(folder: Path, encoder: WordEncoder) -> None:
    encoder.is_broken = True

    assert by_meaning(folder, TEXTS, "cake", encoder=encoder) == ByMeaning((), "the model is gone")
    assert by_meaning(folder, TEXTS, "cake", encoder=None) == ByMeaning((), NOT_LOADED)


def test_a_folder_that_cannot_be_written_is_trouble(tmp_path: Path, encoder: WordEncoder) -> None:
    (tmp_path / "file").write_text("in the way")

    found = by_meaning(tmp_path / "file" / "index", TEXTS, "cake", encoder=encoder)

    assert "cannot be written" in found.trouble


def test_nothing_to_search_is_no_trouble(folder: Path, encoder: WordEncoder) -> None:
    assert by_meaning(folder, {}, "cake", encoder=encoder) == ByMeaning()
    assert by_meaning(folder, TEXTS, "cake", encoder=encoder, allowed=[]) == ByMeaning()


def test_threads_that_start_together_get_the_same_answer(
    folder: Path, encoder: WordEncoder
) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(
            pool.map(lambda _: by_meaning(folder, TEXTS, "cake", encoder=encoder), range(16))
        )

    assert {one.order for one in found} == {found[0].order}
    assert found[0].order[0] == "cake"


def test_the_app_starts_without_chroma_or_torch() -> None:
    code = (
        "import sys, personalization.content, personalization.providers.encoders as e; e.minilm();"
        "print([m for m in ('chromadb', 'torch', 'sentence_transformers') if m in sys.modules])"
    )

    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                          cwd=Path(__file__).parents[2])  # fmt: skip

    assert said.stdout.strip() == "[]"
