from __future__ import annotations

import pytest

from personalization.errors import InputError
from personalization.providers.registry import classifier_name, provider_states, writer_name
from personalization.settings import Generation, HostedModel, Safety, Settings, Voice

OPENAI = {"OPENAI_API_KEY": "k"}
AZURE = {"AZURE_OPENAI_ENDPOINT": "https://a.example", "AZURE_OPENAI_API_KEY": "k"}
SAFETY = {"AZURE_CONTENT_SAFETY_ENDPOINT": "https://s.example", "AZURE_CONTENT_SAFETY_KEY": "k"}


@pytest.mark.parametrize(
    ("writer", "model", "environ", "chosen"),
    [
        pytest.param("auto", "", {}, "composer", id="nothing configured"),
        pytest.param("auto", "gpt", OPENAI, "openai", id="a key and a model"),
        pytest.param("auto", "", OPENAI, "composer", id="a key without a model"),
        pytest.param("auto", "gpt", OPENAI | AZURE, "azure", id="both configured"),
        pytest.param("composer", "gpt", OPENAI, "composer", id="the composer by name"),
        pytest.param("openai", "gpt", OPENAI, "openai", id="OpenAI by name"),
    ],
)
def test_the_writer_follows_settings_and_environment(
    writer: str, model: str, environ: dict[str, str], chosen: str
) -> None:
    assert writer_name(Generation(writer=writer, model=model), environ) == chosen


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        pytest.param(Generation(writer="openai", model="m"), "needs OPENAI_API_KEY", id="no key"),
        pytest.param(Generation(writer="gpt"), "is unknown", id="an unknown writer"),
    ],
)
def test_a_writer_that_was_named_and_cannot_serve_is_an_error(
    settings: Generation, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        writer_name(settings, {})


def test_a_token_of_entra_configures_azure_as_a_key_does() -> None:
    environ = {"AZURE_OPENAI_ENDPOINT": "https://x.example", "AZURE_OPENAI_AD_TOKEN": "ey"}

    assert writer_name(Generation(model="m"), environ) == "azure"
    assert writer_name(Generation(writer="azure", model="m"), environ) == "azure"


def test_the_doctor_tells_prices_with_their_day_and_the_limits() -> None:
    priced = HostedModel(
        "m", prompt_price=1.0, completion_price=4.0, currency="USD", prices_on="2026-11-01"
    )
    told = [
        provider_states(
            Settings(generation=Generation(model="m", models=models, daily_budget=20.0)),
            {"OPENAI_API_KEY": "sk"},
        )[0].detail
        for models in ((priced,), ())
    ]

    assert told[0] == (
        "Model m. 1 USD for a million tokens of a prompt and 4 of an answer, as of 2026-11-01. "
        "Limits: 20 USD a day, 2,000,000 tokens a campaign, 10,000,000 tokens a day."
    )
    assert 'No prices: write them in [generation.models."m"]' in told[1]


def test_a_hosted_writer_without_a_model_is_an_error() -> None:
    with pytest.raises(InputError, match="needs a model"):
        writer_name(Generation(writer="openai"), OPENAI)


@pytest.mark.parametrize(
    ("engine", "environ", "chosen"),
    [
        pytest.param("auto", {}, "embedded", id="nothing configured"),
        pytest.param("auto", SAFETY, "azure", id="Azure configured"),
        pytest.param("embedded", SAFETY, "embedded", id="embedded by name"),
        pytest.param("auto", {**SAFETY, "AZURE_CONTENT_SAFETY_KEY": " "}, "embedded",
                     id="an empty key is no key"),
    ],
)  # fmt: skip
def test_the_screening_engine_follows_settings_and_environment(
    engine: str, environ: dict[str, str], chosen: str
) -> None:
    assert classifier_name(Safety(engine=engine), environ) == chosen


def test_azure_by_name_without_a_key_is_never_replaced_in_silence() -> None:
    with pytest.raises(InputError, match="AZURE_CONTENT_SAFETY_KEY"):
        classifier_name(Safety(engine="azure"), {})


def test_the_doctor_tells_what_is_missing_and_never_a_secret() -> None:
    states = provider_states(Settings(), {"OPENAI_API_KEY": "sk-secret"})

    told = " ".join(state.detail for state in states)
    assert "OPENAI_API_KEY" in told
    assert "sk-secret" not in told
    assert {state.role: state.chosen for state in states}["voice"] == "espeak"


def test_the_doctor_tells_which_hosted_voice_speaks() -> None:
    settings = Settings(voice=Voice(engine="openai", model="speech-1", voice="marin"))

    states = {state.role: state for state in provider_states(settings, {"OPENAI_API_KEY": "sk"})}

    assert states["voice"].detail == "Model speech-1, voice marin."
    assert not states["voice"].is_embedded
