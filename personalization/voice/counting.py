"""Whole numbers below a thousand million million, counted in four languages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable


def _listed(words: str) -> list[str]:
    return words.split()


_EN: Final = _listed(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen "
    "fourteen fifteen sixteen seventeen eighteen nineteen"
)
_EN_TENS: Final = _listed("- - twenty thirty forty fifty sixty seventy eighty ninety")
_DE: Final = _listed(
    "null ein zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn "
    "fünfzehn sechzehn siebzehn achtzehn neunzehn"
)
_DE_TENS: Final = _listed("- - zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig")
_FR: Final = _listed(
    "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze "
    "quinze seize dix-sept dix-huit dix-neuf"
)
_FR_TENS: Final = _listed("- - vingt trente quarante cinquante soixante")
_FR_LOCAL: Final = {
    "fr-be": {7: "septante", 9: "nonante"},
    "fr-ch": {7: "septante", 8: "huitante", 9: "nonante"},
}
_ES: Final = _listed(
    "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce "
    "quince dieciséis diecisiete dieciocho diecinueve veinte veintiuno veintidós "
    "veintitrés veinticuatro veinticinco veintiséis veintisiete veintiocho veintinueve"
)
_ES_TENS: Final = _listed("- - - treinta cuarenta cincuenta sesenta setenta ochenta noventa")
_ES_HUNDREDS: Final = _listed(
    "- ciento doscientos trescientos cuatrocientos quinientos seiscientos setecientos "
    "ochocientos novecientos"
)
_FEMININE_DE: Final = re.compile(r"(e|ung|heit|keit|schaft|ion|tät|ei)$")
_FEMININE_FR: Final = frozenset(
    _listed(
        "heure heures livre livres année années semaine semaines minute minutes seconde "
        "secondes journée journées équipe équipes personne personnes boîte boîtes carte "
        "cartes commande commandes entreprise entreprises page pages idée idées fois ligne "
        "lignes offre offres question questions marque marques cliente clientes tonne tonnes "
        "couronne couronnes roupie roupies bouteille bouteilles tasse tasses étoile étoiles "
        "photo photos idée idées vidéo vidéos semaine semaines nuit nuits douzaine douzaines"
    )
)
_FEMININE_ES: Final = re.compile(r"(as?|ciones|ción|dad|dades)$")
_MASCULINE_ES: Final = frozenset(
    _listed("día días mapa mapas problema problemas programa programas idioma idiomas sistema")
)
_LINKED: Final = re.compile(r"de|des|d['’].*")
"""What follows millions where it is written already that they are so many of something."""


def _groups(number: int) -> list[tuple[int, int]]:
    """Return the groups of three digits that are not 0, as (power of a thousand, group)."""
    found: list[tuple[int, int]] = []
    power = 0
    while number:
        number, group = divmod(number, 1000)
        if group:
            found.append((power, group))
        power += 1
    return found[::-1]


def _english(number: int, language: str, _: str) -> str:
    if number < 20:  # noqa: PLR2004
        return _EN[number]
    if number < 100:  # noqa: PLR2004
        tens, ones = divmod(number, 10)
        return _EN_TENS[tens] + (f"-{_EN[ones]}" if ones else "")
    joint = " " if language.lower() == "en-us" else " and "
    if number < 1000:  # noqa: PLR2004
        hundreds, rest = divmod(number, 100)
        return f"{_EN[hundreds]} hundred" + (joint + _english(rest, language, _) if rest else "")
    said = ""
    for power, group in _groups(number):
        name = ("", " thousand", " million", " billion", " trillion")[power]
        needs_and = said and power == 0 and group < 100  # noqa: PLR2004
        said += (joint if needs_and else " " if said else "") + _english(group, language, _) + name
    return said


def _german(number: int, _: str, before: str) -> str:
    if number == 1:
        if not before:
            return "eins"
        return "eine" if _FEMININE_DE.search(before) else "ein"
    said = "".join(_german_parts(number))
    is_bare = number % 100 == 1 and not before
    return said + "s" if is_bare and said.endswith("ein") else said


def _german_parts(number: int) -> list[str]:
    if number < 20:  # noqa: PLR2004
        return [_DE[number]] if number else ["null"]
    if number < 100:  # noqa: PLR2004
        tens, ones = divmod(number, 10)
        return [f"{_DE[ones]}und" if ones else "", _DE_TENS[tens]]
    if number < 1000:  # noqa: PLR2004
        hundreds, rest = divmod(number, 100)
        return [_DE[hundreds], "hundert", *(_german_parts(rest) if rest else [])]
    parts: list[str] = []
    for power, group in _groups(number):
        if power == 0:
            parts += _german_parts(group)
        elif power == 1:
            parts += [*_german_parts(group), "tausend"]
        else:
            one, many = (("Million", "Millionen"), ("Milliarde", "Milliarden"),
                         ("Billion", "Billionen"))[power - 2]  # fmt: skip
            said = f"eine {one}" if group == 1 else f"{''.join(_german_parts(group))} {many}"
            parts += [f"{said} "]
    parts[-1] = parts[-1].rstrip()
    return parts


def _french(number: int, language: str, before: str) -> str:
    said = " ".join(_french_parts(number, language))
    if before in _FEMININE_FR and number % 10 == 1 and number % 100 != 11 and said.endswith("un"):  # noqa: PLR2004
        said += "e"
    ends_round = number % 1_000_000 == 0 and number > 0 and not _LINKED.fullmatch(before)
    is_vowel = before[:1] in tuple("aeiouyâéèêîôûh")
    return said + ((" d'" if is_vowel else " de") if ends_round and before else "")


def _french_parts(number: int, language: str) -> list[str]:
    if number < 100:  # noqa: PLR2004
        return [_french_tens(number, language)]
    if number < 1000:  # noqa: PLR2004
        hundreds, rest = divmod(number, 100)
        first = [] if hundreds == 1 else [_FR[hundreds]]
        cents = "cents" if hundreds > 1 and not rest else "cent"
        return [*first, cents, *(_french_parts(rest, language) if rest else [])]
    parts: list[str] = []
    for power, group in _groups(number):
        said = _french_parts(group, language)
        if power == 1:
            said = [] if group == 1 else [word.removesuffix("s") if word == "cents" else word
                                          for word in said]  # fmt: skip
            said = [*said[:-1], said[-1].replace("quatre-vingts", "quatre-vingt")] if said else []
            parts += [*said, "mille"]
        elif power:
            name = ("million", "milliard", "billion")[power - 2]
            parts += [*said, name + ("s" if group > 1 else "")]
        else:
            parts += said
    return parts


def _french_tens(number: int, language: str) -> str:
    tens, ones = divmod(number, 10)
    if number < 20:  # noqa: PLR2004
        return _FR[number]
    local = _FR_LOCAL.get(language.lower(), {})
    if tens in local or tens < 7:  # noqa: PLR2004
        name = local.get(tens) or _FR_TENS[tens]
        return name + ("" if not ones else " et un" if ones == 1 else f"-{_FR[ones]}")
    if tens == 7:  # noqa: PLR2004
        return "soixante et onze" if ones == 1 else f"soixante-{_FR[10 + ones]}"
    rest = number - 80
    return f"quatre-vingt-{_FR[rest]}" if rest else "quatre-vingts"


def _spanish(number: int, _: str, before: str) -> str:
    said = " ".join(_spanish_parts(number))
    if not before:
        return said
    is_woman = is_feminine(before, "es")
    if is_woman:  # millions are masculine, whatever there are so many of
        millions, joint, rest = said.rpartition("millones")
        rest = re.sub(r"cientos\b", "cientas", rest).replace("quinientos", "quinientas")
        said = millions + joint + rest
    if number % 10 == 1 and number % 100 != 11:  # noqa: PLR2004
        said = re.sub("uno$", "una" if is_woman else "un", said)
        said = re.sub("veintiun$", "veintiún", said)
    is_linked = number == 0 or number % 1_000_000 or _LINKED.fullmatch(before)
    return said if is_linked else f"{said} de"


def is_feminine(noun: str, base: str) -> bool:
    """Tell whether a French or Spanish noun is feminine, as far as its letters say.

    Example:
        >>> is_feminine("heures", "fr"), is_feminine("cajas", "es"), is_feminine("días", "es")
        (True, True, False)
    """
    if base == "fr":
        return noun in _FEMININE_FR
    return bool(_FEMININE_ES.search(noun)) and noun not in _MASCULINE_ES


def _spanish_parts(number: int) -> list[str]:
    if number < 30:  # noqa: PLR2004
        return [_ES[number]]
    if number < 100:  # noqa: PLR2004
        tens, ones = divmod(number, 10)
        return [_ES_TENS[tens]] + (["y", _ES[ones]] if ones else [])
    if number < 1000:  # noqa: PLR2004
        hundreds, rest = divmod(number, 100)
        if number == 100:  # noqa: PLR2004
            return ["cien"]
        return [_ES_HUNDREDS[hundreds], *(_spanish_parts(rest) if rest else [])]
    millions, rest = divmod(number, 1_000_000)
    parts: list[str] = []
    if millions:
        name = ["un", "millón"] if millions == 1 else [*_shortened(millions), "millones"]
        parts += name
    thousands, ones = divmod(rest, 1000)
    if thousands:
        parts += ["mil"] if thousands == 1 else [*_shortened(thousands), "mil"]
    return parts + (_spanish_parts(ones) if ones else [])


def _shortened(number: int) -> list[str]:
    parts = _spanish_parts(number)
    last = {"uno": "un", "veintiuno": "veintiún"}.get(parts[-1], parts[-1])
    return [*parts[:-1], last]


COUNT: Final[dict[str, Callable[[int, str, str], str]]] = {
    "en": _english, "de": _german, "fr": _french, "es": _spanish,
}  # fmt: skip
"""By language: says a number in it; its other two values are the whole tag, and the word that is
counted, in small letters."""
