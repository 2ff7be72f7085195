from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from personalization.errors import InputError
from personalization.settings import Settings, load_settings

if TYPE_CHECKING:
    from pathlib import Path


def test_what_the_file_leaves_out_keeps_its_default(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text("[generation]\nvariants = 2\n", "utf-8")

    settings = load_settings(file)

    assert settings.generation.variants == 2
    assert settings.experiments == Settings().experiments


def test_a_whole_number_serves_as_a_share_and_a_list_as_a_tuple(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text('[experiments]\nholdout_weight = 0\n[brand]\nallowed_domains = ["a.example"]\n')

    settings = load_settings(file)

    assert settings.experiments.holdout_weight == 0.0
    assert settings.brand.allowed_domains == ("a.example",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("[safety]\nengin = 2", r"\[safety\] has no 'engin'. It knows: engine, policy",
                     id="a misspelt key"),
        pytest.param("[safty]\nx = 2", "has no 'safty'. It knows: brand", id="a misspelt section"),
        pytest.param('[generation]\nvariants = "4"', "variants = '4' is no int",
                     id="a text for a number"),
        pytest.param("[safety\n", "cannot be read as TOML", id="a broken file"),
        pytest.param("brand = 1", "is no section", id="a value for a section"),
        pytest.param("[brand]\nallowed_domains = [1]", "is no list of texts",
                     id="numbers in a list of texts"),
        pytest.param("[experiments]\nconfidence = 1.5", "confidence = 1.5 does not lie",
                     id="a confidence above 1"),
        pytest.param("[experiments]\nholdout_weight = 0.9", "leaves nobody",
                     id="a holdout of everybody"),
        pytest.param("[safety]\nblock_above = 2", "part of the policy", id="a moved threshold"),
        pytest.param("[generation]\nvariants = 0", "are above 0", id="no variants"),
    ],
)  # fmt: skip
def test_a_faulty_file_is_refused_with_the_place(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(text, "utf-8")

    with pytest.raises(InputError, match=message):
        load_settings(file)
