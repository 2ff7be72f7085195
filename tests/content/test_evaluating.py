from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalization.content import finding, import_content
from personalization.content.eligibility import Audience, eligible_passages
from personalization.content.evaluating import (
    GOOD,
    LabelledQuery,
    bootstrap,
    evaluate,
    evaluate_library,
    ndcg,
    orders_of,
    read_labels,
    recall,
    reciprocal_rank,
)
from personalization.content.ranking import ByMeaning, Ranked
from personalization.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from personalization.settings import Settings
    from personalization.store import Store
    from tests.content.conftest import WordEncoder

LABELS = Path(__file__).parents[2] / "sample_data" / "queries.toml"
ANYBODY = Audience(date(2026, 12, 1), "en-GB")


def test_the_gain_is_the_one_of_the_text_book() -> None:
    # Wikipedia, "Discounted cumulative gain", example: relevances 3, 2, 3, 0, 1, 2 in this order,
    # DCG_6 = 6.861; ideal over 3, 3, 3, 2, 2, 2, 1, 0: IDCG_6 = 8.740; nDCG_6 = 0.785.
    relevant = {"d1": 3, "d2": 2, "d3": 3, "d4": 0, "d5": 1, "d6": 2, "d7": 3, "d8": 2}

    assert ndcg(["d1", "d2", "d3", "d4", "d5", "d6"], relevant, 6) == pytest.approx(0.785, abs=5e-4)


def test_recall_and_reciprocal_rank_are_those_worked_out_by_hand() -> None:
    found = ["x", "a", "y", "z", "b", "c"]

    assert recall(found, frozenset("abc")) == pytest.approx(2 / 3)
    assert recall(list("abcdefg"), frozenset("abcdefg")) == 1.0
    assert reciprocal_rank(found, frozenset("bc")) == 1 / 5
    assert reciprocal_rank(found, frozenset("q")) == 0.0


@given(
    st.permutations(list("abcdef")), st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 3))
)
def test_no_order_beats_the_one_by_grades(found: list[str], relevant: dict[str, int]) -> None:
    ideal = sorted("abcdef", key=lambda name: -relevant.get(name, 0))

    assert 0 <= ndcg(found, relevant) <= ndcg(ideal, relevant) + 1e-12
    assert ndcg(ideal, relevant) == (pytest.approx(1.0) if relevant else 0.0)


def test_an_interval_holds_its_mean_and_shrinks_with_more_queries() -> None:
    few, many = bootstrap([0.0, 1.0] * 5), bootstrap([0.0, 1.0] * 500)

    assert few.low < few.mean == 0.5 < few.high
    assert many.high - many.low < (few.high - few.low) / 5
    assert bootstrap([0.25] * 8) == bootstrap([0.25] * 3)


def test_one_search_tells_what_each_method_found() -> None:
    ranked = [Ranked("b", 0.9, 2, 1), Ranked("a", 0.8, 1, None), Ranked("c", 0.0, None, None)]

    assert orders_of(ranked) == {"hybrid": ["b", "a"], "words": ["a", "b"], "meaning": ["b"]}


def test_each_method_is_measured_by_its_own_best_passage_of_a_document() -> None:
    # As passages come in: b's first one won the fusion by meaning, its second is first by words.
    ranked = [Ranked("b", 0.9, 3, 1), Ranked("a", 0.8, 2, 2), Ranked("b", 0.7, 1, 3)]

    assert orders_of(ranked) == {"hybrid": ["b", "a"], "words": ["b", "a"], "meaning": ["b", "a"]}


