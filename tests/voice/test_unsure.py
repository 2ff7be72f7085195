"""What can be said in more than one way is held, and what cannot is not."""

from __future__ import annotations

import pytest

from personalization.voice.filling import Filled, Listener
from personalization.voice.lexicon import Lexicon
from personalization.voice.saying import Sayer
from personalization.voice.unsure import unsure_figure


@pytest.mark.parametrize(
    ("language", "text", "figure"),
    [
        ("en-GB", "You are at -£5 now.", "-£5"),
        ("en-GB", "It costs £10/month.", "£10/month"),
        ("en-GB", "About 1/12 of them.", "1/12"),
        ("en-GB", "Like in the '90s.", "'90s"),
        ("en-GB", "Only £1.01 each.", "£1.01"),
        ("en-GB", "King George III liked it.", "III"),
        ("en-IN", "From ₹500.", "₹500"),
        ("de-DE", "Es kostet 1 000 Euro.", "1 000"),
        ("de-DE", "Am 03/04/2026.", "03/04"),
        ("fr-FR", "Plus de 1 000 000 d'euros.", "1 000 000 d'"),
        ("es-ES", "Más de 1 000 000 de euros.", "1 000 000 de"),
    ],
)
def test_a_figure_that_can_be_said_in_two_ways_is_held(
    language: str, text: str, figure: str
) -> None:
    assert figure in unsure_figure(text, language)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en-GB", "Open 24/7, from £10.50 on 21/11/2026, 3-5 days and/or a 5-star gift."),
        ("de-DE", "Ab 1.000 Euro, am 21.11.2026, rund um die Uhr 24/7."),
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
        Filled("It costs £10/month.", (), is_personal=False),
    )

    saying = Sayer("en-GB", Lexicon(), "", is_line_first=False, is_spliced=is_spliced)

    assert "£10/month" in saying.pieces(Listener("p1", "GB", clauses))[1]
    assert saying.pieces(Listener("p1", "GB", clauses[:1]))[1] == ""
