from __future__ import annotations

from pathlib import Path

import pytest

from personalization.errors import InputError
from personalization.settings import (
    Content,
    Generation,
    Settings,
    corpus_folder,
    load_settings,
)


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
        pytest.param("[generation]\nmodels = 1", "models is no section", id="models as a number"),
        pytest.param('[generation.models."m"]\nprice = 1', r'models."m"\] has no \'price\'',
                     id="an unknown key of a model"),
        pytest.param("[generation.models.m]\nprompt_price = 1\ncompletion_price = 2",
                     "without their currency and prices_on", id="prices without a day"),
        pytest.param("[generation.models.m]\nprompt_price = 1", "give both", id="half a price"),
        pytest.param('[generation.models.m]\nanswer_form = "xml"', "It knows: json_schema",
                     id="an unknown form"),
        pytest.param("[generation.models.m]\ntemperature = 3", "between 0 and 2", id="too hot"),
        pytest.param("[generation]\ndaily_tokens = 0", "are above 0", id="no tokens"),
        pytest.param("[generation]\ncampaign_budget = -1", "not below 0", id="a negative budget"),
        pytest.param('[brand]\nsender_name = "The shop of {{city|York}}"', "Nothing fills a footer",
                     id="a merge tag in the footer"),
        pytest.param('[brand]\nrepresentatives = ["Ann", "%%=v(@n)=%%"]', "representatives = '%%=v",
                     id="template code in the footer"),
    ],
)  # fmt: skip
def test_a_faulty_file_is_refused_with_the_place(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(text, "utf-8")

    with pytest.raises(InputError, match=message):
        load_settings(file)


def test_what_a_model_takes_and_costs_stands_in_a_section_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(
        """
        [generation]
        model = "m-2"
        [generation.models."m-2"]
        deployment = "ours"
        takes_temperature = true
        prompt_price = 2
        completion_price = 8
        currency = "EUR"
        prices_on = 2026-11-01
        [generation.models."m-1"]
        """,
        "utf-8",
    )

    hosted = load_settings(file).generation.hosted

    assert (hosted.name, hosted.deployment, hosted.prices_on) == ("m-2", "ours", "2026-11-01")
    # 1,000,000 at 2, of which 500,000 cached at the same price, and 250,000 at 8
    assert hosted.cost_of(1_000_000, 500_000, 250_000) == 4.0


def test_of_a_model_that_nobody_described_no_price_is_made_up() -> None:
    hosted = Generation(model="m-3").hosted

    assert hosted.name == "m-3"
    assert hosted.cost_of(1_000, 0, 1_000) is None


def test_where_no_folder_is_named_and_none_is_there_the_content_that_ships_is_taken(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    shipped = corpus_folder(Content())
    (tmp_path / "content_corpus").mkdir()

    assert (shipped / "outreach").is_dir()
    assert corpus_folder(Content()) == Path("content_corpus")
    assert corpus_folder(Content(corpus="ours")) == Path("ours")
