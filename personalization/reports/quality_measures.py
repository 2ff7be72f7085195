"""The measures of one message and of a segment's arms, each with its figure in words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from personalization.domain import CONTROL
from personalization.generation.citations import (
    ALTERNATE,
    REWRITTEN,
    VERBATIM,
    citation_precision,
    citation_recall,
    ways_of,
)
from personalization.generation.sentences import sentences
from personalization.generation.wording import content_stems
from personalization.generation.wording import words as words_in
from personalization.providers.composing import BODY_WORDS, as_read
from personalization.providers.diversity import MOST_ALIKE
from personalization.reports.quality_data import PRODUCTS
from personalization.reports.quality_words import (
    EXPECTED,
    LEAST_COVERAGE,
    LEAST_OWN_SHARE,
    LONG_SENTENCE,
    LONGEST_REPEAT,
    LONGEST_SENTENCE,
    MOST_SELF_BLEU,
    NEAR_DUPLICATE,
    OLDEST_SOURCE,
    SENTENCE_WORDS,
    SUBJECT_CHARACTERS,
    WARY,
    WHY,
    Measure,
)
from personalization.statistics.readability import EASE, prose_of, reading_ease, school_grade
from personalization.statistics.subject_lines import subject_form
from personalization.statistics.variety import (
    compression_ratio,
    distinct_pairs,
    longest_repeat,
    overlaps,
    own_share,
    self_bleu,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from personalization.domain import Message
    from personalization.reports.quality_data import Written

READING: Final = "How it reads"
SUBJECT: Final = "Subject"
PERSONAL: Final = "Personalisation"
EVIDENCE: Final = "Evidence"
LIKENESS: Final = "Likeness"

_FIGURE: Final = re.compile(r"\w*\d\w*")
_NAMES: Final = {
    "words": "Length of the text",
    "sentence": "Words a sentence",
    "longest_sentence": "Longest sentence",
    "ease": "Easy to read",
    "grade": "School grade",
    "subject": "Length of the subject",
    "matter": "The matter on a phone",
    "loud": "Loud or worn signs",
    "coverage": "Everything it addresses is filled",
    "own_share": "Words that the control text has not",
    "recall": "Assertions with a source",
    "precision": "Citations that add something",
    "wording": "Word for word as approved",
    "source_age": "Age of the oldest source",
    "nearest_arm": "Most alike in the segment",
    "nearest_segment": "Most alike in other segments",
    "self_bleu": "Same wording in the arms",
    "compression": "Repetition over all arms",
    "repeat": "Longest run in common",
    "distinct": "Word pairs that differ",
    "overlap": "Overlap of the arms",
    "subjects": "Different subjects",
}


@dataclass(frozen=True, slots=True)
class Neighbour:
    """The message that is most like another one, and how much, in [0, 1]."""

    segment: str
    arm: str
    overlap: float


def _measure(
    key: str, group: str, value: float | None, said: str, *, stands_out: bool = False,
    expected: str | None = None,
) -> Measure:  # fmt: skip
    wanted = EXPECTED[key] if expected is None else expected
    return Measure(key, _NAMES[key], value, said, wanted, WHY[key], stands_out, group)


def _plural(number: int, one: str) -> str:
    return f"{number:,} {one if number == 1 else one + 's'}"


def reading_measures(own: Written) -> list[Measure]:
    """Measure how a message reads, its fields filled with what stands in for them."""
    body, locale = as_read(own.message.body), own.locale
    said = [sentence.text for sentence in sentences(body)]
    prose = prose_of(said, locale)
    own_longest = prose_of(
        [text for text in said if not _orders(own.ordered, text)], locale
    ).longest
    low, high = BODY_WORDS
    mean = prose.words_per_sentence
    found = [
        _measure("words", READING, prose.n_words, _plural(prose.n_words, "word"),
                 stands_out=not low <= prose.n_words <= high),
        _measure("sentence", READING, mean, f"{mean:.0f} on average",
                 stands_out=mean > SENTENCE_WORDS and own_longest >= LONG_SENTENCE),
        _measure("longest_sentence", READING, prose.longest, _plural(prose.longest, "word"),
                 stands_out=own_longest > LONGEST_SENTENCE),
    ]  # fmt: skip
    ease, formula = reading_ease(prose, locale), EASE.get(locale[:2])
    if ease is not None and formula is not None:
        found.append(
            _measure("ease", READING, ease, f"{ease:.0f} ({formula.name})",
                     stands_out=ease < formula.plain, expected=f"{formula.plain:.0f} and more")
        )  # fmt: skip
    if (grade := school_grade(prose, locale)) is not None:
        found.append(_measure("grade", READING, grade, f"{max(grade, 0):.0f}"))
    return found


def _orders(ordered: Sequence[str], sentence: str) -> bool:
    return without(sentence, ordered) != sentence


def without(text: str, ordered: Sequence[str]) -> str:
    """Return a text without the words that the brief orders, however they are spaced and spelt."""
    for phrase in ordered:
        pattern = r"\s+".join(map(re.escape, phrase.split()))
        text = re.sub(pattern, " ", text, flags=re.IGNORECASE) if pattern else text
    return text


def subject_measures(own: Written) -> list[Measure]:
    """Measure the form of a subject line."""
    subject, language = as_read(own.message.subject), own.locale[:2]
    body = as_read(own.message.body)
    below, figures = set(content_stems(body, language)), set(_FIGURE.findall(body))
    matter = [word for word in words_in(subject) if set(content_stems(word, language)) & below]
    matter += [figure for figure in _FIGURE.findall(subject) if figure in figures]
    form = subject_form(subject, matter, WARY.get(language, ()))
    loud = [
        *(f"“{word}” in capitals" for word in form.capitals),
        *(f"“{marks}”" for marks in form.marks),
        *([f"{form.n_emojis} emojis"] if form.n_emojis > 1 else []),
        *(f"“{word}”" for word in form.wary),
    ]
    shown = f"shows “{form.shown}”"
    return [
        _measure("subject", SUBJECT, form.n_characters, _plural(form.n_characters, "character"),
                 stands_out=form.n_characters > SUBJECT_CHARACTERS),
        _measure("matter", SUBJECT, form.matter_at,
                 shown if form.is_matter_shown
                 else f"{shown}, which names nothing that the text is about",
                 stands_out=not form.is_matter_shown),
        _measure("loud", SUBJECT, len(loud), ", ".join(loud) or "none", stands_out=bool(loud)),
    ]  # fmt: skip


def personal_measures(own: Written, control: Written | None) -> list[Measure]:
    """Measure for how many it is personal, and how much of it is the segment's own."""
    found = [_coverage(own)]
    if control is not None and own.arm != CONTROL:
        texts = [f"{as_read(w.message.subject)} {as_read(w.message.body)}" for w in (own, control)]
        share = own_share(*texts)
        if share is not None:
            found.append(
                _measure("own_share", PERSONAL, share, f"{share:.0%}",
                         stands_out=share < LEAST_OWN_SHARE)
            )  # fmt: skip
    return found


