"""Subject lines: what they promise has to stand in the message, with its conditions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from personalization.domain import Decision
from personalization.safety.figures import bears_out, claimed_figures, figures_of
from personalization.safety.reading import Hit, pattern_hits, spans_of
from personalization.statistics.subject_lines import emoji_spans

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from personalization.safety.policy import Rule
    from personalization.safety.reading import Context

# Kinds of figures that sell; a date or a bare count in a subject is a note at most.
_SELLING: Final = re.compile(r"money:|percent|times|ml|g|mm|oz|lb|month|day$|point|star")
_GERMAN: Final = frozenset(("DE", "AT", "CH"))


def unqualified_offer(texts: Mapping[str, str], rule: Rule, _: Context) -> Iterator[Hit]:
    """Find a gift or a reduction whose condition stands neither there nor in the first lines."""
    subject = texts["subject"]
    opening = f"{texts['preheader']}\n{texts['body'][: rule.limit]}"
    if spans_of(rule.unless_near, f"{subject}\n{opening}"):
        return
    excused = spans_of(rule.unless, subject)
    for start, end in sorted(spans_of(rule.patterns, subject))[:1]:
        if not any(first < end and start < last for first, last in excused):
            yield Hit(start, end)


def unsupported_claim(texts: Mapping[str, str], rule: Rule, context: Context) -> Iterator[Hit]:
    """Find figures of the subject that the text below it does not repeat."""
    below = "\n".join(texts[field] for field in ("preheader", "body", "call_to_action"))
    stated = figures_of(below)
    for figure in claimed_figures(texts["subject"], rule, context):
        if any(bears_out(other, figure) for other in stated):
            continue
        is_selling = bool(_SELLING.match(figure.kind))
        yield Hit(figure.start, figure.end, action=None if is_selling else Decision.WARN)


def form(texts: Mapping[str, str], rule: Rule, _: Context) -> Iterator[Hit]:
    """Find subjects that inboxes cut, and more than one emoji."""
    subject = texts["subject"]
    longest = int(rule.limits["characters"])
    if len(subject) > longest:
        yield Hit(longest, len(subject), f"It has {len(subject)} characters; {longest} are shown.")
    emojis = emoji_spans(subject)
    if len(emojis) > rule.limits["emojis"]:
        yield Hit(emojis[0][0], emojis[-1][1], f"It has {len(emojis)} emojis.")


def stop_words(texts: Mapping[str, str], rule: Rule, context: Context) -> Iterator[Hit]:
    """Find what German spam filters go by, in a German subject or one that goes there."""
    if context.locale[:2] == "de" or _GERMAN & set(context.jurisdictions):
        yield from pattern_hits(texts["subject"], rule)
