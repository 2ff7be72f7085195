"""What each measure of a message is called, from where on it stands out, and why that matters.

A measure that stands out is a reason to look, not a fault: nothing here keeps a message from going
out, and none of it foretells how many will open it.  That is what the test is for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from personalization.providers.composing import BODY_WORDS
from personalization.providers.diversity import MOST_ALIKE

NEAR_DUPLICATE: Final = 0.60
"""Trigram overlap from which messages of two segments are one message sent twice."""

MOST_SELF_BLEU: Final = 0.40
"""Self-BLEU from which the arms of a segment are hardly a test of wording any more."""

LONGEST_REPEAT: Final = 30
"""Words in a row that two arms share; conditions of an offer are often that long."""

SUBJECT_CHARACTERS: Final = 60
SENTENCE_WORDS: Final = 20
LONG_SENTENCE: Final = 30
"""Words from which on a sentence is long; sentences below it give no reason to look."""

LONGEST_SENTENCE: Final = 35
LEAST_COVERAGE: Final = 0.80
LEAST_OWN_SHARE: Final = 0.25
OLDEST_SOURCE: Final = 365

WARY: Final = {
    "en": (
        "act now", "buy now", "click here", "order now", "last chance", "limited time", "hurry",
        "urgent", "don't miss", "once in a lifetime", "risk-free", "no obligation", "cash",
        "winner", "you have won", "congratulations", "100% free", "cheap", "miracle", "guaranteed",
    ),
    "de": (
        "gratis", "kostenlos", "gewonnen", "garantiert", "nur heute", "sofort", "letzte chance",
        "dringend", "schnäppchen", "billig", "unschlagbar", "jetzt zugreifen",
    ),
    "fr": (
        "gratuit", "gagnez", "gagnant", "urgent", "dernière chance", "cliquez ici", "garanti",
        "sans engagement", "félicitations", "pas cher",
    ),
    "es": (
        "gratis", "ganador", "has ganado", "urgente", "última oportunidad", "haz clic aquí",
        "garantizado", "sin compromiso", "felicidades", "barato",
    ),
}  # fmt: skip
"""Words of a subject that spam filters and tired readers stop at, by language."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure of a message or of a set of messages, as it is told.

    Attributes:
        key: Names it in files.
        name: Names it on the page.
        value: The figure itself; None where there is none.
        said: The figure in words.
        expected: From where on it stands out, in words; empty where it never does.
        why: Why that matters.
        stands_out: Whether it does here.
        group: Under which heading it stands.
    """

    key: str
    name: str
    value: float | None
    said: str
    expected: str
    why: str
    stands_out: bool
    group: str


WHY: Final = {
    "words": "Very short messages give no reason to act; long ones are skimmed.",
    "sentence": "Plain-English guides ask for 15 to 20 words a sentence on average. It stands out "
    "only where a sentence of 30 words or more is among them that the brief does not order.",
    "longest_sentence": "A sentence this long has to be read twice on a phone. What the brief "
    "orders is left out.",
    "ease": "0 to 100 and beyond; high is good, and 60 is plain language. Counted from the length "
    "of words and sentences, by a formula for this language. "
    "Product names with many syllables lower it through no fault of the writer.",
    "grade": "The school year that the words ask for, by Kincaid's formula; English only.",
    "subject": "Longer subjects are cut in most inboxes. It says nothing of opens: published "
    "figures on length contradict each other, so let the test decide.",
    "matter": "A phone shows about 40 characters. What the message is about should be among them.",
    "loud": "Capitals, rows of marks, several emojis and worn-out phrases make spam filters and "
    "readers wary.",
    "coverage": "Who lacks a field reads what stands in for it. If most do, the message is "
    "personal in name only.",
    "own_share": "Words that the control text does not use. With few of its own, the test "
    "compares a text with itself.",
    "recall": "Every assertion needs a source that bears it out (citation recall, after ALCE).",
    "precision": "A citation that adds no figure, name or word makes the evidence look better than "
    "it is (citation precision, after ALCE).",
    "wording": "Approved words need no second reading; words of the writer's own deserve one.",
    "source_age": "What was approved long ago may have changed since.",
    "nearest_arm": "Two arms that read alike cannot differ in effect, and the people of one of "
    "them teach you nothing.",
    "nearest_segment": "A segment that reads what another one reads is not being addressed for "
    "itself.",
    "self_bleu": "0 is no wording in common, 1 the same words throughout; low is good. It counts "
    "runs of one to four words that each arm shares with the others (self-BLEU).",
    "compression": "How many times smaller a compressor makes the arms together; low is good. "
    "About 2 is usual, 4 says the same again and again. It grows with their length.",
    "repeat": "The longest run of words that two arms share, without what the brief orders. A "
    "condition that has to stand in each message is no fault.",
    "distinct": "Of each 50 words, how many pairs in a row stand there once only; high is good.",
    "overlap": "Share of three-word runs in common, the mean over pairs of arms; low is good.",
    "subjects": "Arms that share a subject test the text below it only.",
}  # fmt: skip
"""Why each measure matters, by its key."""

EXPECTED: Final = {
    "words": f"{BODY_WORDS[0]} to {BODY_WORDS[1]}",
    "sentence": f"up to {SENTENCE_WORDS}",
    "longest_sentence": f"up to {LONGEST_SENTENCE}",
    "ease": "",  # by language
    "grade": "",
    "subject": f"up to {SUBJECT_CHARACTERS}",
    "matter": "within the first 40",
    "loud": "none",
    "coverage": f"{LEAST_COVERAGE:.0%} and more",
    "own_share": f"{LEAST_OWN_SHARE:.0%} and more",
    "recall": "all",
    "precision": "all",
    "wording": "",
    "source_age": f"up to {OLDEST_SOURCE} days",
    "nearest_arm": f"up to {MOST_ALIKE:.0%}",
    "nearest_segment": f"up to {NEAR_DUPLICATE:.0%}",
    "self_bleu": f"up to {MOST_SELF_BLEU:.2f}",
    "compression": "",
    "repeat": f"up to {LONGEST_REPEAT} words",
    "distinct": "",
    "overlap": "",
    "subjects": "all different",
}
"""From where on each measure stands out, by its key."""
