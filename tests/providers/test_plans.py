from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from personalization.providers.plans import (
    PLANS,
    PRONOUN,
    SUBSTANCE,
    Draw,
    choose_passages,
    goes_with,
    head_of,
    overlap,
    paragraph_of,
    with_requirements,
)
from tests.providers.fern_and_fig import content

if TYPE_CHECKING:
    from personalization.domain import Passage

CONTENT = {p.document_id: p for p in content()}
KNOWN = {s.statement_id: s for p in content() for s in p.statements}


def ids(paragraph: object) -> list[str]:
    return [w.statement.statement_id for w in paragraph.lines]  # type: ignore[attr-defined]


def test_every_plan_has_room_for_something_to_act_on() -> None:
    for slots in PLANS.values():
        assert 1 <= len(slots) <= 3
        assert any(SUBSTANCE & set(kinds) for kinds in slots)


def test_a_draw_is_told_apart_by_its_names_and_repeats_itself() -> None:
    options = list(range(100))

    assert [Draw("a").one(options) for _ in range(3)] == [Draw("a").one(options)] * 3
    assert len({Draw("a", n).one(options) for n in range(20)}) > 5


def test_the_best_is_drawn_most_often_and_the_fifth_never() -> None:
    drawn = [Draw("x", n).one_of_best("abcde") for n in range(400)]

    assert drawn.count("a") > drawn.count("b") > drawn.count("d") > 0
    assert "e" not in drawn


def test_a_paragraph_is_lead_then_condition_then_details() -> None:
    mugs = paragraph_of(CONTENT["mugs"], 2, "", KNOWN, Draw("x"))
    shipping = paragraph_of(CONTENT["shipping"], 1, "", KNOWN, Draw("x"))

    assert ids(mugs) == ["mugs@1#s1", "mugs@1#s2", "mugs@1#s3"]
    assert ids(shipping) == ["shipping@1#s1", "shipping@1#s2"]


def test_the_detail_that_the_subject_speaks_of_comes_in_first() -> None:
    about = paragraph_of(CONTENT["mugs"], 1, "Safe in your dishwasher", KNOWN, Draw("x"))

    assert ids(about) == ["mugs@1#s1", "mugs@1#s3"]


def test_a_wording_that_only_repeats_the_subject_is_not_taken() -> None:
    for number in range(20):
        drawn = paragraph_of(
            CONTENT["mugs"], 0, "Tea stays warm in stoneware.", KNOWN, Draw("x", number)
        )
        assert drawn is not None
        assert drawn.lines[0].text == "A stoneware mug keeps tea warm while you read."


def test_a_document_of_conditions_alone_has_no_head() -> None:
    shipping = CONTENT["shipping"]
    terms = replace(shipping, statements=shipping.statements[1:])

    assert head_of(terms) is None
    assert paragraph_of(terms, 1, "", KNOWN, Draw("x")) is None


def test_requirements_are_followed_to_their_end_and_round_in_circles_once() -> None:
    first, second = KNOWN["shipping@1#s1"], KNOWN["shipping@1#s2"]
    circle = {
        first.statement_id: first,
        second.statement_id: replace(second, requires=(first.statement_id,)),
    }

    found = with_requirements(circle[first.statement_id], circle)

    assert found is not None
    assert [s.statement_id for s in found] == [first.statement_id, second.statement_id]
    assert with_requirements(first, {first.statement_id: first}) is None


@pytest.mark.parametrize(
    ("document_id", "main", "fits"),
    [
        pytest.param("rated", "mugs", True, id="same product"),
        pytest.param("shipping", "mugs", True, id="shop-wide"),
        pytest.param("mugs", "bench", True, id="beside a story of the shop"),
        pytest.param("towels", "mugs", False, id="another product, one tag of two"),
    ],
)
def test_what_goes_with_what(document_id: str, main: str, *, fits: bool) -> None:
    assert goes_with(CONTENT[document_id], CONTENT[main]) is fits


def chosen(*slots: tuple[str, ...], offer: str = "") -> list[str]:
    passages: list[Passage] = list(content())
    return [p.document_id for p in choose_passages(slots, passages, {offer}, Draw("x"))]


def test_a_slot_without_content_stays_empty_and_the_first_one_ends_the_plan() -> None:
    assert chosen(("legal",), ("benefit",)) == []
    assert chosen(("story",), ("legal",)) == ["bench"]


def test_the_promoted_offer_takes_its_slot_or_comes_last() -> None:
    assert chosen(("offer",), offer="gift") == ["gift"]
    assert chosen(("story",), offer="gift") == ["bench", "gift"]


@pytest.mark.parametrize(
    ("opening", "points_back"),
    [
        ("It works once.", True),
        ("One of them folds.", True),
        ("Each comes with a cover.", True),
        ("Es gilt bis Freitag.", True),
        ("Elles se lavent.", True),
        ("One jumbo bag takes the weekly shop.", False),
        ("Each parcel is packed by hand.", False),
        ("Items can come back.", False),
        ("Erst das Bett wärmen.", False),
    ],
)
def test_only_a_word_that_stands_for_another_points_back(
    opening: str, *, points_back: bool
) -> None:
    assert bool(PRONOUN.match(opening)) is points_back


def test_words_are_compared_by_their_first_letters() -> None:
    assert overlap("Reordering is easy", "You can reorder boxes") == 1
    assert overlap("A mug of tea", "The mug and the tea") == 0  # too short to say anything
