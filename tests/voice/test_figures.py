"""Figures are read as a good announcer reads them, or held: own known answers, and properties."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personalization.voice.scripting import SpokenScript, write_script

DATA = Path(__file__).parents[1] / "data"


def cases(file: str) -> list[tuple[str, str, str]]:
    """Read lines of ``LANGUAGE: WRITTEN => SAID``."""
    lines = (DATA / file).read_text("utf-8").splitlines()
    found = []
    for line in lines:
        if line and not line.startswith("#"):
            language, _, rest = line.partition(": ")
            written, _, said = rest.partition(" => ")
            blanks = written.replace("\\u202f", "\u202f").replace("\\u00a0", "\u00a0")
            found.append((language, blanks, said))
    return found


KNOWN = [*cases("spoken_figures.txt"), *cases("spoken_figures_unseen.txt")]
LANGUAGES = ("en", "en-GB", "en-US", "de-DE", "de-CH", "fr-FR", "fr-CH", "es-ES", "es-MX")
HELD = "HELD "


def left_over(script: SpokenScript) -> list[str]:
    """Return the digits and signs of currencies that nobody said."""
    return [
        sign
        for sign in script.spoken
        if sign.isdigit() or sign.isdecimal() or unicodedata.category(sign) == "Sc"
    ]


@pytest.mark.parametrize(("language", "written", "said"), KNOWN)
def test_a_figure_is_read_as_an_announcer_reads_it_or_held(
    language: str, written: str, said: str
) -> None:
    script = write_script(written, language)

    if said.startswith(HELD):
        assert [why for why in script.held if why.startswith(repr(said.removeprefix(HELD)))]
    else:
        assert (script.spoken, script.held) == (said, ())


def test_there_are_cases_of_every_language() -> None:
    counted = {base: sum(case[0].startswith(base) for case in KNOWN) for base in
               ("en", "de", "fr", "es")}  # fmt: skip

    assert min(counted.values()) >= 40
    assert sum(counted.values()) == len(KNOWN)


def test_what_is_said_is_said_the_same_when_it_is_written_again() -> None:
    sure = [(language, said) for language, _, said in KNOWN if not said.startswith(HELD)]

    again = [write_script(said, language) for language, said in sure]

    assert [(script.spoken, script.held) for script in again] == [(said, ()) for _, said in sure]


FIGURE = st.one_of(
    st.integers(0, 10**7).map(str),
    st.integers(0, 10**7).map("{:,}".format),
    st.decimals(0, 9999, places=2).map(str),
    st.tuples(st.integers(0, 40), st.integers(0, 40)).map(lambda pair: f"{pair[0]}/{pair[1]}"),
    st.dates().map(str),
    st.times().map(lambda time: f"{time:%H:%M}"),
)
BEFORE = st.sampled_from(
    ["", "-", "£", "€", "$", "₹", "CHF ", "~", "§ ", "no. ", "–", "'", "v", "#", "("]
)
BEHIND = st.sampled_from(
    ["", " €", "€", "%", " kg", "/month", " m²", " °C", "k", "m", "x", "th", "s", "-5", "–10 €",
     ".", ")", " zł", "/5", "½", "'", '"', "er", "e", "p", " kr", " Mio. €", "bn"]
)  # fmt: skip


@settings(max_examples=120, deadline=None)
@given(st.sampled_from(LANGUAGES), BEFORE, FIGURE, BEHIND)
def test_no_digit_and_no_sign_of_a_currency_is_left_and_nothing_is_lost(
    language: str, before: str, figure: str, behind: str
) -> None:
    written = f"Apa {before}{figure}{behind} eto."

    script = write_script(written, language)

    assert left_over(script) == []
    assert script.spoken.startswith("Apa")
    assert script.spoken.endswith("eto.")
    assert len(re.findall(r"[^\W\d_]+", script.spoken)) >= 3
    assert write_script(script.spoken, language).spoken == script.spoken


@given(st.sampled_from(["en-GB", "en-US", "de-DE", "fr-FR", "es-ES"]), st.integers(2, 999_999),
       st.sampled_from("£€₹¥"))  # fmt: skip
def test_below_zero_is_the_same_amount_after_one_word(
    language: str, number: int, sign: str
) -> None:
    minus = {"en": "minus", "de": "minus", "fr": "moins", "es": "menos"}[language[:2]]
    above = write_script(f"Apa {sign}{number}", language).spoken

    below = write_script(f"Apa -{sign}{number}", language)

    assert below.spoken == above.replace("Apa ", f"Apa {minus} ", 1)
    assert not below.held


@given(st.sampled_from(["de-DE", "fr-FR", "es-ES", "en-GB"]), st.integers(1, 999),
       st.sampled_from(["\u202f", "\u00a0", "'", "’"]))  # fmt: skip
def test_signs_between_thousands_are_not_heard(language: str, thousands: int, sign: str) -> None:
    plain = write_script(f"{thousands * 1000} €", language)

    assert write_script(f"{thousands}{sign}000 €", language).spoken == plain.spoken


@given(st.integers(1, 12), st.integers(1, 12))
def test_a_day_and_a_month_are_sure_only_where_the_country_is_known(
    first: int, second: int
) -> None:
    written = f"on {first:02}/{second:02}/2026"

    british, american, unknown = (
        write_script(written, language) for language in ("en-GB", "en-US", "en")
    )

    assert not british.held
    assert not american.held
    assert bool(unknown.held) is (first != second)


@pytest.mark.parametrize(
    ("written", "said"), [("-¼hours", "one quarter"), ("⅒", "one tenth"), ("⑤", "five")]
)
def test_a_fraction_in_one_sign_is_never_lost(written: str, said: str) -> None:
    assert said in write_script(f"Apa {written} eto", "en-GB").spoken
