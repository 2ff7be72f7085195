from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from personalization.content import find_passages, import_content, set_status
from personalization.content.vectors import by_meaning
from personalization.errors import ProviderError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

    from personalization.domain import Passage
    from personalization.settings import Settings
    from personalization.store import Store
    from tests.content.conftest import WordEncoder

SEND_ON = date(2026, 12, 1)


def find(shop: Store, settings: Settings, query: str, **options: object) -> list[Passage]:
    given = {"send_on": SEND_ON, "locale": "en-GB", **options}
    return find_passages(shop, settings.content, query, **given)  # type: ignore[arg-type]


def test_a_passage_comes_with_all_that_a_writer_needs(
    shop: Store, settings: Settings, encoder: WordEncoder
) -> None:
    found = find(shop, settings, "free standard delivery", encoder=encoder)

    best = found[0]
    assert (best.document_id, best.kind, best.rank) == ("offer-free-delivery", "offer", 1)
    assert [statement.role for statement in best.statements] == ["lead", "condition"]
    assert best.statements[0].requires == (best.statements[1].statement_id,)
    assert best.statements[0].alternates
    assert best.subject_lines
    assert best.valid_until == date(2027, 12, 31)
    assert best.why.startswith("shares ‘standard’, ‘delivery’, ‘free’ · close in meaning (0.")
    assert best.why.endswith("offer valid until 31 Dec 2027")


def test_the_words_of_a_statement_are_found_too(shop: Store, settings: Settings) -> None:
    found = find(shop, settings, "HEARTH10", segment="At risk")

    assert [passage.document_id for passage in found] == ["offer-welcome-back"]
    assert "written for this segment" in found[0].why


def test_the_same_question_gets_the_same_answer(
    shop: Store, settings: Settings, encoder: WordEncoder
) -> None:
    first = find(shop, settings, "cakes and tea in the kitchen", encoder=encoder, limit=20)

    assert find(shop, settings, "cakes and tea in the kitchen", encoder=encoder, limit=20) == first


def test_an_expired_document_is_never_found_although_the_index_has_it(
    shop: Store, settings: Settings, encoder: WordEncoder
) -> None:
    summer = find(shop, settings, "garden 15% off", send_on=date(2026, 8, 1), encoder=encoder)
    autumn = find(shop, settings, "garden 15% off", encoder=encoder, limit=50)

    assert summer[0].document_id == "offer-summer-garden"
    assert "offer-summer-garden" not in {passage.document_id for passage in autumn}


def test_what_is_retired_is_not_found_any_more(
    shop: Store, settings: Settings, encoder: WordEncoder
) -> None:
    assert (
        find(shop, settings, "alarm clock", encoder=encoder)[0].document_id
        == "benefit-alarm-clocks"
    )

    set_status(shop, "benefit-alarm-clocks", "retired", actor="anna")

    found = find(shop, settings, "alarm clock", encoder=encoder, limit=50)
    assert "benefit-alarm-clocks" not in {passage.document_id for passage in found}


def test_what_is_retired_during_the_search_is_not_found(shop: Store, settings: Settings) -> None:
    class RetiringEncoder:
        model_id = "retiring"

        def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
            set_status(shop, "benefit-alarm-clocks", "retired", actor="anna")
            raise ProviderError(f"no vectors for {len(texts)} texts")

    found = find(shop, settings, "alarm clock", encoder=RetiringEncoder(), limit=50)

    assert "benefit-alarm-clocks" not in {passage.document_id for passage in found}


def test_a_foreign_entry_in_the_index_is_thrown_out(
    shop: Store, settings: Settings, encoder: WordEncoder, tmp_path: Path
) -> None:
    planted = {"offer-summer-garden@1#p1": "alarm clock", "ghost@1#p1": "alarm clock"}
    by_meaning(tmp_path / "index" / "passages", planted, "alarm clock", encoder=encoder)

    found = find(shop, settings, "alarm clock", encoder=encoder, limit=50)

    assert not {"ghost", "offer-summer-garden"} & {passage.document_id for passage in found}
    assert found[0].document_id == "benefit-alarm-clocks"


def test_a_broken_encoder_leaves_the_search_by_words(
    shop: Store, settings: Settings, encoder: WordEncoder
) -> None:
    encoder.is_broken = True

    found = find(shop, settings, "alarm clock", encoder=encoder)

    assert found[0].document_id == "benefit-alarm-clocks"
    assert "found by words only: the model is gone" in found[0].why


def test_readers_of_another_language_get_their_own_documents(
    shop: Store, settings: Settings, encoder: WordEncoder
) -> None:
    german = find(shop, settings, "Kuchen und Versand", locale="de-DE", encoder=encoder, limit=99)
    austrian = find(shop, settings, "Kuchen Versand", locale="de-AT", encoder=encoder, limit=99)

    assert {"benefit-geschenke-de", "offer-versand-de"} <= {one.document_id for one in german}
    assert all(one.document_id.endswith("-de") for one in german)
    assert "offer" in {one.kind for one in german}
    assert not {"offer", "legal"} & {one.kind for one in austrian}
    assert "benefit-geschenke-de" in {one.document_id for one in austrian}


def test_a_long_document_is_found_once_by_its_best_part(
    store: Store, settings: Settings, write: Callable[..., Path]
) -> None:
    body = "# Tea\n\n" + "tea pot " * 80 + "\n\n# Cake\n\n" + "cake stand " * 80
    statements = (
        '[{id: s1, role: lead, text: "Tea pot."}, {id: s2, role: lead, text: "Cake stand."}]'
    )
    import_content(store, write("tea-cake", body, statements=statements), actor="anna")

    found = find(store, settings, "cake")

    assert [passage.passage_id for passage in found] == ["tea-cake@1#p2"]
    assert [statement.text for statement in found[0].statements] == ["Cake stand."]
