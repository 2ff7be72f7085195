from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personalization.domain import BrandProfile, Brief
from personalization.providers.composer import Composer
from personalization.providers.gaps import gap_of
from personalization.providers.heeding import asked_of, narrowed, ruled_out
from personalization.providers.house_words import says, unsuitable
from personalization.providers.plans import relevant
from personalization.providers.protocols import ShortfallError
from tests.providers.fern_and_fig import content, request

if TYPE_CHECKING:
    from personalization.providers.protocols import Draft, WritingRequest


def candidates(asked: WritingRequest) -> list[Draft]:
    return [c.draft for c in Composer().candidates(narrowed(asked))]


def said_by(draft: Draft) -> str:
    return "\n".join(text for _, text in draft.message.fields())


@pytest.mark.parametrize(
    "term",
    [
        pytest.param("dishwasher", id="a word of a detail"),
        pytest.param("You have 30 days to send it back.", id="a whole alternate"),
        pytest.param("UK mainland addresses only, please", id="one wording of a condition"),
        pytest.param("The Fern & Fig team", id="words of a sign-off"),
    ],
)
def test_every_candidate_says_what_has_to_be_said(term: str) -> None:
    found = candidates(request(brief=Brief(must_say=(term,))))

    assert found
    assert all(says(term, said_by(draft)) for draft in found)


def test_two_terms_that_one_statement_says_are_both_said() -> None:
    found = candidates(request(brief=Brief(must_say=("30 days", "send it back"))))

    assert found
    assert all(says("30 days", said_by(d)) and says("send it back", said_by(d)) for d in found)


def test_what_no_approved_wording_says_is_left_to_the_report_and_not_made_up() -> None:
    asked = request(brief=Brief(must_say=("hand-thrown in Devon", "dishwasher")))
    drafts = Composer().write(asked)

    gap = gap_of(asked, drafts, Composer().frames(asked))

    assert gap.unsaid == ("hand-thrown in Devon",)
    assert "“hand-thrown in Devon”" in gap.advice[0]
    assert not any(says("Devon", said_by(draft)) for draft in drafts)


@settings(max_examples=8, deadline=None)
@given(
    barred=st.sampled_from(["stoneware", "tea", "free", "linen", "orders", "look", "welcome"]),
    where=st.sampled_from(["brief", "forbidden", "vocabulary"]),
    seed=st.sampled_from("abc"),
)
def test_no_candidate_says_what_brief_or_brand_rule_out(barred: str, where: str, seed: str) -> None:
    brief = Brief(must_not_say=(barred,) if where == "brief" else ())
    profile = BrandProfile(
        forbidden=(barred,) if where == "forbidden" else (),
        vocabulary=(("something else", barred),) if where == "vocabulary" else (),
    )

    for draft in candidates(request(brief=brief, profile=profile, seed=seed)):
        for name, text in draft.message.fields():
            if name not in {"link", "footer"}:
                assert not unsuitable(text, profile=profile, brief=brief), text


def test_a_document_without_an_opening_that_may_be_said_is_named() -> None:
    asked = request(brief=Brief(must_not_say=("stoneware",)))

    assert ruled_out(asked) == ("mugs",)
    assert "mugs was left out" in " ".join(gap_of(asked, ()).advice)


def test_an_offer_whose_condition_may_not_be_said_is_not_made() -> None:
    asked = request(brief=Brief(must_not_say=("mainland",)))
    cited = {c.statement_id or "" for draft in candidates(asked) for c in draft.claims}

    assert cited
    assert not any(name.startswith("shipping") for name in cited)


@pytest.mark.parametrize(
    ("wish", "buttons"),
    [
        pytest.param("Browse the kitchen", {"Browse the kitchen"}, id="an approved one"),
        pytest.param("see the shelf", {"See the kitchen shelf"}, id="the nearest"),
    ],
)
def test_the_button_asks_for_what_the_brief_wants(wish: str, buttons: set[str]) -> None:
    found = candidates(request(brief=Brief(call_to_action=wish)))

    assert {draft.message.call_to_action for draft in found} == buttons


def test_a_button_that_no_approved_one_comes_near_is_named_and_not_made_up() -> None:
    asked = request(brief=Brief(call_to_action="Book a table"))

    assert not any(d.message.call_to_action == "Book a table" for d in candidates(asked))
    assert "No approved call to action comes near “Book a table”" in " ".join(
        gap_of(asked, ()).advice
    )


def test_what_has_to_be_said_brings_its_document_in_however_little_it_bears() -> None:
    weak = replace(content()[4], score=0.001)
    passages = (*content()[:4], weak, *content()[5:])
    asked = narrowed(request(passages=passages, brief=Brief(must_say=("mill in Fife",))))

    wanted = asked_of(asked, relevant(asked.passages, least=0.0), ())

    assert wanted.documents == {"towels"}
    assert "towels" in {p.document_id for p in relevant(asked.passages, wanted.documents)}
    assert "towels" not in {p.document_id for p in relevant(asked.passages)}


def test_a_shortfall_for_want_of_words_says_so() -> None:
    asked = request(brief=Brief(must_not_say=("delivery", "free", "mug", "linen", "tea", "bench")))

    with pytest.raises(ShortfallError, match="rule out words of every wording"):
        Composer().write(asked)