def test_a_long_document_is_found_by_words_where_its_best_words_are(
    store: Store, settings: Settings, write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    said = '[{id: s1, role: lead, text: "Tea."}]'
    body = "# One\n\n" + "teapot saucer " * 80 + "kettle\n\n# Two\n\n" + "kettle " * 160
    write("long-one", body, statements=said)
    write("tea-one", "Tea.")
    write("tea-two", "More tea.")
    import_content(store, write("other-one", "A kettle for two.", statements=said), actor="anna")
    order = ("long-one@1#p1", "other-one@1#p1", "tea-one@1#p1", "tea-two@1#p1", "long-one@1#p2")
    near = dict.fromkeys(order, 0.5)
    monkeypatch.setattr(finding, "by_meaning", lambda *_, **__: ByMeaning(order, "", near))
    label = LabelledQuery("kettle", {"long-one": 3}, ANYBODY)

    found = evaluate_library(store, settings.content, [label], None)

    assert found.measures["words"]["mrr"].mean == 1.0


def test_what_is_found_twice_counts_once() -> None:
    assert ndcg(["a", "a"], {"a": 3}) == 1.0
    assert ndcg(["x", "x", "a"], {"a": 3}) == ndcg(["x", "a"], {"a": 3})


def test_a_query_whose_answer_is_not_found_is_listed_worst_first() -> None:
    labels = [
        LabelledQuery("good", {"a": 3}, ANYBODY),
        LabelledQuery("lost", {"z": 3, "y": 1}, ANYBODY),
        LabelledQuery("late", {"e": 2}, ANYBODY),
    ]
    found = {"hybrid": list("abcdefg"), "words": list("gfedcba"), "meaning": []}

    evaluation = evaluate(labels, lambda _: found)

    assert [miss.query for miss in evaluation.misses] == ["lost", "late"]
    assert evaluation.misses[0].missing == ("z",)
    assert evaluation.measures["hybrid"]["mrr"].mean == pytest.approx((1 + 0 + 1 / 5) / 3)
    assert evaluation.measures["meaning"]["ndcg_at_10"].mean == 0.0
    assert evaluation.gains["meaning"].mean == evaluation.measures["hybrid"]["ndcg_at_10"].mean


def test_the_labelled_queries_fit_the_shipped_corpus(shop: Store) -> None:
    labels = read_labels(LABELS)

    assert len(labels) >= 60
    assert len({label.query for label in labels}) == len(labels)
    for audience in {label.audience for label in labels}:
        may_be_said = {one.document_id for one in eligible_passages(shop, audience)}
        named = {name for one in labels if one.audience == audience for name in one.relevant}
        assert named <= may_be_said, (audience, named - may_be_said)
    assert all(max(label.relevant.values()) >= GOOD for label in labels)


def test_the_library_is_found_by_words_alone_well_enough_to_be_of_use(
    shop: Store, settings: Settings
) -> None:
    found = evaluate_library(shop, settings.content, read_labels(LABELS), None)

    assert found.trouble == "the language model is not loaded"
    assert found.measures["words"]["ndcg_at_10"].mean > 0.75
    assert found.measures["meaning"]["mrr"].mean == 0.0


def test_every_method_of_the_library_is_measured(
    shop: Store, settings: Settings, encoder: WordEncoder
) -> None:
    label = LabelledQuery(
        "bakelike alarm clocks with twin bells", {"benefit-alarm-clocks": 3}, ANYBODY
    )

    found = evaluate_library(shop, settings.content, [label], encoder)

    assert {row["mrr"].mean for row in found.measures.values()} == {1.0}
    assert not found.misses


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("[[query", id="no TOML"),
        pytest.param('day = 2026-12-01\nlocale = "en-GB"', id="no query"),
        pytest.param('day = "soon"\nlocale = "en"\n[[query]]\ntext = "a"\nrelevant = {a = 1}',
                     id="no day"),
        pytest.param('day = 2026-12-01\nlocale = "en"\n[[query]]\ntext = "a"\nrelevant = {a = 4}',
                     id="a grade of 4"),
        pytest.param('day = 2026-12-01\nlocale = "en"\n[[query]]\ntext = "a"\nrelevant = {}',
                     id="nothing to find"),
    ],
)  # fmt: skip
def test_labels_of_another_form_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "labels.toml").write_text(text, "utf-8")

    with pytest.raises(InputError, match=r"labels\.toml holds no labelled queries"):
        read_labels(tmp_path / "labels.toml")


def test_labels_that_are_not_there_and_no_labels_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_labels(tmp_path / "gone.toml")
    with pytest.raises(InputError, match="no labelled queries"):
        evaluate([], lambda _: {})


def test_the_file_says_by_whom_it_is_asked() -> None:
    told = tomllib.loads(LABELS.read_text("utf-8"))

    locales = {query.get("locale", told["locale"]) for query in told["query"]}
    assert locales == {"en-GB", "de-DE", "fr-FR", "es-ES"}
    assert sum("segment" in query for query in told["query"]) >= 10
