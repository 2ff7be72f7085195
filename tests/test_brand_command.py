from __future__ import annotations

import json
from pathlib import Path

import pytest

from personalization.cli import main

BRAND = str(Path(__file__).parents[1] / "content_corpus" / "brand.toml")
PROFILE = 'forbidden = ["cheap"]\non_brand = ["Have a look.", "Do call in.", "The kettle is on."]\n'


def test_a_text_is_held_against_the_brand_line_by_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = tmp_path / "letter.txt"
    text.write_text("The cheapest tins.\n\nHave a look whenever it suits you.\n", "utf-8")

    code = main(["brand", "check", str(text), "--profile", BRAND, "--json"])

    found = json.loads(capsys.readouterr().out)
    assert (code, found["verdict"]) == (2, "breaks")
    assert [line["verdict"] for line in found["lines"]] == ["breaks", "fits"]
    [word] = found["lines"][0]["words"]
    assert (word["rule"], word["span"], word["term"]) == ("brand.forbidden", [4, 12], "cheap")


@pytest.mark.parametrize(
    ("example", "code", "told"),
    [
        ("Come in.", 0, "fits"),
        ("Cheap tins.", 2, "is given as an example of the brand"),
        ("Tins for £4.", 2, "claims something"),
    ],
)
def test_a_profile_is_held_against_its_own_examples(
    example: str, code: int, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "brand.toml"
    path.write_text(PROFILE.replace("Do call in.", example), "utf-8")

    assert main(["brand", "check", str(path), "--json"]) == code
    assert told in capsys.readouterr().out


def test_the_profile_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["brand", "show", "--profile", BRAND]) == 0
    assert "basket, not shopping cart" in capsys.readouterr().out


def test_a_check_without_a_file_says_what_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["brand", "check"]) == 2
    assert "Name the file to check" in capsys.readouterr().err
