from __future__ import annotations

from dataclasses import replace

from personalization.domain import Message
from personalization.providers.diversity import Candidate, select
from personalization.providers.protocols import Draft

TEXTS = ("one two three four", "five six seven eight", "nine ten eleven twelve")


def candidate(subject: str, body: str, fit: float, plan: str = "minimal") -> Candidate:
    attributes = (("plan", plan), ("tone", "friendly"), ("length", "short"), ("topic", "t"))
    message = Message(subject, "", body, "", "", "")
    return Candidate(Draft("", message, (), attributes, "composer", ()), fit)


def subjects(chosen: list[Candidate]) -> list[str]:
    return [c.draft.message.subject for c in chosen]


def test_the_fittest_comes_first() -> None:
    chosen = select([candidate("x", TEXTS[0], 0.2), candidate("y", TEXTS[1], 0.9)], 1, [])

    assert subjects(chosen) == ["y"]


def test_no_two_share_a_subject_or_a_text() -> None:
    pool = [
        candidate("x", TEXTS[0], 0.9),
        candidate("X", TEXTS[1], 0.8),
        candidate("y", TEXTS[0], 0.7),
        candidate("z", TEXTS[2], 0.1),
    ]

    assert subjects(select(pool, 3, [])) == ["x", "z"]


def test_another_plan_is_preferred_to_a_little_more_fit() -> None:
    pool = [
        candidate("x", TEXTS[0], 0.9),
        candidate("y", TEXTS[1], 0.8),
        candidate("z", TEXTS[2], 0.7, plan="offer_first"),
    ]

    assert subjects(select(pool, 2, [])) == ["x", "z"]


def test_what_is_to_be_avoided_is_never_chosen() -> None:
    avoid = [replace(candidate("x", TEXTS[0], 1).draft.message, body="something else")]

    assert select([candidate("x", TEXTS[0], 1.0)], 1, avoid) == []