def _coverage(own: Written) -> Measure:
    if not own.have:
        return _measure("coverage", PERSONAL, None, "It addresses no field of a customer.")
    parts = [f"{own.n_resolved:,} of {own.n_members:,} customers"]
    parts += [
        f"{own.n_members - n:,} get none, for want of products"
        if field == PRODUCTS
        else f"{own.n_members - n:,} read what stands in for their {field.replace('_', ' ')}"
        for field, n in own.have
        if n < own.n_members
    ]
    share = own.coverage
    return _measure("coverage", PERSONAL, share, "; ".join(parts),
                    stands_out=share is not None and share < LEAST_COVERAGE)  # fmt: skip


def evidence_measures(own: Written) -> list[Measure]:
    """Measure what bears the message out; a text that asserts nothing has no such figures."""
    recall = citation_recall(own.claims)
    precision = citation_precision(own.claims, own.locale)
    ways = ways_of(own.claims)
    found = []
    if recall is not None:
        n_supported = sum(claim.is_supported for claim in own.claims)
        found.append(
            _measure("recall", EVIDENCE, recall, f"{n_supported} of {len(own.claims)}",
                     stands_out=recall < 1)
        )  # fmt: skip
    if precision is not None:
        n_citations = sum(len(claim.citations) for claim in own.claims)
        said = f"{round(precision * n_citations)} of {n_citations}"
        found.append(
            _measure("precision", EVIDENCE, precision, said,
                     stands_out=precision < 1)
        )  # fmt: skip
    if ways is not None:
        said = (
            f"{ways[VERBATIM]:.0%}, {ways[ALTERNATE]:.0%} in another approved wording, "
            f"{ways[REWRITTEN]:.0%} in the writer's own words"
        )
        found.append(_measure("wording", EVIDENCE, ways[VERBATIM], said))
    if own.oldest_source is not None:
        title, days = own.oldest_source
        found.append(
            _measure("source_age", EVIDENCE, days,
                     f"{_plural(days, 'day')} on the send date: “{title}”",
                     stands_out=days > OLDEST_SOURCE)
        )  # fmt: skip
    return found


