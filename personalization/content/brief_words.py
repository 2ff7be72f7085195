"""Words that a brief asks for: whether an approved statement or button says them, and to whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalization.content.brief_plan import Gap, ruled_out
from personalization.content.brief_sources import LONGEST_BUTTON, listed
from personalization.providers.house_words import says

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from personalization.content.brief_plan import Plan
    from personalization.content.brief_sources import Sources
    from personalization.domain import BrandProfile


def must_say_gaps(plan: Plan, profile: BrandProfile, sources: Sources) -> Iterator[Gap]:
    """Ask about what has to be said and may not be, or has no approved source."""
    for term in plan.brief.must_say:
        if word := ruled_out(plan, profile, term):
            yield Gap(
                "must_say",
                f"‘{term}’ has to be said, and ‘{word}’ may not be: take one of the two out.",
                "No message can do both, so every message would be stopped.",
                is_blocking=True,
            )
        elif plan.is_claim(term):
            yield from _source(plan, "must_say", term, sources)


def _source(plan: Plan, field: str, term: str, sources: Sources) -> Iterator[Gap]:
    """Ask for the approved source of a claim that has to stand in every message."""
    found = sources.standing(sources.saying(term))
    is_button = field == "call_to_action"
    wanted = "is to stand on the button" if is_button else "has to be said"
    near = sources.nearest_buttons(term)[0] if is_button else ()
    other = f"take an approved one, such as {_quoted(near)}" if near else "take it out"
    if not found.is_open:
        barred = f": ‘{found.title}’ says it and {found.bar}. Add" if found.bar else ": add"
        yield Gap(
            field,
            f"‘{term}’ {wanted} and has no approved source {plan.when}{barred} one on the "
            f"Content page, or {other}.",
            "It holds a figure, a date, a promise or a word such as ‘all’ or ‘best’. What a "
            "message claims has to stand in an approved statement, so every message would be "
            "stopped.",
            is_blocking=True,
        )
    elif found.lacking:
        yield Gap(
            field,
            f"‘{term}’ {wanted}, and its source ‘{found.title}’ is not for "
            f"{listed(found.lacking)}: add one for them on the Content page, take it out, or "
            "leave these segments out?",
            "What a message claims has to stand in a statement that was approved for its readers, "
            "so every message to them would be stopped.",
        )
    elif found.only_for:
        yield Gap(
            field,
            f"‘{term}’ {wanted}, and its source ‘{found.title}’ is for {listed(found.only_for)} "
            "only: will the campaign go to nobody else?",
            "Every message to anybody else would be stopped.",
        )


def button_gaps(plan: Plan, profile: BrandProfile, sources: Sources) -> Iterator[Gap]:
    """Ask about a button that is not said, may not be said, or is not approved."""
    words = plan.brief.call_to_action.strip()
    if not words:
        yield Gap(
            "call_to_action",
            "What is the button to ask for?",
            "Without an answer writers take an approved call to action that fits the segment.",
        )
    elif word := ruled_out(plan, profile, words):
        yield Gap(
            "call_to_action",
            f"The button would say ‘{word}’, which may not be said: word it otherwise.",
            "Every message would be stopped.",
            is_blocking=True,
        )
    elif plan.is_claim(words) and (missing := [*_source(plan, "call_to_action", words, sources)]):
        yield from missing
    elif len(words) > LONGEST_BUTTON:
        yield Gap(
            "call_to_action",
            f"The button would have {len(words)} characters: can it be said in fewer than "
            f"{LONGEST_BUTTON}?",
            "A long button breaks into two lines on a telephone.",
        )
    else:
        yield from _approved_button(words, sources)


def _approved_button(words: str, sources: Sources) -> Iterator[Gap]:
    """Ask about a button that no approved one says, to all or to some of the segments."""
    approved = sources.buttons()
    found = sources.standing([w for w in approved if any(says(words, text) for text in w.texts)])
    if found.is_open and not found.lacking:
        return
    near, is_near = sources.nearest_buttons(words)
    for_whom = f" to {listed(found.lacking)}" if found.lacking else ""
    if not near:
        way = "have one approved on the Content page."
    elif is_near:
        way = f"have one approved on the Content page, or take what comes nearest: {_quoted(near)}."
    else:
        way = f"have one approved on the Content page, or take another, such as {_quoted(near)}."
    yield Gap(
        "call_to_action",
        f"No approved button says ‘{words}’{for_whom}: {way}",
        "The built-in writer takes an approved button in its place, the nearest if one is near, "
        "and every message would ask for that. A hosted writer may word the wish itself.",
    )


def _quoted(texts: Sequence[str]) -> str:
    return listed([f"‘{text}’" for text in texts])
