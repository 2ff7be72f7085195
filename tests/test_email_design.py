from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from personalization.domain import EmailDesign
from personalization.email_design import (
    LARGE_RATIO,
    TEXT_RATIO,
    check_design,
    colour_of,
    contrast_of,
    dark_of,
    design_faults,
    font_stack,
    hex_of,
    muted,
    nearest_readable,
)
from personalization.errors import InputError

DOMAINS = ("brand.example",)
COLOURS = st.builds("#{:06x}".format, st.integers(0, 0xFFFFFF))


def ratio(one: str, other: str) -> float:
    colours = colour_of(one), colour_of(other)
    assert colours[0]
    assert colours[1]
    return contrast_of(colours[0], colours[1])


def test_the_design_that_ships_can_be_read_by_everybody() -> None:
    assert design_faults(EmailDesign(), DOMAINS) == ()


def test_a_contrast_is_that_of_the_norm() -> None:
    """#777777 on white is 4.48 and #767676 is 4.54: WebAIM, Contrast and Color Accessibility."""
    assert round(ratio("#777777", "#ffffff"), 2) == 4.48
    assert round(ratio("#767676", "#ffffff"), 2) == 4.54


def test_a_colour_that_cannot_be_read_is_named_with_the_nearest_that_can() -> None:
    with pytest.raises(InputError) as told:
        check_design(EmailDesign(text="#777777"), DOMAINS)

    assert "text on the letter is #777777 on #ffffff: a contrast of 4.47 to 1" in str(told.value)
    assert "The nearest colour that passes is #767676." in str(told.value)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        pytest.param({"accent": "red"}, "accent is 'red'; write #rrggbb", id="a colour's name"),
        pytest.param({"text": "#000000;x:y"}, "write #rrggbb", id="a style behind a colour"),
        pytest.param({"on_accent": "#8c2f39"}, "words of the button", id="no words on the button"),
        pytest.param(
            {"background": "#777777"}, "text of the footer on the background is", id="the footer"
        ),
        pytest.param({"font": "Papyrus, serif"}, "'Papyrus' is none", id="a font of one's own"),
        pytest.param({"font": "Georgia"}, "have to end with one of serif", id="nothing to fall to"),
        pytest.param(
            {"font": "Georgia; } body { x, serif"}, "is none that mail programs have", id="a style"
        ),
        pytest.param(
            {"logo_url": "http://brand.example/a.png", "logo_alt": "A"}, "has to be an https",
            id="a logo without https",
        ),
        pytest.param(
            {"logo_url": "https://evil.example/a.png", "logo_alt": "A"}, "one of: brand.example",
            id="somebody else's logo",
        ),
        pytest.param(
            {"logo_url": "https://brand.example/a.png"}, "needs a text for those",
            id="a logo that says nothing",
        ),
    ],
)  # fmt: skip
def test_a_design_that_shuts_somebody_out_is_refused(changes: dict[str, str], told: str) -> None:
    with pytest.raises(InputError, match=told):
        check_design(replace(EmailDesign(), **changes), DOMAINS)


def test_fonts_are_written_in_one_form() -> None:
    assert font_stack('"Segoe UI",Arial , sans-serif') == "'Segoe UI', Arial, sans-serif"


@given(ink=COLOURS, behind=COLOURS, needed=st.sampled_from((LARGE_RATIO, TEXT_RATIO)))
def test_the_colour_offered_passes_and_one_that_passes_is_hardly_moved(
    ink: str, behind: str, needed: float
) -> None:
    found = nearest_readable(ink, behind, needed)

    assert ratio(found, behind) >= needed
    if ratio(ink, behind) >= needed + 0.3:
        parts = zip(colour_of(found) or (), colour_of(ink) or (), strict=True)
        assert max(abs(a - b) for a, b in parts) <= 2


@given(design=st.builds(EmailDesign, COLOURS, COLOURS, COLOURS, COLOURS, COLOURS))
def test_every_design_can_be_read_on_a_dark_screen(design: EmailDesign) -> None:
    dark = dark_of(design)

    assert design_faults(dark, DOMAINS) == ()
    assert ratio(muted(dark.text, dark.background), dark.background) >= TEXT_RATIO


@given(ink=COLOURS, behind=COLOURS)
def test_drawing_a_text_back_never_makes_it_unreadable(ink: str, behind: str) -> None:
    assume(ratio(ink, behind) >= TEXT_RATIO)

    assert ratio(muted(ink, behind), behind) >= TEXT_RATIO


def test_the_shipped_colours_survive_a_program_that_turns_them_round() -> None:
    """Some programs invert every colour by themselves, whatever a mail says."""
    design = EmailDesign()

    def turned(colour: str) -> str:
        red, green, blue = colour_of(colour) or (0, 0, 0)
        return hex_of((255 - red, 255 - green, 255 - blue))

    for ink, behind in (("text", "surface"), ("on_accent", "accent"), ("accent", "surface")):
        pair = turned(getattr(design, ink)), turned(getattr(design, behind))
        assert ratio(*pair) >= LARGE_RATIO
