from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from personalization.domain import Brief
from personalization.providers.composer import Composer
from personalization.providers.gaps import ContentGap, gap_of
from tests.providers.fern_and_fig import content, request

if TYPE_CHECKING:
    from personalization.providers.protocols import WritingRequest


def report(asked: WritingRequest) -> ContentGap:
    return gap_of(asked, Composer().drafts(asked), Composer().frames(asked))


def test_content_that_is_enough_asks_for_nothing() -> None:
    gap = report(request())

    assert (gap.n_written, gap.n_wanted) == (3, 3)
    assert dict(gap.kinds) == {"benefit": 2, "proof": 1, "story": 1, "faq": 1}
    assert gap.advice == ()
    assert gap.plans == ()


def test_missing_kinds_are_counted_and_the_plans_that_they_open_named() -> None:
    alone = report(request(passages=content()[:1]))

    assert alone.n_written < alone.n_wanted
    assert ("proof_first", "proof") in alone.plans
    assert ("minimal", "offer or benefit") not in alone.plans
    assert alone.advice[0] == (
        "Add 2 approved benefits, 1 approved proof, 1 approved story and 1 approved answer to a "
        "question for this segment."
    )


def test_what_was_found_and_left_out_is_named() -> None:
    weak = replace(content()[4], score=0.001)

    gap = report(request(passages=(content()[0], weak)))

    assert gap.too_weak == ("towels",)
    assert "towels was found and left out" in " ".join(gap.advice)


def test_documents_with_one_wording_or_without_a_subject_are_named() -> None:
    mugs = content()[0]
    head = replace(mugs.statements[0], alternates=(), subject_ok=False)
    plain = replace(mugs, statements=(head, *mugs.statements[1:]), subject_lines=())

    gap = report(request(passages=(plain,)))

    assert gap.few_wordings == ("mugs",)
    assert gap.no_subject == ("mugs",)
    assert "another wording of the opening sentence to mugs" in " ".join(gap.advice)


def test_stories_alone_bear_nothing_and_the_report_says_why() -> None:
    gap = report(request(passages=tuple(p for p in content() if p.kind == "story")))

    assert gap.n_written == 0
    assert ("story_first", "benefit, offer or proof") in gap.plans


def test_where_nothing_was_found_the_way_out_is_named() -> None:
    gap = report(request(passages=()))

    assert gap.sentence == (
        "No approved content was found for segment 'Loyal'. "
        "Add a benefit, an offer or a story for it on the Content page."
    )


def test_a_key_message_that_no_document_comes_near_is_named() -> None:
    far = report(request(brief=Brief(key_message="Wicker baskets for picnics")))
    near = report(request(brief=Brief(key_message="Linen that dries fast")))

    assert far.no_key == "Wicker baskets for picnics"
    assert "above all, “Wicker baskets for picnics”" in far.advice[0]
    assert near.no_key == ""
