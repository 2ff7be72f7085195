"""What a screener stops and what it lets through, as figures.

An engine is a function from texts to levels, one row of four for each text.  A text is stopped
where any category is at the block level ("any head"), or only where its own category is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from personalization.providers.local_screener import CATEGORIES, LocalScreener
from personalization.providers.obfuscation import sentence_spans
from tests.benchmarks.screening_sets import (
    company_texts,
    is_for_choosing,
    look_alikes,
    moderation_rows,
    own,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    import numpy.typing as npt

    Levels = npt.NDArray[np.int64]
    Engine = Callable[[Sequence[str]], Levels]

BLOCK: Final = 6
REVIEW: Final = 4
_SENTENCE_AT_MOST: Final = 200

Mail = tuple[str, str, str]
"""Subject, preheader, body; each is rated by itself, as in a campaign."""


def engine_of(screener: LocalScreener) -> Engine:
    """Return a screener as an engine."""

    def judge(texts: Sequence[str]) -> Levels:
        rows = [dict(screener.analyze(text).severities) for text in texts]
        return np.array([[row[category] for category in CATEGORIES] for row in rows]).reshape(-1, 4)

    return judge


def figures_of(screener: LocalScreener, data: Path) -> dict[str, Any]:
    """Return all figures of one screener that need no other engine."""
    judge = engine_of(screener)
    return public_figures(judge, data) | {"own_words": own_figures(judge)}


def public_figures(judge: Engine, data: Path) -> dict[str, Any]:
    """Return the figures on the public sets in ``data``."""
    return {
        "openai_moderation": _recall(judge, data),
        "company_texts": _false_alarms(judge, data),
        "look_alikes_stopped": {
            half: _share(_stopped(judge(look_alikes(data, half)))) for half in ("A", "B")
        },
        "hidden_openai_sentence_stopped": _hidden(judge, moderation_sentences(data)),
    }


def own_figures(judge: Engine) -> dict[str, Any]:
    """Return the figures on our own words; they need no data but what ships with the tests."""
    unsafe = {category: tuple(own()["unsafe"][category]) for category in CATEGORIES}
    return {
        "unsafe_stopped": {c: _share(_stopped(judge(texts))) for c, texts in unsafe.items()},
        "harmless_stopped": _share(_stopped(judge(own()["harmless"]))),
        "hidden_stopped": _hidden(judge, unsafe),
        "disguised_stopped": {
            name: _share(_stopped(judge([disguise(t) for texts in unsafe.values() for t in texts])))
            for name, disguise in DISGUISES.items()
        },
    }


def _recall(judge: Engine, data: Path) -> dict[str, Any]:
    rows = moderation_rows(data)
    levels = judge([row.text for row in rows])
    chosen_on = np.array([is_for_choosing(row.text) for row in rows])
    labels = np.array([[row.labels[category] == 1 for category in CATEGORIES] for row in rows])
    parts = {"all": chosen_on | ~chosen_on, "chosen_on": chosen_on, "reported_on": ~chosen_on}
    return {
        name: {
            part: {
                category: _share(found[labels[:, i] & mask, i])
                for i, category in enumerate(CATEGORIES)
            }
            for part, mask in parts.items()
        }
        for name, found in {
            "stopped_by_any_head": _for_each(_stopped(levels)),
            "stopped_by_own_head": levels >= BLOCK,
            "held_by_any_head": _for_each(_stopped(levels, REVIEW)),
            "held_by_own_head": levels >= REVIEW,
        }.items()
    } | {
        "n_texts": len(rows),
        "n_unsafe": dict(zip(CATEGORIES, labels.sum(axis=0).tolist(), strict=True)),
        "others_stopped": _share(_stopped(levels)[~labels.any(axis=1)]),
    }


def _for_each(flags: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    return np.repeat(flags[:, None], len(CATEGORIES), axis=1)


def _false_alarms(judge: Engine, data: Path) -> dict[str, Any]:
    texts = company_texts(data, "test-curated.csv")
    levels = judge([found.text for found in texts])
    stopped, held = _stopped(levels), _stopped(levels, REVIEW)
    names = sorted(set().union(*(found.slices for found in texts)))
    slices = {name: np.array([name in found.slices for found in texts]) for name in names}
    return {
        "n": len(texts),
        "stopped": _share(stopped),
        "held": _share(held),
        "noted": _share(_stopped(levels, 2)),
        "stopped_by_category": {
            category: _share(levels[:, i] >= BLOCK) for i, category in enumerate(CATEGORIES)
        },
        "slices": {
            name: {"n": int(of.sum()), "stopped": _share(stopped[of]), "held": _share(held[of])}
            for name, of in slices.items()
        },
    }


def moderation_sentences(data: Path) -> dict[str, tuple[str, ...]]:
    """Return the unsafe texts of the OpenAI set that are one sentence of at most 200 signs."""
    rows = [
        row for row in moderation_rows(data)
        if len(row.text.strip()) <= _SENTENCE_AT_MOST and len(sentence_spans(row.text)) == 1
    ]  # fmt: skip
    return {c: tuple(row.text.strip() for row in rows if row.labels[c] == 1) for c in CATEGORIES}


def _in_body(mail: str, sentence: str, place: str) -> Mail:
    subject, preheader, body = mail.split("\n", 2)
    before, after = body.split("{}")
    sentence += "." if sentence[-1:].isalnum() else ""  # else it runs into the next one
    match place:
        case "alone in the subject":
            return sentence, preheader, before + after
        case "alone in the preheader":
            return subject, sentence, before + after
        case "first in the body":
            return subject, preheader, f"{sentence} {before}{after}"
        case "last in the body":
            return subject, preheader, f"{before}{after}\n{sentence}"
        case "without full stops":
            parts = (before.rstrip(". \n"), sentence.rstrip(".!?"), after.lstrip())
            return subject, preheader, " and ".join(parts)
    return subject, preheader, before + sentence + after


PLACES: Final = (
    "within the body", "first in the body", "last in the body", "alone in the subject",
    "alone in the preheader", "without full stops",
)  # fmt: skip


def stops_mails(judge: Engine, mails: Sequence[Mail]) -> npt.NDArray[np.bool_]:
    """Tell of each mail whether one of its strings is stopped; every string is rated once."""
    strings = list(dict.fromkeys(text for mail in mails for text in mail))
    is_stopped = dict(zip(strings, _stopped(judge(strings)), strict=True))
    return np.array([any(is_stopped[text] for text in mail) for mail in mails], dtype=bool)


def _hidden(judge: Engine, unsafe: dict[str, tuple[str, ...]]) -> dict[str, Any]:
    """Hide each sentence in a mail that is not stopped without it, in turn, at each place."""
    normal = [_in_body(mail, "", "within the body") for mail in own()["mails"]]
    stopped = stops_mails(judge, normal)
    mails = [mail for mail, flag in zip(own()["mails"], stopped, strict=True) if not flag]
    found: dict[str, Any] = {"normal_mails_stopped": _share(stopped)}
    for category, sentences in unsafe.items():
        places = {
            place: stops_mails(
                judge,
                [_in_body(mails[i % len(mails)], s, place) for i, s in enumerate(sentences)],
            )
            for place in PLACES
        }
        found[category] = {
            "n": len(sentences),
            "alone": _share(_stopped(judge(sentences))),
            **{place: _share(flags) for place, flags in places.items()},
        }
    return found


def _letters(text: str, table: dict[str, str]) -> str:
    return "".join(table.get(sign, sign) for sign in text)


def _spaced(text: str) -> str:
    return " ".join(" ".join(w) if len(w) > 3 and w.isalpha() else w for w in text.split())


def _zero_width(text: str) -> str:
    return " ".join(f"{w[:2]}\u200b{w[2:]}" if len(w) > 3 else w for w in text.split())


def _swapped(text: str) -> str:
    return " ".join(f"{w[0]}{w[2]}{w[1]}{w[3:]}" if len(w) > 4 else w for w in text.split())


DISGUISES: Final[dict[str, Callable[[str], str]]] = {
    "digits for letters": lambda text: _letters(text, {"a": "4", "e": "3", "i": "1", "o": "0"}),
    "signs for letters": lambda text: _letters(text, {"a": "@", "i": "!", "s": "$"}),
    "Cyrillic twins": lambda text: _letters(text, {"a": "а", "e": "е", "o": "о", "c": "с"}),
    "accents": lambda text: _letters(text, {"a": "á", "e": "ë", "i": "ï", "o": "ö", "u": "ü"}),
    "zero-width signs": _zero_width,
    "spaced letters": _spaced,
    "capitals": str.upper,
    "swapped letters": _swapped,
}


def _stopped(levels: Levels, at_least: int = BLOCK) -> npt.NDArray[np.bool_]:
    return np.asarray((levels >= at_least).any(axis=1), dtype=np.bool_)


def _share(flags: Iterable[Any]) -> float:
    return round(float(np.mean(np.asarray(flags, dtype=float))), 5)
