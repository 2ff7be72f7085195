"""Whether a positive word of an answer is meant: what a "no" reaches, before and behind it.

A "no" reaches from where it stands to the end of its clause, over a comma only into a clause that
it governs ("I do not think that ..."); German, French, Dutch and the Scandinavian languages also
put it behind the verb.  A question that is answered with "no" is a no.  What is mocked, and what a
"no" stands near without our knowing what it reaches, is in doubt, and in doubt nobody is
interested.
The words are in ``replies.toml``.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

    Stance = Literal["meant", "refused", "in doubt"]

_RULES: Final = Path(__file__).with_name("replies.toml")
_BEFORE: Final = 9  # words of a clause that a "no" reaches forward
_BEHIND: Final = 4  # and backward, where the language puts it behind the verb
_WORD: Final = re.compile(r"[^\W_][\w'-]*")
_END: Final = re.compile(r"[.!?;\n]+")
_REACH: Final = 400  # signs to either side that are looked at, however long a sentence goes on
_MOST: Final = 200  # positive words that are looked at


def stance(text: str, positives: Iterable[re.Match[str]]) -> Stance | None:
    """Tell whether any of the positive words found in a text is meant.

    Args:
        text: An answer in small letters, without accents.
        positives: The places of positive words in it.

    Returns:
        None where the text says nothing positive and negates nothing positive either.
    """
    rules = _rules()
    found = {_stance_of(text, *match.span()) for match in islice(positives, _MOST)}
    if any(
        _stance_of(text, *match.span()) == "refused"
        for match in islice(rules["wanted"].finditer(text), _MOST)
    ):
        found.add("refused")
    if not found:
        return "refused" if rules["answered"].search(text) else None
    if is_mocking(text):
        return "in doubt"
    if found == {"refused"}:
        return "refused"
    has_no = any(rules["bare"].fullmatch(clause) for clause in clauses(text))
    return "meant" if found == {"meant"} and not has_no else "in doubt"


def is_mocking(text: str) -> bool:
    """Tell whether an answer says the opposite of its words, as far as words show it."""
    return bool(_rules()["mockery"].search(text))


def clauses(text: str) -> list[str]:
    """Return the clauses of a text, each without the signs around it.

    Example:
        >>> clauses("no rush, but call me. thanks!")
        ['no rush', 'call me', 'thanks']
    """
    parts = (part.strip(" '\"") for part in _rules()["edge"].split(text))
    return [part for part in parts if part]


def _stance_of(text: str, start: int, end: int) -> Stance:
    sentence_from, sentence_to = _sentence(text, start)
    before, behind = text[sentence_from:start], text[end : max(end, sentence_to)]
    rules = _rules()
    ahead = rules["edge"].split(before)[-1]
    after = rules["edge"].split(behind, maxsplit=1)[0]
    if (
        rules["negators"].search(_last(ahead, _BEFORE))
        or rules["negators"].search(text[start:end])
        or rules["behind"].search(_first(after, _BEHIND))
        or (
            "?" in behind and rules["noes"].match(text[sentence_to : sentence_to + _REACH].lstrip())
        )
    ):
        return "refused"
    governing = rules["breaks"].split(before)[-1]
    contrast = rules["breaks"].split(text[end : end + _REACH], maxsplit=1)[1:]
    if rules["negators"].search(governing) or (
        contrast and rules["negators"].search(_first(contrast[0], _BEFORE))
    ):
        return "in doubt"
    return "meant"


def _sentence(text: str, place: int) -> tuple[int, int]:
    head, tail = max(0, place - _REACH), min(len(text), place + _REACH)
    for match in _END.finditer(text, head, place):
        head = match.end()
    end = _END.search(text, place, tail)
    return head, end.end() if end else tail


def _last(text: str, n_words: int) -> str:
    return " ".join(_WORD.findall(text)[-n_words:])


def _first(text: str, n_words: int) -> str:
    return " ".join(_WORD.findall(text)[:n_words])


@cache
def _rules() -> dict[str, Any]:
    """Read and compile what ``replies.toml`` says of negation."""
    told = tomllib.loads(_RULES.read_text("utf-8"))["negation"]
    words = {name: "|".join(listed) for name, listed in told.items()}
    governs = rf",(?! ?(?:{words['governed']})\b)"
    no = rf"(?:{words['noes']})"
    breaks = rf"\b(?:{words['breaks']})\b|, (?:{words['breaks_after_comma']})\b"
    return {
        "edge": re.compile(rf"[.!?;:()\n…]|{breaks}|{governs}| [-–—] "),
        "breaks": re.compile(breaks),
        "negators": re.compile(rf"\b(?:{words['negators']})\b"),
        "behind": re.compile(rf"\b(?:{words['behind']})\b"),
        "noes": re.compile(rf"(?:[\w'-]+,? ){{0,2}}{no}\b"),
        "bare": re.compile(rf"(?:[\w'-]+ ){{0,4}}{no}(?: (?:{words['softeners']}))*"),
        "answered": re.compile(rf"[?] *(?:[\w'-]+,? ){{0,2}}{no}[ .!]*$"),
        "wanted": re.compile(rf"\b(?:{words['wanted']})"),
        "mockery": re.compile(words["mockery"]),
    }
