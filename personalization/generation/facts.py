"""Numbers, prices, shares and dates of a sentence, each with its kind, its bound and its nouns.

A number without its kind proves little: "15 %" is not "15 days", "up to 14 kg" is not "14 kg",
"14 kg" is not "14 lb", and "from 3 October" is not "until 3 October".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from personalization.generation.days import days
from personalization.generation.wording import STOP_WORDS, stem, words
from personalization.statistics.number_words import UNITS as _PLAIN_UNITS
from personalization.statistics.number_words import number_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    Candidate = tuple[str, str, str, str, re.Match[str]]

_SCALES: Final = {
    "hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "k": 1000, "m": 10**6,
    "bn": 10**9,
}  # fmt: skip
UNITS: Final = {**_PLAIN_UNITS, r"[µμu]g|mcg|micrograms?": ("g", 0.000_001)}
_UNIT: Final = "|".join(UNITS)
_FOREIGN_UNITS: Final = {
    "tag": "days", "tage": "days", "tagen": "days", "jour": "days", "jours": "days",
    "día": "days", "días": "days", "woche": "weeks", "wochen": "weeks", "semaine": "weeks",
    "semaines": "weeks", "semana": "weeks", "semanas": "weeks", "monat": "months",
    "monate": "months", "monaten": "months", "mois": "months", "mes": "months",
    "meses": "months", "jahr": "years", "jahre": "years", "jahren": "years", "an": "years",
    "ans": "years", "années": "years", "año": "years", "años": "years", "stunden": "hours",
    "stunde": "hours", "heures": "hours", "horas": "hours", "minuten": "minutes",
    "minutos": "minutes", "gramm": "g", "liter": "litres", "litros": "litres",
}  # fmt: skip
_FOREIGN_UNIT: Final = "|".join(sorted(_FOREIGN_UNITS, key=len, reverse=True))
_NUMBER: Final = re.compile(
    r"(?P<currency>[£€$¥]|\b(?:GBP|EUR|USD|CHF)\s?)?"
    r"(?P<number>(?<![\w.,])\d+(?:[.,]\d+)*|(?<=[£€$¥])\d+(?:[.,]\d+)*|(?<=[A-Z] )\d+(?:[.,]\d+)*)"
    r"(?:[\s-]?(?P<scale>hundred|thousand|million|billion|bn|[km](?=\b(?!\w))))?"
    r"(?:\s?(?P<unit>%|percent\b|per\scent\b|Prozent\b|pour\scent\b|por\sciento\b|[£€$]|GBP\b|EUR\b"
    r"|USD\b|CHF\b|pounds?\b|quid\b|euros?\b|dollars?\b|Euro\b|Franken\b|francs?\b|p\b)"
    r"|[\s-]?(?:(?:working|business|calendar|full|whole)[\s-])?"
    rf"(?P<measure>{_UNIT}|{_FOREIGN_UNIT})(?![\w'’]))?",
)
# Numbers in words of the other languages; "un", "ein" and the like say nothing.
_FOREIGN_WORDS: Final = {
    "zwei": 2, "drei": 3, "vier": 4, "fünf": 5, "sechs": 6, "sieben": 7, "acht": 8, "neun": 9,
    "zehn": 10, "zwölf": 12, "zwanzig": 20, "dreißig": 30, "fünfzig": 50, "hundert": 100,
    "deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "sept": 7, "huit": 8, "neuf": 9,
    "dix": 10, "douze": 12, "quinze": 15, "vingt": 20, "trente": 30, "cinquante": 50, "cent": 100,
    "dos": 2, "tres": 3, "cuatro": 4, "cinco": 5, "seis": 6, "siete": 7, "ocho": 8, "nueve": 9,
    "diez": 10, "doce": 12, "quince": 15, "veinte": 20, "treinta": 30, "cincuenta": 50, "cien": 100,
}  # fmt: skip
_FOREIGN_NUMBER: Final = re.compile(
    rf"\b(?P<word>{'|'.join(_FOREIGN_WORDS)})\b"
    rf"(?:\s(?P<unit>%|Prozent|pour\scent|por\sciento|Euro|euros)\b"
    rf"|\s(?P<measure>{_FOREIGN_UNIT})\b)?",
    re.IGNORECASE,
)
_CURRENCIES: Final = {
    "£": "GBP", "gbp": "GBP", "pound": "GBP", "pounds": "GBP", "quid": "GBP", "€": "EUR",
    "eur": "EUR", "euro": "EUR", "euros": "EUR", "$": "USD", "usd": "USD", "dollar": "USD",
    "dollars": "USD", "chf": "CHF", "franken": "CHF", "franc": "CHF", "francs": "CHF", "¥": "JPY",
}  # fmt: skip
_BOUNDS: Final = (
    ("at most", re.compile(
        r"(?:up to|at most|no more than|maximum(?: of)?|less than|fewer than|under|below"
        r"|(?:your|the) first|bis zu|höchstens|maximal|jusqu['’]à|au plus|hasta|como máximo)\s*$",
        re.IGNORECASE)),
    ("at least", re.compile(
        r"(?:at least|over|more than|above|beyond|upwards of|minimum(?: of)?|no less than|from"
        r"|mindestens|über|mehr als|ab|au moins|plus de|dès|al menos|más de)\s*$",
        re.IGNORECASE)),
    ("about", re.compile(
        r"(?:about|around|nearly|almost|approximately|roughly|some|etwa|rund|environ|près de"
        r"|unos|cerca de)\s*$", re.IGNORECASE)),
    ("start", re.compile(
        r"(?:starts?|starting|begins?|since|opens?|seit|vom|depuis|à partir du|desde)"
        r"(?: on| el)?\s*$", re.IGNORECASE)),
    ("end", re.compile(
        r"(?:until|till|by|before|ends?(?: on)?|through|closes?(?: on)?|to|bis(?: zum)?|jusqu['’]au"
        r"|avant le|hasta(?: el)?|antes del?|al)\s*$", re.IGNORECASE)),
)  # fmt: skip
_AFTER: Final = re.compile(r"^\s*(?:\w+\s)?(?:or more|and over|or over|plus\b|\+)", re.IGNORECASE)
_RANGE: Final = re.compile(r"^\s*(?:-|–|to|and|or|bis|à|a)\s*$", re.IGNORECASE)
_OUT_OF: Final = re.compile(r"^\s*(?:stars?\s)?(?:out of|/)\s*$", re.IGNORECASE)
_ANCHOR: Final = re.compile(
    r"^\s*(?:of|from|after|since)\s+(?:(?:the|your|its|our|a|date of)\s+)*(?P<anchor>[a-z]+)"
)
_EACH: Final = re.compile(
    r"^\s*(?:,\s*)?(?:an?|per|each|every|/|pro|par|al|im)\s*(?P<each>month|mth|year|annum|week|day"
    r"|night|person|head|item|user|seat|licence|guest|room|visit|monat|jahr|mois|an|mes|año)\b|^\s*(?P<ly>month|year|week|dai)ly\b",
    re.IGNORECASE,
)
_EACHES: Final = {
    "mth": "month",
    "annum": "year",
    "head": "person",
    "dai": "day",
    "monat": "month",
    "mois": "month",
    "mes": "month",
    "jahr": "year",
    "an": "year",
    "año": "year",
}
_TIME: Final = re.compile(
    r"(?<![\d.,:/£€$])(?P<hour>0?[1-9]|1[0-2])(?:[:.](?P<minute>[0-5]\d))?\s?"
    r"(?P<half>[ap])\.?\s?m\b\.?"
    r"|(?<![\d.,:/£€$-])(?P<hour24>[01]?\d|2[0-3]):(?P<minute24>[0-5]\d)(?![\d:])",
    re.IGNORECASE,
)
_NOON: Final = 12
_MINUS: Final = re.compile(
    r"(?:(?:^|(?<!\d)[\s(‘“\"'])[-−–]|\b(?:minus|negative)\s)$", re.IGNORECASE
)
_NEAR: Final = 160  # characters to either side in which what is counted is looked for
DAYS: Final = frozenset({"date", "moment"})
_SIDES: Final = frozenset({"start", "end"})
_DAY_BOUNDS: Final = {"at least": "start", "at most": "end"}
_THOUSANDS_OR_NOT: Final = re.compile(r"\d{1,3}[.]\d{3}")


@dataclass(frozen=True, slots=True)
class Fact:
    """One figure or date of a sentence.

    Attributes:
        kind: money, percent, count, date or moment.
        value: In a form that can be compared: ``15``, ``GBP 4.5``, ``11-15``.
        year: Of a date, where it is given.
        bound: at most, at least, about, start, end, or empty.
        nouns: Stems of the words around it: what is counted.
        text: As it stands.
        start: Characters into the text that it was read from.
        measure: Base unit and amount in it, where a count has a unit: ``g 980``.
        other_value: The other reading of 1.299; else the value.
        partner: Value of the other end where it is one end of a range, or empty; with a slash
            before it, what it is out of.
        each: month, year, person ... where it is so much for each of them.
        anchor: Of what a time runs: the stem of "delivery" in "30 days of delivery".
    """

    kind: str
    value: str
    year: str
    bound: str
    nouns: frozenset[str]
    text: str
    start: int
    measure: str = ""
    other_value: str = ""
    partner: str = ""
    each: str = ""
    anchor: str = ""


@lru_cache(maxsize=4096)
def facts(text: str, language: str = "en") -> tuple[Fact, ...]:
    """Return every figure and date of ``text`` in its order.

    Example:
        >>> [(f.kind, f.value, f.bound) for f in facts("Save up to 15% until 3 October.")]
        [('percent', '15', 'at most'), ('date', '10-03', 'end')]
    """
    taken: list[tuple[int, int]] = []
    found: list[Candidate] = []
    for candidate in _candidates(text, language):
        start, end = candidate[4].span()
        if not any(start < other_end and end > other for other, other_end in taken):
            taken.append((start, end))
            found.append(candidate)
    found.sort(key=lambda candidate: candidate[4].start())
    return tuple(_fact(text, found, n, language) for n in range(len(found)))


def _fact(text: str, found: list[Candidate], n: int, language: str) -> Fact:
    kind, value, year, measure, match = found[n]
    partner, anchor = _partner(text, found, n), _ANCHOR.match(text[match.end() :])
    if kind == "count" and partner and not measure and n + 1 < len(found) and found[n + 1][3]:
        measure = f"{found[n + 1][3].split()[0]} {_scaled(value, found[n + 1])}"  # 3 to 5 days
    each = _each(text[match.end() :]) if kind in {"money", "percent"} else ""
    return Fact(
        kind,
        value,
        year,
        _bound(text, match, is_day=kind in DAYS),
        _nouns(text, match, language),
        f"{'−' if '-' in value and kind in {'count', 'money'} else ''}{match[0].strip()}",
        match.start(),
        measure,
        _other_reading(match, value),
        partner,
        each,
        stem(anchor["anchor"], language) if anchor and measure else "",
    )


def _each(after: str) -> str:
    """Return for each of what a price is: "per user per month" gives "month user"."""
    found: set[str] = set()
    while each := _EACH.match(after):
        per = (each["each"] or each["ly"]).casefold()
        found.add(_EACHES.get(per, per))
        after = after[each.end() :]
    return " ".join(sorted(found))


def _scaled(value: str, other: Candidate) -> str:
    """Return a value in the base unit of another one."""
    return _shown(float(value) * float(other[3].split()[1]) / float(other[1] or 1))


def _partner(text: str, found: list[Candidate], n: int) -> str:
    """Return the other end of a range: "3 to 5 days", "between 40 and 60 cm"."""
    if found[n][0] in DAYS:
        return ""
    for other, left, right in ((n + 1, n, n + 1), (n - 1, n - 1, n)):
        if not 0 <= other < len(found) or found[other][0] != found[n][0]:
            continue
        a, b = found[left][4], found[right][4]
        gap = text[a.end() : b.start()]
        if _OUT_OF.search(gap):
            return f"/{found[other][1]}"
        is_between = "between" in text[max(0, a.start() - 12) : a.start()].casefold()
        if _RANGE.search(gap) and (gap.strip() != "and" or is_between):
            return found[other][1]
    return ""


def _candidates(text: str, language: str) -> Iterator[Candidate]:
    for kind, value, year, match in days(text):
        yield kind, value, year, "", match
    yield from _times_of_day(text)
    for match in _NUMBER.finditer(text):
        kind, value = _number_value(match)
        if kind != "percent" and _MINUS.search(text[: match.start()]):
            value = f"{value[: -len(value.split()[-1])]}-{value.split()[-1]}"
        yield kind, value, "", _measure(match["measure"], value) if kind == "count" else "", match
    for start, end, amount, unit in number_words(text):
        if found := re.compile(".*", re.DOTALL).match(text, start, end):
            yield *_word_value(amount, unit), found
    if language != "en":
        for match in _FOREIGN_NUMBER.finditer(text):
            amount = float(_FOREIGN_WORDS[match["word"].casefold()])
            unit = match["unit"] or _FOREIGN_UNITS.get((match["measure"] or "").casefold(), "")
            yield *_word_value(amount, unit), match


def _times_of_day(text: str) -> Iterator[Candidate]:
    """Yield times in minutes since midnight: 7 pm is 1140, and 7:30 may be 450 or 1170."""
    for match in _TIME.finditer(text):
        hour = int(match["hour"] or match["hour24"])
        if match["half"]:
            hour = hour % _NOON + (_NOON if match["half"] in "pP" else 0)
        minute = int(match["minute"] or match["minute24"] or 0)
        yield "time", str(60 * hour + minute), "", "", match


def _word_value(amount: float, unit: str) -> tuple[str, str, str, str]:
    value, folded = _shown(amount), unit.casefold()
    if folded in {"%", "prozent"} or folded.startswith(("per", "pour", "por")):
        return "percent", value, "", ""
    if code := _CURRENCIES.get(folded):
        return "money", f"{code} {value}", "", ""
    return "count", value, "", _measure(unit, value)


def _measure(unit: str | None, value: str) -> str:
    """Return base unit and amount, so that 1.7 litres are 1,700 ml; empty without a unit."""
    plain = _FOREIGN_UNITS.get((unit or "").casefold(), unit or "")
    for pattern, (base, factor) in UNITS.items():
        if plain and re.fullmatch(pattern, plain, re.IGNORECASE):
            return f"{base} {_shown(float(value) * factor)}"
    return ""


def _number_value(match: re.Match[str]) -> tuple[str, str]:
    number = _plain(match["number"]) * _SCALES.get((match["scale"] or "").casefold(), 1)
    value = _shown(number)
    unit = (match["unit"] or "").casefold()
    if unit == "%" or unit.startswith(("per", "prozent", "pour", "por")):
        return "percent", value
    if unit == "p" and not match["currency"]:
        return "money", f"GBP {_shown(number / 100)}"
    if code := _CURRENCIES.get((match["currency"] or unit).strip().casefold()):
        return "money", f"{code} {value}"
    return "count", value


def _shown(number: float) -> str:
    """Return a number to the cent and beyond, without empty decimals."""
    if number == float("inf"):
        return "inf"
    plain = f"{number:.6f}".rstrip("0").rstrip(".")
    return "0" if plain == "-0" else plain


def _other_reading(match: re.Match[str], value: str) -> str:
    if "half" in match.groupdict():
        is_open = not match["half"] and int(match["hour24"]) <= _NOON
        return str((int(value) + 60 * _NOON) % (120 * _NOON)) if is_open else value
    digits = match.groupdict().get("number") or ""
    if "month" in match.groupdict() or not _THOUSANDS_OR_NOT.fullmatch(digits):
        return value
    return value.replace(_shown(_plain(digits)), _shown(float(digits.replace(".", ""))))


def _plain(digits: str) -> float:
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", digits):
        return float(digits.replace(",", ""))
    if re.fullmatch(r"\d{1,3}(?:\.\d{3})+,\d+|\d{1,3}(?:\.\d{3}){2,}", digits):
        return float(digits.replace(".", "").replace(",", "."))
    head, _, tail = digits.replace(",", ".").rpartition(".")
    return float(f"{head.replace('.', '')}.{tail}") if head else float(tail)


def _bound(text: str, match: re.Match[str], *, is_day: bool) -> str:
    before = text[max(0, match.start() - 24) : match.start()]
    if is_day:
        before = re.sub(r"(?:midnight|\w+day|the|on|le|den|dem|el)\s+(?:on\s+)?$", "", before)
    for name, pattern in _BOUNDS:
        if pattern.search(before):
            if is_day:
                return _DAY_BOUNDS.get(name, name)
            if name in _SIDES or (before.rstrip().endswith("from") and not _is_price(match)):
                return ""
            return name
    return "at least" if not is_day and _AFTER.search(text[match.end() :]) else ""


def _is_price(match: re.Match[str]) -> bool:
    return any(sign in match[0] for sign in "£€$")


def _nouns(text: str, match: re.Match[str], language: str) -> frozenset[str]:
    after = re.split(r"[.;:!?\n](?:\s|$)", text[match.end() : match.end() + _NEAR])[0]
    before = text[max(0, match.start() - _NEAR) : match.start()]
    near = [*words(before)[-2:], *words(match[0])[-1:], *words(after)[:4]]
    return frozenset(stem(w, language) for w in near if w.casefold() not in STOP_WORDS)
