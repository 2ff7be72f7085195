"""Holding a claim to the statements that are to bear it out: figures, names, sense, new words.

Each rule says in words why it blocks, or nothing.  They are asked from the surest to the least
sure; what none of them objects to passes, or is a person's to read where too much of it is new.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from personalization.domain import Decision
from personalization.generation import exact, scope, wording
from personalization.generation.bearing_out import missing_fact
from personalization.generation.facts import DAYS, facts
from personalization.generation.sentences import as_read

if TYPE_CHECKING:
    from collections.abc import Sequence

    from personalization.generation.evidence import Sentence, Source
    from personalization.generation.facts import Fact

_PLAIN_FREE: Final = 3  # new words such as "use" or "pay" that turn a sentence and add nothing
_NOVEL_REVIEW: Final = 3
_SUBSTANCE: Final = 2  # words in common from which a clause is about the same
_SAME_MATTER: Final = 0.5  # share of a claim's words from which a sentence is about the same
_CLAUSE: Final = re.compile(r"[,;:]\s|\s(?:and|but|then|so|while|whereas)\s")
_GOES_ON: Final = re.compile(r"\s*(?::|…|\.\.)")
_CONDITION: Final = re.compile(
    r"\b(?:only|if|when|with|for|on|over|from|until|but|not|no|unless|except|provided|members?)\b",
    re.IGNORECASE,
)
_DOUBT: Final = re.compile(
    r"\b(?:true|myths?|false|wrong|rumou?rs?|some|people|others|say|says|believe|think)\b",
    re.IGNORECASE,
)
_INCLUDED: Final = re.compile(r"\b(?:with|includ\w*|has|have|gets?|comes?)\b", re.IGNORECASE)
_APART: Final = re.compile(
    r"\s(?:is|are)\s(?:sold|available|ordered|bought)\s(?:separately|apart)\b"
    r"|\scosts?\sextra\b|\s(?:is|are)\s(?:an\s(?:optional\s)?extra|optional)\b",
    re.IGNORECASE,
)
_EMPTY: Final[frozenset[str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Terms:
    """What a claim may say without a source.

    Attributes:
        language: Of the texts.
        free: Stems of courtesies, of the brand's name and of its voice.
        names: The brand's name and its voice, as text.
    """

    language: str
    free: frozenset[str]
    names: str


def hold(text: str, named: Sequence[Source], terms: Terms) -> tuple[Decision, str]:
    """Judge a claim by statements taken together, and say why.

    Args:
        text: One sentence without merge tags.
        named: The statements; at least one.
        terms: What needs no source.
    """
    for rule in (
        _wrong_fact, _wrong_sign, _wrong_absolute, _wrong_name, _taken_out, _cut_off, _wrong_sense,
        _of_something_else,
    ):  # fmt: skip
        if reason := rule(text, named, terms):
            return Decision.BLOCK, reason
    return _by_new_words(text, named, terms)


def _by_new_words(text: str, named: Sequence[Source], terms: Terms) -> tuple[Decision, str]:
    known = frozenset(stem for s in named for stem in s.stems)
    told = " ".join(w for s in named for w in s.wordings)
    acronyms = {
        wording.stem(n, terms.language)
        for n in wording.capitalised(text)
        if wording.is_acronym(n, told)
    }
    known_facts = [fact for s in named for fact in s.facts]
    borne_out = _stems(
        " ".join(
            f.text
            for f in facts(text, terms.language)
            if not f.measure or any(f.measure == k.measure for k in known_facts)
        ),
        terms,
    )
    new = _stems(text, terms) - known - terms.free - acronyms - borne_out
    plain = new & wording.stems_of(wording.PLAIN_WORDS, terms.language)
    n_new = len(new - plain) + max(0, len(plain) - _PLAIN_FREE)
    said = ", ".join(sorted(new - plain or plain))
    if n_new > _NOVEL_REVIEW:
        return Decision.BLOCK, f"Most of this stands in no source: {said}."
    if n_new:
        return Decision.REVIEW, f"The source does not say: {said}."
    return Decision.PASS, "Figures, names and sense agree with the source."


def _wrong_fact(text: str, named: Sequence[Source], terms: Terms) -> str:
    known = [fact for s in named for fact in s.facts]
    own = (
        f if f.each else replace(f, each=scope.period(text)) for f in facts(text, terms.language)
    )
    wrong = (missing_fact(fact, known) for fact in own)
    return next((f"{w[0].upper()}{w[1:]}." for w in wrong if w), "")


def _wrong_sign(text: str, named: Sequence[Source], _: Terms) -> str:
    wrong = exact.missing(text, as_read(" ".join(w for s in named for w in s.wordings)))
    return f"{wrong}." if wrong else ""


def _wrong_absolute(text: str, named: Sequence[Source], terms: Terms) -> str:
    own = _stems(text, terms)
    for phrase in wording.absolutes(text):
        rest = own - _stems(phrase, terms)
        told = " ".join(s.text for s in _sentences(named) if len(named) == 1 or rest & s.stems)
        if wording.says(told, phrase, terms.language):
            continue
        if phrase.casefold() in {"every", "each", "all", "any"} and (
            scope.is_regular(text, told)
            or any(scope.is_generic(text, s.text) for s in _sentences(named))
        ):
            continue
        return f"‘{phrase}’ stands in no source that is cited."
    return ""


def _wrong_name(text: str, named: Sequence[Source], terms: Terms) -> str:
    told = " ".join(w for s in named for w in s.wordings)
    allowed = {w.casefold() for w in wording.words(f"{told} {terms.names}")}
    allowed |= {wording.stem(w, terms.language) for w in allowed}
    for name in _names_told(text, terms):
        parts = {w for w in wording.words(name) if len(w) > 1}
        known = all(
            w.casefold() in allowed or wording.stem(w, terms.language) in allowed for w in parts
        )
        if not known and not wording.is_acronym(name, told):
            return f"The name ‘{name}’ stands in no source that is cited."
    return ""


def _names_told(text: str, terms: Terms) -> list[str]:
    """Return the names of a claim; what opens it is one where more than a capital says so."""
    small = wording.STOP_WORDS | wording.SAFE_WORDS | wording.PLAIN_WORDS
    inside = wording.entities(text)
    told = wording.names(text) if terms.language == "en" else inside
    return [name for name in told if name in inside or name.casefold() not in small]


def _sold_apart(text: str, named: Sequence[Source], terms: Terms) -> str:
    """Return what a claim speaks of as included while the source sells it apart."""
    if wording.is_negated(text) or not _INCLUDED.search(text) or _APART.search(text):
        return ""
    for sentence in _sentences(named):
        for match in _APART.finditer(sentence.text):
            thing = _CLAUSE.split(sentence.text[: match.start()])[-1]
            if _mentions(_stems(text, terms), text, thing, terms):
                return thing.strip()
    return ""


def _taken_out(text: str, named: Sequence[Source], terms: Terms) -> str:
    """Block what speaks of a thing that the source excludes, as if it were included."""
    if apart := _sold_apart(text, named, terms):
        return f"The source does not include ‘{apart}’."
    if wording.is_negated(text) or scope.exclusions(text):
        return ""
    own = _stems(text, terms)
    for sentence in _sentences(named):
        for excluded in scope.exclusions(sentence.text):
            if _mentions(own, text, excluded, terms):
                return f"The source takes ‘{excluded}’ out."
    return ""


def _cut_off(text: str, named: Sequence[Source], _: Terms) -> str:
    """Block a clause of a source whose condition or doubt stands beyond a colon or dots."""
    said = _plain(text).rstrip(" .!?…:;,")
    for sentence in _sentences(named):
        before, found, after = _plain(sentence.text).partition(said)
        if not (said and found):
            continue
        if _GOES_ON.match(after) and (wording.qualifiers(after) or _CONDITION.search(after)):
            return f"The source goes on: ‘{after.strip(' .…:')}’."
        if before.endswith(": ") and _DOUBT.search(before):
            return f"The source leads up to it with ‘{before.strip()}’."
    return ""


def _plain(text: str) -> str:
    return " ".join(text.split())


def _mentions(own: frozenset[str], text: str, thing: str, terms: Terms) -> bool:
    names = wording.capitalised(thing)
    wanted = frozenset(wording.stem(n, terms.language) for n in names) or _stems(thing, terms)
    figures = {f.value for f in facts(thing, terms.language)}
    said = {f.value for f in facts(text, terms.language)}
    return bool(wanted) and wanted <= own and figures <= said


def _wrong_sense(text: str, named: Sequence[Source], terms: Terms) -> str:
    own = _stems(text, terms)
    excludes = any(
        _mentions(own, text, thing, terms)
        for s in _sentences(named)
        for thing in scope.exclusions(s.text)
    )
    for sentence in (s.best_sentence(text, terms.language) for s in named):
        if wording.shares(own, _stems(sentence, terms)) < _SAME_MATTER:
            continue
        if not excludes and wording.is_negated(text) != wording.is_negated(sentence):
            return "The source says the opposite, or not the same."
        if scope.lifts_a_limit(text, sentence):
            return "The source sets a limit, and the message lifts it."
        if not excludes and (pair := scope.opposite(text, sentence)):
            return f"The source says ‘{pair[1]}’, and the message ‘{pair[0]}’."
        if dropped := _dropped(text, sentence, terms):
            return f"The source narrows this with ‘{dropped}’, and the message leaves it out."
    return ""


def _dropped(text: str, sentence: str, terms: Terms) -> str:
    if not wording.is_negated(text) and (deadline := scope.dropped_deadline(text, sentence)):
        return deadline
    own, figures = _stems(text, terms), _figures(text, terms)
    for clause in _CLAUSE.split(sentence):
        same = figures & _figures(clause, terms)
        n_same = len(own & _stems(clause, terms)) + len(same)
        if n_same < min(_SUBSTANCE, len(own) + len(figures)):
            continue
        for qualifier in wording.qualifiers(clause):
            is_moot = wording.narrows_a_figure(qualifier) and not same
            if not is_moot and not wording.says(text, qualifier, terms.language):
                return qualifier
    if not wording.absolutes(text):
        return ""
    for place in scope.places(sentence):
        if not any(name in text for name in wording.capitalised(place)):
            return place
    return scope.dropped_limit(text, sentence)


def _figures(text: str, terms: Terms) -> frozenset[str]:
    return frozenset(f"{f.kind} {f.value}" for f in facts(text, terms.language))


def _of_something_else(text: str, named: Sequence[Source], terms: Terms) -> str:
    """Block a figure that the source gives for another thing than the claim does."""
    sentences, whole = _sentences(named), _stems(text, terms)
    for fact in facts(text, terms.language):
        if fact.kind in DAYS or _is_of_a_name(text, fact):
            continue
        holding = [s for s in sentences if _has(s.text, fact, terms)]
        periods = [scope.period(s.text) for s in holding]
        if fact.kind == "money" and all(periods) and _is_other_period(text, periods):
            return f"‘{fact.text}’ is for each {periods[0]} in the source."
        if other := _other_name(text, holding, sentences, terms):
            return f"‘{fact.text}’ is said of {other} in the source."
        own_clause = _stems(_clause_at(text, fact.start), terms)
        if holding and all(
            _fits_another(fact, (own_clause, whole), s.text, terms) for s in holding
        ):
            return f"‘{fact.text}’ is said of something else in the source."
    return ""


def _is_other_period(text: str, periods: list[str]) -> bool:
    own = set(scope.period(text).split())
    return bool(own) and all(own.isdisjoint(period.split()) for period in periods)


def _is_of_a_name(text: str, fact: Fact) -> bool:
    """Tell whether a number belongs to a name: the Ridgeline 35."""
    return fact.kind == "count" and bool(re.search(r"[A-ZÀ-Þ][\w’'-]*\s$", text[: fact.start]))


def _has(sentence: str, fact: Fact, terms: Terms) -> bool:
    return any(
        (k.kind, k.value) == (fact.kind, fact.value) for k in facts(sentence, terms.language)
    )


def _other_name(
    text: str, holding: Sequence[Sentence], sentences: Sequence[Sentence], terms: Terms
) -> str:
    """Return the name of which the source says it, where the claim names another one."""
    proper = {n for t in (text, *(s.text for s in sentences)) for n in wording.entities(t)}
    roots = {wording.stem(n, terms.language) for n in proper}
    every = [_names(s.text, terms) & roots for s in sentences]
    wanted = _names(text, terms) & frozenset().union(*every)
    having = [_names(s.text, terms) & roots for s in holding]
    common = frozenset.intersection(*[n for n in every if n]) if any(every) else _EMPTY
    for names in having:
        if not names - common or not wanted - common or names & wanted - common:
            return ""
    return ", ".join(sorted(having[0] - common)) if having else ""


def _names(text: str, terms: Terms) -> frozenset[str]:
    return frozenset(wording.stem(n, terms.language) for n in wording.capitalised(text))


def _clause_at(text: str, position: int) -> str:
    start = 0
    for gap in _CLAUSE.finditer(text):
        if gap.start() >= position:
            return text[start : gap.start()]
        start = gap.end()
    return text[start:]


def _fits_another(
    fact: Fact, said: tuple[frozenset[str], frozenset[str]], sentence: str, terms: Terms
) -> bool:
    """Tell whether a claim fits a clause of the source with another figure as well or better.

    Args:
        fact: A figure of the claim.
        said: The words of the claim's clause that holds it, and of the whole claim.
        sentence: Of the source; it holds the figure too.
        terms: The language.
    """
    own, whole = said
    plain = wording.stems_of(wording.PLAIN_WORDS, terms.language)
    found = facts(sentence, terms.language)
    here = [f for f in found if (f.kind, f.value) == (fact.kind, fact.value)]
    there = [f for f in found if f.kind == fact.kind and f.value != fact.value]
    clauses = [_stems(_clause_at(sentence, f.start), terms) for f in here]
    others = [_stems(_clause_at(sentence, f.start), terms) for f in there]
    others = [o for o in others if o not in clauses]
    for clause in clauses:
        for other in others:
            only_here, only_there = clause - other - plain, other - clause
            if only_here and not own & only_here and (own & only_there or not whole & only_here):
                return True
    return False


def _sentences(named: Sequence[Source]) -> list[Sentence]:
    return [s for source in named for s in source.sentences]


def _stems(text: str, terms: Terms) -> frozenset[str]:
    return frozenset(wording.content_stems(text, terms.language))
