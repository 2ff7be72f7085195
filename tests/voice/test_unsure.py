"""What can be said in more than one way is held, and what cannot is not."""

from __future__ import annotations

import pytest

from personalization.providers.speech import Slot
from personalization.voice.filling import Filled, Listener
from personalization.voice.lexicon import Lexicon, Pronunciation
from personalization.voice.saying import Sayer
from personalization.voice.scripting import write_script
from personalization.voice.unsure import unsure_figure


@pytest.mark.parametrize(
    ("language", "text", "figure"),
    [
        ("en-GB", "You have £10 -£5 now.", "0 -£5"),
        ("en-GB", "About –5 of them.", "–5"),
        ("en-GB", "It costs £10/month/user.", "£10/month/user"),
        ("en-GB", "Room 1/12.", "1/12"),
        ("en-GB", "By 3/4 we know.", "3/4"),
        ("en-GB", "It lasts 60s.", "60s"),
        ("en-GB", "Malcolm XII said so.", "XII"),
        ("en-GB", "With Henry I went home.", "Henry I"),
        ("en-GB", "It costs ₲500.", "₲500"),
        ("en-GB", "It costs 50 ₲.", "50 ₲"),
        ("en-GB", "It costs 5€50.", "5€50"),
        ("en-GB", "Room 1 200 guests.", "1 200"),
        ("en-GB", "Sort code 20-10-12.", "20-10-12"),
        ("en-GB", "Take 1,2,3 of them.", "1,2,3"),
        ("de-DE", "Am 03/04/2026.", "03/04/2026"),
        ("de-DE", "Man sah Ludwig II. oft.", "Ludwig II."),
        ("de-DE", "Auf 7. Himmel folgt mehr.", "7. Himmel"),
        ("de-DE", "Nur ½ Apfel.", "½ Apfel"),
        ("fr-FR", "Il y a 1.500 clients.", "1.500"),
        ("es-ES", "Son 612 345 678 en total.", "612 345 678"),
        ("es-US", "El 03/04/2026.", "03/04/2026"),
    ],
)
def test_a_figure_that_can_be_said_in_two_ways_is_held(
    language: str, text: str, figure: str
) -> None:
    assert unsure_figure(text, language).startswith(repr(figure))


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en-GB", "Open 24/7, from £10.50 on 21/11/2026, 3-5 days and/or a 5-star gift."),
        ("en-GB", "It is the part I like, and Charles came."),
        ("de-DE", "Ab 1.000 Euro, am 21.11.2026, rund um die Uhr 24/7."),
        ("de-DE", "Es sind 5. Wir freuen uns."),
        ("fr-FR", "À partir de 1 000 euros, le 21/11/2026."),
        ("es-ES", "Desde 1.000 euros, el 21/11/2026, en 3-5 días."),
    ],
)
def test_what_is_said_in_one_way_only_is_not_held(language: str, text: str) -> None:
    assert unsure_figure(text, language) == ""


@pytest.mark.parametrize("is_spliced", [True, False])
def test_nobody_gets_a_file_with_such_a_figure(*, is_spliced: bool) -> None:
    clauses = (
        Filled("Hello there.", (), is_personal=False),
        Filled("Come to room 1/12.", (), is_personal=False),
    )

    saying = Sayer("en-GB", Lexicon(), "", is_line_first=False, is_spliced=is_spliced)

    assert "1/12" in saying.pieces(Listener("p1", "GB", clauses))[1]
    assert saying.pieces(Listener("p1", "GB", clauses[:1]))[1] == ""


def test_a_name_with_such_a_figure_is_held_until_the_team_says_how_it_is_said() -> None:
    written, slots = "Hi Pier XII, hello.", (Slot(3, 11, "prospect.company"),)
    entry = Pronunciation("Pier XII", "", "respelling", "Pier Twelve")

    unknown = write_script(written, "en-GB", slots=slots)
    known = write_script(written, "en-GB", slots=slots, lexicon=Lexicon.of(entry))

    assert "XII" in unknown.held[0]
    assert (known.spoken, known.held) == ("Hi Pier Twelve, hello.", ())


def test_a_figure_in_the_lexicon_is_sure() -> None:
    lexicon = Lexicon.of(Pronunciation("1/12", "en", "respelling", "one twelve"))

    script = write_script("Come to room 1/12.", "en-GB", lexicon=lexicon)

    assert (script.spoken, script.held) == ("Come to room one twelve.", ())
