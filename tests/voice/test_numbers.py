from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalization.errors import InputError
from personalization.voice.numbers import MOST, cardinal, decimal, ordinal, plain_number, year

LANGUAGES = ("en-GB", "en-US", "de", "fr", "fr-CH", "fr-BE", "es")

# Duden, Die Grammatik (2016), 512-515; Grevisse, Le bon usage (2016), 594-600; Real Academia
# Española, Diccionario panhispánico de dudas (2005), "cardinales"; Fowler's (2015), "numerals".
KNOWN = [
    ("en-GB", 0, "zero"),
    ("en-GB", 105, "one hundred and five"),
    ("en-US", 105, "one hundred five"),
    ("en-GB", 1_000_042, "one million and forty-two"),
    ("en-GB", 12_345, "twelve thousand three hundred and forty-five"),
    ("de", 1, "eins"),
    ("de", 16, "sechzehn"),
    ("de", 17, "siebzehn"),
    ("de", 101, "einhunderteins"),
    ("de", 21_001, "einundzwanzigtausendeins"),
    ("de", 301_000, "dreihunderteintausend"),
    ("de", 1_000_000, "eine Million"),
    ("de", 2_500_000, "zwei Millionen fünfhunderttausend"),
    ("fr", 21, "vingt et un"),
    ("fr", 71, "soixante et onze"),
    ("fr", 80, "quatre-vingts"),
    ("fr", 81, "quatre-vingt-un"),
    ("fr", 91, "quatre-vingt-onze"),
    ("fr", 200, "deux cents"),
    ("fr", 201, "deux cent un"),
    ("fr", 80_000, "quatre-vingt mille"),
    ("fr", 200_000, "deux cent mille"),
    ("fr", 200_000_000, "deux cents millions"),
    ("fr-CH", 98, "nonante-huit"),
    ("fr-CH", 81, "huitante et un"),
    ("fr-BE", 71, "septante et un"),
    ("fr-BE", 85, "quatre-vingt-cinq"),
    ("es", 22, "veintidós"),
    ("es", 31, "treinta y uno"),
    ("es", 100, "cien"),
    ("es", 101, "ciento uno"),
    ("es", 500, "quinientos"),
    ("es", 21_000, "veintiún mil"),
    ("es", 1_000_000, "un millón"),
    ("es", -5, "menos cinco"),
]


@pytest.mark.parametrize(("language", "number", "said"), KNOWN)
def test_whole_numbers_are_said_as_grammars_have_them(
    language: str, number: int, said: str
) -> None:
    assert cardinal(number, language) == said


@pytest.mark.parametrize(
    ("language", "number", "counted", "said"),
    [
        ("de", 1, "Karte", "eine"),
        ("de", 1, "Geschenk", "ein"),
        ("de", 101, "Karten", "einhundertein"),
        ("fr", 21, "heures", "vingt et une"),
        ("fr", 1, "coffret", "un"),
        ("fr", 1_000_000, "euros", "un million d'"),
        ("fr", 1_000_000, "clients", "un million de"),
        ("es", 1, "caja", "una"),
        ("es", 21, "cajas", "veintiuna"),
        ("es", 21, "regalos", "veintiún"),
        ("es", 21, "días", "veintiún"),
        ("es", 200, "personas", "doscientas"),
        ("es", 2_000_000, "clientes", "dos millones de"),
    ],
)
def test_a_number_agrees_with_what_it_counts(
    language: str, number: int, counted: str, said: str
) -> None:
    assert cardinal(number, language, before=counted) == said


@pytest.mark.parametrize(
    ("language", "number", "ending", "said"),
    [
        ("en", 1, "", "first"), ("en", 12, "", "twelfth"), ("en", 20, "", "twentieth"),
        ("en", 33, "", "thirty-third"), ("en-GB", 101, "", "one hundred and first"),
        ("de", 1, "er", "erster"), ("de", 3, "en", "dritten"), ("de", 7, "e", "siebte"),
        ("de", 19, "en", "neunzehnten"), ("de", 20, "en", "zwanzigsten"),
        ("fr", 1, "e", "première"), ("fr", 5, "", "cinquième"), ("fr", 9, "", "neuvième"),
        ("fr", 4, "", "quatrième"), ("fr", 23, "", "vingt-troisième"),
        ("fr", 80, "", "quatre-vingtième"), ("es", 3, "a", "tercera"),
        ("es", 25, "o", "veinticinco"),
    ],
)  # fmt: skip
def test_places_in_an_order_are_bent_as_they_have_to_be(
    language: str, number: int, ending: str, said: str
) -> None:
    assert ordinal(number, language, ending=ending) == said


@pytest.mark.parametrize(
    ("language", "number", "said"),
    [
        ("en", 2026, "twenty twenty-six"), ("en", 1999, "nineteen ninety-nine"),
        ("en", 1900, "nineteen hundred"), ("en-GB", 2005, "two thousand and five"),
        ("de", 1987, "neunzehnhundertsiebenundachtzig"), ("de", 2026, "zweitausendsechsundzwanzig"),
        ("fr", 1998, "mille neuf cent quatre-vingt-dix-huit"), ("es", 2026, "dos mil veintiséis"),
    ],
)  # fmt: skip
def test_years_are_said_as_people_do(language: str, number: int, said: str) -> None:
    assert year(number, language) == said


@pytest.mark.parametrize(
    ("written", "decimal_comma", "plain"),
    [
        ("1,234", False, "1234"), ("1,234.5", False, "1234.5"), ("1.5", False, "1.5"),
        ("1,5", False, "1.5"), ("1.234", True, "1234"), ("1.234,50", True, "1234.50"),
        ("1,5", True, "1.5"), ("12.50", True, "12.50"), ("1\u202f250", True, "1250"),
        ("1'250.75", True, "1250.75"), ("1.234.567", True, "1234567"),
        ("1,234,567", True, "1234567"), ("1,234.50", True, "1234.50"),
        ("1.234,50", False, "1234.50"), ("1.234.567", False, "1234567"),
        ("1,50,000", False, "150000"),
    ],
)  # fmt: skip
def test_signs_between_digits_are_read_as_the_language_writes_them(
    written: str, *, decimal_comma: bool, plain: str
) -> None:
    assert plain_number(written, decimal_comma=decimal_comma) == plain


@given(st.sampled_from(LANGUAGES), st.integers(0, MOST - 1), st.integers(0, MOST - 1))
def test_no_two_numbers_are_said_alike_and_none_holds_a_digit(
    language: str, first: int, second: int
) -> None:
    said = cardinal(first, language)

    assert not any(sign.isdigit() for sign in said)
    assert (said == cardinal(second, language)) is (first == second)
    assert said == " ".join(said.split())


@pytest.mark.parametrize("language", LANGUAGES)
def test_neighbours_are_never_said_alike(language: str) -> None:
    said = [cardinal(number, language) for number in range(12_000)]
    placed = [ordinal(number, language) for number in range(1, 400)]

    assert len(set(said)) == len(said)
    assert len(set(placed)) == len(placed)


def test_a_number_beyond_counting_is_said_digit_by_digit() -> None:
    assert cardinal(10**15, "en").split() == ["one"] + ["zero"] * 15


def test_decimals_keep_the_zeros_that_matter() -> None:
    assert decimal("0.05", "fr", point="virgule") == "zéro virgule zéro cinq"
    assert decimal("2.25", "es", point="coma") == "dos coma veinticinco"


def test_a_language_without_numbers_is_refused() -> None:
    with pytest.raises(InputError, match="'nl'"):
        cardinal(1, "nl")