def likeness_measures(arm: Neighbour | None, segment: Neighbour | None) -> list[Measure]:
    """Measure how like its nearest neighbours a message is."""
    found = []
    if arm is not None:
        found.append(
            _measure("nearest_arm", LIKENESS, arm.overlap, f"{arm.overlap:.0%}, variant {arm.arm}",
                     stands_out=arm.overlap > MOST_ALIKE)
        )  # fmt: skip
    if segment is not None:
        found.append(
            _measure("nearest_segment", LIKENESS, segment.overlap,
                     f"{segment.overlap:.0%}, {segment.segment}, variant {segment.arm}",
                     stands_out=segment.overlap > NEAR_DUPLICATE)
        )  # fmt: skip
    return found


def set_measures(messages: Sequence[Message], ordered: Sequence[str] = ()) -> tuple[Measure, ...]:
    """Measure how varied the arms of a segment are; nothing for fewer than two.

    Args:
        messages: The arms.
        ordered: What the brief orders into each of them, which is not held against any.
    """
    if len(messages) < 2:  # noqa: PLR2004
        return ()
    texts = [without(as_read(message.body), ordered) for message in messages]
    subjects = {message.subject.casefold() for message in messages}
    bleu = self_bleu(texts) or 0.0
    ratio = compression_ratio(texts) or 0.0
    run = longest_repeat(texts)
    shares = [share for _, _, share in overlaps(texts)]
    mean = sum(shares) / len(shares)
    pairs = [share for share in map(distinct_pairs, texts) if share is not None]
    found = [
        _measure("self_bleu", LIKENESS, bleu, f"{bleu:.2f}", stands_out=bleu > MOST_SELF_BLEU),
        _measure("overlap", LIKENESS, mean, f"{mean:.0%}, at most {max(shares):.0%}"),
        _measure("repeat", LIKENESS, len(run), f"{len(run)} words: “{' '.join(run)}”",
                 stands_out=len(run) > LONGEST_REPEAT),
        _measure("compression", LIKENESS, ratio, f"{ratio:.2f}"),
        _measure("subjects", LIKENESS, len(subjects), f"{len(subjects)} of {len(messages)}",
                 stands_out=len(subjects) < len(messages)),
    ]  # fmt: skip
    if pairs:
        distinct = sum(pairs) / len(pairs)
        found.append(_measure("distinct", LIKENESS, distinct, f"{distinct:.0%}"))
    return tuple(found)
