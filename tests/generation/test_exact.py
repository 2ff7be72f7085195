from __future__ import annotations

import pytest

from personalization.generation.exact import codes, missing


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Model X200 with IP67", ["X200", "IP67"]),
        ("The WH-1000XM4 and a 2XL", ["WH-1000XM4", "2XL"]),
        ("It weighs 5kg, ships in 24h and opens at 7pm on the 3rd.", []),
        ("A 30-day trial for £50", []),
    ],
)
def test_codes_are_letters_with_digits_that_are_no_figure(text: str, found: list[str]) -> None:
    assert codes(text) == found


@pytest.mark.parametrize(
    ("text", "told", "is_there"),
    [
        pytest.param("Model X200 is here.", "Model X300 is here.", False, id="model"),
        pytest.param("The wh1000 is here.", "The WH-1000 is here.", True, id="hyphen and case"),
        pytest.param("Use SAVE20X.", "Use SAVE20Y.", False, id="code"),
        pytest.param("Version 2.10 is out.", "Version 2.1 is out.", False, id="version"),
        pytest.param("Version 2.1 is out.", "Version 2.1 is out now.", True, id="same version"),
        pytest.param("Rated 4.8/5.", "Rated 4.8 out of 5.", True, id="rating in words"),
        pytest.param("Rated 4.8/5.", "Rated 5 by 4.8 thousand.", False, id="rating from nowhere"),
        pytest.param("★★★★★ from readers", "Readers gave ★★★★.", False, id="a star more"),
        pytest.param("Pay once a month.", "Pay twice a month.", False, id="once for twice"),
        pytest.param("Pay once a month.", "Pay monthly.", True, id="monthly"),
        pytest.param("Pay two times a year.", "Pay twice a year.", True, id="two times"),
        pytest.param("Five-oh percent off", "Save 15%.", False, id="a share nobody can read"),
        pytest.param("Open 24/7.", "Open day and night.", True, id="round the clock"),
        pytest.param("Ends 1/12.", "Ends 12/1.", False, id="day and month turned"),
    ],
)
def test_signs_have_to_stand_in_the_source_as_they_are(
    text: str, told: str, *, is_there: bool
) -> None:
    assert (missing(text, told) == "") is is_there
