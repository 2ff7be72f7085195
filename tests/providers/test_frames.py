from __future__ import annotations

from dataclasses import replace

import pytest

from personalization.domain import Statement, merge_tags
from personalization.errors import ProviderError
from personalization.providers.frames import (
    ROLES,
    built_in_control,
    footer_text,
    personal_closes,
    voices,
)
from tests.providers.fern_and_fig import content

LANGUAGES = ("en-GB", "de-DE", "fr-FR", "es-ES")


@pytest.mark.parametrize("locale", LANGUAGES)
def test_every_built_in_voice_has_all_roles_and_fillable_tags(locale: str) -> None:
    spoken = voices((), locale=locale, brand="Fern & Fig", tone="friendly")

    assert len(spoken) >= 3
    for voice in spoken:
        for role in ROLES:
            assert voice.of(role)
            for frame in voice.of(role):
                assert "{brand}" not in frame.text
                assert all(tag.fallback for tag in merge_tags(frame.text))
        assert all("{{first_name|" in frame.text for frame in voice.of("greeting"))


@pytest.mark.parametrize("locale", LANGUAGES)
def test_closes_for_the_favourite_category_read_without_one(locale: str) -> None:
    for frame in personal_closes(locale):
        [tag] = merge_tags(frame.text)

        assert tag.field == "favourite_category"
        assert tag.fallback


def test_the_brief_s_tone_comes_first_also_under_another_name() -> None:
    assert voices((), locale="en-GB", brand="F", tone="informative")[0].tone == "informative"
    assert voices((), locale="en-GB", brand="F", tone="formal")[0].tone == "professional"


def test_a_role_that_the_corpus_lacks_is_filled_in() -> None:
    greeting = Statement("v@1#warm-greeting-1", "v", "greeting", "Ahoy {{first_name|mate}},")
    voice = replace(content()[0], kind="voice", statements=(greeting,))

    [spoken] = voices((voice,), locale="en-GB", brand="F", tone="friendly")

    assert [f.text for f in spoken.of("greeting")] == ["Ahoy {{first_name|mate}},"]
    assert spoken.of("sign_off")


def test_a_control_text_is_built_in_and_keeps_link_and_footer() -> None:
    control = built_in_control(locale="fr-FR", brand="Fern & Fig", link="l", footer="f")

    assert control.subject == "Des nouvelles de Fern & Fig"
    assert (control.link, control.footer) == ("l", "f")


def test_a_language_without_a_control_text_is_refused() -> None:
    with pytest.raises(ProviderError, match="tag 'control'"):
        built_in_control(locale="pl-PL", brand="F", link="", footer="")


def test_the_footer_names_sender_and_way_out() -> None:
    footer = footer_text("de-DE", sender="Fern & Fig, Leeds", unsubscribe_url="https://x.example/u")

    assert "Fern & Fig, Leeds" in footer
    assert "Abmelden: https://x.example/u" in footer
