from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from personalization.content.choosing import COVERAGE, choose_documents
from personalization.content.eligibility import Judged
from personalization.content.finding import Found
from personalization.content.ranking import Ranked

KINDS = ("benefit", "proof", "offer", "faq", "legal", "cta", "story")


def found(*kinds: str) -> list[Found]:
    """Documents d1, d2, ... of these kinds, best first."""
    return [
        Found(
            Judged(f"d{n}@1#p1", f"d{n}", kind, is_targeted=False, bars=()),
            Ranked(f"d{n}@1#p1", 1 / n, n, n),
        )
        for n, kind in enumerate(kinds, 1)
    ]


def names(chosen: list[Found]) -> list[str]:
    return [one.passage.document_id for one in chosen]


def test_every_kind_of_document_gets_its_place_before_relevance_fills_the_rest() -> None:
    chosen = choose_documents(found(*["benefit"] * 8, "cta", "proof", "offer", "story", "cta"), 10)

    kinds = [one.passage.kind for one in chosen]
    assert kinds == ["benefit"] * 5 + ["cta", "proof", "offer", "story", "cta"]


def test_a_short_list_has_what_is_needed_most() -> None:
    chosen = choose_documents(found("story", "benefit", "benefit", "proof", "cta"), 3)

    assert {one.passage.kind for one in chosen} == {"cta", "benefit", "proof"}


def test_pinned_documents_are_always_in_and_excluded_ones_never() -> None:
    all_of_them = found(*["benefit"] * 9, "legal")

    chosen = choose_documents(all_of_them, 3, pinned={"d10"}, excluded={"d1"})

    assert names(chosen) == ["d2", "d3", "d10"]


def test_more_pins_than_places_are_all_in() -> None:
    chosen = choose_documents(found(*["benefit"] * 5), 2, pinned={"d2", "d3", "d5"})

    assert names(chosen) == ["d2", "d3", "d5"]


def test_the_campaigns_own_offer_is_in_unless_it_was_taken_out() -> None:
    all_of_them = found("cta", "benefit", "offer", "offer")

    assert "d4" in names(choose_documents(all_of_them, 3, promoted="d4"))
    assert "d4" not in names(choose_documents(all_of_them, 4, promoted="d4", excluded={"d4"}))


@given(st.lists(st.sampled_from(KINDS), max_size=30), st.integers(min_value=1, max_value=15))
def test_the_list_is_full_without_repeats_in_the_order_of_relevance(
    kinds: list[str], limit: int
) -> None:
    all_of_them = found(*kinds)

    chosen = choose_documents(all_of_them, limit)

    assert len(chosen) == min(limit, len(all_of_them))
    assert chosen == sorted(chosen, key=all_of_them.index)
    if limit >= len(COVERAGE):
        had = {one.passage.kind for one in chosen}
        assert set(kinds) & set(COVERAGE) <= had
